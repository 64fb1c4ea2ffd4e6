//! Who is gone from Slack has no link here any longer: a person, what they had allowed, or the app itself.

use crate::answer::{Answer, ok};
use crate::decide::Tools;
use crate::domain::link::LinkEnd;
use crate::domain::person::TeamId;
use crate::inbound::slack::{Departure, Gone, Installation};

impl Tools {
    /// Ends the links of whoever is gone. Told twice it changes nothing more, so no delivery has to be remembered.
    pub(crate) async fn let_go(&self, departure: &Departure) -> Answer {
        let mut places = places(&departure.installed);
        if !places.iter().any(|place| self.workspace.allows(place)) {
            self.metrics.not_understood("slack", "foreign");
            return ok();
        }
        let (people, why) = match &departure.who {
            // Without its token the bot can ask Slack about nobody any more, so it may not go on holding what is theirs.
            Gone::App => (None, LinkEnd::AppUninstalled),
            Gone::Grants(people) => (Some(people.clone()), LinkEnd::RevokedInSlack),
            Gone::Person { user, home } => {
                places.extend(home.clone());
                (Some(vec![user.clone()]), LinkEnd::Deactivated)
            }
        };
        places.sort();
        places.dedup();
        for place in places {
            let ended = self.ledger.end_links_of(place.clone(), people.clone(), why).await?;
            if ended > 0 {
                tracing::info!(%place, ended, why = why.as_str(), "links are over by what Slack tells");
            }
        }
        ok()
    }
}

/// What people are known by who came through an installation: see [`SlackUser`](crate::domain::person::SlackUser).
fn places(installed: &Installation) -> Vec<TeamId> {
    let organisation = installed.enterprise.as_ref().and_then(|enterprise| TeamId::parse(enterprise.as_str()));
    installed.team.iter().cloned().chain(organisation).collect()
}
