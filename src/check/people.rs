//! Everybody whom the settings name: known to Slack, allowed to decide, and with a credential that can be used.

use std::collections::BTreeSet;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream;

use super::Install;
use super::p0::{ASK_AGAIN, Account, account};
use super::report::{Report, Status};
use super::slack::Home;
use crate::authorize::NotAuthorized;
use crate::authorize::credentials::Problem;
use crate::authorize::directory::{Directory as _, Person, Unavailable};
use crate::config::{Accounts, Assertion, Identity, TokenSource, Tokens};
use crate::domain::person::{SlackUser, UserId};
use crate::domain::refusal::Refusal;
use crate::notify::web_api::SlackApi;
use crate::telemetry::Metrics;

/// People who are looked at side by side: Slack answers for about a hundred in a minute, and P0 says how often it may be
/// asked only once it was asked too often.
const SIDE_BY_SIDE: usize = 2;
/// The longest wait that Slack may ask for.
const MOST_WAIT: Duration = Duration::from_secs(30);
/// What to do about a token that is in a file, or comes from a program.
struct Remedies {
    /// It cannot be used.
    unusable: &'static str,
    /// Its time is over.
    over: &'static str,
}

const IN_FILE: Remedies = Remedies {
    unusable: "a token of theirs belongs in that file, readable by the bot alone (chmod 600)",
    over: "put a new token of theirs in its file",
};
const FROM_PROGRAM: Remedies = Remedies {
    unusable: "run it by hand, as the bot's user: it has to print their token and nothing else, in time",
    over: "have identity.tokens_command print a new token of theirs",
};

/// Whether a choice of somebody's would count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum CanDecide {
    Yes,
    No,
    Unseen,
}

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
pub(super) async fn check(install: &Install, home: Option<&Home>, surely_p0: bool, report: &mut Report<'_>) {
    let people = named(install);
    let Some(home) = home.filter(|home| home.may("users:read")) else {
        let mut approvers = Vec::new();
        for user in &people {
            let fault = unusable(install, user).await;
            if is_approver(install, user) {
                approvers.push(if fault.is_some() { CanDecide::No } else { CanDecide::Unseen });
            }
            if let Some(Fault { status, message, remedy }) = fault {
                report.add(("person", user), status, message, Some(&remedy));
            }
        }
        report.skip("person", "needs a token that may read users: only token files were looked at");
        return anybody_left(install, &approvers, report);
    };
    let clients = install.clients.as_ref().expect("Slack was asked with it");
    let slack = SlackApi::new(clients.slack.clone(), &install.settings.slack, Metrics::default());
    let looks = people.iter().map(|user| {
        let looking = Looking { install, home, slack: &slack, surely_p0, user };
        async move { (user, looking.look().await) }
    });
    let mut looks = stream::iter(looks).buffered(SIDE_BY_SIDE);
    let mut approvers = Vec::new();
    while let Some((user, Look { words, faults, can_decide })) = looks.next().await {
        if is_approver(install, user) {
            let barred = faults.iter().any(|fault| fault.status == Status::Fail);
            approvers.push(if barred { CanDecide::No } else { can_decide });
        }
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
    anybody_left(install, &approvers, report);
}

/// One approver whose token has run out can wait; all of them cannot. A shared credential is everybody's, and a key that
/// signs for nobody was told of.
fn anybody_left(install: &Install, approvers: &[CanDecide], report: &mut Report<'_>) {
    let are_told_apart =
        !matches!(install.settings.identity, Identity::Service { .. }) && install.credentials.is_some();
    // Nobody may be named where people are known by their address.
    let is_anybody_named = !approvers.is_empty() || !is_by_email(install);
    if !are_told_apart || !is_anybody_named || approvers.contains(&CanDecide::Yes) {
        return;
    }
    if approvers.contains(&CanDecide::Unseen) {
        report.unseen("anybody can decide");
    } else {
        report.fail("approvers", "nobody is left who can decide", "put right at least one of the people above");
    }
}

fn named(install: &Install) -> BTreeSet<UserId> {
    let identity = &install.settings.identity;
    let files: Vec<UserId> = match identity {
        Identity::Tokens(Tokens { source: TokenSource::Files(files), .. }) => files.keys().cloned().collect(),
        _ => Vec::new(),
    };
    install.settings.route.notify.iter().chain(identity.people().keys()).cloned().chain(files).collect()
}

/// Why the credential that is meant for them cannot be used; nobody is asked.
async fn unusable(install: &Install, user: &UserId) -> Option<Fault> {
    let Problem { refusal, words } = install.credentials.as_ref()?.problem(user).await?;
    let remedies = remedies(install);
    Some(match refusal {
        Refusal::CredentialExpired => Fault::new(Status::Warn, words, remedies.over),
        Refusal::AmbiguousIdentity => {
            Fault::new(Status::Fail, words, "give each of them an identity of their own: until then neither may decide")
        }
        _ => Fault::new(Status::Fail, words, remedies.unusable),
    })
}

fn remedies(install: &Install) -> Remedies {
    match &install.settings.identity {
        Identity::Tokens(Tokens { source: TokenSource::Command(_), .. }) => FROM_PROGRAM,
        _ => IN_FILE,
    }
}

/// Whether the bot signs for whomever it knows by their address.
fn is_by_email(install: &Install) -> bool {
    matches!(&install.settings.identity, Identity::Assertion(Assertion { accounts: Accounts::ConfirmedEmail, .. }))
}

/// Whether a credential is meant for them. Where people are known by their address it is everybody; with a shared one everybody decides; those who are named are meant.
fn is_approver(install: &Install, user: &UserId) -> bool {
    match &install.settings.identity {
        Identity::Tokens(Tokens { source: TokenSource::Files(files), .. }) => files.contains_key(user),
        _ if is_by_email(install) => true,
        identity => identity.people().contains_key(user),
    }
}

/// What there is to say of a person, and what is wrong.
struct Look {
    words: String,
    faults: Vec<Fault>,
    /// As their credential has it.
    can_decide: CanDecide,
}

impl Look {
    fn new(words: impl Into<String>, can_decide: CanDecide) -> Self {
        Self { words: words.into(), faults: Vec::new(), can_decide }
    }

    fn with(mut self, fault: Fault) -> Self {
        self.faults.push(fault);
        self
    }
}

struct Looking<'l> {
    install: &'l Install,
    home: &'l Home,
    slack: &'l SlackApi,
    surely_p0: bool,
    user: &'l UserId,
}

