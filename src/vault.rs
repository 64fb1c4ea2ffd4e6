//! `p0-chatops vault`: keys are made, changed and taken away while the bot runs.

use std::io::Write;

use anyhow::{Context as _, bail};
use serde_json::json;

use crate::app::StartError;
use crate::authorize::vault::{KeyId, Unsealable, Vault, key_file};
use crate::beside;
use crate::cli::ConfigArgs;
use crate::cli::vault::{VaultArgs, VaultCommand};
use crate::clock::Clock;
use crate::config::{self, ConfigError, VaultKey, VaultKeys};
use crate::ledger::sealed::{SealedCounts, SealedRecord};
use crate::ledger::{Ledger, LedgerError};

/// Records that are read at one time.
const PAGE: u32 = 100;
const STDOUT: &str = "standard output";

/// Opens the vault for a bot on this ledger.
///
/// # Errors
/// Where the keys cannot be had, or one that records need is not among them.
pub(crate) async fn open(keys: &VaultKeys, ledger: &Ledger) -> Result<Vault, StartError> {
    let vault = Vault::open(keys).await?;
    let counts = ledger.sealed_by_key().await?;
    if counts.unreadable > 0 {
        tracing::error!(records = counts.unreadable, "sealed records cannot be read: their people have to link again");
    }
    match missing(&vault, &counts) {
        Some(problem) => Err(ConfigError::new(keys.setting(), problem).into()),
        None => Ok(vault),
    }
}

/// Says which keys are not here that records need, behind the name of the setting.
pub(crate) fn missing(vault: &Vault, counts: &SealedCounts) -> Option<String> {
    let missing = counts.by_key.iter().filter(|(id, _)| !vault.holds(id));
    let missing: Vec<String> = missing.map(|(id, count)| format!("{id} ({})", records(*count))).collect();
    if missing.is_empty() {
        return None;
    }
    Some(format!(
        "lacks the key that sealed records of the ledger: {}: put it back below the others, or see \
         `p0-chatops vault help forget-lost`",
        missing.join(", ")
    ))
}

/// Does what the command line asks for, and says on `out` what came of it.
///
/// # Errors
/// What could not be done.
pub async fn run(args: VaultArgs, clock: Clock, out: &mut impl Write) -> anyhow::Result<()> {
    match args.command {
        VaultCommand::NewKey => writeln!(out, "{}", VaultKey::random().to_base64().as_str()).context(STDOUT),
        VaultCommand::Status { settings, json: false } => {
            at(&settings, clock, out, async |work| work.status().await).await
        }
        VaultCommand::Status { settings, json: true } => {
            at(&settings, clock, out, async |work| work.status_in_json().await).await
        }
        VaultCommand::Rotate { settings, reseal_only } => {
            at(&settings, clock, out, async |work| work.rotate(reseal_only).await).await
        }
        VaultCommand::ForgetOld { settings } => at(&settings, clock, out, async |work| work.forget_old().await).await,
        VaultCommand::ForgetLost { settings, key } => {
            at(&settings, clock, out, async |work| work.forget_lost(&key).await).await
        }
    }
}

/// Does a piece of work on the keys and the ledger of these settings.
async fn at<W: Write>(
    settings: &ConfigArgs,
    clock: Clock,
    out: &mut W,
    deed: impl AsyncFnOnce(Work<'_, W>) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let settings = config::load(settings.config.as_deref())?;
    let Some(keys) = settings.vault else {
        let missing = "is missing: make one with `p0-chatops vault new-key`";
        return Err(ConfigError::new("vault.key", missing).into());
    };
    let ledger = beside::open(&settings.database_url, clock).await?;
    let done = deed(Work { keys, ledger: ledger.as_ref(), out }).await;
    if let Some(ledger) = &ledger {
        ledger.close().await;
    }
    done
}

struct Work<'w, W> {
    keys: VaultKeys,
    ledger: Option<&'w Ledger>,
    out: &'w mut W,
}

