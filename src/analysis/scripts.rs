//! Scripts: the URL of every script that a function of the snapshot was compiled from, found in the snapshot itself.
//!
//! V8's locations name scripts by an id that means nothing outside of the process. A function leads to its script:
//! closure `-shared->` SharedFunctionInfo `-script->` (up to V8 11 `-script_or_debug_info->`) `code "<URL>"`.
//!
//! `O(locations)`, with the edges of one function per script followed; keeps 12 bytes a script.
//! Source: V8 `src/profiler/heap-snapshot-generator.cc` (`ExtractSharedFunctionInfoReferences`, `ExtractScriptReferences`).

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use crate::snapshot::{EdgeKind, Heap, Location, NodeIndex, NodeKind, StringIndex, Text};

/// A position in the source, as answers show it.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SourceLocation {
    /// Path or URL of the script, as V8 names it; empty for code without a name (`eval`).
    pub url: Text,
    /// 1-based.
    pub line: u32,
    /// 1-based.
    pub column: u32,
    /// Name of the function that stands there, where that is known; empty for one without a name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub function_name: Option<Text>,
    /// The same in the source that the script was built from, where its source map tells.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<Box<SourceLocation>>,
}

/// The URLs of scripts, by V8's script id.
#[derive(Default)]
pub struct Scripts {
    urls: FxHashMap<u32, StringIndex>,
}

impl Scripts {
    /// Finds the scripts that functions of the snapshot lead to.
    pub fn new(heap: &Heap) -> Self {
        let mut urls = FxHashMap::default();
        for &(node, location) in heap.locations.all() {
            if heap.nodes.kind(node) == NodeKind::CLOSURE
                && !urls.contains_key(&location.script_id)
                && let Some(script) = script_of(heap, node)
            {
                urls.insert(location.script_id, heap.nodes.name(script));
            }
        }
        Self { urls }
    }

    /// A position of the file as people know it; `None` for a script that no function leads to.
    pub fn source(&self, heap: &Heap, location: Location) -> Option<SourceLocation> {
        let url = heap.strings.text(*self.urls.get(&location.script_id)?);
        // A line of u32::MAX is a lie of the file; it must not overflow.
        let (line, column) = (location.line.saturating_add(1), location.column.saturating_add(1));
        Some(SourceLocation { url, line, column, function_name: None, source: None })
    }

    /// A function of the script of this URL.
    pub fn function_of(&self, heap: &Heap, url: &Text) -> Option<NodeIndex> {
        let scripts = self.urls.iter().filter(|&(_, &name)| heap.strings.text(name) == *url);
        let ids: Vec<u32> = scripts.map(|(&id, _)| id).collect();
        let mut functions = heap.locations.all().iter();
        let is_of_it = |(node, location): &&(NodeIndex, Location)| {
            ids.contains(&location.script_id) && heap.nodes.kind(*node) == NodeKind::CLOSURE
        };
        functions.find(is_of_it).map(|&(node, _)| node)
    }

    /// Where a function, or an object's constructor, stands in the source, if the snapshot tells.
    pub fn location(&self, heap: &Heap, node: NodeIndex) -> Option<SourceLocation> {
        let mut source = self.source(heap, heap.locations.of(node)?)?;
        if heap.nodes.kind(node) == NodeKind::CLOSURE {
            source.function_name = Some(heap.strings.text(heap.nodes.name(node)));
        }
        Some(source)
    }
}

/// The text of the script that a closure was compiled from: as far as the snapshot has it, and its own bytes there.
pub(super) fn text_of(heap: &Heap, closure: NodeIndex) -> Option<(Text, u64)> {
    let source = heap.follow(script_of(heap, closure)?, EdgeKind::Internal, "source")?;
    let is_text = heap.nodes.kind(source) == NodeKind::STRING;
    is_text.then(|| (heap.strings.text(heap.nodes.name(source)), heap.nodes.self_size(source)))
}

/// The script that a closure was compiled from.
fn script_of(heap: &Heap, closure: NodeIndex) -> Option<NodeIndex> {
    let shared = heap.follow(closure, EdgeKind::Internal, "shared")?;
    heap.follow(shared, EdgeKind::Internal, "script")
        .or_else(|| heap.follow(shared, EdgeKind::Internal, "script_or_debug_info"))
        .filter(|&script| heap.nodes.kind(script) == NodeKind::CODE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_lead_to_their_script() {
        for script_edge in ["script", "script_or_debug_info"] {
            let mut drawn = crate::snapshot! {
                root -> f:closure(8) -internal("shared")-> info="f":code(8);
                script="/app/server.js":code(8);
                root -> lost:closure(8);
                root -> server="Server"(8)
            };
            let (f, lost, server) = (drawn.at("f"), drawn.at("lost"), drawn.at("server"));
            let (info, script) = (drawn.at("info"), drawn.at("script"));
            drawn.edge(info, EdgeKind::Internal, script_edge, script);
            drawn.locate(f, 7, 9, 4).locate(lost, 8, 1, 1).locate(server, 7, 0, u32::MAX);
            let heap = drawn.heap();
            let scripts = Scripts::new(&heap);
            let shown = |node| {
                let place = scripts.location(&heap, node)?;
                Some(format!("{}:{}:{} {:?}", place.url, place.line, place.column, place.function_name))
            };
            assert_eq!(shown(f).as_deref(), Some(r#"/app/server.js:10:5 Some("f")"#), "{script_edge}");
            assert_eq!(shown(server).as_deref(), Some("/app/server.js:1:4294967295 None"));
            assert_eq!(shown(lost), None);
        }
    }
}
