//! What installs the bot is held against the bot: `manifest/Dockerfile`, `manifest/kubernetes` and the unit of systemd.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::Duration;

use p0_chatops::config::{self, ConfigError, Settings};
use p0_chatops::lifecycle::SOFT_STOP;
use p0_chatops::sandbox::p0::P0Setup;
use p0_chatops::sandbox::slack::SlackSetup;
use serde_json::{Value, json};

use crate::serve::{Company, token_of};
use crate::world::{ALICE, CHANNEL};

/// Where the container looks for the secrets.
const SECRETS: &str = "/run/secrets";

fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The one object of that kind in a file of `manifest/kubernetes`.
fn object(file: &str, kind: &str) -> Value {
    let text = read(&format!("manifest/kubernetes/{file}"));
    let objects = text.split("\n---\n").map(|text| yaml_serde::from_str::<Value>(text).unwrap());
    objects.into_iter().find(|object| object["kind"] == kind).unwrap_or_else(|| panic!("{file} has no {kind}"))
}

fn pod() -> Value {
    object("stateful-set.yaml", "StatefulSet")["spec"]["template"]["spec"].take()
}

/// The settings of the container, with secrets in place of its files, and with one variable more.
fn settings_with(variable: Option<(&str, &str)>) -> Result<Settings, ConfigError> {
    let text = read("manifest/kubernetes/p0-chatops.toml").replace("replace-with-", "0123456789-");
    let secrets = [
        ("P0_CHATOPS_SLACK__SIGNING_SECRETS", "[\"0123456789abcdef\"]"),
        ("P0_CHATOPS_SLACK__BOT_TOKEN", "xoxb-0123456789abcdef"),
    ];
    let taken = |name: &str| variable.is_some_and(|(variable, _)| variable.starts_with(name));
    let variables = secrets.into_iter().filter(|(name, _)| !taken(name)).chain(variable);
    let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
    config::parse(&text, variables, Path::new("/etc/p0-chatops"))
}

fn settings_in_the_container() -> Settings {
    settings_with(None).unwrap()
}

/// The lines `KEY=VALUE` of the unit with that key.
fn unit(key: &str) -> Vec<String> {
    let text = read("manifest/p0-chatops.service");
    let lines = text.lines().filter_map(|line| line.split_once('='));
    lines.filter(|(name, _)| *name == key).map(|(_, value)| value.to_owned()).collect()
}

/// The arguments of an instruction of the Dockerfile's last stage.
fn image(instruction: &str) -> Vec<String> {
    let text = read("manifest/Dockerfile");
    let last = text.rsplit("\nFROM ").next().unwrap();
    let lines = last.lines().filter_map(|line| line.strip_prefix(instruction)?.strip_prefix(' '));
    lines.flat_map(str::split_whitespace).map(str::to_owned).collect()
}

fn write_secret(folder: &Path, name: &str, text: &str, mode: u32) {
    std::fs::create_dir_all(folder).unwrap();
    std::fs::write(folder.join(name), text).unwrap();
    std::fs::set_permissions(folder.join(name), std::fs::Permissions::from_mode(mode)).unwrap();
}

/// The mode that Kubernetes gives the files of a volume of Secrets: with an `fsGroup` the group reads them too.
fn mode(volume: &Value) -> u32 {
    const GROUP_READS: u32 = 0o440;
    // YAML 1.1, which Kubernetes reads, knows a number that begins with 0 as octal.
    let text = volume["secret"]["defaultMode"].to_string();
    u32::from_str_radix(text.trim_matches('"'), 8).unwrap() | GROUP_READS
}

