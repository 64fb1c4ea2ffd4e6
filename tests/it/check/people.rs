//! The people whom the settings name.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use p0_chatops::sandbox::p0::{self, P0Setup, Verb};
use p0_chatops::sandbox::slack::{Fault, SlackSetup, Times};
use serde_json::{Value, json};

use crate::serve::{Company, token_of};
use crate::world::{ALICE, BOB, write_token};

#[tokio::test]
async fn an_approver_who_may_not_decide_is_named() {
    let company = Company::new().await;
    for (user, line) in [
        ("U99NOBODY", "FAIL Slack knows nobody with this id\n→ correct the id, or take it out of the settings"),
        ("U06GONE", "FAIL is deactivated in Slack: may not decide\n→ take them out of the settings"),
        ("U07ROBOT", "FAIL is a bot: may not decide\n→ name a person instead"),
        ("U04GUEST", "FAIL is a guest: may not decide\n→ name a member instead, or set slack.allow_guests"),
        (
            "U05STRANGER",
            "FAIL is of another company or workspace: may not decide\n→ name a member instead, or set slack.allowed_teams",
        ),
    ] {
        let told = company.check(&company.good().replace("U02BOB =", &format!("{user} ="))).await;
        assert_eq!((told.about(&format!("person {user}")).as_str(), told.code), (line, Some(1)));
    }
    let settings = company.good().replace("U02BOB =", "U04GUEST =").replace("[p0]", "allow_guests = true\n[p0]");
    let told = company.check(&settings).await;
    assert_eq!(told.about("person U04GUEST"), "ok may decide, as bob@example.com; P0 takes their token");
}

#[tokio::test]
async fn people_who_only_ask_and_people_who_are_only_told_are_looked_at_too() {
    let company = Company::new().await;
    let asks = company.good().replace("[identity.tokens]", "U06GONE = \"gone@example.com\"\n[identity.tokens]");
    let told = company.check(&asks).await;
    assert_eq!(
        (told.about("person U06GONE").as_str(), told.code),
        ("warn is deactivated in Slack\n→ take them out of identity.people if they ask for nothing any more", Some(0))
    );
    let told = company.check(&format!("{}notify = [\"U03CAROL\", \"U04GUEST\"]\n", company.good())).await;
    assert_eq!(
        told.about("person U03CAROL"),
        "warn is told of requests and has no identity here, so cannot decide\n\
         → name them under identity too, or take them out of route \"default\""
    );
    assert!(
        told.about("person U04GUEST").starts_with("FAIL is a guest: is told of requests and may not decide; is told")
    );
    let company = Company::with(SlackSetup::default().without_scope("im:write"), P0Setup::default()).await;
    let told = company.check(&format!("{}notify = [\"U02BOB\"]\n", company.good())).await;
    assert_eq!(
        told.about("person U02BOB"),
        "FAIL gets no direct message\n→ add the scope im:write and install the app again"
    );
    assert!(told.about("person U01ALICE").starts_with("ok"));
}

#[tokio::test]
async fn a_token_file_that_cannot_be_used_is_named_and_never_shown() {
    const REMEDY: &str = "\n→ a token of theirs belongs in that file, readable by the bot alone (chmod 600)";
    let company = Company::new().await;
    let jwt = |claims: Value| format!("e30.{}.the-p0-bearer-of", BASE64_URL_SAFE_NO_PAD.encode(claims.to_string()));
    for (token, mode, line) in [
        (token_of(BOB), 0o644, "FAIL U02BOB.token: others can read or write it (chmod o-rwx)"),
        (token_of(BOB), 0o660, "FAIL U02BOB.token: its group can write it (chmod g-w)"),
        (String::new(), 0o600, "FAIL U02BOB.token: it does not hold one token and nothing else"),
        (
            jwt(json!({"email": "mallory@example.com"})),
            0o600,
            "FAIL U02BOB.token: its token says that it is somebody else's",
        ),
    ] {
        write_token(&company.folder, BOB, &token);
        company.protect("U02BOB.token", mode);
        let told = company.check(&company.good()).await;
        assert_eq!((told.about("person U02BOB"), told.code), (format!("{line}{REMEDY}"), Some(1)));
        assert!(told.about("person U01ALICE").starts_with("ok"));
    }
    std::fs::remove_file(company.folder.join("U02BOB.token")).unwrap();
    let told = company.check(&company.good()).await;
    assert_eq!(told.about("person U02BOB"), format!("FAIL U02BOB.token: it is not there{REMEDY}"));
}

#[tokio::test]
async fn two_people_with_one_identity_are_both_named() {
    let company = Company::new().await;
    let told = company.check(&company.good().replace("\"bob@example.com\"", "\"Alice@Example.com\"")).await;
    let line = |name| {
        format!(
            "FAIL identity.people names {name} for them and for somebody else\n\
             → give each of them an identity of their own: until then neither may decide"
        )
    };
    assert_eq!(told.about("person U01ALICE"), line("alice@example.com"));
    assert_eq!(told.about("person U02BOB"), line("Alice@Example.com"));
    assert_eq!((told.failing().last(), told.code), (Some(&"approvers"), Some(1)));
}

#[tokio::test]
async fn a_program_that_gives_no_token_is_named_with_each_person() {
    let company = Company::new().await;
    let command = r#"tokens_command = ["/bin/sh", "-c", "test $0 = U01ALICE && cat $0.token", "{user}"]"#;
    let settings = company.good().replace("mode = \"tokens\"", &format!("mode = \"tokens\"\n{command}"));
    let files = format!("[identity.tokens]\n{ALICE} = \"{ALICE}.token\"\n{BOB} = \"{BOB}.token\"\n");
    let told = company.check(&settings.replace(&files, "")).await;
    assert_eq!(told.about("person U01ALICE"), "ok may decide, as alice@example.com; P0 takes their token");
    assert_eq!(
        told.about("person U02BOB"),
        "FAIL identity.tokens_command: it ended with exit code 1\n\
         → run it by hand, as the bot's user: it has to print their token and nothing else, in time"
    );
}

