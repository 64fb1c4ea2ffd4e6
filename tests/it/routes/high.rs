//! Risky approves are made in a form that restates everything; every other way in leads there, and nothing is lost on it.

use p0_chatops::sandbox::p0::{Fault, RequestSeed, Verb};
use p0_chatops::sandbox::slack::View;

use crate::world::{ALICE, CAROL, CHANNEL, Card, Setup, World, bobs, readable, timeless};

const HIGH: &str = "risk = \"high\"\n";
const APPROVED: &str = r#"approve req-1 {"expirationLength":"2h"} as alice@example.com: 200"#;

fn high() -> Setup {
    Setup { route: HIGH.to_owned(), ..Setup::default() }
}

impl World {
    fn form(&self, who: &str) -> View {
        self.slack.modals(who).pop().expect("a modal")
    }

    /// What a modal reads like.
    fn reads(&self, who: &str) -> String {
        readable(self.form(who).blocks())
    }

    /// Somebody chooses a length in the modal that they have open and submits it.
    async fn picks(&self, who: &str, length: &str) {
        let view = self.form(who);
        self.slack.submit(who, &view.id, &[("length", length)]).await.unwrap();
        self.work().await;
    }
}

/// A card that was drawn while a press was enough, and one of its controls.
async fn with_an_old_card(control: &str) -> (World, Card, serde_json::Value) {
    let mut world = World::new().await;
    let card = world.usual().await;
    let old = world.slack.element(CHANNEL, &card.ts, control).unwrap();
    world.restart_with_route(HIGH).await;
    (world, card, old)
}

