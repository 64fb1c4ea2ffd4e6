//! What the operator is told of a ledger on a server, by the program itself.

use super::cluster;
use crate::serve::Company;

#[tokio::test]
async fn migrate_and_check_tell_how_the_ledger_is_and_never_its_password() {
    let Some(cluster) = cluster("migrate_and_check_tell_how_the_ledger_is_and_never_its_password") else { return };
    let company = Company::new().await;
    let url = cluster.fresh().await.replace("//bot@", "//bot:hunter2hunter2@");
    company.write_settings(&format!("database_url = \"{url}\"\n{}", company.settings()));
    let run = async |arguments: &[&str]| {
        let output = company.run(company.program(arguments)).await;
        let said = String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
        assert!(!said.contains("hunter2"), "{said}");
        (output.status.code(), said)
    };
    let (code, said) = run(&["migrate", "--check"]).await;
    assert!(code == Some(1) && said.contains("is not up to date"), "{said}");
    let (_, said) = run(&["check"]).await;
    assert!(said.contains("its tables are made at the first start"), "{said}");
    let (code, said) = run(&["migrate"]).await;
    assert!(code == Some(0) && said.contains("took step 0001 ledger\n") && said.ends_with("is up to date\n"), "{said}");
    assert_eq!(run(&["migrate", "--check"]).await.0, Some(0));
    let (_, said) = run(&["check"]).await;
    assert!(said.contains("can be written and keeps what is written"), "{said}");
    assert!(said.contains("has fsync off"), "the tests' own cluster has: {said}");

    let schema = url.rsplit('=').next().unwrap();
    cluster
        .run(format!(
            "INSERT INTO {schema}._sqlx_migrations (version, description, success, checksum, execution_time)
             VALUES (9999, 'of tomorrow', TRUE, '\\x00', 0)"
        ))
        .await;
    let (code, said) = run(&["migrate", "--check"]).await;
    assert!(code == Some(2) && said.contains("is a newer version's"), "{said}");
    let (code, said) = run(&["serve"]).await;
    assert!(code == Some(1) && said.contains("was written by a newer version"), "{said}");

    company.write_settings(&format!(
        "database_url = \"postgres://bot:hunter2hunter2@127.0.0.1:9/x\"\n{}",
        company.settings()
    ));
    assert_eq!(run(&["migrate", "--check"]).await.0, Some(2));
    let (_, said) = run(&["check"]).await;
    assert!(said.contains("FAIL  ledger"), "{said}");
}
