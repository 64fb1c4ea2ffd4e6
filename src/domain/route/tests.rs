//! Which rule a request goes by, and what is asked of a choice about it.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use proptest::prelude::*;

use super::condition::Conditions;
use super::hours::{Hours, Span};
use super::pattern::Pattern;
use super::risk::{Fresh, Risk};
use super::routes::{Deciders, Recipient, Route, Routes};
use super::truth::Truth;
use crate::domain::expiration::ExpirationLength;
use crate::domain::facts::{DisplayRow, Facts};
use crate::domain::person::UserId;
use crate::domain::request::{Request, RequestId};

fn patterns(texts: &[&str]) -> Vec<Pattern> {
    texts.iter().map(|text| Pattern::parse(text).unwrap()).collect()
}

fn length(text: &str) -> ExpirationLength {
    text.parse().unwrap()
}

fn office() -> Hours {
    Hours { spans: vec![Span::parse("Mon-Fri 09:00-17:00").unwrap()], zone: TimeZone::UTC }
}

/// A Friday.
fn at(hour: i8) -> Timestamp {
    let day = jiff::civil::date(2026, 11, 20).at(hour, 0, 0, 0);
    day.to_zoned(TimeZone::UTC).unwrap().timestamp()
}

fn rule(name: &str, conditions: Conditions, risk: Risk) -> Route {
    Route { name: name.to_owned(), conditions, risk, ..Route::default() }
}

fn routes(rules: Vec<Route>) -> Routes {
    let default = rule("default", Conditions::default(), Risk::Low);
    Routes::new(rules.into_iter().chain([default]).collect()).unwrap()
}

fn asked() -> Facts {
    Facts {
        kind: Some("aws".into()),
        access: Some("role".into()),
        requester: Some("bob@example.com".into()),
        principal: Some("Carol <carol@example.com>".into()),
        duration: Some("2h".into()),
        resource: Some(vec![vec!["123456789012".into(), "prod-db".into()]]),
        tags: Some(BTreeMap::from([("env".into(), vec!["prod".into()])])),
        ..Facts::default()
    }
}

#[test]
fn each_condition_goes_by_its_own_field() {
    type Take = fn(&mut Facts);
    let on = |set: fn(&mut Conditions)| {
        let mut conditions = Conditions::default();
        set(&mut conditions);
        conditions
    };
    let rows: [(Conditions, Conditions, &str, Take); 7] = [
        (on(|c| c.kind = patterns(&["gcloud", "AWS"])), on(|c| c.kind = patterns(&["ssh"])), "type", |f| f.kind = None),
        (on(|c| c.access = patterns(&["ro*"])), on(|c| c.access = patterns(&["group"])), "access", |f| f.access = None),
        (on(|c| c.resource = patterns(&["prod-*"])), on(|c| c.resource = patterns(&["dev-*"])), "resource", |f| {
            f.resource = None
        }),
        (
            on(|c| c.requester = patterns(&["*@example.com"])),
            on(|c| c.requester = patterns(&["*@other.example"])),
            "requester",
            |f| f.requester = None,
        ),
        (
            on(|c| c.principal = patterns(&["carol@example.com"])),
            on(|c| c.principal = patterns(&["bob@*"])),
            "principal",
            |f| f.principal = None,
        ),
        (
            on(|c| c.longer_than = Some(length("1h"))),
            on(|c| c.longer_than = Some(length("2h"))),
            "longer_than",
            // As P0 may send it.
            |f| f.duration = Some("until Friday".into()),
        ),
        (
            on(|c| drop(c.tags.insert("env".into(), patterns(&["prod"])))),
            on(|c| drop(c.tags.insert("env".into(), patterns(&["dev"])))),
            "tags.env",
            |f| f.tags = Some(BTreeMap::from([("team".into(), vec!["prod".into()])])),
        ),
    ];
    for (fits, does_not, name, take) in rows {
        let mut without = asked();
        take(&mut without);
        let held = |conditions: &Conditions, facts: &Facts| conditions.hold(facts, at(12), None);
        assert_eq!(held(&fits, &asked()).truth, Truth::Yes, "{name}");
        assert_eq!(held(&does_not, &asked()).truth, Truth::No, "{name}");
        for conditions in [&fits, &does_not] {
            let held = held(conditions, &without);
            assert_eq!((held.truth, held.missing), (Truth::Perhaps, vec![name.to_owned()]), "{name}");
        }
    }
}

