//! Personal texts stand apart, can be blanked, and are exported only where that was asked for.

use crate::world::{ALICE, BOB, CAROL, CHANNEL, World};

/// A bot that was told things about people.
async fn with_texts() -> World {
    let world = World::new().await;
    let card = world.usual().await;
    world.presses(BOB, &card, "approve").await;
    world.slack.slash(ALICE, CHANNEL, "approve req-1 99w").await.unwrap();
    world.slack.slash(CAROL, CHANNEL, "approve req-1 98w").await.unwrap();
    world.slack.slash(ALICE, CHANNEL, "deny req-1 Bob is under notice").await.unwrap();
    world.work().await;
    world
}

#[tokio::test]
async fn no_personal_text_is_exported_unless_asked_for_and_no_secret_ever() {
    let world = with_texts().await;
    let (plain, whole) = (world.export(&[]).join("\n"), world.export(&["--with-personal"]).join("\n"));
    for personal in ["under notice", "99w", "alice@example.com", "bob@example.com"] {
        assert!(!plain.contains(personal), "{personal}: {plain}");
    }
    assert!(whole.contains("under notice") && whole.contains("alice@example.com"), "{whole}");
    assert!(plain.contains(ALICE) && plain.contains(BOB), "{plain}");
    for secret in ["token-of-", "xoxb-", "v0=", "hooks.slack", "v1."] {
        assert!(!whole.contains(secret), "{secret}: {whole}");
    }
    let said = world.verify(&world.export(&["--with-personal"]), &[]);
    assert!(said.code == Some(0) && said.out.contains("personal texts are those that were chained"), "{said:?}");
}

#[tokio::test]
async fn for_a_siem_each_entry_is_an_event() {
    let world = with_texts().await;
    let entries = world.evidence();
    let events = world.export(&["--format", "ocsf"]);
    assert_eq!(events.len(), entries.len());
    for (event, line) in events.iter().zip(&entries) {
        let event: serde_json::Value = serde_json::from_str(event).unwrap();
        assert_eq!((&event["class_uid"], &event["unmapped"]["entry"]), (&3004.into(), &line["entry"]));
        assert!(event["unmapped"].get("personal").is_none() && event["time"].is_i64(), "{event}");
    }
}

#[tokio::test]
async fn a_personal_text_that_is_not_the_one_that_was_chained_shows() {
    let world = with_texts().await;
    let mut lines = world.export(&["--with-personal"]);
    let at = lines.iter().position(|line| line.contains("under notice")).unwrap();
    lines[at] = lines[at].replace("under notice", "under suspicion");
    let said = world.verify(&lines, &[]);
    assert!(said.code == Some(1) && said.err.contains(&format!("line {}", at + 1)), "{said:?}");
}

#[tokio::test]
async fn what_is_blanked_is_gone_and_the_chain_still_verifies() {
    let world = with_texts().await;
    let before = world.export(&[]);
    let said = world.audit(&["blank", "--person", ALICE]);
    assert!(said.code == Some(0) && said.out.contains("blanked"), "{said:?}");
    world.work().await;
    let whole = world.export(&["--with-personal"]);
    let text = whole.join("\n");
    assert!(!text.contains("under notice") && !text.contains("alice@example.com"), "{text}");
    assert!(text.contains("\"blanked\":true"), "{text}");
    let entries = |lines: &[String]| {
        let lines = lines.iter().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
        lines.filter_map(|line| line["entry"].is_object().then(|| line["entry"].clone())).collect::<Vec<_>>()
    };
    let (old, new) = (entries(&before), entries(&whole));
    assert_eq!(new[..old.len()], old);
    let noted = &new[old.len()];
    assert_eq!((&noted["event"], &noted["detail"]["of"]["person"]), (&"evidence.blanked".into(), &ALICE.into()));
    let said = world.verify(&whole, &[]);
    assert!(said.code == Some(0) && said.out.contains("were blanked"), "{said:?}");
    // Again there is nothing to blank, and nothing to note.
    assert_eq!(world.audit(&["blank", "--person", ALICE]).out, "0 texts of 0 entries blanked\n");
    assert_eq!(world.audit(&["blank", "--request", "req-2"]).out, "0 texts of 0 entries blanked\n");
    assert_eq!(world.audit(&["blank", "--request", "req-1"]).out, "1 text of 1 entry blanked\n");
}
