//! The plain definition of merged paths, for comparison on small graphs: costs by relaxing all edges until nothing changes,
//! paths as lists of names. `O(nodes * edges)`.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use super::oracle;
use crate::analysis::disclosure;
use crate::graph::Snapshot;
use crate::snapshot::{EdgeKind, EdgeLabel, Heap, NodeIndex, NodeKind, Text};

/// The steps to a place, each the name of a reference and of what stands there; `None` for the VM's own.
pub type Path = Option<Vec<(String, String)>>;

/// How many nodes there are in each place, and their bytes.
pub fn places(snapshot: &Snapshot) -> BTreeMap<Path, (u64, u64)> {
    let heap = &snapshot.heap;
    let page_objects = oracle::page_objects(heap);
    let edges: Vec<(NodeIndex, usize, NodeIndex)> = heap
        .nodes
        .indices()
        .flat_map(|from| heap.nodes.edges(from).map(move |edge| (from, edge)))
        .filter(|&(from, edge)| oracle::is_essential(heap, &page_objects, from, edge))
        .map(|(from, edge)| (from, edge, heap.edges.target(edge)))
        .collect();
    let mut costs: BTreeMap<NodeIndex, u32> = BTreeMap::from([(NodeIndex::ROOT, 0)]);
    let mut has_changed = true;
    while has_changed {
        has_changed = false;
        for &(from, edge, to) in &edges {
            let Some(cost) = costs.get(&from).map(|cost| cost + cost_of(heap, from, edge)) else { continue };
            if costs.get(&to).is_none_or(|&known| cost < known) {
                costs.insert(to, cost);
                has_changed = true;
            }
        }
    }
    let mut order: Vec<(u32, NodeIndex)> = costs.iter().map(|(&node, &cost)| (cost, node)).collect();
    order.sort_unstable();
    let mut paths: BTreeMap<NodeIndex, Path> = BTreeMap::new();
    let mut figures: BTreeMap<Path, (u64, u64)> = BTreeMap::new();
    for (cost, node) in order {
        let bytes = snapshot.graph.sizes.shallow_size(node);
        let ways = edges.iter().filter(|&&(from, edge, to)| {
            to == node && costs.get(&from).is_some_and(|before| before + cost_of(heap, from, edge) == cost)
        });
        let best = ways.min_by(|a, b| {
            by_length(&label(heap, a.1), &label(heap, b.1))
                .then_with(|| by_path(&paths[&a.0], &paths[&b.0]))
                .then_with(|| is_object(heap, b.0).cmp(&is_object(heap, a.0)))
        });
        let (path, count) = match best {
            _ if node == NodeIndex::ROOT => (Some(Vec::new()), 1),
            Some(&(from, edge, _)) => step(heap, &paths[&from], from, edge, node),
            None => continue,
        };
        let sum = figures.entry(path.clone()).or_default();
        *sum = (sum.0 + count, sum.1 + bytes);
        paths.insert(node, path);
    }
    figures
}

fn is_object(heap: &Heap, node: NodeIndex) -> bool {
    heap.nodes.kind(node) == NodeKind::OBJECT
}

fn cost_of(heap: &Heap, from: NodeIndex, edge: usize) -> u32 {
    let by_edge = match heap.edges.kind(edge) {
        EdgeKind::Internal => 3,
        EdgeKind::Hidden | EdgeKind::Weak | EdgeKind::Invisible => 4,
        _ => 2,
    };
    by_edge
        + match heap.nodes.kind(from) {
            NodeKind::SYNTHETIC if from != NodeIndex::ROOT => 10,
            NodeKind::HIDDEN | NodeKind::CODE | NodeKind::OBJECT_SHAPE => 6,
            _ => 0,
        }
}

/// The file's own bytes of a name; none of a number.
fn label(heap: &Heap, edge: usize) -> Vec<u8> {
    heap.edges.name(edge).map_or_else(Vec::new, |name| heap.strings.raw(name).to_vec())
}

fn by_length(a: &[u8], b: &[u8]) -> Ordering {
    a.len().cmp(&b.len()).then_with(|| a.cmp(b))
}

/// From the places upwards, the VM's own after the root.
fn by_path(a: &Path, b: &Path) -> Ordering {
    let (a, b) = match (a, b) {
        (None, None) => return Ordering::Equal,
        (Some(steps), None) => return if steps.is_empty() { Ordering::Less } else { Ordering::Greater },
        (None, Some(steps)) => return if steps.is_empty() { Ordering::Greater } else { Ordering::Less },
        (Some(a), Some(b)) => (a, b),
    };
    let by_step = |a: &(String, String), b: &(String, String)| {
        by_length(a.0.as_bytes(), b.0.as_bytes()).then_with(|| by_length(a.1.as_bytes(), b.1.as_bytes()))
    };
    let differs = a.iter().rev().zip(b.iter().rev()).map(|(a, b)| by_step(a, b)).find(|order| order.is_ne());
    differs.unwrap_or_else(|| a.len().cmp(&b.len()))
}

fn step(heap: &Heap, above: &Path, from: NodeIndex, edge: usize, node: NodeIndex) -> (Path, u64) {
    let kind = heap.nodes.kind(node);
    let Some(above) = above.as_ref().filter(|_| kind != NodeKind::CODE && kind != NodeKind::OBJECT_SHAPE) else {
        return (None, 1);
    };
    let is_internal = heap.edges.kind(edge) == EdgeKind::Internal;
    let text = match heap.edges.label(edge) {
        EdgeLabel::Number(_) => Text::from("0"),
        EdgeLabel::Name(name) => heap.strings.text(name),
    };
    let is_store = ["elements", "table", "properties"].contains(&&*text.to_str());
    if is_internal && is_store && is_object(heap, from) && matches!(kind, NodeKind::ARRAY | NodeKind::HIDDEN) {
        return (Some(above.clone()), 0);
    }
    let name = match heap.edges.kind(edge) {
        EdgeKind::Property => disclosure::property_name(&text).to_string(),
        EdgeKind::Internal if oracle::weak_pair(&text.to_str()).is_some() => "WeakMap entry".to_owned(),
        _ => text.to_string(),
    };
    let is_data = name == "[key]" || !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_digit());
    let step = (if is_data { "[x]".to_owned() } else { name }, class(heap, node, kind));
    let mut path = above.clone();
    // A list leads back to itself, a scope only to the one of the same function.
    let before = |at: usize| at.checked_sub(1).map(|before| &path[before]);
    let is_same = |&at: &usize| path[at] == step && (step.1 != "system / Context" || before(at) == path.last());
    match (0..path.len()).rev().take(6).find(is_same) {
        Some(at) => path.truncate(at + 1),
        None => path.push(step),
    }
    (Some(path), 1)
}

fn class(heap: &Heap, node: NodeIndex, kind: NodeKind) -> String {
    let text = heap.strings.text(heap.nodes.name(node));
    let name = text.to_str();
    match kind {
        NodeKind::STRING | NodeKind::CONCATENATED_STRING | NodeKind::SLICED_STRING => "string".to_owned(),
        NodeKind::NUMBER => "number".to_owned(),
        NodeKind::ARRAY => "(array)".to_owned(),
        NodeKind::CLOSURE => format!("{name}()"),
        _ if name.starts_with("system / Context") => "system / Context".to_owned(),
        _ if name.starts_with('<') => {
            let end = name.find([' ', '>']).unwrap_or(name.len());
            format!("{}>", &name[..end])
        }
        _ if name.is_empty() => "(unnamed)".to_owned(),
        _ => disclosure::class_name(&text).to_string(),
    }
}
