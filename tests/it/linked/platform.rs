//! What P0 is sent is an ID token of Identity Platform, got as P0's own client gets it.

use std::time::Duration;

use p0_chatops::sandbox::identity_platform::{Endpoint, IdentityPlatform, IdentityPlatformSetup, Tenant};
use p0_chatops::sandbox::idp::{Fault, Grant, IssuerKeys};
use p0_chatops::sandbox::p0::SignOn;

use serde_json::json;

use super::linking;
use super::renewal::{alice, beside_with};
use crate::world::{ALICE, CHANNEL, Setup, World};

const HOUR: Duration = Duration::from_secs(3600);
const A_WHILE: Duration = Duration::from_secs(60);
const APPROVED: &str = r#"approve req-1 {"expirationLength":"2h"} as alice@example.com: 200"#;
const REVOKED: &str = "revoke req-1 {} as alice@example.com: 200";

/// A company whose P0 takes Identity Platform's ID tokens only, with this client at the provider.
async fn company(setup: Setup, client: &str) -> (World, IdentityPlatform) {
    let platform = IdentityPlatformSetup { clock: setup.clock.clone(), ..IdentityPlatformSetup::default() };
    let platform = IdentityPlatform::start(platform).await.unwrap();
    let send = format!(
        "send = \"identity_platform\"\nidentity_toolkit_url = \"{}\"\nsecure_token_url = \"{}\"",
        platform.identity_toolkit_url(),
        platform.secure_token_url()
    );
    let identity = setup.identity.replace("send = \"access_token\"", &send);
    let world = World::with(Setup { identity, ..setup }).await;
    let sign_on = SignOn { client_id: client.to_owned(), provider_domain: None, ..SignOn::default() };
    let keys = IssuerKeys::Url(format!("{}/jwks", world.idp().issuer()));
    platform.set_tenant(Tenant::of(&sign_on, &world.idp().issuer(), keys));
    world.p0.trust_login(platform.login());
    world.p0.behave(|p0| p0.sign_on = sign_on);
    (world, platform)
}

async fn by_code() -> (World, IdentityPlatform) {
    company(linking(), "p0-chatops").await
}

fn asked(platform: &IdentityPlatform) -> Vec<(Endpoint, Option<u16>)> {
    platform.calls().into_iter().map(|call| (call.endpoint, call.status)).collect()
}

const SIGN_IN: (Endpoint, Option<u16>) = (Endpoint::SignIn, Some(200));
const REFRESH: (Endpoint, Option<u16>) = (Endpoint::Refresh, Some(200));

#[tokio::test]
async fn a_sign_in_with_a_nonce_is_exchanged_and_so_is_each_renewal_of_it() {
    // Some providers repeat the nonce at each refresh.
    for repeats_nonce in [false, true] {
        let (world, platform) = by_code().await;
        world.idp().change(|idp| idp.repeats_nonce = repeats_nonce);
        let card = world.usual().await;
        assert_eq!(world.links(ALICE, "alice").await.title(), "Your account is linked");
        world.presses(ALICE, &card, "approve").await;
        assert_eq!((world.told(), asked(&platform)), (vec![APPROVED.to_owned()], vec![SIGN_IN]));
        world.clock.advance(HOUR);
        world.presses(ALICE, &card, "revoke").await;
        assert_eq!((world.told()[1].as_str(), world.renewals().len()), (REVOKED, 1));
        assert_eq!(asked(&platform), [SIGN_IN, SIGN_IN], "{:?}", platform.calls());
    }
}

