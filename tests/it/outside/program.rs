//! A program that prints one line of JSON and serves until it is told no more.

use std::io::{BufRead as _, BufReader, read_to_string};
use std::process::{Child, Command, Stdio};
use std::thread::{self, JoinHandle};

use serde::de::DeserializeOwned;

use crate::interop::say;

/// Runs while this lives. A test process that is killed closes its standard input, which ends it as well.
pub struct Program {
    child: Child,
    complaints: Option<JoinHandle<String>>,
}

impl Program {
    /// Starts it, and waits for its line.
    pub fn start<Line: DeserializeOwned>(command: &mut Command) -> (Self, Line) {
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
        let stderr = child.stderr.take().expect("its standard error");
        let complaints = Some(thread::spawn(|| read_to_string(stderr).unwrap_or_default()));
        let stdout = child.stdout.take().expect("its standard output");
        let program = Self { child, complaints };
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line).expect("its line is UTF-8");
        (program, serde_json::from_str(&line).unwrap_or_else(|error| panic!("{command:?} said {line:?}: {error}")))
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let told = self.complaints.take().and_then(|reader| reader.join().ok()).unwrap_or_default();
        if thread::panicking() && !told.is_empty() {
            say(&told);
        }
    }
}
