//! What a choice comes to, said before it counts.

use super::{NAME, principal, what_exactly};
use crate::domain::expiration::ExpirationLength;
use crate::domain::facts::Facts;
use crate::notify::foreign;

/// Characters of a confirm's text (Block Kit's limit).
const CONFIRM: usize = 300;

/// Characters of what is asked for, where there is room.
const RESTATED: usize = 900;

/// What a choice comes to, in plain text of at most about 1000 characters: `rita@example.com will not get aws role (…).`
pub fn restated(facts: &Facts, verb: &str) -> String {
    format!("{} {verb} {}.", foreign::line(principal(facts), NAME), what_exactly(facts, RESTATED))
}

/// Who would get what for how long, if that is known: the text of a confirm, in plain text, at most 300 characters.
pub fn confirm_approve(facts: &Facts, length: Option<ExpirationLength>) -> String {
    in_confirm(
        facts,
        "gets",
        &match length {
            Some(length) => format!(" for {}.", length.in_words()),
            None => ". The length that you chose will count; the card will restate it.".to_owned(),
        },
    )
}

/// What somebody chose before they were shown the form in which it counts; `None`: nothing.
pub fn chosen_before(length: Option<ExpirationLength>, again: bool) -> Option<String> {
    let length = length?.in_words();
    Some(match again {
        true => format!("The first try was for {length}. P0 may already have applied it."),
        false => format!("You chose {length}. Requests of this kind count once you have chosen here."),
    })
}

/// The same where the outcome of the first try is unknown.
pub fn confirm_again(facts: &Facts, length: ExpirationLength) -> String {
    in_confirm(facts, "gets", &format!(" for {}. P0 may already have applied the first try.", length.in_words()))
}

/// As much of what is asked for as a confirm has room for, beside what has to be said in any case.
fn in_confirm(facts: &Facts, verb: &str, end: &str) -> String {
    let begin = format!("{} {verb} ", foreign::line(principal(facts), NAME));
    let room = CONFIRM.saturating_sub(begin.chars().count() + end.chars().count());
    format!("{begin}{}{end}", what_exactly(facts, room))
}

/// What a revocation takes away: the text of a confirm, in plain text, at most 300 characters.
pub fn confirm_revoke(facts: &Facts) -> String {
    in_confirm(facts, "loses", " at once, if they have it.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::facts::DisplayRow;

    fn asking(rows: &[(&str, &str)]) -> Facts {
        let display =
            rows.iter().map(|(label, content)| DisplayRow { label: (*label).into(), content: (*content).into() });
        Facts {
            kind: Some("ssh".into()),
            access: Some("session".into()),
            principal: Some("mei@example.com".into()),
            display: Some(display.collect()),
            ..Facts::default()
        }
    }

    #[test]
    fn a_confirm_hides_no_fact_behind_others() {
        let rows = [("Instance", "worker-7"), ("Region", "eu"), ("Ticket", "OPS-1"), ("Sudo", "yes"), ("Role", "root")];
        assert_eq!(
            confirm_approve(&asking(&rows), "30m".parse().ok()),
            "mei@example.com gets ssh session (Instance: worker-7, Region: eu, Ticket: OPS-1, Sudo: yes, Role: root) \
             for 30 minutes."
        );
        let long = "/very/long/path".repeat(20);
        let rows = [("Path", long.as_str()), ("Other", &long), ("Third", &long), ("Sudo", "yes")];
        for text in [confirm_approve(&asking(&rows), None), confirm_revoke(&asking(&rows))] {
            assert!(text.chars().count() <= CONFIRM && text.contains(" more: read the card)"), "{text}");
        }
        let name = "a".repeat(400);
        let facts = Facts { principal: Some(name.clone()), kind: Some(name), ..asking(&rows) };
        let text = confirm_again(&facts, "30m".parse().unwrap());
        assert!(text.chars().count() <= CONFIRM && text.contains("(4 facts: read the card)"), "{text}");
    }
}
