//! Key pairs of the stand-ins, made afresh at each start, and the signing of tokens that need not be honest.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey};
use p256::SecretKey;
use p256::pkcs8::{EncodePrivateKey, EncodePublicKey, LineEnding};
use serde_json::{Map, Value};

/// A P-256 key pair for ES256.
pub(super) struct KeyPair {
    /// The private half, as the JWT library wants it.
    pub(super) private: EncodingKey,
    /// The public half as PEM (`BEGIN PUBLIC KEY`), as an operator would be given it.
    pub(super) public_pem: String,
}

impl KeyPair {
    /// A new pair.
    pub(super) fn generate() -> Self {
        let secret = loop {
            // Nearly every 32 bytes are a valid scalar; zero and those past the group's order are not.
            let bytes: [u8; 32] = rand::random();
            if let Ok(secret) = SecretKey::from_slice(&bytes) {
                break secret;
            }
        };
        let pkcs8 = secret.to_pkcs8_pem(LineEnding::LF).expect("a P-256 key has a PKCS#8 form");
        Self {
            private: EncodingKey::from_ec_pem(pkcs8.as_bytes()).expect("the JWT library reads PKCS#8"),
            public_pem: secret.public_key().to_public_key_pem(LineEnding::LF).expect("a public key has a PEM form"),
        }
    }
}

/// Writes a compact JWS. `signature` is by whom; `None` leaves the signature empty, as `alg: none` does.
/// The header says whatever it says: it is not made to agree with the key.
pub(super) fn compact(header: &Value, claims: &Value, signature: Option<(&EncodingKey, Algorithm)>) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let message = format!("{}.{}", part(header), part(claims));
    let signature = match signature {
        Some((key, algorithm)) => {
            jsonwebtoken::crypto::sign(message.as_bytes(), key, algorithm).expect("the key was made for this algorithm")
        }
        None => String::new(),
    };
    format!("{message}.{signature}")
}

/// Sets fields of a token's header or claims; a `null` takes one away.
pub(super) fn overrule(target: &mut Value, changes: &Map<String, Value>) {
    let Some(target) = target.as_object_mut() else { return };
    for (name, value) in changes {
        if value.is_null() {
            target.remove(name);
        } else {
            target.insert(name.clone(), value.clone());
        }
    }
}
