//! `POST …/permission-requests/{id}/approve|deny|revoke`: the rules of P0's published contract, and who may do it.

use http::{HeaderMap, header};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::bearer::Caller;
use super::duration_option::DurationOption;
use super::requests::AccessRequest;
use super::route::Verb;
use super::state::State;
use crate::sandbox::wire::Reply;

/// What the contract says of a request that is unknown, decided or over.
const INVALID_OR_EXPIRED: &str = "Invalid or expired request";

/// One decision as it arrived.
pub(super) struct Decision<'a> {
    pub(super) verb: Verb,
    /// Whether the path names this organisation.
    pub(super) own_org: bool,
    pub(super) id: &'a str,
    pub(super) caller: &'a Caller,
    pub(super) headers: &'a HeaderMap,
    pub(super) body: &'a [u8],
    pub(super) now: Timestamp,
}

/// Decides, or answers why not. The order is the server's: who, then what was sent, then the request, then the people.
pub(super) fn decide(state: &mut State, decision: &Decision<'_>) -> Reply {
    match permitted(state, decision) {
        Ok(granted_for) => {
            state.apply(decision, granted_for);
            state.behaviour.success_body.reply().with_effect()
        }
        Err(refusal) => refusal,
    }
}

/// The length granted by an approve (`None` for the others), if the decision stands.
fn permitted(state: &State, decision: &Decision<'_>) -> Result<Option<SignedDuration>, Reply> {
    let Ok(identity) = &decision.caller.identity else {
        return Err(Reply::error(401, "Unauthorized"));
    };
    let bad = |text: &str| Reply::error(400, text);
    let body = json_object(decision.headers, decision.body, decision.verb == Verb::Approve)?;
    let granted_for = match decision.verb {
        Verb::Approve => Some(expiration_length(&body).ok_or_else(|| bad("Invalid expirationLength"))?),
        _ => None,
    };
    let request = state
        .requests
        .iter()
        .find(|request| decision.own_org && request.id == decision.id)
        .ok_or_else(|| bad(INVALID_OR_EXPIRED))?;
    let open = if decision.verb == Verb::Revoke { !request.is_ended() } else { request.is_pending() };
    if !open {
        return Err(bad(INVALID_OR_EXPIRED));
    }
    let one_party = state.behaviour.one_party;
    may_decide(request, decision.verb, identity, one_party).map_err(bad)?;
    if granted_for.is_some_and(|length| !state.settings.maximum.covers(length)) {
        return Err(bad("expirationLength is longer than the maximum access duration"));
    }
    Ok(granted_for)
}

/// Who may approve is known only to P0: here the request's own list, and never oneself unless one party is enough.
fn may_decide(request: &AccessRequest, verb: Verb, identity: &str, one_party: bool) -> Result<(), &'static str> {
    let is = |email: &str| email.eq_ignore_ascii_case(identity);
    let own = is(&request.seed.requestor) || is(&request.seed.principal);
    if verb == Verb::Approve && own && !one_party {
        return Err("You cannot approve your own request");
    }
    // A requester gives access back ("relinquish") without being an approver.
    let gives_back = verb == Verb::Revoke && is(&request.seed.requestor);
    let listed = request.seed.approvers.as_ref().is_none_or(|approvers| approvers.iter().any(|email| is(email)));
    if listed || gives_back { Ok(()) } else { Err("You are not an approver of this request") }
}

/// Reads `expirationLength`: `^[1-9][0-9]*[mh]$`, the only forms for which there is evidence.
fn expiration_length(body: &Value) -> Option<SignedDuration> {
    let text = body.get("expirationLength")?.as_str()?;
    let minutes_per_unit = match text.chars().last()? {
        'm' => 1,
        'h' => 60,
        _ => return None,
    };
    let digits = &text[..text.len() - 1];
    if digits.starts_with('0') || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let minutes = digits.parse::<i64>().ok()?.checked_mul(minutes_per_unit)?;
    SignedDuration::try_from_mins(minutes)
}

/// The body as a JSON object. Without a body it is an empty one where the contract requires none;
/// `null` is refused by the server's parser, and so is anything that is not declared as JSON.
pub(super) fn json_object(headers: &HeaderMap, body: &[u8], required: bool) -> Result<Value, Reply> {
    let bad = |text: &str| Reply::error(400, text);
    if headers.get(header::USER_AGENT).is_none_or(|agent| agent.is_empty()) {
        return Err(bad("Missing User-Agent"));
    }
    if body.is_empty() && !required {
        return Ok(Value::Object(serde_json::Map::new()));
    }
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    if !essence.eq_ignore_ascii_case("application/json") {
        return Err(bad("Content-Type must be application/json"));
    }
    serde_json::from_slice::<Value>(body)
        .ok()
        .filter(Value::is_object)
        .ok_or_else(|| bad("The body must be a JSON object"))
}

impl DurationOption {
    fn covers(&self, length: SignedDuration) -> bool {
        length.as_secs_f64() <= self.minutes() * 60.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_whole_minutes_and_hours_are_lengths() {
        let read = |text: &str| expiration_length(&json!({ "expirationLength": text })).map(|length| length.as_mins());
        assert_eq!(read("2h"), Some(120));
        assert_eq!(read("30m"), Some(30));
        for text in ["", "h", "0h", "02h", "+2h", "2H", "1d", "1h30m", " 2h", "2 h", "2h\n", "99999999999999999999h"] {
            assert_eq!(read(text), None, "{text:?}");
        }
        assert_eq!(expiration_length(&json!({ "expirationLength": 2 })), None);
        assert_eq!(expiration_length(&json!({})), None);
    }
}
