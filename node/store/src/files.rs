//! Logs, folders of logs and cells on plain files, in the frames of [`bencao_ledger::frame`].

use crate::io_error;
use bencao_ledger::frame::{Position, recover_pair};
use bencao_ledger::log::{CELL_BYTES_MAX, Cell, LogDirectory, LogFile};
use bencao_ledger::{Operation, StoreError};
use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// Endings of the two files of a log.
const ENDINGS: [&str; 2] = ["a", "b"];

/// A log in two files, `NAME.a` and `NAME.b`. Appended records wait in memory for the next flush.
#[derive(Debug)]
pub struct FileLog {
    folder: PathBuf,
    name: String,
    active: usize,
    file: File,
    position: Position,
    waiting: Vec<u8>,
    stopped: bool,
}

impl FileLog {
    /// Opens or makes the log `name` in a folder, which is made if absent: the log and the records in it.
    ///
    /// # Errors
    /// [`StoreError`]; [`StoreError::LogDamaged`] if flushed records are gone.
    pub fn open(folder: &Path, name: &str) -> Result<(FileLog, Vec<Vec<u8>>), StoreError> {
        std::fs::create_dir_all(folder).map_err(|e| io_error(Operation::Open, e))?;
        let contents = [read(&path(folder, name, 0))?, read(&path(folder, name, 1))?];
        let found = recover_pair([&contents[0], &contents[1]])?;
        let file = open_file(&path(folder, name, found.file))?;
        let mut log = FileLog {
            folder: folder.to_path_buf(),
            name: name.to_owned(),
            active: found.file,
            file,
            position: found.position,
            waiting: Vec::new(),
            stopped: false,
        };
        log.cut()?;
        sync_folder(folder)?;
        Ok((log, found.records))
    }

    /// Removes bytes behind the last whole frame and makes the rest durable.
    fn cut(&mut self) -> Result<(), StoreError> {
        self.file.set_len(self.position.offset).map_err(|e| io_error(Operation::Write, e))?;
        self.file.seek(SeekFrom::Start(self.position.offset)).map_err(|e| io_error(Operation::Open, e))?;
        self.file.sync_all().map_err(|e| io_error(Operation::Sync, e))?;
        self.position.mark_flushed();
        Ok(())
    }

    fn guarded(&mut self, work: impl FnOnce(&mut FileLog) -> Result<(), StoreError>) -> Result<(), StoreError> {
        if self.stopped {
            return Err(StoreError::Stopped);
        }
        let done = work(self);
        self.stopped = done.is_err();
        done
    }

    fn write_out(&mut self) -> Result<(), StoreError> {
        self.file.write_all(&self.waiting).map_err(|e| io_error(Operation::Write, e))?;
        self.waiting.clear();
        self.file.sync_data().map_err(|e| io_error(Operation::Sync, e))?;
        self.position.mark_flushed();
        Ok(())
    }

    fn start_over(&mut self) -> Result<(), StoreError> {
        // A reset after another that was not flushed starts the same file over: the other one holds the durable records.
        if self.position.flushed > 0 {
            self.active = 1 - self.active;
            let path = path(&self.folder, &self.name, self.active);
            let is_new = !path.exists();
            self.file = open_file(&path)?;
            if is_new {
                sync_folder(&self.folder)?;
            }
        }
        self.waiting.clear();
        self.position.mark_reset();
        self.file.set_len(0).map_err(|e| io_error(Operation::Write, e))?;
        self.file.rewind().map_err(|e| io_error(Operation::Write, e))
    }
}

impl LogFile for FileLog {
    fn append(&mut self, record: &[u8]) -> Result<(), StoreError> {
        if self.stopped {
            return Err(StoreError::Stopped);
        }
        let frame = self.position.frame(record);
        self.waiting.extend_from_slice(&frame);
        Ok(())
    }

