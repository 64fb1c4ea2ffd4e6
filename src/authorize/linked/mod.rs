//! Modes `linked` and `exchange`: each person's own account at the provider. They link it once; from then on its tokens
//! are renewed as they are needed, and nobody else's are ever sent for them.

mod binding;
pub(crate) mod exchange;
mod renewal;
pub mod store;
pub(in crate::authorize) mod tokens;

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::OnceCell;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use zeroize::Zeroizing;

use super::NotAuthorized;
use super::actor::Actor;
use super::claims;
use super::credentials::Credential;
use super::identity_platform::{self, IdentityPlatform};
use super::openid::{Grant, Provider, Registration, Trouble};
use super::p0_login::{AccountAnswer, Login, P0Accounts};
use super::vault::{Owner, Vault};
use crate::clock::Clock;
use crate::config::{Exchange, Linked, Secret, SentToken};
use crate::domain::link::{Account, Link, LinkEnd, LinkVersion, NotBound};
use crate::domain::person::{Authority, Email, SlackUser};
use crate::domain::refusal::Refusal;
use crate::domain::sign_in::SignIn;
use exchange::Exchanger;
pub use renewal::LONGEST_RENEWAL;
use store::{Bound, LinkStore, NewLink, NotKept};
use tokens::{Tokens, owner};

/// A token that runs out sooner than this is renewed first: it has to last for the call.
const LASTS_FOR: Duration = Duration::from_secs(30);

/// Everybody's linked accounts; cheap to clone.
#[derive(Clone)]
pub struct LinkedAccounts(Arc<Inner>);

