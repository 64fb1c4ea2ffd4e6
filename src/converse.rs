//! Typed commands. As a slash command a complete verb decides at once; in a message it is answered with the one button
//! that decides, because any app may post a message in a person's name.

use crate::answer::{Answer, ok};
use crate::decide::Tools;
use crate::domain::command::TypedCommand;
use crate::domain::decision::Choice;
use crate::domain::expiration::ExpirationLength;
use crate::domain::refusal::Refusal;
use crate::domain::request::RequestId;
use crate::inbound::slack::Deed;
use crate::ledger::copies::Audience;
use crate::ledger::decisions::Receipt;
use crate::ledger::notices::Notice;
use crate::notify::message::Message;
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
    let command = match TypedCommand::parse(text) {
        Ok(command) if command.verb().is_some() => command,
        other => return ask(tools, deed, other).await,
    };
    let (TypedCommand::Approve { id, .. } | TypedCommand::Deny { id, .. } | TypedCommand::Revoke { id }) = &command
    else {
        return ask(tools, deed, Ok(command)).await;
    };
    if !tools.may_read(deed, id).await? {
        return tools.refuse(deed, &Refusal::NoIdentity).await;
    }
    let Some(kept) = tools.ledger.request(id).await? else {
        return tools.say(deed, Message::sentence(wording::not_told(id))).await;
    };
    if let TypedCommand::Deny { reason: Some(reason), .. } = &command {
        tools.ledger.keep_draft(id.clone(), deed.by.clone(), reason.clone()).await?;
    }
    if let TypedCommand::Approve { length: Some(asked), .. } = &command
        && *asked > tools.limits.maximum
    {
        return tools.refuse(deed, &Refusal::TooLong { asked: *asked, most: tools.limits.maximum }).await;
    }
    match replies::offer_button(&command, &kept.key, &kept.request.facts) {
        Some(message) => tools.say(deed, message).await,
        None => ask(tools, deed, Ok(command)).await,
    }
}

async fn approve(tools: &Tools, deed: &Deed, id: RequestId, length: Option<ExpirationLength>) -> Answer {
    if let Some(length) = length {
        return decide(tools, deed, id, Choice::Approve { length }).await;
    }
    if !tools.may_read(deed, &id).await? {
        return tools.refuse(deed, &Refusal::NoIdentity).await;
    }
    match tools.ledger.request(&id).await? {
        Some(kept) if kept.request.phase.is_decided() => {
            tools.refuse(deed, &Refusal::AlreadyDecided { phase: Box::new(kept.request.phase) }).await
        }
        Some(kept) => tools.open_view(deed, &modals::pick(&tools.offer, &kept)).await,
        None => tools.say(deed, Message::sentence(wording::say_a_length(&id, &tools.offer.command))).await,
    }
}

async fn decide(tools: &Tools, deed: &Deed, id: RequestId, choice: Choice) -> Answer {
    let known = tools.ledger.request(&id).await?.is_some();
    let sentence = match tools.record(deed, id.clone(), choice.clone(), None, false).await? {
        Receipt::Repeated => return ok(),
        Receipt::Recorded if known => wording::recorded(&id, &choice),
        Receipt::Recorded => format!("{} {}", wording::recorded(&id, &choice), wording::not_told(&id)),
        Receipt::Waiting => wording::waiting(&id, choice.verb()),
        Receipt::Refused(refusal) => refusal.to_string(),
    };
    tools.say(deed, Message::sentence(sentence)).await
}

/// Answers what decides nothing.
async fn ask(tools: &Tools, deed: &Deed, command: Result<TypedCommand, crate::domain::command::NearMiss>) -> Answer {
    let command = match command {
        Ok(command) => command,
        Err(miss) => return tools.say(deed, Message::sentence(wording::near_miss(&miss, &tools.offer.command))).await,
    };
    match command {
        TypedCommand::Pending => pending(tools, deed).await,
        TypedCommand::Show { id } => show(tools, deed, &id).await,
        TypedCommand::Whoami => {
            let identity = tools.credentials.identity(&deed.by.user);
            let barred = tools.credentials.barred(&deed.by.user);
            let sentence = wording::whoami(&deed.by, identity, barred.as_ref(), tools.credentials.authority());
            tools.say(deed, Message::sentence(sentence)).await
        }
        _ => tools.say(deed, Message::sentence(wording::help(&tools.offer.command))).await,
    }
}

async fn pending(tools: &Tools, deed: &Deed) -> Answer {
    if !tools.credentials.may_read(&deed.by.user) {
        return tools.refuse(deed, &Refusal::NoIdentity).await;
    }
    let waiting = tools.ledger.pending().await?;
    tools.say(deed, replies::pending(&tools.offer, &waiting)).await
}

/// Has a request's card drawn in the person's direct messages, where it converges like the others.
pub(crate) async fn show(tools: &Tools, deed: &Deed, id: &RequestId) -> Answer {
    if !tools.may_read(deed, id).await? {
        // Whether it is their own is for Slack to say, and so for later.
        let notice = Notice::ShowOwn { request: id.clone(), user: deed.by.user.clone() };
        tools.ledger.answer_once(deed.keys.of_effect("show"), notice).await?;
        return tools.say(deed, Message::sentence(wording::SHOWN_IF_OWN)).await;
    }
    if tools.ledger.request(id).await?.is_none() {
        return tools.say(deed, Message::sentence(wording::not_told(id))).await;
    }
    if !tools.ledger.first_delivery(deed.keys.of_effect("show")).await? {
        return ok();
    }
    let user = deed.by.user.clone();
    let audience = if tools.credentials.knows(&user) { Audience::Approver(user) } else { Audience::Own(user) };
    tools.ledger.show_to(id.clone(), audience).await?;
    tools.say(deed, Message::sentence(wording::SHOWN)).await
}
