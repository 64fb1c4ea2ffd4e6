//! What goes wrong until it is switched back: one thing at a time on each side, and who reads along in the channel.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::anyhow;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::bell::Bell;
use super::idp::{Idp, Target};
use super::p0::{Fault, P0};
use super::scene::CHANNEL;
use super::slack::{Fault as Misfortune, Slack, Times};
use crate::scopes::{self, Opens};

/// How long a slow P0 takes: long enough to watch, and shorter than the bot waits.
const SLOW: Duration = Duration::from_secs(5);
/// After how many seconds a busy P0 or Slack wants to be asked again.
const BUSY_FOR: u32 = 3;

/// What a busy Slack refuses: all that a running bot calls. The question of a start is spared, as Slack counts it apart.
fn refused_when_busy() -> BTreeSet<&'static str> {
    let opened = scopes::SCOPES.iter().flat_map(|scope| scope.opens).filter_map(|opened| match opened {
        Opens::Method(method) => Some(*method),
        Opens::Event(_) | Opens::PersonEvent(_) | Opens::Command => None,
    });
    // These need no scope.
    opened.chain(["views.open", "response_url"]).collect()
}

/// What to do about a stage without a provider.
const NO_PROVIDER: &str = "start the sandbox with --identity linked";

/// What is wrong with P0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum AtP0 {
    /// Nothing.
    #[default]
    None,
    /// The work takes long.
    Slow,
    /// The port is closed.
    Down,
    /// 429.
    Busy,
    /// 400.
    Refuses,
    /// 502 with a page.
    Html,
    /// The work is done and nobody hears of it.
    Lost,
    /// 401 for the tokens that it knew so far; those that are renewed count.
    Forgets,
}

impl AtP0 {
    const ALL: [Self; 8] =
        [Self::None, Self::Slow, Self::Down, Self::Busy, Self::Refuses, Self::Html, Self::Lost, Self::Forgets];

    fn what(self) -> &'static str {
        match self {
            Self::None => "P0 works",
            Self::Slow => "P0 is slow: it takes 5 s",
            Self::Down => "P0 is down: its port is closed",
            Self::Busy => "P0 is busy: it answers 429",
            Self::Refuses => "P0 refuses: 400 “Invalid or expired request”",
            Self::Html => "A proxy answers for P0: 502 with a page of HTML",
            Self::Lost => "P0 does it, but its answer is lost and its news is late",
            Self::Forgets => "P0 has forgotten the tokens that it knew: it answers them 401, until they are renewed",
        }
    }
}

/// What is wrong with Slack.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum AtSlack {
    /// Nothing.
    #[default]
    None,
    /// 429 for whatever the bot calls.
    Busy,
}

impl AtSlack {
    const ALL: [Self; 2] = [Self::None, Self::Busy];

    fn what(self) -> &'static str {
        match self {
            Self::None => "Slack works",
            Self::Busy => "Slack is busy: it answers the bot 429",
        }
    }
}

/// What is wrong with the identity provider.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum AtIdp {
    /// Nothing.
    #[default]
    None,
    /// The port is closed.
    Down,
    /// 502 with a page.
    Html,
    /// Everybody's account is switched off, and P0 takes nothing that they were given.
    Closed,
}

impl AtIdp {
    const ALL: [Self; 4] = [Self::None, Self::Down, Self::Html, Self::Closed];

    fn what(self) -> &'static str {
        match self {
            Self::None => "The identity provider works",
            Self::Down => "It is down: its port is closed",
            Self::Html => "A proxy answers for it: 502 with a page of HTML",
            Self::Closed => "It has closed everybody’s account, and P0 has heard of it",
        }
    }
}

/// What to switch; what is not named stays as it is.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Switch {
    #[serde(default)]
    pub(super) p0: Option<AtP0>,
    #[serde(default)]
    pub(super) slack: Option<AtSlack>,
    #[serde(default)]
    pub(super) idp: Option<AtIdp>,
    #[serde(default)]
    pub(super) shared: Option<bool>,
}

impl Switch {
    /// Everything works, and nobody else reads along.
    pub(super) const OFF: Self =
        Self { p0: Some(AtP0::None), slack: Some(AtSlack::None), idp: Some(AtIdp::None), shared: Some(false) };
}

/// The switches; clones are the same ones.
#[derive(Clone)]
pub(super) struct Faults {
    slack: Slack,
    p0: P0,
    idp: Option<Idp>,
    /// The people of the other company, who come into the channel when it is shared.
    strangers: Arc<[String]>,
    now: Arc<Mutex<Now>>,
    /// Held while a switch is thrown.
    hand: Arc<tokio::sync::Mutex<()>>,
    bell: Bell,
}

