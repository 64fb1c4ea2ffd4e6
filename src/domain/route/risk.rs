//! How much care an approve asks for.

use std::time::Duration;

/// How much care an approve asks for. Denying and taking back make things safer, and never ask for more than a press.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Risk {
    /// A press.
    #[default]
    Low,
    /// A form that restates everything, and in which the length is chosen.
    High,
    /// A fresh sign-in of the person who chose.
    StepUp(Fresh),
    /// It is approved in P0 itself: the card has a link.
    NotFromChat,
}

/// What a fresh sign-in has to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fresh {
    /// How long ago it may be; zero: after the press.
    pub max_age: Duration,
    /// Any of these is enough; none: any sign-in is.
    pub acr_values: Vec<String>,
}

impl Risk {
    /// As the settings name it.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::High => "high",
            Self::StepUp(_) => "step-up",
            Self::NotFromChat => "not-from-chat",
        }
    }

    fn rank(&self) -> u8 {
        match self {
            Self::Low => 0,
            Self::High => 1,
            Self::StepUp(_) => 2,
            Self::NotFromChat => 3,
        }
    }

    /// What satisfies both. Two sign-ins that no single one can be are asked for in P0 itself.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::StepUp(one), Self::StepUp(other)) => one.and(other).map_or(Self::NotFromChat, Self::StepUp),
            (one, other) if one.rank() >= other.rank() => one,
            (_, other) => other,
        }
    }
}

impl Fresh {
    fn and(self, other: Self) -> Option<Self> {
        let acr_values = match (self.acr_values.is_empty(), other.acr_values.is_empty()) {
            (true, _) => other.acr_values,
            (false, true) => self.acr_values,
            (false, false) => {
                let both: Vec<String> =
                    self.acr_values.into_iter().filter(|class| other.acr_values.contains(class)).collect();
                if both.is_empty() {
                    return None;
                }
                both
            }
        };
        Some(Self { max_age: self.max_age.min(other.max_age), acr_values })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step_up(minutes: u64, classes: &[&str]) -> Risk {
        Risk::StepUp(Fresh {
            max_age: Duration::from_secs(minutes * 60),
            acr_values: classes.iter().map(|class| (*class).to_owned()).collect(),
        })
    }

    #[test]
    fn the_stricter_of_two_counts_in_either_order() {
        let all = [Risk::Low, Risk::High, step_up(10, &[]), Risk::NotFromChat];
        for (nth, one) in all.iter().enumerate() {
            for (other_nth, other) in all.iter().enumerate() {
                assert_eq!(one.clone().and(other.clone()), all[nth.max(other_nth)], "{one:?} {other:?}");
            }
        }
        assert_eq!(step_up(10, &["phr"]).and(step_up(5, &["phr", "mfa"])), step_up(5, &["phr"]));
        assert_eq!(step_up(10, &["phr"]).and(step_up(0, &[])), step_up(0, &["phr"]));
        assert_eq!(step_up(10, &["phr"]).and(step_up(10, &["mfa"])), Risk::NotFromChat);
    }
}
