//! The control stream: first messages, then pings that carry heights.
//!
//! Both sides send [`Control::Hello`] at once and read the peer's. Whoever finds another chain or version reports it,
//! and keeps the stream for [`LINGER`] so that the peer can find the same. Then each side pings and answers pings;
//! silence ends the connection.

use crate::Refusal;
use crate::frame::{self, FrameError};
use crate::limits::{CONTROL_BYTES_MAX, HELLO_TIMEOUT, LINGER, PING_INTERVAL, PONGS_MAX, SILENCE_MAX};
use bencao_crypto::{KeyId, codec};
use bincode::{Decode, Encode};
use futures::io::{ReadHalf, WriteHalf};
use futures::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::mpsc;
use tokio::time::{Instant, MissedTickBehavior, interval_at, timeout};

/// First byte of every control message. The form of [`Hello`] stays what it is in every version to come.
const VERSION: u8 = 1;

/// What a node says first.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
pub(crate) struct Hello {
    /// Hash of the genesis.
    pub(crate) chain_id: [u8; 32],
    /// Version of the messages in the frames.
    pub(crate) protocol_version: u16,
    /// Height of the node's chain.
    pub(crate) height: u64,
    /// Random at each start of a process: tells a restart from a second dial.
    pub(crate) instance: u64,
}

/// A control message: version byte, then the canonical encoding.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
pub(crate) enum Control {
    /// First, and once.
    Hello(Hello),
    /// "Are you there? I am at this height."
    Ping {
        /// Chosen by the sender.
        nonce: u64,
        /// The sender's height.
        height: u64,
    },
    /// The answer.
    Pong {
        /// Of the ping.
        nonce: u64,
        /// The sender's height.
        height: u64,
    },
}

impl Control {
    pub(crate) fn to_frame(self) -> Vec<u8> {
        let mut buffer = Vec::with_capacity(CONTROL_BYTES_MAX);
        frame::append(&mut buffer, &codec::encode(&(VERSION, self)));
        buffer
    }

    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Control> {
        match codec::decode::<(u8, Control)>(bytes, CONTROL_BYTES_MAX) {
            Ok((VERSION, control)) => Some(control),
            _ => None,
        }
    }
}

/// What the control stream measures and tells.
#[derive(Debug, Default)]
pub(crate) struct Pulse {
    /// Height the peer told last.
    pub(crate) height: AtomicU64,
    /// Last round trip, microseconds; 0 before the first.
    pub(crate) round_trip_us: AtomicU64,
}

/// Everything one conversation needs.
pub(crate) struct Conversation {
    /// The peer, proved by the handshake.
    pub(crate) peer: KeyId,
    /// What we say; its height is replaced by the current one.
    pub(crate) ours: Hello,
    /// This node's height.
    pub(crate) height: Arc<AtomicU64>,
    /// What we learn.
    pub(crate) pulse: Arc<Pulse>,
}

impl Conversation {
    /// Exchanges first messages.
    ///
    /// # Errors
    /// [`Refusal::NoHello`]; [`Refusal::WrongChain`] and [`Refusal::WrongVersion`], after which the caller lingers.
    pub(crate) async fn greet<S: AsyncRead + AsyncWrite + Unpin>(&self, stream: &mut S) -> Result<Hello, Refusal> {
        let height = self.height.load(Ordering::Relaxed);
        let ours = Control::Hello(Hello { height, ..self.ours }).to_frame();
        let exchange = async {
            stream.write_all(&ours).await?;
            stream.flush().await?;
            read(stream).await
        };
        let Ok(Ok(Some(Control::Hello(theirs)))) = timeout(HELLO_TIMEOUT, exchange).await else {
            return Err(Refusal::NoHello { peer: self.peer });
        };
        if theirs.chain_id != self.ours.chain_id {
            return Err(Refusal::WrongChain { peer: self.peer, actual: theirs.chain_id });
        }
        if theirs.protocol_version != self.ours.protocol_version {
            let (expected, actual) = (self.ours.protocol_version, theirs.protocol_version);
            return Err(Refusal::WrongVersion { peer: self.peer, expected, actual });
        }
        self.pulse.height.store(theirs.height, Ordering::Relaxed);
        Ok(theirs)
    }

    /// Pings and answers until something is wrong. None: the stream ended, which is nobody's fault.
    pub(crate) async fn keep<S: AsyncRead + AsyncWrite + Unpin>(self, stream: S) -> Option<Refusal> {
        let (reader, writer) = stream.split();
        let (pongs, waiting) = mpsc::channel(PONGS_MAX);
        let outstanding = Outstanding::default();
        tokio::select! {
            end = self.listen(reader, pongs, &outstanding) => end,
            () = self.speak(writer, waiting, &outstanding) => None,
        }
    }

