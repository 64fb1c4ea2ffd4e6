//! The rules by which requests are shown to people.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::tz::TimeZone;
use serde::Deserialize;

use super::ConfigError;
use super::raw::{RawMatch, RawRoute};
use super::settings::OnCall;
use super::values::{Checked, span};
use crate::domain::expiration::ExpirationLength;
use crate::domain::person::{ChannelId, UserGroupId, UserId};
use crate::domain::route::condition::Conditions;
use crate::domain::route::hours::{Hours, Span};
use crate::domain::route::pattern::Pattern;
use crate::domain::route::risk::{Fresh, Risk};
use crate::domain::route::routes::{Deciders, Recipient, Route, Routes};

/// People that one level of a route tells at most, where it does not say.
const NOTIFIED_AT_MOST: usize = 10;
/// Levels of one route.
const MOST_LEVELS: usize = 20;

/// The rules; `sources` are the on-call sources that they may name.
pub(super) fn check(routes: Vec<RawRoute>, sources: &BTreeMap<String, OnCall>) -> Checked<Routes> {
    let refused = |key: &str, problem: &str| Err(ConfigError::new(key, problem));
    let count = routes.len();
    if count == 0 {
        return refused("route", "is missing: at least a default [[route]] with a channel or with people to notify");
    }
    let mut checked: Vec<Route> = Vec::new();
    for (nth, raw) in routes.into_iter().enumerate() {
        let is_last = nth + 1 == count;
        let name = raw.name.clone().unwrap_or_else(|| match is_last && raw.matches.is_empty() {
            true => "default".to_owned(),
            false => format!("route {}", nth + 1),
        });
        let route = route(name, raw, sources)?;
        if checked.iter().any(|other| other.name == route.name) {
            return Err(ConfigError::new("route.name", format!("{:?} stands there twice", route.name)));
        }
        if let Some(first) = checked.iter().find(|other| other.conditions == route.conditions) {
            let which = if first.conditions.is_empty() {
                "it has no match, so it takes all of them"
            } else {
                "both match the same"
            };
            return Err(ConfigError::new(
                "route.match",
                format!("of {:?} can never count: {:?} stands before it, and {which}", route.name, first.name),
            ));
        }
        if route.conditions.is_empty() && !is_last {
            return Err(ConfigError::new(
                "route.match",
                format!(
                    "is missing in {:?}: it takes every request, so no route behind it can ever count. Put it last",
                    route.name
                ),
            ));
        }
        checked.push(route);
    }
    Routes::new(checked).ok_or_else(|| {
        ConfigError::new(
            "route",
            "the last one has a match: add a default [[route]] without one, for requests that no other takes",
        )
    })
}

