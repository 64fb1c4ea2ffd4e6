//! How workers go about it: what is due is leased, carried side by side, and given back or written down.

use std::time::Duration;

use futures_util::future::join_all;
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior};
use tokio_util::sync::CancellationToken;

use crate::ledger::{Ledger, LedgerError};

/// Leases that are under way at one time.
const AT_ONCE: u32 = 16;
/// How often the ledger is looked at when nobody wakes the worker (other processes write into it too), and what time has
/// decided is settled.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// The shortest time between two looks: what changes meanwhile is seen by one.
const BREATH: Duration = Duration::from_millis(10);
/// How long it may take to find out who somebody is: a lease has to outlast it and the call.
pub(super) const AUTHORIZE_WITHIN: Duration = Duration::from_secs(10);
/// The mark is only good for a sender that goes on at once: who was frozen since then must not send.
pub(super) const MARK_IS_GOOD_FOR: Duration = Duration::from_secs(1);

/// Whoever carries something from the ledger to others and back.
pub trait Carrier: Clone + Send + Sync + 'static {
    /// The right to carry one thing.
    type Lease: Send + 'static;

    /// Where things are.
    fn ledger(&self) -> &Ledger;

    /// Settles what time has decided; says how much that was.
    fn sweep(&self) -> impl Future<Output = Result<usize, LedgerError>> + Send;

    /// Leases what is due, at most `most`.
    fn claim(&self, most: u32) -> impl Future<Output = Result<Vec<Self::Lease>, LedgerError>> + Send;

    /// Carries one thing there and back. What cannot be written down stays as it is marked: the sweep settles it.
    fn carry(&self, lease: Self::Lease, stop: &CancellationToken) -> impl Future<Output = ()> + Send;
}

/// Carries until it is told to stop; then finishes what is under way.
pub(crate) async fn run(carrier: impl Carrier, stop: CancellationToken) {
    let mut changes = carrier.ledger().changes();
    let mut under_way = JoinSet::new();
    let mut time_passes = tokio::time::interval(LOOK_EVERY);
    time_passes.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        changes.mark_unchanged();
        let next_look = Instant::now() + BREATH;
        let room = AT_ONCE.saturating_sub(u32::try_from(under_way.len()).unwrap_or(AT_ONCE));
        for lease in claim(&carrier, room).await {
            let (carrier, stop) = (carrier.clone(), stop.clone());
            under_way.spawn(async move { carrier.carry(lease, &stop).await });
        }
        tokio::select! {
            biased;
            () = stop.cancelled() => break,
            // Before what has ended: under a heavy load there is always some of that.
            _ = time_passes.tick() => {
                sweep(&carrier).await;
            }
            Some(ended) = under_way.join_next() => report_panic(ended),
            _ = changes.changed() => tokio::time::sleep_until(next_look).await,
        }
    }
    while let Some(ended) = under_way.join_next().await {
        report_panic(ended);
    }
}

/// Does all that is due now and says how much that was.
pub(crate) async fn step(carrier: &impl Carrier) -> usize {
    let swept = sweep(carrier).await;
    let leases = claim(carrier, AT_ONCE).await;
    let count = leases.len();
    let never = CancellationToken::new();
    join_all(leases.into_iter().map(|lease| carrier.carry(lease, &never))).await;
    swept + count
}

async fn sweep(carrier: &impl Carrier) -> usize {
    carrier.sweep().await.unwrap_or_else(|error| {
        tracing::error!(%error, "the ledger could not be swept");
        0
    })
}

async fn claim<C: Carrier>(carrier: &C, most: u32) -> Vec<C::Lease> {
    if most == 0 {
        return Vec::new();
    }
    carrier.claim(most).await.unwrap_or_else(|error| {
        tracing::error!(%error, "what is due could not be leased");
        Vec::new()
    })
}

/// A panic costs one decision its answer: its mark stays, and the sweep makes it unknown. Whose people are told is found
/// out anew once the lease has run out.
fn report_panic(ended: Result<(), tokio::task::JoinError>) {
    if let Err(error) = ended
        && error.is_panic()
    {
        tracing::error!("carrying what was due panicked");
    }
}
