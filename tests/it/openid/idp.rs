//! The same client at a provider that keeps to the rules, or breaks one when it is told to.

use std::time::Duration;

use p0_chatops::authorize::openid::exchange::{
    ACCESS_TOKEN, ID_TOKEN, JWT, TokenExchange, Typed, jwt_bearer, token_exchange,
};
use p0_chatops::authorize::openid::token_endpoint::{Authentication, TokenEndpoint};
use p0_chatops::authorize::openid::{Ask, Grant, Poll, Provider, Registration, Revoked, Trouble, Verified};
use p0_chatops::clock::Clock;
use p0_chatops::config::Secret;
use p0_chatops::domain::route::risk::Fresh;
use p0_chatops::sandbox::idp::{Endpoint, Fault, Grant as GrantType, Idp, IdpSetup, IssuerKeys, Tamper, TrustedIssuer};
use serde_json::json;
use url::Url;

use super::says::{NONCE, Signer, client, redirect};

const VERIFIER: &str = "a-verifier-of-at-least-forty-three-characters";

/// A provider and the bot's client of it.
struct Stage {
    idp: Idp,
    clock: Clock,
    provider: Provider,
}

impl Stage {
    async fn set() -> Self {
        Self::set_with(IdpSetup::default(), Some("sandbox-idp-secret")).await
    }

    async fn set_with(setup: IdpSetup, secret: Option<&str>) -> Self {
        let clock = Clock::stepped();
        let idp = Idp::start(IdpSetup { clock: clock.clone(), ..setup }).await.unwrap();
        idp.allow_redirect("p0-chatops", redirect().as_str());
        let registration = Registration {
            issuer: idp.issuer(),
            client_id: if secret.is_some() { "p0-chatops" } else { "p0-device" }.to_owned(),
            client_secret: secret.map(Secret::new),
            scopes: ["openid", "email", "profile", "offline_access"].map(str::to_owned).into(),
            pkce: true,
        };
        let provider = Provider::new(registration, client(), clock.clone());
        Self { idp, clock, provider }
    }

    /// Where the browser of somebody comes back to who signed in for the bot.
    async fn callback(&self, who: &str, fresh: Option<Fresh>) -> Url {
        let redirect = redirect();
        let ask = Ask {
            redirect_uri: &redirect,
            state: "state-1",
            nonce: NONCE,
            verifier: VERIFIER,
            login_hint: None,
            team: None,
            fresh,
        };
        let url = self.provider.authorization_url(&ask).await.unwrap();
        self.idp.log_in(url, who).await.unwrap()
    }

    async fn redeem(&self, callback: &Url) -> Result<Grant, Trouble> {
        let of = |name: &str| callback.query_pairs().find(|(own, _)| own == name).map(|(_, value)| value.into_owned());
        let (code, iss) = (of("code").unwrap(), of("iss"));
        self.provider.redeem(&code, &redirect(), VERIFIER, NONCE, iss.as_deref()).await
    }

    async fn link(&self, who: &str) -> Result<Grant, Trouble> {
        self.redeem(&self.callback(who, None).await).await
    }

    async fn refresh(&self, grant: &Grant) -> Result<Grant, Trouble> {
        self.provider.refresh(grant.refresh_token.as_ref().unwrap(), "00u-alice").await
    }

    fn token_endpoint(&self) -> TokenEndpoint {
        let url = Url::parse(&format!("{}/token", self.idp.issuer())).unwrap();
        let (client_id, client_secret) = ("p0-chatops".to_owned(), Secret::new("sandbox-idp-secret"));
        TokenEndpoint::new(url, Authentication::Basic { client_id, client_secret }, client(), self.clock.clone())
    }
}

