//! `p0-chatops vault`: keys are made, changed and forgotten beside a bot that runs.

use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::Output;

use p0_chatops::authorize::vault::{KeyId, Owner, Vault};
use p0_chatops::clock::Clock;
use p0_chatops::config::{DatabaseUrl, VaultKeys};
use p0_chatops::domain::person::{SlackUser, TeamId, UserId};
use p0_chatops::ledger::Ledger;
use serde_json::{Value, json};
use sqlx::{Connection as _, SqliteConnection};

use crate::serve::{Company, until};
use crate::world::{ALICE, BOB};

const ISSUER: &str = "https://login.example.com";

/// A company whose bot has run once, with a vault whose key stands in a file.
struct House {
    company: Company,
}

impl House {
    async fn new() -> Self {
        let house = Self { company: Company::new().await };
        let key = house.vault(&["new-key"]).await;
        house.write_keys(&String::from_utf8(key.stdout).unwrap());
        house.company.write_settings(&(house.company.settings() + "[vault]\nkey_file = \"vault-keys\"\n"));
        drop(house.company.serve().await);
        house
    }

    fn key_file(&self) -> PathBuf {
        self.company.folder.join("vault-keys")
    }

    fn keys(&self) -> Vec<String> {
        std::fs::read_to_string(self.key_file()).unwrap().lines().map(str::to_owned).collect()
    }

    fn write_keys(&self, text: &str) {
        std::fs::write(self.key_file(), text).unwrap();
        std::fs::set_permissions(self.key_file(), std::fs::Permissions::from_mode(0o640)).unwrap();
    }

    async fn open(&self) -> Vault {
        Vault::open(&VaultKeys::File(self.key_file())).await.unwrap()
    }

    async fn vault(&self, arguments: &[&str]) -> Output {
        self.company.run(self.company.program(&[&["vault"], arguments].concat())).await
    }

    /// What it says, which has to end well.
    async fn told(&self, arguments: &[&str]) -> String {
        let output = self.vault(arguments).await;
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// The line with which it fails.
    async fn complaint(&self, arguments: &[&str]) -> String {
        let output = self.vault(arguments).await;
        assert_eq!(output.status.code(), Some(1));
        String::from_utf8(output.stderr).unwrap()
    }

    async fn ledger(&self) -> SqliteConnection {
        let path = self.company.folder.join("p0-chatops.db");
        SqliteConnection::connect(&format!("sqlite://{}", path.display())).await.unwrap()
    }

    /// A link of somebody's, with these tokens.
    async fn link(&self, id: i64, user: &str, tokens: &str) {
        let sealed = self.open().await.seal(&link_of(id, user), tokens.as_bytes()).unwrap();
        sqlx::query(
            "INSERT INTO links (id, team, person, issuer, subject, identity, names, linked_at, proved_at, good_until,
                 seen_at, sealed, generation, attempts, due_at)
             VALUES ($1, 'T01ACME', $2, $3, $2, 'x', '[]', 0, 0, 0, 0, $4, 0, 0, 0)",
        )
        .bind(id)
        .bind(user)
        .bind(ISSUER)
        .bind(sealed)
        .execute(&mut self.ledger().await)
        .await
        .unwrap();
    }

    /// A sign-in of somebody's, with this device code; one that is over long ago would be swept away.
    async fn sign_in(&self, id: i64, user: &str, code: &str) {
        let sealed = self.open().await.seal(&Owner::sign_in(id, &person(user)), code.as_bytes()).unwrap();
        sqlx::query(
            "INSERT INTO sign_ins (id, ticket, team, person, purpose, stage_name, stage, sealed, expires_at, due_at)
             VALUES ($1, $2, 'T01ACME', $3, 'link', 'x', '{}', $4, 4102444800000, 0)",
        )
        .bind(id)
        .bind(format!("ticket-{id}"))
        .bind(user)
        .bind(sealed)
        .execute(&mut self.ledger().await)
        .await
        .unwrap();
    }

    async fn sealed(&self, place: &str, id: i64) -> String {
        sqlx::query_scalar(sqlx::AssertSqlSafe(format!("SELECT sealed FROM {place} WHERE id = $1")))
            .bind(id)
            .fetch_one(&mut self.ledger().await)
            .await
            .unwrap()
    }
}

