//! `p0-chatops audit export`: the chain as JSON Lines, as anybody can verify it.

use std::io::{ErrorKind, Write};

use anyhow::bail;
use serde_json::{Value, json};

use super::ocsf;
use crate::cli::audit::{ExportArgs, Format};
use crate::config;
use crate::ledger::audit::canonical::canonical;
use crate::ledger::audit::checkpoints::Checkpoint;
use crate::ledger::audit::export::{Exported, Reading, Span};
use crate::ledger::inspect::{self, Schema};

/// Writes what the command line asks for. Whoever reads it may stop when they have seen enough.
pub(super) async fn run(args: &ExportArgs, out: &mut impl Write) -> anyhow::Result<()> {
    let settings = config::load(args.settings.config.as_deref())?;
    let url = &settings.database_url;
    match inspect::schema(url).await? {
        Schema::Current => {}
        Schema::Fresh => bail!("there is no ledger at {url} yet, and so no evidence"),
        Schema::Older => bail!("{url} is an older version's: start `serve` once, which brings it up to date"),
        Schema::Newer => bail!("{url} was written by a newer version of p0-chatops: use that one"),
        Schema::Foreign => bail!("{url} is a database, but not one of p0-chatops'"),
    }
    let Some(mut reading) = Reading::open(url).await? else { bail!("there is no ledger at {url} yet") };
    match write(&mut reading, args, out).await {
        Err(error) if is_broken_pipe(&error) => Ok(()),
        done => done,
    }
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.downcast_ref::<std::io::Error>().is_some_and(|error| error.kind() == ErrorKind::BrokenPipe)
}

async fn write(reading: &mut Reading, args: &ExportArgs, out: &mut impl Write) -> anyhow::Result<()> {
    let span = reading.span(args.since.map(|when| when.0), args.until.map(|when| when.0)).await?;
    if span.unsealed > 0 {
        tracing::warn!(
            entries = span.unsealed,
            "entries are not in the chain yet, and left out: a running `serve` puts them there within seconds"
        );
    }
    let checkpoints = match args.format {
        Format::Jsonl => reading.checkpoints(&span, args.until.is_none()).await?,
        // They vouch for lines that are not there.
        Format::Ocsf => Vec::new(),
    };
    let mut checkpoints = checkpoints.into_iter().peekable();
    if args.format == Format::Jsonl {
        say(out, &header(&span))?;
    }
    let mut after = span.first - 1;
    loop {
        let page = reading.page(after, span.last).await?;
        let Some((last, _)) = page.last() else { break };
        after = *last;
        for (position, exported) in page {
            let line = line(exported, args.with_personal);
            match args.format {
                Format::Jsonl => say(out, &line)?,
                Format::Ocsf => say(out, &ocsf::event(line))?,
            }
            while let Some(checkpoint) = checkpoints.next_if(|checkpoint| checkpoint.chain.entries <= position) {
                say(out, &vouched(&checkpoint))?;
            }
        }
    }
    for checkpoint in checkpoints {
        say(out, &vouched(&checkpoint))?;
    }
    Ok(out.flush()?)
}

fn say(out: &mut impl Write, line: &Value) -> anyhow::Result<()> {
    Ok(writeln!(out, "{}", canonical(line))?)
}

fn header(span: &Span) -> Value {
    json!({ "export": {
        "form": 1, "first": span.first, "last": span.last, "previous": span.previous, "head": span.head,
    }})
}

fn line(exported: Exported, with_personal: bool) -> Value {
    let (is_blanked, personal) = (exported.is_blanked(), exported.personal());
    let mut line = json!({ "entry": exported.entry, "hash": exported.hash });
    if is_blanked {
        line["blanked"] = true.into();
    }
    if with_personal {
        line["personal"] = personal;
    }
    line
}

fn vouched(checkpoint: &Checkpoint) -> Value {
    json!({ "checkpoint": {
        "count": checkpoint.chain.entries, "head": checkpoint.chain.head, "at": checkpoint.at, "signed": checkpoint.signed,
    }})
}
