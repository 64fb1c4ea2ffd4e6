//! How far a change is, and what P0 said to it.

use jiff::Timestamp;

use super::known::held_back;
use super::refusal::of_the_author;
use super::{LIST, VALUE, WORDS, author, capitalised, enumerated, on_one_line, title};
use crate::domain::jit::author::Author;
use crate::domain::jit::change::{Change, Said, Settings};
use crate::domain::jit::length::SettingLength;
use crate::domain::jit::mirror::Mirror;
use crate::domain::jit::proposal::{Proposal, ProposalStage, SettingsDecision, SettingsStage};
use crate::domain::jit::refusal::SettingsRefusal;
use crate::domain::jit::told::ToldLength;
use crate::notify::foreign;
use crate::notify::wording::{date, person};

/// Who wants it, and who agreed; mrkdwn.
pub fn parties(proposal: &Proposal) -> String {
    let agreed = proposal.second.as_ref().map(|by| format!(" Agreed by {}.", person(&by.user))).unwrap_or_default();
    format!("Wanted by {}, {}.{agreed}", author(&proposal.by), date(proposal.shown))
}

/// How far a proposal is that has not been decided; `None` for one that has. Mrkdwn.
pub fn proposal(proposal: &Proposal) -> Option<String> {
    Some(match &proposal.stage {
        ProposalStage::Shown => ":eyes: *Shown*, not applied.".to_owned(),
        ProposalStage::Waiting { until, .. } => format!(
            ":hourglass_flowing_sand: *Waits for a second admin* until {}. Nothing is sent to P0 before.",
            date(*until)
        ),
        ProposalStage::Withdrawn { at } => over(":no_entry_sign: *Cancelled*", "", *at),
        ProposalStage::Lapsed { at } => over(":hourglass: *Lapsed*", ": no second admin agreed in time", *at),
        ProposalStage::Declined { by, at } => over(":no_entry: *Declined*", &format!(" by {}", person(&by.user)), *at),
        ProposalStage::Decided { .. } => return None,
    })
}

fn over(what: &str, how: &str, at: Timestamp) -> String {
    format!("{what}{how}, {}. Nothing was sent to P0.", date(at))
}

/// How far one change is that `by` wants; mrkdwn.
pub fn decision(decision: &SettingsDecision, by: &Author) -> String {
    match &decision.stage {
        SettingsStage::Recorded => ":inbox_tray: *Received*. P0 has not been told yet.".to_owned(),
        SettingsStage::Sending { .. } => ":arrow_right: *On its way* to P0.".to_owned(),
        SettingsStage::Done { said, at, .. } => done(&decision.item.change, said, *at),
        SettingsStage::Refused { refusal: SettingsRefusal::P0 { status: 404, .. }, at }
            if !decision.item.change.is_documented() =>
        {
            format!(":x: *P0 does not know this setting* (404), {}.", date(*at))
        }
        SettingsStage::Refused { refusal: SettingsRefusal::P0 { status, words }, at } => {
            let why = if words.is_empty() { " without saying why" } else { "" };
            format!(":x: *P0 refused it*{why} ({status}), {}.", date(*at))
        }
        SettingsStage::Refused { refusal: refusal @ SettingsRefusal::KeyNotTaken { .. }, at } => {
            format!(":x: *P0 refused it*, {}. {refusal}", date(*at))
        }
        SettingsStage::Refused { refusal, at } => {
            format!(":x: *Not sent to P0*, {}. {}", date(*at), of_the_author(refusal, by))
        }
        SettingsStage::Dropped { at } => {
            format!(":x: *Not sent in time*, {}: it was dropped, since a late one would surprise.", date(*at))
        }
        SettingsStage::Unknown { at, .. } => {
            let reset = match decision.item.change {
                Change::Reset => {
                    " Only an answer tells this bot P0's list: it takes another reset, after which what is known can be \
                     put back."
                }
                _ => "",
            };
            format!(
                ":grey_question: *Outcome unknown* since {}: P0's answer was lost. It may have been applied.{reset}",
                date(*at)
            )
        }
        SettingsStage::Settled { at } => {
            format!("P0's answer was lost. It matters no more: P0 took a later change of the same, {}.", date(*at))
        }
    }
}

fn done(change: &Change, said: &Said, at: Timestamp) -> String {
    let at = date(at);
    match said {
        Said::Taken => format!(":white_check_mark: *P0 took it*, {at}."),
        Said::Nothing => {
            format!(":grey_question: *Sent, not confirmed*, {at}: P0 answered, and neither confirmed nor refused it.")
        }
        Said::Length { told } => match asked(change) {
            Some(asked) if !is_same(told, asked) => format!(
                ":warning: *P0 set something else than asked*, {at}: {}, which it calls {}, in place of {}.",
                length(told),
                quoted(told),
                asked.in_words()
            ),
            _ => format!(":white_check_mark: *P0 took it*, {at}, and calls it {}.", quoted(told)),
        },
        Said::Settings(settings) => format!(":white_check_mark: *P0 took it*, {at}. {}", told(settings)),
    }
}

