//! Comparison by id: which nodes came, and which went. A node that is there in both but in another class went from the one
//! and came to the other. `O(nodes · log nodes)` to sort, `O(nodes)` to merge; 8 bytes a node, 8 for each node that came or
//! went.

use super::groups::{Groups, Side};
use crate::cancel::CancelToken;
use crate::error::Result;
use crate::graph::bitset::Bitset;
use crate::snapshot::{Heap, NodeId, NodeIndex};

/// A snapshot's nodes by id, and those of one id in file order.
pub(super) struct IdOrder(Vec<u64>);

impl IdOrder {
    pub(super) fn new(heap: &Heap, cancel: &CancelToken) -> Result<Self> {
        cancel.check()?;
        let mut entries: Vec<u64> =
            heap.nodes.ids().iter().zip(0u64..).map(|(&id, node)| u64::from(id) << 32 | node).collect();
        entries.sort_unstable();
        cancel.check()?;
        Ok(Self(entries))
    }

    /// The first node of this id. `O(log nodes)`.
    pub(super) fn find(&self, id: NodeId) -> Option<NodeIndex> {
        let at = self.0.partition_point(|&entry| Self::entry(entry).0 < id);
        self.0.get(at).map(|&entry| Self::entry(entry)).filter(|found| found.0 == id).map(|found| found.1)
    }

    /// Takes the nodes of the lowest id off the front.
    fn take_id<'a>(rest: &mut &'a [u64]) -> &'a [u64] {
        let count = rest.iter().take_while(|&&entry| entry >> 32 == rest[0] >> 32).count();
        let (taken, left) = rest.split_at(count);
        *rest = left;
        taken
    }

    fn entry(entry: u64) -> (NodeId, NodeIndex) {
        (NodeId((entry >> 32) as u32), NodeIndex(entry as u32))
    }
}

/// What came and what went.
pub(super) struct Changes {
    /// By group.
    pub(super) deltas: Vec<Delta>,
    /// Group and id of the nodes that came, by id.
    pub(super) added: Vec<(u32, NodeId)>,
    /// Group and id of the nodes that went, by id.
    pub(super) removed: Vec<(u32, NodeId)>,
    /// Nodes of each side whose id the other does not have.
    pub(super) is_unmatched: [Bitset; 2],
    /// By group: its node with the highest id in the older snapshot.
    pub(super) last_before: Vec<Option<NodeIndex>>,
}

/// How a group changed.
#[derive(Clone, Copy, Default)]
pub(super) struct Delta {
    pub(super) added_count: u64,
    pub(super) added_size: u64,
    pub(super) removed_count: u64,
    pub(super) removed_size: u64,
}

impl Changes {
    /// Merges the two snapshots by id.
    pub(super) fn new(
        sides: &[Side; 2],
        groups: &Groups,
        [before, after]: &[IdOrder; 2],
        cancel: &CancelToken,
    ) -> Result<Self> {
        let mut this = Self {
            deltas: vec![Delta::default(); groups.all.len()],
            added: Vec::new(),
            removed: Vec::new(),
            is_unmatched: [Bitset::new(before.0.len()), Bitset::new(after.0.len())],
            last_before: vec![None; groups.all.len()],
        };
        let mut rest = [&before.0[..], &after.0[..]];
        let mut nodes: [Vec<(u32, NodeIndex)>; 2] = [Vec::new(), Vec::new()];
        let mut steps = 0;
        loop {
            steps += 1;
            if steps % CancelToken::STRIDE == 0 {
                cancel.check()?;
            }
            let ids = rest.map(|rest| rest.first().map(|&entry| IdOrder::entry(entry).0));
            let Some(id) = ids.into_iter().flatten().min() else { break };
            for side in 0..2 {
                nodes[side].clear();
                if ids[side] != Some(id) {
                    continue;
                }
                for &entry in IdOrder::take_id(&mut rest[side]) {
                    let node = IdOrder::entry(entry).1;
                    if ids[1 - side] != Some(id) {
                        this.is_unmatched[side].insert(node.at());
                    }
                    match groups.of(sides, side, node) {
                        Groups::NONE => {}
                        group => nodes[side].push((group, node)),
                    }
                }
                // Of one id and class they pair up in file order.
                nodes[side].sort_unstable();
            }
            for &(group, node) in &nodes[0] {
                this.last_before[group as usize] = Some(node);
            }
            this.pair_up(sides, id, &nodes);
        }
        Ok(this)
    }

    /// Pairs the nodes of one id by group, one to one; what is left over came or went.
    fn pair_up(&mut self, sides: &[Side; 2], id: NodeId, [before, after]: &[Vec<(u32, NodeIndex)>; 2]) {
        let (mut before, mut after) = (before.iter().peekable(), after.iter().peekable());
        loop {
            match (before.peek(), after.peek()) {
                (Some((old, _)), Some((new, _))) if old == new => {
                    before.next();
                    after.next();
                }
                (Some(&&(old, node)), new) if new.is_none_or(|(new, _)| old < *new) => {
                    let delta = &mut self.deltas[old as usize];
                    delta.removed_count += 1;
                    delta.removed_size = delta.removed_size.saturating_add(sides[0].shallow_size(node));
                    self.removed.push((old, id));
                    before.next();
                }
                (_, Some(&&(new, node))) => {
                    let delta = &mut self.deltas[new as usize];
                    delta.added_count += 1;
                    delta.added_size = delta.added_size.saturating_add(sides[1].shallow_size(node));
                    self.added.push((new, id));
                    after.next();
                }
                (_, None) => break,
            }
        }
    }
}
