//! The Slack app's manifest: what Slack is told of the app, in YAML, in JSON, or as a link that creates it.

mod document;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_saphyr::{Commented, ser_options};

use crate::config::{Delivery, SlackApp};
use crate::scopes::{Need, Scope};
use document::Manifest;

/// The manifest in YAML, for people: it says how to use it, and what each scope is for.
pub fn yaml(app: &SlackApp) -> String {
    let manifest = Manifest::new(app, |scope| Commented(scope.name, what_for(scope)));
    // Nothing is folded: a reader of YAML 1.1 and one of 1.2 then read the same.
    let plain = ser_options! { prefer_block_scalars: false, compact_list_indent: false };
    let document =
        serde_saphyr::to_string_with_options(&manifest, plain).expect("texts, lists and maps with texts as keys");
    let token = match app.delivery {
        Delivery::Http(_) => "",
        Delivery::Socket => {
            "# Socket Mode needs one thing more, under Basic Information, App-Level Tokens: a token with the scope\n\
             # connections:write, for slack.app_token.\n"
        }
    };
    format!(
        "# The Slack app of p0-chatops: `p0-chatops manifest` prints this for your settings.\n\
         # Create the app at {}, \"from a manifest\"; `p0-chatops manifest --link` is the\n\
         # same in one step.\n\
         {token}{document}",
        apps_page(app)
    )
}

fn what_for(scope: Scope) -> String {
    match scope.need {
        Need::Required => format!("without it {}", scope.without),
        Need::Optional => format!("optional: without it {}", scope.without),
    }
}

/// The manifest in JSON, for programs.
pub fn json(app: &SlackApp) -> String {
    let mut text = serde_json::to_string_pretty(&document(app)).expect("texts, lists and maps with texts as keys");
    text.push('\n');
    text
}

/// The link that opens Slack's page for a new app with the manifest filled in.
pub fn link(app: &SlackApp) -> String {
    let manifest = serde_json::to_string(&document(app)).expect("texts, lists and maps with texts as keys");
    format!("{}&manifest_json={}\n", apps_page(app), utf8_percent_encode(&manifest, NON_ALPHANUMERIC))
}

fn document(app: &SlackApp) -> Manifest<'_, &'static str> {
    Manifest::new(app, |scope| scope.name)
}

/// Where apps are made. GovSlack has its own place (docs.slack.dev/govslack).
fn apps_page(app: &SlackApp) -> &'static str {
    if app.govslack { "https://api.slack-gov.com/apps?new_app=1" } else { "https://api.slack.com/apps?new_app=1" }
}
