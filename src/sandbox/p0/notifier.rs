//! The Custom Notifier: pushes to the bot, each with a JWT that says where it comes from and nothing of what is in it.

use std::sync::Arc;
use std::time::Duration;

use jsonwebtoken::{Algorithm, EncodingKey};
use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::shared::Shared;
use super::state::PushAttempt;
use crate::sandbox::keys::{KeyPair, compact, overrule};

/// How the notifier signs and names its pushes. What P0 itself sends is only partly published.
#[derive(Clone, Debug)]
pub struct NotifierSetup {
    /// The claim `iss`.
    pub issuer: String,
    /// The claim `aud`.
    pub audience: String,
    /// The claim `sub`; left out where `None`.
    pub subject: Option<String>,
    /// From `iat` to `exp`; whole seconds count.
    pub lifetime: Duration,
    /// Whether the token follows the word `Bearer`; which of the two P0 does is not published.
    pub bearer_prefix: bool,
    /// Whether tokens carry a random `jti`. Without one, two pushes of one second may have the same claims.
    pub with_jti: bool,
    /// The `eventType` of a request's pushes, whose real names are not published.
    pub event: String,
    /// Whether an automatic push that reaches nobody is tried until it does, instead of being given up.
    pub patient: bool,
}

impl Default for NotifierSetup {
    fn default() -> Self {
        Self {
            issuer: "https://api.p0.app".to_owned(),
            audience: "p0-chatops".to_owned(),
            subject: None,
            lifetime: Duration::from_secs(300),
            bearer_prefix: true,
            with_jti: false,
            event: "request-updated".to_owned(),
            patient: false,
        }
    }
}

/// By whom a minted token is signed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SignedBy {
    /// The install's own key, ES256.
    #[default]
    Install,
    /// A key that nobody knows, ES256.
    Stranger,
    /// HS256 with the public key's PEM as the secret: what a verifier accepts that lets the token choose.
    PublicKeyAsSecret,
    /// `alg: none` and an empty signature.
    Nobody,
}

/// What to do differently from an honest token. [`Default`] is the honest one.
#[derive(Clone, Debug, Default)]
pub struct TokenSpec {
    /// Claims to set; a `null` takes one away.
    pub claims: serde_json::Map<String, Value>,
    /// Header fields to set (`jku`, `kid`, another `alg`); a `null` takes one away.
    pub header: serde_json::Map<String, Value>,
    /// Whose signature it bears.
    pub signed_by: SignedBy,
}

/// A push that waits to be sent.
#[derive(Clone, Debug)]
pub(super) struct Push {
    pub(super) event: String,
    pub(super) request_id: Option<String>,
    pub(super) body: Vec<u8>,
}

impl Push {
    /// A pre-approval: the only body of a push that P0's documentation shows.
    pub(super) fn preapproval(reason: &str) -> Self {
        let event = "preapproval-created".to_owned();
        let body = json!({ "eventType": event, "data": { "reason": reason } });
        Self { event, request_id: None, body: body.to_string().into_bytes() }
    }
}

/// The keys and the claims of this install.
pub(super) struct Notifier {
    setup: NotifierSetup,
    own: KeyPair,
    stranger: KeyPair,
}

impl Notifier {
    /// A notifier with new keys.
    pub(super) fn new(setup: NotifierSetup) -> Self {
        Self { setup, own: KeyPair::generate(), stranger: KeyPair::generate() }
    }

    /// What the operator is given to check the pushes with.
    pub(super) fn public_key_pem(&self) -> &str {
        &self.own.public_pem
    }

    fn is_patient(&self) -> bool {
        self.setup.patient
    }

