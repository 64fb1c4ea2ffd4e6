//! What the commands share that the operator runs beside the bot: how they open the ledger, and how they write times.

use anyhow::bail;
use jiff::Timestamp;

use crate::clock::Clock;
use crate::config::DatabaseUrl;
use crate::ledger::Ledger;
use crate::ledger::inspect::{self, Schema};

/// Opens the ledger beside a `serve` that may have it; `None` where there is none yet.
///
/// # Errors
/// Where it is not of this version, or cannot be opened.
pub(crate) async fn open(url: &DatabaseUrl, clock: Clock) -> anyhow::Result<Option<Ledger>> {
    match inspect::schema(url).await? {
        Schema::Fresh => Ok(None),
        Schema::Current => Ok(Some(Ledger::open(url, clock).await?)),
        Schema::Older => bail!(
            "{url} is an older version's: start `serve` once or run `p0-chatops migrate`, which brings it up to date"
        ),
        Schema::Newer => bail!("{url} was written by a newer version of p0-chatops: use that one"),
        Schema::Foreign => bail!("{url} is a database, but not one of p0-chatops'"),
    }
}

/// To the second, in UTC.
pub(crate) fn time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
