//! The right person hears in time: who is told, who is on it, who is reminded, and who is told next.

mod absence;
mod claim;
mod escalation;
mod revised;
mod told;

use std::time::Duration;

use p0_chatops::sandbox::slack::Person;

use crate::world::{Card, Setup, World};

pub const MINUTE: Duration = Duration::from_secs(60);

/// A company whose one route has these keys.
pub async fn route(keys: &str) -> World {
    with(&[], keys).await
}

/// The same with more people, by their Slack ids.
pub async fn with(people: &[&str], keys: &str) -> World {
    let mut setup = Setup { route: keys.to_owned(), ..Setup::default() };
    setup.slack = setup.slack.with_scope("usergroups:read");
    setup.slack.people.extend(people.iter().map(|id| Person::new(id, &id.to_lowercase())));
    World::with(setup).await
}

impl World {
    /// Time goes by, and everything happens that can.
    pub async fn after(&self, by: Duration) {
        self.clock.advance(by);
        self.work().await;
    }

    /// The lines of a card that say how it is looked after.
    pub fn looked_after(&self, card: &Card) -> Vec<String> {
        let starts = ["Told:", "These people", ":raising_hand:", ":rotating_light:", ":warning:", "Everybody who"];
        let lines: Vec<String> = self.read(card).lines().map(str::to_owned).collect();
        lines.into_iter().filter(|line| starts.iter().any(|start| line.starts_with(start))).collect()
    }

    /// The first message to somebody: to whoever asked, their card.
    pub fn first_dm(&self, who: &str) -> Card {
        let channel = self.slack.dm_channel(who).expect("direct messages");
        self.cards_in(&channel).swap_remove(0)
    }

    /// The ledger loses rows.
    pub async fn forgets(&self, sql: &'static str) {
        sqlx::raw_sql(sql).execute(&mut self.database().await).await.unwrap();
    }

    /// Timers that the ledger holds of requests that wait, by their kind.
    pub async fn timers(&self) -> Vec<String> {
        self.column("SELECT kind FROM timers WHERE kind NOT IN ('ends_soon', 'overdue') ORDER BY kind, target").await
    }

    /// Who was told of any request, by the ledger.
    pub async fn people_told(&self) -> Vec<String> {
        self.column("SELECT person FROM told WHERE told_at IS NOT NULL ORDER BY person").await
    }

    async fn column(&self, query: &'static str) -> Vec<String> {
        sqlx::query_scalar(query).fetch_all(&mut self.database().await).await.unwrap()
    }
}
