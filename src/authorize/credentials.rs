//! Which credential is a person's, by the one mode that is configured. There is no falling back from one to another.

use super::NotAuthorized;
use super::actor::Actor;
use super::assertion::Signer;
use super::linked::{LinkedAccounts, Parts};
use super::mapping::Mapping;
use super::own_tokens::OwnTokens;
use crate::clock::Clock;
use crate::config::{Accounts, ConfigError, Identity, Secret};
use crate::domain::link::LinkVersion;
use crate::domain::person::{Authority, Email, SlackUser, UserId};
use crate::domain::refusal::Refusal;

/// A person's credential.
#[derive(Debug)]
pub struct Credential {
    /// Who they are to P0, where that is known here.
    pub identity: Option<String>,
    /// What P0 is shown.
    pub bearer: Secret,
    /// How the identity was shown to be theirs.
    pub authority: Authority,
    /// Other names that the credential itself gives them.
    pub names: Vec<String>,
    /// Which tokens of which link it is, where it is of one.
    pub link: Option<LinkVersion>,
}

/// Why a person's credential cannot be used, for the operator.
#[derive(Debug)]
pub struct Problem {
    /// As the person is told it.
    pub refusal: Refusal,
    /// Where to mend what.
    pub words: String,
}

/// Everybody's credentials.
pub struct Credentials {
    people: Mapping,
    mode: Mode,
    clock: Clock,
}

enum Mode {
    Linked(LinkedAccounts),
    Tokens(OwnTokens),
    Assertion(Signer),
    Service(Secret),
}

impl Credentials {
    /// Makes ready what the settings ask for. `parts` are what linked accounts stand on.
    ///
    /// # Errors
    /// Where a key that signs cannot be used, or where people's tokens are to be kept and there is no vault.
    pub fn new(identity: Identity, clock: Clock, parts: Option<Parts>) -> Result<Self, ConfigError> {
        let linked = |settings, exchange| {
            let missing = "is missing, and this mode keeps people's tokens: make one with `p0-chatops vault new-key`";
            let parts = parts.ok_or_else(|| ConfigError::new("vault.key", missing))?;
            Ok(Mode::Linked(LinkedAccounts::new(settings, exchange, parts)))
        };
        let (people, mode) = match identity {
            Identity::Linked(settings) => (settings.accounts.clone(), linked(*settings, None)?),
            Identity::Exchange(settings) => {
                let (accounts, actor) = (settings.linked.accounts.clone(), Actor::new(&settings)?);
                (accounts, linked(settings.linked.clone(), Some((*settings, actor)))?)
            }
            Identity::Tokens(tokens) => {
                let own = OwnTokens::new(tokens.source, &tokens.people);
                (Accounts::Table(tokens.people), Mode::Tokens(own))
            }
            Identity::Assertion(assertion) => (assertion.accounts.clone(), Mode::Assertion(Signer::new(assertion)?)),
            Identity::Service { token, people } => (Accounts::Table(people), Mode::Service(token)),
        };
        Ok(Self { people: Mapping::new(people), mode, clock })
    }

    /// The accounts that people link, where they do.
    pub fn linked(&self) -> Option<&LinkedAccounts> {
        match &self.mode {
            Mode::Linked(accounts) => Some(accounts),
            Mode::Tokens(_) | Mode::Assertion(_) | Mode::Service(_) => None,
        }
    }

    /// Who the person is to P0, as configured. Local: no credential is read.
    pub fn identity(&self, user: &UserId) -> Option<&str> {
        self.people.named(user)
    }

    /// Why the person cannot decide here, as far as the settings alone say.
    pub fn barred(&self, user: &UserId) -> Option<Refusal> {
        let unknown = || if self.identity(user).is_some() { Refusal::NoCredential } else { Refusal::NoIdentity };
        let has_credential = match &self.mode {
            // P0 does not learn who decided, and so nobody is taken for somebody else.
            Mode::Service(_) => return None,
            Mode::Tokens(own) => own.has(user),
            Mode::Linked(_) | Mode::Assertion(_) => self.people.may_know(user),
        };
        match self.people.is_ambiguous(user) {
            true => Some(Refusal::AmbiguousIdentity),
            false => (!has_credential).then(unknown),
        }
    }

