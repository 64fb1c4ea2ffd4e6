//! What a test or the sandbox's page does with a running provider: set the stage, let things go wrong, look at what came.

use serde_json::{Value, json};
use tokio::sync::watch;

use super::Idp;
use super::calls::{Call, Target};
use super::foreign::TrustedIssuer;
use super::setup::{Account, IdpSetup};
use super::state::State;
use super::tamper::Tamper;
use crate::sandbox::wire::Fault;

impl Idp {
    /// Changes anything that it started with. The clock stays what it is to those who have it already.
    pub fn change(&self, change: impl FnOnce(&mut IdpSetup)) {
        self.shared.write(|state| change(&mut state.setup));
    }

    /// Lets a client send browsers back to one more address.
    ///
    /// # Panics
    /// There is no such client.
    pub fn allow_redirect(&self, client: &str, redirect_uri: &str) {
        self.change(|setup| {
            let client = setup.clients.iter_mut().find(|known| known.id == client).expect("a client of the setup");
            client.redirect_uris.push(redirect_uri.to_owned());
        });
    }

    /// Changes an account, found by subject, e-mail or name. What it was given lives on: see [`Idp::disable`].
    ///
    /// # Panics
    /// There is no such account.
    pub fn change_account(&self, who: &str, change: impl FnOnce(&mut Account)) {
        self.change(|setup| {
            change(setup.accounts.iter_mut().find(|account| account.is(who)).expect("an account of the setup"));
        });
    }

    /// Switches an account off and ends all that it was given.
    ///
    /// # Panics
    /// There is no such account.
    pub fn disable(&self, who: &str) {
        self.change_account(who, |account| account.disabled = true);
        self.revoke_families_of(who);
    }

    /// Switches every account on, or all of them off as [`Idp::disable`] does.
    pub fn switch_accounts(&self, on: bool) {
        self.shared.write(|state| {
            for account in &mut state.setup.accounts {
                account.disabled = !on;
            }
            if !on {
                let subjects: Vec<String> =
                    state.setup.accounts.iter().map(|account| account.subject.clone()).collect();
                subjects.iter().for_each(|subject| state.kill_all_of(subject));
            }
        });
    }

    /// Ends all that an account was given, as an administrator does with somebody's sessions. They can sign in anew.
    pub fn revoke_families_of(&self, who: &str) {
        self.shared.write(|state| {
            if let Some(subject) = state.account(who).map(|account| account.subject.clone()) {
                state.kill_all_of(&subject);
            }
        });
    }

    /// How many sign-ins of an account can still be refreshed.
    pub fn living_families(&self, who: &str) -> usize {
        self.shared.read(|state| state.account(who).map_or(0, |account| state.living_families(&account.subject)))
    }

    /// Takes the JWTs of an issuer as actors and assertions; an earlier trust in the same `iss` is replaced.
    pub fn trust_issuer(&self, issuer: TrustedIssuer) {
        self.shared.write(|state| {
            state.trusted.retain(|known| known.issuer != issuer.issuer);
            state.trusted.push(issuer);
        });
    }

    /// Signs with a new key from now on. With `overlap` the older ones are published beside it, and still count.
    pub fn rotate_keys(&self, overlap: bool) {
        self.shared.write(|state| state.keys.rotate(overlap));
    }

    /// Makes the next ID token wrong. Ordered twice, it is the next two.
    pub fn tamper(&self, tamper: Tamper) {
        self.shared.write(|state| state.tampers.push_back(tamper));
    }

    /// The next `calls` of these calls (an [`Endpoint`](super::Endpoint), a [`Grant`](super::Grant), or any) meet this
    /// fault; faults scripted earlier come first.
    pub fn fail_next(&self, calls: u32, target: impl Into<Target>, fault: Fault) {
        self.shared.write(|state| state.faults.add(target.into(), fault, Some(calls)));
    }

    /// All of these calls meet this fault until [`Idp::clear_faults`].
    pub fn fail_until_cleared(&self, target: impl Into<Target>, fault: Fault) {
        self.shared.write(|state| state.faults.add(target.into(), fault, None));
    }

    /// Forgets every fault to come. Calls that hang already go on hanging.
    pub fn clear_faults(&self) {
        self.shared.write(|state| state.faults.clear());
    }

    /// Every call so far, in the order of arrival, those of browsers among them.
    pub fn calls(&self) -> Vec<Call> {
        self.shared.read(|state| state.calls.clone())
    }

    /// How often a device has polled with the code that belongs to this user code.
    pub fn polls(&self, user_code: &str) -> usize {
        let of =
            |state: &State| state.devices.iter().find(|device| device.is_called(user_code)).map(|found| found.polls);
        self.shared.read(of).unwrap_or_default()
    }

    /// A receiver that sees a new number after every change, for live pages and for tests that wait.
    pub fn changed(&self) -> watch::Receiver<u64> {
        self.shared.version.subscribe()
    }

    /// All that a page may show. No secret, no code and no token is in it.
    pub fn snapshot(&self) -> Value {
        let mut all = self.shared.read(State::to_json);
        all["version"] = json!(*self.shared.version.borrow());
        all
    }
}
