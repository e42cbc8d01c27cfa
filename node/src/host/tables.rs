//! The thread that builds tables of known keys, so that no thread which orders or executes waits for one.

use super::network::KeyBook;
use super::orders::Watch;
use super::stop::Stop;
use crate::error::NodeError;
use crate::limits::STOP_NOTICED;
use bencao_crypto::TableKeys;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::thread::JoinHandle;

/// Tables that ask for their builder, and the builder, which prepares for the keys of the chain before it is asked.
///
/// # Errors
/// [`NodeError::Thread`].
pub(crate) fn spawn(book: Arc<KeyBook>, stop: &Stop) -> Result<(Arc<TableKeys>, JoinHandle<()>), NodeError> {
    const NAME: &str = "tables";
    // One call is enough, whatever has happened since: the builder then builds all that is wanted.
    let (call, calls) = sync_channel(1);
    let tables = Arc::new(TableKeys::default().call_builder(move || _ = call.try_send(())));
    let (stop, built) = (stop.clone(), tables.clone());
    let work = move || {
        let _watch = Watch { name: NAME, stop: stop.clone() };
        run(&book, &built, &calls, &stop);
    };
    let thread = std::thread::Builder::new().name(NAME.to_owned()).spawn(work);
    let thread = thread.map_err(|source| NodeError::Thread { name: NAME, source })?;
    Ok((tables, thread))
}

fn run(book: &KeyBook, tables: &TableKeys, calls: &Receiver<()>, stop: &Stop) {
    let goes_on = || !stop.is_requested();
    book.validators().take_while(|_| goes_on()).for_each(|key| tables.expect_often(key));
    book.all().take_while(|_| goes_on()).for_each(|key| tables.expect(key));
    while goes_on() {
        match calls.recv_timeout(STOP_NOTICED) {
            Ok(()) => while goes_on() && tables.build_wanted() {},
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return,
        }
    }
}
