//! What can go wrong, each with the sentence by which the page offers it.

use serde::{Deserialize, Serialize};

/// What is wrong with P0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::sandbox) enum AtP0 {
    /// Nothing.
    #[default]
    None,
    /// The work takes long.
    Slow,
    /// The port is closed.
    Down,
    /// 429.
    Busy,
    /// 400.
    Refuses,
    /// 502 with a page.
    Html,
    /// The work is done and nobody hears of it.
    Lost,
    /// 401 for the tokens that it knew so far; those that are renewed count.
    Forgets,
}

impl AtP0 {
    pub(super) const ALL: [Self; 8] =
        [Self::None, Self::Slow, Self::Down, Self::Busy, Self::Refuses, Self::Html, Self::Lost, Self::Forgets];

    pub(super) fn what(self) -> &'static str {
        match self {
            Self::None => "P0 works",
            Self::Slow => "P0 is slow: it takes 5 s",
            Self::Down => "P0 is down: its port is closed",
            Self::Busy => "P0 is busy: it answers 429",
            Self::Refuses => "P0 refuses: 400 “Invalid or expired request”",
            Self::Html => "A proxy answers for P0: 502 with a page of HTML",
            Self::Lost => "P0 does it, but its answer is lost and its news is late",
            Self::Forgets => "P0 has forgotten the tokens that it knew: it answers them 401, until they are renewed",
        }
    }
}

/// How P0 takes a change of its settings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::sandbox) enum AtSettings {
    /// As its document's samples say.
    #[default]
    None,
    /// The work is done and nobody hears of it.
    Lost,
    /// The work takes long.
    Slow,
    /// 400.
    Refuses,
    /// `error` at 200, and nothing is done.
    ErrorAt200,
    /// `ok: false` at 200 for a length, which is not set.
    NotOk,
    /// `{}` for a length that was set.
    Silent,
    /// `{"ok":true}` for a length that was set.
    OkAlone,
    /// A reset tells the list alone.
    ListAlone,
    /// A reset tells fractions.
    Fractions,
    /// Labels are in the unit that was sent.
    AsSent,
    /// What is not published is not there.
    Unpublished,
}

impl AtSettings {
    pub(super) const ALL: [Self; 12] = [
        Self::None,
        Self::Lost,
        Self::Slow,
        Self::Refuses,
        Self::ErrorAt200,
        Self::NotOk,
        Self::Silent,
        Self::OkAlone,
        Self::ListAlone,
        Self::Fractions,
        Self::AsSent,
        Self::Unpublished,
    ];

    pub(super) fn what(self) -> &'static str {
        match self {
            Self::None => "P0 answers a change as its documentation shows",
            Self::Lost => "P0 makes the change, but its answer is lost",
            Self::Slow => "P0 is slow with it: it takes 5 s",
            Self::Refuses => "P0 refuses it: 400",
            Self::ErrorAt200 => "P0 answers 200 with an error, and changes nothing",
            Self::NotOk => "P0 answers “ok: false” to a maximum or standing length, and changes nothing",
            Self::Silent => "P0 sets such a length and answers {}: neither yes nor no",
            Self::OkAlone => "P0 sets such a length and answers “ok”, without the length",
            Self::ListAlone => "A reset tells the list, but neither the maximum nor the standing length",
            Self::Fractions => "P0’s own list, which a reset restores, has fractions",
            Self::AsSent => "P0 calls 24 hours “24 hours”, where it usually says “1 day”",
            Self::Unpublished => "P0 does not know the two settings that it does not publish: 404",
        }
    }
}

/// What is wrong with PagerDuty.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::sandbox) enum AtDuty {
    /// Nothing.
    #[default]
    None,
    /// The port is closed.
    Down,
    /// 429.
    Busy,
    /// 502 with a page.
    Html,
}

impl AtDuty {
    pub(super) const ALL: [Self; 4] = [Self::None, Self::Down, Self::Busy, Self::Html];

    pub(super) fn what(self) -> &'static str {
        match self {
            Self::None => "PagerDuty works",
            Self::Down => "It is down: its port is closed",
            Self::Busy => "It is busy: it answers 429",
            Self::Html => "A proxy answers for it: 502 with a page of HTML",
        }
    }
}

/// What is wrong with Slack.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::sandbox) enum AtSlack {
    /// Nothing.
    #[default]
    None,
    /// 429 for whatever the bot calls.
    Busy,
}

impl AtSlack {
    pub(super) const ALL: [Self; 2] = [Self::None, Self::Busy];

    pub(super) fn what(self) -> &'static str {
        match self {
            Self::None => "Slack works",
            Self::Busy => "Slack is busy: it answers the bot 429",
        }
    }
}

/// What is wrong with the identity provider.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::sandbox) enum AtIdp {
    /// Nothing.
    #[default]
    None,
    /// The port is closed.
    Down,
    /// 502 with a page.
    Html,
    /// Everybody's account is switched off, and P0 takes nothing that they were given.
    Closed,
}

impl AtIdp {
    pub(super) const ALL: [Self; 4] = [Self::None, Self::Down, Self::Html, Self::Closed];

    pub(super) fn what(self) -> &'static str {
        match self {
            Self::None => "The identity provider works",
            Self::Down => "It is down: its port is closed",
            Self::Html => "A proxy answers for it: 502 with a page of HTML",
            Self::Closed => "It has closed everybody’s account, and P0 has heard of it",
        }
    }
}