struct Inner {
    settings: Linked,
    exchanger: Option<Exchanger>,
    provider: OnceCell<Provider>,
    login: OnceCell<Login>,
    client: reqwest::Client,
    p0: P0Accounts,
    vault: Vault,
    store: Arc<dyn LinkStore>,
    clock: Clock,
    /// Renewals under way: what a provider has given is written down, whoever stopped waiting for it.
    renewals: TaskTracker,
    /// No other renewal begins.
    stopping: CancellationToken,
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
        let exchanger =
            exchange.map(|(settings, actor)| Exchanger::new(settings, actor, client.clone(), clock.clone()));
        Self(Arc::new(Inner {
            settings,
            exchanger,
            provider: OnceCell::new(),
            login: OnceCell::new(),
            client,
            p0,
            vault,
            store,
            clock,
            renewals: TaskTracker::new(),
            stopping: CancellationToken::new(),
        }))
    }

    /// The settings.
    pub fn settings(&self) -> &Linked {
        &self.0.settings
    }

    /// How identities are shown to be people's.
    pub(super) fn authority(&self) -> Authority {
        if self.0.exchanger.is_some() { Authority::Exchanged } else { Authority::LinkedAccount }
    }

    /// The actor's public keys, where tokens are exchanged.
    pub(super) fn jwks(&self) -> Option<serde_json::Value> {
        self.0.exchanger.as_ref().map(Exchanger::jwks)
    }

    /// From now on no renewal begins: there may be no time left to write down what it brings.
    pub fn begin_no_more(&self) {
        self.0.stopping.cancel();
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
        let link = link.filter(|link| self.still_own(link)).ok_or(NotAuthorized::Refused(Refusal::NotLinked))?;
        let lasted = lasts(link.good_until, self.0.clock.now());
        let (mut link, mut tokens) = if lasted { self.kept(link)? } else { self.renewed(link).await? };
        let mut bearer = self.bearer(self.shown(&link, &tokens)?).await;
        if lasted && bearer.as_ref().is_err_and(exchange::is_about_the_subject) {
            // The provider may have ended it before its time: a new one is either taken, or not to be had.
            (link, tokens) = self.renewed(link).await?;
            bearer = self.bearer(self.shown(&link, &tokens)?).await;
        }
        let bearer = bearer.map_err(|trouble| not_exchanged(&link, &trouble))?;
        self.check_owner(&link, &tokens, &bearer)?;
        Ok(Credential {
            identity: Some(link.identity.clone()),
            bearer,
            authority: self.authority(),
            names: link.names.clone(),
            link: Some(LinkVersion { id: link.id, generation: link.generation }),
        })
    }

    /// Whether a link is still its owner's by the settings, which may have changed since it was made.
    pub fn still_own(&self, link: &Link) -> bool {
        binding::still_own(link, &self.0.settings)
    }

    fn shown<'t>(&self, link: &Link, tokens: &'t Tokens) -> Result<&'t Secret, NotAuthorized> {
        let shown = tokens.shown(&self.0.settings.send).ok_or_else(|| unusable(link, "holds no such token"))?;
        Ok(shown.0)
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
        let bearer = self.bearer(shown).await.map_err(|trouble| not_bound(&trouble))?;
        self.ask_p0(&bearer, &identity).await?;
        let names: Vec<&str> = [&identity].into_iter().chain(&claims.names).map(String::as_str).collect();
        self.check_names(&names, &identity, &bearer).map_err(|refused| {
            tracing::warn!(by = %asker, ?refused, "the token that P0 would be shown is not the person's");
            NotBound::Untrusted
        })?;
        tokens.shown_as = claims::subject(bearer.expose());
        let id = self.0.store.new_id();
        let account = Account { issuer: claims.issuer.clone(), subject: claims.subject.clone() };
        self.make_way(asker, &account).await.map_err(|NotKept| NotBound::Unavailable)?;
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

    /// Ends what the settings have left behind: a link that counts for nothing any more stands in nobody's way.
    async fn make_way(&self, asker: &SlackUser, account: &Account) -> Result<(), NotKept> {
        let store = &self.0.store;
        for old in [store.living(asker).await?, store.of_account(account).await?].into_iter().flatten() {
            if !self.still_own(&old) {
                store.end(old.id, LinkEnd::NotInSettings).await?;
            }
        }
        Ok(())
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
        // What one provider gave is shown to no other.
        let sealed = link.sealed.as_ref().filter(|_| link.account.issuer == self.0.settings.issuer);
        let Some(sealed) = sealed else { return Ok(false) };
        let Ok(tokens) = Tokens::open(&self.0.vault, &owner(link), sealed) else { return Ok(false) };
        let provider = self.provider().await?;
        let revoked = match &tokens.refresh {
            Some(refresh) => provider.revoke(refresh).await?,
            None => provider.revoke_access(&tokens.access).await?,
        };
        Ok(revoked == super::openid::Revoked::AtProvider)
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

    /// Where the bearer names anybody, it is by one of these; a person who is known by no address may have any.
    fn check_names(&self, names: &[&str], identity: &str, bearer: &Secret) -> Result<(), NotAuthorized> {
        let Some(claims) = claims::readable(bearer.expose()) else { return Ok(()) };
        let names = if identity.contains('@') { names } else { &[] };
        match claims::check(&claims, names, self.0.clock.now()) {
            // It lasted when it was looked up, or was got just now.
            Err(Refusal::CredentialExpired) => Err(NotAuthorized::Later(None)),
            checked => checked.map(drop).map_err(NotAuthorized::Refused),
        }
    }

    /// What P0 is shown for the token of the linked account.
    async fn bearer(&self, shown: &Secret) -> Result<Secret, Trouble> {
        match &self.0.exchanger {
            Some(exchanger) => exchanger.exchange(shown).await,
            None => Ok(shown.clone()),
        }
    }

    /// Where the bearer says whose it is, it is the person's, and it has not run out.
    fn check_owner(&self, link: &Link, tokens: &Tokens, bearer: &Secret) -> Result<(), NotAuthorized> {
        let names: Vec<&str> = [&link.identity].into_iter().chain(&link.names).map(String::as_str).collect();
        self.check_names(&names, &link.identity, bearer)?;
        // An access token may call the person by another name than the ID token does, as Entra's do: it is held to the
        // one that P0 took when the account was linked.
        let is_readable = claims::readable(bearer.expose()).is_some();
        if is_readable && tokens.shown_as.is_some() && claims::subject(bearer.expose()) != tokens.shown_as {
            return Err(NotAuthorized::Refused(Refusal::CredentialOfAnother));
        }
        Ok(())
    }
}

