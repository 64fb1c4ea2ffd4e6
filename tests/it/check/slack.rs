//! Slack's side: token, scopes, clock, channel.

use std::time::Duration;

use p0_chatops::clock::Clock;
use p0_chatops::sandbox::p0::P0Setup;
use p0_chatops::sandbox::slack::{Fault, SlackSetup, Times};
use serde_json::json;

use super::roughly;
use crate::serve::Company;
use crate::world::CHANNEL;

const NOBODY: &str = "skip needs a token that may read users: only token files were looked at";

async fn with(slack: SlackSetup) -> Company {
    Company::with(slack, P0Setup::default()).await
}

#[tokio::test]
async fn a_token_that_is_none_is_named_and_what_needs_it_is_not_looked_at() {
    let company = Company::new().await;
    let told = company.check(&company.good().replace("xoxb-sandbox-token", "xoxb-of-another-app")).await;
    assert_eq!(
        told.about("slack.token"),
        "FAIL Slack refuses: invalid_auth\n\
         → install the app in the workspace and set slack.bot_token to the Bot User OAuth Token that Slack then shows"
    );
    assert_eq!(told.about("slack.clock"), "ok this machine's clock agrees with Slack's");
    assert_eq!(told.about("slack.scopes"), "skip needs a token that is good, as does the channel");
    assert_eq!(told.about("person"), NOBODY);
    assert_eq!((told.about("channel C01ACCESS").as_str(), told.code), ("", Some(1)));
}

#[tokio::test]
async fn a_slack_that_does_not_answer_as_slack_does_is_named() {
    let company = Company::new().await;
    let page = "<html>maintenance</html>".to_owned();
    for (fault, line) in [
        (
            Fault::Status(503, page),
            "FAIL what answers is not Slack's Web API (HTTP 503)\n\
             → correct slack.api_base_url, or try again when Slack is well",
        ),
        (
            Fault::RateLimited { retry_after_s: 30 },
            "FAIL Slack refuses: ratelimited\n→ wait a minute, then run `check` again",
        ),
        (
            Fault::Status(200, json!({"ok": true, "team_id": "T01ACME", "user": "alice"}).to_string()),
            "FAIL this is a person's token: the bot would post in that person's name\n\
             → set slack.bot_token to the Bot User OAuth Token (xoxb-…)",
        ),
        (
            Fault::Status(200, json!({"ok": true}).to_string()),
            "FAIL Slack does not say of which workspace it is\n→ see what answers at slack.api_base_url",
        ),
    ] {
        company.slack.fail("auth.test", fault, Times::Count(1));
        let told = company.check(&company.good()).await;
        assert_eq!((told.about("slack.token").as_str(), told.code), (line, Some(1)));
    }
    company.slack.stop();
    let told = company.check(&company.good()).await;
    assert_eq!(
        told.about("slack.token"),
        "FAIL Slack cannot be asked: no connection: Connection refused (os error 111)\n\
         → see that slack.api_base_url is right and that nothing blocks the way; where only a proxy leads out, set proxy"
    );
}

#[tokio::test]
async fn a_proxy_is_used_and_named_without_its_password() {
    let company = Company::new().await;
    let settings = format!("proxy = \"http://bot:the-proxy-password@127.0.0.1:1\"\n{}", company.good());
    let told = company.check(&settings).await;
    assert_eq!(told.about("outbound"), "ok every call goes through the proxy 127.0.0.1:1");
    assert!(told.about("slack.token").starts_with("FAIL Slack cannot be asked: no connection through the proxy: "));
    assert!(told.about("slack.token").ends_with("→ see that proxy is right and lets the bot out"), "{}", told.text);
}

