//! Cause `async-context`: what belongs to one call of asynchronous work is kept after the work is done.
//!
//! `AsyncLocalStorage` gives its store to every promise, timer, socket and `AsyncResource` that is made while it is in use; one
//! of them that lives long keeps the store, with the request and all it holds. Seen: stores of one class that pile up and
//! are reached through such a resource ([`stores`]). A hook of async_hooks gets every resource's id; a Map by id that
//! nobody takes out of grows with all that happens ([`hooks`]). What is known of versions and packages is data
//! ([`patterns`]).
//!
//! `O(strings + n + e)`, sequential, for the search; then only the stores and Maps found.

mod hooks;
mod patterns;
mod stores;

use std::collections::BTreeMap;

use rustc_hash::FxHashSet;

use self::hooks::HookMap;
use self::patterns::{FRAME_CLASSES, STORE_PROPERTIES};
use self::stores::Pile;
use super::case::{Case, Claim, Explained};
use super::finding::{Evidence, Finding, Growth, Held};
use super::grown::Collection;
use super::holder::Holder;
use super::parting::Parting;
use super::{Cause, HEALTHY};
use crate::analysis::accumulation::Subtree;
use crate::analysis::figures;
use crate::analysis::paths;
use crate::analysis::places;
use crate::analysis::scripts::SourceLocation;
use crate::cancel::CancelToken;
use crate::error::Result;
use crate::graph::Snapshot;
use crate::snapshot::{EdgeIndex, EdgeKind, NodeId, NodeIndex, NodeKind};

/// Stores must be at least this part of what piles up with them: else it is the resources that leak.
const PART: f64 = 0.5;
/// In one snapshot: so many entries by async id are suspicious.
const MANY: u64 = 1000;
/// From so many entries in the older snapshot on, what became of them tells whether they stay.
const LEAST_TO_TELL: usize = 3;

/// What keeps a store is looked for so far up the dominators,
const MOST_STEPS_UP: usize = 64;
/// and among so many references.
const MOST_RETAINERS: usize = 64;

/// The cause.
pub(super) struct AsyncContext;

impl Cause for AsyncContext {
    fn name(&self) -> &'static str {
        "async-context"
    }

    fn claims(&self, case: &Case<'_>, explained: &Explained, cancel: &CancelToken) -> Result<Vec<Claim>> {
        let mut claims = Vec::new();
        for pile in stores::find(case, explained, cancel)? {
            claims.extend(self.of_stores(case, &pile, cancel)?);
        }
        for map in hooks::find(case.instances(case.after, cancel)?) {
            if explained.contains(map.map) {
                continue;
            }
            if let Some(mut claim) = self.of_map(case, map, cancel)? {
                // Contexts of calls that wait for ever go with the calls.
                if is_of_told(case, map, explained, cancel)? {
                    claim.finding.confidence = HEALTHY;
                }
                claims.push(claim);
            }
        }
        Ok(claims)
    }
}

