//! Runs a program that hands the bot a secret: no shell, no settings in its environment, nothing of what it says in a
//! log, and none of it left when its time is over.

use std::process::Stdio;

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::AsyncReadExt as _;
use tokio::process::{Child, Command};
use zeroize::Zeroizing;

use crate::config::{self, Program};

/// The most that is read of what a program prints, in bytes.
const MOST_BYTES: usize = 16 * 1024;

/// Why a program handed over nothing, for the operator. What it printed may be a secret: no word of it is here.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Failure {
    #[error("it cannot be started: {0}")]
    NotStarted(std::io::ErrorKind),
    #[error("it ended with exit code {0}")]
    ExitCode(i32),
    #[error("a signal ended it")]
    Signal,
    #[error("it took longer than {0}s")]
    Late(u64),
    #[error("it printed more than 16 KiB")]
    TooLong,
    #[error("what it printed is no text")]
    NoText,
    #[error("it printed nothing")]
    Nothing,
}

/// What the program prints to standard output, without white space around it.
pub(super) async fn printed(program: &Program) -> Result<Zeroizing<String>, Failure> {
    let running = tokio::time::timeout(program.within, run(program)).await;
    running.unwrap_or(Err(Failure::Late(program.within.as_secs())))
}

async fn run(program: &Program) -> Result<Zeroizing<String>, Failure> {
    let mut command = Command::new(&program.name);
    command.args(&program.arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    for name in config::own_variables() {
        command.env_remove(name);
    }
    // A group of its own, so that what it starts itself can be ended with it.
    let child = command.process_group(0).spawn().map_err(|error| Failure::NotStarted(error.kind()))?;
    let mut running = Running(child);
    let output = running.0.stdout.take().expect("it is piped");
    // Never grown, since what moves leaves a copy behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(MOST_BYTES + 64));
    let read = output.take(MOST_BYTES as u64 + 1).read_to_end(&mut bytes).await;
    if bytes.len() > MOST_BYTES {
        return Err(Failure::TooLong);
    }
    let status = running.0.wait().await.map_err(|error| Failure::NotStarted(error.kind()))?;
    match status.code() {
        Some(0) => {}
        Some(code) => return Err(Failure::ExitCode(code)),
        None => return Err(Failure::Signal),
    }
    read.map_err(|_| Failure::NoText)?;
    trimmed(&bytes)
}

fn trimmed(bytes: &[u8]) -> Result<Zeroizing<String>, Failure> {
    let text = std::str::from_utf8(bytes).map_err(|_| Failure::NoText)?.trim();
    if text.is_empty() { Err(Failure::Nothing) } else { Ok(Zeroizing::new(text.to_owned())) }
}

/// A child that takes its whole group with it when nobody waits for it any more.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // Without an id it was waited for, and its number may be somebody else's by now.
        let group = self.0.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
        if let Some(group) = group {
            let _ = kill_process_group(group, Signal::KILL);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn shell(script: &str, within: u64) -> Program {
        let arguments = vec!["-c".to_owned(), script.to_owned()];
        Program { name: "/bin/sh".into(), arguments, within: Duration::from_secs(within) }
    }

    async fn failure(script: &str) -> Failure {
        printed(&shell(script, 60)).await.expect_err("a failure")
    }

    #[tokio::test]
    async fn what_a_program_prints_is_handed_over_without_its_line_break() {
        assert_eq!(printed(&shell("echo ' the-token'", 60)).await.unwrap().as_str(), "the-token");
    }

    #[tokio::test]
    async fn each_failure_has_a_name_and_none_says_what_was_printed() {
        assert_eq!(failure("echo secret; exit 3").await, Failure::ExitCode(3));
        assert_eq!(failure("echo secret; kill -TERM $$").await, Failure::Signal);
        assert_eq!(failure("echo; echo secret >&2").await, Failure::Nothing);
        assert_eq!(failure("printf 'secret\\377'").await, Failure::NoText);
        assert_eq!(failure("while :; do echo secret; done").await, Failure::TooLong);
        let nowhere =
            Program { name: "/nowhere/secret".into(), arguments: Vec::new(), within: Duration::from_secs(60) };
        assert_eq!(printed(&nowhere).await.unwrap_err(), Failure::NotStarted(std::io::ErrorKind::NotFound));
        let full = format!("head -c {MOST_BYTES} /dev/zero | tr '\\0' x");
        assert_eq!(printed(&shell(&full, 60)).await.unwrap().len(), MOST_BYTES);
    }

    /// What opens a named pipe in a shell, and all that is written into it until the last of the shell's group is gone.
    fn pipe() -> (std::path::PathBuf, tokio::task::JoinHandle<String>) {
        let path = std::env::temp_dir().join(format!("p0-chatops-pipe-{:x}", rand::random::<u64>()));
        assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
        let name = path.clone();
        (path, tokio::task::spawn_blocking(move || std::fs::read_to_string(name).unwrap()))
    }

    #[tokio::test]
    async fn nobody_of_its_group_is_left_when_its_time_is_over() {
        let (path, written) = pipe();
        let script = format!("exec 3>'{}'; sleep 600 & echo started >&3; sleep 600", path.display());
        assert_eq!(printed(&shell(&script, 1)).await.unwrap_err(), Failure::Late(1));
        assert_eq!(written.await.unwrap(), "started\n");
        std::fs::remove_file(path).unwrap();
    }

    #[tokio::test]
    async fn nobody_of_its_group_is_left_when_nobody_waits_for_it() {
        let ((path, written), (begun, begins)) = (pipe(), pipe());
        let script = format!("exec 3>'{}'; echo begun >'{}'; sleep 600 & sleep 600", path.display(), begun.display());
        let waiting = tokio::spawn(async move { printed(&shell(&script, 600)).await });
        assert_eq!(begins.await.unwrap(), "begun\n");
        waiting.abort();
        assert_eq!(written.await.unwrap(), "");
        std::fs::remove_file(path).unwrap();
        std::fs::remove_file(begun).unwrap();
    }
}
