//! Looks at what runs out slowly: disk space and certificates. Both are announced early (D15, D17).

use super::certificates::Certificates;
use crate::api::app::DiskRoom;
use crate::disk::{Room, Space};
use crate::limits::DISK_INTERVAL;
use crate::metrics::Metrics;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::sync::Notify;

/// Looks around until the runtime ends; at certificates also when `hurry` says so.
pub(crate) async fn run(
    folder: PathBuf,
    certificates: Arc<Certificates>,
    hurry: Arc<Notify>,
    room: Arc<DiskRoom>,
    metrics: Arc<Metrics>,
) {
    let mut interval = tokio::time::interval(DISK_INTERVAL);
    let mut last = Room::Enough;
    loop {
        tokio::select! {
            _ = interval.tick() => last = look_at_disk(&folder, last, &room, &metrics),
            () = hurry.notified() => {}
        }
        let certificates = certificates.clone();
        // Two small files; a disk that hangs must not hold up connections.
        let _ = tokio::task::spawn_blocking(move || certificates.refresh()).await;
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
