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

/// Finds people in Slack, and remembers for a while whom it found.
pub(super) struct People {
    directory: Arc<dyn Directory>,
    workspace: Workspace,
    clock: Clock,
    seen: Memory<UserId, bool>,
    addresses: Memory<Email, Option<UserId>>,
}

type Memory<K, V> = Mutex<HashMap<K, (V, Timestamp)>>;

impl People {
    pub(super) fn new(directory: Arc<dyn Directory>, workspace: Workspace, clock: Clock) -> Self {
        Self { directory, workspace, clock, seen: Mutex::default(), addresses: Mutex::default() }
    }

    /// Who it is in Slack; `None` where nobody says, or where that account could decide nothing.
    pub(super) async fn find(&self, who: &Who, source: &OnCall) -> Option<UserId> {
        let user = match who {
            Who::Slack(user) => Some(user.clone()),
            Who::Named { id, email, .. } => match tabled(&source.people, id.as_deref(), email.as_ref()) {
                None if source.email_match => self.with_address(email.as_ref()?).await,
                tabled => tabled.cloned(),
            },
        }?;
        self.is_there(&user).await.then_some(user)
    }

    async fn with_address(&self, email: &Email) -> Option<UserId> {
        let ask = self.directory.with_email(email);
        let found = self.remembered(&self.addresses, email, |found: &Option<UserId>| found.is_some(), ask).await;
        found.flatten()
    }

    /// Whether the person is one who may decide. Where Slack does not say, the table is believed.
    async fn is_there(&self, user: &UserId) -> bool {
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
        let last = memory.lock().unwrap_or_else(PoisonError::into_inner).get(key).cloned();
        if let Some((value, at)) = &last
            && now < *at + if is_good(value) { THERE_FOR } else { GONE_FOR }
        {
            return Some(value.clone());
        }
        match tokio::time::timeout(ANSWERS_WITHIN, ask).await {
            Ok(Ok(value)) => {
                memory.lock().unwrap_or_else(PoisonError::into_inner).insert(key.clone(), (value.clone(), now));
                Some(value)
            }
            Ok(Err(Unavailable { .. })) | Err(_) => last.map(|(value, _)| value),
        }
    }
}

fn tabled<'t>(table: &'t BTreeMap<String, UserId>, id: Option<&str>, email: Option<&Email>) -> Option<&'t UserId> {
    id.and_then(|id| table.get(&folded(id))).or_else(|| table.get(email?.as_str()))
}
