//! How a request is looked after: who was told and why, who is on it, who was left out, and what comes next.

use jiff::Timestamp;

use super::request::phase_in_brief;
use super::{date, name, person, what};
use crate::domain::request::Request;
use crate::domain::route::routes::Recipient;
use crate::domain::watch::{Claim, GROUP_SOURCE, LeftOut, News, Reason, Told, Watch};
use crate::notify::foreign;

/// People that one line of a card names; all are behind "More".
const NAMED: usize = 5;
/// Characters of the name of a source, or of somebody in it.
const NAME: usize = 60;

/// The lines of a card that waits, in mrkdwn: at most four, the most pressing first.
pub fn lines(watch: &Watch, told: &[Told], now: Timestamp) -> Vec<String> {
    let mut lines: Vec<String> = watch.claim_at(now).map(on_it).into_iter().collect();
    let who = were_told(told);
    if watch.is_exhausted {
        lines.push(match watch.level {
            _ if who.is_empty() => ":rotating_light: *Nobody could be told*: nobody was there on any level.".to_owned(),
            Some(0) | None => ":rotating_light: *Nobody answered*: everybody was told.".to_owned(),
            Some(last) => {
                format!(":rotating_light: *Nobody answered*: all {} levels were told.", last.saturating_add(1))
            }
        });
    }
    if !who.is_empty() {
        let next = next(watch).map(|next| format!(" {next}"));
        lines.push(format!("Told: {}.{}", list(&who, told_as), next.unwrap_or_default()));
    }
    if !watch.left_out.is_empty() {
        let some: Vec<String> = watch.left_out.iter().take(2).map(left_out).collect();
        let more = watch.left_out.len() - some.len();
        let more = if more == 0 { String::new() } else { format!(" {more} more: press More.") };
        lines.push(format!(":warning: {}{more}", some.join(" ")));
    }
    lines
}

/// That it is not sure which route was meant, in mrkdwn; for routes of which it is not.
pub fn unsure(watch: &Watch) -> String {
    let missing: Vec<String> = watch.missing().into_iter().map(|field| foreign::name(field, NAME)).collect();
    let unsaid = format!("P0 did not send {}. The strictest route that may be meant holds.", missing.join(", "));
    match (watch.is_default, missing.is_empty()) {
        (true, true) => ":warning: No route but the default one takes this request.".to_owned(),
        (true, false) => format!(":warning: No route but the default one surely takes this request: {unsaid}"),
        (false, _) => format!(":warning: Other routes may be meant: {unsaid}"),
    }
}

/// The same for whoever asked.
pub fn lines_for_requester(watch: &Watch, told: &[Told], now: Timestamp) -> Vec<String> {
    let mut lines: Vec<String> = watch.claim_at(now).map(on_it).into_iter().collect();
    let who = were_told(told);
    if watch.is_exhausted {
        lines.push(match who.is_empty() {
            true => "Nobody could be told of it yet.".to_owned(),
            false => "Everybody who is to be told knows of it, and nobody has decided yet.".to_owned(),
        });
    }
    if !who.is_empty() {
        let next = next(watch).map(|next| format!(" {next}"));
        let who = list(&who, |told| person(&told.user));
        lines.push(format!("These people were told: {who}.{}", next.unwrap_or_default()));
    }
    lines
}

/// Everything, a line each, for the details.
pub fn details(watch: &Watch, told: &[Told]) -> Vec<String> {
    let mut lines = vec![format!("Route: {}", foreign::name(&watch.route, NAME))];
    for told in were_told(told) {
        let at = told.at.map(date).unwrap_or_default();
        let stirred = told.stirred.map(|at| format!("; opened or pressed it {}", date(at))).unwrap_or_default();
        lines.push(format!("Told {at}: {}{stirred}", told_as(told)));
    }
    lines.extend(next(watch));
    if !watch.is_over {
        lines.extend(watch.left_out.iter().map(left_out));
    }
    lines
}

/// Who is told next, and when, as long as nobody has decided.
fn next(watch: &Watch) -> Option<String> {
    let at = date(watch.next_at?);
    let some: Vec<String> = watch.next.iter().take(NAMED).map(meant).collect();
    let more = watch.next.len() - some.len();
    let more = if more == 0 { String::new() } else { format!(" and {more} more") };
    Some(format!("If nobody decides, I tell more people {at}: {}{more}.", some.join(", ")))
}

fn meant(recipient: &Recipient) -> String {
    match recipient {
        Recipient::User(user) => person(user),
        Recipient::Group(group) => format!("the user group {group}"),
        Recipient::OnCall { source, level: 1 } => format!("whoever is on call in {}", foreign::name(source, NAME)),
        Recipient::OnCall { source, level } => {
            format!("whoever is on call in {}, level {level}", foreign::name(source, NAME))
        }
    }
}

