//! `accounts:signInWithIdp`: what a provider says of somebody becomes a session here.

use serde::Deserialize;
use serde_json::json;
use sha2::{Digest, Sha256};
use url::form_urlencoded;

use super::reply::{UNREADABLE, Worked};
use super::state::{LIFE_SECONDS, State};
use super::{Shared, Tenant};
use crate::sandbox::jws::{Audience, Jws};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Asked {
    request_uri: Option<String>,
    post_body: Option<String>,
    tenant_id: Option<String>,
    #[serde(default)]
    return_secure_token: bool,
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    aud: Audience,
    exp: i64,
    email: Option<String>,
    email_verified: Option<bool>,
    nonce: Option<String>,
}

/// Somebody whom a tenant's provider vouches for.
pub(super) struct Proof {
    tenant: Tenant,
    claims: Claims,
    return_secure_token: bool,
}

/// Checks what was sent, or gives the message of the error. Nothing is changed by this.
pub(super) async fn check(shared: &Shared, body: &[u8]) -> Result<Proof, String> {
    let asked: Asked = serde_json::from_slice(body).map_err(|_| UNREADABLE)?;
    asked.request_uri.filter(|uri| !uri.is_empty()).ok_or("INVALID_ARGUMENT : requestUri is required")?;
    let tenant = shared.with(|state| state.tenant(&asked.tenant_id.unwrap_or_default()).cloned());
    let tenant = tenant.ok_or("INVALID_TENANT_ID")?;
    let post_body = asked.post_body.filter(|body| !body.is_empty()).ok_or("MISSING_POST_BODY")?;
    let field = |name: &str| {
        let found = form_urlencoded::parse(post_body.as_bytes()).find(|(key, _)| key == name);
        found.map(|(_, value)| value.into_owned())
    };
    if field("providerId").as_ref() != Some(&tenant.provider_id) {
        return Err("OPERATION_NOT_ALLOWED".to_owned());
    }
    let id_token = field("id_token").ok_or("INVALID_IDP_RESPONSE : id_token is missing")?;
    let claims =
        claims(shared, &tenant, &id_token).await.map_err(|why| format!("INVALID_IDP_RESPONSE : the ID token {why}"))?;
    // Its own rule: an ID token with a nonce comes with the raw one, of which it has the SHA-256.
    if let Some(nonce) = &claims.nonce {
        let raw = field("nonce").ok_or("MISSING_OR_INVALID_NONCE : the nonce is missing in the request")?;
        let hash: String = Sha256::digest(raw).iter().map(|byte| format!("{byte:02x}")).collect();
        if hash != *nonce {
            return Err("MISSING_OR_INVALID_NONCE : the ID token's is not the SHA-256 of the request's".to_owned());
        }
    }
    Ok(Proof { tenant, claims, return_secure_token: asked.return_secure_token })
}

/// The claims of an ID token that the tenant's provider issued to the tenant's client.
async fn claims(shared: &Shared, tenant: &Tenant, id_token: &str) -> Result<Claims, &'static str> {
    let jws = Jws::read(id_token).map_err(|_| "is no JWT")?;
    let claims: Claims = serde_json::from_slice(&jws.payload).map_err(|_| "lacks iss, sub, aud or exp")?;
    if claims.iss != tenant.issuer {
        return Err("is from another issuer");
    }
    if !claims.aud.contains(&tenant.client_id) {
        return Err("is for another audience");
    }
    let keys =
        tenant.keys.load(&shared.http).await.ok_or("cannot be checked: the provider's keys cannot be fetched")?;
    if !jws.is_signed_by_one_of(&keys) {
        return Err("has no signature of the provider");
    }
    if claims.exp <= shared.setup.clock.now().as_second() {
        return Err("has expired");
    }
    Ok(claims)
}

/// Signs somebody in.
pub(super) fn sign_in(shared: &Shared, state: &mut State, proof: Proof) -> Worked {
    let Proof { tenant, claims, return_secure_token } = proof;
    let account = state.account(&tenant, &claims.sub);
    account.email = claims.email;
    account.email_verified = claims.email_verified.unwrap_or_default();
    let account = account.clone();
    if account.disabled {
        return Err("USER_DISABLED".to_owned());
    }
    let mut answer = json!({
        "providerId": account.provider_id,
        "federatedId": format!("{}/{}", tenant.issuer, account.provider_subject),
        "localId": account.id,
        "email": account.email,
        "emailVerified": account.email_verified,
        "tenantId": account.tenant,
    });
    if return_secure_token {
        let now = shared.setup.clock.now().as_second();
        answer["idToken"] = json!(shared.id_token(&account, now));
        answer["refreshToken"] = json!(state.open(&account, now));
        answer["expiresIn"] = json!(LIFE_SECONDS.to_string());
    }
    Ok((account, answer))
}
