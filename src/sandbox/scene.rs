//! Who is in the sandbox, what they ask for, and the settings of the bot between the stand-ins.

use super::new_secret;
use super::p0::{NotifierSetup, P0, P0Setup, RequestSeed, samples};
use super::slack::{Person, SLACKS_EVENT_RETRIES, Slack, SlackSetup};
use crate::clock::Clock;

/// The channel in which the cards appear.
pub(super) const CHANNEL: &str = "C01ACCESS";

/// Somebody whom a user of the page can be.
pub(super) struct Role {
    /// Their Slack id.
    pub(super) user: &'static str,
    /// Their P0 identity, for those whom the bot's settings know.
    pub(super) identity: Option<&'static str>,
    /// What they are, for the page's list of people.
    pub(super) what: &'static str,
}

/// Everybody with a client. Requesters have a credential as well: they may give their own access back.
pub(super) const ROLES: [Role; 8] = [
    Role::known("U01ALICE", "alice@example.com", "approver, gets DMs"),
    Role::known("U02BOB", "bob@example.com", "approver, also asks"),
    Role::known("U03CAROL", "carol@example.com", "approver of most"),
    Role::known("U11RITA", "rita@example.com", "requester"),
    Role::known("U12OMAR", "omar@example.com", "requester for a robot"),
    Role::known("U13MEI", "mei@example.com", "requester"),
    Role::known("U04GUEST", "guest@example.com", "a guest, may not decide"),
    Role { user: "U05STRANGER", identity: None, what: "from another company" },
];

impl Role {
    const fn known(user: &'static str, identity: &'static str, what: &'static str) -> Self {
        Self { user, identity: Some(identity), what }
    }
}

/// Who may decide where a request does not name its own approvers.
const APPROVERS: [&str; 3] = ["alice@example.com", "bob@example.com", "carol@example.com"];
/// Who asks where the sample's requester is nobody here, so that everybody who asked can be told.
const ASKS_TOO: &str = "bob@example.com";

/// The stand-in's company, and the people who ask for access. Its secrets are new: the usual ones can be read by all.
pub(super) fn company(clock: Clock) -> SlackSetup {
    let mut setup = SlackSetup {
        signing_secret: new_secret(),
        bot_token: format!("xoxb-{}", new_secret()),
        event_retries: SLACKS_EVENT_RETRIES.to_vec(),
        ..SlackSetup::new(clock)
    };
    for (id, name) in [("U11RITA", "rita"), ("U12OMAR", "omar"), ("U13MEI", "mei")] {
        setup.people.push(Person::new(id, name));
        setup.channels.iter_mut().filter(|found| found.id == CHANNEL).for_each(|found| found.members.push(id.into()));
    }
    setup
}

/// The people of another company.
pub(super) fn strangers() -> Vec<String> {
    ROLES.iter().filter(|role| role.identity.is_none()).map(|role| role.user.to_owned()).collect()
}

/// The stand-in's P0. Its news waits for a bot that was killed.
pub(super) fn permissions(clock: Clock) -> P0Setup {
    let notifier = NotifierSetup { patient: true, ..NotifierSetup::default() };
    P0Setup { clock, settings_api_key: new_secret(), notifier, ..P0Setup::default() }
}

/// What waits for a decision at the start; the page adds more of them.
pub(super) fn requests() -> Vec<RequestSeed> {
    let mut seeds = samples();
    for seed in &mut seeds {
        if ROLES.iter().all(|role| role.identity != Some(seed.requestor.as_str())) {
            seed.requestor = ASKS_TOO.to_owned();
            seed.principal = ASKS_TOO.to_owned();
        }
        seed.approvers.get_or_insert_with(|| APPROVERS.map(str::to_owned).to_vec());
    }
    seeds
}

/// The file of the key that P0's pushes are checked with. A person's token is in a file called after the person.
pub(super) const NOTIFIER_KEY: &str = "p0.pem";
/// The ledger's file.
pub(super) const LEDGER: &str = "ledger.db";

/// The settings file, as an operator would write it for these two. Its listeners are not used: the sandbox binds its
/// own. "Open in P0" leads to the page, which shows P0.
pub(super) fn settings(slack: (&SlackSetup, &Slack), p0: (&P0Setup, &P0), page_url: &str) -> String {
    let ((company, slack), (permissions, p0)) = (slack, p0);
    let known = || ROLES.iter().filter_map(|role| Some((role.user, role.identity?)));
    let people: Vec<String> = known().map(|(user, identity)| format!("{user} = \"{identity}\"")).collect();
    let tokens: Vec<String> = known().map(|(user, _)| format!("{user} = \"{user}\"")).collect();
    format!(
        r#"
database_url = "sqlite://{LEDGER}"
[slack]
signing_secrets = ["{secret}"]
bot_token = "{token}"
command = "{command}"
api_base_url = "{api}"
hook_hosts = ["{hooks}"]
[p0]
base_url = "{p0_url}"
org = "{org}"
request_url = "{page_url}#request-{{id}}"
[notifier]
public_key_file = "{NOTIFIER_KEY}"
issuer = "{issuer}"
audience = "{audience}"
[identity]
mode = "tokens"
[identity.people]
{people}
[identity.tokens]
{tokens}
[[route]]
channel = "{CHANNEL}"
notify = ["{notified}"]
"#,
        secret = company.signing_secret,
        token = company.bot_token,
        command = company.command,
        api = slack.api_base_url(),
        hooks = slack.hook_host(),
        p0_url = p0.base_url(),
        org = permissions.org,
        issuer = permissions.notifier.issuer,
        audience = permissions.notifier.audience,
        people = people.join("\n"),
        tokens = tokens.join("\n"),
        notified = ROLES[0].user,
    )
}
