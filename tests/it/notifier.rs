//! P0's door: whose pushes are believed, and what they may do.

use jsonwebtoken::{Algorithm, EncodingKey, Header};
use p0_chatops::sandbox::p0::{NotifierSetup, P0Setup, SignedBy, TokenSpec};
use serde_json::{Map, Value, json};

use crate::world::{ALICE, CHANNEL, Card, Setup, World};

pub const DOOR: &str = "/p0/notifications";
const CHANGED: &str = "What was asked has changed since this card was drawn. Read the card again, and choose anew.";

fn object(value: Value) -> Map<String, Value> {
    value.as_object().unwrap().clone()
}

/// An honest token, but for these claims.
fn claims(claims: Value) -> TokenSpec {
    TokenSpec { claims: object(claims), ..TokenSpec::default() }
}

/// An honest token, but for these header fields and this signature.
fn header(header: Value, signed_by: SignedBy) -> TokenSpec {
    TokenSpec { header: object(header), signed_by, ..TokenSpec::default() }
}

fn news(id: &str) -> String {
    json!({"eventType": "request-created", "data": {"requestId": id, "status": "PENDING_APPROVAL"}}).to_string()
}

/// What the door answers to a push with this token, which is whole but for the word in front.
async fn knock(world: &World, token: &str) -> u16 {
    let answer = world.sent(DOOR, news("req-9"), &[("authorization", token)]).await;
    assert_eq!(answer.body, "");
    answer.status
}

async fn push(world: &World, body: &Value) {
    let token = world.p0.mint(&TokenSpec::default());
    assert_eq!(world.p0.push_raw(body.to_string(), Some(&token)).await, Some(200));
    world.work().await;
}

#[tokio::test]
async fn a_token_that_p0_did_not_sign_opens_nothing() {
    let world = World::new().await;
    let stored = world.stored().await;
    let specs = [
        header(json!({}), SignedBy::Nobody),
        header(json!({"alg": "None"}), SignedBy::Nobody),
        header(json!({"alg": "ES256"}), SignedBy::Nobody),
        header(json!({"alg": null}), SignedBy::Install),
        header(json!({}), SignedBy::PublicKeyAsSecret),
        header(json!({"alg": "ES256"}), SignedBy::PublicKeyAsSecret),
        header(json!({}), SignedBy::Stranger),
        header(json!({"alg": "RS256"}), SignedBy::Install),
        header(json!({"alg": "ES384"}), SignedBy::Install),
    ];
    for spec in &specs {
        assert_eq!(knock(&world, &world.p0.mint(spec)).await, 401, "{spec:?}");
    }
    assert_eq!(world.counted("turned_away", "reason=\"token_wrong\"").await, specs.len() as u64);
    assert_eq!(world.stored().await, stored);
}

#[tokio::test]
async fn a_token_for_somebody_else_opens_nothing() {
    let world = World::new().await;
    let stored = world.stored().await;
    let specs = [
        json!({"iss": "https://evil.example"}),
        json!({"iss": null}),
        json!({"aud": "another-bot"}),
        json!({"aud": null}),
        json!({"aud": []}),
        json!({"iat": null}),
        json!({"exp": null}),
        json!({"iat": "now"}),
        json!({"exp": "never"}),
    ];
    for spec in &specs {
        assert_eq!(knock(&world, &world.p0.mint(&claims(spec.clone()))).await, 401, "{spec}");
    }
    assert_eq!(world.counted("turned_away", "reason=\"token_wrong\"").await, specs.len() as u64);
    assert_eq!(world.stored().await, stored);
}

