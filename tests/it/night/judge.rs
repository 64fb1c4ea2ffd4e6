//! What has to hold after a night.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use p0_chatops::sandbox::slack::{Answered, Message};
use serde_json::Value;

use super::{ALICE, Asked, CAROL, CHANNEL, Night, REQUESTS, duty};
use crate::world::{BOB, of_request, readable};

/// How many calls the stand-in for Slack remembers.
const CALLS_KEPT: usize = 10_000;

/// What is on its way to Slack when the bot hears that there is no need for it is not called back.
const UNDER_WAY: Duration = Duration::from_secs(1);

/// What may be said once only: with whom, and what.
type Said = (String, String);

/// Everything that is not as it has to be.
pub async fn faults(night: &Night) -> Vec<String> {
    let mut faults = Vec::new();
    faults.extend(night.lingering.iter().map(|timer| format!("a timer outlived a decision: {timer}")));
    faults.extend(left_behind(night).await);
    faults.extend(ends(night));
    faults.extend(copies(night));
    faults.extend(twice(night));
    faults.extend(woken(night));
    faults
}

/// What is set to happen about requests that are decided: that stops at once.
pub async fn lingering(night: &Night) -> Vec<String> {
    let query = "SELECT timers.kind || ' ' || timers.request_id FROM timers
                 JOIN requests ON requests.id = timers.request_id
                 WHERE requests.pending = 0 AND timers.kind NOT IN ('ends_soon', 'overdue')";
    sqlx::query_scalar(query).fetch_all(&night.ledger).await.unwrap()
}

/// Nothing is left to do, and the ledger knows what P0 knows.
async fn left_behind(night: &Night) -> Vec<String> {
    let mut faults = Vec::new();
    let is_left = [
        ("timer", "SELECT kind || ' ' || request_id FROM timers WHERE kind NOT IN ('ends_soon', 'overdue')"),
        ("notice", "SELECT body FROM notices"),
        ("copy behind", "SELECT request_id FROM copies WHERE stale = 1 AND gone = 0"),
        ("decision under way", "SELECT request_id FROM decisions WHERE stage_name IN ('recorded', 'sending')"),
    ];
    for (what, query) in is_left {
        let left: Vec<String> = sqlx::query_scalar(query).fetch_all(&night.ledger).await.unwrap();
        faults.extend(left.into_iter().map(|left| format!("a {what} is left behind: {left}")));
    }
    let query = "SELECT id FROM requests WHERE pending = 1";
    let waits: BTreeSet<String> =
        sqlx::query_scalar(query).fetch_all(&night.ledger).await.unwrap().into_iter().collect();
    let differs = night.asked.iter().filter(|asked| night.p0_waits(&asked.id) != waits.contains(&asked.id));
    faults.extend(differs.map(|asked| format!("the ledger does not know where {} stands", asked.id)));
    faults
}

/// Every request has come to an end, and its card says which; there were enough of each.
fn ends(night: &Night) -> Vec<String> {
    let mut faults = Vec::new();
    let mut counts = BTreeMap::<&str, u32>::new();
    let channels = cards(&night.world.slack.messages(CHANNEL));
    let alices = cards(&night.direct(ALICE));
    for Asked { id, .. } in &night.asked {
        let Some(shown) = channels.get(id) else {
            faults.push(format!("{id} has no card in the channel"));
            continue;
        };
        let status = night.world.p0.status(id).unwrap_or_default();
        let (end, says): (_, &[&str]) = match status.as_str() {
            "PENDING_APPROVAL" => ("told to the end", &["*Nobody answered*"]),
            "TIMED_OUT" => ("ended by itself", &["*Timed out*"]),
            "ERRORED" => ("ended by itself", &["*Errored*"]),
            "DENIED" => ("decided", &["*Denied*"]),
            "APPROVED" => ("decided", &["*Approved*"]),
            "DONE" => ("decided", &["*Active*", "*Should have ended*"]),
            other => ("of another status", &[other]),
        };
        *counts.entry(end).or_default() += 1;
        if !says.iter().any(|says| shown.contains(says)) {
            faults.push(format!("{id} is {status}, and its card says:\n{shown}\n"));
        }
        let waits = status == "PENDING_APPROVAL";
        if !waits && shown.contains("*Nobody answered*") {
            faults.push(format!("{id} is {status}, and its card says that nobody answered:\n{shown}\n"));
        }
        if waits && !alices.contains_key(id) {
            faults.push(format!("{id} was told to the end, but not to Alice, who is the end"));
        }
    }
    let enough: [(&str, RangeInclusive<u32>); 3] =
        [("decided", 30..=REQUESTS), ("told to the end", 20..=REQUESTS), ("ended by itself", 3..=REQUESTS)];
    let is_there = |(end, enough): &(&str, RangeInclusive<u32>)| enough.contains(counts.get(end).unwrap_or(&0));
    if !enough.iter().all(is_there) || counts.len() > enough.len() {
        faults.push(format!("the night has not all ends: {counts:?}"));
    }
    faults
}