#[tokio::test]
async fn certificate_authorities_that_cannot_be_read_leave_nobody_to_ask() {
    let company = Company::new().await;
    let told = company
        .check(&format!("public_url = \"https://bot.example.com\"\nca_file = \"nowhere.pem\"\n{}", company.good()))
        .await;
    assert_eq!(
        told.about("outbound"),
        "FAIL ca_file: nowhere.pem cannot be read: No such file or directory (os error 2)\n\
         → put this right: Slack and P0 are called with it"
    );
    assert_eq!(told.about("slack.token"), "skip needs a way out, as do scopes, clock and channel");
    assert_eq!(told.about("p0.org"), "skip needs a way out");
    assert_eq!(told.about("public_url"), "skip needs a way out");
    assert!(told.about("notifier.key").starts_with("ok"), "{}", told.text);
}

#[tokio::test]
async fn a_list_of_workspaces_without_the_apps_own_is_named() {
    let company = Company::new().await;
    let settings = company.good().replace("[p0]", "allowed_teams = [\"T09OTHER\"]\n[p0]");
    let told = company.check(&settings).await;
    assert_eq!(
        told.about("slack.workspace"),
        "FAIL slack.allowed_teams leaves out the workspace in which the app is installed, T01ACME: every press in it is refused\n\
         → add T01ACME to slack.allowed_teams"
    );
}

#[tokio::test]
async fn an_app_of_a_whole_organisation_may_name_any_of_its_workspaces() {
    let company = with(SlackSetup::default().on_grid()).await;
    for settings in [company.good(), company.good().replace("[p0]", "allowed_teams = [\"T02SALES\"]\n[p0]")] {
        assert_eq!(company.check(&settings).await.about("slack.workspace"), "");
    }
    let told = company.check(&company.good()).await;
    assert_eq!(told.about("slack.token"), "ok the bot is p0 in acme (E01ACME)");
    assert_eq!(
        (told.about("person U01ALICE").split(';').next(), told.code),
        (Some("ok may decide, as alice@example.com"), Some(0))
    );
}

#[tokio::test]
async fn a_clock_that_is_off_is_a_warning_until_it_breaks_signatures() {
    for (seconds, line) in [
        (
            20,
            "warn this machine's clock is … behind Slack's; beyond 300 s everything that Slack sends is refused\n\
             → let this machine set its clock by NTP",
        ),
        (
            400,
            "FAIL this machine's clock is … behind Slack's: beyond 300 s everything that Slack sends is refused\n\
             → let this machine set its clock by NTP",
        ),
    ] {
        let clock = Clock::stepped();
        let company = with(SlackSetup::new(clock.clone())).await;
        clock.advance(Duration::from_secs(seconds));
        let told = company.check(&company.good()).await;
        assert_eq!(roughly(&told.about("slack.clock")), line);
    }
}

#[tokio::test]
async fn each_missing_scope_is_named_with_what_does_not_work_without_it() {
    const REMEDY: &str = "\n→ add it under OAuth & Permissions, Bot Token Scopes, and install the app again";
    for (scope, code, line) in [
        ("chat:write", 1, "FAIL is missing: no card and no message can be posted"),
        ("commands", 1, "FAIL is missing: the slash command does not exist"),
        ("users:read", 1, "FAIL is missing: nobody can decide: Slack does not tell who a person is now"),
        (
            "users:read.email",
            1,
            "FAIL is missing: requesters are not told, and own requests are recognised by identity.people alone",
        ),
        ("im:write", 1, "FAIL is missing: nobody gets a direct message"),
        ("groups:read", 0, "warn is missing: a private channel that another company reads cannot be told from others"),
        ("app_mentions:read", 0, "warn is missing: the bot does not hear mentions"),
        ("im:history", 0, "warn is missing: the bot does not hear direct messages"),
    ] {
        let company = with(SlackSetup::default().without_scope(scope)).await;
        let told = company.check(&company.good()).await;
        assert_eq!(told.about(&format!("scope {scope}")), format!("{line}{REMEDY}"));
        assert_eq!((told.code, told.about("slack.scopes").as_str()), (Some(code), ""), "{scope}");
        let skipped = told.about("person");
        assert_eq!(skipped, if scope == "users:read" { NOBODY } else { "" });
    }
}

