//! The access log on disk: `DATA/access/00000001.log` and so on, one thread that writes them, and `HOME/signer/access-head` with the
//! last head, apart from the log, so that a log whose end is missing is noticed.
//!
//! Entries that wait together are written, sealed and made durable together, and only then are their answers sent. A log
//! that does not verify, or cannot be written, is left as it is: authorities are not answered until somebody has looked.

use crate::error::{Chain, NodeError};
use crate::limits::ACCESS_LOG_WAITING_MAX;
use bencao_access::journal::{Damage, Head, Journal, Query, SEGMENT_BYTES_MAX, SEGMENTS_MAX, SignedHead, Verifier};
use bencao_crypto::{Digest, PublicKey};
use bencao_engine::Signer;
use bencao_genesis::ChainId;
use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, SyncSender, TrySendError};
use std::thread::JoinHandle;
use tokio::sync::oneshot;

/// Folder of the log in the data folder.
pub const LOG_FOLDER: &str = "access";
/// File of the last head in the folder of the signer's mark.
pub const HEAD_FILE: &str = "access-head";
/// Longest head file, bytes.
const HEAD_BYTES_MAX: u64 = 1_024;
/// Entries that are made durable together.
const GROUP_MAX: usize = 64;

/// Why a log cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// A file.
    #[error("{}", .path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The log does not verify.
    #[error(transparent)]
    Damaged(#[from] Damage),
    /// The file with the last head holds none.
    #[error("{}: not the head of an access log", .path.display())]
    Head {
        /// Which.
        path: PathBuf,
    },
}

fn at(path: &Path) -> impl Fn(io::Error) -> JournalError {
    move |source| JournalError::File { path: path.to_owned(), source }
}

/// Numbers of the segments in a folder, ascending; none if there is no folder.
///
/// # Errors
/// [`JournalError::File`].
pub fn segments(folder: &Path) -> Result<Vec<u64>, JournalError> {
    let entries = match std::fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(at(folder))?,
    };
    let mut numbers = Vec::new();
    for entry in entries {
        let name = entry.map_err(at(folder))?.file_name();
        let number = name.to_str().and_then(|n| n.strip_suffix(".log")).filter(|n| n.len() == 8);
        numbers.extend(number.and_then(|n| n.parse::<u64>().ok()));
    }
    numbers.sort_unstable();
    Ok(numbers)
}

/// The file of a segment.
pub fn segment_path(folder: &Path, number: u64) -> PathBuf {
    folder.join(format!("{number:08}.log"))
}

/// The last head that a node has put down; `None` if it has put down none.
///
/// # Errors
/// [`JournalError`].
pub fn last_head(path: &Path) -> Result<Option<Head>, JournalError> {
    let length = match std::fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        about => about.map_err(at(path))?.len(),
    };
    let text = if length <= HEAD_BYTES_MAX { std::fs::read_to_string(path).map_err(at(path))? } else { String::new() };
    let head = text
        .trim()
        .split_once(' ')
        .and_then(|(entries, link)| Some(Head { entries: entries.parse().ok()?, link: Digest::from_hex(link)? }));
    head.map(Some).ok_or_else(|| JournalError::Head { path: path.to_owned() })
}

/// An entry on its way to the disk, or a question for the head.
struct Order {
    query: Option<Query>,
    reply: oneshot::Sender<Option<SignedHead>>,
}

/// Why an entry was not made.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum NotEntered {
    /// Too many wait.
    Busy,
    /// The log is out of use.
    Unavailable,
}

/// Passes entries to the thread. Clones are equal.
#[derive(Clone, Debug)]
pub(crate) struct JournalHandle(SyncSender<Order>);

impl JournalHandle {
    /// Enters a query; the answer comes when it is durable: the signed head, if the node key could sign it.
    ///
    /// # Errors
    /// [`NotEntered`].
    pub(crate) async fn enter(&self, query: Query) -> Result<Option<SignedHead>, NotEntered> {
        self.order(Some(query)).await
    }

    /// The head of the moment, if the node key could sign it.
    ///
    /// # Errors
    /// [`NotEntered`].
    pub(crate) async fn head(&self) -> Result<Option<SignedHead>, NotEntered> {
        self.order(None).await
    }