#[test]
fn hours_are_those_of_the_arrival_and_those_of_the_choice() {
    let outside = Conditions { outside: Some(office()), ..Conditions::default() };
    let routes = routes(vec![rule("night", outside, Risk::High)]);
    for (came, now, risk) in [
        (at(10), at(11), Risk::Low),
        (at(10), at(18), Risk::High),
        (at(8), at(10), Risk::High),
        (at(8), at(18), Risk::High),
    ] {
        let request = Request { facts: asked(), ..Request::unheard(RequestId::parse("r").unwrap(), came) };
        assert_eq!(routes.demands(&request, now, None).risk, risk, "{came} {now}");
    }
}

#[test]
fn a_length_that_is_chosen_counts_as_the_one_that_was_asked_for() {
    let long = Conditions { longer_than: Some(length("4h")), ..Conditions::default() };
    let routes = routes(vec![rule("long", long, Risk::High)]);
    for (wanted, chosen, risk) in [
        (Some("2h"), None, Risk::Low),
        (Some("2h"), Some("4h"), Risk::Low),
        (Some("2h"), Some("5h"), Risk::High),
        // Who asked for long has the rule of long, however short it is granted.
        (Some("8h"), Some("1h"), Risk::High),
        // A length that cannot be read may be any.
        (Some("two"), Some("1h"), Risk::High),
        (None, Some("1h"), Risk::High),
        (None, None, Risk::High),
    ] {
        let facts = Facts { duration: wanted.map(str::to_owned), ..asked() };
        let request = Request { facts, ..Request::unheard(RequestId::parse("r").unwrap(), at(10)) };
        assert_eq!(routes.demands(&request, at(10), chosen.map(length)).risk, risk, "{wanted:?} {chosen:?}");
    }
}

#[test]
fn a_rule_of_some_of_what_is_asked_for_leaves_the_others_what_they_ask() {
    let sandbox = Conditions { resource: patterns(&["sandbox-*"]), ..Conditions::default() };
    let prod = Conditions { resource: patterns(&["prod-*"]), ..Conditions::default() };
    let routes = routes(vec![rule("sandbox", sandbox, Risk::Low), rule("prod", prod, Risk::High)]);
    let of = |things: &[&[&str]]| {
        let resource = things.iter().map(|texts| texts.iter().map(|text| (*text).to_owned()).collect()).collect();
        let facts = Facts { resource: Some(resource), ..asked() };
        let name = routes.find(&facts, at(10), None).route.name.clone();
        let demands = routes.demands_at(&facts, &[at(10)], &[None]);
        (name, demands.risk)
    };
    assert_eq!(of(&[&["sandbox-7"]]), ("sandbox".to_owned(), Risk::Low));
    assert_eq!(of(&[&["7", "sandbox-7"], &["sandbox-8"]]), ("sandbox".to_owned(), Risk::Low));
    assert_eq!(of(&[&["sandbox-7"], &["prod-7"]]), ("sandbox".to_owned(), Risk::High));
    assert_eq!(of(&[&["other"], &["prod-7"]]), ("prod".to_owned(), Risk::High));
    assert_eq!(of(&[&["other"]]), ("default".to_owned(), Risk::Low));
}

#[test]
fn what_nothing_is_known_of_is_asked_what_any_rule_asks() {
    let steps_up = Risk::StepUp(Fresh { max_age: Duration::ZERO, acr_values: Vec::new() });
    let of = |kind: &str| Conditions { kind: patterns(&[kind]), ..Conditions::default() };
    let notified = Route {
        deciders: Deciders::Notified,
        longest: Some(length("1h")),
        notify: vec![Recipient::User(UserId::parse("U01ALICE").unwrap())],
        ..rule("named", of("ssh"), steps_up.clone())
    };
    let routes = routes(vec![rule("high", of("aws"), Risk::High), notified]);
    let unseen = routes.demands_unseen();
    assert_eq!(unseen.risk, steps_up);
    assert_eq!(unseen.longest, Some(length("1h")));
    assert_eq!(Vec::from_iter(unseen.only_of), ["named"]);
}

