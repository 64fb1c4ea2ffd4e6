//! The courier: brings cards and notices to Slack, at Slack's pace, until every copy shows what the ledger says.
//!
//! In each round new cards go first, then outcomes and the cards of changed settings, then redraws. A redraw draws the newest state, so several are one.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::future::join_all;
use jiff::Timestamp;
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::Offer;
use super::copies::{Behind, Place, Shows};
use super::pace::{Method, Pace};
use super::web_api::{SlackApi, SlackFailure};
use crate::clock::Clock;
use crate::domain::person::{ChannelId, UserId};
use crate::forward::retry;
use crate::ledger::errands::{Brought, Errand as Right};
use crate::ledger::notices::{Notice, Waiting};
use crate::ledger::{Ledger, LedgerError};

/// Rows that one look at the ledger brings.
const LOOK: u32 = 200;
/// Errands that are under way at one time.
const AT_ONCE: usize = 12;
/// Of these, redraws: however slow Slack is with them, a new card does not wait behind them.
const REDRAWS_AT_ONCE: usize = 6;
/// Posts of one card whose answer was lost, before it is posted once an hour only: each may be one more copy.
const LOST_POSTS: u32 = 3;
/// Refusals in a row after which a thing is tried once an hour only.
const PATIENT_AFTER: u32 = 10;
const AN_HOUR: Duration = Duration::from_secs(60 * 60);
/// How often the ledger is looked at when nobody wakes the courier.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// The shortest time between two looks: what changes meanwhile is seen by one.
const BREATH: Duration = Duration::from_millis(50);
/// Tries of a notice, half a minute apart at the end: more than a day.
const MOST_TRIES: u32 = 4000;

/// Brings things to Slack; cheap to clone.
#[derive(Clone)]
pub struct Courier {
    pub(super) ledger: Ledger,
    pub(super) slack: SlackApi,
    pub(super) offer: Arc<Offer>,
    pub(super) clock: Clock,
    pub(super) state: Arc<Mutex<State>>,
}

#[derive(Default)]
pub(super) struct State {
    pub(super) pace: Pace,
    under_way: HashSet<Errand>,
    pub(super) shared: HashMap<ChannelId, (Timestamp, Option<bool>)>,
    pub(super) direct: HashMap<UserId, ChannelId>,
}

/// One thing to bring.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Errand {
    Post(i64),
    Redraw(i64),
    Notice(i64),
}

enum Load {
    Copy(Behind),
    Notice(Waiting),
}

/// An errand is under way for as long as this lives, however it ends.
struct UnderWay {
    errand: Errand,
    state: Arc<Mutex<State>>,
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        locked(&self.state).under_way.remove(&self.errand);
    }
}

