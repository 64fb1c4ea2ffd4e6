//! Whose account is whose: what the provider, Slack, the operator's table and P0 have to say before a link is made.

use std::time::Duration;

use http::StatusCode;
use p0_chatops::sandbox::idp::Tamper;
use p0_chatops::sandbox::p0::{Answer, Fault, IssuerKeys, TrustedLogin, Verb};
use serde_json::{Value, json};

use super::{Browser, linking, saying};
use crate::world::{ALICE, BOB, CAROL, CHANNEL, GUEST, Setup, World};

const LINKED: &str = "Your account is linked";
const ANOTHERS: &str = "The account that you signed in with is not yours by what Slack or this bot&#39;s settings say of \
                        you. Sign out there, and link your own.";
const NOT_VERIFIED: &str = "Your identity provider does not say that your e-mail address is verified, so it proves \
                            nothing. Ask the bot&#39;s operator.";
const NO_EMAIL: &str =
    "Your identity provider named no e-mail address of yours to compare. Ask the bot&#39;s operator.";

impl World {
    /// Somebody goes all the way and is told on the page why nothing was linked.
    async fn refused(&self, who: &str, account: &str) -> String {
        let shown = self.links(who, account).await;
        let seen = (shown.status, shown.title());
        assert_eq!(seen, (StatusCode::FORBIDDEN, "Your account was not linked"), "{}", shown.text);
        shown.says().to_owned()
    }
}

/// The table is this and nothing else.
fn people(table: &str) -> Setup {
    linking().set("identity__people", &format!("{{ {table} }}"))
}

/// Nobody is in a table: what Slack has confirmed counts.
fn by_email() -> Setup {
    people("").set("identity__email_match", "true")
}

#[tokio::test]
async fn an_address_counts_where_the_provider_says_true_that_it_is_verified() {
    for setup in [linking(), by_email()] {
        let world = World::with(setup).await;
        for verified in [json!(false), Value::Null, json!("true"), json!(1), json!(["true"])] {
            world.idp().tamper(Tamper::Claim("email_verified".into(), verified.clone()));
            assert_eq!(world.refused(ALICE, "alice").await, NOT_VERIFIED, "{verified}");
        }
        world.idp().tamper(Tamper::NoEmail);
        assert_eq!(world.refused(ALICE, "alice").await, NO_EMAIL);
        assert_eq!((world.linked().await, world.asked_p0()), (vec![], 0));
        assert_eq!(world.links(ALICE, "alice").await.title(), LINKED);
    }
}

#[tokio::test]
async fn a_provider_that_never_says_verified_is_trusted_by_its_name_alone() {
    let mut world = World::with(linking()).await;
    let issuer = world.idp().issuer();
    world.idp().change_account("alice", |account| account.email_verified = None);
    for others in ["https://idp.example", &format!("{issuer}/")] {
        world.restart_with("identity__linked__trusted_email_issuers", &format!("[{others:?}]")).await;
        assert_eq!(world.refused(ALICE, "alice").await, NOT_VERIFIED, "{others}");
    }
    world.restart_with("identity__linked__trusted_email_issuers", &format!("[{issuer:?}]")).await;
    world.idp().tamper(Tamper::Claim("email_verified".into(), json!(false)));
    assert_eq!(world.refused(ALICE, "alice").await, NOT_VERIFIED, "what it says otherwise counts");
    assert_eq!(world.links(ALICE, "alice").await.title(), LINKED);
}

#[tokio::test]
async fn a_table_of_subjects_needs_no_address_and_believes_none() {
    let world = World::with(people("U01ALICE = \"00u-alice\"")).await;
    assert_eq!(world.refused(ALICE, "bob").await, ANOTHERS);
    // The claim is whatever the account's owner likes to call themselves.
    let claim = |name: &str, value: Value| world.idp().tamper(Tamper::Claim(name.to_owned(), value));
    claim("email_verified", json!(false));
    assert_eq!(world.links(ALICE, "alice").await.title(), LINKED);
    assert_eq!(world.linked().await, ["U01ALICE 00u-alice 00u-alice"], "an unverified address names nobody");
    world.slack.slash(ALICE, CHANNEL, "unlink").await.unwrap();
    assert_eq!(world.links(ALICE, "alice").await.title(), LINKED);
    assert_eq!(world.linked().await, ["U01ALICE 00u-alice alice@example.com"]);
}

