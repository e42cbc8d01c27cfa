//! cli/client
