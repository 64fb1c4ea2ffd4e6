//! The house rules that a reader relies on: rooms in the order of a click's way, and things that only one file does.

use std::fs;
use std::path::{Path, PathBuf};

/// The rooms in the order in which a click walks through them; each may use those before it, and itself.
const ROOMS: [&str; 6] = ["domain", "inbound", "authorize", "ledger", "forward", "notify"];
/// What every room stands on, and what wires them together.
const FOUNDATION: [&str; 3] = ["clock", "config", "telemetry"];

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
    found
}

fn src() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

fn named(path: &Path) -> String {
    path.strip_prefix(src()).unwrap().display().to_string()
}

#[test]
fn a_room_uses_only_rooms_that_come_before_it() {
    for (place, room) in ROOMS.iter().enumerate() {
        for path in sources(&src().join(room)) {
            let text = fs::read_to_string(&path).unwrap();
            for used in text.split("crate::").skip(1) {
                let used: String = used.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
                let allowed = ROOMS[..=place].contains(&used.as_str()) || FOUNDATION.contains(&used.as_str());
                assert!(allowed || used.is_empty(), "{} uses crate::{used}", named(&path));
            }
        }
    }
}

#[test]
fn only_one_file_uses_slacks_client_or_the_settings_key_asks_the_time_or_reads_the_environment() {
    for (what, only) in [
        ("SlackClient::new", "notify/web_api.rs"),
        (".for_the_settings_api()", "forward/settings_api.rs"),
        ("Timestamp::now()", "clock.rs"),
        ("env::vars_os", "config/mod.rs"),
    ] {
        let users: Vec<String> = sources(&src())
            .into_iter()
            .filter(|path| fs::read_to_string(path).unwrap().contains(what))
            .map(|path| named(&path))
            .collect();
        assert_eq!(users, [only], "{what}");
    }
}

#[test]
fn nothing_is_visible_at_the_root_that_a_reader_does_not_expect() {
    let expected = ["Cargo.lock", "Cargo.toml", "LICENSE", "README.md", "manifest", "src", "target", "tests"];
    for entry in fs::read_dir(env!("CARGO_MANIFEST_DIR")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let data = name.starts_with("p0-chatops.");
        assert!(name.starts_with('.') || data || expected.contains(&name.as_str()), "{name}");
    }
}
