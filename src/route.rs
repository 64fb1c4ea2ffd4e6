//! `p0-chatops route explain`: which rule an event goes by, and why, before P0 ever sends such a one.

mod live;

use std::fmt::{self, Write as _};
use std::io::{Read as _, Write};
use std::path::Path;

use anyhow::Context as _;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

use crate::cli::route::{RouteArgs, RouteCommand};
use crate::clock::Clock;
use crate::config::{self, Fields};
use crate::domain::expiration::ExpirationLength;
use crate::domain::route::explain::{Asks, Explanation, RuleExplained};
use crate::domain::route::truth::Truth;
use crate::domain::text::{cut, plain};
use crate::inbound::push;
use live::Live;

/// Characters of what stands in an event that are shown.
const SHOWN: usize = 60;

/// A file that is no event of P0's.
#[derive(Debug, thiserror::Error)]
#[error("{file}: {problem}")]
pub struct NotAnEvent {
    file: String,
    problem: String,
}

/// An event with why it goes by which rule.
#[derive(Serialize)]
struct Explained<'e> {
    request: String,
    status: String,
    at: Timestamp,
    fields: Vec<Field<'e>>,
    #[serde(flatten)]
    explanation: Explanation,
    /// Whom it means now, where that was asked.
    now: Option<Live>,
}

/// A field of an event.
#[derive(Serialize)]
struct Field<'e> {
    name: &'static str,
    /// Where it was found; `None`: P0 did not send it.
    pointer: Option<&'e str>,
    value: Option<&'e Value>,
}

/// Does what the command line asks for, and says it on `out`.
///
/// # Errors
/// [`NotAnEvent`], settings that are at fault, or an `out` that cannot be written to.
pub async fn run(args: &RouteArgs, clock: Clock, out: &mut impl Write) -> anyhow::Result<()> {
    let RouteCommand::Explain { event, at, offline, json, config } = &args.command;
    let settings = config::load(config.config.as_deref())?;
    let body = read(event)?;
    let explained = explain(&body, &settings.notifier.fields, |push| {
        let at = at.unwrap_or_else(|| clock.now());
        (at, settings.routes.explain(&push.facts, at))
    });
    let mut explained = explained.map_err(|problem| NotAnEvent { file: name(event), problem })?;
    if let (false, Some(route)) = (offline, settings.routes.named(&explained.explanation.route)) {
        explained.now = Some(live::ask(&settings, clock, route).await?);
    }
    match json {
        true => writeln!(out, "{}", serde_json::to_string_pretty(&explained)?),
        false => write!(out, "{explained}"),
    }
    .context("standard output")
}

fn name(file: &Path) -> String {
    if file == Path::new("-") { "standard input".to_owned() } else { file.display().to_string() }
}

fn read(file: &Path) -> Result<Value, NotAnEvent> {
    let refused = |problem: String| NotAnEvent { file: name(file), problem };
    let mut bytes = Vec::new();
    let read = match file == Path::new("-") {
        true => std::io::stdin().read_to_end(&mut bytes).map(drop),
        false => std::fs::read(file).map(|read| bytes = read),
    };
    read.map_err(|error| refused(format!("cannot be read: {error}")))?;
    push::json(&bytes).ok_or_else(|| refused("is no JSON".to_owned()))
}

fn explain<'e>(
    body: &'e Value,
    fields: &'e Fields,
    routed: impl FnOnce(&crate::domain::request::Push) -> (Timestamp, Explanation),
) -> Result<Explained<'e>, String> {
    let places = push::places(body, fields);
    let Some(push) = push::read(body, fields) else {
        let lacks = |name: &str| places.iter().any(|(known, found)| *known == name && found.is_none());
        let what = ["id", "status"].into_iter().find(|name| lacks(name)).map_or_else(
            || "its id or its status cannot be one".to_owned(),
            |name| format!("there is no {name}: notifier.fields.{name} says where P0 puts it"),
        );
        return Err(format!("names no request: {what}"));
    };
    let (at, explanation) = routed(&push);
    let field = |(name, found): &(&'static str, Option<(&'e str, &'e Value)>)| Field {
        name,
        pointer: found.map(|(pointer, _)| pointer),
        value: found.map(|(_, value)| value),
    };
    let fields = places.iter().map(field).collect();
    Ok(Explained { request: push.id.to_string(), status: push.status, at, fields, explanation, now: None })
}

