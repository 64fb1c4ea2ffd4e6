//! Modes `linked` and `exchange`: each person's own account at the provider. They link it once; from then on its tokens
//! are renewed as they are needed, and nobody else's are ever sent for them.

mod binding;
mod renewal;
pub mod store;
pub(in crate::authorize) mod tokens;

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::OnceCell;
use tokio_util::task::TaskTracker;
use zeroize::Zeroizing;

use super::NotAuthorized;
use super::actor::Actor;
use super::claims;
use super::credentials::Credential;
use super::identity_platform::IdentityPlatform;
use super::openid::exchange::{ACCESS_TOKEN, ID_TOKEN, JWT, TokenExchange, Typed, token_exchange};
use super::openid::token_endpoint::{Authentication, TokenEndpoint};
use super::openid::{Grant, Provider, Registration, Trouble};
use super::p0_login::{AccountAnswer, Login, P0Accounts};
use super::vault::{Owner, Vault};
use crate::clock::Clock;
use crate::config::{Exchange, Linked, Secret, SentToken, SubjectToken};
use crate::domain::link::{Account, Link, LinkVersion, NotBound};
use crate::domain::person::{Authority, Email, SlackUser};
use crate::domain::refusal::Refusal;
use crate::domain::sign_in::SignIn;
use store::{Bound, LinkStore, NewLink, NotKept};
use tokens::{Tokens, owner};

/// A token that runs out sooner than this is renewed first: it has to last for the call.
const LASTS_FOR: Duration = Duration::from_secs(30);
/// Under this name the organisation's login is pinned.
const LOGIN_PIN: &str = "p0.login";

/// Everybody's linked accounts; cheap to clone.
#[derive(Clone)]
pub struct LinkedAccounts(Arc<Inner>);

struct Inner {
    settings: Linked,
    exchange: Option<(Exchange, Actor)>,
    provider: OnceCell<Provider>,
    login: OnceCell<Login>,
    client: reqwest::Client,
    p0: P0Accounts,
    vault: Vault,
    store: Arc<dyn LinkStore>,
    clock: Clock,
    /// Renewals under way: what a provider has given is written down, whoever stopped waiting for it.
    renewals: TaskTracker,
}

/// What linked accounts stand on.
pub struct Parts {
    /// For providers.
    pub client: reqwest::Client,
    /// Says whether a token is good.
    pub p0: P0Accounts,
    /// Seals tokens.
    pub vault: Vault,
    /// Keeps links.
    pub store: Arc<dyn LinkStore>,
    /// What time it is.
    pub clock: Clock,
}

impl LinkedAccounts {
    /// Accounts as the settings ask for. Asks nobody.
    pub fn new(settings: Linked, exchange: Option<(Exchange, Actor)>, parts: Parts) -> Self {
        let Parts { client, p0, vault, store, clock } = parts;
        Self(Arc::new(Inner {
            settings,
            exchange,
            provider: OnceCell::new(),
            login: OnceCell::new(),
            client,
            p0,
            vault,
            store,
            clock,
            renewals: TaskTracker::new(),
        }))
    }

    /// The settings.
    pub fn settings(&self) -> &Linked {
        &self.0.settings
    }

    /// How identities are shown to be people's.
    pub(super) fn authority(&self) -> Authority {
        if self.0.exchange.is_some() { Authority::Exchanged } else { Authority::LinkedAccount }
    }

    /// The actor's public keys, where tokens are exchanged.
    pub(super) fn jwks(&self) -> Option<serde_json::Value> {
        self.0.exchange.as_ref().map(|(_, actor)| actor.jwks())
    }

    /// Waits until every renewal that has begun is written down.
    pub async fn close(&self) {
        self.0.renewals.close();
        self.0.renewals.wait().await;
    }

    /// The provider at which people sign in.
    ///
    /// # Errors
    /// Where P0's own client there is to be used, and P0 does not say which that is.
    pub async fn provider(&self) -> Result<&Provider, Trouble> {
        self.0.provider.get_or_try_init(|| self.0.registered()).await
    }

