//! What P0 does by itself when a grant's time is over: it takes the access away, and says so.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::stage::Stage;

/// How often P0 looks at its clock where nobody moves that.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Ends what is over, until `stop` is cancelled.
pub(super) async fn run(stage: Stage, stop: CancellationToken) {
    let looking = async {
        let mut bell = stage.bell.listen();
        loop {
            for id in over(&stage) {
                stage.p0.move_to(&id, "EXPIRED");
            }
            tokio::select! {
                _ = bell.changed() => {}
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
        }
    };
    stop.run_until_cancelled(looking).await;
}

/// The grants whose time is over.
fn over(stage: &Stage) -> Vec<String> {
    let (now, snapshot) = (stage.clock.now().as_millisecond(), stage.p0.snapshot());
    let requests = snapshot["requests"].as_array().into_iter().flatten();
    let over = requests.filter(|request| {
        request["status"] == "DONE" && request["expiryTimestamp"].as_i64().is_some_and(|end| end <= now)
    });
    over.filter_map(|request| request["requestId"].as_str().map(str::to_owned)).collect()
}
