//! The main loop's queues: separate and bounded, votes before everything that can wait (D16).

use crate::bills::Pending;
use crate::limits::{INPUTS_PER_CLASS_MAX, SUBMISSIONS_MAX};
use bencao_chaincode::TransactionId;
use bencao_crypto::KeyId;
use bencao_replica::{Input, Message, SubmitOutcome};
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot};

/// A client's transaction that passed admission.
#[derive(Debug)]
pub(crate) struct Submission {
    /// Transaction id.
    pub(crate) id: TransactionId,
    /// What it says.
    pub(crate) bill: Pending,
    /// Canonical signed transaction.
    pub(crate) transaction: Arc<Vec<u8>>,
    /// Where the answer goes; a client that left is no error.
    pub(crate) reply: oneshot::Sender<SubmitOutcome>,
}

/// What the main loop takes next.
#[derive(Debug)]
#[allow(clippy::large_enum_variant, reason = "short-lived: taken apart at once")]
pub(crate) enum Next {
    /// For the replica.
    Input(Input),
    /// From the API.
    Submission(Submission),
}

/// The sending ends.
#[derive(Clone, Debug)]
pub(crate) struct Senders {
    /// Answers of threads: one for each order, see [`super::orders`].
    pub(crate) answers: mpsc::UnboundedSender<Input>,
    /// Peers that come and go.
    pub(crate) peers: mpsc::Sender<Input>,
    /// Decoded messages, by [`bencao_network::Class::index`].
    pub(crate) messages: [mpsc::Sender<(KeyId, Message)>; 4],
    /// Clients' transactions.
    pub(crate) submissions: mpsc::Sender<Submission>,
}

/// The receiving ends.
#[derive(Debug)]
pub(crate) struct Inputs {
    answers: mpsc::UnboundedReceiver<Input>,
    peers: mpsc::Receiver<Input>,
    consensus: mpsc::Receiver<(KeyId, Message)>,
    proposal: mpsc::Receiver<(KeyId, Message)>,
    batch: mpsc::Receiver<(KeyId, Message)>,
    sync: mpsc::Receiver<(KeyId, Message)>,
    submissions: mpsc::Receiver<Submission>,
}

/// Fresh queues.
pub(crate) fn queues() -> (Senders, Inputs) {
    let (answers, answers_in) = mpsc::unbounded_channel();
    let (peers, peers_in) = mpsc::channel(INPUTS_PER_CLASS_MAX);
    let (consensus, consensus_in) = mpsc::channel(INPUTS_PER_CLASS_MAX);
    let (proposal, proposal_in) = mpsc::channel(INPUTS_PER_CLASS_MAX);
    let (batch, batch_in) = mpsc::channel(INPUTS_PER_CLASS_MAX);
    let (sync, sync_in) = mpsc::channel(INPUTS_PER_CLASS_MAX);
    let (submissions, submissions_in) = mpsc::channel(SUBMISSIONS_MAX);
    let senders = Senders { answers, peers, messages: [consensus, proposal, batch, sync], submissions };
    let inputs = Inputs {
        answers: answers_in,
        peers: peers_in,
        consensus: consensus_in,
        proposal: proposal_in,
        batch: batch_in,
        sync: sync_in,
        submissions: submissions_in,
    };
    (senders, inputs)
}

impl Inputs {
    /// The next input: answers, peers, votes and proposals in this order; then batches, old blocks and clients in turn.
    /// Safe to drop half-way.
    pub(crate) async fn next(&mut self) -> Next {
        let received = |(from, message)| Next::Input(Input::Received { from, message });
        let rest = async {
            tokio::select! {
                Some(m) = self.batch.recv() => received(m),
                Some(m) = self.sync.recv() => received(m),
                Some(submission) = self.submissions.recv() => Next::Submission(submission),
                else => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            Some(input) = self.answers.recv() => Next::Input(input),
            Some(input) = self.peers.recv() => Next::Input(input),
            Some(m) = self.consensus.recv() => received(m),
            Some(m) = self.proposal.recv() => received(m),
            next = rest => next,
        }
    }

    /// Lengths by name, for metrics.
    pub(crate) fn lengths(&self) -> [(&'static str, usize); 6] {
        [
            ("answers", self.answers.len()),
            ("consensus", self.consensus.len()),
            ("proposal", self.proposal.len()),
            ("batch", self.batch.len()),
            ("sync", self.sync.len()),
            ("submissions", self.submissions.len()),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bencao_genesis::Height;

    #[tokio::test]
    async fn votes_overtake_what_came_before_them() {
        let (senders, mut inputs) = queues();
        let (peer, status) = (KeyId([1; 20]), |h| Message::Status(Height(h)));
        for (class, height) in [(3, 30), (2, 20), (1, 10), (0, 0)] {
            senders.messages[class].try_send((peer, status(height))).unwrap();
        }
        senders.peers.try_send(Input::PeerUp(peer)).unwrap();
        senders.answers.send(Input::Committed(Height(1))).unwrap();
        let mut order = Vec::new();
        for _ in 0..4 {
            match inputs.next().await {
                Next::Input(Input::Committed(_)) => order.push("answer"),
                Next::Input(Input::PeerUp(_)) => order.push("peer"),
                Next::Input(Input::Received { message: Message::Status(Height(0)), .. }) => order.push("consensus"),
                Next::Input(Input::Received { message: Message::Status(Height(10)), .. }) => order.push("proposal"),
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(order, ["answer", "peer", "consensus", "proposal"]);
        assert_eq!(inputs.lengths()[3..5], [("batch", 1), ("sync", 1)]);
    }

    #[tokio::test]
    async fn every_queue_from_outside_is_bounded() {
        let (senders, _inputs) = queues();
        let message = || (KeyId([1; 20]), Message::Status(Height(1)));
        for queue in &senders.messages {
            assert_eq!((0..).take_while(|_| queue.try_send(message()).is_ok()).count(), INPUTS_PER_CLASS_MAX);
        }
        let submission = || Submission {
            id: TransactionId::default(),
            bill: crate::bills::tests::bill(1).1,
            transaction: Arc::default(),
            reply: oneshot::channel().0,
        };
        let taken = (0..).take_while(|_| senders.submissions.try_send(submission()).is_ok()).count();
        assert_eq!(taken, SUBMISSIONS_MAX);
    }
}