impl Looking<'_> {
    async fn look(&self) -> Look {
        let person = match self.person().await {
            Ok(Some(person)) => person,
            Ok(None) => {
                let remedy = "correct the id, or take it out of the settings";
                let fault = Fault::new(Status::Fail, "Slack knows nobody with this id", remedy);
                return Look::new("", CanDecide::No).with(fault);
            }
            Err(Unavailable { .. }) => {
                let fault = Fault::new(Status::Warn, "Slack could not be asked about them", ASK_AGAIN);
                return Look::new("", CanDecide::Unseen).with(fault);
            }
        };
        let by = SlackUser { team: self.home.team.clone(), user: self.user.clone() };
        let mut look = self.credential(&by, &person).await;
        look.faults.splice(..0, self.membership(&by, &person).into_iter().chain(self.messages()));
        look
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

    fn is_approver(&self) -> bool {
        is_approver(self.install, self.user)
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
    async fn credential(&self, by: &SlackUser, person: &Person) -> Look {
        let Some(credentials) = self.install.credentials.as_ref().filter(|_| self.is_approver()) else {
            return Look::new("is known to Slack", CanDecide::No);
        };
        let words = match credentials.identity(self.user) {
            Some(identity) => format!("may decide, as {identity}"),
            None => "may decide".to_owned(),
        };
        let cannot = |fault| Look::new(&words, CanDecide::No).with(fault);
        if let Some(unusable) = unusable(self.install, self.user).await {
            return cannot(unusable);
        }
        let credential = match credentials.of(by, person.email.as_ref()).await {
            Ok(credential) => credential,
            Err(NotAuthorized::Refused(Refusal::NoIdentity)) => {
                let message = "Slack has confirmed no address of theirs, by which they would be known to P0";
                return cannot(Fault::new(Status::Fail, message, "have them confirm their address in Slack"));
            }
            Err(_) => return cannot(Fault::new(Status::Fail, "their credential cannot be used", "put it right")),
        };
        let names = credential.names.iter().chain(&credential.identity);
        let has_address = names.into_iter().any(|name| name.contains('@')) || person.email.is_some();
        if !has_address && !self.install.settings.p0.one_party {
            let message = "no e-mail address of theirs is known: their approvals are refused, since each request \
                           could be their own";
            return cannot(Fault::new(Status::Fail, message, "put their address under identity.people"));
        }
        if !matches!(self.install.settings.identity, Identity::Tokens(_)) {
            return Look::new(words, CanDecide::Yes);
        }
        if !self.surely_p0 {
            return Look::new(format!("{words}; P0 was not asked about their token"), CanDecide::Unseen);
        }
        match account(self.install, &credential.bearer).await {
            Account::Good => Look::new(format!("{words}; P0 takes their token"), CanDecide::Yes),
            Account::Refused(status) => {
                let message = format!("P0 refuses their token (HTTP {})", status.as_u16());
                cannot(Fault::new(Status::Warn, message, remedies(self.install).over))
            }
            Account::Unknown(why) => {
                let message = format!("P0 did not say whether it takes their token ({why})");
                Look::new(words, CanDecide::Unseen).with(Fault::new(Status::Warn, message, ASK_AGAIN))
            }
        }
    }
}
