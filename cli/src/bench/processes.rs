//! What node processes use, as the operating system counts it (Linux: `/proc`, proc(5)).

use crate::failure::Failure;
use crate::network::Network;
use crate::testnet::TestnetFile;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
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

/// Processes of this machine that run a node, with the home that their command line names.
fn running() -> Result<Vec<(u32, PathBuf)>, Failure> {
    let proc = Path::new("/proc");
    let entries = std::fs::read_dir(proc).map_err(|e| Failure::file(proc, &e))?;
    let pid_of = |entry: std::fs::DirEntry| entry.file_name().to_str().and_then(|name| name.parse::<u32>().ok());
    let node_of = |pid: u32| {
        // A process that has ended meanwhile is none.
        let line = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        home_of(&line).map(|home| (pid, home))
    };
    Ok(entries.filter_map(Result::ok).filter_map(pid_of).filter_map(node_of).collect())
}

/// The home in the command line (arguments, each with a zero byte after it) of a `bencao start --home DIR`.
fn home_of(line: &[u8]) -> Option<PathBuf> {
    let arguments: Vec<&OsStr> = line.split(|b| *b == 0).map(OsStr::from_bytes).collect();
    arguments.contains(&OsStr::new("start")).then_some(())?;
    let at = arguments.iter().position(|argument| *argument == "--home");
    match at {
        Some(at) => arguments.get(at + 1).map(PathBuf::from),
        None => {
            let joined = arguments.iter().find_map(|a| a.as_bytes().strip_prefix(b"--home="));
            joined.map(|home| PathBuf::from(OsStr::from_bytes(home)))
        }
    }
}

fn find(homes: &[&Path]) -> Result<Vec<u32>, Failure> {
    Ok(running()?.into_iter().filter(|(_, home)| homes.contains(&home.as_path())).map(|(pid, _)| pid).collect())
}

/// Folder of the test network of which a node that runs on this machine serves `url`.
pub(super) fn testnet_of(url: &str) -> Result<PathBuf, Failure> {
    let wanted = url.trim_end_matches('/');
    let serves = |dir: &Path| {
        let bytes = std::fs::read(dir.join("testnet.json")).ok()?;
        let file: TestnetFile = serde_json::from_slice(&bytes).ok()?;
        file.nodes.iter().any(|node| node.api == wanted).then_some(())
    };
    let found = running()?.into_iter().find_map(|(_, home)| {
        let dir = home.parent()?;
        serves(dir).map(|()| dir.to_path_buf())
    });
    found.ok_or_else(|| {
        Failure::input(
            format!("本机没有测试网的节点在 {url} 提供服务；请用 --testnet 指定其目录"),
            format!("no node of a test network on this machine serves {url}; name its folder with --testnet"),
        )
    })
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
    fn a_home_is_read_from_a_command_line() {
        let home = |line: &str| home_of(line.replace(' ', "\0").as_bytes());
        assert_eq!(home("bencao start --home /a/node0 "), Some("/a/node0".into()));
        assert_eq!(home("bencao --home=/a/node0 start "), Some("/a/node0".into()));
        assert_eq!(home("bencao status --home /a/node0 "), None);
        assert_eq!(home("bencao start "), None);
        assert_eq!(home("start --home"), None);
    }

    #[test]
    fn a_network_that_does_not_run_here_is_not_found() {
        assert!(testnet_of("http://127.0.0.1:1").is_err());
    }

    #[test]
    fn this_process_has_used_time_and_memory() {
        let mut waste = 0u64;
        while own_cpu_ms().unwrap() == 0.0 {
            waste = std::hint::black_box(waste.wrapping_mul(31).wrapping_add(7));
        }
        assert!(rss_mib(Path::new("/proc/self/status")).unwrap() > 0.1);
    }
}