    async fn order(&self, query: Option<Query>) -> Result<Option<SignedHead>, NotEntered> {
        let (reply, answer) = oneshot::channel();
        match self.0.try_send(Order { query, reply }) {
            Ok(()) => answer.await.map_err(|_| NotEntered::Unavailable),
            Err(TrySendError::Full(_)) => Err(NotEntered::Busy),
            Err(TrySendError::Disconnected(_)) => Err(NotEntered::Unavailable),
        }
    }
}

/// Where the files are, and who signs.
pub(crate) struct Place {
    pub(crate) folder: PathBuf,
    pub(crate) head: PathBuf,
    pub(crate) chain: ChainId,
    pub(crate) key: PublicKey,
    pub(crate) signer: Arc<dyn Signer + Send + Sync>,
    /// The node's time, RFC 3339.
    pub(crate) time: Box<dyn Fn() -> String + Send>,
}

/// Starts the thread. It ends when the last handle is gone, or when the log cannot be used: then every entry is refused.
///
/// # Errors
/// [`NodeError::Thread`].
pub(crate) fn spawn(place: Place) -> Result<(JournalHandle, JoinHandle<()>), NodeError> {
    const NAME: &str = "access-log";
    let (handle, orders) = mpsc::sync_channel(ACCESS_LOG_WAITING_MAX);
    let work = move || {
        let folder = place.folder.clone();
        if let Err(error) = Writer::open(place).and_then(|mut writer| writer.run(&orders)) {
            let (error, folder) = (Chain(&error), folder.display());
            tracing::error!(%error, %folder, "the access log cannot be used: authorities are not answered");
        }
    };
    let thread = std::thread::Builder::new().name(NAME.to_owned()).spawn(work);
    let thread = thread.map_err(|source| NodeError::Thread { name: NAME, source })?;
    Ok((JournalHandle(handle), thread))
}

/// Writes the log.
struct Writer {
    place: Place,
    journal: Journal,
    /// The open segment and its length, once something was entered.
    file: Option<(File, u64)>,
}

impl Writer {
    /// Goes on where the log ends, after a look at its last segment and the head put down.
    fn open(place: Place) -> Result<Writer, JournalError> {
        let expected = last_head(&place.head)?;
        let mut verifier = Verifier::new(Some(place.chain), expected.into_iter().collect()).without_signatures();
        let mut open = None;
        if let Some(number) = last_segment(&place.folder)? {
            let path = segment_path(&place.folder, number);
            let bytes = std::fs::read(&path).map_err(at(&path))?;
            verifier.segment(number, &bytes)?;
            open = Some((path, bytes.len() as u64));
        }
        let (verified, journal) = verifier.finish()?;
        let file = match open {
            None => None,
            Some((path, length)) => {
                let file = OpenOptions::new().append(true).open(&path).map_err(at(&path))?;
                let whole = length - verified.torn_bytes;
                // What was torn off was not acknowledged to anybody.
                file.set_len(whole).and_then(|()| file.sync_all()).map_err(at(&path))?;
                Some((file, whole))
            }
        };
        let journal = journal.unwrap_or_else(|| Journal::new(place.chain));
        Ok(Writer { place, journal, file })
    }

    fn run(&mut self, orders: &Receiver<Order>) -> Result<(), JournalError> {
        while let Ok(first) = orders.recv() {
            let mut group = vec![first];
            group.extend(orders.try_iter().take(GROUP_MAX - 1));
            let queries: Vec<Query> = group.iter_mut().filter_map(|order| order.query.take()).collect();
            let head = if queries.is_empty() { self.signed_head() } else { self.enter(queries.into_iter())? };
            for order in group {
                // Somebody who does not wait any more is no reason to stop.
                let _ = order.reply.send(head);
            }
        }
        Ok(())
    }

