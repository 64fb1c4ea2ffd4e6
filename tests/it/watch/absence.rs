//! Who is away, and who is told in their place.

use p0_chatops::sandbox::slack::Person;

use crate::watch::{MINUTE, route};
use crate::world::{ALICE, BOB, CAROL, CHANNEL, readable};

#[tokio::test]
async fn whoever_is_away_is_stood_in_for_until_they_are_back() {
    let world = route(&format!("notify = [\"{ALICE}\"]\n")).await;
    world.slack.slash(ALICE, CHANNEL, &format!("away until Friday, <@{CAROL}|carol> decides")).await.unwrap();
    world.work().await;
    insta::assert_snapshot!(world.lines(ALICE)[0], @"You are away until (time): <@U03CAROL> is told of requests in your place. What you and others may decide stays as it is.");
    assert!(
        world.dms(CAROL)[0].starts_with("<@U01ALICE> is away until (time) and has named you"),
        "{:?}",
        world.dms(CAROL)
    );
    let card = world.usual().await;
    assert_eq!((world.dms(ALICE).len(), world.dms(CAROL).len()), (0, 2));
    assert_eq!(world.looked_after(&card), ["Told: <@U03CAROL> (in place of <@U01ALICE>)."]);
    world.slack.slash(ALICE, CHANNEL, "whoami").await.unwrap();
    let said = world.lines(ALICE).pop().unwrap();
    assert!(said.ends_with("What you and others may decide stays as it is."), "{said}");

    let line = world.slack.ephemerals(ALICE).swap_remove(0);
    world.slack.press_ephemeral(ALICE, &line.ts, "back").await.unwrap();
    world.work().await;
    world.request(p0_chatops::sandbox::p0::RequestSeed { id: Some("req-2".into()), ..crate::world::bobs() }).await;
    assert_eq!((world.dms(ALICE).len(), world.dms(CAROL).len()), (1, 3));
    assert!(world.dms(CAROL)[2].starts_with("You stand in for <@U01ALICE> no longer"), "{:?}", world.dms(CAROL));
}

