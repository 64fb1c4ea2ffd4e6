//! What Slack tells by itself: what somebody wrote to the bot, that they look at its Home or posted a
//! link to a request, or that they are gone.

use serde_json::Value;

use super::{Act, Arrival, Deed, Departure, Gone, Installation, Mark, Unreadable, unescaped, who};
use crate::domain::person::{ChannelId, EnterpriseId, TeamId, UserId};
use crate::domain::posted::Posted;
use crate::inbound::payload::{Event, EventEnvelope, EventUser};

/// Links of one message that are looked at.
const MOST_LINKS: usize = 20;

/// Reads an event, or Slack's question whose address this is.
///
/// # Errors
/// Where it is none of Slack's.
pub(in crate::inbound) fn read(mark: &Mark, value: Value) -> Result<Arrival, Unreadable> {
    let envelope: EventEnvelope = serde_json::from_value(value).map_err(|_| Unreadable)?;
    if let (Some("url_verification"), Some(challenge)) = (envelope.kind.as_deref(), &envelope.challenge) {
        return Ok(Arrival::Handshake { challenge: challenge.clone() });
    }
    let authorization = envelope.authorizations.first().cloned().unwrap_or_default();
    // Where the app is installed for an organisation, the envelope still names the workspace where something happened.
    let is_org_wide = authorization.is_enterprise_install == Some(true);
    let installed = Installation {
        team: authorization.team_id.or(envelope.team_id).filter(|_| !is_org_wide).as_deref().and_then(TeamId::parse),
        enterprise: authorization.enterprise_id.or(envelope.enterprise_id).as_deref().and_then(EnterpriseId::parse),
    };
    let Some(event) = envelope.event.filter(|_| envelope.kind.as_deref() == Some("event_callback")) else {
        return Ok(Arrival::NotUnderstood { what: "event" });
    };
    if let Some(who) = gone(&event) {
        return Ok(Arrival::Departure(Departure { installed, who }));
    }
    let home = event.user_team.as_deref().or(event.team.as_deref());
    let user = event.user.as_ref().and_then(EventUser::id);
    let (Some((by, home)), Some(act)) = (who(user, home, &installed), act(&event)) else {
        return Ok(Arrival::NotUnderstood { what: "event" });
    };
    Ok(Arrival::Deed(Box::new(Deed {
        by,
        home,
        installed,
        at: mark.at,
        door: mark.door,
        keys: mark.keys(envelope.event_id.as_deref().map(|id| ("event", id))),
        trigger: None,
        response_url: None,
        act,
    })))
}

/// Who is gone by this event. `user_change` tells of every change of everybody: most concern nobody here.
fn gone(event: &Event) -> Option<Gone> {
    match (event.kind.as_deref()?, &event.user, &event.tokens) {
        ("app_uninstalled", _, _) => Some(Gone::App),
        ("tokens_revoked", _, Some(tokens)) if !tokens.bot.is_empty() => Some(Gone::App),
        ("tokens_revoked", _, Some(tokens)) => {
            Some(Gone::Grants(tokens.oauth.iter().filter_map(|id| UserId::parse(id)).collect()))
        }
        ("user_change", Some(EventUser::Whole(profile)), _) if profile.deleted == Some(true) => Some(Gone::Person {
            user: UserId::parse(profile.id.as_deref()?)?,
            home: profile.team_id.as_deref().and_then(TeamId::parse),
        }),
        _ => None,
    }
}

fn act(event: &Event) -> Option<Act> {
    message(event).or_else(|| home_opened(event)).or_else(|| links_shared(event))
}

/// That a person posted links of ours.
fn links_shared(event: &Event) -> Option<Act> {
    let is_it = event.kind.as_deref() == Some("link_shared");
    let message = Posted { channel: ChannelId::parse(event.channel.as_deref()?)?, ts: event.message_ts.clone()? };
    let urls = event.links.iter().filter_map(|link| link.url.clone()).take(MOST_LINKS).collect();
    is_it.then_some(Act::Links { message, urls })
}

/// A message that a person wrote to the bot; edits, joins and other bots' messages are none.
fn message(event: &Event) -> Option<Act> {
    let to_us = match event.kind.as_deref()? {
        "app_mention" => true,
        "message" => event.channel_type.as_deref() == Some("im"),
        _ => false,
    };
    let said = matches!(event.subtype.as_deref(), None | Some("file_share" | "thread_broadcast"));
    if !to_us || event.bot_id.is_some() || !said {
        return None;
    }
    Some(Act::Message {
        text: unescaped(event.text.as_deref().unwrap_or_default()),
        channel: ChannelId::parse(event.channel.as_deref()?)?,
        thread: event.thread_ts.clone(),
    })
}

/// That a person looks at the bot's Home; its other tab shows the messages that there are anyway.
fn home_opened(event: &Event) -> Option<Act> {
    let is_home = event.kind.as_deref() == Some("app_home_opened") && event.tab.as_deref() == Some("home");
    let carried = event.view.as_ref().and_then(|view| view.private_metadata.clone());
    is_home.then(|| Act::Home { drawn: carried.filter(|text| !text.is_empty()) })
}
