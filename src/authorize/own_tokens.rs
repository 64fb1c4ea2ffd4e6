//! Mode `tokens`: each person's own bearer token, from a file or from a program. Both are asked anew for each decision,
//! and what comes of them has to be theirs.

use jiff::Timestamp;

use super::claims;
use super::credentials::{Credential, Problem};
use super::token_command::TokenCommand;
use super::token_files::{self, TokenFiles};
use crate::config::{Secret, TokenSource};
use crate::domain::person::{Authority, UserId};
use crate::domain::refusal::Refusal;

/// Where people's own tokens are had.
pub(super) enum OwnTokens {
    Files(TokenFiles),
    Command(TokenCommand),
}

impl OwnTokens {
    /// `people` are those for whom a program is asked.
    pub(super) fn new(source: TokenSource, people: impl Iterator<Item = UserId>) -> Self {
        match source {
            TokenSource::Files(files) => Self::Files(TokenFiles(files)),
            TokenSource::Command(program) => Self::Command(TokenCommand::new(program, people)),
        }
    }

    /// Whether there is a token for the person to be had.
    pub(super) fn has(&self, user: &UserId) -> bool {
        match self {
            Self::Files(files) => files.0.contains_key(user),
            Self::Command(command) => command.asks_for(user),
        }
    }

    /// Logs which files cannot be used now. A program is not asked: at a start nobody decides.
    pub(super) async fn report_unusable(&self) {
        if let Self::Files(files) = self {
            files.report_unusable().await;
        }
    }

    /// What the operator has to mend before the person's token can be used; `None` also where they have none.
    pub(super) async fn problem(&self, user: &UserId, identity: Option<&str>, now: Timestamp) -> Option<Problem> {
        let (refusal, problem) = match self.token(user, identity).await? {
            Err(problem) => (Refusal::CredentialUnusable, problem),
            Ok(token) => match claims::names(token.expose(), identity, now).err()? {
                Refusal::CredentialExpired => (Refusal::CredentialExpired, "its token has run out".to_owned()),
                refusal => (refusal, "its token says that it is somebody else's".to_owned()),
            },
        };
        Some(Problem { refusal, words: format!("{}: {problem}", self.place(user)) })
    }

    /// The person's token. What exactly is wrong with it is for the operator: it is logged, not told.
    ///
    /// `identity` is who they are to P0 by the table of people; where that says nothing the token's claims do.
    pub(super) async fn credential(
        &self,
        user: &UserId,
        identity: Option<&str>,
        now: Timestamp,
    ) -> Result<Credential, Refusal> {
        let missing = if identity.is_some() { Refusal::NoCredential } else { Refusal::NoIdentity };
        let bearer = self.token(user, identity).await.ok_or(missing)?.map_err(|problem| {
            tracing::warn!(user = user.as_str(), place = self.place(user), problem, "a person's token cannot be had");
            Refusal::CredentialUnusable
        })?;
        let names = claims::names(bearer.expose(), identity, now)?;
        Ok(Credential {
            identity: identity.map(str::to_owned).or_else(|| names.first().cloned()),
            bearer,
            authority: Authority::OwnToken,
            names,
            link: None,
        })
    }

    async fn token(&self, user: &UserId, identity: Option<&str>) -> Option<Result<Secret, String>> {
        let token = match self {
            Self::Files(files) => token_files::read(files.0.get(user)?).await.map_err(str::to_owned),
            Self::Command(command) => command.token(user, identity?).await?.map_err(|failure| failure.to_string()),
        };
        Some(token.and_then(|token| match token.bytes().all(|b| b.is_ascii_graphic()) && !token.is_empty() {
            true => Ok(Secret::new(token.as_str())),
            false => Err("it does not hold one token and nothing else".to_owned()),
        }))
    }

    /// Where the operator looks.
    fn place(&self, user: &UserId) -> String {
        match self {
            Self::Files(files) => files.0.get(user).map(|path| path.display().to_string()).unwrap_or_default(),
            Self::Command(_) => "identity.tokens_command".to_owned(),
        }
    }
}
