//! Two versions on one ledger.

use p0_chatops::app::App;
use p0_chatops::ledger::inspect::{self, Schema};

use super::{cluster, on};
use crate::world::World;

#[tokio::test]
async fn a_newer_schema_is_not_served() {
    let Some(cluster) = cluster("a_newer_schema_is_not_served") else { return };
    let world = World::with(on(cluster).await).await;
    let url = world.settings().database_url;
    assert_eq!(inspect::schema(&url).await.unwrap(), Schema::Current);
    sqlx::raw_sql(
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
         VALUES (9999, 'of tomorrow', TRUE, '\\x00', 0)",
    )
    .execute(&mut world.database().await)
    .await
    .unwrap();
    assert_eq!(inspect::schema(&url).await.unwrap(), Schema::Newer);
    let refused = App::build(world.settings(), world.clock.clone()).await.err().expect("refused").to_string();
    assert_eq!(refused, "the ledger was written by a newer version of p0-chatops: use that one");
    // Whoever serves already goes on.
    world.usual().await;
}

#[tokio::test]
async fn a_schema_of_somebody_elses_is_left_alone() {
    let Some(cluster) = cluster("a_schema_of_somebody_elses_is_left_alone") else { return };
    let world = World::with(on(cluster).await).await;
    let foreign = cluster.fresh().await;
    let schema = foreign.rsplit('=').next().unwrap();
    cluster.run(format!("CREATE TABLE {schema}.invoices (n BIGINT)")).await;
    let mut settings = world.settings();
    settings.database_url = p0_chatops::config::DatabaseUrl::parse(&foreign).unwrap();
    let refused = App::build(settings, world.clock.clone()).await.err().expect("refused").to_string();
    assert!(refused.contains("has tables in this schema that are not p0-chatops'"), "{refused}");
}

#[tokio::test]
async fn two_that_start_on_an_empty_database_make_its_tables_once() {
    let Some(cluster) = cluster("two_that_start_on_an_empty_database_make_its_tables_once") else { return };
    let world = World::with(on(cluster).await).await;
    let mut settings = world.settings();
    settings.database_url = p0_chatops::config::DatabaseUrl::parse(&cluster.fresh().await).unwrap();
    let build = || App::build(settings.clone(), world.clock.clone());
    let (one, two) = tokio::join!(build(), build());
    one.map(drop).unwrap();
    two.map(drop).unwrap();
}
