//! Sources that do not answer: what they said last counts, for as long as it holds, and it is told of when that is.

use std::time::Duration;

use p0_chatops::domain::person::{UserGroupId, UserId};
use p0_chatops::domain::route::routes::Recipient;
use p0_chatops::domain::watch::Reason;
use p0_chatops::sandbox::pagerduty::{Fault, rate_limited};

use super::{Company, first, meant};
use crate::world::{ALICE, BOB, CAROL};

#[tokio::test]
async fn what_was_said_last_counts_through_a_change_of_shifts_and_a_restart() {
    let company = Company::paged().await;
    let roster = company.by_email();
    assert_eq!(meant(&roster, &first(1)).await, [ALICE]);
    let said = company.clock.now();
    company.pagerduty.down().await;
    assert_eq!(meant(&roster, &first(1)).await, [ALICE], "within a minute it need not be asked");
    company.pass(30);
    assert_eq!(meant(&roster, &first(1)).await, [format!("{ALICE} as of {said}")]);
    company.pass(45);
    let started_anew = company.by_email();
    for roster in [&roster, &started_anew] {
        assert_eq!(meant(roster, &first(1)).await, [format!("{BOB} as of {said}")]);
        assert_eq!(meant(roster, &first(2)).await, [format!("{CAROL} as of {said}")]);
    }
    company.pass(60 * 9);
    assert_eq!(meant(&started_anew, &first(1)).await, ["down"], "that shift is over, and nobody says whose comes next");
    company.pagerduty.up().await.unwrap();
    company.pass(1);
    assert_eq!(meant(&started_anew, &first(1)).await, ["nobody on level 1"]);
}

#[tokio::test]
async fn a_source_that_never_said_anything_is_down_and_what_another_policy_said_is_not_used() {
    let company = Company::paged().await;
    company.pagerduty.down().await;
    assert_eq!(meant(&company.by_email(), &first(1)).await, ["down"]);
    company.pagerduty.up().await.unwrap();
    assert_eq!(meant(&company.by_email(), &first(1)).await, [ALICE]);
    company.pagerduty.down().await;
    let other = company.account("email_match = true").replace("PPOLICY", "POTHER");
    assert_eq!(meant(&company.roster(&other).unwrap(), &first(1)).await, ["down"]);
}

#[tokio::test]
async fn no_half_late_or_strange_answer_is_believed() {
    let company = Company::paged().await;
    let roster = company.by_email();
    assert_eq!(meant(&roster, &first(1)).await, [ALICE]);
    let said = company.clock.now();
    for fault in [
        Fault::Truncated,
        Fault::Drop,
        Fault::LostAnswer,
        Fault::bad_gateway(),
        Fault::text(200, "<html>Please log in</html>"),
        Fault::error(401, "Unauthorized"),
        Fault::redirect("https://elsewhere.example/oncalls"),
        Fault::Slow(Duration::from_secs(30)),
    ] {
        company.pass(1);
        company.pagerduty.fail_next(1, None, fault.clone());
        assert_eq!(meant(&roster, &first(1)).await, [format!("{ALICE} as of {said}")], "{fault:?}");
    }
    company.pass(1);
    assert_eq!(meant(&roster, &first(1)).await, [ALICE]);
    // The first page came, and the second did not.
    let calls = company.asked();
    company.pass(1);
    let second = company.clock.now();
    company.pagerduty.change(|setup| setup.page = 1);
    company.pagerduty.fail_next(1, None, Fault::Slow(Duration::ZERO));
    company.pagerduty.fail_next(1, None, Fault::bad_gateway());
    let told = meant(&roster, &first(2)).await;
    assert!(
        told[0].starts_with(&format!("{CAROL} as of ")) && told[0] != format!("{CAROL} as of {second}"),
        "{told:?}"
    );
    assert_eq!(company.asked() - calls, 2);
    let counted = company.metrics.exposition();
    for what in ["answered", "unreachable", "unwell", "unreadable", "refused", "slow"] {
        assert!(counted.contains(&format!("source=\"first\",what=\"{what}\"")), "{what} {counted}");
    }
}

#[tokio::test]
async fn a_source_that_asks_to_wait_is_left_alone_for_so_long() {
    let company = Company::paged().await;
    let roster = company.by_email();
    company.pagerduty.fail_next(1, None, rate_limited(30));
    assert_eq!(meant(&roster, &first(1)).await, ["down"]);
    company.clock.advance(Duration::from_secs(29));
    assert_eq!(meant(&roster, &first(1)).await, ["down"]);
    assert_eq!(company.asked(), 1);
    company.clock.advance(Duration::from_secs(1));
    assert_eq!(meant(&roster, &first(1)).await, [ALICE]);
}

#[tokio::test]
async fn the_ledger_is_written_when_something_changed_and_at_most_once_an_hour_otherwise() {
    let company = Company::paged().await;
    let roster = company.by_email();
    let written = async || company.ledger.oncall_answer("first").await.unwrap().map(|(_, at)| at);
    meant(&roster, &first(1)).await;
    let begun = company.clock.now();
    for _ in 0..5 {
        company.pass(2);
        meant(&roster, &first(1)).await;
    }
    assert_eq!(written().await, Some(begun));
    company.pagerduty.put_on_duty("SFIRST", "PDAVE", begun, begun + Duration::from_secs(3600));
    company.pass(2);
    meant(&roster, &first(1)).await;
    assert_eq!(written().await, Some(company.clock.now()));
    let (body, _) = company.ledger.oncall_answer("first").await.unwrap().unwrap();
    assert!(!body.contains("sandbox-pagerduty-key"));
}

#[tokio::test]
async fn what_is_not_known_when_the_time_is_up_is_asked_again_and_holds_up_nobody_who_is_named() {
    let company = Company::paged().await;
    let roster = company.by_email();
    let up = tokio::time::Instant::now();
    let late = roster.meant_by(&first(1), up).await;
    assert!(late.is_unsure() && late.people.is_empty(), "{late:?}");
    let group = Recipient::Group(UserGroupId::parse("S01ONCALL").unwrap());
    assert!(roster.meant_by(&group, up).await.is_unsure());
    let carol = UserId::parse(CAROL).unwrap();
    let named = roster.meant_by(&Recipient::User(carol.clone()), up).await;
    assert_eq!(named.people, [(carol.clone(), Reason::Named)]);
    assert!(!named.is_unsure() && roster.is_there_by(&carol, up).await);
    assert_eq!(meant(&roster, &first(1)).await, [ALICE], "asked in vain once, it is asked again");
}
