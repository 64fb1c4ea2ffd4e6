//! The bot links an account at oidc-provider by a device code.

use std::time::Duration;

use p0_chatops::sandbox::p0::{IssuerKeys, TrustedLogin};

use super::oidc_provider::{self, AUDIENCE, OidcProvider};
use crate::world::{ALICE, CHANNEL, Setup, World};

#[tokio::test]
async fn somebody_who_enters_a_code_decides_with_their_own_account_from_then_on() {
    let Some(provider) = OidcProvider::start(&oidc_provider::Setup::default()) else { return };
    let identity = "mode = \"linked\"\n[identity.linked]\nissuer = \"{issuer}\"\nclient_id = \"p0-device\"\n\
                    flow = \"device\"\nsend = \"access_token\"";
    let setup = Setup { identity: identity.to_owned(), issuer: Some(provider.issuer.clone()), ..Setup::default() };
    let world = World::with(setup).await;
    world.p0.trust_login(TrustedLogin {
        issuer: provider.issuer.clone(),
        audience: AUDIENCE.to_owned(),
        keys: IssuerKeys::Url(format!("{}/jwks", provider.issuer)),
    });
    world.slack.slash(ALICE, CHANNEL, "link").await.unwrap();
    world.work().await;
    let told = world.dms(ALICE).pop().expect("a code");
    let code = told.split_once("enter the code ").unwrap().1.split_once(" at ").unwrap().0;
    world.clock.advance(Duration::from_secs(6));
    world.work().await;
    assert_eq!(provider.enter_code(code.trim_matches('`'), "00u-alice").await.as_deref(), Ok("Signed in"));
    world.clock.advance(Duration::from_secs(6));
    world.work().await;
    assert!(world.dms(ALICE).pop().unwrap().contains("Your account is linked"), "{:?}", world.dms(ALICE));

    let card = world.usual().await;
    world.presses(ALICE, &card, "approve").await;
    assert_eq!(world.told(), [r#"approve req-1 {"expirationLength":"2h"} as alice@example.com: 200"#]);
    assert_eq!(world.p0.calls().pop().unwrap().subject.as_deref(), Some("00u-alice"));
}
