//! Who is on call: what sources say, when it counts, and who that is in Slack.

mod calendars;
mod down;
mod night;
mod outside;
mod people;
mod secrecy;
mod sources;

use std::path::Path;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use p0_chatops::authorize::workspace::Workspace;
use p0_chatops::clock::Clock;
use p0_chatops::config::{self, DatabaseUrl};
use p0_chatops::domain::person::TeamId;
use p0_chatops::domain::route::routes::Recipient;
use p0_chatops::domain::watch::{LeftOut, Reason};
use p0_chatops::ledger::Ledger;
use p0_chatops::notify::oncall::{Meant, Roster, Tools};
use p0_chatops::notify::web_api::SlackApi;
use p0_chatops::sandbox::pagerduty::{OnDuty, PagerDuty, PagerDutySetup};
use p0_chatops::sandbox::slack::{Slack, SlackSetup};
use p0_chatops::telemetry::Metrics;

use crate::outside::http;

/// Slack, PagerDuty, a ledger and a clock that stands still.
pub struct Company {
    pub slack: Slack,
    pub pagerduty: PagerDuty,
    pub clock: Clock,
    pub ledger: Ledger,
    pub metrics: Metrics,
    folder: std::path::PathBuf,
}

impl Company {
    pub async fn new() -> Self {
        Self::with(|setup| setup).await
    }

    pub async fn with(change: impl FnOnce(SlackSetup) -> SlackSetup) -> Self {
        use std::sync::atomic::{AtomicU32, Ordering};
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("p0-chatops-oncall-it-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&folder).unwrap();
        let clock = Clock::stepped();
        let slack = change(SlackSetup::new(clock.clone()).with_scope("usergroups:read"));
        let url = DatabaseUrl::Sqlite(folder.join("ledger.db"));
        Self {
            slack: Slack::start(slack).await.unwrap(),
            pagerduty: PagerDuty::start(PagerDutySetup { clock: clock.clone(), ..PagerDutySetup::default() })
                .await
                .unwrap(),
            ledger: Ledger::open(&url, clock.clone()).await.unwrap(),
            metrics: Metrics::default(),
            clock,
            folder,
        }
    }

    /// Alice for an hour more, then Bob; Carol always, on the second level.
    pub async fn paged() -> Self {
        let company = Self::new().await;
        company.put_on_duty();
        company
    }

    pub fn put_on_duty(&self) {
        let (now, hour) = (self.clock.now(), SignedDuration::from_hours(1));
        self.pagerduty.put_on_duty("SFIRST", "PALICE", now - hour, now + hour);
        self.pagerduty.put_on_duty("SFIRST", "PBOB", now + hour, now + hour * 9);
        let levels = vec![vec![OnDuty::Schedule("SFIRST".into())], vec![OnDuty::User("PCAROL".into())]];
        self.pagerduty.set_policy("PPOLICY", levels);
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// A roster as a bot that has just started has it, with `[oncall.first]` as the settings file says it.
    pub fn roster(&self, section: &str) -> Result<Roster, config::ConfigError> {
        let settings = self.settings(section)?;
        let tools = Tools {
            directory: Arc::new(SlackApi::new(http(), &settings.slack, self.metrics.clone())),
            workspace: Workspace {
                teams: vec![TeamId::parse("T01ACME").unwrap()],
                enterprises: Vec::new(),
                allow_guests: false,
            },
            client: http(),
            ledger: Some(self.ledger.clone()),
            clock: self.clock.clone(),
            metrics: self.metrics.clone(),
        };
        Roster::new(tools, settings.oncall)
    }

    fn settings(&self, section: &str) -> Result<config::Settings, config::ConfigError> {
        config::parse(&self.text(section), [], &self.folder)
    }

    /// The settings file with one source.
    pub fn text(&self, section: &str) -> String {
        format!(
            "[slack]\nsigning_secrets = [\"5f0c1a7be2d94386a1f7c03d9b64e852\"]\nbot_token = \"xoxb-sandbox-token\"\n\
             api_base_url = \"{}\"\n[p0]\norg = \"acme\"\n\
             [notifier]\npublic_key_file = \"p0.pem\"\nissuer = \"p0\"\naudience = \"p0-chatops\"\n\
             [identity]\nmode = \"service\"\nacknowledge_shared_credential = true\n\
             [identity.service]\ntoken = \"0123456789-service\"\n\
             [[route]]\nchannel = \"C01ACCESS\"\n[oncall.first]\n{section}",
            self.slack.api_base_url()
        )
    }

    /// The keys of PagerDuty's account, with `more`.
    pub fn account(&self, more: &str) -> String {
        format!(
            "source = \"pagerduty\"\napi_key = \"sandbox-pagerduty-key\"\napi_base_url = \"{}\"\n\
             escalation_policies = [\"PPOLICY\"]\n{more}",
            self.pagerduty.base_url()
        )
    }

    /// A roster that finds PagerDuty's people by their confirmed addresses.
    pub fn by_email(&self) -> Roster {
        self.roster(&self.account("email_match = true")).unwrap()
    }

    pub fn pass(&self, minutes: u64) {
        self.clock.advance(std::time::Duration::from_secs(60 * minutes));
    }

    /// How often PagerDuty was asked.
    pub fn asked(&self) -> usize {
        self.pagerduty.calls().len()
    }
}

impl Drop for Company {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

pub fn first(level: u32) -> Recipient {
    Recipient::OnCall { source: "first".to_owned(), level }
}

/// Who is meant, and who is left out: a line for each.
pub async fn meant(roster: &Roster, recipient: &Recipient) -> Vec<String> {
    let Meant { people, left_out, .. } = roster.meant(recipient).await;
    let of = |as_of: &Option<Timestamp>| as_of.map(|at| format!(" as of {at}")).unwrap_or_default();
    let people = people.iter().map(|(user, reason)| match reason {
        Reason::OnCall { as_of, .. } => format!("{user}{}", of(as_of)),
        Reason::Group { as_of, .. } => format!("{user}{}", of(as_of)),
        other => format!("{user} {other:?}"),
    });
    let left_out = left_out.iter().map(|left| match left {
        LeftOut::Unmatched { name, .. } => format!("unmatched {name}"),
        LeftOut::NobodyOnCall { level, .. } => format!("nobody on level {level}"),
        LeftOut::NotThere { user } => format!("not there {user}"),
        LeftOut::SourceDown { .. } => "down".to_owned(),
        other => format!("{other:?}"),
    });
    people.chain(left_out).collect()
}
