//! Naive definitions of the graph's facts, for comparison on small graphs: written from the definitions, without the
//! passes' algorithms. `O(nodes * (nodes + edges))` for dominators.

use std::collections::{BTreeSet, HashSet, VecDeque};

use crate::snapshot::{EdgeIndex, EdgeKind, EdgeLabel, Heap, NodeIndex, NodeKind};

/// What the name of a WeakMap entry's edge says: the text behind its leading digits, and the table's number.
pub fn weak_pair(name: &str) -> Option<(&str, &str)> {
    let part = name.trim_start_matches(|c: char| c.is_ascii_digit());
    let rest = part.strip_prefix(" / part of key (")?;
    if part.len() == name.len() || name.contains(['\n', '\r', '\u{2028}', '\u{2029}']) {
        return None;
    }
    let ends_with_id = |text: &str| {
        text.rsplit_once(" @").is_some_and(|(_, id)| !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit()))
    };
    let (pair, table) = rest.strip_suffix(')')?.rsplit_once(") pair in WeakMap (table @")?;
    let is_number = !table.is_empty() && table.bytes().all(|byte| byte.is_ascii_digit());
    let is_pair = pair
        .match_indices(") -> value (")
        .any(|(at, arrow)| ends_with_id(&pair[..at]) && ends_with_id(&pair[at + arrow.len()..]));
    (is_number && is_pair).then_some((part, table))
}

fn weak_pair_of(heap: &Heap, edge: usize) -> Option<(String, String)> {
    let EdgeLabel::Name(name) = heap.edges.label(edge) else { return None };
    let text = heap.strings.text(name);
    let text = text.to_str();
    let (part, table) = weak_pair(&text).filter(|_| heap.edges.kind(edge) == EdgeKind::Internal)?;
    Some((part.to_owned(), table.to_owned()))
}

/// Whether the node is not synthetic, or Chrome's root of all documents.
pub fn is_user_root(heap: &Heap, node: NodeIndex) -> bool {
    heap.nodes.kind(node) != NodeKind::SYNTHETIC || name(heap, node) == "(Document DOM trees)"
}

fn name(heap: &Heap, node: NodeIndex) -> String {
    heap.strings.text(heap.nodes.name(node)).to_str().into_owned()
}

/// The nodes reached from `starts`, themselves included, over the edges for which `follow(source, edge)` holds.
fn reach(
    heap: &Heap,
    starts: impl IntoIterator<Item = NodeIndex>,
    follow: impl Fn(NodeIndex, usize) -> bool,
) -> BTreeSet<NodeIndex> {
    let mut reached = BTreeSet::new();
    let mut pending: Vec<NodeIndex> = starts.into_iter().collect();
    while let Some(node) = pending.pop() {
        if reached.insert(node) {
            pending
                .extend(heap.nodes.edges(node).filter(|&edge| follow(node, edge)).map(|edge| heap.edges.target(edge)));
        }
    }
    reached
}

/// The page objects.
pub fn page_objects(heap: &Heap) -> BTreeSet<NodeIndex> {
    let starts = heap.nodes.edges(NodeIndex::ROOT).filter(|&edge| match heap.edges.kind(edge) {
        EdgeKind::Shortcut => true,
        EdgeKind::Element => {
            let target = heap.edges.target(edge);
            heap.nodes.kind(target) == NodeKind::SYNTHETIC && name(heap, target) == "(Document DOM trees)"
        }
        _ => false,
    });
    reach(heap, starts.map(|edge| heap.edges.target(edge)), |_, edge| heap.edges.kind(edge) != EdgeKind::Weak)
}

/// Whether the edge keeps its target alive.
pub fn is_essential(heap: &Heap, page_objects: &BTreeSet<NodeIndex>, from: NodeIndex, edge: usize) -> bool {
    let (target, kind) = (heap.edges.target(edge), heap.edges.kind(edge));
    let is_root = from == NodeIndex::ROOT;
    let is_table_edge =
        weak_pair_of(heap, edge).is_some_and(|(_, table)| table.parse() == Ok(u64::from(heap.nodes.id(from).0)));
    !(is_table_edge
        || kind == EdgeKind::Weak
        || from == target
        || kind == EdgeKind::Shortcut && !is_root
        || !is_root && page_objects.contains(&target) && !page_objects.contains(&from))
}

