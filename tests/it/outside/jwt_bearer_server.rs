//! Authlib's server for JWT bearer assertions (RFC 7523).

use std::process::Command;
use std::sync::OnceLock;

use serde::Deserialize;
use serde_json::{Value, json};

use super::control::Control;
use super::program::Program;
use crate::interop::{can, interpreter, say};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/interop/jwt_bearer_server.py");

/// Gives an opaque access token for an assertion: of the issuer it was told to trust, for its token endpoint and a
/// subject it knows, with a `jti` that was not used before.
pub struct JwtBearerServer {
    pub token_endpoint: String,
    control: Control,
    _program: Program,
}

impl JwtBearerServer {
    /// A server that knows these subjects; its tokens live this many seconds. `None` where the machine lacks what it
    /// needs, which has been said.
    pub fn start(subjects: &[&str], token_life: u32) -> Option<Self> {
        if !is_ready() {
            return None;
        }
        #[derive(Deserialize)]
        struct Line {
            token_endpoint: String,
            control: String,
        }
        let settings = json!({ "subjects": subjects, "lifetime": token_life });
        let mut command = Command::new(interpreter());
        command.args(["-B", "-X", "utf8", SCRIPT]).arg(settings.to_string());
        let (program, Line { token_endpoint, control }) = Program::start(&mut command);
        Some(Self { token_endpoint, control: Control(control), _program: program })
    }

    /// Takes assertions of this issuer, and of no other, by the keys at this address.
    pub async fn trust(&self, issuer: &str, jwks_url: &str) {
        let trusted = json!({ "issuer": issuer, "jwks_url": jwks_url });
        self.control.tell::<Value>("trust", &trusted).await.unwrap();
    }

    /// Whose a living access token is.
    pub async fn subject_of(&self, token: &str) -> Option<String> {
        let told: Value = self.control.tell("introspect", &json!({ "token": token })).await.unwrap();
        Some(told["sub"].as_str()?.to_owned())
    }

    /// What the token endpoint was asked for, the oldest first: for whom, and what came of it.
    pub async fn log(&self) -> Vec<String> {
        #[derive(Deserialize)]
        struct Entry {
            subject: Option<String>,
            outcome: String,
        }
        let brief =
            |Entry { subject, outcome }| format!("for {}: {outcome}", subject.unwrap_or_else(|| "nobody".into()));
        self.control.log().await.into_iter().map(brief).collect()
    }
}

/// Whether there is a Python with Authlib. Where there is none, that is said once.
fn is_ready() -> bool {
    static READY: OnceLock<bool> = OnceLock::new();
    *READY.get_or_init(|| {
        let ready = can(interpreter(), "import sys, authlib.oauth2.rfc7523; assert sys.version_info >= (3, 11)");
        if !ready {
            say(
                "SKIPPED: Authlib's RFC 7523 server (needs Python 3.11 with Authlib; python3 -m venv target/python && \
                 target/python/bin/pip install authlib && P0CHATOPS_TEST_PYTHON=target/python/bin/python cargo test)",
            );
        }
        ready
    })
}
