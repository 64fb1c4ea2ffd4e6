//! `rich_text`: sections, lists, quotes and preformatted parts, made of inline elements.

use serde_json::Value;

use super::Checker;

/// Slack documents no limit for rich text; a section's is taken for each text in it.
const TEXT: usize = 3000;

impl Checker {
    pub(super) fn rich_text(&mut self, elements: &Value, at: &str) {
        for (index, part) in self.list(elements, at, usize::MAX).iter().enumerate() {
            let at = format!("{at}/{index}");
            let kind = part["type"].as_str().unwrap_or_default();
            let optional: &[&str] = match kind {
                "rich_text_section" => &[],
                "rich_text_quote" | "rich_text_preformatted" => &["border"],
                "rich_text_list" => &["style", "indent", "offset", "border"],
                _ => {
                    self.fault(&at, format!("unsupported type: {kind}"));
                    continue;
                }
            };
            let Some(object) = self.object(part, &at, &["elements"], optional) else { continue };
            let Some(inner) = object.get("elements") else { continue };
            let at = format!("{at}/elements");
            if kind == "rich_text_list" {
                self.one_of(&part["style"], &at, &["bullet", "ordered"]);
                self.rich_text(inner, &at);
            } else {
                self.inline(inner, &at);
            }
        }
    }

    fn inline(&mut self, elements: &Value, at: &str) {
        let Some(elements) = elements.as_array() else { return self.fault(at, "must provide an array") };
        for (index, element) in elements.iter().enumerate() {
            let at = format!("{at}/{index}");
            let kind = element["type"].as_str().unwrap_or_default();
            let (required, optional): (&[&str], &[&str]) = match kind {
                "text" => (&["text"], &["style"]),
                "link" => (&["url"], &["text", "style", "unsafe"]),
                "user" => (&["user_id"], &["style"]),
                "usergroup" => (&["usergroup_id"], &["style"]),
                "channel" => (&["channel_id"], &["style"]),
                "emoji" => (&["name"], &["style", "unicode"]),
                "date" => (&["timestamp", "format"], &["url", "fallback", "style"]),
                "broadcast" => (&["range"], &["style"]),
                _ => {
                    self.fault(&at, format!("unsupported type: {kind}"));
                    continue;
                }
            };
            let Some(object) = self.object(element, &at, required, optional) else { continue };
            if let Some(text) = object.get("text") {
                self.string(text, &format!("{at}/text"), 1, TEXT);
            }
        }
    }
}
