//! Leak suspects by size and shape alone, after Eclipse MAT.
//!
//! A suspect is an object that keeps more than a share of the heap, or a class whose objects do together. From the object
//! one goes down to where its bytes spread ([`super::accumulation`]); what is dominated there, by class, is what piles up.
//! Of a class the paths from the root are compared: the part that more than 80 % of them share tells what holds them.
//! Bytes that spread over different things at once are no suspect: that is a program, not a pile.
//!
//! A few passes over the columns, `O(n)`; nothing per node is kept. Source: Eclipse MAT, `FindLeaksQuery`.

use rustc_hash::FxHashMap;

use super::accumulation::is_big_drop;
use super::paths::{self, RetainingPath};
use crate::cancel::CancelToken;
use crate::error::Result;
use crate::graph::{ClassIndex, Snapshot};
use crate::snapshot::{EdgeKind, Heap, NodeIndex, NodeKind};

/// A suspect keeps at least this part of the heap.
const SHARE: f64 = 0.2;
/// And at least so many bytes: a small heap is mostly Node's own.
const LEAST_SIZE: u64 = 4_000_000;
/// A pile has at least so many things of a class.
const LEAST_MEMBERS: usize = 20;
/// And they are at least this part of its bytes.
const PILE: f64 = 0.5;
/// Paths have in common what more than this part of them shares.
const COMMON: f64 = 0.8;
/// Paths are compared for so many members.
const SAMPLE: usize = 64;

/// Things of one kind in one place.
pub struct Pile {
    /// The object that keeps them, as people know it; the root if the paths have nothing in common.
    pub owner: NodeIndex,
    /// What dominates them immediately: the owner, or an array of the VM's below it.
    pub point: NodeIndex,
    /// The things; none if the owner itself is all there is.
    pub members: Vec<NodeIndex>,
    /// Bytes freed with them.
    pub retained_size: u64,
}

/// What things of one kind have in common: their class, or for closures and scopes the code that makes them.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Group {
    /// Objects, strings …
    Class(ClassIndex),
    /// Closures by SharedFunctionInfo, contexts by ScopeInfo.
    Code(NodeIndex),
}

impl Group {
    /// The node's.
    pub fn of(snapshot: &Snapshot, node: NodeIndex) -> Self {
        let heap = &snapshot.heap;
        let code = match heap.nodes.kind(node) {
            NodeKind::CLOSURE => heap.follow(node, EdgeKind::Internal, "shared"),
            NodeKind::OBJECT if heap.node_is_named(node, "system / Context") => {
                heap.follow(node, EdgeKind::Internal, "scope_info")
            }
            _ => None,
        };
        code.map_or_else(|| Self::Class(snapshot.graph.classes.class_of(node)), Self::Code)
    }
}

/// Whether the node is the VM's, or Node's frame around the program: nobody's pile.
pub fn is_machinery(heap: &Heap, node: NodeIndex) -> bool {
    let name = heap.nodes.name(node);
    match heap.nodes.kind(node) {
        NodeKind::SYNTHETIC | NodeKind::CODE | NodeKind::OBJECT_SHAPE => true,
        NodeKind::HIDDEN => !heap.strings.is(name, "system / PropertyArray"),
        NodeKind::OBJECT => heap.strings.is(name, "global") || heap.strings.starts_with(name, "global "),
        NodeKind::NATIVE => heap.strings.starts_with(name, "system / ") || heap.strings.starts_with(name, "Node / "),
        _ => false,
    }
}

/// Whether the node is an array of the VM's, in which an object keeps its elements, properties or entries.
pub fn is_backing_store(heap: &Heap, node: NodeIndex) -> bool {
    match heap.nodes.kind(node) {
        NodeKind::ARRAY => true,
        NodeKind::HIDDEN => heap.node_is_named(node, "system / PropertyArray"),
        _ => false,
    }
}

/// Whether the node holds what programs are made of, but not compiled code, which has its own sources and constants.
fn is_root_of_data(heap: &Heap, node: NodeIndex) -> bool {
    is_machinery(heap, node) && !matches!(heap.nodes.kind(node), NodeKind::CODE | NodeKind::OBJECT_SHAPE)
}

