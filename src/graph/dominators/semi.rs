//! Semi-NCA: from the search's numbering to immediate dominators, all in the space of its numbers.
//!
//! The semidominator of `v` is the smallest `u` from which a path of larger numbers than `v` leads to `v`. It is found in
//! descending order of `v` as the minimum, over `v`'s predecessors, of the labels on the way up the forest of the nodes done
//! so far, with path compression. The immediate dominator of `v` then is the nearest ancestor of `v`'s parent in the
//! dominator tree that is not larger than the semidominator. Both climbs are loops, and neither is quadratic in deep
//! graphs: the second uses skew-binary jump pointers.
//!
//! `O((nodes + edges) log nodes)`, in practice linear. 8 bytes a node besides the numbering's columns.
//!
//! Sources: L. Georgiadis, *Linear-Time Algorithms for Dominators and Related Problems*, PhD thesis, Princeton 2005 (Semi-NCA);
//! T. Lengauer, R. E. Tarjan, doi:10.1145/357062.357071 (semidominators); E. W. Myers, doi:10.1016/0020-0190(83)90106-0
//! (jump pointers).

use super::cross_edges::{CrossEdges, RANGE, SortedEdges};
use super::numbering::ROOT;
use crate::cancel::CancelToken;
use crate::error::Result;
use crate::graph::prefetch::prefetch;

/// How many predecessors ahead a forest node is asked for.
const AHEAD: usize = 8;

/// Immediate dominators by number, smaller than the own number except for the root; in the place of `parent`.
pub(super) fn immediate_dominators(
    parent: Vec<u32>,
    mut semi: Vec<u32>,
    cross_edges: CrossEdges,
    cancel: &CancelToken,
) -> Result<Vec<u32>> {
    let forest = semidominators(&parent, &mut semi, &cross_edges, cancel)?;
    drop(cross_edges);
    nearest_ancestors(parent, &semi, forest, cancel)
}

/// A node of the forest of the nodes done so far.
#[derive(Clone, Copy, Default)]
#[repr(C)]
struct Link {
    /// The nearest ancestor not compressed away. Not yet in the forest itself if it is not larger than the node being done.
    ancestor: u32,
    /// The smallest semidominator from here up to the ancestor (without it).
    label: u32,
}

/// Lowers `semi` to the semidominators. Gives the forest back for its memory.
fn semidominators(
    parent: &[u32],
    semi: &mut [u32],
    cross_edges: &CrossEdges,
    cancel: &CancelToken,
) -> Result<Vec<Link>> {
    let mut forest: Vec<Link> = parent.iter().map(|&ancestor| Link { ancestor, label: 0 }).collect();
    let mut path = Vec::new();
    let mut sorted = SortedEdges::default();
    for range in (0..=(parent.len() - 1) / RANGE).rev() {
        cancel.check()?;
        cross_edges.sort_into(range, &mut sorted);
        let sources = sorted.sources();
        let numbers = range * RANGE..parent.len().min((range + 1) * RANGE);
        for number in numbers.rev() {
            let mut smallest = semi[number];
            for at in sorted.to(number % RANGE).rev() {
                prefetch(&forest, sources[at.saturating_sub(AHEAD)] as usize);
                smallest = smallest.min(smallest_label(&mut forest, &mut path, sources[at], number as u32));
            }
            semi[number] = smallest;
            forest[number].label = smallest;
        }
    }
    Ok(forest)
}

/// The smallest label from `from` up to the root of its tree, where every node larger than `done` is in the forest.
/// Compresses the path.
#[inline]
fn smallest_label(forest: &mut [Link], path: &mut Vec<u32>, from: u32, done: u32) -> u32 {
    let mut top = from;
    loop {
        let ancestor = forest[top as usize].ancestor;
        if ancestor <= done {
            break;
        }
        path.push(top);
        top = ancestor;
    }
    let mut above = forest[top as usize];
    while let Some(node) = path.pop() {
        let link = &mut forest[node as usize];
        link.label = link.label.min(above.label);
        link.ancestor = above.ancestor;
        above = *link;
    }
    above.label
}

/// A node of the dominator tree.
#[derive(Clone, Copy)]
#[repr(C)]
struct Jump {
    depth: u32,
    /// Some ancestor further up, chosen by the depth alone so that every climb takes `O(log depth)` steps.
    ancestor: u32,
}

/// Turns parents into immediate dominators.
fn nearest_ancestors(mut parent: Vec<u32>, semi: &[u32], forest: Vec<Link>, cancel: &CancelToken) -> Result<Vec<u32>> {
    // In the forest's memory, which is what `collect` does with items of the same layout.
    let mut jumps: Vec<Jump> = forest.into_iter().map(|_| Jump { depth: 0, ancestor: ROOT }).collect();
    for number in ROOT as usize + 1..parent.len() {
        if number % CancelToken::STRIDE == 0 {
            cancel.check()?;
        }
        let bound = semi[number];
        let mut dominator = parent[number];
        while dominator > bound {
            let far = jumps[dominator as usize].ancestor;
            // A jump past the bound might skip the answer.
            dominator = if far > bound { far } else { parent[dominator as usize] };
        }
        parent[number] = dominator;
        let near = jumps[dominator as usize];
        let far = jumps[near.ancestor as usize];
        let farther = jumps[far.ancestor as usize];
        // Two jumps of equal length become one of twice the length and a step.
        let joins = near.depth - far.depth == far.depth - farther.depth;
        jumps[number] = Jump { depth: near.depth + 1, ancestor: if joins { far.ancestor } else { dominator } };
    }
    Ok(parent)
}
