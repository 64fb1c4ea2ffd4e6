//! Why something is not done.

use std::fmt;

use super::WORDS;
use super::request::phase_in_brief;
use crate::domain::phase::Phase;
use crate::domain::refusal::Refusal;
use crate::domain::status::Ending;
use crate::notify::foreign;

impl fmt::Display for Refusal {
    /// The sentence that the person reads; mrkdwn.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ForeignWorkspace => f.write_str(
                "This bot does not take decisions from your workspace. Its operator says from which it does.",
            ),
            Self::Stranger => f.write_str(
                "Only members of this company can decide here; you are a guest from another one. Ask one of them.",
            ),
            Self::Guest => f.write_str("Guests cannot decide here. Ask a full member."),
            Self::Deactivated => f.write_str("Your Slack account is deactivated."),
            Self::Bot => f.write_str("Bots cannot decide."),
            Self::NobodyKnown => f.write_str("Slack does not know you any more."),
            Self::OldCard => f.write_str("This card is from an older version. Use the newest card, or `show` with the request's id, to get a fresh one."),
            Self::Changed => f.write_str("What was asked has changed since this card was drawn. Read the card again, and choose anew."),
            Self::AlreadyDecided { phase } | Self::AlreadyEnded { phase } => {
                let nobody = [Ending::TimedOut, Ending::Expired, Ending::Errored, Ending::CleanedUp];
                let late = matches!(&**phase, Phase::Ended { how, .. } if nobody.contains(how));
                let why = if late { "It is too late" } else { "Somebody was first" };
                write!(f, "{why}: the request {}.", phase_in_brief(phase))
            }
            Self::TooLong { asked, most } => {
                write!(f, "{} is too long: at most {} is allowed here.", asked.in_words(), most.in_words())
            }
            Self::NotOffered { asked } => write!(
                f,
                "{} is not offered any more: P0's settings have changed since this was shown. Choose another length.",
                asked.in_words()
            ),
            Self::ApproveOutcomeOpen => f.write_str(
                "An earlier approve has an unknown outcome: P0 may have applied it. Press \"Try again\" on the card to send another all the same.",
            ),
            Self::NeverSeen => f.write_str("P0 has told this bot of no such request, and here only requests that were shown can be decided."),
            Self::OwnRequest => f.write_str("This is your own request, or would give access to you: somebody else has to approve it."),
            Self::MaybeOwnRequest => f.write_str(
                "It cannot be told whether this is your own request. Ask the bot's operator to add you under \
                 `[identity.people]`, or let somebody else approve it.",
            ),
            Self::NotLinked => f.write_str(
                "You have not linked your account yet, so nothing was sent to P0. Link it once (`link` does it too), \
                 then choose again.",
            ),
            Self::LinkChanged => f.write_str(
                "Your linked account was unlinked or changed after you chose. Choose again.",
            ),
            Self::LinkEnded => f.write_str(
                "Your link has ended; another message says why. Please link your account again, then choose again.",
            ),
            Self::AmbiguousIdentity => f.write_str(
                "This bot's settings name one P0 identity for you and for somebody else, so it cannot be told whose \
                 choice this is. Its operator has to say whose it is.",
            ),
            Self::NotProved => f.write_str(
                "It asks for a fresh sign-in, and there was none within the last 5 minutes. Choose again if it is still right.",
            ),
            Self::NotRestated => f.write_str(
                "Requests of this kind are approved in a form that shows everything once more. Press \"Approve…\" on its \
                 card, and choose for how long there.",
            ),
            Self::NotNamed => f.write_str(
                "Only the people whom this bot's routes name for it can decide this request. Its card says who was told.",
            ),
            Self::NotFromChat => f.write_str("Requests of this kind are approved in P0 itself, not from Slack."),
            Self::NoIdentity => f.write_str(
                "You have no P0 identity in this bot's settings. Ask its operator to add you.",
            ),
            Self::NoCredential => f.write_str(
                "The bot holds no P0 credential of yours. Ask its operator to add one.",
            ),
            Self::CredentialUnusable => f.write_str("Your P0 credential cannot be used; the bot's log tells its operator why."),
            Self::CredentialOfAnother => f.write_str("The P0 credential that the bot holds for you is somebody else's. Ask its operator to put yours in its place."),
            Self::CredentialExpired => f.write_str("Your P0 credential has run out. Ask the bot's operator to renew it."),
            Self::P0 { status: 401, words } if words.is_empty() => f.write_str("P0 did not accept your credential (401)."),
            Self::P0 { status, words } if words.is_empty() => write!(f, "P0 refused it ({status}) without saying why."),
            Self::P0 { words, .. } => write!(f, "P0 says: {}", foreign::word(words, WORDS)),
        }
    }
}
