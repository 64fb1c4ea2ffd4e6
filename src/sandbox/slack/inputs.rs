//! What people pick and type: which elements are there, what they hold, and what one may enter.

use serde_json::{Map, Value, json};

use super::person::Cannot;
use super::state::Entered;

/// An interactive element where it stands.
#[derive(Clone, Copy)]
pub(super) struct Placed<'b> {
    pub(super) block: &'b Value,
    pub(super) element: &'b Value,
}

impl<'b> Placed<'b> {
    pub(super) fn block_id(&self) -> &'b str {
        self.block["block_id"].as_str().unwrap_or_default()
    }

    pub(super) fn action_id(&self) -> &'b str {
        self.element["action_id"].as_str().unwrap_or_default()
    }

    /// Inputs are sent with the submission, unless they ask for an action of their own.
    pub(super) fn acts(&self) -> bool {
        self.block["type"] != "input" || self.block["dispatch_action"] == true
    }
}

/// Every interactive element of some blocks, in order.
pub(super) fn elements(blocks: &[Value]) -> impl Iterator<Item = Placed<'_>> {
    blocks.iter().flat_map(|block| {
        let several = block["elements"].as_array().filter(|_| block["type"] == "actions");
        let single = ["accessory", "element"].into_iter().filter_map(|key| block.get(key));
        several.into_iter().flatten().chain(single).map(move |element| Placed { block, element })
    })
}

/// The element with this action id.
pub(super) fn find<'b>(blocks: &'b [Value], action_id: &str) -> Result<Placed<'b>, Cannot> {
    elements(blocks)
        .find(|placed| placed.element["action_id"] == action_id)
        .ok_or_else(|| Cannot::NotThere(format!("no element with the action_id {action_id}")))
}

/// `state.values`: for each element that holds something, what the person entered or what it began with.
pub(super) fn state_values(blocks: &[Value], entered: Option<&Entered>) -> Value {
    let mut values = Map::new();
    for placed in elements(blocks) {
        let (block, action) = (placed.block_id(), placed.action_id());
        let own = entered.and_then(|entered| entered.get(block)?.get(action)).cloned();
        let Some(state) = own.or_else(|| initial(placed.element)) else { continue };
        let actions = values.entry(block).or_insert_with(|| json!({}));
        actions[action] = state;
    }
    Value::Object(values)
}

/// What an untouched element holds; `None` for elements that hold nothing.
fn initial(element: &Value) -> Option<Value> {
    let kind = element["type"].as_str()?;
    let (key, from) = held(kind)?;
    let value = match element.get(from) {
        Some(value) => value.clone(),
        None if key.ends_with('s') => json!([]),
        None => Value::Null,
    };
    Some(json!({"type": kind, key: value}))
}

/// The key under which a kind of element shows what it holds, and the key of its initial value.
fn held(kind: &str) -> Option<(&'static str, &'static str)> {
    Some(match kind {
        "static_select" | "radio_buttons" => ("selected_option", "initial_option"),
        "multi_static_select" | "checkboxes" => ("selected_options", "initial_options"),
        "users_select" => ("selected_user", "initial_user"),
        "multi_users_select" => ("selected_users", "initial_users"),
        "datepicker" => ("selected_date", "initial_date"),
        "timepicker" => ("selected_time", "initial_time"),
        "datetimepicker" => ("selected_date_time", "initial_date_time"),
        "plain_text_input" | "number_input" | "email_text_input" | "url_text_input" => ("value", "initial_value"),
        _ => return None,
    })
}

/// Whether nothing was entered.
pub(super) fn is_empty(state: &Value) -> bool {
    state.as_object().is_none_or(|fields| {
        fields.iter().all(|(key, value)| match value {
            Value::Null => true,
            Value::String(text) => key == "type" || text.is_empty(),
            Value::Array(items) => items.is_empty(),
            _ => false,
        })
    })
}

/// What the element holds after a person picked or typed this. Options go by value or by text,
/// several by commas.
pub(super) fn enter(element: &Value, what: &str) -> Result<Value, Cannot> {
    let kind = element["type"].as_str().unwrap_or_default();
    let (key, _) = match kind {
        "overflow" => ("selected_option", ""),
        _ => held(kind).ok_or_else(|| Cannot::NotThere(format!("nothing can be entered in a {kind}")))?,
    };
    let value = match key {
        "selected_option" => option(element, what)?,
        "selected_options" => {
            let named = what.split(',').map(str::trim).filter(|one| !one.is_empty());
            Value::Array(named.map(|one| option(element, one)).collect::<Result<_, _>>()?)
        }
        "selected_users" => what.split(',').map(str::trim).collect(),
        "selected_date_time" => what.parse::<i64>().map_err(|_| Cannot::NotThere("not an epoch second".into()))?.into(),
        "value" => typed(element, what)?,
        _ => json!(what),
    };
    Ok(json!({"type": kind, key: value}))
}

fn option(element: &Value, what: &str) -> Result<Value, Cannot> {
    let groups = element["option_groups"].as_array().into_iter().flatten();
    let grouped = groups.filter_map(|group| group["options"].as_array()).flatten();
    let mut offered = element["options"].as_array().into_iter().flatten().chain(grouped);
    offered
        .find(|option| option["value"] == what || option["text"]["text"] == what)
        .cloned()
        .ok_or_else(|| Cannot::NotThere(format!("no option {what}")))
}

fn typed(element: &Value, what: &str) -> Result<Value, Cannot> {
    let length = what.chars().count() as u64;
    let least = element["min_length"].as_u64().unwrap_or(0);
    let most = element["max_length"].as_u64().unwrap_or(3000);
    if (least..=most).contains(&length) {
        Ok(json!(what))
    } else {
        Err(Cannot::NotAllowed(format!("the field takes {least} to {most} characters")))
    }
}
