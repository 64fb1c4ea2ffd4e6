//! A company with a bot in it: Slack and P0 are the sandbox's stand-ins, time stands still, the workers are stepped.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use p0_chatops::app::App;
use p0_chatops::clock::Clock;
use p0_chatops::config;
use p0_chatops::sandbox::idp::{Idp, IdpSetup};
use p0_chatops::sandbox::p0::{Call, IssuerKeys, NotifierSetup, P0, P0Setup, RequestSeed, TrustedLogin};
use p0_chatops::sandbox::slack::{Delivered, Message, Slack, SlackSetup};
use p0_chatops::socket::Pace;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

pub const ALICE: &str = "U01ALICE";
pub const BOB: &str = "U02BOB";
pub const CAROL: &str = "U03CAROL";
pub const GUEST: &str = "U04GUEST";
pub const CHANNEL: &str = "C01ACCESS";

/// The people who have a P0 identity, with it.
const PEOPLE: [(&str, &str); 4] = [
    (ALICE, "alice@example.com"),
    (BOB, "bob@example.com"),
    (CAROL, "carol@example.com"),
    (GUEST, "guest@example.com"),
];

/// How Slack tells the bot what people do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Door {
    Http,
    Socket,
}

impl Default for Door {
    /// HTTP, but where the whole suite is told over sockets: `P0CHATOPS_TEST_DOOR=socket`.
    fn default() -> Self {
        #[expect(clippy::disallowed_methods, reason = "the test's setting, not the bot's")]
        match std::env::var("P0CHATOPS_TEST_DOOR").as_deref() {
            Ok("socket") => Self::Socket,
            _ => Self::Http,
        }
    }
}

/// Sockets that come back without much of a pause.
pub const BRISK: Pace = Pace {
    quiet: Duration::from_secs(10),
    deaf: Duration::from_secs(20),
    linger: Duration::from_secs(15),
    pause: Duration::from_millis(5),
};

/// How many sockets a bot keeps open.
const SOCKETS: usize = 2;

/// What a story changes before the bot starts.
pub struct Setup {
    pub door: Door,
    /// How patient the bot's sockets are.
    pub pace: Pace,
    pub slack: SlackSetup,
    pub p0: P0Setup,
    pub clock: Clock,
    pub identity: String,
    pub settings: Vec<(String, String)>,
    /// More keys of the one route, as the file has them.
    pub route: String,
    /// All routes as the file has them, in the place of the one; `{channel}` is the channel.
    pub routes: Option<String>,
    /// The provider at which people sign in, where they link accounts; `{issuer}` in `identity` is it.
    pub idp: Option<IdpSetup>,
    /// A provider that runs already, in its place.
    pub issuer: Option<String>,
}

impl Default for Setup {
    fn default() -> Self {
        let clock = Clock::stepped();
        Self {
            door: Door::default(),
            pace: BRISK,
            slack: SlackSetup::new(clock.clone()),
            p0: P0Setup {
                clock: clock.clone(),
                notifier: NotifierSetup { with_jti: true, ..NotifierSetup::default() },
                ..P0Setup::default()
            },
            clock,
            identity: "mode = \"tokens\"".to_owned(),
            settings: Vec::new(),
            route: String::new(),
            routes: None,
            idp: None,
            issuer: None,
        }
    }
}

impl Setup {
    /// Told over sockets, whatever the rest of the suite is told over.
    pub fn over_sockets() -> Self {
        Self { door: Door::Socket, ..Self::default() }
    }

    /// About HTTP itself: its signatures, its addresses, its statuses.
    pub fn over_http() -> Self {
        Self { door: Door::Http, ..Self::default() }
    }

    /// Sets one key, as the environment would: `p0__one_party`, `true`.
    pub fn set(mut self, key: &str, value: &str) -> Self {
        self.settings.push((format!("P0_CHATOPS_{}", key.to_uppercase()), value.to_owned()));
        self
    }
}

/// A card, as a story names it.
#[derive(Clone, Debug)]
pub struct Card {
    pub channel: String,
    pub ts: String,
}

/// The bot, and the company around it.
pub struct World {
    pub slack: Slack,
    pub p0: P0,
    pub clock: Clock,
    pub folder: PathBuf,
    pub base: String,
    pub idp: Option<Idp>,
    app: Option<App>,
    settings: Vec<(String, String)>,
    text: String,
    routes: String,
    doors: JoinHandle<()>,
    sockets: Option<JoinHandle<()>>,
    pace: Pace,
    stop: CancellationToken,
    /// Whether the story is about messages that Slack does not like.
    pub violations_are_fine: bool,
}

impl World {
    pub async fn new() -> Self {
        Self::with(Setup::default()).await
    }

