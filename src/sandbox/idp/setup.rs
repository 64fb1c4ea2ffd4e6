//! With what the provider starts: its clients, its accounts, and how it differs from others.

use std::time::Duration;

use serde::Serialize;
use serde_json::{Map, Value};

use crate::clock::Clock;

/// With what a stand-in starts. Everything can be changed while it runs, with [`Idp::change`](super::Idp::change).
#[derive(Clone, Debug)]
pub struct IdpSetup {
    /// Where it reads the time.
    pub clock: Clock,
    /// Who may ask it for tokens.
    pub clients: Vec<Client>,
    /// Who can sign in.
    pub accounts: Vec<Account>,
    /// The `aud` of access tokens.
    pub audience: String,
    /// What else a token exchange may ask for as `audience` or `resource`.
    pub exchange_audiences: Vec<String>,
    /// The scopes that it knows. Another one is refused with `invalid_scope`.
    pub scopes: Vec<String>,
    /// How confidential clients may show their secret.
    pub auth_methods: Vec<AuthMethod>,
    /// How long an authorization code is good for.
    pub code_life: Duration,
    /// How long an access token is good for; whole seconds count.
    pub access_life: Duration,
    /// How long an ID token is good for; whole seconds count.
    pub id_life: Duration,
    /// How long a refresh token is good for, each one anew where it rotates.
    pub refresh_life: Duration,
    /// How long a device code is good for.
    pub device_life: Duration,
    /// The pause between the polls for a device code. `None`: 5 seconds, and the answer does not say so.
    pub interval: Option<Duration>,
    /// Whether the answer to a device also has `verification_uri_complete`.
    pub complete_uri: bool,
    /// Whether each refresh answers a new refresh token, and the reuse of an old one kills the family.
    /// Otherwise the first one stays, and a refresh answers none, as Google does.
    pub rotates: bool,
    /// For how long after its use an old refresh token still counts, for clients that missed the answer (Okta: 30 s,
    /// where it is switched on).
    pub rotation_grace: Duration,
    /// For what a refresh token is given.
    pub refresh_tokens: RefreshTokens,
    /// Whether a refresh answers a new ID token too (without `nonce`).
    pub refreshes_id_token: bool,
    /// Whether these ID tokens repeat the `nonce` of the sign-in, as those of oidc-provider and Keycloak do.
    pub repeats_nonce: bool,
    /// Whether ID tokens have `auth_time` although no `max_age` was asked for. Those of oidc-provider have not.
    pub auth_time_unasked: bool,
    /// Whether a sign-in that cannot have what `acr_values` ask for is refused with
    /// `unmet_authentication_requirements`, as at Okta. Otherwise it counts, and says what it is.
    pub refuses_unmet_acr: bool,
    /// Whether the callback names the issuer (RFC 9207), and discovery says so.
    pub iss_in_callback: bool,
    /// Whether a token exchange needs an `actor_token`.
    pub actor_required: bool,
    /// What the discovery document says otherwise; a `null` takes the field away.
    pub odd_metadata: Map<String, Value>,
    /// What the answers with tokens say otherwise (`expires_in` as a text, no `id_token`).
    pub odd_tokens: Map<String, Value>,
    /// What the answers to devices say otherwise.
    pub odd_device: Map<String, Value>,
}

impl Default for IdpSetup {
    fn default() -> Self {
        let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        Self {
            clock: Clock::system(),
            clients: vec![Client::confidential("p0-chatops", "sandbox-idp-secret"), Client::device("p0-device")],
            accounts: ["alice", "bob", "carol", "dave"].map(Account::named).into(),
            audience: "p0".to_owned(),
            exchange_audiences: Vec::new(),
            scopes: words(&["openid", "email", "profile", "offline_access"]),
            auth_methods: vec![AuthMethod::ClientSecretBasic, AuthMethod::ClientSecretPost],
            code_life: Duration::from_secs(60),
            access_life: Duration::from_secs(3600),
            id_life: Duration::from_secs(3600),
            refresh_life: Duration::from_secs(30 * 24 * 3600),
            device_life: Duration::from_secs(300),
            interval: Some(Duration::from_secs(5)),
            complete_uri: true,
            rotates: true,
            rotation_grace: Duration::ZERO,
            refresh_tokens: RefreshTokens::ForConsent,
            refreshes_id_token: true,
            repeats_nonce: false,
            auth_time_unasked: true,
            refuses_unmet_acr: false,
            iss_in_callback: true,
            actor_required: true,
            odd_metadata: Map::new(),
            odd_tokens: Map::new(),
            odd_device: Map::new(),
        }
    }
}

