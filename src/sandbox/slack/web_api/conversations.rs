//! `conversations.*`, and the rules of who may post where.

use serde_json::json;

use super::{Answer, Args, Refusal};
use crate::sandbox::slack::setup::Channel;
use crate::sandbox::slack::state::Workspace;

/// When every channel came into being, in epoch seconds: long before the story.
const CREATED: i64 = 1_700_000_000;

pub(super) fn open(slack: &mut Workspace, args: &Args) -> Answer {
    let user = match (args.text("users"), args.text("channel")) {
        (Some(users), _) if users.contains(',') => {
            return Err(Refusal::new("missing_scope").with("needed", json!("mpim:write")));
        }
        (Some(user), _) if !user.is_empty() => user.to_owned(),
        (_, Some(channel)) => {
            slack.channel(channel).and_then(|channel| channel.im_with.clone()).ok_or("channel_not_found")?
        }
        _ => return Err("users_list_not_supplied".into()),
    };
    slack.may_dm(&user)?;
    let known = slack.dm_of(&user).is_some();
    let id = slack.open_dm(&user);
    let mut answer = json!({"channel": {"id": id}});
    if known {
        answer["no_op"] = json!(true);
        answer["already_open"] = json!(true);
    }
    if args.flag("return_im") {
        answer["channel"]["user"] = json!(user);
        answer["channel"]["is_im"] = json!(true);
    }
    Ok(answer)
}

pub(super) fn info(slack: &mut Workspace, args: &Args) -> Answer {
    let id = args.required("channel")?;
    let channel = slack.seen_channel(id)?;
    let scope = match channel {
        Channel { im_with: Some(_), .. } => "im:read",
        Channel { is_private: true, .. } => "groups:read",
        Channel { .. } => "channels:read",
    };
    slack.need_scope(scope)?;
    if let Some(user) = &channel.im_with {
        return Ok(json!({"channel": {
            "id": channel.id, "created": CREATED, "is_im": true, "user": user, "is_archived": false, "is_org_shared": false,
            "context_team_id": slack.setup.team_id,
        }}));
    }
    Ok(json!({"channel": {
        "id": channel.id,
        "name": channel.name,
        "created": CREATED,
        "creator": slack.setup.bot_user_id,
        "name_normalized": channel.name,
        "is_channel": !channel.is_private,
        "is_group": channel.is_private,
        "is_im": false,
        "is_mpim": false,
        "is_private": channel.is_private,
        "is_archived": channel.is_archived,
        "is_general": false,
        "is_member": channel.bot_is_member,
        "is_shared": channel.is_ext_shared,
        "is_ext_shared": channel.is_ext_shared,
        "is_org_shared": false,
        "is_pending_ext_shared": false,
        "context_team_id": slack.setup.team_id,
    }}))
}

impl Workspace {
    /// A channel the bot can know of: private ones without it do not exist for it.
    pub(super) fn seen_channel(&self, id: &str) -> Result<&Channel, Refusal> {
        let channel = self.channel(id).ok_or("channel_not_found")?;
        if channel.is_private && !channel.bot_is_member {
            return Err("channel_not_found".into());
        }
        Ok(channel)
    }

    /// Where a message to this `channel` argument goes, if it may: a channel, or a person's direct message.
    pub(super) fn destination(&mut self, id: &str) -> Result<String, Refusal> {
        if id.starts_with(['U', 'W']) {
            self.may_dm(id).map_err(|_| "channel_not_found")?;
            return Ok(self.open_dm(id));
        }
        let channel = self.seen_channel(id)?;
        if channel.is_archived {
            return Err("is_archived".into());
        }
        if !channel.bot_is_member && !self.has_scope("chat:write.public") {
            return Err("not_in_channel".into());
        }
        Ok(channel.id.clone())
    }

    fn may_dm(&self, user: &str) -> Result<(), Refusal> {
        let person = self.person(user).ok_or("user_not_found")?;
        if person.deleted {
            return Err("user_disabled".into());
        }
        if person.is_bot {
            return Err("cannot_dm_bot".into());
        }
        Ok(())
    }
}
