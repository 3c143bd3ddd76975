//! Chunks from JavaScript to a parsing thread.

use std::collections::VecDeque;
use std::io::{self, Read};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use napi::JsDeferred;
use napi::bindgen_prelude::{Env, Object, Uint8Array};
use napi_derive::napi;

use crate::error::{Error, ErrorKind};

type Drained = JsDeferred<(), fn(Env) -> napi::Result<()>>;

/// Chunks under way.
#[derive(Default)]
pub(super) struct Queue {
    state: Mutex<State>,
    /// For the reader: there are chunks, or there will be none.
    changed: Condvar,
    /// For a writer that waits on its own thread: there is room.
    room: Condvar,
}

#[derive(Default)]
struct State {
    chunks: VecDeque<Vec<u8>>,
    size: usize,
    /// No more chunks will come.
    ended: bool,
    /// Nobody will read any more, or the writer gave up.
    abandoned: bool,
    waiting: Vec<Drained>,
}

impl Queue {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets go of both ends.
    pub(super) fn abandon(&self) {
        let mut state = self.state();
        state.abandoned = true;
        state.chunks.clear();
        state.size = 0;
        state.release();
        self.changed.notify_all();
        self.room.notify_all();
    }
}

impl State {
    fn release(&mut self) {
        for waiting in self.waiting.drain(..) {
            waiting.resolve(|_| Ok(()));
        }
    }
}

/// A snapshot's bytes, written by JavaScript as they come.
#[napi]
pub struct Feed {
    queue: Arc<Queue>,
}

/// Bytes that may wait before `write` asks the writer to pause.
const HIGH_WATER: usize = 16 << 20;

#[napi]
impl Feed {
    #[napi(constructor)]
    #[allow(clippy::new_without_default, reason = "constructed by JavaScript only")]
    pub fn new() -> Self {
        Self { queue: Arc::default() }
    }

    /// Copies a chunk into the queue. Returns whether the writer may go on at once; if not, `drained` tells when.
    #[napi]
    pub fn write(&self, chunk: Uint8Array) -> bool {
        let mut state = self.queue.state();
        if state.abandoned || chunk.is_empty() {
            return true;
        }
        state.size += chunk.len();
        state.chunks.push_back(chunk.to_vec());
        self.queue.changed.notify_one();
        state.size < HIGH_WATER
    }

    /// Copies a chunk into the queue, and blocks while the reader is behind: for chunks that come while the event loop
    /// stands still anyway. The reader never waits for JavaScript, and when it ends, however it ends, nobody waits for it.
    #[napi]
    pub fn write_now(&self, chunk: &[u8]) {
        let mut state = self.queue.state();
        while state.size >= HIGH_WATER && !state.abandoned {
            state = self.queue.room.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        if state.abandoned || chunk.is_empty() {
            return;
        }
        state.size += chunk.len();
        state.chunks.push_back(chunk.to_vec());
        self.queue.changed.notify_one();
    }

    /// A promise for the time when the reader has caught up, or will never read again.
    #[napi(ts_return_type = "Promise<void>")]
    pub fn drained(&self, env: &Env) -> napi::Result<Object<'static>> {
        let (deferred, promise): (Drained, Object<'_>) = env.create_deferred()?;
        // The promise lives in the caller's scope; only its type names a lifetime.
        let promise = Object::from_raw(env.raw(), napi::JsValue::raw(&promise));
        let mut state = self.queue.state();
        state.waiting.push(deferred);
        if state.abandoned || state.size < HIGH_WATER {
            state.release();
        }
        Ok(promise)
    }

    /// Whether nobody will read any more.
    #[napi(getter)]
    pub fn abandoned(&self) -> bool {
        self.queue.state().abandoned
    }

    /// No more chunks will come.
    #[napi]
    pub fn end(&self) {
        self.queue.state().ended = true;
        self.queue.changed.notify_all();
    }

    /// The writer gives up: the parse fails as cancelled.
    #[napi]
    pub fn abandon(&self) {
        self.queue.abandon();
    }
}

impl Feed {
    pub(super) fn queue(&self) -> Arc<Queue> {
        Arc::clone(&self.queue)
    }
}

/// The reading end; lets go of the queue when dropped.
pub(super) struct FeedReader {
    queue: Arc<Queue>,
    chunk: io::Cursor<Vec<u8>>,
}

impl FeedReader {
    pub(super) fn new(queue: Arc<Queue>) -> Self {
        Self { queue, chunk: io::Cursor::default() }
    }
}

impl Read for FeedReader {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        loop {
            let read = self.chunk.read(out)?;
            if read > 0 || out.is_empty() {
                return Ok(read);
            }
            let mut state = self.queue.state();
            loop {
                if state.abandoned {
                    return Err(io::Error::other(Error::new(ErrorKind::Cancelled)));
                }
                if let Some(chunk) = state.chunks.pop_front() {
                    state.size -= chunk.len();
                    if state.size < HIGH_WATER / 2 {
                        state.release();
                        self.queue.room.notify_all();
                    }
                    self.chunk = io::Cursor::new(chunk);
                    break;
                }
                if state.ended {
                    return Ok(0);
                }
                state = self.queue.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
            }
        }
    }
}

impl Drop for FeedReader {
    fn drop(&mut self) {
        self.queue.abandon();
    }
}
