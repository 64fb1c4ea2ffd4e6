//! P0's settings API as openapi-core makes and judges it from the published document.

use std::process::Command;
use std::sync::OnceLock;

use serde::Deserialize;
use serde_json::{Value, json};

use super::control::Control;
use super::program::Program;
use crate::interop::{can, interpreter, say};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/interop/settings_server.py");
const DOCUMENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/sandbox/p0/openapi/jit-settings.json");

/// Does what the document says, or stands before another that is to do so.
pub struct SettingsServer {
    pub base_url: String,
    control: Control,
    _program: Program,
}

/// One call, with what the document has against it or against its answer.
#[derive(Debug, Deserialize)]
pub struct Judged {
    pub call: String,
    pub status: u16,
    pub faults: Vec<String>,
}

impl SettingsServer {
    /// One that remembers what it is told, or judges `upstream`. `None` where the machine lacks what it needs, which has
    /// been said.
    pub fn start(key: &str, upstream: Option<&str>) -> Option<Self> {
        if !is_ready() {
            return None;
        }
        #[derive(Deserialize)]
        struct Line {
            base_url: String,
            control: String,
        }
        let settings = json!({ "document": DOCUMENT, "key": key, "upstream": upstream });
        let mut command = Command::new(interpreter());
        command.args(["-B", "-X", "utf8", SCRIPT]).arg(settings.to_string());
        let (program, Line { base_url, control }) = Program::start(&mut command);
        Some(Self { base_url, control: Control(control), _program: program })
    }

    /// How much is said of what an answer may leave out: `all`, `ok` or `nothing`; lengths are named by the `largest`
    /// unit, or as they were `sent`.
    pub async fn say(&self, say: &str, labels: &str) {
        self.control.tell::<Value>("say", &json!({ "say": say, "labels": labels })).await.unwrap();
    }

    /// What it was asked, the oldest first.
    pub async fn log(&self) -> Vec<Judged> {
        self.control.log().await
    }
}

/// Whether there is a Python with openapi-core. Where there is none, that is said once.
pub fn is_ready() -> bool {
    static READY: OnceLock<bool> = OnceLock::new();
    *READY.get_or_init(|| {
        let ready = can(interpreter(), "import sys, openapi_core.testing; assert sys.version_info >= (3, 11)");
        if !ready {
            say(
                "SKIPPED: P0's settings API as openapi-core judges it (needs Python 3.11 with openapi-core; python3 -m \
                 venv target/python && target/python/bin/pip install openapi-core && \
                 P0CHATOPS_TEST_PYTHON=target/python/bin/python cargo test)",
            );
        }
        ready
    })
}
