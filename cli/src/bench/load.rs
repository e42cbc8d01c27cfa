//! Sending at a pace, and reading when bills became final.

use super::workload::{Goods, Workload};
use crate::failure::Failure;
use bencao_client::api::{ApiError, Block, Client, Outcome};
use std::collections::BTreeMap;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Threads that sign and send.
const SENDERS: usize = 16;
/// How often the watcher asks for the next block.
const LOOK: Duration = Duration::from_millis(5);
/// How long bills under way may take after the last was sent.
const DRAIN: Duration = Duration::from_secs(20);
/// Pause of a sender whose node was busy.
const PAUSE: Duration = Duration::from_millis(20);

/// Open loop: at fixed times, whatever comes back. Closed loop: so many under way at any time.
#[derive(Debug, Clone, Copy)]
pub(super) enum Pace {
    Open { per_second: u64 },
    Closed { in_flight: usize },
}

/// What came of it.
#[derive(Debug, Default)]
pub(super) struct Measured {
    /// From the first bill sent to the last one final.
    pub(super) seconds: f64,
    pub(super) applied: u64,
    pub(super) rejected: u64,
    pub(super) codes: u64,
    pub(super) errors: u64,
    pub(super) unfinished: u64,
    latencies_ms: Vec<f64>,
}

impl Measured {
    /// The latency that `percent` of the bills did not exceed; 0 without bills. Latencies are sorted.
    pub(super) fn percentile(&self, percent: usize) -> f64 {
        let rank = (self.latencies_ms.len() * percent).div_ceil(100).max(1) - 1;
        self.latencies_ms.get(rank).copied().unwrap_or_default()
    }
}

struct Sent {
    at: Instant,
    goods: Goods,
    codes: u64,
}

struct State {
    workload: Workload,
    under_way: BTreeMap<String, Sent>,
    /// Taken by a sender, not yet sent.
    being_sent: usize,
    /// Bills begun so far, for the open loop's clock.
    begun: u64,
    done: bool,
    measured: Measured,
    last_final: Instant,
}

struct Shared {
    state: Mutex<State>,
    changed: Condvar,
    begun_at: Instant,
    until: Instant,
    pace: Pace,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        // A panic of another thread ends the run through its join; the figures are not used then.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(super) fn run(nodes: &[String], workload: Workload, pace: Pace, time: Duration) -> Result<Measured, Failure> {
    let watcher = Client::new(&nodes[..1])?;
    let next = watcher.status()?.height + 1;
    let begun_at = Instant::now();
    let state = State {
        workload,
        under_way: BTreeMap::new(),
        being_sent: 0,
        begun: 0,
        done: false,
        measured: Measured::default(),
        last_final: begun_at,
    };
    let shared = Shared { state: Mutex::new(state), changed: Condvar::new(), begun_at, until: begun_at + time, pace };
    let outcome = std::thread::scope(|scope| {
        let watching = scope.spawn(|| watch(&shared, &watcher, next));
        let senders: Vec<_> = (0..SENDERS)
            .map(|i| {
                scope.spawn({
                    let (shared, nodes) = (&shared, nodes);
                    move || send(shared, nodes, i)
                })
            })
            .collect();
        let mut outcome = Ok(());
        for sender in senders {
            outcome = outcome.and(joined(sender.join()));
        }
        outcome = outcome.and(drain(&shared));
        shared.lock().done = true;
        outcome.and(joined(watching.join()))
    });
    outcome?;
    let state = shared.state.into_inner().unwrap_or_else(PoisonError::into_inner);
    let mut measured = state.measured;
    measured.seconds = (state.last_final - begun_at).as_secs_f64();
    measured.unfinished = state.under_way.len() as u64;
    measured.latencies_ms.sort_by(f64::total_cmp);
    Ok(measured)
}

fn joined(result: std::thread::Result<Result<(), Failure>>) -> Result<(), Failure> {
    result.unwrap_or_else(|_| Err(Failure::internal(&"a thread of the load generator panicked")))
}

/// Waits until nothing is under way, or the time for it is over.
fn drain(shared: &Shared) -> Result<(), Failure> {
    let deadline = Instant::now() + DRAIN;
    let mut state = shared.lock();
    while !state.under_way.is_empty() && Instant::now() < deadline {
        let waited = shared.changed.wait_timeout(state, LOOK);
        state = waited.unwrap_or_else(PoisonError::into_inner).0;
    }
    Ok(())
}

