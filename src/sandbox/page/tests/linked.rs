//! A stage on which people link accounts of their own: in a browser, or with a code.

use http::StatusCode;
use serde_json::{Value, json};
use url::Url;

use super::{Browser, PATIENCE, rows};
use crate::cli::SandboxArgs;
use crate::sandbox::identity::{CardRisk, IdentityMode};
use crate::sandbox::run::Sandbox;
use crate::sandbox::scene::CHANNEL;
use crate::sandbox::seed::Seed;
use crate::sandbox::stories::{Scenario, Surfer};

const ALICE: &str = "U01ALICE";
const LINKED: &str = "Your account is linked";
/// What a row says of a link.
const WHY: usize = 5;

impl Browser {
    async fn linking(requests: usize) -> Self {
        Self::open_where(IdentityMode::Linked, requests).await
    }

    /// Where the newest line that only this person sees leads to.
    async fn page_of(&self, person: &str) -> String {
        let page = || {
            let lines = self.stage.slack.ephemerals(person);
            let blocks = lines.into_iter().rev().flat_map(|line| line.blocks);
            blocks
                .flat_map(|block| block["elements"].as_array().cloned().unwrap_or_default())
                .find_map(|element| element["url"].as_str().map(str::to_owned))
        };
        self.until(|_| page().is_some()).await;
        page().unwrap()
    }

    /// The heading at which somebody ends who opens the page of another, or their own.
    async fn opens(&self, who: &str, page: &str, account: &str) -> String {
        let idp = self.stage.idp.as_ref().unwrap();
        Surfer::new(&self.stage.slack, idp).link(page, who, account).await.unwrap()
    }

    /// Alice types `link` and goes all the way.
    async fn alice_links(&self) {
        self.types("link").await;
        let page = self.page_of(ALICE).await;
        assert_eq!(self.opens(ALICE, &page, "alice@example.com").await, LINKED);
        self.until_told("Your account is linked").await;
    }

    async fn types(&self, text: &str) {
        let slash = json!({ "person": ALICE, "kind": "slash", "channel": CHANNEL, "text": text });
        assert_eq!(self.post("act", &slash).await, (StatusCode::OK, json!({ "status": 200 })));
    }

    /// Alice is told this in a direct message.
    async fn until_told(&self, says: &str) -> Value {
        self.until(|state| {
            let dm = self.stage.slack.dm_channel(ALICE);
            let messages = state["slack"]["messages"].as_array().unwrap();
            messages.iter().any(|message| {
                dm.as_deref() == message["channel"].as_str() && message["text"].as_str().unwrap().contains(says)
            })
        })
        .await
    }

    /// What P0 heard of decisions, the oldest first: the status, and of whom the credential was.
    fn heard(&self) -> Vec<(Option<u16>, Option<String>)> {
        let calls = self.stage.p0.calls().into_iter().filter(|call| call.request_id.is_some());
        calls.map(|call| (call.status, call.subject)).collect()
    }

    async fn until_heard(&self, calls: usize) {
        self.until(|_| self.heard().iter().filter(|(status, _)| status.is_some()).count() == calls).await;
    }
}

#[tokio::test]
async fn a_link_is_made_from_the_refusal_and_ended_by_a_word() {
    let browser = Browser::linking(1).await;
    browser.press(ALICE, "approve").await;
    let page = browser.page_of(ALICE).await;
    assert_eq!(browser.heard(), []);
    assert!(page.starts_with("http://127.0.0.1:") && page.contains("/link/"), "{page}");
    assert_eq!(browser.opens(ALICE, &page, "alice@example.com").await, LINKED);
    browser.until_told("you are alice@example.com to P0").await;
    browser.press(ALICE, "approve").await;
    browser.until_heard(1).await;
    assert_eq!(browser.heard(), [(Some(200), Some("00u0001".to_owned()))]);

    browser.types("whoami").await;
    browser.until_line(ALICE, "It is linked since").await;
    browser.types("unlink").await;
    let state = browser.until(|state| rows(state, "links")[0][WHY] == "unlinked").await;
    assert!(!state.to_string().contains("eyJ"), "a token is shown");
    browser.until(|_| browser.stage.idp.as_ref().unwrap().living_families("alice@example.com") == 0).await;
    browser.close().await;
}

#[tokio::test]
async fn a_code_links_without_any_page_of_the_bots() {
    let browser = Browser::open_where(IdentityMode::Device, 1).await;
    browser.types("link").await;
    let state = browser.until_told("enter the code").await;
    let elements = state["slack"]["messages"].as_array().unwrap().iter().flat_map(|message| {
        let blocks = message["blocks"].as_array().cloned().unwrap_or_default().into_iter();
        blocks.flat_map(|block| block["elements"].as_array().cloned().unwrap_or_default())
    });
    let url = elements.filter_map(|element| element["url"].as_str().and_then(|url| url.parse::<Url>().ok())).next();
    let url = url.unwrap();
    let (_, code) = url.query_pairs().find(|(name, _)| name == "user_code").unwrap();
    browser.stage.idp.as_ref().unwrap().enter_code(&code, "alice@example.com").await.unwrap();
    browser.until_told("you are alice@example.com to P0").await;
    browser.press(ALICE, "approve").await;
    browser.until_heard(1).await;
    assert_eq!(browser.heard(), [(Some(200), Some("00u0001".to_owned()))]);
    browser.close().await;
}

