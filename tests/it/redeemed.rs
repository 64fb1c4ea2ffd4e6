//! Mode `assertion` with a token endpoint: what the bot signed is redeemed there for the token that P0 is sent.

use std::time::Duration;

use p0_chatops::sandbox::idp::{Call, Fault, Grant, IdpSetup, IssuerKeys, TrustedIssuer};
use p0_chatops::sandbox::p0::BearerKind;
use serde_json::json;

use crate::identity::{ISSUER, signing_for};
use crate::linked::linking;
use crate::world::{ALICE, CHANNEL, Setup, World};

const APPROVED: &str = r#"approve req-1 {"expirationLength":"2h"} as alice@example.com: 200"#;

/// A company whose provider takes what the bot signs as this grant.
async fn redeeming(grant: &str, more: &str) -> World {
    let identity =
        format!("{}\ntoken_endpoint = \"{{issuer}}/token\"\ngrant = \"{grant}\"{more}", signing_for("{issuer}/token"));
    let setup = linking();
    let idp = setup.idp.clone().map(|idp| IdpSetup { actor_required: false, ..idp });
    let world = World::with(Setup { identity, idp, ..setup }).await;
    let keys = IssuerKeys::Url(format!("{}/.well-known/jwks.json", world.base));
    world.idp().trust_issuer(TrustedIssuer { issuer: ISSUER.to_owned(), keys });
    world
}

fn asked(world: &World) -> Vec<Call> {
    world.idp().calls().into_iter().filter(|call| call.grant.is_some()).collect()
}

#[tokio::test]
async fn p0_is_sent_what_the_token_endpoint_gives_and_it_stays_the_bots_word() {
    let client = "\nclient_id = \"p0-chatops\"\nclient_secret = \"sandbox-idp-secret\"";
    for (grant, more, asked_for) in [
        ("jwt-bearer", "", Grant::JwtBearer),
        ("jwt-bearer", client, Grant::JwtBearer),
        ("token-exchange", client, Grant::TokenExchange),
    ] {
        let world = redeeming(grant, more).await;
        let card = world.usual().await;
        world.presses(ALICE, &card, "approve").await;
        let calls = asked(&world);
        assert_eq!(world.told(), [APPROVED], "{calls:?}");
        assert_eq!((calls.len(), calls[0].grant), (1, Some(asked_for)));
        assert_eq!(calls[0].client.is_some(), !more.is_empty());
        let call = world.p0.calls().pop().unwrap();
        assert_eq!((call.bearer, call.subject.as_deref()), (BearerKind::Login, Some("00u-alice")));
        assert!(world.read(&card).contains("(asserted by the bot)"), "{}", world.read(&card));
        world.slack.slash(ALICE, CHANNEL, "whoami").await.unwrap();
        assert!(world.lines(ALICE)[0].contains("a short token that the bot signs for you"), "{:?}", world.lines(ALICE));
    }
}

#[tokio::test]
async fn a_decision_waits_for_the_endpoint_and_is_refused_where_that_refuses() {
    let world = redeeming("jwt-bearer", "").await;
    let card = world.usual().await;
    world.idp().fail_next(1, Grant::JwtBearer, Fault::bad_gateway());
    world.presses(ALICE, &card, "approve").await;
    assert_eq!(world.told(), [""; 0]);
    world.clock.advance(Duration::from_secs(60));
    world.work().await;
    assert_eq!(world.told(), [APPROVED]);

    world.idp().change_account("alice", |alice| alice.disabled = true);
    world.presses(ALICE, &card, "revoke").await;
    assert_eq!((world.told().len(), asked(&world).pop().unwrap().outcome.as_deref()), (1, Some("invalid_grant")));
    assert!(world.dms(ALICE)[0].contains("Your P0 credential cannot be used"), "{:?}", world.dms(ALICE));
}

#[tokio::test]
async fn a_token_that_the_endpoint_gives_for_somebody_else_is_not_sent() {
    let world = redeeming("jwt-bearer", "").await;
    let card = world.usual().await;
    let eve = crate::linked::saying(&json!({ "sub": "00u-eve", "email": "eve@example.com" }));
    world.idp().change(|idp| idp.odd_tokens = json!({ "access_token": eve }).as_object().cloned().unwrap());
    world.presses(ALICE, &card, "approve").await;
    assert_eq!(world.told(), [""; 0]);
    assert!(world.dms(ALICE)[0].contains("is somebody else's"), "{:?}", world.dms(ALICE));
}
