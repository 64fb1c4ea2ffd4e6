//! The local rules: asked before a choice is recorded, and again in the transaction that sends it.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;
use unicode_normalization::UnicodeNormalization as _;

use super::decision::{Basis, Choice, PROOF_IS_GOOD_FOR, Proof, Verb};
use super::expiration::ExpirationLength;
use super::facts::Facts;
use super::jit::lengths::Lengths;
use super::phase::Phase;
use super::refusal::Refusal;
use super::request::Request;
use super::route::demands::Demands;
use super::route::risk::Risk;
use super::route::routes::Routes;
use super::text::without_tricks;

/// What this installation allows.
#[derive(Clone, Debug)]
pub struct Limits {
    /// The length that is offered where neither a request nor its route names one.
    pub usual: ExpirationLength,
    /// Whether a request that the bot was never told of may be forwarded.
    pub never_seen: bool,
    /// Whether people may approve their own requests.
    pub one_party: bool,
    /// How much care an approve asks for, who may decide, and for how long it may be granted.
    pub routes: Arc<Routes>,
    /// Whether P0 does not learn who decides, so that telling people's own requests is up to us alone.
    pub p0_knows_nobody: bool,
}

/// What a choice about one request is held against at one moment.
#[derive(Clone, Debug)]
pub struct Bounds {
    /// What the routes ask.
    pub demands: Demands,
    /// What may be granted.
    pub lengths: Lengths,
    /// What is offered first where the request names no length.
    pub usual: ExpirationLength,
}

impl Bounds {
    /// What the routes ask of a choice about a request, and what they leave of the lengths that P0 grants. `default` is
    /// what the settings offer where no route says otherwise; `chosen` the length that somebody would grant.
    pub fn of(
        routes: &Routes,
        default: ExpirationLength,
        lengths: Lengths,
        request: Option<&Request>,
        chosen: Option<ExpirationLength>,
        now: Timestamp,
    ) -> Self {
        let demands = match request {
            Some(request) => routes.demands(request, now, chosen),
            None => routes.demands_unseen(),
        };
        let lengths = demands.of(lengths);
        let usual = lengths.usual(demands.usual.unwrap_or(default));
        Self { demands, lengths, usual }
    }

    /// What is offered first: what was asked for, else what is usual, never more than the maximum.
    pub fn first(&self, facts: &Facts) -> ExpirationLength {
        facts.asked_length().map_or(self.usual, |asked| asked.min(self.lengths.maximum))
    }
}

impl Limits {
    /// What a choice is held against.
    pub fn bounds(&self, lengths: Lengths, request: Option<&Request>, choice: &Choice, now: Timestamp) -> Bounds {
        Bounds::of(&self.routes, self.usual, lengths, request, choice.length(), now)
    }
}

/// How somebody was asked before they chose.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'p> {
    /// Whether they chose in the form that restates everything.
    pub restated: bool,
    /// Their sign-in for this choice, where there was one.
    pub proof: Option<&'p Proof>,
    /// When they chose.
    pub chosen: Timestamp,
}

/// Whether such a choice is taken from Slack at all. Denying and taking back make things safer, and always are.
pub fn check_place(demands: &Demands, verb: Verb) -> Result<(), Refusal> {
    match (&demands.risk, verb) {
        (Risk::NotFromChat, Verb::Approve) => Err(Refusal::NotFromChat),
        _ => Ok(()),
    }
}

/// Whether the choice carries what it asks for. Denying and taking back make things safer, and ask for nothing more.
pub fn check_care(demands: &Demands, choice: &Choice, asked: Asked<'_>, now: Timestamp) -> Result<(), Refusal> {
    check_place(demands, choice.verb())?;
    match (&demands.risk, choice.verb()) {
        (_, Verb::Deny | Verb::Revoke) | (Risk::Low | Risk::NotFromChat, _) => Ok(()),
        (Risk::High, Verb::Approve) => {
            if asked.restated {
                Ok(())
            } else {
                Err(Refusal::NotRestated)
            }
        }
        (Risk::StepUp(fresh), Verb::Approve) => match asked.proof {
            Some(proof)
                if now <= proof.at + PROOF_IS_GOOD_FOR
                    && proof.is_of(fresh)
                    && proof.is_recent(fresh, asked.chosen) =>
            {
                Ok(())
            }
            _ => Err(Refusal::NotProved),
        },
    }
}

/// Whether the person may decide by the routes that let only people decide whom they name. `named` are the routes that
/// name the person for this request. Taking back is anybody's.
pub fn check_named(demands: &Demands, verb: Verb, named: &BTreeSet<String>) -> Result<(), Refusal> {
    if verb == Verb::Revoke || demands.only_of.is_subset(named) { Ok(()) } else { Err(Refusal::NotNamed) }
}