#[tokio::test]
async fn what_p0_has_forgotten_is_renewed_and_a_closed_account_is_asked_for_again() {
    let browser = Browser::linking(2).await;
    browser.alice_links().await;
    let first = browser.card().await;
    browser.switch(json!({ "p0": "forgets" })).await;
    browser.press(ALICE, "approve").await;
    browser.until_heard(2).await;
    assert_eq!(browser.heard(), [(Some(401), None), (Some(200), Some("00u0001".to_owned()))]);
    browser.switch(json!({ "p0": "none", "idp": "closed" })).await;
    browser.until(|_| browser.stage.slack.element(CHANNEL, &first, "approve").is_none()).await;
    browser.press(ALICE, "approve").await;
    browser.until_told("Please link again").await;
    browser.switch(json!({ "idp": "none" })).await;
    browser.alice_links().await;
    browser.press(ALICE, "approve").await;
    browser.until_heard(4).await;
    assert_eq!(browser.heard()[3], (Some(200), Some("00u0001".to_owned())));
    browser.close().await;
}

#[tokio::test]
async fn a_provider_that_does_not_answer_links_nobody_and_stops_nobody_who_is_linked() {
    for fault in ["down", "html"] {
        let browser = Browser::linking(0).await;
        browser.switch(json!({ "idp": fault })).await;
        browser.types("link").await;
        let page = browser.page_of(ALICE).await;
        assert_eq!(browser.opens(ALICE, &page, "alice@example.com").await, "Not now", "{fault}");
        browser.close().await;
    }
    let browser = Browser::linking(1).await;
    browser.alice_links().await;
    browser.switch(json!({ "idp": "down" })).await;
    browser.press(ALICE, "approve").await;
    browser.until_heard(1).await;
    assert_eq!(browser.heard(), [(Some(200), Some("00u0001".to_owned()))]);
    browser.close().await;
}

#[tokio::test]
async fn there_is_a_provider_to_break_only_where_people_link() {
    let browser = Browser::open_among(0).await;
    let faults = browser.state().await["faults"].clone();
    assert_eq!(faults["choices"]["idp"], json!(null));
    let (status, answer) = browser.post("fault", &json!({ "idp": "down" })).await;
    assert_eq!(status, StatusCode::CONFLICT);
    assert_eq!(answer["error"], "nobody links an account here: start the sandbox with --identity linked");
    browser.close().await;
    let browser = Browser::linking(0).await;
    let faults = browser.state().await["faults"].clone();
    let known = |side: &str| -> Vec<String> {
        let choices = faults["choices"][side].as_array().unwrap().iter();
        choices.map(|choice| choice["id"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(known("idp"), ["none", "down", "html", "closed"]);
    assert_eq!(known("p0").last().unwrap(), "forgets");
    browser.close().await;
}

#[tokio::test]
async fn a_risk_brings_people_who_sign_in() {
    let args = |identity| SandboxArgs { identity, risk: CardRisk::StepUp, ..SandboxArgs::default() };
    let browser = Browser::open_with(args(None)).await;
    assert_eq!(browser.stage.scene.identity, IdentityMode::Linked);
    assert_eq!(browser.state().await["stories"], json!(null));
    browser.close().await;
    let refused = Sandbox::start(&args(Some(IdentityMode::Device))).await.err().unwrap().to_string();
    assert_eq!(refused, "--identity: does not fit this --risk step-up: leave it out, and that brings its own");
}

#[tokio::test]
async fn a_story_brings_the_credentials_that_it_is_about() {
    let args = |identity, scenario| SandboxArgs { identity, scenario: Some(scenario), ..SandboxArgs::default() };
    let sandbox = Sandbox::start(&args(None, Scenario::Linked)).await.unwrap();
    assert_eq!(sandbox.stage().scene.identity, IdentityMode::Linked);
    drop(sandbox);
    for (identity, scenario) in [
        (IdentityMode::Tokens, Scenario::Linked),
        (IdentityMode::Device, Scenario::Linked),
        (IdentityMode::Linked, Scenario::Revoke),
    ] {
        let refused = Sandbox::start(&args(Some(identity), scenario)).await.err().unwrap().to_string();
        assert_eq!(refused, "--identity: does not fit this --scenario: leave it out, and that brings its own");
    }
    let everybody = Seed::built_in().unwrap();
    let browser = Browser::linking(0).await;
    let stories = browser.state().await["stories"].clone();
    assert_eq!(
        stories.as_array().unwrap().iter().map(|story| story["name"].as_str().unwrap()).collect::<Vec<_>>(),
        ["linked"]
    );
    assert_eq!(browser.post("story", &json!({ "start": "revoke" })).await.0, StatusCode::CONFLICT);
    let accounts = browser.stage.idp.as_ref().unwrap().snapshot()["accounts"].as_array().unwrap().len();
    let with_email = everybody.people.iter().filter(|person| person.email.is_some()).count();
    let gone = everybody.people.iter().filter(|person| person.role == crate::sandbox::seed::Role::Deactivated).count();
    assert_eq!(accounts, with_email - gone);
    tokio::time::timeout(PATIENCE, browser.close()).await.unwrap();
}
