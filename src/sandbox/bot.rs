//! The bot, which can be killed and started while the stand-ins and the page go on.
//!
//! It has a thread and a runtime of its own. A kill drops that runtime in the midst of whatever it does: no soft stop,
//! nothing is finished, every socket is closed and the ledger's file and its lock are let go of. What is left is what
//! the file holds, as after SIGKILL. It is no child process, so that the sandbox stays one process that needs no second
//! binary; the one difference is that SQLite's own threads close the file, where a killed process leaves that to the
//! next start.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context as _, anyhow, bail};
use serde::Serialize;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

use super::bell::Bell;
use crate::app::App;
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
    /// Held while it is being killed or started.
    life: tokio::sync::Mutex<Option<Life>>,
    status: Mutex<Status>,
    bell: Bell,
}

/// Where it listens, the same after each start.
#[derive(Clone, Copy)]
struct Ports {
    doors: SocketAddr,
    probes: SocketAddr,
}

/// One time between a start and its end.
struct Life {
    kill: CancellationToken,
    stop: CancellationToken,
    /// Told once everything of it is gone.
    ended: oneshot::Receiver<()>,
}

impl Bot {
    /// Starts it for the first time, on two free ports of 127.0.0.1.
    ///
    /// # Errors
    /// Why it did not start.
    pub(super) async fn first(plan: Plan, bell: Bell) -> anyhow::Result<Self> {
        let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let (life, ports) = spawn(plan.clone(), Ports { doors: any, probes: any }).await?;
        let status = Mutex::new(Status { running: true, starts: 1 });
        Ok(Self(Arc::new(Shared { plan, ports, life: tokio::sync::Mutex::new(Some(life)), status, bell })))
    }

    /// Where Slack and P0 find its doors.
    pub(super) fn base_url(&self) -> String {
        format!("http://{}", self.0.ports.doors)
    }

    /// The settings file, with its secrets.
    #[cfg(test)]
    pub(super) fn settings(&self) -> &str {
        &self.0.plan.settings
    }

    /// Whether it runs.
    pub(super) fn status(&self) -> Status {
        *self.0.status.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts it anew, from the same settings and on the same ports.
    ///
    /// # Errors
    /// It runs, or why it did not start.
    pub(super) async fn start(&self) -> anyhow::Result<()> {
        let mut life = self.0.life.lock().await;
        if life.is_some() {
            bail!("the bot is running");
        }
        *life = Some(spawn(self.0.plan.clone(), self.0.ports).await?.0);
        self.change(|status| {
            status.running = true;
            status.starts += 1;
        });
        Ok(())
    }

    /// Ends it from one instant to the next, and returns when nothing of it is left.
    ///
    /// # Errors
    /// It does not run.
    pub(super) async fn kill(&self) -> anyhow::Result<()> {
        let Some(life) = self.0.life.lock().await.take() else { bail!("the bot is not running") };
        life.kill.cancel();
        // The thread is gone either way.
        let _ = life.ended.await;
        self.change(|status| status.running = false);
        Ok(())
    }

    /// Stops it as a signal does: what is in flight is finished first. Nothing to do where it does not run.
    pub(super) async fn stop(&self) {
        let Some(life) = self.0.life.lock().await.take() else { return };
        life.stop.cancel();
        let _ = life.ended.await;
        self.change(|status| status.running = false);
    }

    fn change(&self, change: impl FnOnce(&mut Status)) {
        change(&mut self.0.status.lock().unwrap_or_else(PoisonError::into_inner));
        self.0.bell.ring();
    }
}

/// Starts a thread with a bot in it, and waits until that listens.
async fn spawn(plan: Plan, ports: Ports) -> anyhow::Result<(Life, Ports)> {
    let (tell_ready, ready) = oneshot::channel();
    let (tell_ended, ended) = oneshot::channel();
    let (kill, stop) = (CancellationToken::new(), CancellationToken::new());
    let (killed, stopped) = (kill.clone(), stop.clone());
    std::thread::Builder::new().name("bot".to_owned()).spawn(move || {
        let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
            Ok(runtime) => runtime,
            Err(error) => return drop(tell_ready.send(Err(error.into()))),
        };
        runtime.block_on(killed.run_until_cancelled_owned(live(plan, ports, tell_ready, stopped)));
        // Every task is dropped where it stands, and with it what it holds.
        runtime.shutdown_background();
        let _ = tell_ended.send(());
    })?;
    let ports = ready.await.map_err(|_| anyhow!("the bot panicked while it started"))??;
    Ok((Life { kill, stop, ended }, ports))
}

async fn live(plan: Plan, ports: Ports, tell_ready: oneshot::Sender<anyhow::Result<Ports>>, stop: CancellationToken) {
    match begin(plan, ports).await {
        Ok((app, doors, probes, bound)) => {
            // Nobody waits any more where the sandbox is on its way out.
            let _ = tell_ready.send(Ok(bound));
            app.run(doors, probes, stop).await;
        }
        Err(error) => drop(tell_ready.send(Err(error))),
    }
}

async fn begin(plan: Plan, ports: Ports) -> anyhow::Result<(App, TcpListener, TcpListener, Ports)> {
    let bind = async |address: SocketAddr| {
        TcpListener::bind(address).await.with_context(|| format!("the bot's port {address} cannot be bound"))
    };
    let app = App::build(config::parse(&plan.settings, [], &plan.folder)?, plan.clock).await?;
    let (doors, probes) = (bind(ports.doors).await?, bind(ports.probes).await?);
    let bound = Ports { doors: doors.local_addr()?, probes: probes.local_addr()? };
    Ok((app, doors, probes, bound))
}
