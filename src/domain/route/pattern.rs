//! A text in a rule, with `*` for any run of characters.

use std::fmt;

use crate::domain::text::without_tricks;
use unicode_normalization::UnicodeNormalization as _;

/// A text in a rule, with `*` for any run of characters; case does not count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    /// As the operator wrote it.
    text: String,
    /// What has to stand between the stars.
    parts: Vec<String>,
}

impl Pattern {
    /// The pattern, unless it is empty.
    pub fn parse(text: &str) -> Option<Self> {
        let plain = plain(text);
        let parts = plain.split('*').map(str::to_owned).collect();
        (!plain.is_empty()).then(|| Self { text: text.to_owned(), parts })
    }

    /// Whether the whole text fits.
    pub fn fits(&self, text: &str) -> bool {
        let text = plain(text);
        let (first, rest) = self.parts.split_first().expect("a split has one part at least");
        let Some(mut left) = text.strip_prefix(first.as_str()) else { return false };
        let Some((last, between)) = rest.split_last() else { return left.is_empty() };
        for part in between {
            match left.find(part.as_str()) {
                Some(at) => left = &left[at + part.len()..],
                None => return false,
            }
        }
        left.ends_with(last.as_str())
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// A text as patterns are compared: in one Unicode form, without case, and without what nobody sees.
fn plain(text: &str) -> String {
    without_tricks(text).trim().nfc().collect::<String>().to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_stand_for_any_run() {
        for (pattern, text, fits) in [
            ("aws", "AWS", true),
            ("aws", "aws2", false),
            ("*", "", true),
            ("*prod*", "eu-PROD-7", true),
            ("*prod", "prod-7", false),
            ("prod*", "prod", true),
            ("a*a", "a", false),
            ("a*a", "aa", true),
            ("*a*b*", "xxbxa", false),
            ("*@contractors.example.com", "eve@contractors.example.com", true),
            ("*@contractors.example.com", "eve@contractors.example.com.evil.test", false),
            ("prod", "pr\u{200b}od", true),
        ] {
            assert_eq!(Pattern::parse(pattern).unwrap().fits(text), fits, "{pattern} {text}");
        }
        assert_eq!(Pattern::parse(" "), None);
    }
}
