//! Every sentence that the bot says. A state's own word (*approved*, *denied*, *revoked*, *unknown* …) is said only
//! when it holds.

pub mod absence;
pub mod expiry;
pub mod home;
pub mod jit;
pub mod linking;
pub mod watch;

use std::fmt;

use jiff::Timestamp;

use super::foreign;
use crate::domain::command::NearMiss;
use crate::domain::decision::{Choice, Decision, Stage, UNHEARD_AFTER, Verb};
use crate::domain::expiration::ExpirationLength;
use crate::domain::facts::Facts;
use crate::domain::jit::command::SettingsMiss;
use crate::domain::link::Link;
use crate::domain::person::{Authority, SlackUser, UserId};
use crate::domain::phase::{Actor, Approval, Phase};
use crate::domain::refusal::Refusal;
use crate::domain::request::{Request, RequestId};
use crate::domain::status::{Closing, Ending};
use crate::domain::unknown_verb::UnknownVerb;

/// Characters of a name among our own words.
const NAME: usize = 80;
/// Characters of a confirm's text (Block Kit's limit).
const CONFIRM: usize = 300;
/// Characters of what is asked for, where there is room.
const RESTATED: usize = 900;
/// Characters of one fact of a thing among others: what is longer is seen to be cut.
const FACT: usize = 100;
/// Characters of P0's words among our own.
const WORDS: usize = 500;

/// A person, shown by Slack with the name that each reader knows them by.
pub fn person(user: &UserId) -> String {
    format!("<@{user}>")
}

/// A time, shown by Slack in each reader's own time zone.
pub fn date(at: Timestamp) -> String {
    format!("<!date^{}^{{date_short_pretty}} {{time}}|{}>", at.as_second(), at.strftime("%Y-%m-%d %H:%M UTC"))
}

/// What is asked for, as a title: `aws role`.
pub fn what(facts: &Facts) -> String {
    let parts: Vec<&str> = [&facts.kind, &facts.access].into_iter().flatten().map(String::as_str).collect();
    if parts.is_empty() { "access".to_owned() } else { parts.join(" ") }
}

/// What is asked for, with the facts that P0 shows of it: `aws role (Role: AdministratorAccess, Account: prod)`. Plain
/// text of about `room` characters: facts that have no place there are counted, never passed over in silence.
pub fn what_exactly(facts: &Facts, room: usize) -> String {
    let what = foreign::line(&what(facts), NAME);
    let rows = facts.display.iter().flatten().filter(|row| !row.content.trim().is_empty());
    let all: Vec<String> =
        rows.map(|row| foreign::line(&format!("{}: {}", row.label.trim(), row.content.trim()), FACT)).collect();
    let with = |facts: &str| format!("{what} ({facts})");
    let fits = |text: &String| text.chars().count() <= room;
    let some = |kept: usize| match all.len() - kept {
        0 => with(&all.join(", ")),
        more if kept == 0 => with(&format!("{more} facts: read the card")),
        more => with(&format!("{} and {more} more: read the card", all[..kept].join(", "))),
    };
    match all.is_empty() {
        true => what.clone(),
        false => (0..=all.len()).rev().map(some).find(fits).unwrap_or_else(|| some(0)),
    }
}

/// Who is to get it.
pub fn principal(facts: &Facts) -> &str {
    facts.principal.as_deref().or(facts.requester.as_deref()).unwrap_or("somebody P0 did not name")
}

/// What a choice is called, restated: `Approve for 2 hours`.
pub fn choice(choice: &Choice) -> String {
    match choice {
        Choice::Approve { length } => format!("Approve for {}", length.in_words()),
        Choice::Deny { .. } => "Deny".to_owned(),
        Choice::Revoke => "Revoke".to_owned(),
    }
}

/// What a choice comes to, in plain text of at most about 1000 characters: `rita@example.com will not get aws role (…).`
pub fn restated(facts: &Facts, verb: &str) -> String {
    format!("{} {verb} {}.", foreign::line(principal(facts), NAME), what_exactly(facts, RESTATED))
}

/// Who would get what for how long, if that is known: the text of a confirm, in plain text, at most 300 characters.
pub fn confirm_approve(facts: &Facts, length: Option<ExpirationLength>) -> String {
    in_confirm(
        facts,
        "gets",
        &match length {
            Some(length) => format!(" for {}.", length.in_words()),
            None => ". The length that you chose will count; the card will restate it.".to_owned(),
        },
    )
}

/// What somebody chose before they were shown the form in which it counts; `None`: nothing.
pub fn chosen_before(length: Option<ExpirationLength>, again: bool) -> Option<String> {
    let length = length?.in_words();
    Some(match again {
        true => format!("The first try was for {length}. P0 may already have applied it."),
        false => format!("You chose {length}. Requests of this kind count once you have chosen here."),
    })
}

