//! The modules that Node has loaded, and the files they are of. `O(edges of the module)`.
//!
//! Source: Node `lib/internal/modules/cjs/loader.js` (`Module`), `src/module_wrap.cc` (`ModuleWrap`), Node 12 to 26.

use crate::snapshot::{EdgeKind, Heap, NodeIndex, NodeKind, Text};

/// A module system of Node's.
pub struct ModuleSystem {
    /// The class of its modules.
    pub class: &'static str,
    /// The property that says which file a module is of.
    file: &'static str,
}

/// Modules that are required; their file is a path.
pub const COMMON_JS: ModuleSystem = ModuleSystem { class: "Module", file: "filename" };
/// Modules that are imported; their file is a URL.
pub const ES: ModuleSystem = ModuleSystem { class: "ModuleWrap", file: "url" };

impl ModuleSystem {
    /// The file of a module of this system, as the loader calls it.
    pub fn file(&self, heap: &Heap, module: NodeIndex) -> Option<Text> {
        let file = heap.follow(module, EdgeKind::Property, self.file)?;
        (heap.nodes.kind(file) == NodeKind::STRING).then(|| heap.strings.text(heap.nodes.name(file)))
    }
}

/// The file of a module, if that is what `node` is; other objects of such a class name have no absolute path there.
pub fn file(heap: &Heap, node: NodeIndex) -> Option<Text> {
    if heap.nodes.kind(node) != NodeKind::OBJECT {
        return None;
    }
    let system = [COMMON_JS, ES].into_iter().find(|system| heap.node_is_named(node, system.class))?;
    system.file(heap, node).filter(|file| is_absolute(&file.to_str()))
}

fn is_absolute(file: &str) -> bool {
    let has_drive = matches!(file.as_bytes(), [drive, b':', b'\\', ..] if drive.is_ascii_alphabetic());
    has_drive || file.starts_with(['/', '\\']) || file.starts_with("file://")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::builder::Builder;

    #[test]
    fn modules_are_known_by_their_files() {
        let cases = [
            ("Module", "filename", "/srv/dist/home.js", true),
            ("Module", "filename", "C:\\srv\\home.js", true),
            ("ModuleWrap", "url", "file:///srv/dist/home.mjs", true),
            ("Module", "filename", "of the program", false),
            ("Module", "url", "/srv/dist/home.js", false),
            ("Model", "filename", "/srv/dist/home.js", false),
        ];
        for (class, property, text, is_known) in cases {
            let mut builder = Builder::new();
            let module = builder.object(class, 120);
            let string = builder.node(NodeKind::STRING, text, 40);
            builder.property(module, property, string);
            let found = file(&builder.snapshot().heap, module).map(|file| file.to_string());
            assert_eq!(found, is_known.then(|| text.to_owned()), "{class}.{property}");
        }
    }
}
