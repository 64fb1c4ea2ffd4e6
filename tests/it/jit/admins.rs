//! Who is an admin, by what Slack says at this moment.

use std::sync::Arc;
use std::time::Duration;

use p0_chatops::authorize::admins::{Admins, NotAdmitted};
use p0_chatops::authorize::workspace::Workspace;
use p0_chatops::clock::Clock;
use p0_chatops::config::{self, AdminList, Secret};
use p0_chatops::domain::jit::proposal::Groups;
use p0_chatops::domain::jit::refusal::SettingsRefusal;
use p0_chatops::domain::person::{EnterpriseId, SlackUser, TeamId, UserGroupId, UserId};
use p0_chatops::domain::refusal::Refusal;
use p0_chatops::notify::web_api::SlackApi;
use p0_chatops::sandbox::slack::{Fault, Slack, SlackSetup, Times};
use p0_chatops::telemetry::Metrics;
use url::Url;

use crate::openid::says;
use crate::world::{ALICE, BOB, CAROL, GUEST};

const ONCALL: &str = "S01ONCALL";
const MEMBERS: &str = "usergroups.users.list";

/// A company where Carol is an admin herself, and Alice and Bob are by their group.
struct Company {
    slack: Slack,
    workspace: Workspace,
}

impl Company {
    async fn new() -> Self {
        Self::with(|setup| setup).await
    }

    async fn with(change: impl FnOnce(SlackSetup) -> SlackSetup) -> Self {
        let setup = change(SlackSetup::new(Clock::stepped()).with_scope("usergroups:read"));
        let enterprises = match setup.org_wide {
            true => vec![EnterpriseId::parse("E01ACME").unwrap()],
            false => Vec::new(),
        };
        let workspace = Workspace { teams: vec![team("T01ACME")], enterprises, allow_guests: true };
        Self { slack: Slack::start(setup).await.unwrap(), workspace }
    }

    fn admins(&self, users: &[&str], groups: &[&str]) -> Admins {
        let app = config::Slack {
            mode: config::SlackMode::Http { signing_secrets: Vec::new() },
            bot_token: Secret::new("xoxb-sandbox-token"),
            command: "/p0".to_owned(),
            client: None,
            api_base_url: Url::parse(&self.slack.api_base_url()).unwrap(),
            hook_hosts: Vec::new(),
            allowed_teams: Vec::new(),
            allowed_enterprises: Vec::new(),
            admins: AdminList::default(),
            allow_guests: true,
            unfurl_channels: Vec::new(),
        };
        let list = AdminList {
            users: users.iter().map(|id| user(id)).collect(),
            groups: groups.iter().map(|id| UserGroupId::parse(id).unwrap()).collect(),
        };
        let directory = Arc::new(SlackApi::new(says::client(), &app, Metrics::default()));
        Admins::new(directory, self.workspace.clone(), list)
    }

    /// Of a company where Carol is an admin herself, and the group's members are.
    async fn admit(&self, id: &str) -> Result<Groups, NotAdmitted> {
        self.admins(&[CAROL], &[ONCALL]).admit(&person(id)).await
    }
}

fn team(id: &str) -> TeamId {
    TeamId::parse(id).unwrap()
}

fn user(id: &str) -> UserId {
    UserId::parse(id).unwrap()
}

fn person(id: &str) -> SlackUser {
    SlackUser { team: team("T01ACME"), user: user(id) }
}

fn oncall(ids: &[&str]) -> Groups {
    Groups::from([(UserGroupId::parse(ONCALL).unwrap(), ids.iter().map(|id| user(id)).collect())])
}

fn no_admin() -> Result<Groups, NotAdmitted> {
    Err(NotAdmitted::Refused(SettingsRefusal::NotAdmin))
}

fn refused(refusal: Refusal) -> Result<Groups, NotAdmitted> {
    Err(NotAdmitted::Refused(SettingsRefusal::Person { refusal }))
}

#[tokio::test]
async fn whoever_is_listed_or_in_the_group_is_an_admin_and_the_group_is_evidence() {
    let company = Company::new().await;
    for id in [ALICE, BOB, CAROL] {
        assert_eq!(company.admit(id).await, Ok(oncall(&[ALICE, BOB])), "{id}");
    }
    company.slack.set_usergroup(ONCALL, &[ALICE]);
    assert_eq!(company.admit(ALICE).await, Ok(oncall(&[ALICE])));
    assert_eq!(company.admit(BOB).await, no_admin(), "who left the group a moment ago");
}

