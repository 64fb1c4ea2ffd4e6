//! Which credential is a person's, by the one mode that is configured. There is no falling back from one to another.

use std::collections::BTreeMap;

use super::assertion::Signer;
use super::token_files;
use crate::clock::Clock;
use crate::config::{ConfigError, Identity, Secret};
use crate::domain::person::{Authority, SlackUser, UserId};
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
    people: BTreeMap<UserId, String>,
    mode: Mode,
    clock: Clock,
}

enum Mode {
    Tokens(token_files::TokenFiles),
    Assertion(Signer),
    Service(Secret),
}

impl Credentials {
    /// Makes ready what the settings ask for.
    ///
    /// # Errors
    /// Where the key that signs assertions cannot be used.
    pub fn new(identity: Identity, clock: Clock) -> Result<Self, ConfigError> {
        let (people, mode) = match identity {
            Identity::Linked(_) | Identity::Exchange(_) => {
                return Err(ConfigError::new("identity.mode", "\"linked\" and \"exchange\" are not built yet"));
            }
            Identity::Tokens(tokens) => (tokens.people, Mode::Tokens(token_files::TokenFiles(tokens.files))),
            Identity::Assertion(assertion) => (assertion.people.clone(), Mode::Assertion(Signer::new(assertion)?)),
            Identity::Service { token, people } => (people, Mode::Service(token)),
        };
        Ok(Self { people, mode, clock })
    }

    /// Who the person is to P0, as configured. Local: no credential is read.
    pub fn identity(&self, user: &UserId) -> Option<&str> {
        self.people.get(user).map(String::as_str)
    }

    /// Whether the person could decide here at all, as configured.
    pub fn knows(&self, user: &UserId) -> bool {
        match &self.mode {
            Mode::Tokens(files) => files.0.contains_key(user),
            Mode::Assertion(_) => self.people.contains_key(user),
            Mode::Service(_) => true,
        }
    }

    /// Whether the person may read of any request, as configured: with a shared credential that needs an entry, or
    /// every guest of the workspace could.
    pub fn may_read(&self, user: &UserId) -> bool {
        self.people.contains_key(user) || (self.knows(user) && !self.p0_knows_nobody())
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
        match self.mode {
            Mode::Tokens(_) => Authority::OwnToken,
            Mode::Assertion(_) => Authority::AssertedByBot,
            Mode::Service(_) => Authority::SharedCredential,
        }
    }

    /// The public keys by which assertions are checked, where the bot makes any.
    pub fn jwks(&self) -> Option<serde_json::Value> {
        match &self.mode {
            Mode::Assertion(signer) => Some(signer.jwks()),
            _ => None,
        }
    }

    /// Logs which credentials cannot be used now: better known at the start than at the first click.
    pub async fn report_unusable(&self) {
        if let Mode::Tokens(files) = &self.mode {
            files.report_unusable().await;
        }
    }

    /// What the operator has to mend before the person's credential can be used, without a word of what it holds.
    pub async fn problem(&self, user: &UserId) -> Option<Problem> {
        match &self.mode {
            Mode::Tokens(files) => files.problem(user, self.identity(user), self.clock.now()).await,
            Mode::Assertion(_) | Mode::Service(_) => None,
        }
    }

    /// The person's credential.
    ///
    /// # Errors
    /// What is missing or wrong, as the person is told it.
    pub async fn of(&self, by: &SlackUser) -> Result<Credential, Refusal> {
        let identity = self.people.get(&by.user);
        match &self.mode {
            Mode::Tokens(files) => files.credential(&by.user, identity.map(String::as_str), self.clock.now()).await,
            Mode::Assertion(signer) => signer.credential(by, identity.ok_or(Refusal::NoIdentity)?, self.clock.now()),
            Mode::Service(token) => Ok(Credential {
                identity: None,
                bearer: token.clone(),
                authority: Authority::SharedCredential,
                names: identity.cloned().into_iter().collect(),
            }),
        }
    }
}
