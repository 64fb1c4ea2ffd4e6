//! A ledger that moves from a file to a server: all of it in one transaction, compared row by row before it counts.

use std::collections::BTreeSet;
use std::fs::File;
use std::path::Path;

use futures_util::TryStreamExt as _;
use sha2::{Digest as _, Sha256};
use sqlx::{AssertSqlSafe, Connection as _, Row as _};

use super::database::{Connection, Database, Engine, Row};
use super::inspect::Schema;
use super::{LedgerError, lock, schema};
use crate::config::DatabaseUrl;

/// Rows that go in one statement: a server takes 65,535 values at most.
const PAGE: i64 = 500;
/// A table in which a step of the schema puts a row of its own, which says that there is nothing: it is replaced.
const BEGUN: &str = "audit_chain";

/// The file that is moved; nobody serves from it meanwhile.
pub struct Source {
    connection: Connection,
    tables: Vec<Table>,
    _lock: File,
}

/// A table, with its columns in their order.
struct Table {
    name: String,
    columns: Vec<Column>,
}

struct Column {
    name: String,
    is_text: bool,
}

/// A value of any column.
enum Value {
    Number(Option<i64>),
    Text(Option<String>),
}

/// How many rows there are, and what is in them, whatever their order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Content {
    rows: u64,
    digest: [u8; 32],
}

impl Source {
    /// Opens the file.
    ///
    /// # Errors
    /// Where there is none, a `serve` has it, or its schema is not this program's.
    pub async fn open(file: &Path) -> Result<Self, LedgerError> {
        let url = DatabaseUrl::Sqlite(file.to_owned());
        if let Err(error) = std::fs::metadata(file) {
            return Err(LedgerError::File { path: file.to_owned(), error });
        }
        let lock = lock::take(file).await?;
        let mut connection = Database::look(&url, false).await?;
        match schema::of(&mut connection, Engine::Sqlite).await? {
            Schema::Current => {}
            Schema::Newer => return Err(LedgerError::Newer),
            _ => return Err(LedgerError::Corrupt("the file's schema is not this version's: run migrate".to_owned())),
        }
        let tables = tables(&mut connection).await?;
        Ok(Self { connection, tables, _lock: lock })
    }

    /// How many rows each table has.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub async fn counts(&mut self) -> Result<Vec<(String, u64)>, LedgerError> {
        let mut counts = Vec::new();
        for Table { name, .. } in &self.tables {
            let sql = AssertSqlSafe(format!("SELECT COUNT(*) FROM {name}"));
            let count: i64 = sqlx::query_scalar(sql).fetch_one(&mut self.connection).await?;
            counts.push((name.clone(), u64::try_from(count).unwrap_or_default()));
        }
        Ok(counts)
    }

    /// Copies everything, says of each table when it is there, and answers how many rows there were.
    ///
    /// # Errors
    /// Where the target is not empty, cannot be written, or holds something else in the end: then nothing was copied.
    pub async fn copy_to<E: From<LedgerError>>(
        mut self,
        to: &DatabaseUrl,
        say: &mut dyn FnMut(&str) -> Result<(), E>,
    ) -> Result<u64, E> {
        let database = Database::at(to)?;
        schema::bring_up(&database).await?;
        let mut target = database.connect_patiently().await?;
        let mut writing = target.begin_with(database.engine.begin()).await.map_err(LedgerError::from)?;
        let mut rows = 0;
        for Table { name, .. } in &self.tables {
            if name == BEGUN {
                let begun = AssertSqlSafe(format!("DELETE FROM {name}"));
                sqlx::query(begun).execute(&mut *writing).await.map_err(LedgerError::from)?;
            } else {
                is_empty(&mut writing, name).await?;
            }
        }
        for table in &self.tables {
            let read = table.copy(&mut self.connection, &mut writing).await?;
            let written = table.content(&mut writing).await?;
            if read != written {
                return Err(
                    LedgerError::Corrupt(format!("{} is not in the target as it is in the file", table.name)).into()
                );
            }
            rows += read.rows;
            say(&table.name)?;
        }
        writing.commit().await.map_err(LedgerError::from)?;
        Ok(rows)
    }
}

/// Whether a ledger can be moved to a server.
///
/// # Errors
/// Where it cannot be reached, or is not empty.
pub async fn see_target(to: &DatabaseUrl) -> Result<(), LedgerError> {
    let mut connection = Database::look(to, false).await?;
    schema::see_whether_fit(&mut connection).await?;
    match schema::of(&mut connection, Engine::Postgres).await? {
        Schema::Fresh => Ok(()),
        Schema::Newer => Err(LedgerError::Newer),
        Schema::Foreign => Err(LedgerError::Unfit("has tables that are not p0-chatops'".to_owned())),
        Schema::Current | Schema::Older => {
            for table in schema::tables(&mut connection, Engine::Postgres).await? {
                if table != "_sqlx_migrations" && table != BEGUN {
                    is_empty(&mut connection, &table).await?;
                }
            }
            Ok(())
        }
    }
}

async fn is_empty(c: &mut Connection, table: &str) -> Result<(), LedgerError> {
    let found = sqlx::query(AssertSqlSafe(format!("SELECT 1 FROM {table} LIMIT 1"))).fetch_optional(c).await?;
    match found {
        None => Ok(()),
        Some(_) => Err(LedgerError::Unfit(format!("is not empty: there are rows in {table}"))),
    }
}

