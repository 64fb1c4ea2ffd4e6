//! Mode `tokens` with a program that prints people's tokens, such as a secrets manager's client.

use std::path::PathBuf;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::json;

use crate::world::{ALICE, BOB, CAROL, Setup, World};

/// A bot that asks a script, which a story can change.
struct Asking {
    world: World,
    script: PathBuf,
}

impl Asking {
    async fn new(script: &str) -> Self {
        let path = std::env::temp_dir().join(format!("p0-chatops-tokens-{:x}.sh", rand::random::<u64>()));
        std::fs::write(&path, script).unwrap();
        // A shell reads the script, as the program that is run; none reads the settings.
        let program = json!(["/bin/sh", path, "{user}", "person={identity}"]);
        let identity = format!("mode = \"tokens\"\ntokens_command = {program}\ntokens_command_within = \"2s\"");
        let setup = Setup { identity, ..Setup::default() }.set("identity__tokens", "{ }");
        Self { world: World::with(setup).await, script: path }
    }

    /// What somebody hears whose press brings this script about.
    async fn refusal(&self, script: &str) -> String {
        std::fs::write(&self.script, script).unwrap();
        let card = self.world.cards_in(crate::world::CHANNEL).pop().unwrap();
        let before = self.world.dms(ALICE).len();
        self.world.presses(ALICE, &card, "approve").await;
        assert_eq!(self.world.told(), [""; 0], "{script}");
        self.world.dms(ALICE).get(before).expect("a refusal").clone()
    }
}

impl Drop for Asking {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.script);
    }
}

#[tokio::test]
async fn what_the_program_prints_is_shown_to_p0_as_that_person() {
    let asking = Asking::new("test \"$2\" = person=alice@example.com && echo token-of-alice@example.com").await;
    let card = asking.world.usual().await;
    asking.world.presses(ALICE, &card, "approve").await;
    assert_eq!(asking.world.told(), [r#"approve req-1 {"expirationLength":"2h"} as alice@example.com: 200"#]);
}

#[tokio::test]
async fn a_program_that_fails_is_a_refusal_before_p0_hears_of_it() {
    let asking = Asking::new("").await;
    asking.world.usual().await;
    let unusable = "Your P0 credential cannot be used; the bot's log tells its operator why.";
    for script in [
        "",
        "echo token-of-alice@example.com; exit 3",
        "echo two tokens",
        "echo one; echo two",
        "head -c 16385 /dev/zero | tr '\\0' x",
        "kill -KILL $$",
        "echo token-of-alice@example.com; sleep 600",
    ] {
        let told = asking.refusal(script).await;
        assert!(told.contains(unusable), "{script}: {told}");
    }
}

#[tokio::test]
async fn a_token_that_says_it_is_somebody_elses_or_over_is_refused_as_a_files_is() {
    let asking = Asking::new("").await;
    asking.world.usual().await;
    let saying =
        |claims: serde_json::Value| format!("echo e30.{}.c2ln", BASE64_URL_SAFE_NO_PAD.encode(claims.to_string()));
    let told = asking.refusal(&saying(json!({ "email": "carol@example.com" }))).await;
    assert!(told.contains("is somebody else's"), "{told}");
    let told = asking.refusal(&saying(json!({ "email": "al\u{131}ce@example.com" }))).await;
    assert!(told.contains("is somebody else's"), "{told}");
    let told = asking.refusal(&saying(json!({ "email": "ALICE@example.com", "exp": 1_000_000_000 }))).await;
    assert!(told.contains("has run out"), "{told}");
}

#[tokio::test]
async fn nobody_is_asked_for_whom_the_table_does_not_name() {
    let script = "echo token-of-alice@example.com";
    let path = std::env::temp_dir().join(format!("p0-chatops-tokens-{:x}.sh", rand::random::<u64>()));
    std::fs::write(&path, script).unwrap();
    let program = json!(["/bin/sh", path, "{user}"]);
    let identity = format!("mode = \"tokens\"\ntokens_command = {program}");
    let setup = Setup { identity, ..Setup::default() }
        .set("identity__tokens", "{ }")
        .set("identity__people", &format!("{{ {BOB} = \"bob@example.com\", {CAROL} = \"carol@example.com\" }}"));
    let world = World::with(setup).await;
    let card = world.usual().await;
    world.presses(ALICE, &card, "approve").await;
    assert_eq!(world.told(), [""; 0]);
    assert!(world.lines(ALICE)[0].contains("You have no P0 identity"), "{:?}", world.lines(ALICE));
    std::fs::remove_file(path).unwrap();
}