    /// Writes entries with a seal, durably, and puts the head down.
    fn enter(&mut self, queries: impl Iterator<Item = Query>) -> Result<Option<SignedHead>, JournalError> {
        let time = (self.place.time)();
        let mut text = String::new();
        if self.file.as_ref().is_none_or(|(_, length)| *length >= SEGMENT_BYTES_MAX) {
            text += &self.journal.open_segment(&time);
            self.file = Some((self.create(self.journal.segment())?, 0));
        }
        for query in queries {
            text += &self.journal.query(query);
        }
        let head = self.journal.head();
        let signed = self.signed_head();
        if let Some(signed) = &signed {
            text += &self.journal.seal(&time, signed);
        }
        let path = segment_path(&self.place.folder, self.journal.segment());
        if let Some((file, length)) = &mut self.file {
            file.write_all(text.as_bytes()).and_then(|()| file.sync_data()).map_err(at(&path))?;
            *length += text.len() as u64;
        }
        self.put_down(head)?;
        Ok(signed)
    }

    fn signed_head(&self) -> Option<SignedHead> {
        let (head, key) = (self.journal.head(), self.place.key);
        let signature = self.place.signer.sign(&head.message(self.place.chain))?;
        Some(SignedHead { head, key, signature })
    }

    /// A new segment; the oldest goes when there are too many.
    fn create(&self, number: u64) -> Result<File, JournalError> {
        let folder = &self.place.folder;
        std::fs::create_dir_all(folder).map_err(at(folder))?;
        let path = segment_path(folder, number);
        let file = OpenOptions::new().create_new(true).append(true).open(&path).map_err(at(&path))?;
        let all = segments(folder)?;
        for old in &all[..all.len().saturating_sub(SEGMENTS_MAX)] {
            let path = segment_path(folder, *old);
            std::fs::remove_file(&path).map_err(at(&path))?;
            tracing::warn!(segment = old, "the access log is as long as it may be: its oldest segment was removed");
        }
        sync_folder(folder)?;
        Ok(file)
    }

    /// Replaces the file of the last head.
    fn put_down(&self, head: Head) -> Result<(), JournalError> {
        let path = &self.place.head;
        let folder = path.parent().unwrap_or(Path::new("."));
        std::fs::create_dir_all(folder).map_err(at(folder))?;
        let fresh = path.with_extension("new");
        let write = || {
            let mut file = File::create(&fresh)?;
            file.write_all(format!("{} {}\n", head.entries, head.link).as_bytes())?;
            file.sync_all()?;
            std::fs::rename(&fresh, path)
        };
        write().map_err(at(path))?;
        sync_folder(folder)
    }
}

/// The last segment that holds a line; one that a crash has left empty is removed.
fn last_segment(folder: &Path) -> Result<Option<u64>, JournalError> {
    for number in segments(folder)?.into_iter().rev() {
        let path = segment_path(folder, number);
        let bytes = std::fs::read(&path).map_err(at(&path))?;
        if bytes.contains(&b'\n') {
            return Ok(Some(number));
        }
        std::fs::remove_file(&path).map_err(at(&path))?;
    }
    Ok(None)
}

fn sync_folder(folder: &Path) -> Result<(), JournalError> {
    File::open(folder).and_then(|f| f.sync_all()).map_err(at(folder))
}

#[cfg(test)]
mod tests {
    use super::*;
    use bencao_crypto::{Signature, SigningKey};

    struct Key(SigningKey);

    impl Signer for Key {
        fn sign(&self, message: &[u8]) -> Option<Signature> {
            Some(self.0.sign(message))
        }
    }

    fn place(folder: &Path) -> Place {
        let key = SigningKey::from_bytes(&[7; 32]).unwrap();
        Place {
            folder: folder.join("log"),
            head: folder.join("signer").join(HEAD_FILE),
            chain: ChainId::default(),
            key: key.public(),
            signer: Arc::new(Key(key)),
            time: Box::new(|| "2026-11-24T09:30:00.000+08:00".into()),
        }
    }

    fn query(n: usize) -> Query {
        Query {
            time: "2026-11-24T09:30:00.000+08:00".into(),
            height: 1,
            organisation: "11650000MB00000000".into(),
            region: "650000".into(),
            by: "key:00".into(),
            address: "10.0.0.1".into(),
            method: "GET".into(),
            target: format!("/v1/codes/{n}"),
            purpose: "x".repeat(100),
            status: 200,
            error: None,
        }
    }

    fn verify(folder: &Path) -> Result<u64, Damage> {
        let (log, head) = (folder.join("log"), folder.join("signer").join(HEAD_FILE));
        let expected = last_head(&head).unwrap().into_iter().collect();
        let mut verifier = Verifier::new(Some(ChainId::default()), expected);
        for number in segments(&log).unwrap() {
            verifier.segment(number, &std::fs::read(segment_path(&log, number)).unwrap())?;
        }
        verifier.finish().map(|(verified, _)| verified.head.entries)
    }