#[tokio::test]
async fn a_token_opens_the_door_in_its_time_only() {
    let world = World::with(Setup::default().set("notifier__max_token_age", "5m")).await;
    let now = world.clock.now().as_second();
    for (iat, exp, status, reason) in [
        (now - 299, now + 60, 200, ""),
        (now - 302, now + 60, 401, "token_old"),
        (now - 60, now - 1, 401, "token_expired"),
        (now + 20, now + 60, 200, ""),
        (now + 32, now + 600, 401, "token_ahead"),
    ] {
        let token = world.p0.mint(&claims(json!({"iat": iat, "exp": exp})));
        assert_eq!(knock(&world, &token).await, status, "{} {}", iat - now, exp - now);
        let counted = if status == 200 { 0 } else { world.counted("turned_away", reason).await };
        assert_eq!(counted, u64::from(status == 401), "{reason}");
    }
    let early = claims(json!({"nbf": now + 60}));
    assert_eq!(knock(&world, &world.p0.mint(&early)).await, 401);
}

#[tokio::test]
async fn where_the_settings_state_a_subject_it_has_to_be_that_one() {
    let world = World::with(Setup::default().set("notifier__subject", "install-7")).await;
    for (subject, status) in [(json!("install-7"), 200), (json!("install-8"), 401), (Value::Null, 401)] {
        let token = world.p0.mint(&claims(json!({"sub": subject})));
        assert_eq!(knock(&world, &token).await, status, "{subject}");
    }
}

#[tokio::test]
async fn there_has_to_be_exactly_one_token() {
    let world = World::new().await;
    let stored = world.stored().await;
    let token = world.p0.mint(&TokenSpec::default());
    let bearer = format!("Bearer {token}");
    let twice = [("authorization", &*bearer), ("authorization", &*bearer)];
    for headers in [&[][..], &twice, &[("authorization", "")], &[("authorization", "Bearer ")], &[("x-token", &token)]]
    {
        let answer = world.sent(DOOR, news("req-9"), headers).await;
        assert_eq!((answer.status, answer.body.as_str()), (401, ""), "{headers:?}");
    }
    assert_eq!(world.counted("turned_away", "door=\"notifier\"").await, 5);
    assert_eq!(world.stored().await, stored);
}

#[tokio::test]
async fn the_word_bearer_may_be_there_or_not() {
    let world = World::new().await;
    for word in ["", "Bearer ", "bearer ", "BEARER  "] {
        let token = format!("{word}{}", world.p0.mint(&TokenSpec::default()));
        assert_eq!(knock(&world, &token).await, 200, "{word:?}");
    }
}

#[tokio::test]
async fn keys_of_rsa_and_ed25519_serve_as_well() {
    let keys = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/keys");
    let private = |name: &str| std::fs::read(format!("{keys}/{name}.pem")).unwrap();
    let rsa = (Algorithm::RS256, EncodingKey::from_rsa_pem(&private("rsa")).unwrap());
    let ed = (Algorithm::EdDSA, EncodingKey::from_ed_pem(&private("ed25519")).unwrap());
    for (name, theirs, others) in [("rsa", &rsa, &ed), ("ed25519", &ed, &rsa)] {
        let file = format!("{keys}/{name}.pub.pem");
        let world = World::with(Setup::default().set("notifier__public_key_file", &file)).await;
        for ((algorithm, key), status) in [(theirs, 200), (others, 401)] {
            assert_eq!(knock(&world, &own_token(&world, *algorithm, key)).await, status, "{name} {algorithm:?}");
        }
        assert_eq!(world.p0.push_raw(news("req-9"), Some(&world.p0.mint(&TokenSpec::default()))).await, Some(401));
        let pem = EncodingKey::from_secret(&std::fs::read(&file).unwrap());
        assert_eq!(knock(&world, &own_token(&world, Algorithm::HS256, &pem)).await, 401, "{name}");
    }
}

fn own_token(world: &World, algorithm: Algorithm, key: &EncodingKey) -> String {
    let NotifierSetup { issuer, audience, .. } = NotifierSetup::default();
    let now = world.clock.now().as_second();
    let claims = json!({"iss": issuer, "aud": audience, "iat": now, "exp": now + 60});
    jsonwebtoken::encode(&Header::new(algorithm), &claims, key).unwrap()
}

