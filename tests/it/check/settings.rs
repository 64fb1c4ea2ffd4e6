//! P0's own settings: the key, the admins, and where changes are announced.

use p0_chatops::sandbox::p0::P0Setup;
use p0_chatops::sandbox::slack::SlackSetup;

use crate::serve::Company;
use crate::world::CHANNEL;

const KEY: &str = "[p0]\nsettings_api_key = \"sandbox-settings-key\"\n";

/// Settings with a key, these admins, and this section.
fn with(company: &Company, admins: &str, section: &str) -> String {
    let settings = company.good().replacen("[p0]\n", &format!("admins = {admins}\n{KEY}"), 1);
    let (before, route) = settings.split_once("[[route]]").unwrap();
    format!("{before}[settings]\n{section}\n[[route]]{route}")
}

async fn grouped() -> Company {
    Company::with(SlackSetup::default().with_scope("usergroups:read"), P0Setup::default()).await
}

#[tokio::test]
async fn admins_are_looked_at_as_a_click_will() {
    let company = grouped().await;
    let admins = "[\"U01ALICE\", \"U06GONE\", \"U04GUEST\", \"U99NOBODY\", \"S01ONCALL\", \"S09NONE\"]";
    let settings = with(&company, admins, &format!("announce_channel = \"{CHANNEL}\"")).replacen(
        "[p0]",
        "allow_guests = true\n[p0]",
        1,
    );
    let told = company.check(&settings).await;
    assert_eq!(
        told.about("p0.settings"),
        "ok there is a key, which cannot be tried without changing something; the shortcut and the Home tab are there \
         once the app has the manifest that `p0-chatops manifest` prints"
    );
    for (name, line) in [
        ("admin U01ALICE", "ok may change P0's settings"),
        (
            "admin U06GONE",
            "FAIL is deactivated in Slack: may not change P0's settings\n→ take them out of slack.admins",
        ),
        ("admin U04GUEST", "FAIL is a guest: may not change P0's settings\n→ take them out of slack.admins"),
        ("admin U99NOBODY", "FAIL Slack knows nobody with this id\n→ correct it in slack.admins"),
        ("admins S01ONCALL", "ok 2 people are in this user group: may change P0's settings"),
        (
            "admins S09NONE",
            "FAIL Slack knows no such user group: nobody is an admin by it\n\
             → correct the id in slack.admins: it stands in the address of the group's page in Slack",
        ),
        ("settings.announce", ""),
        ("slack.admins", ""),
    ] {
        assert_eq!(told.about(name), line, "{}", told.text);
    }
    assert_eq!(told.code, Some(1));
}

#[tokio::test]
async fn a_group_that_slack_does_not_tell_of_or_that_is_empty_is_named() {
    let company = Company::new().await;
    let told = company.check(&with(&company, "[\"S01ONCALL\"]", "")).await;
    assert_eq!(
        (told.about("admins S01ONCALL").as_str(), told.code),
        (
            "warn Slack does not tell the bot who is in this user group: nobody is an admin by it\n\
             → add the scope usergroups:read and install the app again",
            Some(0)
        )
    );
    let company = grouped().await;
    company.slack.set_usergroup("S01ONCALL", &[]);
    let told = company.check(&with(&company, "[\"S01ONCALL\"]", "")).await;
    assert_eq!(told.about("admins S01ONCALL"), "warn nobody is in this user group\n→ add the admins to it in Slack");
}

#[tokio::test]
async fn one_admin_is_too_few_where_a_second_has_to_agree() {
    let company = grouped().await;
    company.slack.set_usergroup("S01ONCALL", &["U01ALICE"]);
    let both = "[\"U01ALICE\", \"S01ONCALL\"]";
    for (section, what) in [
        ("", "no change that loosens anything of P0's settings"),
        ("second_admin = \"always\"", "no change of P0's settings"),
    ] {
        let told = company.check(&with(&company, both, section)).await;
        let line = format!(
            "warn there is one admin: {what} can be agreed to by a second\n\
             → name another in slack.admins, or set settings.second_admin = \"never\""
        );
        assert_eq!((told.about("slack.admins"), told.code), (line, Some(0)));
    }
    for settings in
        [with(&company, both, "second_admin = \"never\""), with(&company, "[\"U02BOB\", \"S01ONCALL\"]", "")]
    {
        assert_eq!(company.check(&settings).await.about("slack.admins"), "");
    }
}

#[tokio::test]
async fn what_is_missing_around_the_settings_is_named() {
    let company = Company::new().await;
    assert!(!company.check(&company.good()).await.text.contains("p0.settings"), "nobody has asked for them");
    let told = company.check(&with(&company, "[]", "")).await;
    assert_eq!(
        told.about("p0.settings"),
        "ok there is a key, which cannot be tried without changing something; no slack.admins: nobody can change P0's \
         settings from Slack, only `p0-chatops settings apply` does"
    );
    assert_eq!(
        told.about("settings.announce"),
        "warn changes of P0's settings are told to whoever makes them, and to no one else\n→ set settings.announce_channel"
    );
    let told = company.check(&with(&company, "[\"U01ALICE\", \"U02BOB\"]", "").replacen(KEY, "[p0]\n", 1)).await;
    assert_eq!(
        told.about("p0.settings"),
        "warn is missing p0.settings_api_key: admins can look at what is known of P0's settings, and change nothing\n\
         → set it: an owner of the organisation makes the key at P0"
    );
    let told = company.check(&with(&company, "[\"U01ALICE\"]", "announce_channel = \"C09NOWHERE\"")).await;
    assert_eq!(
        told.about("channel C09NOWHERE"),
        "FAIL Slack shows the bot no such channel: the id is wrong, or it is private and the bot is not in it\n\
         → correct settings.announce_channel (Slack shows the id under the channel's details), or invite the bot with \
         /invite"
    );
}
