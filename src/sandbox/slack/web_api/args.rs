//! Arguments as the real methods take them: query or form everywhere, JSON only where Slack reads it.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, Method};
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};
use url::form_urlencoded;

use super::{Refusal, find};
use crate::sandbox::slack::response_url;

/// The arguments of one call by name; nested values of a form stay JSON text until asked for.
#[derive(Debug)]
pub(in crate::sandbox::slack) struct Args(Map<String, Value>);

/// Arguments that hold JSON, as text in forms.
const NESTED: [&str; 5] = ["blocks", "view", "metadata", "attachments", "unfurls"];

/// Arguments that nobody else may see.
const SECRET: [&str; 3] = ["token", "client_secret", "code"];

impl Args {
    /// Reads what counts of a request; a JSON body of a method that takes none is ignored, as Slack does.
    pub(in crate::sandbox::slack) fn read(
        method: &str,
        verb: &Method,
        query: Option<&str>,
        headers: &HeaderMap,
        body: &[u8],
    ) -> Result<Self, Refusal> {
        let mut args = form(query.unwrap_or_default().as_bytes());
        args.extend(client(headers).into_iter().flatten());
        if verb == Method::GET || body.is_empty() {
            return Ok(Self(args));
        }
        let kind = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        match kind.split(';').next().unwrap_or_default().trim() {
            "application/x-www-form-urlencoded" => args.extend(form(body)),
            "application/json"
                if method == response_url::METHOD || find(method).is_none_or(|found| found.takes_json) =>
            {
                match serde_json::from_slice(body) {
                    Ok(Value::Object(object)) => args.extend(object),
                    Ok(_) => return Err("json_not_object".into()),
                    Err(_) => return Err("invalid_json".into()),
                }
            }
            "application/json" => {}
            "" => return Err("missing_post_type".into()),
            _ => return Err("invalid_post_type".into()),
        }
        Ok(Self(args))
    }

    /// The arguments of an answer in the body of an HTTP response, e.g. to a slash command.
    pub(in crate::sandbox::slack) fn of(object: Map<String, Value>) -> Self {
        Self(object)
    }

    /// A text argument.
    pub(in crate::sandbox::slack) fn text(&self, key: &str) -> Option<&str> {
        self.0.get(key)?.as_str()
    }

    /// A text argument without which the method makes no sense.
    pub(super) fn required(&self, key: &str) -> Result<&str, Refusal> {
        self.text(key).filter(|text| !text.is_empty()).ok_or_else(|| Refusal::missing(key))
    }

    /// Whether a flag is set; forms say it in words.
    pub(in crate::sandbox::slack) fn flag(&self, key: &str) -> bool {
        matches!(self.0.get(key), Some(Value::Bool(true))) || matches!(self.text(key), Some("true" | "1"))
    }

    /// A nested argument, from JSON or from JSON text; `Err` where the text is no JSON.
    pub(super) fn nested(&self, key: &str) -> Result<Option<Value>, ()> {
        match self.0.get(key) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => serde_json::from_str(text).map(Some).map_err(drop),
            Some(value) => Ok(Some(value.clone())),
        }
    }

    /// For the record of calls: nested arguments unfolded, secrets left out.
    pub(in crate::sandbox::slack) fn to_value(&self) -> Value {
        let mut shown = self.0.clone();
        shown.retain(|key, _| !SECRET.contains(&key.as_str()));
        for key in NESTED {
            if let Ok(Some(value)) = self.nested(key) {
                shown.insert(key.to_owned(), value);
            }
        }
        Value::Object(shown)
    }
}

fn form(encoded: &[u8]) -> Map<String, Value> {
    let pairs: Map<String, Value> =
        form_urlencoded::parse(encoded).map(|(key, value)| (key.into_owned(), value.into())).collect();
    // Response URLs also take the whole message as one field.
    match pairs.get("payload").and_then(Value::as_str).and_then(|text| serde_json::from_str(text).ok()) {
        Some(Value::Object(payload)) => payload,
        _ => pairs,
    }
}

/// The app's client id and secret where they come as `Authorization: Basic …`, form-encoded as OAuth has them.
fn client(headers: &HeaderMap) -> Option<[(String, Value); 2]> {
    let encoded = headers.get(AUTHORIZATION)?.to_str().ok()?.strip_prefix("Basic ")?;
    let pair = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (id, secret) = pair.split_once(':')?;
    let decoded = |text: &str| percent_decode_str(text).decode_utf8().ok().map(|text| text.into_owned().into());
    Some([("client_id".to_owned(), decoded(id)?), ("client_secret".to_owned(), decoded(secret)?)])
}
