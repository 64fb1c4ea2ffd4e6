//! What the browser is given. It is served as it stands: there is no build step, and nothing comes from elsewhere.
//!
//! `browser/vendor` holds Preact (MIT) and htm (Apache-2.0) as they are published, with their licences; the folders are
//! named with their versions.

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const ICON: &str = "image/svg+xml";

/// Name below the page's address, type, content.
pub(super) const FILES: [(&str, &str, &str); 69] = [
    ("", HTML, include_str!("browser/index.html")),
    ("announcer.js", SCRIPT, include_str!("browser/announcer.js")),
    ("app.js", SCRIPT, include_str!("browser/app.js")),
    ("banners.js", SCRIPT, include_str!("browser/banners.js")),
    ("cue.js", SCRIPT, include_str!("browser/cue.js")),
    ("html.js", SCRIPT, include_str!("browser/html.js")),
    ("icon.svg", ICON, include_str!("browser/icon.svg")),
    ("intro.js", SCRIPT, include_str!("browser/intro.js")),
    ("keys.js", SCRIPT, include_str!("browser/keys.js")),
    ("press.js", SCRIPT, include_str!("browser/press.js")),
    ("server.js", SCRIPT, include_str!("browser/server.js")),
    ("theme.js", SCRIPT, include_str!("browser/theme.js")),
    ("use_page.js", SCRIPT, include_str!("browser/use_page.js")),
    ("wide.js", SCRIPT, include_str!("browser/wide.js")),
    ("slack/app_place.js", SCRIPT, include_str!("browser/slack/app_place.js")),
    ("slack/avatar.js", SCRIPT, include_str!("browser/slack/avatar.js")),
    ("slack/client.js", SCRIPT, include_str!("browser/slack/client.js")),
    ("slack/composer.js", SCRIPT, include_str!("browser/slack/composer.js")),
    ("slack/confirm.js", SCRIPT, include_str!("browser/slack/confirm.js")),
    ("slack/conversation.js", SCRIPT, include_str!("browser/slack/conversation.js")),
    ("slack/dialog.js", SCRIPT, include_str!("browser/slack/dialog.js")),
    ("slack/lock_screen.js", SCRIPT, include_str!("browser/slack/lock_screen.js")),
    ("slack/message.js", SCRIPT, include_str!("browser/slack/message.js")),
    ("slack/messages.js", SCRIPT, include_str!("browser/slack/messages.js")),
    ("slack/modal.js", SCRIPT, include_str!("browser/slack/modal.js")),
    ("slack/notification.js", SCRIPT, include_str!("browser/slack/notification.js")),
    ("slack/shortcuts.js", SCRIPT, include_str!("browser/slack/shortcuts.js")),
    ("slack/sidebar.js", SCRIPT, include_str!("browser/slack/sidebar.js")),
    ("slack/slash.js", SCRIPT, include_str!("browser/slack/slash.js")),
    ("slack/status_bar.js", SCRIPT, include_str!("browser/slack/status_bar.js")),
    ("slack/thread.js", SCRIPT, include_str!("browser/slack/thread.js")),
    ("slack/top_bar.js", SCRIPT, include_str!("browser/slack/top_bar.js")),
    ("slack/use_client.js", SCRIPT, include_str!("browser/slack/use_client.js")),
    ("slack/workspace.js", SCRIPT, include_str!("browser/slack/workspace.js")),
    ("kit/blocks.js", SCRIPT, include_str!("browser/kit/blocks.js")),
    ("kit/choices.js", SCRIPT, include_str!("browser/kit/choices.js")),
    ("kit/dates.js", SCRIPT, include_str!("browser/kit/dates.js")),
    ("kit/elements.js", SCRIPT, include_str!("browser/kit/elements.js")),
    ("kit/emoji.js", SCRIPT, include_str!("browser/kit/emoji.js")),
    ("kit/fields.js", SCRIPT, include_str!("browser/kit/fields.js")),
    ("kit/input.js", SCRIPT, include_str!("browser/kit/input.js")),
    ("kit/markdown.js", SCRIPT, include_str!("browser/kit/markdown.js")),
    ("kit/menu.js", SCRIPT, include_str!("browser/kit/menu.js")),
    ("kit/missing.js", SCRIPT, include_str!("browser/kit/missing.js")),
    ("kit/mrkdwn.js", SCRIPT, include_str!("browser/kit/mrkdwn.js")),
    ("kit/popup.js", SCRIPT, include_str!("browser/kit/popup.js")),
    ("kit/rich_text.js", SCRIPT, include_str!("browser/kit/rich_text.js")),
    ("kit/surface.js", SCRIPT, include_str!("browser/kit/surface.js")),
    ("kit/typed.js", SCRIPT, include_str!("browser/kit/typed.js")),
    ("panes/choice.js", SCRIPT, include_str!("browser/panes/choice.js")),
    ("panes/disk.js", SCRIPT, include_str!("browser/panes/disk.js")),
    ("panes/faults.js", SCRIPT, include_str!("browser/panes/faults.js")),
    ("panes/on_call.js", SCRIPT, include_str!("browser/panes/on_call.js")),
    ("panes/p0.js", SCRIPT, include_str!("browser/panes/p0.js")),
    ("panes/panes.js", SCRIPT, include_str!("browser/panes/panes.js")),
    ("panes/rule.js", SCRIPT, include_str!("browser/panes/rule.js")),
    ("panes/settings.js", SCRIPT, include_str!("browser/panes/settings.js")),
    ("panes/story.js", SCRIPT, include_str!("browser/panes/story.js")),
    ("style/base.css", CSS, include_str!("browser/style/base.css")),
    ("style/blocks.css", CSS, include_str!("browser/style/blocks.css")),
    ("style/client.css", CSS, include_str!("browser/style/client.css")),
    ("style/layers.css", CSS, include_str!("browser/style/layers.css")),
    ("style/messages.css", CSS, include_str!("browser/style/messages.css")),
    ("style/page.css", CSS, include_str!("browser/style/page.css")),
    ("style/panes.css", CSS, include_str!("browser/style/panes.css")),
    ("style/phone.css", CSS, include_str!("browser/style/phone.css")),
    ("vendor/htm-3.1.1/htm.mjs", SCRIPT, include_str!("browser/vendor/htm-3.1.1/htm.mjs")),
    ("vendor/preact-11.2.0/hooks.mjs", SCRIPT, include_str!("browser/vendor/preact-11.2.0/hooks.mjs")),
    ("vendor/preact-11.2.0/preact.mjs", SCRIPT, include_str!("browser/vendor/preact-11.2.0/preact.mjs")),
];