#[tokio::test]
async fn a_device_code_leads_there_as_well() {
    let setup = linking();
    let identity = setup.identity.replace("flow = \"code\"", "flow = \"device\"");
    let identity = identity.replace("p0-chatops", "p0-device").replace("client_secret = \"sandbox-idp-secret\"\n", "");
    let (world, platform) = company(Setup { identity, ..setup }, "p0-device").await;
    world.slack.slash(ALICE, CHANNEL, "link").await.unwrap();
    world.work().await;
    let told = world.dms(ALICE).pop().unwrap();
    let code = told.split_once("enter the code ").unwrap().1.split_once(" at ").unwrap().0;
    world.idp().enter_code(code.trim_matches('`'), "alice").await.unwrap();
    world.clock.advance(Duration::from_secs(6));
    world.work().await;
    assert!(world.dms(ALICE).pop().unwrap().contains("Your account is linked"), "{:?}", world.dms(ALICE));
    let card = world.usual().await;
    world.presses(ALICE, &card, "approve").await;
    world.clock.advance(HOUR);
    world.presses(ALICE, &card, "revoke").await;
    assert_eq!(
        (world.told(), asked(&platform)),
        (vec![APPROVED.to_owned(), REVOKED.to_owned()], vec![SIGN_IN, SIGN_IN])
    );
}

#[tokio::test]
async fn a_closed_account_is_over_although_identity_platform_would_go_on() {
    let (world, platform) = by_code().await;
    world.links(ALICE, "alice").await;
    world.idp().disable("alice");
    world.clock.advance(HOUR);
    let card = world.usual().await;
    world.presses(ALICE, &card, "approve").await;
    assert_eq!((world.told(), asked(&platform)), (Vec::<String>::new(), vec![SIGN_IN]));
    world.dm_saying(ALICE, "Please link again");
}

#[tokio::test]
async fn without_a_refresh_token_identity_platform_renews_for_one_session_and_no_longer() {
    let mut setup = linking();
    setup.idp.as_mut().unwrap().clients[0].grants.retain(|grant| *grant != Grant::RefreshToken);
    let (world, platform) = company(setup, "p0-chatops").await;
    world.links(ALICE, "alice").await;
    let card = world.usual().await;
    world.clock.advance(11 * HOUR + HOUR / 2);
    world.presses(ALICE, &card, "approve").await;
    assert_eq!((world.told(), asked(&platform)), (vec![APPROVED.to_owned()], vec![SIGN_IN, REFRESH]));
    // The token would be good for longer than the session is.
    world.clock.advance(HOUR / 2);
    world.presses(ALICE, &card, "revoke").await;
    assert_eq!((world.told().len(), asked(&platform).len()), (1, 2));
    world.dm_saying(ALICE, "Your link has run out");
}

#[tokio::test]
async fn a_refresh_without_an_id_token_is_the_providers_word_all_the_same() {
    let (world, platform) = by_code().await;
    world.idp().change(|idp| idp.refreshes_id_token = false);
    world.links(ALICE, "alice").await;
    world.clock.advance(20 * HOUR);
    let card = world.usual().await;
    world.presses(ALICE, &card, "approve").await;
    assert_eq!((world.told(), asked(&platform)), (vec![APPROVED.to_owned()], vec![SIGN_IN, REFRESH]));
    assert_eq!(world.renewals(), ["ok"]);
}

#[tokio::test]
async fn what_the_provider_gave_is_kept_where_the_exchange_fails() {
    let (world, platform) = by_code().await;
    world.links(ALICE, "alice").await;
    world.clock.advance(HOUR);
    let card = world.usual().await;
    platform.fail_next(1, Endpoint::SignIn, Fault::bad_gateway());
    world.presses(ALICE, &card, "approve").await;
    assert_eq!((world.told(), world.renewals()), (Vec::<String>::new(), vec!["ok".to_owned()]));
    world.clock.advance(A_WHILE);
    world.work().await;
    assert_eq!((world.told(), world.renewals()), (vec![APPROVED.to_owned()], vec!["ok".to_owned(); 2]));
    assert_eq!(world.idp().living_families("alice"), 1);
}

#[tokio::test]
async fn nothing_is_spent_at_the_provider_before_p0_has_said_how_one_logs_in() {
    let (mut world, platform) = by_code().await;
    world.links(ALICE, "alice").await;
    world.clock.advance(HOUR);
    let card = world.usual().await;
    // What was pinned holds: P0 may name another key and provider later, or say nothing.
    world.p0.behave(|p0| (p0.sign_on.api_key, p0.sign_on.provider_id) = ("another".into(), "oidc.another".into()));
    world.restart().await;
    world.presses(ALICE, &card, "approve").await;
    assert_eq!((world.told(), asked(&platform)), (vec![APPROVED.to_owned()], vec![SIGN_IN, SIGN_IN]));
    world.p0.down().await;
    world.restart().await;
    world.clock.advance(HOUR);
    world.presses(ALICE, &card, "revoke").await;
    assert_eq!((world.renewals().len(), asked(&platform).len()), (2, 3), "the pin is enough");
}

