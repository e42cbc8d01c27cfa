//! One connection from handshake to end, and which of two connections of the same peer stays.

use crate::control::{Conversation, Hello, Pulse, linger};
use crate::inbox::Inbox;
use crate::limits::{DIAL_RACE, HELLO_TIMEOUT};
use crate::links::{self, Link, Outgoing};
use crate::{Class, Refusal, config};
use bencao_crypto::KeyId;
use futures::AsyncReadExt as _;
use libp2p::PeerId;
use libp2p::core::ConnectedPoint;
use libp2p::swarm::{ConnectionId, Stream};
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

/// What a connection's tasks tell the service.
#[derive(Debug)]
pub(crate) enum News {
    /// First messages were exchanged and agree.
    Greeted(Hello),
    /// They do not. [`News::Ended`] follows when the peer has had time to see it too.
    Refused(Refusal),
    /// The time for first messages has passed, the opening of the control stream included.
    Overdue,
    /// Close the connection; with a reason if the peer gave one.
    Ended(Option<Refusal>),
}

/// Sends news of one connection.
#[derive(Clone, Debug)]
pub(crate) struct Reporter {
    pub(crate) connection: ConnectionId,
    pub(crate) reports: mpsc::Sender<(ConnectionId, News)>,
}

impl Reporter {
    async fn report(&self, news: News) {
        // The service is gone when the process stops; there is nobody to tell.
        let _ = self.reports.send((self.connection, news)).await;
    }
}

/// How a connection came about; decides about duplicates.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Origin {
    /// Whether this node dialled.
    pub(crate) dialled: bool,
    /// When it was established.
    pub(crate) since: Instant,
    /// The peer process's random number.
    pub(crate) instance: u64,
}

/// Whether `new` takes the place of `old`. Both ends must come to the same answer when they dialled each other at once;
/// then the connection dialled by the smaller key stays. In all other cases the peer would not have connected again if
/// it still had the old one.
pub(crate) fn replaces(own: KeyId, peer: KeyId, old: Origin, new: Origin) -> bool {
    let raced = old.instance == new.instance
        && old.dialled != new.dialled
        && new.since.saturating_duration_since(old.since) < DIAL_RACE;
    !raced || new.dialled == (own < peer)
}

/// Where a connection stands.
pub(crate) enum Stage {
    /// First messages are under way. Streams that arrive meanwhile wait unread.
    Greeting(BTreeMap<Class, Stream>),
    /// Messages flow. The queues' ends wait for their streams.
    Up { link: Arc<Link>, outgoing: [Option<Outgoing>; 4], instance: u64 },
    /// Refused or replaced.
    Closing,
}

/// One connection.
pub(crate) struct Session {
    pub(crate) peer: PeerId,
    pub(crate) key: KeyId,
    pub(crate) address: String,
    pub(crate) dialled: bool,
    pub(crate) since: Instant,
    pub(crate) stage: Stage,
    pub(crate) pulse: Arc<Pulse>,
    greeted: bool,
    /// Aborted when the session is dropped.
    tasks: JoinSet<()>,
}

impl Session {
    /// A connection whose first messages are due.
    pub(crate) fn new(peer: PeerId, key: KeyId, endpoint: &ConnectedPoint, reporter: Reporter) -> Session {
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            sleep(2 * HELLO_TIMEOUT).await;
            reporter.report(News::Overdue).await;
        });
        Session {
            peer,
            key,
            address: config::readable(endpoint.get_remote_address()),
            dialled: endpoint.is_dialer(),
            since: Instant::now(),
            stage: Stage::Greeting(BTreeMap::new()),
            pulse: Arc::default(),
            greeted: false,
            tasks,
        }
    }

    /// Starts the conversation on the control stream. False: there was one already.
    pub(crate) fn converse(&mut self, conversation: Conversation, mut stream: Stream, reporter: Reporter) -> bool {
        if std::mem::replace(&mut self.greeted, true) {
            return false;
        }
        self.tasks.spawn(async move {
            let end = match conversation.greet(&mut stream).await {
                Ok(theirs) => {
                    reporter.report(News::Greeted(theirs)).await;
                    conversation.keep(stream).await
                }
                Err(refusal) => {
                    reporter.report(News::Refused(refusal)).await;
                    linger(&mut stream).await;
                    None
                }
            };
            reporter.report(News::Ended(end)).await;
        });
        true
    }

    /// Takes a stream of messages. False: there was one of this class already.
    pub(crate) fn attach(&mut self, class: Class, stream: Stream, inbox: &Arc<Inbox>, reporter: Reporter) -> bool {
        match &mut self.stage {
            Stage::Greeting(waiting) => waiting.insert(class, stream).is_none(),
            Stage::Up { link, outgoing, .. } => {
                let Some(outgoing) = outgoing[class.index()].take() else { return false };
                let (reader, writer) = stream.split();
                let (link, inbox) = (link.clone(), inbox.clone());
                let (writing, reading) = (reporter.clone(), reporter);
                let written = links::write_frames(writer, class, outgoing, link.clone());
                self.tasks.spawn(async move {
                    // A stream that cannot be written ends the connection; whose fault it is nobody can tell.
                    if written.await.is_err() {
                        writing.report(News::Ended(None)).await;
                    }
                });
                self.tasks.spawn(async move {
                    let end = links::read_frames(reader, class, inbox, link).await;
                    reading.report(News::Ended(end)).await;
                });
                true
            }
            Stage::Closing => true,
        }
    }

    /// Messages may flow. The streams that have waited are to be attached.
    pub(crate) fn up(&mut self, link: Arc<Link>, ends: [Outgoing; 4], instance: u64) -> BTreeMap<Class, Stream> {
        let up = Stage::Up { link, outgoing: ends.map(Some), instance };
        match std::mem::replace(&mut self.stage, up) {
            Stage::Greeting(waiting) => waiting,
            Stage::Up { .. } | Stage::Closing => BTreeMap::new(),
        }
    }

    /// How the connection came about; None before the first messages.
    pub(crate) fn origin(&self) -> Option<Origin> {
        match self.stage {
            Stage::Up { instance, .. } => Some(Origin { dialled: self.dialled, since: self.since, instance }),
            Stage::Greeting(_) | Stage::Closing => None,
        }
    }

    /// Stops everything but a conversation that still has to tell the peer something.
    pub(crate) fn close(&mut self) {
        self.stage = Stage::Closing;
    }

    /// Stops everything.
    pub(crate) fn abort(&mut self) {
        self.stage = Stage::Closing;
        self.tasks.abort_all();
    }
}

#[cfg(test)]
#[path = "tests/session.rs"]
mod tests;
