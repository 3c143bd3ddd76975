//! What grew from one snapshot of a process to the next, by who keeps it.
//!
//! Every object made in between counts for all its dominators. An old object that gained more than noise that
//! way, and really retains so much more (what turns over gains nothing), is where growth belongs, unless an old object
//! below it accounts for it. There, many new things of a kind are a pile, and so is a chain of them; something big
//! that came as a whole is not: a program loads its modules and tables once. Growth that only the root has is grouped by
//! class, and told if the paths to it have an old owner in common.
//!
//! `O(n)`, with 28 bytes a node while it runs. Source: Eclipse MAT, `FindLeaksQuery2` (growth of the dominator tree).

use std::cmp::Reverse;

use rustc_hash::FxHashMap;

use super::accumulation::is_big_drop;
use super::suspects::{self, Group, Pile};
use crate::cancel::CancelToken;
use crate::error::Result;
use crate::graph::Snapshot;
use crate::snapshot::{NodeId, NodeIndex, NodeKind};

/// A container that is new as a whole was there before in another form if it has so many old things beside the new.
const LEAST_KEPT: usize = 3;

/// Not more other things than this, as functions and scopes are, stand between two elements of a chain.
pub const MOST_BETWEEN_LINKS: usize = 8;

/// A pair of snapshots of one process, as growth needs it.
pub struct Pair<'a> {
    /// The older one.
    pub before: &'a Snapshot,
    /// The newer one.
    pub after: &'a Snapshot,
    /// Whether an object was made in between.
    pub is_new: &'a dyn Fn(NodeIndex) -> bool,
    /// Whether an object, with what it dominates, is no growth.
    pub is_skipped: &'a dyn Fn(NodeIndex) -> bool,
    /// How many new things make a pile.
    pub least_count: u64,
    /// How many more bytes there must be to be more than noise.
    pub least_bytes: u64,
}

/// Something that grew.
pub struct Grown {
    /// The new things, and who keeps them.
    pub pile: Pile,
    /// How many more there are.
    pub count: u64,
    /// How many bytes more.
    pub bytes: u64,
}

/// All that grew, most bytes first.
pub fn growth(pair: &Pair<'_>, cancel: &CancelToken) -> Result<Vec<Grown>> {
    let walk = Walk::new(pair, pair.least_bytes, cancel)?;
    let mut grown = Vec::new();
    for at in walk.growing(cancel)? {
        grown.extend(walk.piles(at, cancel)?);
    }
    grown.sort_by_key(|grown| std::cmp::Reverse(grown.bytes));
    Ok(grown)
}

/// The newer dominator tree with what is new below every node.
struct Walk<'a> {
    pair: &'a Pair<'a>,
    threshold: u64,
    order: Vec<NodeIndex>,
    end: Vec<u32>,
    /// By position: bytes of new objects in the subtree.
    new_bytes: Vec<u64>,
    /// By position, for old nodes that gained enough: bytes they retained before.
    before: FxHashMap<u32, u64>,
}

/// An old node where growth belongs.
#[derive(Clone, Copy)]
struct Growing {
    position: u32,
    /// New bytes that no old node below accounts for.
    new: u64,
    /// By how much more that is than before.
    net: u64,
}

/// Things of one kind in one place.
#[derive(Default)]
struct Contents {
    new: Vec<NodeIndex>,
    /// Of the new ones, with what they dominate.
    bytes: u64,
    old_count: usize,
}

impl<'a> Walk<'a> {
    fn new(pair: &'a Pair<'a>, threshold: u64, cancel: &CancelToken) -> Result<Self> {
        let after = pair.after;
        let dominators = &after.graph.dominators;
        let preorder = dominators.preorder();
        cancel.check()?;
        let (order, end) = (preorder.order, preorder.end);
        let mut new_bytes = vec![0; order.len()];
        let mut position = 0;
        while position < order.len() {
            if position.is_multiple_of(CancelToken::STRIDE) {
                cancel.check()?;
            }
            let node = order[position];
            if (pair.is_skipped)(node) {
                position = end[position] as usize;
                continue;
            }
            if (pair.is_new)(node) && is_data(after, node) {
                new_bytes[position] = after.graph.sizes.shallow_size(node);
            }
            position += 1;
        }
        // A node's subtree follows it: sums over ranges, of prefix sums.
        let mut sum: u64 = 0;
        let mut prefix = Vec::with_capacity(order.len() + 1);
        prefix.push(0);
        for &bytes in &new_bytes {
            sum = sum.saturating_add(bytes);
            prefix.push(sum);
        }
        for (position, bytes) in new_bytes.iter_mut().enumerate() {
            *bytes = prefix[end[position] as usize] - prefix[position];
        }
        drop(prefix);
        cancel.check()?;
        let heap = &after.heap;
        let gained: Vec<(u32, NodeId)> = (0..order.len())
            .filter(|&position| new_bytes[position] >= threshold && !(pair.is_new)(order[position]))
            .map(|position| (position as u32, heap.nodes.id(order[position])))
            .collect();
        let positions: FxHashMap<NodeId, u32> = gained.into_iter().map(|(position, id)| (id, position)).collect();
        let mut before = FxHashMap::default();
        for (at, &id) in pair.before.heap.nodes.ids().iter().enumerate() {
            if let Some(&position) = positions.get(&NodeId(id)) {
                before
                    .entry(position)
                    .or_insert_with(|| pair.before.graph.dominators.retained_size(NodeIndex::from(at)));
            }
        }
        Ok(Self { pair, threshold, order, end, new_bytes, before })
    }