#[tokio::test]
async fn who_only_looks_like_somebody_is_somebody_else() {
    for setup in [linking(), by_email()] {
        let world = World::with(setup).await;
        for alike in [
            "\u{430}lice@example.com",
            "al\u{131}ce@example.com",
            "\u{ff41}lice@example.com",
            "alice@ex\u{430}mple.com",
            "alice@example.com.evil.test",
            "alice+x@example.com",
            "alice@example.com\u{200b}",
        ] {
            world.idp().tamper(Tamper::Claim("email".into(), json!(alike)));
            assert_eq!(world.refused(ALICE, "alice").await, ANOTHERS, "{alike:?}");
        }
        for spaced in ["alice@example.com\u{a0}", " alice@example.com", "alice@example.com\n"] {
            world.idp().tamper(Tamper::Claim("email".into(), json!(spaced)));
            assert_eq!(world.refused(ALICE, "alice").await, NO_EMAIL, "{spaced:?}");
        }
        assert_eq!(world.asked_p0(), 0);
        let same = Answer {
            code: 200,
            content_type: "application/json".into(),
            body: json!({"email": "alice@example.com"}).to_string(),
            headers: vec![],
        };
        world.idp().tamper(Tamper::Claim("email".into(), json!("Alice@EXAMPLE.com")));
        world.p0.fail_next(1, Verb::Account, Fault::Status(same));
        assert_eq!(world.links(ALICE, "alice").await.title(), LINKED, "ASCII case does not count");
    }
}

#[tokio::test]
async fn an_address_that_is_written_in_two_ways_is_one() {
    let world = World::with(by_email()).await;
    world.slack.change_person(ALICE, |person| person.email = Some("jose\u{301}@example.com".into()));
    world.idp().change_account("alice", |account| account.email = Some("jos\u{e9}@example.com".into()));
    assert_eq!(world.links(ALICE, "alice").await.title(), LINKED);
    world.slack.slash(ALICE, CHANNEL, "unlink").await.unwrap();
    world.idp().change_account("00u-alice", |account| account.email = Some("JOS\u{c9}@example.com".into()));
    assert_eq!(world.refused(ALICE, "00u-alice").await, ANOTHERS, "only ASCII case does not count");
}

#[tokio::test]
async fn who_is_not_in_the_table_is_not_looked_up_by_address() {
    let world = World::with(people("U02BOB = \"bob@example.com\"")).await;
    world.slack.slash(ALICE, CHANNEL, "link").await.unwrap();
    insta::assert_snapshot!(world.lines(ALICE).pop().unwrap(), @"You have no P0 identity in this bot's settings. Ask its operator to add you.");
    assert_eq!((world.sign_ins().await.len(), world.linked().await.len()), (0, 0));
}

#[tokio::test]
async fn who_is_taken_out_of_the_table_on_the_way_is_not_linked() {
    let mut world = World::with(linking()).await;
    let (page, browser) = (world.ask_to_link(ALICE).await, Browser::new());
    let back = world.idp().log_in(&browser.past_slack(&world, &page, ALICE).await, "alice").await.unwrap();
    world.restart_with("identity__people", "{ U02BOB = \"bob@example.com\" }").await;
    let shown = browser.get(back.as_str()).await;
    insta::assert_snapshot!(shown.says(), @"You are not among the people in this bot&#39;s settings. Ask its operator to add you.");
    assert_eq!(world.linked().await, [""; 0]);
}

#[tokio::test]
async fn an_account_that_the_table_gives_to_two_is_nobodys() {
    let world = World::with(people("U01ALICE = \"alice@example.com\", U03CAROL = \"Alice@Example.com\"")).await;
    for who in [ALICE, CAROL] {
        world.slack.slash(who, CHANNEL, "link").await.unwrap();
        insta::allow_duplicates! {
            insta::assert_snapshot!(world.lines(who).pop().unwrap(), @"This bot's settings name one P0 identity for you and for somebody else, so it cannot be told whose choice this is. Its operator has to say whose it is.");
        }
    }
    assert_eq!(world.sign_ins().await.len(), 0);
}

#[tokio::test]
async fn an_address_that_slack_has_not_confirmed_proves_nothing() {
    let world = World::with(by_email()).await;
    world.slack.change_person(ALICE, |person| person.is_email_confirmed = false);
    insta::assert_snapshot!(world.refused(ALICE, "alice").await, @"Slack has no confirmed e-mail address of yours to compare. Confirm yours in Slack, or ask the bot&#39;s operator.");
    world.slack.change_person(ALICE, |person| {
        person.is_email_confirmed = true;
        person.email = Some("bob@example.com".into());
    });
    assert_eq!(world.refused(ALICE, "alice").await, ANOTHERS);
    assert_eq!((world.linked().await, world.asked_p0()), (vec![], 0));
}

