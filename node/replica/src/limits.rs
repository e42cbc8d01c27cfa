//! Bounds of the replica's queues, with the reason for each number.

/// Engine messages kept per sender for the next height while its start is held back: a few rounds of two votes, a
/// proposal and the certificates that travel with them.
pub const EARLY_MESSAGES_PER_SENDER_MAX: usize = 64;

/// Proposed blocks kept for the undecided height: every round's proposal of many rounds, and no more.
pub const PROPOSALS_MAX: usize = 64;

/// Blocks requested ahead while catching up: hides a round trip, bounds memory to as many blocks.
pub const CATCH_UP_WINDOW: u64 = 16;

/// Blocks decided and stored but not yet executed before catching up pauses.
pub const UNEXECUTED_MAX: u64 = 16;

/// Time before an unanswered request goes to another peer, milliseconds.
pub const REQUEST_TIMEOUT_MS: u64 = 1_000;

/// How often a node tells its height, milliseconds: what a lost announcement costs a node that fell behind.
pub const STATUS_INTERVAL_MS: u64 = 1_000;

/// An open batch closes after this long while another of this node's batches is under way, milliseconds.
pub const BATCH_WAIT_MS: u64 = 50;

/// A batch that the holder of the node key did not sign is tried again after this long, milliseconds.
pub const UNSIGNED_WAIT_MS: u64 = 500;
/// Transactions within one block interval from which on a block comes once an interval: about 300 a second at 200 ms. There
/// the votes of a height cost each transaction less than its own signature does; below, waiting would save nobody anything.
pub const FULL_LOAD: u64 = 64;

/// Blocks remembered to tell the load: more than are ever decided within one interval.
pub const LOAD_SAMPLES_MAX: usize = 64;

/// How often batches that are not yet ordered are offered again, milliseconds.
pub const RESEND_INTERVAL_MS: u64 = 1_000;

/// Transactions of this node that are accepted and not yet final.
pub const PENDING_TRANSACTIONS_MAX: usize = 100_000;

/// Their bytes.
pub const PENDING_BYTES_MAX: usize = 64 << 20;

/// What `busy` tells a client to wait, milliseconds: a few block intervals.
pub const RETRY_AFTER_MS: u64 = 1_000;

/// Ids of ordered batches remembered so that a late copy is not taken for a new one.
pub const ORDERED_REMEMBERED_MAX: usize = 20_000;

/// Batches of one author that wait for order: with [`bencao_genesis::Limits::unordered_bytes_per_author_max`] bounds memory.
pub const BATCHES_PER_AUTHOR_MAX: usize = 2_000;

/// Equivocations carried by one block.
pub const EVIDENCE_PER_BLOCK_MAX: usize = 16;

/// Heights that sets, turns and results are remembered for: evidence and late certificates need no more.
pub const HISTORY_HEIGHTS: u64 = 64;

/// Transactions that a follower forwards again at one tick.
pub const FORWARD_BURST_MAX: usize = 1_000;

/// Longest account of a block that a diverged node takes from a peer, bytes: receipts and digests of the largest block.
pub const ACCOUNT_BYTES_MAX: usize = 32 << 20;

/// Bytes of an account in one message: far below a frame, so that nothing else waits long behind it.
pub const ACCOUNT_PART_BYTES: usize = 1 << 20;

/// How often one peer is asked for its account of one block.
pub const INQUIRIES_PER_PEER_MAX: u32 = 3;

/// Batches named by one request.
pub const REQUEST_BATCHES_MAX: usize = 64;
