//! What Slack tells of somebody who used a control, a modal or a shortcut.

use serde_json::Value;
use url::Url;

use super::{Act, Arrival, Deed, Installation, Mark, Press, ResponseUrl, Shortcut, Submission, Unreadable, who};
use crate::domain::control::Control;
use crate::domain::person::{ChannelId, EnterpriseId, TeamId};
use crate::domain::posted::Posted;
use crate::domain::text;
use crate::inbound::payload::{Interaction, Named};

/// The interactions that are understood, by their `type`.
const INTERACTIONS: [&str; 4] = ["block_actions", "view_submission", "shortcut", "message_action"];
/// Inputs of a modal that are read (Block Kit: 100 blocks, an input each).
const MOST_FIELDS: usize = 100;
/// Characters that are read of one (Block Kit's limit for what is typed).
const MOST_FIELD_CHARACTERS: usize = 3000;

/// Whether this is an interaction, though it came as the body itself.
pub(super) fn is_one(value: &Value) -> bool {
    value.get("type").is_some_and(|kind| INTERACTIONS.iter().any(|known| kind == known))
}

/// Reads an interaction.
///
/// # Errors
/// Where it is none of Slack's.
pub(in crate::inbound) fn read(mark: &Mark, value: Value) -> Result<Arrival, Unreadable> {
    if !value.is_object() {
        return Ok(Arrival::NotUnderstood { what: "interaction" });
    }
    let interaction: Interaction = serde_json::from_value(value).map_err(|_| Unreadable)?;
    let act = match interaction.kind.as_deref() {
        Some("block_actions") => press(&interaction).ok_or("no_action"),
        Some("view_submission") => Ok(submission(&interaction)),
        Some("view_closed") => Err("view_closed"),
        Some("shortcut" | "message_action") => shortcut(&interaction).ok_or("shortcut"),
        _ => Err("interaction"),
    };
    let act = match act {
        Ok(act) => act,
        Err(what) => return Ok(Arrival::NotUnderstood { what }),
    };
    let is_org_wide = interaction.is_enterprise_install == Some(true);
    let installed = Installation {
        team: id(&interaction.team).and_then(TeamId::parse).filter(|_| !is_org_wide),
        enterprise: id(&interaction.enterprise).and_then(EnterpriseId::parse),
    };
    let person = interaction.user.clone().unwrap_or_default();
    let home = person.team_id.as_deref().or(id(&interaction.team));
    let Some((by, home)) = who(person.id.as_deref(), home, &installed) else {
        return Ok(Arrival::NotUnderstood { what: "nobody" });
    };
    Ok(Arrival::Deed(Box::new(Deed {
        by,
        home,
        installed,
        at: mark.at,
        door: mark.door,
        keys: mark.keys(interaction.trigger_id.as_deref().map(|id| ("trigger", id))),
        trigger: interaction.trigger_id,
        response_url: interaction.response_url.and_then(|url| Url::parse(&url).ok()).map(ResponseUrl),
        act,
    })))
}

fn id(named: &Option<Named>) -> Option<&str> {
    named.as_ref()?.id.as_deref()
}

fn press(interaction: &Interaction) -> Option<Act> {
    let action = interaction.actions.first()?;
    let carried = action.value.as_ref().or(action.selected_option.as_ref().and_then(|option| option.value.as_ref()));
    let container = interaction.container.clone().unwrap_or_default();
    let channel = container.channel_id.as_deref().or(id(&interaction.channel)).and_then(ChannelId::parse);
    let view = interaction.view.as_ref().and_then(|view| view.kind.as_deref());
    let (in_view, on_home) = (container.kind.as_deref() == Some("view"), view == Some("home"));
    let ts = container.message_ts.or_else(|| interaction.message.clone()?.ts);
    let is_card = !action.action_id.as_deref().unwrap_or_default().contains(':');
    let in_unfurl = container.is_app_unfurl == Some(true) || container.kind.as_deref() == Some("message_attachment");
    let message = match (channel, ts) {
        // The message of somebody else is no card, whatever lies under it.
        (Some(channel), Some(ts)) if is_card && !in_unfurl && container.is_ephemeral != Some(true) => {
            Some(Posted { channel, ts })
        }
        _ => None,
    };
    Some(Act::Press(Press {
        control: action.action_id.as_deref().and_then(Control::parse),
        value: carried.and_then(|text| text.parse().ok()),
        absence: carried.and_then(|text| text.parse().ok()),
        message,
        in_unfurl,
        in_modal: in_view && !on_home,
        on_home: in_view && on_home,
    }))
}

fn shortcut(interaction: &Interaction) -> Option<Act> {
    let control = interaction.callback_id.as_deref().and_then(Control::parse)?;
    let channel = id(&interaction.channel).and_then(ChannelId::parse);
    let message = interaction.message.clone().unwrap_or_default();
    // An answer in a card's thread stands for the card.
    let places = [message.ts, message.thread_ts].into_iter().flatten();
    let on = channel.map(|channel| places.map(|ts| Posted { channel: channel.clone(), ts }).collect());
    Some(Act::Shortcut(Shortcut { control, on: on.unwrap_or_default() }))
}

fn submission(interaction: &Interaction) -> Act {
    let view = interaction.view.clone().unwrap_or_default();
    let inputs = view.state.unwrap_or_default().values.into_values().flatten();
    let fields = inputs.filter_map(|(action_id, input)| {
        let held = input.value.or(input.selected_option.and_then(|option| option.value))?;
        Some((action_id, text::cut(&held, MOST_FIELD_CHARACTERS)))
    });
    Act::Submit(Submission {
        control: view.callback_id.as_deref().and_then(Control::parse),
        value: view.private_metadata.and_then(|text| text.parse().ok()),
        is_upon_another: view.root_view_id.is_some_and(|root| Some(root) != view.id),
        fields: fields.take(MOST_FIELDS).collect(),
    })
}
