//! Presses of "Approve" as Slack sends them: signed, each with its own request, trigger and address to answer to.

use std::time::{SystemTime, UNIX_EPOCH};

use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::json;
use sha2::Sha256;
use url::form_urlencoded;

/// What every subject of a run verifies with.
pub const SECRET: &str = "8f742231b10e8888abcd99yyyzzz85a5";
/// The workspace.
pub const TEAM: &str = "T01ACME";
/// Where the cards are.
pub const CHANNEL: &str = "C01ACCESS";
/// People who press, one after the other.
pub const PEOPLE: usize = 50;

/// A card that can be pressed.
#[derive(Clone)]
pub struct Card {
    /// What its buttons carry.
    pub key: String,
}

/// One of the people.
pub fn person(number: usize) -> String {
    format!("U0BENCH{:03}", number % PEOPLE)
}

/// The body by which Slack would tell of a press on `card`. `number` makes it unlike any other.
pub fn body(card: &Card, number: usize) -> String {
    let payload = json!({
        "type": "block_actions",
        "user": {"id": person(number), "username": "ann", "name": "ann", "team_id": TEAM},
        "api_app_id": "A01P0CHATOPS",
        "token": "verification-token-of-old",
        "container": {"type": "message", "message_ts": format!("1700000000.{number:06}"), "channel_id": CHANNEL, "is_ephemeral": false},
        "trigger_id": format!("{number}.1700000000.0123456789abcdef0123456789abcdef"),
        "team": {"id": TEAM, "domain": "acme"},
        "enterprise": null,
        "is_enterprise_install": false,
        "channel": {"id": CHANNEL, "name": "access"},
        "message": message(card, number),
        "state": {"values": {}},
        "response_url": format!("https://hooks.slack.com/actions/{TEAM}/{number}/0123456789abcdefghijklmn"),
        "actions": [{
            "action_id": "approve", "block_id": "decide", "text": {"type": "plain_text", "text": "Approve 1h", "emoji": true},
            "value": format!("v1.{}.1h", card.key), "style": "primary", "type": "button", "action_ts": "1700000000.000100",
        }],
    });
    form_urlencoded::Serializer::new(String::new()).append_pair("payload", &payload.to_string()).finish()
}

/// The HTTP request with this body, signed now.
pub fn request(host: &str, body: &str) -> Vec<u8> {
    let stamp = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs();
    let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).expect("HMAC takes keys of any length");
    mac.update(format!("v0:{stamp}:").as_bytes());
    mac.update(body.as_bytes());
    let signature: String = mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    format!(
        "POST /slack/interactivity HTTP/1.1\r\nhost: {host}\r\ncontent-type: application/x-www-form-urlencoded\r\n\
         x-slack-request-timestamp: {stamp}\r\nx-slack-signature: v0={signature}\r\ncontent-length: {}\r\n\r\n{body}",
        body.len(),
    )
    .into_bytes()
}

/// A card as Slack sends it back: a few blocks, as large as the bot's own.
fn message(card: &Card, number: usize) -> serde_json::Value {
    let button = |id: &str, text: &str, length: &str| {
        json!({
            "type": "button", "action_id": id, "text": {"type": "plain_text", "text": text, "emoji": true},
            "value": format!("v1.{}.{length}", card.key),
            "confirm": {
                "title": {"type": "plain_text", "text": text, "emoji": true},
                "text": {"type": "plain_text", "text": "AWS role AdministratorAccess on production (111122223333) for bob@example.com", "emoji": true},
                "confirm": {"type": "plain_text", "text": text, "emoji": true},
                "deny": {"type": "plain_text", "text": "Cancel", "emoji": true},
            },
        })
    };
    let options = ["1h", "4h", "8h"].map(|length| {
        json!({"text": {"type": "plain_text", "text": length, "emoji": true}, "value": format!("v1.{}.{length}", card.key)})
    });
    json!({
        "user": "U0BOT", "type": "message", "ts": format!("1700000000.{number:06}"), "bot_id": "B01P0CHATOPS", "app_id": "A01P0CHATOPS",
        "text": "bob@example.com asks for AWS role AdministratorAccess on production", "team": TEAM,
        "blocks": [
            {"type": "header", "block_id": "title", "text": {"type": "plain_text", "text": "AWS role AdministratorAccess", "emoji": true}},
            {"type": "section", "block_id": "facts", "text": {"type": "mrkdwn", "verbatim": true, "text":
                "*For* bob@example.com\n*Role* AdministratorAccess\n*Account* production (111122223333)\n*Asked for* 2 hours\n\
                 *Reason* The nightly import has stopped, and its queue has to be looked at by hand before the morning"}},
            {"type": "context", "block_id": "status", "elements": [{"type": "mrkdwn", "verbatim": true, "text": "Waiting for an approver, since 12:00"}]},
            {"type": "actions", "block_id": "decide", "elements": [
                button("approve", "Approve 1h", "1h"), button("deny", "Deny", "-"), button("more", "More", "-"),
                {"type": "static_select", "action_id": "approve_for", "placeholder": {"type": "plain_text", "text": "Other length", "emoji": true},
                 "options": options},
            ]},
        ],
    })
}