impl AsyncContext {
    /// What is told of stores; nothing, if they are not kept for the sake of asynchronous work, or weigh little.
    fn of_stores(&self, case: &Case<'_>, pile: &Pile, cancel: &CancelToken) -> Result<Option<Claim>> {
        let describer = case.describer();
        let graph = &case.after.graph;
        let nodes: Vec<NodeIndex> = pile.stores.iter().map(|store| store.node).collect();
        let parting = Parting::of(case, &nodes, cancel)?;
        let kept = |(path, &at): (&Vec<EdgeIndex>, &usize)| {
            is_kept_by_resource(case, path) && !is_kept_otherwise(case, nodes[at], parting.tops[at])
        };
        let kept = parting.samples.iter().zip(&parting.sampled).filter(|&sample| kept(sample)).count();
        if 2 * kept <= parting.samples.len() || (pile.retained_size() as f64) < PART * parting.weight as f64 {
            return Ok(None);
        }
        let carrier = carrier(case, &parting);
        let location = parting.holder.location.clone().filter(|_| !parting.holder.is_internal);
        let retained_size = pile.retained_size();
        let mut evidence: BTreeMap<&'static str, Evidence> = BTreeMap::from([
            ("store", pile.class_name.clone().into()),
            ("keptBy", parting.label.clone().into()),
            ("resources", carrier.clone().into()),
            ("storage", pile.versions.into()),
            ("retainedPerStore", (retained_size / (nodes.len() as u64).max(1)).into()),
        ]);
        evidence.retain(|_, value| *value != Evidence::Text(String::new()));
        let mut keywords = vec![pile.class_name.clone()];
        keywords.extend(words(&parting.holder));
        let finding = Finding {
            cause: self.name(),
            title: stores_title(pile, &carrier, &parting, location.as_ref()),
            advice: stores_advice(case, &carrier),
            confidence: confidence(case, pile.growth.map(|growth| growth.count), pile.stays),
            count: nodes.len() as u64,
            growth: pile.growth.map(|growth| Growth {
                count: growth.count,
                bytes: growth.bytes,
                per_round: case.window.per_round(growth.count),
            }),
            shallow_size: nodes.iter().map(|&node| graph.sizes.shallow_size(node)).sum(),
            retained_size,
            share: retained_size as f64 / graph.dominators.retained_size(NodeIndex::ROOT).max(1) as f64,
            owner: describer.node(parting.node),
            path: describer.steps(&parting.path),
            holds: held(case, pile, &parting, cancel)?.into_iter().collect(),
            accumulation_point: Some(describer.node(parting.node)),
            keywords,
            signature: case
                .signature(self.name())
                .part(&pile.class_name)
                .part(&carrier)
                .part(&parting.holder.name)
                .file(parting.holder.url.as_ref())
                .to_string(),
            evidence,
            location,
        };
        Ok(Some(Claim { finding, explains: parting.tops }))
    }

    /// What is told of a Map by async id.
    fn of_map(&self, case: &Case<'_>, map: HookMap, cancel: &CancelToken) -> Result<Option<Claim>> {
        let describer = case.describer();
        let graph = &case.after.graph;
        let Some(collection) = Collection::read(&case.after.heap, map.map) else { return Ok(None) };
        let Some(growth) = map_growth(case, &collection) else { return Ok(None) };
        let path = paths::shortest_path(case.after, map.map, cancel)?.unwrap_or_default();
        let holder = Holder::of(&describer, &path, collection.kind);
        // Where a package keeps its Map is nobody's question.
        let location = map.init.and_then(|init| describer.location(init));
        if location.as_ref().is_some_and(|location| location.url.to_str().starts_with("node:")) {
            return Ok(None);
        }
        let retained_size = graph.dominators.retained_size(map.map);
        let label = holder.label(&describer.class_name(map.map).to_str());
        let mut evidence: BTreeMap<&'static str, Evidence> = BTreeMap::from([
            ("collection", label.clone().into()),
            ("keys", "async ids".into()),
            ("destroyHook", if map.has_destroy { "yes" } else { "no" }.into()),
        ]);
        if !map.library.is_empty() {
            evidence.insert("library", map.library.into());
        }
        let mut keywords = vec!["createHook".to_owned()];
        keywords.extend(words(&holder));
        let count = collection.count();
        let finding = Finding {
            cause: self.name(),
            title: map_title(count, map, &label, location.as_ref()),
            advice: map_advice(map),
            confidence: growth.map_or(0.5, |growth| confidence(case, Some(growth.count), growth.stays)),
            count,
            growth: growth.map(|growth| Growth {
                count: growth.count,
                bytes: growth.bytes,
                per_round: case.window.per_round(growth.count),
            }),
            shallow_size: graph.sizes.shallow_size(map.map),
            retained_size,
            share: retained_size as f64 / graph.dominators.retained_size(NodeIndex::ROOT).max(1) as f64,
            owner: describer.node(map.map),
            path: describer.steps(&path),
            holds: Vec::new(),
            accumulation_point: Some(describer.node(map.map)),
            keywords,
            signature: case
                .signature(self.name())
                .part("async ids")
                .part(map.library)
                .part(&holder.name)
                .place(location.as_ref().filter(|_| map.library.is_empty()))
                .to_string(),
            evidence,
            location,
        };
        Ok(Some(Claim { finding, explains: vec![map.map] }))
    }
}

/// Whether what the Map has by async id is of promises that another cause has told of: there are as many new ones of these as
/// it has new values.
fn is_of_told(case: &Case<'_>, map: HookMap, explained: &Explained, cancel: &CancelToken) -> Result<bool> {
    let Some(collection) = Collection::read(&case.after.heap, map.map) else { return Ok(false) };
    let values: FxHashSet<NodeIndex> = collection.entries.iter().filter_map(|entry| entry.value).collect();
    let values = values.into_iter().filter(|&value| case.is_new(value)).count();
    let promises = case.instances(case.after, cancel)?.objects(&["Promise"]).into_iter();
    let told = promises.filter(|&(promise, _)| case.is_new(promise) && explained.contains(promise)).count();
    Ok(values > 0 && told >= values)
}

/// How a Map by async id has grown.
#[derive(Clone, Copy)]
struct MapGrowth {
    count: u64,
    bytes: u64,
    stays: bool,
}

