//! Linked structures that only grow: objects of one class, each with a reference to the next, as queues and histories written by
//! hand have them; objects each of which inherits from the one before; and trees of objects that have others in a list.
//!
//! Seen in two snapshots: new objects that refer to another one of their class by a property, or by an array, Map or Set in one,
//! of which their owner keeps more than before, in step with the rounds. The owner is the nearest dominator of another class
//! that was there before, the objects' own lists aside.
//! `O(n)`, and `O(objects)` of the classes that have new links.

use std::collections::BTreeMap;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::analysis::figures;
use crate::analysis::paths;
use crate::cancel::CancelToken;
use crate::causes::case::{Case, Claim, Explained};
use crate::causes::collections::{self, CollectionKind};
use crate::causes::finding::{Evidence, Finding, Growth};
use crate::causes::gathering::{self, Gathering, More, Thing};
use crate::causes::holder::Holder;
use crate::error::Result;
use crate::graph::{ClassIndex, Snapshot};
use crate::snapshot::{EdgeIndex, EdgeKind, Heap, NodeId, NodeIndex, NodeKind};

/// Classes that say nothing of what their objects are for, Node's tree of modules, and its lists of timers.
const NOT_TOLD: [&str; 7] = ["Object", "Array", "Function", "Module", "system / Context", "Timeout", "Immediate"];

/// What an object may have others in,
const LISTS: [&str; 3] = ["Array", "Map", "Set"];
/// as long as it has so many references.
const MOST_EDGES: usize = 64;

/// What keeps an object, but no other of its class, is so far above it.
const MOST_STEPS_UP: usize = 8;

/// What is told of linked structures, with the objects that came.
pub(super) fn claims(
    cause: &'static str,
    case: &Case<'_>,
    explained: &Explained,
    cancel: &CancelToken,
) -> Result<Vec<(Claim, Vec<NodeIndex>)>> {
    let mut claims = Vec::new();
    let Some(before) = case.before.filter(|_| case.is_same_process) else { return Ok(claims) };
    let classes = &case.after.graph.classes;
    let heap = &case.after.heap;
    let mut links: FxHashMap<ClassIndex, u64> = FxHashMap::default();
    for node in heap.nodes.indices() {
        if node.at().is_multiple_of(CancelToken::STRIDE) {
            cancel.check()?;
        }
        let is_new = heap.nodes.kind(node) == NodeKind::OBJECT && case.is_new(node) && !explained.contains(node);
        if is_new && next(case.after, node).is_some() {
            *links.entry(classes.class_of(node)).or_default() += 1;
        }
    }
    links.retain(|_, count| *count >= case.window.least_growth());
    links.retain(|&class, _| NOT_TOLD.iter().all(|other| classes.name(class) != other));
    let mut linked: Vec<ClassIndex> = links.into_keys().collect();
    linked.sort_unstable_by_key(|class| class.at());
    if linked.is_empty() {
        return Ok(claims);
    }
    let mut things: FxHashMap<ClassIndex, Vec<Thing>> = linked.iter().map(|&class| (class, Vec::new())).collect();
    // By id, what was there before: names of plain objects are guessed, and the guess may have been another one.
    let mut ids: FxHashMap<NodeId, ClassIndex> = FxHashMap::default();
    for node in objects(case.after) {
        if let Some(things) = things.get_mut(&classes.class_of(node))
            && is_linked(case.after, node)
            && !explained.contains(node)
        {
            things.push(Thing { node, bytes: own_bytes(case.after, node) });
            if !case.is_new(node) {
                ids.insert(heap.nodes.id(node), classes.class_of(node));
            }
        }
    }
    cancel.check()?;
    let before_class = |class| Some((before.graph.classes.find(&classes.key(class))?, class));
    let same: FxHashMap<ClassIndex, ClassIndex> = linked.iter().filter_map(|&class| before_class(class)).collect();
    let mut things_before: FxHashMap<ClassIndex, Vec<Thing>> = FxHashMap::default();
    for node in objects(before) {
        let class = same.get(&before.graph.classes.class_of(node)).or_else(|| ids.get(&before.heap.nodes.id(node)));
        if let Some(&class) = class.filter(|_| is_linked(before, node)) {
            things_before.entry(class).or_default().push(Thing { node, bytes: own_bytes(before, node) });
        }
    }
    for class in linked {
        let things = &things[&class];
        let things_before = things_before.remove(&class).unwrap_or_default();
        let is_other = |node| classes.class_of(node) != class && !is_list_of(case.after, node, class);
        for gathering in gathering::grown_by(case, things, &things_before, is_other, cancel)? {
            let Some(more) = &gathering.more else { continue };
            // What came at once and is not linked any further is the general suspect's.
            if case.window.rounds.is_some() && !more.increase.is_paced(&case.window) {
                continue;
            }
            if let Some(claim) = claim(cause, case, &gathering, more, cancel)? {
                let new = gathering.things.iter().map(|thing| thing.node).filter(|&node| case.is_new(node)).collect();
                claims.push((claim, new));
            }
        }
    }
    Ok(claims)
}

