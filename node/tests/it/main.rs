//! One validator in this process, with real stores, network and HTTP, and what clients and operators meet.

mod access;
mod api;
mod divergence;
mod governance;
mod hostile;
mod restart;
mod world;