/// The nearest dominator, the node included, that people know: no array of the VM's, no scope.
pub fn owner_of(snapshot: &Snapshot, node: NodeIndex) -> NodeIndex {
    let is_part = |node: NodeIndex| match snapshot.heap.nodes.kind(node) {
        NodeKind::ARRAY | NodeKind::HIDDEN => true,
        NodeKind::NATIVE => snapshot.heap.strings.starts_with(snapshot.heap.nodes.name(node), "system / "),
        _ => false,
    };
    let mut owner = node;
    while owner != NodeIndex::ROOT && is_part(owner) {
        owner = snapshot.graph.dominators.immediate_dominator(owner);
    }
    if owner == NodeIndex::ROOT { node } else { owner }
}

/// All suspects of one snapshot, the biggest first. What is `explained` is none.
pub fn suspects(snapshot: &Snapshot, explained: impl Fn(NodeIndex) -> bool, cancel: &CancelToken) -> Result<Vec<Pile>> {
    let dominators = &snapshot.graph.dominators;
    let heap = &snapshot.heap;
    let threshold = ((SHARE * dominators.retained_size(NodeIndex::ROOT) as f64) as u64).max(LEAST_SIZE);
    // Heavy nodes, and the heaviest that each dominates. The dominator of a heavy node is heavy.
    let mut heaviest: FxHashMap<NodeIndex, NodeIndex> = FxHashMap::default();
    let mut tops = Vec::new();
    for node in heap.nodes.indices().skip(1) {
        if node.at().is_multiple_of(CancelToken::STRIDE) {
            cancel.check()?;
        }
        let size = dominators.retained_size(node);
        if size < threshold {
            continue;
        }
        let dominator = dominators.immediate_dominator(node);
        let best = heaviest.entry(dominator).or_insert(node);
        if size > dominators.retained_size(*best) {
            *best = node;
        }
        if !is_machinery(heap, node) && is_root_of_data(heap, dominator) {
            tops.push(node);
        }
    }
    let mut points: Vec<NodeIndex> = tops
        .into_iter()
        .map(|top| {
            let mut point = top;
            while let Some(&next) = heaviest.get(&point)
                && !is_big_drop(dominators.retained_size(point), dominators.retained_size(next))
            {
                point = next;
            }
            point
        })
        .filter(|&point| !explained(point))
        .collect();
    points.sort_unstable();
    let mut piles = piles_at(snapshot, &points, cancel)?;
    piles.extend(class_piles(snapshot, threshold, &explained, cancel)?);
    piles.retain(|pile| pile.members.iter().filter(|&&member| explained(member)).count() * 2 <= pile.members.len());
    piles.sort_by_key(|pile| std::cmp::Reverse(pile.retained_size));
    Ok(piles)
}

/// What piles up at each of `points`, ascending, where something does.
fn piles_at(snapshot: &Snapshot, points: &[NodeIndex], cancel: &CancelToken) -> Result<Vec<Pile>> {
    if points.is_empty() {
        return Ok(Vec::new());
    }
    let dominators = &snapshot.graph.dominators;
    let mut groups: FxHashMap<(NodeIndex, Group), (u64, Vec<NodeIndex>)> = FxHashMap::default();
    for (at, &dominator) in dominators.immediate_dominators().iter().enumerate() {
        if at.is_multiple_of(CancelToken::STRIDE) {
            cancel.check()?;
        }
        if points.binary_search(&NodeIndex(dominator)).is_ok() {
            let node = NodeIndex::from(at);
            let group = groups.entry((NodeIndex(dominator), Group::of(snapshot, node))).or_default();
            group.0 += dominators.retained_size(node);
            group.1.push(node);
        }
    }
    let mut piles = Vec::new();
    for &point in points {
        let whole = dominators.retained_size(point);
        let owner = owner_of(snapshot, point);
        // A huge buffer or string has no members.
        if is_most(whole, snapshot.graph.sizes.shallow_size(point)) {
            piles.push(Pile { owner, point, members: Vec::new(), retained_size: whole });
            continue;
        }
        let of_point = groups.iter().filter(|((at, _), _)| *at == point);
        if let Some((_, (size, members))) = of_point.max_by_key(|(_, (size, members))| (*size, members.len()))
            && members.len() >= LEAST_MEMBERS
            && is_most(whole, *size)
        {
            piles.push(Pile { owner, point, members: members.clone(), retained_size: whole });
        }
    }
    Ok(piles)
}