#[test]
fn an_explanation_says_of_each_rule_why() {
    let prod = Conditions {
        kind: patterns(&["aws"]),
        resource: patterns(&["prod-*", "*-prod"]),
        outside: Some(office()),
        ..Conditions::default()
    };
    let long = Conditions { longer_than: Some(length("4h")), ..Conditions::default() };
    let users = |ids: &[&str]| ids.iter().map(|id| Recipient::User(UserId::parse(id).unwrap())).collect::<Vec<_>>();
    let routes = routes(vec![
        Route {
            deciders: Deciders::Notified,
            notify: users(&["U01ALICE"]),
            escalate_after: Some(Duration::from_secs(600)),
            escalate_to: vec![users(&["U02BOB"]), vec![Recipient::OnCall { source: "ops".into(), level: 2 }]],
            ..rule("prod at night", prod, Risk::High)
        },
        rule("long", long, Risk::NotFromChat),
    ]);
    let whole = routes.explain(&asked(), at(20));
    assert_eq!((whole.route.as_str(), whole.is_default, whole.asks.risk), ("prod at night", false, "high"));
    let told: Vec<_> = whole.levels.iter().map(|level| (level.after, level.who.join(" "))).collect();
    assert_eq!(told, [(0, "U01ALICE".into()), (600, "U02BOB".into()), (1200, "oncall:ops/2".into())]);
    assert_eq!(whole.asks.only_of, ["prod at night"]);
    let counts: Vec<bool> = whole.rules.iter().map(|rule| rule.counts).collect();
    assert_eq!(counts, [true, false, false]);

    let facts = Facts { resource: None, duration: None, ..asked() };
    let partial = routes.explain(&facts, at(20));
    assert_eq!((partial.route.as_str(), partial.is_default, partial.asks.risk), ("default", true, "not-from-chat"));
    let lines: Vec<String> = partial
        .rules
        .iter()
        .flat_map(|rule| &rule.conditions)
        .map(|c| format!("{} = {}: {} {:?}", c.name, c.wanted, c.found.as_deref().unwrap_or("-"), c.truth))
        .collect();
    assert_eq!(
        lines,
        [
            "type = aws: aws Yes",
            "resource = prod-*, *-prod: - Perhaps",
            "outside = Mon-Fri 09:00-17:00 (UTC): Fri 2026-11-20 20:00 Yes",
            "longer_than = 4h: - Perhaps",
        ]
    );
}

fn any_conditions() -> impl Strategy<Value = Conditions> {
    let one = || prop::collection::vec(prop::sample::select(vec!["a", "b", "*"]), 0..2);
    let tags = prop::collection::btree_map(prop::sample::select(vec!["t", "u"]), one(), 0..2);
    let hours = || prop::option::of(Just(office()));
    let longer = prop::option::of(prop::sample::select(vec!["1h", "3h"]));
    (one(), one(), one(), one(), one(), longer, hours(), hours(), tags).prop_map(
        |(kind, access, resource, requester, principal, longer, hours, outside, tags)| Conditions {
            kind: patterns(&kind),
            access: patterns(&access),
            resource: patterns(&resource),
            requester: patterns(&requester),
            principal: patterns(&principal),
            longer_than: longer.map(length),
            hours,
            outside,
            tags: tags
                .into_iter()
                .filter(|(_, values)| !values.is_empty())
                .map(|(tag, values)| (tag.to_owned(), patterns(&values)))
                .collect(),
        },
    )
}

fn any_risk() -> impl Strategy<Value = Risk> {
    let step_up = (0_u64..3, prop::collection::vec(prop::sample::select(vec!["mfa", "phr"]), 0..2)).prop_map(
        |(minutes, classes)| {
            let acr_values = classes.into_iter().map(str::to_owned).collect();
            Risk::StepUp(Fresh { max_age: Duration::from_secs(minutes * 60), acr_values })
        },
    );
    prop_oneof![3 => Just(Risk::Low), 2 => Just(Risk::High), 2 => step_up, 1 => Just(Risk::NotFromChat)]
}

fn any_routes() -> impl Strategy<Value = Routes> {
    let lengths = prop::option::of(prop::sample::select(vec!["30m", "2h"]));
    let one = (any_conditions(), any_risk(), lengths, any::<bool>());
    prop::collection::vec(one, 0..5).prop_map(|rules| {
        let rules = rules.into_iter().enumerate().filter(|(_, (conditions, ..))| !conditions.is_empty());
        routes(
            rules
                .map(|(nth, (conditions, risk, longest, named))| Route {
                    longest: longest.map(length),
                    deciders: if named { Deciders::Notified } else { Deciders::Anyone },
                    ..rule(&nth.to_string(), conditions, risk)
                })
                .collect(),
        )
    })
}

