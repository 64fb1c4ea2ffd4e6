//! P0's side: the organisation, its addresses, its clock, the shared credential, the notifier's keys.

use std::time::Duration;

use axum::Router;
use axum::routing::get;
use http::StatusCode;
use jsonwebtoken::jwk::{Jwk, JwkSet};
use jsonwebtoken::{Algorithm, DecodingKey};
use p0_chatops::clock::Clock;
use p0_chatops::sandbox::p0::{Fault, P0Setup, Verb};
use p0_chatops::sandbox::slack::SlackSetup;
use p256::SecretKey;
use p256::pkcs8::{EncodePrivateKey as _, LineEnding};

use super::roughly;
use crate::serve::Company;

#[tokio::test]
async fn a_p0_that_is_not_there_or_is_not_ours_is_named() {
    let company = Company::new().await;
    let told = company.check(&company.good().replace("org = \"acme\"", "org = \"acne\"")).await;
    assert_eq!(
        (told.about("p0.org").as_str(), told.code),
        (
            "FAIL P0 knows no organisation acne\n→ correct p0.org: the short name in P0's own addresses; or p0.base_url",
            Some(1)
        )
    );
    let not_p0 = |status| {
        format!(
            "FAIL what answers is not P0's API (HTTP {status})\n→ correct p0.base_url, or try again when P0 is well"
        )
    };
    for (fault, status) in [
        (Fault::text(200, "<html>Welcome</html>"), 200),
        (Fault::text(200, "{\"status\":\"up\"}"), 200),
        (Fault::redirect("https://x"), 302),
    ] {
        company.p0.fail_next(1, Verb::Discovery, fault);
        assert_eq!(company.check(&company.good()).await.about("p0.org"), not_p0(status));
    }
    company.p0.fail_next(1, Verb::Discovery, Fault::Drop);
    assert_eq!(
        company.check(&company.good()).await.about("p0.org"),
        "FAIL P0 cannot be asked: the answer broke off: connection closed before message completed\n\
         → see what answers at p0.base_url"
    );
    company.p0.stop().await;
    let told = company.check(&company.good()).await;
    assert_eq!(
        (told.about("p0.org").as_str(), told.code),
        (
            "FAIL P0 cannot be asked: no connection: Connection refused (os error 111)\n\
             → see that p0.base_url is right and that nothing blocks the way; where only a proxy leads out, set proxy",
            Some(1)
        )
    );
}

#[tokio::test]
async fn a_p0_that_is_busy_or_not_well_is_a_warning() {
    let company = Company::new().await;
    for (fault, status) in [(Fault::too_many(Some(30)), 429), (Fault::bad_gateway(), 502)] {
        company.p0.fail_next(1, Verb::Discovery, fault);
        let told = company.check(&company.good()).await;
        assert_eq!(
            (told.about("p0.org"), told.code),
            (
                format!(
                    "warn P0 is busy or not well (HTTP {status}): it did not say whether it knows acme\n\
                     → run `check` again in a minute; if this stays, see that p0.base_url is right"
                ),
                Some(0)
            )
        );
        assert!(
            told.text.contains(
                "\n\nNothing was found that will not work; it was not seen whether P0 knows the organisation and \
                 whether anybody can decide and whether Slack reaches the bot. 2 warnings"
            ),
            "{}",
            told.text
        );
    }
}

#[tokio::test]
async fn nobody_but_p0_is_shown_a_token_or_believed_about_the_time() {
    let company = Company::new().await;
    let mode =
        "mode = \"service\"\nacknowledge_shared_credential = true\nservice = { token = \"the-service-credential\" }";
    let shared = company.good().replace("mode = \"tokens\"", mode);
    for fault in [
        Fault::error(404, "Not found"),
        Fault::text(200, "<html>Welcome</html>"),
        Fault::text(200, "{\"status\":\"up\"}"),
        Fault::redirect("https://x"),
        Fault::bad_gateway(),
    ] {
        company.p0.fail_until_cleared(Verb::Discovery, fault);
        let told = company.check(&company.good()).await;
        assert_eq!(told.about("p0.clock"), "skip needs an answer that is surely P0's");
        assert_eq!(told.about("p0.token"), "skip needs an answer that is surely P0's: no token was sent");
        let not_asked = "ok may decide, as alice@example.com; P0 was not asked about their token";
        assert_eq!(told.about("person U01ALICE"), not_asked);
        let told = company.check(&shared).await;
        assert_eq!(told.about("p0.token"), "skip needs an answer that is surely P0's: no token was sent");
        company.p0.clear_faults();
    }
    assert!(company.p0.calls().iter().all(|call| call.verb == Some(Verb::Discovery)));
}

