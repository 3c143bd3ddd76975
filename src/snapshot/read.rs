//! Bytes -> [`Heap`]: several threads read and scan blocks, one after the other they pass the state machine of
//! [`super::scan`], and then each writes the records of its block to the columns.
//!
//! Cost: one pass over the bytes, and 17 bytes a node, 8 an edge and 16 a location kept. On two threads the passage
//! through the state machine takes a few microseconds a block of numbers; only the strings (a tenth of a file) are read
//! by one thread at a time.

use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError, RwLock};

use rustc_hash::FxHashMap;

use super::column::{Column, OutOfMemory};
use super::edge::{EdgeKind, Edges};
use super::layout::Layout;
use super::node::{NodeKind, Nodes};
use super::numbers::Numbers;
use super::scan::{Ahead, Piece, Scanner, Section};
use super::source::{Block, Blocks, Source};
use super::{Heap, Locations};
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

/// A record that cannot be right; the place is found afterwards.
struct Fault {
    section: Section,
    number: u64,
    message: String,
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
        drop(turn);
        self.turn_changed.notify_all();
        self.progress.report(Phase::Reading, block.offset + block.bytes.len() as u64, self.blocks.length);
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
        {
            let turn = self.turn();
            turn.scanner.finish()?;
            if self.largest_label.load(Ordering::Relaxed) as usize >= turn.scanner.strings.len() {
                let strings = turn.scanner.strings.len();
                drop(turn);
                return Err(self.bad_label(strings));
            }
        }
        let Self { turn, columns, large_sizes, .. } = self;
        let scanner = turn.into_inner().unwrap_or_else(PoisonError::into_inner).scanner;
        let (_, nodes_offset) = scanner.mark(Section::Nodes, 0);
        let columns = columns.into_inner().unwrap_or_else(PoisonError::into_inner);
        let large_size = large_sizes.into_inner().unwrap_or_else(PoisonError::into_inner);
        let Some(layout) = scanner.layout else {
            return Err(Error::new(ErrorKind::Internal("a snapshot without a layout".into())));
        };
        // SAFETY: the state machine has counted exactly these rows, and every one of them was written.
        let (mut nodes, edges) = unsafe { columns.finish(&layout) };
        nodes.large_size = large_size;
        nodes.sum_edge_counts(edges.len()).map_err(|sum| {
            let message = format!("expected the edge_count fields to add up to {}, found {sum}", edges.len());
            Error::corrupt("nodes", nodes_offset, message)
        })?;
        let mut strings = scanner.strings;
        strings.shrink();
        let locations = Locations::new(scanner.locations);
        Ok(Heap { layout, nodes, edges, locations, samples: scanner.samples, strings })
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

/// The columns while they are filled.
struct Columns {
    node_room: usize,
    kind: Column<u8>,
    name: Column<u32>,
    id: Column<u32>,
    self_size: Column<u32>,
    /// Row `n + 1` holds the edge count of node `n`.
    edge_count: Column<u32>,
    edge_room: usize,
    target_and_kind: Column<u32>,
    label: Column<u32>,
}

/// Rows made room for at first when the input's length does not vouch for the header's counts, which may lie.
const FIRST_ROOM: usize = 1 << 18;

impl Columns {
    fn new() -> Self {
        Self {
            node_room: 0,
            kind: Column::new(),
            name: Column::new(),
            id: Column::new(),
            self_size: Column::new(),
            edge_count: Column::new(),
            edge_room: 0,
            target_and_kind: Column::new(),
            label: Column::new(),
        }
    }

    /// Room for what is there: all rows at once when the counts could be checked against the input's length, else twice
    /// what is needed now.
    fn make_room(
        &mut self,
        layout: &Layout,
        nodes: usize,
        edges: usize,
        checked: bool,
    ) -> std::result::Result<(), OutOfMemory> {
        let room = |now: usize, needed: usize, count: u64| match count as usize {
            count if checked => count,
            count => count.min(needed.max(now * 2).max(FIRST_ROOM)),
        };
        if nodes > self.node_room {
            let rows = room(self.node_room, nodes, layout.node_count);
            self.kind.reserve(rows)?;
            self.name.reserve(rows)?;
            self.id.reserve(rows)?;
            self.self_size.reserve(rows)?;
            self.edge_count.reserve(rows + 1)?;
            self.node_room = rows;
        }
        if edges > self.edge_room {
            let rows = room(self.edge_room, edges, layout.edge_count);
            self.target_and_kind.reserve(rows)?;
            self.label.reserve(rows)?;
            self.edge_room = rows;
        }
        Ok(())
    }

