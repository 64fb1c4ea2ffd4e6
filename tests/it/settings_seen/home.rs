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
    insta::assert_snapshot!(seen(&home), @"");
    let drawn = json!(home)["private_metadata"].as_str().unwrap().to_owned();
    assert!(is_drawn(&view(&offer, Some(&waiting), true), Some(&drawn)));
    for other in
        [view(&offer, Some(&waiting), false), view(&offer, Some(&waiting[1..]), true), view(&offer, None, true)]
    {
        assert!(!is_drawn(&other, Some(&drawn)));
    }
    assert!(!is_drawn(&home, None));
    insta::assert_snapshot!(seen(&view(&offer, None, false)), @"");
    insta::assert_snapshot!(seen(&view(&offer, Some(&[]), false)), @"");
}
