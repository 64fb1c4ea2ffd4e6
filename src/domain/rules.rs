//! The local rules: asked before a choice is recorded, and again in the transaction that sends it.

use jiff::Timestamp;
use unicode_normalization::UnicodeNormalization as _;

use super::decision::{Basis, Choice, PROOF_IS_GOOD_FOR, Proof, Verb};
use super::expiration::ExpirationLength;
use super::jit::lengths::Lengths;
use super::phase::Phase;
use super::refusal::Refusal;
use super::request::Request;
use super::text::without_tricks;

/// What this installation allows.
#[derive(Clone, Debug)]
pub struct Limits {
    /// The length that is offered where a request names none.
    pub usual: ExpirationLength,
    /// Whether a request that the bot was never told of may be forwarded.
    pub never_seen: bool,
    /// Whether people may approve their own requests.
    pub one_party: bool,
    /// How much care an approve asks for.
    pub care: Care,
    /// Whether P0 does not learn who decides, so that telling people's own requests is up to us alone.
    pub p0_knows_nobody: bool,
}

/// How much care an approve asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Care {
    /// A press.
    Press,
    /// A fresh sign-in for that very choice.
    SignIn,
    /// It is approved in P0 itself.
    NotFromChat,
}

/// Whether such a choice is taken from Slack at all. Denying and taking back make things safer, and always are.
pub fn check_place(limits: &Limits, verb: Verb) -> Result<(), Refusal> {
    match (limits.care, verb) {
        (Care::NotFromChat, Verb::Approve) => Err(Refusal::NotFromChat),
        _ => Ok(()),
    }
}

/// Whether the choice carries what it asks for. Denying and taking back make things safer, and ask for nothing more.
pub fn check_care(limits: &Limits, choice: &Choice, proof: Option<&Proof>, now: Timestamp) -> Result<(), Refusal> {
    check_place(limits, choice.verb())?;
    match (limits.care, choice.verb()) {
        (Care::Press | Care::NotFromChat, _) | (Care::SignIn, Verb::Deny | Verb::Revoke) => Ok(()),
        (Care::SignIn, Verb::Approve) => match proof {
            Some(proof) if now <= proof.at + PROOF_IS_GOOD_FOR => Ok(()),
            _ => Err(Refusal::NotProved),
        },
    }
}

/// Whether the choice may be carried out, by all that is known here. P0 has the last word.
///
/// `approve_open` is the newest approve of this request whose outcome is unknown; `again` the newest one that the
/// person knew of when they chose "Try again".
pub fn check(
    limits: &Limits,
    lengths: &Lengths,
    choice: &Choice,
    basis: &Basis,
    request: Option<&Request>,
    approve_open: Option<i64>,
    again: Option<i64>,
) -> Result<(), Refusal> {
    if let Choice::Approve { length } = choice
        && *length > lengths.maximum
    {
        return Err(Refusal::TooLong { asked: *length, most: lengths.maximum });
    }
    if let Some(request) = request {
        check_phase(choice, &request.phase)?;
    }
    if choice.verb() == Verb::Approve && approve_open > again {
        return Err(Refusal::ApproveOutcomeOpen);
    }
    let Some(request) = request else {
        return if limits.never_seen { Ok(()) } else { Err(Refusal::NeverSeen) };
    };
    // A revocation takes back whatever there is: what was asked does not matter to it.
    if choice.verb() != Verb::Revoke && basis.digest() != Some(&request.facts.digest()) {
        return Err(Refusal::Changed);
    }
    Ok(())
}

/// Whether a length that was chosen from a list still stands in it. What was asked for always does.
pub fn check_offered(
    limits: &Limits,
    lengths: &Lengths,
    choice: &Choice,
    request: Option<&Request>,
) -> Result<(), Refusal> {
    let Choice::Approve { length: picked } = *choice else { return Ok(()) };
    if picked > lengths.maximum {
        return Err(Refusal::TooLong { asked: picked, most: lengths.maximum });
    }
    let asked = request.and_then(|request| request.facts.asked_length());
    let usual = asked.map_or_else(|| lengths.usual(limits.usual), |asked| asked.min(lengths.maximum));
    if picked == usual || lengths.offers(picked) { Ok(()) } else { Err(Refusal::NotOffered { asked: picked }) }
}

