//! The app's Home: what waits, and the ways to go on.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};
use slack_morphism::prelude::{SlackActionsBlock, SlackBlock, SlackBlockButtonElement, SlackHomeView, SlackView};

use super::message::{context, header, plain, plain_section, section};
use super::{Offer, controls, replies, wording};
use crate::domain::control::Control;
use crate::domain::jit::control::SettingsControl;
use crate::ledger::requests::Kept;

/// Requests that Home lists.
const LISTED: usize = 5;

/// Home for one person. `waiting` is what waits for a decision, newest first; `None` for somebody who may not read it.
/// Its `private_metadata` is a digest of what it shows.
pub fn view(offer: &Offer, waiting: Option<&[Kept]>, is_admin: bool) -> SlackView {
    let mut blocks = vec![header("P0 requests")];
    match waiting {
        Some(waiting) => blocks.extend(listed(waiting)),
        None => blocks.push(section(wording::home::NOT_YOURS)),
    }
    if is_admin {
        blocks.push(header("P0 settings"));
        blocks.push(section(wording::home::SETTINGS));
        let open = SlackBlockButtonElement::new(plain("P0 settings").into())
            .with_action_id(Control::Settings(SettingsControl::Open).as_str().into());
        blocks.push(SlackActionsBlock::new(vec![open.into()]).into());
    }
    blocks.push(context(&wording::home::go_on(&offer.command)));
    let digest = Sha256::digest(serde_json::to_vec(&blocks).expect("blocks serialise"));
    SlackView::Home(SlackHomeView::new(blocks).with_private_metadata(BASE64_URL_SAFE_NO_PAD.encode(digest)))
}

/// Whether Slack shows this Home already: `drawn` is the `private_metadata` of the one that it shows.
pub fn is_drawn(view: &SlackView, drawn: Option<&str>) -> bool {
    match view {
        SlackView::Home(home) => home.private_metadata.is_some() && home.private_metadata.as_deref() == drawn,
        SlackView::Modal(_) => false,
    }
}

fn listed(waiting: &[Kept]) -> Vec<SlackBlock> {
    let mut blocks = vec![section(&replies::how_many(waiting.len()))];
    for (nth, kept) in waiting.iter().take(LISTED).enumerate() {
        blocks.push(plain_section(&replies::listed(kept)));
        blocks.push(SlackActionsBlock::new(vec![controls::show(&kept.key, nth)]).into());
    }
    if waiting.len() > LISTED {
        blocks.push(context(&wording::home::newest(LISTED)));
    }
    blocks
}
