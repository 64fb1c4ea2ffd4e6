//! Interactive elements and images.

use serde_json::{Map, Value};

use super::Checker;
use super::texts::Style;

/// The block that holds an element; each takes other kinds.
#[derive(Clone, Copy)]
pub(super) enum Holder {
    Actions,
    Accessory,
    Input,
    Context,
}

/// What a kind of element is made of. `action_id` and `focus_on_load` are common to all but images.
struct Shape {
    required: &'static [&'static str],
    optional: &'static [&'static str],
    /// Taken by actions, as accessory, by input.
    fits: (bool, bool, bool),
}

fn shape(kind: &str) -> Option<Shape> {
    let of = |required, optional, fits| Some(Shape { required, optional, fits });
    match kind {
        "button" => of(&["text"], &["value", "url", "style", "confirm", "accessibility_label"], (true, true, false)),
        "static_select" => {
            of(&[], &["options", "option_groups", "initial_option", "placeholder", "confirm"], (true, true, true))
        }
        "multi_static_select" => of(
            &[],
            &["options", "option_groups", "initial_options", "placeholder", "confirm", "max_selected_items"],
            (false, true, true),
        ),
        "users_select" => of(&[], &["initial_user", "placeholder", "confirm"], (true, true, true)),
        "multi_users_select" => {
            of(&[], &["initial_users", "placeholder", "confirm", "max_selected_items"], (false, true, true))
        }
        "overflow" => of(&["options"], &["confirm"], (true, true, false)),
        "radio_buttons" => of(&["options"], &["initial_option", "confirm"], (true, true, true)),
        "checkboxes" => of(&["options"], &["initial_options", "confirm"], (true, true, true)),
        "datepicker" => of(&[], &["initial_date", "placeholder", "confirm"], (true, true, true)),
        "timepicker" => of(&[], &["initial_time", "placeholder", "confirm", "timezone"], (true, true, true)),
        "datetimepicker" => of(&[], &["initial_date_time", "confirm"], (true, false, true)),
        "plain_text_input" => of(
            &[],
            &["initial_value", "multiline", "min_length", "max_length", "placeholder", "dispatch_action_config"],
            (false, false, true),
        ),
        "number_input" => of(
            &["is_decimal_allowed"],
            &["initial_value", "min_value", "max_value", "placeholder", "dispatch_action_config"],
            (false, false, true),
        ),
        "email_text_input" | "url_text_input" => {
            of(&[], &["initial_value", "placeholder", "dispatch_action_config"], (false, false, true))
        }
        "image" => of(&["alt_text"], &["image_url", "slack_file"], (false, true, false)),
        _ => None,
    }
}

impl Holder {
    fn takes(self, kind: &str, shape: &Shape) -> bool {
        match self {
            Self::Actions => shape.fits.0,
            Self::Accessory => shape.fits.1,
            Self::Input => shape.fits.2,
            Self::Context => kind == "image",
        }
    }
}

impl Checker {
    /// An element in a block of this kind.
    pub(super) fn element(&mut self, value: &Value, at: &str, holder: Holder) {
        let kind = value["type"].as_str().unwrap_or_default();
        let Some(shape) = shape(kind).filter(|shape| holder.takes(kind, shape)) else {
            return self.fault(at, format!("unsupported type: {kind}"));
        };
        let mut optional = shape.optional.to_vec();
        if kind != "image" {
            optional.push("action_id");
        }
        if !matches!(kind, "image" | "button" | "overflow") {
            optional.push("focus_on_load");
        }
        let Some(element) = self.object(value, at, shape.required, &optional) else { return };
        for (key, value) in element {
            self.field(kind, key, value, &format!("{at}/{key}"));
        }
        if kind.ends_with("static_select") && element.contains_key("options") == element.contains_key("option_groups") {
            self.fault(at, "must provide exactly one of: options, option_groups");
        }
        if kind == "image" {
            self.image_source(element, at);
        }
        self.initial(element, at);
    }

    fn field(&mut self, kind: &str, key: &str, value: &Value, at: &str) {
        let style = if matches!(kind, "checkboxes" | "radio_buttons") { Style::Any } else { Style::Plain };
        match key {
            "action_id" => self.action_id(value, at),
            "text" | "accessibility_label" if kind != "button" => {}
            "text" => self.text(value, at, Style::Plain, 75),
            "accessibility_label" => self.string(value, at, 1, 75),
            "value" => self.string(value, at, 1, 2000),
            "url" | "image_url" => self.string(value, at, 1, 3000),
            "alt_text" => self.string(value, at, 1, 2000),
            "style" => self.one_of(value, at, &["primary", "danger"]),
            "confirm" => self.confirm(value, at),
            "placeholder" => self.text(value, at, Style::Plain, 150),
            "options" if kind == "overflow" => self.options(value, at, 5, Style::Plain, true),
            "options" if style == Style::Any => self.options(value, at, 10, style, false),
            "options" => self.options(value, at, 100, style, false),
            "option_groups" => self.option_groups(value, at),
            "initial_value" => self.string(value, at, 0, 3000),
            "multiline" | "is_decimal_allowed" => self.boolean(value, at),
            "focus_on_load" => self.focus(value, at),
            "min_length" | "max_length" if value.as_u64().is_none_or(|length| length > 3000) => {
                self.fault(at, "must be an integer from 0 to 3000");
            }
            _ => {}
        }
    }

    /// One element of a view may be focused.
    fn focus(&mut self, value: &Value, at: &str) {
        self.boolean(value, at);
        if value == &Value::Bool(true) && std::mem::replace(&mut self.focused, true) {
            self.fault(at, "only one element can be focused on load");
        }
    }

    /// What is picked at first must be one of the options, word for word.
    fn initial(&mut self, element: &Map<String, Value>, at: &str) {
        let offered: Vec<&Value> = offered(element).collect();
        let first = element.get("initial_option").into_iter();
        let several = element.get("initial_options").and_then(Value::as_array).into_iter().flatten();
        let strays = first.chain(several).filter(|initial| !offered.contains(initial)).count();
        if strays > 0 {
            self.fault(at, "initial_option must be one of the options");
        }
    }

    /// An image comes from a URL or from a file of Slack's.
    pub(super) fn image_source(&mut self, image: &Map<String, Value>, at: &str) {
        if image.contains_key("image_url") == image.contains_key("slack_file") {
            self.fault(at, "must provide exactly one of: image_url, slack_file");
        }
    }
}

/// Every option of an element, in groups or not.
fn offered(element: &Map<String, Value>) -> impl Iterator<Item = &Value> {
    let groups = element.get("option_groups").and_then(Value::as_array).into_iter().flatten();
    let grouped = groups.filter_map(|group| group["options"].as_array()).flatten();
    element.get("options").and_then(Value::as_array).into_iter().flatten().chain(grouped)
}