fn told(settings: &Settings) -> String {
    let list = match settings.options.as_slice() {
        [] => "Its list is empty".to_owned(),
        options => format!("Its list now: {}", enumerated(options.iter().map(quoted), ", ", LIST)),
    };
    let unread = match settings.unread {
        0 => String::new(),
        1 => ", and one more that this bot could not read".to_owned(),
        many => format!(", and {many} more that this bot could not read"),
    };
    let other = |name: &str, told: Option<&ToldLength>| match told {
        Some(told) => format!("{name}: {}.", quoted(told)),
        None => format!("{name}: not said, so what was known of it is kept."),
    };
    format!(
        "{list}{unread}. {} {}",
        other("Longest grant", settings.maximum.as_ref()),
        other("Standing access", settings.standing.as_ref())
    )
}

/// What this bot goes on granting although P0's answer to a reset, and nothing since, allows more; mrkdwn.
pub fn held_back_after(decision: &SettingsDecision, mirror: &Mirror) -> Option<String> {
    match &decision.stage {
        SettingsStage::Done { said: Said::Settings(settings), .. }
            if settings.maximum.is_some() && settings.maximum == mirror.maximum.value.told =>
        {
            held_back(mirror, "set the longest grant to change that")
        }
        _ => None,
    }
}

/// P0's words on a change, or what came back in place of them; plain text, `None` where there were none.
pub fn words(decision: &SettingsDecision) -> Option<String> {
    let (whose, words) = match &decision.stage {
        SettingsStage::Refused { refusal: SettingsRefusal::P0 { words, .. }, .. } => ("P0 says", words),
        SettingsStage::Unknown { words, .. } => ("What came back", words),
        _ => return None,
    };
    (!words.is_empty()).then(|| format!("{whose}: {}", foreign::line(words, WORDS)))
}

/// The names under which P0 was asked to remove a length, and what it answered; plain text.
pub fn tried(decision: &SettingsDecision) -> Option<String> {
    let line = |name: &str, answer: String| format!("“{}”: {answer}", foreign::line(name, VALUE));
    let mut lines: Vec<String> = decision
        .tried
        .iter()
        .map(|tried| match tried.words.as_str() {
            "" => line(&tried.key, format!("P0 did not know it ({})", tried.status)),
            words => line(&tried.key, format!("{} ({})", foreign::line(words, 200), tried.status)),
        })
        .collect();
    match &decision.stage {
        SettingsStage::Done { key: Some(key), .. } => lines.push(line(key, "removed".to_owned())),
        SettingsStage::Sending { key: Some(key), .. } => lines.push(line(key, "being asked for".to_owned())),
        _ => {}
    }
    (!lines.is_empty()).then(|| format!("By the names that P0 may have for it:\n{}", lines.join("\n")))
}

/// One change of several that `by` wants, with how far it is; mrkdwn, one line.
pub fn brief(decision: &SettingsDecision, by: &Author) -> String {
    let (sign, end) = match &decision.stage {
        SettingsStage::Recorded => (":inbox_tray:", "received".to_owned()),
        SettingsStage::Sending { .. } => (":arrow_right:", "on its way to P0".to_owned()),
        SettingsStage::Done { said: Said::Taken | Said::Settings(_), .. } => {
            (":white_check_mark:", "P0 took it".to_owned())
        }
        SettingsStage::Done { said: Said::Nothing, .. } => {
            (":grey_question:", "sent, neither confirmed nor refused".to_owned())
        }
        SettingsStage::Done { said: Said::Length { told }, .. } => match asked(&decision.item.change) {
            Some(asked) if !is_same(told, asked) => {
                (":warning:", format!("*P0 set something else*: {}, which it calls {}", length(told), quoted(told)))
            }
            _ => (":white_check_mark:", format!("P0 took it, and calls it {}", quoted(told))),
        },
        SettingsStage::Refused { refusal, .. } => (":x:", format!("did not count. {}", of_the_author(refusal, by))),
        SettingsStage::Dropped { .. } => (":x:", "not sent in time: dropped".to_owned()),
        SettingsStage::Unknown { .. } => {
            (":grey_question:", "*outcome unknown*: P0's answer was lost, it may have been applied".to_owned())
        }
        SettingsStage::Settled { .. } => {
            (":white_small_square:", "P0's answer was lost, and P0 took a later change of the same".to_owned())
        }
    };
    let what = match &decision.item.change {
        change @ (Change::Add { .. } | Change::Remove { .. } | Change::Reset) => super::change(change),
        _ => on_one_line(&decision.item),
    };
    format!("{sign} {what}: {end}")
}

