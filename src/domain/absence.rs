//! Who is away, and who is told in their place. It changes who is told, never who may decide.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

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

/// What a button carries stands for no absence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an absence of this version")]
pub struct NoAbsence;

/// As a button carries it that restates it: `v1.<seconds>.<who is told>`, or `-` for nobody. Slack takes 2,000 characters
/// for a button's value; ids have 30 at most.
impl fmt::Display for Absence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "v1.{}.{}", self.until.as_second(), self.delegate.as_ref().map_or("-", UserId::as_str))
    }
}

impl FromStr for Absence {
    type Err = NoAbsence;

    fn from_str(text: &str) -> Result<Self, NoAbsence> {
        let mut parts = text.split('.');
        let (Some("v1"), Some(until), Some(delegate), None) = (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(NoAbsence);
        };
        let until = until.parse().ok().and_then(|seconds| Timestamp::from_second(seconds).ok()).ok_or(NoAbsence)?;
        let delegate = match delegate {
            "-" => None,
            user => Some(UserId::parse(user).ok_or(NoAbsence)?),
        };
        Ok(Self { until, delegate })
    }
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
    fn an_absence_survives_the_way_to_slack_and_back() {
        for delegate in [None, Some(user("U03CAROL"))] {
            let absence = Absence { until: Timestamp::from_second(1_800_000_000).unwrap(), delegate };
            assert_eq!(absence.to_string().parse(), Ok(absence));
        }
        for text in ["", "v1.1.-.-", "v2.1.-", "v1.soon.-", "v1.1.carol", "v1.9999999999999999.-", "v1.abc.2h"] {
            assert_eq!(text.parse::<Absence>(), Err(NoAbsence), "{text}");
        }
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