    /// The old nodes where growth belongs, deepest first.
    fn growing(&self, cancel: &CancelToken) -> Result<Vec<Growing>> {
        let dominators = &self.pair.after.graph.dominators;
        let mut positions: Vec<u32> = self.before.keys().copied().collect();
        positions.sort_unstable();
        let mut found: Vec<Growing> = Vec::new();
        // Those around the current position, outermost first, less what is accounted for further in.
        let mut open: Vec<Growing> = Vec::new();
        let close = |open: &mut Vec<Growing>, found: &mut Vec<Growing>, until: u32| {
            while let Some(last) = open.pop_if(|last| self.end[last.position as usize] <= until) {
                found.push(last);
            }
        };
        for (step, position) in positions.into_iter().enumerate() {
            if step.is_multiple_of(CancelToken::STRIDE) {
                cancel.check()?;
            }
            close(&mut open, &mut found, position);
            let now = dominators.retained_size(self.order[position as usize]);
            let new = self.new_bytes[position as usize];
            let net = now.saturating_sub(self.before[&position]);
            if let Some(outer) = open.last_mut() {
                outer.new = outer.new.saturating_sub(new);
                outer.net = outer.net.saturating_sub(net);
            }
            open.push(Growing { position, new, net });
        }
        close(&mut open, &mut found, u32::MAX);
        found.retain(|at| at.new.min(at.net) >= self.threshold);
        Ok(found)
    }

    /// What piles up at a node where growth belongs: new things in it; or a chain of them that hangs on it; or in a container
    /// that took the place of another, as it has things of the same kind that are old. What came as a whole is no pile.
    fn piles(&self, at: Growing, cancel: &CancelToken) -> Result<Vec<Grown>> {
        let snapshot = self.pair.after;
        let contents = self.contents(at.position, cancel)?;
        if suspects::is_machinery(&snapshot.heap, self.order[at.position as usize]) {
            return self.class_piles(contents, cancel);
        }
        if let Some((bytes, members)) = self.heaviest_pile(contents, 0) {
            let point = snapshot.graph.dominators.immediate_dominator(members[0]);
            return self.grown(at, point, bytes, members, cancel);
        }
        let (point, chain) = self.descend(at, cancel)?;
        if chain.len() as u64 >= self.pair.least_count {
            // A chain hangs on its first element.
            return self.grown(at, chain[0], at.new, chain, cancel);
        }
        match self.heaviest_pile(self.contents(point, cancel)?, LEAST_KEPT) {
            Some((bytes, members)) => self.grown(at, self.order[point as usize], bytes, members, cancel),
            None => Ok(Vec::new()),
        }
    }

    /// The pile, if its kind of things really became more: what turns over does not.
    fn grown(
        &self,
        at: Growing,
        point: NodeIndex,
        bytes: u64,
        members: Vec<NodeIndex>,
        cancel: &CancelToken,
    ) -> Result<Vec<Grown>> {
        let snapshot = self.pair.after;
        let arrived = members.len() as u64;
        let mut count = if is_big_drop(at.new, at.net) { arrived * at.net / at.new.max(1) } else { arrived };
        if snapshot.heap.nodes.kind(members[0]) == NodeKind::OBJECT {
            count = count.min(self.class_growth(members[0], cancel)?);
        }
        if count < self.pair.least_count {
            return Ok(Vec::new());
        }
        let owner = suspects::owner_of(snapshot, point);
        let pile = Pile { owner, point, members, retained_size: bytes };
        Ok(vec![Grown { pile, count, bytes: bytes.min(at.net) }])
    }

    /// What the node at `position` dominates, seen through the VM's arrays.
    fn contents(&self, position: u32, cancel: &CancelToken) -> Result<FxHashMap<Group, Contents>> {
        let snapshot = self.pair.after;
        let mut groups: FxHashMap<Group, Contents> = FxHashMap::default();
        let mut open = vec![position];
        let mut steps = 0;
        while let Some(position) = open.pop() {
            for child in self.children(position) {
                steps += 1;
                if steps % CancelToken::STRIDE == 0 {
                    cancel.check()?;
                }
                let node = self.order[child as usize];
                if suspects::is_backing_store(&snapshot.heap, node) {
                    open.push(child);
                    continue;
                }
                let group = groups.entry(Group::of(snapshot, node)).or_default();
                if !(self.pair.is_new)(node) {
                    group.old_count += 1;
                } else if self.new_bytes[child as usize] > 0 {
                    group.bytes += self.new_bytes[child as usize];
                    group.new.push(node);
                }
            }
        }
        Ok(groups)
    }

