//! The schema, step by step, and how it is brought up to date.
//!
//! During a rolling deploy an older version runs beside a newer one on one PostgreSQL database. So the schema expands
//! first and contracts in a later release: a step only ever adds (a table, an index, a column that is NULL or has a
//! default), and no statement of the version before may fail or mean something else after it. What nobody reads any more
//! is taken away by a release after the one that stopped writing it. A step that was released is never changed. A test
//! holds the steps to that; `decisions_one_waiting` of step 2 came before there was more than one replica.

use sqlx::migrate::Migrator;
use sqlx::{Connection as _, Executor as _};

use super::LedgerError;
use super::database::{Connection, Database, Engine};
use super::inspect::Schema;
use crate::config::DatabaseUrl;

static STEPS: Migrator = sqlx::migrate!("src/ledger/migrations");

/// The oldest PostgreSQL, as `server_version_num` writes it.
const OLDEST_SERVER: i64 = 130_000;

/// Brings the schema at `url` up to date; says which steps it took.
///
/// # Errors
/// Where it cannot be reached or written, or is newer than this program.
pub async fn migrate(url: &DatabaseUrl) -> Result<Vec<String>, LedgerError> {
    bring_up(&Database::at(url)?).await
}

/// The same; another that is at it is waited for.
pub(super) async fn bring_up(database: &Database) -> Result<Vec<String>, LedgerError> {
    let mut connection = database.connect_patiently().await?;
    if database.engine == Engine::Postgres {
        see_whether_fit(&mut connection).await?;
    }
    let before = taken(&mut connection, database.engine).await?;
    let found = of(&mut connection, database.engine).await?;
    match found {
        Schema::Current => {
            connection.close().await?;
            return Ok(Vec::new());
        }
        Schema::Newer => return Err(LedgerError::Newer),
        Schema::Foreign if database.engine == Engine::Postgres && before.is_empty() => {
            return Err(LedgerError::Unfit(
                "has tables in this schema that are not p0-chatops': give it a database of its own, or a schema by \
                 options[search_path]=NAME"
                    .to_owned(),
            ));
        }
        Schema::Fresh | Schema::Older | Schema::Foreign => {}
    }
    STEPS.run(&mut connection).await?;
    let after = taken(&mut connection, database.engine).await?;
    connection.close().await?;
    let is_new = |version: i64| {
        let has = |steps: &[(i64, Vec<u8>)]| steps.iter().any(|(taken, _)| *taken == version);
        has(&after) && !has(&before)
    };
    let names = STEPS.iter().filter(|step| is_new(step.version));
    Ok(names.map(|step| format!("{:04} {}", step.version, step.description)).collect())
}

/// Which schema is there.
pub(super) async fn of(c: &mut Connection, engine: Engine) -> Result<Schema, LedgerError> {
    let tables = tables(c, engine).await?;
    if tables.is_empty() {
        return Ok(Schema::Fresh);
    }
    if !tables.iter().any(|name| name == "_sqlx_migrations") {
        return Ok(Schema::Foreign);
    }
    Ok(compare(&taken(c, engine).await?))
}

/// Every table, by name.
pub(super) async fn tables(c: &mut Connection, engine: Engine) -> Result<Vec<String>, LedgerError> {
    let sql = match engine {
        Engine::Sqlite => "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name",
        Engine::Postgres => {
            "SELECT CAST(table_name AS TEXT) FROM information_schema.tables
             WHERE table_schema = current_schema() AND table_type = 'BASE TABLE' ORDER BY 1"
        }
    };
    Ok(sqlx::query_scalar(sql).fetch_all(c).await?)
}

/// The steps that were taken, each with its digest.
async fn taken(c: &mut Connection, engine: Engine) -> Result<Vec<(i64, Vec<u8>)>, LedgerError> {
    if !tables(c, engine).await?.iter().any(|name| name == "_sqlx_migrations") {
        return Ok(Vec::new());
    }
    Ok(sqlx::query_as("SELECT version, checksum FROM _sqlx_migrations ORDER BY version").fetch_all(c).await?)
}

