//! What is typed before something is taken away that P0 cannot give back.

use super::length::SettingLength;
use crate::domain::text::{without_controls, without_tricks};

/// Whether that was typed which was to be typed. A length counts however it is written.
pub fn is_confirmed(asked: Option<&str>, typed: Option<&str>) -> bool {
    let Some(asked) = asked else { return true };
    let typed = without_tricks(&without_controls(typed.unwrap_or_default()));
    let length = |text: &str| text.parse::<SettingLength>().ok().map(SettingLength::length);
    typed.trim().eq_ignore_ascii_case(asked) || length(asked).is_some_and(|asked| length(&typed) == Some(asked))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_asked_for_confirms() {
        for (asked, typed, expected) in [
            (None, None, true),
            (None, Some("anything"), true),
            (Some("reset"), Some(" Reset "), true),
            (Some("reset"), Some("yes"), false),
            (Some("reset"), None, false),
            (Some("12h"), Some("12h"), true),
            (Some("12h"), Some("12 hours"), true),
            (Some("12h"), Some("720m"), true),
            (Some("12h"), Some("12"), false),
            (Some("12h"), Some("1h"), false),
        ] {
            assert_eq!(is_confirmed(asked, typed), expected, "{asked:?} {typed:?}");
        }
    }
}
