//! The bot's Home, drawn when somebody opens it.

use crate::answer::{Answer, ok};
use crate::decide::Tools;
use crate::domain::person::SlackUser;
use crate::inbound::slack::Deed;
use crate::ledger::LedgerError;
use crate::notify::home;

impl Tools {
    /// Draws Home for whoever opened it, unless Slack shows it as it is: to draw it takes a phone back to its top.
    pub(crate) fn show_home(&self, deed: &Deed, drawn: Option<&str>) -> Answer {
        let (tools, by, drawn) = (self.clone(), deed.by.clone(), drawn.map(str::to_owned));
        self.whispers.spawn(async move {
            if let Err(error) = tools.draw_home(&by, drawn.as_deref()).await {
                tracing::error!(%error, "a Home could not be drawn");
            }
        });
        ok()
    }

    async fn draw_home(&self, by: &SlackUser, drawn: Option<&str>) -> Result<(), LedgerError> {
        let may_read = self.standing(by).await?.may_read;
        let waiting = if may_read { Some(self.ledger.pending().await?) } else { None };
        // Nobody waits for this answer, so Slack is asked who is an admin; where it does not say there is no button.
        let admins = &self.settings.admins;
        let is_admin = admins.may_be(&by.user) && admins.admit(by).await.is_ok();
        let view = home::view(&self.offer, waiting.as_deref(), is_admin);
        if !home::is_drawn(&view, drawn) {
            // It is drawn anew whenever it is opened: a failure is logged and counted, and that is all.
            let _ = self.slack.publish_home(&by.user, &view).await;
        }
        Ok(())
    }
}
