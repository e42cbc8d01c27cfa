//! The engine from outside: alone, and as a small cluster with virtual time and seeded faults.

mod chaos;
mod cluster;
mod format;
mod hostile;
mod keys;
mod restart;
mod rounds;
mod wire;
mod withheld;
