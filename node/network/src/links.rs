//! The connections that messages are sent over, and the two tasks of each stream.

use crate::control::Pulse;
use crate::frame::{self, FrameError, LENGTH_BYTES};
use crate::inbox::Inbox;
use crate::limits::{COALESCE_BYTES, frame_bytes_max, send_bytes_max, send_frames_max};
use crate::metrics::{Metrics, add, count};
use crate::{Class, PeerInfo, Refusal, SendError};
use bencao_crypto::KeyId;
use bencao_crypto::x509::Standing;
use futures::io::BufReader;
use futures::{AsyncRead, AsyncWrite, AsyncWriteExt as _};
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use tokio::sync::mpsc;

/// A frame, shared by the queues of all its receivers.
pub(crate) type Frame = Arc<Vec<u8>>;

/// Frames of one class that wait to be sent.
#[derive(Debug)]
struct Queue {
    frames: mpsc::Sender<Frame>,
    bytes: Arc<AtomicUsize>,
}

/// The other end of a [`Queue`].
#[derive(Debug)]
pub(crate) struct Outgoing {
    frames: mpsc::Receiver<Frame>,
    bytes: Arc<AtomicUsize>,
}

/// A connection to a peer that has been greeted.
#[derive(Debug)]
pub(crate) struct Link {
    pub(crate) key: KeyId,
    pub(crate) address: String,
    pub(crate) dialled: bool,
    pub(crate) certificate: Standing,
    pub(crate) pulse: Arc<Pulse>,
    queues: [Queue; 4],
    sent: AtomicU64,
    received: AtomicU64,
    metrics: Arc<Metrics>,
}

impl Link {
    /// A link and the ends of its queues, in the order of [`Class::ALL`].
    pub(crate) fn new(
        key: KeyId,
        address: String,
        dialled: bool,
        certificate: Standing,
        pulse: Arc<Pulse>,
        metrics: Arc<Metrics>,
    ) -> (Arc<Link>, [Outgoing; 4]) {
        let pairs = Class::ALL.map(|class| {
            let (sender, frames) = mpsc::channel(send_frames_max(class));
            let bytes = Arc::new(AtomicUsize::new(0));
            (Queue { frames: sender, bytes: bytes.clone() }, Outgoing { frames, bytes })
        });
        let mut ends = Vec::with_capacity(pairs.len());
        let queues = pairs.map(|(queue, end)| {
            ends.push(end);
            queue
        });
        let (sent, received) = (AtomicU64::new(0), AtomicU64::new(0));
        let link = Link { key, address, dialled, certificate, pulse, queues, sent, received, metrics };
        (Arc::new(link), ends.try_into().expect("one for each class"))
    }

    /// Queues a frame, or drops it. Dropping the newest tells the sender at once; nothing that was promised to the
    /// queue is taken back behind its back. Whoever sends repeats what matters: the engine its votes, an author its
    /// batches, a node that is behind its requests.
    fn send(&self, class: Class, frame: Frame) -> Result<(), SendError> {
        let queue = &self.queues[class.index()];
        let length = frame.len();
        if length == 0 || length > frame_bytes_max(class) {
            return Err(SendError::Length);
        }
        let before = queue.bytes.fetch_add(length, Ordering::AcqRel);
        let taken = if before + length > send_bytes_max(class) {
            Err(SendError::Full)
        } else {
            queue.frames.try_send(frame).map_err(|e| match e {
                mpsc::error::TrySendError::Full(_) => SendError::Full,
                mpsc::error::TrySendError::Closed(_) => SendError::NotConnected,
            })
        };
        if let Err(e) = taken {
            queue.bytes.fetch_sub(length, Ordering::AcqRel);
            if e == SendError::Full {
                count(&self.metrics.class(class).dropped_full);
            }
        }
        taken
    }