#[tokio::test]
async fn an_account_that_is_somebodys_stays_theirs_and_both_are_told() {
    let world = World::with(people("U01ALICE = \"alice@example.com\", U03CAROL = \"00u-alice\"")).await;
    world.links(ALICE, "alice").await;
    let said = world.refused(CAROL, "alice").await;
    assert_eq!(said, "Another Slack user has linked that account already. Both of you are told in Slack.");
    insta::assert_snapshot!(world.dms(CAROL).pop().unwrap(), @"The account that you signed in with is linked by <@U01ALICE> already, so it was not linked again. If it is yours, have it unlinked there first.");
    insta::assert_snapshot!(world.dms(ALICE).pop().unwrap(), @"<@U03CAROL> signed in with the account that you have linked, to link it too. That was refused. If it was not you, tell your security team.");
    assert_eq!(world.linked().await, ["U01ALICE 00u-alice alice@example.com"]);
    assert_eq!(world.audit_trail().await.pop().unwrap(), format!("link.refused {CAROL}"));

    world.slack.slash(ALICE, CHANNEL, "unlink").await.unwrap();
    assert_eq!(world.links(CAROL, "alice").await.title(), LINKED, "what was given up is free");
}

#[tokio::test]
async fn who_has_linked_an_account_links_no_other_before_they_unlink() {
    let world = World::with(linking()).await;
    let (page, browser) = (world.ask_to_link(ALICE).await, Browser::new());
    browser.link(&world, &page, ALICE, "alice").await;
    world.slack.slash(ALICE, CHANNEL, "link").await.unwrap();
    insta::assert_snapshot!(world.lines(ALICE).pop().unwrap(), @"You have linked an account already: alice@example.com. Unlink it first.");
    let rows = world.sign_ins().await.len();
    world.slack.slash(ALICE, CHANNEL, "unlink").await.unwrap();
    insta::assert_snapshot!(world.lines(ALICE).pop().unwrap(), @"Your account is not linked any more: you were alice@example.com to P0.");
    assert_eq!((rows, world.linked().await.len()), (1, 0));
    assert_eq!(world.links(ALICE, "alice").await.title(), LINKED);
}

