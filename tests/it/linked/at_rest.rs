//! What the ledger's file holds of linked accounts, and what becomes of whoever moves it about.

use super::linking;
use crate::world::{ALICE, CAROL, Setup, World};

#[tokio::test]
async fn a_sealed_record_that_is_moved_to_another_person_opens_for_nobody() {
    let world = World::with(linking()).await;
    let card = world.usual().await;
    world.links(ALICE, "alice").await;
    world.links(CAROL, "carol").await;
    let mut file = world.database().await;
    let sealed: Vec<(i64, String)> =
        sqlx::query_as("SELECT id, sealed FROM links ORDER BY id").fetch_all(&mut file).await.unwrap();
    for (id, other) in [(sealed[0].0, &sealed[1].1), (sealed[1].0, &sealed[0].1)] {
        sqlx::query("UPDATE links SET sealed = $2 WHERE id = $1")
            .bind(id)
            .bind(other)
            .execute(&mut file)
            .await
            .unwrap();
    }
    for who in [ALICE, CAROL] {
        world.presses(who, &card, "approve").await;
        let told = world.dms(who).pop().unwrap();
        assert!(told.contains("Your P0 credential cannot be used"), "{told}");
    }
    assert_eq!(world.told(), [""; 0]);
}

#[tokio::test]
async fn whoever_reads_the_file_finds_no_token_in_it() {
    let world = World::with(Setup { database: Some("sqlite://p0-chatops.db".to_owned()), ..linking() }).await;
    world.usual().await;
    world.links(ALICE, "alice").await;
    let card = world.cards_in(crate::world::CHANNEL).pop().unwrap();
    world.presses(ALICE, &card, "approve").await;
    assert_eq!(world.told().len(), 1);
    let held: Vec<u8> = ["p0-chatops.db", "p0-chatops.db-wal"]
        .into_iter()
        .flat_map(|name| std::fs::read(world.folder.join(name)).unwrap_or_default())
        .collect();
    // Every token of the provider's begins with the same letters in base64url, `{"alg":` of a JWT's header: enough of
    // them that what is sealed does not hold them by chance.
    let holds = |text: &str| held.windows(text.len()).any(|bytes| bytes == text.as_bytes());
    assert!(holds("v1.") && holds("00u-alice"), "the file was read");
    assert!(!holds("eyJhbGci") && !holds("refresh"), "a token is in the file");
    let told = world.export(&["--with-personal"]).join("\n");
    assert!(told.contains("00u-alice") && told.contains("link.made"), "{told}");
    for secret in ["eyJhbGci", "refresh", "v1.", "/link/"] {
        assert!(!told.contains(secret), "{secret}: {told}");
    }
}
