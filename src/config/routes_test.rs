//! Routes that are refused, each with the key and what to do.

use std::path::Path;

use super::*;

const GOOD: &str = "[slack]\nsigning_secrets = [\"0123456789abcdef0123456789abcdef\"]\nbot_token = \"xoxb-0123456789abcdef\"\n\
    [p0]\norg = \"acme\"\n\
    [notifier]\npublic_key_file = \"k.pem\"\nissuer = \"i\"\naudience = \"a\"\n\
    [identity]\nmode = \"tokens\"\n[identity.people]\nU01ALICE = \"alice@example.com\"\n\
    [identity.tokens]\nU01ALICE = \"alice.token\"\n\
    [oncall.admins]\nsource = \"user-group\"\ngroup = \"S01ADMINS\"\n";
const DEFAULT: &str = "[[route]]\nchannel = \"C01ACCESS\"\n";

/// What is said of routes before the default one.
fn said(routes: &str) -> String {
    match parse(&format!("{GOOD}{routes}{DEFAULT}"), [], Path::new("/etc/p0")) {
        Ok(_) => "fine".to_owned(),
        Err(error) => error.to_string(),
    }
}

/// What is said of one route with such keys before the default one.
fn of(keys: &str) -> String {
    said(&format!("[[route]]\nname = \"x\"\nchannel = \"C02\"\nmatch = {{ type = \"aws\" }}\n{keys}\n"))
}

#[test]
fn a_key_that_cannot_be_meant_is_refused_with_what_to_do() {
    for (keys, line) in [
        ("", "fine"),
        ("risk = \"medium\"", "route.risk: is \"medium\": has to be low, high, step-up or not-from-chat"),
        ("max_age = \"5m\"", "route.max_age: is only used with risk = \"step-up\""),
        (
            "notify = [\"alice\"]",
            "route.notify: \"alice\" is no user (U…), user group (S…), oncall:NAME or oncall:NAME/2",
        ),
        ("notify = [\"oncall:ops\"]", "route.notify: \"oncall:ops\" names no source: there is no [oncall.ops]"),
        ("notify_at_most = 0", "route.notify_at_most: of \"x\" is 0: nobody would be told"),
        (
            "notify = [\"U1\", \"U2\", \"U3\"]\nnotify_at_most = 2",
            "route.notify: of \"x\" names 3, and at most 2 people are told at once: say so with notify_at_most",
        ),
        (
            "deciders = \"notified\"",
            "route.deciders: of \"x\" is \"notified\", and route.notify names nobody: nobody could decide",
        ),
        ("deciders = \"all\"", "route.deciders: of \"x\" is \"all\": has to be anyone or notified"),
        ("remind_after = \"5m\"", "route.remind_after: of \"x\" is of no use: route.notify names nobody to remind"),
        (
            "notify = [\"U1\"]\nescalate_after = \"5m\"",
            "route.escalate_after: of \"x\" has nowhere to go: set route.escalate_to, or route.fallback",
        ),
        ("escalate_to = [[\"U1\"]]", "route.escalate_to: of \"x\" is of no use without route.escalate_after"),
        ("default = \"4h\"\nlongest = \"2h\"", "route.default: of \"x\" is 4h, longer than route.longest, 2h"),
        ("time_zone = \"Moon\"", "route.time_zone: \"Moon\" is no time zone, as \"Europe/Berlin\" or \"UTC\""),
        (
            "quiet_hours = \"9-17\"",
            "route.quiet_hours: \"9-17\" has to be like \"Mon-Fri 09:00-17:00\", \"Sat,Sun\" or \"22:00-07:00\"",
        ),
    ] {
        assert_eq!(of(keys), line, "{keys}");
    }
}

#[test]
fn a_route_that_can_never_count_is_refused() {
    let never = |why: &str| format!("route.match: of \"b\" can never count: \"a\" stands before it, and {why}");
    let takes = never("takes all that it would take");
    for (first, second, line) in [
        ("{ type = \"aws\" }", "{ type = \"aws\" }", never("both match the same")),
        ("{ type = \"aws\" }", "{ type = \"aws\", access = \"role\" }", takes.clone()),
        ("{ type = [\"aws\", \"ssh\"] }", "{ type = \"ssh\" }", takes.clone()),
        ("{ longer_than = \"2h\" }", "{ longer_than = \"4h\" }", takes.clone()),
        ("{ hours = [\"Mon\", \"Tue\"] }", "{ hours = \"Tue\", type = \"aws\" }", takes.clone()),
        ("{ outside = \"Mon\" }", "{ outside = [\"Mon\", \"Tue\"] }", takes.clone()),
        ("{ tags = { env = [\"prod\", \"dev\"] } }", "{ tags = { env = \"dev\" } }", takes),
        ("{ type = \"aws\", access = \"role\" }", "{ type = \"aws\" }", "fine".to_owned()),
        ("{ type = \"aws\" }", "{ type = [\"aws\", \"ssh\"] }", "fine".to_owned()),
        ("{ longer_than = \"4h\" }", "{ longer_than = \"2h\" }", "fine".to_owned()),
        ("{ tags = { env = \"prod\" } }", "{ tags = { team = \"prod\" } }", "fine".to_owned()),
    ] {
        let route = |name: &str, conditions: &str| {
            format!("[[route]]\nname = \"{name}\"\nchannel = \"C02\"\nmatch = {conditions}\n")
        };
        assert_eq!(said(&(route("a", first) + &route("b", second))), line, "{first} {second}");
    }
    assert_eq!(
        said("[[route]]\nname = \"a\"\nchannel = \"C02\"\n"),
        "route.match: is missing in \"a\": it takes every request, so no route behind it can ever count. Put it last"
    );
}
