//! Text that somebody else wrote, made safe to keep, to cut and to put into an address.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// Everything but RFC 3986's unreserved characters is encoded.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// Drops what must never be stored: NUL and control characters (line feed and tab stay).
pub fn without_controls(text: &str) -> String {
    text.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t')).collect()
}

/// Drops what changes how the text around it is read: bidirectional marks and zero-width characters.
pub fn without_tricks(text: &str) -> String {
    text.chars().filter(|c| !is_trick(*c)).collect()
}

/// Whether the character changes how the text around it is read, or cannot be seen.
pub fn is_trick(c: char) -> bool {
    matches!(c,
        '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{200B}'..='\u{200F}' | '\u{061C}'
        | '\u{2060}' | '\u{FEFF}' | '\u{00AD}' | '\u{180E}' | '\u{2028}' | '\u{2029}')
}

/// One line: every run of white space becomes a single space, so that nothing can fake a line of the card.
pub fn on_one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What somebody else wrote, for a terminal or a log: one line, with nothing in it that moves the cursor or hides.
pub fn plain(text: &str) -> String {
    on_one_line(&without_tricks(&without_controls(text)))
}

/// At most `most` characters, the last an ellipsis where something was cut.
pub fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(most.saturating_sub(1)).collect();
    short.push('…');
    short
}

/// One segment of a URL's path. `.` and `..` are none however they are written: every reader of URLs climbs by them.
pub fn path_segment(text: &str) -> String {
    utf8_percent_encode(text, SEGMENT).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cuts_by_characters_never_bytes() {
        assert_eq!(cut("ääää", 3), "ää…");
        assert_eq!(cut("ääää", 4), "ääää");
        assert_eq!(cut("abc", 0), "…");
    }

    #[test]
    fn drops_what_reorders_or_hides() {
        assert_eq!(without_tricks("a\u{202E}b\u{200B}c\u{2066}"), "abc");
        assert_eq!(without_controls("a\0b\u{1b}[31m\nc"), "ab[31m\nc");
        assert_eq!(on_one_line("x\n\n>Approved  by\troot"), "x >Approved by root");
    }
}
