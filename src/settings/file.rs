//! The file in which people keep P0's settings: read for `import` and `apply`, printed by `show --toml`.

use std::fmt::Write as _;
use std::path::Path;

use serde::Deserialize as _;
use serde_json::json;
use toml::{Table, Value};

use super::words;
use crate::config::ConfigError;
use crate::domain::expiration::ExpirationLength;
use crate::domain::jit::change::Approvals;
use crate::domain::jit::known::{Known, Source};
use crate::domain::jit::length::SettingLength;
use crate::domain::jit::mirror::{Mirror, Span};
use crate::domain::jit::told::ToldLength;
use crate::domain::jit::wanted::Wanted;
use crate::domain::text::is_trick;

/// Lengths that Slack can show for choice.
const MOST_PRESETS: usize = 100;
const KEYS: &str = "presets, maximum, standing, approvable and [approvals]";

/// What a file says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct SettingsFile {
    /// How the settings are, or should be.
    pub(super) wanted: Wanted,
    /// Presets with the names that P0 has for them.
    pub(super) named: Vec<ToldLength>,
}

impl SettingsFile {
    /// Reads a file; also what P0 answers itself (JSON).
    ///
    /// # Errors
    /// What is wrong, with the file's name and the key.
    pub(super) fn open(path: &Path) -> Result<Self, ConfigError> {
        let name = path.display();
        let text = std::fs::read_to_string(path)
            .map_err(|error| ConfigError::new(name.to_string(), format!("cannot be read: {error}")))?;
        let read = if is_json(&text) { from_json(&text) } else { from_toml(&text) };
        read.map_err(|ConfigError { key, problem }| ConfigError::new(format!("{name}: {key}"), problem))
    }
}

/// TOML begins with no brace.
fn is_json(text: &str) -> bool {
    text.trim_start().starts_with('{')
}

fn from_toml(text: &str) -> Result<SettingsFile, ConfigError> {
    let mut table = text.parse::<Table>().map_err(|error| {
        let line = error.span().map_or(1, |span| text[..span.start.min(text.len())].lines().count().max(1));
        ConfigError::new(format!("line {line}"), error.message().to_owned())
    })?;
    let (presets, named) = match table.remove("presets") {
        Some(value) => presets(value).map(|(presets, named)| (Some(presets), named))?,
        None => (None, Vec::new()),
    };
    let mut one = |key: &str| table.remove(key).map(|value| length(key, &value)).transpose();
    let (maximum, standing, approvable) = (one("maximum")?, one("standing")?, one("approvable")?);
    let approvals = table.remove("approvals").map(approvals).transpose()?;
    no_more("", &table, KEYS)?;
    Ok(SettingsFile { wanted: Wanted { presets, maximum, standing, approvable, approvals }, named })
}

fn presets(value: Value) -> Result<(Vec<SettingLength>, Vec<ToldLength>), ConfigError> {
    const KEY: &str = "presets";
    let Value::Array(entries) = value else {
        return Err(ConfigError::new(KEY, "has to be a list of lengths, as [\"1h\", \"24h\"]"));
    };
    let (mut presets, mut named) = (Vec::<(SettingLength, String)>::new(), Vec::new());
    for entry in entries {
        let (text, preset) = match entry {
            Value::Table(mut entry) => {
                let written = entry.remove("length").ok_or_else(|| {
                    ConfigError::new(KEY, "an entry has no length: { length = \"24h\", value = \"1 day\" }")
                })?;
                let preset = length(KEY, &written)?;
                if let Some(value) = entry.remove("value") {
                    named.push(name(preset, &value)?);
                }
                no_more("presets.", &entry, "length and value")?;
                (written.to_string(), preset)
            }
            written => (written.to_string(), length(KEY, &written)?),
        };
        if let Some((_, other)) = presets.iter().find(|(known, _)| known.length() == preset.length()) {
            return Err(ConfigError::new(KEY, format!("{text} and {other} are the same length")));
        }
        presets.push((preset, text));
    }
    if presets.len() > MOST_PRESETS {
        return Err(ConfigError::new(KEY, format!("has more than the {MOST_PRESETS} that Slack shows")));
    }
    Ok((presets.into_iter().map(|(preset, _)| preset).collect(), named))
}

/// The name that P0 has for a length.
fn name(preset: SettingLength, value: &Value) -> Result<ToldLength, ConfigError> {
    let mut told = json!(preset);
    told["value"] = json!(value.as_str());
    let problem = || ConfigError::new("presets", "a value has to be P0's own name for the length, as \"1 day\"");
    ToldLength::read(&told).ok_or_else(problem)
}