/// Every table of the ledger, those first that others point to.
async fn tables(c: &mut Connection) -> Result<Vec<Table>, LedgerError> {
    let mut left = Vec::new();
    for name in schema::tables(c, Engine::Sqlite).await? {
        if name == "_sqlx_migrations" || name.starts_with("sqlite_") {
            continue;
        }
        let parents: Vec<String> = sqlx::query_scalar("SELECT DISTINCT \"table\" FROM pragma_foreign_key_list($1)")
            .bind(&name)
            .fetch_all(&mut *c)
            .await?;
        let rows = sqlx::query("SELECT name, type FROM pragma_table_info($1) ORDER BY cid");
        let rows = rows.bind(&name).fetch_all(&mut *c).await?;
        let column = |row: &Row| {
            let kind: String = row.try_get("type")?;
            Ok::<_, sqlx::Error>(Column { name: row.try_get("name")?, is_text: kind == "TEXT" })
        };
        let columns = rows.iter().map(column).collect::<Result<_, _>>()?;
        left.push((Table { name, columns }, parents));
    }
    let (mut ordered, mut there) = (Vec::new(), BTreeSet::new());
    while !left.is_empty() {
        let is_free = |(table, parents): &(Table, Vec<String>)| {
            parents.iter().all(|parent| there.contains(parent) || *parent == table.name)
        };
        let (free, others): (Vec<_>, Vec<_>) = left.into_iter().partition(is_free);
        if free.is_empty() {
            return Err(LedgerError::Corrupt("tables that point to each other".to_owned()));
        }
        there.extend(free.iter().map(|(table, _)| table.name.clone()));
        ordered.extend(free.into_iter().map(|(table, _)| table));
        left = others;
    }
    Ok(ordered)
}

impl Table {
    fn names(&self) -> String {
        let quoted: Vec<String> = self.columns.iter().map(|column| format!("\"{}\"", column.name)).collect();
        quoted.join(", ")
    }

    fn read(&self, row: &Row) -> Result<Vec<Value>, sqlx::Error> {
        let read = |column: &Column| {
            Ok(match column.is_text {
                // PostgreSQL holds no NUL.
                true => {
                    Value::Text(row.try_get::<Option<String>, _>(&*column.name)?.map(|t| t.replace('\0', "\u{fffd}")))
                }
                false => Value::Number(row.try_get(&*column.name)?),
            })
        };
        self.columns.iter().map(read).collect()
    }

    /// Copies every row.
    async fn copy(&self, from: &mut Connection, to: &mut Connection) -> Result<Content, LedgerError> {
        let (mut content, mut after) = (Content::default(), i64::MIN);
        let page = format!(
            "SELECT rowid AS place_in_file, {} FROM {} WHERE rowid > $1 ORDER BY rowid LIMIT {PAGE}",
            self.names(),
            self.name
        );
        loop {
            let rows = sqlx::query(AssertSqlSafe(page.clone())).bind(after).fetch_all(&mut *from).await?;
            let Some(last) = rows.last() else { return Ok(content) };
            after = last.try_get("place_in_file")?;
            let rows = rows.iter().map(|row| self.read(row)).collect::<Result<Vec<_>, _>>()?;
            rows.iter().for_each(|row| content.add(row));
            let width = self.columns.len();
            let place = |nth: usize| {
                let places: Vec<String> = (1..=width).map(|column| format!("${}", nth * width + column)).collect();
                format!("({})", places.join(", "))
            };
            let places: Vec<String> = (0..rows.len()).map(place).collect();
            let insert = format!("INSERT INTO {} ({}) VALUES {}", self.name, self.names(), places.join(", "));
            let mut insert = sqlx::query(AssertSqlSafe(insert)).persistent(false);
            for value in rows.into_iter().flatten() {
                insert = match value {
                    Value::Number(number) => insert.bind(number),
                    Value::Text(text) => insert.bind(text),
                };
            }
            insert.execute(&mut *to).await?;
        }
    }

    /// What is there.
    async fn content(&self, c: &mut Connection) -> Result<Content, LedgerError> {
        let mut content = Content::default();
        let sql = AssertSqlSafe(format!("SELECT {} FROM {}", self.names(), self.name));
        let mut rows = sqlx::query(sql).fetch(c);
        while let Some(row) = rows.try_next().await? {
            content.add(&self.read(&row)?);
        }
        Ok(content)
    }
}

impl Content {
    fn add(&mut self, row: &[Value]) {
        let mut digest = Sha256::new();
        for value in row {
            // Each value begins with its kind and, where it can differ, its length, so that none runs into the next.
            match value {
                Value::Number(None) | Value::Text(None) => digest.update(b"0"),
                Value::Number(Some(number)) => {
                    digest.update(b"n");
                    digest.update(number.to_be_bytes());
                }
                Value::Text(Some(text)) => {
                    digest.update(b"t");
                    digest.update((text.len() as u64).to_be_bytes());
                    digest.update(text.as_bytes());
                }
            }
        }
        self.rows += 1;
        // No two rows of a table are the same, so that none takes another away.
        self.digest.iter_mut().zip(digest.finalize()).for_each(|(all, one)| *all ^= one);
    }
}