#[tokio::test]
async fn another_p0_on_the_same_ledger_has_a_login_of_its_own() {
    let (world, platform) = by_code().await;
    world.links(ALICE, "alice").await;
    world.clock.advance(HOUR);
    let sign_on = SignOn {
        tenant_id: "another-tenant".to_owned(),
        client_id: "p0-chatops".to_owned(),
        provider_domain: None,
        ..SignOn::default()
    };
    let keys = IssuerKeys::Url(format!("{}/jwks", world.idp().issuer()));
    platform.set_tenant(Tenant::of(&sign_on, &world.idp().issuer(), keys));
    world.p0.behave(|p0| p0.sign_on = sign_on);
    let mut settings = world.settings();
    settings.p0.base_url.set_host(Some("localhost")).unwrap();
    // To this tenant she is another account than to the one at which she linked.
    beside_with(&world, settings).await.of(&alice(), None).await.unwrap_err();
    assert_eq!(platform.calls().pop().unwrap().tenant.as_deref(), Some("another-tenant"));
}

#[tokio::test]
async fn a_key_that_identity_platform_refuses_ends_nobodys_link() {
    let (world, platform) = by_code().await;
    world.links(ALICE, "alice").await;
    world.clock.advance(HOUR);
    let card = world.usual().await;
    let refusal = r#"{"error":{"code":400,"message":"API key not valid. Please pass a valid API key."}}"#;
    let fault = Fault::text(400, refusal);
    platform.fail_next(1, Endpoint::SignIn, fault);
    world.presses(ALICE, &card, "approve").await;
    assert!(world.dms(ALICE)[1].contains("Your P0 credential cannot be used"), "{:?}", world.dms(ALICE));
    world.presses(ALICE, &card, "approve").await;
    assert_eq!(world.told(), [APPROVED]);
}

#[tokio::test]
async fn what_is_over_at_identity_platform_is_given_back_to_the_provider() {
    let (world, platform) = by_code().await;
    world.links(ALICE, "alice").await;
    platform.disable("alice@example.com");
    world.clock.advance(HOUR);
    let card = world.usual().await;
    world.presses(ALICE, &card, "approve").await;
    world.dm_saying(ALICE, "What P0 logs people in with does not take your link any more");
    assert_eq!((world.told(), world.idp().living_families("alice")), (Vec::<String>::new(), 0));
}

#[tokio::test]
async fn a_session_that_is_over_is_begun_anew_with_what_the_provider_gave() {
    let (world, platform) = by_code().await;
    world.idp().change(|idp| idp.refreshes_id_token = false);
    world.links(ALICE, "alice").await;
    let card = world.usual().await;
    let over = Fault::text(400, r#"{"error":{"code":400,"message":"TOKEN_EXPIRED","status":"INVALID_ARGUMENT"}}"#);
    let anew = json!({ "idToken": "session-2", "refreshToken": "refresh-2", "expiresIn": "3600" });
    world.p0.trust_token("session-2", "alice@example.com");
    platform.fail_next(1, Endpoint::Refresh, over.clone());
    platform.fail_next(1, Endpoint::SignIn, Fault::text(200, &anew.to_string()));
    world.clock.advance(HOUR);
    world.presses(ALICE, &card, "approve").await;
    assert_eq!(world.told(), [APPROVED]);
    // The stand-in takes no access token without an ID token: then she has to sign in herself.
    platform.fail_next(1, Endpoint::Refresh, over);
    world.clock.advance(HOUR);
    world.presses(ALICE, &card, "revoke").await;
    assert_eq!((world.told().len(), world.idp().living_families("alice")), (1, 0));
    world.dm_saying(ALICE, "Please link again");
}