    /// Returns the largest name.
    fn write_nodes(
        &self,
        layout: &Layout,
        piece: &Piece,
        large_sizes: &Mutex<FxHashMap<u32, u64>>,
    ) -> std::result::Result<u32, Fault> {
        let fields = &layout.node;
        let mut largest = 0;
        each_record(piece, fields.stride, |row, record| {
            assert!(row < self.node_room);
            let narrow = |field: usize, what: &str| record.narrow(field, what);
            let type_number = record.at(fields.kind);
            let kind = usize::try_from(type_number).ok().and_then(|at| fields.kinds.get(at).copied());
            let Some(NodeKind(kind)) = kind else {
                let kinds = fields.kinds.len();
                return Err((fields.kind, format!("expected a node type below {kinds}, found {type_number}")));
            };
            let detachedness = fields.detachedness.map_or(0, |field| record.at(field) & 3) as u8;
            let name = narrow(fields.name, "string index")?;
            let size = record.at(fields.self_size);
            if size == u64::MAX {
                return Err((fields.self_size, "expected a size below 2^64".to_owned()));
            }
            largest = largest.max(name);
            if size >= u64::from(u32::MAX) {
                large_sizes.lock().unwrap_or_else(PoisonError::into_inner).insert(row as u32, size);
            }
            // SAFETY: there is room for the row (asserted above), and a row is in one piece only.
            unsafe {
                self.kind.write(row, kind | detachedness << 6);
                self.name.write(row, name);
                self.id.write(row, narrow(fields.id, "id")?);
                self.self_size.write(row, u32::try_from(size).unwrap_or(u32::MAX));
                self.edge_count.write(row + 1, narrow(fields.edge_count, "edge count")?);
            }
            Ok(())
        })?;
        Ok(largest)
    }

    /// Returns the largest label that is a string.
    fn write_edges(&self, layout: &Layout, piece: &Piece) -> std::result::Result<u32, Fault> {
        let fields = &layout.edge;
        let node_count = layout.node_count;
        // A table instead of a branch: which bits of a label are a string index.
        let string_bits: Vec<u32> = fields.kinds.iter().map(|kind| if kind.is_numbered() { 0 } else { !0 }).collect();
        let stride = Divisor::new(layout.node.stride as u32);
        let mut largest = 0;
        each_record(piece, fields.stride, |row, record| {
            assert!(row < self.edge_room);
            let type_number = record.at(fields.kind);
            let at = usize::try_from(type_number).unwrap_or(usize::MAX);
            let (Some(&kind), Some(&string_bits)) = (fields.kinds.get(at), string_bits.get(at)) else {
                let kinds = fields.kinds.len();
                return Err((fields.kind, format!("expected an edge type below {kinds}, found {type_number}")));
            };
            let to_node = record.at(fields.target);
            let target = match u32::try_from(to_node) {
                Ok(to_node) => stride.divide(to_node),
                Err(_) => (to_node % layout.node.stride as u64 == 0).then_some(to_node / layout.node.stride as u64),
            };
            let Some(target) = target.filter(|&target| target < node_count) else {
                return Err((fields.target, format!("expected the index of a node, found {to_node}")));
            };
            let label = record.narrow(fields.label, "name or index")?;
            largest = largest.max(label & string_bits);
            // SAFETY: there is room for the row (asserted above), and a row is in one piece only.
            unsafe {
                self.target_and_kind.write(row, (target as u32) << 3 | kind as u32);
                self.label.write(row, label);
            }
            Ok(())
        })?;
        Ok(largest)
    }

    /// The name column, and the edge columns, before they are finished.
    ///
    /// # Safety
    /// All rows were written.
    unsafe fn rows(&self, layout: &Layout) -> (&[u32], (&[u32], &[u32])) {
        let (nodes, edges) = (layout.node_count as usize, layout.edge_count as usize);
        // SAFETY: as the caller promises.
        unsafe { (self.name.written(nodes), (self.target_and_kind.written(edges), self.label.written(edges))) }
    }

