//! Accounts that people link, the exchange of their tokens, and what a risky approve asks for: each refusal, to the letter.

use std::path::Path;

use super::*;
use crate::domain::route::risk::Risk;

const CODE: &str = r#"
public_url = "https://bot.example.com"
[slack]
signing_secrets = ["8f742231b10e8888abcd99yyyzzz85a5"]
bot_token = "xoxb-0123456789-abcdef"
client_id = "1.2"
client_secret = "slack-client-secret"
[p0]
org = "acme"
[notifier]
public_key_file = "p0.pem"
issuer = "p0"
audience = "p0-chatops"
[vault]
key = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
[identity]
mode = "linked"
email_match = true
[identity.linked]
issuer = "https://login.example.com/"
client_id = "p0-chatops"
client_secret = "idp-client-secret"
flow = "code"
send = "access_token"
[[route]]
channel = "C01ACCESS"
"#;

const EXCHANGE: &str = r#"[identity.exchange]
endpoint = "https://sts.example.com/token"
client_id = "bot"
client_secret = "sts-client-secret"
audience = "p0"
actor = "https://bot.example.com"
actor_key_file = "actor.pem"
[[route]]"#;

const RISKY: &str = "channel = \"C01ACCESS\"\nrisk = \"step-up\"";

fn read(text: &str) -> Result<Settings, ConfigError> {
    parse(text, [], Path::new("/etc/p0"))
}

fn with(changes: &[(&str, &str)]) -> String {
    changes.iter().fold(CODE.to_owned(), |text, (from, to)| {
        assert_eq!(text.matches(from).count(), 1, "{from}");
        text.replace(from, to)
    })
}

fn exchanging(changes: &[(&str, &str)]) -> String {
    let text = with(&[("mode = \"linked\"", "mode = \"exchange\""), ("[[route]]", EXCHANGE)]);
    changes.iter().fold(text, |text, (from, to)| {
        assert!(text.contains(from), "{from}");
        text.replace(from, to)
    })
}

fn risky(keys: &str) -> String {
    with(&[("channel = \"C01ACCESS\"", &format!("{RISKY}\n{keys}"))])
}

fn all_refused<const N: usize>(rows: [(String, &str); N]) {
    for (text, line) in rows {
        assert_eq!(read(&text).map(drop).expect_err(line).to_string(), line);
    }
}

#[test]
fn an_issuer_is_kept_byte_for_byte_and_the_rest_has_its_defaults() {
    let Identity::Linked(linked) = read(CODE).unwrap().identity else { panic!("another mode") };
    assert_eq!(linked.issuer, "https://login.example.com/");
    assert_eq!(linked.scopes, ["openid", "email", "offline_access"]);
    assert_eq!(linked.session.as_secs(), 12 * 60 * 60);
    assert!(matches!(linked.flow, Flow::Code { .. }) && matches!(linked.accounts, Accounts::ConfirmedEmail));
}

#[test]
fn without_a_browser_neither_pages_nor_a_client_of_ones_own_are_needed() {
    let text = with(&[
        ("public_url = \"https://bot.example.com\"\n", ""),
        ("client_id = \"1.2\"\nclient_secret = \"slack-client-secret\"\n", ""),
        ("client_id = \"p0-chatops\"\nclient_secret = \"idp-client-secret\"\n", ""),
        ("flow = \"code\"", "flow = \"device\""),
    ]);
    let Identity::Linked(linked) = read(&text).unwrap().identity else { panic!("another mode") };
    assert!(matches!(linked.flow, Flow::Device) && linked.client_id.is_none());
}

