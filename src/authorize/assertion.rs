//! Mode `assertion`: the bot signs a short token for a person of the table. Whoever holds its key can decide as anybody,
//! so it needs an acknowledgement, and card and audit say "asserted by the bot", also where a token endpoint gives another
//! token for it.

use jsonwebtoken::jwk::JwkSet;
use rand::distr::{Alphanumeric, SampleString};
use serde_json::{Value, json};

use super::credentials::Credential;
use super::openid::Trouble;
use super::openid::exchange::{JWT, TokenExchange, Typed, jwt_bearer, token_exchange};
use super::openid::token_endpoint::{Authentication, TokenEndpoint};
use super::signing_key::{self, SigningKey};
use super::{NotAuthorized, claims};
use crate::clock::Clock;
use crate::config::{Assertion, AssertionGrant, ConfigError, RedeemedAssertion, Secret};
use crate::domain::person::{Authority, Email, SlackUser};
use crate::domain::refusal::Refusal;

/// Signs for people.
pub struct Signer {
    settings: Assertion,
    key: SigningKey,
    /// Its public half, and the others that are published.
    published: JwkSet,
    redeemer: Option<Redeemer>,
    clock: Clock,
}

/// Gets the token that P0 is shown for one that the bot signed.
struct Redeemer {
    endpoint: TokenEndpoint,
    grant: AssertionGrant,
    scope: Option<String>,
}

impl Signer {
    /// Reads the private key, and those that are published beside it.
    ///
    /// # Errors
    /// Where one cannot be read, or the one that signs does not fit the algorithm.
    pub fn new(settings: Assertion, client: reqwest::Client, clock: Clock) -> Result<Self, ConfigError> {
        let setting = "identity.assertion.private_key_file";
        let key = SigningKey::read(&settings.private_key_file, settings.algorithm, setting)?;
        let mut keys = vec![key.jwk().clone()];
        for path in &settings.also_publish {
            let jwk = signing_key::published(path, "identity.assertion.also_publish")?;
            // Two of the same id are one key.
            if keys.iter().all(|known| known.common.key_id != jwk.common.key_id) {
                keys.push(jwk);
            }
        }
        let redeemer = settings.redeemed.clone().map(|redeemed| Redeemer::new(*redeemed, client, clock.clone()));
        Ok(Self { settings, key, published: JwkSet { keys }, redeemer, clock })
    }

    /// The public keys, the one that signs first, for `/.well-known/jwks.json`.
    pub fn jwks(&self) -> Value {
        json!(self.published)
    }

    pub(super) async fn credential(&self, by: &SlackUser, identity: &str) -> Result<Credential, NotAuthorized> {
        let signed = self.signed(by, identity).ok_or(NotAuthorized::Refused(Refusal::CredentialUnusable))?;
        let (bearer, names) = match &self.redeemer {
            None => (signed, Vec::new()),
            Some(redeemer) => {
                let token = redeemer.redeem(&signed).await.map_err(|trouble| not_redeemed(by, &trouble))?;
                let names = claims::names(token.expose(), Some(identity), self.clock.now());
                (token, names.map_err(NotAuthorized::Refused)?)
            }
        };
        Ok(Credential {
            identity: Some(identity.to_owned()),
            bearer,
            authority: Authority::AssertedByBot,
            names,
            link: None,
        })
    }

    /// `None` where it cannot be signed, which is logged.
    fn signed(&self, by: &SlackUser, identity: &str) -> Option<Secret> {
        let issued = self.clock.now().as_second();
        let lifetime = i64::try_from(self.settings.lifetime.as_secs()).unwrap_or(0);
        let mut claims = json!({
            "iss": self.settings.issuer,
            "aud": self.settings.audience,
            "sub": identity,
            "act": { "sub": self.settings.issuer, "slack_team": by.team, "slack_user": by.user },
            "jti": Alphanumeric.sample_string(&mut rand::rng(), 32),
            "iat": issued,
            "exp": issued + lifetime,
        });
        if let Some(email) = Email::parse(identity) {
            claims["email"] = json!(email);
        }
        self.key.sign(&claims)
    }
}

impl Redeemer {
    fn new(redeemed: RedeemedAssertion, client: reqwest::Client, clock: Clock) -> Self {
        let authentication = match (redeemed.client_id, redeemed.client_secret) {
            (Some(client_id), Some(client_secret)) => Authentication::Basic { client_id, client_secret },
            (Some(client_id), None) => Authentication::Public { client_id },
            (None, _) => Authentication::None,
        };
        let endpoint = TokenEndpoint::new(redeemed.endpoint, authentication, client, clock);
        Self { endpoint, grant: redeemed.grant, scope: redeemed.scope }
    }

    async fn redeem(&self, signed: &Secret) -> Result<Secret, Trouble> {
        let scope = self.scope.as_deref();
        let given = match self.grant {
            AssertionGrant::JwtBearer => jwt_bearer(&self.endpoint, signed, scope).await?,
            AssertionGrant::TokenExchange => {
                let subject = Typed { token: signed, kind: JWT };
                let ask = TokenExchange {
                    subject,
                    actor: None,
                    audience: None,
                    resource: None,
                    scope,
                    requested_token_type: None,
                };
                token_exchange(&self.endpoint, &ask).await?
            }
        };
        Ok(given.access_token)
    }
}

/// What is wrong is for the operator: it is logged, not told.
fn not_redeemed(by: &SlackUser, trouble: &Trouble) -> NotAuthorized {
    tracing::warn!(%by, %trouble, "what the bot signed was not redeemed");
    match trouble {
        Trouble::Unavailable(_) => NotAuthorized::Later(None),
        _ => NotAuthorized::Refused(Refusal::CredentialUnusable),
    }
}
