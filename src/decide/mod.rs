//! A click, before Slack is answered: local rules → one durable row → a receipt. Nothing remote happens here but the
//! opening of a modal, whose `trigger_id` would not wait.

mod claim;
mod details;
mod pick;
mod pushed;
mod record;

pub use pushed::{Received, Reception};

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::{FromRef, State};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use jiff::tz::TimeZone;
use serde_json::json;
use tokio_util::task::TaskTracker;

use crate::answer::{Answer, ok};
use crate::authorize::credentials::Credentials;
use crate::authorize::workspace::Workspace;
use crate::clock::Clock;
use crate::converse;
use crate::domain::card_key::ControlValue;
use crate::domain::command::parse_reason;
use crate::domain::control::{Control, input};
use crate::domain::decision::{Choice, Verb};
use crate::domain::refusal::Refusal;
use crate::domain::rules::Limits;
use crate::inbound::pushed::{NotifierGate, Pushed};
use crate::inbound::signed::{Gate, Signed};
use crate::inbound::slack::{Act, Arrival, Deed, Press, Submission};
use crate::jit::SettingsDesk;
use crate::ledger::{Ledger, LedgerError};
use crate::link::Linking;
use crate::notify::modals::Before;
use crate::notify::web_api::SlackApi;
use crate::notify::{Offer, modals};
use crate::telemetry::Metrics;

pub(crate) use record::Recorded;

/// Where deliveries are decided upon; cheap to clone.
#[derive(Clone, FromRef)]
pub struct Desk {
    /// Who is let in from Slack.
    pub gate: Gate,
    /// Who is let in from P0.
    pub notifier_gate: NotifierGate,
    /// What is needed behind the gates.
    pub tools: Tools,
}

/// What the desk works with.
#[derive(Clone)]
pub struct Tools {
    /// What is durable.
    pub ledger: Ledger,
    /// For modals, and for private lines.
    pub slack: SlackApi,
    /// Whose members may decide.
    pub workspace: Workspace,
    /// Who has an identity here.
    pub credentials: Arc<Credentials>,
    /// What is offered.
    pub offer: Arc<Offer>,
    /// What is allowed.
    pub limits: Limits,
    /// An approve that is older is not sent any more.
    pub forward_within: Duration,
    /// With what P0's settings are changed.
    pub settings: SettingsDesk,
    /// How people link their accounts, where they do.
    pub linking: Option<Linking>,
    /// Where clocks hang on which days begin and end that people name.
    pub time_zone: TimeZone,
    /// What time it is.
    pub clock: Clock,
    /// What is counted.
    pub metrics: Metrics,
    /// Private lines on their way; a stop waits for them.
    pub whispers: TaskTracker,
}

/// Slack's three doors: each takes any kind of delivery.
pub async fn slack(State(tools): State<Tools>, Signed(arrival): Signed) -> Response {
    tools.slack(arrival).await
}

/// P0's door.
pub async fn pushed(State(tools): State<Tools>, pushed: Pushed) -> Response {
    tools.take_push(pushed).await.unwrap_or_else(|error| not_recorded(&error))
}

/// What is not on disk is never answered 200: the person sees an error at the button, P0 sends again.
fn not_recorded(error: &LedgerError) -> Response {
    tracing::error!(%error, "a delivery could not be recorded");
    StatusCode::SERVICE_UNAVAILABLE.into_response()
}

impl Tools {
    /// What Slack is answered, over HTTP and over a socket. Only 200 says that it is on disk.
    pub(crate) async fn slack(&self, arrival: Arrival) -> Response {
        let answer = match arrival {
            Arrival::Handshake { challenge } => return Json(json!({ "challenge": challenge })).into_response(),
            Arrival::NotUnderstood { what } => {
                self.metrics.not_understood("slack", what);
                return StatusCode::OK.into_response();
            }
            Arrival::Departure(departure) => self.let_go(&departure).await,
            Arrival::Deed(deed) => self.act(*deed).await,
        };
        answer.unwrap_or_else(|error| not_recorded(&error))
    }

