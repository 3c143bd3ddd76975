//! Naive definitions of what nodes weigh, what they are called, and what changed, for comparison on small graphs: written
//! from the definitions, with texts instead of numbers. `O(nodes * (nodes + edges))`.

use std::collections::{BTreeMap, BTreeSet};

use super::oracle::{dominators, is_user_root};
use crate::snapshot::{EdgeKind, Heap, Location, NodeIndex, NodeKind};

/// A node's file name.
pub fn file_name(heap: &Heap, node: NodeIndex) -> String {
    heap.strings.text(heap.nodes.name(node)).to_str().into_owned()
}

/// Every node's detachedness, and whether it is renamed for it.
pub fn detachedness(heap: &Heap) -> Vec<(u8, bool)> {
    let is_native = |node: NodeIndex| heap.nodes.kind(node) == NodeKind::NATIVE;
    if !heap.layout.has_detachedness {
        let is_named = |node| is_native(node) && file_name(heap, node).starts_with("Detached ");
        return heap.nodes.indices().map(|node| (if is_named(node) { 2 } else { 0 }, false)).collect();
    }
    let mut states: Vec<u8> = heap.nodes.indices().map(|node| heap.nodes.detachedness(node)).collect();
    for state in [1, 2] {
        // Until nothing changes any more.
        loop {
            let reached: Vec<NodeIndex> = heap
                .nodes
                .indices()
                .filter(|&node| is_native(node) && states[node.at()] == state)
                .flat_map(|node| heap.nodes.edges(node))
                .filter(|&edge| {
                    !matches!(heap.edges.kind(edge), EdgeKind::Hidden | EdgeKind::Invisible | EdgeKind::Weak)
                })
                .map(|edge| heap.edges.target(edge))
                .filter(|&node| is_native(node) && states[node.at()] == 0)
                .collect();
            for &node in &reached {
                states[node.at()] = state;
            }
            if reached.is_empty() {
                break;
            }
        }
    }
    heap.nodes.indices().map(|node| (states[node.at()], is_native(node) && states[node.at()] == 2)).collect()
}

/// Every node's name, after `Detached ` if it is renamed.
pub fn names(heap: &Heap) -> Vec<String> {
    let states = detachedness(heap);
    let name = |node: NodeIndex| {
        let prefix = if states[node.at()].1 { "Detached " } else { "" };
        format!("{prefix}{}", file_name(heap, node))
    };
    heap.nodes.indices().map(name).collect()
}

/// Every node's size, after parts moved to their only owner.
pub fn shallow_sizes(heap: &Heap) -> Vec<u64> {
    let nodes = &heap.nodes;
    let mut sizes: Vec<u64> = nodes.indices().map(|node| nodes.self_size(node)).collect();
    if !nodes.edges(NodeIndex::ROOT).any(|edge| is_user_root(heap, heap.edges.target(edge))) {
        return sizes;
    }
    let names = names(heap);
    let is_movable = |node: NodeIndex| match nodes.kind(node) {
        NodeKind::HIDDEN | NodeKind::ARRAY => true,
        kind => kind == NodeKind::NATIVE && names[node.at()] == "system / ExternalStringData",
    };
    let mut owners: Vec<BTreeSet<NodeIndex>> = vec![BTreeSet::new(); nodes.len()];
    for owner in nodes.indices().filter(|&node| !is_movable(node)) {
        let mut pending = vec![owner];
        while let Some(holder) = pending.pop() {
            for edge in nodes.edges(holder).filter(|&edge| heap.edges.kind(edge) != EdgeKind::Weak) {
                let part = heap.edges.target(edge);
                if is_movable(part) && owners[part.at()].insert(owner) {
                    pending.push(part);
                }
            }
        }
    }
    for part in nodes.indices() {
        if let [owner] = owners[part.at()].iter().copied().collect::<Vec<_>>()[..]
            && owner != NodeIndex::ROOT
            && nodes.kind(owner) != NodeKind::SYNTHETIC
        {
            sizes[owner.at()] += nodes.self_size(part);
            sizes[part.at()] = 0;
        }
    }
    sizes
}

/// The names of a plain object's property edges; `None` for other nodes.
fn plain_properties(heap: &Heap, node: NodeIndex) -> Option<Vec<String>> {
    if heap.nodes.kind(node) != NodeKind::OBJECT || file_name(heap, node) != "Object" {
        return None;
    }
    let properties = heap.nodes.edges(node).filter(|&edge| heap.edges.kind(edge) == EdgeKind::Property);
    let name = |edge| heap.edges.name(edge).map(|name| heap.strings.text(name).to_str().into_owned());
    Some(properties.filter_map(name).collect())
}