#[tokio::test]
async fn scopes_that_the_bot_does_not_need_are_named() {
    let company = with(SlackSetup::default().with_scope("im:read").with_scope("usergroups:read")).await;
    let told = company.check(&company.good()).await;
    assert_eq!(
        told.about("slack.scopes"),
        "ok everything that the bot needs is granted; not needed: im:read, usergroups:read"
    );
}

#[tokio::test]
async fn where_a_user_group_names_admins_slack_has_to_say_who_is_in_it() {
    let company = Company::new().await;
    let settings = company.good().replace("[slack]\n", "[slack]\nadmins = [\"S01ONCALL\"]\n");
    let told = company.check(&settings).await;
    assert_eq!(
        (told.about("scope usergroups:read").as_str(), told.code),
        (
            "warn is missing: nobody is an admin, is told or is on call as a member of a user group\n\
             → add it under OAuth & Permissions, Bot Token Scopes, and install the app again",
            Some(0)
        )
    );
}

#[tokio::test]
async fn scopes_that_slack_does_not_tell_are_a_warning() {
    let company = Company::new().await;
    let answer = json!({"ok": true, "team_id": "T01ACME", "team": "acme", "user": "p0", "bot_id": "B0BOT"});
    company.slack.fail("auth.test", Fault::Status(200, answer.to_string()), Times::UntilCleared);
    let told = company.check(&company.good()).await;
    assert_eq!(
        told.about("slack.scopes"),
        "warn Slack does not say which scopes the token has\n→ compare them with those that `p0-chatops manifest` prints"
    );
    assert!(told.about("person U01ALICE").starts_with("ok"), "{}", told.text);
}

#[tokio::test]
async fn a_channel_that_takes_no_cards_is_named() {
    let company = Company::new().await;
    for (channel, line) in [
        (
            "C03SHARED",
            "FAIL #with-other is shared with another company: cards do not go there\n→ take a channel that only your own company reads",
        ),
        ("C04RANDOM", "FAIL the bot is not in #random: no card can be posted\n→ invite it: /invite in the channel"),
        (
            "C99NOWHERE",
            "FAIL Slack shows the bot no such channel: the id is wrong, or it is private and the bot is not in it\n\
             → correct route.channel (Slack shows the id under the channel's details), or invite the bot with /invite",
        ),
    ] {
        let told = company.check(&company.good().replace(CHANNEL, channel)).await;
        assert_eq!((told.about(&format!("channel {channel}")).as_str(), told.code), (line, Some(1)));
    }
    company.slack.change_channel(CHANNEL, |channel| channel.is_archived = true);
    let told = company.check(&company.good()).await;
    assert_eq!(
        (told.about("channel C01ACCESS").as_str(), told.code),
        ("FAIL #access-requests is archived: no card can be posted\n→ take another channel, or unarchive it", Some(1))
    );
}

#[tokio::test]
async fn what_slack_does_not_say_of_a_channel_is_a_warning() {
    let company = with(SlackSetup::default().without_scope("channels:read")).await;
    let told = company.check(&company.good()).await;
    assert_eq!(
        (told.about("channel C01ACCESS").as_str(), told.code),
        (
            "warn Slack does not tell the bot about this channel: whether the bot is in it is not known, and it counts as not shared with another company\n\
             → add channels:read (groups:read for a private channel) and install the app again",
            Some(0)
        )
    );
    let company = Company::new().await;
    let info = json!({"ok": true, "channel": {"id": CHANNEL, "name": "access", "is_member": true}});
    company.slack.fail("conversations.info", Fault::Status(200, info.to_string()), Times::Count(1));
    company.slack.fail("conversations.info", Fault::Status(500, String::new()), Times::Count(1));
    let told = company.check(&company.good()).await;
    assert_eq!(
        told.about("channel C01ACCESS"),
        "warn Slack does not say whether #access is shared with another company: it counts as not shared\n\
         → see under the channel's details who reads it"
    );
    let told = company.check(&company.good()).await;
    assert_eq!(
        told.about("channel C01ACCESS"),
        "FAIL what answers is not Slack's Web API (HTTP 500)\n→ run `check` again when Slack is well"
    );
}
