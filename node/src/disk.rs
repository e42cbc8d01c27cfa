//! Free disk space, announced before it runs out (D17).

use crate::limits::{DISK_REFUSE_BYTES, DISK_WARN_BYTES};
use std::path::Path;

/// How much room there is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Room {
    /// Enough.
    Enough,
    /// Below [`DISK_WARN_BYTES`] or a tenth of a smaller disk: time to act.
    Low,
    /// Below [`DISK_REFUSE_BYTES`]: no more bills are taken, so that what was promised still fits.
    Exhausted,
}

/// Space on the file system of a folder, bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Space {
    /// What this process may still write.
    pub free: u64,
    /// Size of the file system.
    pub total: u64,
}

impl Space {
    /// Asks the operating system.
    ///
    /// # Errors
    /// What it says.
    pub fn of(folder: &Path) -> Result<Space, std::io::Error> {
        let stat = rustix::fs::statvfs(folder)?;
        let bytes = |blocks: u64| blocks.saturating_mul(stat.f_frsize);
        Ok(Space { free: bytes(stat.f_bavail), total: bytes(stat.f_blocks) })
    }

    /// What that means. Small disks warn at a tenth.
    pub fn room(&self) -> Room {
        if self.free < DISK_REFUSE_BYTES {
            Room::Exhausted
        } else if self.free < DISK_WARN_BYTES.min(self.total / 10) {
            Room::Low
        } else {
            Room::Enough
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_shrinks_in_steps() {
        const GIB: u64 = 1 << 30;
        let room = |free, total| Space { free, total }.room();
        assert_eq!(room(50 * GIB, 1000 * GIB), Room::Enough);
        assert_eq!(room(9 * GIB, 1000 * GIB), Room::Low);
        assert_eq!(room(3 * GIB, 20 * GIB), Room::Enough);
        assert_eq!(room(GIB, 20 * GIB), Room::Low);
        assert_eq!(room(1 << 20, 20 * GIB), Room::Exhausted);
    }

    #[test]
    fn the_system_tells_the_space_of_a_folder_only() {
        let folder = tempfile::tempdir().unwrap();
        let space = Space::of(folder.path()).unwrap();
        assert!(space.total > 0 && space.free <= space.total);
        assert!(Space::of(&folder.path().join("absent")).is_err());
    }
}