#[tokio::test]
async fn in_a_message_it_is_restated_and_only_a_press_counts() {
    let world = route(&format!("notify = [\"{ALICE}\"]\n")).await;
    let typed = format!("away until Friday, <@{CAROL}|carol> decides");
    world.slack.mention(ALICE, CHANNEL, &typed).await.unwrap();
    world.work().await;
    let line = world.slack.ephemerals(ALICE).pop().expect("a private line");
    insta::assert_snapshot!(readable(&line.blocks), @r"
    You are about to be away until (time): then <@U03CAROL> is told of requests in your place.
    Only a press counts: a message may be posted by any app in your name.
    [Be away]
    ");
    assert_eq!(world.dms(CAROL), [""; 0], "a message alone changes nothing");
    world.slack.press_ephemeral(ALICE, &line.ts, "away").await.unwrap();
    world.work().await;
    assert!(world.lines(ALICE).pop().unwrap().starts_with("You are away until (time): <@U03CAROL> is told"));
    assert!(world.dms(CAROL)[0].starts_with("<@U01ALICE> is away until (time)"), "{:?}", world.dms(CAROL));
    world.slack.redeliver().await.unwrap();
    world.work().await;
    assert_eq!(world.dms(CAROL).len(), 1);

    world.slack.dm(ALICE, "away 2h").await.unwrap();
    world.work().await;
    let asked = world.last_dm(ALICE);
    assert!(world.read(&asked).ends_with("[Be away]"), "{}", world.read(&asked));
    world.after(121 * MINUTE).await;
    world.presses(ALICE, &asked, "away").await;
    let said = world.lines(ALICE).pop().unwrap();
    assert!(said.starts_with("That time is over"), "{said}");
    world.slack.dm(ALICE, &format!("away <@{ALICE}>")).await.unwrap();
    world.work().await;
    assert!(world.dms(ALICE).pop().unwrap().starts_with("You cannot stand in for yourself."));
}

#[tokio::test]
async fn a_delegate_may_not_decide_what_they_could_not_before() {
    let world = route(&format!("notify = [\"{ALICE}\"]\ndeciders = \"notified\"\n")).await;
    world.slack.slash(ALICE, CHANNEL, &format!("away 3d <@{CAROL}>")).await.unwrap();
    let card = world.usual().await;
    world.presses(CAROL, &card, "approve").await;
    assert!(world.told().is_empty());
    world.presses(ALICE, &card, "approve").await;
    assert_eq!(world.told().len(), 1);
}

#[tokio::test]
async fn whoever_is_away_is_told_all_the_same_where_nobody_else_is_left() {
    let world = route(&format!("notify = [\"{ALICE}\", \"{CAROL}\"]\n")).await;
    world.slack.slash(ALICE, CHANNEL, "away").await.unwrap();
    world.work().await;
    let card = world.usual().await;
    insta::assert_snapshot!(world.looked_after(&card).join("\n"), @r"
    Told: <@U03CAROL>.
    :warning: <@U01ALICE> is away, and nobody stands in.
    ");
    world.slack.slash(CAROL, CHANNEL, "away 1h").await.unwrap();
    world.work().await;
    world.request(p0_chatops::sandbox::p0::RequestSeed { id: Some("req-2".into()), ..crate::world::bobs() }).await;
    assert_eq!(world.timers().await.len(), 0);
    let cards = |who: &str| world.dms(who).iter().filter(|text| text.starts_with("Access request")).count();
    assert_eq!((cards(ALICE), cards(CAROL)), (1, 2));
    world.after(61 * MINUTE).await;
    world.request(p0_chatops::sandbox::p0::RequestSeed { id: Some("req-3".into()), ..crate::world::bobs() }).await;
    assert_eq!((cards(ALICE), cards(CAROL)), (1, 3), "an hour is over by itself");
}

#[tokio::test]
async fn what_cannot_be_read_is_said() {
    let world = route("").await;
    for (text, begin) in [
        ("away until whenever", "I cannot read whenever as a time."),
        ("away 200d", "That is too long"),
        ("away until 2020-01-01", "That day has begun already."),
        ("away <@U02BOB>", "You cannot stand in for yourself."),
        ("back", "You were not away"),
    ] {
        world.slack.slash(BOB, CHANNEL, text).await.unwrap();
        let said = world.lines(BOB).pop().unwrap();
        assert!(said.starts_with(begin), "{text}: {said}");
    }
}

#[tokio::test]
async fn a_stand_in_who_has_gone_or_become_a_guest_is_none() {
    type Change = fn(&mut Person);
    let changes: [Change; 2] = [|person| person.deleted = true, |person| person.is_restricted = true];
    for change in changes {
        let world = route(&format!("notify = [\"{ALICE}\"]\n")).await;
        world.slack.slash(ALICE, CHANNEL, &format!("away 3d <@{CAROL}>")).await.unwrap();
        world.work().await;
        world.slack.change_person(CAROL, change);
        world.after(11 * MINUTE).await;
        let card = world.usual().await;
        assert_eq!(world.looked_after(&card), ["Told: <@U01ALICE>."]);
        assert!(!world.dms(CAROL).iter().any(|text| text.starts_with("Access request")));
    }
}

#[tokio::test]
async fn people_who_stand_in_for_each_other_are_told_themselves() {
    let world = route(&format!("notify = [\"{ALICE}\", \"{CAROL}\"]\n")).await;
    for (away, other) in [(ALICE, CAROL), (CAROL, ALICE)] {
        world.slack.slash(away, CHANNEL, &format!("away 3d <@{other}>")).await.unwrap();
        world.work().await;
    }
    let card = world.usual().await;
    assert_eq!(world.looked_after(&card), ["Told: <@U01ALICE>, <@U03CAROL>."]);
    let cards = |who: &str| world.dms(who).iter().filter(|text| text.starts_with("Access request")).count();
    assert_eq!((cards(ALICE), cards(CAROL)), (1, 1));
}

#[tokio::test]
async fn to_be_back_takes_a_press_too_where_a_message_says_so() {
    let world = route(&format!("notify = [\"{ALICE}\"]\n")).await;
    world.slack.dm(ALICE, "back").await.unwrap();
    world.work().await;
    assert!(world.dms(ALICE)[0].starts_with("You were not away"), "{:?}", world.dms(ALICE));
    world.slack.slash(ALICE, CHANNEL, "away 3d").await.unwrap();
    world.slack.mention(ALICE, CHANNEL, "back").await.unwrap();
    world.work().await;
    let line = world.slack.ephemerals(ALICE).pop().expect("a private line");
    insta::assert_snapshot!(readable(&line.blocks), @r"
    You are away until (time): nobody is told of requests in your place, unless nobody else is there. What you and others may decide stays as it is.
    Only a press counts: a message may be posted by any app in your name.
    [I'm back]
    ");
    world.slack.slash(ALICE, CHANNEL, "whoami").await.unwrap();
    assert!(world.lines(ALICE).pop().unwrap().contains("You are away until"), "a message alone changes nothing");
    world.slack.press_ephemeral(ALICE, &line.ts, "back").await.unwrap();
    world.work().await;
    assert!(world.lines(ALICE).pop().unwrap().starts_with("Welcome back"), "{:?}", world.lines(ALICE));
}

#[tokio::test]
async fn a_stand_in_hears_what_changes() {
    let world = route("").await;
    let begins = format!("<@{ALICE}> is away until (time) and has named you");
    let over =
        format!("You stand in for <@{ALICE}> no longer: you hear only of requests that you would hear of anyway.");
    world.slack.slash(ALICE, CHANNEL, &format!("away 3d <@{CAROL}>")).await.unwrap();
    world.work().await;
    world.slack.slash(ALICE, CHANNEL, &format!("away 5d <@{CAROL}>")).await.unwrap();
    world.work().await;
    let said = world.dms(CAROL);
    assert!(said.len() == 2 && said.iter().all(|said| said.starts_with(&begins)), "{said:?}");
    world.slack.slash(ALICE, CHANNEL, &format!("away 5d <@{BOB}>")).await.unwrap();
    world.work().await;
    assert_eq!(world.dms(CAROL)[2..], [over.as_str()]);
    assert!(world.dms(BOB).len() == 1 && world.dms(BOB)[0].starts_with(&begins), "{:?}", world.dms(BOB));
    world.slack.slash(ALICE, CHANNEL, "back").await.unwrap();
    world.work().await;
    assert_eq!(world.dms(BOB)[1..], [over.as_str()]);
    assert_eq!(world.dms(CAROL).len(), 3);
}

#[tokio::test]
async fn what_has_changed_since_it_was_said_reaches_no_stand_in() {
    let world = route("").await;
    for typed in [format!("away 3d <@{CAROL}>"), "back".to_owned(), format!("away 3d <@{BOB}>")] {
        world.slack.slash(ALICE, CHANNEL, &typed).await.unwrap();
    }
    for typed in ["back".to_owned(), format!("away 5d <@{BOB}>")] {
        world.slack.slash(ALICE, CHANNEL, &typed).await.unwrap();
    }
    world.work().await;
    let begins = |who: &str| world.dms(who).iter().filter(|said| said.contains("is away until")).count();
    assert_eq!((begins(CAROL), begins(BOB)), (0, 1));
    assert!(!world.dms(BOB).iter().any(|said| said.contains("no longer")), "{:?}", world.dms(BOB));
}

#[tokio::test]
async fn a_command_that_comes_in_twice_is_confirmed_once() {
    let world = route("").await;
    world.slack.slash(ALICE, CHANNEL, "away 3d").await.unwrap();
    assert_eq!(world.slack.redeliver().await.unwrap().body, "");
    world.slack.slash(ALICE, CHANNEL, "back").await.unwrap();
    assert_eq!(world.slack.redeliver().await.unwrap().body, "");
}
