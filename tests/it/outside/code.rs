//! The authorization code with PKCE, at a provider that rotates refresh tokens.

use serde_json::json;

use super::oidc_provider::{AUDIENCE, Account, OidcProvider, Setup};
use super::relying_party::{Client, RelyingParty, parameter};

const ALICE: &str = "00u-alice";

#[tokio::test]
async fn a_code_is_good_for_tokens_whose_family_ends_when_an_old_one_is_used_again() {
    let Some(provider) = OidcProvider::start(&Setup::default()) else { return };
    let party = RelyingParty::of(&provider).await;
    let first = party.redeem(&provider.log_in(&party.asks(&[]), ALICE).await.unwrap()).await.unwrap();
    let who = party.claims(&first.id_token, "p0-chatops").await;
    assert_eq!(
        [&who["sub"], &who["email"], &who["email_verified"], &who["nonce"]],
        [&json!(ALICE), &json!("alice@example.com"), &json!(true), &json!("a-nonce")]
    );
    let who = party.claims(&first.access_token, AUDIENCE).await;
    assert_eq!([&who["sub"], &who["email"]], [&json!(ALICE), &json!("alice@example.com")]);

    let second = party.refresh(Client::Confidential, &first.refresh_token).await.unwrap();
    assert_eq!(party.claims(&second.id_token, "p0-chatops").await["sub"], ALICE);
    for old_and_newest in [&first, &second] {
        let again = party.refresh(Client::Confidential, &old_and_newest.refresh_token).await;
        assert_eq!(again.err().as_deref(), Some("400 invalid_grant"));
    }
    assert_eq!(
        provider.log().await,
        [
            "authorization_code by p0-chatops for 00u-alice: given",
            "refresh_token by p0-chatops for 00u-alice: given",
            "refresh_token by p0-chatops for 00u-alice: invalid_grant: refresh token already used",
            "refresh_token by p0-chatops for nobody: invalid_grant: refresh token not found",
        ]
    );
}

#[tokio::test]
async fn of_two_that_refresh_at_once_one_is_refused_and_the_family_ends() {
    let Some(provider) = OidcProvider::start(&Setup::default()) else { return };
    let party = RelyingParty::of(&provider).await;
    let first = party.redeem(&provider.log_in(&party.asks(&[]), ALICE).await.unwrap()).await.unwrap();
    let refresh = || party.refresh(Client::Confidential, &first.refresh_token);
    let (one, other) = tokio::join!(refresh(), refresh());
    let given: Vec<_> = [one, other].into_iter().flatten().collect();
    assert!(given.len() < 2);
    for tokens in given {
        assert!(party.refresh(Client::Confidential, &tokens.refresh_token).await.is_err());
    }
}

#[tokio::test]
async fn a_code_used_twice_ends_what_it_gave() {
    let Some(provider) = OidcProvider::start(&Setup::default()) else { return };
    let party = RelyingParty::of(&provider).await;
    let callback = provider.log_in(&party.asks(&[]), ALICE).await.unwrap();
    let tokens = party.redeem(&callback).await.unwrap();
    assert_eq!(party.redeem(&callback).await.err().as_deref(), Some("400 invalid_grant"));
    assert!(party.refresh(Client::Confidential, &tokens.refresh_token).await.is_err());
}

#[tokio::test]
async fn a_person_can_say_no_and_one_who_has_left_gets_nothing_more() {
    let Some(provider) = OidcProvider::start(&Setup::default()) else { return };
    let party = RelyingParty::of(&provider).await;
    let refused = provider.refuse(&party.asks(&[])).await.unwrap();
    assert_eq!(parameter(&refused, "error").as_deref(), Some("access_denied"));
    let tokens = party.redeem(&provider.log_in(&party.asks(&[]), ALICE).await.unwrap()).await.unwrap();
    provider.disable(ALICE).await;
    assert!(party.refresh(Client::Confidential, &tokens.refresh_token).await.is_err());
    assert_eq!(provider.log_in(&party.asks(&[]), ALICE).await, Err("403 no such account".into()));
}

#[tokio::test]
async fn a_foreign_redirect_and_a_request_without_pkce_are_refused() {
    let Some(provider) = OidcProvider::start(&Setup::default()) else { return };
    let party = RelyingParty::of(&provider).await;
    let asked = party.asks(&[]);
    let elsewhere = provider.log_in(&asked.replace("link%2Fprovider", "elsewhere"), ALICE).await.unwrap_err();
    assert!(elsewhere.starts_with("400 invalid_redirect_uri"), "{elsewhere}");
    let (bare, _) = asked.split_once("&code_challenge").unwrap();
    let bare = provider.log_in(bare, ALICE).await.unwrap();
    assert_eq!(parameter(&bare, "error").as_deref(), Some("invalid_request"));
}

#[tokio::test]
async fn a_session_spares_a_sign_in_unless_a_fresh_one_is_asked_for() {
    let high = Account { acr: vec!["phr".into()], ..Account::of("alice") };
    let Some(provider) = OidcProvider::start(&Setup { accounts: vec![high], ..Setup::default() }) else { return };
    let party = RelyingParty::of(&provider).await;
    let silently = party.asks(&[("prompt", "none")]);
    let stranger = provider.log_in(&silently, ALICE).await.unwrap();
    assert_eq!(parameter(&stranger, "error").as_deref(), Some("login_required"));

    provider.log_in_with("at home", &party.asks(&[]), ALICE).await.unwrap();
    let spared = provider.log_in_with("at home", &silently, ALICE).await.unwrap();
    let tokens = party.redeem(&spared).await.unwrap();
    let claims = party.claims(&tokens.id_token, "p0-chatops").await;
    assert_eq!((claims.get("auth_time"), claims.get("acr")), (None, None));

    let asked = party.asks(&[("max_age", "0"), ("acr_values", "phrh phr")]);
    let fresh = party.redeem(&provider.log_in_with("at home", &asked, ALICE).await.unwrap()).await.unwrap();
    let claims = party.claims(&fresh.id_token, "p0-chatops").await;
    assert!(claims["auth_time"].is_i64() && claims["acr"] == "phr", "{claims}");
}
