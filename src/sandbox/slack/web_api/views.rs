//! `views.*`: modals are opened with a trigger, changed by id and hash; a Home is published to a person.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Answer, Args, Refusal};
use crate::sandbox::slack::blocks::{self, Surface};
use crate::sandbox::slack::records::View;
use crate::sandbox::slack::state::{Workspace, new_id, with_ids};

/// How many modals may lie on each other.
const STACK: usize = 3;

pub(super) fn open(slack: &mut Workspace, args: &Args) -> Answer {
    let (trigger, source) = (args.required("trigger_id")?, sent_view(args, Surface::Modal)?);
    free_external_id(slack, &source, None)?;
    let user = slack.use_trigger(trigger)?.user.clone();
    // A new modal takes the place of what was open; only `views.push` lays one on another.
    slack.modals.remove(&user);
    let view = fill(slack, &user, &source, None);
    let answer = slack.shown(&view);
    slack.modals.insert(user, vec![view]);
    Ok(answer)
}

pub(super) fn push(slack: &mut Workspace, args: &Args) -> Answer {
    let (trigger, source) = (args.required("trigger_id")?, sent_view(args, Surface::Modal)?);
    free_external_id(slack, &source, None)?;
    let found = slack.use_trigger(trigger)?;
    if found.view.is_none() {
        return Err("invalid_trigger_id".into());
    }
    let user = found.user.clone();
    let below = slack.modals.get(&user).map_or(0, Vec::len);
    match below {
        0 => return Err("not_found".into()),
        STACK.. => return Err("push_limit_reached".into()),
        _ => {}
    }
    let view = fill(slack, &user, &source, None);
    let answer = slack.shown(&view);
    slack.modals.entry(user).or_default().push(view);
    Ok(answer)
}

pub(super) fn update(slack: &mut Workspace, args: &Args) -> Answer {
    let found = match (args.text("view_id"), args.text("external_id")) {
        (Some(id), _) => slack.view(id),
        (None, Some(external)) => slack.modals.values().flatten().find(|view| view.view["external_id"] == external),
        (None, None) => return Err(Refusal::missing("view_id")),
    };
    let old = found.ok_or("not_found")?.clone();
    let surface = if old.view["type"] == "home" { Surface::Home } else { Surface::Modal };
    let source = sent_view(args, surface)?;
    same_hash(args, &old)?;
    free_external_id(slack, &source, Some(&old.id))?;
    let view = fill(slack, &old.user, &source, Some(&old));
    replace(slack, view.clone());
    Ok(slack.shown(&view))
}

pub(super) fn publish(slack: &mut Workspace, args: &Args) -> Answer {
    let (user, source) = (args.required("user_id")?, sent_view(args, Surface::Home)?);
    slack.person(user).ok_or("user_not_found")?;
    let old = slack.homes.get(user).cloned();
    if let Some(old) = &old {
        same_hash(args, old)?;
    }
    let view = fill(slack, user, &source, old.as_ref());
    let answer = slack.shown(&view);
    slack.homes.insert(user.to_owned(), view);
    Ok(answer)
}

/// The view argument, if it is one for this surface.
fn sent_view(args: &Args, surface: Surface) -> Result<Value, Refusal> {
    let view = args.nested("view").map_err(|()| "invalid_arguments")?.ok_or_else(|| Refusal::missing("view"))?;
    let faults = blocks::check_view(&view, surface);
    if faults.is_empty() { Ok(view) } else { Err(Refusal::new("invalid_arguments").with_messages(faults)) }
}

fn same_hash(args: &Args, old: &View) -> Result<(), Refusal> {
    match args.text("hash") {
        Some(hash) if old.view["hash"] != hash => Err("hash_conflict".into()),
        _ => Ok(()),
    }
}

/// An `external_id` names one view of the app at most.
fn free_external_id(slack: &Workspace, source: &Value, own: Option<&str>) -> Result<(), Refusal> {
    let Some(external) = source["external_id"].as_str().filter(|id| !id.is_empty()) else { return Ok(()) };
    let mut others = slack.modals.values().flatten().filter(|view| Some(view.id.as_str()) != own);
    if others.any(|view| view.view["external_id"] == external) {
        return Err("duplicate_external_id".into());
    }
    Ok(())
}

/// A view as Slack keeps it: what was sent, ids where none were given, a new hash and where it lies.
pub(in crate::sandbox::slack) fn fill(slack: &Workspace, user: &str, source: &Value, old: Option<&View>) -> View {
    let id = old.map_or_else(|| new_id('V'), |old| old.id.clone());
    let (root, previous) = match old {
        Some(old) => (old.view["root_view_id"].clone(), old.view["previous_view_id"].clone()),
        None => {
            let below = slack.modals.get(user).map_or(&[][..], Vec::as_slice);
            (
                below.first().map_or_else(|| json!(id), |root| json!(root.id)),
                below.last().map_or(Value::Null, |top| json!(top.id)),
            )
        }
    };
    let mut view = json!({
        "id": id,
        "team_id": slack.setup.team_id,
        "private_metadata": "",
        "callback_id": "",
        "external_id": "",
        "title": null,
        "submit": null,
        "close": null,
        "clear_on_close": false,
        "notify_on_close": false,
        "root_view_id": root,
        "previous_view_id": previous,
        "app_id": slack.setup.app_id,
        "app_installed_team_id": slack.setup.enterprise_id.as_ref().filter(|_| slack.setup.org_wide).unwrap_or(&slack.setup.team_id),
        "bot_id": slack.setup.bot_id,
        "hash": format!("{}.{:08x}", slack.setup.clock.now().as_second(), rand::random::<u32>()),
    });
    if let (Some(view), Some(source)) = (view.as_object_mut(), source.as_object()) {
        view.extend(source.clone());
        let blocks = source.get("blocks").and_then(Value::as_array).cloned().unwrap_or_default();
        view.insert("blocks".into(), json!(with_ids(blocks)));
    }
    View { id, user: user.to_owned(), view, errors: BTreeMap::new() }
}

/// Puts a view where the one with its id was.
pub(in crate::sandbox::slack) fn replace(slack: &mut Workspace, view: View) {
    if let Some(place) = slack.view_mut(&view.id.clone()) {
        *place = view;
    }
}

impl Workspace {
    fn shown(&self, view: &View) -> Value {
        json!({ "view": self.view_object(view) })
    }
}