/// How far several changes are, counted; a plain sentence.
pub fn tally(decisions: &[SettingsDecision]) -> String {
    let count = |is: fn(&SettingsDecision) -> bool| decisions.iter().filter(|decision| is(decision)).count();
    let counts = [
        (count(is_taken), "taken by P0"),
        (count(|d| matches!(d.stage, SettingsStage::Done { said: Said::Nothing, .. })), "not confirmed"),
        (count(is_otherwise), "set otherwise than asked"),
        (count(|d| matches!(d.stage, SettingsStage::Refused { .. })), "refused"),
        (count(|d| matches!(d.stage, SettingsStage::Dropped { .. })), "dropped"),
        (count(|d| matches!(d.stage, SettingsStage::Unknown { .. })), "with an unknown outcome"),
        (count(|d| matches!(d.stage, SettingsStage::Settled { .. })), "settled by a later change"),
        (count(|d| !d.stage.is_over()), "on their way"),
    ];
    let parts: Vec<String> =
        counts.into_iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")).collect();
    format!("Of {} changes: {}.", decisions.len(), parts.join(", "))
}

fn is_taken(decision: &SettingsDecision) -> bool {
    let taken = matches!(&decision.stage, SettingsStage::Done { said, .. } if *said != Said::Nothing);
    taken && !is_otherwise(decision)
}

fn is_otherwise(decision: &SettingsDecision) -> bool {
    match (&decision.stage, asked(&decision.item.change)) {
        (SettingsStage::Done { said: Said::Length { told }, .. }, Some(asked)) => !is_same(told, asked),
        _ => false,
    }
}

/// The push notification of a card: full sentences.
pub fn sentence(proposal: &Proposal, decisions: &[SettingsDecision]) -> String {
    let who = capitalised(&author(&proposal.by));
    let what = match decisions {
        [] | [_] => format!("{who} wants P0's settings changed: {}.", title(&proposal.items)),
        _ => format!("{who} wants P0's settings changed."),
    };
    let stands = match (&proposal.stage, decisions) {
        (ProposalStage::Shown, _) => "It is not applied.".to_owned(),
        (ProposalStage::Waiting { .. }, _) => "It waits for a second admin.".to_owned(),
        (ProposalStage::Withdrawn { .. }, _) => "It was cancelled.".to_owned(),
        (ProposalStage::Lapsed { .. }, _) => "It has lapsed: no second admin agreed in time.".to_owned(),
        (ProposalStage::Declined { by, .. }, _) => format!("{} declined it.", person(&by.user)),
        (ProposalStage::Decided { .. }, [decision]) => alone(decision).to_owned(),
        (ProposalStage::Decided { .. }, decisions) => tally(decisions),
    };
    format!("{what} {stands}")
}

fn alone(decision: &SettingsDecision) -> &'static str {
    match &decision.stage {
        SettingsStage::Recorded => "P0 has not been told yet.",
        SettingsStage::Sending { .. } => "It is on its way to P0.",
        SettingsStage::Done { said: Said::Nothing, .. } => "It was sent; P0 neither confirmed nor refused it.",
        SettingsStage::Done { .. } if is_otherwise(decision) => "P0 set something else than asked.",
        SettingsStage::Done { .. } => "P0 took it.",
        SettingsStage::Refused {
            refusal: SettingsRefusal::P0 { .. } | SettingsRefusal::KeyNotTaken { .. }, ..
        } => "P0 refused it.",
        SettingsStage::Refused { .. } => "It was not sent to P0.",
        SettingsStage::Dropped { .. } => "It could not be sent in time, and was dropped.",
        SettingsStage::Unknown { .. } => "P0's answer was lost: it may have been applied.",
        SettingsStage::Settled { .. } => "P0's answer was lost, and P0 took a later change of the same.",
    }
}

fn asked(change: &Change) -> Option<SettingLength> {
    match change {
        Change::Maximum { length } | Change::Standing { length } | Change::Approvable { length } => Some(*length),
        Change::Add { .. } | Change::Remove { .. } | Change::Reset | Change::Approvals(_) => None,
    }
}

fn is_same(told: &ToldLength, asked: SettingLength) -> bool {
    told.is_whole() && told.length() == asked.length()
}

/// A length that P0 told, in our words.
fn length(told: &ToldLength) -> String {
    let words = SettingLength::of(told.length()).in_words();
    if told.is_whole() { words } else { format!("a little more than {words}") }
}

fn quoted(told: &ToldLength) -> String {
    format!("“{}”", foreign::name(told.value(), VALUE))
}
