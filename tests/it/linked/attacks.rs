//! Attacks on the way through the browser: whoever is not who asked, in the browser that began, in time, links nothing.

use std::time::Duration;

use http::{Method, StatusCode};
use p0_chatops::sandbox::idp::Tamper;
use p0_chatops::sandbox::slack::Tamper as SlackTamper;
use serde_json::{Value, json};

use super::{Browser, Shown, linking};
use crate::world::{ALICE, BOB, CAROL, World};

const OPENED_BY_ANOTHER: &str = "The page was opened by another Slack user than the one who asked for it, so nothing was \
                                 linked. It is for nobody else: if somebody sent it to you, tell your security team.";
const YOURS_WAS: &str = "The page that you asked for was opened by another Slack user than you, so nothing was linked. If \
                         you passed it on to nobody, and have no other Slack account that you may have signed in with, \
                         tell your security team.";
const UNBELIEVABLE: &str =
    "What came back cannot be believed; the bot&#39;s log tells its operator why. Nothing was linked.";
const NOT_LINKED: (StatusCode, &str) = (StatusCode::FORBIDDEN, "Your account was not linked");
const OVER: (StatusCode, &str) = (StatusCode::GONE, "This page is over");
const ANOTHER_BROWSER: (StatusCode, &str) = (StatusCode::CONFLICT, "This is another browser");
const LINKED: (StatusCode, &str) = (StatusCode::OK, "Your account is linked");

fn seen(shown: &Shown) -> (StatusCode, &str) {
    (shown.status, shown.title())
}

impl World {
    async fn nothing_came_of_it(&self) {
        assert_eq!(self.linked().await, [""; 0]);
        assert_eq!(self.told(), [""; 0]);
    }
}

/// With one parameter of the query changed, or taken away.
fn with(url: &str, name: &str, value: Option<&str>) -> String {
    let mut url: url::Url = url.parse().unwrap();
    let kept: Vec<(String, String)> =
        url.query_pairs().filter(|(key, _)| key != name).map(|(key, value)| (key.into(), value.into())).collect();
    url.query_pairs_mut().clear().extend_pairs(kept).extend_pairs(value.map(|value| (name, value)));
    url.into()
}

#[tokio::test]
async fn a_link_that_is_sent_to_somebody_else_binds_nothing_whoever_they_are() {
    let world = World::with(linking()).await;
    for (asker, opener) in [(BOB, ALICE), (ALICE, BOB)] {
        let page = world.ask_to_link(asker).await;
        let shown = Browser::new().sign_in_with_slack(&world, &page, opener).await;
        assert_eq!((seen(&shown), shown.says()), (NOT_LINKED, OPENED_BY_ANOTHER));
        assert_eq!(seen(&Browser::new().press(&page).await), OVER, "the asker has to ask for a new one");
        world.work().await;
        assert_eq!(world.dms(asker), [YOURS_WAS]);
        assert_eq!(world.audit_trail().await.pop().unwrap(), format!("sign_in.failed {asker} another_slack_user"));
    }
    assert_eq!((world.idp().calls().len(), world.asked_p0()), (0, 0), "nobody got as far as the provider");
    world.nothing_came_of_it().await;
}

#[tokio::test]
async fn the_same_user_id_in_another_workspace_is_somebody_else() {
    let world = World::with(linking()).await;
    let (page, browser) = (world.ask_to_link(ALICE).await, Browser::new());
    let to_slack = browser.press(&page).await.location.unwrap();
    assert!(to_slack.contains("team=T01ACME"), "{to_slack}");
    let back = world.slack.sign_in_from(&to_slack, ALICE, "T09OTHER").await.unwrap();
    let shown = browser.get(back.as_str()).await;
    assert_eq!((seen(&shown), shown.says()), (NOT_LINKED, OPENED_BY_ANOTHER));
    world.nothing_came_of_it().await;
}

