//! One person: known to Slack, allowed to decide, and with a credential that can be used.

use std::time::Duration;

use super::Install;
use super::channel::quoted;
use super::links;
use super::p0::{ASK_AGAIN, account};
use super::report::Status;
use super::slack::Home;
use crate::authorize::NotAuthorized;
use crate::authorize::credentials::Problem;
use crate::authorize::directory::{Directory as _, Person, Unavailable};
use crate::authorize::mapping::Mapping;
use crate::authorize::p0_login::AccountAnswer;
use crate::config::{Accounts, Identity, TokenSource, Tokens};
use crate::domain::person::{SlackUser, UserId};
use crate::domain::refusal::Refusal;
use crate::domain::route::routes::{Recipient, Route};
use crate::notify::web_api::SlackApi;

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
pub(super) enum CanDecide {
    Yes,
    No,
    Unseen,
}

/// What is wrong with them, and what to do about it.
pub(super) struct Fault {
    pub(super) status: Status,
    pub(super) message: String,
    pub(super) remedy: String,
}

impl Fault {
    fn new(status: Status, message: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { status, message: message.into(), remedy: remedy.into() }
    }
}

/// Why the credential that is meant for them cannot be used; nobody is asked.
pub(super) async fn unusable(install: &Install, user: &UserId) -> Option<Fault> {
    let problem = match &install.credentials {
        Some(credentials) => credentials.problem(user).await,
        None => Mapping::new(install.settings.identity.accounts())
            .ambiguity(user)
            .map(|words| Problem { refusal: Refusal::AmbiguousIdentity, words }),
    };
    let Problem { refusal, words } = problem?;
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

/// Whether people are known by their address.
pub(super) fn is_by_email(install: &Install) -> bool {
    matches!(install.settings.identity.accounts(), Accounts::ConfirmedEmail)
}

/// Whether a credential is meant for them. Where people are known by their address it is everybody; with a shared one
/// everybody decides, and those who are named are meant.
pub(super) fn is_approver(install: &Install, user: &UserId) -> bool {
    match &install.settings.identity {
        Identity::Tokens(Tokens { source: TokenSource::Files(files), .. }) => files.contains_key(user),
        _ if is_by_email(install) => true,
        identity => identity.people().contains_key(user),
    }
}

/// What there is to say of a person, and what is wrong.
pub(super) struct Look {
    pub(super) words: String,
    pub(super) faults: Vec<Fault>,
    /// As their credential has it.
    pub(super) can_decide: CanDecide,
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

/// Asks Slack who somebody is, and once more where it asks to wait.
pub(super) async fn asked(slack: &SlackApi, user: &UserId) -> Result<Option<Person>, Unavailable> {
    match slack.person(user).await {
        Err(Unavailable { retry_after: Some(wait) }) if wait <= MOST_WAIT => {
            tokio::time::sleep(wait).await;
            slack.person(user).await
        }
        asked => asked,
    }
}

/// What it takes to look at somebody.
pub(super) struct Looking<'l> {
    pub(super) install: &'l Install,
    pub(super) home: &'l Home,
    pub(super) slack: &'l SlackApi,
    pub(super) surely_p0: bool,
    pub(super) user: &'l UserId,
}

impl Looking<'_> {
    /// Asks Slack, the settings and, where it is to be shown a token, P0.
    pub(super) async fn look(&self) -> Look {
        let person = match self.person().await {
            Ok(person) => person,
            Err((can_decide, fault)) => return Look::new("", can_decide).with(fault),
        };
        let mut look = self.credential(&self.by(), &person).await;
        look.faults.splice(..0, self.membership(&person).into_iter().chain(self.messages()));
        look
    }

    /// Asks Slack alone, whether it lets them be who they are meant to be.
    pub(super) async fn stranger(&self) -> Option<Fault> {
        match self.person().await {
            Ok(person) => self.membership(&person),
            Err((_, fault)) => Some(fault),
        }
    }

    async fn person(&self) -> Result<Person, (CanDecide, Fault)> {
        match asked(self.slack, self.user).await {
            Ok(Some(person)) => Ok(person),
            Ok(None) => {
                let remedy = "correct the id, or take it out of the settings";
                Err((CanDecide::No, Fault::new(Status::Fail, "Slack knows nobody with this id", remedy)))
            }
            Err(Unavailable { .. }) => {
                let fault = Fault::new(Status::Warn, "Slack could not be asked about them", ASK_AGAIN);
                Err((CanDecide::Unseen, fault))
            }
        }
    }

    fn by(&self) -> SlackUser {
        SlackUser { team: self.home.team.clone(), user: self.user.clone() }
    }

    fn is_notified(&self) -> bool {
        self.install.settings.notified().any(|user| user == self.user)
    }

    /// What of the settings has them told.
    fn named_by(&self) -> String {
        let settings = &self.install.settings;
        let names =
            |route: &&Route| route.recipients().any(|who| matches!(who, Recipient::User(user) if user == self.user));
        let routes: Vec<&str> = settings.routes.all().iter().filter(names).map(|route| route.name.as_str()).collect();
        let routes = (!routes.is_empty()).then(|| format!("route {}", quoted(&routes)));
        let sources = settings.oncall.iter().filter(|(_, source)| source.named().any(|user| user == self.user));
        routes.into_iter().chain(sources.map(|(name, _)| format!("oncall.{name}"))).collect::<Vec<_>>().join(", ")
    }

    fn is_approver(&self) -> bool {
        is_approver(self.install, self.user)
    }

    /// Whether Slack lets them be who they are meant to be, by the rules of a click.
    fn membership(&self, person: &Person) -> Option<Fault> {
        let (what, remedy) = match self.home.workspace.admit(&self.by(), person).err()? {
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
            let remedy = format!("name them under identity too, or take them out of {}", self.named_by());
            Some(Fault { status: Status::Warn, message: message.to_owned(), remedy })
        } else {
            None
        }
    }

    /// Whether the credential that is theirs can be used, and what P0 says of it.
    async fn credential(&self, by: &SlackUser, person: &Person) -> Look {
        if self.install.settings.identity.linked().is_some() && self.is_approver() {
            return self.linked(person).await;
        }
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
            Err(NotAuthorized::Refused(Refusal::NoIdentity)) => return cannot(unconfirmed()),
            Err(NotAuthorized::Later(_)) => {
                let message = "their token could not be got: identity.assertion.token_endpoint did not answer";
                return Look::new(words, CanDecide::Unseen).with(Fault::new(Status::Warn, message, ASK_AGAIN));
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
            AccountAnswer::Good { .. } => Look::new(format!("{words}; P0 takes their token"), CanDecide::Yes),
            AccountAnswer::Refused(status) => {
                let message = format!("P0 refuses their token (HTTP {})", status.as_u16());
                cannot(Fault::new(Status::Warn, message, remedies(self.install).over))
            }
            AccountAnswer::Unknown(why) => {
                let message = format!("P0 did not say whether it takes their token ({why})");
                Look::new(words, CanDecide::Unseen).with(Fault::new(Status::Warn, message, ASK_AGAIN))
            }
        }
    }

    /// Whether they have linked an account that can be theirs. Nobody asks P0 about it: that was done when it was linked.
    async fn linked(&self, person: &Person) -> Look {
        if let Some(unusable) = unusable(self.install, self.user).await {
            return Look::new("", CanDecide::No).with(unusable);
        }
        let Some(links) = &self.install.links else {
            return Look::new("may link an account; the ledger does not say whether they have", CanDecide::Unseen);
        };
        if let Some(link) = links.iter().find(|link| link.owner.user == *self.user) {
            let words = format!("may decide, as {}: linked on {}", link.identity, link.linked.strftime("%F"));
            let look = Look::new(words, CanDecide::Yes);
            return match links::fault(self.install, link) {
                Some((message, remedy)) => look.with(Fault::new(Status::Warn, message, remedy)),
                None => look,
            };
        }
        if is_by_email(self.install) && person.email.is_none() {
            return Look::new("", CanDecide::No).with(unconfirmed());
        }
        let who = self.install.settings.identity.people().get(self.user).map(|name| format!(" of {name}"));
        let message = format!("has not linked the account{} yet: cannot decide", who.unwrap_or_default());
        let remedy = format!("have them type {} link", self.install.settings.slack.command);
        Look::new("", CanDecide::Unseen).with(Fault::new(Status::Warn, message, remedy))
    }
}

fn unconfirmed() -> Fault {
    let message = "Slack has confirmed no address of theirs, by which they would be known to P0";
    Fault::new(Status::Fail, message, "have them confirm their address in Slack")
}
