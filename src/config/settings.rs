//! The settings once they are known to make sense together.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use jiff::tz::TimeZone;
use jsonwebtoken::Algorithm;
use url::Url;

use super::{Audit, Program, Secret, SettingsKey, VaultKeys};
use crate::domain::expiration::ExpirationLength;
use crate::domain::jit::mirror::Stated;
use crate::domain::jit::proposal::SecondAdmin;
use crate::domain::person::{ChannelId, EnterpriseId, TeamId, UserGroupId, UserId};
use crate::domain::route::hours::Hours;
use crate::domain::route::routes::{Recipient, Route, Routes};

/// Everything that `serve` is told.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where all of this was read from.
    pub origin: Origin,
    /// Where Slack and P0 come in.
    pub listen: SocketAddr,
    /// Where the operator's probes come in.
    pub admin_listen: SocketAddr,
    /// How the outside reaches `listen`.
    pub public_url: Option<Url>,
    /// `sqlite://PATH`, with an absolute path or one relative to the working directory.
    pub database_url: String,
    /// An approve that is older than this is not sent any more.
    pub forward_within: Duration,
    /// Where clocks hang on which hours and days are read.
    pub time_zone: TimeZone,
    /// How other servers are reached.
    pub outbound: Outbound,
    /// Slack.
    pub slack: Slack,
    /// P0.
    pub p0: P0,
    /// P0's pushes.
    pub notifier: Notifier,
    /// Whose credential a decision carries.
    pub identity: Identity,
    /// What seals people's tokens, where any are kept.
    pub vault: Option<VaultKeys>,
    /// What lengths are offered.
    pub durations: Durations,
    /// Which request is shown to whom.
    pub routes: Arc<Routes>,
    /// Who is on call, by the names that routes use.
    pub oncall: BTreeMap<String, OnCall>,
    /// How P0's own settings are changed from Slack.
    pub changes: Changes,
    /// How the evidence is vouched for.
    pub audit: Audit,
}

impl Settings {
    /// Everybody whom a route or a table of an on-call source names by themselves.
    pub fn notified(&self) -> impl Iterator<Item = &UserId> {
        let recipients = self.routes.all().iter().flat_map(Route::recipients);
        let named = recipients.filter_map(|who| match who {
            Recipient::User(user) => Some(user),
            Recipient::Group(_) | Recipient::OnCall { .. } => None,
        });
        named.chain(self.oncall.values().flat_map(OnCall::named))
    }

    /// The user groups that a route names, itself or by an on-call source, each with the routes that do.
    pub fn told_groups(&self) -> BTreeMap<&UserGroupId, Vec<&Route>> {
        let mut groups = BTreeMap::<_, Vec<&Route>>::new();
        let sources = self.oncall.values().filter_map(|source| match &source.source {
            OnCallSource::UserGroup(group) => Some(group),
            _ => None,
        });
        for group in sources {
            groups.entry(group).or_default();
        }
        for route in self.routes.all() {
            let named: BTreeSet<_> = route.recipients().filter_map(|who| self.group_of(who)).collect();
            named.into_iter().for_each(|group| groups.entry(group).or_default().push(route));
        }
        groups
    }

    /// Whether anything comes in at `listen`: over sockets it may be that nobody has to.
    pub fn has_doors(&self) -> bool {
        let pages = self.identity.linked().is_some_and(|linked| matches!(linked.flow, Flow::Code { .. }));
        let keys = matches!(self.identity, Identity::Assertion(_) | Identity::Exchange(_));
        matches!(self.slack.mode, SlackMode::Http { .. }) || self.notifier.listen.is_none() || pages || keys
    }

    fn group_of<'s>(&'s self, who: &'s Recipient) -> Option<&'s UserGroupId> {
        match who {
            Recipient::User(_) => None,
            Recipient::Group(group) => Some(group),
            Recipient::OnCall { source, .. } => match &self.oncall.get(source)?.source {
                OnCallSource::UserGroup(group) => Some(group),
                _ => None,
            },
        }
    }
}

