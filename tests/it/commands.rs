//! What people type. As a slash command a complete verb decides; in a message only the button does.

use crate::world::{ALICE, BOB, CAROL, CHANNEL, GUEST, Setup, World, bobs, readable};
use p0_chatops::sandbox::p0::{Fault, RequestSeed, Verb};

#[tokio::test]
async fn a_complete_slash_command_decides_at_once() {
    let world = World::new().await;
    let card = world.usual().await;
    world.slack.slash(ALICE, CHANNEL, "Approve req-1 for 1 hour").await.unwrap();
    assert_eq!(
        world.lines(ALICE),
        ["Received: Approve for 1 hour on request `req-1`. P0 has not been told yet; you will hear what comes of it."]
    );
    world.work().await;
    assert_eq!(world.told(), [r#"approve req-1 {"expirationLength":"1h"} as alice@example.com: 200"#]);
    assert!(world.read(&card).contains("*Approved* by <@U01ALICE> for 1 hour"));
    world.slack.slash(CAROL, CHANNEL, "revoke req-1").await.unwrap();
    world.work().await;
    assert_eq!(world.told()[1], "revoke req-1 {} as carol@example.com: 200");
}

#[tokio::test]
async fn without_a_length_the_picker_opens_and_restates_the_request() {
    let world = World::new().await;
    world.usual().await;
    world.slack.slash(ALICE, CHANNEL, "approve req-1").await.unwrap();
    let modal = world.slack.modals(ALICE).pop().expect("a modal");
    let lines = readable(modal.blocks());
    assert!(
        lines.starts_with("bob@example.com gets aws role (Role: ReadOnly, Account: staging (111122223333)).\n"),
        "{lines}"
    );
    assert!(lines.ends_with("For how long: [: 2h, 30m, 1h]"), "{lines}");
    world.slack.submit(ALICE, &modal.id, &[("length", "1h")]).await.unwrap();
    world.work().await;
    assert_eq!(world.told(), [r#"approve req-1 {"expirationLength":"1h"} as alice@example.com: 200"#]);
}

#[tokio::test]
async fn deny_by_command_takes_its_reason_along() {
    let world = World::new().await;
    let card = world.usual().await;
    world.slack.slash(ALICE, CHANNEL, "deny req-1 use staging instead").await.unwrap();
    world.work().await;
    assert_eq!(world.told(), ["deny req-1 {} as alice@example.com: 200"]);
    assert!(world.read(&card).contains("Reason: use staging instead"), "{}", world.read(&card));
}

#[tokio::test]
async fn near_misses_and_bad_lengths_are_answered_with_the_right_form() {
    let world = World::new().await;
    world.usual().await;
    let approve = "Write a length as 30m, 2h, 1h30m, 1d or 1w: `/p0 approve ID 2h`.";
    let length = "Write a length as 30m, 4h, 1d or 2w:";
    let settings = "Behind `/p0 settings` there are add, remove, max, standing, approvable, approvals, reset and \
                    put-back; alone it shows what is set.";
    for (typed, answer) in [
        ("aprove req-1 2h", "There is no aprove. Did you mean `/p0 approve ID 2h`?".to_owned()),
        ("<!channel>", "There is no &lt;!channel&gt;. `/p0 help` says what there is.".to_owned()),
        ("approve", "The request's id is missing: `/p0 approve ID 2h`. `/p0 pending` lists what waits.".to_owned()),
        ("approve req-1 0h", format!("A length has to be more than zero. {approve}")),
        ("approve req-1 -2h", format!("A length cannot be negative. {approve}")),
        ("approve req-1 1.5h", format!("A length has to be whole: 90m rather than 1.5h. {approve}")),
        ("approve req-1 9h", "9 hours is too long: at most 8 hours is allowed here.".to_owned()),
        ("revoke req-1 now", "That is more than the command takes. `/p0 help` says what there is.".to_owned()),
        ("show a/b", "That is no request id: an id has 1 to 200 characters, without spaces and slashes. `/p0 pending` lists what waits.".to_owned()),
        ("settings ad 4h", "There is no settings ad. Did you mean `/p0 settings add 4h`?".to_owned()),
        ("settings maxi 8h", "There is no settings maxi. Did you mean `/p0 settings max 24h`?".to_owned()),
        ("settings <!here>", format!("There is no settings &lt;!here&gt;. {settings}")),
        ("settings reset now", format!("That is more than the command takes. {settings}")),
        ("settings add", format!("A length is missing. {length} `/p0 settings add 4h`.")),
        ("settings standing 0w", format!("A length has to be more than zero. {length} `/p0 settings standing 2w`.")),
        ("settings max 600w", format!("That length is longer than ten years. {length} `/p0 settings max 24h`.")),
        ("settings remove 2y", format!("That is not a length. {length} `/p0 settings remove 2h`.")),
        ("settings approvable 3", format!("A length needs a unit: m, h, d or w. {length} `/p0 settings approvable 3d`.")),
        ("settings approvals one-party off", "P0 sets both of these at once, so write both, each on or off: `/p0 settings approvals one-party off reason on`.".to_owned()),
        ("show req-404", "P0 has told this bot of no request `req-404`, so there is nothing to show.".to_owned()),
    ] {
        world.slack.slash(ALICE, CHANNEL, typed).await.unwrap();
        assert_eq!(world.lines(ALICE).pop(), Some(answer), "{typed}");
    }
    world.work().await;
    assert_eq!(world.told(), [""; 0]);
}

#[tokio::test]
async fn text_is_not_consent_but_its_button_is() {
    let world = World::new().await;
    world.usual().await;
    world.slack.mention(ALICE, CHANNEL, "approve req-1 2h").await.unwrap();
    world.work().await;
    assert_eq!(world.told(), [""; 0]);
    let line = world.slack.ephemerals(ALICE).pop().expect("a private line");
    assert_eq!(line.text, "Press the button to approve: a message alone decides nothing.");
    assert!(readable(&line.blocks).ends_with("[Approve 2h]"), "{}", readable(&line.blocks));
    world.slack.press_ephemeral(ALICE, &line.ts, "approve").await.unwrap();
    world.work().await;
    assert_eq!(world.told(), [r#"approve req-1 {"expirationLength":"2h"} as alice@example.com: 200"#]);
}

#[tokio::test]
async fn a_reason_typed_in_a_message_stands_in_the_modal_of_its_button() {
    let world = World::new().await;
    world.usual().await;
    world.slack.dm(ALICE, "deny req-1 because it is late").await.unwrap();
    world.work().await;
    let offer = world.last_dm(ALICE);
    world.press(ALICE, &offer, "deny").await;
    let modal = world.slack.modals(ALICE).pop().expect("a modal");
    let input = modal.blocks().iter().find(|block| block["type"] == "input").unwrap();
    assert_eq!(input["element"]["initial_value"], "because it is late");
}

#[tokio::test]
async fn pending_lists_what_waits_and_show_brings_a_card_that_converges() {
    let world = World::new().await;
    world.usual().await;
    world.request(RequestSeed { id: Some("req-2".into()), principal: "carol@example.com".into(), ..bobs() }).await;
    world.slack.slash(ALICE, CHANNEL, "").await.unwrap();
    let line = world.slack.ephemerals(ALICE).pop().unwrap();
    insta::assert_snapshot!(readable(&line.blocks), @r"
    2 requests are waiting for a decision.
    carol@example.com: aws role (Role: ReadOnly, Account: staging (111122223333)) for 2h
    Request req-2
    [Show]
    bob@example.com: aws role (Role: ReadOnly, Account: staging (111122223333)) for 2h
    Request req-1
    [Show]
    ");
    world.slack.press_ephemeral(ALICE, &line.ts, "show:0").await.unwrap();
    world.work().await;
    let card = world.last_dm(ALICE);
    assert!(world.read(&card).contains("Request req-2"));
    world.presses(ALICE, &card, "approve").await;
    assert!(world.read(&card).contains("*Approved* by <@U01ALICE>"), "{}", world.read(&card));
}

#[tokio::test]
async fn who_has_no_identity_here_reads_nothing() {
    let setup = Setup::default().set("identity__people", "{ U01ALICE = \"alice@example.com\" }");
    let setup = setup.set("identity__tokens", "{ U01ALICE = \"U01ALICE.token\" }");
    let world = World::with(setup).await;
    let card = world.usual().await;
    for typed in ["pending", "approve req-1"] {
        world.slack.slash(GUEST, CHANNEL, typed).await.unwrap();
        assert!(world.lines(GUEST).pop().unwrap().starts_with("You have no P0 identity"), "{typed}");
    }
    world.press(GUEST, &card, "more").await;
    world.presses(GUEST, &card, "approve").await;
    assert!(world.slack.modals(GUEST).is_empty());
    assert!(world.lines(GUEST).pop().unwrap().starts_with("You have no P0 identity"), "known before the answer");
    assert_eq!(world.told(), [""; 0]);
}

#[tokio::test]
async fn a_requester_without_an_identity_sees_their_own_request_and_nobody_elses() {
    let setup = Setup::default().set("identity__people", "{ U01ALICE = \"alice@example.com\" }");
    let setup = setup.set("identity__tokens", "{ U01ALICE = \"U01ALICE.token\" }");
    let world = World::with(setup).await;
    world.usual().await;
    for who in [BOB, GUEST] {
        world.slack.slash(who, CHANNEL, "show req-1").await.unwrap();
        assert!(world.lines(who)[0].contains("you can only see your own requests"), "{:?}", world.lines(who));
    }
    world.work().await;
    assert!(world.dms(GUEST).is_empty());
    assert!(world.read(&world.last_dm(BOB)).contains("Request req-1"));
    assert!(!world.read(&world.last_dm(BOB)).contains('['), "nothing to press before it is decided");
}

#[tokio::test]
async fn whoami_and_help_answer_in_direct_messages_too() {
    let world = World::new().await;
    world.slack.dm(ALICE, "whoami").await.unwrap();
    world.slack.dm(ALICE, "help").await.unwrap();
    world.work().await;
    assert_eq!(
        world.dms(ALICE)[0],
        "You are <@U01ALICE>, to P0 alice@example.com. Your decisions go out with your own token."
    );
    assert!(world.dms(ALICE)[1].contains("`/p0 approve ID 2h`"));
}

#[tokio::test]
async fn a_request_that_the_bot_never_saw_goes_out_with_ones_own_authority_and_the_answer_says_so() {
    let world = World::new().await;
    world.p0.add(RequestSeed { id: Some("unseen".into()), ..bobs() });
    world.slack.slash(ALICE, CHANNEL, "approve unseen 2h").await.unwrap();
    assert!(
        world.lines(ALICE)[0].ends_with("P0 has told this bot of no request `unseen`, so there is nothing to show.")
    );
    world.work().await;
    assert_eq!(world.told(), [r#"approve unseen {"expirationLength":"2h"} as alice@example.com: 200"#]);
    assert_eq!(world.dms(ALICE), ["P0 took your choice (Approve for 2 hours) on request `unseen`."]);
}

#[tokio::test]
async fn an_event_that_slack_repeats_is_answered_once() {
    let world = World::new().await;
    world.slack.dm(BOB, "whoami").await.unwrap();
    world.slack.retry_event(1, "http_timeout").await.unwrap();
    world.work().await;
    assert_eq!(world.dms(BOB).len(), 1);
}

#[tokio::test]
async fn behind_a_lost_answer_a_typed_approve_is_not_sent_again_either() {
    let world = World::new().await;
    world.p0.add(RequestSeed { id: Some("unseen".into()), ..bobs() });
    world.p0.fail_next(1, Verb::Approve, Fault::LostAnswer);
    world.slack.slash(ALICE, CHANNEL, "approve unseen 2h").await.unwrap();
    world.work().await;
    world.slack.slash(ALICE, CHANNEL, "approve unseen 2h").await.unwrap();
    world.work().await;
    assert_eq!(world.told().len(), 1);
    assert!(world.lines(ALICE)[1].starts_with("An earlier approve has an unknown outcome"), "{:?}", world.lines(ALICE));
}

#[tokio::test]
async fn what_p0_took_before_it_told_of_a_request_stands_on_its_first_card() {
    let world = World::new().await;
    world.p0.add(RequestSeed { id: Some("early".into()), ..bobs() });
    let pending = world.p0.push_body("early").unwrap().to_string();
    world.slack.slash(ALICE, CHANNEL, "approve early 2h").await.unwrap();
    world.work().await;
    let token = format!("Bearer {}", world.p0.mint(&Default::default()));
    assert_eq!(world.p0.push_raw(pending, Some(&token)).await, Some(200));
    world.work().await;
    let card = world.cards_in(CHANNEL).pop().unwrap();
    assert!(world.read(&card).contains("*Approved* by <@U01ALICE> for 2 hours"), "{}", world.read(&card));
    world.slack.slash(CAROL, CHANNEL, "approve early 1h").await.unwrap();
    assert!(world.lines(CAROL)[0].starts_with("Somebody was first"), "{:?}", world.lines(CAROL));
}

#[tokio::test]
async fn who_saw_no_card_hears_of_a_success() {
    let world = World::new().await;
    world.usual().await;
    world.slack.mention(ALICE, CHANNEL, "approve req-1 2h").await.unwrap();
    world.work().await;
    let line = world.slack.ephemerals(ALICE).pop().unwrap();
    world.slack.press_ephemeral(ALICE, &line.ts, "approve").await.unwrap();
    world.work().await;
    assert_eq!(world.dms(ALICE), ["P0 took your choice (Approve for 2 hours) on request `req-1`."]);
}

#[tokio::test]
async fn whoever_may_not_read_is_shown_nothing_for_an_id_that_they_guess() {
    let route = "risk = \"high\"\n".to_owned();
    let world = crate::identity::asserting_by_email(Setup { route, ..Setup::default() }).await;
    world.usual().await;
    world.slack.slash(CAROL, CHANNEL, "approve req-1 2h").await.unwrap();
    assert!(world.slack.modals(CAROL).is_empty(), "the form restates what was asked");
    assert!(world.lines(CAROL)[0].starts_with("You have no P0 identity"), "{:?}", world.lines(CAROL));

    let world = crate::identity::asserting_by_email(Setup::default()).await;
    let card = world.usual().await;
    world.presses(ALICE, &card, "approve").await;
    world.slack.slash(CAROL, CHANNEL, "approve req-1 2h").await.unwrap();
    world.presses(ALICE, &card, "revoke").await;
    world.slack.slash(CAROL, CHANNEL, "revoke req-1").await.unwrap();
    let lines = world.lines(CAROL);
    assert_eq!(lines.len(), 2);
    assert!(lines.iter().all(|line| line.starts_with("You have no P0 identity")), "{lines:?}");
    world.slack.slash(ALICE, CHANNEL, "approve req-1 2h").await.unwrap();
    let line = world.lines(ALICE).pop().unwrap();
    assert!(line.contains("<@U01ALICE>"), "who has chosen hears what became of it: {line}");
}