#[derive(Clone, Copy, Default)]
struct Now {
    p0: AtP0,
    slack: AtSlack,
    idp: AtIdp,
    shared: bool,
}

impl Faults {
    pub(super) fn new(slack: Slack, p0: P0, idp: Option<Idp>, strangers: Vec<String>, bell: Bell) -> Self {
        Self { slack, p0, idp, strangers: strangers.into(), now: Arc::default(), hand: Arc::default(), bell }
    }

    /// Throws the switches that are named.
    ///
    /// # Errors
    /// A port was taken by somebody else while it was down; or what is to be broken is not there.
    pub(super) async fn switch(&self, switch: Switch) -> anyhow::Result<()> {
        let _hand = self.hand.lock().await;
        if let Some(p0) = switch.p0 {
            self.switch_p0(p0).await?;
        }
        if let Some(slack) = switch.slack {
            self.switch_slack(slack);
        }
        if let Some(idp) = switch.idp {
            self.switch_idp(idp).await?;
        }
        if let Some(shared) = switch.shared {
            self.switch_shared(shared);
        }
        self.change(|now| {
            now.p0 = switch.p0.unwrap_or(now.p0);
            now.slack = switch.slack.unwrap_or(now.slack);
            now.idp = switch.idp.unwrap_or(now.idp);
            now.shared = switch.shared.unwrap_or(now.shared);
        });
        Ok(())
    }

    async fn switch_p0(&self, to: AtP0) -> std::io::Result<()> {
        self.p0.clear_faults();
        if to == AtP0::Down {
            self.p0.down().await;
        } else {
            self.p0.up().await?;
        }
        // Where the answer is lost, the news of what was done would tell of it at once.
        self.p0.hold_pushes(to == AtP0::Lost);
        let fault = match to {
            AtP0::None | AtP0::Down => return Ok(()),
            AtP0::Forgets => {
                self.p0.forget_logins();
                return Ok(());
            }
            AtP0::Slow => Fault::Late(SLOW),
            AtP0::Busy => Fault::too_many(Some(BUSY_FOR)),
            AtP0::Refuses => Fault::error(400, "Invalid or expired request"),
            AtP0::Html => Fault::bad_gateway(),
            AtP0::Lost => Fault::LostAnswer,
        };
        self.p0.fail_until_cleared(None, fault);
        Ok(())
    }

    async fn switch_idp(&self, to: AtIdp) -> anyhow::Result<()> {
        let Some(idp) = &self.idp else {
            return if to == AtIdp::None {
                Ok(())
            } else {
                Err(anyhow!("nobody links an account here: {NO_PROVIDER}"))
            };
        };
        idp.clear_faults();
        if to == AtIdp::Down {
            idp.down().await;
        } else {
            idp.up().await?;
        }
        if to == AtIdp::Html {
            idp.fail_until_cleared(Target::Any, Fault::bad_gateway());
        }
        idp.switch_accounts(to != AtIdp::Closed);
        if to == AtIdp::Closed {
            self.p0.forget_logins();
        }
        Ok(())
    }

    fn switch_slack(&self, to: AtSlack) {
        self.slack.clear_faults();
        if to == AtSlack::Busy {
            for method in refused_when_busy() {
                let busy = Misfortune::RateLimited { retry_after_s: BUSY_FOR.into() };
                self.slack.fail(method, busy, Times::UntilCleared);
            }
        }
    }

    fn switch_shared(&self, shared: bool) {
        self.slack.change_channel(CHANNEL, |channel| {
            channel.is_ext_shared = shared;
            channel.members.retain(|member| !self.strangers.contains(member));
            if shared {
                channel.members.extend(self.strangers.iter().cloned());
            }
        });
    }

    fn change(&self, change: impl FnOnce(&mut Now)) {
        change(&mut self.now.lock().unwrap_or_else(PoisonError::into_inner));
        self.bell.ring();
    }

    /// What is switched on, and what there is to switch.
    pub(super) fn to_json(&self) -> Value {
        let now = *self.now.lock().unwrap_or_else(PoisonError::into_inner);
        // Tokens that nobody renews are not forgotten: there would be no way back.
        let has_provider = self.idp.is_some();
        let at_p0 = AtP0::ALL.into_iter().filter(|fault| has_provider || *fault != AtP0::Forgets);
        let at_idp = AtIdp::ALL.map(|fault| json!({ "id": fault, "what": fault.what() }));
        json!({
            "p0": now.p0,
            "slack": now.slack,
            "idp": now.idp,
            "shared": now.shared,
            "choices": {
                "p0": at_p0.map(|fault| json!({ "id": fault, "what": fault.what() })).collect::<Vec<_>>(),
                "slack": AtSlack::ALL.map(|fault| json!({ "id": fault, "what": fault.what() })),
                "idp": has_provider.then_some(at_idp),
            },
        })
    }
}
