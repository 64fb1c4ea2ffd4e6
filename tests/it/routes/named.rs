//! `deciders = "notified"`: of a route's requests only those may decide whom it names, whichever way they come in.

use crate::watch::{MINUTE, route};
use crate::world::{ALICE, CAROL, CHANNEL, World, readable};

const REFUSED: &str = "Only the people whom this bot's routes name for it can decide this request.";

/// The route's keys: these people are told, and may decide.
fn only(who: &str) -> String {
    format!("notify = [\"{who}\"]\ndeciders = \"notified\"\n")
}

impl World {
    /// P0 was told nothing, and the last that Alice read says why.
    fn is_refused(&self, way: &str) {
        let lines = self.lines(ALICE);
        assert!(lines.last().is_some_and(|line| line.starts_with(REFUSED)), "{way}: {lines:?}");
        assert_eq!(self.told(), [""; 0], "{way}");
    }
}

#[tokio::test]
async fn a_button_and_a_list_of_somebody_else_decide_nothing() {
    let world = route(&only(CAROL)).await;
    let card = world.usual().await;
    for button in ["approve", "deny"] {
        world.presses(ALICE, &card, button).await;
        world.is_refused(button);
    }
    world.slack.choose(ALICE, CHANNEL, &card.ts, "approve_for", "30m").await.unwrap();
    world.work().await;
    world.is_refused("approve_for");
    world.slack.choose(CAROL, CHANNEL, &card.ts, "approve_for", "30m").await.unwrap();
    world.work().await;
    assert_eq!(world.told(), [r#"approve req-1 {"expirationLength":"30m"} as carol@example.com: 200"#]);
}

#[tokio::test]
async fn what_somebody_else_types_decides_nothing() {
    let world = route(&only(CAROL)).await;
    world.usual().await;
    for typed in ["approve req-1 30m", "approve req-1", "deny req-1 no need"] {
        world.slack.slash(ALICE, CHANNEL, typed).await.unwrap();
        world.work().await;
        world.is_refused(typed);
    }
}

#[tokio::test]
async fn a_mention_of_somebody_else_leads_to_no_button_that_decides() {
    let world = route(&only(CAROL)).await;
    world.usual().await;
    world.slack.mention(ALICE, CHANNEL, "approve req-1 30m").await.unwrap();
    world.work().await;
    let line = world.slack.ephemerals(ALICE).pop().expect("a private line");
    for button in ["approve", "pick"] {
        if readable(&line.blocks).contains("[Approve") {
            let _ = world.slack.press_ephemeral(ALICE, &line.ts, button).await;
            world.work().await;
        }
    }
    world.is_refused("mention");
}

#[tokio::test]
async fn a_form_counts_by_the_settings_of_when_it_is_submitted() {
    let anyone = format!("notify = [\"{CAROL}\"]\nrisk = \"high\"\n");
    let mut world = route(&anyone).await;
    let card = world.usual().await;
    world.press(ALICE, &card, "pick").await;
    let view = world.slack.modals(ALICE).pop().expect("a modal");
    world.restart_with_route(&format!("{anyone}deciders = \"notified\"\n")).await;
    world.work().await;
    world.slack.submit(ALICE, &view.id, &[("length", "2h")]).await.unwrap();
    world.work().await;
    assert_eq!(world.told(), [""; 0]);
    let shown = world.slack.modals(ALICE).pop().map(|view| readable(view.blocks())).unwrap_or_default();
    assert!(shown.contains(REFUSED), "{shown} {:?}", world.lines(ALICE));
}

#[tokio::test]
async fn a_choice_on_disk_is_not_sent_once_only_others_may_decide() {
    let mut world = route(&format!("notify = [\"{CAROL}\"]\n")).await;
    let card = world.usual().await;
    assert_eq!(world.press(ALICE, &card, "approve").await.status, 200);
    world.restart_with_route(&only(CAROL)).await;
    world.work().await;
    world.after(MINUTE).await;
    assert_eq!(world.told(), [""; 0]);
    assert!(world.read(&world.last_dm(ALICE)).contains(REFUSED), "{}", world.read(&world.last_dm(ALICE)));
    world.presses(CAROL, &card, "approve").await;
    assert_eq!(world.told(), [r#"approve req-1 {"expirationLength":"2h"} as carol@example.com: 200"#]);
}
