//! The threat model names tests: each of them exists.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

const MODEL: &str = include_str!("../../.github/SECURITY.md");

/// The tests of the files below a folder.
fn tests_below(folder: &Path, found: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            tests_below(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            let tests = text.split("test]\n").skip(1).filter_map(|test| test.split_once("fn ")?.1.split_once('('));
            found.extend(tests.map(|(name, _)| name.to_owned()));
        }
    }
}

#[test]
fn every_test_that_the_threat_model_names_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut tests = BTreeSet::new();
    for folder in ["src", "tests/it"] {
        tests_below(&root.join(folder), &mut tests);
    }
    let attackers = MODEL.split("\n### ").skip(1);
    assert!(attackers.clone().count() >= 10);
    for attacker in attackers {
        let quoted = attacker.split('`').skip(1).step_by(2);
        let named: Vec<&str> = quoted.filter(|quoted| quoted.matches('_').count() > 2).collect();
        assert!(!named.is_empty(), "no test shows what stops: {attacker}");
        for name in named {
            assert!(tests.contains(name), "there is no test {name}");
        }
    }
}