/// Writes the files of the pod's Secrets, and answers the settings of the container for this company.
fn installed_as_kubernetes_does_it(company: &Company) -> String {
    let (slack, p0) = (SlackSetup::default(), P0Setup::default());
    let secrets = company.folder.join("secrets");
    for volume in pod()["volumes"].as_array().unwrap() {
        let contents = match volume["secret"]["secretName"].as_str() {
            Some("p0-chatops") => vec![
                ("slack-signing-secrets", format!("{}\n", slack.signing_secret)),
                ("slack-bot-token", format!("{}\n", slack.bot_token)),
                ("p0-notifier.pem", company.p0.notifier_public_key_pem().to_owned()),
                ("slack-client-secret", format!("{}\n", slack.client_secret)),
                ("linked-client-secret", "sandbox-idp-secret\n".to_owned()),
                ("p0-settings-api-key", format!("{}\n", p0.settings_api_key)),
            ],
            Some("p0-chatops-tokens") => vec![("alice", format!("{}\n", token_of(ALICE)))],
            Some("p0-chatops-vault") => vec![("vault-keys", format!("{}\n", "5e".repeat(31) + "ed"))],
            _ => continue,
        };
        let mounts = pod()["containers"][0]["volumeMounts"].take();
        let mount = mounts.as_array().unwrap().iter().find(|mount| mount["name"] == volume["name"]).unwrap();
        let path = mount["mountPath"].as_str().unwrap().replace(SECRETS, secrets.to_str().unwrap());
        for (name, text) in contents {
            write_secret(Path::new(&path), name, &text, mode(volume));
        }
    }
    read("manifest/kubernetes/p0-chatops.toml")
        .replace(SECRETS, secrets.to_str().unwrap())
        .replace("/var/lib/p0-chatops", company.folder.to_str().unwrap())
        .replace("0.0.0.0:3000", "127.0.0.1:0")
        .replace("0.0.0.0:3001", "127.0.0.1:0")
        .replace("replace-with-the-organisation", &p0.org)
        .replace("replace-with-the-issuer", &p0.notifier.issuer)
        .replace("replace-with-the-audience", &p0.notifier.audience)
}

/// The same for linked accounts: with the lines that stand there for that.
fn linked(settings: &str) -> String {
    let lines = settings.lines().map(|line| line.strip_prefix("# ").unwrap_or(line));
    lines.collect::<Vec<_>>().join("\n").replace("mode = \"tokens\"", "mode = \"linked\"")
}

