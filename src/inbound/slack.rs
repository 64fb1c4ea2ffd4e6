//! What Slack's verified bytes mean.

use std::fmt;

use jiff::Timestamp;
use serde_json::Value;
use url::{Url, form_urlencoded};

use super::payload::{Event, EventEnvelope, EventUser, Interaction, Named, SlashForm};
use super::signature::Verified;
use crate::domain::card_key::ControlValue;
use crate::domain::control::Control;
use crate::domain::delivery::DeliveryKeys;
use crate::domain::person::{ChannelId, EnterpriseId, SlackUser, TeamId, UserId};
use crate::domain::posted::Posted;

/// The delivery is signed and cannot be read at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not UTF-8, or neither a form nor JSON that Slack would send")]
pub struct Unreadable;

/// One delivery of Slack's, understood as far as it can be.
#[derive(Clone, Debug)]
pub enum Arrival {
    /// Slack asks whether this address is ours.
    Handshake {
        /// To be sent back.
        challenge: String,
    },
    /// A person did something.
    Deed(Box<Deed>),
    /// Somebody, or the app, is gone from Slack.
    Departure(Departure),
    /// Well formed, but nothing that concerns us.
    NotUnderstood {
        /// For the metrics: a kind of delivery, never its content.
        what: &'static str,
    },
}

/// What Slack tells of somebody, or of the app, that is gone: nobody did it who could be answered.
#[derive(Clone, Debug)]
pub struct Departure {
    /// Which installation of the app was told.
    pub installed: Installation,
    /// Who.
    pub who: Gone,
}

/// Who is gone, or took back what they had allowed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Gone {
    /// The app was taken out of the workspace, or the token was revoked with which it acts there.
    App,
    /// People have taken back what they had allowed the app.
    Grants(Vec<UserId>),
    /// Somebody's account is deactivated.
    Person {
        /// Who.
        user: UserId,
        /// Of which workspace they were a member.
        home: Option<TeamId>,
    },
}

/// What a person did, who they are, and how they can be answered.
#[derive(Clone, Debug)]
pub struct Deed {
    /// Who.
    pub by: SlackUser,
    /// Of which workspace they are a member, where Slack says so.
    pub home: Option<TeamId>,
    /// Through which installation of the app.
    pub installed: Installation,
    /// Slack's own time of it.
    pub at: Timestamp,
    /// What makes this delivery the same as another.
    pub keys: DeliveryKeys,
    /// Opens one modal within 3 s.
    pub trigger: Option<String>,
    /// Takes 5 answers within 30 minutes. A bearer capability: never logged.
    pub response_url: Option<ResponseUrl>,
    /// What.
    pub act: Act,
}

/// Where one delivery can be answered. It is a bearer capability, so no `Debug` shows it.
#[derive(Clone)]
pub struct ResponseUrl(pub Url);

impl fmt::Debug for ResponseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ResponseUrl(…)")
    }
}

/// Through which installation of the app a delivery came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Installation {
    /// The workspace; none on an org-wide install.
    pub team: Option<TeamId>,
    /// The organisation.
    pub enterprise: Option<EnterpriseId>,
}

/// What a person did.
#[derive(Clone, Debug)]
pub enum Act {
    /// Pressed a button, or chose an option.
    Press(Press),
    /// Submitted a modal.
    Submit(Submission),
    /// Typed the slash command.
    Slash {
        /// What follows the command's name.
        text: String,
    },
    /// Wrote to the bot: text, which any app may post in a person's name.
    Message {
        /// What was written.
        text: String,
        /// Where.
        channel: ChannelId,
        /// In which thread.
        thread: Option<String>,
    },
}

/// A pressed control.
#[derive(Clone, Debug)]
pub struct Press {
    /// Which; `None` for one of another version.
    pub control: Option<Control>,
    /// What it carried; `None` for another version's.
    pub value: Option<ControlValue>,
    /// The card that it was in; none for other messages and modals.
    pub message: Option<Posted>,
}

