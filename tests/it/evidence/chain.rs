//! The chain: whatever is changed, left out, added or put elsewhere shows, with its line.

use std::time::Duration;

use super::{Said, public_key, signing};
use crate::wire::address;
use crate::world::{ALICE, World};

/// A bot whose chain has some entries in it, and a checkpoint at its end.
async fn with_entries() -> World {
    let world = signing().await;
    let card = world.usual().await;
    world.presses(ALICE, &card, "approve").await;
    world.clock.advance(Duration::from_secs(3600));
    world.work().await;
    world
}

fn head(lines: &[String]) -> String {
    let header: serde_json::Value = serde_json::from_str(&lines[0]).unwrap();
    header["export"]["head"].as_str().unwrap().to_owned()
}

fn is_broken(said: &Said, line: usize) {
    assert_eq!((said.code, said.out.as_str()), (Some(1), ""), "{said:?}");
    assert!(said.err.starts_with(&format!("p0-chatops: line {line}: ")), "{said:?}");
}

#[tokio::test]
async fn a_whole_chain_is_whole_and_says_what_was_not_checked() {
    let world = with_entries().await;
    let lines = world.export(&[]);
    let said = world.verify(&lines, &[]);
    assert_eq!(said.code, Some(0), "{said:?}");
    assert!(said.out.starts_with("whole: ") && said.out.contains("--key was not given"), "{said:?}");
    let said = world.verify(&lines, &public_key());
    assert_eq!((said.code, said.out.contains("not checked")), (Some(0), false), "{said:?}");
    let said = world.verify(&lines, &["--head", &head(&lines)]);
    assert!(said.out.contains("has the hash that was given"), "{said:?}");
}

#[tokio::test]
async fn nothing_is_a_whole_export_too() {
    let world = World::new().await;
    let nothing_yet = world.audit(&["export"]);
    assert!(nothing_yet.out.contains("\"last\":0"), "{nothing_yet:?}");
    world.work().await;
    let lines = world.export(&["--since", "2999-01-01"]);
    assert_eq!(lines.len(), 1);
    let said = world.verify(&lines, &[]);
    assert!(said.code == Some(0) && said.out.starts_with("whole: it has no entries"), "{said:?}");
}

#[tokio::test]
async fn any_change_of_what_is_stored_shows_with_its_line() {
    let world = with_entries().await;
    let before = world.export(&[]);
    // The second entry, which is the third line.
    for column in ["event", "request_id", "team", "person", "detail", "hash"] {
        let (old, at) = (format!("{column}_was"), "WHERE position = 2");
        world.tamper(&format!("ALTER TABLE audit ADD COLUMN {old} TEXT")).await;
        world.tamper(&format!("UPDATE audit SET {old} = {column} {at}")).await;
        let forged = match column {
            "detail" => "replace(detail, '\"', '''')".to_owned(),
            "team" | "person" | "request_id" => "'T01FORGED'".to_owned(),
            other => format!("{other} || 'x'"),
        };
        world
            .tamper(&format!("UPDATE audit SET team = coalesce(team, 'T'), person = coalesce(person, 'U') {at}"))
            .await;
        world.tamper(&format!("UPDATE audit SET {column} = {forged} {at}")).await;
        is_broken(&world.verified(&[]), 3);
        world.tamper(&format!("UPDATE audit SET {column} = {old} {at}")).await;
        world.tamper(&format!("UPDATE audit SET team = NULL, person = NULL {at} AND event LIKE 'request.%'")).await;
    }
    for (column, by) in [("at", 1), ("id", 1)] {
        world.tamper(&format!("UPDATE audit SET {column} = {column} + {by} WHERE position = 2")).await;
        is_broken(&world.verified(&[]), 3);
        world.tamper(&format!("UPDATE audit SET {column} = {column} - {by} WHERE position = 2")).await;
    }
    assert_eq!(world.export(&[]), before);
}

#[tokio::test]
async fn any_byte_of_a_file_that_is_changed_shows() {
    let world = with_entries().await;
    let lines = world.export(&["--with-personal"]);
    for nth in 1..lines.len() {
        let step = lines[nth].len() / 7 + 1;
        for at in (0..lines[nth].len()).step_by(step) {
            let mut forged = lines.clone();
            let byte = forged[nth].as_bytes()[at];
            let other = if byte == b'1' { "2" } else { "1" };
            forged[nth].replace_range(at..=at, other);
            let said = world.verify(&forged, &public_key());
            is_broken(&said, nth + 1);
        }
    }
}

#[tokio::test]
async fn entries_that_are_missing_or_elsewhere_show() {
    let world = with_entries().await;
    let lines = world.export(&[]);
    let without = |nth: usize| [&lines[..nth], &lines[nth + 1..]].concat();
    is_broken(&world.verify(&without(2), &[]), 3);
    let mut swapped = lines.clone();
    swapped.swap(2, 3);
    is_broken(&world.verify(&swapped, &[]), 3);
    let doubled = [&lines[..3], &lines[2..]].concat();
    is_broken(&world.verify(&doubled, &[]), 4);
    for garbage in ["", "{}", "no JSON", "{\"entry\":{}}", "[]"] {
        let mut forged = lines.clone();
        forged[2] = garbage.to_owned();
        is_broken(&world.verify(&forged, &[]), 3);
    }
}

