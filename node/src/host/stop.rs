//! One place where the process learns that it has to stop, and why.

use crate::error::NodeError;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::watch;

/// Tells every part of the node to stop; the first failure is kept. Clones are equal.
#[derive(Clone, Debug)]
pub(crate) struct Stop(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    failure: Mutex<Option<NodeError>>,
    stopped: watch::Sender<bool>,
}

impl Stop {
    pub(crate) fn new() -> Stop {
        Stop(Arc::new(Inner { failure: Mutex::new(None), stopped: watch::Sender::new(false) }))
    }

    /// Asks everything to stop.
    pub(crate) fn request(&self) {
        self.0.stopped.send_replace(true);
    }

    /// Stops because of `error`. Only the first one counts: the others follow from it.
    pub(crate) fn fail(&self, error: NodeError) {
        tracing::error!(error = %crate::error::Chain(&error), "the node stops");
        self.failure().get_or_insert(error);
        self.request();
    }

    /// Why the node stopped, if something failed. Leaves nothing behind.
    pub(crate) fn take_failure(&self) -> Option<NodeError> {
        self.failure().take()
    }

    /// Whether a stop was asked for.
    pub(crate) fn is_requested(&self) -> bool {
        *self.0.stopped.borrow()
    }

    /// Returns once a stop is asked for.
    pub(crate) async fn requested(&self) {
        // The sender lives as long as `self`, so waiting cannot fail.
        let _ = self.0.stopped.subscribe().wait_for(|stopped| *stopped).await;
    }

    fn failure(&self) -> std::sync::MutexGuard<'_, Option<NodeError>> {
        self.0.failure.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