impl Inner {
    async fn registered(&self) -> Result<Provider, Trouble> {
        let client_id = match &self.settings.client_id {
            Some(id) => id.clone(),
            None => {
                let login = self.login().await?;
                if login.is_elsewhere(&self.settings.issuer) {
                    return Err(Trouble::Untrusted("P0 names another provider than identity.linked.issuer"));
                }
                login
                    .client_id
                    .clone()
                    .ok_or(Trouble::Untrusted("P0 names no client: set identity.linked.client_id"))?
            }
        };
        Ok(Provider::new(registration(&self.settings, client_id), self.client.clone(), self.clock.clone()))
    }

    /// How the organisation logs in to P0, as it was when it was first asked.
    async fn login(&self) -> Result<&Login, Trouble> {
        let not_kept = |NotKept| Trouble::Unavailable("the ledger could not pin P0's login".to_owned());
        let find = async || {
            let found = self.p0.login().await;
            let pin = self.p0.login_pin();
            let kept = match (self.store.pinned(&pin).await.map_err(not_kept)?, &found) {
                (Some(kept), _) => kept,
                (None, Ok(found)) => {
                    let text =
                        serde_json::to_string(found).map_err(|_| Trouble::Untrusted("P0's login has no JSON"))?;
                    self.store.pin(pin, text).await.map_err(not_kept)?
                }
                (None, Err(trouble)) => return Err(trouble.clone()),
            };
            let pinned: Login =
                serde_json::from_str(&kept).map_err(|_| Trouble::Untrusted("the pin cannot be read"))?;
            // What is pinned does not need P0 to say it again.
            if found.is_ok_and(|found| found != pinned) {
                tracing::error!("P0 names another login than the one that was pinned; the pinned one is used");
            }
            Ok(pinned)
        };
        self.login.get_or_try_init(find).await
    }

    /// Gets what P0 is shown, where it is not the provider's own token.
    async fn complete(&self, tokens: &mut Tokens, raw_nonce: Option<&str>) -> Result<(), Trouble> {
        let Some(platform) = self.platform() else { return Ok(()) };
        let login = self.login().await?;
        if let Some(nonce) = raw_nonce {
            tokens.nonce = Some(nonce.to_owned());
        }
        let sign_in = async |id| platform.sign_in(login, &tokens.access, id, tokens.nonce.as_deref()).await;
        let got = match (&tokens.id, &tokens.platform) {
            // The provider has just vouched for the person, and gave no ID token that could say so.
            (None, Some(kept)) => match platform.renew(login, &kept.refresh).await {
                // Its access token may say so. Where it does not, the person has to sign in.
                Err(over) if identity_platform::is_over(&over) => match sign_in(None).await {
                    Err(Trouble::Refused { .. }) => Err(over),
                    signed_in => signed_in,
                },
                renewed => renewed,
            },
            (id, _) => sign_in(id.as_ref()).await,
        }?;
        tokens.platform = Some(got);
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

/// As whom the bot is registered at the organisation's provider.
pub(crate) fn registration(settings: &Linked, client_id: String) -> Registration {
    Registration {
        issuer: settings.issuer.clone(),
        client_id,
        client_secret: settings.client_secret.clone(),
        scopes: settings.scopes.clone(),
        pkce: true,
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

fn not_exchanged(link: &Link, trouble: &Trouble) -> NotAuthorized {
    match trouble {
        Trouble::Unavailable(words) => {
            tracing::warn!(by = %link.owner, link = link.id, words, "a token could not be exchanged yet");
            NotAuthorized::Later(None)
        }
        trouble => unusable(link, &trouble.to_string()),
    }
}

/// What a provider's trouble means to whoever links.
pub fn not_bound(trouble: &Trouble) -> NotBound {
    tracing::warn!(%trouble, "an account was not linked");
    match trouble {
        Trouble::Unavailable(_) => NotBound::Unavailable,
        Trouble::Refused { code, .. } => NotBound::RefusedByProvider { code: code.clone() },
        Trouble::Untrusted(_) | Trouble::AnotherPerson => NotBound::Untrusted,
    }
}