    pub async fn with(setup: Setup) -> Self {
        let folder = new_folder();
        let slack_setup = SlackSetup { socket_mode: setup.door == Door::Socket, ..setup.slack.clone() };
        let slack = Slack::start(slack_setup).await.unwrap();
        let p0 = P0::start(setup.p0.clone()).await.unwrap();
        std::fs::write(folder.join("notifier.pem"), p0.notifier_public_key_pem()).unwrap();
        let mut tokens = String::new();
        let mut people = String::new();
        for (user, email) in PEOPLE {
            let token = format!("token-of-{email}");
            p0.trust_token(&token, email);
            write_token(&folder, user, &token);
            tokens += &format!("{user} = \"{user}.token\"\n");
            people += &format!("{user} = \"{email}\"\n");
        }
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let idp = match setup.idp.clone() {
            Some(idp) => Some(provider(idp, &base, &p0).await),
            None => None,
        };
        let identity = match idp.as_ref().map(Idp::issuer).or(setup.issuer.clone()) {
            Some(issuer) => setup.identity.replace("{issuer}", &issuer) + VAULT,
            None => setup.identity.clone(),
        };
        // What pages need is there only where there are pages.
        let (top, client) = match identity.contains("flow = \"code\"") {
            true => (
                format!("public_url = \"{base}\"\n"),
                format!(
                    "client_id = \"{}\"\nclient_secret = \"{}\"\n",
                    setup.slack.client_id, setup.slack.client_secret
                ),
            ),
            false => (String::new(), String::new()),
        };
        let mode = match setup.door {
            Door::Http => format!("signing_secrets = [\"{}\"]", setup.slack.signing_secret),
            Door::Socket => format!("mode = \"socket\"\napp_token = \"{}\"", setup.slack.app_token),
        };
        let NotifierSetup { issuer, audience, .. } = &setup.p0.notifier;
        let text = format!(
            "{top}[slack]\n{client}{mode}\nbot_token = \"{}\"\napi_base_url = \"{}\"\nhook_hosts = [\"{}\"]\n\
             [p0]\nbase_url = \"{}\"\norg = \"{}\"\n\
             [notifier]\npublic_key_file = \"notifier.pem\"\nissuer = \"{issuer}\"\naudience = \"{audience}\"\n\
             [identity]\n{}\n[identity.people]\n{people}[identity.tokens]\n{tokens}\
             [durations]\npresets = [\"30m\", \"1h\", \"2h\", \"8h\"]\nmaximum = \"8h\"\n\
",
            setup.slack.bot_token,
            slack.api_base_url(),
            slack.hook_host(),
            p0.base_url(),
            setup.p0.org,
            identity,
        );
        let routes = match &setup.routes {
            Some(routes) => routes.replace("{channel}", CHANNEL),
            None => one_route(&setup.route),
        };
        let (app, doors) = start(&(text.clone() + &routes), &setup.settings, &folder, &setup.clock, listener).await;
        let stop = CancellationToken::new();
        let sockets = open_sockets(&app, &slack, setup.pace, &stop).await;
        slack.connect(&base);
        slack.set_redirect_urls(&[&format!("{base}/link/slack")]);
        p0.connect(&base);
        Self {
            slack,
            p0,
            clock: setup.clock,
            folder,
            base,
            idp,
            app: Some(app),
            settings: setup.settings,
            text,
            routes,
            doors,
            sockets,
            pace: setup.pace,
            stop,
            violations_are_fine: false,
        }
    }

    /// The bot is gone from one instant to the next, and another is started on the same ledger.
    pub async fn restart(&mut self) {
        self.doors.abort();
        let _ = (&mut self.doors).await;
        if let Some(sockets) = self.sockets.take() {
            sockets.abort();
            let _ = sockets.await;
            self.slack.sockets_when(<[u64]>::is_empty).await;
        }
        // The file's lock goes with the last handle on the ledger.
        self.app = None;
        let listener = TcpListener::bind(self.base.trim_start_matches("http://")).await.unwrap();
        let (app, doors) =
            start(&(self.text.clone() + &self.routes), &self.settings, &self.folder, &self.clock, listener).await;
        self.sockets = open_sockets(&app, &self.slack, self.pace, &self.stop).await;
        (self.app, self.doors) = (Some(app), doors);
    }

    /// The bot's sockets stop as they do when it is told to.
    pub async fn stop_sockets(&mut self) {
        self.stop.cancel();
        if let Some(sockets) = self.sockets.take() {
            sockets.await.unwrap();
        }
    }

    /// The same with one key set, as the environment would.
    pub async fn restart_with(&mut self, key: &str, value: &str) {
        let name = format!("P0_CHATOPS_{}", key.to_uppercase());
        self.settings.retain(|(known, _)| *known != name);
        self.settings.push((name, value.to_owned()));
        self.restart().await;
    }

