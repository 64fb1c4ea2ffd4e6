//! What a client asks before it decides anything: how an organisation logs in, and whether a token is good.

use serde_json::json;

use super::bearer::Caller;
use crate::sandbox::wire::Reply;

/// How an organisation's people log in, as P0's command line client reads it. [`Default`] leads nowhere.
#[derive(Clone, Debug)]
pub struct SignOn {
    /// `ssoProvider`, the kind of the organisation's own provider.
    pub sso_provider: String,
    /// `providerId`, the provider's name at Identity Platform.
    pub provider_id: String,
    /// `providerDomain`, the host of a provider that is not the same for everybody.
    pub provider_domain: Option<String>,
    /// `clientId`, P0's own client at that provider.
    pub client_id: String,
    /// `config.fs.apiKey`, the key for Identity Platform; no secret.
    pub api_key: String,
    /// `tenantId`, the organisation's tenant at Identity Platform.
    pub tenant_id: String,
    /// `useProviderToken`: the provider's access token is the bearer, and Identity Platform is not asked.
    pub use_provider_token: bool,
}

impl Default for SignOn {
    fn default() -> Self {
        Self {
            sso_provider: "okta".to_owned(),
            provider_id: "oidc.okta".to_owned(),
            provider_domain: Some("sso.example.com".to_owned()),
            client_id: "p0-stand-in".to_owned(),
            api_key: "not-a-secret".to_owned(),
            tenant_id: "acme-tenant".to_owned(),
            use_provider_token: false,
        }
    }
}

/// `GET /orgs/{org}`, public. An organisation whose API is elsewhere names it as `appUrl`.
pub(super) fn organisation(sign_on: &SignOn, app_url: Option<&str>) -> Reply {
    let mut provider = json!({
        "ssoProvider": sign_on.sso_provider,
        "providerId": sign_on.provider_id,
        "clientId": sign_on.client_id,
    });
    if let Some(domain) = &sign_on.provider_domain {
        provider["providerDomain"] = json!(domain);
    }
    let mut config = json!({ "fs": { "apiKey": sign_on.api_key } });
    if let Some(url) = app_url {
        config["appUrl"] = json!(url);
    }
    let auth = json!({ "type": "sso", "provider": provider });
    let mut organisation = json!({ "tenantId": sign_on.tenant_id, "auth": auth, "config": config });
    if sign_on.use_provider_token {
        organisation["useProviderToken"] = json!(true);
    }
    Reply::json(200, &organisation)
}

/// `GET /o/{org}/account`: 200 for a good token. Its body is not published; this one names the bearer's owner.
pub(super) fn account(own_org: bool, caller: &Caller) -> Reply {
    match &caller.identity {
        Ok(identity) if own_org => Reply::json(200, &json!({ "email": identity })),
        _ => Reply::error(401, "Unauthorized"),
    }
}
