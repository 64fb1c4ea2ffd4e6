//! How cells are read and shortened.

use serde_json::{Value, json};
use sqlx::Row as _;
use sqlx::sqlite::SqliteRow;

use crate::clock::from_millisecond;

/// Characters of one cell.
const MOST_CHARACTERS: usize = 300;

pub(super) fn text(row: &SqliteRow, column: &str) -> Result<Value, sqlx::Error> {
    Ok(row.try_get::<Option<&str>, _>(column)?.map_or(Value::Null, |text| json!(short(text))))
}

pub(super) fn time(row: &SqliteRow, column: &str) -> Result<Value, sqlx::Error> {
    Ok(json!(from_millisecond(row.try_get(column)?).to_string()))
}

pub(super) fn maybe_time(row: &SqliteRow, column: &str) -> Result<Value, sqlx::Error> {
    let at = row.try_get::<Option<i64>, _>(column)?;
    Ok(at.map_or(Value::Null, |at| json!(from_millisecond(at).to_string())))
}

/// Whether a message shows less than is known by now.
pub(super) fn behind(row: &SqliteRow) -> Result<Value, sqlx::Error> {
    Ok(match (row.try_get::<i64, _>("gone")?, row.try_get::<i64, _>("stale")?) {
        (0, 0) => json!("no"),
        (0, _) => json!("yes"),
        _ => json!("gone"),
    })
}

pub(super) fn short(text: &str) -> String {
    let mut characters = text.chars();
    let mut short: String = characters.by_ref().take(MOST_CHARACTERS).collect();
    if characters.next().is_some() {
        short.push('…');
    }
    short
}

pub(super) fn words(values: &[&Value]) -> String {
    values.iter().filter_map(|value| value.as_str()).collect::<Vec<_>>().join(" ")
}
