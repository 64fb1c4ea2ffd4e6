//! The stage as it is set: the company in Slack, P0, and the settings of the bot between them.

use serde_json::{Value, json};

use super::duty::{self, Duty};
use super::identity::{CardRisk, IdentityMode};
use super::new_secret;
use super::p0::{NotifierSetup, P0, P0Setup, RequestSeed};
use super::seed::{Person, Role, Seed};
use super::slack::{self, Channel, SLACKS_EVENT_RETRIES, Slack, SlackSetup, Usergroup};
use super::stories::Scenario;
use crate::clock::Clock;
use crate::config::{AppLinking, Delivery, SlackApp};
use crate::manifest;

/// The channel in which the cards appear.
pub(super) const CHANNEL: &str = "C01ACCESS";
/// The channel that is shared with another company from the start.
pub(super) const SHARED_CHANNEL: &str = "C03SHARED";

/// The channel in which changes of P0's settings are announced, where somebody may make them.
pub(super) const SETTINGS_CHANNEL: &str = "C05SETTINGS";
/// The user group of all admins but the first, who stands in the settings by name: both ways can be tried.
const ADMIN_GROUP: &str = "S01ADMINS";

/// Where P0's own pages are: what the settings link to is the sandbox's page.
const P0_AT: &str = "127.0.0.1";

/// The file of the key that P0's pushes are checked with. A person's token is in a file called after the person.
pub(super) const NOTIFIER_KEY: &str = "p0.pem";
/// The ledger's file.
pub(super) const LEDGER: &str = "ledger.db";

/// Who is there, what they ask for, and whose credential they decide with.
#[derive(Clone, Debug)]
pub(super) struct Scene {
    seed: Seed,
    pub(super) identity: IdentityMode,
    risk: CardRisk,
}

/// Where the others are, as the settings name them.
pub(super) struct Addresses<'a> {
    /// The bot's own.
    pub(super) bot: &'a str,
    /// The sandbox's page.
    pub(super) page: &'a str,
    /// PagerDuty and its key, where somebody is on call.
    pub(super) duty: Option<&'a Duty>,
}

impl Scene {
    pub(super) fn new(seed: Seed, identity: IdentityMode, risk: CardRisk) -> Self {
        Self { seed, identity, risk }
    }

    fn people(&self, is: impl Fn(Role) -> bool) -> impl Iterator<Item = &Person> {
        self.seed.people.iter().filter(move |person| is(person.role))
    }

    /// Everybody with a client, for the page's list.
    pub(super) fn cast(&self) -> Value {
        let what = |person: &Person| {
            let what = person.what.as_deref().unwrap_or(person.role.what());
            if person.admin { format!("{what}, admin") } else { what.to_owned() }
        };
        self.people(|role| role != Role::Deactivated)
            .map(|person| json!({ "id": person.id, "what": what(person) }))
            .collect()
    }

    /// What somebody is called; their id where they are nobody here.
    pub(super) fn name_of<'s>(&'s self, id: &'s str) -> &'s str {
        self.seed.people.iter().find(|person| person.id == id).map_or(id, |person| &person.name)
    }

    /// Somebody's e-mail, where they have one.
    pub(super) fn email_of(&self, id: &str) -> Option<&str> {
        self.identities().find(|(user, _)| *user == id).map(|(_, email)| email)
    }

    /// The people of another company.
    pub(super) fn strangers(&self) -> Vec<String> {
        self.people(|role| role == Role::OtherCompany).map(|person| person.id.clone()).collect()
    }

    /// Everybody, in the order of the seed.
    pub(super) fn everybody(&self) -> impl Iterator<Item = &Person> {
        self.seed.people.iter()
    }

    /// Who has a P0 identity: id and e-mail. Requesters have one as well, to give their own access back.
    pub(super) fn identities(&self) -> impl Iterator<Item = (&str, &str)> + Clone {
        self.seed.people.iter().filter_map(|person| Some((person.id.as_str(), person.email.as_deref()?)))
    }

