//! What the route asks of whoever approves, and whether that can be had.

use super::Install;
use super::report::Report;
use crate::authorize::openid::Metadata;
use crate::domain::route::risk::{Fresh, Risk};

/// Says where approves are made that chat does not take.
pub(super) fn check(install: &Install, report: &mut Report<'_>) {
    let Some(at) = &install.settings.p0.request_url else { return };
    for route in install.settings.routes.all().iter().filter(|route| route.risk == Risk::NotFromChat) {
        report.ok(("route.risk", &route.name), format!("requests are approved in P0 alone, at {at}"));
    }
}

/// Holds what a fresh sign-in has to prove against what the provider can say.
pub(super) fn of_provider(install: &Install, metadata: &Metadata, report: &mut Report<'_>) {
    for route in install.settings.routes.all() {
        if let Risk::StepUp(fresh) = &route.risk {
            proves(&route.name, fresh, metadata, report);
        }
    }
}

fn proves(route: &str, fresh: &Fresh, metadata: &Metadata, report: &mut Report<'_>) {
    let lacks = |list: &[String], word: &str| !list.is_empty() && !list.iter().any(|own| own == word);
    if lacks(&metadata.claims, "auth_time") {
        return report.warn(
            ("route.risk", route),
            "the provider does not list auth_time, by which a sign-in is known to be fresh: without it every approve \
             is refused",
            "have it put auth_time into ID tokens (Entra: an optional claim of the app), then try one approve",
        );
    }
    let unknown: Vec<&str> =
        fresh.acr_values.iter().map(String::as_str).filter(|value| lacks(&metadata.acr_values, value)).collect();
    if !unknown.is_empty() {
        return report.warn(
            ("route.risk", route),
            format!("the provider does not list {} of route.acr_values", unknown.join(", ")),
            "correct route.acr_values: the provider's documentation names its own",
        );
    }
    let age = match fresh.max_age.as_secs() {
        0 => "after the press".to_owned(),
        seconds => format!("at most {seconds} s before"),
    };
    report.ok(("route.risk", route), format!("whoever approves has signed in {age}"));
}
