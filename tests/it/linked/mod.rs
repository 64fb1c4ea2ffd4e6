//! Approvers link their own account: at the sandbox's provider, in a browser that keeps cookies.

mod at_rest;
mod attacks;
mod binding;
mod code;
mod commands;
mod device;
mod ending;
mod exchange;
mod pages;
mod platform;
mod renewal;

use std::time::Duration;

pub use renewal::saying;

use http::{HeaderMap, StatusCode, header};
use p0_chatops::clock::Clock;
use p0_chatops::domain::link::Link;
use p0_chatops::sandbox::idp::{Idp, IdpSetup};
use p0_chatops::sandbox::p0::{P0Setup, Verb};
use p0_chatops::sandbox::slack::SlackSetup;
use reqwest::{Client, Method, redirect};
use serde_json::Value;

use crate::world::{CHANNEL, Setup, World};

/// A company whose people link accounts with the code flow, and whose P0 takes the provider's access tokens.
pub fn linking() -> Setup {
    let clock = Clock::stepped();
    Setup {
        slack: SlackSetup::new(clock.clone()),
        p0: P0Setup { clock: clock.clone(), ..Setup::default().p0 },
        idp: Some(IdpSetup { clock: clock.clone(), ..IdpSetup::default() }),
        identity: "mode = \"linked\"\n[identity.linked]\nissuer = \"{issuer}\"\nclient_id = \"p0-chatops\"\n\
                   client_secret = \"sandbox-idp-secret\"\nflow = \"code\"\nsend = \"access_token\""
            .to_owned(),
        clock,
        ..Setup::default()
    }
}

/// The same company with the device flow, by a public client of its own.
pub fn by_device() -> Setup {
    let identity = "mode = \"linked\"\n[identity.linked]\nissuer = \"{issuer}\"\nclient_id = \"p0-device\"\n\
                    flow = \"device\"\nsend = \"access_token\"";
    Setup { identity: identity.to_owned(), ..linking() }
}

impl World {
    pub fn idp(&self) -> &Idp {
        self.idp.as_ref().expect("a provider")
    }

    /// Somebody types `link`, and gets the address of a page.
    pub async fn ask_to_link(&self, who: &str) -> String {
        self.slack.slash(who, CHANNEL, "link").await.unwrap();
        self.page_of(who)
    }

    /// The address in the newest private line that somebody sees.
    pub fn page_of(&self, who: &str) -> String {
        let line = self.slack.ephemerals(who).pop().expect("a private line");
        let blocks = line.blocks.iter().flat_map(|block| block["elements"].as_array().cloned().unwrap_or_default());
        let mut pages = blocks.filter_map(|element| element["url"].as_str().map(str::to_owned));
        pages.next().unwrap_or_else(|| panic!("no page: {}", line.text))
    }

    /// Somebody types `link`, and gets a code in a direct message.
    pub async fn ask_for_code(&self, who: &str) -> String {
        self.slack.slash(who, CHANNEL, "link").await.unwrap();
        self.work().await;
        self.code_of(who)
    }

    /// The code in the newest direct message to somebody.
    pub fn code_of(&self, who: &str) -> String {
        let text = self.dms(who).pop().expect("a direct message");
        let code = text.split_once("enter the code `").and_then(|(_, rest)| rest.split_once('`'));
        code.unwrap_or_else(|| panic!("no code: {text}")).0.to_owned()
    }

    /// The provider is asked once more whether a code was entered.
    pub async fn is_polled(&self) {
        self.clock.advance(Duration::from_secs(5));
        self.work().await;
    }

    /// Somebody links their account with a code and without a hitch.
    pub async fn links_by_code(&self, who: &str, account: &str) {
        let code = self.ask_for_code(who).await;
        self.idp().enter_code(&code, account).await.unwrap();
        self.is_polled().await;
    }

    /// What is on disk of one kind of audit events, oldest first.
    pub async fn audited(&self, event: &str) -> Vec<Value> {
        let rows: Vec<String> = sqlx::query_scalar("SELECT detail FROM audit WHERE event = $1 ORDER BY id")
            .bind(event)
            .fetch_all(&mut self.database().await)
            .await
            .unwrap();
        rows.iter().map(|row| serde_json::from_str(row).unwrap()).collect()
    }

    /// Every link that there ever was, and what ended it: `alice@example.com: unlinked`.
    pub async fn link_states(&self) -> Vec<String> {
        let state = |link: Link| {
            let ended = link.ended.map_or("lives", |(why, _)| why.as_str());
            format!("{}: {ended}{}", link.identity, if link.sealed.is_some() { ", tokens kept" } else { "" })
        };
        self.app().ledger.links().await.unwrap().into_iter().map(state).collect()
    }

    /// Somebody's account `00u-alice` was linked by a bot beside this one.
    pub async fn has_link(&self, who: &str) {
        sqlx::query(
            "INSERT INTO links (id, team, person, issuer, subject, identity, names, linked_at, proved_at, good_until,
                 seen_at, generation, attempts, due_at)
             VALUES (1, 'T01ACME', $1, $2, '00u-alice', 'alice@example.com', '[]', 0, 0, 0, $3, 0, 0, 0)",
        )
        .bind(who)
        .bind(self.idp().issuer())
        .bind(self.clock.now().as_millisecond())
        .execute(&mut self.database().await)
        .await
        .unwrap();
    }

    /// Somebody links their account, in one browser and without a hitch.
    pub async fn links(&self, who: &str, account: &str) -> Shown {
        let page = self.ask_to_link(who).await;
        let shown = Browser::new().link(self, &page, who, account).await;
        self.work().await;
        shown
    }
}