    fn info(&self) -> PeerInfo {
        let queued = |queue: &Queue| queue.frames.max_capacity() - queue.frames.capacity();
        let round_trip_us = self.pulse.round_trip_us.load(Ordering::Relaxed);
        PeerInfo {
            key: self.key,
            address: self.address.clone(),
            dialled: self.dialled,
            height: self.pulse.height.load(Ordering::Relaxed),
            bytes_received: self.received.load(Ordering::Relaxed),
            bytes_sent: self.sent.load(Ordering::Relaxed),
            frames_queued: self.queues.iter().map(queued).sum(),
            round_trip_us: (round_trip_us > 0).then_some(round_trip_us),
            certificate: self.certificate,
        }
    }
}

/// The link of each connected peer.
#[derive(Debug, Default)]
pub(crate) struct Links(RwLock<BTreeMap<KeyId, Arc<Link>>>);

impl Links {
    pub(crate) fn insert(&self, link: Arc<Link>) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).insert(link.key, link);
    }

    pub(crate) fn remove(&self, peer: &KeyId) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).remove(peer);
    }

    pub(crate) fn clear(&self) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).clear();
    }

    pub(crate) fn send(&self, peer: &KeyId, class: Class, frame: Frame) -> Result<(), SendError> {
        self.read().get(peer).ok_or(SendError::NotConnected)?.send(class, frame)
    }

    pub(crate) fn broadcast(&self, class: Class, frame: &Frame) -> usize {
        self.read().values().filter(|link| link.send(class, frame.clone()).is_ok()).count()
    }

    pub(crate) fn infos(&self) -> Vec<PeerInfo> {
        self.read().values().map(|link| link.info()).collect()
    }

    pub(crate) fn keys(&self) -> BTreeSet<KeyId> {
        self.read().keys().copied().collect()
    }

    fn read(&self) -> std::sync::RwLockReadGuard<'_, BTreeMap<KeyId, Arc<Link>>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Writes queued frames until the stream or the link ends. Small ones are written together, so that a burst of votes
/// is one record; the stream is flushed whenever the queue is empty.
pub(crate) async fn write_frames<W: AsyncWrite + Unpin>(
    mut writer: W,
    class: Class,
    mut outgoing: Outgoing,
    link: Arc<Link>,
) -> io::Result<()> {
    let mut buffer = Vec::with_capacity(COALESCE_BYTES);
    while let Some(first) = outgoing.frames.recv().await {
        let mut next = Some(first);
        while let Some(frame) = next {
            if buffer.len() + LENGTH_BYTES + frame.len() <= COALESCE_BYTES {
                frame::append(&mut buffer, &frame);
            } else {
                buffer.extend_from_slice(&frame::header(&frame));
                writer.write_all(&buffer).await?;
                buffer.clear();
                writer.write_all(&frame).await?;
            }
            outgoing.bytes.fetch_sub(frame.len(), Ordering::AcqRel);
            link.sent.fetch_add(frame.len() as u64, Ordering::Relaxed);
            count(&link.metrics.class(class).frames_sent);
            add(&link.metrics.class(class).bytes_sent, frame.len());
            next = outgoing.frames.try_recv().ok();
        }
        writer.write_all(&buffer).await?;
        buffer.clear();
        writer.flush().await?;
    }
    Ok(())
}

/// Reads frames into the inbox until the stream ends (None) or breaks the rules.
pub(crate) async fn read_frames<R: AsyncRead + Unpin>(
    reader: R,
    class: Class,
    inbox: Arc<Inbox>,
    link: Arc<Link>,
) -> Option<Refusal> {
    let budget = inbox.budget(link.key);
    let mut reader = BufReader::with_capacity(COALESCE_BYTES, reader);
    loop {
        let length = match frame::read_length(&mut reader, frame_bytes_max(class)).await {
            Ok(length) => length,
            Err(FrameError::Stream(_)) => return None,
            Err(FrameError::Length { actual, .. }) => {
                return Some(Refusal::FrameLength { peer: link.key, class, actual });
            }
        };
        let reserved = budget.reserve(class, length).await;
        let bytes = frame::read_body(&mut reader, length).await.ok()?;
        link.received.fetch_add(length as u64, Ordering::Relaxed);
        count(&link.metrics.class(class).frames_received);
        add(&link.metrics.class(class).bytes_received, length);
        inbox.push(link.key, class, bytes, reserved);
    }
}
