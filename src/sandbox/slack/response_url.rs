//! Response URLs: the short-lived way to answer where a person acted.

use http::StatusCode;

use super::rates::Tier;
use super::state::{Content, Workspace, with_ids};
use super::web_api::{self, Args, Refusal, Reply};

/// The name of this door in the record of calls and for faults.
pub(super) const METHOD: &str = "response_url";

/// One use: a new line, or a change of what was acted on. Expired and used-up URLs are 404.
pub(super) fn answer(slack: &mut Workspace, secret: &str, args: Result<Args, Refusal>) -> Reply {
    if let Err(code) = slack.response_url(secret) {
        return Reply::from(Refusal::new(code)).with_status(StatusCode::NOT_FOUND);
    }
    let now = slack.setup.clock.now();
    let key = format!("{METHOD} {secret}");
    if let Err(seconds) = slack.meter.admit(&slack.setup.rates, Tier::PerChannel, &key, "", now) {
        return Refusal::rate_limited(seconds).into();
    }
    match args.and_then(|args| apply(slack, secret, &args)) {
        Ok(()) => Reply::ok(serde_json::Value::Null),
        Err(refusal) => {
            for message in refusal.messages() {
                slack.violation(METHOD, message);
            }
            Reply::from(refusal).with_status(StatusCode::BAD_REQUEST)
        }
    }
}

fn apply(slack: &mut Workspace, secret: &str, args: &Args) -> Result<(), Refusal> {
    let url = slack.response_url(secret)?;
    let (user, channel, original) = (url.user.clone(), url.channel.clone(), url.original.clone());
    if args.flag("delete_original") {
        slack.count_response_url(secret);
        if let Some(ts) = original {
            slack.messages.retain(|message| message.channel != channel || message.ts != ts);
            slack.ephemerals.retain(|line| line.user != user || line.ts != ts);
        }
        return Ok(());
    }
    let content = web_api::content(slack, METHOD, args)?;
    slack.count_response_url(secret);
    match original.filter(|_| args.flag("replace_original")) {
        Some(ts) => replace(slack, &channel, &user, &ts, content),
        None => say(slack, &channel, &user, args, content),
    }
    Ok(())
}

/// Says something where a person acted: to them alone, or with `in_channel` to everybody there.
/// The bot need not be a member.
pub(super) fn say(slack: &mut Workspace, channel: &str, user: &str, args: &Args, content: Content) {
    if args.text("response_type") == Some("in_channel") {
        slack.post(channel, content);
    } else {
        slack.whisper(channel, user, content, false);
    }
}

fn replace(slack: &mut Workspace, channel: &str, user: &str, ts: &str, content: Content) {
    let blocks = with_ids(content.blocks);
    if let Some(line) = slack.ephemerals.iter_mut().find(|line| line.user == user && line.ts == ts) {
        line.text = content.text;
        line.blocks = blocks;
        return;
    }
    let edited = slack.next_ts();
    if let Some(message) = slack.message_mut(channel, ts) {
        message.text = content.text;
        message.blocks = blocks;
        message.edited = Some(edited);
    }
}
