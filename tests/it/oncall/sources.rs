//! What each source says, and how often it is asked.

use p0_chatops::domain::person::UserGroupId;
use p0_chatops::domain::route::routes::Recipient;
use p0_chatops::sandbox::slack::{Fault, Times};

use super::{Company, first, meant};
use crate::world::{ALICE, BOB, CAROL};

#[tokio::test]
async fn each_level_is_told_as_pagerduty_says_and_a_change_of_shifts_needs_no_question() {
    let company = Company::paged().await;
    let roster = company.by_email();
    assert_eq!(meant(&roster, &first(1)).await, [ALICE]);
    assert_eq!(meant(&roster, &first(2)).await, [CAROL]);
    assert_eq!(meant(&roster, &first(3)).await, ["nobody on level 3"]);
    assert_eq!(company.asked(), 2, "one question, in two pages");
    company.pass(60);
    assert_eq!(meant(&roster, &first(1)).await, [BOB]);
    company.pass(60 * 8);
    assert_eq!(meant(&roster, &first(1)).await, ["nobody on level 1"]);
    for call in company.pagerduty.calls() {
        assert_eq!((call.status, call.why), (Some(200), None));
    }
}

#[tokio::test]
async fn an_answer_counts_for_a_minute_and_everybody_waits_for_the_same_one() {
    let company = Company::paged().await;
    company.pagerduty.change(|setup| setup.page = 100);
    let roster = company.by_email();
    let all = futures_util::future::join_all((0..20).map(|_| async { meant(&roster, &first(1)).await })).await;
    assert!(all.iter().all(|one| one == &[ALICE]) && company.asked() == 1, "{all:?}");
    company.pagerduty.empty_schedule("SFIRST");
    assert_eq!(meant(&roster, &first(1)).await, [ALICE], "an override counts within a minute");
    company.pass(1);
    assert_eq!(meant(&roster, &first(1)).await, ["nobody on level 1"]);
    assert_eq!(company.asked(), 2);
}

#[tokio::test]
async fn somebody_on_call_twice_is_meant_once_and_a_schedule_has_one_level() {
    let company = Company::paged().await;
    company.pagerduty.set_policy("POTHER", vec![vec![], vec![super::OnDuty::Schedule("SFIRST".into())]]);
    let schedule = company
        .account("email_match = true")
        .replace("escalation_policies = [\"PPOLICY\"]", "schedules = [\"SFIRST\"]");
    let roster = company.roster(&schedule).unwrap();
    assert_eq!(meant(&roster, &first(1)).await, [ALICE]);
}

#[tokio::test]
async fn a_user_group_is_everybody_in_it() {
    let company = Company::new().await;
    let roster = company.roster("source = \"user-group\"\ngroup = \"S01ONCALL\"").unwrap();
    assert_eq!(meant(&roster, &first(1)).await, [ALICE, BOB]);
    let as_of = company.clock.now();
    company.pass(2);
    company.slack.fail("usergroups.users.list", Fault::Drop, Times::Count(1));
    assert_eq!(
        meant(&roster, &first(1)).await,
        [format!("{ALICE} as of {as_of}"), format!("{BOB} as of {as_of}")],
        "what Slack said last, since it does not answer"
    );
    let empty = company.roster("source = \"user-group\"\ngroup = \"S09NONE\"").unwrap();
    assert_eq!(meant(&empty, &first(1)).await, ["nobody on level 1"]);
    let named = Recipient::Group(UserGroupId::parse("S09NONE").unwrap());
    assert_eq!(meant(&empty, &named).await, ["EmptyGroup { group: UserGroupId(\"S09NONE\") }"]);
}

#[tokio::test]
async fn a_group_that_a_route_names_is_remembered_and_asked_once() {
    let company = Company::new().await;
    let named = Recipient::Group(UserGroupId::parse("S01ONCALL").unwrap());
    company.slack.fail("usergroups.users.list", Fault::Drop, Times::UntilCleared);
    assert_eq!(meant(&company.by_email(), &named).await, ["down"], "nothing is known: it is not empty for that");
    company.slack.clear_faults();
    let roster = company.by_email();
    let all = futures_util::future::join_all((0..5).map(|_| async { meant(&roster, &named).await })).await;
    assert!(all.iter().all(|one| one == &[ALICE, BOB]), "{all:?}");
    let as_of = company.clock.now();
    let asked = company.slack.calls_of("usergroups.users.list").len();
    company.pass(2);
    company.slack.fail("usergroups.users.list", Fault::Drop, Times::UntilCleared);
    for roster in [roster, company.by_email()] {
        let known = [format!("{ALICE} as of {as_of}"), format!("{BOB} as of {as_of}")];
        assert_eq!(meant(&roster, &named).await, known, "also by a bot that started anew");
    }
    assert!(company.slack.calls_of("usergroups.users.list").len() > asked);
}

#[tokio::test]
async fn a_weekly_table_is_read_at_the_moment() {
    let company = Company::new().await;
    let roster = company
        .roster(&format!(
            "source = \"week\"\ntime_zone = \"Europe/Berlin\"\n\
             week = [{{ hours = \"00:00-24:00\", who = [\"{ALICE}\"] }}, {{ hours = \"Mon-Sun\", who = [\"{BOB}\", \"U06GONE\"] }}]"
        ))
        .unwrap();
    assert_eq!(meant(&roster, &first(1)).await, [ALICE, BOB, "not there U06GONE"]);
    assert!(roster.gaps("first", company.clock.now() + std::time::Duration::from_secs(1_000_000)).await.is_empty());
}
