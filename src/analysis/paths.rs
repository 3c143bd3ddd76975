//! Retaining paths: why a node is alive, told from the root.
//!
//! A path follows essential edges only ([`EssentialEdges`]), so that cutting it really helps. Of all paths the
//! cheapest is shown, where a property, variable or element costs less than a field of the VM, and a global object less
//! than the VM's own roots. The search goes backwards from the node along retainers, guided by the distance from the root
//! (A*: Hart, Nilsson, Raphael 1968, doi:10.1109/TSSC.1968.300136): it usually looks at little more than the path itself,
//! at worst at every edge once, `O(e log e)`. Ties are broken by the text of names, so that two processes that run the
//! same program show the same path.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::collections::hash_map::Entry;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::cancel::CancelToken;
use crate::error::Result;
use crate::graph::{Distances, EssentialEdges, Snapshot};
use crate::snapshot::{EdgeIndex, EdgeKind, EdgeLabel, NodeIndex, NodeKind};

/// A path from the root: edges that follow each other, none of whose targets comes twice.
pub type RetainingPath = Vec<EdgeIndex>;

/// The least that an edge costs.
const STEP: u32 = 2;
/// More retainers than this are not tried for a path of their own, per path asked for.
const TRIES_PER_PATH: usize = 16;

/// The policy of what keeps alive, for this snapshot.
pub(crate) fn essential_edges(snapshot: &Snapshot) -> EssentialEdges<'_> {
    EssentialEdges::new(&snapshot.heap, &snapshot.graph.weak_pairs, &snapshot.graph.page_objects)
}

/// What it costs to tell of an edge: what people wrote is cheap, the VM's own structures are dear.
pub(super) fn telling_cost(snapshot: &Snapshot, source: NodeIndex, edge: EdgeIndex) -> u32 {
    let heap = &snapshot.heap;
    let by_edge = match heap.edges.kind(edge.at()) {
        EdgeKind::Property | EdgeKind::Element | EdgeKind::Context | EdgeKind::Shortcut => STEP,
        EdgeKind::Internal => STEP + 1,
        EdgeKind::Hidden | EdgeKind::Weak | EdgeKind::Invisible => STEP + 2,
    };
    let by_source = match heap.nodes.kind(source) {
        NodeKind::SYNTHETIC if source != NodeIndex::ROOT => 10,
        NodeKind::HIDDEN | NodeKind::CODE | NodeKind::OBJECT_SHAPE => 6,
        _ => 0,
    };
    by_edge + by_source
}

/// The path to tell why `node` is alive; `None` for the root and for what nothing keeps alive.
pub fn shortest_path(snapshot: &Snapshot, node: NodeIndex, cancel: &CancelToken) -> Result<Option<RetainingPath>> {
    if node == NodeIndex::ROOT {
        return Ok(None);
    }
    search(snapshot, node, &FxHashSet::default(), cancel)
}

/// At most `limit` paths, the one of [`shortest_path`] first. They differ in how they reach the first object, seen from
/// the node, that more than one reference keeps.
pub fn retaining_paths(
    snapshot: &Snapshot,
    node: NodeIndex,
    limit: usize,
    cancel: &CancelToken,
) -> Result<Vec<RetainingPath>> {
    let Some(first) = shortest_path(snapshot, node, cancel)? else { return Ok(Vec::new()) };
    let essential = essential_edges(snapshot);
    let retainers_of = |node| {
        let all = snapshot.graph.retainers.of(&snapshot.heap.nodes, node);
        all.filter(|&(edge, source)| essential.contains(source, edge.at()))
    };
    // Where the ways part: all that is below belongs to every path.
    let mut shared = first.len();
    while shared > 1 && retainers_of(snapshot.heap.edges.target(first[shared - 1].at())).nth(1).is_none() {
        shared -= 1;
    }
    let parting = snapshot.heap.edges.target(first[shared - 1].at());
    let below: FxHashSet<_> = first[shared - 1..].iter().map(|edge| snapshot.heap.edges.target(edge.at())).collect();
    let mut others: Vec<_> = retainers_of(parting)
        .filter(|&(edge, source)| edge != first[shared - 1] && !below.contains(&source))
        .map(|(edge, source)| {
            (steps_from_root(snapshot, source) * STEP + telling_cost(snapshot, source, edge), edge, source)
        })
        .collect();
    others.sort_unstable();
    let tail = first[shared..].to_vec();
    let mut sources: FxHashSet<_> = snapshot
        .graph
        .retainers
        .of(&snapshot.heap.nodes, parting)
        .filter(|it| it.0 == first[shared - 1])
        .map(|it| it.1)
        .collect();
    let mut paths = vec![first];
    for (_, edge, source) in others.into_iter().take(limit.saturating_mul(TRIES_PER_PATH)) {
        if paths.len() >= limit {
            break;
        }
        // A second reference from the same object is no other reason.
        if !sources.insert(source) {
            continue;
        }
        let to_source =
            if source == NodeIndex::ROOT { Some(Vec::new()) } else { search(snapshot, source, &below, cancel)? };
        if let Some(mut path) = to_source {
            path.push(edge);
            path.extend_from_slice(&tail);
            paths.push(path);
        }
    }
    paths.truncate(limit);
    Ok(paths)
}

