//! `chat.unfurl`: what the app lays under a link that somebody posted. The message is named by `channel` and `ts`.

use serde_json::{Value, json};

use super::{Answer, Args, Refusal};
use crate::sandbox::slack::blocks::{self, Surface};
use crate::sandbox::slack::links;
use crate::sandbox::slack::records::{Message, Unfurl};
use crate::sandbox::slack::state::{Workspace, with_ids};

pub(super) fn unfurl(slack: &mut Workspace, args: &Args) -> Answer {
    let channel = args.text("channel").filter(|id| !id.is_empty()).ok_or("missing_channel")?;
    let ts = args.text("ts").filter(|ts| !ts.is_empty()).ok_or("missing_ts")?;
    let unfurls = match args.nested("unfurls") {
        Ok(Some(Value::Object(unfurls))) => unfurls,
        Ok(None) => return Err("missing_unfurls".into()),
        Ok(Some(_)) | Err(()) => return Err("invalid_unfurls_format".into()),
    };
    slack.seen_channel(channel).map_err(|_| "cannot_find_channel")?;
    let message = slack.message(channel, ts).ok_or("cannot_find_message")?;
    let mut sound = Vec::with_capacity(unfurls.len());
    for (url, unfurl) in unfurls {
        may_unfurl(message, &url, &slack.setup.unfurl_domains)?;
        sound.push((url, blocks_of(&unfurl)?));
    }
    let message = slack.message_mut(channel, ts).ok_or("cannot_find_message")?;
    for (url, blocks) in sound {
        lay(message, url, with_ids(blocks));
    }
    Ok(json!({}))
}

/// Only links that the app was told of: those of its domains, in what a person wrote.
fn may_unfurl(message: &Message, url: &str, domains: &[String]) -> Result<(), Refusal> {
    if !links::links_of(&message.text).iter().any(|link| link == url) {
        return Err("cannot_unfurl_message".into());
    }
    if message.bot_id.is_some() || links::domain_of(url, domains).is_none() {
        return Err("cannot_unfurl_url".into());
    }
    Ok(())
}

fn blocks_of(unfurl: &Value) -> Result<Vec<Value>, Refusal> {
    let fields = unfurl.as_object().ok_or("invalid_unfurls_format")?;
    // The fields of an attachment, which Slack would take as well, are not shown here.
    let blocks = fields.get("blocks").and_then(Value::as_array).filter(|_| fields.len() == 1);
    let blocks = blocks.filter(|blocks| !blocks.is_empty()).ok_or("cannot_parse_attachment")?;
    let faults = blocks::check_blocks(blocks, Surface::Unfurl);
    if faults.is_empty() { Ok(blocks.clone()) } else { Err(Refusal::new("invalid_blocks").with_messages(faults)) }
}

/// What is said again of a link takes the place of what was said before.
fn lay(message: &mut Message, url: String, blocks: Vec<Value>) {
    match message.unfurls.iter_mut().find(|laid| laid.url == url) {
        Some(laid) => laid.blocks = blocks,
        None => {
            let id = u32::try_from(message.unfurls.len()).map_or(u32::MAX, |count| count.saturating_add(1));
            message.unfurls.push(Unfurl { id, url, blocks });
        }
    }
}
