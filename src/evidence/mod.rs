//! The evidence, off the hot path: it is sealed and vouched for while the bot runs, and the operator reads it out, verifies
//! it and blanks what is personal in it.

mod export;
mod ocsf;
mod verify;

use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use jsonwebtoken::Algorithm;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::authorize::signing_key::SigningKey;
use crate::beside;
use crate::cli::audit::{AuditArgs, AuditCommand};
use crate::clock::Clock;
use crate::config::{self, Audit, ConfigError};
use crate::ledger::audit::Whose;
use crate::ledger::audit::chain::{AT_ONCE, Chain};
use crate::ledger::audit::checkpoints::Checkpoint;
use crate::ledger::{Ledger, LedgerError};

pub use verify::{Broken, Unreadable};

/// Batches between two looks whether a checkpoint is due, also while the evidence of years is sealed.
const BATCHES: usize = 64;
/// How often the ledger is looked at for what is not sealed: other processes write into it too.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// The setting of the key that signs checkpoints.
pub(crate) const KEY_FILE: &str = "audit.key_file";

/// Seals entries, and makes checkpoints of the chain; cheap to clone.
#[derive(Clone)]
pub struct Sealer {
    ledger: Ledger,
    key: Option<Arc<SigningKey>>,
    every: Duration,
    clock: Clock,
}

impl Sealer {
    /// A sealer as the settings ask for.
    ///
    /// # Errors
    /// Where the key cannot be used.
    pub fn new(audit: &Audit, ledger: Ledger, clock: Clock) -> Result<Self, ConfigError> {
        Ok(Self { ledger, key: key(audit)?.map(Arc::new), every: audit.checkpoint_every, clock })
    }

    /// Seals until it is told to stop.
    pub async fn run(self, stop: CancellationToken) {
        loop {
            self.step().await;
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
        }
    }

    /// Seals what there is, makes the checkpoint that is due, and says how much was sealed.
    pub async fn step(&self) -> usize {
        self.seal().await.unwrap_or_else(|error| {
            tracing::error!(%error, "the evidence cannot be sealed");
            0
        })
    }

    async fn seal(&self) -> Result<usize, LedgerError> {
        let mut sealed = 0;
        for _ in 0..BATCHES {
            let more = self.ledger.seal().await?;
            sealed += more;
            // What comes in meanwhile is sealed together with more of it, at the next look.
            if more < AT_ONCE {
                break;
            }
        }
        if let Some(chain) = self.ledger.checkpoint_due(self.every).await? {
            self.checkpoint(chain).await?;
        }
        Ok(sealed)
    }

    /// The line of the log is what holds where the whole ledger is lost, or written anew.
    async fn checkpoint(&self, chain: Chain) -> Result<(), LedgerError> {
        let at = self.clock.now();
        let claims = json!({ "count": chain.entries, "head": chain.head, "at": at });
        let signed = match &self.key {
            Some(key) => key.sign(&claims).map(|signed| signed.expose().to_owned()),
            None => None,
        };
        let checkpoint = Checkpoint { chain: chain.clone(), at, signed: signed.clone() };
        if self.ledger.keep_checkpoint(checkpoint).await? {
            tracing::info!(count = chain.entries, head = chain.head, %at, signed, "checkpoint of the evidence");
        }
        Ok(())
    }
}

/// The key that signs checkpoints, where the settings name one.
///
/// # Errors
/// Where it cannot be used.
pub(crate) fn key(audit: &Audit) -> Result<Option<SigningKey>, ConfigError> {
    audit.key_file.as_deref().map(|path| SigningKey::read(path, Algorithm::ES256, KEY_FILE)).transpose()
}

/// Does what the command line asks for, and says on `out` what came of it.
///
/// # Errors
/// [`Broken`], [`Unreadable`], settings that are at fault, or what could not be done.
pub async fn run(args: AuditArgs, clock: Clock, out: &mut impl Write) -> anyhow::Result<()> {
    match args.command {
        AuditCommand::Export(args) => export::run(&args, out).await,
        AuditCommand::Verify(args) => verify::run(&args, out),
        AuditCommand::Blank(args) => {
            let settings = config::load(args.settings.config.as_deref())?;
            let whose = match (args.whose.person, args.whose.request) {
                (Some(user), _) => Whose::Person(user),
                (None, Some(request)) => Whose::Request(request),
                (None, None) => anyhow::bail!("say whose: --person or --request"),
            };
            let Some(ledger) = beside::open(&settings.database_url, clock).await? else {
                anyhow::bail!("there is no ledger yet, and so nothing to blank");
            };
            let blanked = ledger.blank(whose).await;
            ledger.close().await;
            let blanked = blanked?;
            writeln!(out, "{} of {} blanked", counted(blanked.texts, "text"), counted(blanked.entries, "entry"))
                .context("standard output")
        }
    }
}

fn counted(count: usize, what: &str) -> String {
    match (count, what) {
        (1, what) => format!("1 {what}"),
        (count, "entry") => format!("{count} entries"),
        (count, what) => format!("{count} {what}s"),
    }
}