/// How the search came to a node.
struct Reached {
    cost: u32,
    /// The edge that leaves the node towards the goal, and its target; `None` at the goal.
    next: Option<(EdgeIndex, NodeIndex)>,
    /// Whether no cheaper way can be found any more.
    settled: bool,
}

/// The cheapest path from the root to `goal` that meets none of `avoided`.
fn search(
    snapshot: &Snapshot,
    goal: NodeIndex,
    avoided: &FxHashSet<NodeIndex>,
    cancel: &CancelToken,
) -> Result<Option<RetainingPath>> {
    let essential = essential_edges(snapshot);
    let mut reached: FxHashMap<NodeIndex, Reached> = FxHashMap::default();
    // By estimated cost of the whole path. Of equal ones those near the goal first, so that all ways to a node are known
    // before it is settled, and names decide.
    let mut open = BinaryHeap::new();
    reached.insert(goal, Reached { cost: 0, next: None, settled: false });
    open.push(Reverse((0, 0, goal)));
    let mut steps = 0;
    while let Some(Reverse((_, _, node))) = open.pop() {
        if node == NodeIndex::ROOT {
            return Ok(Some(follow(&reached)));
        }
        let Some(here) = reached.get_mut(&node) else { continue };
        if std::mem::replace(&mut here.settled, true) {
            continue;
        }
        let cost = here.cost;
        for (edge, source) in snapshot.graph.retainers.of(&snapshot.heap.nodes, node) {
            steps += 1;
            if steps % CancelToken::STRIDE == 0 {
                cancel.check()?;
            }
            if avoided.contains(&source) || !essential.contains(source, edge.at()) {
                continue;
            }
            let cost = cost.saturating_add(telling_cost(snapshot, source, edge));
            let way = Reached { cost, next: Some((edge, node)), settled: false };
            match reached.entry(source) {
                Entry::Vacant(entry) => {
                    entry.insert(way);
                }
                Entry::Occupied(mut entry) if !entry.get().settled && cost < entry.get().cost => {
                    entry.insert(way);
                }
                Entry::Occupied(mut entry) => {
                    let known = entry.get();
                    let is_better = !known.settled
                        && cost == known.cost
                        && known.next.is_some_and(|(other, _)| is_named_before(snapshot, edge, other));
                    if is_better {
                        entry.insert(way);
                    }
                    continue;
                }
            }
            let estimate = cost.saturating_add(STEP * steps_from_root(snapshot, source));
            open.push(Reverse((estimate, cost, source)));
        }
    }
    Ok(None)
}

fn follow(reached: &FxHashMap<NodeIndex, Reached>) -> RetainingPath {
    let mut path = Vec::new();
    let mut node = NodeIndex::ROOT;
    while let Some((edge, target)) = reached.get(&node).and_then(|way| way.next) {
        path.push(edge);
        node = target;
    }
    path
}

