//! node/replica
