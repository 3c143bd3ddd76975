//! What holds many things that pile up: where the ways to them part. `O(paths of a few of them + members)`.

use rustc_hash::FxHashSet;

use super::case::Case;
use super::collections::{self, CollectionKind};
use super::holder::Holder;
use crate::analysis::node_ref::Describer;
use crate::analysis::paths;
use crate::cancel::CancelToken;
use crate::error::Result;
use crate::snapshot::{EdgeIndex, EdgeKind, NodeIndex};

/// So many are asked for their path.
const SAMPLES: usize = 3;
/// What holds a thing is looked for so far up.
const MOST_STEPS_UP: usize = 64;

/// What leads from a collection to the VM's arrays that hold its entries.
const STORAGES: [&str; 3] = ["table", "elements", "properties"];

/// What holds them.
pub(super) struct Parting {
    pub(super) node: NodeIndex,
    pub(super) path: Vec<EdgeIndex>,
    pub(super) holder: Holder,
    /// `array waiting`; empty where the ways part at the root.
    pub(super) label: String,
    /// The paths that were compared, each to one of the things.
    pub(super) samples: Vec<Vec<EdgeIndex>>,
    /// By sample: which of the things it leads to.
    pub(super) sampled: Vec<usize>,
    /// By thing: the outermost of what holds it and nothing else below the node.
    pub(super) tops: Vec<NodeIndex>,
    /// Bytes freed with the tops.
    pub(super) weight: u64,
}

impl Parting {
    /// What holds all of `members`.
    pub(super) fn of(case: &Case<'_>, members: &[NodeIndex], cancel: &CancelToken) -> Result<Self> {
        let heap = &case.after.heap;
        let dominators = &case.after.graph.dominators;
        let mut samples: Vec<Vec<EdgeIndex>> = Vec::new();
        let sampled: Vec<usize> = (0..members.len()).step_by(members.len().div_ceil(SAMPLES).max(1)).collect();
        for &member in sampled.iter().map(|&at| &members[at]) {
            samples.push(paths::shortest_path(case.after, member, cancel)?.unwrap_or_default());
        }
        let mut path = samples.first().cloned().unwrap_or_default();
        path.pop();
        for sample in &samples {
            let same = path.iter().zip(sample).take_while(|(a, b)| a == b).count();
            path.truncate(same);
        }
        // The VM's own arrays are part of the object that has them.
        while path
            .last()
            .is_some_and(|edge| heap.edges.kind(edge.at()) == EdgeKind::Internal && is_storage(case, *edge))
        {
            path.pop();
        }
        let node = path.last().map_or(NodeIndex::ROOT, |edge| heap.edges.target(edge.at()));
        // Once: a collection has as many edges as entries.
        let storages = STORAGES.map(|name| heap.follow(node, EdgeKind::Internal, name));
        let is_holder = |dominator: NodeIndex| dominator == node || storages.contains(&Some(dominator));
        let top = |&member: &NodeIndex| {
            let mut at = member;
            for _ in 0..MOST_STEPS_UP {
                let dominator = dominators.immediate_dominator(at);
                if is_holder(dominator) {
                    return at;
                }
                if dominator == NodeIndex::ROOT {
                    break;
                }
                at = dominator;
            }
            member
        };
        let tops: Vec<NodeIndex> = members.iter().map(top).collect();
        let distinct: FxHashSet<NodeIndex> = tops.iter().copied().collect();
        let weight = distinct.iter().map(|&top| dominators.retained_size(top)).sum();
        let describer = case.describer();
        let kind = collections::kind(heap, node).unwrap_or(CollectionKind::Dictionary);
        let mut holder = Holder::of(&describer, &path, kind);
        holder.by_source(&describer, kind);
        let label = if node == NodeIndex::ROOT { String::new() } else { label(&describer, node, kind, &holder) };
        Ok(Self { node, path, holder, label, samples, sampled, tops, weight })
    }
}

/// Whether an edge leads to the array in which a collection keeps its entries.
fn is_storage(case: &Case<'_>, edge: EdgeIndex) -> bool {
    STORAGES.iter().any(|name| case.after.heap.edge_is_named(edge.at(), name))
}

/// `array waiting`, `Map sessions`, `Service.jobs`.
fn label(describer: &Describer<'_>, node: NodeIndex, kind: CollectionKind, holder: &Holder) -> String {
    let class_name = describer.class_name(node).to_string();
    holder.label(match kind {
        CollectionKind::Array => "array",
        // The class of a plain object lists its properties, which may be keys.
        CollectionKind::Dictionary if class_name == "Object" || class_name.starts_with('{') => "object",
        _ => &class_name,
    })
}
