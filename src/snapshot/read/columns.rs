//! Records -> columns: every field checked on its way, each piece written to rows of its own.
//!
//! `O(1)` a record; the columns are all that is kept.

use std::sync::{Mutex, PoisonError};

use rustc_hash::FxHashMap;

use crate::snapshot::column::{Column, OutOfMemory};
use crate::snapshot::edge::Edges;
use crate::snapshot::layout::Layout;
use crate::snapshot::node::{NodeKind, Nodes};
use crate::snapshot::scan::{Piece, Section};

/// A record that cannot be right; the place is found afterwards.
pub(in crate::snapshot) struct Fault {
    pub(in crate::snapshot) section: Section,
    pub(in crate::snapshot) number: u64,
    pub(in crate::snapshot) message: String,
}

/// The columns while they are filled.
pub(super) struct Columns {
    pub(super) node_room: usize,
    kind: Column<u8>,
    name: Column<u32>,
    id: Column<u32>,
    self_size: Column<u32>,
    /// Row `n + 1` holds the edge count of node `n`.
    edge_count: Column<u32>,
    trace: Column<u32>,
    pub(super) edge_room: usize,
    target_and_kind: Column<u32>,
    label: Column<u32>,
}

/// Rows made room for at first when the input's length does not vouch for the header's counts, which may lie.
const FIRST_ROOM: usize = 1 << 18;

impl Columns {
    pub(super) fn new() -> Self {
        Self {
            node_room: 0,
            kind: Column::new(),
            name: Column::new(),
            id: Column::new(),
            self_size: Column::new(),
            edge_count: Column::new(),
            trace: Column::new(),
            edge_room: 0,
            target_and_kind: Column::new(),
            label: Column::new(),
        }
    }

    /// Room for what is there: all rows at once when the counts could be checked against the input's length, else twice
    /// what is needed now.
    pub(super) fn make_room(
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
            if layout.node.trace.is_some() {
                self.trace.reserve(rows)?;
            }
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
    pub(super) fn write_nodes(
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
                if let Some(field) = fields.trace {
                    self.trace.write(row, narrow(field, "trace_node_id")?);
                }
            }
            Ok(())
        })?;
        Ok(largest)
    }

    /// Returns the largest label that is a string.
    pub(super) fn write_edges(&self, layout: &Layout, piece: &Piece) -> std::result::Result<u32, Fault> {
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
    pub(super) unsafe fn rows(&self, layout: &Layout) -> (&[u32], (&[u32], &[u32])) {
        let (nodes, edges) = (layout.node_count as usize, layout.edge_count as usize);
        // SAFETY: as the caller promises.
        unsafe { (self.name.written(nodes), (self.target_and_kind.written(edges), self.label.written(edges))) }
    }

    /// The columns; the last is of allocations, empty where none were recorded.
    ///
    /// # Safety
    /// All rows were written.
    pub(super) unsafe fn finish(self, layout: &Layout) -> (Nodes, Edges, Vec<u32>) {
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
                self.trace.into_vec(if layout.node.trace.is_some() { nodes } else { 0 }),
            )
        }
    }
}

impl Nodes {
    /// Turns edge counts into first edges. `Err` with the sum when it is not `edge_count`.
    pub(super) fn sum_edge_counts(&mut self, edge_count: usize) -> std::result::Result<(), u64> {
        let mut sum = 0u64;
        for first in &mut self.first_edge {
            sum += u64::from(*first);
            *first = sum as u32;
        }
        if sum == edge_count as u64 { Ok(()) } else { Err(sum) }
    }
}

/// A record's numbers.
pub(in crate::snapshot) enum Record<'a> {
    /// All fit into 32 bits.
    Narrow(&'a [u32]),
    Wide(&'a [u64]),
}

impl Record<'_> {
    #[inline(always)]
    pub(in crate::snapshot) fn at(&self, field: usize) -> u64 {
        match self {
            Self::Narrow(numbers) => u64::from(numbers[field]),
            Self::Wide(numbers) => numbers[field],
        }
    }

    #[inline(always)]
    pub(in crate::snapshot) fn narrow(&self, field: usize, what: &str) -> std::result::Result<u32, (usize, String)> {
        let found = self.at(field);
        u32::try_from(found).map_err(|_| (field, format!("expected a 32-bit {what}, found {found}")))
    }
}

/// Hands each record of a piece to `write`, with its row; a failure names the field.
#[inline(always)]
pub(in crate::snapshot) fn each_record(
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