/// Where the settings were read from, and which of these files hold secrets.
#[derive(Clone, Debug, Default)]
pub struct Origin {
    /// The settings file; none where everything came from the environment.
    pub file: Option<PathBuf>,
    /// The keys of the secrets that stand in the settings file itself.
    pub stated: Vec<String>,
    /// The files that secrets were read from, each with the key that names it.
    pub files: Vec<(String, PathBuf)>,
}

/// How other servers are reached. The environment's proxies are ignored.
#[derive(Clone, Debug, Default)]
pub struct Outbound {
    /// The address of a proxy for every call; it may hold a password.
    pub proxy: Option<Secret>,
    /// More certificate authorities, PEM.
    pub ca_file: Option<PathBuf>,
}

/// The workspace and the app in it.
#[derive(Clone, Debug)]
pub struct Slack {
    /// How deliveries come in.
    pub mode: SlackMode,
    /// The app's bot token.
    pub bot_token: Secret,
    /// The slash command's name.
    pub command: String,
    /// The app's own client, with which people sign in with Slack.
    pub client: Option<SlackClient>,
    /// Where the Web API is; ends with `/`.
    pub api_base_url: Url,
    /// Hosts (with their port, where it is not the scheme's own) that a `response_url` may point to.
    pub hook_hosts: Vec<String>,
    /// Workspaces whose members may decide; empty: the app's own.
    pub allowed_teams: Vec<TeamId>,
    /// Organisations whose members may decide.
    pub allowed_enterprises: Vec<EnterpriseId>,
    /// Who may change P0's settings.
    pub admins: AdminList,
    /// Whether guests may decide.
    pub allow_guests: bool,
    /// Channels in which a link to a request becomes its card.
    pub unfurl_channels: Vec<ChannelId>,
}

impl Slack {
    /// Any of these may have signed what comes in; none where Slack does not call the bot.
    pub fn signing_secrets(&self) -> &[Secret] {
        match &self.mode {
            SlackMode::Http { signing_secrets } => signing_secrets,
            SlackMode::Socket(_) => &[],
        }
    }
}

/// How deliveries come from Slack to the bot.
#[derive(Clone, Debug)]
pub enum SlackMode {
    /// Slack calls [`Settings::listen`].
    Http {
        /// Any of these may have signed what comes in; never none.
        signing_secrets: Vec<Secret>,
    },
    /// The bot calls Slack, and hears over sockets.
    Socket(SocketMode),
}

/// Socket Mode.
#[derive(Clone, Debug)]
pub struct SocketMode {
    /// The app-level token, with the scope `connections:write`.
    pub app_token: Secret,
    /// How many sockets are kept open, so that one is there while another is replaced.
    pub connections: usize,
}

/// Who may change P0's settings; nobody, where both are empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AdminList {
    /// People.
    pub users: Vec<UserId>,
    /// User groups, whose members may.
    pub groups: Vec<UserGroupId>,
}

impl AdminList {
    /// Whether nobody may.
    pub fn is_empty(&self) -> bool {
        self.users.is_empty() && self.groups.is_empty()
    }
}

/// The app as a client of Sign in with Slack.
#[derive(Clone, Debug)]
pub struct SlackClient {
    /// Its id.
    pub id: String,
    /// Its secret.
    pub secret: Secret,
}

/// P0's API.
#[derive(Clone, Debug)]
pub struct P0 {
    /// Where it is.
    pub base_url: Url,
    /// The organisation's name in its paths.
    pub org: String,
    /// Opens P0's settings API, and is used for nothing else.
    pub settings_api_key: Option<SettingsKey>,
    /// The web address of one request, with `{org}` and `{id}` to fill in.
    pub request_url: Option<String>,
    /// Whether people may approve their own requests.
    pub one_party: bool,
}