/// A submitted modal.
#[derive(Clone, Debug)]
pub struct Submission {
    /// Which; `None` for one of another version.
    pub control: Option<Control>,
    /// What it carried.
    pub value: Option<ControlValue>,
    /// What was typed into its text input.
    pub text: Option<String>,
    /// What was chosen in its select.
    pub chosen: Option<ControlValue>,
}

/// Reads a delivery. Any door takes any kind: some apps are installed with a single address.
///
/// # Errors
/// Where the bytes are not UTF-8, or neither a form nor JSON.
pub fn read(verified: &Verified, body: &[u8]) -> Result<Arrival, Unreadable> {
    let text = std::str::from_utf8(body).map_err(|_| Unreadable)?;
    if text.trim_start().starts_with('{') {
        let value: Value = serde_json::from_str(text).map_err(|_| Unreadable)?;
        return read_event(verified, value);
    }
    let fields: Vec<(String, String)> = form_fields(text)?;
    let field = |name: &str| fields.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    match (field("payload"), field("command")) {
        (Some(payload), _) => {
            let value: Value = serde_json::from_str(payload).map_err(|_| Unreadable)?;
            read_interaction(verified, value)
        }
        (None, Some(_)) => Ok(read_slash(verified, &SlashForm::new(fields))),
        (None, None) if fields.is_empty() => Err(Unreadable),
        (None, None) => Ok(Arrival::NotUnderstood { what: "form" }),
    }
}

/// Decodes a form; what is not UTF-8 behind its percent signs is not read at all, rather than with holes.
fn form_fields(text: &str) -> Result<Vec<(String, String)>, Unreadable> {
    let decodes = text
        .split('&')
        .flat_map(|pair| pair.splitn(2, '='))
        .all(|part| percent_encoding::percent_decode_str(part).decode_utf8().is_ok());
    if !decodes || !text.contains('=') {
        return Err(Unreadable);
    }
    Ok(form_urlencoded::parse(text.as_bytes()).into_owned().collect())
}

/// Whether this is Slack's check of the certificate, which is answered without a look at anything else.
pub fn is_ssl_check(body: &[u8]) -> bool {
    !body.starts_with(b"{") && form_urlencoded::parse(body).any(|(name, value)| name == "ssl_check" && value == "1")
}

fn read_interaction(verified: &Verified, value: Value) -> Result<Arrival, Unreadable> {
    if !value.is_object() {
        return Ok(Arrival::NotUnderstood { what: "interaction" });
    }
    let interaction: Interaction = serde_json::from_value(value).map_err(|_| Unreadable)?;
    let what = match interaction.kind.as_deref() {
        Some("block_actions") => "block_actions",
        Some("view_submission") => "view_submission",
        Some("view_closed") => return Ok(Arrival::NotUnderstood { what: "view_closed" }),
        Some("shortcut" | "message_action") => return Ok(Arrival::NotUnderstood { what: "shortcut" }),
        _ => return Ok(Arrival::NotUnderstood { what: "interaction" }),
    };
    let installed = Installation {
        team: id(&interaction.team).and_then(TeamId::parse),
        enterprise: id(&interaction.enterprise).and_then(EnterpriseId::parse),
    };
    let person = interaction.user.clone().unwrap_or_default();
    let Some((by, home)) = who(person.id.as_deref(), person.team_id.as_deref(), &installed) else {
        return Ok(Arrival::NotUnderstood { what: "nobody" });
    };
    let act = if what == "block_actions" { press(&interaction) } else { Some(submission(&interaction)) };
    let Some(act) = act else { return Ok(Arrival::NotUnderstood { what: "no_action" }) };
    Ok(Arrival::Deed(Box::new(Deed {
        by,
        home,
        installed,
        at: verified.at,
        keys: keys(verified, interaction.trigger_id.as_deref().map(|id| ("trigger", id))),
        trigger: interaction.trigger_id,
        response_url: interaction.response_url.and_then(|url| Url::parse(&url).ok()).map(ResponseUrl),
        act,
    })))
}

fn id(named: &Option<Named>) -> Option<&str> {
    named.as_ref()?.id.as_deref()
}

