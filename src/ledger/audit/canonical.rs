//! The one way in which an entry is written where its hash is taken, and where it is exported.

use serde_json::{Number, Value};
use sha2::{Digest as _, Sha256};

/// Whole numbers past this are not read alike everywhere (RFC 8259, section 6).
const MOST_EXACT: u64 = (1 << 53) - 1;

/// JSON without spaces, the keys of each object sorted.
pub fn canonical(value: &Value) -> String {
    let mut text = String::new();
    write(value, &mut text);
    text
}

fn write(value: &Value, text: &mut String) {
    let between = |place: usize, text: &mut String| {
        if place > 0 {
            text.push(',');
        }
    };
    match value {
        Value::Object(fields) => {
            let mut fields: Vec<_> = fields.iter().collect();
            fields.sort_by_key(|(key, _)| *key);
            text.push('{');
            for (place, (key, value)) in fields.into_iter().enumerate() {
                between(place, text);
                *text += &Value::from(key.as_str()).to_string();
                text.push(':');
                write(value, text);
            }
            text.push('}');
        }
        Value::Array(values) => {
            text.push('[');
            for (place, value) in values.iter().enumerate() {
                between(place, text);
                write(value, text);
            }
            text.push(']');
        }
        plain => *text += &plain.to_string(),
    }
}

/// The same with numbers as text that are not read alike everywhere.
pub(super) fn exact(value: Value) -> Value {
    let is_exact = |number: &Number| {
        number.as_i64().map(i64::unsigned_abs).or(number.as_u64()).is_some_and(|size| size <= MOST_EXACT)
    };
    match value {
        Value::Number(number) if !is_exact(&number) => Value::String(number.to_string()),
        Value::Array(values) => values.into_iter().map(exact).collect(),
        Value::Object(fields) => fields.into_iter().map(|(key, value)| (key, exact(value))).collect(),
        other => other,
    }
}

/// The hash of an entry, by the hash before it; `None` where that is none.
pub fn link(previous: &str, entry: &str) -> Option<String> {
    Some(sha256(&[&from_hex(previous).filter(|bytes| bytes.len() == 32)?, entry.as_bytes()]))
}

/// The digest that stands for a personal text; `None` where the salt is none.
pub fn digest(salt: &str, text: &str) -> Option<String> {
    Some(sha256(&[&from_hex(salt)?, text.as_bytes()]))
}

fn sha256(parts: &[&[u8]]) -> String {
    let mut hash = Sha256::new();
    parts.iter().for_each(|part| hash.update(part));
    hex(&hash.finalize())
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Reads what [`hex`] writes, and nothing else.
fn from_hex(text: &str) -> Option<Vec<u8>> {
    let is_hex = text.len().is_multiple_of(2) && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    let byte = |at: usize| u8::from_str_radix(text.get(at..at + 2)?, 16).ok();
    is_hex.then(|| (0..text.len()).step_by(2).map(byte).collect()).flatten()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn one_thing_is_written_in_one_way() {
        let value = json!({ "b": [1, null, true], "a": { "z": "\u{e9}\n\"", "A": -7 }, "": {} });
        assert_eq!(canonical(&value), r#"{"":{},"a":{"A":-7,"z":"é\n\""},"b":[1,null,true]}"#);
    }

    #[test]
    fn numbers_that_some_readers_round_are_text() {
        let value = json!([9_007_199_254_740_991_u64, 9_007_199_254_740_992_u64, i64::MIN, 0.5, [u64::MAX]]);
        let exact = canonical(&exact(value));
        assert_eq!(
            exact,
            r#"[9007199254740991,"9007199254740992","-9223372036854775808","0.5",["18446744073709551615"]]"#
        );
    }

    #[test]
    fn digests_are_those_of_any_other_sha256() {
        // printf 'abc' | sha256sum, with and without 32 zero bytes before it.
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(digest("", "abc").as_deref(), Some(abc));
        assert_eq!(digest("61", "bc").as_deref(), Some(abc));
        for no_hex in ["6", "6G", "6A", "é"] {
            assert_eq!(digest(no_hex, "bc"), None, "{no_hex}");
        }
        assert_eq!(link("61", "bc"), None);
    }
}
