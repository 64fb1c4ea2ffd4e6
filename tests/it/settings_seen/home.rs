use p0_chatops::notify::Offer;
use p0_chatops::notify::home::{is_drawn, view};
use p0_chatops::sandbox::p0::RequestSeed;

use super::*;
use crate::world::{World, bobs};

#[tokio::test]
async fn home_shows_what_waits_and_the_way_to_the_settings() {
    let world = World::new().await;
    let offer = Offer::new(&world.settings());
    for nth in 0..7 {
        world.request(RequestSeed { id: Some(format!("req-{nth}")), ..bobs() }).await;
    }
    let waiting = world.app().ledger.pending().await.unwrap();
    let home = view(&offer, Some(&waiting), true);
    insta::assert_snapshot!(seen(&home), @"
    ==  ==
    # P0 requests
    7 requests are waiting for a decision.
    bob@example.com: aws role (Role: ReadOnly, Account: staging (111122223333)) for 2h
    Request req-6
    [Show]
    bob@example.com: aws role (Role: ReadOnly, Account: staging (111122223333)) for 2h
    Request req-5
    [Show]
    bob@example.com: aws role (Role: ReadOnly, Account: staging (111122223333)) for 2h
    Request req-4
    [Show]
    bob@example.com: aws role (Role: ReadOnly, Account: staging (111122223333)) for 2h
    Request req-3
    [Show]
    bob@example.com: aws role (Role: ReadOnly, Account: staging (111122223333)) for 2h
    Request req-2
    [Show]
    These are the 5 newest.
    # P0 settings
    Which lengths people can pick, how long a grant may last, and how this bot knows it.
    [P0 settings]
    `/p0 pending` lists what waits, `/p0 help` says what else there is. This page is drawn anew when you open it.
    ");
    let drawn = json!(home)["private_metadata"].as_str().unwrap().to_owned();
    assert!(is_drawn(&view(&offer, Some(&waiting), true), Some(&drawn)));
    for other in
        [view(&offer, Some(&waiting), false), view(&offer, Some(&waiting[1..]), true), view(&offer, None, true)]
    {
        assert!(!is_drawn(&other, Some(&drawn)));
    }
    assert!(!is_drawn(&home, None));
    insta::assert_snapshot!(seen(&view(&offer, None, false)), @"
    ==  ==
    # P0 requests
    You have no P0 identity in this bot's settings, so what waits for a decision is not listed for you.
    `/p0 pending` lists what waits, `/p0 help` says what else there is. This page is drawn anew when you open it.
    ");
    insta::assert_snapshot!(seen(&view(&offer, Some(&[]), false)), @"
    ==  ==
    # P0 requests
    Nothing is waiting for a decision.
    `/p0 pending` lists what waits, `/p0 help` says what else there is. This page is drawn anew when you open it.
    ");
}
