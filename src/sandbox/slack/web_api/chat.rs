//! `chat.*`: what may be said, and changing only what the bot itself said.

use serde_json::{Value, json};

use super::{Answer, Args, Refusal};
use crate::sandbox::slack::blocks::{self, Surface};
use crate::sandbox::slack::records::Message;
use crate::sandbox::slack::state::{Content, Workspace, with_ids};

/// Above this many characters Slack refuses a message.
const TEXT_CAP: usize = 40_000;
/// Above this many characters Slack cuts or splits what people see.
const TEXT_ADVISED: usize = 4_000;

pub(super) fn post_message(slack: &mut Workspace, args: &Args) -> Answer {
    let channel = slack.destination(args.text("channel").unwrap_or_default())?;
    let content = content(slack, "chat.postMessage", args)?;
    let root = content.thread_ts.as_ref().and_then(|root| slack.message(&channel, root));
    if root.is_some_and(Message::is_reply) {
        slack.violation("chat.postMessage", "the thread_ts of an answer, which is not the thread's");
    }
    let ts = slack.post(&channel, content);
    let message = slack.message(&channel, &ts).map(|message| message.to_api(&slack.setup));
    Ok(json!({"channel": channel, "ts": ts, "message": message}))
}

pub(super) fn update(slack: &mut Workspace, args: &Args) -> Answer {
    let channel = slack.seen_channel(args.text("channel").unwrap_or_default())?.id.clone();
    let ts = args.required("ts")?.to_owned();
    slack.own_message(&channel, &ts, "cant_update_message")?;
    let content = content(slack, "chat.update", args)?;
    let edited = slack.next_ts();
    let message = slack.message_mut(&channel, &ts).ok_or("message_not_found")?;
    message.text = content.text;
    // Blocks that are not sent again are gone.
    message.blocks = with_ids(content.blocks);
    message.edited = Some(edited);
    if content.metadata.is_some() {
        message.metadata = content.metadata;
    }
    let message = message.clone();
    Ok(json!({"channel": channel, "ts": ts, "text": message.text, "message": message.to_api(&slack.setup)}))
}

pub(super) fn post_ephemeral(slack: &mut Workspace, args: &Args) -> Answer {
    let channel = slack.seen_channel(args.text("channel").unwrap_or_default())?;
    if channel.is_archived {
        return Err("is_archived".into());
    }
    if !channel.bot_is_member {
        return Err("not_in_channel".into());
    }
    let user = args.required("user")?;
    if !channel.members.iter().any(|member| member == user) {
        return Err("user_not_in_channel".into());
    }
    let (channel, user) = (channel.id.clone(), user.to_owned());
    let content = content(slack, "chat.postEphemeral", args)?;
    let ts = slack.whisper(&channel, &user, content, false);
    Ok(json!({ "message_ts": ts }))
}

pub(super) fn delete(slack: &mut Workspace, args: &Args) -> Answer {
    let channel = slack.seen_channel(args.text("channel").unwrap_or_default())?.id.clone();
    let ts = args.required("ts")?;
    slack.own_message(&channel, ts, "cant_delete_message")?;
    slack.messages.retain(|message| message.channel != channel || message.ts != ts);
    Ok(json!({"channel": channel, "ts": ts}))
}

/// The text and blocks of a message if Slack takes them; what it lets pass but people suffer from is noted.
pub(in crate::sandbox::slack) fn content(slack: &mut Workspace, by: &str, args: &Args) -> Result<Content, Refusal> {
    let text = args.text("text").unwrap_or_default();
    let blocks = match args.nested("blocks") {
        Ok(None) => Vec::new(),
        Ok(Some(Value::Array(blocks))) => blocks,
        Ok(Some(_)) | Err(()) => return Err("invalid_blocks_format".into()),
    };
    if text.is_empty() && blocks.is_empty() {
        return Err("no_text".into());
    }
    match text.chars().count() {
        0 => slack.violation(by, "missing_text_in_message"),
        1..=TEXT_ADVISED => {}
        length if length > TEXT_CAP => {
            slack.violation(by, "msg_too_long");
            return Err("msg_too_long".into());
        }
        length => slack.violation(by, &format!("text of {length} characters, more than {TEXT_ADVISED}")),
    }
    let faults = blocks::check_blocks(&blocks, Surface::Message);
    if !faults.is_empty() {
        return Err(Refusal::new("invalid_blocks").with_messages(faults));
    }
    if args.nested("attachments") != Ok(None) {
        slack.violation(by, "attachments, which the stand-in does not show");
    }
    let metadata = args.nested("metadata").map_err(|()| "invalid_metadata_format")?;
    let thread_ts = args.text("thread_ts").filter(|ts| !ts.is_empty()).map(str::to_owned);
    Ok(Content { text: text.to_owned(), blocks, thread_ts, is_broadcast: args.flag("reply_broadcast"), metadata })
}

impl Workspace {
    fn own_message(&self, channel: &str, ts: &str, code: &'static str) -> Result<&Message, Refusal> {
        let message = self.message(channel, ts).ok_or("message_not_found")?;
        if message.bot_id.as_ref() != Some(&self.setup.bot_id) {
            return Err(code.into());
        }
        Ok(message)
    }
}
