//! Text that strangers wrote, made fit for Slack: nothing in it can mention, format, hide or fake a line of ours.

use crate::domain::text::{on_one_line, without_controls, without_tricks};

/// One line of plain text, escaped, of at most `most` characters as Slack counts them: after escaping.
pub fn line(text: &str, most: usize) -> String {
    escaped(&on_one_line(&without_tricks(&without_controls(text))), most)
}

/// One line that stands among our own mrkdwn: what would format it is left out. An underline within a word formats
/// nothing, and belongs to many addresses.
pub fn word(text: &str, most: usize) -> String {
    line(&unformatted(text), most)
}

fn unformatted(text: &str) -> String {
    let letters: Vec<char> = text.chars().collect();
    let within = |at: usize| {
        at > 0 && letters[at - 1].is_alphanumeric() && letters.get(at + 1).is_some_and(|c| c.is_alphanumeric())
    };
    let kept = |(at, c): &(usize, &char)| match c {
        '*' | '~' | '`' => false,
        '_' => within(*at),
        _ => true,
    };
    letters.iter().enumerate().filter(kept).map(|(_, c)| c).collect()
}

/// A name that P0 chose, or words of P0, among our own mrkdwn, and no emoji: the colon with which the name of one may begin
/// becomes a sign that only looks like it. Not for what is copied, as the names of resources are, in which colons count.
pub fn name(text: &str, most: usize) -> String {
    without_emoji(&word(text, most))
}

fn without_emoji(text: &str) -> String {
    let kept: Vec<char> = text.chars().collect();
    let begins_emoji = |at: usize| {
        let rest = &kept[at + 1..];
        let name = rest.iter().take_while(|c| c.is_alphanumeric() || ['_', '-', '+', '\''].contains(c)).count();
        name > 0 && rest.get(name) == Some(&':')
    };
    kept.iter().enumerate().map(|(at, c)| if *c == ':' && begins_emoji(at) { '∶' } else { *c }).collect()
}

/// A line that was made for plain text, among our own mrkdwn: it formats nothing there, and holds no emoji.
pub fn quiet(line: &str) -> String {
    without_emoji(&unformatted(line))
}

/// A name to be copied, whole, as code; only back-quotes, which would end it, are left out.
pub fn code(text: &str) -> String {
    format!("`{}`", line(&text.replace('`', ""), usize::MAX))
}

/// Several lines of plain text, for places that hold nothing else.
pub fn paragraph(text: &str, most: usize) -> String {
    escaped(&without_tricks(&without_controls(text)), most)
}

/// Escapes `&`, `<` and `>`, and cuts so that no escape is torn.
fn escaped(text: &str, most: usize) -> String {
    let whole: usize = text.chars().map(|c| escape(c).map_or(1, str::len)).sum();
    let room = if whole > most { most.saturating_sub(1) } else { most };
    let mut kept = String::with_capacity(text.len());
    let mut count = 0;
    for c in text.chars() {
        count += escape(c).map_or(1, str::len);
        if count > room {
            kept.push('…');
            break;
        }
        match escape(c) {
            Some(escape) => kept.push_str(escape),
            None => kept.push(c),
        }
    }
    kept
}

fn escape(c: char) -> Option<&'static str> {
    match c {
        '&' => Some("&amp;"),
        '<' => Some("&lt;"),
        '>' => Some("&gt;"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn nothing_hostile_survives() {
        assert_eq!(line("<!channel> & <@U1>", 100), "&lt;!channel&gt; &amp; &lt;@U1&gt;");
        assert_eq!(line("please\n\n*Approved by* root\u{202e}x", 100), "please *Approved by* rootx");
        assert_eq!(word("*bold* `code` ~x~ _it_ john_doe@example.com", 100), "bold code x it john_doe@example.com");
        assert_eq!(code("req_a`b_1"), "`req_ab_1`");
        assert_eq!(name(":white_check_mark: 10: 30", 100), "∶white_check_mark: 10: 30");
        assert_eq!(name("a:x*y*::+1: :_:", 100), "a∶xy:∶+1: ::");
        assert_eq!(quiet(&line("*Role*: `x` :tada: <b> Account: 1", 100)), "Role: x ∶tada: &lt;b&gt; Account: 1");
        assert_eq!(line("&&&", 9), "&amp;…");
        assert_eq!(line("ä".repeat(50).as_str(), 5).chars().count(), 5);
    }

    proptest! {
        #[test]
        fn any_text_fits_and_is_escaped(text in "\\PC{0,400}|(<!channel>|```|\u{202e}|\n){0,60}", most in 1usize..300) {
            for made in [line(&text, most), word(&text, most), name(&text, most), paragraph(&text, most)] {
                prop_assert!(made.chars().count() <= most);
                let hostile = made.contains(['<', '>', '\u{202e}']);
                prop_assert!(!hostile, "{}", made);
                let bare = made.replace("&amp;", "").replace("&lt;", "").replace("&gt;", "");
                prop_assert!(!bare.contains('&'), "{}", made);
            }
        }
    }
}