    /// Who is on call when the sandbox starts, the first level first.
    pub(super) fn on_call(&self) -> Vec<&Person> {
        let mut on_call: Vec<&Person> = self.seed.people.iter().filter(|person| person.on_call.is_some()).collect();
        on_call.sort_by_key(|person| person.on_call);
        on_call
    }

    /// Who may change P0's settings.
    fn admins(&self) -> Vec<&str> {
        self.seed.people.iter().filter(|person| person.admin).map(|person| person.id.as_str()).collect()
    }

    /// The same as the settings name them.
    fn named_admins(&self) -> Vec<&str> {
        let admins = self.admins();
        let group = (admins.len() > 1).then_some(ADMIN_GROUP);
        admins.into_iter().take(1).chain(group).collect()
    }

    /// Whether a story can be played: everybody whom it names is there, with the credentials that it is about, and a
    /// press is all that it takes.
    pub(super) fn has_story(&self, scenario: Scenario) -> bool {
        self.seed.is_built_in && scenario.identity() == self.identity && self.risk == CardRisk::Low
    }

    /// What waits for a decision at the start; the page adds more of them.
    pub(super) fn requests(&self) -> &[RequestSeed] {
        &self.seed.requests
    }

    /// The stand-in's company. Its secrets are new: the usual ones can be read by all.
    pub(super) fn company(&self, clock: Clock) -> SlackSetup {
        let ids = |is: fn(Role) -> bool| -> Vec<&str> { self.people(is).map(|person| person.id.as_str()).collect() };
        let everybody = ids(|role| role != Role::OtherCompany);
        let shared = ids(|role| matches!(role, Role::Approver | Role::OtherCompany));
        let mut channels = vec![Channel::new(CHANNEL, "access-requests").with_members(&everybody)];
        if self.people(|role| role == Role::OtherCompany).next().is_some() {
            let channel = Channel::new(SHARED_CHANNEL, "with-other").with_members(&shared);
            channels.push(Channel { is_ext_shared: true, ..channel });
        }
        let admins = self.admins();
        let others: Vec<String> = admins.iter().skip(1).map(ToString::to_string).collect();
        let group = Usergroup { id: ADMIN_GROUP.to_owned(), handle: "p0-admins".to_owned(), users: others };
        if !admins.is_empty() {
            channels.push(Channel::new(SETTINGS_CHANNEL, "p0-settings").with_members(&admins));
        }
        let setup = SlackSetup {
            signing_secret: new_secret(),
            bot_token: format!("xoxb-{}", new_secret()),
            client_secret: new_secret(),
            event_retries: SLACKS_EVENT_RETRIES.to_vec(),
            people: self.seed.people.iter().map(in_slack).collect(),
            channels,
            usergroups: (!group.users.is_empty()).then_some(group).into_iter().collect(),
            ..SlackSetup::new(clock)
        };
        let app = self.app(setup.command.clone());
        setup.with_app(&serde_json::from_str(&manifest::json(&app)).expect("the manifest is JSON"))
    }

    /// What the Slack app is made from. Nothing of the manifest that Slack's stand-in heeds depends on where the bot is.
    fn app(&self, command: String) -> SlackApp {
        let admins = self.named_admins();
        SlackApp {
            delivery: Delivery::Socket,
            command,
            govslack: false,
            in_channel: true,
            linking: (self.identity != IdentityMode::Tokens).then_some(AppLinking::Device),
            has_admins: !admins.is_empty(),
            has_user_groups: admins.contains(&ADMIN_GROUP),
            unfurl_domain: Some(P0_AT.to_owned()),
        }
    }