    /// The new things that are enough to be a pile, of kinds of which there are also some old ones. Keys and values are one
    /// pile, named by the heavier.
    fn heaviest_pile(&self, groups: FxHashMap<Group, Contents>, least_old: usize) -> Option<(u64, Vec<NodeIndex>)> {
        let is_pile =
            |group: &Contents| group.new.len() as u64 >= self.pair.least_count && group.old_count >= least_old;
        let piles: Vec<Contents> = groups.into_values().filter(is_pile).collect();
        let bytes: u64 = piles.iter().map(|group| group.bytes).sum();
        let heaviest = piles.into_iter().max_by_key(|group| (group.bytes, group.new.len(), Reverse(group.new[0])))?;
        (bytes >= self.threshold).then_some((bytes, heaviest.new))
    }

    /// Where the new bytes spread, below a node where growth belongs; and the new things on the way down that are of the kind
    /// of the first: a list whose every element holds the next. Such a chain goes on where the bytes of its last elements
    /// spread.
    fn descend(&self, at: Growing, cancel: &CancelToken) -> Result<(u32, Vec<NodeIndex>)> {
        let snapshot = self.pair.after;
        let mut chain: Vec<NodeIndex> = Vec::new();
        let mut kind = None;
        let mut spread_at = None;
        let mut since_link = 0;
        let (mut point, mut bytes) = (at.position, at.new);
        while let Some(next) = self.children(point).max_by_key(|&child| self.new_bytes[child as usize]) {
            cancel.check()?;
            let node = self.order[next as usize];
            let new = self.new_bytes[next as usize];
            if spread_at.is_none() && is_big_drop(bytes, new) {
                spread_at = Some(point);
            }
            let is_link = (self.pair.is_new)(node) && !suspects::is_backing_store(&snapshot.heap, node) && {
                let group = Group::of(snapshot, node);
                *kind.get_or_insert(group) == group
            };
            if is_link {
                chain.push(node);
                since_link = 0;
            } else {
                since_link += 1;
            }
            if spread_at.is_some() && since_link > MOST_BETWEEN_LINKS {
                break;
            }
            (point, bytes) = (next, new);
        }
        Ok((spread_at.unwrap_or(point), chain))
    }

    /// New things that only the root dominates, as they have several retainers: by class, where the class really grew and
    /// one old owner holds most.
    fn class_piles(&self, groups: FxHashMap<Group, Contents>, cancel: &CancelToken) -> Result<Vec<Grown>> {
        let after = self.pair.after;
        let mut piles = Vec::new();
        for Contents { bytes, new: members, .. } in groups.into_values() {
            if bytes < self.threshold || (members.len() as u64) < self.pair.least_count {
                continue;
            }
            if !matches!(after.heap.nodes.kind(members[0]), NodeKind::OBJECT | NodeKind::CLOSURE) {
                continue;
            }
            let more = self.class_growth(members[0], cancel)?;
            if more < self.pair.least_count {
                continue;
            }
            let owner = suspects::common_path(after, &members, cancel)?.last_node(after);
            if let Some(owner) = owner.filter(|&owner| !(self.pair.is_new)(owner)) {
                let count = more.min(members.len() as u64);
                let bytes = bytes / members.len() as u64 * count;
                let pile = Pile { owner, point: owner, members, retained_size: bytes };
                piles.push(Grown { pile, count, bytes });
            }
        }
        Ok(piles)
    }

    /// How many more nodes of the same class there are than before, by name and place. `O(n)`.
    fn class_growth(&self, member: NodeIndex, cancel: &CancelToken) -> Result<u64> {
        let count = |snapshot: &Snapshot, class| {
            snapshot.heap.nodes.indices().filter(|&node| snapshot.graph.classes.class_of(node) == class).count() as u64
        };
        let (before, after) = (self.pair.before, self.pair.after);
        let class = after.graph.classes.class_of(member);
        let key = after.graph.classes.key(class);
        cancel.check()?;
        let then = before.graph.classes.find(&key).map_or(0, |class| count(before, class));
        Ok(count(after, class).saturating_sub(then))
    }

    /// Positions of what the node at `position` dominates immediately, without what is told of by itself or skipped.
    fn children(&self, position: u32) -> impl Iterator<Item = u32> + '_ {
        let end = self.end[position as usize];
        let mut next = position + 1;
        std::iter::from_fn(move || {
            let child = (next < end).then_some(next)?;
            next = self.end[child as usize];
            Some(child)
        })
        .filter(|child| !self.before.contains_key(child))
    }
}

/// Whether the node is data of the program: compiled code, feedback and shapes come and go by the VM's own rules.
fn is_data(snapshot: &Snapshot, node: NodeIndex) -> bool {
    match snapshot.heap.nodes.kind(node) {
        NodeKind::CODE | NodeKind::OBJECT_SHAPE | NodeKind::SYNTHETIC | NodeKind::NUMBER => false,
        NodeKind::HIDDEN => !suspects::is_machinery(&snapshot.heap, node),
        _ => true,
    }
}
