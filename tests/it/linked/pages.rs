//! The pages themselves: what they say on a phone, what their answers forbid, and what they do with addresses.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::{Method, StatusCode};
use p0_chatops::inbound::browser::BrowserSecret;
use sha2::{Digest as _, Sha256};
use url::Url;

use super::{Browser, Shown, linking};
use crate::world::{ALICE, BOB, World};

/// A page as a person reads it: heading, facts, sentences, buttons.
fn read(shown: &Shown) -> String {
    let body = shown.text.split_once("<main>").expect("a page").1;
    let spaced =
        ["</h1>", "</dd>", "</p>", "</button>"].iter().fold(body.to_owned(), |text, end| text.replace(end, "\n"));
    let marked = spaced.replace("</dt>", ": ").replace("<button type=\"submit\">", "[button] ");
    let mut tags = marked.split('<');
    let first = tags.next().unwrap_or_default().to_owned();
    tags.fold(first, |text, tag| text + tag.split_once('>').map_or("", |(_, rest)| rest)).trim().to_owned()
}

/// The parameter of an address.
fn parameter(url: &str, name: &str) -> Option<String> {
    let url: Url = url.parse().unwrap();
    url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

#[tokio::test]
async fn the_page_says_who_is_bound_to_whom_before_anything_happens() {
    let world = World::with(linking()).await;
    let page = world.ask_to_link(ALICE).await;
    let shown = Browser::new().get(&page).await;
    let text = read(&shown).replace(&world.idp().issuer(), "(issuer)");
    insta::assert_snapshot!(text, @r"
    Link your account
    Slack: alice@example.com, U01ALICE in T01ACME
    Will be linked to: the account that you sign in with
    At: (issuer)
    You sign in with Slack first, to show that you are this Slack user, and then there. From then on your decisions go to P0 with your own account.
    If you did not ask for this page in Slack just now, close it: nothing has happened yet.
    [button] Continue with Slack
    ");
    assert!(
        shown.text.contains("<meta name=\"viewport\" content=\"width=device-width"),
        "a phone shows it at its size"
    );
    assert!(!shown.text.contains("<script") && !shown.text.contains("src="), "{}", shown.text);
}

#[tokio::test]
async fn every_answer_forbids_what_it_does_not_need() {
    let world = World::with(linking()).await;
    let (page, browser) = (world.ask_to_link(ALICE).await, Browser::new());
    let (opened, begun) = (browser.get(&page).await, browser.press(&page).await);
    let back = world.slack.sign_in(begun.location.as_ref().unwrap(), ALICE).await.unwrap();
    let another = Browser::new().get(back.as_str()).await;
    let unknown = browser.get(&format!("{}/link/{}", world.base, "A".repeat(32))).await;
    let unreadable = browser.get(&format!("{}/link/slack?code=1", world.base)).await;
    for shown in [opened, begun, another, unknown, unreadable] {
        let header = |name: &str| shown.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let style = shown.text.split_once("<style>").and_then(|(_, rest)| rest.split_once("</style>"));
        if let Some((style, _)) = style {
            let digest = BASE64_STANDARD.encode(Sha256::digest(style));
            let policy = header("content-security-policy");
            assert!(policy.contains(&format!("style-src 'sha256-{digest}'")), "{policy}");
        }
        let policy = header("content-security-policy");
        assert!(
            policy.starts_with("default-src 'none'; ") && policy.ends_with("; base-uri 'none'; frame-ancestors 'none'")
        );
        assert!(!policy.contains("unsafe"), "{policy}");
        let others = ["cache-control", "referrer-policy", "x-content-type-options", "x-frame-options"].map(header);
        assert_eq!(others, ["no-store", "no-referrer", "nosniff", "DENY"], "{}", shown.status);
    }
}

/// The browser inside an app is gone once somebody turns to their authenticator: the button in Slack has to go on.
#[tokio::test]
async fn a_tab_that_is_closed_half_way_is_opened_from_slack_again() {
    let world = World::with(linking()).await;
    let page = world.ask_to_link(ALICE).await;
    Browser::new().press(&page).await;
    Browser::new().past_slack(&world, &page, ALICE).await;
    let again = Browser::new();
    assert_eq!(again.get(&page).await.title(), "Link your account");
    assert_eq!(again.link(&world, &page, ALICE, "alice").await.title(), "Your account is linked");
    let shown = again.get(&page).await;
    assert_eq!((shown.status.as_u16(), shown.title()), (410, "This page is over"));
}

#[tokio::test]
async fn what_leads_nowhere_says_so() {
    let world = World::with(linking()).await;
    let at = |path: &str| format!("{}{path}", world.base);
    let ticket = "A".repeat(32);
    for (method, path, status) in [
        (Method::GET, format!("/link/{ticket}"), 410),
        (Method::HEAD, format!("/link/{ticket}"), 410),
        (Method::POST, format!("/link/{ticket}"), 410),
        (Method::GET, format!("/link/{ticket}A"), 410),
        (Method::GET, "/link/%00%ff".to_owned(), 410),
        (Method::GET, format!("/link/{}", "%27".repeat(32)), 410),
        (Method::GET, "/link/".to_owned(), 404),
        (Method::GET, format!("/link/{ticket}/more"), 404),
        (Method::PUT, format!("/link/{ticket}"), 405),
        (Method::POST, "/link/provider?code=1&state=2".to_owned(), 405),
        (Method::HEAD, "/link/slack?code=1&state=2".to_owned(), 405),
        (Method::GET, "/link/slack?code=1&state=2".to_owned(), 410),
        (Method::GET, "/link/slack".to_owned(), 400),
        (Method::GET, "/link/slack?code=1".to_owned(), 400),
        (Method::GET, "/link/slack?state=1".to_owned(), 400),
        (Method::GET, "/link/slack?state=1&state=2&code=3".to_owned(), 400),
        (Method::GET, "/link/provider?state=1&code=2&code=3".to_owned(), 400),
        (Method::GET, "/link/provider?state=1&code=2&error=3".to_owned(), 400),
        (Method::GET, "/link/provider?state=1&code=2&iss=3&iss=4".to_owned(), 400),
        (Method::GET, format!("/link/provider?state=1&code={}", "c".repeat(9000)), 414),
    ] {
        let shown = Browser::new().ask_with(method.clone(), &at(&path), &[]).await;
        assert_eq!(shown.status.as_u16(), status, "{method} {path}");
        assert_eq!(shown.headers.get("set-cookie"), None, "{method} {path}");
    }
    let shown = Browser::new().get(&at(&format!("/link/{ticket}"))).await;
    insta::assert_snapshot!(read(&shown), @r"
    This page is over
    It was used, it is older than 5 minutes, a newer one was asked for, or what it was for is over. If you had come to the end of it, that counted: Slack says so. Otherwise ask for a new one there.
    ");
    assert_eq!(world.sign_ins().await, [""; 0]);
}

#[tokio::test]
async fn what_strangers_say_in_an_address_is_text() {
    let world = World::with(linking()).await;
    let (page, browser) = (world.ask_to_link(ALICE).await, Browser::new());
    let to_slack = browser.press(&page).await.location.unwrap();
    let state = parameter(&to_slack, "state").unwrap();
    let error = "%3Cscript%3Ealert(1)%3C/script%3E%22%26amp;%0A*bold*";
    let shown = browser.get(&format!("{}/link/slack?error={error}&state={state}", world.base)).await;
    assert!(!shown.text.contains("<script"), "{}", shown.text);
    assert_eq!(
        shown.says(),
        "It was refused where you signed in (&lt;script&gt;alert(1)&lt;/script&gt;&quot;&amp;amp; *bold*)."
    );
}

#[tokio::test]
async fn nothing_that_goes_elsewhere_tells_what_stays_here() {
    let world = World::with(linking()).await;
    let (page, browser) = (world.ask_to_link(ALICE).await, Browser::new());
    let to_slack = browser.press(&page).await.location.unwrap();
    let secret = browser.cookie().unwrap().split_once('=').unwrap().1.to_owned();
    let back = world.slack.sign_in(&to_slack, ALICE).await.unwrap();
    let to_provider = browser.get(back.as_str()).await.location.unwrap();
    let mut sent = Vec::new();
    for (leg, names) in [(&to_slack, vec!["state", "nonce"]), (&to_provider, vec!["state", "nonce", "code_challenge"])]
    {
        sent.extend(names.into_iter().map(|name| parameter(leg, name).unwrap_or_else(|| panic!("{name}: {leg}"))));
        assert!(!leg.contains(&secret), "the cookie's secret goes nowhere");
    }
    let apart: std::collections::BTreeSet<&String> = sent.iter().collect();
    assert_eq!(apart.len(), 5, "each is of its own: {sent:?}");
    assert_eq!(parameter(&to_slack, "code_challenge"), None);
    // Whoever reads the ledger finds digests: neither the address, nor the cookie, nor a state is among them.
    let kept = world.sign_ins().await.join("\n");
    let ticket = page.rsplit('/').next().unwrap();
    assert!(sent.iter().map(String::as_str).chain([ticket, &secret]).all(|held| !kept.contains(held)), "{kept}");
}

#[tokio::test]
async fn the_cookie_of_a_loopback_host_is_for_this_way_only() {
    let world = World::with(linking()).await;
    let page = world.ask_to_link(ALICE).await;
    let shown = Browser::new().press(&page).await;
    let cookie = shown.headers.get("set-cookie").unwrap().to_str().unwrap();
    let (name, rest) = cookie.split_at("p0-sign-in=".len() + 43);
    assert!(name.starts_with("p0-sign-in="), "{cookie}");
    assert_eq!(rest, "; Path=/; HttpOnly; SameSite=Lax; Max-Age=300");
}

/// Whoever ends TLS takes the path of `public_url` away; every address that people and providers see has it.
#[tokio::test]
async fn behind_tls_and_a_path_everything_stays_below_it() {
    let world = World::with(linking().set("public_url", "\"https://bot.example.com/p0/\"")).await;
    let inside = |address: &str| {
        let below = address.strip_prefix("https://bot.example.com/p0").unwrap_or_else(|| panic!("{address}"));
        format!("{}{below}", world.base)
    };
    world.slack.set_redirect_urls(&["https://bot.example.com/p0/link/slack"]);
    world.idp().allow_redirect("p0-chatops", "https://bot.example.com/p0/link/provider");
    let page = inside(&world.ask_to_link(ALICE).await);
    let browser = Browser::new();
    let ticket = page.rsplit('/').next().unwrap();
    assert_eq!(browser.get(&page).await.button(), format!("/p0/link/{ticket}"));
    let begun = browser.press(&page).await;
    let cookie = begun.headers.get("set-cookie").unwrap().to_str().unwrap();
    assert!(cookie.starts_with("__Host-p0-sign-in=") && cookie.contains("; Path=/;"), "{cookie}");
    assert!(cookie.ends_with("; HttpOnly; SameSite=Lax; Max-Age=300; Secure"), "{cookie}");

    // Of the two names only the one that other hosts and plain http cannot set is believed.
    let own = browser.cookie().unwrap();
    let begun = begun.location.unwrap();
    let back = world.slack.sign_in(&begun, ALICE).await.unwrap();
    browser.set_cookie(Some(&own.replace("__Host-", "")));
    let shown = browser.get(&inside(back.as_str())).await;
    assert_eq!((shown.status, shown.title()), (StatusCode::CONFLICT, "This is another browser"));
    let again = inside(&format!("https://bot.example.com{}", shown.button()));
    let begun = browser.press(&again).await.location.unwrap();
    let back = world.slack.sign_in(&begun, ALICE).await.unwrap();
    let to_provider = browser.get(&inside(back.as_str())).await.location.unwrap();
    let back = world.idp().log_in(&to_provider, "alice").await.unwrap();
    assert_eq!(browser.get(&inside(back.as_str())).await.title(), "Your account is linked");
}

#[tokio::test]
async fn what_a_browser_holds_is_in_no_words_of_the_bot() {
    let secret = BrowserSecret::random();
    assert_eq!(format!("{secret:?}"), "BrowserSecret(…)");
    assert_eq!(format!("{:?}", secret.cookie(true)), "Sensitive");
    let world = World::with(linking()).await;
    world.links(BOB, "bob").await;
    let metrics = world.metrics().await;
    assert!(!metrics.contains("U02BOB") && !metrics.contains("00u-bob") && !metrics.contains("bob@"), "{metrics}");
}
