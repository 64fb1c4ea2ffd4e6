//! The place that an install has on its machine: files, disk, addresses.

use std::path::Path;
use std::str::FromStr as _;

use axum::Router;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Connection as _, SqliteConnection};
use tokio::net::TcpListener;

use super::{Told, free_address, front};
use crate::interop::say;
use crate::serve::Company;

#[tokio::test]
async fn files_with_secrets_that_others_can_read_are_named() {
    let company = Company::new().await;
    std::fs::write(company.folder.join("bot-token"), "xoxb-sandbox-token\n").unwrap();
    company.protect("bot-token", 0o644);
    let settings = company.good().replace("bot_token = \"xoxb-sandbox-token\"", "bot_token_file = \"bot-token\"");
    let told = company.check(&settings).await;
    assert_eq!(
        told.about("secrets"),
        "warn slack.bot_token_file: everybody on this machine can read bot-token (mode 644)\n\
         → chmod o-rwx bot-token"
    );
    assert_eq!(told.code, Some(0));
    company.protect("bot-token", 0o640);
    let told = company.check(&settings).await;
    assert_eq!(
        told.about("secrets"),
        "ok only their owner and group can read the 2 files that hold the bot's own secrets"
    );
}

#[tokio::test]
async fn a_settings_file_that_holds_secrets_is_one_of_them() {
    let company = Company::new().await;
    company.protect("p0-chatops.toml", 0o604);
    let output = company.run(company.program(&["check"])).await;
    let told = String::from_utf8(output.stdout).unwrap();
    let line =
        "slack.signing_secrets and slack.bot_token: everybody on this machine can read p0-chatops.toml (mode 604)";
    assert!(told.contains(line), "{told}");
}

