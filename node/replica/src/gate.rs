//! Append → flush → publish: nothing that this node signed leaves before the log that remembers it is durable.

use crate::effect::Effect;
use std::collections::VecDeque;

/// Holds effects back until the flush they depend on is durable. Order among held effects is kept.
#[derive(Debug, Default)]
pub struct Gate {
    /// Records were appended since the last flush was asked for.
    dirty: bool,
    requested: u64,
    durable: u64,
    held: VecDeque<(u64, Effect)>,
}

impl Gate {
    /// Appends a record.
    pub fn append(&mut self, record: Vec<u8>, out: &mut Vec<Effect>) {
        self.dirty = true;
        out.push(Effect::WalAppend(record));
    }

    /// Starts the log of a height: the reset is durable with the next flush.
    pub fn reset(&mut self, height: bencao_genesis::Height, voter: bencao_crypto::KeyId, out: &mut Vec<Effect>) {
        self.dirty = true;
        out.push(Effect::WalReset { height, voter });
    }

    /// Asks for everything appended to be made durable.
    pub fn flush(&mut self, out: &mut Vec<Effect>) {
        if self.dirty {
            self.dirty = false;
            self.requested += 1;
            out.push(Effect::WalFlush { sequence: self.requested });
        }
    }

    /// Lets `effect` out once everything appended before it is durable.
    pub fn publish(&mut self, effect: Effect, out: &mut Vec<Effect>) {
        self.flush(out);
        if self.durable == self.requested && self.held.is_empty() {
            out.push(effect);
        } else {
            self.held.push_back((self.requested, effect));
        }
    }

    /// A flush is durable.
    pub fn flushed(&mut self, sequence: u64, out: &mut Vec<Effect>) {
        assert!(sequence <= self.requested, "a flush that was never asked for");
        self.durable = self.durable.max(sequence);
        while self.held.front().is_some_and(|(needed, _)| *needed <= self.durable) {
            let (_, effect) = self.held.pop_front().expect("front exists");
            out.push(effect);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::effect::{Audience, Timer};
    use crate::message::Message;
    use bencao_genesis::Height;

    fn send(height: u64) -> Effect {
        Effect::Send { to: Audience::Everyone, message: std::sync::Arc::new(Message::Status(Height(height))) }
    }

    fn sent(out: &[Effect]) -> usize {
        out.iter().filter(|e| matches!(e, Effect::Send { .. })).count()
    }

    #[test]
    fn nothing_leaves_before_its_flush_and_order_is_kept() {
        let (mut gate, mut out) = (Gate::default(), vec![]);
        gate.publish(send(1), &mut out);
        assert_eq!(sent(&out), 1, "nothing appended, nothing to wait for");
        gate.append(vec![1], &mut out);
        gate.publish(send(2), &mut out);
        gate.append(vec![2], &mut out);
        gate.publish(send(3), &mut out);
        gate.publish(send(4), &mut out);
        assert_eq!(sent(&out), 1);
        gate.flushed(1, &mut out);
        assert_eq!(sent(&out), 2);
        gate.flushed(2, &mut out);
        assert_eq!(sent(&out), 4);
        let order: Vec<u64> = out
            .iter()
            .filter_map(|e| match e {
                Effect::Send { message, .. } => match &**message {
                    Message::Status(h) => Some(h.0),
                    _ => None,
                },
                _ => None,
            })
            .collect();
        assert_eq!(order, [1, 2, 3, 4]);
        assert!(!out.iter().any(|e| matches!(e, Effect::Cancel(Timer::Pace))));
    }
}
