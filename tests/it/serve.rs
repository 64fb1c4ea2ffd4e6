//! The program itself, in a process of its own, among stand-ins that run by the machine's clock.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use p0_chatops::clock::Clock;
use p0_chatops::sandbox::p0::{Call, P0, P0Setup, RequestSeed};
use p0_chatops::sandbox::slack::{Message, Slack, SlackSetup};
use serde_json::Value;
use tokio::sync::watch;

use crate::world::{ALICE, BOB, CHANNEL, Card, bobs, write_token};

/// Whatever takes longer than this does not happen.
const PATIENCE: Duration = Duration::from_secs(25);

/// Slack, P0 and a folder with settings: everything but the bot.
pub struct Company {
    pub slack: Slack,
    pub p0: P0,
    pub folder: PathBuf,
}

impl Company {
    pub async fn new() -> Self {
        Self::with(SlackSetup::new(Clock::system()), P0Setup::default()).await
    }

    pub async fn with(slack: SlackSetup, p0: P0Setup) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("p0-chatops-serve-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&folder).unwrap();
        let slack = Slack::start(slack).await.unwrap();
        let p0 = P0::start(p0).await.unwrap();
        std::fs::write(folder.join("notifier.pem"), p0.notifier_public_key_pem()).unwrap();
        for (user, email) in [(ALICE, "alice@example.com"), (BOB, "bob@example.com")] {
            p0.trust_token(&token_of(user), email);
            write_token(&folder, user, &token_of(user));
        }
        let company = Self { slack, p0, folder };
        company.write_settings(&company.settings());
        company
    }

    /// The settings as a short file says them.
    pub fn settings(&self) -> String {
        let (slack, p0) = (SlackSetup::default(), P0Setup::default());
        format!(
            "listen = \"127.0.0.1:0\"\nadmin_listen = \"127.0.0.1:0\"\n\
             [slack]\nsigning_secrets = [\"{}\"]\nbot_token = \"{}\"\napi_base_url = \"{}\"\nhook_hosts = [\"{}\"]\n\
             [p0]\nbase_url = \"{}\"\norg = \"{}\"\n\
             [notifier]\npublic_key_file = \"notifier.pem\"\nissuer = \"{}\"\naudience = \"{}\"\n\
             [identity]\nmode = \"tokens\"\n\
             [identity.people]\n{ALICE} = \"alice@example.com\"\n{BOB} = \"bob@example.com\"\n\
             [identity.tokens]\n{ALICE} = \"{ALICE}.token\"\n{BOB} = \"{BOB}.token\"\n\
             [[route]]\nchannel = \"{CHANNEL}\"\n",
            slack.signing_secret,
            slack.bot_token,
            self.slack.api_base_url(),
            self.slack.hook_host(),
            self.p0.base_url(),
            p0.org,
            p0.notifier.issuer,
            p0.notifier.audience,
        )
    }

    pub fn write_settings(&self, text: &str) {
        std::fs::write(self.folder.join("p0-chatops.toml"), text).unwrap();
    }

    /// The program with these arguments, in the folder, with nothing of this process's environment.
    pub fn program(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_p0-chatops"));
        command.env_clear().args(arguments).current_dir(&self.folder).stdin(Stdio::null());
        command
    }

    /// Runs the program to its end.
    pub async fn run(&self, mut command: Command) -> Output {
        let running = tokio::task::spawn_blocking(move || command.output().unwrap());
        tokio::time::timeout(PATIENCE, running).await.expect("the program ends").unwrap()
    }

    /// Starts the bot and tells Slack and P0 where it is.
    pub async fn serve(&self) -> Served {
        self.serve_with(&[]).await
    }

    pub async fn serve_with(&self, arguments: &[&str]) -> Served {
        let config = ["serve", "--config", "p0-chatops.toml"];
        self.serve_by(self.program(&[&config[..], arguments].concat())).await
    }

    /// Starts the bot by this command.
    pub async fn serve_by(&self, mut command: Command) -> Served {
        let served = Served::start(command.arg("--log-json")).await;
        self.slack.connect(&served.base);
        self.p0.connect(&served.base);
        served
    }

    /// P0 pushes the usual request of Bob's, under this id.
    pub async fn push(&self, id: &str) {
        self.p0.add(RequestSeed { id: Some(id.to_owned()), ..bobs() });
        assert_eq!(self.p0.push(id).await, Some(200));
    }

    /// The same, and its card is there.
    pub async fn request(&self, id: &str) -> Card {
        let before = self.cards().len();
        self.push(id).await;
        let card = until(self.slack.changed(), || self.cards().get(before).cloned()).await;
        Card { channel: card.channel, ts: card.ts }
    }

    fn cards(&self) -> Vec<Message> {
        self.slack.messages(CHANNEL).into_iter().filter(|message| message.bot_id.is_some()).collect()
    }

