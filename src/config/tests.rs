use std::path::Path;

use super::*;
use crate::domain::jit::mirror::Stated;

const GOOD: &str = r#"
[slack]
signing_secrets = ["8f742231b10e8888abcd99yyyzzz85a5"]
bot_token = "xoxb-0123456789-abcdef"
[p0]
org = "acme"
[notifier]
public_key_file = "p0.pem"
issuer = "p0"
audience = "p0-chatops"
[identity]
mode = "tokens"
[identity.people]
U01ALICE = "alice@example.com"
[identity.tokens]
U01ALICE = "tokens/alice"
[[route]]
channel = "C01ACCESS"
"#;

fn read(text: &str) -> Result<Settings, ConfigError> {
    parse(text, [], Path::new("/etc/p0"))
}

fn refused(text: &str) -> String {
    read(text).expect_err("refused").to_string()
}

fn with(from: &str, to: &str) -> String {
    assert!(GOOD.contains(from), "{from}");
    GOOD.replace(from, to)
}

#[test]
fn a_short_file_is_enough() {
    let settings = read(GOOD).unwrap();
    assert_eq!(settings.listen.to_string(), "127.0.0.1:3000");
    assert_eq!(settings.forward_within.as_secs(), 900);
    assert_eq!(settings.database_url, "sqlite:///etc/p0/p0-chatops.db");
    assert!(matches!(&settings.notifier.key, NotifierKeySource::File(path) if path == Path::new("/etc/p0/p0.pem")));
    assert_eq!(settings.durations.stated, Stated::default());
}

#[test]
fn over_sockets_an_app_token_takes_the_place_of_signing_secrets() {
    let secrets = r#"signing_secrets = ["8f742231b10e8888abcd99yyyzzz85a5"]"#;
    let socket = |more: &str| with(secrets, &format!("mode = \"socket\"\n{more}"));
    let token = "app_token = \"xapp-1-A01-0123456789\"\n";
    let settings = read(&socket(token)).unwrap();
    let SlackMode::Socket(mode) = &settings.slack.mode else { panic!("{settings:?}") };
    assert_eq!((mode.app_token.expose(), mode.connections), ("xapp-1-A01-0123456789", 2));
    assert!(settings.has_doors(), "P0 comes in at listen");
    assert!(!format!("{settings:?}").contains("0123456789"));
    let own = socket(token).replace("[notifier]\n", "[notifier]\nlisten = \"127.0.0.1:3002\"\n");
    assert!(!read(&own).unwrap().has_doors());
    // One can go back and forth.
    read(&socket(&format!("{token}{secrets}"))).unwrap();
    read(&with(secrets, &format!("{token}{secrets}\nsocket_connections = 4"))).unwrap();
    for (more, line) in [
        (
            String::new(),
            "slack.app_token: is missing: slack.mode = \"socket\" opens connections with it. Slack makes one under Basic \
             Information of the app, App-Level Tokens, with the scope connections:write",
        ),
        (
            "app_token = \"xoxb-1-A01-0123456789\"".to_owned(),
            "slack.app_token: is no app-level token: that begins with xapp-, and stands under Basic Information of the app",
        ),
        ("app_token = \"\"".to_owned(), "slack.app_token: is empty"),
        (format!("{token}socket_connections = 0"), "slack.socket_connections: has to be from 1 to 4"),
        (format!("{token}socket_connections = 5"), "slack.socket_connections: has to be from 1 to 4"),
    ] {
        assert_eq!(refused(&socket(&more)), line);
    }
}

