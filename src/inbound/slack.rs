//! What Slack's verified bytes mean.

pub(super) mod event;
pub(super) mod interaction;

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;
use serde_json::Value;
use url::Url;

use super::form;
use super::payload::SlashForm;
use super::signature::Verified;
use crate::domain::absence::Absence;
use crate::domain::card_key::ControlValue;
use crate::domain::control::Control;
use crate::domain::delivery::DeliveryKeys;
use crate::domain::door::Door;
use crate::domain::person::{ChannelId, EnterpriseId, SlackUser, TeamId, UserId};
use crate::domain::posted::Posted;

/// The delivery is signed and cannot be read at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not UTF-8, or neither a form nor JSON that Slack would send")]
pub struct Unreadable;

/// One delivery of Slack's, understood as far as it can be.
#[derive(Clone, Debug)]
pub enum Arrival {
    /// Slack asks whether this address is ours.
    Handshake {
        /// To be sent back.
        challenge: String,
    },
    /// A person did something.
    Deed(Box<Deed>),
    /// Somebody, or the app, is gone from Slack.
    Departure(Departure),
    /// Well formed, but nothing that concerns us.
    NotUnderstood {
        /// For the metrics: a kind of delivery, never its content.
        what: &'static str,
    },
}

/// What Slack tells of somebody, or of the app, that is gone: nobody did it who could be answered.
#[derive(Clone, Debug)]
pub struct Departure {
    /// Which installation of the app was told.
    pub installed: Installation,
    /// Who.
    pub who: Gone,
}

/// Who is gone, or took back what they had allowed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Gone {
    /// The app was taken out of the workspace, or the token was revoked with which it acts there.
    App,
    /// People have taken back what they had allowed the app.
    Grants(Vec<UserId>),
    /// Somebody's account is deactivated.
    Person {
        /// Who.
        user: UserId,
        /// Of which workspace they were a member.
        home: Option<TeamId>,
    },
}

/// What a person did, who they are, and how they can be answered.
#[derive(Clone, Debug)]
pub struct Deed {
    /// Who.
    pub by: SlackUser,
    /// Of which workspace they are a member, where Slack says so.
    pub home: Option<TeamId>,
    /// Through which installation of the app.
    pub installed: Installation,
    /// Slack's own time of it.
    pub at: Timestamp,
    /// Through which door it came.
    pub door: Door,
    /// What makes this delivery the same as another.
    pub keys: DeliveryKeys,
    /// Opens one modal within 3 s.
    pub trigger: Option<String>,
    /// Takes 5 answers within 30 minutes. A bearer capability: never logged.
    pub response_url: Option<ResponseUrl>,
    /// What.
    pub act: Act,
}

/// Where one delivery can be answered. It is a bearer capability, so no `Debug` shows it.
#[derive(Clone)]
pub struct ResponseUrl(pub Url);

impl fmt::Debug for ResponseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ResponseUrl(…)")
    }
}

/// Through which installation of the app a delivery came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Installation {
    /// The workspace; none on an org-wide install.
    pub team: Option<TeamId>,
    /// The organisation.
    pub enterprise: Option<EnterpriseId>,
}

/// What a person did.
#[derive(Clone, Debug)]
pub enum Act {
    /// Pressed a button, or chose an option.
    Press(Press),
    /// Submitted a modal.
    Submit(Submission),
    /// Typed the slash command.
    Slash {
        /// What follows the command's name.
        text: String,
    },
    /// Wrote to the bot: text, which any app may post in a person's name.
    Message {
        /// What was written.
        text: String,
        /// Where.
        channel: ChannelId,
        /// In which thread.
        thread: Option<String>,
    },
    /// Used one of the app's shortcuts.
    Shortcut(Shortcut),
    /// Posted links whose addresses the app is told of.
    Links {
        /// The message that they stand in.
        message: Posted,
        /// The links, as Slack tells them.
        urls: Vec<String>,
    },
    /// Opened the bot's Home.
    Home {
        /// What the Home that Slack shows already carries in its `private_metadata`.
        drawn: Option<String>,
    },
}

/// A shortcut that was used.
#[derive(Clone, Debug)]
pub struct Shortcut {
    /// Which: it has the name of a control.
    pub control: Control,
    /// The message that it was used on, and the one whose thread that is in; none for a global one.
    pub on: Vec<Posted>,
}

/// A pressed control.
#[derive(Clone, Debug)]
pub struct Press {
    /// Which; `None` for one of another version.
    pub control: Option<Control>,
    /// What it carried; `None` for another version's.
    pub value: Option<ControlValue>,
    /// The absence that it stands for, where it stands for one.
    pub absence: Option<Absence>,
    /// The card that it was in; none for other messages and modals.
    pub message: Option<Posted>,
    /// Whether it is under a link in somebody's own message.
    pub in_unfurl: bool,
    /// Whether it is in a modal, upon which another can be pushed. The Home is none.
    pub in_modal: bool,
    /// Whether it is on the person's Home.
    pub on_home: bool,
}