    /// The person's credential, renewed where it has to be.
    pub(super) async fn credential(&self, by: &SlackUser) -> Result<Credential, NotAuthorized> {
        let link = self.0.store.living(by).await.map_err(|NotKept| NotAuthorized::Later(None))?;
        let link = link.ok_or(NotAuthorized::Refused(Refusal::NotLinked))?;
        let (link, tokens) = self.fresh(link).await?;
        let (shown, _) = tokens.shown(&self.0.settings.send).ok_or_else(|| unusable(&link, "holds no such token"))?;
        let bearer = match &self.0.exchange {
            Some((exchange, actor)) => self.exchanged(&link, shown, exchange, actor).await?,
            None => shown.clone(),
        };
        self.check_owner(&link, &bearer)?;
        Ok(Credential {
            identity: Some(link.identity.clone()),
            bearer,
            authority: self.authority(),
            names: link.names.clone(),
            link: Some(LinkVersion { id: link.id, generation: link.generation }),
        })
    }

    /// Links the account that came back to whoever asked for it, if it is theirs and P0 takes it. `in_slack` is the
    /// address that Slack has confirmed; `raw_nonce` what the ID token's nonce is the SHA-256 of, where it has one.
    /// Answers who that is to P0.
    ///
    /// # Errors
    /// Why it is not linked.
    pub async fn link(
        &self,
        grant: &Grant,
        sign_in: &SignIn,
        in_slack: Option<&Email>,
        raw_nonce: Option<&str>,
    ) -> Result<(Bound, String), NotBound> {
        let claims = grant.claims.as_ref().ok_or(NotBound::NoIdToken)?;
        let asker = &sign_in.asker;
        let identity = binding::own(claims, &asker.user, in_slack, &self.0.settings)?;
        let mut tokens = Tokens::of(grant, None);
        self.0.complete(&mut tokens, raw_nonce).await.map_err(|trouble| not_bound(&trouble))?;
        let (shown, good_until) = tokens.shown(&self.0.settings.send).ok_or(NotBound::NoIdToken)?;
        // What P0 is shown in mode `exchange` is another token, got for each call.
        if self.0.exchange.is_none() {
            self.ask_p0(shown, &identity).await?;
        }
        let id = self.0.store.new_id();
        let account = Account { issuer: claims.issuer.clone(), subject: claims.subject.clone() };
        let sealed = tokens.seal(&self.0.vault, &Owner::link(id, &account.issuer, &account.subject, asker));
        let sealed = sealed.map_err(|error| {
            tracing::error!(%error, "somebody's tokens could not be sealed");
            NotBound::Unavailable
        })?;
        let new = NewLink {
            id,
            owner: asker.clone(),
            account,
            identity: identity.clone(),
            names: claims.names.clone(),
            good_until,
            sealed,
            sign_in: sign_in.id,
        };
        let bound = self.0.store.bind(new).await.map_err(|NotKept| NotBound::Unavailable)?;
        Ok((bound, identity))
    }

    /// Seals a device code until it is answered.
    pub fn seal_code(&self, sign_in: &SignIn, code: &Secret) -> Option<String> {
        self.seal(sign_in, code.expose().as_bytes())
    }

    /// Opens what [`LinkedAccounts::seal_code`] sealed.
    pub fn open_code(&self, sign_in: &SignIn) -> Option<Secret> {
        let code = self.open_sealed(sign_in)?;
        std::str::from_utf8(&code).ok().map(Secret::new)
    }

    /// Seals what a device code brought, until it is known whose it is.
    pub fn seal_grant(&self, sign_in: &SignIn, grant: &Grant) -> Option<String> {
        let text = Zeroizing::new(serde_json::to_vec(&(Tokens::of(grant, None), &grant.claims)).ok()?);
        self.seal(sign_in, &text)
    }

    /// Opens what [`LinkedAccounts::seal_grant`] sealed.
    pub fn open_grant(&self, sign_in: &SignIn) -> Option<Grant> {
        let (tokens, claims): (Tokens, _) = serde_json::from_slice(&self.open_sealed(sign_in)?).ok()?;
        Some(tokens.into_grant(claims))
    }

