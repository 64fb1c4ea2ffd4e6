//! Answers in the two shapes of Identity Platform's two APIs.

use serde_json::{Value, json};

use super::state::Account;
use crate::sandbox::wire::Reply;

/// Whose a call was and what they get, or the message of the error.
pub(super) type Worked = Result<(Account, Value), String>;

/// What every one of the two says of a key that is not the project's.
pub(super) const WRONG_KEY: &str = "API key not valid. Please pass a valid API key.";
/// What both say of a body that they cannot read.
pub(super) const UNREADABLE: &str = "Invalid JSON payload received.";

/// An error, always 400.
pub(super) fn error(message: &str) -> Reply {
    let errors = json!([{ "message": message, "domain": "global", "reason": "invalid" }]);
    let error = json!({ "code": 400, "message": message, "errors": errors, "status": "INVALID_ARGUMENT" });
    Reply::json(400, &json!({ "error": error }))
}
