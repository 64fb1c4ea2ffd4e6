//! Where a request stands.

use jiff::Timestamp;

use super::{NAME, authority, choice, date, expiry, person, principal, what};
use crate::domain::decision::{Decision, Stage};
use crate::domain::phase::{Actor, Approval, Phase};
use crate::domain::request::Request;
use crate::domain::status::{Closing, Ending};
use crate::notify::foreign;

fn actor(by: &Actor) -> Option<String> {
    match by {
        Actor::Here { user, authority, .. } => Some(format!("{}{}", person(&user.user), self::authority(*authority))),
        Actor::InP0 { name, email } => {
            let who = name.as_deref().or(email.as_deref()).map(|who| foreign::word(who, NAME));
            Some(format!("{} in P0", who.unwrap_or_else(|| "somebody".to_owned())))
        }
        Actor::Unnamed => None,
    }
}

fn by(actor_of: &Actor) -> String {
    actor(actor_of).map(|who| format!(" by {who}")).unwrap_or_default()
}

fn approval(approval: &Approval) -> String {
    let length = approval.length.map(|length| format!(" for {}", length.in_words())).unwrap_or_default();
    format!("{}{length}, {}", by(&approval.by), date(approval.at))
}

/// Where a request stands, in mrkdwn.
pub fn phase(request: &Request, now: Timestamp) -> String {
    let end = request.grant_end().map(expiry::at);
    if let (Phase::Approved(a) | Phase::Active(a), Some(end), true) = (&request.phase, &end, request.is_overdue(now)) {
        return format!(
            ":warning: *Should have ended* {end}, not confirmed: P0 has not said that the access is gone. It had been \
             granted{}.",
            approval(a)
        );
    }
    let until = end.as_ref().map(|end| format!(" until {end}")).unwrap_or_default();
    let ends = end.map(|end| format!(" It ends {end}.")).unwrap_or_default();
    match &request.phase {
        Phase::Pending => ":hourglass_flowing_sand: *Waiting for a decision.*".to_owned(),
        Phase::Approved(a) => {
            format!(":white_check_mark: *Approved*{}. P0 is provisioning the access.{ends}", approval(a))
        }
        Phase::Active(a) => format!(":large_green_circle: *Active*{until}. Approved{}.", approval(a)),
        Phase::Closing { how: Closing::Revoking, at, of } => {
            format!(
                ":hourglass_flowing_sand: *Revoking* since {}: P0 is taking the access back.{}",
                date(*at),
                granted(of.as_ref())
            )
        }
        Phase::Closing { how: Closing::Expiring, at, of } => {
            format!(
                ":hourglass_flowing_sand: *Expiring* since {}: P0 is taking the access back.{}",
                date(*at),
                granted(of.as_ref())
            )
        }
        Phase::Closing { how: Closing::CleaningUp, at, of } => {
            format!(
                ":hourglass_flowing_sand: *Cleaning up* since {}: P0 is taking the access back.{}",
                date(*at),
                granted(of.as_ref())
            )
        }
        Phase::Closing { how: Closing::Stuck, at, of } => {
            let granted = granted(of.as_ref());
            format!(
                ":warning: *Errored* since {}: P0 could not take the access back. Revoke it, or look in P0.{granted}",
                date(*at)
            )
        }
        Phase::Ended { how, by: who, at, of, .. } => {
            format!("{}{}, {}.{}", ending(*how), by(who), date(*at), granted(of.as_ref()))
        }
    }
}

/// Who had granted what is ending or over, and for how long. It is not approved any more, so the word is not said.
fn granted(of: Option<&Approval>) -> String {
    of.map(|a| format!(" It had been granted{}.", approval(a))).unwrap_or_default()
}

fn ending(how: Ending) -> &'static str {
    match how {
        Ending::Denied => ":no_entry: *Denied*",
        Ending::Errored => ":warning: *Errored*: P0 could not carry it out",
        Ending::TimedOut => ":hourglass: *Timed out*: nobody decided in time",
        Ending::Revoked => ":no_entry_sign: *Revoked*",
        Ending::Expired => ":hourglass: *Expired*: the access has run out",
        Ending::CleanedUp => ":hourglass: *Cleaned up*: the access has ended",
    }
}