fn length(key: &str, value: &Value) -> Result<SettingLength, ConfigError> {
    let Value::String(text) = value else {
        return Err(ConfigError::new(key, format!("{value} is no length: it is written as \"24h\"")));
    };
    text.parse().map_err(|error| ConfigError::new(key, format!("{text:?}: {error}")))
}

/// P0 takes both at once.
fn approvals(value: Value) -> Result<Approvals, ConfigError> {
    let Value::Table(mut table) = value else {
        return Err(ConfigError::new("approvals", "has to be a section: [approvals]"));
    };
    let mut is = |name: &str| match table.remove(name) {
        Some(Value::Boolean(is)) => Ok(is),
        Some(_) => Err(ConfigError::new(format!("approvals.{name}"), "has to be true or false")),
        None => Err(ConfigError::new(format!("approvals.{name}"), "is missing: P0 takes both of [approvals] at once")),
    };
    let approvals = Approvals { one_party: is("one_party")?, require_reason: is("require_reason")? };
    no_more("approvals.", &table, "one_party and require_reason")?;
    Ok(approvals)
}

fn no_more(section: &str, table: &Table, known: &str) -> Result<(), ConfigError> {
    match table.keys().next() {
        Some(key) => Err(ConfigError::new(format!("{section}{key}"), format!("unknown key; known are {known}"))),
        None => Ok(()),
    }
}

/// `DurationSettings` of `jit-settings.json`, or what P0 answers to a change of the maximum or the standing length. P0
/// may name one length twice: then the first name counts.
fn from_json(text: &str) -> Result<SettingsFile, ConfigError> {
    let answer: serde_json::Value = serde_json::from_str(text)
        .map_err(|error| ConfigError::new(format!("line {}", error.line()), format!("is no JSON: {error}")))?;
    let told = |key: &str, value: &serde_json::Value| {
        let problem =
            || ConfigError::new(key, format!("{value} is no length of P0's: time, unit (m, h, d, w) and value"));
        ToldLength::read(value).ok_or_else(problem)
    };
    let mut wanted = Wanted::default();
    let mut named: Vec<ToldLength> = Vec::new();
    if let Some(options) = answer.get("options") {
        let options = Vec::<serde_json::Value>::deserialize(options)
            .map_err(|_| ConfigError::new("options", "has to be P0's list of lengths"))?;
        for option in &options {
            let option = told("options", option)?;
            if named.iter().all(|known| known.length() != option.length()) {
                named.push(option);
            }
        }
        wanted.presets = Some(named.iter().map(|told| SettingLength::of(told.length())).collect());
    }
    let one = |key: &str| -> Result<Option<SettingLength>, ConfigError> {
        let value = answer.get(key).filter(|value| !value.is_null());
        value.map(|value| Ok(SettingLength::of(told(key, value)?.length()))).transpose()
    };
    (wanted.maximum, wanted.standing) = (one("maxAccessDuration")?, one("standingAccessDuration")?);
    if wanted == Wanted::default() {
        let nothing = "is missing, and so are maxAccessDuration and standingAccessDuration: that is no answer of P0's";
        return Err(ConfigError::new("options", nothing));
    }
    Ok(SettingsFile { wanted, named })
}

/// What is known, as a file that says the same. What is only assumed, or was not agreed to, stands in comments: whoever
/// takes them away states it. `with_approvals`: whether they may be changed from here.
pub(super) fn to_toml(mirror: &Mirror, with_approvals: bool) -> String {
    let mut text =
        String::from("# P0's just-in-time settings, as far as they are known: see `p0-chatops settings show`.\n");
    text += if mirror.listed == Source::Assumed { "# only assumed: presets = [" } else { "presets = [" };
    for (place, entry) in mirror.presets.iter().enumerate() {
        text += if place == 0 { "" } else { ", " };
        text += &preset(&entry.value);
    }
    text += "]\n";
    let one = |key: &str, known: Option<&Known<Span>>| match known {
        Some(known) => format!("{key} = {}\n", quoted(&known.value.length.to_string())),
        None => format!("# {key} is not known\n"),
    };
    let maximum = one("maximum", Some(&mirror.maximum));
    text += &match words::cap(mirror) {
        Some(cap) => format!("# {cap}: {maximum}"),
        None if mirror.maximum.source == Source::Assumed => format!("# only assumed: {maximum}"),
        None => maximum,
    };
    text += &one("standing", mirror.standing.as_ref());
    text += &one("approvable", mirror.approvable.as_ref());
    match mirror.approvals.as_ref().map(|known| known.value) {
        Some(Approvals { one_party, require_reason }) => {
            let off = if with_approvals { "" } else { "# " };
            if !with_approvals {
                text += "\n# Taken only with `approvals = true` under [settings] of the bot's own settings.\n";
            }
            let _ = write!(
                text,
                "{off}[approvals]\n{off}one_party = {one_party}\n{off}require_reason = {require_reason}\n"
            );
        }
        None => text += "# [approvals] is not known\n",
    }
    text
}

