//! Who people of a source are in Slack.

use std::collections::{BTreeMap, HashMap};
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;

use super::shift::Who;
use crate::authorize::directory::{Directory, Person, Unavailable};
use crate::authorize::workspace::Workspace;
use crate::clock::Clock;
use crate::config::OnCall;
use crate::domain::person::{Email, SlackUser, UserId, folded};

/// How long an answer of Slack's is awaited.
const ANSWERS_WITHIN: Duration = Duration::from_secs(2);
/// How long Slack is believed that somebody is there; that nobody is, for a minute.
const THERE_FOR: Duration = Duration::from_secs(10 * 60);
const GONE_FOR: Duration = Duration::from_secs(60);
/// How long it is not asked again that did not answer.
const SILENT_FOR: Duration = Duration::from_secs(5);

/// Finds people in Slack, and remembers for a while whom it found.
pub(super) struct People {
    directory: Arc<dyn Directory>,
    workspace: Workspace,
    clock: Clock,
    seen: Memory<UserId, bool>,
    addresses: Memory<Email, Option<UserId>>,
}

/// Why somebody whom a source names is not told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotFound {
    /// Nobody says who it is in Slack.
    Unmatched,
    /// Slack did not say whose address it is.
    Silent,
    /// That account is not there, or could decide nothing.
    NotThere(UserId),
}

type Memory<K, V> = Mutex<HashMap<K, Remembered<V>>>;

struct Remembered<V> {
    /// What Slack said last, and when.
    said: Option<(V, Timestamp)>,
    /// When it did not say.
    silent: Option<Timestamp>,
}

/// Whether something still counts: what is dated in the future does not, since the clock was put back.
pub(super) fn counts(at: Timestamp, length: Duration, now: Timestamp) -> bool {
    at <= now && now < at + length
}

impl People {
    pub(super) fn new(directory: Arc<dyn Directory>, workspace: Workspace, clock: Clock) -> Self {
        Self { directory, workspace, clock, seen: Mutex::default(), addresses: Mutex::default() }
    }

    /// Who it is in Slack. `known` are people who were found by their addresses before: they count where Slack does not
    /// say.
    ///
    /// # Errors
    /// Why they are not told.
    pub(super) async fn find(
        &self,
        who: &Who,
        source: &OnCall,
        known: &BTreeMap<Email, UserId>,
    ) -> Result<UserId, NotFound> {
        let user = match who {
            Who::Slack(user) => user.clone(),
            Who::Named { id, email, .. } => match (tabled(&source.people, id.as_deref(), email.as_ref()), email) {
                (Some(user), _) => user.clone(),
                (None, Some(email)) if source.email_match => self.with_address(email, known.get(email)).await?,
                (None, _) => return Err(NotFound::Unmatched),
            },
        };
        if self.is_there(&user).await { Ok(user) } else { Err(NotFound::NotThere(user)) }
    }

    async fn with_address(&self, email: &Email, known: Option<&UserId>) -> Result<UserId, NotFound> {
        let ask = self.directory.with_email(email);
        match self.remembered(&self.addresses, email, |found: &Option<UserId>| found.is_some(), ask).await {
            Some(found) => found.ok_or(NotFound::Unmatched),
            None => known.cloned().ok_or(NotFound::Silent),
        }
    }

    /// Whether the person is one who may decide. Where Slack does not say, they are: a first page is not held back.
    pub(super) async fn is_there(&self, user: &UserId) -> bool {
        let ask = async {
            let person = self.directory.person(user).await?;
            Ok(person.is_some_and(|person| self.admits(user, &person)))
        };
        self.remembered(&self.seen, user, |is_there| *is_there, ask).await.unwrap_or(true)
    }

    fn admits(&self, user: &UserId, person: &Person) -> bool {
        let home = person.team.as_ref().or_else(|| self.workspace.teams.first());
        home.is_some_and(|team| {
            self.workspace.admit(&SlackUser { team: team.clone(), user: user.clone() }, person).is_ok()
        })
    }

    /// What Slack said a short while ago, else what it says now, else what it said last.
    async fn remembered<K: Clone + Eq + std::hash::Hash, V: Clone>(
        &self,
        memory: &Memory<K, V>,
        key: &K,
        is_good: impl Fn(&V) -> bool,
        ask: impl Future<Output = Result<V, Unavailable>>,
    ) -> Option<V> {
        let now = self.clock.now();
        let locked = || memory.lock().unwrap_or_else(PoisonError::into_inner);
        let (last, silent) = match locked().get(key) {
            Some(remembered) => (remembered.said.clone(), remembered.silent),
            None => (None, None),
        };
        if let Some((value, at)) = &last
            && counts(*at, if is_good(value) { THERE_FOR } else { GONE_FOR }, now)
        {
            return Some(value.clone());
        }
        let last = last.map(|(value, _)| value);
        if silent.is_some_and(|at| counts(at, SILENT_FOR, now)) {
            return last;
        }
        match tokio::time::timeout(ANSWERS_WITHIN, ask).await {
            Ok(Ok(value)) => {
                locked().insert(key.clone(), Remembered { said: Some((value.clone(), now)), silent: None });
                Some(value)
            }
            Ok(Err(Unavailable { .. })) | Err(_) => {
                locked().entry(key.clone()).or_insert(Remembered { said: None, silent: None }).silent = Some(now);
                last
            }
        }
    }
}

fn tabled<'t>(table: &'t BTreeMap<String, UserId>, id: Option<&str>, email: Option<&Email>) -> Option<&'t UserId> {
    id.and_then(|id| table.get(&folded(id))).or_else(|| table.get(email?.as_str()))
}
