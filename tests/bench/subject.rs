//! What is measured: a server in a process of its own, on a processor of its own.

use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use jsonwebtoken::{Algorithm, EncodingKey, Header};
use p256::SecretKey;
use p256::pkcs8::{EncodePrivateKey as _, EncodePublicKey as _, LineEnding};
use serde_json::json;

use crate::click::{self, CHANNEL, PEOPLE, SECRET};

/// The processor that the subject runs on; the generator has the other.
const PROCESSOR: &str = "0";

/// A running server.
pub struct Subject {
    child: Child,
    /// `127.0.0.1:<port>`.
    pub host: String,
    /// From its start to its first word that it serves.
    pub started: Duration,
}

impl Subject {
    /// One of the floors.
    pub fn floor(name: &str, folder: &Path) -> Self {
        let mut command = pinned(&std::env::current_exe().expect("this program has a path"));
        command.arg("floor").arg(name).arg(folder);
        Self::start(command, Some)
    }

    /// The bot, by the settings in its folder.
    pub fn bot(folder: &Path) -> Self {
        let mut command = pinned(Path::new(env!("CARGO_BIN_EXE_p0-chatops")));
        command.env_clear().current_dir(folder).args(["serve", "--config", "p0-chatops.toml", "--log-json"]);
        Self::start(command, |line| {
            let line: serde_json::Value = serde_json::from_str(&line).ok()?;
            line["fields"]["listen"].as_str().map(str::to_owned)
        })
    }

    fn start(mut command: Command, address: impl Fn(String) -> Option<String>) -> Self {
        let begun = Instant::now();
        let mut child =
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("it starts");
        let mut lines = BufReader::new(child.stderr.take().expect("it is piped")).lines().map_while(Result::ok);
        let mut said = Vec::new();
        let host = lines.by_ref().find_map(|line| {
            address(line.clone()).or_else(|| {
                said.push(line);
                None
            })
        });
        let host = host.unwrap_or_else(|| panic!("it does not serve:\n{}", said.join("\n")));
        let started = begun.elapsed();
        // A pipe that nobody reads would stop whoever writes into it.
        std::thread::spawn(move || lines.for_each(drop));
        Self { child, host, started }
    }

    /// Processor time that it has taken so far.
    pub fn processor_time(&self) -> Duration {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).expect("it runs");
        // Behind the name, which may hold anything: fields 14 and 15 of proc(5), in hundredths of a second.
        let fields: Vec<&str> = stat.rsplit(')').next().expect("it has fields").split_whitespace().collect();
        let hundredths = |at: usize| fields[at].parse::<u64>().expect("a number");
        Duration::from_millis(10 * (hundredths(11) + hundredths(12)))
    }

    /// A line of `/proc/<pid>/status`, in MiB.
    pub fn memory(&self, line: &str) -> f64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).expect("it runs");
        let value = status.lines().find_map(|text| text.strip_prefix(line)).expect("there is such a line");
        value.trim_matches([':', ' ', '\t', 'k', 'B']).parse::<f64>().expect("a number") / 1024.0
    }
}

impl Drop for Subject {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn pinned(program: &Path) -> Command {
    let mut command = Command::new("taskset");
    command.args(["-c", PROCESSOR]).arg(program);
    command
}

/// Writes the settings of a company whose Slack and P0 are at `neighbours` into a folder; answers what P0's pushes to it
/// are authorised by.
pub fn company(folder: &Path, neighbours: &str) -> String {
    let secret = SecretKey::from_slice(&[7; 32]).expect("a scalar");
    let private = secret.to_pkcs8_pem(LineEnding::LF).expect("a P-256 key has a PKCS#8 form");
    let public = secret.public_key().to_public_key_pem(LineEnding::LF).expect("a public key has a PEM form");
    std::fs::write(folder.join("notifier.pem"), public).expect("a folder that can be written");
    let (mut people, mut tokens) = (String::new(), String::new());
    for number in 0..PEOPLE {
        let user = click::person(number);
        let _ = writeln!(people, "{user} = \"{}@example.com\"", user.to_lowercase());
        let _ = writeln!(tokens, "{user} = \"{user}.token\"");
        let path = folder.join(format!("{user}.token"));
        std::fs::write(&path, format!("bearer-of-{user}")).expect("a folder that can be written");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).expect("its own file");
    }
    let settings = format!(
        "listen = \"127.0.0.1:0\"\nadmin_listen = \"127.0.0.1:0\"\n\
         [slack]\nsigning_secrets = [\"{SECRET}\"]\nbot_token = \"xoxb-of-the-benchmark\"\napi_base_url = \"{neighbours}/api/\"\n\
         [p0]\nbase_url = \"{neighbours}\"\norg = \"acme\"\n\
         [notifier]\npublic_key_file = \"notifier.pem\"\nissuer = \"https://api.p0.app\"\naudience = \"p0-chatops\"\n\
         [identity]\nmode = \"tokens\"\n[identity.people]\n{people}[identity.tokens]\n{tokens}\
         [[route]]\nchannel = \"{CHANNEL}\"\n",
    );
    std::fs::write(folder.join("p0-chatops.toml"), settings).expect("a folder that can be written");
    let now = jsonwebtoken::get_current_timestamp();
    let claims = json!({"iss": "https://api.p0.app", "aud": "p0-chatops", "iat": now, "exp": now + 500});
    let key = EncodingKey::from_ec_pem(private.as_bytes()).expect("the JWT library reads PKCS#8");
    let token = jsonwebtoken::encode(&Header::new(Algorithm::ES256), &claims, &key).expect("it signs");
    format!("Bearer {token}")
}