fn route(name: String, raw: RawRoute, sources: &BTreeMap<String, OnCall>) -> Checked<Route> {
    if name.trim().is_empty() || name.chars().count() > 60 || name.chars().any(char::is_control) {
        return Err(ConfigError::new("route.name", format!("{name:?} has to have 1 to 60 characters")));
    }
    let risk = risk(&raw)?;
    let zone = zone("route.time_zone", raw.time_zone.as_deref())?;
    let recipients = |key: &str, who: Vec<String>| {
        who.into_iter().map(|who| recipient(key, &who, sources)).collect::<Checked<Vec<Recipient>>>()
    };
    let notify = recipients("route.notify", raw.notify.unwrap_or_default())?;
    let fallback = recipients("route.fallback", raw.fallback.unwrap_or_default())?;
    let levels = raw.escalate_to.unwrap_or_default().into_iter();
    let escalate_to: Vec<Vec<Recipient>> =
        levels.map(|who| recipients("route.escalate_to", who)).collect::<Checked<_>>()?;
    let of_route = |key: &str, problem: String| Err(ConfigError::new(key, format!("of {name:?} {problem}")));
    if escalate_to.len() > MOST_LEVELS || escalate_to.iter().any(Vec::is_empty) {
        return of_route("route.escalate_to", format!("has to be 1 to {MOST_LEVELS} lists, none of them empty"));
    }
    let channel = raw.channel.map(|channel| {
        let known = ChannelId::parse(&channel).filter(|id| !id.as_str().starts_with('D'));
        known.ok_or_else(|| {
            ConfigError::new(
                "route.channel",
                format!("{channel:?} is no channel id (C…): Slack shows it under the channel's details"),
            )
        })
    });
    let channel = channel.transpose()?;
    if channel.is_none() && notify.is_empty() {
        return Err(ConfigError::new(
            "route.channel",
            "is missing, and so is route.notify: requests would be shown to nobody",
        ));
    }
    let may_be_nobody = |who: &Recipient| !matches!(who, Recipient::User(_));
    if channel.is_none() && fallback.is_empty() && notify.iter().all(may_be_nobody) {
        return of_route(
            "route.fallback",
            "is missing, and so is route.channel: with nobody on call a request would be shown to nobody".to_owned(),
        );
    }
    let notify_at_most = raw.notify_at_most.unwrap_or(NOTIFIED_AT_MOST);
    if notify_at_most == 0 {
        return of_route("route.notify_at_most", "is 0: nobody would be told".to_owned());
    }
    for (key, level) in [("route.notify", &notify), ("route.fallback", &fallback)]
        .into_iter()
        .chain(escalate_to.iter().map(|level| ("route.escalate_to", level)))
    {
        if level.len() > notify_at_most {
            return of_route(
                key,
                format!(
                    "names {}, and at most {notify_at_most} people are told at once: say so with notify_at_most",
                    level.len()
                ),
            );
        }
    }
    let deciders = match raw.deciders.as_deref() {
        None | Some("anyone") => Deciders::Anyone,
        Some("notified") if notify.is_empty() => {
            return of_route(
                "route.deciders",
                "is \"notified\", and route.notify names nobody: nobody could decide".to_owned(),
            );
        }
        Some("notified") => Deciders::Notified,
        Some(other) => return of_route("route.deciders", format!("is {other:?}: has to be anyone or notified")),
    };
    let after = |key: &str, text: Option<String>| text.map(|text| span(key, &text)).transpose();
    let (remind_after, escalate_after) =
        (after("route.remind_after", raw.remind_after)?, after("route.escalate_after", raw.escalate_after)?);
    if remind_after.is_some() && notify.is_empty() {
        return of_route("route.remind_after", "is of no use: route.notify names nobody to remind".to_owned());
    }
    let has_levels = notify.iter().any(|who| match who {
        Recipient::OnCall { source, .. } => sources.get(source).is_some_and(OnCall::has_levels),
        _ => false,
    });
    match escalate_after {
        Some(_) if escalate_to.is_empty() && !has_levels && fallback.is_empty() => {
            return of_route(
                "route.escalate_after",
                "has nowhere to go: set route.escalate_to, or route.fallback".to_owned(),
            );
        }
        None if !escalate_to.is_empty() => {
            return of_route("route.escalate_to", "is of no use without route.escalate_after".to_owned());
        }
        _ => {}
    }
    let length = |key: &str, text: Option<String>| {
        let read = |text: String| {
            text.parse::<ExpirationLength>().map_err(|error| ConfigError::new(key, format!("{text:?}: {error}")))
        };
        text.map(read).transpose()
    };
    let (usual, longest) = (length("route.default", raw.default)?, length("route.longest", raw.longest)?);
    if let (Some(usual), Some(longest)) = (usual, longest)
        && usual > longest
    {
        return of_route("route.default", format!("is {usual}, longer than route.longest, {longest}"));
    }
    Ok(Route {
        conditions: conditions(raw.matches, &zone)?,
        channel,
        notify,
        escalate_to,
        fallback,
        notify_at_most,
        deciders,
        usual,
        longest,
        risk,
        remind_after,
        escalate_after,
        quiet: raw.quiet_hours.map(|spans| hours("route.quiet_hours", spans, &zone)).transpose()?,
        name,
    })
}

/// A time zone by its IANA name; UTC where none is named.
pub(super) fn zone(key: &str, name: Option<&str>) -> Checked<TimeZone> {
    let Some(name) = name else { return Ok(TimeZone::UTC) };
    TimeZone::get(name)
        .map_err(|_| ConfigError::new(key, format!("{name:?} is no time zone, as \"Europe/Berlin\" or \"UTC\"")))
}

fn recipient(key: &str, who: &str, sources: &BTreeMap<String, OnCall>) -> Checked<Recipient> {
    let on_call = who.strip_prefix("oncall:").map(|named| match named.split_once('/') {
        None => (named, Some(1)),
        Some((source, level)) => (source, level.parse::<u32>().ok().filter(|level| (1..=100).contains(level))),
    });
    match (UserId::parse(who), UserGroupId::parse(who), on_call) {
        (Some(user), _, _) => Ok(Recipient::User(user)),
        (_, Some(group), _) => Ok(Recipient::Group(group)),
        (_, _, Some((source, Some(level)))) => match sources.get(source) {
            None => Err(ConfigError::new(key, format!("{who:?} names no source: there is no [oncall.{source}]"))),
            Some(known) if level > 1 && !known.has_levels() => Err(ConfigError::new(
                key,
                format!("{who:?} names a level, and only sources of PagerDuty's have levels"),
            )),
            Some(_) => Ok(Recipient::OnCall { source: source.to_owned(), level }),
        },
        _ => Err(ConfigError::new(
            key,
            format!("{who:?} is no user (U…), user group (S…), oncall:NAME or oncall:NAME/2"),
        )),
    }
}

