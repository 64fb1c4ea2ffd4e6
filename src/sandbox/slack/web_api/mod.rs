//! The Web API: finds the method, then asks in Slack's order for token, scope, rate and arguments.

mod args;
mod chat;
mod conversations;
mod people;
mod reply;
mod unfurl;
mod views;

use http::HeaderMap;
use http::header::AUTHORIZATION;
use serde_json::{Value, json};

pub(super) use args::Args;
pub(super) use chat::content;
pub(super) use reply::{Refusal, Reply};
pub(super) use views::{fill, replace};

use super::rates::Tier;
use super::state::Workspace;
use super::{sign_in, socket};

/// What a method's work gives: the fields beside `ok: true`.
pub(super) type Answer = Result<Value, Refusal>;

/// One method of the Web API.
struct Method {
    /// The scope without which it refuses; empty where none is needed.
    scope: &'static str,
    caller: Caller,
    tier: Tier,
    /// Whether a JSON body is read at all; Slack's reading methods take forms only.
    takes_json: bool,
    run: fn(&mut Workspace, &Args) -> Answer,
}

/// With what a caller shows who it is.
#[derive(Clone, Copy)]
enum Caller {
    /// The bot's token.
    Bot,
    /// The app-level token.
    App,
    /// The client's secret, among the arguments.
    Client,
}

fn find(method: &str) -> Option<Method> {
    let of = |scope, tier, takes_json, run| Some(Method { scope, caller: Caller::Bot, tier, takes_json, run });
    let of_client =
        |run| Some(Method { scope: "", caller: Caller::Client, tier: Tier::Unlimited, takes_json: false, run });
    let of_app = |run| Some(Method { scope: "", caller: Caller::App, tier: Tier::Unlimited, takes_json: true, run });
    match method {
        "auth.test" => of("", Tier::Unlimited, true, people::auth_test),
        "users.info" => of("users:read", Tier::Four, false, people::info),
        "users.lookupByEmail" => of("users:read.email", Tier::Three, false, people::lookup_by_email),
        "usergroups.users.list" => of("usergroups:read", Tier::Two, false, people::usergroup_users),
        "conversations.open" => of("im:write", Tier::Three, true, conversations::open),
        "conversations.info" => of("", Tier::Three, false, conversations::info),
        "chat.postMessage" => of("chat:write", Tier::PerChannel, true, chat::post_message),
        "chat.update" => of("chat:write", Tier::Three, true, chat::update),
        "chat.postEphemeral" => of("chat:write", Tier::Four, true, chat::post_ephemeral),
        "chat.unfurl" => of("links:write", Tier::Three, true, unfurl::unfurl),
        "chat.delete" => of("chat:write", Tier::Three, true, chat::delete),
        "views.open" => of("", Tier::Four, true, views::open),
        "views.push" => of("", Tier::Four, true, views::push),
        "views.update" => of("", Tier::Four, true, views::update),
        "views.publish" => of("", Tier::Four, true, views::publish),
        "apps.connections.open" => of_app(socket::open_connection),
        sign_in::TOKEN_METHOD => of_client(sign_in::token),
        _ => None,
    }
}

/// The token of the `Authorization` header.
pub(super) fn bearer(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(AUTHORIZATION)?.to_str().ok()?;
    Some(value.strip_prefix("Bearer ")?.trim().to_owned())
}

/// Answers one call.
pub(super) fn answer(slack: &mut Workspace, method: &str, token: Option<&str>, args: Result<Args, Refusal>) -> Reply {
    let Some(found) = find(method) else {
        return Refusal::new("unknown_method").with("req_method", json!(method)).into();
    };
    if let Err(refusal) = authorize(slack, found.caller, token) {
        return refusal.into();
    }
    let scopes = match found.caller {
        Caller::App => "connections:write".to_owned(),
        Caller::Bot | Caller::Client => slack.setup.scopes.join(","),
    };
    let reply = match run(slack, method, &found, args) {
        Ok(body) => Reply::ok(body),
        Err(refusal) => refusal.into(),
    };
    reply.with_scopes(&scopes, found.scope)
}

fn authorize(slack: &Workspace, caller: Caller, token: Option<&str>) -> Result<(), Refusal> {
    let (ours, other) = match caller {
        Caller::Bot => (&slack.setup.bot_token, &slack.setup.app_token),
        Caller::App => (&slack.setup.app_token, &slack.setup.bot_token),
        Caller::Client => return Ok(()),
    };
    match token {
        None | Some("") => Err(Refusal::new("not_authed")),
        Some(token) if token == other => Err(Refusal::new("not_allowed_token_type")),
        Some(token) if token != ours => Err(Refusal::new("invalid_auth")),
        Some(_) if slack.uninstalled => Err(Refusal::new("account_inactive")),
        Some(_) => Ok(()),
    }
}

fn run(slack: &mut Workspace, method: &str, found: &Method, args: Result<Args, Refusal>) -> Answer {
    slack.need_scope(found.scope)?;
    let args = args?;
    let channel = slack.rate_key(args.text("channel").unwrap_or_default());
    let now = slack.setup.clock.now();
    slack.meter.admit(&slack.setup.rates, found.tier, method, &channel, now).map_err(Refusal::rate_limited)?;
    let answer = (found.run)(slack, &args);
    if let Err(refusal) = &answer {
        // What Slack refuses for its form is always the bot's mistake.
        for message in refusal.messages() {
            slack.violation(method, message);
        }
    }
    answer
}

impl Workspace {
    /// Refuses unless the app was granted the scope; an empty one is granted to everybody.
    fn need_scope(&self, scope: &str) -> Result<(), Refusal> {
        if scope.is_empty() || self.has_scope(scope) {
            return Ok(());
        }
        let provided = self.setup.scopes.join(",");
        Err(Refusal::new("missing_scope").with("needed", json!(scope)).with("provided", json!(provided)))
    }

    /// Whether the app was granted the scope.
    pub(super) fn has_scope(&self, scope: &str) -> bool {
        self.setup.scopes.iter().any(|granted| granted == scope)
    }

    /// A person's id and their direct message are one place for the rate of posting.
    fn rate_key(&self, channel: &str) -> String {
        self.dm_of(channel).map_or_else(|| channel.to_owned(), |dm| dm.id.clone())
    }
}
