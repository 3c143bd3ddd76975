//! Reads the modules of a heap, and which of them are copies that `require` has forgotten.
//!
//! `delete require.cache[id]` makes `require` load the file again; the module that was there before stays in the
//! `children` of the module that required it. So a copy is a `Module` whose file other modules have too, which the cache
//! does not hold. Copies that only a copy keeps are part of that one. `O(strings + n + edges of modules)`.
//! Source: Node `lib/internal/modules/cjs/loader.js` (`Module`, `updateChildren`).

use rustc_hash::{FxHashMap, FxHashSet};

use crate::analysis::modules::COMMON_JS;
use crate::cancel::CancelToken;
use crate::causes::collections;
use crate::causes::instances::Instances;
use crate::error::Result;
use crate::graph::Snapshot;
use crate::snapshot::{EdgeIndex, EdgeKind, Heap, NodeIndex, Text};

/// The properties of modules that lead to what is asked of them, Node 12-26.
const CHILDREN: &str = "children";
/// Other classes of this name have no such property.
const SEARCHED: &str = "paths";

/// A module that was loaded again since.
pub(super) struct Copy {
    /// The `Module`.
    pub(super) node: NodeIndex,
    /// From the parent to it.
    pub(super) way: Vec<EdgeIndex>,
    /// Bytes freed with it.
    pub(super) retained_size: u64,
}

/// How a file comes to be loaded again.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    /// `require` has forgotten the module.
    Copy,
    /// It was imported by another query.
    Version,
}

/// Copies of one file, kept by one module.
pub(super) struct Family {
    /// How they came about.
    pub(super) kind: Kind,
    /// The file that was loaded again and again.
    pub(super) file: Text,
    /// The file of the module that keeps the copies.
    pub(super) parent_file: Text,
    /// That module.
    pub(super) parent: NodeIndex,
    /// Its `children`.
    pub(super) children: NodeIndex,
    /// In the order in which they were loaded.
    pub(super) copies: Vec<Copy>,
}

struct Module {
    node: NodeIndex,
    file: Text,
    /// The edge to the array, and the array.
    children: (EdgeIndex, NodeIndex),
}

/// All families, in file order of the parents.
pub(super) fn read(instances: &Instances<'_>, cancel: &CancelToken) -> Result<Vec<Family>> {
    let snapshot = instances.snapshot;
    let heap = &snapshot.heap;
    let found = instances.objects(&[COMMON_JS.class]);
    let modules: Vec<Module> = found.into_iter().filter_map(|(node, _)| module(heap, node)).collect();
    let mut counts: FxHashMap<&Text, usize> = FxHashMap::default();
    for module in &modules {
        *counts.entry(&module.file).or_default() += 1;
    }
    let mut copies: FxHashMap<NodeIndex, &Module> = FxHashMap::default();
    for (at, module) in modules.iter().enumerate() {
        if at % 1024 == 1023 {
            cancel.check()?;
        }
        if counts[&module.file] > 1 && !is_cached(snapshot, module) {
            copies.insert(module.node, module);
        }
    }
    let mut families = Vec::new();
    let mut told = FxHashSet::default();
    for parent in modules.iter().filter(|module| !copies.contains_key(&module.node)) {
        cancel.check()?;
        let first = families.len();
        let mut positions: FxHashMap<&Text, usize> = FxHashMap::default();
        let (to_children, children) = parent.children;
        for (edge, child) in collections::element_edges(heap, children) {
            let Some(copy) = copies.get(&child).filter(|copy| told.insert(copy.node)) else { continue };
            let position = *positions.entry(&copy.file).or_insert_with(|| {
                families.push(Family {
                    kind: Kind::Copy,
                    file: copy.file.clone(),
                    parent_file: parent.file.clone(),
                    parent: parent.node,
                    children,
                    copies: Vec::new(),
                });
                families.len() - 1 - first
            });
            let retained_size = snapshot.graph.dominators.retained_size(child);
            families[first + position].copies.push(Copy { node: child, way: vec![to_children, edge], retained_size });
        }
    }
    Ok(families)
}

fn module(heap: &Heap, node: NodeIndex) -> Option<Module> {
    let property = |name| {
        heap.nodes
            .edges(node)
            .find(|&edge| heap.edges.kind(edge) == EdgeKind::Property && heap.edge_is_named(edge, name))
    };
    let children = property(CHILDREN)?;
    let is_module = heap.node_is_named(heap.edges.target(children), "Array") && property(SEARCHED).is_some();
    let file = COMMON_JS.file(heap, node).filter(|_| is_module)?;
    Some(Module { node, file, children: (EdgeIndex(children as u32), heap.edges.target(children)) })
}

/// Whether `require` would find the module: the cache holds it under the name of its file.
fn is_cached(snapshot: &Snapshot, module: &Module) -> bool {
    let heap = &snapshot.heap;
    snapshot.graph.retainers.of(&heap.nodes, module.node).any(|(edge, _)| {
        heap.edges.kind(edge.at()) == EdgeKind::Property
            && heap.edges.name(edge.at()).is_some_and(|name| heap.strings.text(name) == module.file)
    })
}