#[tokio::test]
async fn a_token_cannot_bring_its_own_key() {
    let world = World::new().await;
    let jwk = json!({"kty": "EC", "crv": "P-256", "alg": "ES256",
        "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"});
    for own in [
        json!({"jku": "https://evil.example/jwks.json"}),
        json!({"x5u": "https://evil.example/key.pem"}),
        json!({"jwk": jwk}),
        json!({"kid": "../../etc/passwd"}),
    ] {
        let honest = world.p0.mint(&header(own.clone(), SignedBy::Install));
        assert_eq!(knock(&world, &honest).await, 200, "{own}");
        let foreign = world.p0.mint(&header(own.clone(), SignedBy::Stranger));
        assert_eq!(knock(&world, &foreign).await, 401, "{own}");
    }
}

#[tokio::test]
async fn what_names_no_request_is_kept_and_counted() {
    let world = World::new().await;
    assert_eq!(world.p0.push_preapproval("because").await, Some(200));
    for body in [json!({}), json!([1]), json!(null), json!("text"), json!({"data": {"requestId": "req-1"}})] {
        push(&world, &body).await;
    }
    assert_eq!((world.rows("unread_pushes").await, world.rows("requests").await), (6, 0));
    assert_eq!(world.counted("pushes", "what=\"unread\"").await, 6);
}

#[tokio::test]
async fn a_request_is_one_whatever_the_event_is_called_and_whatever_stands_beside_it() {
    let world = World::new().await;
    let request = json!({"requestId": "req-1", "status": "NEW", "novelty": {"a": [null]}, "display": 7, "reason": {}});
    let mut flat = request.clone();
    flat["requestId"] = json!("req-3");
    for body in [
        json!({"eventType": "harvest-festival", "data": request, "more": 1}),
        json!({"data": {"id": "req-2", "status": "NEW", "requestor": {"email": "bob@example.com"}}}),
        flat,
    ] {
        push(&world, &body).await;
    }
    assert_eq!((world.rows("requests").await, world.rows("unread_pushes").await), (3, 0));
    assert_eq!(world.cards_in(CHANNEL).len(), 3);
}

#[tokio::test]
async fn a_push_that_is_no_json_is_a_bad_request() {
    let world = World::new().await;
    let stored = world.stored().await;
    for body in ["", "nonsense", "{\"data\":", "a=b"] {
        let token = world.p0.mint(&TokenSpec::default());
        assert_eq!(world.p0.push_raw(body, Some(&token)).await, Some(400), "{body}");
    }
    let token = world.p0.mint(&TokenSpec::default());
    assert_eq!(world.p0.push_raw(b"{\"a\":\"\xff\"}".to_vec(), Some(&token)).await, Some(400));
    assert_eq!(world.p0.push_raw("nonsense", None).await, Some(401));
    assert_eq!(world.counted("turned_away", "reason=\"unreadable\"").await, 5);
    assert_eq!(world.stored().await, stored);
}

#[tokio::test]
async fn a_token_for_single_use_opens_the_door_once() {
    let world = World::with(Setup::default().set("notifier__single_use", "true")).await;
    for body in [news("req-1"), json!({"eventType": "unheard-of"}).to_string()] {
        let token = world.p0.mint(&TokenSpec::default());
        assert_eq!(world.p0.push_raw(body.clone(), Some(&token)).await, Some(200));
        assert_eq!(world.p0.push_raw(body, Some(&format!("Bearer {token}"))).await, Some(401));
        assert_eq!(world.p0.push_raw(news("req-2"), Some(&token)).await, Some(401));
    }
    assert_eq!((world.rows("requests").await, world.rows("unread_pushes").await), (1, 1));
    assert_eq!(world.counted("turned_away", "reason=\"token_used\"").await, 4);
}

