//! The app's Home: what waits for somebody, what they approved that runs, their own requests, their account, and the ways
//! to go on.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jiff::Timestamp;
use sha2::{Digest as _, Sha256};
use slack_morphism::prelude::{
    SlackActionsBlock, SlackBlock, SlackBlockButtonElement, SlackBlockMarkDownText, SlackBlockText, SlackHomeView,
    SlackSectionBlock, SlackView,
};

use super::message::{context, header, plain, section};
use super::worklist::Worklist;
use super::{Offer, controls, wording};
use crate::domain::absence::Absence;
use crate::domain::control::Control;
use crate::domain::home::{HomeList, PAGE, Pages, Turn};
use crate::domain::jit::control::SettingsControl;
use crate::domain::phase::Phase;
use crate::domain::status::Closing;
use crate::ledger::requests::Kept;

/// All that somebody's Home is drawn from.
#[derive(Clone, Debug)]
pub struct HomeFacts {
    /// What waits.
    pub waiting: Worklist,
    /// What they approved that is not over.
    pub running: Vec<Kept>,
    /// What they asked for, or is for them.
    pub own: Vec<Kept>,
    /// Their account, where accounts are linked.
    pub account: Option<Account>,
    /// Whether they are away, and who is told in their place.
    pub absence: Option<Absence>,
    /// Whether they may change P0's settings.
    pub is_admin: bool,
    /// Until when it is drawn anew as the time left of a grant runs out; from then on none is said.
    pub kept_until: Timestamp,
}

/// Whether somebody has linked their account.
#[derive(Clone, Debug)]
pub enum Account {
    /// They have.
    Linked {
        /// Who they are to P0.
        identity: String,
        /// Since when.
        since: Timestamp,
    },
    /// They have not, and may.
    NotLinked,
}

/// Home for one person, on these pages, which are brought back to where there is something. Its `private_metadata` is a
/// digest of what it shows.
pub fn view(offer: &Offer, facts: &HomeFacts, pages: &mut Pages, now: Timestamp) -> SlackView {
    let is_kept = now < facts.kept_until;
    let mut blocks = vec![header("Waiting for you")];
    blocks.extend(waiting_lines(&facts.waiting, pages));
    if !facts.running.is_empty() {
        blocks.push(header("Running on your approval"));
        let line = |kept: &Kept, line: &str| {
            let text = mrkdwn(&wording::home::stands(&kept.request, now, is_kept));
            match kept.request.phase {
                Phase::Closing { how: Closing::Revoking, .. } => SlackSectionBlock::new().with_text(text).into(),
                _ => controls::beside(text, controls::revoke(&kept.key, &kept.request.facts, "Revoke"), line),
            }
        };
        blocks.extend(page(HomeList::Running, "running", &facts.running, pages, line));
    }
    if !facts.own.is_empty() {
        blocks.push(header("Your requests"));
        let line = |kept: &Kept, line: &str| {
            let text = wording::home::stands(&kept.request, now, is_kept);
            match kept.request.phase {
                Phase::Approved(_) | Phase::Active(_) => {
                    let done = controls::revoke(&kept.key, &kept.request.facts, "I'm done");
                    controls::beside(mrkdwn(&text), done, line)
                }
                _ => section(&text),
            }
        };
        blocks.extend(page(HomeList::Own, "own", &facts.own, pages, line));
    }
    blocks.extend(account(facts.account.as_ref()));
    if let Some(absence) = &facts.absence {
        blocks.push(header("You are away"));
        blocks.push(section(&wording::absence::away(absence)));
        blocks.push(SlackActionsBlock::new(vec![controls::back()]).into());
    }
    if facts.is_admin {
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

/// When time alone makes something untrue that these pages say: of the time left of a grant, or that somebody is away,
/// which is said however long nobody looks. `None` where it makes nothing so.
pub fn turns_at(facts: &HomeFacts, pages: &mut Pages, now: Timestamp) -> Option<Timestamp> {
    let is_back = facts.absence.as_ref().map(|absence| absence.until);
    is_back.into_iter().chain(grant_turns_at(facts, pages, now)).min()
}

fn grant_turns_at(facts: &HomeFacts, pages: &mut Pages, now: Timestamp) -> Option<Timestamp> {
    if now >= facts.kept_until {
        return None;
    }
    let lists = [(HomeList::Running, &facts.running), (HomeList::Own, &facts.own)];
    let shown = lists.into_iter().flat_map(|(list, lines)| {
        let page = pages.within(list, lines.len());
        lines.iter().skip(page * PAGE).take(PAGE)
    });
    let turns_at = shown.filter_map(|kept| kept.request.time_left(now)?.1).min()?;
    Some(turns_at.min(facts.kept_until))
}

/// The digest of what a Home shows.
pub fn digest(view: &SlackView) -> &str {
    match view {
        SlackView::Home(home) => home.private_metadata.as_deref().unwrap_or_default(),
        SlackView::Modal(_) => "",
    }
}

fn waiting_lines(waiting: &Worklist, pages: &mut Pages) -> Vec<SlackBlock> {
    let mut blocks = waiting.heading();
    blocks.extend(page(HomeList::Waiting, "waiting", &waiting.lines, pages, |line, nth| {
        controls::beside(plain(&line.text()).into(), controls::open(&line.kept.key, "Open"), nth)
    }));
    blocks.extend(waiting.hint());
    blocks
}

/// One page of a list, and under it the buttons that turn it; `name` keeps its buttons apart from those of other lists.
fn page<T>(
    list: HomeList,
    name: &str,
    lines: &[T],
    pages: &mut Pages,
    draw: impl Fn(&T, &str) -> SlackBlock,
) -> Vec<SlackBlock> {
    let page = pages.within(list, lines.len());
    let shown = lines.iter().skip(page * PAGE).take(PAGE).enumerate();
    let mut blocks: Vec<SlackBlock> = shown.map(|(nth, line)| draw(line, &format!("{name}{nth}"))).collect();
    if lines.len() > PAGE {
        let first = page * PAGE + 1;
        blocks.push(context(&wording::home::page(first, first + blocks.len() - 1, lines.len())));
        let newer = (page > 0).then(|| controls::turn(list, Turn::Newer));
        let older = ((page + 1) * PAGE < lines.len()).then(|| controls::turn(list, Turn::Older));
        blocks.push(SlackActionsBlock::new(newer.into_iter().chain(older).collect()).into());
    }
    blocks
}

fn account(account: Option<&Account>) -> Vec<SlackBlock> {
    let (text, button) = match account {
        None => return Vec::new(),
        Some(Account::Linked { identity, since }) => {
            (wording::home::linked(identity, *since), controls::unlink(identity))
        }
        Some(Account::NotLinked) => {
            (wording::home::NOT_LINKED.to_owned(), controls::link_account(wording::linking::LINK))
        }
    };
    vec![header("Your account"), section(&text), SlackActionsBlock::new(vec![button]).into()]
}

fn mrkdwn(text: &str) -> SlackBlockText {
    SlackBlockMarkDownText::new(text.to_owned()).with_verbatim(true).into()
}
