//! The handle to a snapshot, and the ways to get one.

use std::path::Path;
use std::sync::Arc;

use napi::bindgen_prelude::{Either, Env, Float64Array, Int32Array, Object, ObjectFinalize, Uint8Array, Uint32Array};
use napi_derive::napi;

use super::failure::{guard, to_napi};
use super::feed::{Feed, FeedReader};
use super::job::{self, Cancellation, ProgressListener};
use crate::analysis::scripts::Scripts;
use crate::cancel::CancelToken;
use crate::error::{Error, ErrorKind, Result};
use crate::graph::Snapshot;
use crate::progress::Progress;
use crate::snapshot::{ReadOptions, Source, read, read_partial};

/// A snapshot, with what every question to it needs.
pub(super) struct Opened {
    pub(super) snapshot: Snapshot,
    pub(super) scripts: Scripts,
}

/// A snapshot in native memory.
#[napi(custom_finalize)]
pub struct SnapshotHandle {
    opened: Option<Arc<Opened>>,
    /// Bytes that V8 was told of.
    external_size: i64,
}

#[napi]
impl SnapshotHandle {
    /// Whether `dispose` was called.
    #[napi(getter)]
    pub fn disposed(&self) -> bool {
        self.opened.is_none()
    }

    /// Frees the native memory as soon as no job uses it any more.
    #[napi]
    pub fn dispose(&mut self, env: Env) -> napi::Result<()> {
        if self.opened.take().is_some() {
            env.adjust_external_memory(-self.external_size)?;
        }
        Ok(())
    }

    /// A column in file order, as a typed array of its own memory: JavaScript could write to shared memory.
    #[napi(ts_return_type = "Uint32Array | Int32Array | Float64Array")]
    pub fn column(&self, name: String) -> napi::Result<Either<Uint32Array, Either<Int32Array, Float64Array>>> {
        let opened = self.opened()?;
        guard(|| column(&opened.snapshot, &name)).map_err(|error| to_napi(&error))
    }
}

impl SnapshotHandle {
    fn new(env: Env, opened: Opened) -> napi::Result<Self> {
        let external_size = i64::try_from(opened.snapshot.memory_size()).unwrap_or(i64::MAX);
        // V8 then knows what a collected handle would free.
        env.adjust_external_memory(external_size)?;
        Ok(Self { opened: Some(Arc::new(opened)), external_size })
    }

    pub(super) fn opened(&self) -> napi::Result<Arc<Opened>> {
        // JavaScript asks `disposed` first and throws its own error; this is for the case that it did not.
        self.opened.clone().ok_or_else(|| to_napi(&Error::new(ErrorKind::Internal("the snapshot is disposed".into()))))
    }
}

impl ObjectFinalize for SnapshotHandle {
    fn finalize(self, env: Env) -> napi::Result<()> {
        if self.opened.is_some() {
            env.adjust_external_memory(-self.external_size)?;
        }
        Ok(())
    }
}

type Column = Either<Uint32Array, Either<Int32Array, Float64Array>>;

fn column(snapshot: &Snapshot, name: &str) -> Result<Column> {
    let nodes = &snapshot.heap.nodes;
    let graph = &snapshot.graph;
    // Sums below 2^53 are exact as doubles; no heap is larger.
    let sizes = |size: &dyn Fn(crate::snapshot::NodeIndex) -> u64| {
        Either::B(Either::B(Float64Array::new(nodes.indices().map(|node| size(node) as f64).collect())))
    };
    match name {
        "id" => Ok(Either::A(Uint32Array::new(nodes.ids().to_vec()))),
        "shallowSize" => Ok(sizes(&|node| graph.sizes.shallow_size(node))),
        "retainedSize" => Ok(sizes(&|node| graph.dominators.retained_size(node))),
        "distance" => {
            let distances = nodes.indices().map(|node| graph.distances.raw(node)).collect();
            Ok(Either::B(Either::A(Int32Array::new(distances))))
        }
        "immediateDominator" => {
            let dominators = nodes.indices().map(|node| nodes.id(graph.dominators.immediate_dominator(node)).0);
            Ok(Either::A(Uint32Array::new(dominators.collect())))
        }
        _ => Err(Error::new(ErrorKind::InvalidArg(format!("no column is called {name}")))),
    }
}

/// How to read, as JavaScript says.
#[derive(Clone, Copy)]
struct Reading {
    threads: Option<u32>,
    /// Whether a part of a file will do.
    partial: bool,
}

fn open(source: Source<'_>, reading: Reading, cancel: &CancelToken, progress: &Progress) -> Result<Opened> {
    let mut options = ReadOptions::default();
    if let Some(threads) = reading.threads {
        options.threads = threads.max(1) as usize;
    }
    let read = if reading.partial { read_partial } else { read };
    let heap = read(source, &options, cancel, progress)?;
    let snapshot = Snapshot::new(heap, options.threads, cancel, progress)?;
    let scripts = Scripts::new(&snapshot.heap);
    Ok(Opened { snapshot, scripts })
}

/// Parses a file (by path) or bytes, now.
#[napi]
pub fn parse(
    env: Env,
    source: Either<String, Uint8Array>,
    threads: Option<u32>,
    partial: Option<bool>,
) -> napi::Result<SnapshotHandle> {
    let source = match &source {
        Either::A(path) => Source::Path(Path::new(path)),
        Either::B(bytes) => Source::Bytes(bytes),
    };
    let reading = Reading { threads, partial: partial.unwrap_or(false) };
    let opened = guard(|| open(source, reading, &CancelToken::new(), &Progress::none()));
    SnapshotHandle::new(env, opened.map_err(|error| to_napi(&error))?)
}

/// Parses a file (by path) or what is written to a feed, on a thread of its own.
#[napi(ts_return_type = "Promise<SnapshotHandle>")]
pub fn parse_job<'env>(
    env: &'env Env,
    source: Either<String, &Feed>,
    threads: Option<u32>,
    cancellation: Option<&Cancellation>,
    listener: Option<ProgressListener<'_>>,
    partial: Option<bool>,
) -> napi::Result<Object<'env>> {
    let convert = SnapshotHandle::new;
    let reading = Reading { threads, partial: partial.unwrap_or(false) };
    match source {
        Either::A(path) => {
            let work = move |cancel: &CancelToken, progress: &Progress| {
                open(Source::Path(Path::new(&path)), reading, cancel, progress)
            };
            job::start(env, cancellation, listener, work, convert)
        }
        Either::B(feed) => {
            let reader = FeedReader::new(feed.queue());
            let work = move |cancel: &CancelToken, progress: &Progress| {
                open(Source::Reader(Box::new(reader)), reading, cancel, progress)
            };
            job::start(env, cancellation, listener, work, convert)
        }
    }
}