/// The objects of the program, and Node's.
fn objects(snapshot: &Snapshot) -> impl Iterator<Item = NodeIndex> + '_ {
    snapshot.heap.nodes.indices().filter(|&node| snapshot.heap.nodes.kind(node) == NodeKind::OBJECT)
}

/// The property that leads to another object of the same class.
fn next(snapshot: &Snapshot, node: NodeIndex) -> Option<usize> {
    snapshot.heap.nodes.edges(node).find(|&edge| is_link(snapshot, node, edge))
}

/// Whether it refers to another object of its class, or one refers to it. V8's own copies of object literals do not.
fn is_linked(snapshot: &Snapshot, node: NodeIndex) -> bool {
    let Snapshot { heap, graph } = snapshot;
    let class = graph.classes.class_of(node);
    let mut retainers = graph.retainers.of(&heap.nodes, node);
    next(snapshot, node).is_some()
        || retainers.any(|(edge, from)| is_link(snapshot, from, edge.at()) || is_list_of(snapshot, from, class))
}

/// Whether an edge of `from` is a property that leads to another object of the same class, or to a list that has one. An object
/// may also inherit from another, which is then not what the instances of a class inherit from.
fn is_link(snapshot: &Snapshot, from: NodeIndex, edge: usize) -> bool {
    let Snapshot { heap, graph } = snapshot;
    let target = heap.edges.target(edge);
    let class = graph.classes.class_of(from);
    let is_prototype =
        || heap.edge_is_named(edge, "__proto__") && heap.follow(target, EdgeKind::Property, "constructor").is_some();
    let is_same = || graph.classes.class_of(target) == class && !is_prototype();
    heap.edges.kind(edge) == EdgeKind::Property
        && target != from
        && heap.nodes.kind(target) == NodeKind::OBJECT
        && (is_same()
            || is_list(heap, target) && first(heap, target).is_some_and(|it| graph.classes.class_of(it) == class))
}

/// Told by the name alone: it is asked for everything that new objects refer to.
fn is_list(heap: &Heap, node: NodeIndex) -> bool {
    LISTS.iter().any(|name| heap.node_is_named(node, name))
}

/// What a short array, Map or Set has first; of a Map, under its first key. A long one grows by itself.
fn first(heap: &Heap, list: NodeIndex) -> Option<NodeIndex> {
    let is_long = |node: NodeIndex| heap.nodes.edges(node).len() > MOST_EDGES;
    if is_long(list) || heap.follow(list, EdgeKind::Internal, "table").is_some_and(is_long) {
        return None;
    }
    let entry = *collections::entries(heap, list, collections::kind(heap, list)?).first()?;
    entry.value.or(entry.key)
}

/// Whether the node is a list that an object of the class has in a property, with others of the class in it.
fn is_list_of(snapshot: &Snapshot, node: NodeIndex, class: ClassIndex) -> bool {
    let Snapshot { heap, graph } = snapshot;
    let is_field = |(edge, holder): (EdgeIndex, NodeIndex)| {
        heap.edges.kind(edge.at()) == EdgeKind::Property && graph.classes.class_of(holder) == class
    };
    is_list(heap, node)
        && first(heap, node).is_some_and(|it| graph.classes.class_of(it) == class)
        && graph.retainers.of(&heap.nodes, node).take(MOST_EDGES).any(is_field)
}

/// What the object keeps, without the objects of its class behind it.
fn own_bytes(snapshot: &Snapshot, node: NodeIndex) -> u64 {
    let Snapshot { heap, graph } = snapshot;
    let class = graph.classes.class_of(node);
    let mut targets: Vec<NodeIndex> = heap.nodes.edges(node).map(|edge| heap.edges.target(edge)).collect();
    targets.sort_unstable();
    targets.dedup();
    let is_kept = |target: NodeIndex, by: NodeIndex| graph.dominators.immediate_dominator(target) == by;
    let is_behind = |&target: &NodeIndex| graph.classes.class_of(target) == class && is_kept(target, node);
    let in_lists =
        targets.iter().copied().filter(|&target| is_list(heap, target) && is_kept(target, node)).flat_map(|list| {
            let entries =
                collections::kind(heap, list).map_or_else(Vec::new, |kind| collections::entries(heap, list, kind));
            let storage = heap.follow(list, EdgeKind::Internal, "table").unwrap_or(list);
            let objects = entries.into_iter().filter_map(|entry| entry.value.or(entry.key));
            objects.filter(move |&it| graph.classes.class_of(it) == class && is_kept(it, storage))
        });
    let behind = targets.iter().copied().filter(is_behind).chain(in_lists);
    let behind = behind.map(|object| graph.dominators.retained_size(object)).sum();
    graph.dominators.retained_size(node).saturating_sub(behind)
}