#[test]
fn every_refusal_of_linked_accounts_names_its_key() {
    let own = "client_id = \"p0-chatops\"\nclient_secret = \"idp-client-secret\"\n";
    let issuer = |url: &str| with(&[("https://login.example.com/", url)]);
    let more = |keys: &str| with(&[("send = \"access_token\"", &format!("send = \"access_token\"\n{keys}"))]);
    all_refused([
        (with(&[("issuer = \"https://login.example.com/\"\n", "")]), "identity.linked.issuer: is missing"),
        (issuer(""), "identity.linked.issuer: is empty"),
        (issuer("…"), "identity.linked.issuer: is the example's placeholder: put the real one in its place"),
        (
            issuer("http://login.example.com"),
            "identity.linked.issuer: has to begin with https:// (http:// is for loopback hosts only)",
        ),
        (issuer("https://login.example.com/?a=b"), "identity.linked.issuer: may not have a query or a fragment"),
        (
            issuer("https://login.microsoftonline.com/common/v2.0"),
            "identity.linked.issuer: \"https://login.microsoftonline.com/common/v2.0\" is of many organisations: it has \
             to be your own tenant's, exactly as its tokens say",
        ),
        (
            issuer("https://login.microsoftonline.com/{tenantid}/v2.0"),
            "identity.linked.issuer: \"https://login.microsoftonline.com/{tenantid}/v2.0\" is of many organisations: it \
             has to be your own tenant's, exactly as its tokens say",
        ),
        (with(&[("flow = \"code\"\n", "")]), "identity.linked.flow: is missing: has to be \"code\" or \"device\""),
        (
            with(&[("flow = \"code\"", "flow = \"implicit\"")]),
            "identity.linked.flow: is \"implicit\": has to be \"code\" or \"device\"",
        ),
        (
            with(&[("public_url = \"https://bot.example.com\"\n", "")]),
            "public_url: is missing: flow = \"code\" has pages that browsers open",
        ),
        (
            with(&[("client_id = \"1.2\"\nclient_secret = \"slack-client-secret\"\n", "")]),
            "slack.client_id: and slack.client_secret are missing: flow = \"code\" begins with Sign in with Slack",
        ),
        (with(&[("client_id = \"1.2\"\n", "")]), "slack.client_id: and slack.client_secret are only useful together"),
        (
            with(&[(own, "")]),
            "identity.linked.client_id: is missing: flow = \"code\" needs an OIDC client of your own, for P0's take \
             loopback redirects only",
        ),
        (with(&[("client_id = \"p0-chatops\"", "client_id = \"\"")]), "identity.linked.client_id: is empty"),
        (
            with(&[("\"idp-client-secret\"", "\"short\"")]),
            "identity.linked.client_secret: is shorter than 16 characters: that is no secret",
        ),
        (
            with(&[("client_id = \"p0-chatops\"\n", ""), ("flow = \"code\"", "flow = \"device\"")]),
            "identity.linked.client_secret: is of no use without client_id",
        ),
        (more("scopes = [\"email\"]"), "identity.linked.scopes: has to hold \"openid\": who signed in is told by it"),
        (more("scopes = [\"openid email\"]"), "identity.linked.scopes: \"openid email\" is no scope"),
        (more("scopes = [\"openid\", \"\"]"), "identity.linked.scopes: \"\" is no scope"),
        (
            more("trusted_email_issuers = [\"https://login.microsoftonline.com/organizations/v2.0\"]"),
            "identity.linked.trusted_email_issuers: \"https://login.microsoftonline.com/organizations/v2.0\" is of many \
             organisations: it has to be your own tenant's, exactly as its tokens say",
        ),
        (
            more("trusted_email_issuers = [\"login.example.com\"]"),
            "identity.linked.trusted_email_issuers: is no address: relative URL without a base",
        ),
        (more("session = \"31d\""), "identity.linked.session: has to be at most 30d"),
        (more("session = \"0h\""), "identity.linked.session: \"0h\": A length has to be more than zero."),
        (
            with(&[("send = \"access_token\"\n", "")]),
            "identity.linked.send: is missing: has to be \"access_token\", \"id_token\" or \"identity_platform\", \
             whichever your P0 takes",
        ),
        (
            with(&[("send = \"access_token\"", "send = \"refresh_token\"")]),
            "identity.linked.send: is \"refresh_token\": has to be \"access_token\", \"id_token\" or \
             \"identity_platform\"",
        ),
        (
            more("secure_token_url = \"https://securetoken.example.com\""),
            "identity.linked.identity_toolkit_url: and secure_token_url are only used with send = \"identity_platform\"",
        ),
        (
            with(&[(
                "send = \"access_token\"",
                "send = \"identity_platform\"\nsecure_token_url = \"http://securetoken.example.com\"",
            )]),
            "identity.linked.secure_token_url: has to begin with https:// (http:// is for loopback hosts only)",
        ),
        (
            with(&[("email_match = true\n", "")]),
            "identity.people: is empty, and identity.email_match is not true: nobody could link an account",
        ),
        (
            with(&[("email_match = true", "people = { alice = \"00u-alice\" }")]),
            "identity.people.alice: is no Slack user (U… or W…)",
        ),
        (
            with(&[("email_match = true", "people = { U01ALICE = \" \" }")]),
            "identity.people.U01ALICE: is empty: has to be the person's name in P0, mostly an e-mail address",
        ),
    ]);
}

