//! Class totals: how many nodes each class has, and what they weigh.
//!
//! Nodes of shallow size 0 and nodes that the filter rejects do not count. A class's retained size is the sum over those
//! of its nodes that no other counted node of the class dominates, so that nothing is summed twice. One walk over the
//! nodes and one over the dominator tree, `O(nodes + classes)`; 8 bytes a node while it runs.
//! Source: DevTools `HeapSnapshot.ts` (`buildAggregates`, `calculateClassesRetainedSize`).

use super::Graph;
use super::bitset::Bitset;
use super::classes::{ClassIndex, Classes};
use super::dominators::Visit;
use crate::cancel::CancelToken;
use crate::error::Result;
use crate::snapshot::NodeIndex;

/// Which classes are counted apart.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Grouping {
    /// By key ([`Classes::class_of`]).
    ByKey,
    /// As DevTools ([`Classes::devtools_class_of`]): of the classes with one key only the one whose first node comes last
    /// is shown.
    DevTools,
}

/// One class's nodes, in sum.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ClassTotal {
    /// The class.
    pub class: ClassIndex,
    /// How many nodes.
    pub count: u64,
    /// Their own bytes.
    pub shallow_size: u64,
    /// Bytes that they keep alive together.
    pub retained_size: u64,
    /// The smallest [`super::Distances::raw`].
    pub distance: i32,
}

/// Sums up the nodes that `filter` takes. Rows come in the order in which DevTools first sees their keys, which is file
/// order.
pub fn class_totals(
    graph: &Graph,
    classes: &Classes,
    grouping: Grouping,
    filter: impl Fn(NodeIndex) -> bool,
    cancel: &CancelToken,
) -> Result<Vec<ClassTotal>> {
    let class_of = |node| match grouping {
        Grouping::ByKey => classes.class_of(node),
        Grouping::DevTools => classes.devtools_class_of(node),
    };
    let counts = |node| graph.sizes.shallow_size(node) != 0 && filter(node);
    /// No row yet.
    const NONE: u32 = u32::MAX;
    let mut row_of = vec![NONE; classes.len()];
    let mut rows: Vec<ClassTotal> = Vec::new();
    for (at, &distance) in graph.distances.all().iter().enumerate() {
        if at.is_multiple_of(CancelToken::STRIDE) {
            cancel.check()?;
        }
        let node = NodeIndex::from(at);
        if !counts(node) {
            continue;
        }
        let class = class_of(node);
        let row = &mut row_of[class.at()];
        if *row == NONE {
            *row = rows.len() as u32;
            rows.push(ClassTotal { class, count: 0, shallow_size: 0, retained_size: 0, distance });
        }
        let row = &mut rows[*row as usize];
        row.count += 1;
        row.shallow_size = row.shallow_size.saturating_add(graph.sizes.shallow_size(node));
        row.distance = row.distance.min(distance);
    }

    cancel.check()?;
    // Inside of a counted node of a class, others of the class are kept by it and not counted again.
    let mut is_open = Bitset::new(classes.len());
    let mut open: Vec<NodeIndex> = Vec::new();
    graph.dominators.walk(|visit, node| match visit {
        Visit::Enter => {
            let class = class_of(node);
            if !is_open.contains(class.at()) && counts(node) {
                let row = &mut rows[row_of[class.at()] as usize];
                row.retained_size = row.retained_size.saturating_add(graph.dominators.retained_size(node));
                is_open.insert(class.at());
                open.push(node);
            }
        }
        Visit::Leave => {
            if let Some(node) = open.pop_if(|last| *last == node) {
                is_open.toggle(class_of(node).at());
            }
        }
    });
    Ok(match grouping {
        Grouping::ByKey => rows,
        Grouping::DevTools => surviving(classes, rows, row_of),
    })
}

/// Of the classes with one key the last, in the place of the first.
fn surviving(classes: &Classes, rows: Vec<ClassTotal>, mut place_of: Vec<u32>) -> Vec<ClassTotal> {
    let mut survivors: Vec<ClassTotal> = Vec::with_capacity(rows.len());
    place_of.fill(u32::MAX);
    for row in rows {
        let place = &mut place_of[classes.merged(row.class).at()];
        match survivors.get_mut(*place as usize) {
            Some(earlier) => *earlier = row,
            None => {
                *place = survivors.len() as u32;
                survivors.push(row);
            }
        }
    }
    survivors
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::Snapshot;
    use crate::progress::Progress;

    fn totals(snapshot: &Snapshot, filter: impl Fn(NodeIndex) -> bool) -> Vec<(String, u64, u64, u64, i32)> {
        let classes = &snapshot.graph.classes;
        let totals = class_totals(&snapshot.graph, classes, Grouping::ByKey, filter, &CancelToken::new()).unwrap();
        let row = |total: ClassTotal| {
            let name = classes.name(total.class).to_string();
            (name, total.count, total.shallow_size, total.retained_size, total.distance)
        };
        totals.into_iter().map(row).collect()
    }

    #[test]
    fn what_is_inside_is_not_summed_twice() {
        let drawn = crate::snapshot! {
            root -shortcut-> list="List"(1) -> a="Item"(10) -> between(100) -> b="Item"(1_000);
            list -> c="Item"(10_000);
            list -> empty="Item"(0) -> d="Item"(100_000)
        };
        let a = drawn.at("a");
        let snapshot = Snapshot::new(drawn.heap(), 1, &CancelToken::new(), &Progress::none()).unwrap();
        let expected = [
            ("List".to_owned(), 1, 1, 111_111, 1),
            ("Item".to_owned(), 4, 111_010, 111_110, 2),
            ("between".to_owned(), 1, 100, 1_100, 3),
        ];
        assert_eq!(totals(&snapshot, |_| true), expected);
        // Rejected nodes hide nothing.
        let expected = [
            ("List".to_owned(), 1, 1, 111_111, 1),
            ("between".to_owned(), 1, 100, 1_100, 3),
            ("Item".to_owned(), 3, 111_000, 111_000, 3),
        ];
        let mut found = totals(&snapshot, |node| node != a);
        found.sort_by_key(|row| (row.0 != "List", row.0 != "between"));
        let mut expected = expected;
        expected[2].4 = 2;
        assert_eq!(found, expected);
    }
}
