//! Linked accounts: the provider, the bot's clients there and at Slack, P0's login, and who has linked.

use p0_chatops::clock::Clock;
use p0_chatops::config::DatabaseUrl;
use p0_chatops::ledger::Ledger;
use p0_chatops::sandbox::idp::{Client, Endpoint, Fault, Idp, IdpSetup};
use p0_chatops::sandbox::slack::SlackSetup;
use p256::SecretKey;
use p256::pkcs8::{EncodePrivateKey as _, LineEnding};
use serde_json::{Map, Value, json};
use sqlx::{Connection as _, SqliteConnection};

use super::{Told, free_address, front, without_disk};
use crate::serve::Company;
use crate::world::{ALICE, BOB};

/// A company whose people link accounts, with nothing that would have to be put right.
struct House {
    company: Company,
    idp: Idp,
    front: front::Front,
    listen: String,
}

impl House {
    async fn new() -> Self {
        let (company, idp) = (Company::new().await, Idp::start(IdpSetup::default()).await.unwrap());
        company.p0.behave(|p0| {
            p0.sign_on.use_provider_token = true;
            p0.sign_on.provider_domain = Some("127.0.0.1".to_owned());
        });
        let (listen, front) = (free_address(), front::honest().await);
        front.leads_to(&listen);
        Self { company, idp, front, listen }
    }

    fn settings(&self) -> String {
        let slack = SlackSetup::default();
        let (before, rest) = self.company.good().split_once("mode = \"tokens\"").map(owned).unwrap();
        let (people, rest) = rest.split_once("[identity.tokens]").map(owned).unwrap();
        let (_, route) = rest.split_once("[[route]]").map(owned).unwrap();
        let client =
            format!("[slack]\nclient_id = \"{}\"\nclient_secret = \"{}\"", slack.client_id, slack.client_secret);
        format!(
            "public_url = \"{}\"\n{}mode = \"linked\"{people}[identity.linked]\nissuer = \"{}\"\n\
             client_id = \"p0-chatops\"\nclient_secret = \"sandbox-idp-secret\"\nflow = \"code\"\n\
             send = \"access_token\"\n[vault]\n\
             key = \"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\"\n[[route]]{route}",
            self.front.url(),
            before.replacen("127.0.0.1:0", &self.listen, 1).replace("[slack]", &client),
            self.idp.issuer(),
        )
    }

    /// The settings of a company that has no page and no client of its own.
    fn device(&self) -> String {
        let client = "client_id = \"p0-chatops\"\nclient_secret = \"sandbox-idp-secret\"\nflow = \"code\"";
        self.settings().replace(client, "flow = \"device\"")
    }

    async fn check(&self) -> Told {
        self.check_with(&self.settings()).await
    }

    async fn check_with(&self, settings: &str) -> Told {
        let told = self.company.check(settings).await;
        let text = told.text.replace(&self.idp.issuer(), "IDP").replace(self.front.host(), "FRONT");
        Told { text: text.replace(&self.listen, "LISTEN"), ..told }
    }

    /// What is said of this where the provider describes itself otherwise.
    async fn where_it_says(&self, name: &str, value: Value, line: &str) -> String {
        self.idp.change(|idp| idp.odd_metadata = Map::from_iter([(name.to_owned(), value)]));
        let told = self.check().await.about(line);
        self.idp.change(|idp| idp.odd_metadata = Map::new());
        told
    }

    /// The ledger, as a bot that has run has left it.
    async fn ledger(&self) -> SqliteConnection {
        let url = DatabaseUrl::Sqlite(self.company.folder.join("p0-chatops.db"));
        Ledger::open(&url, Clock::system()).await.unwrap().close().await;
        SqliteConnection::connect(&url.to_string()).await.unwrap()
    }

