//! Whom and what routes name: channels, user groups, people, and how much care they ask for.

use p0_chatops::sandbox::p0::P0Setup;
use p0_chatops::sandbox::slack::SlackSetup;

use crate::serve::Company;

const ROUTES: &str = "[[route]]\nname = \"prod\"\nmatch = { type = \"aws\" }\nchannel = \"C01ACCESS\"\n\
    notify = [\"S01ONCALL\"]\nfallback = [\"U03CAROL\"]\nnotify_at_most = 1\n\
    [[route]]\nname = \"long\"\nmatch = { longer_than = \"4h\" }\nchannel = \"C99NOWHERE\"\n\
    notify = [\"oncall:desk\"]\nfallback = [\"S09NONE\", \"U03CAROL\"]\n\
    [[route]]\nchannel = \"C01ACCESS\"\nnotify = [\"U99NOBODY\", \"U02BOB\"]\n\
    [oncall.desk]\nsource = \"user-group\"\ngroup = \"S01ONCALL\"\n";

/// The company's settings with these routes in the place of the one.
pub fn routed(company: &Company, routes: &str) -> String {
    let settings = company.settings();
    let (before, _) = settings.split_once("[[route]]").unwrap();
    format!("{before}{routes}")
}

async fn grouped() -> Company {
    Company::with(SlackSetup::default().with_scope("usergroups:read"), P0Setup::default()).await
}

#[tokio::test]
async fn each_line_says_which_routes_it_is_about() {
    let company = grouped().await;
    let told = company.check(&routed(&company, ROUTES)).await;
    for (name, line) in [
        ("channel C01ACCESS", "ok the bot is in #access-requests, and no other company is (for \"prod\", \"default\")"),
        (
            "channel C99NOWHERE",
            "FAIL Slack shows the bot no such channel: the id is wrong, or it is private and the bot is not in it\n\
             → correct route.channel of \"long\" (Slack shows the id under the channel's details), or invite the bot with \
             /invite",
        ),
        (
            "group S01ONCALL",
            "warn 2 people are in this user group: route \"prod\" tells 1 at most, and leaves out the others\n\
             → raise route.notify_at_most, or name a smaller group",
        ),
        (
            "group S09NONE",
            "FAIL Slack knows no such user group: nobody is told by it (for \"long\")\n\
             → correct the id: it stands in the address of the group's page in Slack",
        ),
        (
            "person U03CAROL",
            "warn is told of requests and has no identity here, so cannot decide\n\
             → name them under identity too, or take them out of route \"prod\", \"long\"",
        ),
        ("person U99NOBODY", "FAIL Slack knows nobody with this id\n→ correct the id, or take it out of the settings"),
        ("person U02BOB", "ok may decide, as bob@example.com; P0 takes their token"),
    ] {
        assert_eq!(told.about(name), line, "{}", told.text);
    }
    assert_eq!(told.code, Some(1));
}

#[tokio::test]
async fn a_user_group_that_can_be_told_is_counted_and_an_empty_one_is_worth_a_look() {
    let company = grouped().await;
    let settings = routed(&company, &ROUTES.replace("notify_at_most = 1\n", "").replace("S09NONE", "S01ONCALL"));
    let told = company.check(&settings).await;
    assert_eq!(told.about("group S01ONCALL"), "ok 2 people are in this user group (for \"prod\", \"long\")");
    company.slack.set_usergroup("S01ONCALL", &[]);
    let told = company.check(&settings).await;
    assert_eq!(
        told.about("group S01ONCALL"),
        "warn nobody is in this user group (for \"prod\", \"long\")\n\
         → add people to it in Slack, or see that routes which name it have a fallback"
    );
}

#[tokio::test]
async fn a_token_that_may_not_read_user_groups_is_named_where_a_route_names_one() {
    let company = Company::new().await;
    let told = company.check(&routed(&company, ROUTES)).await;
    assert!(told.about("scope usergroups:read").starts_with("warn is missing: "), "{}", told.text);
    assert_eq!(
        told.about("group S01ONCALL"),
        "FAIL Slack does not tell the bot who is in this user group: nobody is told by it (for \"prod\", \"long\")\n\
         → add the scope usergroups:read and install the app again"
    );
}

#[tokio::test]
async fn an_app_of_a_whole_organisation_has_to_be_told_in_which_workspaces_user_groups_are() {
    let slack = SlackSetup::default().on_grid().with_scope("usergroups:read");
    let company = Company::with(SlackSetup { team_id: "E01ACME".into(), ..slack }, P0Setup::default()).await;
    let settings = routed(&company, ROUTES);
    for organisation in ["", "allowed_enterprises = [\"E01ACME\"]\n"] {
        let told = company.check(&settings.replace("[slack]\n", &format!("[slack]\n{organisation}"))).await;
        assert_eq!(
            told.about("group S01ONCALL"),
            "FAIL no workspace is known in which it could be: nobody is told by it (for \"prod\", \"long\")\n\
             → name the workspace of the group in slack.allowed_teams",
            "{}",
            told.text
        );
    }
    let told = company.check(&settings.replace("[slack]\n", "[slack]\nallowed_teams = [\"T01ACME\"]\n")).await;
    assert!(told.about("group S01ONCALL").starts_with("warn 2 people are in this user group"), "{}", told.text);
}
