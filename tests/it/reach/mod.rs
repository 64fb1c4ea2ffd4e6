//! How people reach requests: from threads, shortcuts, links and the bot's Home, and how they hear of the ends of grants.

mod expiry;
mod home;
mod shortcuts;
mod threads;
mod unfurl;

use p0_chatops::sandbox::p0::RequestSeed;
use p0_chatops::sandbox::slack::{Shortcut, ShortcutKind};

use crate::world::{Setup, World, bobs, readable};

/// A company whose app has a Home and shortcuts.
fn reachable() -> Setup {
    let mut setup = Setup::default();
    setup.slack.home = true;
    let shortcut = |kind, callback_id: &str| Shortcut {
        kind,
        name: "Decide on requests".into(),
        callback_id: callback_id.into(),
        description: "What waits for you".into(),
    };
    setup.slack.shortcuts =
        vec![shortcut(ShortcutKind::Global, "decide"), shortcut(ShortcutKind::Message, "decide_here")];
    setup
}

/// The same where only Alice has an identity here.
fn of_alice_alone() -> Setup {
    let setup = reachable().set("identity__people", "{ U01ALICE = \"alice@example.com\" }");
    setup.set("identity__tokens", "{ U01ALICE = \"U01ALICE.token\" }")
}

fn rolf(id: &str) -> RequestSeed {
    RequestSeed { id: Some(id.to_owned()), ..RequestSeed::default() }
}

impl World {
    /// Somebody opens their Home, which says what this gives.
    async fn home_of(&self, who: &str) -> String {
        self.slack.open_home(who).await.unwrap();
        self.work().await;
        self.seen_home(who)
    }

    /// What the Home shows that somebody has open.
    fn seen_home(&self, who: &str) -> String {
        readable(self.slack.home(who).expect("a Home").blocks())
    }

    async fn presses_on_home(&self, who: &str, control: &str) {
        let home = self.slack.home(who).expect("a Home");
        self.slack.press_in_view(who, &home.id, control).await.unwrap();
        self.work().await;
    }

    /// The topmost modal of somebody.
    fn top(&self, who: &str) -> String {
        readable(self.slack.modals(who).last().expect("a modal").blocks())
    }

    async fn presses_in_modal(&self, who: &str, control: &str) {
        let top = self.slack.modals(who).pop().expect("a modal");
        self.slack.press_in_view(who, &top.id, control).await.unwrap();
        self.work().await;
    }

    async fn submits(&self, who: &str, values: &[(&str, &str)]) {
        let top = self.slack.modals(who).pop().expect("a modal");
        self.slack.submit(who, &top.id, values).await.unwrap();
        self.work().await;
    }
}