    async fn link(&self, user: &str, issuer: &str, identity: &str) {
        let mut ledger = self.ledger().await;
        sqlx::query(
            "INSERT INTO links (id, team, person, issuer, subject, identity, names, linked_at, proved_at, good_until,
                 seen_at, sealed, generation, attempts, due_at)
             VALUES ((SELECT count(*) FROM links), 'T01ACME', $1, $2, $1, $3, '[]', 1770000000000, 0, 0, 0, NULL, 0, 0, 0)",
        )
        .bind(user)
        .bind(issuer)
        .bind(identity)
        .execute(&mut ledger)
        .await
        .unwrap();
        ledger.close().await.unwrap();
    }
}

fn owned((one, other): (&str, &str)) -> (String, String) {
    (one.to_owned(), other.to_owned())
}

#[tokio::test]
async fn an_install_whose_people_link_accounts_is_told_line_by_line() {
    let house = House::new().await;
    house.link(ALICE, &house.idp.issuer(), "alice@example.com").await;
    let told = house.check().await;
    insta::assert_snapshot!(without_disk(&told.text), @r"
    ok    settings                    p0-chatops.toml
    ok    secrets                     only its owner and group can read the file that holds the bot's own secrets
    ok    ledger                      p0-chatops.db can be written and keeps what is written
    ok    vault                       bae64a32bf4307e8 seals; its keys open 0 records of the ledger
    ok    evidence                    its checkpoints are not signed: audit.key_file is not set
    ok    slack.token                 the bot is p0 in acme (T01ACME)
    ok    slack.clock                 this machine's clock agrees with Slack's
    ok    slack.scopes                everything that the bot needs is granted
    ok    channel C01ACCESS           the bot is in #access-requests, and no other company is
    ok    p0.org                      P0 knows the organisation acme
    ok    p0.addresses                P0 names no other API than p0.base_url; people log in with okta at 127.0.0.1
    ok    p0.clock                    this machine's clock agrees with P0's
    ok    send                        P0 is sent the provider's access token
    ok    p0.login                    P0 names no other provider than identity.linked.issuer
    ok    provider                    IDP says of itself what linking needs
    ok    provider.keys               1 of its keys can check an ID token
    ok    provider.flow               it offers the authorization code flow; PKCE is used
    ok    provider.renewal            tokens can be renewed; it is told of `unlink`
    ok    provider.email              addresses count that it says are verified (email_verified)
    ok    provider.client             the provider knows the client p0-chatops
    ok    redirect Slack              http://FRONT/link/slack has to stand in the app under OAuth & Permissions
    ok    redirect provider           http://FRONT/link/provider has to be the client's at the provider, letter for letter
    ok    slack.client                Slack knows the app's client id and secret
    ok    person U01ALICE             may decide, as alice@example.com: linked on 2026-02-02
    warn  person U02BOB               has not linked the account of bob@example.com yet: cannot decide
                                      → have them type /p0 link
    ok    links                       1 of 2 have linked their account
    ok    notifier.key                notifier.pem holds a public key; expected are tokens from https://api.p0.app for p0-chatops
    ok    listen                      LISTEN is free
    ok    admin_listen                127.0.0.1:0 is free
    FAIL  public_url                  http://FRONT/ is this machine's own name for itself: Slack and P0 cannot reach it
                                      → set it to the https:// address under which they reach the bot
    ok    door /slack/interactivity   is reached, and what is sent arrives untouched
    ok    door /slack/commands        is reached, and what is sent arrives untouched
    ok    door /slack/events          is reached, and what is sent arrives untouched
    ok    door /p0/notifications      is reached, and refuses a push without P0's token
    ok    door /link/                 is reached, and a page that nobody asked for is over

    1 thing will not work. 1 warning is worth a look.
    ");
    assert_eq!(told.code, Some(1));
}

#[tokio::test]
async fn a_company_with_p0s_own_client_needs_no_page_and_no_client() {
    let house = House::new().await;
    house.company.p0.behave(|p0| p0.sign_on.client_id = "p0-device".to_owned());
    let told = house.check_with(&house.device()).await;
    assert_eq!(
        told.about("p0.login"),
        "ok P0 names the client p0-device at 127.0.0.1: that will be pinned at the first link"
    );
    assert_eq!(told.about("provider.flow"), "ok it offers the device flow");
    assert_eq!(told.about("provider.client"), "ok the provider knows the client p0-device");
    assert_eq!((told.about("slack.client"), told.about("door /link/")), (String::new(), String::new()));
}

#[tokio::test]
async fn a_provider_that_is_not_there_or_not_itself_is_named() {
    const REMEDY: &str =
        "\n→ correct identity.linked.issuer: it is the provider's name, exactly as its tokens write it in iss";
    let house = House::new().await;
    for (fault, line) in [
        (Fault::error(404, "Not found"), format!("FAIL IDP describes itself nowhere (HTTP 404){REMEDY}")),
        (Fault::redirect("https://x"), format!("FAIL IDP describes itself nowhere (HTTP 302){REMEDY}")),
        (
            Fault::text(200, "<html>Welcome</html>"),
            format!("FAIL IDP: the provider cannot be asked: the answer is not JSON{REMEDY}"),
        ),
        (Fault::bad_gateway(), "warn IDP is busy or not well (HTTP 502)\n→ run `check` again in a minute".to_owned()),
    ] {
        house.idp.fail_until_cleared(Endpoint::Discovery, fault);
        let told = house.check().await;
        assert_eq!(told.about("provider"), line);
        assert_eq!(told.about("provider.client"), "skip needs what the provider says of itself");
        house.idp.clear_faults();
    }
    assert_eq!(
        house.where_it_says("issuer", json!("https://login.example.com"), "provider").await,
        format!("FAIL IDP is not to be believed: the discovery document names another issuer{REMEDY}")
    );
    let settings = house.settings().replace(&house.idp.issuer(), "http://127.0.0.1:9");
    assert_eq!(
        house.check_with(&settings).await.about("provider"),
        "FAIL http://127.0.0.1:9 cannot be asked: no connection: Connection refused (os error 111)\n\
         → see that identity.linked.issuer is right and that nothing blocks the way; where only a proxy leads out, set proxy"
    );
    house.idp.fail_until_cleared(Endpoint::Jwks, Fault::text(200, "<html>Welcome</html>"));
    assert_eq!(
        house.check().await.about("provider.keys"),
        "FAIL are not published where it says they are\n\
         → nobody's ID token can be checked without them: see what is wrong at the provider"
    );
}

#[tokio::test]
async fn a_provider_that_lacks_what_the_flow_needs_is_named() {
    let house = House::new().await;
    let no_code = "FAIL it offers no authorization code flow\n→ set identity.linked.flow = \"device\"";
    for (name, value, line) in [
        ("authorization_endpoint", Value::Null, no_code),
        ("grant_types_supported", json!(["client_credentials"]), no_code),
        (
            "code_challenge_methods_supported",
            json!(["plain"]),
            "FAIL it offers no PKCE with S256, and the bot does without for nobody\n→ switch it on there",
        ),
        ("code_challenge_methods_supported", Value::Null, "ok it offers the authorization code flow; PKCE is used"),
    ] {
        assert_eq!(house.where_it_says(name, value, "provider.flow").await, line);
    }
    house.idp.change(|idp| {
        idp.odd_metadata = Map::from_iter([("device_authorization_endpoint".to_owned(), Value::Null)]);
    });
    assert_eq!(
        house.check_with(&house.device()).await.about("provider.flow"),
        "FAIL it offers no device flow\n→ switch it on there, or set identity.linked.flow = \"code\""
    );
}

#[tokio::test]
async fn links_that_would_not_last_are_a_warning() {
    let house = House::new().await;
    for (name, value, line) in [
        (
            "grant_types_supported",
            json!(["authorization_code"]),
            "warn it does not list the grant refresh_token: links may last for an hour or so\n\
             → let the client have refresh tokens there",
        ),
        (
            "scopes_supported",
            json!(["openid", "email"]),
            "warn it does not list the scope offline_access: links may last for an hour or so\n\
             → see there what a client needs for refresh tokens",
        ),
        (
            "revocation_endpoint",
            Value::Null,
            "ok tokens can be renewed; it has no way to be told of `unlink`: tokens are then forgotten here alone",
        ),
    ] {
        assert_eq!(house.where_it_says(name, value, "provider.renewal").await, line);
    }
    let settings = house.settings().replace("[vault]", "scopes = [\"openid\", \"email\"]\n[vault]");
    assert_eq!(
        house.check_with(&settings).await.about("provider.renewal"),
        "warn identity.linked.scopes lacks \"offline_access\": most providers then give nothing that can be renewed, \
         and people link again every hour or so\n→ add it, if your provider knows it"
    );
}

#[tokio::test]
async fn a_provider_that_vouches_for_no_address_links_nobody_by_address() {
    let house = House::new().await;
    let claims = json!(["sub", "email", "auth_time"]);
    assert_eq!(
        house.where_it_says("claims_supported", claims.clone(), "provider.email").await,
        "FAIL it does not say whether an address is verified (email_verified): nobody can link by address\n\
         → write people's subjects at the provider into identity.people in place of their addresses; or, where nobody \
         but you can set an address there, add the issuer to trusted_email_issuers"
    );
    house.idp.change(|idp| idp.odd_metadata = Map::from_iter([("claims_supported".to_owned(), claims)]));
    let trusted = format!("trusted_email_issuers = [\"{}\"]\n[vault]", house.idp.issuer());
    assert_eq!(
        house.check_with(&house.settings().replace("[vault]", &trusted)).await.about("provider.email"),
        "ok its word on addresses is trusted where it says nothing of them"
    );
    let by_subject = house.settings().replace("alice@example.com", "00u-alice").replace("bob@example.com", "00u-bob");
    assert_eq!(
        house.check_with(&by_subject).await.about("provider.email"),
        "ok is not needed: identity.people names everybody's subject"
    );
    let settings = house.settings().replace("[vault]", "scopes = [\"openid\", \"offline_access\"]\n[vault]");
    assert_eq!(
        house.check_with(&settings).await.about("provider.email"),
        "warn identity.linked.scopes lacks \"email\", by which people are known to be who they are\n\
         → add it, or write subjects into identity.people"
    );
}

#[tokio::test]
async fn a_client_that_is_not_known_is_named() {
    const REMEDY: &str = "\n→ correct identity.linked.client_id and client_secret; the client has to have this flow, and its secret goes \
         by client_secret_basic or client_secret_post";
    let house = House::new().await;
    let told = house.check_with(&house.settings().replace("sandbox-idp-secret", "sandbox-idp-guess")).await;
    assert_eq!(
        told.about("provider.client"),
        format!("FAIL is refused: invalid_client (not this client's secret){REMEDY}")
    );
    let told = house.check_with(&house.settings().replace("id = \"p0-chatops\"", "id = \"nobody\"")).await;
    assert_eq!(told.about("provider.client"), format!("FAIL is refused: invalid_client (no such client){REMEDY}"));
    house.idp.change(|idp| idp.clients.push(Client { grants: Vec::new(), ..Client::device("idle") }));
    let told = house.check_with(&house.device().replace("flow =", "client_id = \"idle\"\nflow =")).await;
    assert_eq!(
        told.about("provider.client"),
        format!("FAIL is refused: unauthorized_client (the client may not use this grant){REMEDY}")
    );
    house.idp.fail_until_cleared(Endpoint::Token, Fault::bad_gateway());
    house.company.p0.behave(|p0| p0.sign_on.client_id = "p0-device".to_owned());
    let without_pages = house.device().lines().skip(1).collect::<Vec<_>>().join("\n");
    let told = house.check_with(&without_pages).await;
    assert_eq!(told.about("provider.client"), "warn was not judged: HTTP 502\n→ run `check` again in a minute");
    assert!(told.text.contains("it was not seen whether anybody can link an account and whether"), "{}", told.text);
    house.idp.clear_faults();
}

#[tokio::test]
async fn a_slack_client_that_is_not_the_apps_is_named() {
    const REMEDY: &str = "\n→ copy Client ID and Client Secret from the app's Basic Information";
    let house = House::new().await;
    let slack = SlackSetup::default();
    for (from, to, line) in [
        (&slack.client_id, "A0123", "slack.client_id is not as Slack writes one (1234567890.1234567890)"),
        (&slack.client_secret, slack.signing_secret.as_str(), "slack.client_secret is the signing secret"),
    ] {
        let told = house.check_with(&house.settings().replace(from.as_str(), to)).await;
        assert_eq!(told.about("slack.client"), format!("FAIL {line}{REMEDY}"));
    }
    for (from, to, code) in [
        (&slack.client_id, "123.456", "invalid_client_id"),
        (&slack.client_secret, "another-secret-of-32-characters", "bad_client_secret"),
    ] {
        let told = house.check_with(&house.settings().replace(from.as_str(), to)).await;
        let remedy = format!("{REMEDY}, and its redirect URL into the app");
        assert_eq!(told.about("slack.client"), format!("FAIL is refused: {code}{remedy}"));
    }
}

#[tokio::test]
async fn a_login_of_p0s_that_does_not_fit_is_named() {
    let house = House::new().await;
    let device = house.device();
    let told = house.check_with(&device).await;
    assert_eq!(
        told.about("provider.client"),
        "FAIL is refused: invalid_client (no such client)\n→ set identity.linked.client_id to a client of your own there"
    );
    house.company.p0.behave(|p0| p0.sign_on.client_id = "p0-device".to_owned());
    house.company.p0.behave(|p0| p0.sign_on.provider_domain = Some("sso.example.com".to_owned()));
    assert_eq!(
        house.check_with(&device).await.about("p0.login"),
        "FAIL P0's own client is at sso.example.com, and identity.linked.issuer is IDP: nobody can link\n\
         → set identity.linked.issuer to that provider, or client_id to a client of your own"
    );
    assert_eq!(
        house.check().await.about("p0.login"),
        "warn people log in to P0 at sso.example.com, and link their account at IDP\n\
         → see that both are one provider's: P0 knows people by what theirs says"
    );
    house.company.p0.behave(|p0| p0.sign_on.provider_domain = None);
    let named = json!({"tenant_id": "acme-tenant", "provider_id": "oidc.okta", "provider_domain": null,
                       "client_id": "p0-device", "api_key": "not-a-secret"});
    let pin = async |login: &Value| {
        let mut ledger = house.ledger().await;
        sqlx::query("INSERT OR REPLACE INTO pins VALUES ($2, $1, 0)")
            .bind(login.to_string())
            .bind(format!("p0.login {}/orgs/acme", house.company.p0.base_url()))
            .execute(&mut ledger)
            .await
            .unwrap();
        ledger.close().await.unwrap();
    };
    pin(&named).await;
    assert_eq!(
        house.check_with(&device).await.about("p0.login"),
        "ok P0 names the client p0-device, as was pinned at the first link"
    );
    pin(&json!({"tenant_id": "another", "provider_id": "oidc.okta", "provider_domain": null,
                "client_id": "p0-device", "api_key": "not-a-secret"}))
    .await;
    let folder = house.company.folder.display().to_string();
    assert_eq!(
        house.check_with(&device).await.about("p0.login").replace(&folder, "FOLDER"),
        "warn P0 names the client p0-device: that is not what was pinned at the first link, and the bot goes on with \
         what was\n\
         → ask P0 whether that is theirs; if so, stop the bot, run sqlite3 p0-chatops.db \"delete from pins where name = \
         'p0.login http://P0/orgs/acme'\", and start it"
    );
}

#[tokio::test]
async fn the_token_that_p0_is_sent_is_held_against_what_its_own_client_sends() {
    let house = House::new().await;
    let sends = |kind: &str| house.settings().replace("send = \"access_token\"", &format!("send = \"{kind}\""));
    assert_eq!(house.check().await.about("send"), "ok P0 is sent the provider's access token");
    assert_eq!(house.check_with(&sends("id_token")).await.about("send"), "ok P0 is sent the provider's ID token");
    assert_eq!(
        house.check_with(&sends("identity_platform")).await.about("send"),
        "warn P0 is sent a token of Identity Platform, got with the provider's, and its own client sends the provider's \
         access token\n→ set identity.linked.send = \"access_token\" if P0 refuses people's accounts when they link them"
    );
    house.company.p0.behave(|p0| p0.sign_on.use_provider_token = false);
    assert_eq!(
        house.check().await.about("send"),
        "warn P0 is sent the provider's access token, and its own client sends a token of Identity Platform\n\
         → set identity.linked.send = \"identity_platform\" if P0 refuses people's accounts when they link them"
    );
    assert_eq!(
        house.check_with(&sends("identity_platform")).await.about("send"),
        "ok P0 is sent a token of Identity Platform, got with the provider's"
    );
}

#[tokio::test]
async fn an_exchange_that_gives_nothing_is_named() {
    const KEYS: &str = "ok /.well-known/jwks.json is reached, and publishes the bot's keys";
    let house = House::new().await;
    let key = SecretKey::from_slice(&[7; 32]).unwrap().to_pkcs8_pem(LineEnding::LF).unwrap();
    std::fs::write(house.company.folder.join("actor.pem"), key.as_bytes()).unwrap();
    house.company.protect("actor.pem", 0o600);
    let exchange = format!(
        "[identity.exchange]\nendpoint = \"{}/token\"\nclient_id = \"p0-chatops\"\nclient_secret = \
         \"sandbox-idp-secret\"\nactor = \"p0-chatops\"\nactor_key_file = \"actor.pem\"\n[vault]",
        house.idp.issuer()
    );
    let settings = house.settings().replace("mode = \"linked\"", "mode = \"exchange\"").replace("[vault]", &exchange);
    let told = house.check_with(&settings).await;
    assert_eq!(told.about("send"), "ok P0 is sent what IDP/token gives for the provider's access token");
    assert_eq!(told.about("exchange.actor_key"), "ok actor.pem fits ES256");
    assert_eq!(told.about("exchange"), "ok IDP/token knows the bot, and refuses a token that is nobody's");
    let told =
        house.check_with(&settings.replace("actor_key_file = \"actor.pem\"", "actor_key_file = \"x.pem\"")).await;
    assert_eq!(
        told.about("exchange.actor_key"),
        "FAIL identity.exchange.actor_key_file: x.pem cannot be read: No such file or directory (os error 2)\n\
         → make one of that kind, readable by the bot alone"
    );
    assert_eq!(house.check_with(&settings).await.about("jwks"), KEYS);
    for (answer, line) in [
        (
            "Not found",
            "FAIL /.well-known/jwks.json does not publish the bot's keys (HTTP 200): what it signs is refused\n\
             → let the proxy forward GET /.well-known/jwks.json to LISTEN, and restart `serve`",
        ),
        (
            "{\"keys\":[]}",
            "FAIL /.well-known/jwks.json publishes other keys than those of the settings\n→ restart `serve`",
        ),
    ] {
        let front = front::start(front::Mood::KeepsKeys(answer)).await;
        front.leads_to(&house.listen);
        let told = house.check_with(&settings.replace(house.front.host(), front.host())).await;
        assert_eq!(told.about("jwks"), line);
    }
    let (before, after) = settings.split_once("[identity.exchange]").map(owned).unwrap();
    let wrong = |from: &str, to: &str| format!("{before}[identity.exchange]{}", after.replacen(from, to, 1));
    assert_eq!(
        house.check_with(&wrong("sandbox-idp-secret", "sandbox-idp-guess")).await.about("exchange"),
        "FAIL IDP/token refuses the bot: invalid_client\n\
         → correct identity.exchange (client_id, client_secret, audience, resource, scope), or what it allows"
    );
    assert_eq!(
        house.check_with(&wrong("/token", "/nowhere")).await.about("exchange"),
        "FAIL IDP/nowhere does not answer as a token endpoint does: HTTP 404 without a JSON object\n\
         → correct identity.exchange.endpoint, or see what blocks the way"
    );
}

#[tokio::test]
async fn what_a_risky_approve_asks_for_has_to_be_had() {
    let house = House::new().await;
    let route = |keys: &str| format!("{}{keys}\n", house.settings());
    let steps_up = route("risk = \"step-up\"\nmax_age = \"10m\"\nacr_values = [\"phr\"]");
    assert_eq!(
        house.check_with(&steps_up).await.about("route.risk default"),
        "ok whoever approves has signed in at most 600 s before"
    );
    house.idp.change(|idp| idp.odd_metadata = Map::from_iter([("acr_values_supported".to_owned(), json!(["mfa"]))]));
    assert_eq!(
        house.check_with(&steps_up).await.about("route.risk default"),
        "warn the provider does not list phr of route.acr_values\n\
         → correct route.acr_values: the provider's documentation names its own"
    );
    house.idp.change(|idp| idp.odd_metadata = Map::from_iter([("claims_supported".to_owned(), json!(["sub"]))]));
    assert_eq!(
        house.check_with(&steps_up).await.about("route.risk default"),
        "warn the provider does not list auth_time, by which a sign-in is known to be fresh: without it every approve is \
         refused\n→ have it put auth_time into ID tokens (Entra: an optional claim of the app), then try one approve"
    );
    let not_here =
        route("risk = \"not-from-chat\"").replace("org =", "request_url = \"https://p0.example.com/{id}\"\norg =");
    assert_eq!(
        house.check_with(&not_here).await.about("route.risk default"),
        "ok requests are approved in P0 alone, at https://p0.example.com/{id}"
    );
}

#[tokio::test]
async fn who_has_linked_and_who_has_not_is_told() {
    let house = House::new().await;
    let told = house.check().await;
    let not_yet =
        |name: &str| format!("warn has not linked the account of {name} yet: cannot decide\n→ have them type /p0 link");
    assert_eq!(told.about("person U02BOB"), not_yet("bob@example.com"));
    assert_eq!(
        told.about("links"),
        "warn nobody has linked an account yet: nobody can decide\n→ start `serve`, then type /p0 link in Slack"
    );
    // A new install has nobody who has linked, and it will work.
    assert_eq!((told.about("approvers").as_str(), told.failing()), ("", vec!["public_url"]));
    house.link(ALICE, &house.idp.issuer(), "Alice@Example.com").await;
    house.link(BOB, "https://old.example.com", "bob@example.com").await;
    house.link("U03CAROL", &house.idp.issuer(), "carol@example.com").await;
    let told = house.check().await;
    assert_eq!(told.about("person U01ALICE"), "ok may decide, as Alice@Example.com: linked on 2026-02-02");
    assert_eq!(
        told.about("person U02BOB"),
        "warn linked an account at https://old.example.com, which is not identity.linked.issuer\n\
         → p0-chatops links revoke U02BOB; then they link their account anew"
    );
    assert_eq!(
        told.about("link U03CAROL"),
        "warn has linked carol@example.com, and is not in identity.people: may not decide\n\
         → p0-chatops links revoke U03CAROL, or name them"
    );
    assert_eq!(told.about("links"), "ok 2 of 2 have linked their account");
    let moved = house.settings().replace("\"alice@example.com\"", "\"alicia@example.com\"");
    assert_eq!(
        house.check_with(&moved).await.about("person U01ALICE"),
        "warn linked the account of Alice@Example.com, and identity.people names alicia@example.com\n\
         → p0-chatops links revoke U01ALICE; then they link their account anew"
    );
    let ambiguous = house.settings().replace("\"bob@example.com\"", "\"Alice@example.com\"");
    assert!(house.check_with(&ambiguous).await.about("person U02BOB").starts_with("FAIL identity.people names"));
}

#[tokio::test]
async fn where_people_are_known_by_their_address_those_who_are_named_are_looked_at() {
    let house = House::new().await;
    house.link(ALICE, &house.idp.issuer(), "alice@example.com").await;
    let (before, rest) = house.settings().split_once("[identity.people]").map(owned).unwrap();
    let (_, rest) = rest.split_once("[identity.linked]").map(owned).unwrap();
    let by_email = format!("{before}email_match = true\n[identity.linked]{rest}notify = [\"{ALICE}\", \"{BOB}\"]\n");
    house.company.slack.change_person(BOB, |bob| bob.is_email_confirmed = false);
    let told = house.check_with(&by_email).await;
    assert_eq!(told.about("links"), "ok 1 linked: U01ALICE");
    assert_eq!(told.about("person U01ALICE"), "ok may decide, as alice@example.com: linked on 2026-02-02");
    assert_eq!(
        told.about("person U02BOB"),
        "FAIL Slack has confirmed no address of theirs, by which they would be known to P0\n\
         → have them confirm their address in Slack"
    );
}

#[tokio::test]
async fn pages_that_browsers_do_not_reach_are_named() {
    let house = House::new().await;
    assert_eq!(house.check().await.about("door /link/"), "ok is reached, and a page that nobody asked for is over");
    let forward = "let the proxy forward GET and POST below /link/ to LISTEN";
    for (status, line) in [
        (
            404,
            format!(
                "FAIL does not lead to the bot's pages (HTTP 404): the proxy does not forward it, or `serve` runs with \
                 other settings\n→ {forward}, and restart `serve`"
            ),
        ),
        (
            403,
            "FAIL something before the bot turns browsers away (HTTP 403)\n\
             → let the proxy pass /link/ without a login of its own"
                .to_owned(),
        ),
        (200, format!("FAIL answers HTTP 200, and not as the bot's pages do\n→ {forward}")),
    ] {
        let front = front::start(front::Mood::KeepsPages(status)).await;
        front.leads_to(&house.listen);
        let told = house.check_with(&house.settings().replace(house.front.host(), front.host())).await;
        assert_eq!(told.about("door /link/"), line);
        assert!(told.about("door /slack/commands").starts_with("ok"), "{}", told.text);
    }
}

#[tokio::test]
async fn as_json_each_finding_has_its_name_and_its_remedy() {
    let house = House::new().await;
    let output = house.company.check_with(&house.settings(), &["--json"]).await;
    let whole: Value = serde_json::from_slice(&output.stdout).unwrap();
    let found = |id: &str| whole["checks"].as_array().unwrap().iter().find(|check| check["id"] == id).unwrap();
    insta::assert_json_snapshot!(found("links"), @r#"
    {
      "id": "links",
      "message": "nobody has linked an account yet: nobody can decide",
      "remedy": "start `serve`, then type /p0 link in Slack",
      "status": "warn",
      "subject": null
    }
    "#);
    assert_eq!((&found("redirect")["subject"], &found("redirect")["status"]), (&json!("Slack"), &json!("ok")));
}