fn person(user: &str) -> SlackUser {
    SlackUser { team: TeamId::parse("T01ACME").unwrap(), user: UserId::parse(user).unwrap() }
}

fn link_of(id: i64, user: &str) -> Owner {
    Owner::link(id, ISSUER, user, &person(user))
}

#[tokio::test]
async fn the_key_is_changed_while_the_bot_runs_and_every_record_opens_with_the_new_one() {
    let house = House::new().await;
    let bot = house.company.serve().await;
    let before = house.open().await.current();
    for id in 0..250 {
        house.link(id, &format!("U{id:05}"), &format!("tokens {id}")).await;
    }
    house.sign_in(1, BOB, "the device code").await;
    let told = house.company.check(&(house.company.good() + "[vault]\nkey_file = \"vault-keys\"\n")).await;
    assert_eq!(told.about("vault"), format!("ok {before} seals; its keys open 251 records of the ledger"));

    let told = house.told(&["rotate"]).await;
    let new = house.open().await.current();
    assert_ne!(new, before, "{told}");
    assert!(told.contains(&format!("every record is sealed with {new}")), "{told}");
    assert_eq!(
        house.told(&["status"]).await,
        format!("{new}  251 records: the current key, which seals\n{before}  0 records\n")
    );

    house.told(&["forget-old"]).await;
    let after = house.open().await;
    assert_eq!((house.keys().len(), after.key_ids()), (1, vec![new]));
    assert_eq!(
        after.unseal(&link_of(249, "U00249"), &house.sealed("links", 249).await).unwrap().as_slice(),
        b"tokens 249"
    );
    let device = after.unseal(&Owner::sign_in(1, &person(BOB)), &house.sealed("sign_ins", 1).await);
    assert_eq!(device.unwrap().as_slice(), b"the device code");
    let mode = std::fs::metadata(house.key_file()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o640);
    let folder = std::fs::read_dir(&house.company.folder).unwrap();
    assert!(folder.flatten().all(|entry| !entry.file_name().to_string_lossy().starts_with(".p0-chatops-vault")));
    assert_eq!(bot.probe("/readyz").await, 200);
}

#[tokio::test]
async fn what_a_bot_still_sealed_with_the_older_key_is_sealed_anew_by_asking_once_more() {
    let house = House::new().await;
    house.link(1, ALICE, "tokens").await;
    let old = house.keys().remove(0);
    let key = house.told(&["new-key"]).await;
    house.write_keys(&format!("{key}{old}\n"));
    let complaint = house.complaint(&["forget-old"]).await;
    assert!(complaint.contains("(1 record): run `p0-chatops vault rotate --reseal-only` first"), "{complaint}");
    assert_eq!(house.keys().len(), 2);
    house.told(&["rotate", "--reseal-only"]).await;
    assert_eq!(house.keys(), [key.trim().to_owned(), old]);
    house.told(&["forget-old"]).await;
    assert_eq!(house.told(&["forget-old"]).await, "there is no older key\n");
    assert_eq!(house.keys(), [key.trim()]);
}

#[tokio::test]
async fn a_record_that_was_moved_to_another_user_is_not_sealed_anew() {
    let house = House::new().await;
    house.link(1, ALICE, "alice's tokens").await;
    house.link(2, BOB, "bob's tokens").await;
    let alices = house.sealed("links", 1).await;
    sqlx::query("UPDATE links SET sealed = $1 WHERE id = 2")
        .bind(&alices)
        .execute(&mut house.ledger().await)
        .await
        .unwrap();
    let complaint = house.complaint(&["rotate"]).await;
    assert_eq!(complaint, "p0-chatops: not their owner's, or changed: links 2: their people have to link again\n");
    assert_eq!(house.sealed("links", 2).await, alices);
    assert!(house.open().await.unseal(&link_of(1, ALICE), &house.sealed("links", 1).await).is_ok());
}

