//! What does not fit Slack is counted, and nothing that P0 says formats, mentions or hides.

use std::time::Duration;

use p0_chatops::domain::jit::change::{Change, Said, Settings};
use p0_chatops::domain::jit::control::SettingsControl;
use p0_chatops::domain::jit::proposal::{SettingsStage, Tried};
use p0_chatops::domain::jit::refusal::SettingsRefusal;
use p0_chatops::notify::jit::{card, forms, overview, preview};
use p0_chatops::notify::web_api::{SlackApi, SlackFailure};
use p0_chatops::telemetry::Metrics;

use super::*;
use crate::world::World;

const HOSTILE: &str = "<!channel> *bold* `code` <https://evil.example|1 day>\n\u{202e}:tada: & _x_";

/// Slack, as strict as it is.
struct Judge {
    world: World,
    api: SlackApi,
}

impl Judge {
    async fn new() -> Self {
        let mut world = World::new().await;
        world.violations_are_fine = true;
        let api = SlackApi::new(reqwest::Client::new(), &world.settings().slack, Metrics::default());
        Self { world, api }
    }

    async fn takes(&self, message: &Message) -> String {
        self.world.clock.advance(Duration::from_secs(5));
        let posted = self.api.post(&ChannelId::parse(CHANNEL).unwrap(), None, message).await;
        assert!(posted.is_ok(), "{posted:?}: {}", read(message));
        assert!(message.text.chars().count() <= 4000);
        let characters = json!(message.blocks).to_string().chars().count();
        assert!(characters < 13_000, "{characters} characters: Slack would find the message too long");
        read(message)
    }

    /// A trigger that is none is looked at after the view.
    async fn takes_view(&self, view: &SlackView) -> String {
        self.world.clock.advance(Duration::from_secs(5));
        let opened = self.api.open_view("none", view).await;
        assert_eq!(opened, Err(SlackFailure::Refused("invalid_trigger_id".to_owned())), "{}", seen(view));
        seen(view)
    }
}

fn minutes() -> impl Iterator<Item = SettingLength> {
    (1..=200).map(|nth| length(&format!("{}m", nth * 61)))
}

/// 200 lengths, each with the longest name that is kept.
fn many(name: &str) -> Mirror {
    let options = (1..=200).map(|nth| told(f64::from(nth * 61), "m", &format!("{nth} {name}"))).collect();
    learned(assumed(), Change::Reset, &Said::Settings(Settings { options, unread: 0, maximum: None, standing: None }))
}

fn no_trick(text: &str) {
    for trick in ["<!channel>", "*bold*", "`code`", "<https://evil", "\u{202e}", ":tada:", "_x_"] {
        assert!(!text.contains(trick), "{trick} in {text}");
    }
}

#[tokio::test]
async fn two_hundred_lengths_fit() {
    let judge = Judge::new().await;
    for name in ["x", &"<&>".repeat(60)] {
        let mirror = many(name);
        let text = judge.takes_view(&overview::modal(&mirror, &policy())).await;
        assert!(text.contains("12200m") || text.contains(" more"), "{text}");
        for (control, _) in SettingsControl::ALL {
            if let Some(view) = forms::form(control, &mirror) {
                judge.takes_view(&view).await;
            }
        }
        let reset = shown(&mirror, &[Change::Reset]);
        judge.takes(&preview::message(&reset, &policy())).await;
        judge.takes_view(&preview::modal(&reset, &policy())).await;
        let settings = Settings {
            options: mirror.presets.iter().filter_map(|entry| entry.value.told.clone()).collect(),
            unread: 7,
            maximum: Some(told(1.0, "d", name)),
            standing: None,
        };
        let card = decided(reset, vec![done(Said::Settings(settings))]);
        judge.takes(&card::draw(&card, &author())).await;
    }
}