/// Where a request stands, as the end of a plain sentence.
pub fn phase_in_brief(phase: &Phase) -> String {
    match phase {
        Phase::Pending => "is waiting for a decision".to_owned(),
        Phase::Approved(a) => format!("was approved{}; P0 is provisioning it", brief(a)),
        Phase::Active(a) => format!("is active; it was approved{}", brief(a)),
        Phase::Closing { how: Closing::Revoking, .. } => "is being taken back: revoking".to_owned(),
        Phase::Closing { how: Closing::Stuck, .. } => "has errored: P0 could not take the access back".to_owned(),
        Phase::Closing { .. } => "is running out".to_owned(),
        Phase::Ended { how, by: who, .. } => match how {
            Ending::Denied => format!("was denied{}", by(who)),
            Ending::Errored => "has failed in P0: errored".to_owned(),
            Ending::TimedOut => "has timed out".to_owned(),
            Ending::Revoked => format!("was revoked{}", by(who)),
            Ending::Expired => "has expired".to_owned(),
            Ending::CleanedUp => "has ended".to_owned(),
        },
    }
}

fn brief(approval: &Approval) -> String {
    let length = approval.length.map(|length| format!(" for {}", length.in_words())).unwrap_or_default();
    format!("{}{length}", by(&approval.by))
}

/// The push notification of a card: a full sentence.
pub fn card_sentence(request: &Request, under_way: Option<&Decision>) -> String {
    let facts = &request.facts;
    let who = facts.requester.as_deref().unwrap_or("Somebody");
    let length = facts.duration.as_deref().map(|text| format!(" for {}", foreign::word(text, 40))).unwrap_or_default();
    let asked = match principal(facts) {
        other if Some(other) != facts.requester.as_deref() && facts.requester.is_some() => {
            format!(
                "Access request: {} asks {} for {}{length}",
                foreign::word(who, NAME),
                foreign::word(&what(facts), NAME),
                foreign::word(other, NAME)
            )
        }
        _ => format!(
            "Access request: {} asks for {}{length}",
            foreign::word(who, NAME),
            foreign::word(&what(facts), NAME)
        ),
    };
    match under_way {
        Some(decision) => {
            let (who, what) = (person(&decision.by.user), choice(&decision.choice));
            let state = match decision.stage {
                Stage::Unknown { .. } => format!("{who} chose {what}; the outcome is unknown"),
                Stage::Sending { .. } => format!("{who} chose {what}; it is being forwarded to P0"),
                _ => format!("{who} chose {what}; P0 has not been told yet"),
            };
            format!("{asked}. {state}.")
        }
        None => format!("{asked}. The request {}.", phase_in_brief(&request.phase)),
    }
}

/// The push notification of the requester's own copy.
pub fn requester_sentence(request: &Request) -> String {
    format!("Your request for {} {}.", foreign::word(&what(&request.facts), NAME), phase_in_brief(&request.phase))
}

/// Told to a requester whose access was taken back.
pub fn revoked_for_requester(request: &Request) -> String {
    let what = foreign::word(&what(&request.facts), NAME);
    let stands = phase_in_brief(&request.phase);
    match request.phase.approval() {
        Some(_) => format!("Your access to {what} was taken back: the request {stands}."),
        None => format!("Your request for {what} {stands}."),
    }
}

/// Takes a card's place where another company has come to read its channel.
pub fn card_withdrawn(command: &str) -> String {
    format!(
        "This channel is shared with another company now, so this card is not shown here any more. `{command} pending` \
         lists what waits."
    )
}

/// What takes a card's place where Slack has ceased to say who reads its channel.
pub fn card_withdrawn_unsure(command: &str) -> String {
    format!(
        "Slack does not say whether this channel is shared with another company, so this card is not shown here any more. \
         `{command} pending` lists what waits."
    )
}
