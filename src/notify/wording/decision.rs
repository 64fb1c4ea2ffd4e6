//! What becomes of a choice, from the press to its end.

use jiff::Timestamp;

use super::{WORDS, authority, choice, date, name, person};
use crate::domain::decision::{Choice, Decision, Stage, UNHEARD_AFTER, Verb};
use crate::domain::refusal::Refusal;
use crate::domain::request::RequestId;
use crate::notify::foreign;

/// What is under way for a request, in mrkdwn; `None` for a decision that has ended.
pub fn under_way(decision: &Decision, now: Timestamp) -> Option<String> {
    let who = person(&decision.by.user);
    let what = choice(&decision.choice);
    let chosen = date(decision.chosen);
    match &decision.stage {
        Stage::Recorded if decision.choice.verb() != Verb::Approve && now >= decision.chosen + UNHEARD_AFTER => Some(
            format!(":warning: *P0 has not heard this yet*: {who} chose *{what}* {chosen}. It is still being tried."),
        ),
        Stage::Recorded => {
            Some(format!(":inbox_tray: *Received*: {who} chose *{what}* {chosen}. P0 has not been told yet."))
        }
        Stage::Sending { .. } => Some(format!(":arrow_right: *Forwarding* to P0: {who} chose *{what}* {chosen}.")),
        Stage::Unknown { .. } => Some(format!(
            ":grey_question: *Outcome unknown*: {who} chose *{what}* {chosen}, and P0's answer was lost. It may have counted."
        )),
        _ => None,
    }
}

/// A choice that waits for its author's sign-in, in mrkdwn; `None` for others.
pub fn held(decision: &Decision) -> Option<String> {
    let Stage::Held { until } = &decision.stage else { return None };
    let (who, what) = (person(&decision.by.user), choice(&decision.choice));
    Some(format!(
        ":key: {who} chose *{what}* and has until {} to sign in for it. Nothing goes to P0 before they have, and others can decide.",
        date(*until)
    ))
}

/// What became of the latest decision that did not count, in mrkdwn; `None` for others.
pub fn remark(decision: &Decision) -> Option<String> {
    let who = person(&decision.by.user);
    let what = choice(&decision.choice);
    match &decision.stage {
        Stage::Refused { refusal: Refusal::P0 { .. }, at } => {
            Some(format!(":x: *P0 refused* {who}'s choice ({what}) {}.", date(*at)))
        }
        Stage::Dropped { at } => {
            Some(format!(":x: *Not sent in time*: {who}'s choice ({what}) was dropped {}.", date(*at)))
        }
        _ => None,
    }
}

/// The words that came back on a decision, where there were any; plain text.
pub fn words_of_answer(stage: &Stage) -> Option<String> {
    let (whose, words) = match stage {
        Stage::Refused { refusal: Refusal::P0 { words, .. }, .. } => ("P0 says", words),
        // It may have been a proxy that answered.
        Stage::Unknown { words, .. } => ("What came back", words),
        _ => return None,
    };
    (!words.is_empty()).then(|| format!("{whose}: {}", foreign::line(words, WORDS)))
}

/// Told privately once a choice is on disk, where no card shows it.
pub fn recorded(id: &RequestId, chosen: &Choice) -> String {
    format!("Received: {} on {}. P0 has not been told yet; you will hear what comes of it.", choice(chosen), name(id))
}

/// Told privately when the same choice of the same person is waiting already.
pub fn waiting(id: &RequestId, verb: Verb) -> String {
    format!("Your {verb} of {} is already on its way. Nothing was changed.", name(id))
}

/// Told in a DM: what became of a decision.
pub fn outcome(decision: &Decision, open: bool) -> String {
    let (what, id) = (choice(&decision.choice), name(&decision.request));
    match &decision.stage {
        Stage::Refused { refusal: refusal @ Refusal::P0 { .. }, .. } => {
            let open = if open { " P0 may have applied the first try, so the outcome stays unknown." } else { "" };
            format!("Your choice ({what}) on {id} did not count. {refusal}{open}")
        }
        Stage::Refused { refusal, .. } => format!("Your choice ({what}) on {id} was not sent to P0. {refusal}"),
        Stage::Dropped { .. } => format!(
            "Your choice ({what}) on {id} was not sent: P0 could not be told in time, and a late one would surprise. Choose again if it is still right."
        ),
        Stage::Unknown { .. } => format!(
            "The outcome of your choice ({what}) on {id} is unknown: P0's answer was lost, and it may have counted. Look in P0, try again, or revoke."
        ),
        Stage::Done { authority: how, .. } => format!("P0 took your choice ({what}) on {id}{}.", authority(*how)),
        Stage::Held { .. } => format!("Your choice ({what}) on {id} waits for your sign-in."),
        Stage::Recorded | Stage::Sending { .. } => format!("Your choice ({what}) on {id} is on its way to P0."),
        Stage::Settled { .. } => format!("P0 has told where {id} stands: the card shows it."),
    }
}
