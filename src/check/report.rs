//! What was found: a line for each check, printed as soon as it is known.

use std::io::{self, Write};

use serde::Serialize;

use crate::domain::text::plain;

/// Columns of the name, so that what was found stands below each other.
const NAME_WIDTH: usize = 26;
/// Columns before what was found: the mark, the name, and two spaces behind each.
const INDENT: usize = 4 + 2 + NAME_WIDTH + 2;
/// Columns of a line on a terminal.
const LINE_WIDTH: usize = 110;

/// How a check ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Status {
    Ok,
    /// It could not be checked.
    Skip,
    /// It works, and somebody should look at it.
    Warn,
    /// It will not work.
    Fail,
}

impl Status {
    fn mark(self, colours: bool) -> &'static str {
        match (self, colours) {
            (Self::Ok, true) => "\u{1b}[32mok  \u{1b}[0m",
            (Self::Warn, true) => "\u{1b}[33mwarn\u{1b}[0m",
            (Self::Fail, true) => "\u{1b}[1;31mFAIL\u{1b}[0m",
            (Self::Skip, true) => "\u{1b}[2mskip\u{1b}[0m",
            (Self::Ok, false) => "ok  ",
            (Self::Warn, false) => "warn",
            (Self::Fail, false) => "FAIL",
            (Self::Skip, false) => "skip",
        }
    }
}

/// Which check, and of what where there are several of a kind.
pub(super) struct About {
    id: &'static str,
    subject: Option<String>,
}

impl From<&'static str> for About {
    fn from(id: &'static str) -> Self {
        Self { id, subject: None }
    }
}

impl<T: ToString> From<(&'static str, T)> for About {
    fn from((id, subject): (&'static str, T)) -> Self {
        Self { id, subject: Some(subject.to_string()) }
    }
}

/// What one check found.
#[derive(Debug, Serialize)]
pub(super) struct Finding {
    id: &'static str,
    subject: Option<String>,
    status: Status,
    message: String,
    remedy: Option<String>,
}

/// How findings are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// A line for each, as soon as it is known.
    Lines {
        /// Whether somebody looks at a terminal.
        colours: bool,
    },
    /// One JSON object at the end.
    Json,
    /// What will not work and what is worth a look, in the log as soon as it is known.
    Log,
}

/// What has been found so far.
pub(super) struct Report<'w> {
    findings: Vec<Finding>,
    unseen: Vec<&'static str>,
    out: &'w mut (dyn Write + Send),
    form: Form,
}

impl<'w> Report<'w> {
    pub(super) fn new(out: &'w mut (dyn Write + Send), form: Form) -> Self {
        Self { findings: Vec::new(), unseen: Vec::new(), out, form }
    }

    pub(super) fn ok(&mut self, about: impl Into<About>, message: impl AsRef<str>) {
        self.add(about, Status::Ok, message, None);
    }

    pub(super) fn warn(&mut self, about: impl Into<About>, message: impl AsRef<str>, remedy: impl AsRef<str>) {
        self.add(about, Status::Warn, message, Some(remedy.as_ref()));
    }

    pub(super) fn fail(&mut self, about: impl Into<About>, message: impl AsRef<str>, remedy: impl AsRef<str>) {
        self.add(about, Status::Fail, message, Some(remedy.as_ref()));
    }

    pub(super) fn skip(&mut self, about: impl Into<About>, message: impl AsRef<str>) {
        self.add(about, Status::Skip, message, None);
    }

    /// Without knowing `whether` this is so nobody can say that the install will work. A line says why it is not known.
    pub(super) fn unseen(&mut self, whether: &'static str) {
        self.unseen.push(whether);
    }

    pub(super) fn add(
        &mut self,
        about: impl Into<About>,
        status: Status,
        message: impl AsRef<str>,
        remedy: Option<&str>,
    ) {
        let About { id, subject } = about.into();
        let finding = Finding { id, subject, status, message: plain(message.as_ref()), remedy: remedy.map(plain) };
        match self.form {
            // Whoever closed the pipe reads no more; the exit code still tells.
            Form::Lines { colours } => drop(print(self.out, &finding, colours)),
            Form::Json => {}
            Form::Log => log(&finding),
        }
        self.findings.push(finding);
    }

