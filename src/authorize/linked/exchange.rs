//! Mode `exchange`: what P0 is shown is got elsewhere for the linked account's token, with the bot as the actor.

use serde_json::Value;

use crate::authorize::actor::Actor;
use crate::authorize::openid::Trouble;
use crate::authorize::openid::exchange::{ACCESS_TOKEN, ID_TOKEN, JWT, TokenExchange, Typed, token_exchange};
use crate::authorize::openid::token_endpoint::{Authentication, TokenEndpoint};
use crate::clock::Clock;
use crate::config::{Exchange, Secret, SubjectToken};

/// Exchanges people's tokens.
pub(crate) struct Exchanger {
    settings: Exchange,
    actor: Actor,
    endpoint: TokenEndpoint,
    clock: Clock,
}

impl Exchanger {
    pub(crate) fn new(settings: Exchange, actor: Actor, client: reqwest::Client, clock: Clock) -> Self {
        let client_id = settings.client_id.clone();
        let authentication = match settings.client_secret.clone() {
            Some(client_secret) => Authentication::Basic { client_id, client_secret },
            None => Authentication::Public { client_id },
        };
        let endpoint = TokenEndpoint::new(settings.endpoint.clone(), authentication, client, clock.clone());
        Self { settings, actor, endpoint, clock }
    }

    /// The actor's public keys.
    pub(super) fn jwks(&self) -> Value {
        self.actor.jwks()
    }

    /// A token for P0 that names the person whose token this is.
    pub(crate) async fn exchange(&self, subject: &Secret) -> Result<Secret, Trouble> {
        let unsigned = || Trouble::Unavailable("the actor's token could not be signed".to_owned());
        let acting = self.actor.token(&self.settings.endpoint, self.clock.now()).ok_or_else(unsigned)?;
        let kind = match self.settings.subject {
            SubjectToken::AccessToken => ACCESS_TOKEN,
            SubjectToken::IdToken => ID_TOKEN,
        };
        let ask = TokenExchange {
            subject: Typed { token: subject, kind },
            actor: Some(Typed { token: &acting, kind: JWT }),
            audience: self.settings.audience.as_deref(),
            resource: self.settings.resource.as_deref(),
            scope: self.settings.scope.as_deref(),
            requested_token_type: None,
        };
        Ok(token_exchange(&self.endpoint, &ask).await?.access_token)
    }
}

/// Whether the endpoint says that the subject's token is not good (any more): RFC 8693, 2.2.2, and what others answer.
pub(super) fn is_about_the_subject(trouble: &Trouble) -> bool {
    matches!(trouble, Trouble::Refused { code, .. } if ["invalid_request", "invalid_grant"].contains(&code.as_str()))
}
