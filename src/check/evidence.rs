//! The evidence: whether somebody who can write to the ledger could build its chain anew without a trace.

use super::report::Report;
use crate::config::Settings;
use crate::evidence::{KEY_FILE, key};

/// Reads the key as `serve` does.
pub(super) fn check(settings: &Settings, report: &mut Report<'_>) {
    match (key(&settings.audit), &settings.audit.key_file) {
        (Err(error), _) => report.fail("evidence", error.to_string(), "put this right: `serve` does not start without"),
        (Ok(_), Some(path)) => report.ok("evidence", format!("{} signs its checkpoints", path.display())),
        (Ok(_), None) => report.ok("evidence", format!("its checkpoints are not signed: {KEY_FILE} is not set")),
    }
}
