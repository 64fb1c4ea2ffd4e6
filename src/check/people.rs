//! Everybody whom the settings name: known to Slack, allowed to decide, and with a credential that can be used.

use std::collections::BTreeSet;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream;

use super::Install;
use super::p0::{Account, account};
use super::report::{Report, Status};
use super::slack::Home;
use crate::authorize::directory::{Directory as _, Person, Unavailable};
use crate::config::Identity;
use crate::domain::person::{SlackUser, UserId};
use crate::domain::refusal::Refusal;
use crate::notify::web_api::SlackApi;
use crate::telemetry::Metrics;

/// People who are looked at side by side; Slack answers for about a hundred in a minute.
const SIDE_BY_SIDE: usize = 4;
/// The longest wait that Slack may ask for.
const MOST_WAIT: Duration = Duration::from_secs(30);

/// What is wrong with one person, and what to do about it.
struct Fault {
    status: Status,
    message: String,
    remedy: String,
}

impl Fault {
    fn new(status: Status, message: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { status, message: message.into(), remedy: remedy.into() }
    }
}

/// Looks at every person that the settings name, as the bot will at a click.
pub(super) async fn check(install: &Install, home: Option<&Home>, p0_answers: bool, report: &mut Report<'_>) {
    let people = named(install);
    let Some(home) = home.filter(|home| home.may("users:read")) else {
        for user in &people {
            if let Some(fault) = unusable(install, user).await {
                report.fail(("person", user), fault.message, fault.remedy);
            }
        }
        return report.skip("person", "needs a token that may read users: only token files were looked at");
    };
    let clients = install.clients.as_ref().expect("Slack was asked with it");
    let slack = SlackApi::new(clients.slack.clone(), &install.settings.slack, Metrics::default());
    let looks = people.iter().map(|user| {
        let looking = Looking { install, home, slack: &slack, p0_answers, user };
        async move { (user, looking.look().await) }
    });
    let mut looks = stream::iter(looks).buffered(SIDE_BY_SIDE);
    while let Some((user, (words, faults))) = looks.next().await {
        let Some(status) = faults.iter().map(|fault| fault.status).max() else {
            report.ok(("person", user), words);
            continue;
        };
        let join = |part: fn(&Fault) -> &str| {
            let mut parts: Vec<&str> = faults.iter().map(part).collect();
            parts.dedup();
            parts.join("; ")
        };
        report.add(("person", user), status, join(|fault| &fault.message), Some(&join(|fault| &fault.remedy)));
    }
}

fn named(install: &Install) -> BTreeSet<UserId> {
    let (files, people) = match &install.settings.identity {
        Identity::Tokens(tokens) => (tokens.files.keys().cloned().collect(), &tokens.people),
        Identity::Assertion(assertion) => (Vec::new(), &assertion.people),
        Identity::Service { people, .. } => (Vec::new(), people),
    };
    install.settings.route.notify.iter().chain(people.keys()).cloned().chain(files).collect()
}

/// Why the credential that is meant for them cannot be used; nobody is asked.
async fn unusable(install: &Install, user: &UserId) -> Option<Fault> {
    let problem = install.credentials.as_ref()?.problem(user).await?;
    Some(Fault::new(Status::Fail, problem, "put a token of theirs in that file, chmod 600"))
}

struct Looking<'l> {
    install: &'l Install,
    home: &'l Home,
    slack: &'l SlackApi,
    p0_answers: bool,
    user: &'l UserId,
}