/// Whether there is still something to decide.
pub fn check_phase(choice: &Choice, phase: &Phase) -> Result<(), Refusal> {
    match choice.verb() {
        Verb::Revoke if phase.is_ended() => Err(Refusal::AlreadyEnded { phase: Box::new(phase.clone()) }),
        Verb::Approve | Verb::Deny if phase.is_decided() => {
            Err(Refusal::AlreadyDecided { phase: Box::new(phase.clone()) })
        }
        _ => Ok(()),
    }
}

/// Whether an approve would be of the person's own request. Any name that hits refuses.
pub fn check_own(limits: &Limits, choice: &Choice, request: Option<&Request>, names: &[String]) -> Result<(), Refusal> {
    if limits.one_party || choice.verb() != Verb::Approve {
        return Ok(());
    }
    let Some(request) = request else { return Ok(()) };
    let mut parties = request.facts.parties().map(comparable).peekable();
    // Nobody approves without a name to compare; and where P0 cannot tell whose request it is, nothing is left open.
    let comparable_names = names.iter().any(|name| name.contains('@'))
        || !(names.is_empty() || request.facts.parties().any(|party| party.contains('@')));
    if !comparable_names || (limits.p0_knows_nobody && parties.peek().is_none()) {
        return Err(Refusal::MaybeOwnRequest);
    }
    let own = parties.any(|party| names.iter().any(|name| comparable(name) == party));
    if own { Err(Refusal::OwnRequest) } else { Ok(()) }
}

/// A name as it is compared: in one Unicode form, without case, tricks, space, or what stands around an address in angle brackets.
fn comparable(name: &str) -> String {
    let name = without_tricks(name);
    let address = name.rsplit_once('<').and_then(|(_, rest)| rest.split_once('>')).map(|(address, _)| address);
    address.unwrap_or(&name).trim().nfc().collect::<String>().to_lowercase()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    fn limits(care: Care) -> Limits {
        Limits { usual: "1h".parse().unwrap(), never_seen: false, one_party: false, care, p0_knows_nobody: false }
    }

    fn proof(at: Timestamp) -> Proof {
        Proof { at, signed_in: at, acr: None }
    }

    #[test]
    fn each_care_asks_for_its_own_and_only_of_an_approve() {
        let now = Timestamp::UNIX_EPOCH + Duration::from_secs(86_400);
        let choices =
            [Choice::Approve { length: "1h".parse().unwrap() }, Choice::Deny { reason: None }, Choice::Revoke];
        let proofs = [
            None,
            Some(proof(now)),
            Some(proof(now - 5 * MINUTE)),
            Some(proof(now - 5 * MINUTE - Duration::from_millis(1))),
        ];
        let rows = [
            (Care::Press, [Ok(()), Ok(()), Ok(()), Ok(())]),
            (Care::SignIn, [Err(Refusal::NotProved), Ok(()), Ok(()), Err(Refusal::NotProved)]),
            (Care::NotFromChat, std::array::from_fn(|_| Err(Refusal::NotFromChat))),
        ];
        for (care, of_an_approve) in rows {
            for choice in &choices {
                for (proof, expected) in proofs.iter().zip(&of_an_approve) {
                    let said = check_care(&limits(care), choice, proof.as_ref(), now);
                    let expected = if choice.verb() == Verb::Approve { expected } else { &Ok(()) };
                    assert_eq!(&said, expected, "{care:?} {choice:?} {proof:?}");
                }
            }
        }
    }

    proptest::proptest! {
        #[test]
        fn a_proof_is_good_for_five_minutes_to_the_millisecond(age in 0_u64..20 * 60 * 1000) {
            let proved = Timestamp::UNIX_EPOCH + Duration::from_secs(86_400);
            let now = proved + Duration::from_millis(age);
            let approve = Choice::Approve { length: "1h".parse().unwrap() };
            let said = check_care(&limits(Care::SignIn), &approve, Some(&proof(proved)), now);
            proptest::prop_assert_eq!(said.is_ok(), age <= 5 * 60 * 1000);
        }
    }

    #[test]
    fn a_name_is_the_same_however_it_is_dressed() {
        for dressed in
            ["alice@example.com", " Alice@EXAMPLE.com ", "Alice <alice@example.com>", "al\u{200b}ice@example.com"]
        {
            assert_eq!(comparable(dressed), "alice@example.com", "{dressed}");
        }
        assert_eq!(comparable("jose\u{301}@example.com"), comparable("JOS\u{c9}@example.com"));
        assert_ne!(comparable("alice@example.com.evil.test"), "alice@example.com");
    }
}