    fn seal(&self, sign_in: &SignIn, text: &[u8]) -> Option<String> {
        let sealed = self.0.vault.seal(&Owner::sign_in(sign_in.id, &sign_in.asker), text);
        sealed.inspect_err(|error| tracing::error!(%error, "a sign-in could not be sealed")).ok()
    }

    fn open_sealed(&self, sign_in: &SignIn) -> Option<Zeroizing<Vec<u8>>> {
        let opened = self.0.vault.unseal(&Owner::sign_in(sign_in.id, &sign_in.asker), sign_in.sealed.as_deref()?);
        opened.inspect_err(|error| tracing::error!(%error, "a sign-in could not be opened")).ok()
    }

    /// Has the provider forget the tokens of a link that has ended. `Ok(false)`: it offers no way to.
    ///
    /// # Errors
    /// Where it cannot be told.
    pub async fn revoke(&self, link: &Link) -> Result<bool, Trouble> {
        let Some(sealed) = &link.sealed else { return Ok(false) };
        let Ok(tokens) = Tokens::open(&self.0.vault, &owner(link), sealed) else { return Ok(false) };
        let Some(refresh) = &tokens.refresh else { return Ok(false) };
        Ok(self.provider().await?.revoke(refresh).await? == super::openid::Revoked::AtProvider)
    }

    async fn ask_p0(&self, shown: &Secret, identity: &str) -> Result<(), NotBound> {
        match self.0.p0.account(shown).await {
            AccountAnswer::Good { email: Some(email) } if email.contains('@') && identity.contains('@') => {
                if binding::is_same(&email, identity) {
                    Ok(())
                } else {
                    Err(NotBound::P0NamesAnother)
                }
            }
            AccountAnswer::Good { .. } => Ok(()),
            AccountAnswer::Refused(_) => Err(NotBound::RefusedByP0),
            AccountAnswer::Unknown(words) => {
                tracing::warn!(words, "P0 did not say whether it takes an account that is to be linked");
                Err(NotBound::Unavailable)
            }
        }
    }

    /// Where the bearer says whose it is, it is the person's, and it has not run out.
    fn check_owner(&self, link: &Link, bearer: &Secret) -> Result<(), NotAuthorized> {
        let Some(claims) = claims::readable(bearer.expose()) else { return Ok(()) };
        let identity = link.identity.contains('@').then_some(link.identity.as_str());
        claims::check(&claims, identity, self.0.clock.now()).map_err(NotAuthorized::Refused)?;
        let same_issuer = claims.get("iss").and_then(serde_json::Value::as_str) == Some(&link.account.issuer);
        let subject = claims.get("sub").and_then(serde_json::Value::as_str);
        // An access token may call the person by another name than the ID token does, as Entra's do.
        let is_id_token = matches!(self.0.settings.send, SentToken::IdToken) && self.0.exchange.is_none();
        if is_id_token && same_issuer && subject != Some(&link.account.subject) {
            return Err(NotAuthorized::Refused(Refusal::CredentialOfAnother));
        }
        Ok(())
    }

    async fn exchanged(
        &self,
        link: &Link,
        subject: &Secret,
        exchange: &Exchange,
        actor: &Actor,
    ) -> Result<Secret, NotAuthorized> {
        let authentication = match &exchange.client_secret {
            Some(secret) => {
                Authentication::Basic { client_id: exchange.client_id.clone(), client_secret: secret.clone() }
            }
            None => Authentication::Public { client_id: exchange.client_id.clone() },
        };
        let (client, clock) = (self.0.client.clone(), self.0.clock.clone());
        let endpoint = TokenEndpoint::new(exchange.endpoint.clone(), authentication, client, clock);
        let acting = actor.token(&exchange.endpoint, self.0.clock.now())?;
        let kind = match exchange.subject {
            SubjectToken::AccessToken => ACCESS_TOKEN,
            SubjectToken::IdToken => ID_TOKEN,
        };
        let ask = TokenExchange {
            subject: Typed { token: subject, kind },
            actor: Some(Typed { token: &acting, kind: JWT }),
            audience: exchange.audience.as_deref(),
            resource: exchange.resource.as_deref(),
            scope: exchange.scope.as_deref(),
            requested_token_type: None,
        };
        match token_exchange(&endpoint, &ask).await {
            Ok(exchanged) => Ok(exchanged.access_token),
            Err(Trouble::Unavailable(words)) => {
                tracing::warn!(words, "a token could not be exchanged yet");
                Err(NotAuthorized::Later(None))
            }
            Err(trouble) => Err(unusable(link, &trouble.to_string())),
        }
    }
}

