//! Who may change P0's settings, asked of Slack at the moment when it counts.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::try_join_all;

use super::directory::{Directory, Person, Unavailable};
use super::workspace::Workspace;
use crate::config::AdminList;
use crate::domain::jit::proposal::Groups;
use crate::domain::jit::refusal::SettingsRefusal;
use crate::domain::person::{SlackUser, TeamId, UserGroupId, UserId};
use crate::domain::refusal::Refusal;

/// Why somebody does not act as an admin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotAdmitted {
    /// They may not.
    Refused(SettingsRefusal),
    /// Slack could not be asked; try again, no sooner than this.
    Later(Option<Duration>),
}

/// Finds out who is an admin now.
#[derive(Clone)]
pub struct Admins {
    directory: Arc<dyn Directory>,
    workspace: Workspace,
    list: AdminList,
}

impl Admins {
    /// The admins of `list`. Guests are none, also where they may decide requests.
    pub fn new(directory: Arc<dyn Directory>, workspace: Workspace, list: AdminList) -> Self {
        Self { directory, workspace: Workspace { allow_guests: false, ..workspace }, list }
    }

    /// Whether the person can be an admin at all, as far as the settings tell: nobody is asked.
    pub fn may_be(&self, user: &UserId) -> bool {
        self.is_listed(user) || !self.list.groups.is_empty()
    }

    /// Asks Slack who the person is at this moment and who is in the admins' groups; says the latter.
    ///
    /// # Errors
    /// Why the person may not act as an admin, or that Slack did not say.
    pub async fn admit(&self, by: &SlackUser) -> Result<Groups, NotAdmitted> {
        let person = self.person(by).await?;
        let groups = self.groups(by, &person).await.map_err(later)?;
        self.is_one_of(by, &groups).map(|()| groups)
    }

    /// Asks the same of somebody else, where it is known who is in the groups.
    ///
    /// # Errors
    /// Why the person may not act as an admin, or that Slack did not say.
    pub async fn admit_too(&self, by: &SlackUser, groups: &Groups) -> Result<(), NotAdmitted> {
        self.person(by).await?;
        self.is_one_of(by, groups)
    }

    async fn person(&self, by: &SlackUser) -> Result<Person, NotAdmitted> {
        let refused = |refusal| Err(NotAdmitted::Refused(refusal));
        if !self.may_be(&by.user) {
            return refused(SettingsRefusal::NotAdmin);
        }
        let Some(person) = self.directory.person(&by.user).await.map_err(later)? else {
            return refused(SettingsRefusal::Person { refusal: Refusal::NobodyKnown });
        };
        match self.workspace.admit(by, &person) {
            Ok(()) => Ok(person),
            Err(Refusal::Guest) => refused(SettingsRefusal::NotAdmin),
            Err(refusal) => refused(SettingsRefusal::Person { refusal }),
        }
    }

    fn is_one_of(&self, by: &SlackUser, groups: &Groups) -> Result<(), NotAdmitted> {
        let is_admin = self.is_listed(&by.user) || groups.values().any(|members| members.contains(&by.user));
        if is_admin { Ok(()) } else { Err(NotAdmitted::Refused(SettingsRefusal::NotAdmin)) }
    }

    fn is_listed(&self, user: &UserId) -> bool {
        self.list.users.contains(user)
    }

    /// The workspaces in which a group is looked for: where the app is installed for one, that is one.
    fn places<'a>(&'a self, by: &'a SlackUser, person: &'a Person) -> Vec<&'a TeamId> {
        let mut places = vec![person.team.as_ref().unwrap_or(&by.team)];
        places.extend(self.workspace.teams.iter().filter(|team| Some(*team) != person.team.as_ref()));
        places
    }

    /// Who is in each of the groups.
    async fn groups(&self, by: &SlackUser, person: &Person) -> Result<Groups, Unavailable> {
        let places = self.places(by, person);
        let asked = self.list.groups.iter().map(|group| self.members(group, &places));
        let members = try_join_all(asked).await?;
        Ok(self.list.groups.iter().cloned().zip(members).collect())
    }

    async fn members(&self, group: &UserGroupId, places: &[&TeamId]) -> Result<Vec<UserId>, Unavailable> {
        for place in places {
            if let Some(members) = self.directory.members(group, place).await? {
                return Ok(members);
            }
        }
        tracing::error!(%group, "Slack tells of no such user group (slack.admins): nobody is an admin by it");
        Ok(Vec::new())
    }
}

fn later(Unavailable { retry_after }: Unavailable) -> NotAdmitted {
    NotAdmitted::Later(retry_after)
}