/// Every node's dominators (itself included), by node: `d` is one of `v`'s if `v` cannot be reached without `d`.
pub fn dominators(heap: &Heap) -> Vec<BTreeSet<NodeIndex>> {
    let page_objects = page_objects(heap);
    let all: Vec<NodeIndex> = heap.nodes.indices().collect();
    let essential: HashSet<usize> = all
        .iter()
        .flat_map(|&node| heap.nodes.edges(node).map(move |edge| (node, edge)))
        .filter(|&(node, edge)| is_essential(heap, &page_objects, node, edge))
        .map(|(_, edge)| edge)
        .collect();
    let held: BTreeSet<NodeIndex> = essential.iter().map(|&edge| heap.edges.target(edge)).collect();
    let starts: Vec<NodeIndex> =
        all.iter().copied().filter(|node| *node == NodeIndex::ROOT || !held.contains(node)).collect();
    let reached = reach(heap, starts.clone(), |_, edge| essential.contains(&edge));
    let mut dominators: Vec<BTreeSet<NodeIndex>> =
        all.iter().map(|&node| BTreeSet::from([NodeIndex::ROOT, node])).collect();
    for &removed in reached.iter().filter(|node| **node != NodeIndex::ROOT) {
        let without = reach(heap, starts.iter().copied().filter(|&start| start != removed), |_, edge| {
            essential.contains(&edge) && heap.edges.target(edge) != removed
        });
        for node in reached.difference(&without) {
            dominators[node.at()].insert(removed);
        }
    }
    dominators
}

/// The nearest dominator: of all but the node itself, the one with the most dominators of its own. The root's is the root.
pub fn immediate_dominator(dominators: &[BTreeSet<NodeIndex>], node: NodeIndex) -> NodeIndex {
    let proper = dominators[node.at()].iter().copied().filter(|&other| other != node);
    proper.max_by_key(|dominator| dominators[dominator.at()].len()).unwrap_or(NodeIndex::ROOT)
}

/// The sum of the sizes of all that `node` dominates.
pub fn retained_size(
    dominators: &[BTreeSet<NodeIndex>],
    node: NodeIndex,
    shallow_size: impl Fn(NodeIndex) -> u64,
) -> u64 {
    let dominated = (0..dominators.len()).filter(|&other| dominators[other].contains(&node));
    dominated.map(|other| shallow_size(NodeIndex::from(other))).sum()
}

/// DevTools' distances.
pub fn distances(heap: &Heap) -> Vec<i32> {
    let mut distances = vec![-5; heap.nodes.len()];
    let mut refused: HashSet<String> = HashSet::new();
    let mut search = |distances: &mut Vec<i32>, starts: Vec<NodeIndex>| {
        let mut queue = VecDeque::from(starts);
        while let Some(source) = queue.pop_front() {
            for edge in heap.nodes.edges(source) {
                let target = heap.edges.target(edge);
                if heap.edges.kind(edge) == EdgeKind::Weak || distances[target.at()] != -5 {
                    continue;
                }
                if gives_distance(heap, &mut refused, source, edge) {
                    distances[target.at()] = distances[source.at()] + 1;
                    queue.push_back(target);
                }
            }
        }
    };
    let targets = heap.nodes.edges(NodeIndex::ROOT).map(|edge| heap.edges.target(edge));
    let user_roots: Vec<NodeIndex> = targets.filter(|&node| is_user_root(heap, node)).collect();
    for &node in &user_roots {
        distances[node.at()] = 1;
    }
    let root_distance = if user_roots.is_empty() { 0 } else { 100_000_000 };
    search(&mut distances, user_roots);
    distances[0] = root_distance;
    search(&mut distances, vec![NodeIndex::ROOT]);
    distances
}

fn gives_distance(heap: &Heap, refused: &mut HashSet<String>, source: NodeIndex, edge: usize) -> bool {
    let label = match heap.edges.label(edge) {
        EdgeLabel::Number(number) => number.to_string(),
        EdgeLabel::Name(name) => heap.strings.text(name).to_str().into_owned(),
    };
    match heap.nodes.kind(source) {
        NodeKind::HIDDEN if name(heap, source) == "system / NativeContext" && label == "sloppy_function_map" => {
            return false;
        }
        NodeKind::ARRAY if name(heap, source) == "(map descriptors)" => {
            let digits: String = label.trim_start().chars().take_while(char::is_ascii_digit).collect();
            return digits.parse().map_or(true, |index: u64| index < 2 || index % 3 != 1);
        }
        _ => {}
    }
    match weak_pair_of(heap, edge) {
        Some((part, _)) if !refused.remove(&part) => {
            refused.insert(part);
            false
        }
        _ => true,
    }
}

/// The edges that lead to `node`, the last of the file first.
pub fn retainers(heap: &Heap, node: NodeIndex) -> Vec<(EdgeIndex, NodeIndex)> {
    let mut retainers: Vec<(EdgeIndex, NodeIndex)> = heap
        .nodes
        .indices()
        .flat_map(|source| heap.nodes.edges(source).map(move |edge| (edge, source)))
        .filter(|&(edge, _)| heap.edges.target(edge) == node)
        .map(|(edge, source)| (EdgeIndex(edge as u32), source))
        .collect();
    retainers.reverse();
    retainers
}