impl Looking<'_> {
    /// What there is to say of the person, and what is wrong.
    async fn look(&self) -> (String, Vec<Fault>) {
        let person = match self.person().await {
            Ok(Some(person)) => person,
            Ok(None) => {
                let remedy = "correct the id, or take it out of the settings";
                return (String::new(), vec![Fault::new(Status::Fail, "Slack knows nobody with this id", remedy)]);
            }
            Err(Unavailable { .. }) => {
                let remedy = "run `check` again in a minute";
                return (String::new(), vec![Fault::new(Status::Warn, "Slack could not be asked about them", remedy)]);
            }
        };
        let by = SlackUser { team: self.home.team.clone(), user: self.user.clone() };
        let mut faults: Vec<Fault> = self.membership(&by, &person).into_iter().chain(self.messages()).collect();
        let (words, fault) = self.credential(&by, &person).await;
        faults.extend(fault);
        (words, faults)
    }

    /// Asks Slack, and once more where it asks to wait.
    async fn person(&self) -> Result<Option<Person>, Unavailable> {
        match self.slack.person(self.user).await {
            Err(Unavailable { retry_after: Some(wait) }) if wait <= MOST_WAIT => {
                tokio::time::sleep(wait).await;
                self.slack.person(self.user).await
            }
            asked => asked,
        }
    }

    fn is_notified(&self) -> bool {
        self.install.settings.route.notify.contains(self.user)
    }

    /// Whether a credential is meant for them. With a shared one everybody decides; those who are named are meant.
    fn is_approver(&self) -> bool {
        match &self.install.settings.identity {
            Identity::Tokens(tokens) => tokens.files.contains_key(self.user),
            Identity::Assertion(assertion) => assertion.people.contains_key(self.user),
            Identity::Service { people, .. } => people.contains_key(self.user),
        }
    }

    /// Whether Slack lets them be who they are meant to be, by the rules of a click.
    fn membership(&self, by: &SlackUser, person: &Person) -> Option<Fault> {
        let (what, remedy) = match self.home.workspace.admit(by, person).err()? {
            Refusal::Deactivated => ("is deactivated in Slack", "take them out of the settings"),
            Refusal::Bot => ("is a bot", "name a person instead"),
            Refusal::Guest => ("is a guest", "name a member instead, or set slack.allow_guests"),
            _ => ("is of another company or workspace", "name a member instead, or set slack.allowed_teams"),
        };
        Some(match (self.is_approver(), self.is_notified()) {
            (true, _) => Fault::new(Status::Fail, format!("{what}: may not decide"), remedy),
            (false, true) => {
                Fault::new(Status::Fail, format!("{what}: is told of requests and may not decide"), remedy)
            }
            (false, false) => {
                Fault::new(Status::Warn, what, "take them out of identity.people if they ask for nothing any more")
            }
        })
    }

    /// Whether they get what they are to be told, and can act on it.
    fn messages(&self) -> Option<Fault> {
        if !self.is_notified() {
            None
        } else if !self.home.may("im:write") {
            Some(Fault::new(Status::Fail, "gets no direct message", "add the scope im:write and install the app again"))
        } else if !self.is_approver() && !matches!(self.install.settings.identity, Identity::Service { .. }) {
            let message = "is told of requests and has no identity here, so cannot decide";
            Some(Fault::new(Status::Warn, message, "name them under identity too, or take them out of route.notify"))
        } else {
            None
        }
    }

    /// Whether the credential that is theirs can be used, and what P0 says of it.
    async fn credential(&self, by: &SlackUser, person: &Person) -> (String, Option<Fault>) {
        let Some(credentials) = self.install.credentials.as_ref().filter(|_| self.is_approver()) else {
            return ("is known to Slack".to_owned(), None);
        };
        let words = match credentials.identity(self.user) {
            Some(identity) => format!("may decide, as {identity}"),
            None => "may decide".to_owned(),
        };
        let fault = |status, message: String, remedy: &str| Some(Fault::new(status, message, remedy));
        if let Some(unusable) = unusable(self.install, self.user).await {
            return (words, Some(unusable));
        }
        let Ok(credential) = credentials.of(by).await else {
            return (words, fault(Status::Fail, "their credential cannot be used".to_owned(), "put it right"));
        };
        let names = credential.names.iter().chain(&credential.identity);
        let has_address = names.into_iter().any(|name| name.contains('@')) || person.email.is_some();
        if !has_address && !self.install.settings.p0.one_party {
            let message = "no e-mail address of theirs is known: their approvals are refused, since each request \
                           could be their own";
            return (words, fault(Status::Fail, message.to_owned(), "put their address under identity.people"));
        }
        if !matches!(self.install.settings.identity, Identity::Tokens(_)) {
            return (words, None);
        }
        let account = if self.p0_answers { account(self.install, &credential.bearer).await } else { Account::Unknown };
        match account {
            Account::Good => (format!("{words}; P0 takes their token"), None),
            Account::Refused(status) => {
                let message = format!("P0 refuses their token (HTTP {})", status.as_u16());
                (words, fault(Status::Warn, message, "put a new token of theirs in its file"))
            }
            Account::Unknown => (format!("{words}; P0 does not say whether their token is good"), None),
        }
    }
}
