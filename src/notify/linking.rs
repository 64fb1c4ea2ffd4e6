//! Messages about linked accounts, with what can be pressed.

use jiff::Timestamp;
use url::Url;

use super::message::{Message, plain_section};
use super::wording::linking as wording;
use super::{Offer, controls};
use crate::domain::link::{LinkEnd, NotBound};
use crate::domain::refusal::Refusal;
use crate::ledger::requests::Kept;

/// Requests that a message about a link brings along.
const AT_HAND: usize = 3;

/// The page on which somebody links their account.
pub fn offered(issuer: &str, page: &Url) -> Message {
    Message::sentence(wording::offered(issuer)).with_controls(vec![controls::sign_in(page, wording::LINK)])
}

/// A refusal that a link mends, with the page.
pub fn refused_with_page(refusal: &Refusal, page: &Url) -> Message {
    Message::sentence(refusal.to_string()).with_controls(vec![controls::sign_in(page, wording::LINK)])
}

/// A refusal that a link mends, with a button that has one begun.
pub fn refused(refusal: &Refusal) -> Message {
    Message::sentence(refusal.to_string()).with_controls(vec![controls::link_account(wording::LINK)])
}

/// A choice waits for a sign-in, here.
pub fn sign_in_for(what: &str, page: &Url) -> Message {
    Message::sentence(wording::sign_in_for(what)).with_controls(vec![controls::sign_in(page, "Sign in")])
}

/// The code that is entered at the provider.
pub fn device_code(code: &str, page: &Url, complete: Option<&Url>, until: Timestamp) -> Message {
    let message = Message::sentence(wording::device_code(code, page.as_str(), until));
    message.with_controls(vec![controls::sign_in(complete.unwrap_or(page), "Enter the code")])
}

/// The account is linked; what waits is at hand.
pub fn linked(offer: &Offer, identity: &str, waiting: &[Kept]) -> Message {
    with_waiting(Message::sentence(wording::linked(identity, &offer.command)), waiting)
}

/// The link is over; what waits is at hand.
pub fn ended(offer: &Offer, identity: &str, why: LinkEnd, waiting: &[Kept]) -> Message {
    let message = Message::sentence(wording::ended(identity, why, &offer.command));
    match why {
        LinkEnd::EndedByProvider | LinkEnd::EndedByPlatform | LinkEnd::RanOut => {
            let message = message.with_controls(vec![controls::link_account("Link again")]);
            with_waiting(message, waiting)
        }
        _ => message,
    }
}

/// Nothing was linked.
pub fn not_bound(why: &NotBound) -> Message {
    Message::sentence(wording::not_bound_to_asker(why)).with_controls(vec![controls::link_account("Try again")])
}

/// Asks for the press that ends a link.
pub fn unlink_asked(identity: &str) -> Message {
    Message::sentence(wording::UNLINK_ASKED).with_controls(vec![controls::unlink(identity)])
}

fn with_waiting(message: Message, waiting: &[Kept]) -> Message {
    waiting.iter().take(AT_HAND).enumerate().fold(message, |mut message, (nth, kept)| {
        message.blocks.push(plain_section(&super::replies::listed(kept)));
        message.with_controls(vec![controls::show(&kept.key, nth)])
    })
}
