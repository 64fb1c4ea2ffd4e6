//! What is asked of a provider, and how its answers are read.

use std::collections::BTreeMap;
use std::time::Duration;

use p0_chatops::authorize::openid::{Ask, Grant, Poll, Provider, Revoked, Trouble};
use p0_chatops::config::Secret;
use p0_chatops::domain::route::risk::Fresh;
use serde_json::{Value, json};
use url::Url;

use super::says::{ACCESS, CLIENT, NONCE, SECRET, Says, Signer, redirect};

async fn says() -> (Says, Signer) {
    let signer = Signer::es256("key-1");
    let says = Says::start(&signer).await;
    says.grants(&signer.sign(&signer.header(), &says.claims(&json!({}))));
    (says, signer)
}

async fn redeem(provider: &Provider, iss: Option<&str>) -> Result<Grant, Trouble> {
    provider.redeem("code-1", &redirect(), "verifier-1", NONCE, iss).await
}

fn ask(redirect_uri: &Url) -> Ask<'_> {
    let (state, nonce, verifier) = ("state-1", NONCE, "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
    Ask { redirect_uri, state, nonce, verifier, login_hint: None, team: None, fresh: None }
}

fn query(url: &Url) -> BTreeMap<String, String> {
    let pairs: Vec<(String, String)> = url.query_pairs().into_owned().collect();
    let map: BTreeMap<_, _> = pairs.iter().cloned().collect();
    assert_eq!(map.len(), pairs.len(), "a parameter stands there twice: {url}");
    map
}