    /// Tells what it comes to, and answers whether nothing was found that will not work.
    pub(super) fn finish(self) -> bool {
        let works = self.count(Status::Fail) == 0;
        let told = match self.form {
            Form::Lines { .. } => writeln!(self.out, "\n{}", self.summary()),
            Form::Log => Ok(()),
            Form::Json => {
                let whole = serde_json::json!({ "ok": works, "checks": self.findings });
                writeln!(self.out, "{whole:#}")
            }
        };
        let _ = told.and_then(|()| self.out.flush());
        works
    }

    fn summary(&self) -> String {
        let warnings = match self.count(Status::Warn) {
            0 => String::new(),
            1 => " 1 warning is worth a look.".to_owned(),
            n => format!(" {n} warnings are worth a look."),
        };
        match self.count(Status::Fail) {
            0 if self.unseen.is_empty() => format!("This install will work.{warnings}"),
            0 => {
                let unseen = self.unseen.join(" and whether ");
                format!("Nothing was found that will not work; it was not seen whether {unseen}.{warnings}")
            }
            1 => format!("1 thing will not work.{warnings}"),
            n => format!("{n} things will not work.{warnings}"),
        }
    }

    fn count(&self, status: Status) -> usize {
        self.findings.iter().filter(|finding| finding.status == status).count()
    }
}

fn log(Finding { id, subject, status, message, remedy }: &Finding) {
    let (subject, remedy) = (subject.as_deref().unwrap_or_default(), remedy.as_deref().unwrap_or_default());
    match status {
        Status::Fail => tracing::error!(id, subject, remedy, "will not work: {message}"),
        Status::Warn => tracing::warn!(id, subject, remedy, "is worth a look: {message}"),
        Status::Ok | Status::Skip => {}
    }
}

fn print(out: &mut dyn Write, finding: &Finding, colours: bool) -> io::Result<()> {
    let name = match &finding.subject {
        Some(subject) => format!("{} {subject}", finding.id),
        None => finding.id.to_owned(),
    };
    // Where no eye is to be led along, a line stays one line.
    let width = if colours { LINE_WIDTH - INDENT } else { usize::MAX };
    let further = format!("\n{:INDENT$}", "");
    writeln!(
        out,
        "{}  {name:<NAME_WIDTH$}  {}",
        finding.status.mark(colours),
        wrapped(&finding.message, width, &further)
    )?;
    if let Some(remedy) = &finding.remedy {
        writeln!(out, "{:INDENT$}→ {}", "", wrapped(remedy, width - 2, &format!("{further}  ")))?;
    }
    out.flush()
}

/// Words in lines of at most so many characters, where no single word is longer.
fn wrapped(text: &str, width: usize, between: &str) -> String {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines.join(between)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(colours: bool, tell: impl FnOnce(&mut Report<'_>)) -> String {
        let mut out = Vec::new();
        tell(&mut Report::new(&mut out, Form::Lines { colours }));
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn words_from_elsewhere_can_neither_fake_a_line_nor_move_the_cursor() {
        let hostile = "acme\u{1b}[2J\nok    ledger  \u{202e}fine\r\0";
        let line = told(false, |report| report.fail("p0.org", hostile, hostile));
        assert_eq!(line.lines().count(), 2);
        assert!(!line.contains(['\u{1b}', '\u{202e}', '\r', '\0']), "{line:?}");
    }

    #[test]
    fn an_install_is_only_said_to_work_where_all_of_it_was_seen() {
        let mut out = Vec::new();
        let mut report = Report::new(&mut out, Form::Lines { colours: false });
        report.ok("settings", "fine");
        assert_eq!(report.summary(), "This install will work.");
        report.unseen("anybody can decide");
        report.unseen("Slack reaches the bot");
        report.warn("public_url", "is not set", "set it");
        assert_eq!(
            report.summary(),
            "Nothing was found that will not work; it was not seen whether anybody can decide and whether Slack \
             reaches the bot. 1 warning is worth a look."
        );
        report.fail("p0.org", "is gone", "find it");
        assert_eq!(report.summary(), "1 thing will not work. 1 warning is worth a look.");
    }

    #[test]
    fn only_a_terminal_gets_colours_and_short_lines() {
        let long = "word ".repeat(60);
        let tell = |report: &mut Report<'_>| report.warn("ledger", &long, "go on");
        assert_eq!(told(false, tell).lines().count(), 2);
        let shown = told(true, tell);
        assert!(shown.contains("\u{1b}[33mwarn") && shown.lines().count() > 4, "{shown}");
        assert!(
            shown
                .lines()
                .skip(1)
                .all(|line| line.starts_with(&" ".repeat(INDENT)) && line.chars().count() <= LINE_WIDTH)
        );
    }
}
