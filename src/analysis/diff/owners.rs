//! Owners: which objects, there before and after, hold what came.
//!
//! The bytes of every node that came go to the nearest dominator that was there before; those of every node that went come
//! off the nearest dominator that is still there. So each added byte is counted once, however deep the structure that it
//! joined, and a table that was replaced by a larger one does not show with all that it holds.
//! `O(nodes)`; 4 bytes a node while it runs.

use std::cmp::Reverse;

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use super::by_id::{Changes, IdOrder};
use crate::analysis::display::display_name;
use crate::cancel::CancelToken;
use crate::error::Result;
use crate::graph::Snapshot;
use crate::graph::bitset::Bitset;
use crate::snapshot::{NodeId, NodeIndex, Text};

/// An object of both snapshots, and what it gained.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OwnerGrowth {
    /// Its id, in both snapshots.
    pub id: NodeId,
    /// Its display name in the newer snapshot.
    pub name: Text,
    /// Its class in the newer snapshot.
    pub class_name: Text,
    /// Nodes that came and whose nearest dominator of before it is.
    pub added_count: u64,
    /// Nodes that went and whose nearest dominator of now it was.
    pub removed_count: u64,
    /// Own bytes of the nodes that came.
    pub added_size: u64,
    /// Own bytes of the nodes that went.
    pub removed_size: u64,
    /// The difference; above 0.
    pub size_delta: i64,
    /// Bytes that it keeps alive in the newer snapshot.
    pub retained_size: u64,
    /// By how much that grew.
    pub retained_delta: i64,
}

#[derive(Clone, Copy, Default)]
struct Sums {
    count: [u64; 2],
    size: [u64; 2],
}

impl Sums {
    fn delta(&self) -> i64 {
        signed_difference(self.size[1], self.size[0])
    }
}

/// The owners that gained most, at most `limit`.
pub(super) fn owners(
    snapshots: [&Snapshot; 2],
    changes: &Changes,
    ids: &[IdOrder; 2],
    limit: usize,
    cancel: &CancelToken,
) -> Result<Vec<OwnerGrowth>> {
    let mut sums: FxHashMap<NodeId, Sums> = FxHashMap::default();
    for (side, snapshot) in snapshots.into_iter().enumerate() {
        let Snapshot { heap, graph } = snapshot;
        let owners = nearest_matched(snapshot, &changes.is_unmatched[side], cancel)?;
        for (node, owner) in owners {
            let sums = sums.entry(heap.nodes.id(owner)).or_default();
            sums.count[side] += 1;
            sums.size[side] = sums.size[side].saturating_add(graph.sizes.shallow_size(node));
        }
    }
    let mut owners: Vec<_> = sums.into_iter().filter(|(_, sums)| sums.delta() > 0).collect();
    owners.sort_unstable_by_key(|&(id, sums)| (Reverse(sums.delta()), id));
    owners.truncate(limit);
    let [before, after] = snapshots;
    let answer = |(id, sums): (NodeId, Sums)| {
        let (old, new) = (ids[0].find(id)?, ids[1].find(id)?);
        let retained_size = after.graph.dominators.retained_size(new);
        Some(OwnerGrowth {
            id,
            name: display_name(after, new),
            class_name: after.graph.classes.name(after.graph.classes.class_of(new)).clone(),
            added_count: sums.count[1],
            removed_count: sums.count[0],
            added_size: sums.size[1],
            removed_size: sums.size[0],
            size_delta: sums.delta(),
            retained_size,
            retained_delta: signed_difference(retained_size, before.graph.dominators.retained_size(old)),
        })
    };
    Ok(owners.into_iter().filter_map(answer).collect())
}

/// Every unmatched node with its nearest dominator that is matched, or else the root.
fn nearest_matched(
    snapshot: &Snapshot,
    is_unmatched: &Bitset,
    cancel: &CancelToken,
) -> Result<Vec<(NodeIndex, NodeIndex)>> {
    const UNKNOWN: NodeIndex = NodeIndex(u32::MAX);
    let is_final = |node: NodeIndex| node == NodeIndex::ROOT || !is_unmatched.contains(node.at());
    let mut nearest = vec![UNKNOWN; snapshot.heap.nodes.len()];
    let mut found = Vec::new();
    let mut path = Vec::new();
    for (at, start) in snapshot.heap.nodes.indices().enumerate() {
        if at.is_multiple_of(CancelToken::STRIDE) {
            cancel.check()?;
        }
        if is_final(start) {
            continue;
        }
        let mut node = start;
        while !is_final(node) && nearest[node.at()] == UNKNOWN {
            path.push(node);
            node = snapshot.graph.dominators.immediate_dominator(node);
        }
        let owner = if is_final(node) { node } else { nearest[node.at()] };
        for node in path.drain(..) {
            nearest[node.at()] = owner;
        }
        found.push((start, owner));
    }
    Ok(found)
}

/// `a - b`, at the ends of the range when it does not fit.
pub(super) fn signed_difference(a: u64, b: u64) -> i64 {
    i64::try_from(i128::from(a) - i128::from(b)).unwrap_or(if a > b { i64::MAX } else { i64::MIN })
}
