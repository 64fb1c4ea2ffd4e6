//! The evidence: whatever somebody does leaves an entry, and whatever is done to the entries shows.

mod chain;
mod entries;
mod personal;

use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

use p256::pkcs8::{EncodePrivateKey as _, EncodePublicKey as _, LineEnding};
use serde_json::Value;

use crate::identity::signing_key;
use crate::wire::address;
use crate::world::{Setup, World};

/// How a command ended, and what it said.
#[derive(Debug)]
pub struct Said {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl World {
    /// Runs `p0-chatops audit …` beside the bot.
    pub fn audit(&self, arguments: &[&str]) -> Said {
        let config = self.write_settings();
        let mut command = Command::new(env!("CARGO_BIN_EXE_p0-chatops"));
        command.env_clear().arg("audit").args(arguments).current_dir(&self.folder);
        command.env("P0_CHATOPS_DATABASE_URL", address(&self.settings().database_url));
        if arguments[0] != "verify" {
            command.arg("--config").arg(config);
        }
        let output = command.output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Said { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }

    /// The lines of an export.
    pub fn export(&self, arguments: &[&str]) -> Vec<String> {
        let said = self.audit(&[&["export"], arguments].concat());
        assert_eq!((said.code, said.err.as_str()), (Some(0), ""));
        said.out.lines().map(str::to_owned).collect()
    }

    /// The entries of an export, with the personal texts beside them.
    pub fn evidence(&self) -> Vec<Value> {
        let lines = self.export(&["--with-personal"]);
        let lines = lines.iter().map(|line| serde_json::from_str::<Value>(line).unwrap());
        lines.filter(|line| line["entry"].is_object()).collect()
    }

    /// The entries of one kind.
    pub fn evidence_of(&self, event: &str) -> Vec<Value> {
        self.evidence().into_iter().filter(|line| line["entry"]["event"] == event).collect()
    }

    /// Whether these lines are whole.
    pub fn verify(&self, lines: &[String], arguments: &[&str]) -> Said {
        let file = self.folder.join("export.jsonl");
        std::fs::write(&file, lines.iter().map(|line| format!("{line}\n")).collect::<String>()).unwrap();
        self.audit(&[&["verify", file.to_str().unwrap()], arguments].concat())
    }

    /// Whether what is exported now is whole.
    pub fn verified(&self, arguments: &[&str]) -> Said {
        self.verify(&self.export(&[]), arguments)
    }

    /// Somebody writes into the ledger.
    pub async fn tamper(&self, sql: &str) {
        let changed =
            sqlx::query(sqlx::AssertSqlSafe(sql.to_owned())).execute(&mut self.database().await).await.unwrap();
        assert!(changed.rows_affected() > 0 || !sql.starts_with("UPDATE"), "{sql}");
    }
}

/// Where the key is that signs checkpoints, and where its public half.
pub fn keys() -> &'static (PathBuf, PathBuf) {
    static KEYS: OnceLock<(PathBuf, PathBuf)> = OnceLock::new();
    KEYS.get_or_init(|| {
        let folder = std::env::temp_dir().join(format!("p0-chatops-evidence-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let (private, public) = (folder.join("private.pem"), folder.join("public.pem"));
        let key = signing_key();
        std::fs::write(&private, key.to_pkcs8_pem(LineEnding::LF).unwrap()).unwrap();
        std::fs::write(&public, key.public_key().to_public_key_pem(LineEnding::LF).unwrap()).unwrap();
        (private, public)
    })
}

/// The public half, as the command line takes it.
pub fn public_key() -> [&'static str; 2] {
    ["--key", keys().1.to_str().unwrap()]
}

/// A bot that signs its checkpoints.
pub async fn signing() -> World {
    World::with(Setup::default().set("audit__key_file", keys().0.to_str().unwrap())).await
}
