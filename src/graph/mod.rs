//! Room 2: facts derived from the columns. One pass, one file, one struct; knows graphs, and no leak.
//!
//! What keeps alive is decided in `essential` alone. A pass is a function from its inputs to an owned, immutable struct;
//! [`Snapshot::new`] runs them all, on up to two threads:
//!
//! ```text
//! WeakPairs              | Detachedness
//! DominatorTree          | ShallowSizes, Classes
//! Dominators, Distances  | Retainers
//! ```

pub mod bitset;
mod class_totals;
mod classes;
mod content_table;
mod detachedness;
mod distances;
mod dominators;
mod essential;
mod interfaces;
mod page_objects;
mod prefetch;
mod retainers;
mod shapes;
mod size_column;
mod sizes;
mod weak_pairs;

use std::sync::Mutex;

pub use class_totals::{ClassTotal, Grouping, class_totals};
pub use classes::{ClassIndex, Classes};
pub(crate) use content_table::{ContentTable, content_hash};
pub use detachedness::Detachedness;
pub(crate) use distances::leading_integer;
pub use distances::{Distances, shown};
pub use dominators::{DominatorTree, Dominators, Preorder, Visit};
pub use essential::EssentialEdges;
pub use interfaces::{Interface, Interfaces, shown_property};
pub use page_objects::{PageObjects, is_document_dom_trees, is_user_root};
pub use retainers::Retainers;
pub use sizes::ShallowSizes;
pub use weak_pairs::{WeakPair, WeakPairs};

use crate::cancel::CancelToken;
use crate::error::Result;
use crate::progress::{Phase, Progress};
use crate::snapshot::Heap;

/// What follows from a heap's columns.
pub struct Graph {
    /// Whether nodes are detached.
    pub detachedness: Detachedness,
    /// What the program can reach.
    pub page_objects: PageObjects,
    /// Entries of WeakMaps.
    pub weak_pairs: WeakPairs,
    /// Own sizes.
    pub sizes: ShallowSizes,
    /// Who frees what.
    pub dominators: Dominators,
    /// Steps from the roots.
    pub distances: Distances,
    /// Edges by target.
    pub retainers: Retainers,
    /// Type labels.
    pub classes: Classes,
}

/// A heap snapshot: what the file says, and what follows from it.
pub struct Snapshot {
    /// What the file says.
    pub heap: Heap,
    /// What follows from it.
    pub graph: Graph,
}

impl Snapshot {
    /// Derives all facts, on one thread or on two. In practice `O(file)`; keeps about 41 bytes a node and 12 an edge, `heap`
    /// included. Fails when cancelled, or when no second thread can be had.
    pub fn new(heap: Heap, threads: usize, cancel: &CancelToken, progress: &Progress) -> Result<Self> {
        let graph = Graph::new(&heap, threads, cancel, &Passes { progress, done: Mutex::new(0) })?;
        Ok(Self { heap, graph })
    }

    /// Bytes of memory that the snapshot keeps, to within a few per cent.
    pub fn memory_size(&self) -> u64 {
        // Columns a node: 17 of the heap, 8 of the dominators, 4 each of sizes, classes, distances and retainers.
        const NODE: u64 = 17 + 8 + 4 * 4;
        // Target and label, and an entry of the retainers.
        const EDGE: u64 = 8 + 4;
        const STRING: u64 = 4 + 4;
        const LOCATION: u64 = 16;
        let Heap { nodes, edges, locations, strings, .. } = &self.heap;
        NODE * nodes.len() as u64
            + EDGE * edges.len() as u64
            + STRING * strings.len() as u64
            + strings.all_bytes().len() as u64
            + LOCATION * locations.all().len() as u64
    }
}

impl Graph {
    fn new(heap: &Heap, threads: usize, cancel: &CancelToken, passes: &Passes) -> Result<Self> {
        let (weak_pairs, detachedness) = both(
            threads,
            || passes.run(|| WeakPairs::new(heap, cancel)),
            || passes.run(|| Detachedness::new(heap, cancel)),
        )?;
        // Each line's temporary columns are gone before those of the next are made.
        let ((tree, page_objects), (sizes, classes)) = both(
            threads,
            || passes.run(|| DominatorTree::new(heap, &weak_pairs, cancel)),
            || {
                let sizes = passes.run(|| ShallowSizes::new(heap, &detachedness, cancel))?;
                Ok((sizes, passes.run(|| Classes::new(heap, &detachedness, cancel))?))
            },
        )?;
        let ((dominators, distances), retainers) = both(
            threads,
            || {
                let dominators = passes.run(|| Dominators::new(tree, |node| sizes.shallow_size(node), cancel))?;
                Ok((dominators, passes.run(|| Distances::new(heap, &weak_pairs, cancel))?))
            },
            || passes.run(|| Retainers::new(heap, cancel)),
        )?;
        Ok(Self { detachedness, page_objects, weak_pairs, sizes, dominators, distances, retainers, classes })
    }
}

/// Counts the passes done, for the listener.
struct Passes<'a> {
    progress: &'a Progress,
    done: Mutex<u64>,
}

impl Passes<'_> {
    /// How many times [`Passes::run`] is called.
    const TOTAL: u64 = 8;

    fn run<T>(&self, pass: impl FnOnce() -> Result<T>) -> Result<T> {
        let facts = pass()?;
        // Told under the lock, so that the listener never sees the number fall. A listener's panic elsewhere is not ours.
        let mut done = self.done.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        *done += 1;
        self.progress.report(Phase::Analyzing, *done, Some(Self::TOTAL));
        Ok(facts)
    }
}

/// Does both, at the same time if there are threads for it.
pub(crate) fn both<A, B>(
    threads: usize,
    first: impl FnOnce() -> Result<A>,
    second: impl FnOnce() -> Result<B> + Send,
) -> Result<(A, B)>
where
    B: Send,
{
    if threads < 2 {
        return Ok((first()?, second()?));
    }
    std::thread::scope(|scope| {
        let second = std::thread::Builder::new().name("leakscan".to_owned()).spawn_scoped(scope, second)?;
        let first = first();
        let second = second.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        Ok((first?, second?))
    })
}
