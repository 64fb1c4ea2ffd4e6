//! Slack's own SDK as judge of the stand-in's sockets: Bolt for Python listens at them as it does at Slack's.

use std::process::Command;
use std::sync::OnceLock;
use std::time::Duration;

use p0_chatops::clock::Clock;
use p0_chatops::sandbox::slack::{Slack, SlackSetup};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::interop::{can, interpreter, say};
use crate::outside::program::Program;
use crate::world::{ALICE, CHANNEL};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/interop/bolt_app.py");
/// How long Bolt may take to do what it was told.
const PATIENCE: Duration = Duration::from_secs(25);

#[derive(Deserialize)]
struct Line {
    listens: bool,
}

/// Whether there is a Python with Bolt. Where there is none, that is said once.
fn is_ready() -> bool {
    static READY: OnceLock<bool> = OnceLock::new();
    *READY.get_or_init(|| {
        let ready = can(interpreter(), "import sys, slack_bolt; assert sys.version_info >= (3, 11)");
        if !ready {
            say(
                "SKIPPED: Bolt at the stand-in's sockets (needs Python 3.11 with slack_bolt; python3 -m venv target/python && \
                 target/python/bin/pip install slack_bolt && P0CHATOPS_TEST_PYTHON=target/python/bin/python cargo test)",
            );
        }
        ready
    })
}

async fn posted(slack: &Slack, setup: &SlackSetup) -> String {
    // A client takes the process's provider, and this story may be the first of its process.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let button = json!({ "type": "button", "action_id": "open", "value": "v1", "text": { "type": "plain_text", "text": "Open" } });
    let message =
        json!({ "channel": CHANNEL, "text": "Open", "blocks": [{ "type": "actions", "elements": [button] }] });
    let url = format!("{}chat.postMessage", slack.api_base_url());
    let answer = reqwest::Client::new().post(url).bearer_auth(&setup.bot_token).json(&message).send().await.unwrap();
    answer.json::<Value>().await.unwrap()["ts"].as_str().unwrap().to_owned()
}

/// Waits until Slack shows something.
async fn until<T>(slack: &Slack, look: impl Fn() -> Option<T>) -> T {
    let mut changed = slack.changed();
    let looking = async {
        loop {
            if let Some(seen) = look() {
                return seen;
            }
            changed.changed().await.unwrap();
        }
    };
    tokio::time::timeout(PATIENCE, looking).await.expect("Bolt does it")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bolt_hears_and_answers_as_it_does_at_slack() {
    if !is_ready() {
        return;
    }
    // Bolt takes its time to listen at another socket.
    let setup = SlackSetup { socket_mode: true, answer_within: PATIENCE, ..SlackSetup::new(Clock::system()) };
    let slack = Slack::start(setup.clone()).await.unwrap();
    let settings = json!({ "api": slack.api_base_url(), "bot_token": setup.bot_token, "app_token": setup.app_token });
    let mut command = Command::new(interpreter());
    command.args(["-B", "-X", "utf8", SCRIPT]).arg(settings.to_string());
    let (_bolt, Line { listens }) = Program::start(&mut command);
    assert!(listens);

    let ts = posted(&slack, &setup).await;
    assert_eq!(slack.press(ALICE, CHANNEL, &ts, "open").await.unwrap().status, 200);
    let title = || slack.modals(ALICE).pop().map(|modal| (modal.id.clone(), modal.view["title"]["text"].clone()));
    let (modal, _) = until(&slack, || title().filter(|(_, title)| title == "Opened")).await;
    assert_eq!(slack.submit(ALICE, &modal, &[]).await.unwrap().status, 200);
    assert_eq!(title().unwrap().1, "Updated", "what an acknowledgement says is done");
    let typed = slack.slash(ALICE, CHANNEL, "approve req-1").await.unwrap();
    assert!(typed.body.contains("heard approve req-1 of U01ALICE"), "{}", typed.body);
    assert_eq!(slack.mention(ALICE, CHANNEL, "pending").await.unwrap().status, 200);
    let heard = || slack.messages(CHANNEL).into_iter().find(|message| message.text.starts_with("heard "));
    until(&slack, heard).await;

    // What makes no sense costs Bolt nothing, and it comes back where Slack wants it to.
    let [first] = slack.sockets()[..] else { panic!("{:?}", slack.sockets()) };
    slack.disconnect(first, "refresh_requested");
    let now = until(&slack, || slack.sockets().into_iter().find(|socket| *socket != first)).await;
    slack.send_over(Some(now));
    assert_eq!(slack.slash(ALICE, CHANNEL, "again").await.unwrap().status, 200);
    assert_eq!(slack.violations(), Vec::<String>::new());
}