/// The account-binding attack: Mallory goes through Slack as herself and has the victim sign in at the provider.
#[tokio::test]
async fn a_way_to_the_provider_that_is_sent_to_somebody_else_ends_in_their_browser() {
    let world = World::with(linking()).await;
    let (page, mallory) = (world.ask_to_link(BOB).await, Browser::new());
    let to_provider = mallory.past_slack(&world, &page, BOB).await;
    let back = world.idp().log_in(&to_provider, "alice").await.unwrap();
    let alices = Browser::new();
    let shown = alices.get(back.as_str()).await;
    assert_eq!(seen(&shown), ANOTHER_BROWSER);
    let again = format!("{}{}", world.base, shown.button());
    let shown = alices.sign_in_with_slack(&world, &again, ALICE).await;
    assert_eq!((seen(&shown), shown.says()), (NOT_LINKED, OPENED_BY_ANOTHER));
    assert_eq!(seen(&mallory.get(back.as_str()).await), OVER, "the state was used up");
    assert_eq!(
        world.idp().calls().iter().filter(|call| call.grant.is_some()).count(),
        0,
        "the code was redeemed by nobody"
    );
    world.nothing_came_of_it().await;
}

/// Even if the victim's answer gets into the attacker's own browser, the account is not the attacker's.
#[tokio::test]
async fn a_victims_code_in_the_attackers_browser_is_of_an_account_that_is_not_theirs() {
    let world = World::with(linking()).await;
    let (page, mallory) = (world.ask_to_link(BOB).await, Browser::new());
    let shown = mallory.link(&world, &page, BOB, "alice").await;
    assert_eq!(seen(&shown), NOT_LINKED);
    assert!(shown.says().starts_with("The account that you signed in with is not yours"), "{}", shown.says());
    assert_eq!(
        (world.asked_p0(), world.audit_trail().await.pop().unwrap()),
        (0, format!("sign_in.missed {BOB} not_bound"))
    );
    world.nothing_came_of_it().await;
}

#[tokio::test]
async fn a_callback_counts_once() {
    let world = World::with(linking()).await;
    let (page, browser) = (world.ask_to_link(ALICE).await, Browser::new());
    let to_slack = browser.press(&page).await.location.unwrap();
    let from_slack = world.slack.sign_in(&to_slack, ALICE).await.unwrap();
    let to_provider = browser.get(from_slack.as_str()).await.location.unwrap();
    assert_eq!(seen(&browser.get(from_slack.as_str()).await), OVER);
    let from_provider = world.idp().log_in(&to_provider, "alice").await.unwrap();
    assert_eq!(seen(&browser.get(from_provider.as_str()).await), LINKED, "the replay has changed nothing");
    assert_eq!(seen(&browser.get(from_provider.as_str()).await), OVER);
    assert_eq!(world.linked().await, ["U01ALICE 00u-alice alice@example.com"]);
}

#[tokio::test]
async fn two_deliveries_of_one_callback_at_once_link_once() {
    let world = World::with(linking()).await;
    let (page, browser) = (world.ask_to_link(ALICE).await, Browser::new());
    let to_provider = browser.past_slack(&world, &page, ALICE).await;
    let back = world.idp().log_in(&to_provider, "alice").await.unwrap();
    let (one, other) = tokio::join!(browser.get(back.as_str()), browser.get(back.as_str()));
    let mut seen = [seen(&one), seen(&other)];
    seen.sort();
    assert_eq!(seen, [LINKED, OVER]);
    assert_eq!(world.audit_trail().await, [format!("sign_in.begun {ALICE}"), format!("link.made {ALICE}")]);
}

#[tokio::test]
async fn whoever_takes_longer_than_five_minutes_starts_over() {
    let world = World::with(linking()).await;
    let (page, browser) = (world.ask_to_link(ALICE).await, Browser::new());
    let to_slack = browser.press(&page).await.location.unwrap();
    world.clock.advance(Duration::from_secs(300));
    let back = world.slack.sign_in(&to_slack, ALICE).await.unwrap();
    assert_eq!(seen(&browser.get(back.as_str()).await), OVER);
    assert_eq!(seen(&browser.get(&page).await), OVER);
    assert_eq!(seen(&browser.press(&page).await), OVER);

    let page = world.ask_to_link(ALICE).await;
    let to_provider = browser.past_slack(&world, &page, ALICE).await;
    let back = world.idp().log_in(&to_provider, "alice").await.unwrap();
    world.clock.advance(Duration::from_secs(300));
    assert_eq!(seen(&browser.get(back.as_str()).await), OVER);
    world.nothing_came_of_it().await;

    let page = world.ask_to_link(ALICE).await;
    world.clock.advance(Duration::from_secs(299));
    assert_eq!(seen(&browser.link(&world, &page, ALICE, "alice").await), LINKED, "a second less is in time");
}

