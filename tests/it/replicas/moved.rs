//! A ledger that moves from its file to a server.

use p0_chatops::config::DatabaseUrl;
use p0_chatops::ledger::LedgerError;
use p0_chatops::ledger::moving::{Source, see_target};

use super::cluster;
use crate::world::{ALICE, Setup, World};

fn quietly(_: &str) -> Result<(), LedgerError> {
    Ok(())
}

#[tokio::test]
async fn a_ledger_goes_on_where_it_was_moved_to() {
    let Some(cluster) = cluster("a_ledger_goes_on_where_it_was_moved_to") else { return };
    let file = Some("sqlite://p0-chatops.db".to_owned());
    let mut world = World::with(Setup { database: file, ..Setup::default() }).await;
    let card = world.usual().await;
    world.press(ALICE, &card, "approve").await;
    let (from, target) = (world.settings().database_url, cluster.fresh().await);
    let to = DatabaseUrl::parse(&target).unwrap();
    let taken = Source::open(from.file().unwrap()).await.err().expect("a serve has it");
    assert!(matches!(taken, LedgerError::Locked(_)), "{taken}");
    world.stop();

    // Whatever ends the move in the middle leaves the target empty.
    let mut tables = 0;
    let mut until_the_third = |_: &str| {
        tables += 1;
        if tables == 3 { Err(LedgerError::Closed) } else { Ok(()) }
    };
    let ended = Source::open(from.file().unwrap()).await.unwrap().copy_to(&to, &mut until_the_third).await;
    assert!(matches!(ended, Err(LedgerError::Closed)));
    see_target(&to).await.unwrap();

    let mut source = Source::open(from.file().unwrap()).await.unwrap();
    let rows: u64 = source.counts().await.unwrap().iter().map(|(_, rows)| rows).sum();
    assert!(rows > 10, "{rows}");
    assert_eq!(source.copy_to(&to, &mut quietly).await.unwrap(), rows);
    let full = see_target(&to).await.unwrap_err();
    assert!(full.to_string().contains("is not empty"), "{full}");
    let again = Source::open(from.file().unwrap()).await.unwrap().copy_to(&to, &mut quietly).await.unwrap_err();
    assert!(again.to_string().contains("is not empty"), "{again}");

    world.restart_with("database_url", &target).await;
    world.work().await;
    assert_eq!(world.told().len(), 1);
    assert!(world.read(&card).contains("*Approved* by"), "{}", world.read(&card));
}
