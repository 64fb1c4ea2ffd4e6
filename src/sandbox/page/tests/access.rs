//! Who is let in, and what is left behind.

use http::StatusCode;
use serde_json::json;

use super::{Browser, rows};
use crate::sandbox::scene;

#[tokio::test]
async fn only_who_knows_the_address_gets_in() {
    let browser = Browser::open().await;
    let page = browser.http.get(&browser.url).send().await.unwrap();
    assert_eq!(page.status(), StatusCode::OK);
    assert_eq!(page.headers()["x-content-type-options"], "nosniff");
    assert!(page.headers()["content-security-policy"].to_str().unwrap().starts_with("default-src 'self';"));
    assert!(page.text().await.unwrap().contains("<title>p0-chatops sandbox</title>"));
    for path in ["/", "/state", "/0123456789abcdef0123456789abcdef/", "/0123456789abcdef0123456789abcdef/state"] {
        let stranger = browser.http.get(format!("http://{}{path}", browser.host())).send().await.unwrap();
        assert_eq!(stranger.status(), StatusCode::NOT_FOUND, "{path}");
    }
    browser.close().await;
}

#[tokio::test]
async fn foreign_names_and_foreign_pages_are_turned_away() {
    let browser = Browser::open().await;
    let port = browser.host().split(':').nth(1).unwrap();
    let localhost = format!("localhost:{port}");
    assert_eq!(browser.get("state", Some(("host", &localhost))).await, StatusCode::OK);
    for host in [&format!("evil.example:{port}"), "localhost", "127.0.0.1", "127.0.0.1:1"] {
        assert_eq!(browser.get("state", Some(("host", host))).await, StatusCode::MISDIRECTED_REQUEST, "{host}");
    }
    let own = format!("http://{}", browser.host());
    assert_eq!(browser.get("state", Some(("origin", &own))).await, StatusCode::OK);
    for origin in
        ["null", "http://evil.example", "http://127.0.0.1", &format!("http://{localhost}"), &format!("{own}0")]
    {
        assert_eq!(browser.get("state", Some(("origin", origin))).await, StatusCode::FORBIDDEN, "{origin}");
    }
    // What a form of another page can send is no JSON.
    let form = browser.http.post(format!("{}request", browser.url)).body("{}").send().await.unwrap();
    assert_eq!(form.status(), StatusCode::UNSUPPORTED_MEDIA_TYPE);
    browser.close().await;
}

#[tokio::test]
async fn nothing_is_kept() {
    use std::os::unix::fs::PermissionsExt as _;
    let browser = Browser::open().await;
    let folder = browser.folder.clone();
    let mode = |name: &str| std::fs::metadata(folder.join(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(""), mode("U01ALICE")), (0o700, 0o600));
    browser.close().await;
    assert!(!folder.exists());
}

#[tokio::test]
async fn no_secret_is_shown() {
    let browser = Browser::open().await;
    let slash = json!({ "person": "U02BOB", "kind": "slash", "channel": scene::CHANNEL, "text": "pending" });
    browser.post("act", &slash).await;
    browser.press("U01ALICE", "approve").await;
    browser.press("U02BOB", "deny").await;
    browser.until(|state| !rows(state, "audit").is_empty()).await;
    browser.with_bot("kill").await;
    let shown = browser.state().await.to_string();
    let settings: toml::Table = browser.stage.bot.settings().parse().unwrap();
    let mut secrets = vec![
        settings["slack"]["bot_token"].as_str().unwrap().to_owned(),
        settings["slack"]["signing_secrets"][0].as_str().unwrap().to_owned(),
        "/response/".to_owned(),
        "-----BEGIN".to_owned(),
    ];
    for (user, _) in browser.stage.scene.identities() {
        secrets.push(std::fs::read_to_string(browser.folder.join(user)).unwrap());
    }
    assert!(shown.contains("alice@example.com"));
    for secret in secrets {
        assert!(!secret.is_empty() && !shown.contains(&secret), "{secret}");
    }
    browser.close().await;
}
