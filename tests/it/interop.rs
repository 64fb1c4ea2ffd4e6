//! The built program between another Slack and another P0 than the sandbox's: Python and Slack's own SDK, in
//! `tests/interop/`.

use std::io::Write as _;
use std::process::{Command, Output};
use std::sync::OnceLock;

use crate::outside;

#[test]
fn the_judges_of_blocks_are_awake() {
    run("test_block_kit.py");
}

#[test]
fn decisions_signed_by_slacks_sdk_reach_an_independent_p0_once_as_the_clicker() {
    run("test_deciding.py");
}

#[test]
fn whatever_slack_may_send_is_answered() {
    run("test_payloads.py");
}

#[test]
fn a_kill_at_any_instant_sends_nothing_twice() {
    run("test_kill.py");
}

#[test]
fn the_evidence_is_whole_to_python_too() {
    run("test_evidence.py");
}

#[test]
fn changes_of_settings_are_as_p0_publishes_them() {
    if outside::settings_server::is_ready() {
        run("test_settings.py");
    }
}

fn run(file: &str) {
    let Some(python) = python() else { return };
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/interop");
    let Output { status, stdout, stderr } = Command::new(python)
        // No bytecode in the source tree; messages of the interpreter in English, in UTF-8.
        .args(["-B", "-X", "utf8", "-m", "unittest", "discover", "-v", "-s", folder, "-p", file])
        .env("P0CHATOPS_BINARY", env!("CARGO_BIN_EXE_p0-chatops"))
        .output()
        .expect("Python starts");
    let told = [stdout, stderr].concat();
    assert!(status.success(), "{file}: {status}\n{}", String::from_utf8_lossy(&told));
}

/// A Python that has what the suite needs. Where it lacks something, that is said once.
fn python() -> Option<&'static str> {
    static READY: OnceLock<bool> = OnceLock::new();
    let find = || {
        let install = "python3 -m venv target/python && target/python/bin/pip install slack_sdk blockkit && \
                       P0CHATOPS_TEST_PYTHON=target/python/bin/python cargo test";
        if !can(interpreter(), "import sys, slack_sdk; assert sys.version_info >= (3, 11)") {
            say(&format!("SKIPPED: interop (needs Python 3.11 with slack_sdk; {install})"));
            return false;
        }
        if !can(interpreter(), "import blockkit") {
            say(&format!("SKIPPED: interop's second judge of blocks (needs blockkit; {install})"));
        }
        true
    };
    READY.get_or_init(find).then(interpreter)
}

/// The Python that the tests are told to use.
pub fn interpreter() -> &'static str {
    static PYTHON: OnceLock<String> = OnceLock::new();
    #[expect(clippy::disallowed_methods, reason = "the test's setting, not the bot's")]
    PYTHON.get_or_init(|| std::env::var("P0CHATOPS_TEST_PYTHON").unwrap_or_else(|_| "python3".to_owned()))
}

/// Whether a Python runs this to its end.
pub fn can(python: &str, script: &str) -> bool {
    Command::new(python).args(["-c", script]).output().is_ok_and(|output| output.status.success())
}

/// Past the test harness, which keeps to itself what a passing test prints.
pub fn say(line: &str) {
    let _ = std::io::stderr().write_all(format!("{line}\n").as_bytes());
}