/// The same where the outcome of the first try is unknown.
pub fn confirm_again(facts: &Facts, length: ExpirationLength) -> String {
    in_confirm(facts, "gets", &format!(" for {}. P0 may already have applied the first try.", length.in_words()))
}

/// As much of what is asked for as a confirm has room for, beside what has to be said in any case.
fn in_confirm(facts: &Facts, verb: &str, end: &str) -> String {
    let begin = format!("{} {verb} ", foreign::line(principal(facts), NAME));
    let room = CONFIRM.saturating_sub(begin.chars().count() + end.chars().count());
    format!("{begin}{}{end}", what_exactly(facts, room))
}

/// What a revocation takes away: the text of a confirm, in plain text, at most 300 characters.
pub fn confirm_revoke(facts: &Facts) -> String {
    in_confirm(facts, "loses", " at once, if they have it.")
}

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

/// What has to be said about a credential that is not the person's own.
pub fn authority(authority: Authority) -> &'static str {
    match authority {
        Authority::LinkedAccount | Authority::Exchanged | Authority::OwnToken => "",
        Authority::AssertedByBot => " (asserted by the bot)",
        Authority::SharedCredential => " (with the shared credential: P0 does not know who)",
    }
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

/// How a request is named among our own words: whole, so that it can be copied.
pub fn name(id: &RequestId) -> String {
    format!("request {}", foreign::code(id.as_str()))
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

/// Told privately when a modal did not open.
pub const NOT_OPENED: &str = "Slack did not open the window in time. Press again; nothing was decided.";

/// Told privately when a card was sent to the person's direct messages.
pub const SHOWN: &str = "Its card is in our direct messages.";

/// Told privately to somebody without an identity here who wants to see a request.
pub const SHOWN_IF_OWN: &str = "You have no P0 identity in this bot's settings, so you can only see your own requests. \
     If this is one, its card comes in our direct messages.";

/// Told privately when P0 never told of a request.
pub fn not_told(id: &RequestId) -> String {
    format!("P0 has told this bot of no {}, so there is nothing to show.", name(id))
}

/// Told privately when a request that was never shown needs a length.
pub fn say_a_length(id: &RequestId, command: &str) -> String {
    format!("{} Say for how long: `{command} approve ID 2h`.", not_told(id))
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

impl fmt::Display for Refusal {
    /// The sentence that the person reads; mrkdwn.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ForeignWorkspace => f.write_str(
                "This bot does not take decisions from your workspace. Its operator says from which it does.",
            ),
            Self::Stranger => f.write_str(
                "Only members of this company can decide here; you are a guest from another one. Ask one of them.",
            ),
            Self::Guest => f.write_str("Guests cannot decide here. Ask a full member."),
            Self::Deactivated => f.write_str("Your Slack account is deactivated."),
            Self::Bot => f.write_str("Bots cannot decide."),
            Self::NobodyKnown => f.write_str("Slack does not know you any more."),
            Self::OldCard => f.write_str("This card is from an older version. Use the newest card, or `show` with the request's id, to get a fresh one."),
            Self::Changed => f.write_str("What was asked has changed since this card was drawn. Read the card again, and choose anew."),
            Self::AlreadyDecided { phase } | Self::AlreadyEnded { phase } => {
                let nobody = [Ending::TimedOut, Ending::Expired, Ending::Errored, Ending::CleanedUp];
                let late = matches!(&**phase, Phase::Ended { how, .. } if nobody.contains(how));
                let why = if late { "It is too late" } else { "Somebody was first" };
                write!(f, "{why}: the request {}.", phase_in_brief(phase))
            }
            Self::TooLong { asked, most } => {
                write!(f, "{} is too long: at most {} is allowed here.", asked.in_words(), most.in_words())
            }
            Self::NotOffered { asked } => write!(
                f,
                "{} is not offered any more: P0's settings have changed since this was shown. Choose another length.",
                asked.in_words()
            ),
            Self::ApproveOutcomeOpen => f.write_str(
                "An earlier approve has an unknown outcome: P0 may have applied it. Press \"Try again\" on the card to send another all the same.",
            ),
            Self::NeverSeen => f.write_str("P0 has told this bot of no such request, and here only requests that were shown can be decided."),
            Self::OwnRequest => f.write_str("This is your own request, or would give access to you: somebody else has to approve it."),
            Self::MaybeOwnRequest => f.write_str(
                "It cannot be told whether this is your own request. Ask the bot's operator to add you under \
                 `[identity.people]`, or let somebody else approve it.",
            ),
            Self::NotLinked => f.write_str(
                "You have not linked your account yet, so nothing was sent to P0. Link it once (`link` does it too), \
                 then choose again.",
            ),
            Self::LinkChanged => f.write_str(
                "Your linked account was unlinked or changed after you chose. Choose again.",
            ),
            Self::LinkEnded => f.write_str(
                "Your link has ended; another message says why. Please link your account again, then choose again.",
            ),
            Self::AmbiguousIdentity => f.write_str(
                "This bot's settings name one P0 identity for you and for somebody else, so it cannot be told whose \
                 choice this is. Its operator has to say whose it is.",
            ),
            Self::NotProved => f.write_str(
                "It asks for a fresh sign-in, and there was none within the last 5 minutes. Choose again if it is still right.",
            ),
            Self::NotRestated => f.write_str(
                "Requests of this kind are approved in a form that shows everything once more. Press \"Approve…\" on its \
                 card, and choose for how long there.",
            ),
            Self::NotNamed => f.write_str(
                "Only the people whom this bot's routes name for it can decide this request. Its card says who was told.",
            ),
            Self::NotFromChat => f.write_str("Requests of this kind are approved in P0 itself, not from Slack."),
            Self::NoIdentity => f.write_str(
                "You have no P0 identity in this bot's settings. Ask its operator to add you.",
            ),
            Self::NoCredential => f.write_str(
                "The bot holds no P0 credential of yours. Ask its operator to add one.",
            ),
            Self::CredentialUnusable => f.write_str("Your P0 credential cannot be used; the bot's log tells its operator why."),
            Self::CredentialOfAnother => f.write_str("The P0 credential that the bot holds for you is somebody else's. Ask its operator to put yours in its place."),
            Self::CredentialExpired => f.write_str("Your P0 credential has run out. Ask the bot's operator to renew it."),
            Self::P0 { status: 401, words } if words.is_empty() => f.write_str("P0 did not accept your credential (401)."),
            Self::P0 { status, words } if words.is_empty() => write!(f, "P0 refused it ({status}) without saying why."),
            Self::P0 { words, .. } => write!(f, "P0 says: {}", foreign::word(words, WORDS)),
        }
    }
}

