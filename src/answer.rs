//! How a person is answered, privately: in the answer to Slack where there is room for it, else through the
//! `response_url`, else in a direct message.

use std::time::Duration;

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde_json::{Value, json};
use slack_morphism::prelude::SlackView;
use tokio::time::timeout;

use crate::decide::Tools;
use crate::domain::refusal::Refusal;
use crate::domain::request::RequestId;
use crate::inbound::slack::{Act, Deed, ResponseUrl};
use crate::ledger::LedgerError;
use crate::ledger::audit::{Click, rule};
use crate::ledger::notices::Notice;
use crate::notify::message::Message;
use crate::notify::{modals, replies, wording};

/// How long a refusal waits until it is evidence: Slack waits 3 s for its answer, and the person for theirs.
const NOTED_WITHIN: Duration = Duration::from_millis(1500);

/// What Slack hears; an error is what could not be recorded.
pub(crate) type Answer = Result<Response, LedgerError>;

pub(crate) fn ok() -> Answer {
    Ok(StatusCode::OK.into_response())
}

impl Tools {
    /// Opens a modal, once for each delivery; its `trigger_id` would not wait until Slack is answered.
    pub(crate) async fn open_view(&self, deed: &Deed, view: &SlackView) -> Answer {
        match self.opens(deed, view).await? {
            Some(false) => self.whisper(deed, Message::sentence(wording::NOT_OPENED)),
            Some(true) | None => ok(),
        }
    }

    /// Opens a modal, and puts a message in the place of the one that was pressed. Where Slack does not open it, what was
    /// pressed stays.
    pub(crate) async fn open_view_instead(&self, deed: &Deed, view: &SlackView, message: Message) -> Answer {
        match self.opens(deed, view).await? {
            Some(true) => self.replace(deed, message).await,
            Some(false) => self.whisper(deed, Message::sentence(wording::NOT_OPENED)),
            None => ok(),
        }
    }

    /// Opens a modal for a delivery that was taken in just now.
    pub(crate) async fn open_after(&self, deed: &Deed, view: &SlackView) -> Answer {
        match self.is_opened(deed, view).await {
            true => ok(),
            false => self.whisper(deed, Message::sentence(wording::NOT_OPENED)),
        }
    }

    /// Whether a modal was opened; `None` where this very delivery was taken in before.
    async fn opens(&self, deed: &Deed, view: &SlackView) -> Result<Option<bool>, LedgerError> {
        if !self.ledger.first_delivery(deed.keys.clone()).await? {
            return Ok(None);
        }
        Ok(Some(self.is_opened(deed, view).await))
    }

    async fn is_opened(&self, deed: &Deed, view: &SlackView) -> bool {
        let upon_another = matches!(&deed.act, Act::Press(press) if press.in_modal);
        match &deed.trigger {
            Some(trigger) if upon_another => self.slack.push_view(trigger, view).await.is_ok(),
            Some(trigger) => self.slack.open_view(trigger, view).await.is_ok(),
            None => false,
        }
    }

    /// Does not do something: that becomes evidence, and the person hears why.
    pub(crate) async fn refuse(&self, deed: &Deed, refusal: &Refusal) -> Answer {
        self.note_refused(deed, None, json!(refusal)).await;
        self.say_refused(deed, None, refusal).await
    }

    /// The same about a request that no card names.
    pub(crate) async fn refuse_choice(&self, deed: &Deed, request: &RequestId, refusal: &Refusal) -> Answer {
        self.note_refused(deed, Some(request.clone()), json!(refusal)).await;
        self.say_refused(deed, Some(request), refusal).await
    }

    /// Has a refused click become evidence. Where it cannot be written, the person hears the refusal all the same: it is
    /// true, and nothing was done. The log then says what the ledger could not.
    pub(crate) async fn note_refused(&self, deed: &Deed, request: Option<RequestId>, refusal: Value) {
        self.note_click(deed, Click::of(deed), request, refusal).await;
    }

