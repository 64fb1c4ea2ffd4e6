//! From the ledger to P0's settings API: whatever dies, is silent or has changed on the way, a change is sent once, as
//! those who are admins when it is, or not at all.

use std::time::Duration;

use p0_chatops::domain::delivery::DeliveryKeys;
use p0_chatops::domain::jit::author::Author;
use p0_chatops::domain::jit::change::{Change, Said};
use p0_chatops::domain::jit::proposal::{ProposalStage, SettingsStage};
use p0_chatops::domain::jit::refusal::SettingsRefusal;
use p0_chatops::domain::person::{SlackUser, TeamId, UserId};
use p0_chatops::domain::refusal::Refusal;
use p0_chatops::forward::settings_worker::SettingsWorker;
use p0_chatops::ledger::jit::cards::{Policy, SettingsCard};
use p0_chatops::ledger::jit::proposals::{Applied, NewProposal, Proposed};
use p0_chatops::sandbox::p0::{Answer, BearerKind, Fault, Labels, Verb};
use p0_chatops::sandbox::slack::{Fault as Misfortune, Times};
use serde_json::json;

use super::client::length;
use super::contract::{Contract, SERVER};
use crate::world::{ALICE, BOB, CAROL, GUEST, Setup, World};

const ONCALL: &str = "S01ONCALL";
const WITHIN: Duration = Duration::from_secs(15 * 60);

/// Alice is an admin herself; Bob is one by the group, in which Alice is too.
async fn company() -> World {
    company_with(|setup| setup).await
}

