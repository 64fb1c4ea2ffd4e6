//! Where the bot calls Slack: whether a socket is opened, and what it no longer has to be reached for.

use p0_chatops::sandbox::slack::{Fault, Times};

use crate::serve::Company;

const METHOD: &str = "apps.connections.open";

/// The same settings, over sockets.
fn over_sockets(settings: &str) -> String {
    let secrets = settings.lines().find(|line| line.starts_with("signing_secrets")).unwrap();
    settings.replace(secrets, "mode = \"socket\"\napp_token = \"xapp-sandbox-token\"")
}

#[tokio::test]
async fn a_socket_is_opened_and_closed_and_nothing_is_asked_of_slacks_doors() {
    let company = Company::new().await;
    let told = company.check(&over_sockets(&company.good())).await;
    assert_eq!(told.about("slack.socket"), "ok a socket was opened, and Slack says hello");
    company.slack.sockets_when(<[u64]>::is_empty).await;
    assert!(told.about("public_url").starts_with("warn is not set: whether P0 reaches the bot"), "{}", told.text);
    assert_eq!((told.failing().len(), told.code), (0, Some(0)), "{}", told.text);
    let own = over_sockets(&company.good()).replace("[notifier]\n", "[notifier]\nlisten = \"127.0.0.1:0\"\n");
    let told = company.check(&own).await;
    let nobody = "skip nobody comes in there: Slack is called, and P0 has notifier.listen";
    assert_eq!((told.about("listen").as_str(), told.about("public_url").as_str()), (nobody, nobody));
}

#[tokio::test]
async fn a_token_that_opens_nothing_is_named_with_what_to_do() {
    let company = Company::new().await;
    let remedy = "\n→ make a token with the scope connections:write under Basic Information, App-Level Tokens";
    for (code, line) in [
        ("missing_scope", "FAIL slack.app_token lacks the scope connections:write"),
        ("invalid_auth", "FAIL slack.app_token is refused by Slack: invalid_auth"),
    ] {
        company.slack.fail(METHOD, Fault::ApiError(code.to_owned()), Times::Count(1));
        let told = company.check(&over_sockets(&company.good())).await;
        assert_eq!((told.about("slack.socket"), told.code), (format!("{line}{remedy}"), Some(1)));
    }
    company.slack.fail(METHOD, Fault::RateLimited { retry_after_s: 60 }, Times::Count(1));
    let told = company.check(&over_sockets(&company.good())).await;
    assert_eq!(told.about("slack.socket"), "FAIL Slack asks to wait\n→ wait a minute, then run `check` again");
}

#[tokio::test]
async fn beside_a_bot_that_runs_no_socket_is_opened_that_would_answer_nothing() {
    let company = Company::new().await;
    let settings = over_sockets(&company.good());
    company.write_settings(&settings);
    let _bot = company.serve().await;
    let open = company.slack.sockets_when(|open| open.len() == 2).await;
    let told = company.check(&settings).await;
    assert_eq!(
        told.about("slack.socket"),
        "ok Slack would open one more socket beside those of the running p0-chatops"
    );
    assert_eq!(company.slack.sockets(), open);
}
