//! `auth.test`, `users.*` and `usergroups.users.list`.

use serde_json::{Map, Value, json};

use super::{Answer, Args, Refusal};
use crate::sandbox::slack::setup::Person;
use crate::sandbox::slack::state::Workspace;

pub(super) fn auth_test(slack: &mut Workspace, _: &Args) -> Answer {
    let setup = &slack.setup;
    let mut answer = json!({
        "url": format!("https://{}.slack.com/", setup.team_domain),
        "team": setup.team_domain,
        "user": "p0",
        "team_id": setup.team_id,
        "user_id": setup.bot_user_id,
        "bot_id": setup.bot_id,
        "is_enterprise_install": setup.org_wide,
    });
    if let Some(enterprise) = &setup.enterprise_id {
        answer["enterprise_id"] = json!(enterprise);
    }
    Ok(answer)
}

pub(super) fn info(slack: &mut Workspace, args: &Args) -> Answer {
    let id = args.text("user").unwrap_or_default();
    let person = slack.person(id).ok_or("user_not_found")?;
    Ok(json!({ "user": slack.user_object(person) }))
}

pub(super) fn lookup_by_email(slack: &mut Workspace, args: &Args) -> Answer {
    let email = args.required("email")?;
    let found = slack.setup.people.iter().find(|person| {
        !person.deleted
            && person.team_id.is_none()
            && person.email.as_deref().is_some_and(|theirs| theirs.eq_ignore_ascii_case(email))
    });
    let person = found.ok_or("users_not_found")?;
    // The scope of this method alone shows no profile.
    slack.need_scope("users:read")?;
    Ok(json!({ "user": slack.user_object(person) }))
}

pub(super) fn usergroup_users(slack: &mut Workspace, args: &Args) -> Answer {
    let id = args.required("usergroup")?;
    if slack.setup.org_wide {
        args.required("team_id")?;
    }
    let group = slack.setup.usergroups.iter().find(|group| group.id == id);
    let group = group.ok_or_else(|| Refusal::new("no_such_subteam"))?;
    Ok(json!({ "users": group.users }))
}

impl Workspace {
    /// The workspace that is a person's home.
    pub(in crate::sandbox::slack) fn home_team<'a>(&'a self, person: &'a Person) -> &'a str {
        person.team_id.as_deref().unwrap_or(&self.setup.team_id)
    }

    /// A person as `users.info` shows them; deactivated people have no restrictions left to show.
    pub(in crate::sandbox::slack) fn user_object(&self, person: &Person) -> Value {
        let is_stranger = person.team_id.is_some();
        let team = self.home_team(person);
        let mut profile = json!({
            "real_name": person.real_name,
            "real_name_normalized": person.real_name,
            "display_name": person.name,
            "display_name_normalized": person.name,
            "team": team,
        });
        if let Some(email) = person.email.as_ref().filter(|_| self.has_scope("users:read.email")) {
            profile["email"] = json!(email);
        }
        let mut user = Map::new();
        for (key, value) in [
            ("id", json!(person.id)),
            ("team_id", json!(team)),
            ("name", json!(person.name)),
            ("deleted", json!(person.deleted)),
            ("is_bot", json!(person.is_bot)),
            ("is_app_user", json!(false)),
            ("profile", profile),
        ] {
            user.insert(key.to_owned(), value);
        }
        if is_stranger {
            user.insert("is_stranger".into(), json!(true));
        }
        if !person.deleted {
            for (key, value) in [
                ("real_name", json!(person.real_name)),
                ("tz", json!(person.tz)),
                ("is_admin", json!(false)),
                ("is_owner", json!(false)),
                ("is_restricted", json!(person.is_restricted)),
                ("is_ultra_restricted", json!(person.is_ultra_restricted)),
                ("is_email_confirmed", json!(person.is_email_confirmed)),
            ] {
                user.insert(key.to_owned(), value);
            }
        }
        if let Some(enterprise) = self.setup.enterprise_id.as_ref().filter(|_| !is_stranger) {
            let id = person.enterprise_user_id.as_deref().unwrap_or(&person.id);
            user.insert(
                "enterprise_user".into(),
                json!({"id": id, "enterprise_id": enterprise, "enterprise_name": self.setup.team_domain, "teams": [team]}),
            );
        }
        Value::Object(user)
    }
}
