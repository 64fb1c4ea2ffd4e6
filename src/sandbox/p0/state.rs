//! All that this P0 remembers, and the moves of its requests.

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde_json::{Value, json};

use super::bearer::{Caller, Credentials};
use super::calls::Call;
use super::discovery::SignOn;
use super::duration_option::Labels;
use super::notifier::Push;
use super::permission_api::Decision;
use super::requests::AccessRequest;
use super::route::Verb;
use super::settings_api::Settings;
use super::variants::{LengthAnswer, OwnList, ResetAnswer, SuccessBody, Undocumented};
use crate::sandbox::wire::Script;

/// What may differ from one P0 to the next, or is not published.
#[derive(Clone, Debug, Default)]
pub struct Behaviour {
    /// Whether requesters and principals may approve their own requests; `PUT default-approvals` changes it too.
    pub one_party: bool,
    /// The body of a decision's 200.
    pub success_body: SuccessBody,
    /// The fate of the undocumented settings.
    pub undocumented_settings: Undocumented,
    /// How the labels of expiry options are computed.
    pub labels: Labels,
    /// How lengths answer that are set.
    pub length_answer: LengthAnswer,
    /// What a reset tells.
    pub reset_answer: ResetAnswer,
    /// What a reset restores.
    pub own_list: OwnList,
    /// Where discovery says that the organisation's API is, for those that have it elsewhere.
    pub app_url: Option<String>,
    /// How discovery says that the organisation's people log in.
    pub sign_on: SignOn,
}

/// Which calls a scripted fault is for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum FaultTarget {
    /// All of them.
    Every,
    /// Those that want this.
    Verb(Verb),
    /// Those that carry this person's authority.
    Person(String),
}

impl FaultTarget {
    /// Whether it is for a call that wants `verb` on the authority of `caller`.
    pub(super) fn meets(&self, verb: Option<Verb>, caller: &Caller) -> bool {
        match self {
            Self::Every => true,
            Self::Verb(target) => verb == Some(*target),
            Self::Person(email) => caller.identity.as_deref() == Ok(email.as_str()),
        }
    }
}

impl From<Option<Verb>> for FaultTarget {
    fn from(verb: Option<Verb>) -> Self {
        verb.map_or(Self::Every, Self::Verb)
    }
}

/// One attempt to push something to the bot.
#[derive(Clone, Debug, Serialize)]
pub struct PushAttempt {
    /// When it was sent, by the stand-in's clock.
    pub at: Timestamp,
    /// The `eventType`.
    pub event: String,
    /// The request it was about, where it was about one.
    pub request_id: Option<String>,
    /// What the bot answered; `None` where no answer came.
    pub status: Option<u16>,
}

/// What lies behind the lock.
pub(super) struct State {
    pub(super) requests: Vec<AccessRequest>,
    pub(super) settings: Settings,
    pub(super) behaviour: Behaviour,
    pub(super) credentials: Credentials,
    /// By verb; `None` meets every call.
    pub(super) faults: Script<FaultTarget>,
    pub(super) calls: Vec<Call>,
    pub(super) pushes: Vec<PushAttempt>,
    /// The bot's base URL, without a slash at its end.
    pub(super) bot: Option<String>,
    pub(super) auto_push: bool,
    /// Pushes that moves have caused and that nobody has taken to the sender yet.
    pub(super) outbox: Vec<Push>,
    /// Whether those are kept back for now.
    pub(super) held: bool,
    /// The `eventType` of a request's pushes.
    pub(super) event: String,
}

impl State {
    /// Adds a request; one with the same id is replaced.
    pub(super) fn add(&mut self, request: AccessRequest) {
        self.requests.retain(|existing| existing.id != request.id);
        let id = request.id.clone();
        self.requests.push(request);
        self.announce(&id);
    }

    /// A request by its id.
    pub(super) fn request(&self, id: &str) -> Option<&AccessRequest> {
        self.requests.iter().find(|request| request.id == id)
    }

    /// Moves a request if it is there and `may` move, and announces it. Says whether it moved.
    pub(super) fn advance(
        &mut self,
        id: &str,
        may: impl FnOnce(&AccessRequest) -> bool,
        step: impl FnOnce(&mut AccessRequest),
    ) -> bool {
        let Some(request) = self.requests.iter_mut().find(|request| request.id == id) else {
            return false;
        };
        if !may(request) {
            return false;
        }
        step(request);
        self.announce(id);
        true
    }

    /// Carries out a decision that was found permitted.
    pub(super) fn apply(&mut self, decision: &Decision<'_>, granted_for: Option<SignedDuration>) {
        let now = decision.now.as_millisecond();
        let identity = decision.caller.identity.clone().unwrap_or_default();
        self.advance(
            decision.id,
            |_| true,
            |request| match decision.verb {
                Verb::Approve => request.approve("api", &identity, &identity, granted_for, now),
                Verb::Deny => request.move_to("DENIED", now),
                _ => request.move_to("REVOKE_SUBMITTED", now),
            },
        );
    }

    /// The push that tells of a request as it is now.
    pub(super) fn push_of(&self, id: &str) -> Option<Push> {
        let request = self.request(id)?;
        let body = json!({ "eventType": self.event, "data": request.to_json() });
        Some(Push { event: self.event.clone(), request_id: Some(id.to_owned()), body: body.to_string().into_bytes() })
    }

    fn announce(&mut self, id: &str) {
        if self.auto_push
            && self.bot.is_some()
            && let Some(push) = self.push_of(id)
        {
            self.outbox.push(push);
        }
    }

    /// Everything that a page may show: no token, no key.
    pub(super) fn to_json(&self) -> Value {
        json!({
            "requests": self.requests.iter().map(AccessRequest::to_json).collect::<Vec<_>>(),
            "settings": self.settings,
            "faults": self.faults,
            "calls": self.calls,
            "pushes": self.pushes,
            "autoPush": self.auto_push,
            "onePartyAllowed": self.behaviour.one_party,
        })
    }
}