    /// A token as `spec` says, at `now` (epoch seconds).
    pub(super) fn mint(&self, spec: &TokenSpec, now: i64) -> String {
        let lifetime = i64::try_from(self.setup.lifetime.as_secs()).unwrap_or(i64::MAX);
        let mut claims = json!({
            "iss": self.setup.issuer,
            "aud": self.setup.audience,
            "iat": now,
            "exp": now.saturating_add(lifetime),
        });
        if let Some(subject) = &self.setup.subject {
            claims["sub"] = json!(subject);
        }
        if self.setup.with_jti {
            claims["jti"] = json!(format!("{:032x}", rand::random::<u128>()));
        }
        let pem = EncodingKey::from_secret(self.own.public_pem.as_bytes());
        let (name, signature) = match spec.signed_by {
            SignedBy::Install => ("ES256", Some((&self.own.private, Algorithm::ES256))),
            SignedBy::Stranger => ("ES256", Some((&self.stranger.private, Algorithm::ES256))),
            SignedBy::PublicKeyAsSecret => ("HS256", Some((&pem, Algorithm::HS256))),
            SignedBy::Nobody => ("none", None),
        };
        let mut header = json!({ "alg": name, "typ": "JWT" });
        overrule(&mut header, &spec.header);
        overrule(&mut claims, &spec.claims);
        compact(&header, &claims, signature)
    }

    /// The honest `Authorization` header at `now` (epoch seconds).
    fn authorization(&self, now: i64) -> String {
        let token = self.mint(&TokenSpec::default(), now);
        if self.setup.bearer_prefix { format!("Bearer {token}") } else { token }
    }
}

/// Pushes once with an honest token. `None`: not connected, or no answer.
pub(super) async fn push(shared: &Shared, push: &Push) -> Option<u16> {
    let authorization = shared.notifier.authorization(shared.clock.now().as_second());
    let attempt = PushAttempt {
        at: shared.clock.now(),
        event: push.event.clone(),
        request_id: push.request_id.clone(),
        status: post(shared, push.body.clone(), Some(&authorization)).await,
    };
    let status = attempt.status;
    let is_patient = shared.notifier.is_patient();
    shared.write(|state| {
        // A patient notifier would fill the list with what nobody heard.
        let in_vain = |last: &PushAttempt| last.status.is_none() && last.request_id == attempt.request_id;
        if is_patient && state.pushes.last().is_some_and(in_vain) {
            state.pushes.pop();
        }
        state.pushes.push(attempt);
    });
    status
}

/// POSTs anything to the bot's door for pushes.
pub(super) async fn post(shared: &Shared, body: Vec<u8>, authorization: Option<&str>) -> Option<u16> {
    let bot = shared.read(|state| state.bot.clone())?;
    let mut request = shared
        .http
        .post(format!("{bot}/p0/notifications"))
        .header(http::header::CONTENT_TYPE, "application/json")
        .header(http::header::USER_AGENT, "p0-stand-in")
        .body(body);
    if let Some(authorization) = authorization {
        request = request.header(http::header::AUTHORIZATION, authorization);
    }
    request.send().await.ok().map(|response| response.status().as_u16())
}

/// Waits between the tries of one automatic push, in real time. P0's own schedule is not published.
const RETRY_AFTER: [Duration; 4] =
    [Duration::from_millis(100), Duration::from_millis(500), Duration::from_secs(2), Duration::from_secs(10)];

/// The wait between the tries of a patient notifier whom nobody hears.
const PATIENTLY: Duration = Duration::from_secs(2);

/// Sends what moves have caused, one after the other, until the stand-in stops. A push that was answered with
/// anything but a 2xx is tried again with a new token; after the last try it is given up, as nothing waits for it.
pub(super) async fn send_by_itself(shared: Arc<Shared>, mut pushes: mpsc::UnboundedReceiver<Push>) {
    while let Some(next) = pushes.recv().await {
        let mut waits = RETRY_AFTER.iter();
        loop {
            let status = push(&shared, &next).await;
            if status.is_some_and(|status| (200..300).contains(&status)) {
                break;
            }
            let wait = match status {
                None if shared.notifier.is_patient() => &PATIENTLY,
                _ => match waits.next() {
                    Some(wait) => wait,
                    None => break,
                },
            };
            tokio::time::sleep(*wait).await;
        }
    }
}
