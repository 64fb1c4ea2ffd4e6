//! The device flow, with opaque access tokens.

use serde::Deserialize;
use serde_json::Value;

use super::control::http;
use super::oidc_provider::{AccessTokens, Account, OidcProvider, Setup};
use super::relying_party::{Client, RelyingParty, Tokens};

#[derive(Deserialize)]
struct Device {
    device_code: String,
    user_code: String,
}

async fn begin(party: &RelyingParty) -> Device {
    let url = &party.metadata.device_authorization_endpoint;
    party.post(url, Client::Public, &[("scope", "openid email offline_access")]).await.json().await.unwrap()
}

async fn poll(party: &RelyingParty, device: &Device) -> Result<Tokens, String> {
    let grant = "urn:ietf:params:oauth:grant-type:device_code";
    party.token(Client::Public, &[("grant_type", grant), ("device_code", &device.device_code)]).await
}

#[tokio::test]
async fn a_code_entered_elsewhere_is_good_for_tokens_once() {
    let erin = Account { email_verified: None, ..Account::of("erin") };
    let setup = Setup { accounts: vec![erin], access_tokens: AccessTokens::Opaque, token_life: 60 };
    let Some(provider) = OidcProvider::start(&setup) else { return };
    let party = RelyingParty::of(&provider).await;
    let device = begin(&party).await;
    assert_eq!(poll(&party, &device).await.err().as_deref(), Some("400 authorization_pending"));
    let wrong = provider.enter_code("AAAA-AAAA", "00u-erin").await;
    assert_eq!(wrong, Err("Not with this code: the code was not found".into()));

    assert_eq!(provider.enter_code(&device.user_code, "00u-erin").await.as_deref(), Ok("Signed in"));
    let tokens = poll(&party, &device).await.unwrap();
    let who = party.claims(&tokens.id_token, "p0-device").await;
    assert_eq!((who["email"].as_str(), who.get("email_verified")), (Some("erin@example.com"), None));
    let userinfo = http().get(&party.metadata.userinfo_endpoint).bearer_auth(&tokens.access_token);
    assert_eq!(userinfo.send().await.unwrap().json::<Value>().await.unwrap()["sub"], "00u-erin");

    let next = party.refresh(Client::Public, &tokens.refresh_token).await.unwrap();
    let revoked = [("token", next.refresh_token.as_str())];
    assert_eq!(party.post(&party.metadata.revocation_endpoint, Client::Public, &revoked).await.status(), 200);
    assert!(party.refresh(Client::Public, &next.refresh_token).await.is_err());
    assert_eq!(
        provider.log().await[2..],
        [
            "refresh_token by p0-device for 00u-erin: given",
            "revocation by p0-device for 00u-erin: revoked",
            "refresh_token by p0-device for nobody: invalid_grant: refresh token not found",
        ]
    );
}

#[tokio::test]
async fn a_code_polled_after_success_ends_what_it_gave_and_one_denied_gives_nothing() {
    let Some(provider) = OidcProvider::start(&Setup::default()) else { return };
    let party = RelyingParty::of(&provider).await;
    let denied = begin(&party).await;
    provider.deny_code(&denied.user_code).await.unwrap();
    assert_eq!(poll(&party, &denied).await.err().as_deref(), Some("400 access_denied"));

    let device = begin(&party).await;
    provider.enter_code(&device.user_code, "00u-bob").await.unwrap();
    let tokens = poll(&party, &device).await.unwrap();
    assert_eq!(poll(&party, &device).await.err().as_deref(), Some("400 invalid_grant"));
    assert!(party.refresh(Client::Public, &tokens.refresh_token).await.is_err());
}
