//! How the operator looks after the ledger's database: its schema, and its move from a file to a server.

use std::io::Write;
use std::path::Path;

use anyhow::{Context as _, bail};

use crate::cli::database::{LedgerArgs, LedgerCommand, MigrateArgs};
use crate::config::{self, DatabaseUrl};
use crate::ledger::inspect::{self, Schema};
use crate::ledger::{moving, schema};

/// The schema cannot be told, or cannot be brought up to date by this program.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Unusable(String);

/// Brings the schema up to date, or says whether that has to be done.
///
/// # Errors
/// [`Unusable`] where the database cannot be reached or is no ledger of this version or an older one; else where there is
/// something to do, or it cannot be written.
pub async fn migrate(args: &MigrateArgs, out: &mut dyn Write) -> anyhow::Result<()> {
    let url = config::load(args.settings.config.as_deref())?.database_url;
    let found = inspect::schema(&url).await.map_err(|error| Unusable(format!("{url}: {error}")))?;
    match found {
        Schema::Newer => return Err(Unusable(format!("{url} is a newer version's: use that one")).into()),
        Schema::Foreign => return Err(Unusable(format!("{url} is a database, but not one of p0-chatops'")).into()),
        Schema::Current => return writeln!(out, "{url} is up to date").context("standard output"),
        Schema::Fresh | Schema::Older if args.check => {
            bail!("{url} is not up to date: `p0-chatops migrate` or the next `serve` brings it there")
        }
        Schema::Fresh | Schema::Older => {}
    }
    for step in schema::migrate(&url).await? {
        writeln!(out, "took step {step}").context("standard output")?;
    }
    writeln!(out, "{url} is up to date").context("standard output")
}

/// Carries a command about the ledger out.
///
/// # Errors
/// What is at fault; then the target holds nothing.
pub async fn run(args: LedgerArgs, out: &mut dyn Write) -> anyhow::Result<()> {
    let LedgerCommand::Move { settings, to, to_file, dry_run } = args.command;
    let from = config::load(settings.config.as_deref())?.database_url;
    let to = target(to.as_deref(), to_file.as_deref())?;
    let Some(file) = from.file() else { bail!("database_url is {from} already: only a file is moved") };
    let mut source = moving::Source::open(file).await?;
    let mut rows = 0;
    for (table, count) in source.counts().await? {
        rows += count;
        writeln!(out, "{table}: {count}").context("standard output")?;
    }
    if dry_run {
        moving::see_target(&to).await?;
        return writeln!(out, "{rows} rows would be copied to {to}; nothing was").context("standard output");
    }
    let moved = source.copy_to(&to, &mut |table| writeln!(out, "{table} is copied").context("standard output")).await?;
    writeln!(out, "{moved} rows are in {to}, each compared. Set database_url to it; {from} is as it was, and old now")
        .context("standard output")
}

fn target(url: Option<&str>, file: Option<&Path>) -> anyhow::Result<DatabaseUrl> {
    let read = |path: &Path| {
        std::fs::read_to_string(path).map_err(|error| {
            config::ConfigError::new("--to-file", format!("{} cannot be read: {error}", path.display()))
        })
    };
    let text = match (url, file) {
        (Some(url), _) => url.to_owned(),
        (None, Some(file)) => read(file)?,
        (None, None) => bail!("name the database by --to or --to-file"),
    };
    let url = DatabaseUrl::parse(text.trim())?;
    if url.file().is_some() {
        return Err(config::ConfigError::new("--to", "has to be postgres://USER@HOST/DATABASE").into());
    }
    Ok(url)
}