#[tokio::test]
async fn people_can_link_accounts_with_a_bot_that_is_installed_as_kubernetes_does_it() {
    let company = Company::new().await;
    let settings = linked(&installed_as_kubernetes_does_it(&company));
    company.write_settings(&settings);
    let mut command = company.program(&["serve", "--config", "p0-chatops.toml"]);
    command.envs(company.stand_ins());
    let bot = company.serve_by(command).await;
    let over = reqwest::get(format!("{}/link/nobodys", bot.base)).await.unwrap();
    assert_eq!((over.status().as_u16(), bot.probe("/readyz").await), (410, 200));
    // A Secret is mounted read-only: whoever rotates is told how it goes from outside.
    let key_file = company.folder.join("secrets/p0-chatops-vault/vault-keys");
    let before = std::fs::read_to_string(&key_file).unwrap();
    std::fs::write(&key_file, format!("{}\n{before}", "c0".repeat(31) + "de")).unwrap();
    let mut rotate = company.program(&["vault", "rotate", "--reseal-only"]);
    let output = company
        .run({
            rotate.envs(company.stand_ins());
            rotate
        })
        .await;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[tokio::test]
async fn a_click_is_forwarded_by_a_bot_that_is_installed_as_kubernetes_does_it() {
    let company = Company::new().await;
    company.write_settings(&installed_as_kubernetes_does_it(&company));
    let mut command = company.program(&["serve", "--config", "p0-chatops.toml"]);
    command.envs(company.stand_ins());
    let bot = company.serve_by(command).await;
    company.approve_as_alice().await;
    assert_eq!(bot.probe("/readyz").await, 200);
}

#[tokio::test]
async fn a_click_is_forwarded_by_a_bot_that_is_installed_as_systemd_does_it() {
    let company = Company::new().await;
    let slack = SlackSetup::default();
    let credentials = company.folder.join("credentials");
    for line in unit("LoadCredential") {
        let text = match line.split_once(':').unwrap() {
            (name @ "slack-signing-secrets", _) => (name, slack.signing_secret.clone()),
            (name @ "slack-bot-token", _) => (name, slack.bot_token.clone()),
            (name, _) => panic!("{name} is news"),
        };
        write_secret(&credentials, text.0, &text.1, 0o440);
    }
    std::fs::create_dir(company.folder.join(&unit("StateDirectory")[0])).unwrap();
    // The settings file of somebody who has followed the README: the unit's credentials win over its secrets.
    let settings = company.settings();
    let secrets = ["signing_secrets", "bot_token"];
    let theirs = |line: &&str| !secrets.iter().any(|key| line.starts_with(key));
    let rest = settings.lines().filter(theirs).collect::<Vec<_>>().join("\n");
    company.write_settings(&rest.replace("[slack]", "[slack]\nbot_token_file = \"secrets/slack-bot-token\""));
    let exec = unit("ExecStart")[0].replace("/etc/p0-chatops/", "");
    let arguments: Vec<&str> = exec.split_whitespace().skip(1).collect();
    let mut command = company.program(&arguments);
    for line in unit("Environment") {
        let (name, value) = line.split_once('=').unwrap();
        let value = value.replace("%d", credentials.to_str().unwrap()).replace("%S", company.folder.to_str().unwrap());
        command.env(name, value);
    }
    let _bot = company.serve_by(command).await;
    company.approve_as_alice().await;
    assert!(company.folder.join("p0-chatops/p0-chatops.db").exists());
}

#[test]
fn every_variable_of_the_unit_is_a_setting_also_where_it_is_commented_out() {
    let text = read("manifest/p0-chatops.service");
    let lines = text.lines().map(|line| line.trim_start_matches("# "));
    let variables: Vec<&str> = lines.filter_map(|line| line.strip_prefix("Environment=")).collect();
    assert!(variables.len() > unit("Environment").len());
    for variable in variables {
        let error = settings_with(variable.split_once('=')).err().map(|error| error.to_string());
        assert!(error.is_none_or(|error| error.contains("cannot be read")), "{variable}");
    }
}

impl Company {
    /// Where Slack and P0 are, as variables.
    fn stand_ins(&self) -> [(&'static str, String); 3] {
        [
            ("P0_CHATOPS_SLACK__API_BASE_URL", self.slack.api_base_url().to_string()),
            ("P0_CHATOPS_SLACK__HOOK_HOSTS", json!([self.slack.hook_host()]).to_string()),
            ("P0_CHATOPS_P0__BASE_URL", self.p0.base_url().to_string()),
        ]
    }

    async fn approve_as_alice(&self) {
        let card = self.request("req-1").await;
        assert_eq!(self.slack.press(ALICE, CHANNEL, &card.ts, "approve").await.unwrap().status, 200);
        self.until_card_says(&card, "was approved by <@U01ALICE>").await;
        assert_eq!(self.told(), ["req-1 as alice@example.com"]);
    }
}

#[test]
fn whoever_asks_for_a_port_finds_it() {
    let settings = settings_in_the_container();
    assert!(settings.listen.ip().is_unspecified() && settings.admin_listen.ip().is_unspecified());
    let (doors, probes) = (settings.listen.port(), settings.admin_listen.port());
    let container = pod()["containers"][0].take();
    assert_eq!(
        container["ports"],
        json!([{"name": "doors", "containerPort": doors}, {"name": "probes", "containerPort": probes}])
    );
    assert_eq!(image("EXPOSE"), [doors.to_string(), probes.to_string()]);
    for (probe, path) in [("startupProbe", "/healthz"), ("livenessProbe", "/healthz"), ("readinessProbe", "/readyz")] {
        assert_eq!(container[probe]["httpGet"], json!({"path": path, "port": "probes"}), "{probe}");
    }
    let service = object("service.yaml", "Service");
    for port in service["spec"]["ports"].as_array().unwrap() {
        assert!(port["name"] == port["targetPort"] && (port["name"] == "doors" || port["name"] == "probes"), "{port}");
    }
    let policy = object("network-policy.yaml", "NetworkPolicy");
    assert_eq!(policy["spec"]["ingress"][0]["ports"], json!([{"port": "doors"}]));
    assert_eq!(policy["spec"]["ingress"][1]["ports"], json!([{"port": "probes"}]));
}

#[test]
fn everything_selects_the_bot() {
    let bot = json!({"app.kubernetes.io/name": "p0-chatops"});
    let set = object("stateful-set.yaml", "StatefulSet");
    assert_eq!(set["spec"]["template"]["metadata"]["labels"], bot);
    assert_eq!(set["spec"]["selector"]["matchLabels"], bot);
    assert_eq!(object("stateful-set.yaml", "PodDisruptionBudget")["spec"]["selector"]["matchLabels"], bot);
    assert_eq!(object("service.yaml", "Service")["spec"]["selector"], bot);
    assert_eq!(object("network-policy.yaml", "NetworkPolicy")["spec"]["podSelector"]["matchLabels"], bot);
}

#[test]
fn a_stop_has_the_time_that_it_takes() {
    let kubernetes = Duration::from_secs(pod()["terminationGracePeriodSeconds"].as_u64().unwrap());
    let systemd = Duration::from_secs(unit("TimeoutStopSec")[0].parse().unwrap());
    assert!(kubernetes > SOFT_STOP && systemd > SOFT_STOP, "{kubernetes:?} {systemd:?}");
}

#[test]
fn nothing_runs_as_root_or_twice_on_one_ledger() {
    let pod = pod();
    let user = &pod["securityContext"]["runAsUser"];
    assert_eq!((&pod["securityContext"]["runAsNonRoot"], user != &json!(0)), (&json!(true), true));
    assert_eq!((&pod["securityContext"]["fsGroup"], image("USER")), (user, vec![format!("{user}:{user}")]));
    assert!(image("COPY").contains(&format!("--chown={user}:{user}")));
    assert_eq!(
        pod["containers"][0]["securityContext"],
        json!({
            "allowPrivilegeEscalation": false,
            "readOnlyRootFilesystem": true,
            "capabilities": {"drop": ["ALL"]},
        })
    );
    assert_eq!(pod["automountServiceAccountToken"], json!(false));
    let set = object("stateful-set.yaml", "StatefulSet");
    assert_eq!(set["spec"]["replicas"], 1);
    assert_eq!(unit("User"), ["p0-chatops"]);
    assert_eq!((unit("NoNewPrivileges"), unit("CapabilityBoundingSet")), (vec!["yes".to_owned()], vec![String::new()]));
}

#[test]
fn the_ledger_lies_where_it_can_be_written() {
    let ledger = settings_in_the_container().database_url.to_string();
    let mounts = pod()["containers"][0]["volumeMounts"].take();
    let mount = mounts.as_array().unwrap().iter().find(|mount| mount["name"] == "ledger").unwrap();
    let folder = mount["mountPath"].as_str().unwrap();
    assert!(ledger.starts_with(&format!("sqlite://{folder}/")), "{ledger}");
    assert!(image("COPY").contains(&folder.to_owned()));
}

#[test]
fn the_image_is_made_of_this_version_by_this_compiler() {
    let dockerfile = read("manifest/Dockerfile");
    assert!(dockerfile.contains(&format!("FROM rust:{}-", env!("CARGO_PKG_RUST_VERSION"))));
    let kustomization = object("kustomization.yaml", "Kustomization");
    assert_eq!(kustomization["images"][0]["newTag"], env!("CARGO_PKG_VERSION"));
    for named in [&kustomization["resources"], &kustomization["configMapGenerator"][0]["files"]] {
        for file in named.as_array().unwrap() {
            assert!(!read(&format!("manifest/kubernetes/{}", file.as_str().unwrap())).is_empty());
        }
    }
    let let_in = read(".dockerignore");
    for copied in ["Cargo.toml", "Cargo.lock", "src"] {
        assert!(dockerfile.contains(copied) && let_in.contains(&format!("\n!{copied}\n")), "{copied}");
    }
}
