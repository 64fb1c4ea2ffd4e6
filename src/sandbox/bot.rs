//! The bot, which can be killed and started while the stand-ins and the page go on.
//!
//! It has a thread and a runtime of its own. A kill drops that runtime in the midst of whatever it does: no soft stop,
//! nothing is finished, every socket is closed and the ledger's file and its lock are let go of. What is left is what
//! the file holds, as after SIGKILL. It is no child process, so that the sandbox stays one process that needs no second
//! binary; the one difference is that SQLite's own threads close the file, where a killed process leaves that to the
//! next start.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener as StdListener};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::{Context as _, anyhow, bail};
use serde::Serialize;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

use super::bell::Bell;
use crate::app::{self, App};
use crate::clock::Clock;
use crate::config;

/// With what each start begins: the same settings on the same ledger.
#[derive(Clone)]
pub(super) struct Plan {
    /// The settings file.
    pub(super) settings: String,
    /// What its paths are relative to.
    pub(super) folder: PathBuf,
    /// Where it reads the time.
    pub(super) clock: Clock,
}

/// Whether the bot runs, and how often it was started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct Status {
    pub(super) running: bool,
    pub(super) starts: u32,
}

/// The bot; clones are the same one.
#[derive(Clone)]
pub(super) struct Bot(Arc<Shared>);

struct Shared {
    plan: Plan,
    ports: Ports,
    /// Held while it is being killed, started or stopped.
    hand: tokio::sync::Mutex<()>,
    now: Mutex<Now>,
    bell: Bell,
}

struct Now {
    /// The newest one, which may have ended.
    life: Life,
    starts: u32,
}

/// Where it listens, the same after each start.
#[derive(Clone, Copy)]
struct Ports {
    doors: SocketAddr,
    probes: SocketAddr,
}

/// Its two ports, which are taken before its settings are written: they hold its address.
pub(super) struct Listeners {
    doors: StdListener,
    probes: StdListener,
    ports: Ports,
}

impl Listeners {
    /// Takes two free ports of 127.0.0.1.
    pub(super) fn any() -> anyhow::Result<Self> {
        let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        Self::bind(Ports { doors: any, probes: any })
    }

    /// Where Slack, P0 and browsers will find the bot's doors.
    pub(super) fn base_url(&self) -> String {
        format!("http://{}", self.ports.doors)
    }

    fn bind(ports: Ports) -> anyhow::Result<Self> {
        let bind = |address: SocketAddr| {
            let listener =
                StdListener::bind(address).with_context(|| format!("the bot's port {address} cannot be bound"))?;
            listener.set_nonblocking(true)?;
            anyhow::Ok(listener)
        };
        let (doors, probes) = (bind(ports.doors)?, bind(ports.probes)?);
        let ports = Ports { doors: doors.local_addr()?, probes: probes.local_addr()? };
        Ok(Self { doors, probes, ports })
    }
}

impl Bot {
    /// Starts it for the first time.
    ///
    /// # Errors
    /// Why it did not start.
    pub(super) async fn first(plan: Plan, listeners: Listeners, bell: Bell) -> anyhow::Result<Self> {
        let ports = listeners.ports;
        let life = spawn(plan.clone(), listeners, bell.clone()).await?;
        let now = Mutex::new(Now { life, starts: 1 });
        Ok(Self(Arc::new(Shared { plan, ports, hand: tokio::sync::Mutex::default(), now, bell })))
    }

    /// The settings file, with its secrets.
    #[cfg(test)]
    pub(super) fn settings(&self) -> &str {
        &self.0.plan.settings
    }

    /// Whether it runs.
    pub(super) fn status(&self) -> Status {
        let now = self.now();
        Status { running: now.life.is_on(), starts: now.starts }
    }

    /// Starts it anew, from the same settings and on the same ports, where it does not run. Says whether it did.
    ///
    /// # Errors
    /// Why it did not start.
    pub(super) async fn start(&self) -> anyhow::Result<bool> {
        let bot = self.clone();
        to_its_end(async move {
            let _hand = bot.0.hand.lock().await;
            let old = bot.life();
            if old.is_on() {
                return Ok(false);
            }
            if old.stop.is_cancelled() {
                bail!("the sandbox ends");
            }
            let life = spawn(bot.0.plan.clone(), Listeners::bind(bot.0.ports)?, bot.0.bell.clone()).await?;
            {
                let mut now = bot.now();
                now.life = life;
                now.starts += 1;
            }
            bot.0.bell.ring();
            Ok(true)
        })
        .await
    }