    /// Whether the person could decide here at all, as configured.
    pub fn knows(&self, user: &UserId) -> bool {
        self.barred(user).is_none()
    }

    /// Whether the person may read of any request, as configured: with a shared credential, or where people are known
    /// by their address, that needs an entry, or every guest of the workspace could.
    pub fn may_read(&self, user: &UserId) -> bool {
        self.identity(user).is_some() || matches!(&self.mode, Mode::Tokens(own) if own.has(user))
    }

    /// Whether P0 does not learn who decides.
    pub fn p0_knows_nobody(&self) -> bool {
        matches!(self.mode, Mode::Service(_))
    }

    /// Whether a request that P0 never told of may be forwarded: with a shared credential P0 could not tell who asked
    /// for it.
    pub fn forwards_never_seen(&self) -> bool {
        !matches!(self.mode, Mode::Service(_))
    }

    /// How identities are shown to be people's, in this mode.
    pub fn authority(&self) -> Authority {
        match &self.mode {
            Mode::Linked(accounts) => accounts.authority(),
            Mode::Tokens(_) => Authority::OwnToken,
            Mode::Assertion(_) => Authority::AssertedByBot,
            Mode::Service(_) => Authority::SharedCredential,
        }
    }

    /// The public keys by which assertions are checked, where the bot makes any.
    pub fn jwks(&self) -> Option<serde_json::Value> {
        match &self.mode {
            Mode::Assertion(signer) => Some(signer.jwks()),
            Mode::Linked(accounts) => accounts.jwks(),
            Mode::Tokens(_) | Mode::Service(_) => None,
        }
    }

    /// Logs which credentials cannot be used now: better known at the start than at the first click.
    pub async fn report_unusable(&self) {
        if let Mode::Tokens(own) = &self.mode {
            own.report_unusable().await;
        }
    }

    /// What the operator has to mend before the person's credential can be used, without a word of what it holds.
    pub async fn problem(&self, user: &UserId) -> Option<Problem> {
        if self.barred(user) == Some(Refusal::AmbiguousIdentity) {
            let identity = self.identity(user).unwrap_or_default();
            let words = format!("identity.people names {identity} for them and for somebody else");
            return Some(Problem { refusal: Refusal::AmbiguousIdentity, words });
        }
        match &self.mode {
            Mode::Tokens(own) => own.problem(user, self.identity(user), self.clock.now()).await,
            Mode::Linked(_) | Mode::Assertion(_) | Mode::Service(_) => None,
        }
    }

    /// The person's credential. `confirmed` is the address that Slack has just said is theirs.
    ///
    /// # Errors
    /// What is missing or wrong, as the person is told it; or that it cannot be had yet.
    pub async fn of(&self, by: &SlackUser, confirmed: Option<&Email>) -> Result<Credential, NotAuthorized> {
        if let Some(refusal) = self.barred(&by.user) {
            return Err(NotAuthorized::Refused(refusal));
        }
        let now = self.clock.now();
        let credential = match &self.mode {
            Mode::Linked(accounts) => return accounts.credential(by).await,
            Mode::Tokens(own) => own.credential(&by.user, self.identity(&by.user), now).await,
            Mode::Assertion(signer) => {
                let identity = self.people.identity(&by.user, confirmed);
                identity.and_then(|identity| signer.credential(by, &identity, now))
            }
            Mode::Service(token) => Ok(Credential {
                identity: None,
                bearer: token.clone(),
                authority: Authority::SharedCredential,
                names: self.identity(&by.user).map(str::to_owned).into_iter().collect(),
                link: None,
            }),
        };
        credential.map_err(NotAuthorized::Refused)
    }
}
