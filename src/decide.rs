//! A click, before Slack is answered: local rules → one durable row → a receipt. Nothing remote happens here but the
//! opening of a modal, whose `trigger_id` would not wait.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::{FromRef, State};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use jiff::tz::TimeZone;
use serde_json::json;
use slack_morphism::prelude::SlackView;
use tokio_util::task::TaskTracker;
use url::Url;

use crate::answer::{Answer, ok};
use crate::authorize::credentials::Credentials;
use crate::authorize::workspace::Workspace;
use crate::clock::Clock;
use crate::converse;
use crate::domain::card_key::ControlValue;
use crate::domain::command::parse_reason;
use crate::domain::control::{Control, input};
use crate::domain::decision::{Choice, Verb};
use crate::domain::expiration::ExpirationLength;
use crate::domain::refusal::Refusal;
use crate::domain::request::{Request, RequestId};
use crate::domain::rules::{self, Bounds, Limits};
use crate::domain::watch::Watch;
use crate::inbound::pushed::{NotifierGate, Pushed};
use crate::inbound::signed::{Gate, Signed};
use crate::inbound::slack::{Act, Arrival, Deed, Press, Submission};
use crate::jit::SettingsDesk;
use crate::ledger::cards::Shown;
use crate::ledger::decisions::{NewDecision, Receipt};
use crate::ledger::requests::{Kept, Taken};
use crate::ledger::watches::claims::Claimed;
use crate::ledger::{Ledger, LedgerError};
use crate::link::Linking;
use crate::notify::message::Message;
use crate::notify::modals::Before;
use crate::notify::web_api::SlackApi;
use crate::notify::{Offer, modals, wording};
use crate::standing::Standing;
use crate::telemetry::Metrics;

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

/// What became of a choice, and where its author goes on.
pub(crate) struct Recorded {
    /// What became of it.
    pub(crate) receipt: Receipt,
    /// Where the person signs in for it, while it is held.
    pub(crate) page: Option<Url>,
}

impl Recorded {
    fn only(receipt: Receipt) -> Self {
        Self { receipt, page: None }
    }
}

