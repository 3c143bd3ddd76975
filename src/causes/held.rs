//! What one of many leaked things keeps alive: of one that keeps a middling amount, as the first and the last may be special.
//!
//! `O(things · log things)`, and what that one dominates.

use rustc_hash::FxHashSet;

use super::case::Case;
use super::finding::Held;
use crate::analysis::accumulation::Subtree;
use crate::cancel::CancelToken;
use crate::error::Result;
use crate::snapshot::NodeIndex;

/// The way from the middling one of `things` to where its bytes pile up; nothing, if they spread at once, or if things keep
/// each other: then the first keeps all others.
pub(super) fn by_middling(case: &Case<'_>, things: &[NodeIndex], cancel: &CancelToken) -> Result<Option<Held>> {
    let dominators = &case.after.graph.dominators;
    if let [first, second, ..] = *things
        && dominators.immediate_dominator(second) == first
    {
        return Ok(None);
    }
    let mut things = things.to_vec();
    things.sort_by_key(|&thing| (dominators.retained_size(thing), thing));
    let Some(&middling) = things.get(things.len() / 2) else { return Ok(None) };
    let retained_size = dominators.retained_size(middling);
    let subtree = Subtree::explore(case.after, middling, &FxHashSet::default(), |_| 0, cancel)?;
    let heaviest = subtree.accumulation_point(retained_size);
    if heaviest == middling {
        return Ok(None);
    }
    let describer = case.describer();
    let path = describer.steps(&subtree.path_to(heaviest));
    Ok(Some(Held { node: describer.node(heaviest), path, retained_size }))
}
