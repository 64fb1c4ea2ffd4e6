//! What Slack says of a person at this moment.

use std::time::Duration;

use futures_util::future::BoxFuture;

use crate::domain::person::{Email, EnterpriseId, TeamId, UserGroupId, UserId};

/// A person, as `users.info` describes them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// The account is deactivated.
    pub deleted: bool,
    /// It is a bot's.
    pub is_bot: bool,
    /// A guest of one or several channels.
    pub is_guest: bool,
    /// A member of another company, met in a shared channel.
    pub is_stranger: bool,
    /// Their home workspace.
    pub team: Option<TeamId>,
    /// Their organisation.
    pub enterprise: Option<EnterpriseId>,
    /// Their e-mail address, only where Slack has confirmed it.
    pub email: Option<Email>,
}

/// Slack could not be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unavailable {
    /// Where Slack said when to ask again.
    pub retry_after: Option<Duration>,
}

/// Who knows people. Implemented by the client of Slack's Web API, which comes later in a click's way.
pub trait Directory: Send + Sync {
    /// The person as they are now; `None` where nobody has that id.
    fn person<'d>(&'d self, user: &'d UserId) -> BoxFuture<'d, Result<Option<Person>, Unavailable>>;

    /// Whose confirmed e-mail address this is; `None` where it is nobody's who is a member.
    fn with_email<'d>(&'d self, email: &'d Email) -> BoxFuture<'d, Result<Option<UserId>, Unavailable>>;

    /// Who is in a user group now; `None` where there is none with that id, or the app may not know. An org-wide install
    /// has to say in which workspace it means one.
    fn members<'d>(
        &'d self,
        group: &'d UserGroupId,
        workspace: &'d TeamId,
    ) -> BoxFuture<'d, Result<Option<Vec<UserId>>, Unavailable>>;
}