impl Inner {
    async fn registered(&self) -> Result<Provider, Trouble> {
        let client_id = match &self.settings.client_id {
            Some(id) => id.clone(),
            None => {
                let login = self.login().await?;
                let host =
                    url::Url::parse(&self.settings.issuer).ok().and_then(|url| url.host_str().map(str::to_owned));
                if login.provider_domain.is_some() && login.provider_domain != host {
                    return Err(Trouble::Untrusted("P0 names another provider than identity.linked.issuer"));
                }
                login
                    .client_id
                    .clone()
                    .ok_or(Trouble::Untrusted("P0 names no client: set identity.linked.client_id"))?
            }
        };
        let registration = Registration {
            issuer: self.settings.issuer.clone(),
            client_id,
            client_secret: self.settings.client_secret.clone(),
            scopes: self.settings.scopes.clone(),
            pkce: true,
        };
        Ok(Provider::new(registration, self.client.clone(), self.clock.clone()))
    }

    /// How the organisation logs in to P0, as it was when it was first asked.
    async fn login(&self) -> Result<&Login, Trouble> {
        let find = async || {
            let found = self.p0.login().await?;
            let text = serde_json::to_string(&found).map_err(|_| Trouble::Untrusted("P0's login cannot be kept"))?;
            let kept = self.store.pin(LOGIN_PIN, text).await;
            let kept =
                kept.map_err(|NotKept| Trouble::Unavailable("the ledger could not pin P0's login".to_owned()))?;
            let pinned: Login =
                serde_json::from_str(&kept).map_err(|_| Trouble::Untrusted("the pin cannot be read"))?;
            if pinned != found {
                tracing::error!("P0 names another login than the one that was pinned; the pinned one is used");
            }
            Ok(pinned)
        };
        self.login.get_or_try_init(find).await
    }

    /// Gets what P0 is shown, where it is not the provider's own token.
    async fn complete(&self, tokens: &mut Tokens, raw_nonce: Option<&str>) -> Result<(), Trouble> {
        if let Some(platform) = self.platform() {
            let (access, id) = (&tokens.access, tokens.id.as_ref());
            tokens.platform = Some(platform.sign_in(self.login().await?, access, id, raw_nonce).await?);
        }
        Ok(())
    }

    fn platform(&self) -> Option<IdentityPlatform> {
        let SentToken::IdentityPlatform { toolkit, secure_token } = &self.settings.send else { return None };
        Some(IdentityPlatform {
            toolkit: toolkit.clone(),
            secure_token: secure_token.clone(),
            client: self.client.clone(),
            clock: self.clock.clone(),
        })
    }
}

/// Whether a token lasts for a call.
fn lasts(good_until: Timestamp, now: Timestamp) -> bool {
    good_until > now.checked_add(LASTS_FOR).unwrap_or(Timestamp::MAX)
}

/// What is wrong is for the operator: it is logged, not told.
fn unusable(link: &Link, problem: &str) -> NotAuthorized {
    tracing::warn!(by = %link.owner, link = link.id, problem, "a linked account cannot be used");
    NotAuthorized::Refused(Refusal::CredentialUnusable)
}

/// What a provider's trouble means to whoever links.
pub fn not_bound(trouble: &Trouble) -> NotBound {
    tracing::warn!(%trouble, "an account was not linked");
    match trouble {
        Trouble::Unavailable(_) => NotBound::Unavailable,
        Trouble::Refused { code, .. } => NotBound::RefusedByProvider { code: code.clone() },
        Trouble::Untrusted(_) => NotBound::Untrusted,
    }
}
