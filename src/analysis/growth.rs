//! What grew from one snapshot of a process to the next, by who keeps it.
//!
//! Every object made in between counts for all its dominators. An old object that gained more than [`SHARE`] of the older
//! heap that way, and really retains so much more (what turns over gains nothing), is where growth belongs, unless an old
//! object below it accounts for it. What piles up there is found as by Eclipse MAT: downwards to where the new bytes spread,
//! and by class. Growth that only the root has is grouped by class, and told if the paths to it have an owner in common.
//!
//! `O(n)`, with 28 bytes a node while it runs. Source: Eclipse MAT, `FindLeaksQuery2` (growth of the dominator tree).

use rustc_hash::FxHashMap;

use super::accumulation::is_big_drop;
use super::suspects::{self, Group, Pile};
use crate::cancel::CancelToken;
use crate::error::Result;
use crate::graph::Snapshot;
use crate::snapshot::{NodeId, NodeIndex, NodeKind};

/// Growth below this part of the older heap is noise.
const SHARE: f64 = 0.02;

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

/// How many more bytes there must be to be more than noise.
pub fn least_bytes(before: &Snapshot) -> u64 {
    ((SHARE * before.graph.dominators.retained_size(NodeIndex::ROOT) as f64) as u64).max(1)
}

/// All that grew, most bytes first.
pub fn growth(pair: &Pair<'_>, cancel: &CancelToken) -> Result<Vec<Grown>> {
    let walk = Walk::new(pair, least_bytes(pair.before), cancel)?;
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

    /// What piles up at a node where growth belongs.
    fn piles(&self, at: Growing, cancel: &CancelToken) -> Result<Vec<Grown>> {
        let snapshot = self.pair.after;
        let (point, chain) = self.descend(at, cancel)?;
        let mut groups: FxHashMap<Group, (u64, Vec<NodeIndex>)> = FxHashMap::default();
        for child in self.children(point) {
            let node = self.order[child as usize];
            if (self.pair.is_new)(node) && self.new_bytes[child as usize] > 0 {
                let group = groups.entry(Group::of(snapshot, node)).or_default();
                group.0 += self.new_bytes[child as usize];
                group.1.push(node);
            }
        }
        let is_pile = |members: &Vec<NodeIndex>| members.len() as u64 >= self.pair.least_count;
        let owner = self.order[at.position as usize];
        if suspects::is_machinery(&snapshot.heap, owner) {
            return self.class_piles(groups.into_values().filter(|(_, members)| is_pile(members)), cancel);
        }
        let mut piles: Vec<_> = groups.into_values().filter(|(_, members)| is_pile(members)).collect();
        // In one place, keys and values are one pile; the heavier names it.
        piles.sort_by_key(|(bytes, members)| std::cmp::Reverse((*bytes, members.len())));
        let (point, members) = match piles.into_iter().next() {
            Some((_, members)) => (self.order[point as usize], members),
            // A chain hangs on its first element.
            None => match chain.into_values().filter(is_pile).max_by_key(Vec::len) {
                Some(members) => (members[0], members),
                None => return Ok(Vec::new()),
            },
        };
        let pile = Pile { owner: suspects::owner_of(snapshot, point), point, members, retained_size: at.new };
        // Where as much went as came, as many did.
        let is_turning_over = is_big_drop(at.new, at.net);
        let members = pile.members.len() as u64;
        let count = if is_turning_over { members * at.net / at.new.max(1) } else { members };
        if count < self.pair.least_count {
            return Ok(Vec::new());
        }
        Ok(vec![Grown { pile, count, bytes: at.new.min(at.net) }])
    }

    /// Where the new bytes spread, below a node where growth belongs; and the new things on the way down, by group, which are
    /// a chain if they are many: a list whose every element holds the next. A chain goes on where the bytes of its last
    /// elements spread.
    fn descend(&self, at: Growing, cancel: &CancelToken) -> Result<(u32, FxHashMap<Group, Vec<NodeIndex>>)> {
        let mut chain: FxHashMap<Group, Vec<NodeIndex>> = FxHashMap::default();
        let mut spread_at = None;
        let (mut point, mut bytes) = (at.position, at.new);
        while let Some(next) = self.children(point).max_by_key(|&child| self.new_bytes[child as usize]) {
            cancel.check()?;
            let node = self.order[next as usize];
            let new = self.new_bytes[next as usize];
            let group = (self.pair.is_new)(node).then(|| Group::of(self.pair.after, node));
            if spread_at.is_none() && is_big_drop(bytes, new) {
                spread_at = Some(point);
            }
            match group {
                Some(group) if spread_at.is_none() || chain.contains_key(&group) => {
                    chain.entry(group).or_default().push(node);
                }
                _ if spread_at.is_some() => break,
                _ => {}
            }
            (point, bytes) = (next, new);
        }
        Ok((spread_at.unwrap_or(point), chain))
    }

    /// New things that only the root dominates, as they have several retainers: by class, where the class really grew and
    /// one owner holds most.
    fn class_piles(
        &self,
        groups: impl Iterator<Item = (u64, Vec<NodeIndex>)>,
        cancel: &CancelToken,
    ) -> Result<Vec<Grown>> {
        let after = self.pair.after;
        let mut piles = Vec::new();
        for (bytes, members) in groups.filter(|(bytes, _)| *bytes >= self.threshold) {
            let is_named = |kind| matches!(kind, NodeKind::OBJECT | NodeKind::CLOSURE);
            if !is_named(after.heap.nodes.kind(members[0])) {
                continue;
            }
            let more = self.class_growth(members[0], cancel)?;
            if more < self.pair.least_count {
                continue;
            }
            if let Some(owner) = suspects::common_path(after, &members, cancel)?.last_node(after) {
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
