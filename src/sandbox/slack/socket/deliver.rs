//! What people do, in envelopes.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use tokio::sync::oneshot;
use url::form_urlencoded;

use crate::sandbox::slack::Slack;
use crate::sandbox::slack::person::{Cannot, Delivered, Door};
use crate::sandbox::slack::state::new_secret;

/// One envelope, kept to be sent again.
#[derive(Clone, Debug)]
pub(in crate::sandbox::slack) struct Envelope {
    pub(super) id: String,
    pub(super) takes_payload: bool,
    kind: &'static str,
    payload: Value,
    retry: Option<(u8, String)>,
}

impl Envelope {
    /// What would be this body over HTTP.
    pub(in crate::sandbox::slack) fn new(door: Door, body: &[u8], retry: Option<(u8, String)>) -> Self {
        let form: BTreeMap<String, String> = form_urlencoded::parse(body).into_owned().collect();
        let json = |text: &[u8]| serde_json::from_slice(text).unwrap_or_default();
        let (kind, payload): (_, Value) = match door {
            Door::Interactivity => ("interactive", json(form.get("payload").map_or(b"", String::as_bytes))),
            Door::Commands => ("slash_commands", json!(form)),
            Door::Events => ("events_api", json(body)),
        };
        let takes_payload = kind == "slash_commands" || payload["type"] == "view_submission";
        Self { id: new_secret(), takes_payload, kind, payload, retry }
    }

    pub(super) fn strange(kind: &'static str, payload: Value) -> Self {
        Self { id: new_secret(), takes_payload: false, kind, payload, retry: None }
    }

    pub(super) fn to_text(&self) -> String {
        let mut envelope = json!({
            "envelope_id": self.id, "type": self.kind, "accepts_response_payload": self.takes_payload,
            "payload": self.payload,
        });
        if let Some((attempt, reason)) = &self.retry {
            envelope["retry_attempt"] = json!(attempt);
            envelope["retry_reason"] = json!(reason);
        }
        envelope.to_string()
    }
}

impl Slack {
    /// Sends an envelope over any socket, and waits as long as a person's client does.
    pub(in crate::sandbox::slack) async fn post(&self, envelope: Envelope) -> Result<Delivered, Cannot> {
        let (waiting, acknowledged) = oneshot::channel();
        let (is_sent, within) = self.shared.change(|slack| {
            let is_sent = slack.put(&envelope, waiting);
            slack.sockets.last = Some(envelope);
            (is_sent, slack.setup.answer_within)
        });
        if !is_sent {
            return Err(Cannot::NotReached("no socket is open".to_owned()));
        }
        match tokio::time::timeout(within, acknowledged).await {
            Ok(Ok(payload)) => {
                Ok(Delivered { status: 200, body: payload.map(|payload| payload.to_string()).unwrap_or_default() })
            }
            Ok(Err(_)) => Err(Cannot::NoAnswer("the socket was closed".to_owned())),
            Err(_) => Err(Cannot::NoAnswer("nothing was acknowledged in time".to_owned())),
        }
    }

    /// Sends the last envelope again as it was.
    pub(in crate::sandbox::slack) async fn post_again(&self) -> Result<Delivered, Cannot> {
        let last = self.shared.look(|slack| slack.sockets.last.clone()).ok_or(Cannot::NothingToRepeat)?;
        self.post(last).await
    }
}
