//! What has to be taken in once: Slack repeats events, and signed bytes can be replayed for five minutes.

/// Everything that makes one delivery the same as another: its signature, and whatever ids it carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliveryKeys(Vec<String>);

impl DeliveryKeys {
    /// Keys from (kind, id) pairs; the kind keeps ids of different sorts apart.
    pub fn new(keys: impl IntoIterator<Item = (&'static str, String)>) -> Self {
        Self(keys.into_iter().map(|(kind, id)| format!("{kind}:{id}")).collect())
    }

    /// The keys.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// Keys for one of several effects that the delivery has.
    pub fn of_effect(&self, effect: &str) -> Self {
        Self(self.0.iter().map(|key| format!("{effect}:{key}")).collect())
    }
}