#[tokio::test]
async fn a_state_from_elsewhere_is_worth_nothing() {
    let world = World::with(linking()).await;
    let (alices, bobs) = (Browser::new(), Browser::new());
    let (alices_page, bobs_page) = (world.ask_to_link(ALICE).await, world.ask_to_link(BOB).await);
    let (to_slack, bobs_to_slack) =
        (alices.press(&alices_page).await.location.unwrap(), bobs.press(&bobs_page).await.location.unwrap());
    let back = world.slack.sign_in(&to_slack, ALICE).await.unwrap();
    let made_up = "A".repeat(43);
    for state in [made_up.as_str(), "%00", "'; DROP TABLE sign_ins; --"] {
        assert_eq!(seen(&alices.get(&with(back.as_str(), "state", Some(state))).await), OVER, "{state}");
    }
    let swapped = back.as_str().replace("/link/slack", "/link/provider");
    assert_eq!(seen(&alices.get(&swapped).await), OVER, "of the other leg");
    assert_eq!(seen(&alices.get(back.as_str()).await), OVER, "and used up by that");

    // Bob's own code, with the state of another sign-in of his: the browser is not the one that began that one.
    let bobs_back = world.slack.sign_in(&bobs_to_slack, BOB).await.unwrap();
    let other = Browser::new();
    let again = other.press(&bobs_page).await.location.unwrap();
    let newer: url::Url = again.parse().unwrap();
    let state = newer.query_pairs().find(|(key, _)| key == "state").unwrap().1.into_owned();
    let shown = bobs.get(&with(bobs_back.as_str(), "state", Some(&state))).await;
    assert_eq!(seen(&shown), ANOTHER_BROWSER);
    world.nothing_came_of_it().await;
}

#[tokio::test]
async fn who_comes_back_in_another_browser_starts_over_there_and_gets_there() {
    let world = World::with(linking()).await;
    for lost in ["at slack", "at the provider"] {
        let (page, app) = (world.ask_to_link(ALICE).await, Browser::new());
        let back = match lost {
            "at slack" => {
                let to_slack = app.press(&page).await.location.unwrap();
                world.slack.sign_in(&to_slack, ALICE).await.unwrap()
            }
            _ => world.idp().log_in(&app.past_slack(&world, &page, ALICE).await, "alice").await.unwrap(),
        };
        let phone = Browser::new();
        let shown = phone.get(back.as_str()).await;
        assert_eq!(seen(&shown), ANOTHER_BROWSER, "{lost}");
        assert!(shown.says().ends_with("Nothing was done. Start again in this one."), "{}", shown.says());
        assert!(shown.text.contains(">Start again here</button>"), "{}", shown.text);
        world.nothing_came_of_it().await;
        assert_eq!(seen(&app.get(back.as_str()).await), OVER, "{lost}: the old browser is out");
        assert_eq!(seen(&app.press(&page).await), OVER, "{lost}: and so is the old address");
        let again = format!("{}{}", world.base, shown.button());
        assert_eq!(seen(&phone.link(&world, &again, ALICE, "alice").await), LINKED, "{lost}");
        world.slack.slash(ALICE, crate::world::CHANNEL, "unlink").await.unwrap();
    }
}

