//! Who people of a source are in Slack.

use p0_chatops::domain::person::UserId;
use p0_chatops::domain::route::routes::Recipient;
use p0_chatops::sandbox::pagerduty::{OnDuty, User};
use p0_chatops::sandbox::slack::{Fault, Times};

use super::{Company, first, meant};
use crate::world::{ALICE, BOB, CAROL};

/// Everybody of these is on call.
fn on_call(company: &Company, users: &[User]) {
    company.pagerduty.change(|setup| setup.users = users.to_vec());
    let on_duty = users.iter().map(|user| OnDuty::User(user.id.clone())).collect();
    company.pagerduty.set_policy("PPOLICY", vec![on_duty]);
}

fn user(id: &str, name: &str, email: &str) -> User {
    User { id: id.to_owned(), name: name.to_owned(), email: email.to_owned() }
}

#[tokio::test]
async fn the_table_goes_by_id_or_address_and_whoever_is_not_found_is_named() {
    let company = Company::new().await;
    on_call(
        &company,
        &[
            user("P1", "Alice A.", "a@elsewhere.example"),
            user("P2", "Bob", "BOB@elsewhere.example"),
            user("P3", "Carol\n<!channel> \u{202e}", "carol@example.com"),
        ],
    );
    let table = format!("people = {{ p1 = \"{ALICE}\", \"bob@Elsewhere.example\" = \"{BOB}\" }}");
    let roster = company.roster(&company.account(&table)).unwrap();
    assert_eq!(meant(&roster, &first(1)).await, [ALICE, BOB, "unmatched Carol <!channel>"]);
    let both = company.roster(&company.account(&format!("email_match = true\n{table}"))).unwrap();
    assert_eq!(meant(&both, &first(1)).await, [ALICE, BOB, CAROL]);
    let counted = company.metrics.exposition();
    assert!(counted.contains("p0_chatops_on_call_total{source=\"first\",what=\"unmatched\"} 1"), "{counted}");
}

#[tokio::test]
async fn an_account_that_could_not_decide_counts_as_not_found() {
    let company = Company::new().await;
    let people = ["guest", "gone", "stranger", "nobody"];
    let users: Vec<User> =
        people.iter().map(|name| user(&format!("P{name}"), name, &format!("{name}@example.com"))).collect();
    on_call(&company, &users);
    let gone = |user: &str| format!("not there {user}");
    assert_eq!(
        meant(&company.by_email(), &first(1)).await,
        [gone("U04GUEST"), "unmatched gone".to_owned(), "unmatched stranger".to_owned(), "unmatched nobody".to_owned()]
    );
    let expected = ["U04GUEST", "U06GONE", "U05STRANGER", "U99NOBODY"].map(gone);
    let table =
        "people = { Pguest = \"U04GUEST\", Pgone = \"U06GONE\", Pstranger = \"U05STRANGER\", Pnobody = \"U99NOBODY\" }";
    assert_eq!(meant(&company.roster(&company.account(table)).unwrap(), &first(1)).await, expected);
}

#[tokio::test]
async fn while_slack_does_not_say_the_table_is_believed_and_so_is_what_slack_said_before() {
    let company = Company::new().await;
    on_call(&company, &[user("P1", "Alice", "alice@example.com")]);
    let by_table = company.roster(&company.account(&format!("people = {{ P1 = \"{ALICE}\" }}"))).unwrap();
    let by_email = company.by_email();
    company.slack.fail("users.info", Fault::Drop, Times::UntilCleared);
    assert_eq!(meant(&by_table, &first(1)).await, [ALICE]);
    company.slack.clear_faults();
    assert_eq!(meant(&by_email, &first(1)).await, [ALICE]);
    company.slack.fail("users.info", Fault::Drop, Times::UntilCleared);
    company.slack.fail("users.lookupByEmail", Fault::Drop, Times::UntilCleared);
    company.pass(60);
    assert_eq!(meant(&by_email, &first(1)).await, [ALICE]);
    assert_eq!(meant(&company.by_email(), &first(1)).await, [ALICE], "a bot that started anew has it written down");
}

#[tokio::test]
async fn a_hiccup_of_slacks_makes_nobody_unmatched_and_is_not_repeated_at_once() {
    let company = Company::new().await;
    on_call(&company, &[user("P1", "Alice", "alice@example.com")]);
    let roster = company.by_email();
    company.slack.fail("users.lookupByEmail", Fault::Drop, Times::UntilCleared);
    assert_eq!(meant(&roster, &first(1)).await, ["down"]);
    let asked = company.slack.calls_of("users.lookupByEmail").len();
    assert_eq!(meant(&roster, &first(1)).await, ["down"]);
    assert_eq!(company.slack.calls_of("users.lookupByEmail").len(), asked, "Slack is left alone for some seconds");
    company.slack.clear_faults();
    company.clock.advance(std::time::Duration::from_secs(5));
    assert_eq!(meant(&roster, &first(1)).await, [ALICE]);
}

#[tokio::test]
async fn whoever_could_decide_nothing_is_left_out_by_name_and_in_groups_too() {
    let company = Company::new().await;
    let roster = company.by_email();
    for user in ["U04GUEST", "U06GONE", "U05STRANGER", "U99NOBODY"] {
        let user = UserId::parse(user).unwrap();
        assert_eq!(meant(&roster, &Recipient::User(user.clone())).await, [format!("not there {user}")]);
        assert!(!roster.is_there(&user).await);
    }
    let alice = Recipient::User(UserId::parse(ALICE).unwrap());
    assert_eq!(meant(&roster, &alice).await, [format!("{ALICE} Named")]);
    company.slack.fail("users.info", Fault::Drop, Times::UntilCleared);
    let carol = Recipient::User(UserId::parse(CAROL).unwrap());
    assert_eq!(meant(&roster, &carol).await, [format!("{CAROL} Named")], "a first page is not held back");
}
