//! A text that never shows itself, and is zeroed when it is dropped.

use std::fmt;

use serde::Deserialize;
use zeroize::Zeroize as _;

/// Shorter than this no secret is believed, in characters: an empty key makes any signature checkable by anybody.
pub const SHORTEST: usize = 16;

/// A secret: its value is only had by asking for it, no `Debug` shows it, and its memory is zeroed when it is dropped.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// Wraps a secret.
    pub fn new(value: impl Into<String>) -> Self {
        Self(value.into())
    }

    /// The value, for the one place that needs it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl Drop for Secret {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// The key of P0's settings API. It is no [`Secret`], so that nothing takes it for the bearer of a decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingsKey(Secret);

impl SettingsKey {
    /// Wraps the key.
    pub fn new(key: Secret) -> Self {
        Self(key)
    }

    /// The key, for the one file that calls the settings API.
    pub fn for_the_settings_api(&self) -> &str {
        self.0.expose()
    }
}