#[tokio::test]
async fn another_address_that_p0_names_is_told() {
    let company = Company::new().await;
    company.p0.behave(|p0| p0.app_url = Some("https://api.eu.p0.example/v1".to_owned()));
    let told = company.check(&company.good()).await;
    assert_eq!(
        (told.about("p0.addresses").as_str(), told.code),
        (
            "warn P0 names https://api.eu.p0.example as the organisation's API, and p0.base_url is http://P0\n\
             → set p0.base_url to the address that P0 names, if you know it to be yours",
            Some(0)
        )
    );
    let own = company.p0.base_url();
    company.p0.behave(|p0| p0.app_url = Some(own));
    let told = company.check(&company.good()).await;
    assert_eq!(
        told.about("p0.addresses"),
        "ok P0 names the same API as p0.base_url; people log in with okta at sso.example.com"
    );
}

#[tokio::test]
async fn a_clock_behind_p0s_breaks_its_tokens() {
    let clock = Clock::stepped();
    let p0 = P0Setup { clock: clock.clone(), ..P0Setup::default() };
    let company = Company::with(SlackSetup::default(), p0).await;
    clock.advance(Duration::from_secs(60));
    let told = company.check(&company.good()).await;
    assert_eq!(
        (roughly(&told.about("p0.clock")).as_str(), told.code),
        (
            "FAIL this machine's clock is … behind P0's: beyond 30 s P0's pushes are refused\n\
             → let this machine set its clock by NTP",
            Some(1)
        )
    );
}

#[tokio::test]
async fn a_shared_credential_is_shown_to_p0() {
    let company = Company::new().await;
    let mode =
        "mode = \"service\"\nacknowledge_shared_credential = true\nservice = { token = \"the-service-credential\" }";
    let settings = company.good().replace("mode = \"tokens\"", mode);
    let told = company.check(&settings).await;
    assert_eq!(
        (told.about("p0.token").as_str(), told.code),
        (
            "FAIL P0 refuses the shared credential (HTTP 401): nobody can decide\n\
             → set identity.service.token to one that P0 takes",
            Some(1)
        )
    );
    company.p0.trust_service("the-service-credential");
    let told = company.check(&settings).await;
    assert_eq!(told.about("p0.token"), "ok P0 takes the shared credential");
    assert_eq!(told.about("person U01ALICE"), "ok may decide, as alice@example.com");
    for (fault, status) in [(Fault::error(404, "Not found"), 404), (Fault::bad_gateway(), 502)] {
        company.p0.fail_next(1, Verb::Account, fault);
        let told = company.check(&settings).await;
        assert_eq!(
            (told.about("p0.token"), told.code),
            (
                format!(
                    "warn P0 did not say whether it takes the shared credential (HTTP {status})\n\
                     → run `check` again in a minute"
                ),
                Some(0)
            )
        );
        assert!(told.text.contains("it was not seen whether anybody can decide and whether"), "{}", told.text);
    }
}