fn conditions(raw: RawMatch, zone: &TimeZone) -> Checked<Conditions> {
    let patterns = |key: &str, value: Option<OneOrMore>| patterns(&format!("route.match.{key}"), value);
    let longer_than = raw.longer_than.map(|text| {
        let key = "route.match.longer_than";
        text.parse::<ExpirationLength>().map_err(|error| ConfigError::new(key, format!("{text:?}: {error}")))
    });
    let tags = raw.tags.unwrap_or_default().into_iter();
    Ok(Conditions {
        kind: patterns("type", raw.kind)?,
        access: patterns("access", raw.access)?,
        resource: patterns("resource", raw.resource)?,
        requester: patterns("requester", raw.requester)?,
        principal: patterns("principal", raw.principal)?,
        longer_than: longer_than.transpose()?,
        hours: raw.hours.map(|spans| hours("route.match.hours", spans, zone)).transpose()?,
        outside: raw.outside.map(|spans| hours("route.match.outside", spans, zone)).transpose()?,
        tags: tags
            .map(|(tag, value)| Ok((tag.clone(), patterns(&format!("tags.{tag}"), Some(value))?)))
            .collect::<Checked<_>>()?,
    })
}

/// A text, or several of which any will do.
#[derive(Deserialize)]
#[serde(untagged, expecting = "expected a text or an array of texts")]
pub(super) enum OneOrMore {
    One(String),
    More(Vec<String>),
}

impl OneOrMore {
    fn into_list(self) -> Vec<String> {
        match self {
            Self::One(text) => vec![text],
            Self::More(texts) => texts,
        }
    }
}

fn patterns(key: &str, value: Option<OneOrMore>) -> Checked<Vec<Pattern>> {
    let Some(value) = value else { return Ok(Vec::new()) };
    let texts = value.into_list();
    if texts.is_empty() {
        return Err(ConfigError::new(key, "is an empty list: such a route could never count"));
    }
    let read = |text: &String| Pattern::parse(text).ok_or_else(|| ConfigError::new(key, "has an empty text in it"));
    texts.iter().map(read).collect()
}

pub(super) fn hours(key: &str, value: OneOrMore, zone: &TimeZone) -> Checked<Hours> {
    let texts = value.into_list();
    if texts.is_empty() {
        return Err(ConfigError::new(key, "is an empty list"));
    }
    let read = |text: &String| Span::parse(text).map_err(|bad| ConfigError::new(key, format!("{text:?} {bad}")));
    Ok(Hours { spans: texts.iter().map(read).collect::<Checked<_>>()?, zone: zone.clone() })
}

fn risk(route: &RawRoute) -> Checked<Risk> {
    let risk = route.risk.as_deref().unwrap_or("low");
    let steps_up = risk == "step-up";
    for (key, set) in [("route.max_age", route.max_age.is_some()), ("route.acr_values", route.acr_values.is_some())] {
        if set && !steps_up {
            return Err(ConfigError::new(key, "is only used with risk = \"step-up\""));
        }
    }
    match risk {
        "low" => Ok(Risk::Low),
        "high" => Ok(Risk::High),
        "not-from-chat" => Ok(Risk::NotFromChat),
        "step-up" => Ok(Risk::StepUp(Fresh {
            max_age: route.max_age.as_deref().map_or(Ok(Duration::ZERO), |text| span("route.max_age", text))?,
            acr_values: acr_values(route.acr_values.clone().unwrap_or_default())?,
        })),
        other => {
            Err(ConfigError::new("route.risk", format!("is {other:?}: has to be low, high, step-up or not-from-chat")))
        }
    }
}

/// They are sent in one parameter, with spaces between them (OpenID Connect Core 1.0, section 3.1.2.1).
fn acr_values(values: Vec<String>) -> Checked<Vec<String>> {
    match values.iter().find(|value| value.is_empty() || value.contains(|c: char| c.is_whitespace() || c.is_control()))
    {
        Some(value) => {
            Err(ConfigError::new("route.acr_values", format!("{value:?} is empty or has white space in it")))
        }
        None => Ok(values),
    }
}