    async fn act(&self, deed: Deed) -> Answer {
        let admitted = self.workspace.admit_delivery(
            deed.installed.team.as_ref(),
            deed.installed.enterprise.as_ref(),
            deed.home.as_ref(),
        );
        if let Err(refusal) = admitted {
            // Who only looks, or speaks to others, is not spoken to.
            if let Act::Home { .. } | Act::Links { .. } = &deed.act {
                return ok();
            }
            self.metrics.choice("any", "foreign");
            return self.refuse(&deed, &refusal).await;
        }
        match &deed.act {
            Act::Press(press) => self.press(&deed, press).await,
            Act::Submit(submission) => self.submit(&deed, submission).await,
            Act::Slash { text } => converse::slash(self, &deed, text).await,
            Act::Message { text, .. } => converse::message(self, &deed, text).await,
            Act::Shortcut(shortcut) => match shortcut.control {
                Control::Settings(_) => self.show_settings(&deed).await,
                Control::Decide | Control::DecideHere => self.decide_from_shortcut(&deed, &shortcut.on).await,
                _ => ok(),
            },
            Act::Links { message, urls } => self.unfurl(message, urls).await,
            Act::Home { drawn } => self.show_home(&deed, drawn.as_deref()),
        }
    }

    async fn press(&self, deed: &Deed, press: &Press) -> Answer {
        if press.on_home {
            self.looks_at_home(deed);
        }
        match press.control {
            Some(Control::Link) => {
                // Whoever goes to P0 does something about it.
                if let Some(value) = &press.value
                    && let Some(shown) = self.ledger.shown(&value.key).await?
                {
                    self.stir(&shown.request, deed).await;
                }
                return ok();
            }
            Some(Control::LinkAccount) => return self.offer_link(deed).await,
            Some(Control::Unlink) => return self.unlink(deed).await,
            Some(Control::Away) => return self.away_pressed(deed, press).await,
            Some(Control::Back) => return self.be_back(deed).await,
            Some(Control::Settings(control)) => return self.settings_pressed(deed, control, press).await,
            Some(Control::Turn(list, turn)) => return self.turn_page(deed, list, turn),
            _ => {}
        }
        let (Some(control), Some(value)) = (press.control, &press.value) else {
            self.metrics.not_understood("slack", "control");
            return self.refuse(deed, &Refusal::OldCard).await;
        };
        let Some(shown) = self.ledger.shown(&value.key).await? else {
            self.metrics.not_understood("slack", "card_key");
            return self.refuse(deed, &Refusal::OldCard).await;
        };
        self.stir(&shown.request, deed).await;
        match (control, value.length) {
            (Control::Approve | Control::ApproveFor, Some(length)) => {
                self.choose(deed, Choice::Approve { length }, shown, false).await
            }
            (Control::TryAgain, Some(length)) => self.choose(deed, Choice::Approve { length }, shown, true).await,
            (Control::Revoke, None) => self.choose(deed, Choice::Revoke, shown, false).await,
            (Control::Deny, None) => {
                let draft = self.ledger.draft(&shown.request, &deed.by).await?;
                self.open(deed, &shown, Verb::Deny, None, |kept, _| modals::deny(kept, draft)).await
            }
            (Control::Pick, length) => self.open_picker(deed, &shown, Before { length, again: false }).await,
            (Control::PickAgain, length) => self.open_picker(deed, &shown, Before { length, again: true }).await,
            (Control::Claim, None) => self.claim(deed, press, &shown).await,
            (Control::Open, None) => self.open_request(deed, &shown.request, false).await,
            (Control::More, None) => self.details(deed, &shown.request).await,
            (Control::Show, None) => converse::show(self, deed, &shown.request).await,
            _ => {
                self.metrics.not_understood("slack", "value");
                self.refuse(deed, &Refusal::OldCard).await
            }
        }
    }

    async fn submit(&self, deed: &Deed, submission: &Submission) -> Answer {
        if let Some(Control::Settings(control)) = submission.control {
            return self.settings_submitted(deed, control, submission).await;
        }
        let shown = match &submission.value {
            Some(value) => self.ledger.shown(&value.key).await?,
            None => None,
        };
        let choice = match submission.control {
            Some(Control::Deny) => {
                Some(Choice::Deny { reason: submission.field(input::REASON).and_then(parse_reason) })
            }
            Some(Control::Pick | Control::PickAgain) => {
                let chosen: Option<ControlValue> = submission.field(input::LENGTH).and_then(|text| text.parse().ok());
                chosen.and_then(|chosen| chosen.length).map(|length| Choice::Approve { length })
            }
            _ => None,
        };
        match (shown, choice) {
            (Some(shown), Some(choice)) => {
                self.choose(deed, choice, shown, submission.control == Some(Control::PickAgain)).await
            }
            _ => {
                self.metrics.not_understood("slack", "submission");
                self.refuse(deed, &Refusal::OldCard).await
            }
        }
    }
}
