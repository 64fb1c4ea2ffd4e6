//! What a provider says of itself, and when it is asked.

use std::time::Duration;

use p0_chatops::authorize::openid::{Provider, Trouble};
use serde_json::{Value, json};

use super::says::{Says, Signer, client};

const WELL_KNOWN: &str = "/.well-known/openid-configuration";

async fn says() -> Says {
    Says::start(&Signer::es256("key-1")).await
}

async fn untrusted(changed: Value) -> &'static str {
    let says = says().await;
    says.describes_itself(&changed);
    match says.provider().metadata().await {
        Err(Trouble::Untrusted(rule)) => rule,
        other => panic!("{changed}: {other:?}"),
    }
}

#[tokio::test]
async fn a_provider_is_asked_when_it_is_needed_and_then_believed_for_an_hour() {
    let says = says().await;
    let provider = says.provider();
    assert_eq!(says.times(WELL_KNOWN), 0);
    let metadata = provider.metadata().await.unwrap();
    assert_eq!(metadata.token_endpoint.as_str(), format!("{}/token", says.issuer));
    assert!(!metadata.iss_in_callback);
    says.clock.advance(Duration::from_secs(59 * 60));
    provider.clone().metadata().await.unwrap();
    assert_eq!(says.times(WELL_KNOWN), 1);
    says.clock.advance(Duration::from_secs(60));
    provider.metadata().await.unwrap();
    assert_eq!(says.times(WELL_KNOWN), 2);
}

#[tokio::test]
async fn many_who_need_it_at_once_ask_one_question() {
    let says = says().await;
    let provider = says.provider();
    let asking = (0..20).map(|_| provider.metadata());
    for metadata in futures_util::future::join_all(asking).await {
        metadata.unwrap();
    }
    assert_eq!(says.times(WELL_KNOWN), 1);
}

#[tokio::test]
async fn a_provider_that_is_down_is_asked_again_no_sooner_than_after_30_seconds() {
    let says = says().await;
    let provider = says.provider();
    for (status, said, reason) in [
        (503, "", "HTTP 503"),
        (429, "{}", "HTTP 429"),
        (302, "{}", "HTTP 302"),
        (200, "<!doctype html><title>Sign in</title>", "the answer is not JSON"),
    ] {
        says.on(WELL_KNOWN, status, said);
        for _ in 0..3 {
            assert_eq!(provider.metadata().await, Err(Trouble::Unavailable(reason.to_owned())));
        }
        says.clock.advance(Duration::from_secs(30));
    }
    assert_eq!(says.times(WELL_KNOWN), 4);
    says.describes_itself(&json!({}));
    assert!(provider.metadata().await.is_ok());
}

#[tokio::test]
async fn what_was_believed_serves_on_while_the_provider_is_silent_but_not_once_it_says_something_else() {
    let says = says().await;
    let provider = says.provider();
    provider.metadata().await.unwrap();
    says.on(WELL_KNOWN, 503, "");
    says.clock.advance(Duration::from_secs(2 * 60 * 60));
    assert!(provider.metadata().await.is_ok());
    says.describes_itself(&json!({ "issuer": "https://idp.example.com" }));
    says.clock.advance(Duration::from_secs(30));
    let another = Err(Trouble::Untrusted("the discovery document names another issuer"));
    assert_eq!(provider.metadata().await, another);
    says.on(WELL_KNOWN, 503, "");
    says.clock.advance(Duration::from_secs(30));
    assert!(provider.metadata().await.is_err());
}

#[tokio::test]
async fn a_document_names_exactly_the_issuer_that_was_asked() {
    const ANOTHER: &str = "the discovery document names another issuer";
    let says = says().await;
    for other in ["https://idp.example.com", &format!("{}/", says.issuer), &says.issuer.to_uppercase()] {
        assert_eq!(untrusted(json!({ "issuer": other })).await, ANOTHER, "{other}");
    }
    let incomplete = "the discovery document lacks what has to be in it (issuer, token_endpoint, jwks_uri)";
    for lacking in ["issuer", "token_endpoint", "jwks_uri"] {
        assert_eq!(untrusted(json!({ lacking: null })).await, incomplete, "{lacking}");
    }
}

#[tokio::test]
async fn an_issuer_of_many_tenants_is_refused_before_anybody_is_asked() {
    let of_many = "the issuer stands for many tenants (common, organizations, {tenantid}): name the issuer of your own \
                   tenant, https://login.microsoftonline.com/<tenant id>/v2.0";
    let says = says().await;
    for issuer in ["/common/v2.0", "/Organizations/v2.0", "/{tenantid}/v2.0"] {
        let mut registration = says.registration();
        registration.issuer = format!("{}{issuer}", says.issuer);
        let provider = Provider::new(registration, client(), says.clock.clone());
        assert_eq!(provider.metadata().await, Err(Trouble::Untrusted(of_many)), "{issuer}");
    }
    assert_eq!(untrusted(json!({ "issuer": "https://login.microsoftonline.com/{tenantid}/v2.0" })).await, of_many);
}

#[tokio::test]
async fn nothing_is_sent_where_it_could_be_read_on_the_way() {
    const OPEN: &str = "the discovery document names an address that is not https (http is for loopback hosts only)";
    for endpoint in ["authorization_endpoint", "token_endpoint", "jwks_uri", "revocation_endpoint"] {
        for open in ["http://idp.example.com/x", "http://localhost.example.com/x", "ftp://127.0.0.1/x", "/x"] {
            assert_eq!(untrusted(json!({ endpoint: open })).await, OPEN, "{endpoint} {open}");
        }
    }
    assert_eq!(untrusted(json!({ "token_endpoint": "https://user:word@idp.example.com/" })).await, OPEN);
    let mut registration = says().await.registration();
    registration.issuer = "http://idp.example.com".to_owned();
    let provider = Provider::new(registration, client(), p0_chatops::clock::Clock::stepped());
    assert_eq!(provider.metadata().await, Err(Trouble::Untrusted("the issuer is no https address")));
}
