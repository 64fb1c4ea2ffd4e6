//! Who is this now, and which credential is theirs? Whatever is missing, ambiguous or stale is a refusal.

pub mod actor;
pub mod admins;
pub mod assertion;
mod claims;
mod command;
pub mod credentials;
pub mod directory;
mod identity_platform;
pub mod linked;
pub(crate) mod mapping;
pub mod openid;
mod own_tokens;
pub mod p0_login;
mod private_file;
pub(crate) mod signing_key;
mod token_command;
mod token_files;
pub mod vault;
pub mod workspace;

use std::sync::Arc;
use std::time::Duration;

use crate::domain::link::LinkVersion;
use crate::domain::person::{Authority, SlackUser};
use crate::domain::refusal::Refusal;
use credentials::Credentials;
use directory::{Directory, Person, Unavailable};
use workspace::Workspace;

use crate::config::Secret;

/// How an identity is written that P0 knows and we do not.
const UNNAMED: &str = "(as their credential says)";

/// A person whom Slack vouched for just now, with the credential that is theirs.
#[derive(Debug)]
pub struct Authorized {
    identity: String,
    bearer: Secret,
    authority: Authority,
    names: Vec<String>,
    link: Option<LinkVersion>,
}

impl Authorized {
    /// Who they are to P0.
    pub fn identity(&self) -> &str {
        &self.identity
    }

    /// What P0 is shown.
    pub fn bearer(&self) -> &Secret {
        &self.bearer
    }

    /// How the identity was shown to be theirs.
    pub fn authority(&self) -> Authority {
        self.authority
    }

    /// Which tokens of which link the bearer is, where it is of one.
    pub fn link(&self) -> Option<LinkVersion> {
        self.link
    }

    /// Every name by which a request could be their own.
    pub fn names(&self) -> &[String] {
        &self.names
    }
}

/// Why somebody cannot act.
#[derive(Debug)]
pub enum NotAuthorized {
    /// They may not.
    Refused(Refusal),
    /// Slack could not be asked; try again, no sooner than this.
    Later(Option<Duration>),
}

/// Finds out who somebody is now.
#[derive(Clone)]
pub struct Authorizer {
    directory: Arc<dyn Directory>,
    workspace: Workspace,
    credentials: Arc<Credentials>,
}

impl Authorizer {
    /// An authorizer that asks `directory`.
    pub fn new(directory: Arc<dyn Directory>, workspace: Workspace, credentials: Arc<Credentials>) -> Self {
        Self { directory, workspace, credentials }
    }

    /// Asks Slack who the person is at this moment, and finds the credential that is theirs.
    ///
    /// # Errors
    /// Why they cannot act, or not yet.
    pub async fn authorize(&self, by: &SlackUser) -> Result<Authorized, NotAuthorized> {
        let person = self.admitted(by).await?;
        let credential = self.credentials.of(by, person.email.as_ref()).await?;
        let mut names = credential.names;
        names.extend(credential.identity.clone());
        names.extend(person.email.map(|email| email.as_str().to_owned()));
        Ok(Authorized {
            identity: credential.identity.unwrap_or_else(|| UNNAMED.to_owned()),
            bearer: credential.bearer,
            authority: credential.authority,
            names,
            link: credential.link,
        })
    }

    /// Asks Slack who the person is at this moment, and whether such a person may decide.
    ///
    /// # Errors
    /// Why not, or that Slack did not say.
    pub async fn admitted(&self, by: &SlackUser) -> Result<Person, NotAuthorized> {
        let person = self
            .directory
            .person(&by.user)
            .await
            .map_err(|Unavailable { retry_after }| NotAuthorized::Later(retry_after))?;
        let person = person.ok_or(NotAuthorized::Refused(Refusal::NobodyKnown))?;
        self.workspace.admit(by, &person).map_err(NotAuthorized::Refused)?;
        Ok(person)
    }
}
