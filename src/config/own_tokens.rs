//! Mode `tokens`: where each person's own token is had.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::ConfigError;
use super::program::{Program, program};
use super::settings::{TokenSource, Tokens};
use super::values::Checked;
use crate::domain::person::UserId;

/// The longest time that `identity.tokens_command` may take: finding out who somebody is has ten seconds in all.
const LONGEST_COMMAND: Duration = Duration::from_secs(8);
const FILES: &str = "identity.tokens";
const COMMAND: &str = "identity.tokens_command";

/// `files` and `command` as they are written, and how long the command may take.
pub(super) fn tokens(
    files: BTreeMap<String, String>,
    command: Option<Vec<String>>,
    within: Option<&str>,
    people: BTreeMap<UserId, String>,
    folder: &Path,
) -> Checked<Tokens> {
    let source = match command {
        None => TokenSource::Files(token_files(files, folder)?),
        Some(_) if !files.is_empty() => {
            return Err(ConfigError::new(COMMAND, format!("contradicts {FILES}: set one of them")));
        }
        Some(argv) => {
            let program = program(COMMAND, argv, within.unwrap_or("5s"), LONGEST_COMMAND, folder)?;
            TokenSource::Command(for_each(program, &people)?)
        }
    };
    Ok(Tokens { source, people })
}

fn token_files(files: BTreeMap<String, String>, folder: &Path) -> Checked<BTreeMap<UserId, PathBuf>> {
    let files: BTreeMap<UserId, PathBuf> = files
        .into_iter()
        .map(|(user, path)| {
            let id = UserId::parse(&user)
                .ok_or_else(|| ConfigError::new(format!("{FILES}.{user}"), "is no Slack user (U… or W…)"))?;
            Ok((id, folder.join(path)))
        })
        .collect::<Checked<_>>()?;
    let mut seen = BTreeMap::new();
    for (user, path) in &files {
        let real = path.canonicalize().unwrap_or_else(|_| path.clone());
        if let Some(other) = seen.insert(real, user) {
            return Err(ConfigError::new(
                format!("{FILES}.{user}"),
                format!("names the same file as {other}'s: each person has a token of their own"),
            ));
        }
    }
    if files.is_empty() {
        let problem = format!("is empty: mode \"tokens\" needs a file for each approver, or {COMMAND}");
        return Err(ConfigError::new(FILES, problem));
    }
    Ok(files)
}

/// A program that is told for whom, and nobody who could tell it anything else.
fn for_each(program: Program, people: &BTreeMap<UserId, String>) -> Checked<Program> {
    if !program.arguments.iter().any(|part| part.contains("{user}") || part.contains("{identity}")) {
        let problem = "names nobody: {user} or {identity} has to stand in an argument, since each person has a token \
                       of their own";
        return Err(ConfigError::new(COMMAND, problem));
    }
    if people.is_empty() {
        return Err(ConfigError::new("identity.people", format!("is empty: {COMMAND} is asked for nobody else")));
    }
    for (user, identity) in people {
        let problem = match identity {
            _ if identity.starts_with('-') => "begins with -, which a program could take for an option of its own",
            _ if identity.contains(char::is_control) => "has a control character in it",
            _ => continue,
        };
        return Err(ConfigError::new(format!("identity.people.{user}"), problem));
    }
    Ok(program)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(files: &[(&str, &str)], command: Option<&[&str]>, people: &[(&str, &str)]) -> Result<Tokens, String> {
        let files = files.iter().map(|(user, path)| ((*user).to_owned(), (*path).to_owned())).collect();
        let command = command.map(|parts| parts.iter().map(|&part| part.to_owned()).collect());
        let people = people.iter().map(|(user, name)| (UserId::parse(user).unwrap(), (*name).to_owned())).collect();
        tokens(files, command, None, people, Path::new("/etc/p0")).map_err(|error| error.to_string())
    }

    #[test]
    fn a_program_is_asked_for_the_people_of_the_table() {
        let alice = [("U01ALICE", "alice@example.com")];
        let tokens = read(&[], Some(&["vault", "read", "p0/{user}"]), &alice).unwrap();
        let TokenSource::Command(program) = tokens.source else { panic!("a command") };
        assert_eq!(program.within, Duration::from_secs(5));
        for (files, command, people, line) in [
            (
                &[("U01ALICE", "tokens/alice")][..],
                Some(&["prog", "{user}"][..]),
                &alice[..],
                "identity.tokens_command: contradicts identity.tokens: set one of them",
            ),
            (
                &[],
                None,
                &alice,
                "identity.tokens: is empty: mode \"tokens\" needs a file for each approver, or identity.tokens_command",
            ),
            (
                &[],
                Some(&["{user}", "read"]),
                &alice,
                "identity.tokens_command: names nobody: {user} or {identity} has to stand in an argument, since each \
                 person has a token of their own",
            ),
            (
                &[],
                Some(&["prog", "{user}"]),
                &[],
                "identity.people: is empty: identity.tokens_command is asked for nobody else",
            ),
            (
                &[],
                Some(&["prog", "{identity}"]),
                &[("U01ALICE", "--output=/etc/passwd")],
                "identity.people.U01ALICE: begins with -, which a program could take for an option of its own",
            ),
            (
                &[],
                Some(&["prog", "{identity}"]),
                &[("U01ALICE", "alice\u{0}x")],
                "identity.people.U01ALICE: has a control character in it",
            ),
        ] {
            assert_eq!(read(files, command, people).unwrap_err(), line);
        }
    }
}
