//! The sandbox's page in a real Chromium: Node's own runner and playwright-core, in `tests/browser/`.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::{Command, Stdio};
use std::thread;

/// Where the stories are.
const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/browser");

#[test]
fn people_get_what_they_should_in_a_real_browser() {
    if !is_ready() {
        return;
    }
    let mut node = Command::new("node")
        .args(["--test", "--test-reporter=tap", "--test-concurrency=3"])
        .current_dir(FOLDER)
        .env("P0CHATOPS_BINARY", env!("CARGO_BIN_EXE_p0-chatops"))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("Node starts");
    let mut stderr = node.stderr.take().expect("its standard error");
    let complaints = thread::spawn(move || {
        let mut told = String::new();
        stderr.read_to_string(&mut told).map(|_| told)
    });
    let mut told = String::new();
    for line in BufReader::new(node.stdout.take().expect("its standard output")).lines() {
        let line = line.expect("its output is UTF-8");
        // The suite takes minutes: whoever waits sees how far it is.
        if line.starts_with("ok ") || line.starts_with("not ok ") {
            say(&format!("browser: {line}"));
        }
        told = told + &line + "\n";
    }
    let status = node.wait().expect("Node ends");
    let complaints = complaints.join().expect("the reader ends").expect("its complaints are UTF-8");
    assert!(status.success() && told.contains("\n# pass "), "{status}\n{told}{complaints}");
}

/// Whether everything is here that the suite needs. Where something is lacking, that is said.
fn is_ready() -> bool {
    let lacking = match Command::new("node").arg("harness/ready.js").current_dir(FOLDER).output() {
        Ok(output) if output.status.success() => return true,
        Ok(output) => String::from_utf8_lossy(&output.stdout).trim().to_owned(),
        Err(_) => "Node 20 or newer".to_owned(),
    };
    say(&format!(
        "SKIPPED: browser (needs {lacking}; apt install nodejs npm chromium && npm ci --prefix tests/browser)"
    ));
    false
}

/// Past the test harness, which keeps to itself what a passing test prints.
fn say(line: &str) {
    let _ = std::io::stderr().write_all(format!("{line}\n").as_bytes());
}
