//! A form as browsers and Slack send it (`application/x-www-form-urlencoded`), decoded in one pass: it is the dearest step
//! between the signature and the click.

use std::borrow::Cow;

/// The fields in their order, as the URL standard decodes them; `None` where the text behind the percent signs is not
/// UTF-8, which is not read at all rather than with holes.
pub(super) fn fields(form: &str) -> Option<Vec<(Cow<'_, str>, Cow<'_, str>)>> {
    let pairs = form.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| Some((decode(name)?, decode(value)?)))
        .collect()
}

fn decode(text: &str) -> Option<Cow<'_, str>> {
    let is_special = |byte: &u8| matches!(byte, b'%' | b'+');
    let mut rest = text.as_bytes();
    if !rest.iter().any(is_special) {
        return Some(Cow::Borrowed(text));
    }
    let mut decoded = Vec::with_capacity(text.len());
    while let Some(at) = rest.iter().position(is_special) {
        decoded.extend_from_slice(&rest[..at]);
        rest = match rest[at..] {
            [b'%', high, low, ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                decoded.push(nibble(high) << 4 | nibble(low));
                &rest[at + 3..]
            }
            [b'+', ..] => {
                decoded.push(b' ');
                &rest[at + 1..]
            }
            _ => {
                decoded.push(b'%');
                &rest[at + 1..]
            }
        };
    }
    decoded.extend_from_slice(rest);
    String::from_utf8(decoded).ok().map(Cow::Owned)
}

/// What a hexadecimal digit stands for.
fn nibble(digit: u8) -> u8 {
    match digit {
        b'0'..=b'9' => digit - b'0',
        _ => (digit | 0x20) - b'a' + 10,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use url::form_urlencoded;

    use super::*;

    proptest! {
        #[test]
        fn is_read_as_the_url_standard_says(form in "([a-c=&+% é]|%[0-9a-fA-F]{2}|%F0%9F%94%94){0,40}") {
            let standard: Vec<_> = form_urlencoded::parse(form.as_bytes()).into_owned().collect();
            match fields(&form) {
                Some(fields) => {
                    let fields: Vec<_> = fields.into_iter().map(|(name, value)| (name.into_owned(), value.into_owned())).collect();
                    prop_assert_eq!(fields, standard);
                }
                // What the standard would fill with U+FFFD.
                None => {
                    let is_filled = |text: &String| text.contains('\u{fffd}');
                    prop_assert!(standard.iter().any(|(name, value)| is_filled(name) || is_filled(value)));
                }
            }
        }
    }

    #[test]
    fn what_is_not_utf8_is_not_read() {
        for form in ["payload=%ff", "%ff=1", "a=%C3", "a=%ED%A0%80"] {
            assert_eq!(fields(form), None, "{form}");
        }
        assert_eq!(fields("a=%zz%4"), Some(vec![("a".into(), "%zz%4".into())]));
    }
}