/// How P0's pushes prove where they come from.
#[derive(Clone, Debug)]
pub struct Notifier {
    /// Where P0's pushes come in, where not at [`Settings::listen`].
    pub listen: Option<SocketAddr>,
    /// Where P0's public key is.
    pub key: NotifierKeySource,
    /// `iss`.
    pub issuer: String,
    /// `aud`.
    pub audience: String,
    /// `sub`, where the operator states it.
    pub subject: Option<String>,
    /// How old a token may be.
    pub max_token_age: Duration,
    /// Whether a token opens the door once only.
    pub single_use: bool,
    /// Where the fields of a push are.
    pub fields: Fields,
}

/// Where P0's public key is.
#[derive(Clone, Debug)]
pub enum NotifierKeySource {
    /// In a file, PEM.
    File(PathBuf),
    /// In a JSON Web Key Set at this address.
    Jwks(Url),
}

/// JSON pointers (RFC 6901) to the fields of a push, by the names that P0.md gives them. The first that is there counts.
#[derive(Clone, Debug)]
pub struct Fields(pub BTreeMap<String, String>);

/// The fields of a push that can be mapped.
pub const FIELDS: &[&str] = &[
    "id",
    "status",
    "type",
    "access",
    "permission",
    "requestor",
    "principal",
    "reason",
    "duration",
    "display",
    "requested",
    "granted",
    "expires",
    "updated",
    "approver_name",
    "approver_email",
    "resource",
    "tags",
];

/// Whose credential a decision carries.
#[derive(Clone, Debug)]
pub enum Identity {
    /// Each person's own account at the provider, linked by them.
    Linked(Box<Linked>),
    /// A token got for that account's at another place.
    Exchange(Box<Exchange>),
    /// Each person's own token, in a file.
    Tokens(Tokens),
    /// The bot signs for each person.
    Assertion(Assertion),
    /// One credential for everybody.
    Service {
        /// The bearer.
        token: Secret,
        /// Who people are to P0, to know their own requests.
        people: BTreeMap<UserId, String>,
    },
}

impl Identity {
    /// The accounts that people link, where they do.
    pub fn linked(&self) -> Option<&Linked> {
        match self {
            Self::Linked(linked) => Some(linked),
            Self::Exchange(exchange) => Some(&exchange.linked),
            Self::Tokens(_) | Self::Assertion(_) | Self::Service { .. } => None,
        }
    }

    /// How it is known who people are to P0.
    pub fn accounts(&self) -> Accounts {
        match self {
            Self::Tokens(Tokens { people, .. }) | Self::Service { people, .. } => Accounts::Table(people.clone()),
            Self::Assertion(assertion) => assertion.accounts.clone(),
            Self::Linked(linked) => linked.accounts.clone(),
            Self::Exchange(exchange) => exchange.linked.accounts.clone(),
        }
    }

    /// Who people are to P0, by the table; empty where there is none.
    pub fn people(&self) -> &BTreeMap<UserId, String> {
        static NOBODY: BTreeMap<UserId, String> = BTreeMap::new();
        let accounts = match self {
            Self::Tokens(Tokens { people, .. }) | Self::Service { people, .. } => return people,
            Self::Assertion(assertion) => &assertion.accounts,
            Self::Linked(linked) => &linked.accounts,
            Self::Exchange(exchange) => &exchange.linked.accounts,
        };
        match accounts {
            Accounts::Table(people) => people,
            Accounts::ConfirmedEmail => &NOBODY,
        }
    }

    /// Whether people can be asked to sign in once more: only a browser is sent to the provider with such a wish.
    pub fn signs_in_again(&self) -> bool {
        self.linked().is_some_and(|linked| matches!(linked.flow, Flow::Code { .. }))
    }
}

