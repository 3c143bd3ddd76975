//! What Node's module loader keeps for itself: caches of paths, package files and built-in modules. They grow when a program
//! loads modules late, which it does once for each. `O(1)`.

use crate::analysis::node_ref::Describer;
use crate::snapshot::{EdgeIndex, NodeKind};

/// Where the loader's scripts begin, Node 18 to 26.
const SCRIPTS: [&str; 3] = ["node:internal/modules/", "node:internal/bootstrap/", "node:internal/process/esm_loader"];
/// What it makes of a program's modules: from there on things are the program's.
const MODULES: [&str; 4] = ["Module", "ModuleJob", "ModuleWrap", "system / SourceTextModule"];
/// Its functions are so near to its caches.
const STEPS: usize = 6;

/// Whether the path, from the root to a collection, ends in the loader rather than in a module.
pub(super) fn is_loader_cache(describer: &Describer<'_>, path: &[EdgeIndex]) -> bool {
    let heap = &describer.snapshot().heap;
    for edge in path.iter().rev().take(STEPS) {
        let node = heap.edges.target(edge.at());
        match heap.nodes.kind(node) {
            NodeKind::CLOSURE => {
                let url = describer.location(node).map(|location| location.url.to_string()).unwrap_or_default();
                return SCRIPTS.iter().any(|script| url.starts_with(script));
            }
            _ if MODULES.iter().any(|name| heap.node_is_named(node, name)) => return false,
            _ => {}
        }
    }
    false
}