fn is_most(whole: u64, part: u64) -> bool {
    part as f64 >= PILE * whole as f64
}

/// Classes of the program whose objects, each held by several others, keep a share together.
fn class_piles(
    snapshot: &Snapshot,
    threshold: u64,
    explained: &impl Fn(NodeIndex) -> bool,
    cancel: &CancelToken,
) -> Result<Vec<Pile>> {
    let heap = &snapshot.heap;
    let dominators = &snapshot.graph.dominators;
    let is_everywhere = everywhere(snapshot);
    let mut classes: FxHashMap<ClassIndex, (u64, Vec<NodeIndex>)> = FxHashMap::default();
    for node in heap.nodes.indices().skip(1) {
        if node.at().is_multiple_of(CancelToken::STRIDE) {
            cancel.check()?;
        }
        let is_top = || is_root_of_data(heap, dominators.immediate_dominator(node));
        let class = snapshot.graph.classes.class_of(node);
        let is_candidate = heap.nodes.kind(node) == NodeKind::OBJECT && !is_everywhere[class.at()];
        if is_candidate && is_top() && !is_machinery(heap, node) && !explained(node) {
            let class = classes.entry(class).or_default();
            class.0 += dominators.retained_size(node);
            class.1.push(node);
        }
    }
    let mut piles = Vec::new();
    for (size, members) in classes.into_values() {
        if size >= threshold
            && members.len() >= LEAST_MEMBERS
            && let Some(owner) = common_path(snapshot, &members, cancel)?.last_node(snapshot)
        {
            piles.push(Pile { owner, point: owner, members, retained_size: size });
        }
    }
    Ok(piles)
}

/// By class: whether its objects are everywhere, for every purpose, as plain objects are.
fn everywhere(snapshot: &Snapshot) -> Vec<bool> {
    const NAMES: [&str; 6] = ["Object", "Array", "Map", "Set", "Module", "system / Context"];
    let classes = &snapshot.graph.classes;
    let is_everywhere = |class| {
        let name = classes.name(class).to_str();
        name.starts_with('{') || NAMES.contains(&&*name)
    };
    (0..classes.len() as u32).map(ClassIndex).map(is_everywhere).collect()
}

/// The beginning that many paths share.
pub struct CommonPath(pub RetainingPath);

impl CommonPath {
    /// Where the paths part; `None` if that is still in the machinery.
    pub fn last_node(&self, snapshot: &Snapshot) -> Option<NodeIndex> {
        let last = snapshot.heap.edges.target(self.0.last()?.at());
        (!is_machinery(&snapshot.heap, last)).then(|| owner_of(snapshot, last))
    }
}

/// The beginning of the paths to `nodes` that more than 80 % of them share, from the root. Looks at some 64 nodes,
/// evenly chosen.
pub fn common_path(snapshot: &Snapshot, nodes: &[NodeIndex], cancel: &CancelToken) -> Result<CommonPath> {
    let mut sampled = Vec::new();
    for &node in nodes.iter().step_by(nodes.len().div_ceil(SAMPLE).max(1)) {
        if let Some(mut path) = paths::shortest_path(snapshot, node, cancel)? {
            // The last step is the node's own.
            path.pop();
            sampled.push(path);
        }
    }
    let mut common = RetainingPath::new();
    loop {
        let mut targets: FxHashMap<NodeIndex, usize> = FxHashMap::default();
        for edge in sampled.iter().filter_map(|path| path.get(common.len())) {
            *targets.entry(snapshot.heap.edges.target(edge.at())).or_default() += 1;
        }
        let Some((&target, &count)) = targets.iter().max_by_key(|&(target, count)| (*count, *target)) else { break };
        if (count as f64) <= COMMON * sampled.len() as f64 {
            break;
        }
        let depth = common.len();
        sampled.retain(|path| path.get(depth).is_some_and(|edge| snapshot.heap.edges.target(edge.at()) == target));
        common.push(sampled[0][depth]);
    }
    Ok(CommonPath(common))
}
