//! What P0 does by itself after a decision: it grants the access, or takes it back.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::p0::P0;

/// How long P0 takes, so that each state of a card can be seen.
const AFTER: Duration = Duration::from_secs(3);

/// Finishes what was approved or revoked, a moment later, until `stop` is cancelled.
pub(super) async fn run(p0: P0, stop: CancellationToken) {
    stop.run_until_cancelled(finish_for_ever(p0)).await;
}

async fn finish_for_ever(p0: P0) {
    let mut changes = p0.changed();
    loop {
        changes.mark_unchanged();
        let begun = begun(&p0);
        if begun.is_empty() {
            if changes.changed().await.is_err() {
                return;
            }
            continue;
        }
        tokio::time::sleep(AFTER).await;
        for id in begun {
            // Only one of the two fits what the request is in by now.
            if !p0.provision(&id) {
                p0.finish_revoke(&id);
            }
        }
    }
}

/// The requests that P0 has something to do for.
fn begun(p0: &P0) -> Vec<String> {
    let snapshot = p0.snapshot();
    let requests = snapshot["requests"].as_array().into_iter().flatten();
    let begun = requests.filter(|request| matches!(request["status"].as_str(), Some("APPROVED" | "REVOKE_SUBMITTED")));
    begun.filter_map(|request| request["requestId"].as_str().map(str::to_owned)).collect()
}