impl<W: Write> Work<'_, W> {
    fn say(&mut self, line: &str) -> anyhow::Result<()> {
        writeln!(self.out, "{line}").context(STDOUT)
    }

    async fn counts(&self) -> Result<SealedCounts, LedgerError> {
        match self.ledger {
            Some(ledger) => ledger.sealed_by_key().await,
            None => Ok(SealedCounts::default()),
        }
    }

    async fn status(mut self) -> anyhow::Result<()> {
        let (vault, counts) = (Vault::open(&self.keys).await?, self.counts().await?);
        for (place, id) in vault.key_ids().iter().enumerate() {
            let count = records(counts.by_key.get(id).copied().unwrap_or_default());
            let what = if place == 0 { ": the current key, which seals" } else { "" };
            self.say(&format!("{id}  {count}{what}"))?;
        }
        for (id, count) in counts.by_key.iter().filter(|(id, _)| !vault.holds(id)) {
            self.say(&format!("{id}  {}: the key is not here", records(*count)))?;
        }
        if counts.unreadable > 0 {
            self.say(&format!("no key opens {}: their people have to link again", records(counts.unreadable)))?;
        }
        refuse_missing(&self.keys, &vault, &counts)
    }

    async fn status_in_json(mut self) -> anyhow::Result<()> {
        let (vault, counts) = (Vault::open(&self.keys).await?, self.counts().await?);
        let not_held = counts.by_key.keys().filter(|id| !vault.holds(id)).cloned();
        let keys: Vec<_> =
            vault.key_ids().into_iter().map(|id| (id, true)).chain(not_held.map(|id| (id, false))).collect();
        let row = |(id, held): &(KeyId, bool)| json!({ "id": id.as_str(), "held": held, "records": counts.by_key.get(id).copied().unwrap_or_default() });
        let keys: Vec<_> = keys.iter().map(row).collect();
        let whole = json!({ "current": vault.current().as_str(), "keys": keys, "unreadable": counts.unreadable });
        self.say(&whole.to_string())?;
        refuse_missing(&self.keys, &vault, &counts)
    }

    async fn rotate(mut self, reseal_only: bool) -> anyhow::Result<()> {
        let vault = Vault::open(&self.keys).await?;
        refuse_missing(&self.keys, &vault, &self.counts().await?)?;
        match &self.keys {
            VaultKeys::File(_) if reseal_only => {}
            VaultKeys::File(path) => {
                let new = VaultKey::random();
                key_file::rewrite(path, |keys| [vec![new], keys].concat()).map_err(|ConfigError { key, problem }| {
                    let by_hand = "where it cannot be written from here, put what `p0-chatops vault new-key` prints in \
                                   front of its keys yourself, then run `p0-chatops vault rotate --reseal-only`";
                    ConfigError::new(key, format!("{problem}; {by_hand}"))
                })?;
                let told = format!("{} seals from now on; the older keys stay in {}", vault.current(), path.display());
                self.say(&told)?;
            }
            VaultKeys::Stated(_) | VaultKeys::Command(_) => {
                let setting = self.keys.setting();
                self.say(&format!(
                    "no key was made: to change it, put what `p0-chatops vault new-key` prints in front of the others \
                     of {setting}, restart the bot, then run this again"
                ))?;
            }
        }
        self.reseal(&vault).await
    }

    /// Seals under the current key what others have sealed, until nothing is left over.
    async fn reseal(mut self, vault: &Vault) -> anyhow::Result<()> {
        let Some(ledger) = self.ledger else { return self.say("there is no ledger yet, and so nothing to seal") };
        let current = vault.current();
        let (mut resealed, mut lost) = (0_u64, Vec::new());
        loop {
            let (mut changed, mut last) = (false, None);
            lost.clear();
            loop {
                let page = ledger.sealed_not_under(&current, last.as_ref(), PAGE).await?;
                for record in &page {
                    let Some(new) = anew(vault, record) else {
                        lost.push(record.name());
                        continue;
                    };
                    resealed += u64::from(ledger.reseal(record.clone(), new).await?);
                    // Whoever changed it meanwhile may have used an older key too: it is looked at once more.
                    changed = true;
                }
                let Some(end) = page.last() else { break };
                last = Some(end.clone());
                self.say(&format!("{} sealed with {current}", records(resealed)))?;
            }
            if !changed {
                break;
            }
        }
        if !lost.is_empty() {
            bail!("not their owner's, or changed: {}: their people have to link again", lost.join(", "));
        }
        self.say(&format!("every record is sealed with {current}"))
    }

    async fn forget_old(mut self) -> anyhow::Result<()> {
        let (vault, before) = (Vault::open(&self.keys).await?, self.counts().await?);
        let old: Vec<KeyId> = vault.key_ids().into_iter().skip(1).collect();
        if let Some(needed) = needed(&old, &before) {
            bail!("{needed}: run `p0-chatops vault rotate --reseal-only` first");
        }
        if old.is_empty() {
            return self.say("there is no older key");
        }
        let names = old.iter().map(KeyId::as_str).collect::<Vec<_>>().join(", ");
        let VaultKeys::File(path) = &self.keys else {
            let setting = self.keys.setting();
            return self.say(&format!("no record needs {names}: take them out of {setting}, then restart the bot"));
        };
        let mut taken = Vec::new();
        key_file::rewrite(path, |keys| {
            let (old, kept) = keys.into_iter().partition(|key| old.contains(&KeyId::of(key)));
            taken = old;
            kept
        })?;
        // The bot may have sealed with one of them up to now.
        if let Some(needed) = needed(&old, &self.counts().await?) {
            key_file::rewrite(path, |keys| [keys, taken].concat())?;
            bail!("{needed} by now, and so they were put back: run `p0-chatops vault rotate --reseal-only` first");
        }
        self.say(&format!("{names} forgotten: a backup of the ledger from before is of no use without a copy of them"))
    }

    async fn forget_lost(mut self, lost: &KeyId) -> anyhow::Result<()> {
        let vault = Vault::open(&self.keys).await?;
        if vault.holds(lost) {
            bail!("{lost} is not lost: it is among the keys of {}", self.keys.setting());
        }
        let Some(ledger) = self.ledger else { return self.say("there is no ledger yet, and so nothing to give up") };
        let (current, mut last, mut given_up) = (vault.current(), None, 0_u64);
        loop {
            let page = ledger.sealed_not_under(&current, last.as_ref(), PAGE).await?;
            let Some(end) = page.last() else { break };
            last = Some(end.clone());
            for record in page {
                let opened = vault.unseal(&record.owner, &record.sealed);
                if opened.is_err_and(|error| error == Unsealable::KeyNotHeld(lost.clone())) {
                    ledger.give_up(record).await?;
                    given_up += 1;
                }
            }
        }
        self.say(&format!("{} given up, which {lost} had sealed", records(given_up)))
    }
}

fn needed(keys: &[KeyId], counts: &SealedCounts) -> Option<String> {
    let needed = keys.iter().filter_map(|id| Some(format!("{id} ({})", records(*counts.by_key.get(id)?))));
    let needed: Vec<String> = needed.collect();
    (!needed.is_empty()).then(|| format!("records still need {}", needed.join(", ")))
}

fn refuse_missing(keys: &VaultKeys, vault: &Vault, counts: &SealedCounts) -> anyhow::Result<()> {
    match missing(vault, counts) {
        Some(problem) => Err(anyhow::anyhow!("{} {problem}", keys.setting())),
        None => Ok(()),
    }
}

/// The same secret for the same owner, under the current key; `None` where it does not open.
fn anew(vault: &Vault, record: &SealedRecord) -> Option<String> {
    let secret = vault.unseal(&record.owner, &record.sealed).ok()?;
    vault.seal(&record.owner, &secret).ok()
}

pub(crate) fn records(count: u64) -> String {
    if count == 1 { "1 record".to_owned() } else { format!("{count} records") }
}
