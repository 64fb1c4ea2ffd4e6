//! A request that no rule was surely written for is loud, and the strictest that may be meant holds.

use p0_chatops::sandbox::p0::RequestSeed;

use crate::world::{CHANNEL, Setup, World, bobs};

const ROUTES: &str = "[[route]]\nname = \"prod\"\nmatch = { resource = \"prod-*\" }\nchannel = \"{channel}\"\nrisk = \"high\"\n\
    [[route]]\nname = \"ssh\"\nmatch = { type = \"ssh\" }\nchannel = \"{channel}\"\n\
    [[route]]\nchannel = \"{channel}\"\n";

impl World {
    /// A request of such a resource, and of such a type.
    async fn of(&self, id: &str, kind: &str, resource: Option<&str>) -> String {
        self.p0.add(RequestSeed { id: Some(id.to_owned()), r#type: kind.to_owned(), ..bobs() });
        self.pushes(id, |data| {
            if let Some(resource) = resource {
                data["resource"] = resource.into();
            }
        })
        .await;
        self.read(&self.cards_in(CHANNEL).pop().unwrap())
    }
}

#[tokio::test]
async fn a_card_says_that_no_route_was_surely_meant_and_what_p0_did_not_send() {
    let world = World::with(Setup { routes: Some(ROUTES.to_owned()), ..Setup::default() }).await;
    let sure = world.of("r-1", "aws", Some("prod-db")).await;
    assert!(!sure.contains(":warning:") && sure.ends_with("[Approve…] [Deny] [I'm on it] [More]"), "{sure}");
    let default = world.of("r-2", "aws", Some("dev-db")).await;
    assert!(default.contains(":warning: No route but the default one takes this request."), "{default}");
    let unsure = world.of("r-3", "aws", None).await;
    assert!(
        unsure.contains(
            "No route but the default one surely takes this request: P0 did not send resource. \
             The strictest route that may be meant holds."
        ),
        "{unsure}"
    );
    assert!(unsure.ends_with("[Approve…] [Deny] [I'm on it] [More]"), "{unsure}");
    let other = world.of("r-4", "ssh", None).await;
    assert!(other.contains(":warning: Other routes may be meant: P0 did not send resource."), "{other}");
}
