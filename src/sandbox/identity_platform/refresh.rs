//! `token`: another ID token for a session, whatever has become of the person at the provider since.

use serde_json::json;
use url::form_urlencoded;

use super::Shared;
use super::reply::Worked;
use super::state::{LIFE_SECONDS, State};

/// Refreshes a session. The refresh token stays the same.
pub(super) fn refresh(shared: &Shared, state: &State, body: &[u8]) -> Worked {
    let field = |name: &str| form_urlencoded::parse(body).find(|(key, _)| key == name).map(|(_, value)| value);
    if field("grant_type").as_deref() != Some("refresh_token") {
        return Err("INVALID_GRANT_TYPE".to_owned());
    }
    let refresh_token = field("refresh_token").ok_or("MISSING_REFRESH_TOKEN")?;
    let (account, signed_in) = state.session(&refresh_token)?;
    let id_token = shared.id_token(&account, signed_in);
    let answer = json!({
        "access_token": id_token,
        "expires_in": LIFE_SECONDS.to_string(),
        "token_type": "Bearer",
        "refresh_token": refresh_token,
        "id_token": id_token,
        "user_id": account.id,
        "project_id": shared.setup.project,
    });
    Ok((account, answer))
}
