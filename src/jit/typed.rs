//! What is typed about P0's settings. As for every command, text decides nothing by itself: what it wants is shown
//! privately, with the buttons that decide.

use super::Considered;
use crate::answer::{Answer, ok};
use crate::decide::Tools;
use crate::domain::jit::command::SettingsCommand;
use crate::inbound::slack::{Act, Deed};
use crate::notify::jit::{overview, preview, said};

impl Tools {
    /// Answers `settings …`.
    pub(crate) async fn settings_typed(&self, deed: &Deed, command: SettingsCommand) -> Answer {
        let changes = match command {
            SettingsCommand::Show => return self.show_settings(deed).await,
            SettingsCommand::Change(change) => vec![change],
            SettingsCommand::PutBack => self.ledger.mirror().await?.put_back().changes,
        };
        match self.want(deed, changes).await? {
            Considered::Shown(card) => self.say(deed, preview::message(&card, &self.settings.policy)).await,
            Considered::Repeated => ok(),
            Considered::Refused(refusal) => self.say_refused_settings(deed, &refusal).await,
        }
    }

    /// Shows all that is known: in a modal, or with the button that opens it where none can be opened.
    pub(crate) async fn show_settings(&self, deed: &Deed) -> Answer {
        if let Err(refusal) = self.admitted(deed).await {
            return self.refuse_settings(deed, &refusal).await;
        }
        if matches!(deed.act, Act::Message { .. }) {
            return self.say(deed, said::open()).await;
        }
        let mirror = self.ledger.mirror().await?;
        self.open_view(deed, &overview::modal(&mirror, &self.settings.policy)).await
    }
}