fn any_facts() -> impl Strategy<Value = Facts> {
    let text = || prop::option::of(prop::sample::select(vec!["a", "b", "c"]).prop_map(str::to_owned));
    let texts = || prop::collection::vec(prop::sample::select(vec!["a", "b"]).prop_map(str::to_owned), 1..3);
    let things = prop::option::of(prop::collection::vec(texts(), 1..3));
    let tags = prop::option::of(prop::collection::btree_map(
        prop::sample::select(vec!["t", "u"]).prop_map(str::to_owned),
        texts(),
        0..2,
    ));
    let duration = prop::option::of(prop::sample::select(vec!["1h", "2h", "4h", "soon"]).prop_map(str::to_owned));
    (text(), text(), text(), text(), things, tags, duration).prop_map(
        |(kind, access, requester, principal, resource, tags, duration)| Facts {
            kind,
            access,
            requester,
            principal,
            resource,
            tags,
            duration,
            ..Facts::default()
        },
    )
}

/// The facts without one of those that rules go by.
fn without(facts: &Facts, nth: usize) -> Facts {
    let mut facts = facts.clone();
    match nth {
        0 => facts.kind = None,
        1 => facts.access = None,
        2 => facts.requester = None,
        3 => facts.principal = None,
        4 => facts.resource = None,
        5 => facts.duration = None,
        6 => facts.tags = None,
        _ => drop(facts.tags.as_mut().map(BTreeMap::pop_first)),
    }
    facts
}

/// Whether a sign-in, a press or a place that does for `strict` does for `loose` too.
fn covers(strict: &Risk, loose: &Risk) -> bool {
    strict.clone().and(loose.clone()) == *strict
}

proptest! {
    #[test]
    fn what_p0_does_not_say_makes_nothing_looser(
        routes in any_routes(), facts in any_facts(), nth in 0_usize..8, hour in 0_i8..24,
        chosen in prop::option::of(prop::sample::select(vec!["30m", "2h", "5h"])),
    ) {
        let of = |facts: &Facts| routes.demands_at(facts, &[at(hour)], &[None, chosen.map(length)]);
        let (whole, less) = (of(&facts), of(&without(&facts, nth)));
        prop_assert!(covers(&less.risk, &whole.risk), "{:?} {:?}", less.risk, whole.risk);
        prop_assert!(less.longest.map_or(whole.longest.is_none(), |length| whole.longest.is_none_or(|l| length <= l)));
        prop_assert!(less.only_of.is_superset(&whole.only_of));
    }

    #[test]
    fn what_is_asked_for_besides_makes_nothing_looser_than_it_is_alone(
        routes in any_routes(), facts in any_facts(), more in prop::sample::select(vec!["a", "b", "c"]),
    ) {
        let of = |facts: &Facts| routes.demands_at(facts, &[at(12)], &[None]);
        let Some(things) = &facts.resource else { return Ok(()) };
        let alone = Facts { resource: Some(things[..1].to_vec()), ..facts.clone() };
        let both = Facts { resource: Some(vec![things[0].clone(), vec![more.to_owned()]]), ..facts.clone() };
        prop_assert!(covers(&of(&both).risk, &of(&alone).risk));
        prop_assert!(of(&both).only_of.is_superset(&of(&alone).only_of));
    }

    #[test]
    fn a_longer_choice_makes_nothing_looser(routes in any_routes(), facts in any_facts(), hours in 1_u64..10) {
        let of = |chosen| routes.demands_at(&facts, &[at(12)], &[None, chosen]);
        prop_assert!(covers(&of(ExpirationLength::from_minutes(hours * 60)).risk, &of(None).risk));
    }

    #[test]
    fn words_of_the_requester_and_rows_for_display_change_nothing(
        routes in any_routes(), facts in any_facts(), words in ".*",
    ) {
        let dressed = Facts {
            reason: Some(words.clone()),
            display: Some(vec![DisplayRow { label: words.clone(), content: words.clone() }]),
            permission: Some(words),
            ..facts.clone()
        };
        prop_assert_eq!(routes.demands_at(&facts, &[at(12)], &[None]), routes.demands_at(&dressed, &[at(12)], &[None]));
        prop_assert_eq!(routes.explain(&facts, at(12)), routes.explain(&dressed, at(12)));
    }
}