/// Slack's three doors: each takes any kind of delivery.
pub async fn slack(State(tools): State<Tools>, Signed(arrival): Signed) -> Response {
    match arrival {
        Arrival::Handshake { challenge } => Json(json!({ "challenge": challenge })).into_response(),
        Arrival::NotUnderstood { what } => {
            tools.metrics.not_understood("slack", what);
            StatusCode::OK.into_response()
        }
        Arrival::Departure(departure) => tools.let_go(&departure).await.unwrap_or_else(|error| not_recorded(&error)),
        Arrival::Deed(deed) => tools.act(*deed).await.unwrap_or_else(|error| not_recorded(&error)),
    }
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
    async fn take_push(&self, pushed: Pushed) -> Answer {
        let Some(push) = pushed.push else {
            if let Some(keys) = pushed.once
                && !self.ledger.first_delivery(keys).await?
            {
                self.metrics.turned_away("notifier", "token_used");
                return Ok(StatusCode::UNAUTHORIZED.into_response());
            }
            self.ledger.keep_unread(&pushed.body).await?;
            self.metrics.push("unread");
            return ok();
        };
        let id = push.id.clone();
        match self.ledger.take_push(push, self.limits.routes.clone(), pushed.once).await? {
            None => {
                self.metrics.turned_away("notifier", "token_used");
                Ok(StatusCode::UNAUTHORIZED.into_response())
            }
            Some(Taken { applied, begun }) => {
                self.metrics.push(if applied.moved {
                    "moved"
                } else if applied.changed {
                    "changed"
                } else {
                    "same"
                });
                tracing::info!(request = %id, moved = applied.moved, changed = applied.changed, "P0 told of a request");
                begun.iter().for_each(|watch| self.warn_of_route(&id, watch));
                ok()
            }
        }
    }

    /// A request that no rule was surely written for is loud: P0's fields may be elsewhere, or a rule is missing.
    fn warn_of_route(&self, request: &RequestId, watch: &Watch) {
        if !watch.is_unsure(&self.limits.routes) {
            return;
        }
        let (perhaps, missing) = (watch.perhaps.iter().map(|(route, _)| route).collect::<Vec<_>>(), watch.missing());
        if watch.is_default {
            self.metrics.watch("default_route", 1);
            tracing::warn!(%request, ?perhaps, ?missing, "no route but the default one surely takes a request");
        } else {
            self.metrics.watch("unsure_route", 1);
            tracing::warn!(%request, route = watch.route, ?perhaps, ?missing, "a request may be of other routes too");
        }
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
            return self.say(&deed, Message::sentence(refusal.to_string())).await;
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
            Some(Control::Back) => return self.be_back(deed).await,
            Some(Control::Away) => return self.away_pressed(deed, press).await,
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

    /// Notes that somebody does something about a request: whoever does is not reminded of it.
    pub(crate) async fn stir(&self, request: &RequestId, deed: &Deed) {
        if let Err(error) = self.ledger.stirred(request.clone(), deed.by.user.clone()).await {
            tracing::error!(%error, "that somebody opened a request could not be recorded");
        }
    }

    /// "I'm on it", from somebody who could decide.
    async fn claim(&self, deed: &Deed, press: &Press, shown: &Shown) -> Answer {
        let standing = self.standing(&deed.by).await?;
        let kept = self.ledger.request(&shown.request).await?;
        let approve = Choice::Approve { length: self.limits.usual };
        let request = kept.as_ref().map(|kept| &kept.request);
        let could = standing.may_decide.clone();
        // Whoever may turn out to have asked for it holds nobody else up.
        let could = could.and_then(|()| rules::check_own(&self.limits, &approve, request, &standing.names()));
        if let Err(refusal) = could {
            return self.refuse(deed, &refusal).await;
        }
        let (request, routes) = (shown.request.clone(), self.limits.routes.clone());
        let claimed = self.ledger.claim_request(deed.keys.clone(), request, deed.by.clone(), routes).await?;
        if claimed != Claimed::Repeated
            && let Some(posted) = press.message.clone()
        {
            let redraw = matches!(claimed, Claimed::Refused(_));
            self.ledger.pressed(shown.request.clone(), posted, deed.by.user.clone(), redraw).await?;
        }
        match claimed {
            Claimed::Made { until } => {
                self.metrics.watch("claimed", 1);
                tracing::info!(request = %shown.request, by = %deed.by, "somebody is on a request");
                // The card itself says so; where there is none in view, a line does.
                match press.message.is_some() || press.in_unfurl {
                    true => ok(),
                    false => self.say(deed, Message::sentence(wording::watch::you_are_on_it(until))).await,
                }
            }
            Claimed::Repeated => ok(),
            Claimed::Before => self.say(deed, Message::sentence(wording::watch::ON_IT_ALREADY)).await,
            Claimed::Refused(refusal) => self.refuse(deed, &refusal).await,
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

    /// A choice with a card behind it.
    async fn choose(&self, deed: &Deed, choice: Choice, shown: Shown, again: bool) -> Answer {
        let request = shown.request.clone();
        let (message, in_unfurl) = match &deed.act {
            Act::Press(press) => (press.message.clone(), press.in_unfurl),
            _ => (None, false),
        };
        let Recorded { receipt, page } = self.record(deed, request.clone(), choice.clone(), Some(shown), again).await?;
        let refused = matches!(receipt, Receipt::Refused(_));
        if let Some(posted) = message.clone().filter(|_| receipt != Receipt::Repeated) {
            // The choice is on disk; that its card is found again is a nicety.
            if let Err(error) = self.ledger.pressed(request.clone(), posted, deed.by.user.clone(), refused).await {
                tracing::error!(%error, "where a card was pressed could not be recorded");
            }
        }
        match receipt {
            Receipt::Repeated => ok(),
            // What lies below shows the request as it was.
            Receipt::Recorded if matches!(&deed.act, Act::Submit(submission) if submission.is_upon_another) => {
                Ok(Json(json!({ "response_action": "clear" })).into_response())
            }
            // The card itself says what was recorded; where there is none in view, a line does.
            Receipt::Recorded if message.is_some() || in_unfurl || matches!(deed.act, Act::Submit(_)) => ok(),
            Receipt::Recorded => self.say(deed, Message::sentence(wording::recorded(&request, &choice))).await,
            Receipt::Held => self.ask_to_sign_in(deed, &choice, page).await,
            Receipt::Waiting => self.say(deed, Message::sentence(wording::waiting(&request, choice.verb()))).await,
            Receipt::Refused(Refusal::NotRestated) => {
                self.restate(deed, &request, Before { length: choice.length(), again }).await
            }
            Receipt::Refused(refusal) => self.refuse_choice(deed, &request, &refusal).await,
        }
    }

    /// Records a choice: the one durable row that stands before Slack hears 200.
    pub(crate) async fn record(
        &self,
        deed: &Deed,
        request: RequestId,
        choice: Choice,
        shown: Option<Shown>,
        again: bool,
    ) -> Result<Recorded, LedgerError> {
        let verb = choice.verb();
        let standing = self.standing(&deed.by).await?;
        let kept = self.ledger.request(&request).await?;
        let bounds = self.bounds(kept.as_ref().map(|kept| &kept.request), choice.length()).await?;
        let refused = match (&shown, &standing.may_decide) {
            (None, Err(_)) => self.may_not_type(deed, &request, &bounds, verb).await?,
            _ => rules::check_place(&bounds.demands, verb).err(),
        };
        if let Some(refusal) = refused.or_else(|| standing.may_decide.clone().err()) {
            self.metrics.choice(verb.as_str(), "refused");
            return Ok(Recorded::only(Receipt::Refused(refusal)));
        }
        if let Err(refusal) = self.own_request(&standing, kept.as_ref(), &choice) {
            self.metrics.choice(verb.as_str(), "refused");
            return Ok(Recorded::only(Receipt::Refused(refusal)));
        }
        let deadline = choice.deadline(deed.at, self.forward_within);
        let in_view = match &deed.act {
            Act::Press(press) => press.message.is_some() || press.in_unfurl,
            Act::Submit(submission) => submission.control == Some(Control::Deny) && !submission.is_upon_another,
            Act::Slash { .. } | Act::Message { .. } | Act::Shortcut(_) | Act::Links { .. } | Act::Home { .. } => false,
        };
        let picked = match &deed.act {
            Act::Press(press) => press.control == Some(Control::ApproveFor),
            // A length that the person had named before they saw the list need not stand in it.
            Act::Submit(submission) => submission.value.as_ref().and_then(|value| value.length) != choice.length(),
            Act::Slash { .. } | Act::Message { .. } | Act::Shortcut(_) | Act::Links { .. } | Act::Home { .. } => false,
        };
        let restated = match &deed.act {
            Act::Submit(submission) => matches!(submission.control, Some(Control::Pick | Control::PickAgain)),
            _ => false,
        };
        let proof = self.linking.as_ref().and_then(Linking::proof_page);
        let new = NewDecision {
            request: request.clone(),
            by: deed.by.clone(),
            choice,
            shown,
            picked,
            restated,
            again,
            aloud: !in_view,
            chosen: deed.at,
            deadline,
            link: standing.link.as_ref().map(|link| link.id),
            ticket: proof.as_ref().map(|(ticket, _)| ticket.fingerprint()),
        };
        let receipt = self.ledger.record(deed.keys.clone(), new, self.limits.clone()).await?;
        let name = match &receipt {
            Receipt::Recorded => "recorded",
            Receipt::Held => "held",
            Receipt::Waiting => "waiting",
            Receipt::Repeated => "repeated",
            Receipt::Refused(_) => "refused",
        };
        self.metrics.choice(verb.as_str(), name);
        tracing::info!(%request, by = %deed.by, verb = verb.as_str(), receipt = name, "somebody chose");
        let page = proof.map(|(_, page)| page).filter(|_| receipt == Receipt::Held);
        Ok(Recorded { receipt, page })
    }

    /// What can be told of one's own request before Slack is asked; the rest is asked again when it is sent.
    fn own_request(&self, standing: &Standing, kept: Option<&Kept>, choice: &Choice) -> Result<(), Refusal> {
        let (Some(_), Some(kept)) = (&standing.identity, kept) else { return Ok(()) };
        rules::check_own(&self.limits, choice, Some(&kept.request), &standing.names())
    }

    /// What a choice about a request is held against now; `None`: P0 never told of it.
    pub(crate) async fn bounds(
        &self,
        request: Option<&Request>,
        chosen: Option<ExpirationLength>,
    ) -> Result<Bounds, LedgerError> {
        let (limits, lengths) = (&self.limits, self.ledger.lengths().await?);
        Ok(Bounds::of(&limits.routes, limits.usual, lengths, request, chosen, self.clock.now()))
    }

    /// Opens the modal with a picker, if an approve could still be chosen.
    async fn open_picker(&self, deed: &Deed, shown: &Shown, before: Before) -> Answer {
        self.open(deed, shown, Verb::Approve, before.length, |kept, bounds| modals::pick(bounds, kept, before)).await
    }

    /// Opens a modal for a choice, if it could still be made; `chosen` is the length that was named before.
    async fn open(
        &self,
        deed: &Deed,
        shown: &Shown,
        verb: Verb,
        chosen: Option<ExpirationLength>,
        view: impl FnOnce(&Kept, &Bounds) -> SlackView,
    ) -> Answer {
        if let Err(refusal) = self.standing(&deed.by).await?.may_decide {
            return self.refuse(deed, &refusal).await;
        }
        let Some(kept) = self.ledger.request(&shown.request).await? else {
            return self.refuse(deed, &Refusal::OldCard).await;
        };
        let bounds = self.bounds(Some(&kept.request), chosen).await?;
        if let Err(refusal) = self.may_choose(deed, &shown.request, &bounds, verb).await? {
            return self.refuse_choice(deed, &shown.request, &refusal).await;
        }
        let fitting = chosen.filter(|chosen| *chosen <= bounds.lengths.maximum);
        let choice = match verb {
            Verb::Approve => Choice::Approve { length: fitting.unwrap_or(bounds.usual) },
            Verb::Deny => Choice::Deny { reason: None },
            Verb::Revoke => Choice::Revoke,
        };
        let basis = shown.clone().into_basis();
        // Whether an earlier approve is open is asked when the choice is recorded.
        if let Err(refusal) = rules::check(&self.limits, &bounds, &choice, &basis, Some(&kept.request), None, None) {
            if let Act::Press(Press { message: Some(posted), .. }) = &deed.act {
                self.ledger.pressed(shown.request.clone(), posted.clone(), deed.by.user.clone(), true).await?;
            }
            return self.refuse(deed, &refusal).await;
        }
        self.open_view(deed, &view(&kept, &bounds)).await
    }

    /// Whether such a choice is taken from Slack, and from this person. It is asked again when it is recorded.
    pub(crate) async fn may_choose(
        &self,
        deed: &Deed,
        request: &RequestId,
        bounds: &Bounds,
        verb: Verb,
    ) -> Result<Result<(), Refusal>, LedgerError> {
        let named = self.ledger.named(request, &deed.by.user).await?;
        Ok(rules::check_place(&bounds.demands, verb).and_then(|()| rules::check_named(&bounds.demands, verb, &named)))
    }

    /// Why a choice about a request that the person names is not taken from Slack, or not from them. Who may not read of a
    /// request does not hear how it is decided, unless linking an account is all that they lack: nobody is sent to do that
    /// for what it would not help.
    pub(crate) async fn may_not_type(
        &self,
        deed: &Deed,
        request: &RequestId,
        bounds: &Bounds,
        verb: Verb,
    ) -> Result<Option<Refusal>, LedgerError> {
        let hidden = self.may_not_read(deed, request).await?;
        Ok(match hidden {
            None | Some(Refusal::NotLinked) => rules::check_place(&bounds.demands, verb).err().or(hidden),
            refusal => refusal,
        })
    }

    /// An approve that counts only where everything is restated: it goes on there, with what was chosen in it.
    pub(crate) async fn restate(&self, deed: &Deed, request: &RequestId, before: Before) -> Answer {
        let Some(kept) = self.ledger.request(request).await? else {
            return self.refuse(deed, &Refusal::NotRestated).await;
        };
        let bounds = self.bounds(Some(&kept.request), before.length).await?;
        self.open_after(deed, &modals::pick(&bounds, &kept, before)).await
    }

    async fn details(&self, deed: &Deed, request: &RequestId) -> Answer {
        if let Some(refusal) = self.may_not_read(deed, request).await? {
            return self.refuse(deed, &refusal).await;
        }
        match self.ledger.card(request).await? {
            Some(card) => self.open_view(deed, &modals::details(&self.offer, &card, self.clock.now())).await,
            None => self.refuse(deed, &Refusal::OldCard).await,
        }
    }

    /// Why the person may not read of the request; `None` where they have an identity here, were told of it, or have
    /// chosen something for it.
    pub(crate) async fn may_not_read(&self, deed: &Deed, request: &RequestId) -> Result<Option<Refusal>, LedgerError> {
        let standing = self.standing(&deed.by).await?;
        let may = standing.may_read
            || self.ledger.was_told(request, &deed.by.user).await?
            || self.ledger.has_chosen(request, &deed.by).await?;
        Ok(if may { None } else { Some(standing.may_decide.err().unwrap_or(Refusal::NoIdentity)) })
    }
}
