//! A provider that says what it is told to say, and remembers what it was asked.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri, header};
use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey};
use p0_chatops::authorize::openid::{Provider, Registration};
use p0_chatops::clock::Clock;
use p0_chatops::config::Secret;
use p256::SecretKey;
use p256::pkcs8::{EncodePrivateKey, LineEnding};
use serde_json::{Value, json};
use url::{Url, form_urlencoded};

pub const CLIENT: &str = "p0-chatops";
pub const SECRET: &str = "a secret/with:signs%~";
pub const NONCE: &str = "nonce-1";
pub const ACCESS: &str = "access-token-of-alice";

/// A key that signs, by name.
pub struct Signer {
    pub kid: &'static str,
    pub algorithm: Algorithm,
    pub key: EncodingKey,
}

impl Signer {
    /// A new P-256 key.
    pub fn es256(kid: &'static str) -> Self {
        let secret = loop {
            if let Ok(secret) = SecretKey::from_slice(&rand::random::<[u8; 32]>()) {
                break secret;
            }
        };
        let pem = secret.to_pkcs8_pem(LineEnding::LF).unwrap();
        Self { kid, algorithm: Algorithm::ES256, key: EncodingKey::from_ec_pem(pem.as_bytes()).unwrap() }
    }

    pub fn rsa(kid: &'static str, algorithm: Algorithm) -> Self {
        Self { kid, algorithm, key: EncodingKey::from_rsa_pem(include_bytes!("../keys/rsa.pem")).unwrap() }
    }

    pub fn ed25519(kid: &'static str) -> Self {
        let key = EncodingKey::from_ed_pem(include_bytes!("../keys/ed25519.pem")).unwrap();
        Self { kid, algorithm: Algorithm::EdDSA, key }
    }

    pub fn jwk(&self) -> Value {
        let mut jwk = Jwk::from_encoding_key(&self.key, self.algorithm).unwrap();
        jwk.common.key_id = Some(self.kid.to_owned());
        serde_json::to_value(jwk).unwrap()
    }

    pub fn header(&self) -> Value {
        json!({ "typ": "JWT", "alg": format!("{:?}", self.algorithm), "kid": self.kid })
    }

    pub fn sign(&self, header: &Value, claims: &Value) -> String {
        let message = message(header, claims);
        let signature = jsonwebtoken::crypto::sign(message.as_bytes(), &self.key, self.algorithm).unwrap();
        format!("{message}.{signature}")
    }
}

/// What a signature is made over.
pub fn message(header: &Value, claims: &Value) -> String {
    let part = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}", part(header), part(claims))
}

/// What a provider was asked.
#[derive(Clone, Debug)]
pub struct Asked {
    pub path: String,
    pub form: BTreeMap<String, String>,
    /// What `Authorization: Basic` held, before any of its halves was decoded.
    pub basic: Option<String>,
}

#[derive(Default)]
struct Memory {
    says: BTreeMap<String, (u16, String)>,
    asked: Vec<Asked>,
}

/// The provider.
#[derive(Clone)]
pub struct Says {
    pub issuer: String,
    pub clock: Clock,
    memory: Arc<Mutex<Memory>>,
}

async fn answer(
    State(memory): State<Arc<Mutex<Memory>>>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> (StatusCode, String) {
    let basic = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()?.strip_prefix("Basic "));
    let basic = basic.map(|text| String::from_utf8(BASE64_STANDARD.decode(text).unwrap()).unwrap());
    let form = form_urlencoded::parse(&body).into_owned().collect();
    let mut memory = memory.lock().unwrap();
    memory.asked.push(Asked { path: uri.path().to_owned(), form, basic });
    let (status, said) = memory.says.get(uri.path()).cloned().unwrap_or((404, "<h1>not here</h1>".to_owned()));
    (StatusCode::from_u16(status).unwrap(), said)
}

impl Says {
    /// A provider that publishes the key of `signer`.
    pub async fn start(signer: &Signer) -> Self {
        let memory = Arc::new(Mutex::new(Memory::default()));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().fallback(answer).with_state(memory.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        let says = Self { issuer, clock: Clock::stepped(), memory };
        says.describes_itself(&json!({}));
        says.publishes(&[signer]);
        says
    }

    /// From now on `path` is answered so.
    pub fn on(&self, path: &str, status: u16, said: impl ToString) {
        self.memory.lock().unwrap().says.insert(path.to_owned(), (status, said.to_string()));
    }

    pub fn publishes(&self, signers: &[&Signer]) {
        let keys: Vec<Value> = signers.iter().map(|signer| signer.jwk()).collect();
        self.on("/keys", 200, json!({ "keys": keys }));
    }

    /// The usual discovery document, with some of its members changed; `null` takes one away.
    pub fn describes_itself(&self, changed: &Value) {
        let at = |path: &str| format!("{}{path}", self.issuer);
        let mut document = json!({
            "issuer": self.issuer,
            "authorization_endpoint": at("/authorize"),
            "token_endpoint": at("/token"),
            "jwks_uri": at("/keys"),
            "device_authorization_endpoint": at("/device"),
            "revocation_endpoint": at("/revoke"),
        });
        change(&mut document, changed);
        self.on("/.well-known/openid-configuration", 200, document);
    }

    /// The token endpoint answers with an access token and this ID token.
    pub fn grants(&self, id_token: &str) {
        self.on("/token", 200, json!({ "access_token": ACCESS, "token_type": "Bearer", "id_token": id_token }));
    }

    /// Claims that are as they should be, with some changed; `null` takes one away.
    pub fn claims(&self, changed: &Value) -> Value {
        let now = self.clock.now().as_second();
        let mut claims = json!({
            "iss": self.issuer, "aud": CLIENT, "sub": "00u-alice", "nonce": NONCE, "iat": now, "exp": now + 300,
            "email": "alice@example.com", "email_verified": true,
        });
        change(&mut claims, changed);
        claims
    }

    pub fn registration(&self) -> Registration {
        Registration {
            issuer: self.issuer.clone(),
            client_id: CLIENT.to_owned(),
            client_secret: Some(Secret::new(SECRET)),
            scopes: vec!["openid".to_owned(), "email".to_owned(), "offline_access".to_owned()],
            pkce: true,
        }
    }

    /// A client of this provider.
    pub fn provider(&self) -> Provider {
        self.provider_as(self.registration())
    }

    pub fn provider_as(&self, registration: Registration) -> Provider {
        Provider::new(registration, client(), self.clock.clone())
    }

    /// How often `path` was asked.
    pub fn times(&self, path: &str) -> usize {
        self.memory.lock().unwrap().asked.iter().filter(|asked| asked.path == path).count()
    }

    /// What was asked last.
    pub fn last(&self) -> Asked {
        self.memory.lock().unwrap().asked.last().cloned().unwrap()
    }
}

/// As the bot's own for providers.
pub fn client() -> reqwest::Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap()
}

pub fn redirect() -> Url {
    Url::parse("https://bot.example.com/link/provider").unwrap()
}

fn change(object: &mut Value, changed: &Value) {
    let object = object.as_object_mut().unwrap();
    for (name, value) in changed.as_object().unwrap() {
        match value {
            Value::Null => object.remove(name),
            value => object.insert(name.clone(), value.clone()),
        };
    }
}