#[tokio::test]
async fn without_groups_slack_is_not_asked_about_anybody_else() {
    let company = Company::new().await;
    let admins = company.admins(&[CAROL], &[]);
    assert!(admins.may_be(&user(CAROL)) && !admins.may_be(&user(ALICE)));
    company.slack.fail("users.info", Fault::ApiError("fatal_error".to_owned()), Times::UntilCleared);
    assert_eq!(admins.admit(&person(ALICE)).await, no_admin());
    assert_eq!(admins.admit(&person(CAROL)).await, Err(NotAdmitted::Later(None)));
    company.slack.clear_faults();
    assert_eq!(admins.admit(&person(CAROL)).await, Ok(Groups::new()));
    assert!(company.admins(&[], &[ONCALL]).may_be(&user(GUEST)), "only Slack knows who is in a group");
    assert!(!company.admins(&[], &[]).may_be(&user(CAROL)));
}

#[tokio::test]
async fn guests_strangers_bots_and_those_who_left_are_no_admins_though_they_are_listed() {
    let company = Company::new().await;
    let everybody = [GUEST, "U05STRANGER", "U06GONE", "U07ROBOT", "U08NOBODY"];
    company.slack.set_usergroup(ONCALL, &everybody);
    for (users, groups) in [(&everybody[..], &[][..]), (&[][..], &[ONCALL][..])] {
        let admins = company.admins(users, groups);
        for (id, outcome) in [
            (GUEST, no_admin()),
            ("U05STRANGER", refused(Refusal::Stranger)),
            ("U06GONE", refused(Refusal::Deactivated)),
            ("U07ROBOT", refused(Refusal::Bot)),
            ("U08NOBODY", refused(Refusal::NobodyKnown)),
        ] {
            assert_eq!(admins.admit(&person(id)).await, outcome, "{id} of {groups:?}");
        }
    }
}

#[tokio::test]
async fn slacks_silence_is_no_answer() {
    let company = Company::new().await;
    company.slack.fail(MEMBERS, Fault::RateLimited { retry_after_s: 30 }, Times::UntilCleared);
    for id in [ALICE, CAROL] {
        assert_eq!(company.admit(id).await, Err(NotAdmitted::Later(Some(Duration::from_secs(30)))), "{id}");
    }
    company.slack.clear_faults();
    for fault in [Fault::LostAnswer, Fault::ApiError("fatal_error".to_owned()), Fault::Status(503, "<p>".to_owned())] {
        company.slack.fail(MEMBERS, fault, Times::Count(1));
        assert_eq!(company.admit(ALICE).await, Err(NotAdmitted::Later(None)));
    }
    assert_eq!(company.admit(ALICE).await, Ok(oncall(&[ALICE, BOB])));
}

#[tokio::test]
async fn a_group_that_slack_does_not_tell_of_has_nobody_in_it() {
    let company = Company::new().await;
    let admins = company.admins(&[], &["S09GONE"]);
    assert_eq!(admins.admit(&person(ALICE)).await, no_admin());
    let admins = company.admins(&[], &["S09GONE", ONCALL]);
    let groups = admins.admit(&person(ALICE)).await.unwrap();
    assert_eq!(groups[&UserGroupId::parse("S09GONE").unwrap()], Vec::new());
    assert_eq!(groups[&UserGroupId::parse(ONCALL).unwrap()], [user(ALICE), user(BOB)]);
    for code in ["missing_scope", "plan_upgrade_required"] {
        company.slack.fail(MEMBERS, Fault::ApiError(code.to_owned()), Times::Count(2));
        assert_eq!(company.admit(ALICE).await, no_admin());
        assert_eq!(company.admit(CAROL).await, Ok(oncall(&[])), "who is an admin without the group");
    }
}

#[tokio::test]
async fn another_person_is_held_to_the_groups_that_are_known() {
    let company = Company::new().await;
    let admins = company.admins(&[CAROL], &[ONCALL]);
    let groups = admins.admit(&person(ALICE)).await.unwrap();
    company.slack.fail(MEMBERS, Fault::ApiError("fatal_error".to_owned()), Times::UntilCleared);
    for id in [BOB, CAROL] {
        assert_eq!(admins.admit_too(&person(id), &groups).await, Ok(()), "{id}");
    }
    company.slack.change_person(BOB, |bob| bob.is_restricted = true);
    for id in [BOB, GUEST] {
        let refused = Err(NotAdmitted::Refused(SettingsRefusal::NotAdmin));
        assert_eq!(admins.admit_too(&person(id), &groups).await, refused, "{id}");
    }
}

#[tokio::test]
async fn an_org_wide_install_says_in_which_workspace_it_means_a_group() {
    let company = Company::with(SlackSetup::on_grid).await;
    assert_eq!(company.admit(ALICE).await, Ok(oncall(&[ALICE, BOB])));
}
