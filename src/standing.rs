//! Who somebody is here, by the settings and by what is on disk: asked before the answer to Slack, so nobody else is.

use crate::decide::Tools;
use crate::domain::link::Link;
use crate::domain::person::SlackUser;
use crate::domain::refusal::Refusal;
use crate::ledger::LedgerError;

/// Where a person stands.
pub(crate) struct Standing {
    /// Who they are to P0, where that is known.
    pub(crate) identity: Option<String>,
    /// Their living link, where accounts are linked.
    pub(crate) link: Option<Link>,
    /// Whether they could decide at all, or why not.
    pub(crate) may_decide: Result<(), Refusal>,
    /// Whether they may read of any request.
    pub(crate) may_read: bool,
}

impl Standing {
    /// Every name that the person is known by.
    pub(crate) fn names(&self) -> Vec<String> {
        self.identity.iter().cloned().chain(self.link.iter().flat_map(|link| link.names.clone())).collect()
    }
}

impl Tools {
    /// Where a person stands now.
    pub(crate) async fn standing(&self, by: &SlackUser) -> Result<Standing, LedgerError> {
        let configured = self.credentials.identity(&by.user);
        let may_decide = self.credentials.admits(&by.user);
        let mut standing = Standing {
            identity: configured.map(str::to_owned),
            link: None,
            may_decide,
            may_read: self.credentials.may_read(&by.user),
        };
        let Some(linking) = &self.linking else { return Ok(standing) };
        // A link outlives nobody's place in the operator's table.
        let counts = |link: &Link| standing.may_decide.is_ok() && linking.accounts().still_own(link);
        standing.link = self.ledger.living_link(by).await?.filter(counts);
        match &standing.link {
            Some(link) => {
                standing.identity = Some(link.identity.clone());
                standing.may_read = true;
            }
            None if standing.may_decide.is_ok() => standing.may_decide = Err(Refusal::NotLinked),
            None => {}
        }
        Ok(standing)
    }
}
