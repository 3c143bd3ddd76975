//! How answers speak of a node and of a step to it: enough to know it again, without the program's data (see
//! [`super::disclosure`]). `O(1)` a node, and `O(log locations)` for its place.

use serde::{Deserialize, Serialize};

use super::disclosure::{self, StringContents};
use super::figures;
use super::modules;
use super::placeholder;
use super::places;
use super::scopes;
use super::scripts::{Scripts, SourceLocation};
use super::sources::{Sources, VariableUse};
use crate::graph::Snapshot;
use crate::known::{self, Name};
use crate::snapshot::{EdgeIndex, EdgeKind, EdgeLabel, NodeId, NodeIndex, NodeKind, Text};

/// A node, as answers show it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NodeRef {
    /// V8's id.
    pub id: NodeId,
    /// What people would call it: the class of an object, the name of a function, `module` and the file of a module; of a
    /// string only its length.
    pub name: Text,
    /// Its class, as in the class rows.
    pub class_name: Text,
    /// V8's node type.
    #[serde(rename = "type")]
    pub kind: String,
    /// Own bytes.
    pub shallow_size: u64,
    /// Bytes freed with it.
    pub retained_size: u64,
    /// Where the function, or the object's constructor, stands in the source.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<SourceLocation>,
}

/// One step of a path: a reference, and what it leads to. In very long paths one step, of the type `omitted`, stands for
/// those in the middle.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PathStep {
    /// Name of the property or variable, or the index.
    pub edge_name: Text,
    /// V8's edge type.
    #[serde(deserialize_with = "known::name")]
    pub edge_type: Name,
    /// Where it leads.
    pub node: NodeRef,
}

/// So many steps are told from each end of a path: a list of a million elements has a path as long.
const END_STEPS: usize = 100;

/// What the names of modules begin with.
pub const MODULE: &str = "module ";

/// V8 cuts strings in snapshots at this many UTF-16 units, unless told otherwise.
const CUT_AT: usize = 1024;

/// Makes [`NodeRef`]s and [`PathStep`]s of one snapshot.
#[derive(Clone, Copy)]
pub struct Describer<'a> {
    snapshot: &'a Snapshot,
    scripts: &'a Scripts,
    contents: StringContents,
    sources: Option<&'a Sources>,
}

impl<'a> Describer<'a> {
    /// For nodes of `snapshot`, whose scripts are `scripts`.
    pub fn new(snapshot: &'a Snapshot, scripts: &'a Scripts, contents: StringContents) -> Self {
        Self { snapshot, scripts, contents, sources: None }
    }

    /// The same, telling also what the source says.
    pub fn with_sources(self, sources: &'a Sources) -> Self {
        Self { sources: Some(sources), ..self }
    }