/// What the newest card of each request says.
fn cards(messages: &[Message]) -> BTreeMap<String, String> {
    let card = |message: &Message| Some((of_request(&message.blocks)?, readable(&message.blocks)));
    messages.iter().filter_map(card).collect()
}

/// Everybody's card of a request says what the channel's says.
fn copies(night: &Night) -> Vec<String> {
    let channels = cards(&night.world.slack.messages(CHANNEL));
    let mut faults = Vec::new();
    for who in everybody() {
        for (id, shown) in cards(&night.direct(&who)) {
            if let Some(channels) = channels.get(&id).filter(|channels| **channels != shown) {
                faults.push(format!("{who} sees of {id}:\n{shown}\nand the channel:\n{channels}\n"));
            }
        }
    }
    faults
}

/// Nobody is told twice of the same thing, except where Slack has lost the answer to the first.
fn twice(night: &Night) -> Vec<String> {
    let calls = night.world.slack.calls();
    assert!(calls.len() < CALLS_KEPT, "Slack has forgotten how the night began");
    let mut may = BTreeMap::<Said, u32>::new();
    for call in calls.iter().filter(|call| call.method == "chat.postMessage" && call.answered == Answered::Lost) {
        let text = |key: &str| call.body[key].as_str().unwrap_or_default().to_owned();
        let blocks = call.body["blocks"].as_array().cloned().unwrap_or_default();
        let said = said(&text("channel"), &text("thread_ts"), &text("text"), &blocks);
        *may.entry(said).or_default() += 1;
    }
    let mut times = BTreeMap::<Said, u32>::new();
    let people: Vec<String> = everybody().chain([BOB.to_owned()]).collect();
    let direct = people.iter().flat_map(|who| night.direct(who));
    for message in direct.chain(night.world.slack.messages(CHANNEL)) {
        let thread = message.thread_ts.unwrap_or_default();
        *times.entry(said(&message.channel, &thread, &message.text, &message.blocks)).or_default() += 1;
    }
    // Somebody may be on it more than once, and two people in turn.
    let of_claims = ["is on it.", "is not any more; nobody has decided yet."];
    times.retain(|(_, what), _| !of_claims.iter().any(|end| what.ends_with(end)));
    let too_often = times.into_iter().filter(|(said, times)| *times > 1 + may.get(said).unwrap_or(&0));
    too_often.map(|((channel, what), times)| format!("{channel} was told {times} times of {what}")).collect()
}

fn said(channel: &str, thread: &str, text: &str, blocks: &[Value]) -> Said {
    let what = match of_request(blocks) {
        Some(id) => format!("the card of {id}"),
        None => format!("{thread} {text}"),
    };
    (channel.to_owned(), what)
}

/// Whether Slack did not answer to a card of the request for the channel.
fn was_unanswered(night: &Night, channel: &str, id: &str) -> bool {
    night.world.slack.calls().iter().any(|call| {
        let of_card = || of_request(call.body["blocks"].as_array().map(Vec::as_slice).unwrap_or_default());
        call.method == "chat.postMessage"
            && matches!(call.answered, Answered::Lost | Answered::Nothing)
            && call.body["channel"] == channel
            && of_card().as_deref() == Some(id)
    })
}