#[tokio::test]
async fn a_second_press_in_another_browser_puts_the_first_out() {
    let world = World::with(linking()).await;
    let (page, first, second) = (world.ask_to_link(ALICE).await, Browser::new(), Browser::new());
    let to_provider = first.past_slack(&world, &page, ALICE).await;
    let back = world.idp().log_in(&to_provider, "alice").await.unwrap();
    let to_provider = second.past_slack(&world, &page, ALICE).await;
    assert_eq!(seen(&first.get(back.as_str()).await), OVER);
    let back = world.idp().log_in(&to_provider, "alice").await.unwrap();
    assert_eq!(seen(&second.get(back.as_str()).await), LINKED);

    let page = world.ask_to_link(BOB).await;
    let to_slack = first.press(&page).await.location.unwrap();
    let again = second.press(&page).await.location.unwrap();
    let back = world.slack.sign_in(&to_slack, BOB).await.unwrap();
    assert_eq!(seen(&first.get(back.as_str()).await), OVER);
    let back = world.slack.sign_in(&again, BOB).await.unwrap();
    let to_provider = second.get(back.as_str()).await.location.unwrap();
    let back = world.idp().log_in(&to_provider, "bob").await.unwrap();
    assert_eq!(seen(&second.get(back.as_str()).await), LINKED);
}

#[tokio::test]
async fn whoever_asks_anew_makes_the_older_page_worthless_however_far_it_was() {
    let world = World::with(linking()).await;
    let (older, browser) = (world.ask_to_link(ALICE).await, Browser::new());
    world.ask_to_link(ALICE).await;
    assert_eq!(seen(&browser.get(&older).await), OVER);
    assert_eq!(seen(&browser.press(&older).await), OVER);

    let page = world.ask_to_link(ALICE).await;
    let to_slack = browser.press(&page).await.location.unwrap();
    world.ask_to_link(ALICE).await;
    let back = world.slack.sign_in(&to_slack, ALICE).await.unwrap();
    assert_eq!(seen(&browser.get(back.as_str()).await), OVER);

    let page = world.ask_to_link(ALICE).await;
    let back = world.idp().log_in(&browser.past_slack(&world, &page, ALICE).await, "alice").await.unwrap();
    let newest = world.ask_to_link(ALICE).await;
    assert_eq!(seen(&browser.get(back.as_str()).await), OVER);
    world.nothing_came_of_it().await;
    assert_eq!(seen(&browser.link(&world, &newest, ALICE, "alice").await), LINKED);
}

#[tokio::test]
async fn opening_a_page_changes_nothing_however_often_and_by_whom() {
    let world = World::with(linking()).await;
    let page = world.ask_to_link(ALICE).await;
    let before = (world.sign_ins().await, world.stored().await, world.audit_trail().await);
    for method in [Method::GET, Method::GET, Method::HEAD] {
        let robot = [("user-agent", "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)")];
        let shown = Browser::new().ask_with(method.clone(), &page, &robot).await;
        assert_eq!((shown.status, shown.headers.get("set-cookie")), (StatusCode::OK, None));
        assert_eq!(shown.title(), if method == Method::HEAD { "" } else { "Link your account" });
    }
    assert_eq!((world.sign_ins().await, world.stored().await, world.audit_trail().await), before);
    assert_eq!(world.idp().calls().len(), 0);
}