/// Who was told, each once, though several routes may name them.
fn were_told(told: &[Told]) -> Vec<&Told> {
    let mut once: Vec<&Told> = Vec::new();
    for told in told.iter().filter(|told| told.at.is_some()) {
        if !once.iter().any(|known| known.user == told.user) {
            once.push(told);
        }
    }
    once
}

fn on_it(claim: &Claim) -> String {
    format!(":raising_hand: {} is on it since {}, until {}.", person(&claim.by.user), date(claim.at), date(claim.until))
}

fn list(who: &[&Told], named: impl Fn(&Told) -> String) -> String {
    let some: Vec<String> = who.iter().take(NAMED).map(|told| named(told)).collect();
    let more = who.len() - some.len();
    if more == 0 { some.join(", ") } else { format!("{} and {more} more", some.join(", ")) }
}

fn told_as(told: &Told) -> String {
    let who = person(&told.user);
    match &told.reason {
        Reason::Named | Reason::Group { as_of: None, .. } => who,
        Reason::Group { group, as_of: Some(at) } => {
            format!("{who} (in the user group {group}, as known {})", date(*at))
        }
        Reason::OnCall { source, level, as_of } => {
            let level = if *level > 1 { format!(", level {level}") } else { String::new() };
            let as_of = as_of.map(|at| format!(", as known {}", date(at))).unwrap_or_default();
            format!("{who} (on call, {}{level}{as_of})", foreign::name(source, NAME))
        }
        Reason::Fallback => format!("{who} (nobody else was there)"),
        Reason::InPlaceOf(away) => format!("{who} (in place of {})", person(away)),
    }
}

fn left_out(left_out: &LeftOut) -> String {
    let source = |source: &str| foreign::name(source, NAME);
    match left_out {
        LeftOut::NobodyOnCall { source: of, level: 0 | 1 } => format!("Nobody is on call in {}.", source(of)),
        LeftOut::NobodyOnCall { source: of, level } => {
            format!("Nobody is on call on level {level} of {}.", source(of))
        }
        LeftOut::Unmatched { source: of, name } => {
            format!("{} is on call in {}, and nobody says who that is in Slack.", foreign::name(name, NAME), source(of))
        }
        LeftOut::SourceDown { source: of } => match of.strip_prefix(GROUP_SOURCE) {
            Some(group) => format!("Slack does not say who is in the user group {}.", foreign::name(group, NAME)),
            None => format!("{} does not say who is on call.", source(of)),
        },
        LeftOut::EmptyGroup { group } => format!("The user group {group} is empty."),
        LeftOut::NotThere { user } => {
            format!("{} was not told: that account is not there, or could decide nothing.", person(user))
        }
        LeftOut::TooMany { count: 1 } => "1 more person was not told: it would be too many.".to_owned(),
        LeftOut::TooMany { count } => format!("{count} more people were not told: it would be too many."),
        LeftOut::Away { user } => format!("{} is away, and nobody stands in.", person(user)),
        LeftOut::OwnRequest { user } => format!("{} was not told: it is their own request.", person(user)),
        LeftOut::LevelsUnknown => "No further level is known, so nobody is told after these.".to_owned(),
        LeftOut::NobodyMayDecide => {
            "*Nobody who was told may decide*: no one of them is named by each route that may be meant.".to_owned()
        }
    }
}

/// Told in a DM to somebody who was told and did nothing.
pub fn reminder(request: &Request, nth: u32) -> String {
    let who = request.facts.requester.as_deref().unwrap_or("Somebody");
    let which = if nth > 1 { format!(" (reminder {nth})") } else { String::new() };
    format!(
        ":bell: {} still waits for a decision on {}: {}{which}.",
        foreign::word(who, NAME),
        foreign::word(&what(&request.facts), NAME),
        name(&request.id)
    )
}

/// Told to whoever asked, in the thread of their card.
pub fn news(request: &Request, news: &News) -> String {
    match news {
        News::Escalated { to } => {
            let people: Vec<String> = to.iter().take(NAMED).map(person).collect();
            let more = to.len() - people.len();
            let more = if more == 0 { String::new() } else { format!(" and {more} more") };
            format!("Nobody has decided yet, so I have told {}{more} too.", people.join(", "))
        }
        News::Claimed { by } => format!("{} is on it.", person(by)),
        News::Lapsed { by } => format!("{} was on it and is not any more; nobody has decided yet.", person(by)),
        News::Exhausted => "Nobody has decided yet, and there is nobody else to tell.".to_owned(),
        News::Decided => {
            format!(
                "Your request for {} {}.",
                foreign::word(&what(&request.facts), NAME),
                phase_in_brief(&request.phase)
            )
        }
    }
}

/// Told privately to whoever pressed "I'm on it" where no card is in view.
pub fn you_are_on_it(until: Timestamp) -> String {
    format!("You are on it until {}.", date(until))
}

/// Told privately to whoever pressed "I'm on it" once more.
pub const ON_IT_ALREADY: &str = "You are on it already: the card says until when.";
