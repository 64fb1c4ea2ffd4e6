//! How replicas wake each other: whoever has written says so on a channel of the database, and nothing else.

use std::convert::Infallible;
use std::time::Duration;

use sqlx::postgres::PgListener;
use tokio::sync::watch;
use tokio::time::timeout;

use super::database::CHANNEL;
use crate::config::PostgresUrl;

/// How long before a session that was lost is made anew; meanwhile workers look by themselves.
const AGAIN: Duration = Duration::from_secs(1);
/// After so much silence it is seen whether the server is still there.
const SILENCE: Duration = Duration::from_secs(15);
/// How long it may take to say so.
const HERE_WITHIN: Duration = Duration::from_secs(5);

/// Marks `changed` whenever any replica has written; ends never.
pub(super) async fn listen(server: PostgresUrl, changed: watch::Sender<()>) {
    loop {
        let Err(error) = hear(&server, &changed).await;
        tracing::warn!(%error, "other replicas are not heard for a moment; what they write is seen a little later");
        tokio::time::sleep(AGAIN).await;
    }
}

async fn hear(server: &PostgresUrl, changed: &watch::Sender<()>) -> Result<Infallible, sqlx::Error> {
    let lost = |_| sqlx::Error::Io(std::io::ErrorKind::TimedOut.into());
    let mut listener = timeout(HERE_WITHIN, PgListener::connect(server.expose().as_str())).await.map_err(lost)??;
    timeout(HERE_WITHIN, listener.listen(CHANNEL)).await.map_err(lost)??;
    loop {
        // What was said before, or while nobody listened, was not heard.
        changed.send_replace(());
        loop {
            match timeout(SILENCE, listener.try_recv()).await {
                Ok(heard) => break drop(heard?),
                Err(_) => {
                    let here = sqlx::query("SELECT 1").execute(&mut listener);
                    timeout(HERE_WITHIN, here).await.map_err(lost)??;
                }
            }
        }
    }
}
