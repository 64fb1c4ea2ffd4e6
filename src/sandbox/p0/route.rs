//! Which call a raw path means. Strict, because a client that builds paths sloppily should not get away with it.

use http::Method;
use percent_encoding::percent_decode_str;
use serde::Serialize;

/// What a call wants; faults are scripted by it and the log names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verb {
    /// `POST …/permission-requests/{id}/approve`
    Approve,
    /// `POST …/permission-requests/{id}/deny`
    Deny,
    /// `POST …/permission-requests/{id}/revoke`
    Revoke,
    /// Any call below `/o/{org}/settings`.
    Settings,
    /// `GET /o/{org}/account`, by which clients validate a token.
    Account,
    /// `GET /orgs/{org}`, the public description of how an organisation logs in.
    Discovery,
}

/// One call of the settings API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum SettingsCall {
    AddExpiry,
    RemoveExpiry { key: String },
    ResetExpiries,
    SetMaximum,
    SetStanding,
    SetApprovable,
    SetDefaultApprovals,
}

/// A path and method that this P0 knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Route {
    Decision { verb: Verb, org: String, id: String },
    Settings { org: String, call: SettingsCall },
    Account { org: String },
    Discovery { org: String },
}

impl Route {
    /// Reads the path as it stood in the request line. `None` is for the 404 page:
    /// another method, an empty or additional segment, an escape that decodes to nothing.
    pub(super) fn of(method: &Method, path: &str) -> Option<Self> {
        let encoded: Vec<&str> = path.strip_prefix('/')?.split('/').collect();
        let decoded = encoded.iter().map(|segment| decode_once(segment)).collect::<Option<Vec<_>>>()?;
        let segments: Vec<&str> = decoded.iter().map(String::as_str).collect();
        match (method.as_str(), segments.as_slice()) {
            ("POST", ["o", org, "permission-requests", id, verb]) => {
                let verb = match *verb {
                    "approve" => Verb::Approve,
                    "deny" => Verb::Deny,
                    "revoke" => Verb::Revoke,
                    _ => return None,
                };
                Some(Self::Decision { verb, org: (*org).to_owned(), id: (*id).to_owned() })
            }
            (method, ["o", org, "settings", rest @ ..]) => {
                Some(Self::Settings { org: (*org).to_owned(), call: SettingsCall::of(method, rest)? })
            }
            ("GET", ["o", org, "account"]) => Some(Self::Account { org: (*org).to_owned() }),
            ("GET", ["orgs", org]) => Some(Self::Discovery { org: (*org).to_owned() }),
            _ => None,
        }
    }

    /// How the log and the fault script call it.
    pub(super) fn verb(&self) -> Verb {
        match self {
            Self::Decision { verb, .. } => *verb,
            Self::Settings { .. } => Verb::Settings,
            Self::Account { .. } => Verb::Account,
            Self::Discovery { .. } => Verb::Discovery,
        }
    }

    /// The request a decision is about.
    pub(super) fn request_id(&self) -> Option<&str> {
        match self {
            Self::Decision { id, .. } => Some(id),
            _ => None,
        }
    }
}

impl SettingsCall {
    fn of(method: &str, rest: &[&str]) -> Option<Self> {
        match (method, rest) {
            ("POST", ["expiry-options"]) => Some(Self::AddExpiry),
            ("POST", ["expiry-options", "_reset"]) => Some(Self::ResetExpiries),
            ("DELETE", ["expiry-options", key]) => Some(Self::RemoveExpiry { key: (*key).to_owned() }),
            ("PUT", ["max-access-duration"]) => Some(Self::SetMaximum),
            ("PUT", ["standing-access-duration"]) => Some(Self::SetStanding),
            ("PUT", ["approvable-duration"]) => Some(Self::SetApprovable),
            ("PUT", ["default-approvals"]) => Some(Self::SetDefaultApprovals),
            _ => None,
        }
    }
}

/// Percent-decodes one segment exactly once: `%2520` becomes `%20`, as a server's router does it.
fn decode_once(segment: &str) -> Option<String> {
    let mut escapes = segment.split('%').skip(1);
    let well_formed = escapes.all(|rest| rest.len() >= 2 && rest.bytes().take(2).all(|byte| byte.is_ascii_hexdigit()));
    if segment.is_empty() || !well_formed {
        return None;
    }
    percent_decode_str(segment).decode_utf8().ok().map(|text| text.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn approve(path: &str) -> Option<String> {
        Route::of(&Method::POST, path).and_then(|route| route.request_id().map(str::to_owned))
    }

    #[test]
    fn an_id_is_decoded_exactly_once() {
        assert_eq!(approve("/o/acme/permission-requests/a%2Fb%2520c/approve").as_deref(), Some("a/b%20c"));
    }

    #[test]
    fn segments_are_strict() {
        for path in [
            "/o/acme/permission-requests/r1/approve/",
            "/o/acme/permission-requests//approve",
            "//o/acme/permission-requests/r1/approve",
            "/o/acme/permission-requests/a/b/approve",
            "/o/acme/permission-requests/r1/Approve",
            "/o/acme/permission-requests/r%zz/approve",
            "/o/acme/permission-requests/r%ff/approve",
        ] {
            assert_eq!(approve(path), None, "{path}");
        }
        assert_eq!(Route::of(&Method::GET, "/o/acme/permission-requests/r1/approve"), None);
    }
}