    /// The snapshot spoken of.
    pub fn snapshot(&self) -> &'a Snapshot {
        self.snapshot
    }

    /// A node.
    pub fn node(&self, node: NodeIndex) -> NodeRef {
        let Snapshot { heap, graph } = self.snapshot;
        NodeRef {
            id: heap.nodes.id(node),
            name: self.name(node),
            class_name: self.class_name(node),
            kind: heap.layout.kind_name(heap.nodes.kind(node)).to_owned(),
            shallow_size: graph.sizes.shallow_size(node),
            retained_size: graph.dominators.retained_size(node),
            location: self.location(node),
        }
    }

    /// The step along an edge.
    pub fn step(&self, edge: EdgeIndex) -> PathStep {
        let heap = &self.snapshot.heap;
        let kind = match scopes::variable(heap, edge) {
            Some(_) => EdgeKind::Context,
            None => heap.edges.kind(edge.at()),
        };
        PathStep {
            edge_name: self.edge_name(edge),
            edge_type: kind.name(),
            node: self.node(heap.edges.target(edge.at())),
        }
    }

    /// The steps along edges that follow each other, at most some 200.
    pub fn steps(&self, edges: &[EdgeIndex]) -> Vec<PathStep> {
        let steps = |edges: &[EdgeIndex]| -> Vec<PathStep> { edges.iter().map(|&edge| self.step(edge)).collect() };
        let Some(omitted) = edges.len().checked_sub(2 * END_STEPS).filter(|&omitted| omitted > 1) else {
            return steps(edges);
        };
        let (first, rest) = edges.split_at(END_STEPS);
        let (middle, last) = rest.split_at(omitted);
        let mut told = steps(first);
        told.extend(middle.last().map(|&edge| PathStep {
            edge_name: Text::from(figures::counted(omitted as u64, "step")),
            edge_type: "omitted",
            node: self.step(edge).node,
        }));
        told.extend(steps(last));
        told
    }

    /// Where the function, or the object's constructor, stands in the source, if the snapshot tells the script.
    pub fn location(&self, node: NodeIndex) -> Option<SourceLocation> {
        self.scripts.location(&self.snapshot.heap, node).map(|location| self.sourced(location))
    }

    /// A place with its source, where a map tells.
    pub fn sourced(&self, mut location: SourceLocation) -> SourceLocation {
        location.source = self.sources.and_then(|sources| sources.original(&location)).map(Box::new);
        location
    }

    /// Where the script of this URL adds to something called `name` by one of `methods`, as its source says, if that can be had.
    pub fn additions(&self, url: &Text, name: &str, methods: &[&str]) -> Vec<SourceLocation> {
        let heap = &self.snapshot.heap;
        let function = self.sources.and_then(|sources| Some((sources, self.scripts.function_of(heap, url)?)));
        function.map_or_else(Vec::new, |(sources, closure)| sources.additions(heap, closure, url, name, methods))
    }

    /// Which functions use `variable` of the scope around a closure, as the source says, if that can be had.
    pub fn variable_use(&self, closure: NodeIndex, variable: &str) -> Option<VariableUse> {
        let heap = &self.snapshot.heap;
        let place = self.scripts.location(heap, closure)?;
        self.sources?.variable_use(heap, closure, &place, variable)
    }

    /// The class name, without keys of dictionaries.
    pub fn class_name(&self, node: NodeIndex) -> Text {
        let classes = &self.snapshot.graph.classes;
        disclosure::class_name(classes.name(classes.class_of(node))).into_owned()
    }

    /// The edge's name, without keys of dictionaries.
    pub fn edge_name(&self, edge: EdgeIndex) -> Text {
        let heap = &self.snapshot.heap;
        let name = match heap.edges.label(edge.at()) {
            EdgeLabel::Name(name) => name,
            EdgeLabel::Number(number) => {
                let variable = scopes::variable(heap, edge);
                return variable.map_or_else(|| Text::from(number.to_string()), |name| heap.strings.text(name));
            }
        };
        match heap.edges.kind(edge.at()) {
            // Such names hold the names of key and value.
            EdgeKind::Internal if self.snapshot.graph.weak_pairs.of(name).is_some() => Text::from("WeakMap entry"),
            EdgeKind::Property => disclosure::property_name(&heap.strings.text(name)).into_owned(),
            _ => heap.strings.text(name),
        }
    }

    fn name(&self, node: NodeIndex) -> Text {
        let heap = &self.snapshot.heap;
        let raw = heap.strings.text(heap.nodes.name(node));
        match heap.nodes.kind(node) {
            NodeKind::STRING => Text::from(self.string(node, &raw)),
            NodeKind::CONCATENATED_STRING => Text::from("concatenated string"),
            NodeKind::SLICED_STRING => Text::from("sliced string"),
            NodeKind::CLOSURE if raw == "" => Text::from("(anonymous)"),
            NodeKind::ARRAY if raw == "" => Text::from("(array)"),
            NodeKind::SYNTHETIC if node == NodeIndex::ROOT => Text::from("(root)"),
            _ => match modules::file(heap, node) {
                Some(file) => Text::from(format!("{MODULE}{}", places::short_url(&file.to_str()))),
                None => disclosure::class_name(&raw).into_owned(),
            },
        }
    }

    fn string(&self, node: NodeIndex, text: &Text) -> String {
        if self.contents == StringContents::Preview {
            return disclosure::preview(text);
        }
        match placeholder::length(text) {
            length if length < CUT_AT => format!("string, {}", figures::counted(length as u64, "char")),
            _ => format!("string, {}", figures::size(self.snapshot.graph.sizes.shallow_size(node))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::builder::Builder;

    #[test]
    fn long_paths_lose_their_middle() {
        for (length, told, omitted) in [(201, 201, None), (202, 201, Some("2 steps")), (5000, 201, Some("4,800 steps"))]
        {
            let mut builder = Builder::new();
            let mut last = NodeIndex::ROOT;
            for _ in 0..length {
                let next = builder.object("A", 8);
                builder.property(last, "next", next);
                last = next;
            }
            let snapshot = builder.snapshot();
            let scripts = Scripts::new(&snapshot.heap);
            let edges: Vec<_> = (0..length).map(EdgeIndex).collect();
            let steps = Describer::new(&snapshot, &scripts, StringContents::None).steps(&edges);
            assert_eq!(steps.len(), told);
            let found = steps.iter().find(|step| step.edge_type == "omitted").map(|step| step.edge_name.to_string());
            assert_eq!(found.as_deref(), omitted);
            assert_eq!(steps.last().map(|step| step.node.id), Some(snapshot.heap.nodes.id(last)));
        }
    }

    #[test]
    fn strings_are_told_by_their_length() {
        let mut builder = Builder::new();
        let cases = [
            (builder.node(NodeKind::STRING, "secret", 24), "string, 6 chars", "\"secret\""),
            (builder.node(NodeKind::STRING, &"x".repeat(1024), 8216), "string, 8.2 kB", ""),
            (builder.node(NodeKind::CONCATENATED_STRING, "(concatenated string)", 32), "concatenated string", ""),
            (builder.node(NodeKind::CLOSURE, "", 64), "(anonymous)", ""),
            (builder.node(NodeKind::OBJECT, "Job", 64), "Job", ""),
        ];
        let snapshot = builder.snapshot();
        let scripts = Scripts::new(&snapshot.heap);
        for (node, hidden, preview) in cases {
            let name = |contents| Describer::new(&snapshot, &scripts, contents).node(node).name.to_string();
            assert_eq!(name(StringContents::None), hidden);
            if !preview.is_empty() {
                assert_eq!(name(StringContents::Preview), preview);
            }
        }
    }
}
