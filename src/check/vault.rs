//! The vault: its keys can be had, and every key that sealed records need is among them.

use super::report::Report;
use crate::authorize::vault::Vault;
use crate::config::Settings;
use crate::ledger::inspect;
use crate::vault::{missing, records};

/// Gets the keys as `serve` does, also from a program.
pub(super) async fn check(settings: &Settings, report: &mut Report<'_>) {
    let Some(keys) = &settings.vault else { return };
    let vault = match Vault::open(keys).await {
        Ok(vault) => vault,
        Err(error) => return report.fail("vault", error.to_string(), "put this right: `serve` does not start without"),
    };
    // What is wrong with the ledger itself was told of before.
    let Ok(counts) = inspect::sealed(&settings.database_url).await else {
        return report.unseen("the vault holds every key that is needed");
    };
    if let Some(problem) = missing(&vault, &counts) {
        let remedy = "find that key: nothing else opens what it has sealed, and `serve` does not start without";
        return report.fail("vault", format!("{} {problem}", keys.setting()), remedy);
    }
    let sealed = records(counts.by_key.values().sum());
    report.ok("vault", format!("{} seals; its keys open {sealed} of the ledger", vault.current()));
}