/// A person, and their home where that is said; where it is not, they are a member of where the app is.
fn who(user: Option<&str>, home: Option<&str>, installed: &Installation) -> Option<(SlackUser, Option<TeamId>)> {
    let home = home.and_then(TeamId::parse).or_else(|| installed.team.clone());
    // Only some payloads of an org-wide install name the home: the organisation stands for all of its workspaces.
    let team = match (&installed.team, &installed.enterprise) {
        (None, Some(organisation)) => TeamId::parse(organisation.as_str())?,
        _ => home.clone()?,
    };
    Some((SlackUser { team, user: UserId::parse(user?)? }, home))
}

fn keys(verified: &Verified, other: Option<(&'static str, &str)>) -> DeliveryKeys {
    let signature = ("signature", verified.signature.clone());
    DeliveryKeys::new([signature].into_iter().chain(other.map(|(kind, id)| (kind, id.to_owned()))))
}

fn press(interaction: &Interaction) -> Option<Act> {
    let action = interaction.actions.first()?;
    let carried = action.value.as_ref().or(action.selected_option.as_ref().and_then(|option| option.value.as_ref()));
    let container = interaction.container.clone().unwrap_or_default();
    let channel = container.channel_id.as_deref().or(id(&interaction.channel)).and_then(ChannelId::parse);
    let ts = container.message_ts.or_else(|| interaction.message.clone()?.ts);
    let is_card = !action.action_id.as_deref().unwrap_or_default().contains(':');
    let message = match (channel, ts) {
        (Some(channel), Some(ts)) if is_card && container.is_ephemeral != Some(true) => Some(Posted { channel, ts }),
        _ => None,
    };
    Some(Act::Press(Press {
        control: action.action_id.as_deref().and_then(Control::parse),
        value: carried.and_then(|text| text.parse().ok()),
        message,
    }))
}

fn submission(interaction: &Interaction) -> Act {
    let view = interaction.view.clone().unwrap_or_default();
    let inputs = view.state.unwrap_or_default().values.into_values().flat_map(|block| block.into_values());
    let (mut text, mut chosen) = (None, None);
    for input in inputs {
        text = text.or(input.value);
        chosen = chosen.or(input.selected_option.and_then(|option| option.value?.parse().ok()));
    }
    Act::Submit(Submission {
        control: view.callback_id.as_deref().and_then(Control::parse),
        value: view.private_metadata.and_then(|text| text.parse().ok()),
        text,
        chosen,
    })
}

fn read_slash(verified: &Verified, form: &SlashForm) -> Arrival {
    let installed = Installation {
        // A slash command names the workspace it was typed in, also where the app is installed for all of them.
        team: form.get("team_id").and_then(TeamId::parse).filter(|_| form.get("is_enterprise_install") != Some("true")),
        enterprise: form.get("enterprise_id").and_then(EnterpriseId::parse),
    };
    let Some((by, home)) = who(form.get("user_id"), form.get("team_id"), &installed) else {
        return Arrival::NotUnderstood { what: "nobody" };
    };
    Arrival::Deed(Box::new(Deed {
        by,
        home,
        installed,
        at: verified.at,
        keys: keys(verified, form.get("trigger_id").map(|id| ("trigger", id))),
        trigger: form.get("trigger_id").map(str::to_owned),
        response_url: form.get("response_url").and_then(|url| Url::parse(url).ok()).map(ResponseUrl),
        act: Act::Slash { text: unescaped(form.get("text").unwrap_or_default()) },
    }))
}

fn read_event(verified: &Verified, value: Value) -> Result<Arrival, Unreadable> {
    if value.get("type").is_some_and(|kind| kind == "block_actions" || kind == "view_submission") {
        return read_interaction(verified, value);
    }
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
    let (Some((by, home)), Some(act)) = (who(user, home, &installed), message(&event)) else {
        return Ok(Arrival::NotUnderstood { what: "event" });
    };
    Ok(Arrival::Deed(Box::new(Deed {
        by,
        home,
        installed,
        at: verified.at,
        keys: keys(verified, envelope.event_id.as_deref().map(|id| ("event", id))),
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

/// What the person typed: Slack escapes these three, and only these.
fn unescaped(text: &str) -> String {
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
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
