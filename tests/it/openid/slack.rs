//! The same client at Slack, by which a browser proves who in Slack is looking at it.

use p0_chatops::authorize::openid::{Ask, Grant, Provider, Registration, Trouble};
use p0_chatops::clock::Clock;
use p0_chatops::config::Secret;
use p0_chatops::sandbox::slack::{Slack, SlackSetup, Tamper};
use serde_json::json;
use url::Url;

use super::says::{NONCE, client, redirect};

struct Stage {
    slack: Slack,
    provider: Provider,
}

impl Stage {
    async fn set() -> Self {
        let clock = Clock::stepped();
        let setup = SlackSetup { clock: clock.clone(), ..SlackSetup::default() };
        let (client_id, secret) = (setup.client_id.clone(), setup.client_secret.clone());
        let slack = Slack::start(setup).await.unwrap();
        slack.set_redirect_urls(&[redirect().as_str()]);
        let registration = Registration {
            issuer: slack.issuer(),
            client_id,
            client_secret: Some(Secret::new(secret)),
            scopes: ["openid", "email"].map(str::to_owned).into(),
            pkce: false,
        };
        Self { slack, provider: Provider::new(registration, client(), clock) }
    }

    async fn ask(&self) -> Url {
        let redirect_uri = &redirect();
        let (state, team) = ("state-1", Some("T01ACME"));
        let ask = Ask { redirect_uri, state, nonce: NONCE, verifier: "", login_hint: None, team, fresh: None };
        self.provider.authorization_url(&ask).await.unwrap()
    }

    async fn redeem(&self, callback: &Url) -> Result<Grant, Trouble> {
        let code = callback.query_pairs().find(|(name, _)| name == "code").unwrap().1.into_owned();
        self.provider.redeem(&code, &redirect(), "", NONCE, None).await
    }

    async fn sign_in(&self) -> Result<Grant, Trouble> {
        self.redeem(&self.slack.sign_in(self.ask().await, "U01ALICE").await.unwrap()).await
    }
}

#[tokio::test]
async fn slack_says_which_person_of_which_workspace_is_looking() {
    let stage = Stage::set().await;
    let claims = stage.sign_in().await.unwrap().claims.unwrap();
    assert_eq!((claims.slack_team.as_deref(), claims.slack_user.as_deref()), (Some("T01ACME"), Some("U01ALICE")));
    let elsewhere = stage.slack.sign_in_from(stage.ask().await, "U01ALICE", "T09OTHER").await.unwrap();
    let claims = stage.redeem(&elsewhere).await.unwrap().claims.unwrap();
    assert_eq!((claims.slack_team.as_deref(), claims.slack_user.as_deref()), (Some("T09OTHER"), Some("U01ALICE")));
}

#[tokio::test]
async fn slack_refuses_with_http_200() {
    let stage = Stage::set().await;
    let callback = stage.slack.sign_in(stage.ask().await, "U01ALICE").await.unwrap();
    stage.redeem(&callback).await.unwrap();
    let used = Trouble::Refused { code: "invalid_code".to_owned(), words: String::new() };
    assert_eq!(stage.redeem(&callback).await.unwrap_err(), used);
}

#[tokio::test]
async fn what_slack_did_not_sign_for_this_sign_in_is_found() {
    let stage = Stage::set().await;
    for (tamper, rule) in [
        (Tamper::Claim("nonce".to_owned(), json!("nonce-2")), "the ID token is of another sign-in (nonce)"),
        (Tamper::Claim("aud".to_owned(), json!("another")), "the ID token is for another client (aud)"),
        (Tamper::ForeignKey, "the ID token's signature is wrong"),
        (Tamper::Unsigned, "the ID token's algorithm is not its key's"),
        (Tamper::Missing, "no ID token came"),
    ] {
        stage.slack.tamper(tamper);
        assert_eq!(stage.sign_in().await.unwrap_err(), Trouble::Untrusted(rule));
    }
}