#[tokio::test]
async fn a_browser_is_sent_with_all_that_binds_the_sign_in() {
    let (says, _) = says().await;
    says.describes_itself(&json!({ "authorization_endpoint": format!("{}/authorize?policy=b2c", says.issuer) }));
    let redirect = redirect();
    let asked = Ask { login_hint: Some("alice@example.com"), team: Some("T01ACME"), ..ask(&redirect) };
    let url = says.provider().authorization_url(&asked).await.unwrap();
    assert_eq!(url.path(), "/authorize");
    insta::assert_json_snapshot!(query(&url), @r#"
    {
      "client_id": "p0-chatops",
      "code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
      "code_challenge_method": "S256",
      "login_hint": "alice@example.com",
      "nonce": "nonce-1",
      "policy": "b2c",
      "prompt": "consent",
      "redirect_uri": "https://bot.example.com/link/provider",
      "response_type": "code",
      "scope": "openid email offline_access",
      "state": "state-1",
      "team": "T01ACME"
    }
    "#);
}

#[tokio::test]
async fn a_proof_asks_the_person_anew_and_keeps_nothing() {
    let (says, _) = says().await;
    let redirect = redirect();
    let fresh = |max_age, acr_values: &[&str]| Ask {
        fresh: Some(Fresh { max_age, acr_values: acr_values.iter().map(ToString::to_string).collect() }),
        ..ask(&redirect)
    };
    let proof = says.provider().authorization_url(&fresh(Duration::ZERO, &["phr", "phrh"])).await.unwrap();
    let proof = query(&proof);
    assert_eq!((&*proof["max_age"], &*proof["prompt"], &*proof["acr_values"]), ("0", "login", "phr phrh"));
    assert_eq!(proof["scope"], "openid email");
    let proof = says.provider().authorization_url(&fresh(Duration::from_secs(300), &[])).await.unwrap();
    let proof = query(&proof);
    assert_eq!(proof["max_age"], "300");
    assert!(!proof.contains_key("prompt") && !proof.contains_key("acr_values"));
}

#[tokio::test]
async fn a_code_is_redeemed_by_whoever_can_show_what_it_is_bound_to() {
    let (says, _) = says().await;
    let token = json!({ "access_token": ACCESS, "token_type": "bearer", "expires_in": "3600", "refresh_token": "r-1" });
    let id_token = redeem(&says.provider(), None).await.unwrap().id_token.unwrap();
    let mut whole = token.clone();
    whole["id_token"] = json!(id_token.expose());
    says.on("/token", 200, whole);
    let grant = redeem(&says.provider(), Some(&says.issuer)).await.unwrap();
    assert_eq!(grant.access_token.expose(), ACCESS);
    assert_eq!(grant.access_expires.unwrap(), says.clock.now() + Duration::from_secs(3600));
    assert_eq!(grant.refresh_token.unwrap().expose(), "r-1");
    let asked = says.last();
    // The halves are encoded before they are put together.
    assert_eq!(asked.basic.as_deref(), Some("p0-chatops:a%20secret%2Fwith%3Asigns%25~"));
    insta::assert_json_snapshot!(asked.form, @r#"
    {
      "code": "code-1",
      "code_verifier": "verifier-1",
      "grant_type": "authorization_code",
      "redirect_uri": "https://bot.example.com/link/provider"
    }
    "#);
    says.on("/token", 200, token);
    assert_eq!(redeem(&says.provider(), None).await.unwrap_err(), Trouble::Untrusted("no ID token came"));
}

#[tokio::test]
async fn a_client_shows_who_it_is_as_the_provider_wants() {
    let (says, _) = says().await;
    says.describes_itself(&json!({ "token_endpoint_auth_methods_supported": ["client_secret_post"] }));
    redeem(&says.provider(), None).await.unwrap();
    let asked = says.last();
    assert_eq!((asked.basic, &*asked.form["client_id"], &*asked.form["client_secret"]), (None, CLIENT, SECRET));
    let mut public = says.registration();
    (public.client_secret, public.pkce) = (None, false);
    redeem(&says.provider_as(public), None).await.unwrap();
    let asked = says.last();
    assert_eq!((asked.basic, &*asked.form["client_id"]), (None, CLIENT));
    assert!(!asked.form.contains_key("client_secret") && !asked.form.contains_key("code_verifier"));
}

#[tokio::test]
async fn a_callback_of_another_issuer_redeems_nothing() {
    let (says, _) = says().await;
    let another = redeem(&says.provider(), Some("https://idp.example.com")).await.unwrap_err();
    assert_eq!(another, Trouble::Untrusted("the callback names another issuer"));
    says.describes_itself(&json!({ "authorization_response_iss_parameter_supported": true }));
    let unnamed = redeem(&says.provider(), None).await.unwrap_err();
    let rule = "the callback does not name its issuer, though the provider says it does";
    assert_eq!(unnamed, Trouble::Untrusted(rule));
    assert_eq!(says.times("/token"), 0);
    assert!(redeem(&says.provider(), Some(&says.issuer)).await.is_ok());
}

#[tokio::test]
async fn answers_that_are_none_may_be_asked_for_again() {
    let (says, _) = says().await;
    for (status, said, reason) in [
        (500, "{\"error\":\"invalid_grant\"}", "HTTP 500"),
        (429, "{\"error\":\"slow_down\"}", "HTTP 429"),
        (200, "<html>Sign in to the network</html>", "HTTP 200 without a JSON object"),
        (403, "<html>blocked</html>", "HTTP 403 without a JSON object"),
        (302, "", "HTTP 302 without a JSON object"),
        (400, "{\"message\":\"no\"}", "HTTP 400 without an OAuth error"),
        (400, "{\"error\":{\"code\":400}}", "HTTP 400 without an OAuth error"),
        (400, "{\"error\":\"temporarily_unavailable\"}", "temporarily_unavailable"),
        (200, "{\"ok\":false,\"error\":\"ratelimited\"}", "ratelimited"),
        (200, "[1]", "HTTP 200 without a JSON object"),
        (200, "", "its answer is empty"),
        (200, &format!("\"{}\"", "a".repeat(256 * 1024)), "the answer is longer than 256 KiB"),
    ] {
        says.on("/token", status, said);
        let trouble = redeem(&says.provider(), None).await.unwrap_err();
        assert_eq!(trouble, Trouble::Unavailable(reason.to_owned()));
    }
}

#[tokio::test]
async fn a_refusal_is_told_without_what_was_sent() {
    let (says, _) = says().await;
    let refused = async |status, said: Value| {
        says.on("/token", status, said);
        redeem(&says.provider(), None).await.unwrap_err().to_string()
    };
    assert_eq!(refused(400, json!({ "error": "invalid_grant" })).await, "the provider refused: invalid_grant");
    assert_eq!(
        refused(401, json!({ "error": "invalid_client", "error_description": "no such\nclient\u{202e}" })).await,
        "the provider refused: invalid_client: no such client"
    );
    // Slack refuses so.
    assert_eq!(
        refused(200, json!({ "ok": false, "error": "invalid_code" })).await,
        "the provider refused: invalid_code"
    );
    assert_eq!(
        refused(400, json!({ "error": "invalid_grant", "error_description": "code code-1 is not of verifier-1" }))
            .await,
        "the provider refused: invalid_grant: code … is not of …"
    );
    let long = refused(400, json!({ "error": "e".repeat(500), "error_description": "d".repeat(500) })).await;
    assert_eq!(long.chars().count(), "the provider refused: ".len() + 64 + ": ".len() + 200);
}

#[tokio::test]
async fn an_answer_without_a_usable_token_is_not_believed() {
    let (says, _) = says().await;
    for (said, rule) in [
        (json!({ "token_type": "Bearer" }), "its answer lacks what has to be in it"),
        (json!({ "access_token": "", "token_type": "Bearer" }), "its access token cannot stand in a header"),
        (json!({ "access_token": "a b", "token_type": "Bearer" }), "its access token cannot stand in a header"),
        (json!({ "access_token": "a\r\nX: y" }), "its access token cannot stand in a header"),
        (json!({ "access_token": "a", "token_type": "DPoP" }), "its token_type is not Bearer"),
    ] {
        says.on("/token", 200, said.to_string());
        assert_eq!(redeem(&says.provider(), None).await.unwrap_err(), Trouble::Untrusted(rule), "{said}");
    }
}

#[tokio::test]
async fn a_provider_that_cannot_be_reached_is_named_by_nothing() {
    let (says, _) = says().await;
    says.describes_itself(&json!({ "token_endpoint": "http://127.0.0.1:1/token?key=word" }));
    let trouble = redeem(&says.provider(), None).await.unwrap_err();
    assert_eq!(trouble, Trouble::Unavailable("error sending request".to_owned()));
}

#[tokio::test]
async fn a_device_code_is_entered_by_the_person_while_the_bot_asks() {
    let (says, signer) = says().await;
    let provider = says.provider();
    let page = format!("{}/activate", says.issuer);
    let mut answer = json!({ "device_code": "d-1", "user_code": "BCDF-GHJK", "verification_uri": page });
    says.on("/device", 200, &answer);
    let code = provider.device_code().await.unwrap_or_else(|trouble| panic!("{trouble}"));
    assert_eq!((code.interval, code.expires_in), (Duration::from_secs(5), Duration::from_secs(300)));
    assert_eq!((&*code.user_code, code.verification_uri.path()), ("BCDF-GHJK", "/activate"));
    assert_eq!(says.last().form["scope"], "openid email offline_access");
    assert_eq!(says.last().form["client_id"], CLIENT);
    answer["interval"] = json!(7);
    answer["expires_in"] = json!("900");
    answer["verification_uri_complete"] = json!(format!("{page}?user_code=BCDF-GHJK"));
    says.on("/device", 200, &answer);
    let code = provider.device_code().await.unwrap_or_else(|trouble| panic!("{trouble}"));
    assert_eq!((code.interval, code.expires_in), (Duration::from_secs(7), Duration::from_secs(900)));
    assert_eq!(code.verification_uri_complete.unwrap().query(), Some("user_code=BCDF-GHJK"));

    let poll = async || provider.poll(&code.device_code).await;
    let refuse = |code: &str| says.on("/token", 400, json!({ "error": code }));
    refuse("authorization_pending");
    assert!(matches!(poll().await, Ok(Poll::Pending)));
    refuse("slow_down");
    assert!(matches!(poll().await, Ok(Poll::SlowDown)));
    refuse("access_denied");
    assert!(matches!(poll().await, Ok(Poll::Denied)));
    refuse("authorization_declined");
    assert!(matches!(poll().await, Ok(Poll::Denied)));
    refuse("expired_token");
    assert!(matches!(poll().await, Ok(Poll::Expired)));
    says.grants(&signer.sign(&signer.header(), &says.claims(&json!({ "nonce": null }))));
    let Ok(Poll::Granted(grant)) = poll().await else { panic!("no grant") };
    assert_eq!(grant.claims.unwrap().subject, "00u-alice");
    // Whoever asks after that is too late.
    refuse("invalid_grant");
    let late = Trouble::Refused { code: "invalid_grant".to_owned(), words: String::new() };
    assert_eq!(poll().await.unwrap_err(), late);
}

#[tokio::test]
async fn a_device_code_that_nobody_could_enter_safely_is_refused() {
    let (says, _) = says().await;
    let refused = async |user_code: &str, page: &str| {
        says.on("/device", 200, json!({ "device_code": "d-1", "user_code": user_code, "verification_uri": page }));
        says.provider().device_code().await.err().unwrap()
    };
    let odd = Trouble::Untrusted("its user_code is nothing that a person could enter");
    for user_code in ["", " ", "<!channel>", "ABC\nDEF", &"A".repeat(33)] {
        assert_eq!(refused(user_code, "https://idp.example.com/activate").await, odd, "{user_code:?}");
    }
    let open = Trouble::Untrusted("its verification_uri is not https");
    assert_eq!(refused("BCDF", "http://idp.example.com/activate").await, open);
    assert_eq!(refused("BCDF", "javascript:alert(1)").await, open);
    says.describes_itself(&json!({ "device_authorization_endpoint": null }));
    let none = Trouble::Untrusted("the discovery document names no device_authorization_endpoint");
    assert_eq!(says.provider().device_code().await.err().unwrap(), none);
}

#[tokio::test]
async fn what_a_device_answer_says_oddly_is_mended_or_left_out() {
    let (says, _) = says().await;
    let page = "https://idp.example.com/activate";
    for (interval, kept) in [(json!(0), 1), (json!(2), 2), (json!(1e12), 60), (json!("soon"), 5), (json!(-1), 5)] {
        for complete in ["https://idp.example.org/activate?c=1", "http://idp.example.com/activate?c=1", "no address"] {
            let mut answer = json!({ "device_code": "d-1", "user_code": "BCDF", "verification_url": page });
            (answer["interval"], answer["verification_uri_complete"]) = (interval.clone(), json!(complete));
            says.on("/device", 200, &answer);
            let code = says.provider().device_code().await.unwrap_or_else(|trouble| panic!("{trouble}"));
            assert_eq!((code.interval.as_secs(), code.verification_uri.as_str()), (kept, page), "{interval}");
            assert_eq!(code.verification_uri_complete, None, "{complete}");
        }
    }
}

#[tokio::test]
async fn a_refresh_may_bring_a_new_refresh_token_or_leave_the_old_one() {
    let (says, _) = says().await;
    let provider = says.provider();
    let refresh = async || provider.refresh(&Secret::new("r-1"), "00u-alice").await;
    says.on("/token", 200, json!({ "access_token": "a-2", "token_type": "Bearer", "refresh_token": "r-2" }));
    let grant = refresh().await.unwrap();
    assert_eq!(grant.refresh_token.unwrap().expose(), "r-2");
    assert!(grant.id_token.is_none() && grant.claims.is_none() && grant.access_expires.is_none());
    insta::assert_json_snapshot!(says.last().form, @r#"
    {
      "grant_type": "refresh_token",
      "refresh_token": "r-1"
    }
    "#);
    says.on("/token", 200, json!({ "access_token": "a-3", "token_type": "Bearer", "expires_in": null }));
    assert!(refresh().await.unwrap().refresh_token.is_none());
    says.on("/token", 400, json!({ "error": "invalid_grant", "error_description": "r-1 was used before" }));
    let dead = Trouble::Refused { code: "invalid_grant".to_owned(), words: "… was used before".to_owned() };
    assert_eq!(refresh().await.unwrap_err(), dead);
}

#[tokio::test]
async fn a_new_refresh_token_is_not_lost_where_the_keys_cannot_be_had() {
    let (says, _) = says().await;
    let provider = says.provider();
    redeem(&provider, None).await.unwrap();
    let new = Signer::es256("key-2");
    let id_token = new.sign(&new.header(), &says.claims(&json!({})));
    let answer = json!({ "access_token": "a-2", "token_type": "Bearer", "refresh_token": "r-2", "id_token": id_token });
    says.on("/token", 200, answer);
    says.on("/keys", 503, "");
    says.clock.advance(Duration::from_secs(30));
    let grant = provider.refresh(&Secret::new("r-1"), "00u-alice").await.unwrap();
    assert_eq!(grant.refresh_token.unwrap().expose(), "r-2");
    assert!(grant.id_token.is_none() && grant.claims.is_none());
    assert!(matches!(grant.doubt, Some(Trouble::Unavailable(_))));
}

#[tokio::test]
async fn a_new_refresh_token_is_not_lost_where_the_access_token_cannot_be_shown() {
    let (says, _) = says().await;
    let provider = says.provider();
    for (token, kind) in [("a-2", "DPoP"), ("a 2", "Bearer"), ("", "Bearer")] {
        let answer = json!({ "access_token": token, "token_type": kind, "refresh_token": "r-2" });
        says.on("/token", 200, answer);
        let grant = provider.refresh(&Secret::new("r-1"), "00u-alice").await.unwrap();
        assert_eq!((grant.refresh_token.unwrap().expose(), grant.access_token.expose()), ("r-2", ""));
        assert!(matches!(grant.unfit, Some(Trouble::Untrusted(_))) && grant.doubt.is_none(), "{token} {kind}");
    }
}

#[tokio::test]
async fn a_refresh_token_is_given_back_where_the_provider_takes_it() {
    let (says, _) = says().await;
    let provider = says.provider();
    let revoke = async || provider.revoke(&Secret::new("r-1")).await;
    says.on("/revoke", 200, "");
    assert_eq!(revoke().await, Ok(Revoked::AtProvider));
    assert_eq!(says.last().form["token"], "r-1");
    assert_eq!(says.last().form["token_type_hint"], "refresh_token");
    assert!(says.last().basic.is_some());
    says.on("/revoke", 200, "{}");
    assert_eq!(revoke().await, Ok(Revoked::AtProvider));
    says.on("/revoke", 400, json!({ "error": "invalid_token" }));
    assert_eq!(revoke().await, Ok(Revoked::AtProvider));
    says.on("/revoke", 400, json!({ "error": "unsupported_token_type" }));
    assert_eq!(revoke().await, Ok(Revoked::NotOffered));
    says.on("/revoke", 503, "");
    assert_eq!(revoke().await, Err(Trouble::Unavailable("HTTP 503".to_owned())));
    says.describes_itself(&json!({ "revocation_endpoint": null }));
    assert_eq!(says.provider().revoke(&Secret::new("r-1")).await, Ok(Revoked::NotOffered));
}
