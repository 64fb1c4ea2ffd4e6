//! What people see of P0's settings: each state of a change's card, of its preview, and of all that is known.

mod brought;
mod cards;
mod held_back;
mod limits;
mod lines;
mod overview;
mod previews;

use jiff::Timestamp;
use p0_chatops::config::{AdminList, assumed_lengths};
use p0_chatops::domain::card_key::CardKey;
use p0_chatops::domain::jit::author::Author;
use p0_chatops::domain::jit::change::{Approvals, Change, Said};
use p0_chatops::domain::jit::length::SettingLength;
use p0_chatops::domain::jit::lengths::Lengths;
use p0_chatops::domain::jit::mirror::{Mirror, Stated};
use p0_chatops::domain::jit::proposal::{
    Groups, Item, Proposal, ProposalStage, SecondAdmin, SettingsDecision, SettingsStage,
};
use p0_chatops::domain::jit::told::ToldLength;
use p0_chatops::domain::person::{ChannelId, SlackUser, TeamId, UserGroupId, UserId};
use p0_chatops::ledger::jit::cards::{Policy, SettingsAudience, SettingsCard};
use p0_chatops::notify::message::Message;
use serde_json::{Value, json};
use slack_morphism::prelude::SlackView;

use crate::world::{ALICE, BOB, CAROL, CHANNEL, readable};

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).unwrap()
}

fn user(id: &str) -> UserId {
    UserId::parse(id).unwrap()
}

fn slack_user(id: &str) -> SlackUser {
    SlackUser { team: TeamId::parse("T01ACME").unwrap(), user: user(id) }
}

fn alice() -> Author {
    Author::Admin(slack_user(ALICE))
}

fn length(text: &str) -> SettingLength {
    text.parse().unwrap()
}

fn add(text: &str) -> Change {
    Change::Add { length: length(text) }
}

fn remove(text: &str) -> Change {
    Change::Remove { length: length(text) }
}

fn maximum(text: &str) -> Change {
    Change::Maximum { length: length(text) }
}

fn approvals(one_party: bool, require_reason: bool) -> Change {
    Change::Approvals(Approvals { one_party, require_reason })
}

fn told(time: f64, unit: &str, value: &str) -> ToldLength {
    ToldLength::read(&json!({ "time": time, "unit": unit, "value": value })).unwrap()
}

/// What the bot assumes: 1h, 4h, 8h, and 24h at most.
fn assumed() -> Mirror {
    Mirror::assumed(&assumed_lengths())
}

/// The same, stated in the settings file.
fn stated() -> Mirror {
    let mut mirror = assumed();
    let Lengths { presets, maximum, .. } = assumed_lengths();
    mirror.state(Stated { presets: Some(presets), maximum: Some(maximum) }, &assumed_lengths(), at(0));
    mirror
}

fn learned(mut mirror: Mirror, change: Change, said: &Said) -> Mirror {
    mirror.take(&change, said, &alice(), at(0));
    mirror
}

fn policy() -> Policy {
    Policy {
        second: SecondAdmin::Loosening,
        approvals: true,
        has_key: true,
        admins: AdminList {
            users: vec![user(ALICE), user(BOB)],
            groups: vec![UserGroupId::parse("S01ADMINS").unwrap()],
        },
        announce: ChannelId::parse(CHANNEL),
    }
}

/// A change as it is when it was shown to Alice.
fn shown(mirror: &Mirror, changes: &[Change]) -> SettingsCard {
    let item = |change: &Change| Item { change: *change, before: mirror.before(change) };
    let proposal = Proposal {
        id: 1,
        key: CardKey::parse("abcdefghijklmnopqrstuv").unwrap(),
        by: alice(),
        items: changes.iter().map(item).collect(),
        typed: mirror.typed(changes),
        needs_second: changes.iter().any(|change| policy().second.is_needed(&alice(), mirror.weight(change))),
        groups: Groups::new(),
        shown: at(0),
        stage: ProposalStage::Shown,
        second: None,
        revision: 0,
    };
    SettingsCard { proposal, decisions: Vec::new(), mirror: mirror.clone(), asked: Vec::new() }
}

fn at_stage(mut card: SettingsCard, stage: ProposalStage) -> SettingsCard {
    card.proposal.stage = stage;
    card
}

fn waiting(card: SettingsCard) -> SettingsCard {
    at_stage(card, ProposalStage::Waiting { since: at(0), until: at(900) })
}

/// The same once it was decided, with what became of its changes.
fn decided(mut card: SettingsCard, stages: Vec<SettingsStage>) -> SettingsCard {
    assert_eq!(card.proposal.items.len(), stages.len());
    let decision = |(nth, (item, stage)): (usize, (&Item, SettingsStage))| SettingsDecision {
        id: i64::try_from(nth).unwrap(),
        proposal: 1,
        item: item.clone(),
        deadline: at(900),
        attempts: 1,
        tried: Vec::new(),
        stage,
    };
    card.decisions = card.proposal.items.iter().zip(stages).enumerate().map(decision).collect();
    at_stage(card, ProposalStage::Decided { at: at(60) })
}

fn done(said: Said) -> SettingsStage {
    SettingsStage::Done { said, key: None, at: at(90) }
}

fn channel() -> SettingsAudience {
    SettingsAudience::Channel(ChannelId::parse(CHANNEL).unwrap())
}

fn author() -> SettingsAudience {
    SettingsAudience::Author(user(ALICE))
}

fn admin() -> SettingsAudience {
    SettingsAudience::Admin(user(CAROL))
}

/// A message as a person reads it, the push notification first.
fn read(message: &Message) -> String {
    format!("{}\n---\n{}", message.text, blocks(&json!(message.blocks)))
}

/// A modal or Home as a person reads it.
fn seen(view: &SlackView) -> String {
    let view = json!(view);
    let name = |part: &str| view[part]["text"].as_str().unwrap_or_default().to_owned();
    let ends = [name("submit"), name("close")].into_iter().filter(|name| !name.is_empty());
    let ends: Vec<String> = ends.map(|name| format!("[{name}]")).collect();
    format!("== {} ==\n{}\n{}", name("title"), blocks(&view["blocks"]), ends.join(" ")).trim_end().to_owned()
}

fn blocks(blocks: &Value) -> String {
    readable(blocks.as_array().unwrap())
}
