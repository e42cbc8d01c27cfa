//! node/ledger
