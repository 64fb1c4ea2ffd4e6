//! Who is told at once.

use p0_chatops::sandbox::p0::RequestSeed;
use p0_chatops::sandbox::slack::{Fault, Times};

use crate::watch::{MINUTE, route, with};
use crate::world::{ALICE, BOB, CAROL, CHANNEL, Setup, World, bobs};

const DORA: &str = "U21DORA";
const ERIK: &str = "U22ERIK";

#[tokio::test]
async fn people_and_groups_are_told_once_and_the_card_says_so() {
    let world = route(&format!("notify = [\"{CAROL}\", \"S01ONCALL\"]\n")).await;
    let card = world.usual().await;
    // It is Bob's own request, though he is in the group.
    assert_eq!(world.dms(ALICE).len(), 1);
    assert_eq!(world.dms(CAROL).len(), 1);
    insta::assert_snapshot!(world.looked_after(&card).join("\n"), @r"
    Told: <@U01ALICE>, <@U03CAROL>.
    :warning: <@U02BOB> was not told: it is their own request.
    ");
    insta::assert_snapshot!(world.looked_after(&world.last_dm(BOB)).join("\n"), @"These people were told: <@U01ALICE>, <@U03CAROL>.");
    world.after(MINUTE).await;
    assert_eq!(world.dms(ALICE).len(), 1, "nobody is told twice");
    assert!(world.timers().await.is_empty());
}

#[tokio::test]
async fn with_nobody_in_the_group_the_fallback_is_told() {
    let world = route(&format!("notify = [\"S01ONCALL\"]\nfallback = [\"{CAROL}\"]\n")).await;
    world.slack.set_usergroup("S01ONCALL", &[]);
    let card = world.usual().await;
    insta::assert_snapshot!(world.looked_after(&card).join("\n"), @r"
    Told: <@U03CAROL> (nobody else was there).
    :warning: The user group S01ONCALL is empty.
    ");
}

#[tokio::test]
async fn no_more_are_told_than_the_route_says() {
    let world = route("notify = [\"S01ONCALL\"]\nnotify_at_most = 1\n").await;
    world.slack.set_usergroup("S01ONCALL", &[ALICE, CAROL]);
    let card = world.usual().await;
    insta::assert_snapshot!(world.looked_after(&card).join("\n"), @r"
    Told: <@U01ALICE>.
    :warning: 1 more person was not told: it would be too many.
    ");
    assert!(world.dms(CAROL).is_empty());
}

#[tokio::test]
async fn whom_the_route_names_may_decide_though_too_many_to_be_told() {
    let world = route("notify = [\"S01ONCALL\"]\nnotify_at_most = 1\ndeciders = \"notified\"\n").await;
    world.slack.set_usergroup("S01ONCALL", &[ALICE, CAROL]);
    let card = world.usual().await;
    world.presses(CAROL, &card, "approve").await;
    assert_eq!(world.told().len(), 1, "{:?}", world.lines(CAROL));
}

#[tokio::test]
async fn a_request_that_is_decided_already_is_told_to_nobody() {
    let world = route(&format!("notify = [\"{CAROL}\"]\n")).await;
    let id = world.p0.add(bobs());
    world.p0.move_to(&id, "DONE");
    world.p0.push(&id).await;
    world.work().await;
    assert!(world.dms(CAROL).is_empty());
    assert!(world.timers().await.is_empty());
}

#[tokio::test]
async fn a_page_that_was_on_its_way_when_somebody_decided_is_not_posted() {
    let world = route(&format!("notify = [\"{ALICE}\"]\n")).await;
    let id = world.p0.add(bobs());
    world.p0.push(&id).await;
    world.app().dispatcher.step().await;
    assert_eq!(world.people_told().await, [ALICE]);
    world.slack.slash(CAROL, CHANNEL, "approve req-1 1h").await.unwrap();
    world.app().worker.step().await;
    world.work().await;
    assert_eq!(world.told().len(), 1);
    assert_eq!(world.dms(ALICE), [""; 0], "a page for nothing");
    assert_eq!(world.people_told().await, [""; 0]);
    assert_eq!((world.cards_in(CHANNEL).len(), world.dms(BOB).len()), (1, 1), "the others are shown what became of it");
    world.slack.slash(ALICE, CHANNEL, "show req-1").await.unwrap();
    world.work().await;
    assert!(world.dms(ALICE)[0].starts_with("Access request"), "whoever asks to see it does: {:?}", world.dms(ALICE));
}

#[tokio::test]
async fn whom_slack_cannot_reach_is_not_tried_again_for_a_source_that_does_not_answer() {
    let world = route(&format!("notify = [\"{CAROL}\", \"S01ONCALL\"]\n")).await;
    world.slack.fail("conversations.open", Fault::ApiError("user_disabled".into()), Times::UntilCleared);
    world.slack.fail("usergroups.users.list", Fault::Status(503, String::new()), Times::UntilCleared);
    let card = world.usual().await;
    for _ in 0..5 {
        world.after(MINUTE).await;
    }
    let tries = world.slack.calls_of("conversations.open").iter().filter(|call| call.body["users"] == CAROL).count();
    assert_eq!(tries, 1);
    assert_eq!(world.people_told().await, [""; 0]);
    assert!(world.timers().await.is_empty());
    assert!(world.looked_after(&card)[0].starts_with(":rotating_light:"), "{:?}", world.looked_after(&card));
}

#[tokio::test]
async fn whoever_is_told_after_a_restart_is_told_once() {
    let mut world = World::with(Setup { route: format!("notify = [\"{CAROL}\"]\n"), ..Setup::default() }).await;
    let id = world.p0.add(bobs());
    world.p0.push(&id).await;
    assert_eq!(world.timers().await, ["summon"]);
    world.restart().await;
    world.work().await;
    world.restart().await;
    world.work().await;
    assert_eq!(world.dms(CAROL).len(), 1);
}

#[tokio::test]
async fn what_has_changed_goes_by_the_route_that_takes_it_now() {
    let keys = format!(
        "name = \"short\"\nnotify = [\"{CAROL}\"]\nmatch = {{ type = \"aws\" }}\n[[route]]\nchannel = \"C02PRIVATE\"\nnotify = [\"{ALICE}\"]\n"
    );
    let world = route(&keys).await;
    let id = world.p0.add(bobs());
    world.p0.push(&id).await;
    world.work().await;
    assert_eq!((world.dms(CAROL).len(), world.dms(ALICE).len()), (1, 0));
    world.presses(CAROL, &world.last_dm(CAROL), "claim").await;
    let mut body = world.p0.push_body(&id).unwrap();
    body["data"]["type"] = "gcloud".into();
    body["data"]["lastUpdatedTimestamp"] = (world.clock.now().as_millisecond() + 1000).into();
    let token = format!("Bearer {}", world.p0.mint(&Default::default()));
    assert_eq!(world.p0.push_raw(body.to_string(), Some(&token)).await, Some(200));
    world.work().await;
    assert_eq!((world.dms(CAROL).len(), world.dms(ALICE).len()), (1, 1));
    let cards = world.cards_in("C02PRIVATE");
    assert_eq!(cards.len(), 1);
    assert!(world.looked_after(&cards[0])[0].starts_with(":raising_hand: <@U03CAROL>"), "{}", world.read(&cards[0]));
}

#[tokio::test]
async fn where_slack_can_show_nobody_their_card_the_fallback_is_told() {
    let world = route(&format!("notify = [\"{CAROL}\"]\nfallback = [\"{ALICE}\"]\n")).await;
    world.slack.fail("conversations.open", Fault::ApiError("user_disabled".into()), Times::Count(1));
    // Nobody in Slack: Carol's are the first direct messages to be opened.
    let (requestor, principal) = ("zoe@example.com".to_owned(), "zoe@example.com".to_owned());
    let card = world.request(RequestSeed { requestor, principal, ..bobs() }).await;
    assert_eq!((world.dms(CAROL).len(), world.dms(ALICE).len()), (0, 1));
    assert_eq!(world.looked_after(&card), ["Told: <@U01ALICE> (nobody else was there)."]);
}

#[tokio::test]
async fn who_alone_may_decide_by_a_rule_that_is_perhaps_meant_is_told_too() {
    let keys = format!(
        "name = \"prod\"\nmatch = {{ tags = {{ env = \"prod\" }} }}\ndeciders = \"notified\"\nnotify = [\"{CAROL}\"]\n[[route]]\nchannel = \"C01ACCESS\"\nnotify = [\"{ALICE}\"]\n"
    );
    let world = route(&keys).await;
    world.usual().await;
    assert_eq!((world.dms(CAROL).len(), world.dms(ALICE).len()), (1, 1));
}

#[tokio::test]
async fn somebody_elses_reminder_tells_nobody_whom_the_route_had_left_out() {
    let keys = format!(
        "notify = [\"S01ONCALL\"]\nnotify_at_most = 1\nremind_after = \"5m\"\nescalate_after = \"1m\"\nescalate_to = [[\"{ERIK}\"]]\n"
    );
    let world = with(&[DORA, ERIK], &keys).await;
    world.slack.set_usergroup("S01ONCALL", &[ALICE, CAROL, DORA]);
    world.usual().await;
    for _ in 0..20 {
        world.after(MINUTE).await;
    }
    let told = [ALICE, CAROL, DORA, ERIK].map(|who| usize::from(!world.dms(who).is_empty()));
    assert_eq!(told.iter().sum::<usize>(), 2, "{told:?}");
}

#[tokio::test]
async fn where_slack_can_reach_nobody_at_all_the_way_ends() {
    let world = route(&format!("notify = [\"{CAROL}\"]\nfallback = [\"{ALICE}\"]\n")).await;
    world.slack.fail("conversations.open", Fault::ApiError("user_disabled".into()), Times::UntilCleared);
    let card = world.usual().await;
    world.after(MINUTE).await;
    assert!(
        world.looked_after(&card)[0].starts_with(":rotating_light: *Nobody could be told*"),
        "{}",
        world.read(&card)
    );
    assert!(world.timers().await.is_empty());
}

#[tokio::test]
async fn whoever_is_off_duty_is_not_rung_since_another_rule_may_be_meant() {
    let keys = format!(
        "name = \"duty\"\nmatch = {{ type = \"aws\" }}\nnotify = [\"S01ONCALL\"]\nremind_after = \"10m\"\nfallback = [\"{CAROL}\"]\n[[route]]\nname = \"prod\"\nmatch = {{ tags = {{ env = \"prod\" }} }}\ndeciders = \"notified\"\nnotify = [\"{CAROL}\"]\n[[route]]\nchannel = \"C01ACCESS\"\n"
    );
    let world = route(&keys).await;
    world.slack.set_usergroup("S01ONCALL", &[ALICE]);
    world.usual().await;
    world.slack.set_usergroup("S01ONCALL", &[]);
    world.after(11 * MINUTE).await;
    assert!(!world.dms(ALICE).iter().any(|text| text.starts_with(":bell:")), "{:?}", world.dms(ALICE));
}

#[tokio::test]
async fn whoever_may_decide_is_told_though_they_are_away_where_their_stand_in_may_not() {
    let world = route(&format!("notify = [\"{ALICE}\"]\ndeciders = \"notified\"\n")).await;
    world.slack.slash(ALICE, CHANNEL, &format!("away 3d <@{CAROL}>")).await.unwrap();
    world.work().await;
    let card = world.usual().await;
    let cards = |who: &str| world.dms(who).iter().filter(|text| text.starts_with("Access request")).count();
    assert_eq!((cards(ALICE), cards(CAROL)), (1, 1));
    assert!(!world.read(&card).contains("Nobody who was told may decide"), "{}", world.read(&card));
}