    /// The same with other keys of the one route, as [`Setup::route`] has them.
    pub async fn restart_with_route(&mut self, route: &str) {
        self.routes = one_route(route);
        self.restart().await;
    }

    /// The same with other routes, as [`Setup::routes`] has them.
    pub async fn restart_with_routes(&mut self, routes: &str) {
        self.routes = routes.replace("{channel}", CHANNEL);
        self.restart().await;
    }

    /// The settings that the bot has.
    pub fn settings(&self) -> config::Settings {
        config::parse(&(self.text.clone() + &self.routes), self.settings.clone(), &self.folder).unwrap()
    }

    /// Writes the settings where a command beside the bot finds them.
    pub fn write_settings(&self) -> PathBuf {
        let path = self.folder.join("p0-chatops.toml");
        std::fs::write(&path, self.text.clone() + &self.routes).unwrap();
        path
    }

    pub fn app(&self) -> &App {
        self.app.as_ref().expect("the bot is running")
    }

    /// Lets everything happen that can: what Slack's pace holds back is waited for, what waits for more is not.
    pub async fn work(&self) {
        self.work_at(Duration::from_millis(500)).await;
    }

    /// The same, by a clock that goes on by so much whenever Slack's pace holds something back.
    pub async fn work_at(&self, pace: Duration) {
        for _ in 0..400 {
            self.app().whispers.close();
            self.app().whispers.wait().await;
            self.app().whispers.reopen();
            let kept = match &self.app().keeper {
                Some(keeper) => keeper.step().await,
                None => 0,
            };
            let forwarded = self.app().worker.step().await + self.app().settings_worker.step().await;
            let told = self.app().dispatcher.step().await;
            let drawn = self.app().painter.step().await;
            let sealed = self.app().sealer.step().await;
            let done = kept + forwarded + told + drawn + sealed + self.app().courier.step().await;
            if done == 0 {
                if !self.app().courier.is_behind().await.unwrap() {
                    return;
                }
                self.clock.advance(pace);
            }
        }
        panic!("the bot does not come to rest");
    }

    /// P0 gets a request and pushes it; the bot shows it.
    pub async fn request(&self, seed: RequestSeed) -> Card {
        let id = self.p0.add(seed);
        assert_eq!(self.p0.push(&id).await, Some(200));
        self.work().await;
        self.cards_in(CHANNEL).pop().expect("a card in the channel")
    }

    /// The usual request: Bob wants a role for two hours.
    pub async fn usual(&self) -> Card {
        self.request(bobs()).await
    }

    pub fn cards_in(&self, channel: &str) -> Vec<Card> {
        let card = |message: Message| Card { channel: channel.to_owned(), ts: message.ts };
        self.slack.messages(channel).into_iter().filter(|m| m.bot_id.is_some()).map(card).collect()
    }

    pub async fn press(&self, who: &str, card: &Card, control: &str) -> Delivered {
        self.slack.press(who, &card.channel, &card.ts, control).await.unwrap()
    }

    /// Somebody presses, and all that follows from it happens.
    pub async fn presses(&self, who: &str, card: &Card, control: &str) {
        self.press(who, card, control).await;
        self.work().await;
    }

    /// The card as a person reads it: a line for each block, controls in brackets.
    pub fn read(&self, card: &Card) -> String {
        readable(&self.slack.message(&card.channel, &card.ts).expect("the card").blocks)
    }

    /// What the bot wrote to somebody in direct messages, oldest first.
    pub fn dms(&self, who: &str) -> Vec<String> {
        let Some(channel) = self.slack.dm_channel(who) else { return Vec::new() };
        self.slack.messages(&channel).into_iter().filter(|m| m.bot_id.is_some()).map(|m| timeless(&m.text)).collect()
    }

    pub fn last_dm(&self, who: &str) -> Card {
        let channel = self.slack.dm_channel(who).expect("direct messages");
        self.cards_in(&channel).pop().expect("a direct message")
    }

    /// The private lines that somebody sees, oldest first.
    pub fn lines(&self, who: &str) -> Vec<String> {
        self.slack.ephemerals(who).into_iter().map(|line| timeless(&line.text)).collect()
    }