    async fn listen<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        mut reader: ReadHalf<S>,
        pongs: mpsc::Sender<u64>,
        outstanding: &Outstanding,
    ) -> Option<Refusal> {
        loop {
            match timeout(SILENCE_MAX, read(&mut reader)).await {
                Ok(Ok(Some(Control::Ping { nonce, height }))) => {
                    self.pulse.height.store(height, Ordering::Relaxed);
                    // Full: the peer pings faster than it reads answers, and misses some.
                    let _ = pongs.try_send(nonce);
                }
                Ok(Ok(Some(Control::Pong { nonce, height }))) => {
                    self.pulse.height.store(height, Ordering::Relaxed);
                    if let Some(us) = outstanding.answered(nonce) {
                        self.pulse.round_trip_us.store(us, Ordering::Relaxed);
                    }
                }
                Ok(Err(FrameError::Stream(_))) => return None,
                Ok(Err(FrameError::Length { .. }) | Ok(None | Some(Control::Hello(_)))) => {
                    return Some(Refusal::Protocol { peer: self.peer });
                }
                Err(_) => return Some(Refusal::Silent { peer: self.peer }),
            }
        }
    }

    /// Ends when the stream does.
    async fn speak<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        mut writer: WriteHalf<S>,
        mut pongs: mpsc::Receiver<u64>,
        outstanding: &Outstanding,
    ) {
        let mut pings = interval_at(Instant::now(), PING_INTERVAL);
        pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut next = 0;
        loop {
            let height = || self.height.load(Ordering::Relaxed);
            let control = tokio::select! {
                _ = pings.tick() => {
                    next += 1;
                    outstanding.sent(next);
                    Control::Ping { nonce: next, height: height() }
                }
                Some(nonce) = pongs.recv() => Control::Pong { nonce, height: height() },
            };
            if write(&mut writer, control).await.is_err() {
                return;
            }
        }
    }
}

/// Reads and drops what the peer still sends, until it closes or [`LINGER`] has passed.
pub(crate) async fn linger<S: AsyncRead + AsyncWrite + Unpin>(stream: &mut S) {
    let drain = async {
        let mut sink = [0; CONTROL_BYTES_MAX];
        while matches!(stream.read(&mut sink).await, Ok(n) if n > 0) {}
    };
    let _ = timeout(LINGER, drain).await;
}

async fn read<R: AsyncRead + Unpin>(reader: &mut R) -> Result<Option<Control>, FrameError> {
    let length = frame::read_length(reader, CONTROL_BYTES_MAX).await?;
    Ok(Control::from_bytes(&frame::read_body(reader, length).await?))
}

async fn write<W: AsyncWrite + Unpin>(writer: &mut W, control: Control) -> io::Result<()> {
    writer.write_all(&control.to_frame()).await?;
    writer.flush().await
}

/// The last ping and when it was sent.
#[derive(Default)]
struct Outstanding(std::sync::Mutex<Option<(u64, Instant)>>);

impl Outstanding {
    fn sent(&self, nonce: u64) {
        *self.slot() = Some((nonce, Instant::now()));
    }

    /// Round trip in microseconds, at least 1, if `nonce` is the last ping's.
    fn answered(&self, nonce: u64) -> Option<u64> {
        let (_, at) = self.slot().take_if(|(sent, _)| *sent == nonce)?;
        Some(u64::try_from(at.elapsed().as_micros()).unwrap_or(u64::MAX).max(1))
    }

    fn slot(&self) -> std::sync::MutexGuard<'_, Option<(u64, Instant)>> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_messages_have_their_golden_form() {
        let hello = Hello { chain_id: [0xc1; 32], protocol_version: 0x0102, height: 5, instance: 6 };
        let mut expected = vec![0, 0, 0, 55, 1, 0, 0, 0, 0];
        expected.extend([0xc1; 32]);
        expected.extend([2, 1, 5, 0, 0, 0, 0, 0, 0, 0, 6, 0, 0, 0, 0, 0, 0, 0]);
        assert_eq!(Control::Hello(hello).to_frame(), expected);
        let ping = [0, 0, 0, 21, 1, 1, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0];
        assert_eq!(Control::Ping { nonce: 7, height: 8 }.to_frame(), ping);
        assert_eq!(Control::Pong { nonce: 7, height: 8 }.to_frame()[5], 2);
    }

    #[test]
    fn only_canonical_messages_of_this_version_are_read() {
        let frame = Control::Ping { nonce: 7, height: 8 }.to_frame();
        let body = &frame[frame::LENGTH_BYTES..];
        assert_eq!(Control::from_bytes(body), Some(Control::Ping { nonce: 7, height: 8 }));
        for i in 0..body.len() {
            assert_eq!(Control::from_bytes(&body[..i]), None);
        }
        assert_eq!(Control::from_bytes(&[body, &[0]].concat()), None);
        for (at, byte) in [(0, 2), (1, 3)] {
            let mut other = body.to_vec();
            other[at] = byte;
            assert_eq!(Control::from_bytes(&other), None);
        }
    }
}