/// Where people sign in to link their account.
#[derive(Clone, Debug)]
pub struct Linked {
    /// The provider, exactly as its tokens name it.
    pub issuer: String,
    /// The organisation's own client there; `None`: the one that P0's own command line uses, as P0 tells it.
    pub client_id: Option<String>,
    /// The client's secret; a public client has none.
    pub client_secret: Option<Secret>,
    /// What is asked for.
    pub scopes: Vec<String>,
    /// How people sign in.
    pub flow: Flow,
    /// What P0 is shown.
    pub send: SentToken,
    /// Issuers whose addresses count although they never send `email_verified`.
    pub trusted_email_issuers: Vec<String>,
    /// How long after the provider's last word Identity Platform may renew by itself.
    pub session: Duration,
    /// Whose account is whose.
    pub accounts: Accounts,
}

/// Who people are to P0, and so which account at a provider may be linked by whom.
#[derive(Clone, Debug)]
pub enum Accounts {
    /// Whose address, or name or subject, stands in the table beside the person; nobody else's.
    Table(BTreeMap<UserId, String>),
    /// Whose address, verified where they link an account, is the one that Slack has confirmed of the person.
    ConfirmedEmail,
}

/// How people sign in.
#[derive(Clone, Debug)]
pub enum Flow {
    /// In a browser: Slack first, then the provider with code and PKCE.
    Code {
        /// Where the pages are.
        public_url: Url,
        /// Whose login proves which Slack user is at the browser.
        slack: SlackClient,
    },
    /// With a code to enter on a page of the provider's (RFC 8628).
    Device,
}

/// What P0 is shown of a linked account.
#[derive(Clone, Debug)]
pub enum SentToken {
    /// The provider's access token.
    AccessToken,
    /// The provider's ID token.
    IdToken,
    /// An ID token of Identity Platform, got from the provider's as P0's own client does.
    IdentityPlatform {
        /// Where tokens are got; paths are put behind it.
        toolkit: Url,
        /// Where they are renewed.
        secure_token: Url,
    },
}

/// Token exchange (RFC 8693): the person's token as subject, the bot as actor.
#[derive(Clone, Debug)]
pub struct Exchange {
    /// The token endpoint.
    pub endpoint: Url,
    /// The bot as its client.
    pub client_id: String,
    /// The client's secret.
    pub client_secret: Option<Secret>,
    /// `audience`.
    pub audience: Option<String>,
    /// `resource`.
    pub resource: Option<String>,
    /// `scope`.
    pub scope: Option<String>,
    /// Which token of the person's is the subject.
    pub subject: SubjectToken,
    /// The key that signs the actor's token, PEM.
    pub actor_key_file: PathBuf,
    /// With which algorithm.
    pub actor_algorithm: Algorithm,
    /// `iss` and `sub` of the actor's token.
    pub actor: String,
    /// Where the subjects come from.
    pub linked: Linked,
}

/// Which of the provider's tokens stands for the person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SubjectToken {
    /// The access token.
    AccessToken,
    /// The ID token.
    IdToken,
}

/// Each person's own token.
#[derive(Clone, Debug)]
pub struct Tokens {
    /// Where the tokens are had.
    pub source: TokenSource,
    /// Who each person is to P0.
    pub people: BTreeMap<UserId, String>,
}

/// Where people's own tokens are had.
#[derive(Clone, Debug)]
pub enum TokenSource {
    /// In the file of each person.
    Files(BTreeMap<UserId, PathBuf>),
    /// From a program that is asked for each of the people; `{user}` and `{identity}` of its arguments are filled in.
    Command(Program),
}

/// What the bot signs for people with.
#[derive(Clone, Debug)]
pub struct Assertion {
    /// The private key, PEM.
    pub private_key_file: PathBuf,
    /// With which algorithm.
    pub algorithm: Algorithm,
    /// `iss`.
    pub issuer: String,
    /// `aud`.
    pub audience: String,
    /// From `iat` to `exp`, at most five minutes.
    pub lifetime: Duration,
    /// Keys, PEM, that are published beside it and sign nothing: the one before or the one to come.
    pub also_publish: Vec<PathBuf>,
    /// Where what is signed is redeemed for the token that P0 is sent; `None`: P0 is sent what is signed.
    pub redeemed: Option<Box<RedeemedAssertion>>,
    /// For whom.
    pub accounts: Accounts,
}

