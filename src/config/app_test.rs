//! What the Slack app is made from is read when little else is there yet.

use std::path::Path;

use super::*;

const URL: &str = "public_url = \"https://bot.example.com\"\n";

fn read(text: &str) -> Result<SlackApp, ConfigError> {
    parse_app(text, [])
}

fn refused(text: &str) -> String {
    read(text).expect_err("refused").to_string()
}

#[test]
fn one_key_is_enough_in_the_file_or_in_the_environment() {
    let app = read(URL).unwrap();
    assert_eq!(app.delivery, Delivery::Http("https://bot.example.com/".parse().unwrap()));
    assert_eq!(app.command, "/p0");
    assert!(!app.govslack && app.in_channel);
    let set = [("P0_CHATOPS_PUBLIC_URL".to_owned(), "https://bot.example.com".to_owned())];
    assert_eq!(parse_app("", set).unwrap(), app);
}

#[test]
fn what_there_is_only_once_the_app_exists_may_be_missing() {
    let started = r#"
        public_url = "https://bot.example.com"
        [slack]
        command = "/access"
        signing_secrets_file = "secrets/is-not-there-yet"
        bot_token = "xoxb-replace-with-the-bot-token"
        [notifier]
        public_key_file = "is-not-there-yet.pem"
        issuer = "…"
        [identity]
        mode = "service"
        [identity.service]
        token_file = "secrets/is-not-there-yet"
        [[route]]
        channel = "…"
    "#;
    assert_eq!(read(started).unwrap().command, "/access");
    assert!(parse(started, [], Path::new("/etc/p0")).unwrap_err().key.ends_with("_file"));
}

#[test]
fn what_makes_another_app_is_seen() {
    assert!(read(&format!("{URL}[slack]\napi_base_url = \"https://slack-gov.com/api\"")).unwrap().govslack);
    assert!(!read(&format!("{URL}[[route]]\nnotify = [\"U01ALICE\"]")).unwrap().in_channel);
    assert!(read(&format!("{URL}[[route]]\nnotify = [\"U01ALICE\"]\nchannel = \"C01ACCESS\"")).unwrap().in_channel);
}

#[test]
fn user_groups_are_seen_wherever_they_are_named() {
    let groups = |text: &str| read(&format!("{URL}{text}")).unwrap().has_user_groups;
    assert!(!groups("[[route]]\nnotify = [\"U01ALICE\", \"oncall:desk\"]"));
    for named in [
        "[slack]\nadmins = [\"S01OPS\"]",
        "[[route]]\nnotify = [\"S01OPS\"]",
        "[[route]]\nescalate_to = [[\"U01ALICE\"], [\"S01OPS\"]]",
        "[[route]]\nfallback = [\"S01OPS\"]",
        "[oncall.desk]\nsource = \"user-group\"\ngroup = \"S01OPS\"",
    ] {
        assert!(groups(named), "{named}");
    }
}

#[test]
fn an_address_that_slack_cannot_call_is_refused() {
    let https = "public_url: has to begin with https:// (http:// is for loopback hosts only)";
    let elsewhere = "public_url: has to begin with https:// and name a host that Slack can reach, not this machine \
                     (localhost, 127.0.0.1)";
    for (url, line) in [
        ("http://bot.example.com", https),
        ("ftp://bot.example.com", https),
        ("http://127.0.0.1:3000", elsewhere),
        ("https://127.1.2.3", elsewhere),
        ("https://localhost", elsewhere),
        ("https://LOCALHOST.", elsewhere),
        ("https://bot.localhost:8443", elsewhere),
        ("https://[::1]", elsewhere),
        ("https://[::ffff:127.0.0.1]", elsewhere),
        ("https://0.0.0.0", elsewhere),
        ("https://bot.example.com?a=b", "public_url: may not have a query or a fragment"),
        ("https://me:secret@bot.example.com", "public_url: may not hold a user name or a password"),
        ("bot.example.com", "public_url: is no address: relative URL without a base"),
        ("", "public_url: is empty"),
        ("…", "public_url: is the example's placeholder: put the real one in its place"),
    ] {
        assert_eq!(refused(&format!("public_url = {url:?}")), line, "{url}");
    }
    let long = format!("public_url = \"https://bot.example.com/{}\"", "x".repeat(255));
    assert_eq!(refused(&long), "public_url: is longer than 255 characters");
    assert_eq!(
        refused(""),
        "public_url: is missing: Slack has to be told where the bot is reached, as \"https://bot.example.com\""
    );
}

#[test]
fn unknown_keys_and_what_the_app_cannot_be_are_refused_as_at_a_start() {
    let command = "slack.command: has to be a slash and a word of at most 32 characters in all";
    for (text, line) in [
        ("[slack]\ncommand = \"p0\"".to_owned(), command),
        (format!("[slack]\ncommand = \"/{}\"", "x".repeat(32)), command),
        ("[slack]\ncommand = \"/p0\\u0000\"".to_owned(), command),
        ("[slack]\nmode = \"sockets\"".to_owned(), "slack.mode: is \"sockets\": has to be \"http\" or \"socket\""),
        (
            "[slack]\napi_base_url = \"http://slack.com/api/\"".to_owned(),
            "slack.api_base_url: has to begin with https:// (http:// is for loopback hosts only)",
        ),
        ("[slack]\nbot_token = 7".to_owned(), "slack.bot_token: expected a string"),
        (
            "[p0]\norga = \"acme\"".to_owned(),
            "p0.orga: unknown key, expected one of `base_url`, `org`, `settings_api_key`, `request_url`, `one_party`",
        ),
    ] {
        assert_eq!(refused(&format!("{URL}{text}")), line);
    }
}
