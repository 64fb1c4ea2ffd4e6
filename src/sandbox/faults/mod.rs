//! What goes wrong until it is switched back: one thing at a time on each side, and who reads along in the channel.

mod kinds;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::anyhow;
use serde::Deserialize;
use serde_json::{Value, json};

use super::bell::Bell;
use super::duty::Duty;
use super::idp::{Idp, Target};
use super::p0::{Behaviour, Fault, Labels, LengthAnswer, OwnList, P0, ResetAnswer, Undocumented, Verb};
use super::scene::CHANNEL;
use super::slack::{Fault as Misfortune, Slack, Times};
use crate::scopes::{self, Opens};

pub(super) use kinds::{AtDuty, AtIdp, AtP0, AtSettings, AtSlack};

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

/// What to do about a stage where nobody is on call.
const NO_DUTY: &str = "give a [[person]] of the seed on_call = 1";

/// What to switch; what is not named stays as it is.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Switch {
    #[serde(default)]
    pub(super) p0: Option<AtP0>,
    #[serde(default)]
    pub(super) settings: Option<AtSettings>,
    #[serde(default)]
    pub(super) slack: Option<AtSlack>,
    #[serde(default)]
    pub(super) idp: Option<AtIdp>,
    #[serde(default)]
    pub(super) duty: Option<AtDuty>,
    #[serde(default)]
    pub(super) shared: Option<bool>,
}

impl Switch {
    /// Everything works, and nobody else reads along.
    pub(super) const OFF: Self = Self {
        p0: Some(AtP0::None),
        settings: Some(AtSettings::None),
        slack: Some(AtSlack::None),
        idp: Some(AtIdp::None),
        duty: Some(AtDuty::None),
        shared: Some(false),
    };
}

/// The switches; clones are the same ones.
#[derive(Clone)]
pub(super) struct Faults {
    slack: Slack,
    p0: P0,
    idp: Option<Idp>,
    duty: Option<Duty>,
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
    settings: AtSettings,
    slack: AtSlack,
    idp: AtIdp,
    duty: AtDuty,
    shared: bool,
}

impl Faults {
    pub(super) fn new(
        (slack, p0): (Slack, P0),
        idp: Option<Idp>,
        duty: Option<Duty>,
        strangers: Vec<String>,
        bell: Bell,
    ) -> Self {
        Self { slack, p0, idp, duty, strangers: strangers.into(), now: Arc::default(), hand: Arc::default(), bell }
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
        if let Some(settings) = switch.settings {
            self.switch_settings(settings);
        }
        if let Some(slack) = switch.slack {
            self.switch_slack(slack);
        }
        if let Some(idp) = switch.idp {
            self.switch_idp(idp).await?;
        }
        match (switch.duty, &self.duty) {
            (Some(to), Some(duty)) => duty.fail(to).await?,
            (Some(AtDuty::None) | None, _) => {}
            (Some(_), None) => return Err(anyhow!("nobody is on call here: {NO_DUTY}")),
        }
        if let Some(shared) = switch.shared {
            self.switch_shared(shared);
        }
        self.change(|now| {
            now.p0 = switch.p0.unwrap_or(now.p0);
            now.settings = switch.settings.unwrap_or(now.settings);
            now.slack = switch.slack.unwrap_or(now.slack);
            now.idp = switch.idp.unwrap_or(now.idp);
            now.duty = switch.duty.unwrap_or(now.duty);
            now.shared = switch.shared.unwrap_or(now.shared);
        });
        Ok(())
    }

    async fn switch_p0(&self, to: AtP0) -> std::io::Result<()> {
        self.p0.clear_faults_of(None);
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

    fn switch_settings(&self, to: AtSettings) {
        self.p0.behave(|behaviour| {
            *behaviour = Behaviour {
                labels: if to == AtSettings::AsSent { Labels::AsSent } else { Labels::Largest },
                length_answer: match to {
                    AtSettings::NotOk => LengthAnswer::NotOk,
                    AtSettings::Silent => LengthAnswer::EmptyObject,
                    AtSettings::OkAlone => LengthAnswer::OkAlone,
                    _ => LengthAnswer::Told,
                },
                reset_answer: if to == AtSettings::ListAlone { ResetAnswer::ListAlone } else { ResetAnswer::Whole },
                own_list: if to == AtSettings::Fractions { OwnList::Fractions } else { OwnList::Documented },
                undocumented_settings: match to {
                    AtSettings::Unpublished => Undocumented::NotFound,
                    _ => Undocumented::Answered,
                },
                ..behaviour.clone()
            };
        });
        self.p0.clear_faults_of(Verb::Settings);
        let fault = match to {
            AtSettings::Lost => Fault::LostAnswer,
            AtSettings::Slow => Fault::Late(SLOW),
            AtSettings::Refuses => Fault::error(400, "Settings are locked by your organization's owner"),
            AtSettings::ErrorAt200 => Fault::ErrorAt200("Settings are locked by your organization's owner".to_owned()),
            _ => return,
        };
        self.p0.fail_until_cleared(Verb::Settings, fault);
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
        let at_duty = AtDuty::ALL.map(|fault| json!({ "id": fault, "what": fault.what() }));
        json!({
            "p0": now.p0,
            "settings": now.settings,
            "slack": now.slack,
            "idp": now.idp,
            "duty": now.duty,
            "shared": now.shared,
            "choices": {
                "p0": at_p0.map(|fault| json!({ "id": fault, "what": fault.what() })).collect::<Vec<_>>(),
                "settings": AtSettings::ALL.map(|fault| json!({ "id": fault, "what": fault.what() })),
                "slack": AtSlack::ALL.map(|fault| json!({ "id": fault, "what": fault.what() })),
                "idp": has_provider.then_some(at_idp),
                "duty": self.duty.is_some().then_some(at_duty),
            },
        })
    }
}
