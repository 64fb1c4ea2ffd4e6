//! A stateful stand-in for Slack on a real loopback socket.
//!
//! It enforces Slack's own limits and error codes, so that a bot which passes here was not flattered.
//! It knows nothing of the bot but three URLs. A call of the bot walks `server` → `web_api` (with `faults`,
//! `rates` and the Block Kit rules in `blocks`) → `state`; an act of a person walks `person` → `payloads` →
//! the bot's door, or through `socket` to where the bot listens, and what the bot answers is applied. `look` shows what came of it. `sign_in` is Sign in with Slack,
//! by which a browser proves who in Slack is looking at it.

mod blocks;
mod capabilities;
mod faults;
mod inputs;
mod links;
mod look;
mod payloads;
mod person;
mod rates;
mod records;
mod response_url;
mod server;
mod setup;
mod sign_in;
mod signature;
mod socket;
mod state;
#[cfg(test)]
mod tests;
mod web_api;

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio_util::sync::{CancellationToken, DropGuard};

pub use faults::{Fault, Times};
pub use person::{Cannot, Delivered, Place, Written};
pub use rates::Rates;
pub use records::{Answered, Call, Ephemeral, Message, Unfurl, View};
pub use setup::{Channel, Person, SLACKS_EVENT_RETRIES, Shortcut, ShortcutKind, SlackSetup, Usergroup};
pub use sign_in::Tamper;

use state::Workspace;

/// The running stand-in. Clones share one workspace; it stops listening with the last of them.
#[derive(Clone, Debug)]
pub struct Slack {
    shared: Arc<Shared>,
    http: reqwest::Client,
    address: SocketAddr,
    stop: CancellationToken,
    _stop_with_the_last: Arc<DropGuard>,
}

/// What the server and the handles have in common.
#[derive(Debug)]
struct Shared {
    workspace: Mutex<Workspace>,
    version: watch::Sender<u64>,
}

impl Shared {
    /// Reads the workspace.
    fn look<T>(&self, read: impl FnOnce(&Workspace) -> T) -> T {
        read(&self.workspace.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Changes the workspace and wakes those who wait for a change.
    fn change<T>(&self, change: impl FnOnce(&mut Workspace) -> T) -> T {
        let done = change(&mut self.workspace.lock().unwrap_or_else(PoisonError::into_inner));
        self.version.send_modify(|version| *version += 1);
        done
    }
}

impl Slack {
    /// Binds a free port of 127.0.0.1 and serves the workspace there.
    pub async fn start(setup: SlackSetup) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let http = person::http_client(setup.answer_within).map_err(io::Error::other)?;
        let workspace = Workspace::new(setup, format!("http://{address}"));
        let shared = Arc::new(Shared { workspace: Mutex::new(workspace), version: watch::Sender::new(0) });
        let stop = CancellationToken::new();
        tokio::spawn(server::serve(listener, shared.clone(), stop.clone()));
        let guard = Arc::new(stop.clone().drop_guard());
        Ok(Self { shared, http, address, stop, _stop_with_the_last: guard })
    }

    /// What the bot takes for `https://slack.com/api/`.
    pub fn api_base_url(&self) -> String {
        format!("http://{}/api/", self.address)
    }

    /// What the bot takes for `https://slack.com` where people sign in: the issuer, whose
    /// `/.well-known/openid-configuration` names the rest.
    pub fn issuer(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Host and port of the response URLs, in place of `hooks.slack.com`; they are plain http.
    pub fn hook_host(&self) -> String {
        self.address.to_string()
    }

    /// Tells where the bot's doors are: `<base>/slack/interactivity`, `/slack/commands`, `/slack/events`.
    pub fn connect(&self, bot_base_url: &str) {
        self.shared.change(|slack| slack.bot_url = Some(bot_base_url.trim_end_matches('/').to_owned()));
    }

    /// Stops listening; calls under way are still answered.
    pub fn stop(&self) {
        self.stop.cancel();
    }

    /// Orders a misfortune for a method (`response_url` for response URLs). Orders of one method queue up.
    pub fn fail(&self, method: &str, fault: Fault, times: Times) {
        self.shared.change(|slack| slack.faults.order(method, fault, times));
    }

    /// Forgets every ordered misfortune.
    pub fn clear_faults(&self) {
        self.shared.change(|slack| slack.faults.clear());
    }

    /// Opens or closes a person's client. Closing it takes their ephemeral lines away, as a reload does.
    pub fn set_active(&self, user: &str, active: bool) {
        self.shared.change(|slack| {
            slack.setup.people.iter_mut().filter(|person| person.id == user).for_each(|person| person.active = active);
            if !active {
                slack.ephemerals.retain(|line| line.user != user);
            }
        });
    }

    /// A person's client loads anew: what was only on its screen is gone.
    pub fn reload(&self, user: &str) {
        self.shared.change(|slack| slack.ephemerals.retain(|line| line.user != user));
    }

    /// Changes what is known of a person, e.g. deactivates them between a press and its handling.
    pub fn change_person(&self, user: &str, change: impl FnOnce(&mut Person)) {
        self.shared.change(|slack| slack.setup.people.iter_mut().find(|person| person.id == user).map(change));
    }

    /// Changes a channel, e.g. archives it or shares it with another company.
    pub fn change_channel(&self, channel: &str, change: impl FnOnce(&mut Channel)) {
        self.shared.change(|slack| slack.setup.channels.iter_mut().find(|found| found.id == channel).map(change));
    }

    /// Says where people may be sent back to after signing in, in place of what was said before.
    pub fn set_redirect_urls(&self, urls: &[&str]) {
        self.shared.change(|slack| slack.setup.redirect_urls = urls.iter().map(ToString::to_string).collect());
    }

    /// Says of which domains' links the app is told, in place of what was said before.
    pub fn set_unfurl_domains(&self, domains: &[&str]) {
        self.shared.change(|slack| slack.setup.unfurl_domains = domains.iter().map(ToString::to_string).collect());
    }

    /// Changes the members of a user group.
    pub fn set_usergroup(&self, group: &str, users: &[&str]) {
        self.shared.change(|slack| {
            for found in slack.setup.usergroups.iter_mut().filter(|found| found.id == group) {
                found.users = users.iter().map(ToString::to_string).collect();
            }
        });
    }
}
