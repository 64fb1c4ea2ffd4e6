//! Tokens for other tokens, at an endpoint of their own.

use std::time::Duration;

use p0_chatops::authorize::openid::Trouble;
use p0_chatops::authorize::openid::exchange::{
    ACCESS_TOKEN, ID_TOKEN, JWT, TokenExchange, Typed, jwt_bearer, token_exchange,
};
use p0_chatops::authorize::openid::token_endpoint::{Authentication, TokenEndpoint};
use p0_chatops::config::Secret;
use serde_json::json;
use url::Url;

use super::says::{Says, Signer, client};

async fn endpoint(authentication: Authentication) -> (Says, TokenEndpoint) {
    let says = Says::start(&Signer::es256("key-1")).await;
    let url = Url::parse(&format!("{}/exchange", says.issuer)).unwrap();
    let endpoint = TokenEndpoint::new(url, authentication, client(), says.clock.clone());
    (says, endpoint)
}

#[tokio::test]
async fn a_persons_token_is_exchanged_by_the_bot_as_actor() {
    let public = Authentication::Public { client_id: "p0-chatops".to_owned() };
    let (says, endpoint) = endpoint(public).await;
    let (subject, actor) = (Secret::new("alices-token"), Secret::new("bots-assertion"));
    let ask = TokenExchange {
        subject: Typed { token: &subject, kind: ID_TOKEN },
        actor: Some(Typed { token: &actor, kind: JWT }),
        audience: Some("p0"),
        resource: None,
        scope: Some("approve"),
        requested_token_type: Some(ACCESS_TOKEN),
    };
    let answer =
        json!({ "access_token": "t", "issued_token_type": ACCESS_TOKEN, "token_type": "N_A", "expires_in": 60 });
    says.on("/exchange", 200, answer);
    let exchanged = token_exchange(&endpoint, &ask).await.unwrap();
    assert_eq!(exchanged.access_token.expose(), "t");
    assert_eq!(exchanged.expires, Some(says.clock.now() + Duration::from_secs(60)));
    assert_eq!(exchanged.issued_token_type.as_deref(), Some(ACCESS_TOKEN));
    insta::assert_json_snapshot!(says.last().form, @r#"
    {
      "actor_token": "bots-assertion",
      "actor_token_type": "urn:ietf:params:oauth:token-type:jwt",
      "audience": "p0",
      "client_id": "p0-chatops",
      "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
      "requested_token_type": "urn:ietf:params:oauth:token-type:access_token",
      "scope": "approve",
      "subject_token": "alices-token",
      "subject_token_type": "urn:ietf:params:oauth:token-type:id_token"
    }
    "#);
    let words = "alices-token is not bots-assertion's to use";
    says.on("/exchange", 400, json!({ "error": "invalid_request", "error_description": words }));
    let refused = Trouble::Refused { code: "invalid_request".to_owned(), words: "… is not …'s to use".to_owned() };
    assert_eq!(token_exchange(&endpoint, &ask).await.unwrap_err(), refused);
}

#[tokio::test]
async fn an_assertion_speaks_for_itself() {
    let (says, endpoint) = endpoint(Authentication::None).await;
    says.on("/exchange", 200, json!({ "access_token": "t", "token_type": "Bearer" }));
    let exchanged = jwt_bearer(&endpoint, &Secret::new("a.b.c"), None).await.unwrap();
    assert_eq!((exchanged.expires, exchanged.issued_token_type), (None, None));
    insta::assert_json_snapshot!(says.last().form, @r#"
    {
      "assertion": "a.b.c",
      "grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer"
    }
    "#);
    assert_eq!(says.last().basic, None);
    says.on("/exchange", 200, json!({ "access_token": "t", "token_type": "N_A" }));
    let not_a_bearer = jwt_bearer(&endpoint, &Secret::new("a.b.c"), None).await.unwrap_err();
    assert_eq!(not_a_bearer, Trouble::Untrusted("its token_type is not Bearer"));
}
