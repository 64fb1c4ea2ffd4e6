//! What Slack is told of the app: by its own schema, by the example, and by what the bot then does with it.

use std::process::{Command, Output};

use p0_chatops::config::{AppLinking, Delivery, SlackApp, parse_app};
use p0_chatops::domain::command::TypedCommand;
use p0_chatops::domain::control::Control;
use p0_chatops::domain::jit::control::SettingsControl;
use p0_chatops::manifest::{json, link, yaml};
use p0_chatops::sandbox::slack::Answered;
use p0_chatops::scopes::{self, Opens, Uses};
use proptest::prelude::*;
use serde_json::{Value, json};
use url::Url;

use crate::world::{ALICE, CHANNEL, Setup, World, bobs};

const EXAMPLE: &str = "manifest/p0-chatops.toml";
const COMMITTED: &str = include_str!("../../manifest/slack-app.yaml");
const SCHEMA: &str = include_str!("slack/manifest.schema.2.0.0.json");
/// A bot that shows requests in a channel, and whose admins, if it has any, are named one by one.
const IN_CHANNEL: Uses = Uses { in_channel: true, user_groups: false, unfurls: false };

fn app(command: &str, public_url: &str) -> SlackApp {
    let delivery = Delivery::Http(public_url.parse().unwrap());
    SlackApp {
        delivery,
        command: command.to_owned(),
        govslack: false,
        in_channel: true,
        linking: None,
        has_admins: false,
        has_user_groups: false,
        unfurl_domain: None,
    }
}

fn usual() -> SlackApp {
    app("/p0", "https://bot.example.com")
}

fn with_admins(command: &str, public_url: &str) -> SlackApp {
    SlackApp {
        has_admins: true,
        linking: Some(AppLinking::Pages(public_url.parse().unwrap())),
        ..app(command, public_url)
    }
}

/// Every way in which the settings change the manifest.
fn variants() -> Vec<SlackApp> {
    let mut variants = Vec::new();
    for command in ["/p", "/p0", &format!("/{}", "長".repeat(31))] {
        for public_url in ["https://bot.example.com", "https://bot.example.com:8443/p0/", &longest_url()] {
            for (govslack, in_channel) in [(false, true), (true, true), (false, false)] {
                variants.push(SlackApp { govslack, in_channel, ..app(command, public_url) });
            }
            for has_user_groups in [false, true] {
                variants.push(SlackApp { has_user_groups, ..with_admins(command, public_url) });
            }
            for linking in [AppLinking::Device, AppLinking::Pages(public_url.parse().unwrap())] {
                variants.push(SlackApp { linking: Some(linking), ..app(command, public_url) });
            }
            let unfurl_domain = Some("p0.example.com".to_owned());
            variants.push(SlackApp { unfurl_domain, ..with_admins(command, public_url) });
        }
        variants.push(SlackApp { delivery: Delivery::Socket, ..app(command, "https://bot.example.com") });
    }
    variants
}

fn longest_url() -> String {
    format!("https://bot.example.com/{}", "%20".repeat(77))
}

fn as_value(app: &SlackApp) -> Value {
    serde_json::from_str(&json(app)).unwrap()
}

/// Read by libyaml, which is not what writes it.
fn from_yaml(text: &str) -> Value {
    yaml_serde::from_str(text).unwrap()
}

/// What Slack's page for a new app makes of the link.
fn from_link(link: &str) -> Value {
    let link = Url::parse(link.trim_end()).unwrap();
    let (_, manifest) = link.query_pairs().find(|(name, _)| name == "manifest_json").unwrap();
    serde_json::from_str(&manifest).unwrap()
}

fn print(arguments: &[&str], environment: &[(&str, &str)]) -> Output {
    let mut program = Command::new(env!("CARGO_BIN_EXE_p0-chatops"));
    program.env_clear().envs(environment.iter().copied()).current_dir(env!("CARGO_MANIFEST_DIR")).arg("manifest");
    program.args(arguments).output().unwrap()
}