/// Where what the bot signs is redeemed.
#[derive(Clone, Debug)]
pub struct RedeemedAssertion {
    /// The token endpoint.
    pub endpoint: Url,
    /// As what it is shown there.
    pub grant: AssertionGrant,
    /// The bot as a client there; `None`: the assertion speaks for itself.
    pub client_id: Option<String>,
    /// The client's secret.
    pub client_secret: Option<Secret>,
    /// `scope`.
    pub scope: Option<String>,
}

/// As what an assertion is shown at a token endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AssertionGrant {
    /// As the grant itself (RFC 7523).
    JwtBearer,
    /// As the subject of an exchange (RFC 8693).
    TokenExchange,
}

/// What lengths are offered, as far as the settings say: what is known of P0's own has the last word.
#[derive(Clone, Debug)]
pub struct Durations {
    /// What the settings name.
    pub stated: Stated,
    /// Where a request names none.
    pub default: ExpirationLength,
}

/// How P0's own settings are changed from Slack.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    /// When a second admin has to agree.
    pub second_admin: SecondAdmin,
    /// Whether it may be changed what approvals ask for.
    pub approvals: bool,
    /// Where changes are announced.
    pub announce_channel: Option<ChannelId>,
}

/// A source that knows who is on call.
#[derive(Clone, Debug)]
pub struct OnCall {
    /// Where it is asked.
    pub source: OnCallSource,
    /// Who people of the source are in Slack: by their id there, their e-mail address or, in a calendar, what an event
    /// is called; each as [`folded`](crate::domain::person::folded) has it.
    pub people: BTreeMap<String, UserId>,
    /// Whether the others are looked for by the e-mail address that Slack has confirmed.
    pub email_match: bool,
}

/// Where it is asked who is on call.
#[derive(Clone, Debug)]
pub enum OnCallSource {
    /// An account at PagerDuty.
    PagerDuty(Box<PagerDutyAccount>),
    /// Everybody in a Slack user group.
    UserGroup(UserGroupId),
    /// A table of the week.
    Week(Vec<WeekShift>),
    /// An iCalendar file.
    Calendar {
        /// Which.
        file: PathBuf,
        /// Where the clock hangs on which times are read that name no zone.
        zone: TimeZone,
    },
}

/// An account at PagerDuty, and who of it is meant.
#[derive(Clone, Debug)]
pub struct PagerDutyAccount {
    /// Opens its REST API; reading is enough.
    pub api_key: Secret,
    /// Where that is; ends with `/`.
    pub base_url: Url,
    /// Who is meant.
    pub filter: DutyFilter,
}

/// Who of those on call at PagerDuty is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DutyFilter {
    /// Those of these escalation policies, level by level.
    Policies(Vec<String>),
    /// Those of these schedules, whichever levels of policies these stand on.
    Schedules(Vec<String>),
}

/// A row of a weekly table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WeekShift {
    /// When.
    pub hours: Hours,
    /// Who; never nobody.
    pub who: Vec<UserId>,
}

impl OnCall {
    /// Everybody whom its table names.
    pub fn named(&self) -> impl Iterator<Item = &UserId> {
        let shifts = match &self.source {
            OnCallSource::Week(shifts) => shifts.as_slice(),
            OnCallSource::PagerDuty(_) | OnCallSource::UserGroup(_) | OnCallSource::Calendar { .. } => &[],
        };
        self.people.values().chain(shifts.iter().flat_map(|shift| &shift.who))
    }

    /// Whether it has levels, of which the next is told where nobody of the one before decides.
    pub fn has_levels(&self) -> bool {
        matches!(&self.source, OnCallSource::PagerDuty(account) if matches!(account.filter, DutyFilter::Policies(_)))
    }
}
