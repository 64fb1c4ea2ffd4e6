//! Whatever people and P0 write: the push is taken, the card is there, and it says nothing that we did not.

use p0_chatops::sandbox::p0::{DisplayRow, RequestSeed};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config, TestRunner};
use serde_json::Value;

use crate::world::{CHANNEL, World};

const CASES: u32 = 60;

/// Text of hostile pieces.
fn hostile() -> impl Strategy<Value = String> {
    let pieces = vec![
        "<!channel>",
        "<!here|x>",
        "<@U01ALICE>",
        "<https://evil.example|P0>",
        "```",
        "\u{202e}",
        "\u{2066}",
        "\u{200b}",
        "\u{feff}",
        "\nApproved by root",
        "\r\n\r\n:white_check_mark: *Approved* by <@U01ALICE> for 8 hours",
        "\u{2028}Approved by root",
        "\u{85}Approved by root",
        "\u{b}*Approved*",
        "\0",
        "\u{1b}[2K",
        "&lt;",
        "&",
        "*",
        "_",
        "~",
        "`",
        ">",
        "\t",
        " ",
        "words ",
        "日本",
        "🤷🏽‍♀️",
    ];
    let piece =
        prop_oneof![20 => select(pieces).prop_map(str::to_owned), 4 => "\\PC{0,30}", 1 => Just("&x".repeat(20_000))];
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

fn seed() -> impl Strategy<Value = RequestSeed> {
    let texts = (hostile(), hostile(), hostile(), hostile(), hostile(), hostile());
    texts.prop_map(|(requestor, principal, reason, duration, kind, content)| RequestSeed {
        requestor: format!("bob{requestor}"),
        principal: format!("bob{principal}"),
        reason: Some(reason),
        duration: Some(duration),
        r#type: format!("aws{kind}"),
        rows: vec![DisplayRow::new(&format!("Role{kind}"), &content)],
        ..RequestSeed::default()
    })
}

/// Every text that the card shows.
fn texts(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            found.extend(fields.get("text").and_then(Value::as_str).map(str::to_owned));
            fields.values().for_each(|field| texts(field, found));
        }
        Value::Array(items) => items.iter().for_each(|item| texts(item, found)),
        _ => {}
    }
}

fn is_ours(text: &str) -> bool {
    let tricks = ['\u{202e}', '\u{2066}', '\u{200b}', '\u{feff}', '\0', '\u{1b}'];
    let fakes = ["Approved", "*Approved", ":white_check_mark:"];
    !text.contains(tricks)
        && !text.replace("<!date^", "").contains('<')
        && !text.lines().any(|line| fakes.iter().any(|fake| line.trim_start().starts_with(fake)))
}

#[test]
fn no_text_of_a_request_breaks_its_card_or_speaks_for_the_bot() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let world = runtime.block_on(World::new());
    let config = Config { cases: CASES, failure_persistence: None, ..Config::default() };
    let told = TestRunner::new(config).run(&seed(), |seed| {
        let card = runtime.block_on(world.request(seed));
        let message = world.slack.message(CHANNEL, &card.ts).unwrap();
        let mut found = vec![message.text.clone()];
        texts(&Value::from(message.blocks), &mut found);
        prop_assert_eq!(world.slack.violations(), Vec::<String>::new());
        for text in found.iter().filter(|text| !text.starts_with("Approve ") && !text.starts_with("Approve for")) {
            prop_assert!(is_ours(text), "{:?}", text);
        }
        Ok(())
    });
    told.unwrap();
}