    /// # Safety
    /// All rows were written.
    unsafe fn finish(self, layout: &Layout) -> (Nodes, Edges) {
        let (nodes, edges) = (layout.node_count as usize, layout.edge_count as usize);
        // SAFETY: as the caller promises; and there is at least one node, so there is room for the row before its count.
        unsafe {
            self.edge_count.write(0, 0);
            (
                Nodes {
                    kind: self.kind.into_vec(nodes),
                    name: self.name.into_vec(nodes),
                    id: self.id.into_vec(nodes),
                    self_size: self.self_size.into_vec(nodes),
                    large_size: FxHashMap::default(),
                    first_edge: self.edge_count.into_vec(nodes + 1),
                },
                Edges { target_and_kind: self.target_and_kind.into_vec(edges), label: self.label.into_vec(edges) },
            )
        }
    }
}

impl Nodes {
    /// Turns edge counts into first edges. `Err` with the sum when it is not `edge_count`.
    fn sum_edge_counts(&mut self, edge_count: usize) -> std::result::Result<(), u64> {
        let mut sum = 0u64;
        for first in &mut self.first_edge {
            sum += u64::from(*first);
            *first = sum as u32;
        }
        if sum == edge_count as u64 { Ok(()) } else { Err(sum) }
    }
}

/// A record's numbers.
enum Record<'a> {
    /// All fit into 32 bits.
    Narrow(&'a [u32]),
    Wide(&'a [u64]),
}

impl Record<'_> {
    #[inline(always)]
    fn at(&self, field: usize) -> u64 {
        match self {
            Self::Narrow(numbers) => u64::from(numbers[field]),
            Self::Wide(numbers) => numbers[field],
        }
    }

    #[inline(always)]
    fn narrow(&self, field: usize, what: &str) -> std::result::Result<u32, (usize, String)> {
        let found = self.at(field);
        u32::try_from(found).map_err(|_| (field, format!("expected a 32-bit {what}, found {found}")))
    }
}

/// Hands each record of a piece to `write`, with its row; a failure names the field.
#[inline(always)]
fn each_record(
    piece: &Piece,
    stride: usize,
    mut write: impl FnMut(usize, Record<'_>) -> std::result::Result<(), (usize, String)>,
) -> std::result::Result<(), Fault> {
    let fault = |row: usize, (field, message): (usize, String)| Fault {
        section: piece.section,
        number: (row * stride + field) as u64,
        message,
    };
    let mut row = piece.first_row;
    if let Some(record) = &piece.joined {
        write(row, Record::Wide(record)).map_err(|failure| fault(row, failure))?;
        row += 1;
    }
    let numbers = &piece.numbers.values[piece.start..piece.start + piece.rows * stride];
    if piece.numbers.large.is_empty() {
        for record in numbers.chunks_exact(stride) {
            write(row, Record::Narrow(record)).map_err(|failure| fault(row, failure))?;
            row += 1;
        }
    } else {
        let mut record = Vec::with_capacity(stride);
        for at in (piece.start..piece.start + numbers.len()).step_by(stride) {
            record.clear();
            record.extend((at..at + stride).map(|at| piece.numbers.at(at)));
            write(row, Record::Wide(&record)).map_err(|failure| fault(row, failure))?;
            row += 1;
        }
    }
    Ok(())
}

/// Exact division by a number known only at run time, without a division.
struct Divisor {
    by: u32,
    /// 2^64 / `by`, rounded up; exact for all 32-bit numbers.
    reciprocal: u64,
}

impl Divisor {
    fn new(by: u32) -> Self {
        Self { by, reciprocal: (u64::MAX / u64::from(by.max(1))).wrapping_add(1) }
    }

    /// `None` when there is a remainder.
    #[inline(always)]
    fn divide(&self, number: u32) -> Option<u64> {
        if self.by == 1 {
            return Some(u64::from(number));
        }
        let quotient = ((u128::from(self.reciprocal) * u128::from(number)) >> 64) as u64;
        (quotient * u64::from(self.by) == u64::from(number)).then_some(quotient)
    }
}
