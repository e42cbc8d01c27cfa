//! House rules as tests: what a reviewer would otherwise have to remember.
//!
//! Every rule is a function from text to findings, so that each has a test of its own showing that it can fail, and
//! one test that applies it to this repository. Rules read sources and manifests only; nothing is built or run.

mod documents;
mod graph;
mod lexer;
mod repository;
mod sources;
mod unsafety;
mod words;
