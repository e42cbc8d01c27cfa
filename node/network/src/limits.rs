//! Bounds of every queue, wait and size in this package, with the reason for each number.

use crate::Class;
use std::time::Duration;

/// Unfinished inbound handshakes, in total: each costs about a millisecond of signing and a file descriptor, and a
/// consortium of a hundred that starts at once fits after one retry.
pub const HANDSHAKES_MAX: usize = 64;

/// Unfinished inbound handshakes of one address (IPv6: one /64 network): a stranger holds up only the own address.
pub const HANDSHAKES_PER_ADDRESS_MAX: usize = 16;

/// From the first byte to an authenticated, multiplexed connection.
pub const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

/// Established connections in total; with handshakes and listeners below the common 1024 file descriptors.
pub const CONNECTIONS_MAX: usize = 512;

/// Connections of one peer while it is decided which of them stays: both directions, and one that is being replaced.
pub const CONNECTIONS_PER_PEER_MAX: usize = 4;

/// Peers let in by certificate alone while this node is behind and cannot know the chain's keys.
pub const GUESTS_MAX: usize = 64;

/// From an established connection to the peer's first message.
pub const HELLO_TIMEOUT: Duration = Duration::from_secs(5);

/// How long a connection whose first message was refused stays, so that the peer can read ours and know why.
pub const LINGER: Duration = Duration::from_secs(1);

/// How long closing waits for a peer to take what is left for it.
pub const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);

/// Longest frame on the control stream, bytes: the first message has 60, the others fewer.
pub const CONTROL_BYTES_MAX: usize = 128;

/// Answers to pings waiting to be written; a peer that pings faster gets fewer answers.
pub const PONGS_MAX: usize = 4;

/// Between two pings of one side.
pub const PING_INTERVAL: Duration = Duration::from_secs(5);

/// A connection without any control message for so long is closed: three pings lost.
pub const SILENCE_MAX: Duration = Duration::from_secs(16);

/// A second connection in the other direction within this time of the first comes from both sides having dialled at
/// once; a later one shows that the peer has lost the first. No dial takes longer than the handshake may.
pub const DIAL_RACE: Duration = HANDSHAKE_TIMEOUT;

/// First wait before dialling again.
pub const BACKOFF_MIN: Duration = Duration::from_millis(100);

/// Longest wait before dialling again, jitter apart.
pub const BACKOFF_MAX: Duration = Duration::from_secs(5);

/// A connection that held for so long clears the record of failed dials.
pub const STABLE_AFTER: Duration = Duration::from_secs(5);

/// Pinned addresses in a configuration.
pub const PINNED_MAX: usize = 1_024;

/// Bytes of a configured address: a DNS name has at most 253.
pub const ADDRESS_BYTES_MAX: usize = 300;

/// Notices of refused peers that wait for the node; more are only counted.
pub const REFUSALS_MAX: usize = 64;

/// Consensus messages handed to the node in a row while others wait.
pub const URGENT_RUN_MAX: u32 = 64;

/// Addresses tried of those that a name resolves to.
pub const RESOLVED_MAX: usize = 8;

/// Requests of the node that wait for the service. One of a kind is as good as many.
pub const COMMANDS_MAX: usize = 16;

/// Reports of connection tasks that wait for the service.
pub const REPORTS_MAX: usize = 256;

/// Streams of one connection: the control stream and one for each class, and as many again in negotiation.
pub const STREAMS_MAX: usize = 16;

/// Small frames are written together up to this many bytes: one record of TLS.
pub const COALESCE_BYTES: usize = 16 << 10;

/// First allocation for a frame whatever length it claims, bytes; doubles as bytes really arrive.
pub const READ_STEP_BYTES: usize = 64 << 10;

/// What a received frame costs beside its bytes when a peer's budget is counted, bytes.
pub const FRAME_COST_BYTES: usize = 64;

/// An 8 MiB payload with its envelope.
const BULK_BYTES_MAX: usize = (8 << 20) + (64 << 10);

/// Longest frame of a class, bytes.
pub const fn frame_bytes_max(class: Class) -> usize {
    match class {
        Class::Consensus => 128 << 10,
        Class::Proposal => (1 << 20) + (4 << 10),
        Class::Batch | Class::Sync => BULK_BYTES_MAX,
    }
}

/// Frames of a class that wait to be sent to one peer.
pub const fn send_frames_max(class: Class) -> usize {
    match class {
        Class::Consensus => 1_024,
        Class::Proposal => 64,
        Class::Batch => 512,
        Class::Sync => 256,
    }
}

/// Their bytes. A frame is shared by all the queues that hold it.
pub const fn send_bytes_max(class: Class) -> usize {
    match class {
        Class::Consensus => 2 << 20,
        Class::Proposal => 4 << 20,
        Class::Batch | Class::Sync => 2 * BULK_BYTES_MAX,
    }
}

/// Bytes of a class received from one peer and not yet taken by the node. Reading waits when they are used up, the
/// stream's window fills, and the peer's own queue reports full: nobody else notices.
pub const fn receive_bytes_max(class: Class) -> usize {
    match class {
        Class::Consensus => 1 << 20,
        Class::Proposal => 2 << 20,
        Class::Batch | Class::Sync => BULK_BYTES_MAX + (1 << 20),
    }
}

const _: () = {
    let mut i = 0;
    while i < Class::ALL.len() {
        let class = Class::ALL[i];
        // A frame of the largest size fits an empty queue and an unused budget, or it would wait for ever.
        assert!(frame_bytes_max(class) <= send_bytes_max(class));
        assert!(frame_bytes_max(class) + FRAME_COST_BYTES <= receive_bytes_max(class));
        // Budgets are counted in permits of 32 bits.
        assert!(receive_bytes_max(class) <= u32::MAX as usize);
        i += 1;
    }
};
