//! Acting as a person. Each act is checked (one can only press what is there), told to the bot in Slack's shape
//! and signature, and what the bot answers is applied.

mod acts;
mod admin;
mod commands;
mod delivery;
mod modals;
mod shortcuts;
mod writing;

pub(super) use delivery::{Delivery, Door, http_client};
pub use writing::Written;

use super::setup::{Channel, Person};
use super::state::Workspace;

/// What the bot answered to one delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivered {
    /// The HTTP status.
    pub status: u16,
    /// The body; bytes that are no UTF-8 are replaced.
    pub body: String,
}

/// Why an act could not be done, or reached nobody.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Cannot {
    /// [`Slack::connect`](super::Slack::connect) was not called.
    #[error("nobody said where the bot is")]
    NotConnected,
    /// Nothing was delivered so far, so nothing can be delivered again.
    #[error("nothing was delivered yet")]
    NothingToRepeat,
    /// Nothing listens where the bot should be; the person saw Slack's own error.
    #[error("the bot was not reached: {0}")]
    NotReached(String),
    /// The bot did not answer in time, or broke off; the person saw Slack's own error.
    #[error("the bot did not answer: {0}")]
    NoAnswer(String),
    /// Not in this workspace.
    #[error("there is no {0}")]
    NotThere(String),
    /// Slack would not let this person do it, or the app would not hear of it.
    #[error("not allowed: {0}")]
    NotAllowed(String),
}

/// Where an element stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A message in a channel or direct message.
    Message {
        /// `C…` or `D…`.
        channel: String,
        /// The message's id.
        ts: String,
    },
    /// What the app laid under a link of a message.
    Unfurl {
        /// `C…` or `D…`.
        channel: String,
        /// The id of the message with the link.
        ts: String,
        /// The link.
        url: String,
    },
    /// A line only this person sees.
    Ephemeral {
        /// The line's id.
        ts: String,
    },
    /// A modal or Home of this person.
    View {
        /// `V…`.
        view_id: String,
    },
}

impl Place {
    /// A message.
    pub fn message(channel: &str, ts: &str) -> Self {
        Self::Message { channel: channel.to_owned(), ts: ts.to_owned() }
    }

    /// What lies under a link of a message.
    pub fn unfurl(channel: &str, ts: &str, url: &str) -> Self {
        Self::Unfurl { channel: channel.to_owned(), ts: ts.to_owned(), url: url.to_owned() }
    }

    /// An ephemeral line.
    pub fn ephemeral(ts: &str) -> Self {
        Self::Ephemeral { ts: ts.to_owned() }
    }

    /// A modal or Home.
    pub fn view(view_id: &str) -> Self {
        Self::View { view_id: view_id.to_owned() }
    }

    /// The channel in which something is known to stand; empty where that is not known.
    fn conversation(&self) -> &str {
        match self {
            Self::Message { channel, .. } | Self::Unfurl { channel, .. } => channel,
            Self::Ephemeral { .. } | Self::View { .. } => "",
        }
    }

    /// The key under which is kept what a person entered here.
    pub(super) fn key(&self) -> String {
        match self {
            Self::Message { channel, ts } => format!("{channel}/{ts}"),
            Self::Unfurl { channel, ts, url } => format!("{channel}/{ts}/{url}"),
            Self::Ephemeral { ts } => ts.clone(),
            Self::View { view_id } => view_id.clone(),
        }
    }
}

impl Workspace {
    /// Somebody with a client: deactivated people and bots have none. To tell of a person deactivated
    /// right after a press, change them between the press and its handling.
    fn acting(&self, user: &str) -> Result<Person, Cannot> {
        let person = self.person(user).ok_or_else(|| Cannot::NotThere(format!("person {user}")))?;
        if person.deleted || person.is_bot {
            return Err(Cannot::NotAllowed(format!("{user} is deactivated or a bot and has no client")));
        }
        Ok(person.clone())
    }

    /// A channel the person is in.
    fn joined(&self, user: &str, channel: &str) -> Result<&Channel, Cannot> {
        let found = self.channel(channel).ok_or_else(|| Cannot::NotThere(format!("channel {channel}")))?;
        if !found.members.iter().any(|member| member == user) {
            return Err(Cannot::NotAllowed(format!("{user} is not in {channel}")));
        }
        Ok(found)
    }

    /// The app hears only of what its scopes cover.
    fn heard_with(&self, scope: &str) -> Result<(), Cannot> {
        if self.has_scope(scope) {
            return Ok(());
        }
        Err(Cannot::NotAllowed(format!("without the scope {scope} the app does not hear of it")))
    }
}
