//! The pages as people see them.

use super::Stage;
use crate::sandbox::idp::IdpSetup;

impl Stage {
    async fn page(&self, url: impl reqwest::IntoUrl) -> (u16, String, String) {
        let response = self.http.get(url).send().await.unwrap();
        let policy = response.headers()["content-security-policy"].to_str().unwrap().to_owned();
        (response.status().as_u16(), policy, response.text().await.unwrap())
    }

    async fn device(&self) -> String {
        let form = [("client_id", "p0-device"), ("scope", "openid")];
        let (_, device) = self.send(self.http.post(self.url("/device_authorization")).form(&form)).await;
        device["user_code"].as_str().unwrap().to_owned()
    }
}

#[tokio::test]
async fn the_sign_in_page_has_a_button_for_each_account_and_the_hinted_one_first() {
    let stage = Stage::set().await;
    let (status, policy, page) = stage.page(stage.link(&[("login_hint", "carol@example.com")])).await;
    assert_eq!(status, 200);
    assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{policy}");
    assert!(page.contains("width=device-width"));
    let buttons: Vec<&str> = page.split("<button ").skip(1).map(|rest| rest.split('>').next().unwrap()).collect();
    let account = |name: &str| format!("name=\"account\" value=\"00u-{name}\"");
    let expected = ["carol", "alice", "bob", "dave"].map(account);
    assert_eq!(buttons[..4], expected);
    assert_eq!(buttons[4], "name=\"decision\" value=\"cancel\"");
}

#[tokio::test]
async fn a_device_page_shows_the_code_to_compare() {
    let stage = Stage::set().await;
    let code = stage.device().await;
    assert!(stage.page(stage.url("/device")).await.2.contains("name=\"user_code\""));
    let (status, _, page) = stage.page(stage.url(&format!("/device?user_code={code}"))).await;
    assert_eq!(status, 200);
    assert!(page.contains(&format!("<code>{code}</code>")) && page.contains("value=\"deny\""), "{page}");
    let (status, _, page) = stage.page(stage.url("/device?user_code=%3Cb%3E")).await;
    assert_eq!(status, 404);
    assert!(page.contains("There is no code &lt;b&gt;, or no more."), "{page}");
}

#[tokio::test]
async fn names_are_text() {
    let mut setup = IdpSetup::default();
    setup.accounts[0].name = "<script>alert(\"1\")</script> & Co".to_owned();
    let stage = Stage::set_with(setup).await;
    let (_, _, page) = stage.page(stage.link(&[])).await;
    assert!(page.contains("&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp; Co"), "{page}");
    assert!(!page.contains("<script"));
}