#[cfg(test)]
mod tests {
    use std::path::Path;

    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use serde_json::Value;
    use sha2::{Digest as _, Sha256};

    use super::FILES;
    use crate::notify::wording;
    use crate::sandbox::page::guard::HEADERS;

    fn is_served(name: &str) -> bool {
        FILES.iter().any(|(served, _, _)| *served == name)
    }

    /// What a script imports and the page does not serve would leave the page empty.
    #[test]
    fn every_file_of_the_page_is_served() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/sandbox/page/browser");
        let mut folders = vec![root.clone()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                let name = path.strip_prefix(&root).unwrap().to_str().unwrap();
                if path.is_dir() {
                    folders.push(path);
                } else if !name.ends_with("LICENSE") && name != "index.html" {
                    assert!(is_served(name), "{name}");
                }
            }
        }
    }

    /// What is offered when somebody begins a command is what the bot's help says of it.
    #[test]
    fn the_commands_that_are_offered_are_those_of_the_help() {
        let (_, _, script) = FILES.iter().find(|(name, _, _)| *name == "slack/slash.js").unwrap();
        let (_, rest) = script.split_once("const VERBS = [\n").unwrap();
        let (rows, _) = rest.split_once("];").unwrap();
        let offered = rows.lines().map(|row| {
            let texts: Vec<&str> = row.split('\'').skip(1).step_by(2).collect();
            (format!("/p0 {} {}", texts[0], texts[1]).trim_end().to_owned(), texts[2])
        });
        let help = wording::commands::help("/p0", true);
        let heading = help.lines().next().unwrap().trim_matches('*').to_lowercase();
        let lines = help.lines().filter_map(|line| line.strip_prefix('`')?.split_once('`'));
        let mut told: Vec<(&str, &str)> =
            lines.map(|(usage, about)| (usage, &about[about.find(": ").unwrap() + 2..])).collect();
        told.push(("/p0 help", &heading));
        assert_eq!(offered.clone().count(), told.len());
        for ((usage, about), (in_help, said)) in offered.zip(told) {
            assert!(usage == in_help && said.starts_with(about), "{usage}: {about}, and {in_help}: {said}");
        }
    }

    /// A browser runs the import map only if the policy names its hash; without it there is no page.
    #[test]
    fn the_policy_lets_the_import_map_pass() {
        let (_, _, html) = FILES[0];
        let (_, rest) = html.split_once("<script type=\"importmap\">").unwrap();
        let (map, _) = rest.split_once("</script>").unwrap();
        let hash = format!("'sha256-{}'", STANDARD.encode(Sha256::digest(map)));
        let (_, policy) = &HEADERS[0];
        assert!(policy.contains(&hash), "{hash}");
        let map: Value = serde_json::from_str(map).unwrap();
        for path in map["imports"].as_object().unwrap().values() {
            assert!(is_served(path.as_str().unwrap().trim_start_matches("./")), "{path}");
        }
    }
}