#[tokio::test]
async fn a_card_has_one_button_and_the_form_has_everything_but_a_length() {
    let world = World::with(high()).await;
    let card = world.usual().await;
    assert!(world.read(&card).ends_with("[Approve…] [Deny] [I'm on it] [More]"), "{}", world.read(&card));
    world.press(ALICE, &card, "pick").await;
    insta::assert_snapshot!(world.reads(ALICE), @r"
    bob@example.com gets aws role (Role: ReadOnly, Account: staging (111122223333)).
    For bob@example.com
    Asked by bob@example.com
    Role: ReadOnly
    Account: staging (111122223333)
    How long: 2 hours
    Request req-1
    For how long: [: 2h, 30m, 1h]
    ");
    let view = world.form(ALICE);
    assert!(world.slack.submit(ALICE, &view.id, &[]).await.is_err(), "a length has to be chosen");
    world.picks(ALICE, "2h").await;
    assert_eq!(world.told(), [APPROVED]);
    assert!(world.read(&card).contains("*Approved* by <@U01ALICE> for 2 hours"), "{}", world.read(&card));
}

#[tokio::test]
async fn a_typed_length_goes_on_in_the_form_in_a_list_or_not() {
    let world = World::with(high()).await;
    world.usual().await;
    world.slack.slash(ALICE, CHANNEL, "approve req-1 45m").await.unwrap();
    let shown = world.reads(ALICE);
    assert!(shown.contains("You chose 45 minutes. Requests of this kind count once you have chosen here."), "{shown}");
    assert!(shown.ends_with("For how long: [: 45m, 2h, 30m, 1h]"), "{shown}");
    world.work().await;
    assert_eq!(world.told(), [""; 0], "what was typed alone is not sent");
    world.picks(ALICE, "45m").await;
    assert_eq!(world.told(), [r#"approve req-1 {"expirationLength":"45m"} as alice@example.com: 200"#]);
}

#[tokio::test]
async fn a_command_without_a_length_opens_the_form() {
    let world = World::with(high()).await;
    world.usual().await;
    world.slack.slash(ALICE, CHANNEL, "approve req-1").await.unwrap();
    assert!(world.reads(ALICE).ends_with("For how long: [: 2h, 30m, 1h]"), "{}", world.reads(ALICE));
    world.picks(ALICE, "1h").await;
    assert_eq!(world.told(), [r#"approve req-1 {"expirationLength":"1h"} as alice@example.com: 200"#]);
}

#[tokio::test]
async fn a_message_is_answered_with_the_button_that_opens_the_form() {
    let world = World::with(high()).await;
    world.usual().await;
    world.slack.mention(ALICE, CHANNEL, "approve req-1 1h").await.unwrap();
    world.slack.dm(CAROL, "approve req-1").await.unwrap();
    world.work().await;
    let line = world.slack.ephemerals(ALICE).pop().expect("a private line");
    insta::assert_snapshot!(readable(&line.blocks), @r"
    bob@example.com gets aws role (Role: ReadOnly, Account: staging (111122223333)). You wrote 1 hour: pick for how long.
    Only a press decides: a message may be posted by any app in your name.
    [Approve…]
    ");
    assert!(world.read(&world.last_dm(CAROL)).ends_with("[Approve…]"));
    world.slack.press_ephemeral(ALICE, &line.ts, "pick").await.unwrap();
    assert!(world.reads(ALICE).contains("You chose 1 hour."), "{}", world.reads(ALICE));
    world.picks(ALICE, "1h").await;
    assert_eq!(world.told(), [r#"approve req-1 {"expirationLength":"1h"} as alice@example.com: 200"#]);
}

#[tokio::test]
async fn an_old_cards_button_opens_the_form_and_the_card_is_drawn_anew() {
    let (world, card, old) = with_an_old_card("approve").await;
    world.slack.press_stale(ALICE, CHANNEL, &card.ts, &old, None).await.unwrap();
    world.work().await;
    assert!(world.reads(ALICE).contains("You chose 2 hours."), "{}", world.reads(ALICE));
    assert!(world.read(&card).ends_with("[Approve…] [Deny] [I'm on it] [More]"), "{}", world.read(&card));
    assert_eq!((world.told(), world.lines(ALICE)), (vec![], vec![]), "no dead end");
    world.picks(ALICE, "2h").await;
    assert_eq!(world.told(), [APPROVED]);
}

#[tokio::test]
async fn an_old_cards_list_opens_the_form_too() {
    let (world, card, old) = with_an_old_card("approve_for").await;
    world.slack.press_stale(ALICE, CHANNEL, &card.ts, &old, Some("1h")).await.unwrap();
    world.work().await;
    assert_eq!(world.told(), [""; 0]);
    assert!(world.reads(ALICE).ends_with("For how long: [: 1h, 2h, 30m]"), "{}", world.reads(ALICE));
    world.picks(ALICE, "30m").await;
    assert_eq!(world.told(), [r#"approve req-1 {"expirationLength":"30m"} as alice@example.com: 200"#]);
}

#[tokio::test]
async fn bytes_that_come_twice_open_the_form_once() {
    let (world, card, old) = with_an_old_card("approve").await;
    world.slack.press_stale(ALICE, CHANNEL, &card.ts, &old, None).await.unwrap();
    world.slack.redeliver().await.unwrap();
    world.work().await;
    assert_eq!(world.slack.modals(ALICE).len(), 1);
    assert_eq!(world.told(), [""; 0]);
}

#[tokio::test]
async fn a_length_of_a_riskier_rule_opens_the_form() {
    let routes = "[[route]]\nname = \"long\"\nmatch = { longer_than = \"2h\" }\nrisk = \"high\"\nchannel = \"{channel}\"\n\
                  [[route]]\nchannel = \"{channel}\"\n";
    let world = World::with(Setup { routes: Some(routes.to_owned()), ..Setup::default() }).await;
    let card = world.request(RequestSeed { duration: Some("1h".into()), ..bobs() }).await;
    assert!(
        world.read(&card).ends_with("[Approve 1h] [Approve for…: 30m, 1h] [Deny] [I'm on it] [More]"),
        "{}",
        world.read(&card)
    );
    world.slack.slash(ALICE, CHANNEL, "approve req-1 8h").await.unwrap();
    world.work().await;
    assert_eq!(world.told(), [""; 0]);
    assert!(world.reads(ALICE).contains("You chose 8 hours."), "{}", world.reads(ALICE));
    world.picks(ALICE, "8h").await;
    assert_eq!(world.told(), [r#"approve req-1 {"expirationLength":"8h"} as alice@example.com: 200"#]);
}

#[tokio::test]
async fn an_approve_that_was_on_disk_when_the_risk_rose_is_not_sent_and_can_be_made_in_the_form() {
    let mut world = World::new().await;
    let card = world.usual().await;
    assert_eq!(world.press(ALICE, &card, "approve").await.status, 200);
    world.restart_with_route(HIGH).await;
    world.work().await;
    assert_eq!(world.told(), [""; 0]);
    let told = world.last_dm(ALICE);
    insta::assert_snapshot!(world.read(&told), @r#"
    Your choice (Approve for 2 hours) on request `req-1` was not sent to P0. Requests of this kind are approved in a form that shows everything once more. Press "Approve…" on its card, and choose for how long there.
    [Approve…] [Show]
    "#);
    world.press(ALICE, &told, "pick:notice").await;
    assert!(world.reads(ALICE).contains("You chose 2 hours."), "{}", world.reads(ALICE));
    world.picks(ALICE, "2h").await;
    assert_eq!(world.told(), [APPROVED]);
}

#[tokio::test]
async fn what_was_restated_is_sent_after_a_restart() {
    let mut world = World::with(high()).await;
    let card = world.usual().await;
    world.press(ALICE, &card, "pick").await;
    let view = world.form(ALICE);
    world.slack.submit(ALICE, &view.id, &[("length", "2h")]).await.unwrap();
    world.restart().await;
    world.work().await;
    assert_eq!(world.told(), [APPROVED]);
}

#[tokio::test]
async fn trying_again_goes_through_the_form_and_stays_a_second_try() {
    let world = World::with(high()).await;
    let card = world.usual().await;
    world.p0.fail_next(1, Verb::Approve, Fault::LostAnswer);
    world.press(ALICE, &card, "pick").await;
    world.picks(ALICE, "2h").await;
    assert!(world.read(&card).ends_with("[Try again…] [Deny] [I'm on it] [Revoke] [More]"), "{}", world.read(&card));
    let told = world.last_dm(ALICE);
    assert!(world.read(&told).ends_with("[Try again…] [Revoke] [Show]"), "{}", world.read(&told));

    // The form of a first try is no second one.
    world.slack.slash(CAROL, CHANNEL, "approve req-1").await.unwrap();
    world.picks(CAROL, "2h").await;
    let said = readable(world.form(CAROL).blocks());
    assert!(said.contains("P0 may have applied it. Press \"Try again\""), "{said}");
    assert_eq!(world.told().len(), 1);

    world.press(ALICE, &card, "pick_again").await;
    let shown = world.reads(ALICE);
    assert!(shown.contains("The first try was for 2 hours. P0 may already have applied it."), "{shown}");
    world.picks(ALICE, "2h").await;
    assert_eq!(world.told().len(), 2, "{:?}", world.told());
}

#[tokio::test]
async fn an_old_try_again_opens_the_form_and_is_a_second_try_there() {
    let mut world = World::new().await;
    let card = world.usual().await;
    world.p0.fail_next(1, Verb::Approve, Fault::LostAnswer);
    world.presses(ALICE, &card, "approve").await;
    let told = world.last_dm(ALICE);
    world.restart_with_route(HIGH).await;
    world.presses(ALICE, &told, "try_again:notice").await;
    assert_eq!(world.told().len(), 1);
    world.picks(ALICE, "2h").await;
    assert_eq!(world.told().len(), 2, "{:?}", world.told());
}

#[tokio::test]
async fn what_makes_things_safer_asks_for_no_form() {
    let world = World::with(high()).await;
    let card = world.usual().await;
    world.slack.slash(CAROL, CHANNEL, "deny req-1 use staging").await.unwrap();
    world.work().await;
    assert_eq!(world.told(), ["deny req-1 {} as carol@example.com: 200"]);
    assert!(world.read(&card).contains("*Denied* by <@U03CAROL>"), "{}", world.read(&card));
}

#[tokio::test]
async fn what_changed_since_it_was_shown_is_not_restated_as_if_it_had_not() {
    let (world, card, old) = with_an_old_card("approve").await;
    world.pushes("req-1", |data| data["duration"] = "8h".into()).await;
    world.slack.press_stale(ALICE, CHANNEL, &card.ts, &old, None).await.unwrap();
    world.work().await;
    assert!(world.slack.modals(ALICE).is_empty());
    assert!(timeless(&world.lines(ALICE).join("\n")).contains("changed"), "{:?}", world.lines(ALICE));
}

#[tokio::test]
async fn a_request_that_was_never_shown_is_not_approved_and_no_length_is_asked_for() {
    let world = World::with(high()).await;
    for typed in ["approve req-404", "approve req-404 2h"] {
        world.slack.slash(ALICE, CHANNEL, typed).await.unwrap();
        let line = world.lines(ALICE).pop().unwrap();
        assert!(line.starts_with("P0 has told this bot of no such request"), "{typed}: {line}");
    }
    world.work().await;
    assert_eq!(world.told(), [""; 0]);
}
