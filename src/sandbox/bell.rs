//! Who watches the page is told that something behind it has changed, whatever it is.

use tokio::sync::watch;

/// Rings for everybody who listens; cheap to clone.
#[derive(Clone, Debug, Default)]
pub(super) struct Bell(watch::Sender<u64>);

impl Bell {
    /// Something has changed.
    pub(super) fn ring(&self) {
        self.0.send_modify(|rung| *rung += 1);
    }

    /// A receiver that sees every change from now on.
    pub(super) fn listen(&self) -> watch::Receiver<u64> {
        self.0.subscribe()
    }
}