#[test]
fn over_a_socket_nothing_of_the_bots_is_called() {
    let printed = print(&[], &[("P0_CHATOPS_SLACK__MODE", "socket")]);
    assert_eq!(String::from_utf8(printed.stderr).unwrap(), "");
    let printed = String::from_utf8(printed.stdout).unwrap();
    assert!(printed.contains("\n# connections:write, for slack.app_token.\n_metadata:"), "{printed}");
    let socket = from_yaml(&printed);
    assert_eq!(socket["settings"]["socket_mode_enabled"], true);
    // All the rest is the same, but for the addresses.
    let mut http = as_value(&usual());
    http["settings"]["socket_mode_enabled"] = json!(true);
    for (place, address) in [
        ("/settings/event_subscriptions", "request_url"),
        ("/settings/interactivity", "request_url"),
        ("/features/slash_commands/0", "url"),
    ] {
        let removed = http.pointer_mut(place).unwrap().as_object_mut().unwrap().remove(address);
        assert!(removed.is_some(), "{place}");
    }
    assert_eq!(socket, http);
}

/// The manifest for these settings of identities, as the program prints it.
fn linking(flow: &str) -> Value {
    let set = [
        ("P0_CHATOPS_PUBLIC_URL", "https://bot.example.com/p0"),
        ("P0_CHATOPS_IDENTITY__MODE", "linked"),
        ("P0_CHATOPS_IDENTITY__LINKED__FLOW", flow),
    ];
    let printed = print(&["--format", "json"], &set);
    assert_eq!(String::from_utf8(printed.stderr).unwrap(), "");
    serde_json::from_slice(&printed.stdout).unwrap()
}

#[test]
fn where_accounts_are_linked_slack_tells_of_everybody_who_goes() {
    let events = |manifest: &Value| manifest["settings"]["event_subscriptions"]["bot_events"].clone();
    let all = json!(["app_mention", "message.im", "app_uninstalled", "tokens_revoked", "app_home_opened"]);
    assert_eq!(events(&as_value(&usual())), all);
    let linked =
        json!(["user_change", "app_mention", "message.im", "app_uninstalled", "tokens_revoked", "app_home_opened"]);
    for flow in ["code", "device"] {
        assert_eq!(events(&linking(flow)), linked, "{flow}");
        let hint = linking(flow)["features"]["slash_commands"][0]["usage_hint"].clone();
        assert!(hint.as_str().unwrap().contains(" | link | unlink | "), "{hint}");
    }
}

#[test]
fn pages_need_sign_in_with_slack_and_codes_do_not() {
    let oauth = linking("code")["oauth_config"].clone();
    assert_eq!(oauth["redirect_urls"], json!(["https://bot.example.com/p0/link/slack"]));
    assert_eq!(oauth["scopes"]["user"], json!(["openid"]));
    for other in [linking("device"), as_value(&usual())] {
        let oauth = &other["oauth_config"];
        assert_eq!((&oauth["redirect_urls"], &oauth["scopes"]["user"]), (&Value::Null, &Value::Null));
    }
}

#[test]
fn where_there_are_admins_the_settings_have_a_shortcut() {
    let admins = |value: &str| {
        let printed = print(&["--config", EXAMPLE, "--format", "json"], &[("P0_CHATOPS_SLACK__ADMINS", value)]);
        assert_eq!(String::from_utf8(printed.stderr).unwrap(), "");
        serde_json::from_slice::<Value>(&printed.stdout).unwrap()
    };
    let may_ask_groups = |manifest: &Value| {
        manifest["oauth_config"]["scopes"]["bot"].as_array().unwrap().contains(&json!("usergroups:read"))
    };
    for (value, asks) in [("[\"U01ALICE\"]", false), ("[\"U01ALICE\", \"S01ADMINS\"]", true)] {
        let manifest = admins(value);
        assert_eq!(may_ask_groups(&manifest), asks, "{value}");
        let [.., shortcut] = &manifest["features"]["shortcuts"].as_array().unwrap()[..] else { panic!("{manifest}") };
        let name = shortcut["callback_id"].as_str().unwrap();
        assert_eq!(Control::parse(name), Some(Control::Settings(SettingsControl::Open)));
        assert_eq!(shortcut["type"], "global");
        let hint = manifest["features"]["slash_commands"][0]["usage_hint"].as_str().unwrap();
        assert!(hint.contains(" | settings | "), "{hint}");
    }
    let nobody = as_value(&usual());
    assert!(!may_ask_groups(&nobody) && !nobody["features"]["shortcuts"].to_string().contains("settings"));
    assert!(!nobody["features"]["slash_commands"][0]["usage_hint"].as_str().unwrap().contains("settings"));
}

