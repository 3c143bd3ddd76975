//! Reads the ES modules that were loaded more than once from one file, by a query or a fragment that differs.
//!
//! `import('./plugin.mjs?v=2')` is a module of its own for the loader, which keeps every module it has ever loaded: there is no
//! way to take one out. So a version is a `ModuleWrap` whose URL other modules share up to the query.
//! `O(strings + n + modules)`. Source: Node `lib/internal/modules/esm/module_map.js` (`LoadCache`), `module_job.js`, 18 to 26.

use rustc_hash::{FxHashMap, FxHashSet};

use super::copies::{Copy, Family, Kind};
use crate::analysis::modules::ES;
use crate::analysis::paths;
use crate::causes::instances::Instances;
use crate::graph::Snapshot;
use crate::snapshot::{EdgeIndex, NodeIndex, NodeKind, Text};

/// Class of the loader's cache.
const CACHE: &str = "LoadCache";
/// Between the cache and a module stand its table, an object by type, and the job that has loaded it.
const MOST_STEPS: usize = 6;
const MOST_RETAINERS: usize = 64;

/// A family per file that has several versions, in file order of the first.
pub(super) fn read(instances: &Instances<'_>) -> Vec<Family> {
    let snapshot = instances.snapshot;
    let heap = &snapshot.heap;
    let mut families: Vec<Family> = Vec::new();
    let mut positions: FxHashMap<String, usize> = FxHashMap::default();
    for (node, _) in instances.objects(&[ES.class]) {
        let Some(url) = ES.file(heap, node).map(|url| url.to_string()) else { continue };
        let Some((file, _)) = url.split_once(['?', '#']) else { continue };
        let Some((cache, way)) = way_from_cache(snapshot, node) else { continue };
        let position = *positions.entry(file.to_owned()).or_insert_with(|| {
            families.push(Family {
                kind: Kind::Version,
                file: Text::from(file.to_owned()),
                parent_file: Text::from("the loader of ES modules"),
                parent: cache,
                children: cache,
                copies: Vec::new(),
            });
            families.len() - 1
        });
        let retained_size = snapshot.graph.dominators.retained_size(node);
        families[position].copies.push(Copy { node, way, retained_size });
    }
    families.retain(|family| family.copies.len() > 1);
    families
}

/// The loader's cache that has the module, and the way from there.
fn way_from_cache(snapshot: &Snapshot, module: NodeIndex) -> Option<(NodeIndex, Vec<EdgeIndex>)> {
    let heap = &snapshot.heap;
    let essential = paths::essential_edges(snapshot);
    let mut seen = FxHashSet::from_iter([module]);
    let mut ways = vec![(module, Vec::new())];
    for _ in 0..MOST_STEPS {
        let mut longer = Vec::new();
        for (node, way) in &ways {
            for (edge, source) in snapshot.graph.retainers.of(&heap.nodes, *node).take(MOST_RETAINERS) {
                let is_between = matches!(heap.nodes.kind(source), NodeKind::OBJECT | NodeKind::ARRAY);
                if !is_between || !essential.contains(source, edge.at()) || !seen.insert(source) {
                    continue;
                }
                let way: Vec<EdgeIndex> = [edge].into_iter().chain(way.iter().copied()).collect();
                if heap.node_is_named(source, CACHE) {
                    return Some((source, way));
                }
                longer.push((source, way));
            }
        }
        longer.truncate(MOST_RETAINERS);
        ways = longer;
    }
    None
}