/// At least how many edges lie between the root and the node.
fn steps_from_root(snapshot: &Snapshot, node: NodeIndex) -> u32 {
    match snapshot.graph.distances.raw(node) {
        distance @ Distances::SYSTEM.. => (distance - Distances::SYSTEM) as u32,
        distance => distance.max(0) as u32,
    }
}

/// Whether of two equally dear edges this one is taken: the one with the shorter name, in every process the same.
fn is_named_before(snapshot: &Snapshot, edge: EdgeIndex, other: EdgeIndex) -> bool {
    let key = |edge: EdgeIndex| match snapshot.heap.edges.label(edge.at()) {
        // Indices say nothing: the first in the file, as it stands.
        EdgeLabel::Number(_) => (0, &[][..]),
        EdgeLabel::Name(name) => {
            let name = snapshot.heap.strings.raw(name);
            (name.len(), name)
        }
    };
    key(edge) < key(other)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot;
    use crate::testing::builder::Builder;

    /// The names of the path's nodes.
    fn told(drawn: &Builder, path: &[EdgeIndex]) -> String {
        let edges = drawn.heap().edges;
        let names: Vec<_> = path.iter().map(|edge| drawn.name_of(edges.target(edge.at()))).collect();
        names.join(" ")
    }

    fn shortest(drawn: &Builder, key: &str) -> Option<String> {
        let path = shortest_path(&drawn.snapshot(), drawn.at(key), &CancelToken::new()).unwrap();
        path.map(|path| told(drawn, &path))
    }

    fn all(drawn: &Builder, key: &str, limit: usize) -> Vec<String> {
        let paths = retaining_paths(&drawn.snapshot(), drawn.at(key), limit, &CancelToken::new()).unwrap();
        paths.iter().map(|path| told(drawn, path)).collect()
    }

    #[test]
    fn the_root_and_the_unreachable_have_no_path() {
        let drawn = snapshot! { root -> A(1); B(1) -> C(1) -> B };
        assert_eq!([shortest(&drawn, "root"), shortest(&drawn, "C")], [None, None]);
        assert_eq!(shortest(&drawn, "A").as_deref(), Some("A"));
    }

    #[test]
    fn only_what_keeps_alive_is_told() {
        let drawn = snapshot! {
            root -> A(1) -weak-> D(1);
            A -shortcut("d")-> D;
            A -> B(1) -> C(1) -> D -> D
        };
        assert_eq!(shortest(&drawn, "D").as_deref(), Some("A B C D"));
    }

    #[test]
    fn what_people_wrote_is_told_rather_than_the_machinery() {
        let drawn = snapshot! {
            root -> roots="(GC roots)":synthetic -> handles="(Global handles)":synthetic -> process(1);
            root -shortcut(1)-> global(1) -> a(1) -> b(1) -> process;
            root -> map="system / Map":hidden(1) -> c(1);
            root -> x(1) -> y(1) -> c
        };
        assert_eq!(shortest(&drawn, "process").as_deref(), Some("global a b process"));
        assert_eq!(shortest(&drawn, "c").as_deref(), Some("x y c"));
    }

    #[test]
    fn equal_ways_are_decided_by_name() {
        let drawn = snapshot! {
            root -> A(1);
            A -"longer"-> B(1) -"x"-> D(1);
            A -"short"-> C(1) -"x"-> D
        };
        assert_eq!(shortest(&drawn, "D").as_deref(), Some("A C D"));
    }

    #[test]
    fn paths_differ_where_the_ways_part() {
        let drawn = snapshot! {
            root -> A(1) -> shared(1) -> tail(1) -> goal(1);
            root -> B(1) -> b(1) -> shared;
            root -> C(1) -> shared;
            goal -> back(1) -> shared
        };
        assert_eq!(all(&drawn, "goal", 10), ["A shared tail goal", "C shared tail goal", "B b shared tail goal"]);
        assert_eq!(all(&drawn, "goal", 2).len(), 2);
        assert_eq!(all(&drawn, "goal", 0), [""; 0]);
        assert_eq!(all(&drawn, "root", 3), [""; 0]);
    }
}
