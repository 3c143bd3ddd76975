//! Growth by path: which places of the dominator tree grew between two processes, where no object is the same.
//!
//! Both trees are walked down from the root at once, children of one class merged, and only where a merged place retains
//! more than before. A place is told when no class below it has most of its growth. `O(nodes)`, as every node is looked at
//! once at most; 16 bytes a node while it runs. Source: the idea is LeakCanary's (shark, `HeapGrowthDetector`).

use std::cmp::Reverse;

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use super::Identity;
use super::groups::Side;
use super::owners::signed_difference;
use crate::cancel::CancelToken;
use crate::error::Result;
use crate::graph::{ClassIndex, Preorder};
use crate::snapshot::{NodeIndex, Text};

/// Growth below this share of the older heap is not followed.
const MIN_SHARE: f64 = 0.001;
/// A place whose growth is by this share that of one class below it is not told itself.
const MOST: f64 = 0.5;
/// Longer paths are told where they get too long.
const MAX_LENGTH: u32 = 64;

/// A place of both dominator trees that retains more in the newer snapshot.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PathGrowth {
    /// The classes from below the root on, dominators first; the last is what grew.
    pub path: Vec<Text>,
    /// Nodes at this place in the newer snapshot.
    pub count: u64,
    /// How many more these are.
    pub count_delta: i64,
    /// Bytes that they keep alive in the newer snapshot.
    pub retained_size: u64,
    /// How many more these are.
    pub retained_delta: i64,
}

/// A merged place.
struct Place {
    /// Position of the place above; the root's is its own.
    parent: usize,
    depth: u32,
    name: Text,
    /// By side: positions in the preorder.
    nodes: [Vec<u32>; 2],
    retained: [u64; 2],
}

impl Place {
    fn delta(&self) -> i64 {
        signed_difference(self.retained[1], self.retained[0])
    }
}

/// The places that grew most, at most `limit`.
pub(super) fn paths(sides: &[Side; 2], limit: usize, cancel: &CancelToken) -> Result<Vec<PathGrowth>> {
    let trees = [sides[0].snapshot, sides[1].snapshot].map(|snapshot| snapshot.graph.dominators.preorder());
    let retained = |side: usize, node| sides[side].snapshot.graph.dominators.retained_size(node);
    let heap_size = retained(0, NodeIndex::ROOT);
    let threshold = ((MIN_SHARE * heap_size as f64) as i64).max(1);
    let mut classes = SharedClasses::default();
    let root = Place {
        parent: 0,
        depth: 0,
        name: Text::default(),
        nodes: [vec![0], vec![0]],
        retained: [heap_size, retained(1, NodeIndex::ROOT)],
    };
    let mut places = vec![root];
    let mut told = Vec::new();
    let mut at = 0;
    while at < places.len() {
        let mut below: FxHashMap<u32, Place> = FxHashMap::default();
        let nodes = std::mem::take(&mut places[at].nodes);
        for (side, nodes) in nodes.iter().enumerate() {
            for child in nodes.iter().flat_map(|&node| children(&trees[side], node)) {
                if (child as usize).is_multiple_of(CancelToken::STRIDE) {
                    cancel.check()?;
                }
                let node = trees[side].order[child as usize];
                let class = classes.of(sides, side, sides[side].class_of(node));
                let place = below.entry(class).or_insert_with(|| Place {
                    parent: at,
                    depth: places[at].depth + 1,
                    name: sides[side].name_of(node).clone(),
                    nodes: [Vec::new(), Vec::new()],
                    retained: [0, 0],
                });
                place.nodes[side].push(child);
                place.retained[side] = place.retained[side].saturating_add(retained(side, node));
            }
        }
        let delta = places[at].delta();
        let is_told = at != 0 && !below.values().any(|place| place.delta() as f64 > MOST * delta as f64);
        if is_told || places[at].depth >= MAX_LENGTH {
            told.push((at, nodes.map(|nodes| nodes.len() as u64)));
        }
        if places[at].depth < MAX_LENGTH {
            let mut growing: Vec<_> = below.into_iter().filter(|(_, place)| place.delta() >= threshold).collect();
            growing.sort_unstable_by_key(|&(class, _)| class);
            places.extend(growing.into_iter().map(|(_, place)| place));
        }
        at += 1;
    }
    told.sort_by_key(|&(at, _)| Reverse(places[at].delta()));
    told.truncate(limit);
    let answer = |(at, count): (usize, [u64; 2])| PathGrowth {
        path: path(&places, at),
        count: count[1],
        count_delta: signed_difference(count[1], count[0]),
        retained_size: places[at].retained[1],
        retained_delta: places[at].delta(),
    };
    Ok(told.into_iter().map(answer).collect())
}

/// Positions of what the node at a position dominates immediately.
fn children(tree: &Preorder, position: u32) -> impl Iterator<Item = u32> + '_ {
    let end = tree.end[position as usize];
    let mut next = position + 1;
    std::iter::from_fn(move || {
        let child = (next < end).then_some(next)?;
        next = tree.end[child as usize];
        Some(child)
    })
}

fn path(places: &[Place], mut at: usize) -> Vec<Text> {
    let mut path = Vec::new();
    while at != 0 {
        path.push(places[at].name.clone());
        at = places[at].parent;
    }
    path.reverse();
    path
}

/// Numbers for classes that are the same in both processes.
#[derive(Default)]
struct SharedClasses {
    by_class: FxHashMap<(usize, ClassIndex), u32>,
    by_key: FxHashMap<Text, u32>,
}

impl SharedClasses {
    fn of(&mut self, sides: &[Side; 2], side: usize, class: ClassIndex) -> u32 {
        *self.by_class.entry((side, class)).or_insert_with(|| {
            let next = self.by_key.len() as u32;
            *self.by_key.entry(sides[side].key(class, Identity::DifferentProcess)).or_insert(next)
        })
    }
}