#[test]
fn every_refusal_of_the_exchange_names_its_key() {
    assert!(matches!(read(&exchanging(&[])).unwrap().identity, Identity::Exchange(_)));
    all_refused([
        (
            exchanging(&[("endpoint = \"https://sts.example.com/token\"\n", "")]),
            "identity.exchange.endpoint: is missing",
        ),
        (
            exchanging(&[("https://sts.example.com/token", "http://sts.example.com/token")]),
            "identity.exchange.endpoint: has to begin with https:// (http:// is for loopback hosts only)",
        ),
        (exchanging(&[("client_id = \"bot\"\n", "")]), "identity.exchange.client_id: is missing"),
        (
            exchanging(&[("\"sts-client-secret\"", "\"short\"")]),
            "identity.exchange.client_secret: is shorter than 16 characters: that is no secret",
        ),
        (exchanging(&[("actor_key_file = \"actor.pem\"\n", "")]), "identity.exchange.actor_key_file: is missing"),
        (exchanging(&[("actor = \"https://bot.example.com\"\n", "")]), "identity.exchange.actor: is missing"),
        (
            exchanging(&[("audience = \"p0\"", "actor_algorithm = \"HS256\"")]),
            "identity.exchange.actor_algorithm: is \"HS256\": has to be ES256, EdDSA or RS256",
        ),
        (
            exchanging(&[("send = \"access_token\"", "send = \"identity_platform\"")]),
            "identity.linked.send: says which of the provider's tokens is exchanged: has to be \"access_token\" or \
             \"id_token\"",
        ),
        (
            exchanging(&[("flow = \"code\"\n", "")]),
            "identity.linked.flow: is missing: has to be \"code\" or \"device\"",
        ),
    ]);
}

#[test]
fn a_risky_route_says_what_a_sign_in_has_to_be() {
    let fresh = |text: &str| match read(text).unwrap().routes.default_route().risk.clone() {
        Risk::StepUp(fresh) => (fresh.max_age.as_secs(), fresh.acr_values),
        other => panic!("{other:?}"),
    };
    assert_eq!(fresh(&risky("")), (0, Vec::new()), "after the press, and any");
    let text = risky("max_age = \"10m\"\nacr_values = [\"phr\", \"phrh\"]");
    assert_eq!(fresh(&text), (600, vec!["phr".to_owned(), "phrh".to_owned()]));
}

#[test]
fn every_refusal_of_a_routes_risk_names_its_key() {
    let route = |keys: &str| with(&[("channel = \"C01ACCESS\"", &format!("channel = \"C01ACCESS\"\n{keys}"))]);
    let by_device = risky("").replace("flow = \"code\"", "flow = \"device\"");
    let by_token = risky("").replace("mode = \"linked\"", "mode = \"tokens\"\n[identity.tokens]\nU01ALICE = \"alice\"");
    let by_token = by_token.replace("email_match = true\n", "[identity.people]\nU01ALICE = \"alice@example.com\"\n");
    let needs_people = "route.risk: \"step-up\" needs people who sign in: identity.mode \"linked\" or \"exchange\", with flow = \"code\"";
    all_refused([
        (route("risk = \"medium\""), "route.risk: is \"medium\": has to be low, high, step-up or not-from-chat"),
        (route("max_age = \"10m\""), "route.max_age: is only used with risk = \"step-up\""),
        (
            route("risk = \"not-from-chat\"\nacr_values = [\"phr\"]"),
            "route.acr_values: is only used with risk = \"step-up\"",
        ),
        (risky("max_age = \"soon\""), "route.max_age: \"soon\": That is not a length."),
        (risky("max_age = \"0m\""), "route.max_age: \"0m\": A length has to be more than zero."),
        (risky("acr_values = [\"phr phrh\"]"), "route.acr_values: \"phr phrh\" is empty or has white space in it"),
        (risky("acr_values = [\"\"]"), "route.acr_values: \"\" is empty or has white space in it"),
        (by_device, needs_people),
        (by_token, needs_people),
        (
            route("risk = \"not-from-chat\""),
            "p0.request_url: is missing: with risk = \"not-from-chat\" a card has a link to P0 in place of buttons",
        ),
    ]);
}
