//! Who is on call: whom a route means at this moment.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::authorize::directory::Directory;
use crate::config::{OnCall, OnCallSource};
use crate::domain::person::{TeamId, UserGroupId, UserId};
use crate::domain::route::routes::Recipient;
use crate::domain::watch::{LeftOut, Reason};

/// Whom a recipient stands for at a moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Meant {
    /// The people, each with why.
    pub people: Vec<(UserId, Reason)>,
    /// Who was not found.
    pub left_out: Vec<LeftOut>,
}

/// Knows who is on call; cheap to clone.
#[derive(Clone)]
pub struct Roster {
    directory: Arc<dyn Directory>,
    /// Where user groups are looked for.
    workspaces: Vec<TeamId>,
    sources: Arc<BTreeMap<String, OnCall>>,
}

impl Roster {
    /// A roster of the sources that the settings name.
    pub fn new(directory: Arc<dyn Directory>, workspaces: Vec<TeamId>, sources: BTreeMap<String, OnCall>) -> Self {
        Self { directory, workspaces, sources: Arc::new(sources) }
    }

    /// Whether a source has levels, of which the next is told where nobody of the one before decides.
    pub fn has_levels(&self, source: &str) -> bool {
        self.sources.get(source).is_some_and(OnCall::has_levels)
    }

    /// Whom the recipient stands for now. It always answers, within its deadline: what is not known is left out.
    pub async fn meant(&self, recipient: &Recipient) -> Meant {
        match recipient {
            Recipient::User(user) => Meant { people: vec![(user.clone(), Reason::Named)], left_out: Vec::new() },
            Recipient::Group(group) => self.group(group, &Reason::Group(group.clone())).await,
            Recipient::OnCall { source, level } => match self.sources.get(source).map(|known| &known.source) {
                Some(OnCallSource::UserGroup(group)) => {
                    let reason = Reason::OnCall { source: source.clone(), level: *level, as_of: None };
                    self.group(group, &reason).await
                }
                None => Meant::default(),
            },
        }
    }

    async fn group(&self, group: &UserGroupId, reason: &Reason) -> Meant {
        for workspace in &self.workspaces {
            if let Ok(Some(members)) = self.directory.members(group, workspace).await
                && !members.is_empty()
            {
                let people = members.into_iter().map(|user| (user, reason.clone())).collect();
                return Meant { people, left_out: Vec::new() };
            }
        }
        Meant { people: Vec::new(), left_out: vec![LeftOut::EmptyGroup { group: group.clone() }] }
    }
}
