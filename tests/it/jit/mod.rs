//! P0's settings, changed from Slack.

mod kept;
