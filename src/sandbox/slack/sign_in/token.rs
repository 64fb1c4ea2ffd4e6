//! `openid.connect.token`: what somebody brought back from the page becomes who they are.

use serde_json::json;

use crate::sandbox::slack::state::{Workspace, new_secret};
use crate::sandbox::slack::web_api::{Answer, Args};

/// The method's name.
pub(in crate::sandbox::slack) const TOKEN_METHOD: &str = "openid.connect.token";

/// Changes a code, once, for an ID token. Errors are in the words of Slack's documentation, which has `invalid_code`
/// for a code that is unknown; that a used or old one is called the same is this stand-in's choice.
pub(in crate::sandbox::slack) fn token(slack: &mut Workspace, args: &Args) -> Answer {
    if args.text("client_id") != Some(&slack.setup.client_id) {
        return Err("invalid_client_id".into());
    }
    if args.text("client_secret") != Some(&slack.setup.client_secret) {
        return Err("bad_client_secret".into());
    }
    if args.text("grant_type").is_some_and(|kind| kind != "authorization_code") {
        return Err("invalid_grant_type".into());
    }
    let now = slack.setup.clock.now();
    let grant = slack.sign_in.grants.remove(args.text("code").unwrap_or_default()).ok_or("invalid_code")?;
    if grant.is_old(now) {
        return Err("invalid_code".into());
    }
    if args.text("redirect_uri") != Some(&grant.redirect_uri) {
        return Err("bad_redirect_uri".into());
    }
    let access_token = format!("xoxp-{}", new_secret());
    let mut answer = json!({ "access_token": access_token, "token_type": "Bearer" });
    if let Some(id_token) = slack.id_token(&grant, &access_token) {
        answer["id_token"] = json!(id_token);
    }
    Ok(answer)
}