#[test]
fn every_refusal_names_its_key() {
    let secrets = r#"signing_secrets = ["8f742231b10e8888abcd99yyyzzz85a5"]"#;
    for (text, line) in [
        (String::new(), "slack.signing_secrets: is missing: Slack shows it under Basic Information of the app"),
        (
            with(secrets, "signing_secrets = []"),
            "slack.signing_secrets: is missing: Slack shows it under Basic Information of the app",
        ),
        (with(secrets, "signing_secrets = [\"\"]"), "slack.signing_secrets: is empty"),
        (
            with(secrets, "signing_secrets = [\"xoxb-8f742231b10e8888abcd\"]"),
            "slack.signing_secrets: is a token: the signing secret stands under Basic Information of the app",
        ),
        (
            with("bot_token = \"xoxb-", "bot_token = \"xoxp-"),
            "slack.bot_token: is another token of the app's: the bot's begins with xoxb-, and stands under OAuth & \
             Permissions",
        ),
        (
            with(secrets, "signing_secrets = [\"short\"]"),
            "slack.signing_secrets: is shorter than 16 characters: that is no secret",
        ),
        (with("bot_token = \"xoxb-0123456789-abcdef\"", ""), "slack.bot_token: is missing"),
        (with("bot_token = \"xoxb-0123456789-abcdef\"", "bot_token = 7"), "slack.bot_token: expected a string"),
        (with("org = \"acme\"", "settings_api_key = [\"not-to-be-told\"]"), "p0.settings_api_key: expected a string"),
        (with("[slack]", "proxy = 7\n[slack]"), "proxy: expected a string"),
        (
            with("org = \"acme\"", "org = \"acme\"\nbase_url = \"http://api.p0.app\""),
            "p0.base_url: has to begin with https:// (http:// is for loopback hosts only)",
        ),
        (
            with("org = \"acme\"", "orga = \"acme\""),
            "p0.orga: unknown key, expected one of `base_url`, `org`, `settings_api_key`, `request_url`, `one_party`",
        ),
        (
            format!("lissen = \"x\"\n{GOOD}"),
            "lissen: unknown key, expected one of `listen`, `public_url`, `admin_listen`, `database_url`, `forward_within`, `time_zone`, `proxy`, `ca_file`",
        ),
        (format!("database_url = \"postgres://x/y\"\n{GOOD}"), "database_url: PostgreSQL is not built yet"),
        (
            format!("database_url = \"sqlite::memory:\"\n{GOOD}"),
            "database_url: has to name a file: what is kept in memory is lost at a restart",
        ),
        (
            format!("listen = \"127.0.0.1:3001\"\n{GOOD}"),
            "admin_listen: has to differ from listen: probes are not for the outside",
        ),
        (
            GOOD.replace("[notifier]\n", "[notifier]\nlisten = \"127.0.0.1:3000\"\n"),
            "notifier.listen: has to differ from listen and admin_listen: it is for P0 alone. Leave it out to take pushes at \
             listen",
        ),
        (
            with("\"tokens\"", "\"assertion\""),
            "identity.acknowledge_bot_signs_for_approvers: has to be true for mode \"assertion\": whoever holds the bot's key can decide as anybody",
        ),
        (
            with("\"tokens\"", "\"service\""),
            "identity.acknowledge_shared_credential: has to be true for mode \"service\": P0 will not learn who decided",
        ),
        (with("\"tokens\"", "\"linked\""), "identity.linked.issuer: is missing"),
        (
            with("channel = \"C01ACCESS\"", "channel = \"#access\""),
            "route.channel: \"#access\" is no channel id (C…): Slack shows it under the channel's details",
        ),
        (format!("{GOOD}[durations]\nmaximum = \"4h\""), "durations.presets: 8h is longer than durations.maximum, 4h"),
        (
            format!("{GOOD}[durations]\ndefault = \"0h\""),
            "durations.default: \"0h\": A length has to be more than zero.",
        ),
        (
            with("audience = \"p0-chatops\"", "audience = \"a\"\nfields = { idd = \"/x\" }"),
            "notifier.fields.idd: unknown field; known are id, status, type, access, permission, requestor, principal, reason, duration, display, requested, granted, expires, updated, approver_name, approver_email, resource, tags",
        ),
        ("[slack\n".to_owned(), "settings file, line 1: unclosed table, expected `]`"),
    ] {
        assert_eq!(refused(&text), line);
    }
}

