//! The ledger on a PostgreSQL server: it can be reached and written, keeps what it says to have kept, and has a schema that
//! this program knows.

use std::time::Duration;

use super::report::Report;
use crate::config::DatabaseUrl;
use crate::ledger::inspect::{self, Schema, Server};

/// How long the server may take.
const WITHIN: Duration = Duration::from_secs(5);

/// Looks at the ledger from beside the replicas that may be at work on it.
pub(super) async fn check(url: &DatabaseUrl, report: &mut Report<'_>) {
    let DatabaseUrl::Postgres(server) = url else { return };
    if server.may_go_in_the_clear() {
        report.warn(
            "ledger.tls",
            format!("what {url} is told may leave this machine without encryption"),
            "add ?sslmode=verify-full to database_url, with &sslrootcert=FILE where its certificate is not from a known CA",
        );
    }
    let found = match tokio::time::timeout(WITHIN, inspect::server(url)).await {
        Ok(Ok(found)) => found,
        Ok(Err(error)) => {
            let remedy = "correct database_url, or see whether the server runs, lets this user in and can be reached";
            return report.fail("ledger", format!("{url}: {error}"), remedy);
        }
        Err(_) => {
            let message = format!("{url} did not answer within {} s", WITHIN.as_secs());
            return report.fail("ledger", message, "see whether the server is well and can be reached from here");
        }
    };
    told(url, &found, report);
}

fn told(url: &DatabaseUrl, found: &Server, report: &mut Report<'_>) {
    let Server { version, schema, may_write, may_create, fsync } = found;
    if !fsync {
        report.warn(
            "ledger.disk",
            format!(
                "{url} has fsync off: after a crash of that machine a choice is lost that Slack was told is recorded"
            ),
            "set fsync = on there",
        );
    }
    if !may_write {
        let message = format!("{url}: this user may not read and write each of its tables");
        return report.fail("ledger", message, "grant it select, insert, update and delete on all of them");
    }
    match schema {
        Schema::Fresh | Schema::Older if !may_create => report.fail(
            "ledger",
            format!("{url}: its tables are to be made or changed, and this user may make none there"),
            "run `p0-chatops migrate` as a user that may, or grant this one create on the schema",
        ),
        Schema::Fresh => report.ok(
            "ledger",
            format!("{url} (PostgreSQL {version}) can be written; its tables are made at the first start"),
        ),
        Schema::Current => {
            report.ok("ledger", format!("{url} (PostgreSQL {version}) can be written and keeps what is written"))
        }
        Schema::Older => {
            report.ok("ledger", format!("{url} is an older version's; the next start brings it up to date"));
        }
        Schema::Newer => report.fail(
            "ledger",
            format!("{url} was written by a newer version of p0-chatops"),
            "install that version again, or set database_url to a copy from before it",
        ),
        Schema::Foreign => report.fail(
            "ledger",
            format!("{url} has tables that are not p0-chatops'"),
            "set database_url to a database, or a schema of it (options[search_path]=NAME), of the bot's own",
        ),
    }
}