/// What was nearly understood, with the right form.
pub fn near_miss(miss: &NearMiss, command: &str) -> String {
    let form = |verb: &str| match verb {
        "approve" => format!("`{command} approve ID 2h`"),
        "deny" => format!("`{command} deny ID because…`"),
        "revoke" | "show" => format!("`{command} {verb} ID`"),
        other => format!("`{command} {}`", foreign::word(other, 20)),
    };
    match miss {
        NearMiss::UnknownVerb(UnknownVerb { word, suggestion: Some(near) }) => {
            format!("There is no {}. Did you mean {}?", foreign::word(word, 40), form(near))
        }
        NearMiss::UnknownVerb(UnknownVerb { word, suggestion: None }) => {
            format!("There is no {}. `{command} help` says what there is.", foreign::word(word, 40))
        }
        NearMiss::MissingId { verb } => {
            format!("The request's id is missing: {}. `{command} pending` lists what waits.", form(verb))
        }
        NearMiss::BadId => format!(
            "That is no request id: an id has 1 to 200 characters, without spaces and slashes. `{command} pending` lists what waits."
        ),
        NearMiss::LengthForId => format!(
            "That is a length, and the request's id is missing: {}. Without an id, write it in the thread of the request's \
             card.",
            form("approve")
        ),
        NearMiss::BadLength(error) => {
            format!("{error} Write a length as 30m, 2h, 1h30m, 1d or 1w: {}.", form("approve"))
        }
        NearMiss::TooMuch => format!("That is more than the command takes. `{command} help` says what there is."),
        NearMiss::Settings(miss) => settings_miss(miss, command),
        NearMiss::Away(miss) => absence::near_miss(miss, command),
    }
}

fn settings_miss(miss: &SettingsMiss, command: &str) -> String {
    let form = |verb: &str| {
        let typed = match verb {
            "add" => "add 4h",
            "remove" => "remove 2h",
            "max" | "maximum" => "max 24h",
            "standing" => "standing 2w",
            "approvable" => "approvable 3d",
            "approvals" => "approvals one-party off reason on",
            other => &foreign::word(other, 20),
        };
        format!("`{command} settings {typed}`")
    };
    let what_there_is = format!(
        "Behind `{command} settings` there are add, remove, max, standing, approvable, approvals, reset and put-back; \
         alone it shows what is set."
    );
    match miss {
        SettingsMiss::UnknownVerb(UnknownVerb { word, suggestion: Some(near) }) => {
            format!("There is no settings {}. Did you mean {}?", foreign::word(word, 40), form(near))
        }
        SettingsMiss::UnknownVerb(UnknownVerb { word, suggestion: None }) => {
            format!("There is no settings {}. {what_there_is}", foreign::word(word, 40))
        }
        SettingsMiss::BadLength { verb, error } => {
            format!("{error} Write a length as 30m, 4h, 1d or 2w: {}.", form(verb))
        }
        SettingsMiss::BadApprovals => {
            format!("P0 sets both of these at once, so write both, each on or off: {}.", form("approvals"))
        }
        SettingsMiss::TooMuch => format!("That is more than the command takes. {what_there_is}"),
    }
}

