//! Which rule a request goes by, and how what it asks is held for every way in.

mod at_start;
mod explain;
mod high;
mod named;
mod unsure;

use std::time::Duration;

use p0_chatops::sandbox::p0::TokenSpec;
use serde_json::Value;

use crate::world::World;

impl World {
    /// P0 pushes what it knows of a request, with something about it that is otherwise.
    pub async fn pushes(&self, id: &str, change: impl FnOnce(&mut Value)) {
        self.clock.advance(Duration::from_secs(5));
        let mut body = self.p0.push_body(id).unwrap();
        body["data"]["lastUpdatedTimestamp"] = self.clock.now().as_millisecond().into();
        change(&mut body["data"]);
        let token = self.p0.mint(&TokenSpec::default());
        assert_eq!(self.p0.push_raw(body.to_string(), Some(&token)).await, Some(200));
        self.work().await;
    }
}
