//! Which database driver the ledger speaks through, named once.

/// What a piece of work runs its statements on.
pub(super) type Connection = sqlx::SqliteConnection;
/// One row of an answer.
pub(super) type Row = sqlx::sqlite::SqliteRow;
/// The driver itself, for statements that are built piece by piece.
pub(super) type Driver = sqlx::Sqlite;