/// What the commands are, where somebody may change P0's settings (`has_admins`) or nobody; mrkdwn.
pub fn help(command: &str, has_admins: bool) -> String {
    let settings = match has_admins {
        true => format!("`{command} settings`: which lengths P0 offers, and what else its settings are, for admins\n"),
        false => String::new(),
    };
    format!(
        "*What you can do*\n\
         `{command} pending` (or `{command}` alone): what waits for a decision\n\
         `{command} approve ID 2h`: grant it for so long; without a length, pick one\n\
         `{command} deny ID because…`: refuse it; the requester reads the reason\n\
         `{command} revoke ID`: take it back\n\
         `{command} show ID`: get its card in a direct message\n\
         `{command} whoami`: who you are to P0, and by whose authority\n\
         `{command} away until Friday, @carol`, `{command} back`: who is told in your place while you are away\n\
         `{command} link`, `{command} unlink`: link your own account, where that is how this bot works; end it\n\
         {settings}\
         Lengths: 30m, 2h, 1h30m, 1d, 1w. In messages the bot answers with a button: only a press decides. In the thread of \
         a card no id is needed: mention the bot and write `approve 2h`."
    )
}

/// Who somebody is to P0, by whose authority, since when and until when.
pub fn whoami(
    user: &SlackUser,
    identity: Option<&str>,
    may_decide: Result<(), Refusal>,
    how: Authority,
    link: Option<&Link>,
) -> String {
    let manner = match how {
        Authority::LinkedAccount => "Your decisions go out with the account that you have linked.",
        Authority::Exchanged => "Your decisions go out with a token got for the account that you have linked.",
        Authority::OwnToken => "Your decisions go out with your own token.",
        Authority::AssertedByBot => "Your decisions go out with a short token that the bot signs for you.",
        Authority::SharedCredential => "Decisions go out with one shared credential: P0 does not learn who decided.",
    };
    let named = identity.map(|name| format!(", to P0 {}", foreign::word(name, NAME))).unwrap_or_default();
    let who = format!("You are {}{named}", person(&user.user));
    match (may_decide, identity) {
        (Ok(()), _) => format!("{who}. {manner}{}", link.map(linking::since).unwrap_or_default()),
        (Err(refusal), Some(_)) => format!("{who}. {refusal}"),
        (Err(refusal), None) => format!("{who} ({}). {refusal}", user.user),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::facts::DisplayRow;

    fn asking(rows: &[(&str, &str)]) -> Facts {
        let display =
            rows.iter().map(|(label, content)| DisplayRow { label: (*label).into(), content: (*content).into() });
        Facts {
            kind: Some("ssh".into()),
            access: Some("session".into()),
            principal: Some("mei@example.com".into()),
            display: Some(display.collect()),
            ..Facts::default()
        }
    }

    #[test]
    fn a_confirm_hides_no_fact_behind_others() {
        let rows = [("Instance", "worker-7"), ("Region", "eu"), ("Ticket", "OPS-1"), ("Sudo", "yes"), ("Role", "root")];
        assert_eq!(
            confirm_approve(&asking(&rows), "30m".parse().ok()),
            "mei@example.com gets ssh session (Instance: worker-7, Region: eu, Ticket: OPS-1, Sudo: yes, Role: root) \
             for 30 minutes."
        );
        let long = "/very/long/path".repeat(20);
        let rows = [("Path", long.as_str()), ("Other", &long), ("Third", &long), ("Sudo", "yes")];
        for text in [confirm_approve(&asking(&rows), None), confirm_revoke(&asking(&rows))] {
            assert!(text.chars().count() <= CONFIRM && text.contains(" more: read the card)"), "{text}");
        }
        let name = "a".repeat(400);
        let facts = Facts { principal: Some(name.clone()), kind: Some(name), ..asking(&rows) };
        let text = confirm_again(&facts, "30m".parse().unwrap());
        assert!(text.chars().count() <= CONFIRM && text.contains("(4 facts: read the card)"), "{text}");
    }
}
