//! The bot's Home, drawn when somebody opens it or turns a page, and by itself for as long as they may be looking.

pub mod painter;

use crate::answer::{Answer, ok};
use crate::authorize::admins::NotAdmitted;
use crate::authorize::directory::Directory as _;
use crate::decide::Tools;
use crate::domain::home::{HomeList, Turn};
use crate::domain::person::SlackUser;
use crate::domain::refusal::Refusal;
use crate::inbound::slack::Deed;
use crate::ledger::LedgerError;
use crate::ledger::homes::KeptHome;
use crate::notify::home::{self, Account, HomeFacts};
use crate::notify::web_api::SlackFailure;
use crate::standing::Standing;

/// What became of a Home that was to be drawn.
enum Drawn {
    /// Slack shows it as it is.
    Same,
    /// Slack was asked to show it.
    Published(Result<(), SlackFailure>),
}

/// Why a Home is drawn.
#[derive(Clone, Debug)]
enum Occasion {
    /// Somebody opened it; what Slack shows carries this digest.
    Opened(Option<String>),
    /// Somebody turned a page.
    Turned(HomeList, Turn),
    /// Something on it may have changed.
    Changed,
}

impl Tools {
    /// Draws Home for whoever opened it, unless Slack shows it as it is: to draw it takes a phone back to its top.
    pub(crate) fn show_home(&self, deed: &Deed, drawn: Option<&str>) -> Answer {
        self.draw_later(deed, Occasion::Opened(drawn.map(str::to_owned)))
    }

    /// Turns a page of a list on the Home of whoever pressed.
    pub(crate) fn turn_page(&self, deed: &Deed, list: HomeList, turn: Turn) -> Answer {
        self.draw_later(deed, Occasion::Turned(list, turn))
    }

    /// Home goes on following what changes, as whoever pressed something on it sees it.
    pub(crate) fn looks_at_home(&self, deed: &Deed) {
        let (ledger, by) = (self.ledger.clone(), deed.by.clone());
        self.whispers.spawn(async move {
            if let Err(error) = ledger.home_looked_at(by).await {
                tracing::error!(%error, "that somebody looks at their Home could not be recorded");
            }
        });
    }

    fn draw_later(&self, deed: &Deed, why: Occasion) -> Answer {
        let (tools, by) = (self.clone(), deed.by.clone());
        let keys = deed.keys.of_effect("home");
        self.whispers.spawn(async move {
            let drawn = match tools.ledger.first_delivery(keys).await {
                // A page that is turned by the same bytes again would be another page.
                Ok(false) => return,
                Ok(true) => tools.draw_home(&by, why).await.map(|_| ()),
                Err(error) => Err(error),
            };
            if let Err(error) = drawn {
                tracing::error!(%error, "a Home could not be drawn");
            }
        });
        ok()
    }

    /// Draws somebody's Home. What Slack does not take now stays to be drawn; what it refuses does until something changes.
    async fn draw_home(&self, by: &SlackUser, why: Occasion) -> Result<Drawn, LedgerError> {
        let opened = !matches!(why, Occasion::Changed);
        let Some(mut kept) = self.ledger.home_begins(by.clone(), opened).await? else { return Ok(Drawn::Same) };
        match why {
            Occasion::Opened(drawn) => kept.digest = drawn.unwrap_or_default(),
            Occasion::Turned(list, turn) => kept.pages.turn(list, turn),
            Occasion::Changed => {}
        }
        let facts = self.home_facts(by, &mut kept, opened).await?;
        let now = self.clock.now();
        let view = home::view(&self.offer, &facts, &mut kept.pages, now);
        let turns_at = home::turns_at(&facts, &mut kept.pages, now);
        if home::digest(&view) == kept.digest {
            self.ledger.home_drawn(kept, turns_at).await?;
            return Ok(Drawn::Same);
        }
        let published = self.slack.publish_home(&by.user, &view).await;
        match &published {
            Ok(()) => home::digest(&view).clone_into(&mut kept.digest),
            Err(SlackFailure::Refused(code)) => {
                tracing::error!(code, %by, "Slack refuses a Home");
                kept.digest.clear();
            }
            Err(SlackFailure::Busy { .. } | SlackFailure::Lost | SlackFailure::NotSent) => {
                return Ok(Drawn::Published(published));
            }
        }
        self.ledger.home_drawn(kept, turns_at).await?;
        Ok(Drawn::Published(published))
    }

    async fn home_facts(&self, by: &SlackUser, kept: &mut KeptHome, opened: bool) -> Result<HomeFacts, LedgerError> {
        let standing = self.standing(by).await?;
        let mut names = standing.names();
        // Nobody waits for this answer, so Slack is asked; but only whoever has no name here, and not at each change.
        if names.is_empty() {
            if opened && let Ok(person) = self.slack.person(&by.user).await {
                kept.address = person.and_then(|person| person.email);
            }
            names.extend(kept.address.iter().map(|address| address.as_str().to_owned()));
        }
        if opened {
            let admins = &self.settings.admins;
            // Where Slack does not say, what it last said stands: each press asks again.
            kept.is_admin = admins.may_be(&by.user)
                && match admins.admit(by).await {
                    Ok(_) => true,
                    Err(NotAdmitted::Refused(_)) => false,
                    Err(NotAdmitted::Later(_)) => kept.is_admin,
                };
        }
        Ok(HomeFacts {
            waiting: self.worklist(by, &standing).await?,
            running: self.ledger.running_by(by, &names).await?,
            own: self.ledger.own_of(&names).await?,
            account: self.account(&standing),
            absence: self.ledger.absence(by).await?,
            is_admin: kept.is_admin,
            kept_until: kept.kept_until,
        })
    }

    fn account(&self, standing: &Standing) -> Option<Account> {
        self.linking.as_ref()?;
        match (&standing.link, &standing.may_decide) {
            (Some(link), _) => Some(Account::Linked { identity: link.identity.clone(), since: link.linked }),
            (None, Err(Refusal::NotLinked)) => Some(Account::NotLinked),
            (None, _) => None,
        }
    }
}