#[tokio::test]
async fn two_hundred_changes_fit_and_none_is_passed_over_in_silence() {
    let judge = Judge::new().await;
    let changes: Vec<Change> = minutes().map(|length| Change::Add { length }).collect();
    let waits = waiting(shown(&assumed(), &changes));
    let text = judge.takes(&preview::message(&waits, &policy())).await;
    assert!(text.contains("… and ") || text.matches("→").count() == 200, "{text}");
    judge.takes_view(&preview::modal(&waits, &policy())).await;
    judge.takes(&card::draw(&waits, &admin())).await;
    for stage in [
        SettingsStage::Recorded,
        SettingsStage::Refused { refusal: SettingsRefusal::P0 { status: 400, words: HOSTILE.repeat(20) }, at: at(90) },
        SettingsStage::Unknown { words: HOSTILE.repeat(20), at: at(90) },
    ] {
        let card = decided(waits.clone(), vec![stage; 200]);
        let text = judge.takes(&card::draw(&card, &author())).await;
        assert!(text.contains("Of 200 changes: 200 "), "{text}");
        no_trick(&text);
    }
}

#[tokio::test]
async fn p0s_words_are_text_and_nothing_else() {
    let judge = Judge::new().await;
    let name = |text: &str| text.chars().take(200).collect::<String>();
    let value = told(1.0, "d", &name(&HOSTILE.repeat(9)));
    let mirror = learned(assumed(), maximum("2d"), &Said::Length { told: value.clone() });
    let settings = Settings {
        options: vec![value.clone(), told(1.5, "m", HOSTILE)],
        unread: 0,
        maximum: Some(value.clone()),
        standing: Some(value.clone()),
    };
    let reset = learned(mirror.clone(), Change::Reset, &Said::Settings(settings.clone()));
    no_trick(&judge.takes_view(&overview::modal(&reset, &policy())).await);
    let options = judge.takes_view(&forms::form(SettingsControl::Remove, &reset).unwrap()).await;
    assert!(!options.contains(['<', '>', '\u{202e}']), "{options}");
    no_trick(&judge.takes(&preview::message(&shown(&reset, &[remove("24h")]), &policy())).await);
    no_trick(&judge.takes_view(&preview::modal(&shown(&reset, &[Change::Reset]), &policy())).await);
    let words = HOSTILE.repeat(100);
    for (change, stage) in [
        (maximum("2d"), done(Said::Length { told: value })),
        (Change::Reset, done(Said::Settings(settings))),
        (maximum("2d"), SettingsStage::Unknown { words: words.clone(), at: at(9) }),
        (
            maximum("2d"),
            SettingsStage::Refused { refusal: SettingsRefusal::P0 { status: 400, words: words.clone() }, at: at(9) },
        ),
        (
            maximum("2d"),
            SettingsStage::Refused { refusal: SettingsRefusal::KeyNotTaken { words: words.clone() }, at: at(9) },
        ),
        (remove("24h"), SettingsStage::Done { said: Said::Taken, key: Some(HOSTILE.repeat(9)), at: at(9) }),
    ] {
        let mut card = decided(shown(&mirror, &[change]), vec![stage]);
        card.decisions[0].tried = vec![Tried { key: HOSTILE.repeat(9), status: 400, words: words.clone() }; 4];
        let message = card::draw(&card, &author());
        judge.takes(&message).await;
        // What stands in plain text formats nothing, and is escaped all the same.
        let formatting = json!(message.blocks).as_array().unwrap().clone();
        let formatting: Vec<Value> =
            formatting.into_iter().filter(|block| block["text"]["type"] != "plain_text").collect();
        no_trick(&blocks(&json!(formatting)));
        assert!(!read(&message).contains("<!channel>") && !read(&message).contains('\u{202e}'));
    }
}

#[tokio::test]
async fn every_change_of_a_long_list_can_be_agreed_to() {
    let judge = Judge::new().await;
    let kinds = [
        add("2h"),
        remove("61m"),
        Change::Reset,
        maximum("2w"),
        Change::Standing { length: length("2w") },
        Change::Approvable { length: length("3d") },
        approvals(true, false),
    ];
    let mut proposals: Vec<Vec<Change>> = kinds.iter().map(|change| vec![*change]).collect();
    proposals.push(kinds.to_vec());
    proposals.push([Change::Reset].into_iter().chain(minutes().map(|length| Change::Add { length })).collect());
    for name in ["x", &"<&>".repeat(60)] {
        for changes in &proposals {
            let message = card::draw(&waiting(shown(&many(name), changes)), &admin());
            judge.takes(&message).await;
            let confirm = json!(message.blocks).to_string();
            assert_eq!(confirm.matches("P0 has no undo.").count(), 1, "{confirm}");
            assert!(changes[0] != Change::Reset || confirm.contains(" more → P0's own list"), "{confirm}");
        }
    }
}