/// The way to one of the things that the owner has in a variable or field; else to one that no other keeps, as what a module
/// exports has no object for an owner.
fn path_to_first(
    case: &Case<'_>,
    owner: NodeIndex,
    things: &FxHashSet<NodeIndex>,
    cancel: &CancelToken,
) -> Result<paths::RetainingPath> {
    let Snapshot { heap, graph } = case.after;
    let is_first = |&edge: &usize| {
        matches!(heap.edges.kind(edge), EdgeKind::Property | EdgeKind::Context)
            && things.contains(&heap.edges.target(edge))
    };
    if let Some(first) = heap.nodes.edges(owner).find(is_first) {
        let mut path = paths::shortest_path(case.after, owner, cancel)?.unwrap_or_default();
        path.push(EdgeIndex(first as u32));
        return Ok(path);
    }
    let is_kept = |node: NodeIndex| {
        let above = |&node: &NodeIndex| (node != owner).then(|| graph.dominators.immediate_dominator(node));
        std::iter::successors(Some(node), above).skip(1).take(MOST_STEPS_UP).any(|above| things.contains(&above))
    };
    let outermost = things.iter().copied().filter(|&thing| !is_kept(thing)).min();
    Ok(paths::shortest_path(case.after, outermost.unwrap_or(owner), cancel)?.unwrap_or_default())
}

fn claim(
    cause: &'static str,
    case: &Case<'_>,
    gathering: &Gathering,
    more: &More,
    cancel: &CancelToken,
) -> Result<Option<Claim>> {
    let describer = case.describer();
    let graph = &case.after.graph;
    let Some(last) = gathering.things.last() else { return Ok(None) };
    let things: FxHashSet<NodeIndex> = gathering.things.iter().map(|thing| thing.node).collect();
    let path = path_to_first(case, gathering.owner, &things, cancel)?;
    let holder = Holder::of(&describer, &path, CollectionKind::Dictionary);
    if holder.is_internal {
        return Ok(None);
    }
    let count = gathering.things.len() as u64;
    let class_name = describer.class_name(last.node).to_string();
    let from = match holder.name.as_str() {
        "" if case.after.heap.node_is_named(gathering.owner, "system / Context") => "a scope".to_owned(),
        "" => describer.class_name(gathering.owner).to_string(),
        name => name.to_owned(),
    };
    let place = holder.place().map_or_else(String::new, |place| format!(" ({place})"));
    let link = gathering.things.iter().rev().find_map(|thing| next(case.after, thing.node));
    let link = link.map_or_else(String::new, |edge| describer.edge_name(EdgeIndex(edge as u32)).to_string());
    let mut evidence: BTreeMap<&'static str, Evidence> = BTreeMap::from([
        ("collection", format!("objects linked from {from}").into()),
        ("values", class_name.clone().into()),
        ("link", link.clone().into()),
        ("retainedPerEntry", (gathering.bytes / count.max(1)).into()),
    ]);
    if !holder.functions.is_empty() {
        evidence.insert("functions", holder.functions.join(", ").into());
    }
    let mut keywords: Vec<String> = holder.name.split('.').filter(|name| !name.is_empty()).map(str::to_owned).collect();
    keywords.extend([class_name.clone(), link].into_iter().filter(|word| !word.is_empty()));
    keywords.extend(holder.file.clone());
    // Where no function is known to have the first, the objects' constructor is the place to begin.
    let of_object = || {
        let location = describer.location(last.node)?;
        (!location.url.to_str().starts_with("node:")).then_some(location)
    };
    let finding = Finding {
        cause,
        title: format!("{} linked from {from}{place}", figures::counted(count, &format!("{class_name} object"))),
        advice: format!(
            "Every {} links another {class_name} to {from}, and none is taken out: unlink it when it is done with, or drop the oldest \
             from some length on.",
            case.window.unit
        ),
        confidence: more.increase.confidence(&case.window),
        count,
        growth: Some(Growth {
            count: more.increase.more,
            bytes: more.bytes,
            per_round: case.window.per_round(more.increase.more),
        }),
        shallow_size: gathering.things.iter().map(|thing| graph.sizes.shallow_size(thing.node)).sum(),
        retained_size: gathering.bytes,
        share: gathering.bytes as f64 / graph.dominators.retained_size(NodeIndex::ROOT).max(1) as f64,
        owner: describer.node(gathering.owner),
        location: holder.location.clone().or_else(of_object),
        path: describer.steps(&path),
        holds: Vec::new(),
        accumulation_point: Some(describer.node(gathering.owner)),
        keywords,
        signature: case
            .signature(cause)
            .part("linked")
            .part(&class_name)
            .part(&holder.name)
            .file(holder.url.as_ref())
            .to_string(),
        evidence,
    };
    Ok(Some(Claim { finding, explains: gathering.things.iter().map(|thing| thing.node).collect() }))
}
