//! Blocks, and the views that hold them.

use serde_json::{Map, Value};

use super::elements::Holder;
use super::texts::Style;
use super::{Checker, Surface};

impl Checker {
    /// Blocks within the limit of the surface.
    pub(super) fn blocks(&mut self, blocks: &[Value], at: &str) {
        let most = if matches!(self.surface, Surface::Message | Surface::Unfurl) { 50 } else { 100 };
        if blocks.len() > most {
            self.fault(at, format!("no more than {most} items allowed"));
        }
        for (index, block) in blocks.iter().enumerate() {
            self.block(block, &format!("{at}/{index}"));
        }
    }

    /// A modal or Home.
    pub(super) fn view(&mut self, view: &Value) {
        let (kind, required, optional): (_, &[&str], &[&str]) = match self.surface {
            Surface::Home => ("home", &["type", "blocks"], &["private_metadata", "callback_id", "external_id"]),
            Surface::Modal | Surface::Message | Surface::Unfurl => (
                "modal",
                &["type", "title", "blocks"],
                &[
                    "submit",
                    "close",
                    "private_metadata",
                    "callback_id",
                    "external_id",
                    "clear_on_close",
                    "notify_on_close",
                    "submit_disabled",
                ],
            ),
        };
        let Some(object) = self.object(view, "/view", required, optional) else { return };
        self.one_of(&view["type"], "/view/type", &[kind]);
        for (key, value) in object {
            let at = format!("/view/{key}");
            match key.as_str() {
                "title" | "submit" | "close" => self.text(value, &at, Style::Plain, 24),
                "private_metadata" => self.string(value, &at, 0, 3000),
                "callback_id" | "external_id" => self.string(value, &at, 0, 255),
                "clear_on_close" | "notify_on_close" | "submit_disabled" => self.boolean(value, &at),
                _ => {}
            }
        }
        match object.get("blocks").and_then(Value::as_array) {
            Some(blocks) => {
                self.blocks(blocks, "/view/blocks");
                let asks = blocks.iter().any(|block| block["type"] == "input");
                if asks && self.surface == Surface::Modal && !object.contains_key("submit") {
                    self.fault("/view", "missing required field: submit, because a block is of type input");
                }
            }
            None => self.fault("/view/blocks", "must provide an array"),
        }
    }

    fn block(&mut self, block: &Value, at: &str) {
        let kind = block["type"].as_str().unwrap_or_default();
        let (required, optional): (&[&str], &[&str]) = match kind {
            "section" => (&[], &["text", "fields", "accessory", "expand"]),
            "header" => (&["text"], &["level"]),
            "divider" => (&[], &[]),
            "context" | "actions" => (&["elements"], &[]),
            // Slack's words: chat.unfurl does not take it, though messages do.
            "rich_text" if self.surface != Surface::Unfurl => (&["elements"], &[]),
            "input" => (&["label", "element"], &["hint", "optional", "dispatch_action"]),
            "image" => (&["alt_text"], &["image_url", "slack_file", "title"]),
            "markdown" if self.surface == Surface::Message => (&["text"], &[]),
            _ => return self.fault(at, format!("unsupported type: {kind}")),
        };
        let optional: Vec<&str> = optional.iter().copied().chain(["block_id"]).collect();
        let Some(object) = self.object(block, at, required, &optional) else { return };
        for (key, value) in object {
            self.block_field(kind, key, value, &format!("{at}/{key}"));
        }
        match kind {
            "section" => self.section(object, at),
            "image" => self.image_source(object, at),
            _ => {}
        }
    }

    fn block_field(&mut self, kind: &str, key: &str, value: &Value, at: &str) {
        match (kind, key) {
            (_, "block_id") => self.block_id(value, at),
            ("section", "text") => self.text(value, at, Style::Any, 3000),
            ("section", "fields") => {
                for (index, field) in self.list(value, at, 10).iter().enumerate() {
                    self.text(field, &format!("{at}/{index}"), Style::Any, 2000);
                }
            }
            ("section", "accessory") => self.element(value, at, Holder::Accessory),
            ("header", "text") => self.text(value, at, Style::Plain, 150),
            ("markdown", "text") => self.string(value, at, 1, 12_000),
            ("actions", "elements") => {
                for (index, element) in self.list(value, at, 25).iter().enumerate() {
                    self.element(element, &format!("{at}/{index}"), Holder::Actions);
                }
            }
            ("context", "elements") => self.context(value, at),
            ("rich_text", "elements") => self.rich_text(value, at),
            ("input", "label" | "hint") | ("image", "title") => self.text(value, at, Style::Plain, 2000),
            ("input", "element") => self.element(value, at, Holder::Input),
            ("input", "optional" | "dispatch_action") | ("section", "expand") => self.boolean(value, at),
            ("image", "alt_text") => self.string(value, at, 1, 2000),
            ("image", "image_url") => self.string(value, at, 1, 3000),
            _ => {}
        }
    }

    fn section(&mut self, section: &Map<String, Value>, at: &str) {
        if !section.contains_key("text") && !section.contains_key("fields") {
            self.fault(at, "must provide at least one of: text, fields");
        }
    }

    /// Up to ten texts and images.
    fn context(&mut self, elements: &Value, at: &str) {
        for (index, element) in self.list(elements, at, 10).iter().enumerate() {
            let at = format!("{at}/{index}");
            match element["type"].as_str() {
                Some("plain_text" | "mrkdwn") => self.text(element, &at, Style::Any, 3000),
                _ => self.element(element, &at, Holder::Context),
            }
        }
    }
}
