//! Looks at what runs out slowly: disk space and the node's certificate. Both are announced early (D15, D17).

use super::clock;
use crate::api::app::DiskRoom;
use crate::api::status::days_left;
use crate::disk::{Room, Space};
use crate::limits::DISK_INTERVAL;
use crate::metrics::Metrics;
use bencao_crypto::x509::Validity;
use std::path::PathBuf;
use std::sync::Arc;

/// Days before a certificate's end from which on the log says so.
const CERTIFICATE_WARN_DAYS: i64 = 30;

/// Looks around until the runtime ends.
pub(crate) async fn run(folder: PathBuf, certificate: Validity, room: Arc<DiskRoom>, metrics: Arc<Metrics>) {
    let mut interval = tokio::time::interval(DISK_INTERVAL);
    let mut last = Room::Enough;
    let mut last_days = None;
    loop {
        interval.tick().await;
        last = look_at_disk(&folder, last, &room, &metrics);
        let days = days_left(certificate, clock::wall());
        metrics.certificate_days.set(days);
        if days < CERTIFICATE_WARN_DAYS && last_days != Some(days) {
            tracing::warn!(days, "the node's certificate ends soon or has ended; the key on chain keeps its standing");
        }
        last_days = Some(days);
    }
}

fn look_at_disk(folder: &std::path::Path, last: Room, room: &DiskRoom, metrics: &Metrics) -> Room {
    let space = match Space::of(folder) {
        Ok(space) => space,
        Err(error) => {
            tracing::warn!(%error, folder = %folder.display(), "free disk space is not known");
            return last;
        }
    };
    metrics.disk_free.set(i64::try_from(space.free).unwrap_or(i64::MAX));
    let now = space.room();
    room.set(now);
    if now != last {
        let free_mib = space.free >> 20;
        match now {
            Room::Enough => tracing::info!(free_mib, "disk space is enough again"),
            Room::Low => tracing::warn!(free_mib, folder = %folder.display(), "disk space runs low"),
            Room::Exhausted => {
                tracing::error!(free_mib, folder = %folder.display(), "disk space is exhausted: no more bills are taken");
            }
        }
    }
    now
}
