//! Whose members may decide.

use super::directory::Person;
use crate::domain::person::{EnterpriseId, SlackUser, TeamId};
use crate::domain::refusal::Refusal;

/// The workspaces and organisations whose members may decide.
#[derive(Clone, Debug)]
pub struct Workspace {
    /// Workspaces.
    pub teams: Vec<TeamId>,
    /// Organisations.
    pub enterprises: Vec<EnterpriseId>,
    /// Whether guests may decide.
    pub allow_guests: bool,
}

impl Workspace {
    /// What can be told before Slack is asked: the installation, and the person's home where that says enough. On an
    /// org-wide install the home may be any of the organisation's workspaces; [`Workspace::admit`] looks closer.
    ///
    /// # Errors
    /// Why the delivery cannot be acted on.
    pub fn admit_delivery(
        &self,
        installed: Option<&TeamId>,
        enterprise: Option<&EnterpriseId>,
        home: Option<&TeamId>,
    ) -> Result<(), Refusal> {
        let ours = |team: Option<&TeamId>| team.is_some_and(|team| self.teams.contains(team));
        if enterprise.is_some_and(|id| self.enterprises.contains(id)) {
            return Ok(());
        }
        match installed {
            // Installed for an organisation that is not named, but the person is of a workspace that is.
            None if ours(home) => Ok(()),
            None => Err(Refusal::ForeignWorkspace),
            Some(_) if !ours(installed) => Err(Refusal::ForeignWorkspace),
            Some(_) if !ours(home) => Err(Refusal::Stranger),
            Some(_) => Ok(()),
        }
    }

    /// The workspaces in which user groups are looked for: a whole organisation is none of them.
    pub fn of_groups(&self) -> impl Iterator<Item = &TeamId> {
        self.teams.iter().filter(|team| team.as_str().starts_with('T'))
    }

    /// Whether members of the workspace may decide, or of the organisation that stands for all of its workspaces.
    pub fn allows(&self, place: &TeamId) -> bool {
        self.teams.contains(place) || self.enterprises.iter().any(|enterprise| enterprise.as_str() == place.as_str())
    }

    /// What Slack says of the person now.
    ///
    /// # Errors
    /// Why they may not decide.
    pub fn admit(&self, by: &SlackUser, person: &Person) -> Result<(), Refusal> {
        let home = person.team.as_ref().unwrap_or(&by.team);
        let ours = self.teams.contains(home)
            || person.enterprise.as_ref().is_some_and(|enterprise| self.enterprises.contains(enterprise));
        match person {
            Person { deleted: true, .. } => Err(Refusal::Deactivated),
            Person { is_bot: true, .. } => Err(Refusal::Bot),
            Person { is_stranger: true, .. } => Err(Refusal::Stranger),
            _ if !ours => Err(Refusal::Stranger),
            Person { is_guest: true, .. } if !self.allow_guests => Err(Refusal::Guest),
            _ => Ok(()),
        }
    }
}
