//! Bounds of the node's queues, bodies and waiting rooms, with the reason for each number.

use std::time::Duration;

/// Submissions waiting for the main loop. A full queue answers `busy`; at a few microseconds a step it drains at once, so
/// a full one means that the loop is far behind.
pub const SUBMISSIONS_MAX: usize = 4_096;

/// Decoded messages of one class waiting for the main loop; together with frame sizes this bounds memory. Small, since
/// a full queue pushes back on the network, whose own queues are per peer.
pub const INPUTS_PER_CLASS_MAX: usize = 256;

/// Raw messages of one class waiting for decoding and signature checks.
pub const RAW_MESSAGES_PER_CLASS_MAX: usize = 64;

/// Orders waiting for one of the storage threads. A full queue holds up the main loop, which is right: nothing may be
/// signed ahead of a disk that has stopped.
pub const STORAGE_ORDERS_MAX: usize = 4_096;

/// Requests of peers for stored blocks and batches; more are dropped, and the peer asks again.
pub const SERVE_ORDERS_MAX: usize = 256;

/// Appends that share one flush of a log or one write of the block store.
pub const GROUP_COMMIT_MAX: usize = 2_048;

/// Bytes of batches that share one write.
pub const GROUP_COMMIT_BYTES_MAX: usize = 16 << 20;

/// Signature verdicts remembered, about 100 bytes each: several blocks and everything under way.
pub const VERDICTS_MAX: usize = 200_000;

/// Finality samples kept for the percentiles of `status` (docs/contract.md).
pub const FINALITY_SAMPLES_MAX: usize = 100_000;

/// Open HTTP connections.
pub const CONNECTIONS_MAX: usize = 1_024;

/// Requests that read a store or check a signature at the same time: enough to keep disk and processor busy.
pub const READS_MAX: usize = 32;

/// Threads for such work, event streams included.
pub const BLOCKING_THREADS_MAX: usize = 64;

/// Requests that wait for a bill to become final or certified.
pub const WAITERS_MAX: usize = 4_096;

/// Event streams (docs/contract.md).
pub const EVENT_STREAMS_MAX: usize = 256;

/// Events read from the store at once for one stream.
pub const EVENTS_PER_READ: usize = 256;

/// Blocks that an event stream may fall behind after it had caught up: a minute under load.
pub const EVENTS_BEHIND_MAX: u64 = 300;

/// Codes shown in one event of the stream (docs/contract.md).
pub const EVENT_CODES_MAX: usize = 100;

/// Events of a code's history shown.
pub const HISTORY_EVENTS_MAX: usize = 1_000;

/// Longest `wait` (docs/contract.md).
pub const WAIT_MAX: Duration = Duration::from_secs(60);

/// Time for a request's head and body to arrive.
pub const READ_TIMEOUT: Duration = Duration::from_secs(10);

/// Time for an answer that does not wait on purpose.
pub const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);

/// Longest request head, bytes.
pub const HEAD_BYTES_MAX: usize = 16 << 10;

/// Longest JSON body beside a transaction, bytes: `prepare` with 10 000 codes and their parents.
pub const JSON_BYTES_MAX: usize = 4 << 20;

/// Recalls of one answer.
pub const RECALLS_PER_ANSWER: usize = 50;

/// Proposals of one answer.
pub const MOTIONS_PER_ANSWER: usize = 50;

/// Silence on an event stream before a comment line is sent.
pub const EVENT_KEEP_ALIVE: Duration = Duration::from_secs(15);

/// Time that open requests get at shutdown.
pub const SHUTDOWN_GRACE: Duration = Duration::from_secs(5);

/// How long a thread that waits for something else may take to notice that the node stops.
pub const STOP_NOTICED: Duration = Duration::from_millis(200);

/// How often free disk space is looked at.
pub const DISK_INTERVAL: Duration = Duration::from_secs(30);

/// Free bytes below which the node warns: days of a province's growth (docs/performance.md).
pub const DISK_WARN_BYTES: u64 = 10 << 30;

/// Free bytes below which it takes no more bills; logs and blocks under way still fit.
pub const DISK_REFUSE_BYTES: u64 = 256 << 20;

/// Keys that are not in the genesis file kept in memory for signature checks ahead of execution.
pub const LATER_KEYS_MAX: usize = 65_536;

/// Kinds of refused connections remembered for `peers`: more addresses than a consortium has.
pub const REFUSALS_REMEMBERED_MAX: usize = 64;

/// Bills remembered by document number; more than can be pending.
pub const BILLS_REMEMBERED_MAX: usize = 2 * bencao_replica::limits::PENDING_TRANSACTIONS_MAX;

/// Requests a second from one address without credentials, unless configured: a shop's counter, a person with a phone.
pub const PUBLIC_PER_SECOND: u32 = 20;

/// Requests a second of one key or token, unless configured: a wholesaler's system under load.
pub const MEMBER_PER_SECOND: u32 = 2_000;

/// Seconds of its rate that somebody may use up at once after a pause.
pub const BURST_SECONDS: u32 = 5;

/// Requests without credentials that one refused attempt to prove an identity counts for.
pub const FAILED_ATTEMPT_COST: u32 = 5;

/// Addresses, and keys and tokens, whose rates are kept: more than one machine serves. About 100 bytes each.
pub const RATES_MAX: usize = 16_384;

/// Nonces of signed requests that are kept, of one key and of all: about 200 bytes each, for at most six minutes.
pub const NONCES_OF_KEY_MAX: usize = 1 << 16;

/// See [`NONCES_OF_KEY_MAX`].
pub const NONCES_MAX: usize = 1 << 18;

/// Connections of one address beyond loopback that is no proxy.
pub const CONNECTIONS_PER_ADDRESS_MAX: usize = 64;

/// Entries waiting for the thread of the access log, which makes those that wait together durable at once.
pub const ACCESS_LOG_WAITING_MAX: usize = 256;

/// Longest path and query of an authority's request, bytes: it is entered in the access log as it was sent.
pub const TARGET_BYTES_MAX: usize = 2_048;

/// Longest list of tokens read, bytes.
pub const TOKEN_FILE_BYTES_MAX: u64 = 1 << 20;