#[test]
fn the_environment_lies_over_the_file() {
    let variables = [
        ("P0_CHATOPS_LISTEN", "0.0.0.0:80"),
        ("P0_CHATOPS_P0__ORG", "other"),
        ("P0_CHATOPS_P0__ONE_PARTY", "true"),
        ("P0_CHATOPS_DURATIONS__PRESETS", r#"["30m", "2h"]"#),
    ];
    let settings = parse(GOOD, variables.map(|(k, v)| (k.to_owned(), v.to_owned())), Path::new("")).unwrap();
    assert_eq!((settings.listen.port(), settings.p0.org.as_str(), settings.p0.one_party), (80, "other", true));
    assert_eq!(settings.durations.stated.presets.as_ref().unwrap()[0].text, "30m");
    let unknown = [("P0_CHATOPS_SLACK__BOT_TOKENS".to_owned(), "x".to_owned())];
    assert!(parse(GOOD, unknown, Path::new("")).unwrap_err().to_string().starts_with("slack.bot_tokens: unknown key"));
}

#[test]
fn a_secret_can_stand_in_a_file_but_not_in_both() {
    let folder = std::env::temp_dir().join(format!("p0-chatops-config-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("secrets"), "0123456789abcdef0123456789abcdef\n\nfedcba9876543210fedcba9876543210\n")
        .unwrap();
    let text = with(r#"signing_secrets = ["8f742231b10e8888abcd99yyyzzz85a5"]"#, "signing_secrets_file = \"secrets\"");
    assert_eq!(parse(&text, [], &folder).unwrap().slack.signing_secrets().len(), 2);
    let both = with("[p0]", "signing_secrets_file = \"secrets\"\n[p0]");
    let error = parse(&both, [], &folder).unwrap_err().to_string();
    assert_eq!(error, "slack.signing_secrets_file: contradicts slack.signing_secrets: set one of them");
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn no_error_and_no_debug_shows_a_secret() {
    let settings = read(GOOD).unwrap();
    assert!(!format!("{settings:?}").contains("8f742231"));
    let wrong = refused(&with("\"xoxb-0123456789-abcdef\"", "[\"xoxb-0123456789-abcdef\"]"));
    assert!(!wrong.contains("xoxb"), "{wrong}");
}

#[test]
fn a_secret_of_the_environment_takes_the_place_of_the_files_but_is_given_once() {
    let secret = ("P0_CHATOPS_SLACK__BOT_TOKEN".to_owned(), "xoxb-from-the-environment".to_owned());
    let file = ("P0_CHATOPS_SLACK__BOT_TOKEN_FILE".to_owned(), "token".to_owned());
    let settings = parse(GOOD, [secret.clone()], Path::new("")).unwrap();
    assert_eq!(settings.slack.bot_token.expose(), "xoxb-from-the-environment");
    let both = parse(GOOD, [secret, file], Path::new("")).unwrap_err().to_string();
    assert_eq!(both, "P0_CHATOPS_SLACK__BOT_TOKEN_FILE: contradicts P0_CHATOPS_SLACK__BOT_TOKEN: set one of them");
}

#[test]
fn the_addresses_that_kubernetes_puts_beside_a_service_are_no_settings() {
    for name in ["PORT", "PORT_3000_TCP", "PORT_3000_TCP_ADDR", "SERVICE_HOST", "SERVICE_PORT", "SERVICE_PORT_HTTP"] {
        assert!(is_service_link(name), "{name}");
    }
    assert!(!is_service_link("LISTEN") && !is_service_link("SLACK__BOT_TOKEN"));
}

#[test]
fn what_redeems_an_assertion_is_set_together() {
    let mode = "mode = \"assertion\"\nacknowledge_bot_signs_for_approvers = true\n[identity.assertion]\n\
                private_key_file = \"key.pem\"\nissuer = \"https://bot.example.com\"\naudience = \"p0\"\n";
    let asserting = |more: &str| with("mode = \"tokens\"", &format!("{mode}{more}"));
    let endpoint = "token_endpoint = \"https://sts.example.com/token\"\n";
    let either = "has to be \"jwt-bearer\" or \"token-exchange\", whichever that endpoint takes";
    for (more, problem) in [
        ("grant = \"jwt-bearer\"".to_owned(), "grant: is of no use without token_endpoint".to_owned()),
        ("client_id = \"bot\"".to_owned(), "client_id: is of no use without token_endpoint".to_owned()),
        (endpoint.to_owned(), format!("grant: is missing: {either}")),
        (format!("{endpoint}grant = \"password\""), format!("grant: is \"password\": {either}")),
        (
            format!("{endpoint}grant = \"jwt-bearer\"\nclient_secret = \"0123456789abcdef\""),
            "client_secret: is of no use without client_id".to_owned(),
        ),
        (
            "token_endpoint = \"http://sts.example.com/token\"\ngrant = \"jwt-bearer\"".to_owned(),
            "token_endpoint: has to begin with https:// (http:// is for loopback hosts only)".to_owned(),
        ),
    ] {
        assert_eq!(refused(&asserting(&more)), format!("identity.assertion.{problem}"));
    }
    let settings = read(&asserting(&format!("{endpoint}grant = \"token-exchange\"\nscope = \"p0\""))).unwrap();
    let Identity::Assertion(Assertion { redeemed: Some(redeemed), .. }) = settings.identity else { panic!("redeemed") };
    assert_eq!((redeemed.grant, redeemed.scope.as_deref()), (AssertionGrant::TokenExchange, Some("p0")));
}
