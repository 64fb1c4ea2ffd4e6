//! `manifest/p0-chatops.toml` is held against the code, key by key.

use std::path::Path;

use super::*;

const EXAMPLE: &str = include_str!("../../manifest/p0-chatops.toml");

/// A setting that is commented out, and what the `##` lines above it say. A section that is commented out is one with all
/// its keys.
struct Shown {
    lines: Vec<&'static str>,
    said: String,
}

/// What is said stands for every setting below it, up to the next `##`.
fn shown() -> Vec<Shown> {
    let (mut shown, mut said, mut saying) = (Vec::<Shown>::new(), String::new(), false);
    for line in EXAMPLE.lines() {
        match line.strip_prefix("## ") {
            Some(text) if saying => said = format!("{said} {text}"),
            Some(text) => text.clone_into(&mut said),
            None if line.starts_with("# ") => match shown.last_mut() {
                Some(Shown { lines, .. }) if !saying && lines[0].starts_with("# [") && !line.starts_with("# [") => {
                    lines.push(line);
                }
                _ => shown.push(Shown { lines: vec![line], said: said.clone() }),
            },
            None => {}
        }
        saying = line.starts_with("##");
    }
    shown
}

fn uncommented<'l>(lines: impl IntoIterator<Item = &'l str>) -> String {
    let set = |text: String, line: &str| text.replacen(&format!("\n{line}\n"), &format!("\n{}\n", &line[2..]), 1);
    lines.into_iter().fold(EXAMPLE.to_owned(), set)
}

/// The settings as they would be used, or the refusal.
fn outcome(text: &str) -> String {
    match parse(&text.replace("replace-with-", "0123456789-"), [], Path::new("/etc/p0")) {
        // Where a value was read from changes nothing of what it does, nor does stating what is assumed.
        Ok(mut settings) => {
            settings.origin = Origin::default();
            let (stated, assumed) = (&mut settings.durations.stated, assumed_lengths());
            stated.presets.get_or_insert(assumed.presets);
            stated.maximum.get_or_insert(assumed.maximum);
            format!("{settings:?}")
        }
        Err(error) => error.to_string(),
    }
}

#[test]
fn the_example_is_a_settings_file() {
    parse(&EXAMPLE.replace("replace-with-", "0123456789-"), [], Path::new("/etc/p0")).unwrap();
    let everything = uncommented(shown().iter().flat_map(|key| key.lines.clone()));
    let table: toml::Table = everything.parse().unwrap();
    raw::Raw::read(without_secret_files(table)).map(drop).unwrap();
}

fn without_secret_files(mut table: toml::Table) -> toml::Table {
    table.retain(|key, _| {
        !key.ends_with("_file") || matches!(key, "ca_file" | "public_key_file" | "private_key_file" | "actor_key_file")
    });
    for value in table.iter_mut().map(|(_, value)| value) {
        if let toml::Value::Table(section) = value {
            *section = without_secret_files(std::mem::take(section));
        }
    }
    table
}

#[test]
fn a_commented_key_shows_its_default_or_says_what_setting_it_does() {
    let plain = outcome(EXAMPLE);
    for Shown { lines, said } in shown() {
        let set = outcome(&uncommented(lines.iter().copied()));
        let line = lines.join("\n");
        let fits = match () {
            () if line.contains("_file = \"secrets/") && set != plain && !said.contains("read anew") => {
                set.contains("cannot be read") || set.contains("contradicts")
            }
            () if said.contains("only useful together") => set == plain || set.contains("only useful together"),
            () if said.contains("No default") && !said.contains("no effect") && !said.contains("by this mode") => {
                set != plain
            }
            () => set == plain,
        };
        assert!(fits, "{line}: {said}: {set}");
    }
}
