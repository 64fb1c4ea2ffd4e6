//! Block Kit's rules as Slack enforces them, and in two places stricter: ids are unique in the whole message
//! or view, and an option's value is held to 75 characters (Slack: 150).
//!
//! Known are the blocks and elements a bot of this kind can need; others (table, video, file, …) are refused as
//! unsupported. Lengths are characters after escaping, see [`texts`].

mod elements;
mod kinds;
mod rich_text;
mod texts;

use std::collections::HashSet;

use serde_json::{Map, Value};

/// Where blocks are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Surface {
    /// At most 50 blocks.
    Message,
    /// At most 50 blocks, and none of the kinds that Slack takes in messages only.
    Unfurl,
    /// At most 100 blocks.
    Modal,
    /// At most 100 blocks.
    Home,
}

/// The faults of a message's blocks, each with a JSON pointer; empty if there are none.
pub(super) fn check_blocks(blocks: &[Value], surface: Surface) -> Vec<String> {
    let mut checker = Checker::new(surface);
    checker.blocks(blocks, "/blocks");
    checker.faults
}

/// The faults of a view, each with a JSON pointer; empty if there are none.
pub(super) fn check_view(view: &Value, surface: Surface) -> Vec<String> {
    let mut checker = Checker::new(surface);
    checker.view(view);
    checker.faults
}

/// Collects faults while walking.
struct Checker {
    surface: Surface,
    faults: Vec<String>,
    block_ids: HashSet<String>,
    action_ids: HashSet<String>,
    focused: bool,
}

impl Checker {
    fn new(surface: Surface) -> Self {
        Self { surface, faults: Vec::new(), block_ids: HashSet::new(), action_ids: HashSet::new(), focused: false }
    }

    fn fault(&mut self, at: &str, what: impl std::fmt::Display) {
        self.faults.push(format!("{what} [json-pointer:{at}]"));
    }

    /// An object with all of `required` and nothing beyond `optional` and `type`.
    fn object<'v>(
        &mut self,
        value: &'v Value,
        at: &str,
        required: &[&str],
        optional: &[&str],
    ) -> Option<&'v Map<String, Value>> {
        let Some(object) = value.as_object() else {
            self.fault(at, "must provide an object");
            return None;
        };
        for key in required.iter().filter(|key| !object.contains_key(**key)) {
            self.fault(at, format!("missing required field: {key}"));
        }
        for key in object.keys().map(String::as_str) {
            if key != "type" && !required.contains(&key) && !optional.contains(&key) {
                self.fault(at, format!("invalid additional property: {key}"));
            }
        }
        Some(object)
    }

    /// A string of at most `most` characters and at least `least`.
    fn string(&mut self, value: &Value, at: &str, least: usize, most: usize) {
        match value.as_str() {
            Some(text) => self.length(text.chars().count(), at, least, most),
            None => self.fault(at, "must provide a string"),
        }
    }

    fn length(&mut self, length: usize, at: &str, least: usize, most: usize) {
        if length < least {
            self.fault(at, format!("must be more than {} characters", least.saturating_sub(1)));
        }
        if length > most {
            self.fault(at, format!("must be less than {} characters", most + 1));
        }
    }

    /// An array of at least one and at most `most` items.
    fn list<'v>(&mut self, value: &'v Value, at: &str, most: usize) -> &'v [Value] {
        let Some(items) = value.as_array() else {
            self.fault(at, "must provide an array");
            return &[];
        };
        if items.is_empty() {
            self.fault(at, "no fewer than 1 items allowed");
        }
        if items.len() > most {
            self.fault(at, format!("no more than {most} items allowed"));
        }
        items
    }

    fn boolean(&mut self, value: &Value, at: &str) {
        if !value.is_boolean() {
            self.fault(at, "must provide a boolean");
        }
    }

    fn one_of(&mut self, value: &Value, at: &str, allowed: &[&str]) {
        if !value.as_str().is_some_and(|text| allowed.contains(&text)) {
            self.fault(at, format!("must be one of: {}", allowed.join(", ")));
        }
    }

    /// A `block_id`: 255 characters, unique.
    fn block_id(&mut self, value: &Value, at: &str) {
        self.string(value, at, 1, 255);
        if let Some(id) = value.as_str()
            && !self.block_ids.insert(id.to_owned())
        {
            self.fault(at, format!("block_id `{id}` already exists"));
        }
    }

    /// An `action_id`: 255 characters, unique.
    fn action_id(&mut self, value: &Value, at: &str) {
        self.string(value, at, 1, 255);
        if let Some(id) = value.as_str()
            && !self.action_ids.insert(id.to_owned())
        {
            self.fault(at, format!("`action_id` {id} already exists"));
        }
    }
}
