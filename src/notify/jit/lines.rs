//! Many lines as few blocks.

use slack_morphism::prelude::SlackBlock;

use crate::notify::message::{context, section};

/// Characters of one section; Slack takes 3000.
const SECTION: usize = 2900;

/// Lines of mrkdwn, as many to a section as fit, of at most `room` characters in all: what has no place is counted. A
/// line has to fit a section.
pub(super) fn sections(lines: &[String], room: usize) -> Vec<SlackBlock> {
    let mut blocks = Vec::new();
    let (mut text, mut length, mut spent) = (String::new(), 0, 0);
    for (nth, line) in lines.iter().enumerate() {
        let more = line.chars().count() + 1;
        if spent + more > room && nth > 0 {
            blocks.push(section(&text));
            blocks.push(context(&format!("… and {} more, which have no place here.", lines.len() - nth)));
            return blocks;
        }
        if length + more > SECTION && length > 0 {
            blocks.push(section(&text));
            (text, length) = (String::new(), 0);
        }
        if length > 0 {
            text.push('\n');
        }
        text.push_str(line);
        (length, spent) = (length + more, spent + more);
    }
    if !text.is_empty() {
        blocks.push(section(&text));
    }
    blocks
}

/// Sentences as a list.
pub(super) fn bulleted(sentences: Vec<String>, room: usize) -> Vec<SlackBlock> {
    let lines: Vec<String> = sentences.into_iter().map(|sentence| format!("• {sentence}")).collect();
    sections(&lines, room)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_no_place_is_counted() {
        let lines: Vec<String> = (0..200).map(|nth| format!("{nth:03} {}", "x".repeat(95))).collect();
        let texts = |room| -> Vec<String> {
            let blocks = serde_json::to_value(sections(&lines, room)).unwrap();
            let text = |block: &serde_json::Value| {
                block["text"]["text"].as_str().or(block["elements"][0]["text"].as_str()).unwrap().to_owned()
            };
            blocks.as_array().unwrap().iter().map(text).collect()
        };
        let all = texts(1_000_000);
        assert!(all.iter().all(|text| text.chars().count() <= 3000));
        assert_eq!(all.join("\n").lines().count(), 200);
        let some = texts(10_000);
        assert_eq!(some.last().unwrap(), "… and 100 more, which have no place here.");
        assert_eq!(some[..some.len() - 1].join("\n").lines().count(), 100);
        assert!(texts(0).len() <= 2 && sections(&[], 100).is_empty());
    }
}
