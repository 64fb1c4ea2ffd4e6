//! Through which door somebody, or P0, was heard.

use serde::{Deserialize, Serialize};

/// A way in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Door {
    /// A signed delivery over HTTP.
    Http,
    /// An envelope over a socket that the bot opened to Slack.
    Socket,
    /// The operator's command line.
    Cli,
}
