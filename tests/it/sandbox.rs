//! `p0-chatops sandbox` as a newcomer runs it.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Lines};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Output, Stdio};

struct Sandbox {
    child: Child,
    stdout: Lines<BufReader<ChildStdout>>,
    url: String,
}

fn program(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_p0-chatops"));
    command.env_clear().arg("sandbox").args(arguments).stdin(Stdio::null());
    command
}

/// Runs it to its end.
fn refused(arguments: &[&str]) -> (Option<i32>, String) {
    let Output { status, stdout, stderr } = program(arguments).output().unwrap();
    assert!(stdout.is_empty());
    (status.code(), String::from_utf8(stderr).unwrap())
}

impl Sandbox {
    fn start(arguments: &[&str]) -> Self {
        let mut child = program(arguments).stdout(Stdio::piped()).spawn().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap()).lines();
        let line = stdout.next().unwrap().unwrap();
        let url = line.split_whitespace().find(|word| word.starts_with("http")).unwrap().to_owned();
        Self { child, stdout, url }
    }

    async fn get(&self, path: &str) -> reqwest::Response {
        // An error says that another test was first, with the same one.
        let _ = rustls::crypto::ring::default_provider().install_default();
        reqwest::get(format!("{}{path}", self.url)).await.unwrap()
    }

    fn line(&mut self) -> String {
        self.stdout.next().unwrap().unwrap()
    }

    /// The sockets on which this very process listens, as the system writes them: address and port in hexadecimals.
    fn listeners(&self) -> Vec<String> {
        let process = Path::new("/proc").join(self.child.id().to_string());
        let links =
            std::fs::read_dir(process.join("fd")).unwrap().filter_map(|link| link.unwrap().path().read_link().ok());
        let own: BTreeSet<String> =
            links.filter_map(|to| Some(to.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?.to_owned())).collect();
        let tables =
            ["net/tcp", "net/tcp6"].map(|table| std::fs::read_to_string(process.join(table)).unwrap_or_default());
        let rows = tables.iter().flat_map(|table| table.lines().skip(1)).map(|row| row.split_whitespace().collect());
        let listening = rows.filter(|row: &Vec<&str>| row[3] == "0A" && own.contains(row[9]));
        listening.map(|row| row[1].to_owned()).collect()
    }

    /// Ctrl-C.
    fn interrupt(mut self) -> Option<i32> {
        let killed = Command::new("sh").arg("-c").arg(format!("kill -INT {}", self.child.id())).status().unwrap();
        assert!(killed.success());
        self.child.wait().unwrap().code()
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test]
async fn it_listens_on_this_machine_only_and_stops_softly() {
    let sandbox = Sandbox::start(&[]);
    assert!(sandbox.get("").await.status().is_success());
    let listeners = sandbox.listeners();
    assert_eq!(listeners.len(), 6, "the page, Slack, P0, PagerDuty, and two of the bot: {listeners:?}");
    assert!(listeners.iter().all(|address| address.starts_with("0100007F:")), "{listeners:?}");
    assert_eq!(sandbox.interrupt(), Some(0));
}

#[tokio::test]
async fn with_linked_accounts_the_provider_listens_here_too() {
    let sandbox = Sandbox::start(&["--identity", "linked"]);
    assert!(sandbox.get("").await.status().is_success());
    let listeners = sandbox.listeners();
    assert_eq!(listeners.len(), 7, "the page, Slack, P0, PagerDuty, the provider, and two of the bot: {listeners:?}");
    assert!(listeners.iter().all(|address| address.starts_with("0100007F:")), "{listeners:?}");
    assert_eq!(sandbox.interrupt(), Some(0));
}

#[tokio::test]
async fn a_scenario_is_told_in_the_terminal_once_the_page_is_open() {
    let mut sandbox = Sandbox::start(&["--scenario", "night-call"]);
    let _open = sandbox.get("events").await;
    let first = sandbox.line();
    assert_eq!(first, "The checkout is down. Rita asks P0 for the role that she needs to mend it, for two hours.");
    assert_eq!(sandbox.interrupt(), Some(0));
}

#[tokio::test]
async fn the_example_seed_is_one() {
    let seed = Path::new(env!("CARGO_MANIFEST_DIR")).join("manifest/sandbox-seed.toml");
    let sandbox = Sandbox::start(&["--seed", seed.to_str().unwrap()]);
    let state = sandbox.get("state").await.text().await.unwrap();
    assert!(state.contains("approver, on call"));
    assert_eq!(sandbox.interrupt(), Some(0));
}

#[test]
fn what_it_cannot_start_from_is_refused() {
    assert_eq!(
        refused(&["--seed", "nowhere.toml"]),
        (
            Some(2),
            "p0-chatops: --seed nowhere.toml: cannot be read: No such file or directory (os error 2)\n".to_owned()
        )
    );
    let (code, complaint) = refused(&["--scenario", "day-call"]);
    assert_eq!(code, Some(2));
    let known = "[possible values: night-call, night, two-approvers, lost-answer, approve-for-less, revoke, kill-and-restart, \
                 linked, settings]";
    assert!(complaint.contains(known), "{complaint}");
    assert_eq!(
        refused(&["--identity", "device", "--risk", "step-up"]),
        (
            Some(2),
            "p0-chatops: --identity: does not fit this --risk step-up: leave it out, and that brings its own\n"
                .to_owned()
        )
    );
    let (code, complaint) = refused(&["--scenario", "revoke", "--seed", "nowhere.toml"]);
    assert_eq!(code, Some(2));
    assert!(complaint.contains("'--scenario <NAME>' cannot be used with '--seed <FILE>'"), "{complaint}");
}
