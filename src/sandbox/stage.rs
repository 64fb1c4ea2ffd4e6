//! All that the page and the stories have at hand.

use std::sync::Arc;
use std::time::Duration;

use super::bell::Bell;
use super::bot::Bot;
use super::disk::Disk;
use super::duty::Duty;
use super::faults::{Faults, Switch};
use super::idp::Idp;
use super::p0::P0;
use super::scene::Scene;
use super::slack::Slack;
use crate::clock::Clock;
use crate::domain::route::routes::Routes;

/// The stand-ins, the bot between them, what is on disk, and the switches; clones are the same ones.
#[derive(Clone)]
pub(super) struct Stage {
    pub(super) scene: Arc<Scene>,
    pub(super) clock: Clock,
    pub(super) slack: Slack,
    pub(super) p0: P0,
    /// Where people link accounts.
    pub(super) idp: Option<Idp>,
    /// Who is on call.
    pub(super) duty: Option<Duty>,
    /// The rules by which the bot shows requests to people.
    pub(super) routes: Arc<Routes>,
    pub(super) bot: Bot,
    pub(super) disk: Disk,
    pub(super) faults: Faults,
    /// Rings when the bot, a fault or what is on disk has changed; the stand-ins tell of their own changes.
    pub(super) bell: Bell,
}

impl Stage {
    /// Lets time pass for everybody on the stage at once.
    pub(super) fn pass(&self, time: Duration) {
        self.clock.advance(time);
        self.bell.ring();
    }

    /// Takes every fault back, puts everybody on call who was, and starts the bot where it does not run.
    ///
    /// # Errors
    /// What could not be put in order.
    pub(super) async fn put_in_order(&self) -> anyhow::Result<()> {
        self.faults.switch(Switch::OFF).await?;
        if let Some(duty) = &self.duty {
            duty.reset()?;
        }
        self.bot.start().await?;
        Ok(())
    }
}