impl World {
    /// Whose account is whose now.
    pub async fn linked(&self) -> Vec<String> {
        let links = self.app().ledger.links().await.unwrap();
        let living = links.into_iter().filter(|link| link.ended.is_none());
        living.map(|link| format!("{} {} {}", link.owner.user, link.account.subject, link.identity)).collect()
    }

    /// What the audit says of links and sign-ins: the event, the person, and how or why.
    pub async fn audit_trail(&self) -> Vec<String> {
        let sql =
            "SELECT event, person, detail FROM audit WHERE event LIKE 'link.%' OR event LIKE 'sign_in.%' ORDER BY id";
        let rows: Vec<(String, String, String)> =
            sqlx::query_as(sql).fetch_all(&mut self.database().await).await.unwrap();
        let line = |(event, person, detail): (String, String, String)| {
            let detail: Value = serde_json::from_str(&detail).unwrap();
            let how =
                [&detail["how"], &detail["why"]].into_iter().find_map(Value::as_str).unwrap_or_default().to_owned();
            format!("{event} {person} {how}").trim_end().to_owned()
        };
        rows.into_iter().map(line).collect()
    }

    /// Every sign-in, as the ledger has it.
    pub async fn sign_ins(&self) -> Vec<String> {
        let sql = "SELECT id || ' ' || ticket || ' ' || person || ' ' || stage || ' ' || coalesce(state, '-') || ' ' || expires_at
                   FROM sign_ins ORDER BY id";
        sqlx::query_scalar(sql).fetch_all(&mut self.database().await).await.unwrap()
    }

    /// How often P0 was asked whether it takes an account.
    pub fn asked_p0(&self) -> usize {
        self.p0.calls().iter().filter(|call| call.verb == Some(Verb::Account)).count()
    }
}

/// A browser, as far as the bot's pages can tell.
pub struct Browser {
    client: Client,
    cookie: std::sync::Mutex<Option<String>>,
}

/// What a browser shows.
#[derive(Debug)]
pub struct Shown {
    pub status: StatusCode,
    pub text: String,
    pub headers: HeaderMap,
    /// Where it is sent instead.
    pub location: Option<String>,
}

impl Shown {
    /// The page's heading.
    pub fn title(&self) -> &str {
        self.between("<h1>", "</h1>")
    }

    /// The page's first sentences.
    pub fn says(&self) -> &str {
        self.between("<p>", "</p>")
    }

    /// Where the page's button leads, as the page has it.
    pub fn button(&self) -> &str {
        self.between("action=\"", "\"")
    }

    fn between(&self, begin: &str, end: &str) -> &str {
        let rest = self.text.split_once(begin).map_or("", |(_, rest)| rest);
        rest.split_once(end).map_or(rest, |(between, _)| between)
    }
}

impl Browser {
    pub fn new() -> Self {
        Self {
            client: Client::builder().redirect(redirect::Policy::none()).no_proxy().build().unwrap(),
            cookie: std::sync::Mutex::default(),
        }
    }

    pub async fn get(&self, url: &str) -> Shown {
        self.ask(Method::GET, url).await
    }

    /// Presses the page's one button.
    pub async fn press(&self, url: &str) -> Shown {
        self.ask(Method::POST, url).await
    }

    /// The cookie that it holds, `name=value`.
    pub fn cookie(&self) -> Option<String> {
        self.cookie.lock().unwrap().clone()
    }

    /// Has it hold this instead.
    pub fn set_cookie(&self, cookie: Option<&str>) {
        *self.cookie.lock().unwrap() = cookie.map(str::to_owned);
    }

    async fn ask(&self, method: Method, url: &str) -> Shown {
        self.ask_with(method, url, &[]).await
    }

    /// The same with headers of the browser's own.
    pub async fn ask_with(&self, method: Method, url: &str, headers: &[(&str, &str)]) -> Shown {
        let mut request = self.client.request(method, url);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(cookie) = self.cookie.lock().unwrap().as_ref() {
            request = request.header(header::COOKIE, cookie);
        }
        let answer = request.send().await.unwrap();
        if let Some(set) = answer.headers().get(header::SET_COOKIE) {
            let pair = set.to_str().unwrap().split(';').next().unwrap().to_owned();
            *self.cookie.lock().unwrap() = Some(pair);
        }
        let location = answer.headers().get(header::LOCATION).map(|url| url.to_str().unwrap().to_owned());
        let headers = answer.headers().clone();
        Shown { status: answer.status(), location, headers, text: answer.text().await.unwrap() }
    }

    /// Goes from the bot's page to Slack and back; answers what comes then, which is the way to the provider.
    pub async fn sign_in_with_slack(&self, world: &World, page: &str, who: &str) -> Shown {
        let to_slack = self.press(page).await.location.expect("the way to Slack");
        let back = world.slack.sign_in(&to_slack, who).await.unwrap();
        self.get(back.as_str()).await
    }

    /// The whole way.
    pub async fn link(&self, world: &World, page: &str, who: &str, account: &str) -> Shown {
        let to_provider = self.past_slack(world, page, who).await;
        let back = world.idp().log_in(&to_provider, account).await.unwrap();
        self.get(back.as_str()).await
    }

    /// Goes through Slack; answers the way to the provider.
    pub async fn past_slack(&self, world: &World, page: &str, who: &str) -> String {
        let shown = self.sign_in_with_slack(world, page, who).await;
        shown.location.unwrap_or_else(|| panic!("{}", shown.text))
    }
}
