//! Typed commands. As a slash command a complete verb decides at once; in a message it is answered with the one button
//! that decides, because any app may post a message in a person's name. In the thread of a card no id is needed.

use crate::answer::{Answer, ok};
use crate::decide::{Recorded, Tools};
use crate::domain::command::{NearMiss, TypedCommand};
use crate::domain::decision::{Choice, Verb};
use crate::domain::expiration::ExpirationLength;
use crate::domain::posted::Posted;
use crate::domain::refusal::Refusal;
use crate::domain::request::RequestId;
use crate::inbound::slack::{Act, Deed};
use crate::ledger::LedgerError;
use crate::ledger::copies::Audience;
use crate::ledger::decisions::Receipt;
use crate::ledger::notices::Notice;
use crate::notify::message::Message;
use crate::notify::modals::Before;
use crate::notify::{modals, replies, wording};

/// Answers a slash command.
pub(crate) async fn slash(tools: &Tools, deed: &Deed, text: &str) -> Answer {
    match TypedCommand::parse(text) {
        Ok(TypedCommand::Approve { id, length }) => approve(tools, deed, id, length).await,
        Ok(TypedCommand::Deny { id, reason }) => decide(tools, deed, id, Choice::Deny { reason }).await,
        Ok(TypedCommand::Revoke { id }) => decide(tools, deed, id, Choice::Revoke).await,
        other => ask(tools, deed, other).await,
    }
}

/// Answers a mention or a direct message.
pub(crate) async fn message(tools: &Tools, deed: &Deed, text: &str) -> Answer {
    let (command, in_view) = match written(tools, deed, text).await? {
        Written { command: Ok(command), in_view } if command.verb().is_some() => (command, in_view),
        Written { command, .. } => return ask(tools, deed, command).await,
    };
    let (TypedCommand::Approve { id, .. } | TypedCommand::Deny { id, .. } | TypedCommand::Revoke { id }) = &command
    else {
        return ask(tools, deed, Ok(command)).await;
    };
    let kept = tools.ledger.request(id).await?;
    let chosen = if let TypedCommand::Approve { length, .. } = &command { *length } else { None };
    let bounds = tools.bounds(kept.as_ref().map(|kept| &kept.request), chosen).await?;
    if let Some(verb) = command.verb()
        && let Some(refusal) = tools.may_not_type(deed, id, &bounds, verb, in_view.as_ref() == Some(id)).await?
    {
        return tools.refuse_choice(deed, id, &refusal).await;
    }
    let Some(kept) = kept else {
        return tools.say(deed, Message::sentence(wording::commands::not_told(id))).await;
    };
    if let Some(verb) = command.verb()
        && let Err(refusal) = tools.may_choose(deed, id, &bounds, verb).await?
    {
        return tools.refuse_choice(deed, id, &refusal).await;
    }
    if let TypedCommand::Deny { reason: Some(reason), .. } = &command {
        tools.ledger.keep_draft(id.clone(), deed.by.clone(), reason.clone()).await?;
    }
    if let TypedCommand::Approve { length: Some(asked), .. } = &command
        && let most = bounds.lengths.maximum
        && *asked > most
    {
        return tools.refuse_choice(deed, id, &Refusal::TooLong { asked: *asked, most }).await;
    }
    match replies::offer_button(&command, &bounds.demands.risk, &kept.key, &kept.request.facts) {
        Some(message) => tools.say(deed, message).await,
        None => ask(tools, deed, Ok(command)).await,
    }
}

/// What somebody wrote in a message.
struct Written {
    command: Result<TypedCommand, NearMiss>,
    /// The request whose card is before their eyes: it begins the thread.
    in_view: Option<RequestId>,
}

/// Reads a message. In the thread of a card it means that card's request, unless it names another that is known.
async fn written(tools: &Tools, deed: &Deed, text: &str) -> Result<Written, LedgerError> {
    let here = match &deed.act {
        Act::Message { channel, thread: Some(thread), .. } => {
            tools.ledger.request_at(&Posted { channel: channel.clone(), ts: thread.clone() }).await?
        }
        _ => None,
    };
    let Some(here) = here else { return Ok(Written { command: TypedCommand::parse(text), in_view: None }) };
    let names_another = match TypedCommand::named(text) {
        Some(id) => tools.ledger.request(&id).await?.is_some(),
        None => false,
    };
    let command = match names_another {
        true => TypedCommand::parse(text),
        false => TypedCommand::parse_about(text, &here.request),
    };
    Ok(Written { command, in_view: here.is_shown.then_some(here.request) })
}

async fn approve(tools: &Tools, deed: &Deed, id: RequestId, length: Option<ExpirationLength>) -> Answer {
    if let Some(length) = length {
        return decide(tools, deed, id, Choice::Approve { length }).await;
    }
    let kept = tools.ledger.request(&id).await?;
    let bounds = tools.bounds(kept.as_ref().map(|kept| &kept.request), None).await?;
    if let Some(refusal) = tools.may_not_type(deed, &id, &bounds, Verb::Approve, false).await? {
        return tools.refuse_choice(deed, &id, &refusal).await;
    }
    match kept {
        Some(kept) if kept.request.phase.is_decided() => {
            tools.refuse_choice(deed, &id, &Refusal::AlreadyDecided { phase: Box::new(kept.request.phase) }).await
        }
        Some(kept) => match tools.may_choose(deed, &id, &bounds, Verb::Approve).await? {
            Ok(()) => tools.open_view(deed, &modals::pick(&bounds, &kept, Before::default())).await,
            Err(refusal) => tools.refuse_choice(deed, &id, &refusal).await,
        },
        None if !tools.limits.never_seen => tools.refuse_choice(deed, &id, &Refusal::NeverSeen).await,
        None => tools.say(deed, Message::sentence(wording::commands::say_a_length(&id, &tools.offer.command))).await,
    }
}

