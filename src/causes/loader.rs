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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::disclosure::StringContents;
    use crate::analysis::paths::shortest_path;
    use crate::analysis::scripts::Scripts;
    use crate::cancel::CancelToken;
    use crate::snapshot::{EdgeKind, NodeIndex};
    use crate::testing::program::Program;

    /// Whether a Map is the loader's, which a function of the script has in a variable, behind so many objects of a class.
    fn is_cache(url: &str, class: &str, between: usize) -> bool {
        let mut program = Program::new(url);
        let map = program.builder.object("Map", 32);
        let mut path: Vec<NodeIndex> = vec![map];
        for _ in 0..between {
            let object = program.builder.object(class, 32);
            program.builder.property(object, "inner", path[path.len() - 1]);
            path.push(object);
        }
        let scope = program.scope(&[("cache", path[path.len() - 1])]);
        let function = program.function("load", 10, 3);
        let load = program.closure(function, "load", Some(scope));
        program.builder.edge(program.global, EdgeKind::Property, "load", load);
        let snapshot = program.snapshot();
        let scripts = Scripts::new(&snapshot.heap);
        let describer = Describer::new(&snapshot, &scripts, StringContents::None);
        let path = shortest_path(&snapshot, map, &CancelToken::new());
        is_loader_cache(&describer, &path.unwrap().unwrap())
    }

    #[test]
    fn caches_of_the_loaders_scripts_are_its_own_and_modules_are_the_programs() {
        for script in SCRIPTS {
            let url = format!("{script}x");
            assert!(is_cache(&url, "Object", 1), "{url}");
            for module in MODULES {
                assert!(!is_cache(&url, module, 1), "{url} {module}");
            }
        }
        assert!(!is_cache("node:fs", "Object", 1), "another script of Node's");
        assert!(!is_cache("/srv/app/dist/cache.js", "Object", 1));
        // The Map, the objects, the scope, the function: so near, and no nearer.
        assert!(is_cache("node:internal/modules/x", "Object", STEPS - 3));
        assert!(!is_cache("node:internal/modules/x", "Object", STEPS - 2));
    }
}