/// For what a refresh token is given, always supposed that the client has the grant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefreshTokens {
    /// The scope `offline_access`, which counts in a browser only together with `prompt=consent`:
    /// OpenID Connect Core 11 wants it, oidc-provider holds to it.
    ForConsent,
    /// The scope `offline_access`, as at Okta and Entra.
    ForScope,
    /// Everything.
    Always,
}

/// How a confidential client shows its secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AuthMethod {
    /// In the `Authorization` header, both halves form-encoded (RFC 6749 2.3.1).
    ClientSecretBasic,
    /// In the body.
    ClientSecretPost,
}

/// A way to get tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Grant {
    /// `authorization_code`
    AuthorizationCode,
    /// `refresh_token`
    RefreshToken,
    /// RFC 8628
    DeviceCode,
    /// RFC 8693
    TokenExchange,
    /// RFC 7523
    JwtBearer,
}

impl Grant {
    /// All of them.
    pub(super) const ALL: [Self; 5] =
        [Self::AuthorizationCode, Self::RefreshToken, Self::DeviceCode, Self::TokenExchange, Self::JwtBearer];

    /// What `grant_type` says.
    pub fn name(self) -> &'static str {
        match self {
            Self::AuthorizationCode => "authorization_code",
            Self::RefreshToken => "refresh_token",
            Self::DeviceCode => "urn:ietf:params:oauth:grant-type:device_code",
            Self::TokenExchange => "urn:ietf:params:oauth:grant-type:token-exchange",
            Self::JwtBearer => "urn:ietf:params:oauth:grant-type:jwt-bearer",
        }
    }
}

/// Who may ask for tokens.
#[derive(Clone, Debug)]
pub struct Client {
    /// The `client_id`.
    pub id: String,
    /// `None`: a public client.
    pub secret: Option<String>,
    /// Where browsers may be sent back to, each compared as a string.
    pub redirect_uris: Vec<String>,
    /// What it may do.
    pub grants: Vec<Grant>,
}

impl Client {
    /// A client with a secret that may do everything but poll for devices.
    pub fn confidential(id: &str, secret: &str) -> Self {
        let grants = Grant::ALL.into_iter().filter(|grant| *grant != Grant::DeviceCode).collect();
        Self { id: id.to_owned(), secret: Some(secret.to_owned()), redirect_uris: Vec::new(), grants }
    }

    /// A public client for the device flow.
    pub fn device(id: &str) -> Self {
        let grants = vec![Grant::DeviceCode, Grant::RefreshToken];
        Self { id: id.to_owned(), secret: None, redirect_uris: Vec::new(), grants }
    }
}

/// Somebody who can sign in.
#[derive(Clone, Debug, Serialize)]
pub struct Account {
    /// The claim `sub`.
    pub subject: String,
    /// The claim `email`, where there is one.
    pub email: Option<String>,
    /// The claim `email_verified`. `None`: never sent, as by Entra.
    pub email_verified: Option<bool>,
    /// The claim `name`.
    pub name: String,
    /// The authentication contexts that the person can prove, when they are asked for with `acr_values`.
    pub acr: Vec<String>,
    /// Whether the account is switched off: no sign-in and no refresh. See also [`Idp::disable`](super::Idp::disable).
    pub disabled: bool,
}

impl Account {
    /// An account such as `00u-alice` of `Alice`, `alice@example.com`.
    pub fn named(name: &str) -> Self {
        let mut letters = name.chars();
        let initial = letters.next().into_iter().flat_map(char::to_uppercase);
        Self {
            subject: format!("00u-{name}"),
            email: Some(format!("{name}@example.com")),
            email_verified: Some(true),
            name: initial.chain(letters).collect(),
            acr: Vec::new(),
            disabled: false,
        }
    }

    /// Whether `who` means this account: by subject, by e-mail or by name.
    pub(super) fn is(&self, who: &str) -> bool {
        self.subject == who || self.email.as_deref() == Some(who) || self.name.eq_ignore_ascii_case(who)
    }
}