#[tokio::test]
async fn a_notifier_key_that_is_none_is_named_and_a_private_one_by_its_name() {
    const REMEDY: &str = "\n→ put there the public key that P0 shows where the notifier is installed";
    let company = Company::new().await;
    let private = SecretKey::from_slice(&[7; 32]).unwrap().to_pkcs8_pem(LineEnding::LF).unwrap();
    let certificate = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";
    for (text, what) in [
        (
            private.as_str(),
            "holds a PRIVATE key: the bot only needs the public one, and whoever holds the private one can speak as P0",
        ),
        (certificate, "holds a certificate: the public key in it is needed (openssl x509 -pubkey -noout)"),
        ("nonsense", "is no public key in PEM form: RSA, P-256 and Ed25519 are known"),
    ] {
        std::fs::write(company.folder.join("notifier.pem"), text).unwrap();
        let told = company.check(&company.good()).await;
        let line = format!("FAIL notifier.public_key_file: notifier.pem {what}{REMEDY}");
        assert_eq!((told.about("notifier.key"), told.code), (line, Some(1)));
        let refused = company.run(company.program(&["serve"])).await;
        let complaint = String::from_utf8(refused.stderr).unwrap();
        assert_eq!(
            complaint.lines().last().unwrap(),
            format!("p0-chatops: notifier.public_key_file: notifier.pem {what}")
        );
    }
}

#[tokio::test]
async fn published_keys_are_asked_for() {
    let company = Company::new().await;
    let key = DecodingKey::from_ec_pem(company.p0.notifier_public_key_pem().as_bytes()).unwrap();
    let keys = vec![Jwk::from_decoding_key(&key, Some(Algorithm::ES256)).unwrap()];
    let good = serde_json::to_string(&JwkSet { keys }).unwrap();
    let router = Router::new()
        .route("/good", get(move || async move { good }))
        .route("/empty", get(|| async { "{\"keys\":[]}" }))
        .route("/page", get(|| async { "<html>" }))
        .route("/down", get(|| async { StatusCode::SERVICE_UNAVAILABLE }));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    const REMEDY: &str = "\n→ correct notifier.jwks_url, or keep the key in a file (notifier.public_key_file)";
    for (path, line) in [
        ("/good", "ok 1 key is published; expected are tokens from https://api.p0.app for p0-chatops".to_owned()),
        ("/empty", format!("FAIL notifier.jwks_url holds no key that can be used (RSA, P-256, Ed25519){REMEDY}")),
        ("/page", format!("FAIL notifier.jwks_url does not answer with a key set (JWKS){REMEDY}")),
        ("/down", format!("FAIL notifier.jwks_url answers HTTP 503{REMEDY}")),
    ] {
        let from = "public_key_file = \"notifier.pem\"";
        let told = company.check(&company.good().replace(from, &format!("jwks_url = \"{base}{path}\""))).await;
        assert_eq!(told.about("notifier.key"), line);
    }
    let from = "public_key_file = \"notifier.pem\"";
    let told = company.check(&company.good().replace(from, "jwks_url = \"http://127.0.0.1:1/keys\"")).await;
    assert!(told.about("notifier.key").starts_with("FAIL notifier.jwks_url cannot be asked: no connection"));
}

#[tokio::test]
async fn the_key_that_signs_for_approvers_is_read() {
    let company = Company::new().await;
    let private = SecretKey::from_slice(&[7; 32]).unwrap().to_pkcs8_pem(LineEnding::LF).unwrap();
    std::fs::write(company.folder.join("assertion.pem"), private.as_bytes()).unwrap();
    company.protect("assertion.pem", 0o644);
    let mode = "mode = \"assertion\"\nacknowledge_bot_signs_for_approvers = true\n\
                assertion = { private_key_file = \"assertion.pem\", issuer = \"bot\", audience = \"p0\" }";
    let settings = company.good().replace("mode = \"tokens\"", mode);
    let told = company.check(&settings).await;
    assert_eq!(told.about("assertion.key"), "ok assertion.pem fits ES256");
    assert_eq!(
        told.about("secrets"),
        "warn identity.assertion.private_key_file: everybody on this machine can read assertion.pem (mode 644)\n\
         → chmod o-rwx assertion.pem"
    );
    assert_eq!(told.about("person U01ALICE"), "ok may decide, as alice@example.com");
    let told = company.check(&settings.replace("issuer = \"bot\"", "algorithm = \"EdDSA\", issuer = \"bot\"")).await;
    assert_eq!(
        (told.about("assertion.key").as_str(), told.code),
        (
            "FAIL identity.assertion.private_key_file: assertion.pem holds no private key for EdDSA in PEM form\n\
             → make one of that kind, readable by the bot alone",
            Some(1)
        )
    );
}
