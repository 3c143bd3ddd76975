//! Objects that a FinalizationRegistry keeps alive itself: what it is to be called with refers to the very object that it waits
//! for, so that it is never called.
//!
//! A registry has a cell for each object, with a weak reference to that and a strong one to the held value: FinalizationRegistry
//! `-hidden->` WeakCell `-hidden->` …. An object that its own cell dominates is kept by nothing else. Seen in two snapshots: more
//! of them than before. `O(cells × steps up)`.
//! Seen in Node 20 to 26. Source: V8 `src/objects/js-weak-refs.h`.

use std::collections::BTreeMap;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::analysis::figures;
use crate::analysis::paths;
use crate::cancel::CancelToken;
use crate::causes::bound::Bound;
use crate::causes::case::{Case, Claim, Explained};
use crate::causes::finding::{Evidence, Finding, Growth};
use crate::causes::holder::Holder;
use crate::causes::increase::Increase;
use crate::causes::makers;
use crate::error::Result;
use crate::graph::Snapshot;
use crate::snapshot::{EdgeKind, NodeId, NodeIndex, NodeKind};

/// What V8 calls the cell of an object, and the class of registries.
const CELL: &str = "system / WeakCell";
const REGISTRY: &str = "FinalizationRegistry";
/// The cell is looked for so far above its object.
const MOST_STEPS_UP: usize = 64;

/// What is told of the registries that keep more and more objects.
pub(super) fn claims(
    cause: &'static str,
    case: &Case<'_>,
    explained: &Explained,
    cancel: &CancelToken,
) -> Result<Vec<Claim>> {
    let Some(before) = case.before.filter(|_| case.is_same_process) else { return Ok(Vec::new()) };
    let mut claims = Vec::new();
    let registries = kept_by_registry(case, case.after, cancel)?;
    let mut grown: Vec<(NodeIndex, Vec<Kept>)> = registries.into_iter().collect();
    grown.retain(|(_, kept)| {
        kept.iter().filter(|it| case.is_new(it.object)).count() as u64 >= case.window.least_growth()
    });
    if grown.is_empty() {
        return Ok(claims);
    }
    grown.sort_unstable_by_key(|&(registry, _)| registry);
    let then = kept_by_registry(case, before, cancel)?;
    let ids = |snapshot: &Snapshot, kept: &[Kept]| -> FxHashSet<NodeId> {
        kept.iter().map(|it| snapshot.heap.nodes.id(it.object)).collect()
    };
    for (registry, kept) in grown {
        if kept.iter().all(|it| explained.contains(it.object)) {
            continue;
        }
        let id = case.after.heap.nodes.id(registry);
        let then = then.iter().find(|(it, _)| before.heap.nodes.id(**it) == id).map(|(_, kept)| ids(before, kept));
        let then = then.unwrap_or_default();
        let now = ids(case.after, &kept);
        let new = kept.iter().map(|it| it.object).filter(|&object| case.is_new(object));
        let bytes = new.map(|object| case.after.graph.dominators.retained_size(object)).sum();
        let increase = Increase {
            more: (now.len() as u64).saturating_sub(then.len() as u64),
            then: then.len() as u64,
            turns_over: !then.is_subset(&now),
            bound: Bound::None,
            is_heavy: bytes >= case.least_bytes(),
        };
        if increase.more >= case.window.least_growth() && increase.is_told(&case.window) {
            claims.extend(claim(cause, case, registry, &kept, increase, bytes, cancel)?);
        }
    }
    Ok(claims)
}

/// An object that its cell keeps.
#[derive(Clone, Copy)]
struct Kept {
    object: NodeIndex,
    cell: NodeIndex,
}

/// The objects that their own cells keep, by registry.
fn kept_by_registry(
    case: &Case<'_>,
    snapshot: &Snapshot,
    cancel: &CancelToken,
) -> Result<FxHashMap<NodeIndex, Vec<Kept>>> {
    let Snapshot { heap, graph } = snapshot;
    let mut kept: FxHashMap<NodeIndex, Vec<Kept>> = FxHashMap::default();
    for cell in case.instances(snapshot, cancel)?.hidden(CELL) {
        cancel.check()?;
        let Some(object) = heap.follow(cell, EdgeKind::Weak, "target") else { continue };
        let above = |&node: &NodeIndex| (node != NodeIndex::ROOT).then(|| graph.dominators.immediate_dominator(node));
        if !std::iter::successors(Some(object), above).take(MOST_STEPS_UP).any(|node| node == cell) {
            continue;
        }
        let mut targets = heap.nodes.edges(cell).map(|edge| heap.edges.target(edge));
        let is_registry = |node: &NodeIndex| {
            heap.nodes.kind(*node) == NodeKind::OBJECT && heap.node_is_named(*node, REGISTRY) && *node != object
        };
        if let Some(registry) = targets.find(is_registry) {
            kept.entry(registry).or_default().push(Kept { object, cell });
        }
    }
    Ok(kept)
}

fn claim(
    cause: &'static str,
    case: &Case<'_>,
    registry: NodeIndex,
    kept: &[Kept],
    increase: Increase,
    bytes: u64,
    cancel: &CancelToken,
) -> Result<Option<Claim>> {
    let describer = case.describer();
    let graph = &case.after.graph;
    let Some(&Kept { object: last, .. }) = kept.last() else { return Ok(None) };
    let path = paths::shortest_path(case.after, registry, cancel)?.unwrap_or_default();
    let holder = Holder::with_methods(&describer, &path, &["register"]);
    if holder.is_internal {
        return Ok(None);
    }
    let class_name = describer.class_name(last).to_string();
    let label = holder.label(REGISTRY);
    let location = makers::place(&describer, last).or_else(|| holder.location.clone());
    let place = holder.place().map_or_else(String::new, |place| format!(" ({place})"));
    let count = kept.len() as u64;
    let retained_size = kept.iter().map(|it| graph.dominators.retained_size(it.object)).sum();
    let mut keywords = vec![REGISTRY.to_owned(), class_name.clone()];
    keywords.extend(holder.name.split('.').filter(|name| !name.is_empty()).map(str::to_owned));
    keywords.extend(holder.file.clone());
    let finding = Finding {
        cause,
        title: format!(
            "{} kept by their own held values in {label}{place}",
            figures::counted(count, &format!("{class_name} object"))
        ),
        advice: format!(
            "What is handed to `register` as the held value leads to the {class_name} itself, which so never goes: hand it a key or \
             a handle that does not refer to the {class_name}."
        ),
        confidence: increase.confidence(&case.window),
        count,
        growth: Some(Growth { count: increase.more, bytes, per_round: case.window.per_round(increase.more) }),
        shallow_size: kept.iter().map(|it| graph.sizes.shallow_size(it.object)).sum(),
        retained_size,
        share: retained_size as f64 / graph.dominators.retained_size(NodeIndex::ROOT).max(1) as f64,
        owner: describer.node(registry),
        location,
        path: describer.steps(&path),
        holds: Vec::new(),
        accumulation_point: Some(describer.node(registry)),
        keywords,
        signature: case
            .signature(cause)
            .part(REGISTRY)
            .part(&class_name)
            .part(&holder.name)
            .file(holder.url.as_ref())
            .to_string(),
        evidence: BTreeMap::<_, Evidence>::from([
            ("collection", label.into()),
            ("values", class_name.into()),
            ("retainedPerEntry", (retained_size / count.max(1)).into()),
        ]),
    };
    Ok(Some(Claim { finding, explains: kept.iter().flat_map(|it| [it.cell, it.object]).collect() }))
}
