//! Stories that are played on the stage, a step at a time, with a line of explanation at each.
//!
//! A step does what a click on the page does, or waits until something is to be seen: what cannot be done, or does not
//! come to pass, is said. `scripts` holds the stories (`night_script` the one about who is on call, `settings_script` the one
//! about P0's own settings), `performance`
//! plays one, `deeds` does what a step says, in a `browser` where it is done there, or in the `modals` and private
//! messages of somebody.

mod browser;
mod deeds;
mod modals;
mod night_script;
mod performance;
mod scripts;
mod settings_script;

use clap::ValueEnum;
use serde::Serialize;

use super::faults::Switch;
use super::identity::IdentityMode;
use super::p0::RequestSeed;
use crate::domain::jit::control::SettingsControl;

#[cfg(test)]
pub(super) use browser::Surfer;
pub(super) use performance::{Pace, Stories};

/// A story, by its name on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Scenario {
    /// At night an approver grants access from a phone.
    NightCall,
    /// Whoever is on call does not answer, and the next one does.
    Night,
    /// Two approvers press in the same second.
    TwoApprovers,
    /// P0 does what it was told, and its answer is lost.
    LostAnswer,
    /// An approver grants less time than was asked for.
    ApproveForLess,
    /// Access is taken back.
    Revoke,
    /// The bot is killed between a press and P0.
    KillAndRestart,
    /// An approver links the account that is theirs, and loses it again.
    Linked,
    /// Admins change which lengths P0 offers, and its longest grant.
    Settings,
}

impl Scenario {
    /// Whose credential it is about.
    pub(super) fn identity(self) -> IdentityMode {
        match self {
            Self::Linked => IdentityMode::Linked,
            _ => IdentityMode::Tokens,
        }
    }
}

/// What is told and played.
struct Story {
    title: &'static str,
    /// What it shows, in a sentence.
    about: &'static str,
    /// What is asked for in it.
    request: fn() -> RequestSeed,
    steps: Vec<Step>,
}

/// One line of a story, and what happens at it.
#[derive(Clone)]
struct Step {
    say: &'static str,
    who: Option<&'static str>,
    device: Option<Device>,
    deed: Deed,
}

/// On what somebody acts or looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Device {
    Phone,
    Desktop,
}

/// Where a card is looked for.
#[derive(Clone, Copy)]
enum Where {
    /// In the channel.
    Channel,
    /// In somebody's direct messages with the bot.
    DmOf(&'static str),
}

/// What happens at a step.
#[derive(Clone)]
enum Deed {
    /// The story's request is put to P0.
    Ask,
    /// Whoever acts presses a button of a card, and agrees to its confirm.
    Press(Where, &'static str),
    /// The same button, as the last press found it: on a screen that has not been drawn anew since.
    PressOld,
    /// The press reaches nobody, and Slack says so: the bot is killed again where somebody has started it.
    PressInVain(Where, &'static str),
    /// Whoever acts picks an option of a select, by its text.
    Choose(Where, &'static str, &'static str),
    /// Whoever acts types the slash command with this after it.
    Type(&'static str),
    /// Whoever acts uses the app's global shortcut.
    UseShortcut(SettingsControl),
    /// Whoever acts presses a button of the modal on top.
    PressInModal(SettingsControl),
    /// Whoever acts fills in the modal on top, by the names of its inputs, and submits it.
    Submit(&'static [(&'static str, &'static str)]),
    /// Whoever acts presses a button of what they were told in private, and agrees to its confirm.
    PressTold(SettingsControl),
    /// Whoever acts opens the page that this person was given last, in a browser of their own, and signs in with what is
    /// theirs; it ends at a page with this heading.
    OpenPageOf(&'static str, &'static str),
    /// So many minutes pass at once.
    Pass(u64),
    /// Faults are switched.
    Switch(Switch),
    /// The bot is killed, at a moment at which the choice waits on disk.
    Kill,
    /// The bot is started, where nobody has done it by hand.
    Start,
    /// Something has to be seen.
    See(Seen),
}

/// What has to be seen.
#[derive(Clone)]
enum Seen {
    /// A card says this.
    Card(Where, &'static str),
    /// Somebody was told this in private, in a direct message or a line that only they see.
    Told(&'static str, &'static str),
    /// The modal on top of somebody's client says this.
    Modal(&'static str, &'static str),
    /// In the channel for P0's settings this is said.
    Announced(&'static str),
    /// A card's select offers these lengths, and no other.
    Offered(Where, &'static [&'static str]),
    /// P0 was called about the request: these calls, and no other.
    AtP0(&'static [&'static str]),
    /// P0 was called about its settings since the story began: these calls, and no other.
    SettingsAtP0(&'static [&'static str]),
    /// P0 has these lengths, by what it calls them.
    LengthsAtP0(&'static [&'static str]),
    /// The decisions about the request, as the ledger's file has them.
    OnDisk(&'static [&'static str]),
}
