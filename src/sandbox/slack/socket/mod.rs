//! Socket Mode, from Slack's side: `apps.connections.open` gives an address with a ticket, behind which a WebSocket waits
//! (`door`); what people do goes out over any of the open ones, in an envelope that has to be acknowledged (`deliver`).

mod control;
mod deliver;
mod door;

use std::collections::{HashMap, HashSet};

use serde_json::{Value, json};
use tokio::sync::{mpsc, oneshot};

use super::state::{Workspace, new_secret};
use super::web_api::Answer;

pub(super) use deliver::Envelope;
pub(super) use door::connect;

/// How the stand-in names the bot's side of sockets in the record of violations.
const SOCKET: &str = "socket";
/// Slack opens no more for one app.
const MOST_OPEN: usize = 10;

/// What a socket is told to do.
#[derive(Debug)]
pub(super) enum Order {
    /// Sends this text.
    Say(String),
    /// Closes it as Slack does.
    Close,
    /// Breaks it off, without a word.
    Cut,
    /// From now on nothing is read or written, and nothing is closed.
    Freeze,
    /// Asks for a sign of life, and tells when it came: all that was said before has then been heard.
    Ping(oneshot::Sender<()>),
}

/// An open socket.
#[derive(Debug)]
struct Open {
    id: u64,
    orders: mpsc::UnboundedSender<Order>,
}

/// An envelope that was sent.
#[derive(Debug)]
struct Sent {
    socket: u64,
    takes_payload: bool,
    is_acknowledged: bool,
    /// The person's client, for as long as it waits.
    waiting: Option<oneshot::Sender<Option<Value>>>,
}

/// The app's sockets.
#[derive(Debug, Default)]
pub(super) struct Sockets {
    tickets: HashSet<String>,
    open: Vec<Open>,
    sent: HashMap<String, Sent>,
    /// How many there ever were.
    opened: u64,
    /// Over which the last envelope went.
    turn: usize,
    /// Over which the next ones go, where a story says so.
    only: Option<u64>,
    last: Option<Envelope>,
}

/// `apps.connections.open`.
pub(super) fn open_connection(slack: &mut Workspace, _: &super::web_api::Args) -> Answer {
    let ticket = new_secret();
    let base = slack.own_url.replacen("http", "ws", 1);
    let url = format!("{base}/link/?ticket={ticket}&app_id={}", slack.setup.app_id);
    slack.sockets.tickets.insert(ticket);
    Ok(json!({ "url": url }))
}

impl Workspace {
    /// Lets a socket in whose ticket is good, once.
    fn admit(&mut self, ticket: &str) -> Option<(u64, mpsc::UnboundedReceiver<Order>)> {
        if !self.sockets.tickets.remove(ticket) {
            return None;
        }
        if self.sockets.open.len() == MOST_OPEN {
            self.violation(SOCKET, "more than 10 at one time");
            return None;
        }
        let (orders, heard) = mpsc::unbounded_channel();
        self.sockets.opened += 1;
        let id = self.sockets.opened;
        let hello = json!({
            "type": "hello",
            "num_connections": self.sockets.open.len() + 1,
            "debug_info": { "host": "applink-sandbox", "build_number": 1, "approximate_connection_time": 18060 },
            "connection_info": { "app_id": self.setup.app_id },
        });
        let _ = orders.send(Order::Say(hello.to_string()));
        self.sockets.open.push(Open { id, orders });
        Some((id, heard))
    }

    /// A socket is gone, and whoever waited for an acknowledgement over it waits in vain.
    fn gone(&mut self, socket: u64) {
        self.sockets.open.retain(|open| open.id != socket);
        self.sockets.sent.values_mut().filter(|sent| sent.socket == socket).for_each(|sent| sent.waiting = None);
    }

    /// Puts an envelope on its way; `false` where no socket is open.
    fn put(&mut self, envelope: &Envelope, waiting: oneshot::Sender<Option<Value>>) -> bool {
        let sockets = &mut self.sockets;
        sockets.turn = sockets.turn.wrapping_add(1);
        let next = match sockets.only {
            Some(id) => sockets.open.iter().find(|open| open.id == id),
            None => sockets.open.get(sockets.turn % sockets.open.len().max(1)),
        };
        let Some(Open { id, orders }) = next else { return false };
        let sent =
            Sent { socket: *id, takes_payload: envelope.takes_payload, is_acknowledged: false, waiting: Some(waiting) };
        let is_sent = orders.send(Order::Say(envelope.to_text())).is_ok();
        sockets.sent.insert(envelope.id.clone(), sent);
        is_sent
    }

    /// What the bot says over a socket can only be an acknowledgement.
    fn hear(&mut self, text: &str) {
        let said: Value = serde_json::from_str(text).unwrap_or_default();
        let Some(id) = said["envelope_id"].as_str() else {
            return self.violation(SOCKET, &format!("no acknowledgement: {text}"));
        };
        let Some(sent) = self.sockets.sent.get_mut(id) else {
            return self.violation(SOCKET, &format!("an acknowledgement of {id}, which was never sent"));
        };
        let payload = said.get("payload").cloned();
        let fault = match () {
            () if sent.is_acknowledged => Some("a second acknowledgement"),
            () if payload.is_some() && !sent.takes_payload => Some("an answer to an envelope that takes none"),
            () => None,
        };
        sent.is_acknowledged = true;
        if let Some(waiting) = sent.waiting.take() {
            let _ = waiting.send(payload);
        }
        if let Some(fault) = fault {
            self.violation(SOCKET, fault);
        }
    }
}
