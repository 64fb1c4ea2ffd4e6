//! What P0 answers, read in one way whatever was asked.

use std::time::Duration;

use http::{StatusCode, header};
use serde_json::{Map, Value};

use super::outcome::Outcome;
use crate::domain::text::{cut, on_one_line, without_controls, without_tricks};

/// How long a call may take in all. A lease holds three times as long.
pub const CALL_WITHIN: Duration = Duration::from_secs(10);
/// Bytes of an answer that are read.
const MOST_BYTES: usize = 64 * 1024;
/// Characters of P0's words that are kept.
const MOST_WORDS: usize = 500;

/// An answer that is no refusal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status, one of those that mean success.
    pub status: u16,
    /// The fields of its object; none where it has no body.
    pub fields: Map<String, Value>,
    /// The same as text; empty where it has no body.
    pub words: String,
}

/// Makes the call, once, and reads the answer.
pub async fn of(request: reqwest::RequestBuilder) -> Outcome<Answer> {
    match request.timeout(CALL_WITHIN).send().await {
        Err(error) if error.is_connect() || error.is_builder() => {
            tracing::warn!(error = %error.without_url(), "P0 could not be reached");
            Outcome::NotSent
        }
        Err(error) => {
            tracing::warn!(error = %error.without_url(), "P0's answer was lost");
            Outcome::Unknown { words: String::new() }
        }
        Ok(answer) => {
            let status = answer.status();
            let retry_after = retry_after(&answer);
            let body = whole(answer).await;
            read(status, retry_after, body.as_deref())
        }
    }
}

/// What an answer means. `body` is `None` where it did not arrive whole.
///
/// P0's clients treat `error` as a failure at any status; a load balancer may answer HTML at any status.
fn read(status: StatusCode, retry_after: Option<Duration>, body: Option<&[u8]>) -> Outcome<Answer> {
    if status == StatusCode::TOO_MANY_REQUESTS {
        return Outcome::Busy { retry_after };
    }
    let Some(body) = body else { return Outcome::Unknown { words: String::new() } };
    let json: Option<Value> = serde_json::from_slice(body).ok();
    let words = words(body, json.as_ref());
    let status = status.as_u16();
    match status {
        408 | 300..400 | 500.. => Outcome::Unknown { words },
        400..500 => Outcome::Refused { status, words },
        200..300 if body.iter().all(u8::is_ascii_whitespace) => {
            Outcome::Done(Answer { status, fields: Map::new(), words })
        }
        200..300 => match json {
            Some(Value::Object(fields)) if has_error(fields.get("error")) => Outcome::Refused { status, words },
            Some(Value::Object(fields)) => Outcome::Done(Answer { status, fields, words }),
            _ => Outcome::Unknown { words },
        },
        _ => Outcome::Unknown { words },
    }
}

fn retry_after(answer: &reqwest::Response) -> Option<Duration> {
    let seconds: u64 = answer.headers().get(header::RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds))
}

/// The body, bounded; `None` where it did not arrive whole.
async fn whole(mut answer: reqwest::Response) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await.ok()? {
        body.extend_from_slice(&chunk);
        if body.len() > MOST_BYTES {
            body.truncate(MOST_BYTES);
            break;
        }
    }
    Some(body)
}

fn has_error(error: Option<&Value>) -> bool {
    match error {
        None | Some(Value::Null | Value::Bool(false)) => false,
        Some(Value::String(text)) => !text.is_empty(),
        Some(Value::Array(entries)) => !entries.is_empty(),
        Some(Value::Object(fields)) => !fields.is_empty(),
        Some(_) => true,
    }
}

/// P0's own words: its `error`, else the text without markup; on one line, bounded.
fn words(body: &[u8], json: Option<&Value>) -> String {
    let named =
        |json: &'_ Value| json.get("error").filter(|error| has_error(Some(error))).or(json.get("message")).cloned();
    let text = match json.and_then(named) {
        Some(Value::String(text)) => text,
        Some(other) => other.to_string(),
        None => String::from_utf8_lossy(body).into_owned(),
    };
    cut(&on_one_line(&without_tricks(&without_controls(&without_markup(&text)))), MOST_WORDS)
}

/// Leaves tags out, and what stands in scripts and styles.
fn without_markup(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find('<') {
        kept.push_str(&rest[..start]);
        let tag = &rest[start..];
        let is_tag = tag[1..].starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '/' | '!'));
        let Some(end) = tag.find('>').filter(|_| is_tag) else {
            kept.push('<');
            rest = &tag[1..];
            continue;
        };
        kept.push(' ');
        rest = &tag[end + 1..];
        for silent in ["script", "style"] {
            if tag[1..end].trim().to_ascii_lowercase().starts_with(silent) {
                rest = rest.find(&format!("</{silent}")).map_or("", |close| &rest[close..]);
            }
        }
    }
    kept.push_str(rest);
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, body: &str) -> Outcome {
        read(StatusCode::from_u16(status).unwrap(), None, Some(body.as_bytes())).map(drop)
    }

    fn refused(status: u16, words: &str) -> Outcome {
        Outcome::Refused { status, words: words.into() }
    }

    fn unknown(words: &str) -> Outcome {
        Outcome::Unknown { words: words.into() }
    }

    #[test]
    fn each_answer_has_one_meaning() {
        for (status, body, outcome) in [
            (200, "", Outcome::Done(())),
            (200, " \n", Outcome::Done(())),
            (200, "{}", Outcome::Done(())),
            (204, "", Outcome::Done(())),
            (200, r#"{"error":""}"#, Outcome::Done(())),
            (200, r#"{"error":"too late"}"#, refused(200, "too late")),
            (200, r#"{"error":{"code":7}}"#, refused(200, r#"{"code":7}"#)),
            (200, "<html><style>p{}</style><p>Hello</p></html>", unknown("Hello")),
            (200, "[]", unknown("[]")),
            (400, r#"{"error":"Invalid or expired request"}"#, refused(400, "Invalid or expired request")),
            (401, "", refused(401, "")),
            (404, "<h1>Not <b>found</b></h1>", refused(404, "Not found")),
            (408, "", unknown("")),
            (302, "", unknown("")),
            (500, r#"{"error":"boom"}"#, unknown("boom")),
            (502, "<html><head><title>502 Bad Gateway</title></head></html>", unknown("502 Bad Gateway")),
            (429, r#"{"error":"slow down"}"#, Outcome::Busy { retry_after: None }),
        ] {
            assert_eq!(answer(status, body), outcome, "{status} {body}");
        }
        assert_eq!(read(StatusCode::BAD_REQUEST, None, None).map(drop), unknown(""));
    }

    #[test]
    fn words_are_bounded_and_hide_nothing() {
        let Outcome::Refused { words, .. } =
            answer(400, &format!(r#"{{"error":"a < b\n\u202e{}"}}"#, "x".repeat(9999)))
        else {
            panic!("refused");
        };
        assert_eq!(words.chars().count(), MOST_WORDS);
        assert!(words.starts_with("a < b xx"), "{words}");
    }
}