    fn flush(&mut self) -> Result<(), StoreError> {
        self.guarded(|log| if log.waiting.is_empty() { Ok(()) } else { log.write_out() })
    }

    fn reset(&mut self) -> Result<(), StoreError> {
        self.guarded(FileLog::start_over)
    }
}

fn path(folder: &Path, name: &str, index: usize) -> PathBuf {
    folder.join(format!("{name}.{}", ENDINGS[index]))
}

fn read(path: &Path) -> Result<Vec<u8>, StoreError> {
    let mut bytes = Vec::new();
    match File::open(path) {
        Ok(mut file) => file.read_to_end(&mut bytes).map_err(|e| io_error(Operation::Read, e))?,
        Err(e) if e.kind() == ErrorKind::NotFound => 0,
        Err(e) => return Err(io_error(Operation::Open, e)),
    };
    Ok(bytes)
}

fn open_file(path: &Path) -> Result<File, StoreError> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    options.open(path).map_err(|e| io_error(Operation::Open, e))
}

/// Makes new and removed names durable.
fn sync_folder(folder: &Path) -> Result<(), StoreError> {
    File::open(folder).and_then(|f| f.sync_all()).map_err(|e| io_error(Operation::Sync, e))
}

/// Logs named by number in one folder.
#[derive(Debug)]
pub struct FileDirectory {
    folder: PathBuf,
}

impl FileDirectory {
    /// A folder, made if absent.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn open(folder: &Path) -> Result<FileDirectory, StoreError> {
        std::fs::create_dir_all(folder).map_err(|e| io_error(Operation::Open, e))?;
        Ok(FileDirectory { folder: folder.to_path_buf() })
    }
}

fn segment_name(segment: u64) -> String {
    format!("{segment:016x}")
}

impl LogDirectory for FileDirectory {
    type Log = FileLog;

    fn segments(&self) -> Result<Vec<u64>, StoreError> {
        let mut segments = Vec::new();
        for entry in std::fs::read_dir(&self.folder).map_err(|e| io_error(Operation::Read, e))? {
            let name = entry.map_err(|e| io_error(Operation::Read, e))?.file_name();
            let number = name.to_str().and_then(|n| n.strip_suffix(".a")).and_then(|n| u64::from_str_radix(n, 16).ok());
            segments.extend(number);
        }
        segments.sort_unstable();
        Ok(segments)
    }

    fn open(&mut self, segment: u64) -> Result<(FileLog, Vec<Vec<u8>>), StoreError> {
        FileLog::open(&self.folder, &segment_name(segment))
    }

    fn remove(&mut self, segment: u64) -> Result<(), StoreError> {
        // `.a` last: as long as it is there the segment is listed, so that a crash between the two is finished later.
        for index in [1, 0] {
            match std::fs::remove_file(path(&self.folder, &segment_name(segment), index)) {
                Err(e) if e.kind() != ErrorKind::NotFound => return Err(io_error(Operation::Remove, e)),
                _ => {}
            }
        }
        sync_folder(&self.folder)
    }
}

/// A small value in a [`FileLog`] of one record: the reset of the log is what makes replacing it atomic.
#[derive(Debug)]
pub struct FileCell {
    log: FileLog,
    value: Option<Vec<u8>>,
}

impl FileCell {
    /// Opens or makes the cell `name` in a folder, which is made if absent.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn open(folder: &Path, name: &str) -> Result<FileCell, StoreError> {
        let (log, mut records) = FileLog::open(folder, name)?;
        Ok(FileCell { log, value: records.pop() })
    }
}

impl Cell for FileCell {
    fn load(&self) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.value.clone())
    }

    fn store(&mut self, value: &[u8]) -> Result<(), StoreError> {
        assert!(value.len() <= CELL_BYTES_MAX, "cells hold small values");
        self.log.reset()?;
        self.log.append(value)?;
        self.log.flush()?;
        self.value = Some(value.to_vec());
        Ok(())
    }
}
