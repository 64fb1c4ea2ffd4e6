//! Where a message is.

use super::person::ChannelId;

/// One message of Slack's.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Posted {
    /// In which conversation.
    pub channel: ChannelId,
    /// Slack's time stamp, which names a message within its conversation.
    pub ts: String,
}