async fn decide(tools: &Tools, deed: &Deed, id: RequestId, choice: Choice) -> Answer {
    let known = tools.ledger.request(&id).await?.is_some();
    let Recorded { receipt, page } = tools.record(deed, id.clone(), choice.clone(), None, false).await?;
    let sentence = match receipt {
        Receipt::Repeated => return ok(),
        Receipt::Held => return tools.ask_to_sign_in(deed, &choice, page).await,
        Receipt::Recorded if known => wording::decision::recorded(&id, &choice),
        Receipt::Recorded => {
            format!("{} {}", wording::decision::recorded(&id, &choice), wording::commands::not_told(&id))
        }
        Receipt::Waiting => wording::decision::waiting(&id, choice.verb()),
        Receipt::Refused(refusal) => {
            let hidden = match tells_of_it(&refusal) {
                true => tools.may_not_read(deed, &id).await?,
                false => None,
            };
            return match (hidden, refusal) {
                (Some(hidden), _) => tools.say_refused(deed, Some(&id), &hidden).await,
                (None, Refusal::NotRestated) => {
                    tools.restate(deed, &id, Before { length: choice.length(), again: false }).await
                }
                (None, refusal) => tools.say_refused(deed, Some(&id), &refusal).await,
            };
        }
    };
    tools.say(deed, Message::sentence(sentence)).await
}

/// Whether such a refusal leads to what was asked, or says who decided what: neither is for whoever guessed an id.
fn tells_of_it(refusal: &Refusal) -> bool {
    matches!(refusal, Refusal::NotRestated | Refusal::AlreadyDecided { .. } | Refusal::AlreadyEnded { .. })
}

/// Answers what decides nothing.
async fn ask(tools: &Tools, deed: &Deed, command: Result<TypedCommand, NearMiss>) -> Answer {
    let command = match command {
        Ok(command) => command,
        Err(miss) => {
            return tools.say(deed, Message::sentence(wording::commands::near_miss(&miss, &tools.offer.command))).await;
        }
    };
    match command {
        TypedCommand::Pending => pending(tools, deed).await,
        TypedCommand::Show { id } => show(tools, deed, &id).await,
        TypedCommand::Settings(command) => tools.settings_typed(deed, command).await,
        TypedCommand::Link => tools.offer_link(deed).await,
        TypedCommand::Unlink if matches!(deed.act, Act::Slash { .. }) => tools.unlink(deed).await,
        TypedCommand::Unlink => tools.ask_unlink(deed).await,
        TypedCommand::Whoami => {
            let standing = tools.standing(&deed.by).await?;
            let (identity, link) = (standing.identity.as_deref(), standing.link.as_ref());
            let sentence =
                wording::commands::whoami(&deed.by, identity, standing.may_decide, tools.credentials.authority(), link);
            let sentence = sentence + &tools.absence_of(deed).await?;
            tools.say(deed, Message::sentence(sentence)).await
        }
        TypedCommand::Away(away) if matches!(deed.act, Act::Slash { .. }) => tools.go_away(deed, away).await,
        TypedCommand::Away(away) => tools.ask_away(deed, away).await,
        TypedCommand::Back if matches!(deed.act, Act::Slash { .. }) => tools.be_back(deed).await,
        TypedCommand::Back => tools.ask_back(deed).await,
        _ => {
            let has_admins = !tools.settings.policy.admins.is_empty();
            tools.say(deed, Message::sentence(wording::commands::help(&tools.offer.command, has_admins))).await
        }
    }
}

async fn pending(tools: &Tools, deed: &Deed) -> Answer {
    let standing = tools.standing(&deed.by).await?;
    if !standing.may_read {
        return tools.refuse(deed, standing.may_decide.as_ref().err().unwrap_or(&Refusal::NoIdentity)).await;
    }
    let waiting = tools.ledger.pending().await?;
    tools.say(deed, replies::pending(&tools.offer, &waiting)).await
}

/// Has a request's card drawn in the person's direct messages, where it converges like the others.
pub(crate) async fn show(tools: &Tools, deed: &Deed, id: &RequestId) -> Answer {
    if let Some(lacks) = tools.may_not_read(deed, id).await? {
        // Whether it is their own is for Slack to say, and so for later.
        let notice = Notice::ShowOwn { request: id.clone(), user: deed.by.user.clone() };
        tools.ledger.answer_once(deed.keys.of_effect("show"), notice).await?;
        return tools.say(deed, replies::shown_if_own(&lacks)).await;
    }
    if tools.ledger.request(id).await?.is_none() {
        return tools.say(deed, Message::sentence(wording::commands::not_told(id))).await;
    }
    if !tools.ledger.first_delivery(deed.keys.of_effect("show")).await? {
        return ok();
    }
    let user = deed.by.user.clone();
    let audience = if tools.credentials.knows(&user) { Audience::Approver(user) } else { Audience::Own(user) };
    tools.ledger.show_to(id.clone(), audience).await?;
    tools.say(deed, Message::sentence(wording::commands::SHOWN)).await
}
