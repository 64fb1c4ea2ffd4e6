//! What a client asks before it decides anything: how an organisation logs in, and whether a token is good.

use serde_json::json;

use super::bearer::Caller;
use crate::sandbox::wire::Reply;

/// `GET /orgs/{org}`, public. The shape is what P0's command line client reads; the values lead nowhere.
/// An organisation whose API is elsewhere names it as `appUrl`.
pub(super) fn organisation(org: &str, app_url: Option<&str>) -> Reply {
    let provider = json!({
        "ssoProvider": "okta",
        "providerId": "oidc.okta",
        "providerDomain": "sso.example.com",
        "clientId": "p0-stand-in",
    });
    let mut config = json!({ "fs": { "apiKey": "not-a-secret" } });
    if let Some(url) = app_url {
        config["appUrl"] = json!(url);
    }
    let auth = json!({ "type": "sso", "provider": provider });
    Reply::json(200, &json!({ "tenantId": format!("{org}-tenant"), "auth": auth, "config": config }))
}

/// `GET /o/{org}/account`: 200 for a good token. Its body is not published; this one names the bearer's owner.
pub(super) fn account(own_org: bool, caller: &Caller) -> Reply {
    match &caller.identity {
        Ok(identity) if own_org => Reply::json(200, &json!({ "email": identity })),
        _ => Reply::error(401, "Unauthorized"),
    }
}