/// A length, with the name that P0 has for it where that is known.
fn preset(span: &Span) -> String {
    let length = quoted(&short(span));
    match &span.told {
        Some(told) => format!("{{ length = {length}, value = {} }}", quoted(told.value())),
        None => length,
    }
}

/// As the operator wrote it, else its short form.
pub(super) fn short(span: &Span) -> String {
    span.text.clone().unwrap_or_else(|| ExpirationLength::to_string(&span.length))
}

/// A basic string of TOML in which nothing hides: it is looked at on terminals too.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            _ if c.is_control() || is_trick(c) => {
                let _ = write!(quoted, "\\u{:04X}", u32::from(c));
            }
            _ => quoted.push(c),
        }
    }
    quoted + "\""
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::assumed_lengths;
    use crate::domain::jit::author::Author;
    use crate::domain::jit::change::{Change, Said, Settings};

    fn length(text: &str) -> SettingLength {
        text.parse().unwrap()
    }

    fn problem(text: &str) -> String {
        let read = if is_json(text) { from_json(text) } else { from_toml(text) };
        read.unwrap_err().to_string()
    }

    #[test]
    fn everything_may_be_said_and_left_out() {
        let file = from_toml(
            "presets = [\"1h\", { length = \"24h\", value = \"1 day\" }]\nmaximum = \"2d\"\nstanding = \"2 weeks\"\n\
             approvable = \"3d\"\n[approvals]\none_party = false\nrequire_reason = true\n",
        )
        .unwrap();
        let wanted = Wanted {
            presets: Some(vec![length("1h"), length("24h")]),
            maximum: Some(length("2d")),
            standing: Some(length("2w")),
            approvable: Some(length("3d")),
            approvals: Some(Approvals { one_party: false, require_reason: true }),
        };
        assert_eq!(file.wanted, wanted);
        assert_eq!((file.named.len(), file.named[0].value()), (1, "1 day"));
        assert_eq!(from_toml("").unwrap(), SettingsFile::default());
    }

    #[test]
    fn what_is_wrong_is_named_by_its_key() {
        let hundred_and_one: Vec<String> = (1..=101).map(|minutes| format!("\"{minutes}m\"")).collect();
        for (text, told) in [
            ("preset = [\"1h\"]", format!("preset: unknown key; known are {KEYS}")),
            ("presets = \"1h\"", "presets: has to be a list of lengths, as [\"1h\", \"24h\"]".to_owned()),
            ("presets = [\"1.5h\"]", "presets: \"1.5h\": A length has to be whole: 90m rather than 1.5h.".to_owned()),
            ("presets = [4]", "presets: 4 is no length: it is written as \"24h\"".to_owned()),
            ("presets = [\"1h\", \"60m\"]", "presets: \"60m\" and \"1h\" are the same length".to_owned()),
            (
                &format!("presets = [{}]", hundred_and_one.join(", ")),
                "presets: has more than the 100 that Slack shows".to_owned(),
            ),
            ("presets = [{ length = \"1h\", label = \"x\" }]", "presets.label: unknown key; known are length and value".to_owned()),
            (
                "presets = [{ length = \"1h\", value = \"\" }]",
                "presets: a value has to be P0's own name for the length, as \"1 day\"".to_owned(),
            ),
            ("maximum = \"0h\"", "maximum: \"0h\": A length has to be more than zero.".to_owned()),
            ("standing = \"-1h\"", "standing: \"-1h\": A length cannot be negative.".to_owned()),
            ("approvable = \"4\"", "approvable: \"4\": A length needs a unit: m, h, d or w.".to_owned()),
            ("maximum = \"600w\"", "maximum: \"600w\": That length is longer than ten years.".to_owned()),
            (
                "[approvals]\none_party = true",
                "approvals.require_reason: is missing: P0 takes both of [approvals] at once".to_owned(),
            ),
            ("[approvals]\none_party = 1", "approvals.one_party: has to be true or false".to_owned()),
            (
                "[approvals]\none_party = true\nrequire_reason = true\nx = 1",
                "approvals.x: unknown key; known are one_party and require_reason".to_owned(),
            ),
            (
                "{\"ok\": true}",
                "options: is missing, and so are maxAccessDuration and standingAccessDuration: that is no answer of P0's"
                    .to_owned(),
            ),
            ("{\"options\": 4}", "options: has to be P0's list of lengths".to_owned()),
            (
                "{\"options\": [{\"time\":0,\"unit\":\"h\",\"value\":\"x\"}]}",
                "options: {\"time\":0,\"unit\":\"h\",\"value\":\"x\"} is no length of P0's: time, unit (m, h, d, w) and value"
                    .to_owned(),
            ),
        ] {
            assert_eq!(problem(text), told);
        }
        assert!(problem("\n\nmaximum = ").starts_with("line 3: "), "{}", problem("\n\nmaximum = "));
        assert!(problem("{\"options\": ").starts_with("line 1: is no JSON: "));
    }

    #[test]
    fn what_p0_answered_to_a_reset_can_be_stated() {
        let file = from_json(
            r#"{"options":[{"time":1,"unit":"h","value":"1 hour"},{"time":24,"unit":"h","value":"1 day"},
                {"time":1,"unit":"d","value":"24 hours"}],"maxAccessDuration":{"time":1.5,"unit":"d","value":"1.5 days"}}"#,
        )
        .unwrap();
        assert_eq!(file.wanted.presets, Some(vec![length("1h"), length("1d")]));
        assert_eq!((file.wanted.maximum, file.wanted.standing), (Some(length("36h")), None));
        assert_eq!(file.named[1].value(), "1 day", "the first of two names");
    }

    #[test]
    fn what_is_printed_says_the_same_when_it_is_read() {
        let mut mirror = Mirror::assumed(&assumed_lengths());
        let odd = "1 \"day\" \\ \u{202e}\u{1b}[2J";
        let file = format!(
            "presets = [\"1h\", {{ length = \"24h\", value = {} }}]\nmaximum = \"48h\"\nstanding = \"14d\"\n\
             [approvals]\none_party = false\nrequire_reason = true",
            quoted(odd)
        );
        let file = from_toml(&file).unwrap();
        let at = jiff::Timestamp::UNIX_EPOCH;
        mirror.import(&file.wanted, &file.named, at);
        mirror.take(&Change::Add { length: length("90m") }, &Said::Taken, &Author::Operator, at);
        let printed = to_toml(&mirror, true);
        assert!(!printed.contains(['\u{202e}', '\u{1b}']), "{printed:?}");
        let read = from_toml(&printed).unwrap();
        assert_eq!(read.wanted.presets, Some(vec![length("1h"), length("90m"), length("24h")]));
        assert_eq!(Wanted { presets: file.wanted.presets.clone(), ..read.wanted.clone() }, file.wanted);
        assert_eq!(read.named, file.named);
        assert_eq!(mirror.difference(&read.wanted), []);
        let without = to_toml(&mirror, false);
        assert_eq!(from_toml(&without).unwrap().wanted, Wanted { approvals: None, ..read.wanted });
    }
    #[test]
    fn what_is_assumed_or_held_back_is_not_stated_by_what_is_printed() {
        let mut mirror = Mirror::assumed(&assumed_lengths());
        let printed = to_toml(&mirror, true);
        assert!(
            printed
                .contains("\n# only assumed: presets = [\"1h\", \"4h\", \"8h\"]\n# only assumed: maximum = \"24h\"\n"),
            "{printed}"
        );
        assert_eq!(from_toml(&printed).unwrap(), SettingsFile::default());
        let Ok(SettingsFile { named, .. }) = from_toml("presets = [{ length = \"48h\", value = \"2 days\" }]") else {
            panic!("a file")
        };
        let told = Settings { options: named.clone(), unread: 0, maximum: named.first().cloned(), standing: None };
        let at = jiff::Timestamp::UNIX_EPOCH;
        mirror.take(&Change::Reset, &Said::Settings(told), &Author::Operator, at);
        let printed = to_toml(&mirror, true);
        let line = "# P0 said 48h by itself, and nobody agreed to that: no more than 24h is granted until it is set: \
                    maximum = \"48h\"\n";
        assert!(printed.contains(line), "{printed}");
        let wanted = Wanted { presets: Some(vec![length("48h")]), ..Wanted::default() };
        assert_eq!(from_toml(&printed).unwrap(), SettingsFile { wanted, named });
    }
}
