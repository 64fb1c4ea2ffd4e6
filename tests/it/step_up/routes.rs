//! Where routes ask for different sign-ins, each choice asks for that of its own request.

use std::time::Duration;

use http::StatusCode;
use p0_chatops::sandbox::p0::RequestSeed;

use crate::linked::{Browser, linking};
use crate::world::{ALICE, Card, Setup, World, bobs};

const SSH: &str = r#"approve req-1 {"expirationLength":"2h"} as alice@example.com: 200"#;

const ROUTES: &str = "[[route]]\nname = \"cloud\"\nmatch = { type = \"aws\" }\nchannel = \"{channel}\"\n\
    risk = \"step-up\"\nacr_values = [\"phr\"]\n\
    [[route]]\nname = \"ssh\"\nmatch = { type = \"ssh\" }\nchannel = \"{channel}\"\n\
    risk = \"step-up\"\nacr_values = [\"mfa\"]\nmax_age = \"10m\"\n\
    [[route]]\nchannel = \"{channel}\"\n";

/// A request of a type, and what Alice can prove where she signs in.
async fn with(kind: &str, proves: &str) -> (World, Card) {
    let setup = Setup { routes: Some(ROUTES.to_owned()), ..linking() };
    let world = World::with(setup.set("p0__request_url", "https://acme.p0.app/requests/{id}")).await;
    world.links(ALICE, "alice").await;
    world.idp().change_account("alice", |alice| alice.acr = vec![proves.to_owned()]);
    let card = world.request(RequestSeed { r#type: kind.to_owned(), ..bobs() }).await;
    (world, card)
}

#[tokio::test]
async fn each_route_asks_for_a_class_of_its_own() {
    for (kind, proves, sent) in [("aws", "phr", 1), ("aws", "mfa", 0), ("ssh", "mfa", 1), ("ssh", "phr", 0)] {
        let (world, card) = with(kind, proves).await;
        let page = world.is_held(ALICE, &card, "approve").await;
        let to_provider = Browser::new().to_provider(&page).await;
        let asked = if kind == "aws" { "acr_values=phr" } else { "acr_values=mfa" };
        assert!(to_provider.contains(asked), "{kind}: {to_provider}");
        let shown = world.proves(&page, "alice").await;
        assert_eq!(world.told().len(), sent, "{kind} {proves}: {}", shown.text);
    }
}

#[tokio::test]
async fn each_route_asks_for_an_age_of_its_own() {
    for (kind, proves, asked, sent) in [("aws", "phr", "max_age=0", 0), ("ssh", "mfa", "max_age=600", 1)] {
        let (world, card) = with(kind, proves).await;
        world.clock.advance(Duration::from_secs(3600));
        let page = world.is_held(ALICE, &card, "approve").await;
        let browser = Browser::new();
        let to_provider = browser.to_provider(&page).await;
        assert!(to_provider.contains(asked), "{kind}: {to_provider}");
        let at = world.clock.now() - Duration::from_secs(5 * 60);
        let back = world.idp().log_in_as_of(to_provider, "alice", at).await.unwrap();
        browser.get(back.as_str()).await;
        world.work().await;
        assert_eq!(world.told().len(), sent, "{kind}");
    }
}

#[tokio::test]
async fn a_request_that_may_be_of_both_is_decided_in_p0_where_no_sign_in_is_of_both() {
    let (world, _) = with("ssh", "mfa").await;
    let id = world.p0.add(RequestSeed { id: Some("req-2".into()), ..bobs() });
    world.pushes(&id, |data| drop(data.as_object_mut().unwrap().remove("type"))).await;
    let card = world.cards_in(crate::world::CHANNEL).pop().unwrap();
    assert!(world.read(&card).ends_with("[Decide in P0] [Deny] [I'm on it] [More]"), "{}", world.read(&card));
}

#[tokio::test]
async fn other_requests_ask_for_no_sign_in() {
    let (world, card) = with("k8s", "mfa").await;
    world.presses(ALICE, &card, "approve").await;
    assert_eq!(world.told(), [SSH]);
}

#[tokio::test]
async fn a_sign_in_of_another_route_is_not_enough_when_it_is_sent() {
    let (mut world, card) = with("ssh", "mfa").await;
    world
        .p0
        .fail_until_cleared(p0_chatops::sandbox::p0::Verb::Approve, p0_chatops::sandbox::p0::Fault::too_many(Some(20)));
    let page = world.is_held(ALICE, &card, "approve").await;
    let shown = world.proves(&page, "alice").await;
    assert_eq!((shown.status, world.told().len()), (StatusCode::OK, 1));
    world.p0.clear_faults();
    world.restart_with_routes(&ROUTES.replace("\"mfa\"", "\"phrh\"")).await;
    world.clock.advance(Duration::from_secs(60));
    world.work().await;
    assert_eq!(world.told().len(), 1, "the one that P0 was too busy for: {:?}", world.told());
    assert!(world.dms(ALICE).pop().unwrap().contains("It asks for a fresh sign-in"), "{:?}", world.dms(ALICE));
}
