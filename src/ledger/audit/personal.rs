//! Texts that are about people, or were written by them: they stand apart from what is chained, and can be blanked.

use std::collections::BTreeMap;

use rand::TryRng as _;
use rand::rngs::SysRng;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::canonical::{digest, hex};

/// The names under which facts hold such texts: what people typed, P0's words about them, who they are at the provider and
/// to P0. Slack's ids are none: they are what the evidence is about.
const NAMES: [&str; 8] = ["email", "identity", "name", "names", "reason", "subject", "typed", "words"];
/// What makes a text's digest tell nothing once the salt is gone.
const SALT_BYTES: usize = 16;

/// Personal texts by where their digests stand, `stage.identity`; `None` once they are blanked.
pub(super) type Texts = BTreeMap<String, Option<Salted>>;

/// A text with its salt.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Salted {
    /// In hexadecimal digits.
    salt: String,
    /// As it was.
    text: String,
}

/// Puts a digest in the place of each personal text.
pub(super) fn set_apart(value: &mut Value) -> Texts {
    let mut texts = Texts::new();
    walk(value, "", false, &mut texts);
    texts
}

fn walk(value: &mut Value, place: &str, is_personal: bool, texts: &mut Texts) {
    let below = |name: &str| if place.is_empty() { name.to_owned() } else { format!("{place}.{name}") };
    match value {
        Value::String(text) if is_personal && !text.is_empty() => {
            let text = std::mem::take(text);
            let salt = salt();
            *value = json!({ "sha256": digest(&salt, &text) });
            texts.insert(place.to_owned(), Some(Salted { salt, text }));
        }
        Value::Array(values) => {
            for (nth, value) in values.iter_mut().enumerate() {
                walk(value, &below(&nth.to_string()), is_personal, texts);
            }
        }
        Value::Object(fields) => {
            for (name, value) in fields {
                walk(value, &below(name), NAMES.contains(&name.as_str()), texts);
            }
        }
        _ => {}
    }
}

/// # Panics
/// Where the system has no chance to give.
fn salt() -> String {
    let mut bytes = [0; SALT_BYTES];
    SysRng.try_fill_bytes(&mut bytes).expect("the system gives random bytes");
    hex(&bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_stand_apart_and_their_digests_in_their_place() {
        let mut value = json!({
            "choice": { "verb": "deny", "reason": "Alice is on leave" }, "verb": "deny",
            "tried": [{ "words": "" }, { "words": "who is Bob?" }], "names": ["a", "b"], "by": { "user": "U01" },
        });
        let texts = set_apart(&mut value);
        let places: Vec<&str> = texts.keys().map(String::as_str).collect();
        assert_eq!(places, ["choice.reason", "names.0", "names.1", "tried.1.words"]);
        let Some(Salted { salt, text }) = &texts["choice.reason"] else { panic!("{texts:?}") };
        assert_eq!((salt.len(), text.as_str()), (32, "Alice is on leave"));
        assert_eq!(value["choice"]["reason"]["sha256"], json!(digest(salt, text)));
        assert_eq!((&value["tried"][0]["words"], &value["by"]["user"]), (&json!(""), &json!("U01")));
        for text in ["leave", "Bob"] {
            assert!(!value.to_string().contains(text), "{value}");
        }
    }

    #[test]
    fn one_text_has_another_digest_each_time() {
        let once = || {
            let mut value = json!({ "reason": "the same" });
            set_apart(&mut value);
            value.to_string()
        };
        assert_ne!(once(), once());
    }
}