/// One sender: takes goods when the pace allows, signs, sends.
fn send(shared: &Shared, nodes: &[String], index: usize) -> Result<(), Failure> {
    let from = index % nodes.len();
    let mine: Vec<String> = (0..nodes.len()).map(|i| nodes[(from + i) % nodes.len()].clone()).collect();
    let client = Client::new(&mine[..1])?;
    let signers = shared.lock().workload.signers();
    while let Some((goods, task)) = take(shared)? {
        let bill = task.sign(&signers);
        let id = bill.id.to_string();
        {
            let mut state = shared.lock();
            state.being_sent -= 1;
            let sent = Sent { at: Instant::now(), goods, codes: bill.codes as u64 };
            state.under_way.insert(id.clone(), sent);
        }
        let sent = client.submit(&bill.bytes, Instant::now());
        if let Err(error) = sent {
            give_back(shared, &id, goods, &error);
        }
    }
    Ok(())
}

/// A bill that was not taken: its goods are sent again later.
fn give_back(shared: &Shared, id: &str, goods: Goods, error: &ApiError) {
    {
        let mut state = shared.lock();
        if state.under_way.remove(id).is_some() {
            state.measured.errors += 1;
            state.workload.again(goods);
        }
    }
    if error.retry_after().is_some() {
        std::thread::sleep(PAUSE);
    }
}

fn take(shared: &Shared) -> Result<Option<(Goods, super::workload::Task)>, Failure> {
    let mut state = shared.lock();
    loop {
        let now = Instant::now();
        if now >= shared.until {
            return Ok(None);
        }
        let pause = match shared.pace {
            Pace::Closed { in_flight } if state.under_way.len() + state.being_sent < in_flight => None,
            Pace::Closed { .. } => Some(shared.until - now),
            Pace::Open { per_second } => {
                let due = shared.begun_at + Duration::from_secs_f64(state.begun as f64 / per_second as f64);
                due.checked_duration_since(now).filter(|d| !d.is_zero())
            }
        };
        let goods = if pause.is_none() { state.workload.next() } else { None };
        if let Some(goods) = goods {
            state.begun += 1;
            state.being_sent += 1;
            let task = state.workload.task(goods)?;
            return Ok(Some((goods, task)));
        }
        // Nothing is ready, or not yet: a final bill or the clock changes that.
        let pause = pause.unwrap_or(LOOK).min(shared.until - now);
        state = shared.changed.wait_timeout(state, pause).unwrap_or_else(PoisonError::into_inner).0;
    }
}

/// Reads every block from `next` on, until all is done.
fn watch(shared: &Shared, client: &Client, mut next: u64) -> Result<(), Failure> {
    loop {
        match client.block(next) {
            Ok(block) => {
                settle(shared, &block);
                next += 1;
            }
            Err(error) if error.is("unknown_block") => {
                if shared.lock().done {
                    return Ok(());
                }
                std::thread::sleep(LOOK);
            }
            Err(error) => {
                if shared.lock().done {
                    return Err(error.into());
                }
                std::thread::sleep(PAUSE);
            }
        }
    }
}

fn settle(shared: &Shared, block: &Block) {
    let now = Instant::now();
    let mut state = shared.lock();
    for transaction in &block.transactions {
        let Some(sent) = state.under_way.remove(&transaction.transaction_id) else { continue };
        state.measured.latencies_ms.push((now - sent.at).as_secs_f64() * 1_000.0);
        state.last_final = now;
        if transaction.status == Outcome::Applied {
            state.measured.applied += 1;
            state.measured.codes += sent.codes;
            state.workload.moved(sent.goods);
        } else {
            state.measured.rejected += 1;
        }
    }
    shared.changed.notify_all();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_nearest_ranks() {
        let measured = Measured { latencies_ms: (1..=100).map(f64::from).collect(), ..Measured::default() };
        assert_eq!((measured.percentile(50), measured.percentile(99), measured.percentile(100)), (50.0, 99.0, 100.0));
        assert_eq!(Measured::default().percentile(50), 0.0);
    }
}