async fn company_with(more: impl FnOnce(Setup) -> Setup) -> World {
    let setup = Setup::default()
        .set("slack__admins", r#"["U01ALICE", "S01ONCALL"]"#)
        .set("p0__settings_api_key", "sandbox-settings-key");
    let mut setup = more(setup);
    setup.slack = setup.slack.with_scope("usergroups:read");
    World::with(setup).await
}

fn person(id: &str) -> SlackUser {
    SlackUser { team: TeamId::parse("T01ACME").unwrap(), user: UserId::parse(id).unwrap() }
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

impl World {
    /// Somebody wants changes and applies them; nothing is forwarded yet.
    async fn wants(&self, by: Author, changes: &[Change]) -> (SettingsCard, Applied) {
        let (ledger, policy) = (&self.app().ledger, Policy::of(&self.settings()));
        let groups = match &by {
            Author::Admin(by) => self.app().settings_worker.admins.admit(by).await.unwrap(),
            Author::Operator => Default::default(),
        };
        let new = NewProposal { by: by.clone(), changes: changes.to_vec(), groups, policy: policy.clone() };
        let card = match ledger.propose(DeliveryKeys::new([]), new).await.unwrap() {
            Proposed::Shown(card) => *card,
            other => panic!("{other:?}"),
        };
        let (key, typed) = (card.proposal.key.clone(), card.proposal.typed.clone());
        let when = (self.clock.now(), WITHIN);
        let applied = ledger.apply_proposal(DeliveryKeys::new([]), key, by, typed, policy, when).await.unwrap();
        (card, applied)
    }

    async fn decides(&self, id: &str, change: Change) -> SettingsCard {
        let (card, applied) = self.wants(Author::Admin(person(id)), &[change]).await;
        assert_eq!(applied, Applied::Recorded);
        card
    }

    async fn agrees(&self, id: &str, card: &SettingsCard) {
        let (key, when) = (card.proposal.key.clone(), (self.clock.now(), WITHIN));
        let agreed = self.app().ledger.agree(DeliveryKeys::new([]), key, person(id), when).await.unwrap();
        assert_eq!(agreed, Some(Ok(())));
    }

    async fn now(&self, card: &SettingsCard) -> SettingsCard {
        self.app().ledger.settings_card(&card.proposal.key).await.unwrap().expect("the proposal")
    }

    /// What became of its only change.
    async fn stage(&self, card: &SettingsCard) -> SettingsStage {
        let [decision] = &self.now(card).await.decisions[..] else { panic!("one change") };
        decision.stage.clone()
    }

    async fn refusal(&self, card: &SettingsCard) -> SettingsRefusal {
        match self.stage(card).await {
            SettingsStage::Refused { refusal, .. } => refusal,
            other => panic!("{other:?}"),
        }
    }

    /// What P0's settings API was told, a line for each call. Each is as P0 publishes it, and with the key.
    fn settings_told(&self) -> Vec<String> {
        let contract = Contract::published();
        let calls = self.p0.calls().into_iter().filter(|call| call.verb == Some(Verb::Settings));
        calls
            .map(|call| {
                contract.judge(&call);
                let path = call.path.strip_prefix(SERVER).unwrap();
                let status = call.status.map_or("no answer".to_owned(), |status| status.to_string());
                format!("{} {path}: {status}", call.method)
            })
            .collect()
    }

    /// P0's list is as this says, whatever this bot knows of it.
    async fn p0_names_24_hours(&self, labels: Labels) {
        self.p0.behave(|behaviour| behaviour.labels = labels);
        let worker = &self.app().settings_worker;
        let api = worker.p0.as_ref().unwrap();
        api.call(&remove("24h"), Some("1 day")).await;
        api.call(&add("24h"), None).await;
    }
}

fn answer(body: &serde_json::Value) -> Fault {
    let content_type = "application/json".to_owned();
    Fault::Status(Answer { code: 200, content_type, body: body.to_string(), headers: Vec::new() })
}

#[tokio::test]
async fn a_change_goes_out_with_the_key_and_a_decision_with_the_approvers_token() {
    let world = company().await;
    let request = world.usual().await;
    let card = world.decides(ALICE, add("4h")).await;
    world.presses(CAROL, &request, "approve").await;
    assert_eq!(world.settings_told(), ["POST /expiry-options: 204"]);
    assert!(matches!(world.stage(&card).await, SettingsStage::Done { said: Said::Taken, .. }));
    for call in world.p0.calls() {
        let with_key = call.bearer == BearerKind::SettingsApiKey;
        assert_eq!(with_key, call.verb == Some(Verb::Settings), "{call:?}");
        assert!(call.user_agent.unwrap().starts_with("p0-chatops/"));
    }
    let connections: Vec<u64> = world.p0.calls().iter().map(|call| call.connection).collect();
    assert_eq!(connections, [1, 2], "each has a connection of its own");
}

#[tokio::test]
async fn what_was_recorded_when_the_bot_died_is_sent_once() {
    let mut world = company().await;
    let card = world.decides(BOB, add("4h")).await;
    world.restart().await;
    world.work().await;
    world.restart().await;
    world.work().await;
    assert_eq!(world.settings_told(), ["POST /expiry-options: 204"]);
    assert!(matches!(world.stage(&card).await, SettingsStage::Done { .. }));
}

#[tokio::test]
async fn what_was_being_sent_when_the_bot_died_is_unknown_and_not_sent_again() {
    let mut world = company().await;
    world.p0.fail_next(1, Verb::Settings, Fault::Hang);
    let card = world.decides(ALICE, Change::Reset).await;
    let sent = tokio::time::timeout(Duration::from_millis(500), world.app().settings_worker.step()).await;
    assert!(sent.is_err(), "it hangs, and is given up from one instant to the next");
    world.restart().await;
    world.wait_for_leases();
    world.work().await;
    assert!(matches!(world.stage(&card).await, SettingsStage::Unknown { .. }));
    world.clock.advance(WITHIN);
    world.work().await;
    assert_eq!(world.settings_told(), ["POST /expiry-options/_reset: no answer"]);
}

#[tokio::test]
async fn a_reset_whose_answer_is_lost_or_says_nothing_is_unknown() {
    let reset = "POST /expiry-options/_reset";
    for (fault, words, told) in [
        (Fault::LostAnswer, "", "no answer"),
        (Fault::Truncated, "", "200"),
        (answer(&json!({})), "{}", "200"),
        (Fault::bad_gateway(), "502 Bad Gateway", "502"),
    ] {
        let world = company().await;
        let before = world.app().ledger.lengths().await.unwrap();
        world.p0.fail_next(1, Verb::Settings, fault);
        let card = world.decides(ALICE, Change::Reset).await;
        world.work().await;
        world.clock.advance(WITHIN);
        world.work().await;
        assert_eq!(world.settings_told(), [format!("{reset}: {told}")]);
        let SettingsStage::Unknown { words: shown, .. } = world.stage(&card).await else { panic!("unknown") };
        assert_eq!(shown, words);
        let mirror = world.app().ledger.mirror().await.unwrap();
        assert_eq!(mirror.doubts[0].change, Change::Reset);
        assert_eq!(world.app().ledger.lengths().await.unwrap(), before);
    }
}

#[tokio::test]
async fn twenty_four_hours_are_removed_by_whatever_name_p0_has_for_them() {
    for (labels, told) in [
        (Labels::Largest, vec!["DELETE /expiry-options/1%20day: 204"]),
        (Labels::AsSent, vec!["DELETE /expiry-options/1%20day: 400", "DELETE /expiry-options/24%20hours: 204"]),
    ] {
        let world = company().await;
        world.p0_names_24_hours(labels).await;
        let card = world.decides(ALICE, remove("24h")).await;
        world.work().await;
        assert_eq!(world.settings_told()[2..], told, "{labels:?}");
        let SettingsStage::Done { key, .. } = world.stage(&card).await else { panic!("done") };
        assert_eq!(key.as_deref(), Some(if labels == Labels::Largest { "1 day" } else { "24 hours" }));
    }
}

#[tokio::test]
async fn a_name_that_p0_told_is_the_only_one_that_is_tried() {
    for (labels, name, segment) in [(Labels::Largest, "1 day", "1%20day"), (Labels::AsSent, "24 hours", "24%20hours")] {
        let world = company().await;
        world.p0_names_24_hours(labels).await;
        // This reset only tells the list that P0 has.
        let list = json!({ "options": [{ "time": 24, "unit": "h", "value": name }] });
        world.p0.fail_next(1, Verb::Settings, answer(&list));
        world.decides(ALICE, Change::Reset).await;
        world.work().await;
        let card = world.decides(ALICE, remove("1d")).await;
        world.work().await;
        assert_eq!(world.settings_told()[3..], [format!("DELETE /expiry-options/{segment}: 204")]);
        assert!(matches!(world.stage(&card).await, SettingsStage::Done { .. }));
    }
}

#[tokio::test]
async fn a_length_that_p0_has_under_no_name_is_refused_in_p0s_words_with_what_was_tried() {
    let world = company().await;
    let card = world.decides(ALICE, remove("7d")).await;
    world.p0.fail_next(3, Verb::Settings, Fault::error(400, "No such expiry option"));
    world.work().await;
    let calls = ["1%20week", "7%20days", "168%20hours"].map(|name| format!("DELETE /expiry-options/{name}: 400"));
    assert_eq!(world.settings_told(), calls);
    let words = "No such expiry option".to_owned();
    assert_eq!(world.refusal(&card).await, SettingsRefusal::P0 { status: 400, words });
    let tried: Vec<String> = world.now(&card).await.decisions[0].tried.iter().map(|tried| tried.key.clone()).collect();
    assert_eq!(tried, ["1 week", "7 days", "168 hours"]);
}

#[tokio::test]
async fn a_lost_answer_to_one_name_tries_no_other() {
    let world = company().await;
    world.p0.fail_next(1, Verb::Settings, Fault::LostAnswer);
    let card = world.decides(ALICE, remove("24h")).await;
    world.work().await;
    assert_eq!(world.settings_told(), ["DELETE /expiry-options/1%20day: no answer"]);
    assert!(matches!(world.stage(&card).await, SettingsStage::Unknown { .. }));
}

#[tokio::test]
async fn a_key_that_p0_does_not_take_is_refused_and_said_so() {
    let world = company_with(|setup| setup.set("p0__settings_api_key", "another-key-0123456789")).await;
    let card = world.decides(ALICE, add("4h")).await;
    world.work().await;
    assert_eq!(world.settings_told(), ["POST /expiry-options: 401"]);
    assert_eq!(world.refusal(&card).await, SettingsRefusal::KeyNotTaken { words: "Unauthorized".to_owned() });
}

#[tokio::test]
async fn without_a_key_what_was_recorded_is_refused() {
    let world = company().await;
    let card = world.decides(ALICE, add("4h")).await;
    let worker = SettingsWorker { p0: None, ..world.app().settings_worker.clone() };
    assert_eq!(worker.step().await, 1);
    assert_eq!(world.refusal(&card).await, SettingsRefusal::NoApiKey);
    assert_eq!(world.p0.calls().len(), 0);
}

#[tokio::test]
async fn a_busy_p0_is_asked_again_when_it_said() {
    let world = company().await;
    world.p0.fail_next(1, Verb::Settings, Fault::too_many(Some(60)));
    let card = world.decides(ALICE, add("4h")).await;
    world.work().await;
    world.clock.advance(Duration::from_secs(59));
    world.work().await;
    assert_eq!(world.stage(&card).await, SettingsStage::Recorded);
    assert_eq!(world.settings_told(), ["POST /expiry-options: 429"]);
    world.clock.advance(Duration::from_secs(1));
    world.work().await;
    assert_eq!(world.settings_told(), ["POST /expiry-options: 429", "POST /expiry-options: 204"]);
}

#[tokio::test]
async fn while_p0_is_down_nothing_is_lost_and_after_its_time_nothing_is_sent() {
    let world = company().await;
    let card = world.decides(ALICE, add("4h")).await;
    world.p0.down().await;
    world.work().await;
    world.clock.advance(Duration::from_secs(10));
    world.work().await;
    assert_eq!(world.stage(&card).await, SettingsStage::Recorded);
    world.p0.up().await.unwrap();
    world.clock.advance(Duration::from_secs(60));
    world.work().await;
    assert!(matches!(world.stage(&card).await, SettingsStage::Done { .. }));
    world.p0.down().await;
    let late = world.decides(ALICE, add("3h")).await;
    world.work().await;
    world.clock.advance(WITHIN + Duration::from_secs(1));
    world.p0.up().await.unwrap();
    world.work().await;
    assert!(matches!(world.stage(&late).await, SettingsStage::Dropped { .. }));
    assert_eq!(world.settings_told(), ["POST /expiry-options: 204"]);
}

#[tokio::test]
async fn who_is_no_admin_any_more_changes_nothing() {
    type Fate = fn(&World);
    let fates: [(&str, Fate, SettingsRefusal); 4] = [
        (BOB, |world| world.slack.set_usergroup(ONCALL, &[ALICE]), SettingsRefusal::NotAdmin),
        (BOB, |world| world.slack.change_person(BOB, |bob| bob.is_restricted = true), SettingsRefusal::NotAdmin),
        (
            ALICE,
            |world| world.slack.change_person(ALICE, |alice| alice.deleted = true),
            SettingsRefusal::Person { refusal: Refusal::Deactivated },
        ),
        (
            ALICE,
            |world| world.slack.change_person(ALICE, |alice| alice.is_ultra_restricted = true),
            SettingsRefusal::NotAdmin,
        ),
    ];
    for (who, fate, refusal) in fates {
        let world = company().await;
        let card = world.decides(who, add("4h")).await;
        fate(&world);
        world.work().await;
        assert_eq!(world.refusal(&card).await, refusal, "{who}");
        assert_eq!(world.p0.calls().len(), 0);
    }
}

#[tokio::test]
async fn slacks_silence_waits_and_decides_nothing() {
    let world = company().await;
    let card = world.decides(BOB, add("4h")).await;
    let busy = Misfortune::RateLimited { retry_after_s: 40 };
    world.slack.fail("usergroups.users.list", busy, Times::Count(1));
    world.work().await;
    assert_eq!(world.stage(&card).await, SettingsStage::Recorded);
    assert_eq!(world.p0.calls().len(), 0);
    world.clock.advance(Duration::from_secs(40));
    world.work().await;
    assert_eq!(world.settings_told(), ["POST /expiry-options: 204"]);
}

#[tokio::test]
async fn an_agreement_counts_while_whoever_gave_it_is_an_admin() {
    let world = company().await;
    let (card, applied) = world.wants(Author::Admin(person(ALICE)), &[maximum("24h")]).await;
    assert!(matches!(applied, Applied::Waiting { .. }));
    world.agrees(BOB, &card).await;
    world.slack.set_usergroup(ONCALL, &[ALICE, CAROL]);
    world.work().await;
    let now = world.now(&card).await;
    assert!(matches!(now.proposal.stage, ProposalStage::Waiting { .. }), "{:?}", now.proposal.stage);
    assert_eq!((now.proposal.second, now.decisions.len(), world.p0.calls().len()), (None, 0, 0));
    world.agrees(CAROL, &card).await;
    world.work().await;
    assert_eq!(world.settings_told(), ["PUT /max-access-duration: 200"]);
    assert_eq!(world.app().ledger.lengths().await.unwrap().maximum.to_string(), "24h");
}

#[tokio::test]
async fn a_second_admin_does_not_stand_in_for_an_author_who_left() {
    let world = company().await;
    let (card, _) = world.wants(Author::Admin(person(BOB)), &[maximum("24h")]).await;
    world.agrees(ALICE, &card).await;
    world.slack.set_usergroup(ONCALL, &[GUEST]);
    world.work().await;
    assert_eq!(world.refusal(&card).await, SettingsRefusal::NotAdmin);
    assert_eq!(world.p0.calls().len(), 0);
}

#[tokio::test]
async fn of_the_operator_slack_is_asked_nothing() {
    let world = company().await;
    world.slack.fail("users.info", Misfortune::ApiError("fatal_error".to_owned()), Times::UntilCleared);
    let (card, _) = world.wants(Author::Operator, &[maximum("24h"), add("12h")]).await;
    world.work().await;
    assert_eq!(world.settings_told(), ["PUT /max-access-duration: 200", "POST /expiry-options: 204"]);
    let now = world.now(&card).await;
    assert!(now.decisions.iter().all(|decision| decision.stage.name() == "done"));
}
