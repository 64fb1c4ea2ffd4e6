//! Routes that change while requests wait: who is told and who may decide follows them, and nobody is called for it twice.

use crate::watch::{MINUTE, route, with};
use crate::world::{ALICE, BOB, CAROL, World, bobs};

fn only(name: &str, who: &str) -> String {
    format!("name = \"{name}\"\nnotify = [{who}]\ndeciders = \"notified\"\n")
}

impl World {
    async fn restarts_with(&mut self, route: &str) {
        self.restart_with_route(route).await;
        self.work().await;
    }
}

#[tokio::test]
async fn a_rule_that_is_renamed_still_names_its_people() {
    let mut world = route(&only("old", "\"U01ALICE\"")).await;
    let card = world.usual().await;
    world.restarts_with(&only("new", "\"U01ALICE\"")).await;
    assert_eq!(world.dms(ALICE).len(), 1, "{:?}", world.dms(ALICE));
    world.presses(ALICE, &card, "approve").await;
    assert_eq!(world.told(), [r#"approve req-1 {"expirationLength":"2h"} as alice@example.com: 200"#]);
}

#[tokio::test]
async fn a_rule_that_comes_to_name_people_names_them_for_what_waits() {
    let mut world = route("").await;
    let card = world.usual().await;
    world.restarts_with(&only("default", "\"U03CAROL\"")).await;
    assert_eq!((world.dms(CAROL).len(), world.looked_after(&card)), (1, vec!["Told: <@U03CAROL>.".to_owned()]));
    world.presses(ALICE, &card, "approve").await;
    assert_eq!(world.told(), [""; 0]);
    world.presses(CAROL, &card, "approve").await;
    assert_eq!(world.told(), [r#"approve req-1 {"expirationLength":"2h"} as carol@example.com: 200"#]);
}

#[tokio::test]
async fn whoever_a_rule_names_no_more_decides_no_more() {
    let mut world = route(&only("prod", "\"U01ALICE\", \"U03CAROL\"")).await;
    let card = world.usual().await;
    world.restarts_with(&only("prod", "\"U03CAROL\"")).await;
    world.presses(ALICE, &card, "approve").await;
    assert!(world.lines(ALICE)[0].starts_with("Only the people whom this bot's routes name"));
    assert_eq!(world.told(), [""; 0]);
    world.presses(CAROL, &card, "approve").await;
    assert_eq!(world.told().len(), 1);
    assert_eq!((world.dms(ALICE).len(), world.dms(CAROL).len()), (1, 1), "nobody is told twice");
}

#[tokio::test]
async fn the_levels_that_were_told_a_claim_and_what_was_said_stay() {
    let levels = "notify = [\"U03CAROL\"]\nescalate_after = \"20m\"\nremind_after = \"1h\"\nescalate_to = ";
    let mut world = with(&["U21DORA"], &format!("{levels}[[\"U01ALICE\"]]\n")).await;
    let card = world.usual().await;
    world.after(20 * MINUTE).await;
    world.presses(CAROL, &card, "claim").await;
    let heard = world.dms(BOB);
    world.restarts_with(&format!("{levels}[[\"U01ALICE\", \"U21DORA\"], [\"S01ONCALL\"]]\n")).await;
    insta::assert_snapshot!(world.looked_after(&card).join("\n"), @r"
    :raising_hand: <@U03CAROL> is on it since (time), until (time).
    Told: <@U03CAROL>, <@U01ALICE>, <@U21DORA>. If nobody decides, I tell more people (time): the user group S01ONCALL.
    ");
    assert_eq!((world.dms(ALICE).len(), world.dms(CAROL).len(), world.dms(BOB)), (1, 1, heard));
    world.slack.set_usergroup("S01ONCALL", &["U21DORA"]);
    world.after(15 * MINUTE).await;
    world.after(5 * MINUTE).await;
    insta::assert_snapshot!(world.looked_after(&card).join("\n"), @"Told: <@U03CAROL>, <@U01ALICE>, <@U21DORA>.");
}

#[tokio::test]
async fn what_was_told_to_the_end_is_not_said_again() {
    let keys = "notify = [\"U03CAROL\"]\nescalate_after = \"20m\"\nescalate_to = [[\"U01ALICE\"]]\n";
    let mut world = route(keys).await;
    let card = world.usual().await;
    world.after(20 * MINUTE).await;
    world.after(20 * MINUTE).await;
    let (heard, shown) = (world.dms(BOB), world.looked_after(&card));
    assert!(shown[0].starts_with(":rotating_light: *Nobody answered*"), "{shown:?}");
    world.restarts_with(&format!("{keys}longest = \"4h\"\n")).await;
    world.after(20 * MINUTE).await;
    assert_eq!((world.dms(BOB), world.looked_after(&card), world.dms(CAROL).len()), (heard, shown, 1));
    assert!(world.timers().await.is_empty());
}

#[tokio::test]
async fn settings_that_say_the_same_rearrange_nothing() {
    let mut world = route("notify = [\"U03CAROL\"]\nremind_after = \"10m\"\n").await;
    world.usual().await;
    world.clock.advance(9 * MINUTE);
    world.restart().await;
    world.after(MINUTE).await;
    assert_eq!(world.dms(CAROL).len(), 2, "the reminder comes when it was due");
}

#[tokio::test]
async fn a_request_from_before_there_were_routes_is_looked_after_as_well() {
    let mut world = route(&only("prod", "\"U01ALICE\"")).await;
    let card = world.usual().await;
    world.forgets("DELETE FROM told; DELETE FROM timers; DELETE FROM watches").await;
    world.restart().await;
    world.work().await;
    world.presses(ALICE, &card, "approve").await;
    assert_eq!(world.told(), [r#"approve req-1 {"expirationLength":"2h"} as alice@example.com: 200"#]);
}

#[tokio::test]
async fn a_choice_on_disk_waits_until_it_is_known_again_who_is_named() {
    let mut world = route(&only("prod", "\"U01ALICE\"")).await;
    let card = world.usual().await;
    assert_eq!(world.press(ALICE, &card, "approve").await.status, 200);
    world.restart_with_route(&format!("{}longest = \"4h\"\n", only("prod", "\"U01ALICE\""))).await;
    // The worker is first: nobody has been asked yet whom the route names now.
    world.app().worker.step().await;
    assert_eq!(world.told(), [""; 0]);
    // Whoever presses in this moment is taken in as well; it is asked again before P0 is told.
    assert_eq!(world.press(CAROL, &card, "deny").await.status, 200);
    world.work().await;
    world.after(MINUTE).await;
    assert_eq!(world.told(), [r#"approve req-1 {"expirationLength":"2h"} as alice@example.com: 200"#]);
}

#[tokio::test]
async fn whoever_was_told_for_want_of_others_stays_named() {
    let keys = |more: &str| format!("{}fallback = [\"U03CAROL\"]\n{more}", only("prod", "\"S01ONCALL\""));
    let mut world = route(&keys("")).await;
    world.slack.set_usergroup("S01ONCALL", &[]);
    let card = world.usual().await;
    assert_eq!(world.dms(CAROL).len(), 1);
    world.slack.set_usergroup("S01ONCALL", &[ALICE]);
    world.restarts_with(&keys("longest = \"4h\"\n")).await;
    assert_eq!((world.dms(CAROL).len(), world.dms(ALICE).len()), (1, 1));
    world.presses(CAROL, &card, "approve").await;
    assert_eq!(world.told(), [r#"approve req-1 {"expirationLength":"2h"} as carol@example.com: 200"#]);
}

#[tokio::test]
async fn a_watch_that_cannot_be_read_holds_up_no_outcome() {
    let world = route("notify = [\"U03CAROL\"]\n").await;
    let card = world.usual().await;
    world.forgets("UPDATE watches SET body = '{}'").await;
    world.presses(ALICE, &card, "approve").await;
    assert!(world.read(&card).contains("*Approved* by <@U01ALICE>"), "{}", world.read(&card));
}

#[tokio::test]
async fn facts_that_change_ring_whoever_has_opened_the_card() {
    let keys = "name = \"short\"\nnotify = [\"U03CAROL\"]\nmatch = { type = \"aws\" }\n[[route]]\nname = \"rest\"\nnotify = [\"U03CAROL\"]\nchannel = \"C01ACCESS\"\n";
    let world = route(keys).await;
    world.request(bobs()).await;
    world.presses(CAROL, &world.last_dm(CAROL), "more").await;
    let mut body = world.p0.push_body("req-1").unwrap();
    body["data"]["type"] = "gcloud".into();
    body["data"]["lastUpdatedTimestamp"] = (world.clock.now().as_millisecond() + 1000).into();
    let token = format!("Bearer {}", world.p0.mint(&Default::default()));
    assert_eq!(world.p0.push_raw(body.to_string(), Some(&token)).await, Some(200));
    world.work().await;
    let dms = world.dms(CAROL);
    assert!(dms.len() == 2 && dms[1].starts_with(":bell:"), "{dms:?}");
}