#[tokio::test]
async fn a_tail_that_was_cut_off_shows_by_a_checkpoint_or_a_hash_from_the_log() {
    let world = with_entries().await;
    let head = head(&world.export(&[]));
    let count = world.app().ledger.chain().await.unwrap().entries;
    let before = format!("(SELECT hash FROM audit WHERE position = {})", count - 1);
    world.tamper(&format!("UPDATE audit_chain SET entries = {}, head = {before}", count - 1)).await;
    world.tamper(&format!("DELETE FROM audit WHERE position = {count}")).await;
    let said = world.verified(&[]);
    assert!(said.code == Some(1) && said.err.contains("a checkpoint vouches for"), "{said:?}");
    world.tamper("DELETE FROM audit_checkpoints").await;
    let said = world.verified(&[]);
    assert!(said.code == Some(0) && said.out.contains("cut off"), "{said:?}");
    for arguments in [vec!["--head", &head], public_key().to_vec()] {
        let said = world.verified(&arguments);
        assert_eq!(said.code, Some(1), "{said:?}");
    }
}

#[tokio::test]
async fn a_chain_that_was_built_anew_shows_by_the_signature() {
    let world = with_entries().await;
    let checkpoints = world.export(&[]).iter().filter(|line| line.starts_with("{\"checkpoint\"")).count();
    world.tamper("UPDATE audit SET person = 'U99MALLORY' WHERE person IS NOT NULL").await;
    world.tamper("UPDATE audit SET position = NULL, hash = NULL").await;
    world.tamper(&format!("UPDATE audit_chain SET entries = 0, head = '{}'", "0".repeat(64))).await;
    world.work().await;
    let said = world.verified(&public_key());
    assert!(said.code == Some(1) && said.err.contains("was made of other entries"), "{said:?}");
    // Whoever does that can leave out what was signed, or sign with a key of their own.
    world
        .tamper("UPDATE audit_checkpoints SET signed = NULL, head = (SELECT hash FROM audit WHERE position = entries)")
        .await;
    let said = world.verified(&public_key());
    assert!(said.code == Some(1) && said.err.contains("nothing vouches for the chain"), "{said:?}");
    let said = world.verified(&[]);
    assert!(
        said.code == Some(0) && said.out.contains(&format!("{checkpoints} checkpoints that are not signed")),
        "{said:?}"
    );
}

#[tokio::test]
async fn a_kill_between_a_fact_and_its_seal_loses_nothing() {
    let mut world = World::new().await;
    let card = world.usual().await;
    let sealed = world.evidence().len();
    world.press(ALICE, &card, "approve").await;
    let said = world.audit(&["export"]);
    assert!(said.err.contains("not in the chain yet") && said.code == Some(0), "{said:?}");
    world.restart().await;
    world.work().await;
    assert!(world.evidence().len() > sealed);
    assert_eq!(world.evidence_of("decision.done").len(), 1);
    assert_eq!(world.verified(&[]).code, Some(0));
}

#[tokio::test]
async fn an_entry_of_a_clock_that_was_behind_gets_the_next_position() {
    let world = with_entries().await;
    let last = world.evidence().len();
    world.tamper("INSERT INTO audit (id, at, event, detail) VALUES (1, 1, 'link.made', '{\"identity\":\"zoe@example.com\",\"link\":9007199254740993}')").await;
    world.work().await;
    let late = world.evidence().pop().unwrap();
    assert_eq!(late["entry"]["position"], last + 1);
    // An older version wrote it, with the text in the entry.
    assert_eq!(late["personal"]["identity"]["text"], "zoe@example.com");
    assert_eq!(late["entry"]["detail"]["link"], "9007199254740993");
    assert_eq!(world.verified(&[]).code, Some(0));
}

#[tokio::test]
async fn a_part_of_the_chain_goes_on_to_a_checkpoint_and_verifies() {
    let world = signing().await;
    let card = world.usual().await;
    let noon = world.clock.now() + Duration::from_secs(1800);
    world.clock.advance(Duration::from_secs(3600));
    world.presses(ALICE, &card, "approve").await;
    let whole = world.export(&[]);
    let first = world.export(&["--until", &noon.to_string()]);
    let rest = world.export(&["--since", &noon.to_string()]);
    assert_eq!(first.len() + rest.len(), whole.len() + 1);
    for part in [&first, &rest] {
        let said = world.verify(part, &public_key());
        assert_eq!(said.code, Some(0), "{said:?}");
    }
    assert!(world.verify(&rest, &[]).out.contains("what came before entry"));
}

#[tokio::test]
async fn what_cannot_be_read_is_told_from_what_is_broken() {
    let world = World::new().await;
    world.work().await;
    let lines = world.export(&[]);
    for unreadable in [vec![], vec!["{\"entry\":{}}".to_owned()], vec!["no export".to_owned()]] {
        assert_eq!(world.verify(&unreadable, &[]).code, Some(2));
    }
    assert_eq!(world.audit(&["verify", "nowhere.jsonl"]).code, Some(2));
    let not_a_key = world.write_settings();
    assert_eq!(world.verify(&lines, &["--key", not_a_key.to_str().unwrap()]).code, Some(2));
    assert_eq!(world.verify(&lines, &["--head", "12"]).code, Some(2));
}

#[tokio::test]
async fn whoever_has_seen_enough_ends_an_export_quietly() {
    let world = with_entries().await;
    let config = world.write_settings();
    let program = env!("CARGO_BIN_EXE_p0-chatops");
    let script = format!("{program} audit export --config {} | true; echo ${{PIPESTATUS[0]}}", config.display());
    let mut command = std::process::Command::new("bash");
    command.env("P0_CHATOPS_DATABASE_URL", address(&world.settings().database_url));
    let output = command.args(["-c", &script]).current_dir(&world.folder).output().unwrap();
    assert_eq!((output.stdout.as_slice(), output.stderr.as_slice()), (&b"0\n"[..], &b""[..]));
}