#[tokio::test]
async fn a_token_for_single_use_is_remembered_as_long_as_it_lives() {
    let setup = Setup::default().set("notifier__single_use", "true").set("notifier__max_token_age", "15m");
    let world = World::with(setup).await;
    let now = world.clock.now().as_second();
    let token = world.p0.mint(&claims(json!({"iat": now + 29, "exp": now + 3600})));
    assert_eq!(knock(&world, &token).await, 200);
    world.clock.advance(std::time::Duration::from_secs(15 * 60 + 10));
    world.work().await;
    assert_eq!(knock(&world, &token).await, 401);
}

/// Pushes the request as P0 has it, with other values for some of its fields.
async fn push_with(world: &World, changes: Value) {
    let mut body = world.p0.push_body("req-1").unwrap();
    for (name, value) in object(changes) {
        body["data"][name] = value;
    }
    push(world, &body).await;
}

fn updated(world: &World) -> i64 {
    world.p0.push_body("req-1").unwrap()["data"]["lastUpdatedTimestamp"].as_i64().unwrap()
}

/// Whether a line of the card says this.
fn says(world: &World, card: &Card, what: &str) -> bool {
    world.read(card).lines().any(|line| line.contains(what))
}

#[tokio::test]
async fn old_news_changes_nothing() {
    let world = World::new().await;
    let card = world.usual().await;
    let before = world.read(&card);
    let old =
        json!({"status": "DONE", "duration": "8h", "reason": "other", "lastUpdatedTimestamp": updated(&world) - 1});
    push_with(&world, old).await;
    assert_eq!(world.read(&card), before);
    push_with(&world, json!({"status": "DONE", "lastUpdatedTimestamp": updated(&world) + 1})).await;
    assert!(says(&world, &card, "*Active*"), "{}", world.read(&card));
}

#[tokio::test]
async fn without_times_a_request_goes_forward_only() {
    let world = World::new().await;
    let card = world.usual().await;
    for (status, says_now) in [
        ("APPROVED", "*Approved*"),
        ("PENDING_APPROVAL", "*Approved*"),
        ("DONE", "*Active*"),
        ("APPROVED_NOTIFIED", "*Active*"),
        ("EXPIRY_SUBMITTED", "*Expiring*"),
        ("DONE_NOTIFIED", "*Expiring*"),
        ("EXPIRED", "*Expired*"),
        ("REVOKE_SUBMITTED", "*Expired*"),
    ] {
        push_with(&world, json!({"status": status, "lastUpdatedTimestamp": null})).await;
        assert!(says(&world, &card, says_now), "{status}: {}", world.read(&card));
    }
}

#[tokio::test]
async fn what_has_ended_is_never_pending_again() {
    let world = World::new().await;
    let card = world.usual().await;
    push_with(&world, json!({"status": "DENIED", "lastUpdatedTimestamp": updated(&world) + 1})).await;
    push_with(&world, json!({"status": "PENDING_APPROVAL", "lastUpdatedTimestamp": updated(&world) + 1000})).await;
    push_with(&world, json!({"status": "NEW", "lastUpdatedTimestamp": null})).await;
    assert!(says(&world, &card, "*Denied*") && !says(&world, &card, "[Approve"), "{}", world.read(&card));
}