    /// Waits until the card's sentence says this.
    pub async fn until_card_says(&self, card: &Card, what: &str) {
        let says = || Some(self.slack.message(CHANNEL, &card.ts)?.text).filter(|text| text.contains(what));
        until(self.slack.changed(), says).await;
    }

    /// Waits until P0 was told so many decisions in all.
    pub async fn until_told(&self, calls: usize) {
        until(self.p0.changed(), || (self.told().len() >= calls).then_some(())).await;
    }

    /// Waits until the bot's newest direct message to somebody says this; answers the message.
    pub async fn until_dm_says(&self, who: &str, what: &str) -> Message {
        let newest = || self.slack.messages(&self.slack.dm_channel(who)?).into_iter().rfind(|m| m.bot_id.is_some());
        until(self.slack.changed(), || newest().filter(|message| message.text.contains(what))).await
    }

    /// The decisions that reached P0: `req-1 as alice@example.com`.
    pub fn told(&self) -> Vec<String> {
        let told =
            |call: Call| Some(format!("{} as {}", call.request_id?, call.identity.as_deref().unwrap_or("nobody")));
        self.p0.calls().into_iter().filter_map(told).collect()
    }
}

impl Drop for Company {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            assert_eq!(self.slack.violations(), Vec::<String>::new(), "Slack would not have liked this");
        }
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

pub fn token_of(user: &str) -> String {
    format!("the-p0-bearer-of-{user}")
}

/// Waits for something to be seen, looking again whenever what is watched changes.
pub async fn until<T>(mut changed: watch::Receiver<u64>, mut look: impl FnMut() -> Option<T>) -> T {
    let looking = async {
        loop {
            if let Some(seen) = look() {
                return seen;
            }
            changed.changed().await.expect("it can still happen");
        }
    };
    tokio::time::timeout(PATIENCE, looking).await.expect("it happens")
}

/// A running bot; it does not outlive its story.
pub struct Served {
    child: Child,
    pub base: String,
    pub admin: String,
    log: Arc<Mutex<Vec<String>>>,
    lines: watch::Receiver<u64>,
}

impl Served {
    /// Starts the program and waits for nothing.
    pub fn spawn(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        let (log, (count, lines)) = (Arc::<Mutex<Vec<String>>>::default(), watch::channel(0));
        let kept = log.clone();
        std::thread::spawn(move || {
            for line in stderr.lines().map_while(Result::ok) {
                kept.lock().unwrap().push(line);
                count.send_modify(|count| *count += 1);
            }
        });
        Self { child, base: String::new(), admin: String::new(), log, lines }
    }

    /// Starts the bot and waits until it serves.
    async fn start(command: &mut Command) -> Self {
        let mut served = Self::spawn(command);
        let line: Value = serde_json::from_str(&served.until_logged("p0-chatops is serving").await).unwrap();
        let address = |name: &str| format!("http://{}", line["fields"][name].as_str().unwrap());
        (served.base, served.admin) = (address("listen"), address("admin_listen"));
        served
    }

    /// The log line that holds this, once it is there.
    pub async fn until_logged(&self, what: &str) -> String {
        until(self.lines.clone(), || self.log().into_iter().find(|line| line.contains(what))).await
    }

    /// Every line so far.
    pub fn log(&self) -> Vec<String> {
        self.log.lock().unwrap().clone()
    }

    /// The status of one of the operator's probes.
    pub async fn probe(&self, path: &str) -> u16 {
        reqwest::get(format!("{}{path}", self.admin)).await.unwrap().status().as_u16()
    }

    /// Asks it to stop.
    pub fn terminate(&self) {
        let killed = Command::new("sh").arg("-c").arg(format!("kill -TERM {}", self.child.id())).status().unwrap();
        assert!(killed.success());
    }

    /// Ends it from one instant to the next, as a power cut does.
    pub fn kill_9(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// How it ended, if it does within that time.
    pub async fn end_within(mut self, patience: Duration) -> ExitStatus {
        let ending = async {
            let mut look = tokio::time::interval(Duration::from_millis(20));
            loop {
                look.tick().await;
                if let Some(status) = self.child.try_wait().unwrap() {
                    return status;
                }
            }
        };
        tokio::time::timeout(patience, ending).await.expect("it ends by itself")
    }

    /// A line of `/proc/<pid>/status`, in MiB.
    pub fn memory(&self, line: &str) -> u64 {
        let file = Path::new("/proc").join(self.child.id().to_string()).join("status");
        let status = std::fs::read_to_string(file).unwrap();
        let value = status.lines().find_map(|text| text.strip_prefix(line)).unwrap();
        value.trim_matches([':', ' ', '\t', 'k', 'B']).parse::<u64>().unwrap() / 1024
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
