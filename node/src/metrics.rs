//! What the node measures about itself, for Prometheus and for `status`.

use crate::host::verdicts::Counts;
use crate::limits::FINALITY_SAMPLES_MAX;
use bencao_crypto::Digest;
use bencao_network::NetworkHandle;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeLabelSet, EncodeMetric};
use prometheus_client::metrics::counter::{ConstCounter, Counter};
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};
use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Content type of the text that [`Metrics::text`] gives.
pub(crate) const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Upper bounds of the finality histogram, seconds: finer where the goals of docs/performance.md lie.
const FINALITY_BUCKETS_S: [f64; 13] = [0.01, 0.02, 0.03, 0.05, 0.08, 0.15, 0.3, 0.5, 1.0, 2.0, 5.0, 15.0, 60.0];

/// Label of counters by outcome, class or reason.
#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
pub(crate) struct Label {
    /// Value of the label.
    pub(crate) kind: &'static str,
}

/// Every metric. Reading and writing need no exclusive access.
#[derive(Debug)]
pub(crate) struct Metrics {
    registry: Registry,
    /// Last block that is durable here.
    pub(crate) tip: Gauge,
    /// Last block executed here.
    pub(crate) executed: Gauge,
    /// Round under way.
    pub(crate) round: Gauge,
    /// 1 while this node votes.
    pub(crate) voting: Gauge,
    /// 1 after this node's results differed from certified ones.
    pub(crate) diverged: Gauge,
    /// Connected peers.
    pub(crate) peers: Gauge,
    /// Own transactions accepted and not final.
    pub(crate) pending: Gauge,
    /// Batches that wait for order.
    pub(crate) unordered: Gauge,
    /// Free bytes on the disk of the data folder.
    pub(crate) disk_free: Gauge,
    /// Days until the node's certificate ends; negative afterwards.
    pub(crate) certificate_days: Gauge,
    /// The same for every kind of certificate that this node watches: its own, those above it, the authorities'.
    pub(crate) certificates: Family<Label, Gauge>,
    /// Connected peers whose certificate is outside its dates.
    pub(crate) peers_outdated: Gauge,
    /// Submissions by outcome.
    pub(crate) submissions: Family<Label, Counter>,
    /// Requests by status class.
    pub(crate) requests: Family<Label, Counter>,
    /// Transactions executed, by outcome.
    pub(crate) transactions: Family<Label, Counter>,
    /// Messages that could not be read, by class.
    pub(crate) malformed: Family<Label, Counter>,
    /// What the replica noticed, by kind.
    pub(crate) notes: Family<Label, Counter>,
    /// Connections refused, by reason.
    pub(crate) refusals: Family<Label, Counter>,
    /// Inputs waiting for the main loop, by queue.
    pub(crate) queues: Family<Label, Gauge>,
    /// Rounds beyond the first that deciding took.
    pub(crate) extra_rounds: Counter,
    finality_s: Histogram,
    finality: Mutex<Finality>,
}

/// From acceptance to execution at this node.
#[derive(Debug, Default)]
struct Finality {
    /// Accepted here, not executed yet: id → milliseconds of the monotonic clock. Bounded like the replica's mempool.
    accepted: BTreeMap<Digest, u64>,
    samples_ms: VecDeque<u32>,
}

/// Percentiles of finality, milliseconds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Percentiles {
    pub(crate) count: u64,
    pub(crate) p50: u64,
    pub(crate) p90: u64,
    pub(crate) p99: u64,
}