    /// The same of a click of which more is known than the deed tells.
    pub(crate) async fn note_click(&self, deed: &Deed, click: Click, request: Option<RequestId>, refusal: Value) {
        let noting = self.ledger.note_refused(deed.keys.clone(), click, request.clone(), refusal.clone());
        let why_not = match timeout(NOTED_WITHIN, noting).await {
            Ok(Ok(())) => return,
            Ok(Err(error)) => error.to_string(),
            Err(_) => "the ledger did not answer in time".to_owned(),
        };
        let (request, rule) = (request.as_ref().map(tracing::field::display), rule(&refusal).and_then(Value::as_str));
        tracing::error!(why_not, by = %deed.by, request, rule, "a refused click could not become evidence");
        self.metrics.choice("any", "no_evidence");
    }

    /// Says why something is not done, with the way to where it can be.
    pub(crate) async fn say_refused(&self, deed: &Deed, request: Option<&RequestId>, refusal: &Refusal) -> Answer {
        match (refusal, request) {
            (Refusal::NotFromChat, Some(request)) => self.say(deed, replies::not_from_chat(&self.offer, request)).await,
            (Refusal::NotLinked | Refusal::LinkEnded, _) => self.refuse_unlinked(deed, refusal).await,
            _ => self.say(deed, Message::sentence(refusal.to_string())).await,
        }
    }

    /// Answers privately, once for each delivery, wherever the person is.
    pub(crate) async fn say(&self, deed: &Deed, message: Message) -> Answer {
        match &deed.act {
            Act::Message { channel, thread, .. } => {
                let notice = Notice::Answer {
                    channel: channel.clone(),
                    thread: thread.clone(),
                    user: deed.by.user.clone(),
                    message: serde_json::to_value(message).unwrap_or(Value::Null),
                };
                self.ledger.answer_once(deed.keys.clone(), notice).await?;
                ok()
            }
            _ => self.whisper(deed, message),
        }
    }

    /// Answers a press by putting a message in the place of the one that was pressed.
    pub(crate) async fn replace(&self, deed: &Deed, message: Message) -> Answer {
        let answer = message.clone().into_replacement();
        self.spawn_answer(deed, message, answer);
        ok()
    }

    fn whisper(&self, deed: &Deed, message: Message) -> Answer {
        match &deed.act {
            Act::Slash { .. } => Ok(Json(message.into_private()).into_response()),
            Act::Submit(_) => {
                Ok(Json(json!({ "response_action": "update", "view": modals::said(message) })).into_response())
            }
            Act::Press(_) | Act::Message { .. } | Act::Shortcut(_) | Act::Links { .. } | Act::Home { .. } => {
                let answer = message.clone().into_private();
                self.spawn_answer(deed, message, answer);
                ok()
            }
        }
    }

    /// Answers upon the modal that was pressed, else through the `response_url`, once Slack has its 200; where that cannot be, a direct message says it.
    fn spawn_answer(&self, deed: &Deed, message: Message, answer: Value) {
        let tools = self.clone();
        let (url, keys, user) = (deed.response_url.clone(), deed.keys.of_effect("line"), deed.by.user.clone());
        let said = deed.keys.of_effect("said");
        let in_modal = matches!(&deed.act, Act::Press(press) if press.in_modal);
        let upon_modal = deed.trigger.clone().filter(|_| in_modal);
        self.whispers.spawn(async move {
            // Replayed bytes say nothing twice; where the ledger cannot tell, it is said.
            if matches!(tools.ledger.first_delivery(said).await, Ok(false)) {
                return;
            }
            // A modal covers what is said anywhere else.
            if let Some(trigger) = upon_modal
                && tools.slack.push_view(&trigger, &modals::said(message.clone())).await.is_ok()
            {
                return;
            }
            if let Some(ResponseUrl(url)) = url
                && tools.slack.respond(&url, &answer).await.is_ok()
            {
                return;
            }
            let message = serde_json::to_value(message).unwrap_or(Value::Null);
            let told = tools.ledger.answer_once(keys, Notice::Line { user, message }).await;
            if let Err(error) = told {
                tracing::error!(%error, "somebody could not be told");
            }
        });
    }
}