#[tokio::test]
async fn a_record_that_changes_while_it_is_sealed_anew_keeps_what_it_changed_to() {
    let house = House::new().await;
    house.link(1, ALICE, "old tokens").await;
    let url = DatabaseUrl::Sqlite(house.company.folder.join("p0-chatops.db"));
    let ledger = Ledger::open(&url, Clock::system()).await.unwrap();
    let other = KeyId::parse("0000000000000000").unwrap();
    let record = ledger.sealed_not_under(&other, None, 10).await.unwrap().remove(0);
    let renewed = house.open().await.seal(&link_of(1, ALICE), b"new tokens").unwrap();
    let renew = sqlx::query("UPDATE links SET sealed = $1 WHERE id = 1").bind(&renewed);
    renew.execute(&mut house.ledger().await).await.unwrap();
    assert!(!ledger.reseal(record, "v1.0000000000000000.".to_owned()).await.unwrap());
    assert_eq!(house.sealed("links", 1).await, renewed);
    ledger.close().await;
}

#[tokio::test]
async fn a_record_that_no_key_opens_stops_nobody_else() {
    let house = House::new().await;
    house.link(1, ALICE, "tokens").await;
    house.link(2, BOB, "tokens").await;
    let spoil = sqlx::query("UPDATE links SET sealed = 'v0.nonsense' WHERE id = 2");
    spoil.execute(&mut house.ledger().await).await.unwrap();
    let told = house.told(&["status"]).await;
    assert!(told.ends_with("no key opens 1 record: their people have to link again\n"), "{told}");
    let complaint = house.complaint(&["rotate"]).await;
    assert!(complaint.contains("not their owner's, or changed: links 2"), "{complaint}");
    assert!(house.open().await.unseal(&link_of(1, ALICE), &house.sealed("links", 1).await).is_ok());
    let bot = house.company.serve().await;
    assert_eq!(bot.probe("/readyz").await, 200);
}

#[tokio::test]
async fn a_bot_without_the_key_that_records_need_does_not_start_and_names_it() {
    let house = House::new().await;
    house.link(1, ALICE, "tokens").await;
    house.link(2, BOB, "tokens").await;
    let lost = house.open().await.current();
    let key = house.told(&["new-key"]).await;
    house.write_keys(&key);
    let output = house.company.run(house.company.program(&["serve"])).await;
    let complaint = String::from_utf8(output.stderr).unwrap();
    let line = format!(
        "p0-chatops: vault.key_file: lacks the key that sealed records of the ledger: {lost} (2 records): put it back \
         below the others, or see `p0-chatops vault help forget-lost`\n"
    );
    assert_eq!((output.status.code(), complaint.lines().last().map(|line| format!("{line}\n"))), (Some(2), Some(line)));
    assert!(house.complaint(&["rotate"]).await.contains(lost.as_str()));
    let told = house.company.check(&(house.company.good() + "[vault]\nkey_file = \"vault-keys\"\n")).await;
    let line = format!("FAIL vault.key_file lacks the key that sealed records of the ledger: {lost} (2 records)");
    assert!(told.about("vault").starts_with(&line) && told.failing().contains(&"vault"), "{}", told.text);
    assert_eq!(house.keys(), [key.trim()], "no key is made that would not help");
    let status: Value = serde_json::from_slice(&house.vault(&["status", "--json"]).await.stdout).unwrap();
    let current = house.open().await.current();
    assert_eq!(
        status,
        json!({
            "current": current.as_str(),
            "keys": [
                { "id": current.as_str(), "held": true, "records": 0 },
                { "id": lost.as_str(), "held": false, "records": 2 },
            ],
            "unreadable": 0,
        })
    );
}

