//! Who may change P0's settings, asked of Slack at the moment when it counts.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;

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
    /// Of whoever is listed themselves no group has to vouch: then one that Slack does not tell of is left out.
    ///
    /// # Errors
    /// Why the person may not act as an admin, or that Slack did not say.
    pub async fn admit(&self, by: &SlackUser) -> Result<Groups, NotAdmitted> {
        let refused = |refusal| Err(NotAdmitted::Refused(refusal));
        if !self.may_be(&by.user) {
            return refused(SettingsRefusal::NotAdmin);
        }
        let person = self.directory.person(&by.user).await.map_err(later)?;
        let Some(person) = person else {
            return refused(SettingsRefusal::Person { refusal: Refusal::NobodyKnown });
        };
        match self.workspace.admit(by, &person) {
            Ok(()) => {}
            Err(Refusal::Guest) => return refused(SettingsRefusal::NotAdmin),
            Err(refusal) => return refused(SettingsRefusal::Person { refusal }),
        }
        let listed = self.is_listed(&by.user);
        let mut groups = Groups::new();
        let places = self.places(by, &person);
        let asked = join_all(self.list.groups.iter().map(|group| self.members(group, &places))).await;
        for (group, members) in self.list.groups.iter().zip(asked) {
            match members {
                Ok(members) => {
                    groups.insert(group.clone(), members);
                }
                Err(_) if listed => {}
                Err(unavailable) => return Err(later(unavailable)),
            }
        }
        if listed || groups.values().any(|members| members.contains(&by.user)) {
            Ok(groups)
        } else {
            refused(SettingsRefusal::NotAdmin)
        }
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

    async fn members(&self, group: &UserGroupId, places: &[&TeamId]) -> Result<Vec<UserId>, Unavailable> {
        for place in places {
            if let Some(members) = self.directory.members(group, place).await? {
                return Ok(members);
            }
        }
        tracing::error!(%group, "Slack does not know a user group of slack.admins: nobody is an admin by it");
        Ok(Vec::new())
    }
}

fn later(Unavailable { retry_after }: Unavailable) -> NotAdmitted {
    NotAdmitted::Later(retry_after)
}
