//! The controls with which P0's settings are changed.

/// Something that can be pressed or submitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SettingsControl {
    /// Opens all that is known; the name of that modal, and of the global shortcut.
    Open,
    /// Asks for a length to add; the name of that form.
    Add,
    /// Asks for a length to remove; the name of that form.
    Remove,
    /// Asks for the longest grant; the name of that form.
    Maximum,
    /// Asks for the longest persistent access; the name of that form.
    Standing,
    /// Asks for the longest time until an approval; the name of that form.
    Approvable,
    /// Asks what approvals need; the name of that form.
    Approvals,
    /// Shows what a reset does.
    Reset,
    /// Shows what puts back what was there before a reset.
    PutBack,
    /// Applies what was shown; the name of the modal in which something is typed first. Carries the proposal's key.
    Apply,
    /// Withdraws what was shown, or what waits for a second admin. Carries the proposal's key.
    Cancel,
    /// Agrees as second admin. Carries the proposal's key.
    Agree,
    /// Says no as another admin. Carries the proposal's key.
    Decline,
    /// Shows a change with an unknown outcome once more. Carries the proposal's key.
    Again,
}

impl SettingsControl {
    /// Each with its name: an `action_id`, or the `callback_id` of a modal.
    pub const ALL: [(Self, &'static str); 14] = [
        (Self::Open, "settings"),
        (Self::Add, "settings_add"),
        (Self::Remove, "settings_remove"),
        (Self::Maximum, "settings_maximum"),
        (Self::Standing, "settings_standing"),
        (Self::Approvable, "settings_approvable"),
        (Self::Approvals, "settings_approvals"),
        (Self::Reset, "settings_reset"),
        (Self::PutBack, "settings_put_back"),
        (Self::Apply, "settings_apply"),
        (Self::Cancel, "settings_cancel"),
        (Self::Agree, "settings_agree"),
        (Self::Decline, "settings_decline"),
        (Self::Again, "settings_again"),
    ];

    /// Its name.
    pub fn as_str(self) -> &'static str {
        Self::ALL.iter().find(|(control, _)| *control == self).map_or("", |(_, name)| name)
    }

    /// Reads a name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, known)| *known == name).map(|(control, _)| *control)
    }
}

/// The inputs of its forms, by their `action_id`.
pub mod input {
    /// A length that is typed, as `4h`; or one that is chosen of those that can be picked.
    pub const LENGTH: &str = "settings_length";
    /// Whether people may approve their own requests: `on` or `off`.
    pub const ONE_PARTY: &str = "settings_one_party";
    /// Whether a request needs a reason: `on` or `off`.
    pub const REASON: &str = "settings_reason";
    /// What is typed to confirm.
    pub const TYPED: &str = "settings_typed";
}
