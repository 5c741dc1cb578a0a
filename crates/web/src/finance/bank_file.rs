//! The bank file of a run as the body of an answer: written while it is sent, with a few pages in memory.

use std::io::{Error, Write};

use axum::body::{Body, Bytes};
use futures_util::stream;
use kernel::RunId;
use payment::bank::{self, FileFault};
use tokio::sync::mpsc::{self, Receiver, Sender};

use crate::state::AppState;

/// Chunks of 64 KiB that may wait for a slow reader.
const AHEAD: usize = 8;

type Chunk = Result<Bytes, Error>;

/// Hands on what is written, and waits while the reader is behind.
struct Pipe(Sender<Chunk>);

impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let chunk = Bytes::copy_from_slice(bytes);
        let sent = tokio::task::block_in_place(|| self.0.blocking_send(Ok(chunk)));
        // The reader went away.
        sent.map_err(|_| Error::from(std::io::ErrorKind::BrokenPipe))?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// The body; a fault found before the first byte is told instead of a body. One found later breaks the answer off, so that
/// no short file looks whole.
pub(super) async fn body(state: &AppState, run: RunId) -> Result<Body, FileFault> {
    let (to, mut from): (Sender<Chunk>, Receiver<Chunk>) = mpsc::channel(AHEAD);
    let (state, end) = (state.clone(), to.clone());
    let work = tokio::spawn(async move {
        let written = bank::write(&state.db, state.guard.keys(), run, Pipe(to)).await;
        if let Err(why) = &written {
            // Nobody listens any more, or it is told below.
            let _ = end.send(Err(Error::other(why.to_string()))).await;
        }
        written
    });
    match from.recv().await {
        Some(Ok(first)) => {
            let rest = stream::unfold((Some(first), from), |(first, mut from)| async move {
                let chunk = match first {
                    Some(first) => Ok(first),
                    None => from.recv().await?,
                };
                Some((chunk, (None, from)))
            });
            Ok(Body::from_stream(rest))
        }
        Some(Err(_)) | None => match work.await {
            Ok(Err(fault)) => Err(fault),
            Ok(Ok(_)) => Err(FileFault::Empty),
            Err(broken) => Err(FileFault::Out(Error::other(broken))),
        },
    }
}
