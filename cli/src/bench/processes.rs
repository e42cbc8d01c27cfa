//! What node processes use, as the operating system counts it (Linux: `/proc`, proc(5)).

use crate::failure::Failure;
use crate::network::Network;
use std::path::{Path, PathBuf};

/// Node processes of a network, found by the home in their command line, and their data folders.
pub(super) struct Processes {
    pids: Vec<u32>,
    data: Vec<PathBuf>,
}

/// A reading of all processes together.
pub(super) struct Usage {
    /// User and system time so far, milliseconds.
    pub(super) cpu_ms: f64,
    /// Resident memory of the largest, MiB.
    pub(super) rss_mib_max: f64,
    /// Bytes in the data folders.
    pub(super) disk_bytes: u64,
}

impl Processes {
    pub(super) fn of(network: &Network) -> Result<Processes, Failure> {
        let homes: Vec<&Path> = network.file.nodes.iter().map(|n| n.home.as_path()).collect();
        let mut pids = network.pids();
        if pids.is_empty() {
            pids = find(&homes)?;
        }
        if pids.len() != homes.len() {
            let (found, expected) = (pids.len(), homes.len());
            return Err(Failure::input(
                format!("在本机找到 {found} 个节点进程，应为 {expected} 个"),
                format!("found {found} node processes on this machine, expected {expected}"),
            ));
        }
        Ok(Processes { pids, data: homes.iter().map(|h| h.join("data")).collect() })
    }

    pub(super) fn read(&self) -> Result<Usage, Failure> {
        let mut usage = Usage { cpu_ms: 0.0, rss_mib_max: 0.0, disk_bytes: 0 };
        for pid in &self.pids {
            usage.cpu_ms += cpu_ms(Path::new(&format!("/proc/{pid}/stat")))?;
            usage.rss_mib_max = usage.rss_mib_max.max(rss_mib(Path::new(&format!("/proc/{pid}/status")))?);
        }
        usage.disk_bytes = self.data.iter().map(|d| folder_bytes(d)).sum();
        Ok(usage)
    }
}

/// CPU time of this process so far, milliseconds.
pub(super) fn own_cpu_ms() -> Result<f64, Failure> {
    cpu_ms(Path::new("/proc/self/stat"))
}

fn find(homes: &[&Path]) -> Result<Vec<u32>, Failure> {
    let proc = Path::new("/proc");
    let entries = std::fs::read_dir(proc).map_err(|e| Failure::file(proc, &e))?;
    let pid_of = |entry: std::fs::DirEntry| entry.file_name().to_str().and_then(|name| name.parse::<u32>().ok());
    let is_node = |pid: &u32| {
        let line = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        let arguments: Vec<&[u8]> = line.split(|b| *b == 0).collect();
        let of_home = |home: &&Path| arguments.contains(&home.as_os_str().as_encoded_bytes());
        arguments.contains(&&b"start"[..]) && homes.iter().any(of_home)
    };
    Ok(entries.filter_map(Result::ok).filter_map(pid_of).filter(is_node).collect())
}

/// Fields 14 and 15 of `stat`: user and system time in clock ticks. The name in field 2 may hold spaces, so counting
/// starts after its closing parenthesis.
fn cpu_ms(path: &Path) -> Result<f64, Failure> {
    let text = std::fs::read_to_string(path).map_err(|e| Failure::file(path, &e))?;
    let fields: Vec<&str> = text.rsplit_once(')').map_or("", |(_, rest)| rest).split_whitespace().collect();
    let ticks = |i: usize| fields.get(i).and_then(|f| f.parse::<u64>().ok());
    let (user, system) = ticks(11).zip(ticks(12)).ok_or_else(|| Failure::internal(&"unexpected /proc/…/stat"))?;
    Ok((user + system) as f64 * 1_000.0 / rustix::param::clock_ticks_per_second() as f64)
}

fn rss_mib(path: &Path) -> Result<f64, Failure> {
    let text = std::fs::read_to_string(path).map_err(|e| Failure::file(path, &e))?;
    let kib = text.lines().find_map(|l| l.strip_prefix("VmRSS:")).and_then(|v| v.trim().strip_suffix("kB"));
    let kib = kib.and_then(|v| v.trim().parse::<f64>().ok());
    Ok(kib.ok_or_else(|| Failure::internal(&"unexpected /proc/…/status"))? / 1_024.0)
}

/// Bytes of all files below; those that vanish while counting count nothing.
fn folder_bytes(path: &Path) -> u64 {
    let Ok(entries) = std::fs::read_dir(path) else { return 0 };
    let size = |entry: std::fs::DirEntry| match entry.metadata() {
        Ok(meta) if meta.is_dir() => folder_bytes(&entry.path()),
        Ok(meta) => meta.len(),
        Err(_) => 0,
    };
    entries.filter_map(Result::ok).map(size).sum()
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn this_process_has_used_time_and_memory() {
        let mut waste = 0u64;
        while own_cpu_ms().unwrap() == 0.0 {
            waste = std::hint::black_box(waste.wrapping_mul(31).wrapping_add(7));
        }
        assert!(rss_mib(Path::new("/proc/self/status")).unwrap() > 0.1);
    }
}
