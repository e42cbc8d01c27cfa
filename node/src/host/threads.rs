//! Starting the threads that own disks and processor.

use super::cache::BatchCache;
use super::directory::Directory;
use super::divergence::Reports;
use super::execution::Executor;
use super::main_loop::Threads;
use super::network::{KeyBook, Outbound};
use super::orders::{Answers, Orders, spawn};
use super::stop::Stop;
use super::{blocks, ingress, serve, wal, warm};
use crate::error::NodeError;
use crate::limits::{SERVE_ORDERS_MAX, STORAGE_ORDERS_MAX};
use crate::metrics::Metrics;
use crate::stores::{Blocks, State};
use bencao_crypto::KnownKeys;
use bencao_ledger::{IngressLog, Wal};
use bencao_store::{FileCell, FileDirectory, FileLog};
use std::sync::Arc;
use std::sync::mpsc::Receiver;
use std::thread::JoinHandle;

/// What the threads share.
pub(crate) struct Workers {
    pub(crate) stop: Stop,
    pub(crate) keys: Arc<dyn KnownKeys>,
    pub(crate) cache: BatchCache,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) outbound: Outbound,
    pub(crate) book: Arc<KeyBook>,
    pub(crate) answers: Answers,
    pub(crate) reports: Reports,
    pub(crate) directory: Directory,
}

impl Workers {
    /// Starts all of them.
    pub(crate) fn spawn(
        self,
        consensus_log: Wal<FileLog, FileCell>,
        ingress_log: IngressLog<FileDirectory>,
        store: &Arc<Blocks>,
        state: &Arc<State>,
    ) -> Result<(Threads, Vec<JoinHandle<()>>), NodeError> {
        let mut joins = Vec::new();
        let Workers { stop, keys, cache, metrics, outbound, book, answers, reports, directory } = self;

        let said = answers.clone();
        let wal =
            start(&mut joins, &stop, "wal", STORAGE_ORDERS_MAX, move |orders| wal::run(consensus_log, &orders, &said))?;
        let (said, blocks_store) = (answers.clone(), store.clone());
        let blocks = start(&mut joins, &stop, "blocks", STORAGE_ORDERS_MAX, move |orders| {
            blocks::run(&blocks_store, &orders, &said)
        })?;
        let said = answers.clone();
        let ingress = start(&mut joins, &stop, "ingress", STORAGE_ORDERS_MAX, move |orders| {
            ingress::run(ingress_log, &orders, &said)
        })?;
        let executor = Executor {
            blocks: store.clone(),
            state: state.clone(),
            cache: cache.clone(),
            keys: keys.clone(),
            reports,
            directory,
        };
        let execution = start(&mut joins, &stop, "execution", STORAGE_ORDERS_MAX, move |orders| {
            executor.run(&orders, &answers, &metrics)
        })?;
        let (serve_store, serve_state, serve_outbound) = (store.clone(), state.clone(), outbound.clone());
        let serve = start(&mut joins, &stop, "serve", SERVE_ORDERS_MAX, move |orders| {
            serve::run(&serve_store, &serve_state, &cache, &serve_outbound, &orders)
        })?;
        let outgoing = start(&mut joins, &stop, "outgoing", STORAGE_ORDERS_MAX, move |orders| {
            outbound.run(&orders);
            Ok(())
        })?;
        let warm = start(&mut joins, &stop, "signatures", SERVE_ORDERS_MAX, move |orders| {
            warm::run(&book, &*keys, &orders);
            Ok(())
        })?;
        Ok((Threads { wal, blocks, ingress, execution, serve, outgoing, warm }, joins))
    }
}

fn start<T: Send + 'static>(
    joins: &mut Vec<JoinHandle<()>>,
    stop: &Stop,
    name: &'static str,
    orders_max: usize,
    work: impl FnOnce(Receiver<T>) -> Result<(), NodeError> + Send + 'static,
) -> Result<Orders<T>, NodeError> {
    let (orders, join) = spawn(name, orders_max, stop.clone(), work)?;
    joins.push(join);
    Ok(orders)
}