#[tokio::test]
async fn files_that_are_believed_and_that_others_can_write_are_named() {
    let company = Company::new().await;
    std::fs::write(company.folder.join("slack"), "xoxb-sandbox-token\n").unwrap();
    std::fs::write(company.folder.join("signing"), "5f0c1a7be2d94386a1f7c03d9b64e852\n").unwrap();
    std::fs::copy(company.folder.join("notifier.pem"), company.folder.join("ca.pem")).unwrap();
    for (file, mode) in [("slack", 0o646), ("signing", 0o602), ("notifier.pem", 0o666), ("ca.pem", 0o622)] {
        company.protect(file, mode);
    }
    let settings = company.good().replace("bot_token = \"xoxb-sandbox-token\"", "bot_token_file = \"slack\"");
    let settings = settings
        .replace("signing_secrets = [\"5f0c1a7be2d94386a1f7c03d9b64e852\"]", "signing_secrets_file = \"signing\"");
    company.write_settings(&format!("ca_file = \"ca.pem\"\n{settings}"));
    company.protect("p0-chatops.toml", 0o646);
    let output = company.run(company.program(&["check"])).await;
    let told = Told { code: output.status.code(), text: company.readable(&output.stdout) };
    insta::assert_snapshot!(told.about("secrets"), @r"
    warn slack.signing_secrets_file: everybody on this machine can write signing (mode 602)
    → chmod o-rwx signing
    warn slack.bot_token_file: everybody on this machine can read and write slack (mode 646)
    → chmod o-rwx slack
    warn settings: everybody on this machine can write p0-chatops.toml (mode 646): whoever does can decide as others
    → chmod o-w p0-chatops.toml
    warn notifier.public_key_file: everybody on this machine can write notifier.pem (mode 666): whoever does can push as P0
    → chmod o-w notifier.pem
    warn ca_file: everybody on this machine can write ca.pem (mode 622): whoever does can answer as Slack and P0
    → chmod o-w ca.pem
    ");
    for file in ["slack", "signing"] {
        company.protect(file, 0o600);
    }
    for file in ["notifier.pem", "p0-chatops.toml", "ca.pem"] {
        company.protect(file, 0o644);
    }
    let output = company.run(company.program(&["check"])).await;
    let told = Told { code: output.status.code(), text: company.readable(&output.stdout) };
    assert_eq!(
        told.about("secrets"),
        "ok only their owner and group can read the 2 files that hold the bot's own secrets"
    );
}

#[tokio::test]
async fn a_place_where_the_ledger_cannot_be_kept_is_named() {
    let company = Company::new().await;
    std::fs::write(company.folder.join("garbage.db"), [b'x'; 4096]).unwrap();
    std::fs::create_dir(company.folder.join("held.db-lock")).unwrap();
    for (file, line) in [
        (
            "nowhere/p0.db",
            "FAIL the folder nowhere does not exist\n→ make it, or correct database_url: mkdir -p nowhere",
        ),
        (
            "/proc/p0.db",
            "FAIL nothing can be made in the folder /proc: No such file or directory (os error 2)\n\
             → give the user that runs p0-chatops this folder, with room on its disk",
        ),
        (
            "held.db",
            "FAIL held.db-lock cannot be written: Is a directory (os error 21)\n\
             → give it to the user that runs p0-chatops, and run `check` as that user",
        ),
        (
            "garbage.db",
            "FAIL garbage.db: the ledger's database failed: error returned from database: (code: 26) file is not a database\n\
             → set database_url to a file of the bot's own, or restore it from a backup",
        ),
    ] {
        let told = company.check(&format!("database_url = \"sqlite://{file}\"\n{}", company.good())).await;
        assert_eq!((told.about("ledger").as_str(), told.code), (line, Some(1)), "{file}");
    }
}

#[tokio::test]
async fn a_ledger_of_a_newer_version_and_somebody_elses_database_are_named() {
    let company = Company::new().await;
    drop(company.serve().await);
    let mut ledger = database(&company, "p0-chatops.db").await;
    sqlx::query("INSERT INTO _sqlx_migrations SELECT 9999, description, installed_on, success, checksum, execution_time FROM _sqlx_migrations LIMIT 1")
        .execute(&mut ledger)
        .await
        .unwrap();
    ledger.close().await.unwrap();
    assert_eq!(
        company.check(&company.good()).await.about("ledger"),
        "FAIL p0-chatops.db was written by a newer version of p0-chatops\n\
         → install that version again, or set database_url to a copy from before it"
    );
    let mut other = database(&company, "other.db").await;
    sqlx::query("CREATE TABLE songs (title TEXT)").execute(&mut other).await.unwrap();
    other.close().await.unwrap();
    let told = company.check(&format!("database_url = \"sqlite://other.db\"\n{}", company.good())).await;
    assert_eq!(
        told.about("ledger"),
        "FAIL other.db is a database, but not one of p0-chatops'\n→ set database_url to a file of the bot's own"
    );
}

#[tokio::test]
async fn a_ledger_that_another_serve_has_is_named() {
    let company = Company::new().await;
    let bot = company.serve().await;
    let listen = free_address();
    let told = company.check(&company.good().replacen("127.0.0.1:0", &listen, 1)).await;
    assert_eq!(told.about("listen"), format!("ok {listen} is free"));
    assert_eq!(
        (told.about("ledger.lock"), told.code),
        (
            format!(
                "FAIL another p0-chatops serve has the ledger, and it does not listen on {listen}: `serve` refuses\n\
                 → stop it, or give this one a database_url of its own; if it is just starting, run `check` again"
            ),
            Some(1)
        )
    );
    let told = company.check(&format!("database_url = \"sqlite://of-its-own.db\"\n{}", company.good())).await;
    assert_eq!((told.about("ledger.lock").as_str(), told.code), ("", Some(0)));
    drop(bot);
    let told = company.check(&company.good()).await;
    assert_eq!((told.about("ledger.lock").as_str(), told.code), ("", Some(0)));
}

#[tokio::test]
async fn a_disk_that_forgets_is_a_warning() {
    if !Path::new("/dev/shm").is_dir() {
        return say("SKIPPED: a_disk_that_forgets_is_a_warning (needs a /dev/shm in memory)");
    }
    let company = Company::new().await;
    let name = format!("/dev/shm/p0-chatops-{}.db", std::process::id());
    let told = company.check(&format!("database_url = \"sqlite://{name}\"\n{}", company.good())).await;
    assert_eq!(
        (told.about("ledger.disk"), told.code),
        (
            format!(
                "warn {name} is on tmpfs: what is written there is gone when this machine starts anew\n\
                 → set database_url to a file on a disk that lasts"
            ),
            Some(0)
        )
    );
}

#[tokio::test]
async fn a_ledger_of_another_user_is_a_warning() {
    const NOBODY: u32 = 65534;
    let company = Company::new().await;
    drop(company.serve().await);
    if std::os::unix::fs::chown(company.folder.join("p0-chatops.db"), Some(NOBODY), None).is_err() {
        return say("SKIPPED: a_ledger_of_another_user_is_a_warning (needs to run as root)");
    }
    let told = company.check(&company.good()).await;
    assert_eq!(
        told.about("ledger"),
        "warn p0-chatops.db belongs to another user than the one who runs `check`\n\
         → run `check` as the user that runs `serve`: whether that one can write is not known\n\
         ok p0-chatops.db can be written and keeps what is written"
    );
}

async fn database(company: &Company, name: &str) -> SqliteConnection {
    let url = format!("sqlite://{}", company.folder.join(name).display());
    SqliteConnection::connect_with(&SqliteConnectOptions::from_str(&url).unwrap().create_if_missing(true))
        .await
        .unwrap()
}

#[tokio::test]
async fn addresses_that_cannot_be_had_are_named_with_who_has_them() {
    let company = Company::new().await;
    let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = taken.local_addr().unwrap().to_string();
    tokio::spawn(async move { axum::serve(taken, Router::new()).await.unwrap() });
    for (listen, line) in [
        (
            address.clone(),
            format!("FAIL something that is not p0-chatops has {address}\n→ stop it, or set listen to another port"),
        ),
        (
            "192.0.2.1:3000".to_owned(),
            "FAIL 192.0.2.1:3000 cannot be bound: Cannot assign requested address (os error 99)\n\
             → set listen to an address and port of this machine that the bot may use"
                .to_owned(),
        ),
    ] {
        let told = company.check(&company.good().replacen("127.0.0.1:0", &listen, 1)).await;
        assert_eq!((told.about("listen"), told.code), (line.clone(), Some(1)));
        let settings = company.good().replacen("127.0.0.1:0", &free_address(), 1).replacen("127.0.0.1:0", &listen, 1);
        let told = company.check(&settings).await;
        assert_eq!(told.about("admin_listen"), line.replace("set listen", "set admin_listen"));
        let settings = company.good().replace("[notifier]\n", &format!("[notifier]\nlisten = \"{listen}\"\n"));
        let told = company.check(&settings).await;
        assert_eq!(told.about("notifier.listen"), line.replace("set listen", "set notifier.listen"));
    }
}

#[tokio::test]
async fn a_listener_for_pushes_alone_is_known_when_it_serves() {
    let company = Company::new().await;
    let own = free_address();
    let settings = company.settings().replace("[notifier]\n", &format!("[notifier]\nlisten = \"{own}\"\n"));
    company.write_settings(&settings);
    let bot = company.serve().await;
    let listen = bot.base.replace("http://", "");
    let told = company.check(&settings.replacen("127.0.0.1:0", &listen, 1)).await;
    assert_eq!(told.about("notifier.listen"), format!("ok a running p0-chatops has {own}"));
}

#[tokio::test]
async fn a_running_bot_with_another_secret_is_told_from_a_stranger() {
    let company = Company::new().await;
    let bot = company.serve().await;
    let listen = bot.base.replace("http://", "");
    let front = front::honest().await;
    front.leads_to(&listen);
    let settings = company.good().replacen("127.0.0.1:0", &listen, 1);
    let settings = settings.replace("5f0c1a7be2d94386a1f7c03d9b64e852", "the-new-signing-secret-of-the-app");
    let told = company.check(&format!("public_url = \"{}\"\n{settings}", front.url())).await;
    assert_eq!(
        told.about("listen"),
        format!(
            "FAIL what runs at {listen} refuses what is signed with slack.signing_secrets\n\
             → restart `serve` if the secret was changed since it started; else stop what has the address"
        )
    );
    assert_eq!(
        told.about("door /slack/events"),
        format!(
            "FAIL what answers does not take this signature (HTTP 401): another bot, another signing secret, or Slack's headers are taken away\n\
             → see that public_url leads to {listen}, and that X-Slack-Signature and X-Slack-Request-Timestamp are passed on"
        )
    );
}
