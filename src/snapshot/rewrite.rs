//! A file copied with other strings in the place of its own; every other byte stays what it is.
//!
//! V8 writes strings last, so what they are used for is known when they come: one pass, whatever the input is. Files of other
//! producers that have their strings first are refused. `O(bytes)`; memory for a block and what the rules keep, not for the
//! strings. Source: V8 `src/profiler/heap-snapshot-generator.cc` (`HeapSnapshotJSONSerializer`).

use std::io::Write;

use super::edge::EdgeKind;
use super::layout::Layout;
use super::node::NodeKind;
use super::read::{Record, each_record};
use super::scan::{Piece, Scanner, Section};
use super::source::{Blocks, Source};
use crate::cancel::CancelToken;
use crate::error::{Error, Result};
use crate::progress::{Phase, Progress};

/// Bytes read at a time.
const BLOCK_SIZE: usize = 1 << 18;

/// A node as its record has it.
pub struct NodeRecord {
    /// Its type.
    pub kind: NodeKind,
    /// Number of the string that is its name.
    pub name: u32,
    /// Own bytes.
    pub self_size: u64,
    /// How many of the edges are its own; they follow those of the node before.
    pub edge_count: u32,
}

/// An edge as its record has it.
pub struct EdgeRecord {
    /// Its type.
    pub kind: EdgeKind,
    /// Its index or, by its type, the number of the string that is its name.
    pub label: u32,
    /// Position of the node that it leads to.
    pub target: u32,
}

/// What stands for each string. All nodes come first, then all edges, then the strings, each in file order.
pub trait StringRules {
    /// The next node.
    fn node(&mut self, node: &NodeRecord);
    /// The next edge.
    fn edge(&mut self, edge: &EdgeRecord);
    /// The next string, as the inside of a JSON literal; what stands for it, or `None` if it stays.
    fn string(&mut self, raw: &[u8]) -> Option<String>;
}

/// Copies a snapshot, decompressed, with its strings as `rules` say.
///
/// # Errors
/// Whatever is wrong with the input; then a part of it has been written.
pub fn rewrite(
    source: Source<'_>,
    out: &mut dyn Write,
    rules: &mut dyn StringRules,
    cancel: &CancelToken,
    progress: &Progress,
) -> Result<()> {
    let blocks = Blocks::open(source, BLOCK_SIZE)?;
    let mut copy = Copy { scanner: Scanner::new(blocks.length), rules, out, is_first: true };
    let mut buffer = Vec::new();
    let mut pieces = Vec::new();
    let mut done = 0;
    while let Some(block) = blocks.next(&mut buffer).map_err(|(_, error)| error)? {
        cancel.check()?;
        copy.scanner.advance(block.bytes, None, &mut pieces)?;
        for piece in pieces.drain(..) {
            copy.records(&piece)?;
        }
        copy.write(block.offset, block.bytes)?;
        done = block.offset + block.bytes.len() as u64;
        progress.report(Phase::Reading, done, blocks.length);
    }
    copy.scanner.finish()?;
    copy.out.flush()?;
    progress.report(Phase::Reading, done, Some(done));
    Ok(())
}

struct Copy<'a> {
    scanner: Scanner,
    rules: &'a mut dyn StringRules,
    out: &'a mut dyn Write,
    /// Whether no string has been written yet.
    is_first: bool,
}

impl Copy<'_> {
    fn records(&mut self, piece: &Piece) -> Result<()> {
        let Some(layout) = &self.scanner.layout else { return Ok(()) };
        let rules = &mut *self.rules;
        let read = match piece.section {
            Section::Nodes => each_record(piece, layout.node.stride, |_, record| {
                rules.node(&node(layout, &record)?);
                Ok(())
            }),
            Section::Edges => each_record(piece, layout.edge.stride, |_, record| {
                rules.edge(&edge(layout, &record)?);
                Ok(())
            }),
            Section::Locations | Section::Samples => Ok(()),
        };
        read.map_err(|fault| {
            let (_, offset) = self.scanner.mark(fault.section, fault.number);
            Error::corrupt(fault.section.name(), offset, fault.message)
        })
    }

    /// Writes a block that the scanner has read: as it is, but for what lies between the brackets of the strings.
    fn write(&mut self, offset: u64, bytes: &[u8]) -> Result<()> {
        let within = |place: u64| (place.saturating_sub(offset) as usize).min(bytes.len());
        let Some(start) = self.scanner.strings_start else { return Ok(self.out.write_all(bytes)?) };
        for section in [Section::Nodes, Section::Edges] {
            if !self.scanner.has_seen(section) {
                let message = format!("expected the strings after the {}, found them before", section.name());
                return Err(Error::unsupported("strings", start, message));
            }
        }
        self.out.write_all(&bytes[..within(start)])?;
        let Self { scanner, rules, out, is_first } = self;
        scanner.take_strings(|raw| {
            let comma: &[u8] = if std::mem::replace(is_first, false) { b"\"" } else { b",\n\"" };
            out.write_all(comma)?;
            match rules.string(raw) {
                Some(text) => {
                    let json = serde_json::to_string(&text).unwrap_or_default();
                    out.write_all(json.trim_matches('"').as_bytes())?;
                }
                None => out.write_all(raw)?,
            }
            Ok(out.write_all(b"\"")?)
        })?;
        if let Some(end) = self.scanner.strings_end {
            self.out.write_all(&bytes[within(end)..])?;
        }
        Ok(())
    }
}

/// What is wrong with a record: the field, and why.
type Wrong = (usize, String);

fn node(layout: &Layout, record: &Record<'_>) -> std::result::Result<NodeRecord, Wrong> {
    let fields = &layout.node;
    Ok(NodeRecord {
        kind: kind(&fields.kinds, record.at(fields.kind)).ok_or_else(|| wrong(fields.kind, "a node type"))?,
        name: record.narrow(fields.name, "string index")?,
        self_size: record.at(fields.self_size),
        edge_count: record.narrow(fields.edge_count, "edge count")?,
    })
}

fn edge(layout: &Layout, record: &Record<'_>) -> std::result::Result<EdgeRecord, Wrong> {
    let fields = &layout.edge;
    let target = record.at(fields.target) / layout.node.stride.max(1) as u64;
    if target >= layout.node_count {
        return Err(wrong(fields.target, "the index of a node"));
    }
    Ok(EdgeRecord {
        kind: kind(&fields.kinds, record.at(fields.kind)).ok_or_else(|| wrong(fields.kind, "an edge type"))?,
        label: record.narrow(fields.label, "name or index")?,
        target: target as u32,
    })
}

fn kind<T: std::marker::Copy>(kinds: &[T], number: u64) -> Option<T> {
    kinds.get(usize::try_from(number).ok()?).copied()
}

fn wrong(field: usize, expected: &str) -> Wrong {
    (field, format!("expected {expected}"))
}
