//! The two short-lived rights that a person's action gives the bot: a trigger (one modal, 3 s)
//! and a response URL (five answers, 30 min).

use std::time::Duration;

use jiff::Timestamp;

use super::state::{Workspace, new_secret};

/// How long a trigger may be exchanged for a view.
pub(super) const TRIGGER_LIFE: Duration = Duration::from_secs(3);
/// How long a response URL may be used.
pub(super) const RESPONSE_URL_LIFE: Duration = Duration::from_secs(30 * 60);
/// How often a response URL may be used.
pub(super) const RESPONSE_URL_USES: u8 = 5;

/// The right to open one view for the person who acted.
#[derive(Debug)]
pub(super) struct Trigger {
    pub(super) user: String,
    /// The modal in which they acted; only such triggers may push.
    pub(super) view: Option<String>,
    issued: Timestamp,
    used: bool,
}

/// The right to answer where the person acted.
#[derive(Debug)]
pub(super) struct ResponseUrl {
    pub(super) user: String,
    pub(super) channel: String,
    /// The `ts` of the message that was acted on; a slash command has none.
    pub(super) original: Option<String>,
    issued: Timestamp,
    uses: u8,
}

impl Workspace {
    pub(super) fn new_trigger(&mut self, user: &str, view: Option<&str>) -> String {
        let issued = self.setup.clock.now();
        // Old ones are kept for a while, because Slack tells "expired" from "invalid".
        self.triggers.retain(|_, trigger| !past(trigger.issued, RESPONSE_URL_LIFE, issued));
        let id = format!("{}.{}.{}", issued.as_millisecond(), rand::random::<u32>(), new_secret());
        let trigger = Trigger { user: user.to_owned(), view: view.map(str::to_owned), issued, used: false };
        self.triggers.insert(id.clone(), trigger);
        id
    }

    /// Exchanges a trigger; it is gone afterwards.
    pub(super) fn use_trigger(&mut self, id: &str) -> Result<&Trigger, &'static str> {
        let now = self.setup.clock.now();
        let trigger = self.triggers.get_mut(id).ok_or("invalid_trigger_id")?;
        if trigger.used {
            return Err("exchanged_trigger_id");
        }
        if past(trigger.issued, TRIGGER_LIFE, now) {
            return Err("expired_trigger_id");
        }
        trigger.used = true;
        Ok(trigger)
    }

    pub(super) fn new_response_url(&mut self, user: &str, channel: &str, original: Option<&str>) -> String {
        let issued = self.setup.clock.now();
        self.response_urls.retain(|_, url| !past(url.issued, RESPONSE_URL_LIFE, issued));
        let secret = new_secret();
        let url = format!("{}/response/{secret}", self.own_url);
        self.response_urls.insert(
            secret,
            ResponseUrl {
                user: user.to_owned(),
                channel: channel.to_owned(),
                original: original.map(str::to_owned),
                issued,
                uses: 0,
            },
        );
        url
    }

    /// Whether a response URL still answers; does not count as a use.
    pub(super) fn response_url(&self, secret: &str) -> Result<&ResponseUrl, &'static str> {
        let url = self.response_urls.get(secret).ok_or("expired_url")?;
        if past(url.issued, RESPONSE_URL_LIFE, self.setup.clock.now()) {
            return Err("expired_url");
        }
        if url.uses >= RESPONSE_URL_USES {
            return Err("used_url");
        }
        Ok(url)
    }

    /// Counts one use of a response URL.
    pub(super) fn count_response_url(&mut self, secret: &str) {
        if let Some(url) = self.response_urls.get_mut(secret) {
            url.uses += 1;
        }
    }
}

fn past(issued: Timestamp, life: Duration, now: Timestamp) -> bool {
    now.duration_since(issued).unsigned_abs() > life
}
