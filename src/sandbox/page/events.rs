//! Server-sent events: each says that something has changed, and the page asks for the state again.

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::State;
use axum::response::Sse;
use axum::response::sse::{Event, KeepAlive};
use futures_util::stream::{self, Stream};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::Desk;
use crate::sandbox::duty::Duty;

/// Changes come in bursts; one event tells of all within this time.
const BURST: Duration = Duration::from_millis(60);

/// The changes of the stand-ins and of what is between them, until the page is closed or the sandbox stops.
pub(super) async fn events(
    State(Desk { stage, stories, stop, .. }): State<Desk>,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    // Only a page that listens is one that somebody looks at.
    stories.opened();
    let changes = Changes {
        slack: stage.slack.changed(),
        p0: stage.p0.changed(),
        bell: stage.bell.listen(),
        duty: stage.duty.as_ref().map(Duty::changed),
        greeted: false,
    };
    let events = stream::unfold((changes, stop), async |(mut changes, stop): (Changes, CancellationToken)| {
        stop.run_until_cancelled(changes.next()).await??;
        Some((Ok(Event::default().data("changed")), (changes, stop)))
    });
    Sse::new(events).keep_alive(KeepAlive::default())
}

struct Changes {
    slack: watch::Receiver<u64>,
    p0: watch::Receiver<u64>,
    bell: watch::Receiver<u64>,
    duty: Option<watch::Receiver<u64>>,
    greeted: bool,
}

impl Changes {
    /// Waits for the next burst. The first event comes at once: what changed before the page listened was not told.
    async fn next(&mut self) -> Option<()> {
        if std::mem::replace(&mut self.greeted, true) {
            let changed = tokio::select! {
                changed = self.slack.changed() => changed,
                changed = self.p0.changed() => changed,
                changed = self.bell.changed() => changed,
                changed = of(&mut self.duty) => changed,
            };
            changed.ok()?;
            tokio::time::sleep(BURST).await;
        }
        self.slack.mark_unchanged();
        self.p0.mark_unchanged();
        self.bell.mark_unchanged();
        self.duty.iter_mut().for_each(watch::Receiver::mark_unchanged);
        Some(())
    }
}

/// The next change of somebody who may not be there.
async fn of(changes: &mut Option<watch::Receiver<u64>>) -> Result<(), watch::error::RecvError> {
    match changes {
        Some(changes) => changes.changed().await,
        None => std::future::pending().await,
    }
}
