//! Slack over sockets: the bot calls, and hears what people do over WebSockets.

mod door;
mod life;