#[tokio::test]
async fn what_was_chosen_with_one_account_is_not_sent_with_another() {
    let mut world = World::with(linking()).await;
    world.links(ALICE, "alice").await;
    let card = world.usual().await;
    world.press(ALICE, &card, "approve").await;
    world.slack.slash(ALICE, CHANNEL, "unlink").await.unwrap();
    world.restart_with("identity__people", "{ U01ALICE = \"carol@example.com\", U02BOB = \"bob@example.com\" }").await;
    let (page, browser) = (world.ask_to_link(ALICE).await, Browser::new());
    assert_eq!(browser.link(&world, &page, ALICE, "carol").await.title(), LINKED);
    world.work().await;
    assert_eq!(world.told(), [""; 0]);
    let told = world.dms(ALICE);
    assert!(told.iter().any(|dm| dm.contains("unlinked or changed after you chose")), "{told:?}");
    world.presses(ALICE, &card, "approve").await;
    assert_eq!(world.told(), [r#"approve req-1 {"expirationLength":"2h"} as carol@example.com: 200"#]);
}

#[tokio::test]
async fn a_token_of_another_organisation_is_bound_to_nobody() {
    let world = World::with(linking()).await;
    let keys = IssuerKeys::Url(format!("{}/jwks", world.idp().issuer()));
    let login = TrustedLogin { issuer: world.idp().issuer(), audience: "p0".into(), keys };
    world.p0.trust_login_of("globex", login.clone());
    insta::assert_snapshot!(world.refused(ALICE, "alice").await, @"P0 does not take that account: it may not be known there, or belong to another organisation.");
    assert_eq!((world.linked().await, world.asked_p0()), (vec![], 1));
    world.p0.trust_login(login);
    assert_eq!(world.links(ALICE, "alice").await.title(), LINKED);
}

#[tokio::test]
async fn an_account_that_p0_says_is_somebody_elses_is_not_linked() {
    let world = World::with(linking()).await;
    let says = |body: &str| {
        let (content_type, headers) = ("application/json".to_owned(), Vec::new());
        world.p0.fail_next(
            1,
            Verb::Account,
            Fault::Status(Answer { code: 200, content_type, body: body.to_owned(), headers }),
        );
    };
    says(r#"{"email":"carol@example.com"}"#);
    assert_eq!(world.refused(ALICE, "alice").await, "P0 says that the account belongs to somebody else.");
    says(r#"{"error":"no such organisation"}"#);
    assert!(world.refused(ALICE, "alice").await.starts_with("P0 does not take that account"));
    assert_eq!(world.linked().await, [""; 0]);
    says(r#"{"email":"ALICE@example.com"}"#);
    assert_eq!(world.links(ALICE, "alice").await.title(), LINKED);
}

#[tokio::test]
async fn guests_and_those_who_left_link_nothing() {
    let world = World::with(linking()).await;
    world.idp().change_account("dave", |account| account.email = Some("guest@example.com".into()));
    let said = world.refused(GUEST, "dave").await;
    insta::assert_snapshot!(said, @"Slack says that you may not decide here: guests, and people of other companies, do not.");
    let (page, browser) = (world.ask_to_link(ALICE).await, Browser::new());
    let back = world.idp().log_in(&browser.past_slack(&world, &page, ALICE).await, "alice").await.unwrap();
    world.slack.change_person(ALICE, |person| person.deleted = true);
    assert_eq!(browser.get(back.as_str()).await.says(), said);
    assert_eq!((world.linked().await, world.asked_p0()), (vec![], 0));
    let failed = [GUEST, ALICE].map(|who| format!("sign_in.failed {who} not_admitted"));
    let audited = world.audit_trail().await;
    assert!(failed.iter().all(|line| audited.contains(line)), "{audited:?}");
}

#[tokio::test]
async fn a_living_link_of_a_guest_or_of_somebody_who_left_sends_nothing() {
    let world = World::with(linking()).await;
    world.links(ALICE, "alice").await;
    let card = world.usual().await;
    world.slack.change_person(ALICE, |person| person.is_restricted = true);
    world.presses(ALICE, &card, "approve").await;
    assert_eq!(world.told(), [""; 0]);
    assert!(world.dms(ALICE).pop().unwrap().contains("Guests"), "{:?}", world.dms(ALICE));
    world.clock.advance(Duration::from_secs(25 * 60 * 60));
    world.work().await;
    assert_eq!(world.linked().await.len(), 1, "a guest may become a member again");

    world.slack.change_person(ALICE, |person| person.deleted = true);
    world.clock.advance(Duration::from_secs(25 * 60 * 60));
    world.work().await;
    assert_eq!(world.linked().await, [""; 0]);
    let audited = world.audit_trail().await;
    assert!(audited.contains(&format!("link.ended {ALICE} deactivated")), "{audited:?}");
    assert_eq!(world.idp().living_families("alice"), 0, "and the provider has forgotten it too");
}

#[tokio::test]
async fn bobs_own_account_is_not_alices() {
    let world = World::with(linking()).await;
    assert_eq!(world.refused(ALICE, "bob").await, ANOTHERS);
    assert_eq!(world.links(BOB, "bob").await.title(), LINKED, "and stays free for Bob");
}

#[tokio::test]
async fn a_link_counts_only_while_the_settings_name_the_account() {
    let mut world = World::with(linking()).await;
    world.links(ALICE, "alice").await;
    world.restart_with("identity__people", "{ U01ALICE = \"alicia@example.com\" }").await;
    let card = world.usual().await;
    world.presses(ALICE, &card, "approve").await;
    assert_eq!(world.told(), [""; 0]);
    let told = world.lines(ALICE).pop().unwrap();
    assert!(told.contains("You have not linked your account yet"), "{told}");
    assert_eq!(world.idp().living_families("alice"), 1, "a slip in the settings ends nobody's link");

    world.idp().change_account("carol", |carol| carol.email = Some("alicia@example.com".to_owned()));
    let page = world.page_of(ALICE);
    Browser::new().link(&world, &page, ALICE, "carol").await;
    world.work().await;
    let ended = "this bot's settings name alice@example.com as yours no longer";
    assert!(world.dms(ALICE).iter().any(|told| told.contains(ended)), "{:?}", world.dms(ALICE));
    assert_eq!(world.idp().living_families("alice"), 0, "the provider was told");
    world.presses(ALICE, &card, "approve").await;
    assert_eq!(world.told(), [r#"approve req-1 {"expirationLength":"2h"} as alicia@example.com: 200"#]);
}

/// As Entra does it: the access token names people by their `upn`, which need not be their address.
#[tokio::test]
async fn a_token_may_call_its_person_by_another_name_that_the_provider_gave() {
    for (name, value, linked) in [
        ("upn", "alice@corp.example", true),
        ("upn", "mallory@corp.example", false),
        ("email", "alice@corp.example", false),
    ] {
        let world = World::with(linking()).await;
        let card = world.usual().await;
        world.idp().tamper(Tamper::Claim("upn".to_owned(), json!("alice@corp.example")));
        let exp = world.clock.now().as_second() + 3600;
        let access = saying(&json!({ "sub": "pairwise", name: value, "exp": exp }));
        world.p0.trust_token(&access, "alice@example.com");
        world.idp().change(|idp| idp.odd_tokens = [("access_token".to_owned(), json!(access))].into_iter().collect());
        let shown = world.links(ALICE, "alice").await;
        assert_eq!(shown.status.is_success(), linked, "{}", shown.text);
        world.presses(ALICE, &card, "approve").await;
        assert_eq!(world.told().len(), usize::from(linked));
    }
}
