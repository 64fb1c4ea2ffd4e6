//! Text objects, options and confirms.

use serde_json::Value;

use super::Checker;

/// Which text objects a place takes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    /// `plain_text` only.
    Plain,
    /// `plain_text` or `mrkdwn`.
    Any,
}

/// The characters Slack counts: `&`, and in plain text `<` and `>`, are escaped before counting
/// unless the sender did so.
pub(super) fn counted(text: &str, is_plain: bool) -> usize {
    let escaped = |rest: &str| ["&amp;", "&lt;", "&gt;"].iter().any(|entity| rest.starts_with(entity));
    text.char_indices()
        .map(|(at, character)| match character {
            '&' if !escaped(&text[at..]) => "&amp;".len(),
            '<' | '>' if is_plain => "&lt;".len(),
            _ => 1,
        })
        .sum()
}

impl Checker {
    /// A text object of 1 to `most` characters.
    pub(super) fn text(&mut self, value: &Value, at: &str, style: Style, most: usize) {
        let Some(object) = self.object(value, at, &["type", "text"], &["emoji", "verbatim"]) else { return };
        let is_plain = object.get("type").and_then(Value::as_str) == Some("plain_text");
        match style {
            Style::Plain => self.one_of(&value["type"], &format!("{at}/type"), &["plain_text"]),
            Style::Any => self.one_of(&value["type"], &format!("{at}/type"), &["plain_text", "mrkdwn"]),
        }
        if let Some(text) = object.get("text") {
            let at = format!("{at}/text");
            match text.as_str() {
                Some(text) => self.length(counted(text, is_plain), &at, 1, most),
                None => self.fault(&at, "must provide a string"),
            }
        }
        for (key, fits) in [("emoji", is_plain), ("verbatim", !is_plain)] {
            match object.get(key) {
                Some(_) if !fits => self.fault(at, format!("invalid additional property: {key}")),
                Some(flag) => self.boolean(flag, &format!("{at}/{key}")),
                None => {}
            }
        }
    }

    /// One option of a select, overflow, checkboxes or radio buttons.
    pub(super) fn option(&mut self, value: &Value, at: &str, style: Style, may_link: bool) {
        let optional: &[&str] = if may_link { &["description", "url"] } else { &["description"] };
        let Some(object) = self.object(value, at, &["text", "value"], optional) else { return };
        for (key, value) in object {
            let at = format!("{at}/{key}");
            match key.as_str() {
                "text" => self.text(value, &at, style, 75),
                "description" => self.text(value, &at, style, 75),
                "value" => self.string(value, &at, 1, 75),
                "url" => self.string(value, &at, 1, 3000),
                _ => {}
            }
        }
    }

    /// Up to `most` options.
    pub(super) fn options(&mut self, value: &Value, at: &str, most: usize, style: Style, may_link: bool) {
        for (index, option) in self.list(value, at, most).iter().enumerate() {
            self.option(option, &format!("{at}/{index}"), style, may_link);
        }
    }

    /// Up to 100 groups of up to 100 options.
    pub(super) fn option_groups(&mut self, value: &Value, at: &str) {
        for (index, group) in self.list(value, at, 100).iter().enumerate() {
            let at = format!("{at}/{index}");
            let Some(object) = self.object(group, &at, &["label", "options"], &[]) else { continue };
            if let Some(label) = object.get("label") {
                self.text(label, &format!("{at}/label"), Style::Plain, 75);
            }
            if let Some(options) = object.get("options") {
                self.options(options, &format!("{at}/options"), 100, Style::Plain, false);
            }
        }
    }

    /// The question asked before an action counts.
    pub(super) fn confirm(&mut self, value: &Value, at: &str) {
        let Some(object) = self.object(value, at, &["title", "text", "confirm", "deny"], &["style"]) else { return };
        for (key, value) in object {
            let at = format!("{at}/{key}");
            match key.as_str() {
                "title" => self.text(value, &at, Style::Plain, 100),
                "text" => self.text(value, &at, Style::Any, 300),
                "confirm" | "deny" => self.text(value, &at, Style::Plain, 30),
                "style" => self.one_of(value, &at, &["primary", "danger"]),
                _ => {}
            }
        }
    }
}
