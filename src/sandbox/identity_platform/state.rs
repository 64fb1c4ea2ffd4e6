//! Accounts and sessions.

use std::collections::HashMap;

use jsonwebtoken::Algorithm;
use serde_json::{Value, json};

use super::calls::{Call, Endpoint};
use super::{Shared, Tenant};
use crate::sandbox::keys::compact;
use crate::sandbox::new_secret;
use crate::sandbox::wire::Script;

/// How long an ID token is good for, in seconds.
pub(super) const LIFE_SECONDS: i64 = 3600;

/// One person of one tenant.
#[derive(Clone, Debug)]
pub(super) struct Account {
    /// The account's own name, `sub` of its ID tokens.
    pub(super) id: String,
    pub(super) tenant: String,
    pub(super) provider_id: String,
    pub(super) provider_subject: String,
    /// As the provider said it at the last sign-in.
    pub(super) email: Option<String>,
    pub(super) email_verified: bool,
    pub(super) disabled: bool,
}

/// What a refresh token stands for. It outlives whatever happens at the provider.
struct Session {
    account: String,
    /// When the provider's proof came, epoch seconds.
    signed_in: i64,
    expired: bool,
}

/// What lies behind the lock.
#[derive(Default)]
pub(super) struct State {
    tenants: Vec<Tenant>,
    accounts: Vec<Account>,
    /// By refresh token.
    sessions: HashMap<String, Session>,
    pub(super) faults: Script<Option<Endpoint>>,
    pub(super) calls: Vec<Call>,
}

impl State {
    pub(super) fn set_tenant(&mut self, tenant: Tenant) {
        self.tenants.retain(|known| known.id != tenant.id);
        self.tenants.push(tenant);
    }

    pub(super) fn tenant(&self, id: &str) -> Option<&Tenant> {
        self.tenants.iter().find(|tenant| tenant.id == id)
    }

    /// The account of a provider's subject, made at the first sign-in.
    pub(super) fn account(&mut self, tenant: &Tenant, subject: &str) -> &mut Account {
        let is = |account: &Account| account.tenant == tenant.id && account.provider_subject == subject;
        let at = self.accounts.iter().position(is).unwrap_or_else(|| {
            self.accounts.push(Account {
                id: new_secret(),
                tenant: tenant.id.clone(),
                provider_id: tenant.provider_id.clone(),
                provider_subject: subject.to_owned(),
                email: None,
                email_verified: false,
                disabled: false,
            });
            self.accounts.len() - 1
        });
        &mut self.accounts[at]
    }

    /// Opens a session; gives its refresh token.
    pub(super) fn open(&mut self, account: &Account, now: i64) -> String {
        let token = new_secret();
        self.sessions.insert(token.clone(), Session { account: account.id.clone(), signed_in: now, expired: false });
        token
    }

    /// Whose session it is and since when (epoch seconds), or the message of the error.
    pub(super) fn session(&self, refresh_token: &str) -> Result<(Account, i64), &'static str> {
        let session = self.sessions.get(refresh_token).ok_or("INVALID_REFRESH_TOKEN")?;
        let account = self.accounts.iter().find(|account| account.id == session.account).ok_or("USER_NOT_FOUND")?;
        match (account.disabled, session.expired) {
            (true, _) => Err("USER_DISABLED"),
            (false, true) => Err("TOKEN_EXPIRED"),
            (false, false) => Ok((account.clone(), session.signed_in)),
        }
    }

    pub(super) fn expire(&mut self, email: &str) {
        let ids: Vec<String> = self.named(email).map(|account| account.id.clone()).collect();
        self.sessions.values_mut().filter(|session| ids.contains(&session.account)).for_each(|of| of.expired = true);
    }

    pub(super) fn disable(&mut self, email: &str) {
        self.named(email).for_each(|account| account.disabled = true);
    }

    fn named<'a>(&'a mut self, email: &'a str) -> impl Iterator<Item = &'a mut Account> {
        self.accounts.iter_mut().filter(move |account| account.email.as_deref() == Some(email))
    }
}

impl Shared {
    /// `iss` of the ID tokens.
    pub(super) fn issuer(&self) -> String {
        format!("https://securetoken.google.com/{}", self.setup.project)
    }

    /// An ID token for an account that signed in then (epoch seconds). Google signs with RS256.
    pub(super) fn id_token(&self, account: &Account, signed_in: i64) -> String {
        let now = self.setup.clock.now().as_second();
        let mut claims = json!({
            "iss": self.issuer(),
            "aud": self.setup.project,
            "auth_time": signed_in,
            "user_id": account.id,
            "sub": account.id,
            "iat": now,
            "exp": now + LIFE_SECONDS,
            "firebase": {
                "identities": { &account.provider_id: [account.provider_subject] },
                "sign_in_provider": account.provider_id,
                "tenant": account.tenant,
            },
        });
        if let Some(email) = &account.email {
            claims["email"] = json!(email);
            claims["email_verified"] = json!(account.email_verified);
        }
        let header: Value = json!({ "alg": "ES256", "typ": "JWT" });
        compact(&header, &claims, Some((&self.key.private, Algorithm::ES256)))
    }
}
