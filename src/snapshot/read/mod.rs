//! Bytes -> [`Heap`]: several threads read and scan blocks, one after the other they pass the state machine of
//! [`super::scan`], and then each writes the records of its block to the columns.
//!
//! Cost: one pass over the bytes, and 17 bytes a node, 8 an edge and 16 a location kept. On two threads the passage
//! through the state machine takes a few microseconds a block of numbers; only the strings (a tenth of a file) are read
//! by one thread at a time.

mod columns;

use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError, RwLock};

use rustc_hash::FxHashMap;

use self::columns::{Columns, Fault};
pub(super) use self::columns::{Record, each_record};
use super::column::OutOfMemory;
use super::edge::EdgeKind;
use super::layout::Layout;
use super::numbers::Numbers;
use super::scan::{Ahead, Piece, Scanner, Section};
use super::source::{Block, Blocks, Source};
use super::{Heap, Locations, Traces};
use crate::cancel::CancelToken;
use crate::error::{Error, ErrorKind, Result};
use crate::progress::{Phase, Progress};

/// How to read.
#[derive(Clone, Debug)]
pub struct ReadOptions {
    /// Threads to use, this one included; at least 1.
    pub threads: usize,
    /// Bytes a thread takes at a time.
    pub block_size: usize,
}

impl Default for ReadOptions {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        // 256 KiB and its numbers stay in a second-level cache.
        Self { threads: cores.min(8), block_size: 1 << 18 }
    }
}

/// Reads a snapshot.
///
/// # Errors
/// Whatever is wrong with the input, with its place; `Cancelled`; never a panic, and never memory out of proportion to
/// the input: counts in the header are not believed.
pub fn read(source: Source<'_>, options: &ReadOptions, cancel: &CancelToken, progress: &Progress) -> Result<Heap> {
    read_as(source, options, false, cancel, progress)
}

/// The same, but of a file that ends after its nodes gives what is there, with [`Heap::cut`] saying where it ends.
///
/// # Errors
/// As [`read`]; `Truncated` only where not even the nodes are complete.
pub fn read_partial(
    source: Source<'_>,
    options: &ReadOptions,
    cancel: &CancelToken,
    progress: &Progress,
) -> Result<Heap> {
    read_as(source, options, true, cancel, progress)
}

fn read_as(
    source: Source<'_>,
    options: &ReadOptions,
    partial: bool,
    cancel: &CancelToken,
    progress: &Progress,
) -> Result<Heap> {
    let blocks = Blocks::open(source, options.block_size.max(1))?;
    let reader = Reader {
        turn: Mutex::new(Turn { scanner: Scanner::new(blocks.length), next: 0 }),
        turn_changed: Condvar::new(),
        columns: RwLock::new(Columns::new()),
        large_sizes: Mutex::new(FxHashMap::default()),
        largest_label: AtomicU32::new(0),
        in_numbers: AtomicBool::new(false),
        failure: Mutex::new(None),
        failed_block: AtomicU64::new(u64::MAX),
        partial,
        blocks,
        cancel,
        progress,
    };
    std::thread::scope(|scope| {
        for _ in 1..options.threads {
            // A thread that cannot be had is only slower.
            let _ = std::thread::Builder::new().name("leakscan-read".into()).spawn_scoped(scope, || reader.work());
        }
        reader.work();
    });
    reader.into_heap()
}

struct Reader<'a> {
    blocks: Blocks<'a>,
    turn: Mutex<Turn>,
    turn_changed: Condvar,
    /// Written to by all threads under the read lock, each its own rows; grown under the write lock.
    columns: RwLock<Columns>,
    large_sizes: Mutex<FxHashMap<u32, u64>>,
    /// The largest string index any record names.
    largest_label: AtomicU32,
    /// Whether the next block is likely to be numbers.
    in_numbers: AtomicBool,
    /// The failure of the earliest block.
    failure: Mutex<Option<Error>>,
    failed_block: AtomicU64,
    /// Whether a file that ends too early is good for what it has.
    partial: bool,
    cancel: &'a CancelToken,
    progress: &'a Progress,
}

struct Turn {
    scanner: Scanner,
    /// Number of the block whose turn it is.
    next: u64,
}

/// Wakes the others when a thread dies of a bug, so that they do not wait for its turn for ever.
struct Leaving<'a, 'b>(&'a Reader<'b>);

