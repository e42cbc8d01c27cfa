//! Bounded queues of orders to the threads that own a disk or the processor, and what they answer.
//!
//! Each answer belongs to one order, and orders wait in bounded queues, so the queue of answers needs no bound of its own:
//! a thread that answers never waits for the main loop, and the main loop may wait for a thread.

use super::stop::Stop;
use crate::error::NodeError;
use bencao_replica::Input;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;
use tokio::sync::mpsc::UnboundedSender;

/// What a thread tells the main loop.
pub(crate) type Answers = UnboundedSender<Input>;

/// The sending end of a thread's queue.
#[derive(Debug)]
pub(crate) struct Orders<T>(SyncSender<T>);

impl<T> Orders<T> {
    /// Queues an order; waits while the queue is full. False once the thread has ended, which it does only with the node.
    pub(crate) fn send(&self, order: T) -> bool {
        self.0.send(order).is_ok()
    }

    /// Queues an order, or drops it if the queue is full.
    pub(crate) fn offer(&self, order: T) -> bool {
        !matches!(self.0.try_send(order), Err(TrySendError::Full(_)))
    }
}

impl<T> Clone for Orders<T> {
    fn clone(&self) -> Orders<T> {
        Orders(self.0.clone())
    }
}

/// Starts a thread that lives until its orders end. An error stops the node.
pub(crate) fn spawn<T: Send + 'static>(
    name: &'static str,
    orders_max: usize,
    stop: Stop,
    work: impl FnOnce(Receiver<T>) -> Result<(), NodeError> + Send + 'static,
) -> Result<(Orders<T>, JoinHandle<()>), NodeError> {
    let (sender, receiver) = sync_channel(orders_max);
    let thread = std::thread::Builder::new().name(name.to_owned()).spawn(move || {
        let _watch = Watch { name, stop: stop.clone() };
        if let Err(error) = work(receiver) {
            stop.fail(error);
        }
    });
    let thread = thread.map_err(|source| NodeError::Thread { name, source })?;
    Ok((Orders(sender), thread))
}

/// Stops the node when its thread panics.
pub(crate) struct Watch {
    pub(crate) name: &'static str,
    pub(crate) stop: Stop,
}

impl Drop for Watch {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.stop.fail(NodeError::Panicked { name: self.name });
        }
    }
}

/// One order waited for, and those that wait behind it, up to `max`. `None` when there will be no more.
pub(crate) fn next_group<T>(orders: &Receiver<T>, max: usize) -> Option<Vec<T>> {
    let mut group = vec![orders.recv().ok()?];
    while group.len() < max {
        match orders.try_recv() {
            Ok(order) => group.push(order),
            Err(_) => break,
        }
    }
    Some(group)
}
