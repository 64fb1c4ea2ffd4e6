//! PagerDuty's REST API as openapi-core makes and judges it from the document that PagerDuty publishes. The document says
//! nothing of a licence, so it is fetched and not kept here.

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
        let kept = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/target/ci/pagerduty.json"));
        let document = named.unwrap_or(kept);
        let ready = document.exists()
            && can(interpreter(), "import sys, openapi_core.testing; assert sys.version_info >= (3, 11)");
        if !ready {
            say("SKIPPED: PagerDuty as openapi-core judges it (needs Python 3.11 with openapi-core, named by \
                 P0CHATOPS_TEST_PYTHON, and reference/REST/openapiv3.json of github.com/PagerDuty/api-schema as \
                 target/ci/pagerduty.json, or named by P0CHATOPS_TEST_PAGERDUTY)");
        }
        ready.then_some(document)
    };
    FOUND.get_or_init(find).as_ref()
}
