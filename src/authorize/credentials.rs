//! Which credential is a person's, by the one mode that is configured. There is no falling back from one to another.

use super::NotAuthorized;
use super::actor::Actor;
use super::assertion::Signer;
use super::linked::{LinkedAccounts, Parts};
use super::mapping::Mapping;
use super::own_tokens::OwnTokens;
use crate::clock::Clock;
use crate::config::{ConfigError, Identity, Secret, Tokens};
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
    Assertion(Box<Signer>),
    Service(Secret),
}

impl Credentials {
    /// Makes ready what the settings ask for. `client` is for token endpoints.
    ///
    /// # Errors
    /// Where a key that signs cannot be used.
    pub fn new(
        identity: Identity,
        clock: Clock,
        client: reqwest::Client,
        parts: Option<Parts>,
    ) -> Result<Self, ConfigError> {
        let people = Mapping::new(identity.accounts());
        let linked = |linked, exchange| {
            let parts =
                parts.ok_or_else(|| ConfigError::new("vault.key", "is missing: this mode keeps people's tokens"));
            parts.map(|parts| Mode::Linked(LinkedAccounts::new(linked, exchange, parts)))
        };
        let mode = match identity {
            Identity::Linked(settings) => linked(*settings, None)?,
            Identity::Exchange(settings) => {
                let actor = Actor::new(&settings)?;
                linked(settings.linked.clone(), Some((*settings, actor)))?
            }
            Identity::Tokens(Tokens { source, people }) => Mode::Tokens(OwnTokens::new(source, people.into_keys())),
            Identity::Assertion(assertion) => Mode::Assertion(Box::new(Signer::new(assertion, client, clock.clone())?)),
            Identity::Service { token, .. } => Mode::Service(token),
        };
        Ok(Self { people, mode, clock })
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

    /// Whether the person could decide here at all, as configured.
    pub fn knows(&self, user: &UserId) -> bool {
        self.admits(user).is_ok()
    }

    /// Whether the person could decide here at all, as configured, or why not.
    ///
    /// # Errors
    /// As the person is told it.
    pub fn admits(&self, user: &UserId) -> Result<(), Refusal> {
        let has_credential = match &self.mode {
            // P0 does not learn who decided, and so nobody is taken for somebody else.
            Mode::Service(_) => return Ok(()),
            Mode::Tokens(own) => own.has(user),
            Mode::Linked(_) | Mode::Assertion(_) => self.people.may_know(user),
        };
        match self.identity(user) {
            _ if self.people.is_ambiguous(user) => Err(Refusal::AmbiguousIdentity),
            _ if has_credential => Ok(()),
            Some(_) => Err(Refusal::NoCredential),
            None => Err(Refusal::NoIdentity),
        }
    }

    /// Whether the person may read of any request, as configured. A shared credential says of nobody that they belong
    /// here, and neither does an address: every guest of the workspace has one.
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
        if let Err(refusal @ Refusal::AmbiguousIdentity) = self.admits(user) {
            let words = self.people.ambiguity(user).unwrap_or_default();
            return Some(Problem { refusal, words });
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
        let refused = NotAuthorized::Refused;
        self.admits(&by.user).map_err(refused)?;
        let (identity, now) = (self.identity(&by.user), self.clock.now());
        match &self.mode {
            Mode::Linked(accounts) => accounts.credential(by).await,
            Mode::Tokens(own) => own.credential(&by.user, identity, now).await.map_err(refused),
            Mode::Assertion(signer) => {
                let identity = self.people.identity(&by.user, confirmed).map_err(refused)?;
                signer.credential(by, &identity).await
            }
            Mode::Service(token) => Ok(Credential {
                identity: None,
                bearer: token.clone(),
                authority: Authority::SharedCredential,
                names: identity.map(str::to_owned).into_iter().collect(),
                link: None,
            }),
        }
    }
}
