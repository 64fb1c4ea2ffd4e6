//! Listening to strangers: a deadline for their headers, a bound on how many may talk at once, and a soft stop.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

/// Connections at one time; each may hold one body of at most 1 MiB.
const MOST_CONNECTIONS: usize = 256;
/// How long a connection may last in all: headers, body, and an answer that may wait for a modal or the ledger.
const CONNECTION_WITHIN: Duration = Duration::from_secs(20);
/// How long a request's headers may take.
const HEADERS_WITHIN: Duration = Duration::from_secs(5);
/// How long a stop waits for whoever is still being answered: Slack itself gives up after 3 s.
const ANSWERED_WITHIN: Duration = Duration::from_secs(4);
/// The pause after the system could not accept, mostly for want of file descriptors.
const PAUSE: Duration = Duration::from_millis(100);

/// Serves until `stop` is cancelled, and then until each connection has had its answer.
pub(crate) async fn serve(listener: TcpListener, router: Router, stop: CancellationToken) {
    let room = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    let graceful = GracefulShutdown::new();
    loop {
        let accepted = async {
            let place = room.clone().acquire_owned().await;
            (place, listener.accept().await)
        };
        let (place, stream) = tokio::select! {
            () = stop.cancelled() => break,
            accepted = accepted => accepted,
        };
        let stream = match stream {
            Ok((stream, _)) => stream,
            Err(error) => {
                tracing::error!(%error, "a connection could not be accepted");
                tokio::time::sleep(PAUSE).await;
                continue;
            }
        };
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEADERS_WITHIN)
            // One answer, small enough for the system to hold: nobody keeps a place by not reading.
            .keep_alive(false)
            .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router.clone()));
        let connection = graceful.watch(connection);
        tokio::spawn(async move {
            // A stranger who hangs up, talks nonsense or takes for ever is no news.
            let _ = tokio::time::timeout(CONNECTION_WITHIN, connection).await;
            drop(place);
        });
    }
    drop(listener);
    // A stranger who holds a connection open and says nothing must not hold up the stop.
    if tokio::time::timeout(ANSWERED_WITHIN, graceful.shutdown()).await.is_err() {
        tracing::warn!("connections that nobody speaks on were cut");
    }
}