/// Whether the choice may be carried out, by all that is known here. P0 has the last word.
///
/// `approve_open` is the newest approve of this request whose outcome is unknown; `again` the newest one that the
/// person knew of when they chose "Try again".
pub fn check(
    limits: &Limits,
    bounds: &Bounds,
    choice: &Choice,
    basis: &Basis,
    request: Option<&Request>,
    approve_open: Option<i64>,
    again: Option<i64>,
) -> Result<(), Refusal> {
    let most = bounds.lengths.maximum;
    if let Some(asked) = choice.length().filter(|asked| *asked > most) {
        return Err(Refusal::TooLong { asked, most });
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
pub fn check_offered(bounds: &Bounds, choice: &Choice, request: Option<&Request>) -> Result<(), Refusal> {
    let (Some(picked), most) = (choice.length(), bounds.lengths.maximum) else { return Ok(()) };
    if picked > most {
        return Err(Refusal::TooLong { asked: picked, most });
    }
    let first = request.map_or(bounds.usual, |request| bounds.first(&request.facts));
    if picked == first || bounds.lengths.offers(picked) { Ok(()) } else { Err(Refusal::NotOffered { asked: picked }) }
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
    let mut parties = request.facts.parties().peekable();
    // Nobody approves without a name to compare; and where P0 cannot tell whose request it is, nothing is left open.
    let comparable_names = names.iter().any(|name| name.contains('@'))
        || !(names.is_empty() || request.facts.parties().any(|party| party.contains('@')));
    if !comparable_names || (limits.p0_knows_nobody && parties.peek().is_none()) {
        return Err(Refusal::MaybeOwnRequest);
    }
    if is_own(request, names) { Err(Refusal::OwnRequest) } else { Ok(()) }
}

/// Whether any of somebody's names is a name of whoever asked, or of whoever is to get it.
pub fn is_own(request: &Request, names: &[String]) -> bool {
    let names: BTreeSet<String> = names.iter().map(|name| comparable(name)).collect();
    request.facts.parties().any(|party| names.contains(&comparable(party)))
}

/// A name as it is compared: in one Unicode form, without case, tricks, space, or what stands around an address in angle brackets.
pub fn comparable(name: &str) -> String {
    let name = without_tricks(name);
    let address = name.rsplit_once('<').and_then(|(_, rest)| rest.split_once('>')).map(|(address, _)| address);
    address.unwrap_or(&name).trim().nfc().collect::<String>().to_lowercase()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::domain::route::risk::Fresh;

    const MINUTE: Duration = Duration::from_secs(60);

    fn of(risk: Risk) -> Demands {
        Demands { risk, ..Demands::default() }
    }

    fn step_up() -> Risk {
        Risk::StepUp(Fresh { max_age: Duration::ZERO, acr_values: Vec::new() })
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
            (Risk::Low, false, [Ok(()), Ok(()), Ok(()), Ok(())]),
            (Risk::High, false, std::array::from_fn(|_| Err(Refusal::NotRestated))),
            (Risk::High, true, [Ok(()), Ok(()), Ok(()), Ok(())]),
            (step_up(), true, [Err(Refusal::NotProved), Ok(()), Ok(()), Err(Refusal::NotProved)]),
            (Risk::NotFromChat, true, std::array::from_fn(|_| Err(Refusal::NotFromChat))),
        ];
        for (risk, restated, of_an_approve) in rows {
            for choice in &choices {
                for (proof, expected) in proofs.iter().zip(&of_an_approve) {
                    let asked = Asked { restated, proof: proof.as_ref(), chosen: now - 5 * MINUTE };
                    let said = check_care(&of(risk.clone()), choice, asked, now);
                    let expected = if choice.verb() == Verb::Approve { expected } else { &Ok(()) };
                    assert_eq!(&said, expected, "{risk:?} {choice:?} {asked:?}");
                }
            }
        }
    }

    #[test]
    fn a_sign_in_has_to_be_of_a_class_that_the_route_takes() {
        let fresh = Fresh { max_age: Duration::ZERO, acr_values: vec!["phr".into()] };
        let now = Timestamp::UNIX_EPOCH;
        let approve = Choice::Approve { length: "1h".parse().unwrap() };
        for (acr, fits) in [(Some("phr"), true), (Some("mfa"), false), (None, false)] {
            let proof = Proof { acr: acr.map(Into::into), ..proof(now) };
            let asked = Asked { restated: false, proof: Some(&proof), chosen: now };
            let said = check_care(&of(Risk::StepUp(fresh.clone())), &approve, asked, now);
            assert_eq!(said.is_ok(), fits, "{acr:?}");
        }
    }

    #[test]
    fn a_sign_in_has_to_be_as_recent_as_the_route_asks_when_it_is_sent() {
        let chosen = Timestamp::UNIX_EPOCH + Duration::from_secs(86_400);
        let at = chosen + MINUTE;
        let approve = Choice::Approve { length: "1h".parse().unwrap() };
        for (max_age, signed_in, fits) in [
            (Duration::ZERO, chosen, true),
            (Duration::ZERO, chosen - Duration::from_secs(11), false),
            (10 * MINUTE, chosen - 9 * MINUTE, true),
            (10 * MINUTE, chosen - 10 * MINUTE, false),
        ] {
            let fresh = Fresh { max_age, acr_values: Vec::new() };
            let proof = Proof { at, signed_in, acr: None };
            let asked = Asked { restated: false, proof: Some(&proof), chosen };
            let said = check_care(&of(Risk::StepUp(fresh)), &approve, asked, at);
            assert_eq!(said.is_ok(), fits, "{max_age:?} {signed_in}");
        }
    }

    proptest::proptest! {
        #[test]
        fn a_proof_is_good_for_five_minutes_to_the_millisecond(age in 0_u64..20 * 60 * 1000) {
            let proved = Timestamp::UNIX_EPOCH + Duration::from_secs(86_400);
            let now = proved + Duration::from_millis(age);
            let approve = Choice::Approve { length: "1h".parse().unwrap() };
            let asked = Asked { restated: false, proof: Some(&proof(proved)), chosen: proved };
            let said = check_care(&of(step_up()), &approve, asked, now);
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
