//! What the ledger keeps of changes of P0's settings, told without Slack and without P0: who may act when.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use p0_chatops::clock::Clock;
use p0_chatops::config::{AdminList, DatabaseUrl};
use p0_chatops::domain::delivery::DeliveryKeys;
use p0_chatops::domain::jit::author::Author;
use p0_chatops::domain::jit::change::{Change, Said};
use p0_chatops::domain::jit::proposal::{Groups, ProposalStage, SecondAdmin, SettingsStage};
use p0_chatops::domain::jit::refusal::SettingsRefusal;
use p0_chatops::domain::person::{SlackUser, TeamId, UserId};
use p0_chatops::ledger::Ledger;
use p0_chatops::ledger::jit::cards::{Policy, SettingsCard};
use p0_chatops::ledger::jit::leases::{SendingSettings, SettingsMarked};
use p0_chatops::ledger::jit::proposals::{Applied, NewProposal, Proposed};

const MINUTE: Duration = Duration::from_secs(60);
const WITHIN: Duration = Duration::from_secs(15 * 60);

/// A ledger that two programs may have open: `serve`, and a command beside it.
struct Office {
    ledger: Ledger,
    clock: Clock,
    folder: PathBuf,
    policy: Policy,
}

impl Office {
    async fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("p0-chatops-kept-{}-{count}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let clock = Clock::stepped();
        let ledger = Ledger::open_to_serve(&url(&folder), clock.clone()).await.unwrap();
        let policy = Policy {
            second: SecondAdmin::Loosening,
            approvals: false,
            has_key: true,
            admins: AdminList { users: vec![admin("U01ALICE").user, admin("U02BOB").user], groups: Vec::new() },
            announce: None,
        };
        Self { ledger, clock, folder, policy }
    }

    async fn propose(&self, by: &str, changes: &[Change]) -> Result<SettingsCard, SettingsRefusal> {
        let new = NewProposal {
            by: Author::Admin(admin(by)),
            changes: changes.to_vec(),
            groups: Groups::new(),
            policy: self.policy.clone(),
        };
        match self.ledger.propose(DeliveryKeys::new([]), new).await.unwrap() {
            Proposed::Shown(card) => Ok(*card),
            Proposed::Refused(refusal) => Err(refusal),
            Proposed::Repeated => panic!("a delivery without keys is never repeated"),
        }
    }

    async fn apply(&self, by: &str, card: &SettingsCard, typed: Option<&str>) -> Applied {
        let (key, by) = (card.proposal.key.clone(), Author::Admin(admin(by)));
        let typed = typed.map(str::to_owned);
        let when = (self.clock.now(), WITHIN);
        self.ledger.apply_proposal(DeliveryKeys::new([]), key, by, typed, self.policy.clone(), when).await.unwrap()
    }

    /// Somebody wants it and applies it.
    async fn decides(&self, by: &str, change: Change) -> SettingsCard {
        let card = self.propose(by, &[change]).await.unwrap();
        assert_eq!(self.apply(by, &card, card.proposal.typed.as_deref()).await, Applied::Recorded);
        card
    }

    async fn agrees(&self, by: &str, card: &SettingsCard) -> Result<(), SettingsRefusal> {
        let (key, when) = (card.proposal.key.clone(), (self.clock.now(), WITHIN));
        self.ledger.agree(DeliveryKeys::new([]), key, admin(by), when).await.unwrap().unwrap()
    }

    async fn marks(&self) -> Option<Box<SendingSettings>> {
        let lease = self.ledger.claim_settings(None).await.unwrap()?;
        match self.ledger.mark_settings(lease, Groups::new(), &self.policy).await.unwrap() {
            SettingsMarked::Sending(sending) => Some(sending),
            SettingsMarked::NotSent => None,
        }
    }

    async fn carries(&self, said: Said) {
        let sending = self.marks().await.expect("something to send");
        self.ledger.settings_done(sending, said).await.unwrap();
    }

    async fn now(&self, card: &SettingsCard) -> SettingsCard {
        self.ledger.settings_card(&card.proposal.key).await.unwrap().unwrap()
    }