#[tokio::test]
async fn a_changed_request_is_drawn_anew_and_its_old_button_decides_nothing() {
    let world = World::new().await;
    let card = world.usual().await;
    let old = world.slack.element(CHANNEL, &card.ts, "approve").unwrap();
    push_with(&world, json!({"duration": "8h", "lastUpdatedTimestamp": updated(&world) + 1})).await;
    assert!(says(&world, &card, "*Changed*") && says(&world, &card, "[Approve 8h]"), "{}", world.read(&card));
    assert_eq!(world.slack.press_stale(ALICE, CHANNEL, &card.ts, &old, None).await.unwrap().status, 200);
    world.work().await;
    assert_eq!((world.lines(ALICE), world.told().len()), (vec![CHANGED.to_owned()], 0));
    world.presses(ALICE, &card, "approve").await;
    assert_eq!(world.told(), [r#"approve req-1 {"expirationLength":"8h"} as alice@example.com: 200"#]);
}

#[tokio::test]
async fn a_choice_that_waits_is_refused_when_the_request_changes() {
    let world = World::new().await;
    let card = world.usual().await;
    for control in ["approve", "deny"] {
        world.press(ALICE, &card, control).await;
    }
    let modal = world.slack.modals(ALICE).pop().unwrap();
    world.slack.submit(ALICE, &modal.id, &[]).await.unwrap();
    push_with(&world, json!({"principal": "eve@example.com", "lastUpdatedTimestamp": updated(&world) + 1})).await;
    assert_eq!((world.told().len(), world.rows("decisions").await), (0, 2));
    let told = world.dms(ALICE).into_iter().filter(|line| line.ends_with(CHANGED)).count();
    assert_eq!(told, 2, "{:?}", world.dms(ALICE));
    assert!(world.read(&world.last_dm(ALICE)).contains("[Show]"));
}

#[tokio::test]
async fn each_fact_that_people_were_shown_counts_as_changed_and_nothing_else_does() {
    let world = World::new().await;
    let card = world.usual().await;
    let mut now = updated(&world);
    let row = json!({"rows": [{"label": "Role", "content": "Admin"}]});
    for (name, value, changed) in [
        ("grantTimestamp", json!(now), false),
        ("approvalDetails", json!({"name": "Eve"}), false),
        ("novelty", json!(1), false),
        ("status", json!("PENDING_APPROVAL_ESCALATED"), false),
        ("type", json!("gcloud"), true),
        ("access", json!("group"), true),
        ("permission", json!({"role": "Admin"}), true),
        ("requestor", json!("eve@example.com"), true),
        ("principal", json!("eve@example.com"), true),
        ("reason", json!("other"), true),
        ("duration", json!("3h"), true),
        ("display", row, true),
    ] {
        push_with(&world, json!({"lastUpdatedTimestamp": now + 1})).await;
        let key = world.slack.element(CHANNEL, &card.ts, "more").unwrap()["value"].clone();
        now += 2;
        push_with(&world, json!({name: value, "lastUpdatedTimestamp": now})).await;
        let anew = world.slack.element(CHANNEL, &card.ts, "more").unwrap()["value"] != key;
        assert_eq!(anew, changed, "{name}");
        assert!(says(&world, &card, "*Changed*") || !changed, "{name}");
    }
}

#[tokio::test]
async fn an_unknown_status_is_shown_as_p0_sent_it_and_takes_nothing_away() {
    let world = World::new().await;
    let card = world.usual().await;
    push_with(&world, json!({"status": "MARINATING <!here>", "lastUpdatedTimestamp": updated(&world) + 1})).await;
    let (shown, read) = ("P0 calls its status MARINATING &lt;!here&gt;", world.read(&card));
    assert!(
        read.contains(shown) && read.contains("*Waiting for a decision.*") && read.contains("[Approve 2h]"),
        "{read}"
    );
    push_with(&world, json!({"status": "DONE", "lastUpdatedTimestamp": updated(&world) + 2})).await;
    assert!(!world.read(&card).contains("MARINATING"));
}

#[tokio::test]
async fn tokens_of_a_p0_that_names_no_bearer_are_honest_pushes_too() {
    let p0 = |setup: Setup| {
        let notifier = NotifierSetup { bearer_prefix: false, event: "x".into(), ..setup.p0.notifier.clone() };
        Setup { p0: P0Setup { notifier, ..setup.p0.clone() }, ..setup }
    };
    let world = World::with(p0(Setup::default())).await;
    let card = world.usual().await;
    assert!(says(&world, &card, "*Waiting for a decision.*"));
}