fn compare(taken: &[(i64, Vec<u8>)]) -> Schema {
    let known = || STEPS.iter();
    let newest = known().map(|step| step.version).max().unwrap_or_default();
    for (version, checksum) in taken {
        match known().find(|step| step.version == *version) {
            None if *version > newest => return Schema::Newer,
            Some(step) if step.checksum.as_ref() == checksum.as_slice() => {}
            _ => return Schema::Foreign,
        }
    }
    if taken.len() < known().count() { Schema::Older } else { Schema::Current }
}

/// Whether a ledger can be kept on a server.
///
/// # Errors
/// Where it cannot: too old, a standby, or one that says to have written what it has not.
pub(super) async fn see_whether_fit(c: &mut Connection) -> Result<(), LedgerError> {
    let unfit = |problem: &str| Err(LedgerError::Unfit(problem.to_owned()));
    let says = async |c: &mut Connection, what: &'static str| -> Result<String, sqlx::Error> {
        sqlx::query_scalar(what).fetch_one(c).await
    };
    if says(c, "SHOW server_version_num").await?.parse::<i64>().unwrap_or_default() < OLDEST_SERVER {
        let version = says(c, "SHOW server_version").await?;
        return unfit(&format!("is PostgreSQL {version}: 13 is the oldest that will do"));
    }
    let is_standby: bool = sqlx::query_scalar("SELECT pg_is_in_recovery()").fetch_one(&mut *c).await?;
    if is_standby {
        return unfit("is a standby, which nobody can write to: name the primary");
    }
    if says(c, "SHOW server_encoding").await? != "UTF8" {
        return unfit("keeps this database in another encoding than UTF8: make one with ENCODING 'UTF8'");
    }
    c.execute(sqlx::raw_sql("SET synchronous_commit = on")).await?;
    if says(c, "SHOW synchronous_commit").await? != "on" {
        return unfit("does not let synchronous_commit be on: a choice could be lost that Slack was told is recorded");
    }
    let schema: Option<String> = sqlx::query_scalar("SELECT CAST(current_schema() AS TEXT)").fetch_one(&mut *c).await?;
    if schema.is_none() {
        return unfit("has no schema that search_path names: make it, and grant it to the bot's user");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_that_are_missing_changed_or_more_are_told_apart() {
        let ours: Vec<(i64, Vec<u8>)> = STEPS.iter().map(|step| (step.version, step.checksum.to_vec())).collect();
        assert_eq!(compare(&ours), Schema::Current);
        assert_eq!(compare(&[]), Schema::Older);
        let newer = [ours.clone(), vec![(9999, vec![1])]].concat();
        assert_eq!(compare(&newer), Schema::Newer);
        let changed: Vec<(i64, Vec<u8>)> = ours.iter().map(|(version, _)| (*version, vec![0])).collect();
        assert_eq!(compare(&changed), Schema::Foreign);
    }

    #[test]
    fn a_step_only_adds_so_that_the_version_before_runs_beside_it() {
        for step in STEPS.iter().filter(|step| step.version > 2) {
            let sql: String = step
                .sql
                .as_str()
                .lines()
                .map(|line| line.split("--").next().unwrap_or(""))
                .collect::<Vec<_>>()
                .join(" ");
            for statement in sql.split(';').map(str::trim).filter(|statement| !statement.is_empty()) {
                let words: Vec<String> = statement.split_whitespace().map(str::to_uppercase).collect();
                let words: Vec<&str> = words.iter().map(String::as_str).collect();
                let adds = match words[..] {
                    ["CREATE", "TABLE" | "INDEX", ..] | ["INSERT", "INTO", ..] => true,
                    // What the version before leaves empty is nobody's double.
                    ["CREATE", "UNIQUE", "INDEX", .., "IS", "NOT", "NULL"] => true,
                    ["ALTER", "TABLE", _, "ADD", "COLUMN", _, _, ref rest @ ..] => {
                        !rest.contains(&"NOT") || rest.contains(&"DEFAULT")
                    }
                    _ => false,
                };
                assert!(adds, "step {}: {statement}", step.version);
            }
        }
    }
}
