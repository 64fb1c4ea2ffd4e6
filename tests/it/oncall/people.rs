//! Who people of a source are in Slack.

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
    let expected: Vec<String> = people.iter().map(|name| format!("unmatched {name}")).collect();
    assert_eq!(meant(&company.by_email(), &first(1)).await, expected);
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
    assert_eq!(meant(&company.by_email(), &first(1)).await, ["unmatched Alice"], "a bot that never asked before");
}
