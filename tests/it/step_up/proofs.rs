//! Whose sign-in counts, and which: the very account that is linked, fresh, by the class that the route asks for.

use std::time::Duration;

use http::StatusCode;
use p0_chatops::sandbox::idp::Tamper;
use p0_chatops::sandbox::p0::{Fault, Verb};
use serde_json::{Value, json};

use super::{APPROVED, again, with_a_card, with_a_card_under};
use crate::linked::Browser;
use crate::world::{ALICE, CAROL};

#[tokio::test]
async fn nobody_proves_the_choice_of_another() {
    let (world, card) = with_a_card().await;
    let page = world.is_held(ALICE, &card, "approve").await;
    // Carol got hold of the address: she signs in as herself, and then as somebody who has linked nothing.
    for account in ["carol", "dave"] {
        let page = if account == "carol" { page.clone() } else { world.is_held(ALICE, &card, "approve").await };
        let shown = world.proves(&page, account).await;
        assert_eq!((shown.status, shown.title()), (StatusCode::FORBIDDEN, "Nothing was sent to P0"));
        assert!(shown.text.contains("another account than the one that you have linked"), "{}", shown.text);
    }
    assert_eq!(world.told(), [""; 0]);
    assert_eq!(world.events("sign_in.missed").await.len(), 2);
    // Carol's own choice takes nothing from what she tried.
    let carols = world.is_held(CAROL, &card, "approve").await;
    world.proves(&carols, "carol").await;
    assert_eq!(world.told(), [r#"approve req-1 {"expirationLength":"2h"} as carol@example.com: 200"#]);
}

#[tokio::test]
async fn whoever_signed_in_with_the_wrong_account_signs_in_again() {
    let (world, card) = with_a_card().await;
    let page = world.is_held(ALICE, &card, "approve").await;
    let browser = Browser::new();
    let shown = browser.prove(&world, &page, "dave").await;
    assert_eq!(Browser::new().get(&page).await.status, StatusCode::GONE, "one way at a time");
    let shown = browser.prove(&world, &again(&world, &shown), "alice").await;
    assert_eq!(shown.title(), "You have signed in");
    world.work().await;
    assert_eq!(world.told(), [APPROVED]);
}

#[tokio::test]
async fn whoever_cancels_may_change_their_mind_within_the_five_minutes() {
    let (world, card) = with_a_card().await;
    let page = world.is_held(ALICE, &card, "approve").await;
    let browser = Browser::new();
    let back = world.idp().cancel(browser.to_provider(&page).await).await.unwrap();
    let shown = browser.get(back.as_str()).await;
    assert_eq!((shown.status, shown.title()), (StatusCode::FORBIDDEN, "Nothing was sent to P0"));
    world.clock.advance(Duration::from_secs(4 * 60));
    let next = again(&world, &shown);
    let shown = browser.prove(&world, &next, "alice").await;
    assert_eq!(shown.title(), "You have signed in");
    world.work().await;
    assert_eq!(world.told(), [APPROVED]);
}

#[tokio::test]
async fn starting_over_gains_no_time() {
    let (world, card) = with_a_card().await;
    let page = world.is_held(ALICE, &card, "approve").await;
    let browser = Browser::new();
    let shown = browser.prove(&world, &page, "dave").await;
    world.clock.advance(Duration::from_secs(5 * 60 + 1));
    assert_eq!(browser.press(&again(&world, &shown)).await.status, StatusCode::GONE);
    world.work().await;
    assert_eq!(world.told(), [""; 0]);
}

#[tokio::test]
async fn without_a_max_age_the_sign_in_has_to_come_after_the_press() {
    let (world, card) = with_a_card().await;
    world.clock.advance(Duration::from_secs(60));
    let page = world.is_held(ALICE, &card, "approve").await;
    let browser = Browser::new();
    // The provider does not ask for the password again, whatever it is asked for.
    let before = world.clock.now() - Duration::from_secs(30);
    let to_provider = browser.to_provider(&page).await;
    for asked in ["max_age=0", "prompt=login", "login_hint=alice%40example.com"] {
        assert!(to_provider.contains(asked), "{asked}: {to_provider}");
    }
    let back = world.idp().log_in_as_of(to_provider, "alice", before).await.unwrap();
    let shown = browser.get(back.as_str()).await;
    assert_eq!((shown.status, shown.title()), (StatusCode::FORBIDDEN, "Nothing was sent to P0"));
    assert!(shown.text.contains("signed in too long ago"), "{}", shown.text);
    world.work().await;
    assert_eq!(world.told(), [""; 0]);
}

#[tokio::test]
async fn a_max_age_believes_a_sign_in_of_before_the_press_but_none_that_is_older() {
    for (age, sent) in [(9 * 60, 1), (11 * 60, 0)] {
        let (world, card) = with_a_card_under("max_age = \"10m\"\n").await;
        world.clock.advance(Duration::from_secs(3600));
        let page = world.is_held(ALICE, &card, "approve").await;
        let browser = Browser::new();
        let at = world.clock.now() - Duration::from_secs(age);
        let to_provider = browser.to_provider(&page).await;
        assert!(to_provider.contains("max_age=600"), "{to_provider}");
        let back = world.idp().log_in_as_of(to_provider, "alice", at).await.unwrap();
        browser.get(back.as_str()).await;
        world.work().await;
        assert_eq!(world.told().len(), sent, "{age}");
    }
}

#[tokio::test]
async fn an_age_that_is_not_said_or_cannot_be_is_no_proof() {
    for (said, why) in [
        (Value::Null, "does not say when you signed in"),
        (json!(9_999_999_999_i64), "at a time that is still to come"),
    ] {
        let (world, card) = with_a_card().await;
        let page = world.is_held(ALICE, &card, "approve").await;
        world.idp().tamper(Tamper::Claim("auth_time".into(), said));
        let shown = world.proves(&page, "alice").await;
        assert_eq!(shown.status, StatusCode::FORBIDDEN, "{why}: {}", shown.text);
        assert!(shown.text.contains(why), "{why}: {}", shown.text);
        assert_eq!(world.told(), [""; 0]);
    }
}

#[tokio::test]
async fn any_of_the_classes_that_the_route_names_is_enough_and_no_other_is() {
    let route = "acr_values = [\"phr\", \"phrh\"]\n";
    for (proves, sent) in [(&["phrh"][..], 1), (&["phr", "phrh"], 1), (&["mfa"], 0), (&[], 0)] {
        let (world, card) = with_a_card_under(route).await;
        world.idp().change_account("alice", |alice| alice.acr = proves.iter().map(|acr| (*acr).to_owned()).collect());
        let page = world.is_held(ALICE, &card, "approve").await;
        let shown = world.proves(&page, "alice").await;
        assert_eq!(world.told().len(), sent, "{proves:?}: {}", shown.text);
        assert_eq!(shown.text.contains("did not ask you for what a choice like this needs"), sent == 0, "{proves:?}");
    }
}

#[tokio::test]
async fn a_provider_that_refuses_what_cannot_be_proved_is_believed() {
    let (world, card) = with_a_card_under("acr_values = [\"phr\"]\n").await;
    world.idp().change(|setup| setup.refuses_unmet_acr = true);
    let page = world.is_held(ALICE, &card, "approve").await;
    let shown = world.proves(&page, "alice").await;
    assert_eq!((shown.status, shown.title()), (StatusCode::FORBIDDEN, "Nothing was sent to P0"));
    assert_eq!(world.told(), [""; 0]);
}

#[tokio::test]
async fn a_token_that_cannot_be_believed_proves_nothing() {
    for tamper in [Tamper::Nonce, Tamper::Audience, Tamper::Unsigned, Tamper::ForeignKey, Tamper::Expired] {
        let (world, card) = with_a_card().await;
        let page = world.is_held(ALICE, &card, "approve").await;
        world.idp().tamper(tamper.clone());
        let shown = world.proves(&page, "alice").await;
        assert!(shown.status.is_client_error() || shown.status.is_server_error(), "{tamper:?}: {}", shown.text);
        assert_eq!(world.told(), [""; 0], "{tamper:?}");
    }
}

#[tokio::test]
async fn a_sign_in_does_not_outlast_five_minutes_of_a_busy_p0() {
    let (world, card) = with_a_card().await;
    world.p0.fail_until_cleared(Verb::Approve, Fault::too_many(Some(100)));
    let page = world.is_held(ALICE, &card, "approve").await;
    world.proves(&page, "alice").await;
    let tries = world.told().len();
    world.p0.clear_faults();
    world.clock.advance(Duration::from_secs(5 * 60 + 1));
    world.work().await;
    assert_eq!(world.told().len(), tries, "{:?}", world.told());
    assert!(world.dms(ALICE).pop().unwrap().contains("there was none within the last 5 minutes"));
    assert!(world.read(&card).contains("*Waiting for a decision.*"), "{}", world.read(&card));
}

#[tokio::test]
async fn within_five_minutes_a_busy_p0_is_waited_for() {
    let (world, card) = with_a_card().await;
    world.p0.fail_next(1, Verb::Approve, Fault::too_many(Some(100)));
    let page = world.is_held(ALICE, &card, "approve").await;
    world.proves(&page, "alice").await;
    world.clock.advance(Duration::from_secs(4 * 60));
    world.work().await;
    assert_eq!(world.told().last().unwrap(), APPROVED);
}
