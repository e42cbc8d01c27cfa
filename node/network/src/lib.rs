//! node/network
