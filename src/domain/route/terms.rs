//! What the rules say of a request, in short: where that is another than when it was arranged who looks after the request,
//! it is arranged anew.

use jiff::Timestamp;
use sha2::{Digest as _, Sha256};

use super::routes::{Route, Routes};
use crate::domain::facts::Facts;

impl Routes {
    /// A digest, in hexadecimal, of every rule that a request with these facts goes by, may go by, or may come to. Another
    /// version of this program may write it otherwise, which costs one look at what waits.
    pub fn terms(&self, facts: &Facts, at: Timestamp) -> String {
        let found = self.find(facts, at, None);
        let rules: Vec<&Route> = found.candidates().chain(self.may_restrict(facts)).collect();
        Sha256::digest(format!("{rules:?}")).iter().take(16).map(|byte| format!("{byte:02x}")).collect()
    }
}
