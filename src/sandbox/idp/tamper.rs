//! ID tokens that no client may believe.

use jsonwebtoken::{Algorithm, EncodingKey};
use serde_json::{Value, json};

use super::claims::without_nulls;
use super::key_ring::Key;
use crate::sandbox::keys::{KeyPair, compact};

/// What is wrong with the next ID token. Everything else about it is right.
#[derive(Clone, Debug, PartialEq)]
pub enum Tamper {
    /// `aud` is another client.
    Audience,
    /// `iss` is another provider.
    Issuer,
    /// `nonce` is not the one that was sent.
    Nonce,
    /// Signed by another key than the one it names.
    ForeignKey,
    /// Signed by a key that is named and published nowhere.
    UnknownKey,
    /// `alg: none` and no signature.
    Unsigned,
    /// HS256 with the public key's PEM as the secret.
    PublicKeyAsSecret,
    /// It has ended an hour ago.
    Expired,
    /// There is no `email`.
    NoEmail,
    /// `email_verified` is the text `"true"`.
    EmailVerifiedAsText,
    /// `sub` is this one, as where a refresh answers for somebody else.
    Subject(String),
    /// This claim has this value; `null` takes it away.
    Claim(String, Value),
}

impl Tamper {
    /// Makes the claims wrong, where they are what is to be wrong.
    pub(super) fn change(&self, claims: &mut Value) {
        let (name, value) = match self {
            Self::Audience => ("aud", json!("another-client")),
            Self::Issuer => ("iss", json!("https://idp.example")),
            Self::Nonce => ("nonce", json!("another-nonce")),
            Self::Expired => {
                let back = |name: &str| json!(claims[name].as_i64().unwrap_or_default() - 2 * 3600);
                let (iat, exp) = (back("iat"), json!(claims["iat"].as_i64().unwrap_or_default() - 3600));
                claims["iat"] = iat;
                ("exp", exp)
            }
            Self::NoEmail => ("email", Value::Null),
            Self::EmailVerifiedAsText => ("email_verified", json!("true")),
            Self::Subject(subject) => ("sub", json!(subject)),
            Self::Claim(name, value) => (name.as_str(), value.clone()),
            Self::ForeignKey | Self::UnknownKey | Self::Unsigned | Self::PublicKeyAsSecret => return,
        };
        claims[name] = value;
        without_nulls(claims);
    }
}

/// Signs an ID token, honestly where nothing is to be wrong.
pub(super) fn sign(key: &Key, claims: &Value, tamper: Option<&Tamper>) -> String {
    let header = |algorithm: &str, id: &str| json!({ "alg": algorithm, "typ": "JWT", "kid": id });
    match tamper {
        Some(Tamper::ForeignKey) => {
            compact(&header("ES256", &key.id), claims, Some((&KeyPair::generate().private, Algorithm::ES256)))
        }
        Some(Tamper::UnknownKey) => {
            compact(&header("ES256", "unknown"), claims, Some((&KeyPair::generate().private, Algorithm::ES256)))
        }
        Some(Tamper::Unsigned) => compact(&header("none", &key.id), claims, None),
        Some(Tamper::PublicKeyAsSecret) => {
            let secret = EncodingKey::from_secret(key.pair.public_pem.as_bytes());
            compact(&header("HS256", &key.id), claims, Some((&secret, Algorithm::HS256)))
        }
        _ => compact(&header("ES256", &key.id), claims, Some((&key.pair.private, Algorithm::ES256))),
    }
}
