//! The key of P0's settings API is nowhere but in its settings and on its way to P0's settings.

use p0_chatops::sandbox::p0::{BearerKind, Fault, Verb};

use super::administered;
use crate::quiet::Log;
use crate::world::{ALICE, CAROL, Setup, World};

const KEY: &str = "sandbox-settings-key";

#[tokio::test]
async fn no_line_of_the_log_and_no_byte_on_disk_holds_the_key() {
    let log = Log::default();
    // Where there is one subscriber only, lines that stories on other threads come to first are switched off for all.
    let _another = log.everything();
    let _logging = tracing::dispatcher::set_default(&log.everything());
    let file = Some("sqlite://p0-chatops.db".to_owned());
    let world = World::with(Setup { database: file, ..administered() }).await;
    world.applies(ALICE, "settings add 3h").await;
    for fault in [Fault::LostAnswer, Fault::Truncated, Fault::bad_gateway(), Fault::error(401, "Unauthorized")] {
        world.p0.fail_next(1, Verb::Settings, fault);
        world.applies(ALICE, "settings add 5h").await;
    }
    world.p0.down().await;
    world.slack.slash(ALICE, crate::world::CHANNEL, "settings add 6h").await.unwrap();
    world.press_line(ALICE, &world.last_line(ALICE), "settings_apply:notice").await;
    assert_eq!(world.app().settings_worker.step().await, 1, "P0 cannot be reached");
    let metrics = world.metrics().await;
    let said = log.text() + &metrics + &format!("{:?}", world.settings());
    assert!(said.contains("TRACE") && said.contains("P0 was told of a change of its settings"), "the log was read");
    assert_eq!(said.lines().find(|line| line.contains(KEY)), None);
    for name in ["p0-chatops.db", "p0-chatops.db-wal"] {
        let bytes = std::fs::read(world.folder.join(name)).unwrap();
        assert!(!bytes.windows(KEY.len()).any(|part| part == KEY.as_bytes()), "{name}");
    }
}

#[tokio::test]
async fn a_request_is_never_decided_with_the_key() {
    let world = World::with(administered()).await;
    let card = world.usual().await;
    world.applies(ALICE, "settings add 3h").await;
    world.presses(CAROL, &card, "approve").await;
    for call in world.p0.calls() {
        let with_key = call.bearer == BearerKind::SettingsApiKey;
        assert_eq!(with_key, call.verb == Some(Verb::Settings), "{} {}", call.method, call.path);
    }
    assert_eq!(world.told().len(), 1);
}