impl Metrics {
    /// All at zero. The counters of `verdicts` are part of the text; with a network, its own too.
    pub(crate) fn new(network: Option<NetworkHandle>, verdicts: Arc<Counts>) -> Metrics {
        let mut registry = Registry::with_prefix("bencao");
        registry.register_collector(Box::new(VerdictCounters(verdicts)));
        if let Some(network) = network {
            registry.register_collector(Box::new(NetworkCounters(network)));
        }
        let r = &mut registry;
        Metrics {
            tip: gauge(r, "tip_height", "Last block that is durable here"),
            executed: gauge(r, "executed_height", "Last block executed here"),
            round: gauge(r, "round", "Consensus round under way"),
            voting: gauge(r, "voting", "1 while this node votes"),
            diverged: gauge(r, "diverged", "1 after this node's results differed from certified ones"),
            peers: gauge(r, "peers_connected", "Connected peers"),
            pending: gauge(r, "pending_transactions", "Own transactions accepted and not final"),
            unordered: gauge(r, "unordered_batches", "Batches that wait for order"),
            disk_free: gauge(r, "disk_free_bytes", "Free bytes on the disk of the data folder"),
            certificate_days: gauge(r, "certificate_days_left", "Days until the node's certificate ends"),
            certificates: {
                let days = Family::<Label, Gauge>::default();
                r.register("certificates_days_left", "Days until the first certificate of a kind ends", days.clone());
                days
            },
            peers_outdated: gauge(
                r,
                "peers_certificate_outdated",
                "Connected peers whose certificate is outside its dates",
            ),
            submissions: family(r, "submissions", "Submissions by outcome"),
            requests: family(r, "requests", "HTTP requests by status class"),
            transactions: family(r, "transactions", "Transactions executed since the start, by outcome"),
            malformed: family(r, "malformed_messages", "Messages that could not be read, by class"),
            notes: family(r, "notes", "What consensus noticed, by kind"),
            refusals: family(r, "connections_refused", "Connections refused or ended by this node, by reason"),
            queues: {
                let queues = Family::<Label, Gauge>::default();
                r.register("queue_length", "Inputs waiting for the main loop, by queue", queues.clone());
                queues
            },
            extra_rounds: {
                let counter = Counter::default();
                r.register("extra_rounds", "Rounds beyond the first that decisions took", counter.clone());
                counter
            },
            finality_s: {
                let histogram = Histogram::new(FINALITY_BUCKETS_S);
                let help = "From acceptance of a bill here to its execution here";
                r.register_with_unit("finality", help, Unit::Seconds, histogram.clone());
                histogram
            },
            finality: Mutex::default(),
            registry,
        }
    }

    /// OpenMetrics text.
    pub(crate) fn text(&self) -> Result<String, std::fmt::Error> {
        let mut text = String::new();
        prometheus_client::encoding::text::encode(&mut text, &self.registry)?;
        Ok(text)
    }

    /// A bill was accepted at `now_ms`.
    pub(crate) fn accepted(&self, id: Digest, now_ms: u64) {
        let mut finality = self.finality();
        if finality.accepted.len() < bencao_replica::limits::PENDING_TRANSACTIONS_MAX {
            finality.accepted.entry(id).or_insert(now_ms);
        }
    }

    /// Transactions left the ingress log: executed at `now_ms`, or expired.
    pub(crate) fn executed(&self, ids: &[Digest], now_ms: u64) {
        let mut finality = self.finality();
        for id in ids {
            let Some(since) = finality.accepted.remove(id) else { continue };
            let ms = now_ms.saturating_sub(since);
            self.finality_s.observe(std::time::Duration::from_millis(ms).as_secs_f64());
            if finality.samples_ms.len() == FINALITY_SAMPLES_MAX {
                finality.samples_ms.pop_front();
            }
            finality.samples_ms.push_back(u32::try_from(ms).unwrap_or(u32::MAX));
        }
    }

    /// Forgets bills that will never be executed.
    pub(crate) fn forgotten(&self, ids: &[Digest]) {
        let mut finality = self.finality();
        for id in ids {
            finality.accepted.remove(id);
        }
    }

    /// Percentiles over the samples kept, `None` without any.
    pub(crate) fn percentiles(&self) -> Option<Percentiles> {
        let mut samples: Vec<u32> = self.finality().samples_ms.iter().copied().collect();
        samples.sort_unstable();
        let last = samples.len().checked_sub(1)?;
        let at = |percent: usize| u64::from(samples[last * percent / 100]);
        Some(Percentiles { count: samples.len() as u64, p50: at(50), p90: at(90), p99: at(99) })
    }

