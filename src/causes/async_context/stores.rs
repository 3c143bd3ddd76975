//! Reads the stores of AsyncLocalStorage that resources keep, and which of them pile up.
//!
//! Up to Node 22 a resource has its store as a property; since Node 24 it has a frame, a Map from AsyncLocalStorage to
//! store. Counted are different stores, however many resources have the same one: a store for the whole program is one.
//! `O(strings + n + e)`, sequential; then the stores.

use std::collections::BTreeMap;

use rustc_hash::{FxHashMap, FxHashSet};

use super::patterns::{FRAME_CLASSES, STORE_PROPERTIES};
use crate::analysis::node_ref::Describer;
use crate::cancel::CancelToken;
use crate::causes::case::{Case, Explained};
use crate::causes::collections;
use crate::causes::instances::Instances;
use crate::error::Result;
use crate::graph::Snapshot;
use crate::snapshot::{EdgeIndex, EdgeKind, NodeId, NodeIndex, NodeKind};

/// In one snapshot: so many stores of a class are suspicious.
const MANY: usize = 200;
/// From so many in the older snapshot on, what became of them tells whether they stay.
const LEAST_TO_TELL: usize = 3;

/// A store, and one of the resources that keep it.
#[derive(Clone, Copy)]
pub(super) struct Store {
    pub(super) node: NodeIndex,
    /// The resource, or the frame.
    pub(super) carrier: NodeIndex,
    /// Bytes freed with it.
    pub(super) size: u64,
}

/// More of it than there was.
#[derive(Clone, Copy)]
pub(super) struct PileGrowth {
    pub(super) count: u64,
    pub(super) bytes: u64,
}

/// Stores of one class.
pub(super) struct Pile {
    pub(super) class_name: String,
    pub(super) versions: &'static str,
    pub(super) stores: Vec<Store>,
    pub(super) growth: Option<PileGrowth>,
    /// Whether those of the older snapshot are known to be kept still.
    pub(super) stays: bool,
}

impl Pile {
    pub(super) fn retained_size(&self) -> u64 {
        self.stores.iter().map(|store| store.size).sum()
    }
}

/// By class and place of the constructor: the stores. Only objects: what is a string or a number has no identity.
fn read(describer: &Describer<'_>, instances: &Instances<'_>, cancel: &CancelToken) -> Result<BTreeMap<String, Pile>> {
    let snapshot = describer.snapshot();
    let mut piles: BTreeMap<String, Pile> = BTreeMap::new();
    let mut seen = FxHashSet::default();
    let mut add = |node: NodeIndex, carrier: NodeIndex, versions: &'static str| {
        if snapshot.heap.nodes.kind(node) != NodeKind::OBJECT || !seen.insert(node) {
            return;
        }
        let class_name = describer.class_name(node).to_string();
        let place = describer.location(node).map(|location| (location.url, location.line, location.column));
        let key = format!("{class_name} {place:?}");
        let pile = piles.entry(key).or_insert_with(|| Pile {
            class_name,
            versions,
            stores: Vec::new(),
            growth: None,
            stays: false,
        });
        let size = snapshot.graph.dominators.retained_size(node);
        pile.stores.push(Store { node, carrier, size });
    };
    for (node, carrier, versions) in by_property(snapshot, cancel)? {
        add(node, carrier, versions);
    }
    let classes: Vec<&str> = FRAME_CLASSES.iter().map(|frame| frame.class).collect();
    for (frame, class) in instances.objects(&classes) {
        for (_, store) in collections::map_entries(&snapshot.heap, frame) {
            add(store, frame, FRAME_CLASSES[class].node);
        }
    }
    Ok(piles)
}

/// What resources have as a property of their own.
fn by_property(snapshot: &Snapshot, cancel: &CancelToken) -> Result<Vec<(NodeIndex, NodeIndex, &'static str)>> {
    let heap = &snapshot.heap;
    let literals: Vec<&str> = STORE_PROPERTIES.iter().map(|it| it.property).collect();
    let names = heap.strings.find_all(&literals);
    let mut found = Vec::new();
    if names.is_empty() {
        return Ok(found);
    }
    for edge in 0..heap.edges.len() {
        if edge.is_multiple_of(CancelToken::STRIDE) {
            cancel.check()?;
        }
        let label = heap.edges.raw_label(edge);
        let Some(&(_, at)) = names.iter().find(|(name, _)| name.0 == label) else { continue };
        let (target, kind) = heap.edges.target_and_kind(edge);
        if kind == EdgeKind::Property {
            let source = snapshot.graph.retainers.source(&heap.nodes, EdgeIndex(edge as u32));
            found.push((target, source, STORE_PROPERTIES[at].node));
        }
    }
    Ok(found)
}

/// The piles, those that retain most first.
pub(super) fn find(case: &Case<'_>, explained: &Explained, cancel: &CancelToken) -> Result<Vec<Pile>> {
    let mut piles = read(&case.describer(), case.instances(case.after, cancel)?, cancel)?;
    for pile in piles.values_mut() {
        pile.stores.retain(|store| !explained.contains(store.node) && !explained.contains(store.carrier));
    }
    match (case.before, case.describer_before()) {
        (Some(before), Some(describer_before)) => {
            let least = case.window.least_growth();
            piles.retain(|_, pile| pile.stores.len() as u64 >= least);
            if !piles.is_empty() {
                let then = read(&describer_before, case.instances(before, cancel)?, cancel)?;
                for (key, pile) in &mut piles {
                    compare(case, before, pile, then.get(key));
                }
                piles.retain(|_, pile| pile.growth.is_some_and(|growth| growth.count >= least));
            }
        }
        _ => piles.retain(|_, pile| pile.stores.len() >= MANY),
    }
    let mut piles: Vec<Pile> = piles.into_values().collect();
    piles.sort_by_key(|pile| std::cmp::Reverse((pile.growth.map(|growth| growth.bytes), pile.retained_size())));
    Ok(piles)
}

/// How the pile has grown; not at all, where those of the older snapshot are gone: work under way.
fn compare(case: &Case<'_>, before: &Snapshot, pile: &mut Pile, then: Option<&Pile>) {
    let stores = then.map_or(&[][..], |then| &then.stores);
    let count = stores.len();
    if !case.is_same_process {
        let bytes = stores.iter().map(|store| store.size).sum();
        let bytes = pile.retained_size().saturating_sub(bytes);
        pile.growth = Some(PileGrowth { count: (pile.stores.len() as u64).saturating_sub(count as u64), bytes });
        return;
    }
    let kept: FxHashMap<NodeId, u64> =
        stores.iter().map(|store| (before.heap.nodes.id(store.node), store.size)).collect();
    let is_old = |store: &&Store| kept.contains_key(&case.after.heap.nodes.id(store.node));
    let still = pile.stores.iter().filter(is_old).count();
    if count >= LEAST_TO_TELL && 2 * still < count {
        return;
    }
    pile.stays = count >= LEAST_TO_TELL;
    let bytes = pile.stores.iter().filter(|store| !is_old(store)).map(|store| store.size).sum();
    pile.growth = Some(PileGrowth { count: (pile.stores.len() as u64).saturating_sub(count as u64), bytes });
}