    /// The stand-in's P0. Its news waits for a bot that was killed, and its lengths are those that the settings state.
    pub(super) fn permissions(&self, clock: Clock) -> P0Setup {
        let notifier = NotifierSetup { patient: true, ..NotifierSetup::default() };
        let (options, maximum) = self.seed.durations.at_p0();
        P0Setup {
            clock,
            settings_api_key: new_secret(),
            notifier,
            options: Some(options),
            maximum,
            ..P0Setup::default()
        }
    }

    /// The settings file, as an operator would write it for these two. Its listeners are not used: the sandbox binds
    /// its own. "Open in P0" leads to the page, which shows P0. `identity` holds the sections about credentials.
    pub(super) fn settings(
        &self,
        slack: (&SlackSetup, &Slack),
        p0: (&P0Setup, &P0),
        at: &Addresses<'_>,
        identity: &str,
    ) -> String {
        let ((company, slack), (permissions, p0)) = (slack, p0);
        let notified: Vec<&str> =
            self.seed.people.iter().filter(|person| person.dm).map(|person| person.id.as_str()).collect();
        format!(
            r#"
database_url = "sqlite://{LEDGER}"
public_url = "{bot}"
[slack]
signing_secrets = ["{secret}"]
bot_token = "{token}"
client_id = "{client}"
client_secret = "{client_secret}"
command = "{command}"
unfurl_channels = ["{CHANNEL}"]
admins = {admins:?}
api_base_url = "{api}"
hook_hosts = ["{hooks}"]
[p0]
base_url = "{p0_url}"
org = "{org}"
settings_api_key = "{settings_key}"
request_url = "{page}#request-{{id}}"
[notifier]
public_key_file = "{NOTIFIER_KEY}"
issuer = "{issuer}"
audience = "{audience}"
{identity}
[durations]
{durations}
{clusters}
[[route]]
channel = "{CHANNEL}"
notify = {notified:?}
risk = "{risk}"
{changes}
"#,
            secret = company.signing_secret,
            token = company.bot_token,
            client = company.client_id,
            client_secret = company.client_secret,
            command = company.command,
            api = slack.api_base_url(),
            hooks = slack.hook_host(),
            p0_url = p0.base_url(),
            org = permissions.org,
            settings_key = permissions.settings_api_key,
            admins = self.named_admins(),
            clusters = at.duty.map_or_else(String::new, |duty| self.clusters(duty, &notified)),
            changes = self.changes(),
            issuer = permissions.notifier.issuer,
            audience = permissions.notifier.audience,
            risk = self.risk.setting(),
            bot = at.bot,
            page = at.page,
            durations = toml::to_string(&self.seed.durations).unwrap_or_default(),
        )
    }

    /// Who is on call, and the rule of which they are told: production clusters ask for more care than the rest.
    fn clusters(&self, duty: &Duty, fallback: &[&str]) -> String {
        let risk = if self.risk == CardRisk::Low { "high" } else { self.risk.setting() };
        format!(
            r#"
{}
[[route]]
name = "Production clusters"
match = {{ type = "k8s", resource = "prod-*" }}
channel = "{CHANNEL}"
notify = ["oncall:{}"]
fallback = {fallback:?}
remind_after = "5m"
escalate_after = "10m"
risk = "{risk}"
"#,
            duty.settings(),
            duty::SOURCE,
        )
    }

    /// The section about changing P0's settings, where somebody may.
    fn changes(&self) -> String {
        if self.admins().is_empty() {
            return String::new();
        }
        format!("[settings]\napprovals = true\nannounce_channel = \"{SETTINGS_CHANNEL}\"")
    }
}

/// The person as Slack knows them.
fn in_slack(person: &Person) -> slack::Person {
    let is_stranger = person.role == Role::OtherCompany;
    slack::Person {
        real_name: person.name.clone(),
        email: person.email.clone(),
        is_restricted: person.role == Role::Guest,
        team_id: is_stranger.then(|| "T09OTHER".to_owned()),
        deleted: person.role == Role::Deactivated,
        ..slack::Person::new(&person.id, &person.name.to_lowercase())
    }
}
