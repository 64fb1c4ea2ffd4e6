//! What the provider says of itself (OpenID Connect Discovery 1.0, RFC 8414).

use serde_json::{Value, json};

use super::claims::overrule;
use super::setup::{Grant, IdpSetup};

/// The document at `/.well-known/openid-configuration`.
pub(super) fn document(setup: &IdpSetup, issuer: &str) -> Value {
    let mut document = json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/authorize"),
        "token_endpoint": format!("{issuer}/token"),
        "jwks_uri": format!("{issuer}/jwks"),
        "device_authorization_endpoint": format!("{issuer}/device_authorization"),
        "revocation_endpoint": format!("{issuer}/revoke"),
        "scopes_supported": setup.scopes,
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": Grant::ALL.map(Grant::name),
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["ES256"],
        "token_endpoint_auth_methods_supported": setup.auth_methods,
        "revocation_endpoint_auth_methods_supported": setup.auth_methods,
        "code_challenge_methods_supported": ["S256"],
        "claims_supported": [
            "sub", "iss", "aud", "exp", "iat", "nonce", "auth_time", "acr", "amr", "email", "email_verified", "name",
        ],
        "authorization_response_iss_parameter_supported": setup.iss_in_callback,
        "request_uri_parameter_supported": false,
    });
    overrule(&mut document, &setup.odd_metadata);
    document
}