fn refused(trouble: Trouble) -> String {
    match trouble {
        Trouble::Refused { code, .. } => code,
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn somebody_signs_in_and_is_renewed_until_they_are_given_back() {
    let stage = Stage::set().await;
    let grant = stage.link("alice").await.unwrap();
    let claims = grant.claims.as_ref().unwrap();
    assert_eq!((claims.issuer.as_str(), claims.subject.as_str()), (stage.idp.issuer().as_str(), "00u-alice"));
    assert_eq!((claims.email.as_deref(), claims.email_verified), (Some("alice@example.com"), Some(Verified::Yes)));
    let renewed = stage.refresh(&grant).await.unwrap();
    assert_ne!(renewed.refresh_token, grant.refresh_token);
    assert_eq!(renewed.claims.as_ref().unwrap().auth_time, claims.auth_time);
    assert_eq!(stage.provider.revoke(renewed.refresh_token.as_ref().unwrap()).await, Ok(Revoked::AtProvider));
    assert_eq!(stage.idp.living_families("alice"), 0);
    assert_eq!(refused(stage.refresh(&renewed).await.unwrap_err()), "invalid_grant");
}

#[tokio::test]
async fn a_refresh_token_that_is_used_twice_ends_the_family() {
    let stage = Stage::set().await;
    let grant = stage.link("alice").await.unwrap();
    stage.idp.fail_next(1, GrantType::RefreshToken, Fault::LostAnswer);
    assert!(matches!(stage.refresh(&grant).await, Err(Trouble::Unavailable(_))));
    assert_eq!(refused(stage.refresh(&grant).await.unwrap_err()), "invalid_grant");
    assert_eq!(stage.idp.living_families("alice"), 0);
}

#[tokio::test]
async fn where_nothing_rotates_the_old_refresh_token_stays() {
    let stage = Stage::set_with(
        IdpSetup { rotates: false, refreshes_id_token: false, ..IdpSetup::default() },
        Some("sandbox-idp-secret"),
    );
    let stage = stage.await;
    let grant = stage.link("alice").await.unwrap();
    for _ in 0..2 {
        let renewed = stage.refresh(&grant).await.unwrap();
        assert!(renewed.refresh_token.is_none() && renewed.claims.is_none());
    }
}

#[tokio::test]
async fn each_lie_of_an_id_token_is_found() {
    let stage = Stage::set().await;
    let algorithm = "the ID token's algorithm is not its key's";
    for (tamper, rule) in [
        (Tamper::Audience, "the ID token is for another client (aud)"),
        (Tamper::Issuer, "the ID token is another issuer's"),
        (Tamper::Nonce, "the ID token is of another sign-in (nonce)"),
        (Tamper::ForeignKey, "the ID token's signature is wrong"),
        (Tamper::UnknownKey, "the provider does not publish the key that the ID token names"),
        (Tamper::Unsigned, algorithm),
        (Tamper::PublicKeyAsSecret, algorithm),
        (Tamper::Expired, "the ID token has run out"),
        (Tamper::Subject(String::new()), "the ID token's subject is none"),
    ] {
        stage.idp.tamper(tamper.clone());
        assert_eq!(stage.link("alice").await.unwrap_err(), Trouble::Untrusted(rule), "{tamper:?}");
    }
    stage.idp.tamper(Tamper::EmailVerifiedAsText);
    assert_eq!(stage.link("alice").await.unwrap().claims.unwrap().email_verified, Some(Verified::Unclear));
    stage.idp.tamper(Tamper::NoEmail);
    assert_eq!(stage.link("alice").await.unwrap().claims.unwrap().email, None);
}

#[tokio::test]
async fn a_renewal_that_answers_for_somebody_else_is_found() {
    let stage = Stage::set().await;
    let grant = stage.link("alice").await.unwrap();
    stage.idp.tamper(Tamper::Subject("00u-bob".to_owned()));
    let renewed = stage.refresh(&grant).await.unwrap();
    assert_eq!((renewed.doubt, renewed.claims), (Some(Trouble::AnotherPerson), None));
}

#[tokio::test]
async fn keys_may_change_between_a_link_and_its_renewal() {
    let stage = Stage::set().await;
    let grant = stage.link("alice").await.unwrap();
    stage.idp.rotate_keys(false);
    stage.clock.advance(Duration::from_secs(30));
    assert_eq!(stage.refresh(&grant).await.unwrap().claims.unwrap().subject, "00u-alice");
}

#[tokio::test]
async fn a_proof_says_when_and_by_what_somebody_signed_in() {
    let stage = Stage::set().await;
    stage.idp.change_account("alice", |alice| alice.acr = vec!["phr".to_owned()]);
    let fresh = Fresh { max_age: Duration::ZERO, acr_values: vec!["phr".to_owned()] };
    let proof = stage.redeem(&stage.callback("alice", Some(fresh)).await).await.unwrap();
    let claims = proof.claims.unwrap();
    assert_eq!(claims.auth_time.unwrap().as_second(), stage.clock.now().as_second());
    assert_eq!(claims.acr.as_deref(), Some("phr"));
    assert!(proof.refresh_token.is_none());
}

#[tokio::test]
async fn a_device_waits_for_its_person_and_no_longer() {
    let stage = Stage::set_with(IdpSetup::default(), None).await;
    let code = async || stage.provider.device_code().await.unwrap_or_else(|trouble| panic!("{trouble}"));
    let asked = code().await;
    let poll = async |code: &Secret| {
        stage.clock.advance(Duration::from_secs(10));
        stage.provider.poll(code).await
    };
    assert!(matches!(poll(&asked.device_code).await, Ok(Poll::Pending)));
    assert!(matches!(stage.provider.poll(&asked.device_code).await, Ok(Poll::SlowDown)));
    stage.idp.enter_code(&asked.user_code, "alice").await.unwrap();
    let Ok(Poll::Granted(grant)) = poll(&asked.device_code).await else { panic!("no grant") };
    assert_eq!(grant.claims.as_ref().unwrap().subject, "00u-alice");
    assert!(stage.refresh(&grant).await.is_ok());
    assert_eq!(refused(poll(&asked.device_code).await.unwrap_err()), "invalid_grant");

    let asked = code().await;
    stage.idp.deny_code(&asked.user_code).await.unwrap();
    assert!(matches!(poll(&asked.device_code).await, Ok(Poll::Denied)));
    let asked = code().await;
    stage.clock.advance(asked.expires_in);
    assert!(matches!(poll(&asked.device_code).await, Ok(Poll::Expired)));
}

#[tokio::test]
async fn a_provider_that_is_down_or_answers_with_a_page_can_be_asked_again() {
    let stage = Stage::set().await;
    let callback = stage.callback("alice", None).await;
    let page = Fault::text(200, "<html>Sign in to the network</html>");
    for fault in
        [page, Fault::bad_gateway(), Fault::redirect("https://idp.example.com/jwks"), Fault::Drop, Fault::Truncated]
    {
        stage.idp.fail_next(1, Endpoint::Jwks, fault.clone());
        assert!(matches!(stage.redeem(&callback).await, Err(Trouble::Unavailable(_))), "{fault:?}");
        stage.clock.advance(Duration::from_secs(30));
    }
    stage.idp.down().await;
    assert!(matches!(stage.redeem(&callback).await, Err(Trouble::Unavailable(_))));
    stage.idp.up().await.unwrap();
    stage.clock.advance(Duration::from_secs(30));
    // Nothing was redeemed meanwhile.
    let callback = stage.callback("alice", None).await;
    assert!(stage.redeem(&callback).await.is_ok());
}

#[tokio::test]
async fn a_persons_token_is_exchanged_for_one_that_names_the_bot_as_actor() {
    let stage = Stage::set().await;
    let signer = Signer::es256("bot-1");
    let keys = serde_json::from_value(json!({ "keys": [signer.jwk()] })).unwrap();
    stage.idp.trust_issuer(TrustedIssuer { issuer: "https://bot.example.com".to_owned(), keys: IssuerKeys::Set(keys) });
    let now = stage.clock.now().as_second();
    let signed = |subject: &str, id: &str| {
        let claims = json!({
            "iss": "https://bot.example.com", "sub": subject, "aud": stage.idp.issuer(),
            "iat": now, "exp": now + 60, "jti": id,
        });
        Secret::new(signer.sign(&signer.header(), &claims))
    };
    let grant = stage.link("alice").await.unwrap();
    let actor = signed("https://bot.example.com", "1");
    let ask = TokenExchange {
        subject: Typed { token: grant.id_token.as_ref().unwrap(), kind: ID_TOKEN },
        actor: Some(Typed { token: &actor, kind: JWT }),
        audience: Some("p0"),
        resource: None,
        scope: None,
        requested_token_type: Some(ACCESS_TOKEN),
    };
    let exchanged = token_exchange(&stage.token_endpoint(), &ask).await.unwrap();
    assert_eq!(exchanged.issued_token_type.as_deref(), Some(ACCESS_TOKEN));
    assert_eq!(exchanged.expires, Some(stage.clock.now() + Duration::from_secs(3600)));
    // The same actor's token a second time.
    assert_eq!(refused(token_exchange(&stage.token_endpoint(), &ask).await.unwrap_err()), "invalid_request");

    let asserted = jwt_bearer(&stage.token_endpoint(), &signed("00u-alice", "2"), None).await.unwrap();
    assert!(asserted.expires.is_some());
    let nobody = jwt_bearer(&stage.token_endpoint(), &signed("00u-mallory", "3"), None).await.unwrap_err();
    assert_eq!(refused(nobody), "invalid_grant");
}
