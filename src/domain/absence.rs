//! Who is away, and who is told in their place. It changes who is told, never who may decide.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::person::UserId;

/// How far a chain of people goes who each stand in for the one before.
const MOST_HOPS: usize = 3;

/// Somebody's absence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Absence {
    /// Until when.
    pub until: Timestamp,
    /// Who is told in their place, where anybody is.
    pub delegate: Option<UserId>,
}

/// Everybody who is away at a moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Absences(BTreeMap<UserId, Absence>);

/// Who is told where somebody is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StandIn {
    /// They themselves.
    Themself,
    /// Somebody else.
    Other(UserId),
    /// They are away, and so is everybody who would stand in for them.
    Nobody,
}

impl FromIterator<(UserId, Absence)> for Absences {
    fn from_iter<T: IntoIterator<Item = (UserId, Absence)>>(absences: T) -> Self {
        Self(absences.into_iter().collect())
    }
}

impl Absences {
    /// Who is told where the person is meant. People who name each other in a circle, or in a long chain, are not taken
    /// for away: somebody has to be told.
    pub fn stand_in(&self, user: &UserId) -> StandIn {
        if !self.0.contains_key(user) {
            return StandIn::Themself;
        }
        let mut last = user;
        for _ in 0..=MOST_HOPS {
            match self.0.get(last) {
                None => return StandIn::Other(last.clone()),
                Some(Absence { delegate: None, .. }) => return StandIn::Nobody,
                Some(Absence { delegate: Some(next), .. }) => last = next,
            }
        }
        StandIn::Themself
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(id: &str) -> UserId {
        UserId::parse(id).unwrap()
    }

    fn absences(away: &[(&str, Option<&str>)]) -> Absences {
        let absence = |delegate: &Option<&str>| Absence { until: Timestamp::MAX, delegate: delegate.map(user) };
        away.iter().map(|(who, delegate)| (user(who), absence(delegate))).collect()
    }

    #[test]
    fn a_chain_of_three_is_followed_and_a_circle_is_not() {
        let chain = [("U1", Some("U2")), ("U2", Some("U3")), ("U3", Some("U4")), ("U4", Some("U5"))];
        assert_eq!(absences(&chain[..3]).stand_in(&user("U1")), StandIn::Other(user("U4")));
        assert_eq!(absences(&chain).stand_in(&user("U1")), StandIn::Themself, "four are too many");
        assert_eq!(absences(&chain).stand_in(&user("U9")), StandIn::Themself);
        let circle = [("U1", Some("U2")), ("U2", Some("U1"))];
        assert_eq!(absences(&circle).stand_in(&user("U1")), StandIn::Themself);
        let nobody = [("U1", Some("U2")), ("U2", None)];
        assert_eq!(absences(&nobody).stand_in(&user("U1")), StandIn::Nobody);
    }
}