#[test]
fn everybody_has_the_two_ways_to_decide_without_typing() {
    let read = |shortcut: &Value| {
        let name = shortcut["callback_id"].as_str().unwrap();
        (shortcut["type"].clone(), shortcut["name"].clone(), Control::parse(name).unwrap())
    };
    let shortcuts = as_value(&usual())["features"]["shortcuts"].clone();
    assert_eq!(
        shortcuts.as_array().unwrap().iter().map(read).collect::<Vec<_>>(),
        [
            (json!("global"), json!("Decide on requests"), Control::Decide),
            (json!("message"), json!("Decide on requests"), Control::DecideHere),
        ]
    );
}

#[test]
fn links_are_told_of_only_where_they_become_cards() {
    let unfurls = |set: &[(&str, &str)]| {
        let printed = print(&["--config", EXAMPLE, "--format", "json"], set);
        assert_eq!(String::from_utf8(printed.stderr).unwrap(), "");
        let manifest: Value = serde_json::from_slice(&printed.stdout).unwrap();
        let has = |place: &str, what: &str| manifest.pointer(place).unwrap().as_array().unwrap().contains(&json!(what));
        (
            manifest["features"]["unfurl_domains"].clone(),
            has("/oauth_config/scopes/bot", "links:read") && has("/oauth_config/scopes/bot", "links:write"),
            has("/settings/event_subscriptions/bot_events", "link_shared"),
        )
    };
    let url = ("P0_CHATOPS_P0__REQUEST_URL", "https://p0.example.com:8443/o/{org}/requests/{id}");
    assert_eq!(unfurls(&[url]), (Value::Null, false, false));
    let channels = ("P0_CHATOPS_SLACK__UNFURL_CHANNELS", "[\"C01HELP\"]");
    assert_eq!(unfurls(&[url, channels]), (json!(["p0.example.com"]), true, true));
    let without = print(&["--config", EXAMPLE], &[channels]);
    let said = String::from_utf8(without.stderr).unwrap();
    assert!(said.contains("p0.request_url: is missing: slack.unfurl_channels"), "{said}");
}

#[test]
fn there_is_always_a_home_and_the_bot_hears_of_it() {
    for app in variants() {
        let manifest = as_value(&app);
        assert_eq!(manifest["features"]["app_home"]["home_tab_enabled"], true);
        let events = manifest["settings"]["event_subscriptions"]["bot_events"].as_array().unwrap();
        assert!(events.contains(&json!("app_home_opened")));
    }
}

#[test]
fn the_committed_manifest_is_that_of_the_example() {
    let printed = print(&["--config", EXAMPLE], &[]);
    assert_eq!(String::from_utf8(printed.stderr).unwrap(), "");
    let printed = String::from_utf8(printed.stdout).unwrap();
    assert_eq!(printed, COMMITTED, "p0-chatops manifest --config {EXAMPLE} > manifest/slack-app.yaml");
    assert_eq!(printed, yaml(&usual()));
    let as_json = print(&["--config", EXAMPLE, "--format", "json"], &[]).stdout;
    assert_eq!(serde_json::from_slice::<Value>(&as_json).unwrap(), from_yaml(COMMITTED));
    let as_link = String::from_utf8(print(&["--config", EXAMPLE, "--link"], &[]).stdout).unwrap();
    assert_eq!(from_link(&as_link), from_yaml(COMMITTED));
    assert_eq!(as_link.lines().count(), 1);
}

#[test]
fn slacks_own_schema_takes_every_variant_in_every_form() {
    let schema: Value = serde_json::from_str(SCHEMA).unwrap();
    let schema = jsonschema::validator_for(&schema).unwrap();
    for app in variants() {
        let manifest = as_value(&app);
        let faults: Vec<String> = schema.iter_errors(&manifest).map(|fault| fault.to_string()).collect();
        assert_eq!(faults, Vec::<String>::new(), "{app:?}");
        assert_eq!(from_yaml(&yaml(&app)), manifest);
        assert_eq!(from_link(&link(&app)), manifest);
    }
}

