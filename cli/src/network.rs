//! A test network as processes of this very program, for `demo` and `bench`.

use crate::failure::Failure;
use crate::testnet::{MemberFile, NodeFile, TestnetFile};
use bencao_client::api::{Client, Status};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How often a condition is looked at.
const LOOK: Duration = Duration::from_millis(50);
/// How long a node may take to stop after SIGTERM.
const STOP: Duration = Duration::from_secs(15);
/// Lines of a node's log that an error shows.
const LOG_LINES: usize = 15;

/// Nodes of a `testnet.json`, started and stopped. Whatever still runs is killed when this is dropped.
pub(crate) struct Network {
    pub(crate) file: TestnetFile,
    program: PathBuf,
    running: Vec<Option<Child>>,
}

impl Network {
    /// Nothing is started yet.
    pub(crate) fn open(dir: &Path) -> Result<Network, Failure> {
        let path = dir.join("testnet.json");
        let bytes = std::fs::read(&path).map_err(|e| Failure::file(&path, &e))?;
        let file: TestnetFile = serde_json::from_slice(&bytes).map_err(|e| {
            let shown = path.display();
            Failure::input(format!("{shown}：不是 testnet.json：{e}"), format!("{shown}: not a testnet.json: {e}"))
        })?;
        let program = std::env::current_exe().map_err(|e| Failure::internal(&e))?;
        let running = file.nodes.iter().map(|_| None).collect();
        Ok(Network { file, program, running })
    }

    /// Starts a node; its log goes to `log` in its home.
    pub(crate) fn start(&mut self, index: usize) -> Result<(), Failure> {
        let home = &self.file.nodes[index].home;
        let path = home.join("log");
        let log = File::options().create(true).append(true).open(&path).map_err(|e| Failure::file(&path, &e))?;
        let also = log.try_clone().map_err(|e| Failure::file(&path, &e))?;
        let mut command = Command::new(&self.program);
        command.arg("start").arg("--home").arg(home).stdin(Stdio::null()).stdout(log).stderr(also);
        let child = command.spawn().map_err(|e| Failure::file(&self.program, &e))?;
        self.running[index] = Some(child);
        Ok(())
    }

    /// SIGKILL: the node has no moment to put anything in order.
    pub(crate) fn kill(&mut self, index: usize) -> Result<(), Failure> {
        if let Some(mut child) = self.running[index].take() {
            child.kill().and_then(|()| child.wait()).map_err(|e| Failure::internal(&e))?;
        }
        Ok(())
    }

    /// SIGTERM to all, then waits; one that does not stop in time is an error.
    pub(crate) fn stop(&mut self) -> Result<(), Failure> {
        for child in self.running.iter().flatten() {
            terminate(child)?;
        }
        let deadline = Instant::now() + STOP;
        for (index, slot) in self.running.iter_mut().enumerate() {
            let Some(child) = slot else { continue };
            while child.try_wait().map_err(|e| Failure::internal(&e))?.is_none() {
                if Instant::now() > deadline {
                    let name = &self.file.nodes[index].name;
                    return Err(Failure::internal(&format!("{name} does not stop after SIGTERM")));
                }
                std::thread::sleep(LOOK);
            }
            *slot = None;
        }
        Ok(())
    }

    /// Lets the processes outlive this program.
    pub(crate) fn leave_running(&mut self) {
        self.running.iter_mut().for_each(|slot| *slot = None);
    }

    /// Process ids of what runs.
    pub(crate) fn pids(&self) -> Vec<u32> {
        self.running.iter().flatten().map(Child::id).collect()
    }

    /// Addresses of nodes, `from` first, then the others.
    pub(crate) fn addresses_from(&self, from: usize) -> Vec<String> {
        let nodes = &self.file.nodes;
        (0..nodes.len()).map(|i| nodes[(from + i) % nodes.len()].api.clone()).collect()
    }

    pub(crate) fn client(&self, index: usize) -> Result<Client, Failure> {
        Ok(Client::new(std::slice::from_ref(&self.file.nodes[index].api))?)
    }

    pub(crate) fn member(&self, name: &str) -> Result<&MemberFile, Failure> {
        let found = self.file.members.iter().find(|m| m.name == name);
        found.ok_or_else(|| {
            Failure::input(format!("testnet.json 中没有成员 {name}"), format!("no member {name} in testnet.json"))
        })
    }

    /// Waits until `reached` holds for the status of node `index`.
    pub(crate) fn wait_for(
        &mut self,
        index: usize,
        limit: Duration,
        what: &str,
        mut reached: impl FnMut(&Status) -> bool,
    ) -> Result<Status, Failure> {
        let client = self.client(index)?;
        let deadline = Instant::now() + limit;
        loop {
            self.check_alive(index)?;
            match client.status() {
                Ok(status) if reached(&status) => return Ok(status),
                _ if Instant::now() > deadline => {
                    let node = &self.file.nodes[index];
                    let seconds = limit.as_secs();
                    let reason = format!("{}: not {what} within {seconds} s{}", node.name, log_tail(node));
                    return Err(Failure::internal(&reason));
                }
                _ => std::thread::sleep(LOOK),
            }
        }
    }

    fn check_alive(&mut self, index: usize) -> Result<(), Failure> {
        let Some(child) = &mut self.running[index] else { return Ok(()) };
        match child.try_wait().map_err(|e| Failure::internal(&e))? {
            None => Ok(()),
            Some(status) => {
                let node = &self.file.nodes[index];
                Err(Failure::internal(&format!("{} stopped: {status}{}", node.name, log_tail(node))))
            }
        }
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        for mut child in self.running.iter_mut().filter_map(Option::take) {
            // Already on the way out: what cannot be killed is gone.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

fn terminate(child: &Child) -> Result<(), Failure> {
    let pid = i32::try_from(child.id()).ok().and_then(rustix::process::Pid::from_raw);
    let pid = pid.ok_or_else(|| Failure::internal(&"no process id"))?;
    match rustix::process::kill_process(pid, rustix::process::Signal::TERM) {
        // It stopped by itself; `wait` says how.
        Ok(()) | Err(rustix::io::Errno::SRCH) => Ok(()),
        Err(error) => Err(Failure::internal(&error)),
    }
}

fn log_tail(node: &NodeFile) -> String {
    let text = std::fs::read_to_string(node.home.join("log")).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    let tail = lines[lines.len().saturating_sub(LOG_LINES)..].join("\n  ");
    if tail.is_empty() { String::new() } else { format!("\n  {tail}") }
}