    fn open(folder: &Path) -> Result<Writer, JournalError> {
        Writer::open(place(folder))
    }

    #[test]
    fn a_log_is_continued_after_every_stop() {
        let folder = tempfile::tempdir().unwrap();
        for n in 0..4 {
            let mut writer = open(folder.path()).unwrap();
            let signed = writer.enter([query(n), query(n)].into_iter()).unwrap().unwrap();
            assert!(signed.verifies(ChainId::default()));
            assert_eq!(signed.head.entries, 2 * (n as u64 + 1));
            assert_eq!(verify(folder.path()), Ok(signed.head.entries));
        }
        assert_eq!(segments(&folder.path().join("log")).unwrap(), [1]);
    }

    #[test]
    fn a_torn_end_goes_and_a_missing_one_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let log = segment_path(&folder.path().join("log"), 1);
        open(folder.path()).unwrap().enter([query(0)].into_iter()).unwrap();
        let whole = std::fs::read(&log).unwrap();
        std::fs::write(&log, [&whole[..], b"0123456789abcdef"].concat()).unwrap();
        open(folder.path()).unwrap().enter([query(1)].into_iter()).unwrap();
        assert_eq!(verify(folder.path()), Ok(2));
        std::fs::write(&log, &whole).unwrap();
        assert!(matches!(open(folder.path()), Err(JournalError::Damaged(_))), "the second entry was promised");
        std::fs::remove_file(&log).unwrap();
        assert!(matches!(open(folder.path()), Err(JournalError::Damaged(_))), "both were");
        std::fs::write(folder.path().join("signer").join(HEAD_FILE), "x").unwrap();
        assert!(matches!(open(folder.path()), Err(JournalError::Head { .. })));
    }

    #[test]
    fn a_changed_line_stops_the_log() {
        let folder = tempfile::tempdir().unwrap();
        let log = segment_path(&folder.path().join("log"), 1);
        open(folder.path()).unwrap().enter((0..3).map(query)).unwrap();
        let text = std::fs::read_to_string(&log).unwrap().replace("/v1/codes/1", "/v1/codes/7");
        std::fs::write(&log, text).unwrap();
        assert!(matches!(open(folder.path()), Err(JournalError::Damaged(_))));
    }

    #[test]
    fn segments_are_chained_and_the_oldest_go() {
        let folder = tempfile::tempdir().unwrap();
        let mut writer = open(folder.path()).unwrap();
        let total = SEGMENTS_MAX + 3;
        for n in 0..total {
            writer.enter([query(n)].into_iter()).unwrap();
            // As if the segment had grown to its size.
            writer.file.as_mut().unwrap().1 = SEGMENT_BYTES_MAX;
        }
        let left = segments(&folder.path().join("log")).unwrap();
        assert_eq!((left.len(), left[0]), (SEGMENTS_MAX, 4));
        assert_eq!(verify(folder.path()), Ok(total as u64));
        // A crash between making a segment and writing it.
        std::fs::write(segment_path(&folder.path().join("log"), total as u64 + 1), "abc").unwrap();
        let mut writer = open(folder.path()).unwrap();
        writer.enter([query(0)].into_iter()).unwrap();
        assert_eq!(verify(folder.path()), Ok(total as u64 + 1));
    }

    #[test]
    fn entries_that_wait_are_answered_and_a_broken_log_refuses_them() {
        let folder = tempfile::tempdir().unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let (handle, thread) = spawn(place(folder.path())).unwrap();
        let entered = runtime.block_on(async { handle.enter(query(0)).await }).unwrap();
        assert_eq!(entered.unwrap().head.entries, 1);
        drop(handle);
        thread.join().unwrap();
        std::fs::write(segment_path(&folder.path().join("log"), 1), "nonsense\n").unwrap();
        let (handle, thread) = spawn(place(folder.path())).unwrap();
        thread.join().unwrap();
        assert_eq!(runtime.block_on(async { handle.enter(query(1)).await }), Err(NotEntered::Unavailable));
    }
}
