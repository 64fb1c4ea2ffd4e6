//! The local rules: asked before a choice is recorded, and again in the transaction that sends it.

use super::decision::{Basis, Choice, Verb};
use super::expiration::ExpirationLength;
use super::refusal::Refusal;
use super::request::Request;

/// What this installation allows.
#[derive(Clone, Debug)]
pub struct Limits {
    /// The longest grant.
    pub maximum: ExpirationLength,
    /// Whether a request that the bot was never told of may be forwarded.
    pub never_seen: bool,
    /// Whether people may approve their own requests.
    pub one_party: bool,
}

/// Whether the choice may be carried out, by all that is known here. P0 has the last word.
///
/// `approve_open` says that an earlier approve of this request has an unknown outcome; `again` that the person
/// knows it and chose "Try again".
pub fn check(
    limits: &Limits,
    choice: &Choice,
    basis: &Basis,
    request: Option<&Request>,
    approve_open: bool,
    again: bool,
) -> Result<(), Refusal> {
    if let Choice::Approve { length } = choice
        && *length > limits.maximum
    {
        return Err(Refusal::TooLong { asked: *length, most: limits.maximum });
    }
    let Some(request) = request else {
        return if limits.never_seen { Ok(()) } else { Err(Refusal::NeverSeen) };
    };
    let phase = &request.phase;
    match choice.verb() {
        Verb::Revoke if phase.is_ended() => return Err(Refusal::AlreadyEnded { phase: Box::new(phase.clone()) }),
        Verb::Approve | Verb::Deny if phase.is_decided() => {
            return Err(Refusal::AlreadyDecided { phase: Box::new(phase.clone()) });
        }
        _ => {}
    }
    // A revocation takes back whatever there is: what was asked does not matter to it.
    if choice.verb() != Verb::Revoke && basis.digest() != Some(&request.facts.digest()) {
        return Err(Refusal::Changed);
    }
    if choice.verb() == Verb::Approve && approve_open && !again {
        return Err(Refusal::ApproveOutcomeOpen);
    }
    Ok(())
}

/// Whether an approve would be of the person's own request. Any name that hits refuses.
pub fn check_own(limits: &Limits, choice: &Choice, request: Option<&Request>, names: &[String]) -> Result<(), Refusal> {
    if limits.one_party || choice.verb() != Verb::Approve {
        return Ok(());
    }
    let same = |party: &str, name: &String| party.trim().eq_ignore_ascii_case(name.trim());
    let own = request.is_some_and(|r| r.facts.parties().any(|party| names.iter().any(|name| same(party, name))));
    if own { Err(Refusal::OwnRequest) } else { Ok(()) }
}