#[tokio::test]
async fn looking_at_a_callback_does_not_use_it_up() {
    let world = World::with(linking()).await;
    let (page, browser) = (world.ask_to_link(ALICE).await, Browser::new());
    let to_slack = browser.press(&page).await.location.unwrap();
    let back = world.slack.sign_in(&to_slack, ALICE).await.unwrap();
    let before = world.sign_ins().await;
    assert_eq!(browser.ask_with(Method::HEAD, back.as_str(), &[]).await.status, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(world.sign_ins().await, before);
    assert_eq!(browser.get(back.as_str()).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn another_site_cannot_press_the_button() {
    let world = World::with(linking()).await;
    let page = world.ask_to_link(ALICE).await;
    let before = world.sign_ins().await;
    for site in ["cross-site", "same-site"] {
        let shown = Browser::new().ask_with(Method::POST, &page, &[("sec-fetch-site", site)]).await;
        assert_eq!((shown.status, shown.text.as_str()), (StatusCode::FORBIDDEN, ""), "{site}");
    }
    assert_eq!(world.sign_ins().await, before);
    for site in ["same-origin", "none"] {
        let shown = Browser::new().ask_with(Method::POST, &page, &[("sec-fetch-site", site)]).await;
        assert_eq!(shown.status, StatusCode::SEE_OTHER, "{site}");
    }
}

#[tokio::test]
async fn a_cookie_that_is_not_the_browsers_own_is_none() {
    let world = World::with(linking()).await;
    let browser = Browser::new();
    let cookies: [fn(&str) -> Option<String>; 7] = [
        |_| None,
        |own| Some(format!("{own}; {own}")),
        |own| Some(format!("{own}; p0-sign-in={}", "A".repeat(43))),
        |own| Some(format!("{own}A")),
        |own| Some(own[..own.len() - 1].to_owned()),
        |_| Some(format!("p0-sign-in={}", "A".repeat(43))),
        |own| Some(own.replace("p0-sign-in=", "P0-SIGN-IN=")),
    ];
    for (nth, cookie) in cookies.into_iter().enumerate() {
        let page = world.ask_to_link(ALICE).await;
        let to_slack = browser.press(&page).await.location.unwrap();
        let back = world.slack.sign_in(&to_slack, ALICE).await.unwrap();
        browser.set_cookie(cookie(&browser.cookie().unwrap()).as_deref());
        assert_eq!(seen(&browser.get(back.as_str()).await), ANOTHER_BROWSER, "{nth}");
    }
    let page = world.ask_to_link(ALICE).await;
    let to_slack = browser.press(&page).await.location.unwrap();
    let back = world.slack.sign_in(&to_slack, ALICE).await.unwrap();
    browser.set_cookie(Some(&format!("theme=dark; {}; a=b", browser.cookie().unwrap())));
    assert_eq!(browser.get(back.as_str()).await.status, StatusCode::SEE_OTHER, "other cookies are others' business");
}

#[tokio::test]
async fn whoever_presses_cancel_links_nothing_and_may_think_again() {
    let world = World::with(linking()).await;
    let (page, browser) = (world.ask_to_link(ALICE).await, Browser::new());
    let to_slack = browser.press(&page).await.location.unwrap();
    let at_slack = browser.get(world.slack.cancel_sign_in(&to_slack).await.unwrap().as_str()).await;
    let again = |shown: &Shown| format!("{}{}", world.base, shown.button());
    let to_provider = browser.past_slack(&world, &again(&at_slack), ALICE).await;
    let at_provider = browser.get(world.idp().cancel(&to_provider).await.unwrap().as_str()).await;
    for shown in [&at_slack, &at_provider] {
        assert_eq!((seen(shown), shown.says()), (NOT_LINKED, "It was refused where you signed in (access_denied)."));
        assert!(shown.text.contains(">Try again</button>"), "{}", shown.text);
    }
    assert_eq!(world.audit_trail().await.pop().unwrap(), format!("sign_in.missed {ALICE} provider"));
    world.nothing_came_of_it().await;
    assert_eq!(seen(&browser.link(&world, &again(&at_provider), ALICE, "alice").await), LINKED);
}

#[tokio::test]
async fn whoever_signs_in_with_an_account_that_is_not_theirs_may_do_so_with_their_own() {
    let world = World::with(linking()).await;
    let (page, browser) = (world.ask_to_link(ALICE).await, Browser::new());
    let shown = browser.link(&world, &page, ALICE, "bob").await;
    assert_eq!(seen(&shown), NOT_LINKED);
    world.nothing_came_of_it().await;
    let again = format!("{}{}", world.base, shown.button());
    assert_eq!(seen(&browser.link(&world, &again, ALICE, "alice").await), LINKED);
}

#[tokio::test]
async fn the_callback_has_to_name_the_provider_that_was_asked() {
    let world = World::with(linking()).await;
    for iss in [Some("https://idp.example"), Some(""), None] {
        let (page, browser) = (world.ask_to_link(ALICE).await, Browser::new());
        let back = world.idp().log_in(&browser.past_slack(&world, &page, ALICE).await, "alice").await.unwrap();
        let shown = browser.get(&with(back.as_str(), "iss", iss)).await;
        assert_eq!((seen(&shown), shown.says()), (NOT_LINKED, UNBELIEVABLE), "{iss:?}");
    }
    let spent = world.idp().calls().iter().filter(|call| call.grant.is_some()).count();
    assert_eq!(spent, 0, "no code went to a token endpoint that may not be the code's");
    world.nothing_came_of_it().await;
}

#[tokio::test]
async fn a_providers_id_token_that_is_wrong_in_one_thing_binds_nothing() {
    let world = World::with(linking()).await;
    for tamper in [
        Tamper::Audience,
        Tamper::Issuer,
        Tamper::Nonce,
        Tamper::ForeignKey,
        Tamper::UnknownKey,
        Tamper::Unsigned,
        Tamper::PublicKeyAsSecret,
        Tamper::Expired,
        Tamper::Subject(String::new()),
        Tamper::Claim("nonce".into(), Value::Null),
        Tamper::Claim("aud".into(), json!(["p0-chatops", "another-client"])),
        Tamper::Claim("azp".into(), json!("another-client")),
        Tamper::Claim("exp".into(), Value::Null),
    ] {
        world.idp().tamper(tamper.clone());
        let page = world.ask_to_link(ALICE).await;
        let shown = Browser::new().link(&world, &page, ALICE, "alice").await;
        assert_eq!((seen(&shown), shown.says()), (NOT_LINKED, UNBELIEVABLE), "{tamper:?}");
    }
    assert_eq!(world.asked_p0(), 0);
    world.nothing_came_of_it().await;
    assert_eq!(seen(&world.links(ALICE, "alice").await), LINKED, "an honest one does");
}

#[tokio::test]
async fn slacks_id_token_that_is_wrong_in_one_thing_leads_nowhere() {
    let world = World::with(linking()).await;
    let claim = |name: &str, value: Value| SlackTamper::Claim(name.to_owned(), value);
    for (tamper, says) in [
        (claim("aud", json!("another-app")), UNBELIEVABLE),
        (claim("iss", json!("https://slack.example")), UNBELIEVABLE),
        (claim("nonce", json!("another-nonce")), UNBELIEVABLE),
        (claim("nonce", Value::Null), UNBELIEVABLE),
        (claim("exp", json!(1_000_000_000)), UNBELIEVABLE),
        (SlackTamper::ForeignKey, UNBELIEVABLE),
        (SlackTamper::Unsigned, UNBELIEVABLE),
        (SlackTamper::Missing, UNBELIEVABLE),
        (claim("https://slack.com/user_id", json!(CAROL)), OPENED_BY_ANOTHER),
        (claim("https://slack.com/user_id", Value::Null), OPENED_BY_ANOTHER),
        (claim("https://slack.com/team_id", json!("T09OTHER")), OPENED_BY_ANOTHER),
        (claim("https://slack.com/team_id", Value::Null), OPENED_BY_ANOTHER),
    ] {
        world.slack.tamper(tamper.clone());
        let page = world.ask_to_link(ALICE).await;
        let shown = Browser::new().sign_in_with_slack(&world, &page, ALICE).await;
        assert_eq!((seen(&shown), shown.says(), &shown.location), (NOT_LINKED, says, &None), "{tamper:?}");
    }
    assert_eq!(world.idp().calls().len(), 0);
    world.nothing_came_of_it().await;
}

#[tokio::test]
async fn whoever_types_link_a_hundred_times_fills_nothing() {
    let world = World::with(linking()).await;
    let card = world.usual().await;
    for _ in 0..50 {
        world.ask_to_link(ALICE).await;
        world.press(ALICE, &card, "approve").await;
    }
    let page = world.page_of(ALICE);
    assert_eq!((world.sign_ins().await.len(), world.audit_trail().await), (1, vec![format!("sign_in.begun {ALICE}")]));
    Browser::new().press(&page).await;
    world.ask_to_link(ALICE).await;
    assert_eq!(world.sign_ins().await.len(), 1);
    world.clock.advance(Duration::from_secs(17 * 60));
    world.work().await;
    assert_eq!(world.rows("deliveries").await, 0);
}
