//! Parameters of OAuth, from a query or a form.

use std::collections::BTreeMap;

use url::form_urlencoded;

use super::refusal::Refusal;

/// Parameters by name. One without a value counts as left out (RFC 6749 3.1).
#[derive(Debug, Default)]
pub(super) struct Params(BTreeMap<String, String>);

impl Params {
    /// Reads what is form-encoded. The names of those that stood there more than once are the error (RFC 6749 3.1 and
    /// 3.2 forbid it), beside what is left when these are taken away.
    pub(super) fn read(encoded: &[u8]) -> Result<Self, (Self, Vec<String>)> {
        let (mut once, mut repeated) = (BTreeMap::new(), Vec::new());
        for (name, value) in form_urlencoded::parse(encoded).filter(|(_, value)| !value.is_empty()) {
            if once.insert(name.to_string(), value.into_owned()).is_some() {
                repeated.push(name.into_owned());
            }
        }
        if repeated.is_empty() {
            return Ok(Self(once));
        }
        once.retain(|name, _| !repeated.contains(name));
        Err((Self(once), repeated))
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// One without which the request makes no sense.
    pub(super) fn need(&self, name: &'static str) -> Result<&str, Refusal> {
        self.get(name).ok_or_else(|| Refusal::invalid_request(format!("{name} is missing")))
    }

    /// The words of a list that is separated by spaces.
    pub(super) fn words(&self, name: &str) -> Vec<String> {
        self.get(name).unwrap_or_default().split_ascii_whitespace().map(str::to_owned).collect()
    }
}