/// A submitted modal.
#[derive(Clone, Debug)]
pub struct Submission {
    /// Which; `None` for one of another version.
    pub control: Option<Control>,
    /// What it carried.
    pub value: Option<ControlValue>,
    /// Whether it lay upon another modal, which would be seen again.
    pub is_upon_another: bool,
    /// What was typed into each text input, and the value of the option that was chosen in each select.
    fields: BTreeMap<String, String>,
}

impl Submission {
    /// What the input with this `action_id` holds; `None` where it was left empty.
    pub fn field(&self, action_id: &str) -> Option<&str> {
        self.fields.get(action_id).map(String::as_str)
    }
}

/// What is known of a delivery beside its content, by the way that it came.
#[derive(Clone, Debug)]
pub(super) struct Mark {
    /// What only this very delivery has: of which kind it is, and what it is.
    pub(super) id: (&'static str, String),
    /// Slack's own time of it, else when it arrived.
    pub(super) at: Timestamp,
    /// Through which door it came.
    pub(super) door: Door,
}

impl Mark {
    fn keys(&self, other: Option<(&'static str, &str)>) -> DeliveryKeys {
        let others = other.map(|(kind, id)| (kind, id.to_owned()));
        DeliveryKeys::new([self.id.clone()].into_iter().chain(others))
    }
}

/// Reads a delivery. Any door takes any kind: some apps are installed with a single address.
///
/// # Errors
/// Where the bytes are not UTF-8, or neither a form nor JSON.
pub fn read(verified: &Verified, body: &[u8]) -> Result<Arrival, Unreadable> {
    let mark = &Mark { id: ("signature", verified.signature.clone()), at: verified.at, door: Door::Http };
    let text = std::str::from_utf8(body).map_err(|_| Unreadable)?;
    if text.trim_start().starts_with('{') {
        let value: Value = serde_json::from_str(text).map_err(|_| Unreadable)?;
        return if interaction::is_one(&value) { interaction::read(mark, value) } else { event::read(mark, value) };
    }
    if !text.contains('=') {
        return Err(Unreadable);
    }
    let fields = form::fields(text).ok_or(Unreadable)?;
    let field = |name: &str| fields.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_ref());
    match (field("payload"), field("command")) {
        (Some(payload), _) => {
            let value: Value = serde_json::from_str(payload).map_err(|_| Unreadable)?;
            interaction::read(mark, value)
        }
        (None, Some(_)) => Ok(read_slash(mark, &SlashForm::new(fields))),
        (None, None) if fields.is_empty() => Err(Unreadable),
        (None, None) => Ok(Arrival::NotUnderstood { what: "form" }),
    }
}

/// Whether this is Slack's check of the certificate, which is answered without a look at anything else.
pub fn is_ssl_check(body: &[u8]) -> bool {
    !body.starts_with(b"{") && body.split(|byte| *byte == b'&').any(|field| field == b"ssl_check=1")
}

/// A person, and their home where that is said; where it is not, they are a member of where the app is.
fn who(user: Option<&str>, home: Option<&str>, installed: &Installation) -> Option<(SlackUser, Option<TeamId>)> {
    let home = home.and_then(TeamId::parse).or_else(|| installed.team.clone());
    // Only some payloads of an org-wide install name the home: the organisation stands for all of its workspaces.
    let team = match (&installed.team, &installed.enterprise) {
        (None, Some(organisation)) => TeamId::parse(organisation.as_str())?,
        _ => home.clone()?,
    };
    Some((SlackUser { team, user: UserId::parse(user?)? }, home))
}

/// Reads a slash command.
pub(super) fn read_slash(mark: &Mark, form: &SlashForm) -> Arrival {
    let installed = Installation {
        // A slash command names the workspace it was typed in, also where the app is installed for all of them.
        team: form.get("team_id").and_then(TeamId::parse).filter(|_| form.get("is_enterprise_install") != Some("true")),
        enterprise: form.get("enterprise_id").and_then(EnterpriseId::parse),
    };
    let Some((by, home)) = who(form.get("user_id"), form.get("team_id"), &installed) else {
        return Arrival::NotUnderstood { what: "nobody" };
    };
    Arrival::Deed(Box::new(Deed {
        by,
        home,
        installed,
        at: mark.at,
        door: mark.door,
        keys: mark.keys(form.get("trigger_id").map(|id| ("trigger", id))),
        trigger: form.get("trigger_id").map(str::to_owned),
        response_url: form.get("response_url").and_then(|url| Url::parse(url).ok()).map(ResponseUrl),
        act: Act::Slash { text: unescaped(form.get("text").unwrap_or_default()) },
    }))
}

/// What the person typed: Slack escapes these three, and only these.
fn unescaped(text: &str) -> String {
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}

#[cfg(test)]
mod tests;
