//! What Slack sends over a socket: the same deliveries as over HTTP, each in an envelope that waits to be acknowledged.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::payload::SlashForm;
use super::slack::{Arrival, Mark, Unreadable, event, interaction, read_slash};
use crate::domain::door::Door;
use crate::domain::text::cut;

/// Characters of an envelope's id: what is longer is none of Slack's.
const MOST_ID: usize = 200;
/// Characters that are kept of what says of which kind something unread was.
const MOST_KIND: usize = 40;

/// One message of Slack's.
#[derive(Debug)]
pub enum Received {
    /// The connection is ready.
    Hello,
    /// The connection will be closed.
    Disconnect(Farewell),
    /// A delivery.
    Envelope(Envelope),
    /// Nothing of Slack's that could be acknowledged.
    Garbage(Unread),
}

/// Why a connection will be closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Farewell {
    /// Slack wants another in its place, as it does every few hours: `warning` or `refresh_requested`.
    Refresh,
    /// The app's Socket Mode was switched off.
    LinkDisabled,
    /// Something else.
    Other,
}

/// One delivery.
#[derive(Debug)]
pub struct Envelope {
    /// What an acknowledgement names.
    pub id: String,
    /// Which kind, as metrics name it.
    pub kind: &'static str,
    /// Whether its acknowledgement may say something.
    pub takes_answer: bool,
    /// What is in it.
    pub content: Result<Arrival, Unread>,
}

/// Something that cannot be read: ids and kinds, and nothing of what anybody wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unread(Value);

impl Unread {
    fn new(id: Option<&str>, kind: Option<&Value>, payload: Option<&Value>) -> Self {
        let named = |value: Option<&Value>| value.and_then(Value::as_str).map(|text| cut(text, MOST_KIND));
        let inner = payload.and_then(|payload| payload.get("type"));
        Self(json!({ "over": "socket", "envelope_id": id, "type": named(kind), "payload_type": named(inner) }))
    }

    /// As the ledger keeps it.
    pub fn as_text(&self) -> String {
        self.0.to_string()
    }
}

/// Reads a message that arrived at this time.
pub fn read(text: &str, arrived: Timestamp) -> Received {
    let Ok(Value::Object(mut message)) = serde_json::from_str(text) else {
        return Received::Garbage(Unread::new(None, None, None));
    };
    let id = message.remove("envelope_id");
    let id = id.as_ref().and_then(Value::as_str).filter(|id| !id.is_empty() && id.chars().count() <= MOST_ID);
    let kind = message.get("type").and_then(Value::as_str).unwrap_or_default();
    let Some(id) = id else {
        return match kind {
            "hello" => Received::Hello,
            "disconnect" => Received::Disconnect(farewell(message.get("reason"))),
            _ => Received::Garbage(Unread::new(None, message.get("type"), message.get("payload"))),
        };
    };
    let mark = Mark { id: ("envelope", id.to_owned()), at: arrived, door: Door::Socket };
    let payload = message.get("payload").cloned().unwrap_or_default();
    let (kind, content) = match kind {
        "interactive" => ("interactive", acted(&mark, payload)),
        "slash_commands" => ("slash_commands", typed(&mark, &payload)),
        "events_api" => ("events_api", told(&mark, payload)),
        _ => ("other", Ok(Arrival::NotUnderstood { what: "envelope" })),
    };
    let unread = |_| Unread::new(Some(id), message.get("type"), message.get("payload"));
    Received::Envelope(Envelope {
        id: id.to_owned(),
        kind,
        takes_answer: message.get("accepts_response_payload") == Some(&Value::Bool(true)),
        content: content.map_err(unread),
    })
}

fn farewell(reason: Option<&Value>) -> Farewell {
    match reason.and_then(Value::as_str) {
        Some("warning" | "refresh_requested") => Farewell::Refresh,
        Some("link_disabled") => Farewell::LinkDisabled,
        _ => Farewell::Other,
    }
}

/// An interaction. No signature vouches for a time: Slack's own of the press counts, which is never later than now.
fn acted(mark: &Mark, payload: Value) -> Result<Arrival, Unreadable> {
    if !payload.is_object() {
        return Err(Unreadable);
    }
    let pressed = payload.pointer("/actions/0/action_ts").or_else(|| payload.get("action_ts"));
    let at = pressed.and_then(Value::as_str).and_then(time).map_or(mark.at, |at| at.min(mark.at));
    interaction::read(&Mark { at, ..mark.clone() }, payload)
}

fn typed(mark: &Mark, payload: &Value) -> Result<Arrival, Unreadable> {
    let Value::Object(fields) = payload else { return Err(Unreadable) };
    let fields = fields.iter().filter_map(|(name, value)| match value {
        Value::String(text) => Some((name.clone(), text.clone())),
        Value::Bool(flag) => Some((name.clone(), flag.to_string())),
        _ => None,
    });
    Ok(read_slash(mark, &SlashForm::new(fields)))
}

fn told(mark: &Mark, payload: Value) -> Result<Arrival, Unreadable> {
    if !payload.is_object() {
        return Err(Unreadable);
    }
    match event::read(mark, payload)? {
        // A socket has no address that could be asked for.
        Arrival::Handshake { .. } => Ok(Arrival::NotUnderstood { what: "event" }),
        arrival => Ok(arrival),
    }
}

/// Seconds and, behind a point, six digits, as Slack writes times.
fn time(text: &str) -> Option<Timestamp> {
    let (seconds, micros) = text.split_once('.').unwrap_or((text, "0"));
    let of_digits = |part: &str, most: usize| {
        ((1..=most).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit()))
            .then(|| part.parse().ok())?
    };
    let seconds: i64 = of_digits(seconds, 12)?;
    let micros: i64 = of_digits(micros, 6)?;
    Timestamp::new(seconds, i32::try_from(micros * 1000).ok()?).ok()
}

#[cfg(test)]
mod tests;