    async fn stages(&self, card: &SettingsCard) -> Vec<&'static str> {
        self.now(card).await.decisions.iter().map(|decision| decision.stage.name()).collect()
    }

    async fn offered(&self) -> (Vec<String>, String) {
        let lengths = self.ledger.lengths().await.unwrap();
        (lengths.presets.into_iter().map(|preset| preset.text).collect(), lengths.maximum.to_string())
    }
}

impl Drop for Office {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn url(folder: &std::path::Path) -> DatabaseUrl {
    DatabaseUrl::Sqlite(folder.join("ledger.db"))
}

fn admin(user: &str) -> SlackUser {
    SlackUser { team: TeamId::parse("T01ACME").unwrap(), user: UserId::parse(user).unwrap() }
}

fn add(length: &str) -> Change {
    Change::Add { length: length.parse().unwrap() }
}

fn remove(length: &str) -> Change {
    Change::Remove { length: length.parse().unwrap() }
}

fn maximum(length: &str) -> Change {
    Change::Maximum { length: length.parse().unwrap() }
}

fn refused(status: u16) -> SettingsRefusal {
    SettingsRefusal::P0 { status, words: "No such expiry option".into() }
}

#[tokio::test]
async fn what_is_applied_is_sent_once_and_then_known() {
    let office = Office::new().await;
    let card = office.decides("U01ALICE", add("2h")).await;
    assert_eq!(office.apply("U01ALICE", &card, None).await, Applied::Refused(SettingsRefusal::Over));
    let sending = office.marks().await.unwrap();
    assert!(office.ledger.claim_settings(None).await.unwrap().is_none(), "it is under way");
    office.ledger.settings_done(sending, Said::Taken).await.unwrap();
    assert!(office.ledger.claim_settings(None).await.unwrap().is_none());
    assert_eq!(office.stages(&card).await, ["done"]);
    assert_eq!(office.offered().await, (vec!["1h".into(), "2h".into(), "4h".into(), "8h".into()], "24h".into()));
}

#[tokio::test]
async fn somebody_elses_or_an_old_proposal_is_not_applied() {
    let office = Office::new().await;
    let card = office.propose("U01ALICE", &[add("2h")]).await.unwrap();
    assert_eq!(office.apply("U02BOB", &card, None).await, Applied::Refused(SettingsRefusal::TooOld));
    office.clock.advance(15 * MINUTE);
    assert_eq!(office.apply("U01ALICE", &card, None).await, Applied::Recorded, "to the last minute");
    let card = office.propose("U01ALICE", &[add("3h")]).await.unwrap();
    office.clock.advance(15 * MINUTE + Duration::from_millis(1));
    assert_eq!(office.apply("U01ALICE", &card, None).await, Applied::Refused(SettingsRefusal::TooOld));
    office.ledger.sweep_settings().await.unwrap();
    assert!(office.ledger.settings_card(&card.proposal.key).await.unwrap().is_none(), "forgotten");
}

#[tokio::test]
async fn what_another_admin_has_changed_meanwhile_is_not_changed_again() {
    let office = Office::new().await;
    let shown = office.propose("U01ALICE", &[maximum("12h")]).await.unwrap();
    office.decides("U02BOB", maximum("6h")).await;
    let waits = office.propose("U01ALICE", &[maximum("8h")]).await.unwrap();
    assert_eq!(office.apply("U01ALICE", &waits, Some("8h")).await, Applied::Recorded, "Bob's is not known yet");
    office.carries(Said::Taken).await;
    assert_eq!(office.apply("U01ALICE", &shown, Some("12h")).await, Applied::Refused(SettingsRefusal::Changed));
    assert!(office.marks().await.is_none(), "by now it would loosen what Bob has set");
    let stages = office.now(&waits).await.decisions;
    assert!(matches!(stages[0].stage, SettingsStage::Refused { refusal: SettingsRefusal::Changed, .. }));
    assert_eq!(office.offered().await.1, "6h");
}

#[tokio::test]
async fn two_admins_who_add_the_same_length_add_it_once() {
    let office = Office::new().await;
    let (one, other) = (office.decides("U01ALICE", add("2h")).await, office.decides("U02BOB", add("2h")).await);
    office.carries(Said::Taken).await;
    assert!(office.marks().await.is_none());
    assert_eq!((office.stages(&one).await, office.stages(&other).await), (vec!["done"], vec!["refused"]));
}

#[tokio::test]
async fn what_is_to_be_typed_has_to_be_typed() {
    let office = Office::new().await;
    let card = office.propose("U01ALICE", &[maximum("12h")]).await.unwrap();
    assert_eq!(card.proposal.typed.as_deref(), Some("12h"));
    assert_eq!(office.apply("U01ALICE", &card, None).await, Applied::Refused(SettingsRefusal::NotTyped));
    assert_eq!(office.apply("U01ALICE", &card, Some("yes")).await, Applied::Refused(SettingsRefusal::NotTyped));
    assert_eq!(office.apply("U01ALICE", &card, Some("12 hours")).await, Applied::Recorded);
}

#[tokio::test]
async fn loosening_waits_for_another_admin() {
    let office = Office::new().await;
    let card = office.propose("U01ALICE", &[maximum("48h")]).await.unwrap();
    let until = office.clock.now() + 15 * MINUTE;
    let asked = vec![admin("U02BOB").user];
    assert_eq!(office.apply("U01ALICE", &card, None).await, Applied::Waiting { until, asked });
    assert_eq!(office.agrees("U01ALICE", &card).await, Err(SettingsRefusal::SameAdmin));
    assert!(office.ledger.claim_settings(None).await.unwrap().is_none());
    assert_eq!(office.agrees("U02BOB", &card).await, Ok(()));
    assert_eq!(office.agrees("U02BOB", &card).await, Err(SettingsRefusal::Over));
    office.carries(Said::Taken).await;
    assert_eq!(office.offered().await.1, "48h");
}

#[tokio::test]
async fn nobody_agrees_after_fifteen_minutes() {
    let office = Office::new().await;
    let card = office.propose("U01ALICE", &[maximum("48h")]).await.unwrap();
    office.apply("U01ALICE", &card, None).await;
    office.clock.advance(15 * MINUTE + Duration::from_millis(1));
    assert_eq!(office.agrees("U02BOB", &card).await, Err(SettingsRefusal::TooOld));
    assert_eq!(office.ledger.sweep_settings().await.unwrap(), 1);
    assert!(matches!(office.now(&card).await.proposal.stage, ProposalStage::Lapsed { .. }));
}

#[tokio::test]
async fn an_agreement_that_does_not_count_leaves_it_open_for_as_long_as_before() {
    let office = Office::new().await;
    let card = office.propose("U01ALICE", &[maximum("48h")]).await.unwrap();
    office.apply("U01ALICE", &card, None).await;
    office.clock.advance(5 * MINUTE);
    office.agrees("U02BOB", &card).await.unwrap();
    let lease = office.ledger.claim_settings(None).await.unwrap().unwrap();
    office.ledger.disagree(lease, SettingsRefusal::NotAdmin).await.unwrap();
    let now = office.now(&card).await;
    assert_eq!((now.decisions.len(), now.proposal.second), (0, None));
    assert!(
        matches!(now.proposal.stage, ProposalStage::Waiting { until, .. } if until == office.clock.now() + 10 * MINUTE)
    );
    assert_eq!(office.agrees("U02BOB", &card).await, Ok(()));
    office.carries(Said::Taken).await;
}

#[tokio::test]
async fn no_second_admin_means_no_loosening() {
    let mut office = Office::new().await;
    office.policy.admins.users.truncate(1);
    assert_eq!(office.propose("U01ALICE", &[maximum("48h")]).await.unwrap_err(), SettingsRefusal::NoSecondAdmin);
    office.policy.second = SecondAdmin::Never;
    let card = office.propose("U01ALICE", &[maximum("48h")]).await.unwrap();
    assert_eq!(office.apply("U01ALICE", &card, None).await, Applied::Recorded);
    office.policy.second = SecondAdmin::Always;
    assert!(office.marks().await.is_none(), "the settings ask for more by now");
    assert_eq!(office.stages(&card).await, ["refused"]);
}

#[tokio::test]
async fn whoever_declines_or_withdraws_ends_it() {
    let office = Office::new().await;
    let (declined, withdrawn) = (
        office.propose("U01ALICE", &[maximum("48h")]).await.unwrap(),
        office.propose("U01ALICE", &[maximum("72h")]).await.unwrap(),
    );
    office.apply("U01ALICE", &declined, None).await;
    office.apply("U01ALICE", &withdrawn, None).await;
    let keys = || DeliveryKeys::new([]);
    let decline = |user: &str| office.ledger.decline(keys(), declined.proposal.key.clone(), admin(user));
    assert_eq!(decline("U01ALICE").await.unwrap(), Some(Err(SettingsRefusal::SameAdmin)));
    assert_eq!(decline("U02BOB").await.unwrap(), Some(Ok(())));
    let withdraw = |user: &str| office.ledger.withdraw(keys(), withdrawn.proposal.key.clone(), admin(user));
    assert_eq!(withdraw("U02BOB").await.unwrap(), Some(Err(SettingsRefusal::TooOld)));
    assert_eq!(withdraw("U01ALICE").await.unwrap(), Some(Ok(())));
    for card in [&declined, &withdrawn] {
        assert_eq!(office.agrees("U02BOB", card).await, Err(SettingsRefusal::Over));
    }
    assert!(office.ledger.claim_settings(None).await.unwrap().is_none());
}

#[tokio::test]
async fn a_delivery_that_comes_twice_counts_once() {
    let office = Office::new().await;
    let card = office.propose("U01ALICE", &[add("2h")]).await.unwrap();
    let (keys, when) = (DeliveryKeys::new([("trigger", "1".to_owned())]), (office.clock.now(), WITHIN));
    let by = Author::Admin(admin("U01ALICE"));
    let apply = || {
        let (key, policy) = (card.proposal.key.clone(), office.policy.clone());
        office.ledger.apply_proposal(keys.clone(), key, by.clone(), None, policy, when)
    };
    assert_eq!(apply().await.unwrap(), Applied::Recorded);
    assert_eq!(apply().await.unwrap(), Applied::Repeated);
    assert_eq!(office.stages(&card).await, ["recorded"]);
}

#[tokio::test]
async fn a_removal_is_asked_for_under_one_name_after_the_other() {
    let office = Office::new().await;
    let card = office.decides("U01ALICE", remove("24h")).await;
    let first = office.marks().await.unwrap();
    assert_eq!(first.key(), Some("1 day"));
    office.ledger.settings_refused(first, refused(400)).await.unwrap();
    let second = office.marks().await.unwrap();
    assert_eq!(second.key(), Some("24 hours"));
    office.ledger.settings_refused(second, refused(404)).await.unwrap();
    assert!(office.marks().await.is_none(), "P0's documents know no third name");
    let decision = office.now(&card).await.decisions.pop().unwrap();
    let tried: Vec<(String, u16)> = decision.tried.into_iter().map(|tried| (tried.key, tried.status)).collect();
    assert_eq!(tried, [("1 day".to_owned(), 400), ("24 hours".to_owned(), 404)]);
    assert_eq!(decision.stage.name(), "refused");
}

#[tokio::test]
async fn another_refusal_than_of_the_name_is_final() {
    let office = Office::new().await;
    let card = office.decides("U01ALICE", remove("24h")).await;
    let sending = office.marks().await.unwrap();
    let refusal = SettingsRefusal::KeyNotTaken { words: String::new() };
    office.ledger.settings_refused(sending, refusal).await.unwrap();
    assert_eq!(office.stages(&card).await, ["refused"]);
}

#[tokio::test]
async fn an_abandoned_call_is_unknown_and_never_sent_again_by_itself() {
    let office = Office::new().await;
    let card = office.decides("U01ALICE", maximum("6h")).await;
    let sending = office.marks().await.unwrap();
    office.clock.advance(MINUTE);
    assert_eq!(office.ledger.sweep_settings().await.unwrap(), 1);
    assert_eq!(office.stages(&card).await, ["unknown"]);
    assert_eq!(office.offered().await.1, "6h", "what may be by now, where that is less");
    assert!(office.ledger.claim_settings(None).await.unwrap().is_none());
    // The answer was on its way all the same.
    office.ledger.settings_refused(sending, refused(400)).await.unwrap();
    assert_eq!((office.stages(&card).await, office.offered().await.1), (vec!["refused"], "24h".to_owned()));
}

#[tokio::test]
async fn a_start_settles_what_a_predecessor_left() {
    let office = Office::new().await;
    let (sent, waits) = (office.decides("U01ALICE", add("2h")).await, office.decides("U01ALICE", add("3h")).await);
    office.marks().await.unwrap();
    office.ledger.close().await;
    let Office { folder, clock, policy, .. } = &office;
    // The lock goes with the last handle on the ledger.
    let beside = Ledger::open(&url(folder), clock.clone()).await.unwrap();
    assert_eq!(beside.settings_card(&sent.proposal.key).await.unwrap().unwrap().decisions[0].stage.name(), "sending");
    beside.close().await;
    let folder = folder.with_extension("copied");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::copy(office.folder.join("ledger.db"), folder.join("ledger.db")).unwrap();
    let office = Office {
        ledger: Ledger::open_to_serve(&url(&folder), clock.clone()).await.unwrap(),
        clock: clock.clone(),
        folder,
        policy: policy.clone(),
    };
    assert_eq!((office.stages(&sent).await, office.stages(&waits).await), (vec!["unknown"], vec!["recorded"]));
    office.carries(Said::Taken).await;
    assert_eq!(office.stages(&waits).await, ["done"]);
}

#[tokio::test]
async fn what_cannot_be_sent_in_time_is_dropped() {
    let office = Office::new().await;
    let card = office.decides("U01ALICE", add("2h")).await;
    let lease = office.ledger.claim_settings(None).await.unwrap().unwrap();
    let due = office.clock.now() + MINUTE;
    office.ledger.retry_settings_unsent(lease, due).await.unwrap();
    assert!(office.ledger.claim_settings(None).await.unwrap().is_none(), "not before it is due");
    office.clock.advance(16 * MINUTE);
    office.ledger.sweep_settings().await.unwrap();
    assert_eq!(office.stages(&card).await, ["dropped"]);
}

#[tokio::test]
async fn changes_that_were_decided_together_keep_their_order() {
    let office = Office::new().await;
    let card = office.propose("U01ALICE", &[add("2h"), add("3h"), maximum("20h")]).await.unwrap();
    assert_eq!(office.apply("U01ALICE", &card, Some("20h")).await, Applied::Recorded);
    let first = office.ledger.claim_settings(None).await.unwrap().unwrap();
    assert_eq!(first.decision().item.change, add("2h"));
    office.ledger.retry_settings_unsent(first, office.clock.now() + MINUTE).await.unwrap();
    assert!(office.ledger.claim_settings(None).await.unwrap().is_none(), "the others wait behind it");
    office.clock.advance(MINUTE);
    for _ in 0..3 {
        office.carries(Said::Taken).await;
    }
    assert_eq!(office.stages(&card).await, ["done", "done", "done"]);
    assert_eq!(office.offered().await, (["1h", "2h", "3h", "4h", "8h"].map(str::to_owned).to_vec(), "20h".into()));
}

#[tokio::test]
async fn without_a_key_or_leave_nothing_is_proposed() {
    let mut office = Office::new().await;
    let approvals = p0_chatops::domain::jit::change::Approvals { one_party: false, require_reason: true };
    let asked = office.propose("U01ALICE", &[Change::Approvals(approvals)]).await;
    assert_eq!(asked.unwrap_err(), SettingsRefusal::ApprovalsNotAllowed);
    assert_eq!(office.propose("U01ALICE", &[]).await.unwrap_err(), SettingsRefusal::NothingToPutBack);
    office.policy.has_key = false;
    assert_eq!(office.propose("U01ALICE", &[add("2h")]).await.unwrap_err(), SettingsRefusal::NoApiKey);
}

#[tokio::test]
async fn what_moved_since_it_was_shown_is_shown_anew() {
    let office = Office::new().await;
    let (removed, longer) = (
        office.propose("U01ALICE", &[add("2h")]).await.unwrap(),
        office.propose("U01ALICE", &[maximum("20h")]).await.unwrap(),
    );
    // Meanwhile Bob adds it, and what he makes of the maximum is not known.
    office.decides("U02BOB", add("2h")).await;
    office.carries(Said::Taken).await;
    assert_eq!(office.apply("U01ALICE", &removed, None).await, Applied::Refused(SettingsRefusal::Changed));
    office.decides("U02BOB", maximum("6h")).await;
    let sending = office.marks().await.unwrap();
    office.ledger.settings_unknown(sending, String::new()).await.unwrap();
    // It may be six hours by now, and twenty would loosen that.
    let Applied::Waiting { .. } = office.apply("U01ALICE", &longer, Some("20h")).await else { panic!("agreed to") };
}

#[tokio::test]
async fn what_the_settings_allow_is_asked_again_when_it_is_applied_and_when_it_is_sent() {
    let mut office = Office::new().await;
    let card = office.propose("U01ALICE", &[add("2h")]).await.unwrap();
    office.policy.has_key = false;
    assert_eq!(office.apply("U01ALICE", &card, None).await, Applied::Refused(SettingsRefusal::NoApiKey));
    office.policy.has_key = true;
    assert_eq!(office.apply("U01ALICE", &card, None).await, Applied::Recorded);
    office.policy.has_key = false;
    assert!(office.marks().await.is_none());
    let decision = office.now(&card).await.decisions.pop().unwrap();
    assert!(matches!(decision.stage, SettingsStage::Refused { refusal: SettingsRefusal::NoApiKey, .. }));
}

#[tokio::test]
async fn where_the_other_admin_is_gone_when_it_is_applied_nothing_waits_for_nobody() {
    let mut office = Office::new().await;
    let card = office.propose("U01ALICE", &[maximum("48h")]).await.unwrap();
    office.policy.admins.users.truncate(1);
    assert_eq!(office.apply("U01ALICE", &card, None).await, Applied::Refused(SettingsRefusal::NoSecondAdmin));
    assert_eq!(office.now(&card).await.proposal.stage, ProposalStage::Shown);
}

#[tokio::test]
async fn what_is_late_at_the_mark_is_not_sent() {
    let office = Office::new().await;
    let card = office.decides("U01ALICE", add("2h")).await;
    let lease = office.ledger.claim_settings(None).await.unwrap().unwrap();
    office.clock.advance(WITHIN + Duration::from_millis(1));
    let marked = office.ledger.mark_settings(lease, Groups::new(), &office.policy).await.unwrap();
    assert!(matches!(marked, SettingsMarked::NotSent));
    assert_eq!(office.stages(&card).await, ["dropped"]);
}

#[tokio::test]
async fn a_lease_that_was_given_out_again_counts_no_more() {
    let office = Office::new().await;
    let card = office.decides("U01ALICE", add("2h")).await;
    let old = office.ledger.claim_settings(None).await.unwrap().unwrap();
    assert!(office.ledger.claim_settings(None).await.unwrap().is_none(), "one at a time");
    office.clock.advance(MINUTE);
    let sending = office.marks().await.expect("the old lease ran out");
    let marked = office.ledger.mark_settings(old, Groups::new(), &office.policy).await.unwrap();
    assert!(matches!(marked, SettingsMarked::NotSent), "it is not sent twice");
    office.clock.advance(MINUTE);
    office.ledger.sweep_settings().await.unwrap();
    assert_eq!(office.stages(&card).await, ["unknown"]);
    office.ledger.settings_done(sending, Said::Taken).await.unwrap();
    assert_eq!(office.stages(&card).await, ["done"], "an answer that comes late is believed");
    assert!(office.offered().await.0.contains(&"2h".to_owned()));
}

#[tokio::test]
async fn what_was_partly_sent_is_not_reopened() {
    let office = Office::new().await;
    let card = office.propose("U01ALICE", &[maximum("48h"), add("30h")]).await.unwrap();
    office.apply("U01ALICE", &card, None).await;
    office.agrees("U02BOB", &card).await.unwrap();
    office.carries(Said::Taken).await;
    let lease = office.ledger.claim_settings(None).await.unwrap().unwrap();
    office.ledger.disagree(lease, SettingsRefusal::NotAdmin).await.unwrap();
    assert_eq!(office.stages(&card).await, ["done", "refused"]);
}