impl Drop for Leaving<'_, '_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.failed_block.store(0, Ordering::SeqCst);
            drop(self.0.turn());
            self.0.turn_changed.notify_all();
        }
    }
}

impl Reader<'_> {
    fn work(&self) {
        let _leaving = Leaving(self);
        let mut buffer = Vec::new();
        let mut numbers = Numbers::default();
        loop {
            let block = match self.blocks.next(&mut buffer) {
                Ok(Some(block)) => block,
                Ok(None) => return,
                Err((number, error)) => return self.fail(number, error),
            };
            let number = block.number;
            if let Err(error) = self.cancel.check().and_then(|()| self.block(&block, &mut numbers)) {
                self.fail(number, error);
            }
            if self.failed_block.load(Ordering::SeqCst) <= number {
                return;
            }
        }
    }

    fn fail(&self, block: u64, error: Error) {
        let mut failure = self.failure.lock().unwrap_or_else(PoisonError::into_inner);
        if block < self.failed_block.load(Ordering::SeqCst) {
            *failure = Some(error);
            self.failed_block.store(block, Ordering::SeqCst);
        }
        drop(failure);
        drop(self.turn());
        self.turn_changed.notify_all();
    }

    fn turn(&self) -> MutexGuard<'_, Turn> {
        self.turn.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn block(&self, block: &Block<'_>, numbers: &mut Numbers) -> Result<()> {
        let ahead = if self.in_numbers.load(Ordering::Relaxed) {
            Ahead::scan(block.bytes, std::mem::take(numbers))
        } else {
            None
        };
        let mut pieces = Vec::new();
        let mut turn = self.turn();
        while turn.next != block.number {
            if self.failed_block.load(Ordering::SeqCst) <= block.number {
                return Ok(());
            }
            turn = self.turn_changed.wait(turn).unwrap_or_else(PoisonError::into_inner);
        }
        let mut advanced = turn.scanner.advance(block.bytes, ahead, &mut pieces);
        if let Err(no_room) = self.make_room(&turn.scanner) {
            pieces.clear();
            advanced = advanced.and(Err(no_room));
        }
        self.in_numbers.store(turn.scanner.is_in_numbers(), Ordering::Relaxed);
        let layout = turn.scanner.layout.clone().filter(|_| !pieces.is_empty());
        turn.next += 1;
        // While it is this block's turn: reports of two threads would overtake each other.
        self.progress.report(Phase::Reading, block.offset + block.bytes.len() as u64, self.blocks.length);
        drop(turn);
        self.turn_changed.notify_all();
        if let Some(layout) = layout {
            // Records before the failure are checked too: the first fault of the file is the one to tell.
            for piece in &pieces {
                self.write(&layout, piece).map_err(|fault| self.place(fault))?;
            }
        }
        if let Some(largest) = pieces.into_iter().map(|piece| piece.numbers).max_by_key(|it| it.values.capacity()) {
            *numbers = largest;
        }
        advanced
    }

    fn make_room(&self, scanner: &Scanner) -> Result<()> {
        let Some(layout) = &scanner.layout else { return Ok(()) };
        let (nodes, edges) = (scanner.rows(Section::Nodes), scanner.rows(Section::Edges));
        let enough = {
            let columns = self.columns.read().unwrap_or_else(PoisonError::into_inner);
            columns.node_room >= nodes && columns.edge_room >= edges
        };
        if enough {
            return Ok(());
        }
        let checked = self.blocks.length.is_some_and(|length| layout.fits(length));
        let mut columns = self.columns.write().unwrap_or_else(PoisonError::into_inner);
        columns.make_room(layout, nodes, edges, checked).map_err(|OutOfMemory| {
            let (nodes, edges) = (layout.node_count, layout.edge_count);
            Error::too_large(
                "snapshot",
                0,
                format!("expected memory for {nodes} nodes and {edges} edges, found too little"),
            )
        })
    }

    fn write(&self, layout: &Layout, piece: &Piece) -> std::result::Result<(), Fault> {
        let columns = self.columns.read().unwrap_or_else(PoisonError::into_inner);
        let largest = match piece.section {
            Section::Nodes => columns.write_nodes(layout, piece, &self.large_sizes)?,
            Section::Edges => columns.write_edges(layout, piece)?,
            Section::Locations | Section::Samples => 0,
        };
        self.largest_label.fetch_max(largest, Ordering::Relaxed);
        Ok(())
    }

    /// Gives a fault its byte offset: exactly where the input can be read again, else where its block starts.
    fn place(&self, fault: Fault) -> Error {
        let (mut number, mut offset) = self.turn().scanner.mark(fault.section, fault.number);
        let mut in_number = false;
        'search: while let Some(bytes) = self.blocks.again(offset, 1 << 16).filter(|bytes| !bytes.is_empty()) {
            for (at, byte) in bytes.iter().enumerate() {
                if byte.is_ascii_digit() && !in_number {
                    if number == fault.number {
                        offset += at as u64;
                        break 'search;
                    }
                    number += 1;
                }
                in_number = byte.is_ascii_digit();
            }
            offset += bytes.len() as u64;
        }
        Error::corrupt(fault.section.name(), offset, fault.message)
    }

    fn into_heap(self) -> Result<Heap> {
        if let Some(error) = self.failure.lock().unwrap_or_else(PoisonError::into_inner).take() {
            return Err(error);
        }
        if self.failed_block.load(Ordering::SeqCst) != u64::MAX {
            return Err(Error::new(ErrorKind::Internal("a reading thread died".into())));
        }
        let cut = {
            let mut turn = self.turn();
            let largest = self.largest_label.load(Ordering::Relaxed) as usize;
            let cut = match turn.scanner.finish() {
                Ok(()) => None,
                Err(error) if self.partial => Some(turn.scanner.end_early(error, largest)?),
                Err(error) => return Err(error),
            };
            if largest >= turn.scanner.strings.len() {
                let strings = turn.scanner.strings.len();
                drop(turn);
                return Err(self.bad_label(strings));
            }
            cut
        };
        let Self { turn, columns, large_sizes, .. } = self;
        let scanner = turn.into_inner().unwrap_or_else(PoisonError::into_inner).scanner;
        let (_, nodes_offset) = scanner.mark(Section::Nodes, 0);
        let columns = columns.into_inner().unwrap_or_else(PoisonError::into_inner);
        let large_size = large_sizes.into_inner().unwrap_or_else(PoisonError::into_inner);
        let Some(layout) = scanner.layout else {
            return Err(Error::new(ErrorKind::Internal("a snapshot without a layout".into())));
        };
        // SAFETY: the state machine has counted exactly these rows, and every one of them was written.
        let (mut nodes, edges, traced) = unsafe { columns.finish(&layout) };
        nodes.large_size = large_size;
        if cut.is_some() {
            nodes.cap_edge_counts(edges.len());
        }
        nodes.sum_edge_counts(edges.len()).map_err(|sum| {
            let message = format!("expected the edge_count fields to add up to {}, found {sum}", edges.len());
            Error::corrupt("nodes", nodes_offset, message)
        })?;
        let mut strings = scanner.strings;
        strings.shrink();
        let locations = Locations::new(scanner.locations);
        let traces = layout
            .trace
            .as_ref()
            .map_or_else(Traces::default, |fields| Traces::read(&scanner.traces, fields, traced, strings.len()));
        Ok(Heap { layout, nodes, edges, locations, samples: scanner.samples, strings, traces, cut })
    }

    /// The first record that names a string which is not there.
    fn bad_label(&self, strings: usize) -> Error {
        let turn = self.turn();
        let Some(layout) = &turn.scanner.layout else { return Error::new(ErrorKind::Internal("no layout".into())) };
        let columns = self.columns.read().unwrap_or_else(PoisonError::into_inner);
        // SAFETY: all rows of both sections were written: the scanner has finished.
        let (nodes, edges) = unsafe { columns.rows(layout) };
        let name = nodes.iter().position(|&name| name as usize >= strings);
        let label =
            || {
                edges.0.iter().zip(edges.1).position(|(&packed, &label)| {
                    label as usize >= strings && !EdgeKind::from_bits(packed).is_numbered()
                })
            };
        let fault = match name {
            Some(row) => Some((Section::Nodes, row * layout.node.stride + layout.node.name, nodes[row])),
            None => label().map(|row| (Section::Edges, row * layout.edge.stride + layout.edge.label, edges.1[row])),
        };
        let Some((section, number, found)) = fault else {
            return Error::new(ErrorKind::Internal("a label out of range was lost".into()));
        };
        let message = format!("expected the index of one of {strings} strings, found {found}");
        drop(turn);
        self.place(Fault { section, number: number as u64, message })
    }
}