    fn finality(&self) -> MutexGuard<'_, Finality> {
        self.finality.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn gauge(registry: &mut Registry, name: &str, help: &str) -> Gauge {
    let gauge = Gauge::default();
    registry.register(name, help, gauge.clone());
    gauge
}

fn family(registry: &mut Registry, name: &str, help: &str) -> Family<Label, Counter> {
    let family = Family::<Label, Counter>::default();
    registry.register(name, help, family.clone());
    family
}

/// The network's own counters, read when asked for.
#[derive(Debug)]
struct NetworkCounters(NetworkHandle);

impl Collector for NetworkCounters {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), std::fmt::Error> {
        let m = self.0.metrics();
        let plain = [
            ("network_inbound", "Connections attempted by others", &m.inbound),
            ("network_inbound_busy", "Of those, refused because too many were open", &m.inbound_busy),
            ("network_dials", "Dials begun", &m.dials),
            ("network_dials_failed", "Dials that reached nobody or the wrong peer", &m.dials_failed),
            ("network_handshakes", "Handshakes with an allowed peer", &m.handshakes),
            ("network_handshakes_failed", "Handshakes refused or broken off", &m.handshakes_failed),
            ("network_faults", "Connections ended because of what the peer sent", &m.faults),
        ];
        for (name, help, value) in plain {
            let counter = ConstCounter::new(value.load(Ordering::Relaxed));
            let metric = encoder.encode_descriptor(name, help, None, counter.metric_type())?;
            counter.encode(metric)?;
        }
        type Read = fn(&bencao_network::ClassMetrics) -> u64;
        let by_class: [(&str, &str, Read); 5] = [
            ("network_frames_sent", "Frames written", |c| c.frames_sent.load(Ordering::Relaxed)),
            ("network_bytes_sent", "Their bytes", |c| c.bytes_sent.load(Ordering::Relaxed)),
            ("network_frames_received", "Frames read", |c| c.frames_received.load(Ordering::Relaxed)),
            ("network_bytes_received", "Their bytes", |c| c.bytes_received.load(Ordering::Relaxed)),
            ("network_dropped", "Messages dropped because a peer's queue was full", |c| {
                c.dropped_full.load(Ordering::Relaxed)
            }),
        ];
        for (name, help, read) in by_class {
            let first = ConstCounter::new(0u64);
            let mut metric = encoder.encode_descriptor(name, help, None, first.metric_type())?;
            for class in bencao_network::Class::ALL {
                let counter = ConstCounter::new(read(m.class(class)));
                counter.encode(metric.encode_family(&Label { kind: class.name() })?)?;
            }
        }
        Ok(())
    }
}

/// The counters of checking signatures, read when asked for.
#[derive(Debug)]
struct VerdictCounters(Arc<Counts>);

impl Collector for VerdictCounters {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), std::fmt::Error> {
        let counts = &self.0;
        let all = [
            ("signatures_asked", "Claims about signatures that needed a verdict", &counts.asked),
            ("signatures_remembered", "Of those, judged before", &counts.remembered),
            ("signatures_shared", "Of those, being judged by another thread", &counts.shared),
            ("signatures_judged", "Claims judged", &counts.judged),
            ("signature_batches", "Calls that judged them", &counts.batches),
        ];
        for (name, help, value) in all {
            let counter = ConstCounter::new(value.load(Ordering::Relaxed));
            let metric = encoder.encode_descriptor(name, help, None, counter.metric_type())?;
            counter.encode(metric)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finality_counts_what_was_accepted_here_once() {
        let metrics = Metrics::new(None, Arc::default());
        assert_eq!(metrics.percentiles(), None);
        let id = |n: u8| Digest([n; 32]);
        for n in 0..100 {
            metrics.accepted(id(n), 1_000);
            metrics.accepted(id(n), 1_001);
        }
        metrics.forgotten(&[id(99)]);
        for n in 0..100u8 {
            metrics.executed(&[id(n), id(200)], 1_000 + u64::from(n));
        }
        metrics.executed(&[id(1)], 9_000);
        let p = metrics.percentiles().unwrap();
        assert_eq!((p.count, p.p50, p.p90, p.p99), (99, 49, 88, 97));
        assert!(metrics.text().unwrap().contains("bencao_finality_seconds_count 99"));
    }

    #[test]
    fn only_the_last_samples_count() {
        let metrics = Metrics::new(None, Arc::default());
        for n in 0..FINALITY_SAMPLES_MAX as u64 + 10 {
            let mut id = [0; 32];
            id[..8].copy_from_slice(&n.to_le_bytes());
            metrics.accepted(Digest(id), 0);
            metrics.executed(&[Digest(id)], if n < 10 { 9_999 } else { 5 });
        }
        assert_eq!(metrics.percentiles().unwrap().count, FINALITY_SAMPLES_MAX as u64);
        assert_eq!(metrics.percentiles().unwrap().p99, 5);
    }
}