/// `None` if it has not; `Some(None)` if a single snapshot has many entries.
fn map_growth(case: &Case<'_>, collection: &Collection) -> Option<Option<MapGrowth>> {
    let after = case.after;
    let Some(before) = case.before else { return (collection.count() >= MANY).then_some(None) };
    if !case.is_same_process || collection.count() < case.window.least_growth() {
        return None;
    }
    // A hook that is new, as many as there are: none were there before.
    let then = before.heap.nodes.find_id(after.heap.nodes.id(collection.node));
    let then = then.and_then(|then| Collection::read(&before.heap, then));
    let ids = |snapshot: &Snapshot, collection: &Collection| -> FxHashSet<NodeId> {
        collection.entries.iter().filter_map(|entry| entry.value).map(|value| snapshot.heap.nodes.id(value)).collect()
    };
    let now = ids(after, collection);
    let kept = then.as_ref().map(|then| ids(before, then)).unwrap_or_default();
    let still = kept.intersection(&now).count();
    if kept.len() >= LEAST_TO_TELL && 2 * still < kept.len() {
        return None;
    }
    let count = collection.count().saturating_sub(then.as_ref().map_or(0, Collection::count));
    let size = |snapshot: &Snapshot, node| snapshot.graph.dominators.retained_size(node);
    let bytes = size(after, collection.node).saturating_sub(then.as_ref().map_or(0, |then| size(before, then.node)));
    let stays = kept.len() >= LEAST_TO_TELL;
    (count >= case.window.least_growth()).then_some(Some(MapGrowth { count, bytes, stays }))
}

/// Whether the program keeps a store by itself: by something that does not go with what keeps the store for asynchronous work.
fn is_kept_otherwise(case: &Case<'_>, store: NodeIndex, top: NodeIndex) -> bool {
    let Snapshot { heap, graph } = case.after;
    let essential = paths::essential_edges(case.after);
    let is_inside = |node: NodeIndex| {
        let dominator =
            |&node: &NodeIndex| (node != NodeIndex::ROOT).then(|| graph.dominators.immediate_dominator(node));
        let mut around = std::iter::successors(Some(node), dominator).take(MOST_STEPS_UP);
        around.any(|node| node == store || node == top)
    };
    graph.retainers.of(&heap.nodes, store).take(MOST_RETAINERS).any(|(edge, source)| {
        let is_resource = STORE_PROPERTIES.iter().any(|it| heap.edge_is_named(edge.at(), it.property))
            // The VM's arrays of a resource's properties, and of a frame's entries.
            || heap.nodes.kind(source) != NodeKind::OBJECT && is_of_resource(case, source);
        !is_resource && essential.contains(source, edge.at()) && !is_inside(source)
    })
}

/// Whether an array of the VM is that of a frame, or of the properties of an object.
fn is_of_resource(case: &Case<'_>, array: NodeIndex) -> bool {
    let heap = &case.after.heap;
    case.after.graph.retainers.of(&heap.nodes, array).any(|(edge, owner)| {
        heap.edge_is_named(edge.at(), "properties")
            || FRAME_CLASSES.iter().any(|it| heap.node_is_named(owner, it.class))
    })
}

/// Whether a path to a store ends with what a resource has for asynchronous work.
fn is_kept_by_resource(case: &Case<'_>, path: &[EdgeIndex]) -> bool {
    let heap = &case.after.heap;
    let Some((last, before)) = path.split_last() else { return false };
    let by_property = STORE_PROPERTIES.iter().any(|it| heap.edge_is_named(last.at(), it.property));
    let frame = || {
        // A frame, its table, the store.
        let node = before.len().checked_sub(2).map(|at| heap.edges.target(before[at].at()))?;
        FRAME_CLASSES.iter().find(|it| heap.node_is_named(node, it.class))
    };
    let array = || {
        heap.edges.kind(last.at()) == EdgeKind::Hidden && {
            // The VM's array of a resource's properties.
            before.last().is_some_and(|edge| heap.edge_is_named(edge.at(), "properties"))
        }
    };
    by_property || frame().is_some() || array()
}

/// The class of what keeps the stores below the node where the ways part: `AsyncResource`, `Promise`.
fn carrier(case: &Case<'_>, parting: &Parting) -> String {
    let describer = case.describer();
    let heap = &case.after.heap;
    let Some(path) = parting.samples.iter().find(|path| is_kept_by_resource(case, path)) else { return String::new() };
    let of_frame = |at: usize| {
        let node = heap.edges.target(path[at].at());
        FRAME_CLASSES.iter().any(|it| heap.node_is_named(node, it.class))
            || ["table", "properties"].iter().any(|name| heap.edge_is_named(path[at].at(), name))
    };
    let mut at = path.len().saturating_sub(1);
    while at > 0 && of_frame(at - 1) {
        at -= 1;
    }
    match at.checked_sub(1) {
        Some(carrier) => {
            let node = heap.edges.target(path[carrier].at());
            let name = describer.class_name(node).to_string();
            if name.starts_with('(') { describer.node(node).name.to_string().replace("system / ", "") } else { name }
        }
        None => String::new(),
    }
}