    /// What P0 was told, a line for each call.
    pub fn told(&self) -> Vec<String> {
        let decisions = self.p0.calls().into_iter().filter(|call| call.request_id.is_some());
        decisions.map(|call| told(&call)).collect()
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.doors.abort();
        self.sockets.iter().for_each(JoinHandle::abort);
        if !std::thread::panicking() && !self.violations_are_fine {
            assert_eq!(self.slack.violations(), Vec::<String>::new(), "Slack would not have liked this");
        }
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

async fn start(
    text: &str,
    settings: &[(String, String)],
    folder: &Path,
    clock: &Clock,
    listener: TcpListener,
) -> (App, JoinHandle<()>) {
    let settings = config::parse(text, settings.to_vec(), folder).unwrap();
    let app = App::build(settings, clock.clone()).await.unwrap();
    let router = app.doors();
    let doors = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    (app, doors)
}

/// Waits until the bot hears over all of its sockets, where it has any.
async fn open_sockets(app: &App, slack: &Slack, pace: Pace, stop: &CancellationToken) -> Option<JoinHandle<()>> {
    let mut sockets = app.sockets.clone()?;
    sockets.pace = pace;
    let running = tokio::spawn(sockets.run(stop.clone()));
    slack.sockets_when(|open| open.len() == SOCKETS).await;
    Some(running)
}

fn one_route(more: &str) -> String {
    format!("[[route]]\nchannel = \"{CHANNEL}\"\n{more}")
}

/// Starts the provider, and has everybody know everybody.
async fn provider(setup: IdpSetup, base: &str, p0: &P0) -> Idp {
    let idp = Idp::start(setup).await.unwrap();
    idp.allow_redirect("p0-chatops", &format!("{base}/link/provider"));
    for audience in ["p0-chatops", "p0-device", "p0"] {
        let keys = IssuerKeys::Url(format!("{}/jwks", idp.issuer()));
        p0.trust_login(TrustedLogin { issuer: idp.issuer(), audience: audience.into(), keys });
    }
    idp
}

/// What seals people's tokens in stories.
const VAULT: &str = "\n[vault]\nkey = \"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\"\n";

pub fn bobs() -> RequestSeed {
    RequestSeed {
        id: Some("req-1".to_owned()),
        requestor: "bob@example.com".to_owned(),
        principal: "bob@example.com".to_owned(),
        duration: Some("2h".to_owned()),
        ..RequestSeed::default()
    }
}

fn told(call: &Call) -> String {
    let verb = call.path.rsplit('/').next().unwrap_or_default();
    let id = call.request_id.as_deref().unwrap_or("?");
    let body = call.body.as_ref().map(Value::to_string).unwrap_or_default();
    let who = call.identity.as_deref().unwrap_or("nobody");
    format!("{verb} {id} {body} as {who}: {}", call.status.map_or("no answer".to_owned(), |status| status.to_string()))
}

pub fn write_token(folder: &Path, user: &str, token: &str) {
    let path = folder.join(format!("{user}.token"));
    std::fs::write(&path, token).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
}

fn new_folder() -> PathBuf {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let name = format!("p0-chatops-it-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
    let folder = std::env::temp_dir().join(name);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// Blocks as lines, with times left out.
pub fn readable(blocks: &[Value]) -> String {
    let lines: Vec<String> = blocks.iter().map(block).filter(|line| !line.is_empty()).collect();
    timeless(&lines.join("\n"))
}

/// Which request a card shows.
pub fn of_request(blocks: &[Value]) -> Option<String> {
    readable(blocks).lines().find_map(|line| line.strip_prefix("Request ").map(str::to_owned))
}

fn block(block: &Value) -> String {
    let text = |value: &Value| value["text"].as_str().unwrap_or_default().to_owned();
    match block["type"].as_str().unwrap_or_default() {
        "header" => format!("# {}", text(&block["text"])),
        "section" if block["accessory"].is_object() => {
            format!("{} {}", text(&block["text"]), control(&block["accessory"]))
        }
        "section" => text(&block["text"]),
        "context" => block["elements"].as_array().into_iter().flatten().map(text).collect::<Vec<_>>().join(" "),
        "actions" => block["elements"].as_array().into_iter().flatten().map(control).collect::<Vec<_>>().join(" "),
        "input" => format!("{}: {}", text(&block["label"]), control(&block["element"])),
        other => format!("({other})"),
    }
}

fn control(element: &Value) -> String {
    match element["type"].as_str().unwrap_or_default() {
        "button" => format!("[{}]", element["text"]["text"].as_str().unwrap_or_default()),
        "static_select" => {
            let options = element["options"].as_array().into_iter().flatten();
            let options: Vec<&str> = options.filter_map(|option| option["text"]["text"].as_str()).collect();
            format!("[{}: {}]", element["placeholder"]["text"].as_str().unwrap_or_default(), options.join(", "))
        }
        other => format!("({other})"),
    }
}

/// Slack's dates, which every reader sees in their own time zone, without the time.
pub fn timeless(text: &str) -> String {
    let mut parts = text.split("<!date^");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| text + "(time)" + part.split_once('>').map_or("", |(_, rest)| rest))
}