#[tokio::test]
async fn tokens_whose_time_is_over_are_warnings_until_nobody_is_left() {
    let company = Company::new().await;
    let refused = "warn P0 refuses their token (HTTP 401)\n→ put a new token of theirs in its file";
    company.p0.revoke_token(&token_of(ALICE));
    let told = company.check(&company.good()).await;
    assert_eq!((told.about("person U01ALICE").as_str(), told.about("approvers").as_str()), (refused, ""));
    assert_eq!(told.code, Some(0));
    let claims = BASE64_URL_SAFE_NO_PAD.encode(json!({"email": "bob@example.com", "exp": 1}).to_string());
    write_token(&company.folder, BOB, &format!("e30.{claims}.the-p0-bearer-of"));
    let told = company.check(&company.good()).await;
    assert_eq!(
        told.about("person U02BOB"),
        "warn U02BOB.token: its token has run out\n→ put a new token of theirs in its file"
    );
    assert_eq!((told.about("person U01ALICE").as_str(), told.failing()), (refused, vec!["approvers"]));
    assert_eq!(
        told.about("approvers"),
        "FAIL nobody is left who can decide\n→ put right at least one of the people above"
    );
    company.slack.fail("users.info", Fault::Status(500, String::new()), Times::UntilCleared);
    assert_eq!(company.check(&company.good()).await.about("approvers"), "");
}

#[tokio::test]
async fn a_p0_that_does_not_say_whether_it_takes_a_token_is_a_warning() {
    let company = Company::new().await;
    for (fault, why) in [
        (p0::Fault::too_many(None), "HTTP 429"),
        (p0::Fault::error(404, "Not found"), "HTTP 404"),
        (p0::Fault::error(503, "Try later"), "HTTP 503"),
        (p0::Fault::text(200, "<html>Welcome</html>"), "HTTP 200"),
        (p0::Fault::redirect("https://x"), "HTTP 302"),
        (p0::Fault::Drop, "the answer broke off: connection closed before message completed"),
    ] {
        company.p0.fail_until_cleared(Verb::Account, fault);
        let told = company.check(&company.good()).await;
        assert_eq!(
            (told.about("person U01ALICE"), told.code),
            (
                format!("warn P0 did not say whether it takes their token ({why})\n→ run `check` again in a minute"),
                Some(0)
            )
        );
        assert!(told.text.contains("it was not seen whether anybody can decide and whether"), "{}", told.text);
        company.p0.clear_faults();
    }
    for (fault, status) in
        [(p0::Fault::error(403, "Forbidden"), 403), (p0::Fault::ErrorAt200("Not here".to_owned()), 200)]
    {
        company.p0.fail_until_cleared(Verb::Account, fault);
        let told = company.check(&company.good()).await;
        let line = format!("warn P0 refuses their token (HTTP {status})\n→ put a new token of theirs in its file");
        assert_eq!((told.about("person U01ALICE"), told.failing()), (line, vec!["approvers"]));
        company.p0.clear_faults();
    }
}

#[tokio::test]
async fn people_about_whom_slack_cannot_be_asked_are_not_guessed() {
    let company = Company::new().await;
    company.slack.fail("users.info", Fault::Status(500, String::new()), Times::UntilCleared);
    let told = company.check(&company.good()).await;
    assert_eq!(
        (told.about("person U01ALICE").as_str(), told.code),
        ("warn Slack could not be asked about them\n→ run `check` again in a minute", Some(0))
    );
}

#[tokio::test]
async fn a_slack_that_asks_to_wait_is_asked_once_more() {
    let company = Company::new().await;
    company.slack.fail("users.info", Fault::RateLimited { retry_after_s: 1 }, Times::Count(1));
    let told = company.check(&company.good()).await;
    assert!(told.about("person U01ALICE").starts_with("ok"), "{}", told.text);
}

#[tokio::test]
async fn an_approver_whose_own_requests_cannot_be_told_is_named() {
    let company = Company::new().await;
    company.slack.change_person(BOB, |bob| bob.is_email_confirmed = false);
    let settings = company.good().replace("U02BOB = \"bob@example.com\"\n", "");
    let told = company.check(&settings).await;
    assert_eq!(
        (told.about("person U02BOB").as_str(), told.code),
        (
            "FAIL no e-mail address of theirs is known: their approvals are refused, since each request could be their own\n\
             → put their address under identity.people",
            Some(1)
        )
    );
}

#[tokio::test]
async fn token_files_are_looked_at_where_slack_cannot_be_asked() {
    let company = Company::new().await;
    company.slack.stop();
    company.protect("U02BOB.token", 0o644);
    let told = company.check(&company.good()).await;
    assert_eq!(
        told.about("person U02BOB"),
        "FAIL U02BOB.token: others can read or write it (chmod o-rwx)\n→ a token of theirs belongs in that file, readable by the bot alone (chmod 600)"
    );
    assert_eq!((told.about("person U01ALICE"), told.about("approvers")), (String::new(), String::new()));
    company.protect("U01ALICE.token", 0o644);
    let told = company.check(&company.good()).await;
    assert!(told.about("approvers").starts_with("FAIL nobody is left who can decide"), "{}", told.text);
}