#[test]
fn the_schema_refuses_what_slack_would() {
    let schema: Value = serde_json::from_str(SCHEMA).unwrap();
    for (place, wrong) in [
        ("/display_information/name", json!("x".repeat(36))),
        ("/display_information/description", json!("x".repeat(141))),
        ("/display_information/long_description", json!("too short")),
        ("/features/slash_commands/0/command", json!("p0")),
        ("/features/slash_commands/0/command", json!(format!("/{}", "x".repeat(32)))),
        ("/features/slash_commands/0/usage_hint", json!("x".repeat(1001))),
        ("/features/slash_commands/0/url", json!("bot.example.com")),
        ("/features/bot_user", json!({})),
        ("/features/shortcuts", json!([])),
        ("/features/home", json!({ "home_tab_enabled": true })),
        ("/settings/interactivity", json!({ "request_url": "https://bot.example.com" })),
        ("/settings/event_subscriptions/bot_events", json!(["app_mention", "app_mention"])),
    ] {
        let mut manifest = as_value(&usual());
        let (parent, key) = place.rsplit_once('/').unwrap();
        match manifest.pointer_mut(parent).unwrap() {
            Value::Object(parent) => drop(parent.insert(key.to_owned(), wrong)),
            _ => panic!("{place} is in no object"),
        }
        assert!(!jsonschema::is_valid(&schema, &manifest), "{place}");
    }
}

#[test]
fn the_link_is_short_enough_for_everything_on_its_way() {
    for app in variants() {
        // RFC 9110, 4.1: what everybody should support.
        assert!(link(&app).len() <= 8000, "{} for {app:?}", link(&app).len());
    }
    let usual = link(&usual());
    assert!(usual.starts_with("https://api.slack.com/apps?new_app=1&manifest_json=%7B"), "{usual}");
    let gov = SlackApp { govslack: true, ..app("/p0", "https://bot.example.com") };
    assert_eq!(link(&gov), usual.replacen("api.slack.com", "api.slack-gov.com", 1));
    assert!(yaml(&gov).contains("# Create the app at https://api.slack-gov.com/apps?new_app=1,"));
}

proptest! {
    #[test]
    fn no_name_of_a_command_breaks_out_of_the_yaml(name in r#"([#:\-'"{}\[\]&*!|>%@`,?~\\ynoNO0-9e.é𝒳\u{feff}\u{202e}]|\PC){1,31}"#) {
        let set = [("P0_CHATOPS_SLACK__COMMAND".to_owned(), format!("/{name}"))];
        if let Ok(app) = parse_app("public_url = \"https://bot.example.com\"", set) {
            let read = from_yaml(&yaml(&app));
            prop_assert_eq!(&read["features"]["slash_commands"][0]["command"], &json!(format!("/{name}")));
            prop_assert_eq!(read, as_value(&app));
        }
    }
}

#[test]
fn the_command_hints_at_what_can_be_typed() {
    let manifest = as_value(&with_admins("/p0", "https://bot.example.com"));
    let command = &manifest["features"]["slash_commands"][0];
    for typed in command["usage_hint"].as_str().unwrap().split(" | ") {
        assert!(TypedCommand::parse(typed).is_ok(), "{typed}");
    }
    assert_eq!(command["should_escape"], true);
}

#[tokio::test]
async fn every_address_is_a_door_of_the_bots() {
    let world = World::new().await;
    let manifest = as_value(&usual());
    let settings = &manifest["settings"];
    for address in [
        &manifest["features"]["slash_commands"][0]["url"],
        &settings["event_subscriptions"]["request_url"],
        &settings["interactivity"]["request_url"],
    ] {
        let path = address.as_str().unwrap().strip_prefix("https://bot.example.com").unwrap();
        let answer = reqwest::Client::new().post(format!("{}{path}", world.base)).body("{}").send().await.unwrap();
        assert_eq!(answer.status(), 401, "{path}");
    }
    // And where Slack sends people back to, which knows nobody who comes without a `state`.
    let world = World::with(crate::linked::linking()).await;
    let back = linking("code")["oauth_config"]["redirect_urls"][0].as_str().unwrap().to_owned();
    let path = back.strip_prefix("https://bot.example.com/p0").unwrap();
    let answer = reqwest::get(format!("{}{path}", world.base)).await.unwrap();
    assert_eq!(answer.status(), 400, "{path}");
}

