//! What a story does to sockets.

use serde_json::{Value, json};
use tokio::sync::oneshot;

use super::{Envelope, Order};
use crate::sandbox::slack::Slack;
use crate::sandbox::slack::person::{Cannot, Delivered};

impl Slack {
    /// The sockets that are open, by their numbers, the oldest first.
    pub fn sockets(&self) -> Vec<u64> {
        self.shared.look(|slack| slack.sockets.open.iter().map(|open| open.id).collect())
    }

    /// Waits until the open sockets are as they should be; gives them.
    pub async fn sockets_when(&self, fits: impl Fn(&[u64]) -> bool) -> Vec<u64> {
        let mut version = self.shared.version.subscribe();
        loop {
            let open = self.sockets();
            if fits(&open) {
                return open;
            }
            // The sender lives as long as `self`.
            let _ = version.changed().await;
        }
    }

    /// Says goodbye over a socket, and leaves it open: `warning`, `refresh_requested` or `link_disabled`.
    pub fn disconnect(&self, socket: u64, reason: &str) {
        let goodbye = json!({ "type": "disconnect", "reason": reason, "debug_info": { "host": "applink-sandbox" } });
        self.order(socket, Order::Say(goodbye.to_string()));
    }

    /// Closes a socket as Slack does.
    pub fn close_socket(&self, socket: u64) {
        self.order(socket, Order::Close);
    }

    /// Breaks a socket off without a word.
    pub fn cut_socket(&self, socket: u64) {
        self.order(socket, Order::Cut);
    }

    /// A socket goes on being open, and nothing comes or goes over it any more.
    pub fn freeze_socket(&self, socket: u64) {
        self.order(socket, Order::Freeze);
    }

    /// Says anything over a socket.
    pub fn say_over_socket(&self, socket: u64, text: &str) {
        self.order(socket, Order::Say(text.to_owned()));
    }

    /// From now on all goes over this socket; `None`: over any.
    pub fn send_over(&self, socket: Option<u64>) {
        self.shared.change(|slack| slack.sockets.only = socket);
    }

    /// Waits until the other side has read all that was said over a socket so far, or it is gone.
    pub async fn heard(&self, socket: u64) {
        let (answered, heard) = oneshot::channel();
        self.order(socket, Order::Ping(answered));
        let _ = heard.await;
    }

    /// Waits until a method was called so many times in all.
    pub async fn called(&self, method: &str, times: usize) {
        let mut version = self.shared.version.subscribe();
        while self.calls_of(method).len() < times {
            // The sender lives as long as `self`.
            let _ = version.changed().await;
        }
    }

    /// Sends an envelope of any type with any payload, for stories about what nobody expects.
    pub async fn post_strange(&self, kind: &'static str, payload: Value) -> Result<Delivered, Cannot> {
        self.post(Envelope::strange(kind, payload)).await
    }

    fn order(&self, socket: u64, order: Order) {
        self.shared.look(|slack| {
            if let Some(open) = slack.sockets.open.iter().find(|open| open.id == socket) {
                let _ = open.orders.send(order);
            }
        });
    }
}
