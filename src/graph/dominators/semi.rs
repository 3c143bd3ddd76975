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

use super::cross_edges::{CrossEdges, NearEdges};
use super::numbering::ROOT;
use crate::cancel::CancelToken;
use crate::error::Result;
use crate::graph::prefetch::prefetch;

/// How many edges ahead a source's forest node is asked for.
const AHEAD: usize = 8;

/// Immediate dominators by number, smaller than the own number except for the root; in the place of `parent`.
pub(super) fn immediate_dominators<const RANGE: usize>(
    parent: Vec<u32>,
    mut semi: Vec<u32>,
    cross_edges: CrossEdges<RANGE>,
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
fn semidominators<const RANGE: usize>(
    parent: &[u32],
    semi: &mut [u32],
    cross_edges: &CrossEdges<RANGE>,
    cancel: &CancelToken,
) -> Result<Vec<Link>> {
    let mut forest: Vec<Link> = parent.iter().map(|&ancestor| Link { ancestor, label: 0 }).collect();
    let mut path = Vec::new();
    let mut near_edges = NearEdges::<RANGE>::default();
    for range in (0..=(parent.len() - 1) / RANGE).rev() {
        let first = range * RANGE;
        let last = parent.len().min(first + RANGE) - 1;
        near_edges.clear();
        for edges in cross_edges.to_range(range) {
            cancel.check()?;
            for (at, edge) in edges.iter().enumerate() {
                prefetch(&forest, edges[(at + AHEAD).min(edges.len() - 1)].source as usize);
                let target = first + usize::from(edge.target);
                let mut source = edge.source as usize;
                if source > last {
                    let way = climb(&mut forest, &mut path, source as u32, last as u32);
                    semi[target] = semi[target].min(way.label);
                    source = way.ancestor as usize;
                }
                // Else the way leads to the target or past it, and nothing larger is left on it.
                if source > target {
                    near_edges.push((source - first) as u16, edge.target);
                }
            }
        }
        near_edges.sort();
        for target in (first..=last).rev() {
            for &source in near_edges.to(target - first) {
                let way = climb(&mut forest, &mut path, first as u32 + u32::from(source), target as u32);
                semi[target] = semi[target].min(way.label);
            }
            forest[target].label = semi[target];
        }
    }
    Ok(forest)
}

/// The way up from `from` over the nodes larger than `done`, which are all in the forest: the smallest label on it and the
/// node it ends at. Compresses the path.
#[inline]
fn climb(forest: &mut [Link], path: &mut Vec<u32>, from: u32, done: u32) -> Link {
    let mut top = from;
    loop {
        let ancestor = forest[top as usize].ancestor;
        if ancestor <= done {
            break;
        }
        path.push(top);
        top = ancestor;
    }
    let mut way = forest[top as usize];
    while let Some(node) = path.pop() {
        let link = &mut forest[node as usize];
        link.label = link.label.min(way.label);
        link.ancestor = way.ancestor;
        way = *link;
    }
    way
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