#[test]
fn the_scopes_open_the_methods_that_the_bot_calls_and_no_others() {
    let source = include_str!("../../src/notify/web_api.rs");
    let is_method = |text: &&str| {
        let (family, method) = text.split_once('.').unwrap_or_default();
        [family, method].iter().all(|part| part.starts_with(|c: char| c.is_ascii_lowercase()))
            && text.chars().all(|c| c.is_ascii_alphabetic() || c == '.')
    };
    let mut called: Vec<&str> = source.split('"').skip(1).step_by(2).filter(is_method).collect();
    // Slack asks no scope of the bot's token for these; the first is called with the app-level one.
    let mut opened = vec!["apps.connections.open", "auth.test", "views.open", "views.publish", "views.push"];
    let everywhere = Uses { in_channel: true, user_groups: true, unfurls: true };
    opened.extend(scopes::of_use(everywhere).flat_map(|scope| scope.opens).filter_map(|opened| match opened {
        Opens::Method(method) => Some(*method),
        Opens::Event(_) | Opens::PersonEvent(_) | Opens::Command => None,
    }));
    for list in [&mut called, &mut opened] {
        list.sort_unstable();
        list.dedup();
    }
    assert_eq!(called, opened);
}

/// An ordinary day: a request, a mention, a direct message, a command, a denial of which the requester hears. What an
/// app with these scopes could not do of it.
async fn amiss(scopes: &[&str], private: bool) -> Vec<String> {
    let mut setup = Setup::default();
    setup.slack.scopes = scopes.iter().map(ToString::to_string).collect();
    setup.slack.channels[0].is_private = private;
    let world = World::with(setup).await;
    let id = world.p0.add(bobs());
    world.p0.push(&id).await;
    world.work().await;
    let said = [
        world.slack.mention(ALICE, CHANNEL, "pending").await,
        world.slack.dm(ALICE, "help").await,
        world.slack.slash(ALICE, CHANNEL, "approve req-1").await,
        world.slack.slash(ALICE, CHANNEL, "deny req-1").await,
    ];
    world.work().await;
    let unheard = said.into_iter().filter_map(|said| said.err().map(|cannot| cannot.to_string()));
    let calls = world.slack.calls().into_iter();
    let refused = calls.filter(|call| matches!(&call.answered, Answered::Error(code) if code == "missing_scope"));
    unheard.chain(refused.map(|call| call.method)).collect()
}

#[tokio::test]
async fn the_scopes_are_enough_and_none_is_too_many() {
    let scopes: Vec<&str> = scopes::of_use(IN_CHANNEL).map(|scope| scope.name).collect();
    for private in [false, true] {
        assert_eq!(amiss(&scopes, private).await, Vec::<String>::new());
    }
    for without in &scopes {
        let fewer: Vec<&str> = scopes.iter().filter(|scope| *scope != without).copied().collect();
        let missed = [amiss(&fewer, false).await, amiss(&fewer, true).await].concat();
        assert!(!missed.is_empty(), "nothing needs {without}");
    }
}

#[test]
fn an_app_without_a_channel_asks_for_no_channels() {
    let scopes: Vec<&str> = scopes::of_use(Uses { in_channel: false, ..IN_CHANNEL }).map(|scope| scope.name).collect();
    assert!(scopes.contains(&"im:write") && !scopes.contains(&"channels:read") && !scopes.contains(&"groups:read"));
}

#[test]
fn settings_that_make_no_app_are_refused_with_the_key() {
    for (variable, value, line) in [
        (
            "P0_CHATOPS_PUBLIC_URL",
            "http://bot.example.com",
            "public_url: has to begin with https:// (http:// is for loopback hosts only)",
        ),
        (
            "P0_CHATOPS_PUBLIC_URL",
            "http://localhost:3000",
            "public_url: has to begin with https:// and name a host that Slack can reach, not this machine (localhost, 127.0.0.1)",
        ),
        ("P0_CHATOPS_SLACK__MODE", "pipe", "slack.mode: is \"pipe\": has to be \"http\" or \"socket\""),
    ] {
        let printed = print(&["--config", EXAMPLE], &[(variable, value)]);
        assert_eq!((printed.status.code(), printed.stdout.as_slice()), (Some(2), b"".as_slice()));
        assert_eq!(String::from_utf8(printed.stderr).unwrap(), format!("p0-chatops: {line}\n"));
    }
}
