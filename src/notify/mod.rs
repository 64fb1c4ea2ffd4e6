//! What people see and hear: every sentence, every card, and how it gets to Slack.

pub mod card;
mod connector;
mod controls;
mod copies;
pub mod courier;
pub mod dispatcher;
mod errand;
pub mod foreign;
pub mod home;
pub mod jit;
pub mod linking;
pub mod message;
pub mod modals;
pub mod oncall;
pub mod pace;
pub mod pages;
pub mod replies;
pub mod web_api;
pub mod wording;
pub mod worklist;

use std::sync::Arc;

use jiff::Timestamp;

use crate::config::Settings;
use crate::domain::expiration::ExpirationLength;
use crate::domain::person::ChannelId;
use crate::domain::request::RequestId;
use crate::domain::request_link::RequestLinks;
use crate::domain::route::routes::Routes;
use crate::domain::rules::Bounds;
use crate::ledger::cards::CardFacts;

/// What this installation offers on its cards.
#[derive(Clone, Debug)]
pub struct Offer {
    /// The length where a request names none.
    pub default: ExpirationLength,
    request_url: Option<String>,
    /// How links to requests are read, where they become cards.
    links: Option<RequestLinks>,
    unfurl_channels: Vec<ChannelId>,
    org: String,
    /// The slash command's name, for sentences that say how to go on.
    pub command: String,
    /// Which request asks for how much care, and for how long it may be granted.
    pub routes: Arc<Routes>,
}

impl Offer {
    /// What the settings offer.
    pub fn new(settings: &Settings) -> Self {
        Self {
            default: settings.durations.default,
            request_url: settings.p0.request_url.clone(),
            links: settings.p0.request_url.as_deref().and_then(|url| RequestLinks::new(url, &settings.p0.org)),
            unfurl_channels: settings.slack.unfurl_channels.clone(),
            org: settings.p0.org.clone(),
            command: settings.slack.command.clone(),
            routes: settings.routes.clone(),
        }
    }

    /// What a choice about the request is held against now, where it is one of a length.
    fn bounds(&self, card: &CardFacts, chosen: Option<ExpirationLength>, now: Timestamp) -> Bounds {
        Bounds::of(&self.routes, self.default, card.lengths.clone(), Some(&card.kept.request), chosen, now)
    }

    /// The request that a link in a channel is to become the card of.
    pub fn unfurls(&self, channel: &ChannelId, link: &str) -> Option<RequestId> {
        let allowed = self.unfurl_channels.contains(channel);
        self.links.as_ref().filter(|_| allowed)?.read(link)
    }

    /// The address of a request in P0, where the settings say how it is formed.
    fn request_url(&self, id: &RequestId) -> Option<url::Url> {
        let filled = self.request_url.as_ref()?.replace("{org}", &self.org).replace("{id}", &id.path_segment());
        url::Url::parse(&filled).ok()
    }
}
