//! What people see and hear: every sentence, every card, and how it gets to Slack.

pub mod card;
mod connector;
mod controls;
mod copies;
pub mod courier;
mod errand;
pub mod foreign;
pub mod home;
pub mod jit;
pub mod linking;
pub mod message;
pub mod modals;
pub mod pace;
pub mod pages;
pub mod replies;
pub mod web_api;
pub mod wording;

use crate::config::{Risk, Settings};
use crate::domain::expiration::ExpirationLength;
use crate::domain::facts::Facts;
use crate::domain::jit::lengths::Lengths;
use crate::domain::request::RequestId;

/// What this installation offers on its cards.
#[derive(Clone, Debug)]
pub struct Offer {
    /// The length where a request names none.
    pub default: ExpirationLength,
    request_url: Option<String>,
    org: String,
    /// The slash command's name, for sentences that say how to go on.
    pub command: String,
    /// Whether requests are decided in P0 itself: then cards have a link in place of controls.
    not_from_chat: bool,
}

impl Offer {
    /// What the settings offer.
    pub fn new(settings: &Settings) -> Self {
        Self {
            default: settings.durations.default,
            request_url: settings.p0.request_url.clone(),
            org: settings.p0.org.clone(),
            command: settings.slack.command.clone(),
            not_from_chat: settings.route.risk == Risk::NotFromChat,
        }
    }

    /// The length of the quick button: what was asked for, else the default, never more than the maximum.
    fn quick_length(&self, lengths: &Lengths, facts: &Facts) -> ExpirationLength {
        facts.asked_length().map_or_else(|| lengths.usual(self.default), |asked| asked.min(lengths.maximum))
    }

    /// The address of a request in P0, where the settings say how it is formed.
    fn request_url(&self, id: &RequestId) -> Option<url::Url> {
        let filled = self.request_url.as_ref()?.replace("{org}", &self.org).replace("{id}", &id.path_segment());
        url::Url::parse(&filled).ok()
    }
}
