//! What one sign-in has given a client: a family of tokens, which lives and dies as one.

use jiff::Timestamp;
use serde::Serialize;

use super::sign_in::SignedIn;
use super::state::State;
use crate::sandbox::new_secret;

/// Which family; they are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FamilyId(usize);

/// All tokens that go back to one sign-in.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Family {
    pub(super) client: String,
    pub(super) signed_in: SignedIn,
    pub(super) scope: Vec<String>,
    /// False: no token of it counts any more.
    pub(super) alive: bool,
}

impl Family {
    pub(super) fn may(&self, scope: &str) -> bool {
        self.scope.iter().any(|own| own == scope)
    }
}

/// One refresh token of a family.
pub(super) struct RefreshToken {
    pub(super) family: FamilyId,
    pub(super) expires: Timestamp,
    /// When it was exchanged for the next one.
    pub(super) spent: Option<Timestamp>,
}

impl State {
    /// Begins a family.
    pub(super) fn found(&mut self, client: &str, signed_in: SignedIn, scope: Vec<String>) -> FamilyId {
        self.families.push(Family { client: client.to_owned(), signed_in, scope, alive: true });
        FamilyId(self.families.len() - 1)
    }

    pub(super) fn family(&self, id: FamilyId) -> &Family {
        &self.families[id.0]
    }

    /// Ends a family.
    pub(super) fn kill(&mut self, id: FamilyId) {
        self.families[id.0].alive = false;
    }

    /// Ends every family of an account.
    pub(super) fn kill_all_of(&mut self, subject: &str) {
        for family in self.families.iter_mut().filter(|family| family.signed_in.subject == subject) {
            family.alive = false;
        }
    }

    /// A new refresh token.
    pub(super) fn give_refresh_token(&mut self, family: FamilyId) -> String {
        let token = new_secret();
        let expires = self.now() + self.setup.refresh_life;
        self.refresh_tokens.insert(token.clone(), RefreshToken { family, expires, spent: None });
        token
    }

    /// How many families of an account could be refreshed now.
    pub(super) fn living_families(&self, subject: &str) -> usize {
        let now = self.now();
        let can_refresh = |id: usize| {
            let good =
                |token: &RefreshToken| token.family == FamilyId(id) && token.spent.is_none() && token.expires > now;
            self.refresh_tokens.values().any(good)
        };
        let living =
            |(id, family): &(usize, &Family)| family.alive && family.signed_in.subject == subject && can_refresh(*id);
        self.families.iter().enumerate().filter(living).count()
    }
}