#[tokio::test]
async fn what_a_lost_key_has_sealed_is_given_up_by_its_name_and_nothing_else_is() {
    let house = House::new().await;
    house.link(1, ALICE, "tokens").await;
    let lost = house.open().await.current();
    let key = house.told(&["new-key"]).await;
    house.write_keys(&key);
    house.link(2, BOB, "tokens").await;
    let held = house.open().await.current();
    let complaint = house.complaint(&["forget-lost", held.as_str()]).await;
    assert_eq!(complaint, format!("p0-chatops: {held} is not lost: it is among the keys of vault.key_file\n"));
    assert_eq!(
        house.told(&["forget-lost", "0123456789abcdef"]).await,
        "0 records given up, which 0123456789abcdef had sealed\n"
    );
    let told = house.told(&["forget-lost", lost.as_str()]).await;
    assert_eq!(told, format!("1 record given up, which {lost} had sealed\n"));
    let bot = house.company.serve().await;
    assert_eq!(bot.probe("/readyz").await, 200);
    let ended = "SELECT person FROM links WHERE ended_at IS NOT NULL AND sealed IS NULL";
    let ended: Vec<String> = sqlx::query_scalar(ended).fetch_all(&mut house.ledger().await).await.unwrap();
    assert_eq!(ended, [ALICE]);
    let told =
        || Some(house.company.slack.messages(&house.company.slack.dm_channel(ALICE)?)).filter(|dm| !dm.is_empty());
    let told = until(house.company.slack.changed(), told).await;
    assert!(told[0].text.contains("link"), "{}", told[0].text);
}

#[tokio::test]
async fn a_key_that_cannot_be_had_refuses_the_start() {
    let house = House::new().await;
    let refused = async |settings: &str| {
        house.company.write_settings(&(house.company.settings() + settings));
        let output = house.company.run(house.company.program(&["serve"])).await;
        assert_eq!(output.status.code(), Some(2));
        String::from_utf8(output.stderr).unwrap().lines().last().unwrap().to_owned()
    };
    let file = "[vault]\nkey_file = \"vault-keys\"\n";
    std::fs::set_permissions(house.key_file(), std::fs::Permissions::from_mode(0o644)).unwrap();
    assert!(refused(file).await.ends_with("vault-keys cannot be used: others can read or write it (chmod o-rwx)"));
    std::fs::remove_file(house.key_file()).unwrap();
    assert!(refused(file).await.ends_with("vault-keys cannot be used: it is not there"));
    assert_eq!(
        refused("[vault]\nkey_command = [\"/bin/sh\", \"-c\", \"echo the-secret; exit 5\"]\n").await,
        "p0-chatops: vault.key_command: it ended with exit code 5"
    );
    assert_eq!(
        refused("[vault]\nkey_command = [\"/bin/sh\", \"-c\", \"sleep 600\"]\nkey_command_within = \"1s\"\n").await,
        "p0-chatops: vault.key_command: it took longer than 1s"
    );
    let output = house.vault(&["status"]).await;
    assert_eq!(output.status.code(), Some(2));
    house.company.write_settings(&house.company.settings());
    let output = house.vault(&["status"]).await;
    let complaint = String::from_utf8(output.stderr).unwrap();
    assert_eq!(complaint, "p0-chatops: vault.key: is missing: make one with `p0-chatops vault new-key`\n");
}

#[tokio::test]
async fn keys_of_the_environment_are_changed_by_hand_and_a_program_sees_none_of_the_bots_variables() {
    let house = House::new().await;
    house.link(1, ALICE, "tokens").await;
    let old = house.keys().remove(0);
    let new = house.told(&["new-key"]).await.trim().to_owned();
    house.company.write_settings(&house.company.settings());
    let run = async |variables: &[(&str, &str)], arguments: &[&str]| {
        let mut command = house.company.program(&[&["vault"], arguments].concat());
        command.envs(variables.iter().copied());
        let output = house.company.run(command).await;
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    let both = format!("[\"{new}\", \"{old}\"]");
    let told = run(&[("P0_CHATOPS_VAULT__KEY", &both)], &["rotate"]).await;
    assert!(told.contains("no key was made") && told.contains("every record is sealed with"), "{told}");
    let told = run(&[("P0_CHATOPS_VAULT__KEY", &both)], &["forget-old"]).await;
    assert!(told.contains("take them out of vault.key, then restart the bot"), "{told}");

    let script = format!("test -z \"$P0_CHATOPS_SLACK__BOT_TOKEN\" && test -n \"$OTHER\" && echo {new}");
    let program = serde_json::to_string(&["/bin/sh", "-c", &script]).unwrap();
    let variables = [
        ("P0_CHATOPS_VAULT__KEY_COMMAND", program.as_str()),
        ("P0_CHATOPS_SLACK__BOT_TOKEN", "xoxb-not-for-programs"),
        ("OTHER", "is handed on"),
    ];
    assert!(run(&variables, &["status"]).await.contains("1 record: the current key"));
}