/// Nobody is woken who is off duty, nor before it is their turn, nor when there is nothing left for them to do.
fn woken(night: &Night) -> Vec<String> {
    let mut faults = Vec::new();
    let heard = heard(night);
    let (mut cards, mut bells) = (0, 0);
    for who in everybody() {
        let mut shown = BTreeMap::new();
        for message in night.direct(&who) {
            let is_bell = message.text.starts_with(":bell:");
            let about = match is_bell {
                true => night.asked.iter().find(|asked| is_about(&message.text, &asked.id)),
                false => {
                    let id = of_request(&message.blocks);
                    night.asked.iter().find(|asked| Some(&asked.id) == id.as_ref())
                }
            };
            let Some(Asked { id, kind, at: asked }) = about else { continue };
            let (at, what) = (at(&message), if is_bell { "a bell" } else { "a card" });
            let mut fault = |why: &str| faults.push(format!("{who} got {what} of {id} ({kind}) at {at}: {why}"));
            if is_bell {
                bells += 1;
                // Whoever is told at last of what they looked at long ago is told all the same.
                match shown.get(id) {
                    None => fault("they had no card of it"),
                    Some(shown) if stirred(night, &who, id, *shown, at) => fault("they had done something about it"),
                    Some(_) => {}
                }
            } else {
                cards += 1;
                shown.entry(id.clone()).or_insert(at);
            }
            // Where Slack's answer to a card was lost nobody knows whether they see one: then they are shown what became of it.
            let came_late = heard.get(id).is_some_and(|heard| *heard + UNDER_WAY < at);
            if came_late && (is_bell || !was_unanswered(night, &message.channel, id)) {
                fault(&format!("it was decided at {}", heard[id]));
            }
            let named = [ALICE, CAROL].contains(&who.as_str());
            let turn = if named { turn_of(&who, kind) } else { duty::is_meant_for(&who, kind) };
            match turn {
                None => fault("it is none of their business"),
                Some(after) if at < *asked + after => fault(&format!("it was asked at {asked}: too soon")),
                Some(_) if !named && !night.duty.was(&who, at) => fault("they were off duty"),
                Some(_) => {}
            }
        }
    }
    if cards < 150 || bells < 50 {
        faults.push(format!("too little happened: {cards} cards, {bells} bells"));
    }
    faults
}

/// Carol is there for whoever is not; Alice is the last to be told.
fn turn_of(who: &str, kind: &str) -> Option<SignedDuration> {
    let minutes = match (who, kind) {
        (CAROL, _) => 0,
        (_, "aws") => 40,
        (_, "k8s") => 15,
        (_, "gcloud") => 20,
        // The group may be empty: then it is her turn at once.
        _ => 30,
    };
    Some(SignedDuration::from_mins(minutes))
}

/// Whether somebody did something about a request after they were shown it, and before something else.
fn stirred(night: &Night, who: &str, id: &str, shown: Timestamp, before: Timestamp) -> bool {
    let of = |stirred: &&(String, String, Timestamp)| stirred.0 == who && stirred.1 == id;
    night.stirred.iter().filter(of).any(|(_, _, at)| shown <= *at && *at + UNDER_WAY < before)
}

/// When the bot could know that a request is decided: P0 answered so, or told so.
fn heard(night: &Night) -> BTreeMap<String, Timestamp> {
    let mut heard = night.heard.clone();
    for call in night.world.p0.calls() {
        let (Some(id), true) = (call.request_id, call.effect && call.status.is_some()) else { continue };
        heard.entry(id).and_modify(|at| *at = call.at.min(*at)).or_insert(call.at);
    }
    heard
}

fn is_about(bell: &str, id: &str) -> bool {
    let mut words = bell.split(|letter: char| letter != '-' && !letter.is_alphanumeric());
    words.any(|word| word == id)
}

fn everybody() -> impl Iterator<Item = String> {
    let on_call: BTreeSet<String> = duty::everybody().map(duty::id).collect();
    [ALICE, CAROL].map(str::to_owned).into_iter().chain(on_call)
}

fn at(message: &Message) -> Timestamp {
    Timestamp::from_microsecond(message.ts.replace('.', "").parse().unwrap()).unwrap()
}
