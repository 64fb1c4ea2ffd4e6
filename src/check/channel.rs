//! A channel in which requests are shown or changes are announced, or links become cards: there, open, joined where the bot
//! posts, and read by nobody else.

use std::collections::BTreeMap;

use serde_json::Value;

use super::Install;
use super::report::Report;
use super::slack::{Failed, Home, call, said};
use crate::domain::person::ChannelId;
use crate::domain::route::routes::Routes;
use crate::domain::text::cut;

/// The setting whose channels the bot writes in without posting: what it lays under a link needs no invitation.
pub(super) const UNFURLS: &str = "slack.unfurl_channels";

/// What names a channel.
pub(super) struct Named<'s> {
    /// The setting.
    pub(super) key: &'static str,
    /// The routes that do, where there are several to tell apart.
    pub(super) routes: Vec<&'s str>,
}

impl<'s> Named<'s> {
    /// Named by a setting that there is once.
    pub(super) fn by(key: &'static str) -> Self {
        Self { key, routes: Vec::new() }
    }

    /// The setting, as somebody finds it in the file.
    fn place(&self) -> String {
        if self.routes.is_empty() { self.key.to_owned() } else { format!("{} of {}", self.key, quoted(&self.routes)) }
    }

    /// Whose requests are shown there.
    fn whose(&self) -> String {
        if self.routes.is_empty() { String::new() } else { format!(" (for {})", quoted(&self.routes)) }
    }
}

/// Names of routes, as the settings have them.
pub(super) fn quoted(names: &[&str]) -> String {
    names.iter().map(|name| format!("{name:?}")).collect::<Vec<_>>().join(", ")
}

/// Every channel in which routes show requests, with what names it.
pub(super) fn of_routes(routes: &Routes) -> BTreeMap<&ChannelId, Named<'_>> {
    let mut channels = BTreeMap::new();
    for route in routes.all() {
        let Some(channel) = &route.channel else { continue };
        let named: &mut Named<'_> = channels.entry(channel).or_insert_with(|| Named::by("route.channel"));
        if routes.all().len() > 1 {
            named.routes.push(&route.name);
        }
    }
    channels
}

/// Looks at the channel that the setting names.
pub(super) async fn check(
    install: &Install,
    home: &Home,
    channel: &ChannelId,
    named: &Named<'_>,
    report: &mut Report<'_>,
) {
    let about = ("channel", channel);
    let heard = call(install, "conversations.info", &[("channel", channel.as_str())]).await;
    match heard.map_err(Failed::Silent).and_then(|heard| said(&heard)) {
        Ok(answer) => look(home, channel, named, &answer["channel"], report),
        Err(Failed::Refused(code)) if code == "channel_not_found" => report.fail(
            about,
            "Slack shows the bot no such channel: the id is wrong, or it is private and the bot is not in it",
            format!(
                "correct {} (Slack shows the id under the channel's details), or invite the bot with /invite",
                named.place()
            ),
        ),
        Err(Failed::Refused(code)) if code == "missing_scope" => report.warn(
            about,
            "Slack does not tell the bot about this channel: whether the bot is in it is not known, and it counts as \
             not shared with another company",
            "add channels:read (groups:read for a private channel) and install the app again",
        ),
        Err(failed) => report.fail(about, failed.words(), "run `check` again when Slack is well"),
    }
}

fn look(home: &Home, channel: &ChannelId, named: &Named<'_>, object: &Value, report: &mut Report<'_>) {
    let posts = named.key != UNFURLS;
    let about = || ("channel", channel);
    let is = |name: &str| object.get(name).and_then(Value::as_bool);
    let name = cut(object["name"].as_str().unwrap_or("the channel"), 80);
    if is("is_archived") == Some(true) {
        report.fail(
            about(),
            format!("#{name} is archived: no card can be posted{}", named.whose()),
            "take another channel, or unarchive it",
        );
    } else if posts
        && is("is_member") == Some(false)
        && !(is("is_private") == Some(false) && home.surely_may("chat:write.public"))
    {
        report.fail(
            about(),
            format!("the bot is not in #{name}: no card can be posted{}", named.whose()),
            "invite it: /invite in the channel",
        );
    } else if is("is_ext_shared") == Some(true) || is("is_pending_ext_shared") == Some(true) {
        report.fail(
            about(),
            format!("#{name} is shared with another company: cards do not go there{}", named.whose()),
            "take a channel that only your own company reads",
        );
    } else if is("is_ext_shared").is_none() {
        report.warn(
            about(),
            format!("Slack does not say whether #{name} is shared with another company: it counts as not shared"),
            "see under the channel's details who reads it",
        );
    } else if !posts {
        report.ok(about(), format!("links to requests become cards in #{name}, which no other company reads"));
    } else {
        report.ok(about(), format!("the bot is in #{name}, and no other company is{}", named.whose()));
    }
}