/// The interfaces' names and properties.
pub fn interfaces(heap: &Heap) -> Vec<(String, Vec<String>)> {
    let length = |text: &str| text.encode_utf16().count();
    let mut candidates: Vec<(String, Vec<String>, usize)> = Vec::new();
    let mut object_count = 0;
    for properties in heap.nodes.indices().filter_map(|node| plain_properties(heap, node)) {
        object_count += 1;
        let (mut name, mut taken) = (String::from("{"), Vec::new());
        for property in properties.iter().filter(|property| *property != "__proto__") {
            let shown = if property.contains([',', '\'', '"', '{', '}']) {
                serde_json::to_string(property).unwrap()
            } else {
                property.clone()
            };
            if length(&name) > 1 && length(&name) + length(&shown) > 120 {
                break;
            }
            if name != "{" {
                name.push_str(", ");
            }
            name.push_str(&shown);
            taken.push(property.clone());
        }
        if taken.is_empty() {
            continue;
        }
        name.push('}');
        match candidates.iter_mut().find(|candidate| candidate.0 == name) {
            Some(candidate) => candidate.2 += 1,
            None => candidates.push((name, taken, 1)),
        }
    }
    candidates.retain(|&(_, _, count)| count >= 2 && count as f64 >= f64::from(object_count) / 1000.0);
    candidates.sort_by_key(|&(_, _, count)| std::cmp::Reverse(count));
    candidates.into_iter().map(|(name, properties, _)| (name, properties)).collect()
}

/// Every node's class: the constructor's place, if it has one, and the name.
pub fn classes(heap: &Heap, interfaces: &[(String, Vec<String>)]) -> Vec<(Option<Location>, String)> {
    let names = names(heap);
    let class = |node: NodeIndex| {
        let kind = heap.nodes.kind(node);
        let name = match kind {
            NodeKind::HIDDEN => "(system)".to_owned(),
            NodeKind::CODE => "(compiled code)".to_owned(),
            NodeKind::CLOSURE => "Function".to_owned(),
            NodeKind::REGEXP => "RegExp".to_owned(),
            NodeKind::OBJECT | NodeKind::NATIVE => match plain_properties(heap, node) {
                Some(properties) => best(interfaces, &properties).unwrap_or_else(|| "Object".to_owned()),
                None => without_attributes(&names[node.at()]),
            },
            _ => format!("({})", heap.layout.kind_name(kind)),
        };
        (heap.locations.of(node).filter(|_| kind == NodeKind::OBJECT), name)
    };
    heap.nodes.indices().map(class).collect()
}

/// Of the interfaces whose properties the object has, as often, the first of those with most properties.
fn best(interfaces: &[(String, Vec<String>)], properties: &[String]) -> Option<String> {
    let count = |of: &[String], name: &String| of.iter().filter(|other| *other == name).count();
    let matching = interfaces
        .iter()
        .filter(|(_, wanted)| wanted.iter().all(|name| count(properties, name) >= count(wanted, name)));
    // The last of equals wins in `max_by_key`, hence backwards.
    matching.rev().max_by_key(|(_, wanted)| wanted.len()).map(|(name, _)| name.clone())
}

fn without_attributes(name: &str) -> String {
    let start = ["<", "Detached <"].into_iter().find(|start| name.starts_with(start));
    match start.and_then(|start| Some(start.len() + name[start.len()..].find(' ')?)) {
        Some(space) => format!("{}>", &name[..space]),
        None => name.to_owned(),
    }
}

/// The public key of a class.
pub fn key((location, name): &(Option<Location>, String)) -> String {
    match location {
        Some(Location { script_id, line, column }) => format!("{script_id},{line},{column},{name}"),
        None => format!(",{name}"),
    }
}

/// By class key: count, shallow size and retained size.
pub fn totals(heap: &Heap, keys: &[String], counts: impl Fn(NodeIndex) -> bool) -> BTreeMap<String, (u64, u64, u64)> {
    let sizes = shallow_sizes(heap);
    let dominators = dominators(heap);
    let counts = |node: NodeIndex| sizes[node.at()] > 0 && counts(node);
    let mut totals: BTreeMap<String, (u64, u64, u64)> = BTreeMap::new();
    for node in heap.nodes.indices().filter(|&node| counts(node)) {
        let key = &keys[node.at()];
        let is_inside =
            dominators[node.at()].iter().any(|&other| other != node && counts(other) && keys[other.at()] == *key);
        let dominated = heap.nodes.indices().filter(|other| dominators[other.at()].contains(&node));
        let retained: u64 = if is_inside { 0 } else { dominated.map(|other| sizes[other.at()]).sum() };
        let total = totals.entry(key.clone()).or_default();
        *total = (total.0 + 1, total.1 + sizes[node.at()], total.2 + retained);
    }
    totals
}

/// By class key: the ids and sizes of the nodes that came, and of those that went, ascending. Only classes that changed.
pub fn changes(before: &Heap, after: &Heap) -> BTreeMap<String, [Vec<(u32, u64)>; 2]> {
    let interfaces = interfaces(after);
    let mut all: BTreeMap<String, [Vec<(u32, u64)>; 2]> = BTreeMap::new();
    for (side, heap) in [after, before].into_iter().enumerate() {
        let sizes = shallow_sizes(heap);
        let classes = classes(heap, &interfaces);
        for node in heap.nodes.indices().filter(|node| sizes[node.at()] > 0) {
            all.entry(key(&classes[node.at()])).or_default()[side].push((heap.nodes.id(node).0, sizes[node.at()]));
        }
    }
    for [came, went] in all.values_mut() {
        came.sort_by_key(|node| node.0);
        went.sort_by_key(|node| node.0);
        // Of one id as many pair up as both have, the first ones first.
        let mut at = 0;
        while at < came.len() {
            match went.iter().position(|node| node.0 == came[at].0) {
                Some(twin) => {
                    came.remove(at);
                    went.remove(twin);
                }
                None => at += 1,
            }
        }
    }
    all.retain(|_, [came, went]| !came.is_empty() || !went.is_empty());
    all
}