    /// Ends it from one instant to the next, where it runs, and returns when nothing of it is left. Says whether it ran.
    ///
    /// # Errors
    /// The killing itself failed.
    pub(super) async fn kill(&self) -> anyhow::Result<bool> {
        let bot = self.clone();
        to_its_end(async move {
            let _hand = bot.0.hand.lock().await;
            let life = bot.life();
            if !life.is_on() {
                return Ok(false);
            }
            life.kill.cancel();
            bot.0.bell.ring();
            life.ended.cancelled().await;
            Ok(true)
        })
        .await
    }

    /// Stops it for good, as a signal does: what is in flight is finished first.
    pub(super) async fn stop(&self) {
        let _hand = self.0.hand.lock().await;
        let life = self.life();
        life.stop.cancel();
        life.ended.cancelled().await;
    }

    fn now(&self) -> MutexGuard<'_, Now> {
        self.0.now.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn life(&self) -> Life {
        self.now().life.clone()
    }
}

/// Does it whatever becomes of who asked for it: a browser hangs up, a story is left, and half a start would be a bot
/// that nobody has hold of.
async fn to_its_end<T: Send + 'static>(
    deed: impl Future<Output = anyhow::Result<T>> + Send + 'static,
) -> anyhow::Result<T> {
    tokio::spawn(deed).await?
}

/// One time between a start and its end; clones are the same one.
#[derive(Clone)]
struct Life {
    kill: CancellationToken,
    stop: CancellationToken,
    /// Cancelled once everything of it is gone.
    ended: CancellationToken,
}

impl Life {
    /// Runs what `live` makes, which is told when to stop, on a thread and a runtime of its own.
    fn begin<F: Future<Output = ()>>(
        bell: Bell,
        live: impl FnOnce(CancellationToken) -> F + Send + 'static,
    ) -> io::Result<Self> {
        let (kill, stop, ended) = (CancellationToken::new(), CancellationToken::new(), CancellationToken::new());
        let life = Self { kill, stop, ended };
        let Self { kill, stop, ended } = life.clone();
        let end = End { ended, bell };
        std::thread::Builder::new().name("bot".to_owned()).spawn(move || {
            let _end = end;
            let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
                Ok(runtime) => runtime,
                Err(error) => return tracing::error!(%error, "the bot has no runtime"),
            };
            runtime.block_on(kill.run_until_cancelled_owned(live(stop)));
            // Every task is dropped where it stands, and with it what it holds.
            runtime.shutdown_background();
        })?;
        Ok(life)
    }

    /// Whether it lives: a panic of its own ends it as well.
    fn is_on(&self) -> bool {
        !self.kill.is_cancelled() && !self.ended.is_cancelled()
    }
}

/// Tells of the end when the thread lets go of it, however it ends.
struct End {
    ended: CancellationToken,
    bell: Bell,
}

impl Drop for End {
    fn drop(&mut self) {
        self.ended.cancel();
        self.bell.ring();
    }
}

/// Starts a thread with a bot in it, and waits until that listens.
async fn spawn(plan: Plan, listeners: Listeners, bell: Bell) -> anyhow::Result<Life> {
    let (tell_ready, ready) = oneshot::channel();
    let life = Life::begin(bell, move |stop| live(plan, listeners, tell_ready, stop))?;
    ready.await.map_err(|_| anyhow!("the bot ended while it started"))??;
    Ok(life)
}

async fn live(
    plan: Plan,
    listeners: Listeners,
    tell_ready: oneshot::Sender<anyhow::Result<()>>,
    stop: CancellationToken,
) {
    match begin(plan, listeners).await {
        Ok((app, doors, probes)) => {
            // Where nobody waits for it any more, nobody would ever end it.
            if tell_ready.send(Ok(())).is_ok() {
                app.run(app::Listeners { doors: Some(doors), probes, pushes: None }, stop).await;
            }
        }
        Err(error) => drop(tell_ready.send(Err(error))),
    }
}

async fn begin(plan: Plan, listeners: Listeners) -> anyhow::Result<(App, TcpListener, TcpListener)> {
    let app = App::build(config::parse(&plan.settings, [], &plan.folder)?, plan.clock).await?;
    Ok((app, TcpListener::from_std(listeners.doors)?, TcpListener::from_std(listeners.probes)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_bot_that_panics_does_not_run() {
        let bell = Bell::default();
        let mut rung = bell.listen();
        let life = Life::begin(bell, async |_| panic!("the bot panics, as this test says")).unwrap();
        rung.changed().await.unwrap();
        assert!(life.ended.is_cancelled() && !life.is_on());
    }
}
