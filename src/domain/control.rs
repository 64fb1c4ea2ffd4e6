//! The controls of our messages and modals: what they are called in Slack's payloads.

use super::home::{HomeList, Turn};
use super::jit::control::SettingsControl;

/// Something that can be pressed, chosen or submitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Control {
    /// Approve for the length in its value.
    Approve,
    /// The select whose options each approve for their own length.
    ApproveFor,
    /// Opens the modal that denies.
    Deny,
    /// Revokes.
    Revoke,
    /// Opens the details.
    More,
    /// Sends again what has an unknown outcome.
    TryAgain,
    /// Opens the modal with a picker; its value has the length that the person named before, where they did.
    Pick,
    /// The same for an approve that is sent again.
    PickAgain,
    /// Has a request shown in the person's direct messages.
    Show,
    /// Says that the person is on it.
    Claim,
    /// Says that the person is away, as its value says.
    Away,
    /// Says that the person is not away any more.
    Back,
    /// Opens one request, with what can be done about it.
    Open,
    /// Lists what waits for the person: a global shortcut, and the modal that it opens.
    Decide,
    /// Opens the request that a message shows, else what waits for the person: a shortcut of messages.
    DecideHere,
    /// Turns a page of a list on the person's Home.
    Turn(HomeList, Turn),
    /// Has the person link their account.
    LinkAccount,
    /// Ends the person's link.
    Unlink,
    /// A link: Slack tells of the press all the same.
    Link,
    /// Something with which P0's settings are changed.
    Settings(SettingsControl),
}

impl Control {
    const ALL: [(Self, &'static str); 24] = [
        (Self::Approve, "approve"),
        (Self::ApproveFor, "approve_for"),
        (Self::Deny, "deny"),
        (Self::Revoke, "revoke"),
        (Self::More, "more"),
        (Self::TryAgain, "try_again"),
        (Self::Pick, "pick"),
        (Self::PickAgain, "pick_again"),
        (Self::Show, "show"),
        (Self::Claim, "claim"),
        (Self::Away, "away"),
        (Self::Back, "back"),
        (Self::Open, "open"),
        (Self::Decide, "decide"),
        (Self::DecideHere, "decide_here"),
        (Self::Turn(HomeList::Waiting, Turn::Newer), "newer_waiting"),
        (Self::Turn(HomeList::Waiting, Turn::Older), "older_waiting"),
        (Self::Turn(HomeList::Running, Turn::Newer), "newer_running"),
        (Self::Turn(HomeList::Running, Turn::Older), "older_running"),
        (Self::Turn(HomeList::Own, Turn::Newer), "newer_own"),
        (Self::Turn(HomeList::Own, Turn::Older), "older_own"),
        (Self::LinkAccount, "link_account"),
        (Self::Unlink, "unlink"),
        (Self::Link, "link"),
    ];

    /// The `action_id`, or the `callback_id` of a modal.
    pub fn as_str(self) -> &'static str {
        if let Self::Settings(control) = self {
            return control.as_str();
        }
        Self::ALL.iter().find(|(control, _)| *control == self).map_or("", |(_, name)| name)
    }

    /// The `action_id` of the control in a message that is no card, and must not be drawn over as if it were one.
    pub fn beside_a_card(self) -> String {
        format!("{}:notice", self.as_str())
    }

    /// Reads an `action_id`; what follows a colon only keeps ids apart within a message.
    pub fn parse(text: &str) -> Option<Self> {
        let name = text.split(':').next()?;
        let own = Self::ALL.iter().find(|(_, known)| *known == name).map(|(control, _)| *control);
        own.or_else(|| SettingsControl::parse(name).map(Self::Settings))
    }
}

/// The inputs of our modals about requests, by their `action_id`.
pub mod input {
    /// The reason for a denial.
    pub const REASON: &str = "reason";
    /// For how long a request is approved; its options carry what a button would.
    pub const LENGTH: &str = "length";
}
