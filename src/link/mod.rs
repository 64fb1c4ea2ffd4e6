//! How somebody's account at the provider becomes theirs here: they ask in Slack, sign in, and what comes back is held
//! against who asked. The same way proves a risky choice.

pub mod browser;
mod departure;
pub mod keeper;

use std::sync::{Arc, Mutex};

use jiff::Timestamp;
use url::Url;

use crate::answer::{Answer, ok};
use crate::authorize::Authorizer;
use crate::authorize::linked::LinkedAccounts;
use crate::authorize::openid::{Provider, Registration};
use crate::clock::Clock;
use crate::config::{Flow, Slack, SlackClient};
use crate::decide::Tools;
use crate::domain::decision::Choice;
use crate::domain::link::{LinkEnd, NotBound};
use crate::domain::refusal::Refusal;
use crate::domain::sign_in::Ticket;
use crate::inbound::slack::Deed;
use crate::ledger::LedgerError;
use crate::ledger::links::Unlinked;
use crate::ledger::sign_ins::Begun;
use crate::notify::message::Message;
use crate::notify::{linking, wording};

/// What Sign in with Slack is asked for: who it is.
const SLACK_SCOPES: [&str; 1] = ["openid"];

/// What linking works with; cheap to clone.
#[derive(Clone)]
pub struct Linking(Arc<Inner>);

struct Inner {
    accounts: LinkedAccounts,
    authorizer: Authorizer,
    pages: Option<Pages>,
    /// Until when Slack is asked about nobody whose click does not wait for the answer.
    rest_until: Mutex<Timestamp>,
}

/// What a flow with a browser needs.
struct Pages {
    public_url: Url,
    slack: Provider,
}

impl Linking {
    /// Linking as the settings ask for.
    pub fn new(
        accounts: LinkedAccounts,
        authorizer: Authorizer,
        slack: &Slack,
        client: reqwest::Client,
        clock: Clock,
    ) -> Self {
        let pages = match &accounts.settings().flow {
            Flow::Device => None,
            Flow::Code { public_url, slack: app } => {
                let slack = Provider::new(slack_registration(slack, app), client, clock);
                Some(Pages { public_url: public_url.clone(), slack })
            }
        };
        Self(Arc::new(Inner { accounts, authorizer, pages, rest_until: Mutex::new(Timestamp::MIN) }))
    }

    /// The accounts.
    pub fn accounts(&self) -> &LinkedAccounts {
        &self.0.accounts
    }

    /// Whether a browser has pages here.
    pub fn has_pages(&self) -> bool {
        self.0.pages.is_some()
    }

    /// A page on which somebody proves a choice that asks for it.
    pub(crate) fn proof_page(&self) -> Option<(Ticket, Url)> {
        let ticket = Ticket::random();
        let page = self.page(&ticket)?;
        Some((ticket, page))
    }

    fn page(&self, ticket: &Ticket) -> Option<Url> {
        Some(self.0.pages.as_ref()?.below(ticket.as_str()))
    }
}

/// As whom the app is registered for Sign in with Slack.
pub(crate) fn slack_registration(slack: &Slack, app: &SlackClient) -> Registration {
    Registration {
        // Slack is a provider at the origin of its Web API.
        issuer: slack.api_base_url.origin().ascii_serialization(),
        client_id: app.id.clone(),
        client_secret: Some(app.secret.clone()),
        scopes: SLACK_SCOPES.map(str::to_owned).to_vec(),
        // Whether Slack takes PKCE here is not documented.
        pkce: false,
    }
}

/// An address below `/link/`.
pub(crate) fn page_below(public_url: &Url, rest: &str) -> Url {
    let base = public_url.as_str().trim_end_matches('/');
    Url::parse(&format!("{base}/link/{rest}")).expect("a checked address and letters")
}

impl Pages {
    fn below(&self, rest: &str) -> Url {
        page_below(&self.public_url, rest)
    }

    fn is_https(&self) -> bool {
        self.public_url.scheme() == "https"
    }
}

impl Tools {
    /// `link`: begins a sign-in, and says where it goes on.
    pub(crate) async fn offer_link(&self, deed: &Deed) -> Answer {
        let Some(linking) = &self.linking else {
            return self.say(deed, Message::sentence(wording::linking::NOT_LINKING)).await;
        };
        let standing = self.standing(&deed.by).await?;
        if let Some(link) = &standing.link {
            let has = NotBound::HasOne { identity: link.identity.clone() };
            return self.say(deed, Message::sentence(wording::linking::not_bound(&has))).await;
        }
        if let Err(refusal) = &standing.may_decide
            && *refusal != Refusal::NotLinked
        {
            return self.refuse(deed, refusal).await;
        }
        match self.begin_linking(linking, deed).await? {
            (Some(page), _) => self.say(deed, linking::offered(&linking.accounts().settings().issuer, &page)).await,
            (None, Begun::Anew | Begun::Repeated) => {
                self.say(deed, Message::sentence(wording::linking::CODE_COMES)).await
            }
            (None, Begun::GoesOn) => self.say(deed, Message::sentence(wording::linking::CODE_OPEN)).await,
        }
    }

    /// Begins a sign-in of whoever did the deed; answers its page, where it has one, and whether it has begun.
    async fn begin_linking(&self, linking: &Linking, deed: &Deed) -> Result<(Option<Url>, Begun), LedgerError> {
        let ticket = Ticket::random();
        let page = linking.page(&ticket);
        // Bytes that are replayed begin nothing: the address that they answer with leads nowhere.
        let keys = deed.keys.of_effect("link");
        let begun = self.ledger.begin_linking(keys, deed.by.clone(), ticket.fingerprint(), page.is_none()).await?;
        Ok((page, begun))
    }

    /// A refusal that a link would mend, with the way to one.
    pub(crate) async fn refuse_unlinked(&self, deed: &Deed, refusal: &Refusal) -> Answer {
        let page = match &self.linking {
            Some(linking) if linking.has_pages() => self.begin_linking(linking, deed).await?.0,
            _ => None,
        };
        match page {
            Some(page) => self.say(deed, linking::refused_with_page(refusal, &page)).await,
            None => self.say(deed, linking::refused(refusal)).await,
        }
    }

    /// A choice is on disk and waits for its author to sign in.
    pub(crate) async fn ask_to_sign_in(&self, deed: &Deed, choice: &Choice, page: Option<Url>) -> Answer {
        match page {
            Some(page) => self.say(deed, linking::sign_in_for(&wording::choice(choice), &page)).await,
            None => self.refuse(deed, &Refusal::NotProved).await,
        }
    }

    /// `unlink`, pressed or typed as a slash command.
    pub(crate) async fn unlink(&self, deed: &Deed) -> Answer {
        match self.ledger.unlink(deed.keys.of_effect("unlink"), deed.by.clone()).await? {
            Unlinked::Ended(link) => {
                let ended = wording::linking::ended(&link.identity, LinkEnd::Unlinked, &self.offer.command);
                self.say(deed, Message::sentence(ended)).await
            }
            Unlinked::HadNone => self.say(deed, Message::sentence(wording::linking::NOTHING_TO_UNLINK)).await,
            Unlinked::Repeated => ok(),
        }
    }

    /// `unlink`, written in a message: text is not consent.
    pub(crate) async fn ask_unlink(&self, deed: &Deed) -> Answer {
        match self.ledger.living_link(&deed.by).await? {
            Some(link) => self.say(deed, linking::unlink_asked(&link.identity)).await,
            None => self.say(deed, Message::sentence(wording::linking::NOTHING_TO_UNLINK)).await,
        }
    }
}
