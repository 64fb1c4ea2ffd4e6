//! Mode `exchange`: the linked account's token is exchanged for the one that P0 is sent, with the bot as the actor.

use std::time::Duration;

use p0_chatops::sandbox::idp::{Fault, Grant, IssuerKeys, TrustedIssuer};

use super::renewal::{alice, beside, claims_of};
use super::{Browser, linking};
use crate::identity::{ISSUER, key_file};
use crate::world::{ALICE, CHANNEL, Setup, World};

const APPROVED: &str = r#"approve req-1 {"expirationLength":"2h"} as alice@example.com: 200"#;

/// A company whose provider exchanges tokens for this audience, and trusts the bot's published key.
async fn exchanging(audience: &str) -> World {
    let setup = linking();
    let identity = setup.identity.replace("mode = \"linked\"", "mode = \"exchange\"")
        + &format!(
            "\n[identity.exchange]\nendpoint = \"{{issuer}}/token\"\nclient_id = \"p0-chatops\"\n\
             client_secret = \"sandbox-idp-secret\"\naudience = \"{audience}\"\nactor = \"{ISSUER}\"\n\
             actor_key_file = \"{}\"",
            key_file().display()
        );
    let world = World::with(Setup { identity, ..setup }).await;
    let keys = IssuerKeys::Url(format!("{}/.well-known/jwks.json", world.base));
    world.idp().trust_issuer(TrustedIssuer { issuer: ISSUER.to_owned(), keys });
    world
}

fn exchanges(world: &World) -> Vec<String> {
    let calls = world.idp().calls().into_iter().filter(|call| call.grant == Some(Grant::TokenExchange));
    calls.map(|call| call.outcome.unwrap_or_default()).collect()
}

#[tokio::test]
async fn p0_is_sent_a_token_of_the_person_in_which_the_bot_acts() {
    let world = exchanging("p0").await;
    let card = world.usual().await;
    assert_eq!(world.links(ALICE, "alice").await.title(), "Your account is linked");
    assert_eq!(exchanges(&world), ["ok"], "P0 was asked about the account with such a token");
    world.presses(ALICE, &card, "approve").await;
    assert_eq!((world.told(), exchanges(&world).len()), (vec![APPROVED.to_owned()], 2));
    assert_eq!(world.p0.calls().pop().unwrap().subject.as_deref(), Some("00u-alice"));
    assert!(world.read(&card).contains("*Approved* by <@U01ALICE>"), "{}", world.read(&card));
    world.slack.slash(ALICE, CHANNEL, "whoami").await.unwrap();
    let line = world.lines(ALICE).pop().unwrap();
    assert!(line.contains("Your decisions go out with a token got for the account that you have linked."), "{line}");

    let bearer = beside(&world).await.of(&alice(), None).await.unwrap().bearer;
    let claims = claims_of(bearer.expose());
    assert_eq!([&claims["sub"], &claims["act"]["sub"], &claims["aud"]], ["00u-alice", ISSUER, "p0"]);
}

#[tokio::test]
async fn a_decision_waits_for_an_endpoint_that_is_down() {
    let world = exchanging("p0").await;
    let card = world.usual().await;
    world.links(ALICE, "alice").await;
    world.idp().fail_until_cleared(Grant::TokenExchange, Fault::bad_gateway());
    world.presses(ALICE, &card, "approve").await;
    assert_eq!(world.told(), [""; 0]);
    world.idp().clear_faults();
    world.clock.advance(Duration::from_secs(60));
    world.work().await;
    assert_eq!((world.told(), world.renewals().len()), (vec![APPROVED.to_owned()], 0));
}

#[tokio::test]
async fn an_endpoint_that_gives_no_token_for_this_audience_is_the_operators_to_mend() {
    let world = exchanging("p0").await;
    let card = world.usual().await;
    world.links(ALICE, "alice").await;
    world.idp().change(|idp| idp.audience = "elsewhere".to_owned());
    world.presses(ALICE, &card, "approve").await;
    assert_eq!((world.told(), exchanges(&world).pop().unwrap()), (Vec::<String>::new(), "invalid_target".to_owned()));
    assert!(world.dms(ALICE)[1].contains("Your P0 credential cannot be used"), "{:?}", world.dms(ALICE));
    world.idp().change(|idp| idp.audience = "p0".to_owned());
    world.presses(ALICE, &card, "approve").await;
    assert_eq!(world.told(), [APPROVED]);
}

#[tokio::test]
async fn nobody_links_an_account_whose_exchanged_token_p0_does_not_take() {
    let world = exchanging("elsewhere").await;
    let page = world.ask_to_link(ALICE).await;
    let shown = Browser::new().link(&world, &page, ALICE, "alice").await;
    assert!(shown.text.contains("It was refused where you signed in (invalid_target)."), "{}", shown.text);
    world.idp().change(|idp| idp.exchange_audiences = vec!["elsewhere".to_owned()]);
    let shown = world.links(ALICE, "alice").await;
    assert!(shown.text.contains("P0 does not take that account"), "{}", shown.text);
}

#[tokio::test]
async fn a_sign_in_that_was_ended_before_its_time_is_found_at_the_exchange() {
    let world = exchanging("p0").await;
    let card = world.usual().await;
    world.links(ALICE, "alice").await;
    world.idp().revoke_families_of("alice");
    world.presses(ALICE, &card, "approve").await;
    assert_eq!((world.told(), world.renewals()), (Vec::<String>::new(), vec!["invalid_grant".to_owned()]));
    world.dm_saying(ALICE, "Please link again");
}
