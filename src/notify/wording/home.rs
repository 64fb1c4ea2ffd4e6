//! What the app's Home says; mrkdwn.

/// In place of the list, for somebody who may not read it.
pub const NOT_YOURS: &str = "You have no P0 identity in this bot's settings, so what waits for a decision is not listed \
                             for you.";

/// Above the button that opens the settings.
pub const SETTINGS: &str = "Which lengths people can pick, how long a grant may last, and how this bot knows it.";

/// Under a list that is cut.
pub fn newest(count: usize) -> String {
    format!("These are the {count} newest.")
}

/// How to go on.
pub fn go_on(command: &str) -> String {
    format!(
        "`{command} pending` lists what waits, `{command} help` says what else there is. This page is drawn anew when you open it."
    )
}
