//! The thread of the ingress log: what was promised to clients, flushed in groups before the promise is given (D3).

use super::orders::{Answers, next_group};
use crate::error::{Durable, NodeError};
use crate::limits::GROUP_COMMIT_MAX;
use bencao_crypto::Digest;
use bencao_ledger::{IngressLog, LogDirectory, StoreError};
use bencao_replica::Input;
use std::sync::Arc;
use std::sync::mpsc::Receiver;

/// Carried out in order.
#[derive(Debug)]
pub(crate) enum IngressOrder {
    /// Append a transaction and tell when it is durable.
    Append {
        /// Named in the answer; tickets ascend.
        ticket: u64,
        /// Transaction id.
        id: Digest,
        /// Canonical signed transaction.
        transaction: Arc<Vec<u8>>,
    },
    /// These are final or expired.
    Forget(Vec<Digest>),
}

/// Carries out orders until they end.
pub(crate) fn run<D: LogDirectory>(
    mut log: IngressLog<D>,
    orders: &Receiver<IngressOrder>,
    answers: &Answers,
) -> Result<(), NodeError> {
    while let Some(group) = next_group(orders, GROUP_COMMIT_MAX) {
        let durable = carry_out(&mut log, group);
        let durable = durable.map_err(|source| NodeError::Durable { what: Durable::Ingress, source })?;
        if let Some(ticket) = durable {
            // The main loop is gone only when the node stops.
            let _ = answers.send(Input::IngressDurable { ticket });
        }
    }
    Ok(())
}

/// The highest ticket that is durable now, if any was appended.
fn carry_out<D: LogDirectory>(log: &mut IngressLog<D>, group: Vec<IngressOrder>) -> Result<Option<u64>, StoreError> {
    let mut durable = None;
    for order in group {
        match order {
            IngressOrder::Append { ticket, id, transaction } => {
                log.append(id, &transaction)?;
                durable = Some(ticket);
            }
            IngressOrder::Forget(ids) => log.forget(&ids)?,
        }
    }
    if durable.is_some() {
        log.flush()?;
    }
    Ok(durable)
}

#[cfg(test)]
mod tests {
    use super::*;
    use bencao_ledger::memory::MemoryDirectory;
    use std::sync::mpsc::sync_channel;
    use tokio::sync::mpsc::unbounded_channel;

    #[test]
    fn the_highest_ticket_of_a_group_is_told_once_and_is_durable() {
        let directory = MemoryDirectory::new();
        let (log, _) = IngressLog::open(directory.clone()).unwrap();
        let (orders, queue) = sync_channel(16);
        let (answers, mut said) = unbounded_channel();
        for n in 1..=3u8 {
            let transaction = Arc::new(vec![n; 4]);
            orders.send(IngressOrder::Append { ticket: n.into(), id: Digest([n; 32]), transaction }).unwrap();
        }
        orders.send(IngressOrder::Forget(vec![Digest([1; 32])])).unwrap();
        drop(orders);
        run(log, &queue, &answers).unwrap();
        assert!(matches!(said.try_recv(), Ok(Input::IngressDurable { ticket: 3 })));
        assert!(said.try_recv().is_err());
        directory.crash(|_| 0);
        assert_eq!(IngressLog::open(directory).unwrap().1.len(), 3);
    }
}
