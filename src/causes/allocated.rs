//! Who allocated what piles up, where V8 recorded allocations: the stack that most things of a finding have.
//!
//! Things of a finding are what it explains and what that keeps, a few references deep: of a Map that grows, its entries. The
//! level whose commonest stack accounts for half of the growth is the one that is told; strings and arrays further down may
//! be more, but are not what somebody would look for. `O(nodes looked at)`, at most [`MOST_NODES`] a finding.

use rustc_hash::FxHashMap;

use super::case::{Case, Claim};
use super::finding::{Evidence, Finding};
use crate::analysis::node_ref::Describer;
use crate::analysis::places;
use crate::analysis::scripts::SourceLocation;
use crate::cancel::CancelToken;
use crate::error::Result;
use crate::snapshot::{NodeIndex, Trace, TraceFunction};

/// Nodes that are looked at, and how deep.
const MOST_NODES: usize = 1 << 16;
const LEVELS: usize = 4;
/// Functions that are told.
const TOLD: usize = 6;

/// Adds the stack to the finding's evidence.
pub(super) fn tell(case: &Case<'_>, claim: &mut Claim, cancel: &CancelToken) -> Result<()> {
    let traces = &case.after.heap.traces;
    if traces.is_empty() {
        return Ok(());
    }
    let Some((trace, count)) = commonest(case, claim, cancel)? else { return Ok(()) };
    let describer = case.describer();
    let stack = traces.stack(trace).filter_map(|function| shown(&describer, function));
    let stack = stack.take(TOLD).collect::<Vec<_>>().join(" < ");
    if !stack.is_empty() {
        claim.finding.evidence.insert("allocatedBy", Evidence::Text(stack));
        claim.finding.evidence.insert("allocatedCount", Evidence::Number(count));
    }
    Ok(())
}

/// The stack to tell, and how many things have it.
fn commonest(case: &Case<'_>, claim: &Claim, cancel: &CancelToken) -> Result<Option<(Trace, u64)>> {
    let heap = &case.after.heap;
    let dominators = &case.after.graph.dominators;
    let wanted = grown(&claim.finding);
    let mut best: Option<(Trace, u64)> = None;
    let mut level: Vec<NodeIndex> = claim.explains.iter().copied().take(MOST_NODES).collect();
    let mut left = MOST_NODES - level.len();
    for _ in 0..LEVELS {
        let mut counts: FxHashMap<Trace, u64> = FxHashMap::default();
        for &node in level.iter().filter(|&&node| !case.is_old(node)) {
            if let Some(trace) = heap.traces.of(node) {
                *counts.entry(trace).or_default() += 1;
            }
        }
        // Of equal counts the stack that is older: the same in every run.
        let most = counts.into_iter().max_by_key(|&(trace, count)| (count, std::cmp::Reverse(trace)));
        if let Some((trace, count)) = most {
            if 2 * count >= wanted {
                return Ok(Some((trace, count)));
            }
            if best.is_none_or(|(_, before)| count > before) {
                best = Some((trace, count));
            }
        }
        let mut below = Vec::new();
        for &node in &level {
            cancel.check()?;
            for edge in heap.nodes.edges(node) {
                let target = heap.edges.target(edge);
                if left > 0 && target != node && dominators.immediate_dominator(target) == node {
                    below.push(target);
                    left -= 1;
                }
            }
        }
        below.sort_unstable();
        below.dedup();
        level = below;
    }
    Ok(best)
}

/// How many things there are more, or are.
fn grown(finding: &Finding) -> u64 {
    finding.growth.as_ref().map_or(finding.count, |growth| growth.count)
}

/// `openSession (app.js:8:21)`; nothing for V8's own and for Node's.
fn shown(describer: &Describer<'_>, function: TraceFunction) -> Option<String> {
    let strings = &describer.snapshot().heap.strings;
    let (url, name) = (strings.text(function.script), strings.text(function.name));
    if function.line == 0 || url == "" || url.to_str().starts_with("node:") {
        return None;
    }
    let location =
        SourceLocation { url, line: function.line, column: function.column, function_name: None, source: None };
    let place = places::place(&describer.sourced(location));
    Some(if name == "" { place } else { format!("{name} ({place})") })
}
