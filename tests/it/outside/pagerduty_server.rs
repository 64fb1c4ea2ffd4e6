//! PagerDuty's REST API as openapi-core makes and judges it. PagerDuty's own document says nothing of a licence: what it
//! says of these calls is kept in words of our own (`tests/interop/pagerduty.json`), and a copy of it judges instead where
//! `P0CHATOPS_TEST_PAGERDUTY` names one.

use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

use serde::Deserialize;
use serde_json::json;

use super::control::Control;
use super::program::Program;
use super::settings_server::Judged;
use crate::interop::{can, interpreter, say};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/interop/pagerduty_server.py");

/// Answers with the document's own examples, or stands before another that is to do so.
pub struct PagerDutyServer {
    pub base_url: String,
    control: Control,
    _program: Program,
}

impl PagerDutyServer {
    /// `None` where the machine lacks what it needs, which has been said.
    pub fn start(key: &str, upstream: Option<&str>) -> Option<Self> {
        #[derive(Deserialize)]
        struct Line {
            base_url: String,
            control: String,
        }
        let settings = json!({ "document": document()?, "key": key, "upstream": upstream });
        let mut command = Command::new(interpreter());
        command.args(["-B", "-X", "utf8", SCRIPT]).arg(settings.to_string());
        let (program, Line { base_url, control }) = Program::start(&mut command);
        Some(Self { base_url, control: Control(control), _program: program })
    }

    /// What it was asked, the oldest first.
    pub async fn log(&self) -> Vec<Judged> {
        self.control.log().await
    }
}

/// The document, where it and a Python with openapi-core are there. Where one is not, that is said once.
fn document() -> Option<&'static PathBuf> {
    static FOUND: OnceLock<Option<PathBuf>> = OnceLock::new();
    let find = || {
        #[expect(clippy::disallowed_methods, reason = "the test's setting, not the bot's")]
        let named = std::env::var_os("P0CHATOPS_TEST_PAGERDUTY").map(PathBuf::from);
        let kept = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/interop/pagerduty.json"));
        let document = named.unwrap_or(kept);
        let ready = document.exists()
            && can(interpreter(), "import sys, openapi_core.testing; assert sys.version_info >= (3, 11)");
        if !ready {
            say("SKIPPED: PagerDuty as openapi-core judges it (needs Python 3.11 with openapi-core, named by \
                 P0CHATOPS_TEST_PYTHON)");
        }
        ready.then_some(document)
    };
    FOUND.get_or_init(find).as_ref()
}