fn words(holder: &Holder) -> Vec<String> {
    let mut words: Vec<String> = holder.name.split('.').filter(|name| !name.is_empty()).map(str::to_owned).collect();
    words.extend(holder.file.clone());
    words
}

/// `120 AsyncLocalStorage stores (Ctx) kept by AsyncResource objects in array resources (src/x.js:7:18)`.
fn stores_title(pile: &Pile, carrier: &str, parting: &Parting, location: Option<&SourceLocation>) -> String {
    let stores = figures::counted(pile.stores.len() as u64, "AsyncLocalStorage store");
    let by = if carrier.is_empty() { String::new() } else { format!(" kept by {carrier} objects") };
    let place = location.map(places::place).or_else(|| parting.holder.file.clone());
    let place = place.map_or_else(String::new, |place| format!(" ({place})"));
    let holder = if parting.label.is_empty() { String::new() } else { format!(" in {}{place}", parting.label) };
    format!("{stores} ({}){by}{holder}", pile.class_name)
}

fn stores_advice(case: &Case<'_>, carrier: &str) -> String {
    let unit = &case.window.unit;
    let carrier = if carrier.is_empty() { "resource".to_owned() } else { carrier.to_owned() };
    format!(
        "Whatever is made while a store is in use keeps it for life. Make the {carrier} that outlives the {unit} outside of \
         `run`, in `exit(() => …)`, let it go when the {unit} is done, or clear what the store holds at the end."
    )
}

/// `720 entries by async id in Map map, filled by an async hook at src/x.js:19:49, never taken out`.
fn map_title(count: u64, map: HookMap, label: &str, location: Option<&SourceLocation>) -> String {
    let count = figures::grouped(count);
    if !map.library.is_empty() {
        return format!(
            "{count} contexts by async id in {label} of {}, of resources that are not destroyed",
            map.library
        );
    }
    let place = location.map_or_else(String::new, |location| format!(" at {}", places::place(location)));
    let end = if map.has_destroy { "" } else { ", without a destroy hook that takes them out" };
    format!("{count} entries by async id in {label}, filled by an async hook{place}{end}")
}

fn map_advice(map: HookMap) -> String {
    match (map.library.is_empty(), map.has_destroy) {
        (false, _) => {
            "A context goes when its async resource is destroyed; something keeps promises, sockets or timers. Use \
             AsyncLocalStorage, which needs no Map of its own."
                .to_owned()
        }
        (true, false) => {
            "`init` is called for every promise, timer and socket. Take each id out again in `destroy`; or use \
             AsyncLocalStorage or a WeakMap keyed by the resource, which need no Map of ids."
                .to_owned()
        }
        (true, true) => {
            "`destroy` takes out less than `init` puts in: promises are destroyed only when they are collected, so those that \
             are kept keep their entry. AsyncLocalStorage or a WeakMap keyed by the resource need no Map of ids."
                .to_owned()
        }
    }
}

fn confidence(case: &Case<'_>, growth: Option<u64>, stays: bool) -> f64 {
    let Some(count) = growth else { return 0.4 };
    let per_round = case.window.per_round(count);
    let is_paced = case.window.is_paced(count);
    match stays {
        // Two processes may differ for better reasons than a leak.
        _ if !case.is_same_process => 0.5,
        // The pace of a series is for all its windows to tell.
        true if case.window.is_of_series => 0.8,
        true if case.window.is_exact(count) => 0.95,
        true if is_paced => 0.85,
        true if per_round.is_none_or(|per_round| per_round >= 1.0) => 0.75,
        true => 0.6,
        false if case.window.is_exact(count) => 0.8,
        false if is_paced => 0.7,
        false => 0.4,
    }
}

/// What one store, of those that keep a middling amount, keeps alive.
fn held(case: &Case<'_>, pile: &Pile, parting: &Parting, cancel: &CancelToken) -> Result<Option<Held>> {
    let heap = &case.after.heap;
    let reaches = |node: NodeIndex| {
        parting.samples.iter().find(|path| path.last().is_some_and(|edge| heap.edges.target(edge.at()) == node))
    };
    let Some((store, path)) = pile.stores.iter().find_map(|store| Some((store, reaches(store.node)?))) else {
        return Ok(None);
    };
    let subtree = Subtree::explore(case.after, store.node, &FxHashSet::default(), |_| 0, cancel)?;
    let heaviest = subtree.accumulation_point(store.size);
    let mut way = path[parting.path.len().min(path.len())..].to_vec();
    way.extend(subtree.path_to(heaviest));
    let describer = case.describer();
    Ok(Some(Held { node: describer.node(heaviest), path: describer.steps(&way), retained_size: store.size }))
}