pub(super) fn locked(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Who a requester is in Slack is not known before they are looked up: all of them share one pace.
const REQUESTERS: &str = "requesters";

/// Why an errand is not done.
pub(super) enum Undone {
    /// Slack did not take it.
    Slack(Method, SlackFailure),
    /// What has to be there first is not there yet.
    NotYet,
    /// It can never be brought, for this reason.
    Never(String),
    Ledger(LedgerError),
}

impl From<LedgerError> for Undone {
    fn from(error: LedgerError) -> Self {
        Self::Ledger(error)
    }
}

impl Courier {
    /// A courier with a pace of its own.
    pub fn new(ledger: Ledger, slack: SlackApi, offer: Arc<Offer>, clock: Clock) -> Self {
        Self { ledger, slack, offer, clock, state: Arc::default() }
    }

    /// Brings things until it is told to stop; then finishes what is under way.
    pub async fn run(self, stop: CancellationToken) {
        let mut changes = self.ledger.changes();
        let mut under_way = JoinSet::new();
        loop {
            changes.mark_unchanged();
            let next_look = Instant::now() + BREATH;
            let room = AT_ONCE.saturating_sub(under_way.len());
            for (going, load) in self.take(room).await {
                let courier = self.clone();
                under_way.spawn(async move { courier.bring(going, load).await });
            }
            tokio::select! {
                biased;
                () = stop.cancelled() => break,
                Some(ended) = under_way.join_next() => {
                    if ended.is_err_and(|error| error.is_panic()) {
                        tracing::error!("bringing something to Slack panicked");
                    }
                }
                _ = changes.changed() => tokio::time::sleep_until(next_look).await,
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
        }
        while under_way.join_next().await.is_some() {}
    }

    /// Does all that may be done now and says how much that was; for stories that are told step by step.
    pub async fn step(&self) -> usize {
        let errands = self.take(usize::MAX).await;
        let count = errands.len();
        join_all(errands.into_iter().map(|(going, load)| self.bring(going, load))).await;
        count
    }

    /// Whether anything waits to be brought, now or later.
    ///
    /// # Errors
    /// Where the ledger cannot be read.
    pub async fn is_behind(&self) -> Result<bool, LedgerError> {
        Ok(!self.ledger.stale_copies(1).await?.is_empty()
            || !self.ledger.stale_settings_copies(1).await?.is_empty()
            || !self.ledger.due_notices(1).await?.is_empty())
    }

    async fn take(&self, most: usize) -> Vec<(UnderWay, Load)> {
        // What ends while the ledger is being read still looks as if it had to be done.
        let before = locked(&self.state).under_way.clone();
        let (copies, notices) = match self.waiting().await {
            Ok(waiting) => waiting,
            Err(error) => {
                tracing::error!(%error, "the courier cannot read the ledger");
                return Vec::new();
            }
        };
        let (new, behind): (Vec<_>, Vec<_>) = copies.into_iter().partition(|copy| copy.posted.is_none());
        let (new, settings): (Vec<_>, Vec<_>) =
            new.into_iter().partition(|copy| matches!(copy.shows, Shows::Request(..)));
        let post = |copy: Behind| (Method::Post, target_of_copy(&copy.shows), Load::Copy(copy));
        let notices = notices.into_iter().map(|waiting| {
            let (method, target) = target_of_notice(&waiting);
            (method, target, Load::Notice(waiting))
        });
        let settings = settings.into_iter().map(post);
        let behind = behind.into_iter().map(|copy| (Method::Update, target_of_copy(&copy.shows), Load::Copy(copy)));
        let now = self.clock.now();
        let mut state = locked(&self.state);
        state.pace.after_clock_step(now);
        let mut redraws = before.iter().filter(|errand| matches!(errand, Errand::Redraw(_))).count();
        let mut taken = Vec::new();
        for (method, target, load) in new.into_iter().map(post).chain(settings).chain(notices).chain(behind) {
            let errand = match &load {
                Load::Copy(copy) if copy.posted.is_some() => Errand::Redraw(copy.id),
                Load::Copy(copy) => Errand::Post(copy.id),
                Load::Notice(waiting) => Errand::Notice(waiting.id),
            };
            if taken.len() >= most || (method == Method::Update && redraws >= REDRAWS_AT_ONCE.min(most)) {
                break;
            }
            let busy = before.contains(&errand) || state.under_way.contains(&errand);
            if busy || state.pace.next(method, &target) > now {
                continue;
            }
            redraws += usize::from(method == Method::Update);
            state.pace.spend(method, &target, now);
            state.under_way.insert(errand.clone());
            taken.push((UnderWay { errand, state: self.state.clone() }, load));
        }
        taken
    }

    async fn waiting(&self) -> Result<(Vec<Behind>, Vec<Waiting>), LedgerError> {
        // Changes of settings are few: their redraws wait behind nobody's.
        let settings = self.ledger.stale_settings_copies(LOOK).await?.into_iter().map(Behind::from);
        let requests = self.ledger.stale_copies(LOOK).await?.into_iter().map(Behind::from);
        Ok((settings.chain(requests).collect(), self.ledger.due_notices(LOOK).await?))
    }

    async fn bring(&self, going: UnderWay, load: Load) {
        if let Err(error) = self.bring_once(load).await {
            tracing::error!(%error, "what Slack was told could not be written down");
            // The ledger has troubles: nobody is served by trying at once.
            tokio::time::sleep(LOOK_EVERY).await;
        }
        drop(going);
    }

    /// Brings something, unless another replica does.
    async fn bring_once(&self, load: Load) -> Result<(), LedgerError> {
        let what = match &load {
            Load::Copy(copy) => copy.brought(),
            Load::Notice(waiting) => Brought::Notice(waiting.id),
        };
        let Some(right) = self.ledger.begin_errand(what).await? else { return Ok(()) };
        let ended = match load {
            Load::Copy(copy) => {
                let undone = self.bring_copy(&copy, &right).await.err();
                self.end_copy(&copy, right.clone(), undone).await
            }
            Load::Notice(waiting) => {
                let undone = self.bring_notice(&waiting).await.err();
                self.end_notice(&waiting, right.clone(), undone).await
            }
        };
        if ended.is_err() {
            // What could not be written down is tried again by whoever comes first.
            self.ledger.end_errand(right).await?;
        }
        ended
    }

    async fn end_copy(&self, copy: &Behind, right: Right, undone: Option<Undone>) -> Result<(), LedgerError> {
        let why = match undone {
            None => return Ok(()),
            Some(Undone::Ledger(error)) => return Err(error),
            Some(Undone::NotYet) => return self.copy_waits(copy, right, self.later(copy.attempts), false).await,
            Some(Undone::Never(why)) => why,
            Some(Undone::Slack(method, failure)) => match self.due_after(method, &failure, copy.attempts) {
                Some(due) => {
                    let lost = method == Method::Post && failure == SlackFailure::Lost;
                    let due = if lost && copy.lost + 1 >= LOST_POSTS {
                        tracing::error!(of = %copy.shows, "Slack keeps losing the answer to a card; there may be several copies");
                        due.max(self.clock.now() + AN_HOUR)
                    } else {
                        due
                    };
                    return self.copy_waits(copy, right, due, lost).await;
                }
                None => failure.to_string(),
            },
        };
        tracing::warn!(of = %copy.shows, why, "a copy of a card is given up");
        self.copy_gone(copy, right).await
    }

    async fn end_notice(&self, waiting: &Waiting, right: Right, undone: Option<Undone>) -> Result<(), LedgerError> {
        let why = match undone {
            None => return self.ledger.notice_ended(right).await,
            Some(Undone::Ledger(error)) => return Err(error),
            Some(Undone::NotYet) => return self.ledger.notice_waits(right, self.later(waiting.attempts)).await,
            Some(Undone::Never(why)) => why,
            Some(Undone::Slack(method, failure)) => match self.due_after(method, &failure, waiting.attempts) {
                Some(due) if waiting.attempts < MOST_TRIES => return self.ledger.notice_waits(right, due).await,
                _ => failure.to_string(),
            },
        };
        tracing::warn!(notice = waiting.id, why, "somebody could not be told");
        self.ledger.notice_ended(right).await
    }

    /// Takes a failure in: a 429 silences its method in the whole workspace. Says when to try again; `None` where
    /// Slack's no is final.
    fn due_after(&self, method: Method, failure: &SlackFailure, attempts: u32) -> Option<Timestamp> {
        match failure {
            SlackFailure::Busy { retry_after } => {
                Some(locked(&self.state).pace.silence(method, self.clock.now(), *retry_after))
            }
            SlackFailure::Lost | SlackFailure::NotSent => Some(self.later(attempts)),
            SlackFailure::Refused(code) if is_final(code) => None,
            SlackFailure::Refused(code) => {
                tracing::error!(code, "Slack refuses what an operator can mend: it is tried again");
                // What is known of conversations may be what is wrong.
                locked(&self.state).direct.clear();
                let patient = attempts >= PATIENT_AFTER;
                Some(if patient { self.clock.now() + AN_HOUR } else { self.later(attempts.saturating_add(4)) })
            }
        }
    }

    pub(super) fn later(&self, attempts: u32) -> Timestamp {
        self.clock.now() + retry::wait(attempts.saturating_add(1), None)
    }
}

fn target_of_copy(shows: &Shows) -> String {
    match shows.place() {
        Place::Channel(channel) => channel.as_str().to_owned(),
        Place::Direct(user) => user.as_str().to_owned(),
        Place::Requester => REQUESTERS.to_owned(),
    }
}

fn target_of_notice(waiting: &Waiting) -> (Method, String) {
    match &waiting.notice {
        Notice::Outcome { user, .. }
        | Notice::Linked { user, .. }
        | Notice::LinkEnded { user, .. }
        | Notice::NotLinked { user, .. }
        | Notice::AccountTaken { user, .. }
        | Notice::NotAgreed { user, .. }
        | Notice::Reminder { user, .. }
        | Notice::StandIn { user, .. }
        | Notice::StandInOver { user, .. }
        | Notice::DeviceCode { user, .. } => (Method::Post, user.as_str().to_owned()),
        Notice::Revoked { .. } | Notice::News { .. } | Notice::EndsSoon { .. } => (Method::Post, REQUESTERS.to_owned()),
        Notice::Line { user, .. } => (Method::Post, user.as_str().to_owned()),
        Notice::ShowOwn { user, .. } => (Method::PostPrivate, user.as_str().to_owned()),
        Notice::Answer { channel, .. } if channel.as_str().starts_with('D') => {
            (Method::Post, channel.as_str().to_owned())
        }
        Notice::Answer { channel, .. } => (Method::PostPrivate, channel.as_str().to_owned()),
    }
}

/// What no operator can mend: the message or the person is gone.
fn is_final(code: &str) -> bool {
    const GONE: [&str; 10] = [
        "message_not_found",
        "cannot_find_message",
        "cannot_unfurl_message",
        "cannot_unfurl_url",
        "cant_update_message",
        "edit_window_closed",
        "user_not_found",
        "user_disabled",
        "users_not_found",
        "cannot_dm_bot",
    ];
    GONE.contains(&code)
}
