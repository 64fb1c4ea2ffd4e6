//! What the forms ask.

use super::capitalised;
use super::known::granted;
use crate::domain::jit::control::SettingsControl;
use crate::domain::jit::mirror::{Mirror, Span};
use crate::notify::foreign;

/// The label of the length that is added.
pub const ADD: &str = "Length to add";
/// The label of the length that is removed.
pub const REMOVE: &str = "Length to remove";
/// The label of the longest grant.
pub const MAXIMUM: &str = "Longest grant";
/// The label of the longest persistent access.
pub const STANDING: &str = "Longest standing access before a new approval";
/// The label of the longest time until an approval.
pub const APPROVABLE: &str = "Longest time between a request and its approval";
/// The label of whether people may approve their own requests.
pub const ONE_PARTY: &str = "One-party: people may approve their own requests";
/// The label of whether a request needs a reason.
pub const REASON: &str = "A request needs a reason";
/// The hint at a length.
pub const UNITS: &str = "A whole number and its unit: 30m, 4h, 3d or 2w.";

/// A form's title, of at most 24 characters.
pub fn title(control: SettingsControl) -> &'static str {
    match control {
        SettingsControl::Add => "Add a length",
        SettingsControl::Remove => "Remove a length",
        SettingsControl::Maximum => "Longest grant",
        SettingsControl::Standing => "Standing access",
        SettingsControl::Approvable => "Time until approval",
        SettingsControl::Approvals => "Approvals",
        _ => "P0 settings",
    }
}

/// Said above the input of what is added; mrkdwn.
pub fn add(mirror: &Mirror) -> String {
    let lengths = mirror.lengths();
    let list: Vec<String> = lengths.presets.iter().map(|preset| foreign::word(&preset.text, 40)).collect();
    let list = match list.is_empty() {
        true => "no length".to_owned(),
        false => super::enumerated(list.into_iter(), ", ", super::LIST),
    };
    format!("The picker offers {list}. {} {}.", capitalised(granted(mirror)), lengths.maximum.in_words())
}

/// A length as an option of a select, of at most `most` characters; plain text.
pub fn option(span: &Span, most: usize) -> String {
    let text = foreign::line(span.text.as_deref().unwrap_or(&span.length.to_string()), 20);
    match &span.told {
        // Room for what stands around it.
        Some(told) => format!("{text} (P0: “{}”)", foreign::line(told.value(), most - 30)),
        None => text,
    }
}

/// As a person reads it.
pub fn on_or_off(on: bool) -> &'static str {
    if on { "On" } else { "Off" }
}
