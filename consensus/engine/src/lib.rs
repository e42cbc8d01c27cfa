//! consensus/engine