impl fmt::Display for Explained<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { request, status, at, fields, explanation, now } = self;
        writeln!(f, "request {}, {}, at {at}", shown(request), shown(status))?;
        for Field { name, pointer, value } in fields {
            match (pointer, value) {
                (Some(pointer), Some(value)) => writeln!(f, "  {name:14} {} ({pointer})", shown(&text(value)))?,
                _ => writeln!(f, "  {name:14} not sent")?,
            }
        }
        writeln!(f, "\nroutes, in their order")?;
        explanation.rules.iter().try_for_each(|rule| self::rule(f, rule))?;
        let why = if explanation.is_default { ", which takes what no other does" } else { "" };
        writeln!(f, "\nit goes by {:?}{why}", explanation.route)?;
        asks(f, &explanation.asks)?;
        told(f, explanation)?;
        now.iter().try_for_each(|now| now.fmt(f))
    }
}

fn rule(f: &mut fmt::Formatter<'_>, rule: &RuleExplained) -> fmt::Result {
    let counts = if rule.counts { ", counts" } else { "" };
    writeln!(f, "  {:?}: {}{counts}", rule.name, truth(rule.truth))?;
    for part in &rule.conditions {
        let found = part.found.as_deref().map_or_else(|| "not sent".to_owned(), shown);
        writeln!(f, "    {:12} {}: {} ({found})", part.name, part.wanted, truth(part.truth))?;
    }
    Ok(())
}

fn asks(f: &mut fmt::Formatter<'_>, asks: &Asks) -> fmt::Result {
    let mut said = format!("an approve asks for: risk {}", asks.risk);
    match asks.max_age {
        Some(0) => said += ", a sign-in after the press",
        Some(seconds) => write!(said, ", a sign-in at most {} before", after(seconds))?,
        None => {}
    }
    if !asks.acr_values.is_empty() {
        write!(said, ", of class {}", asks.acr_values.join(" or "))?;
    }
    if let Some(longest) = &asks.longest {
        write!(said, ", at most {longest}")?;
    }
    writeln!(f, "{said}")?;
    match asks.only_of.as_slice() {
        [] => writeln!(f, "anybody may decide whom P0 lets"),
        routes => writeln!(f, "only people may decide whom these routes name: {}", routes.join(", ")),
    }
}

fn told(f: &mut fmt::Formatter<'_>, explanation: &Explanation) -> fmt::Result {
    writeln!(f, "shown in {}", explanation.channel.as_deref().unwrap_or("no channel"))?;
    for level in &explanation.levels {
        let when = if level.after == 0 { "at once".to_owned() } else { format!("after {}", after(level.after)) };
        let who = match (level.who.as_slice(), level.level) {
            ([], 0) => "nobody but the channel".to_owned(),
            ([], _) => "the next levels of the on-call sources, as far as they have any".to_owned(),
            (who, _) => who.join(", "),
        };
        writeln!(f, "told {when}: {who}")?;
    }
    if !explanation.fallback.is_empty() {
        writeln!(f, "told where a level has nobody: {}", explanation.fallback.join(", "))?;
    }
    match explanation.remind_after {
        Some(seconds) => writeln!(f, "reminded after {}, then each time after twice as long", after(seconds)),
        None => Ok(()),
    }
}

fn truth(truth: Truth) -> &'static str {
    match truth {
        Truth::No => "no",
        Truth::Perhaps => "perhaps",
        Truth::InPart => "in part",
        Truth::Yes => "yes",
    }
}

/// What somebody else wrote, on one line.
fn shown(text: &str) -> String {
    cut(&plain(text), SHOWN)
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn after(seconds: u64) -> String {
    let whole = Some(seconds / 60).filter(|_| seconds.is_multiple_of(60)).and_then(ExpirationLength::from_minutes);
    whole.map_or_else(|| format!("{seconds}s"), |length| length.to_string())
}
