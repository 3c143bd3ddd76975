//! Files that end too early: the process died, or the disk was full, while the snapshot was written.
//!
//! V8 writes nodes, edges, places and at last the strings. Where all nodes are there, their types, ids and own bytes are
//! exact, and so is what is counted of them by type. Where the edges are there too, so are the figures of the graph, but for
//! rules that ask for a name. Names are lost from the end of the strings on, and all of them if the file ends before.
//! `O(nodes + strings lost)`.

use super::node::Nodes;
use super::strings::Strings;
use super::{Edges, Heap};
use crate::error::{Error, Result};

/// Stands for every string that the file does not have.
pub const LOST: &str = "(lost)";

/// Where a file that was read in part ends.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Cut {
    /// The section in which it ends.
    pub section: String,
    /// Bytes that are there.
    pub offset: u64,
    /// How many edges the file says it has; those of the heap are the ones it really has.
    pub edge_count: u64,
    /// Strings that are named and not there.
    pub lost_string_count: u64,
}

impl Cut {
    /// Whether all edges are there, so that sizes, distances and paths are those of the whole heap.
    pub fn has_all_edges(&self, edges: &Edges) -> bool {
        edges.len() as u64 == self.edge_count
    }
}

impl Heap {
    /// `Truncated` if the heap is only a part: a comparison or a summary of it would accuse wrongly.
    pub fn whole(&self) -> Result<()> {
        match &self.cut {
            None => Ok(()),
            Some(cut) => Err(Error::truncated(&cut.section, cut.offset, "expected a whole snapshot, found the end")),
        }
    }
}

impl Nodes {
    /// Takes from the edge counts what is not there: edges stand in the order of their nodes.
    pub(super) fn cap_edge_counts(&mut self, edge_count: usize) {
        let mut left = u32::try_from(edge_count).unwrap_or(u32::MAX);
        for count in self.first_edge.iter_mut().skip(1) {
            *count = (*count).min(left);
            left -= *count;
        }
    }
}

impl Strings {
    /// Takes the last string away again, of which only the beginning is there.
    pub(super) fn drop_last(&mut self) {
        let Some(last) = self.len().checked_sub(1) else { return };
        let start = self.start(last);
        self.bytes.truncate(start);
        self.starts.truncate(last);
        while self.wraps.last().is_some_and(|&first| first as usize >= last) {
            self.wraps.pop();
        }
    }

    /// Adds strings that stand for lost ones until there are `count`.
    pub(super) fn fill(&mut self, count: usize) {
        while self.len() < count {
            self.begin();
            self.extend(LOST.as_bytes());
        }
    }
}
