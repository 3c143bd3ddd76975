//! Builds snapshots as real V8 JSON, byte for byte as the V8 of some Node.js line writes it, from nodes and edges given
//! one by one. `O(nodes + edges)`; see [`super::draw`] for the drawn form that most tests want.
//!
//! Format after V8's `src/profiler/heap-snapshot-generator.cc` (`HeapSnapshotJSONSerializer`).

use std::collections::HashMap;
use std::fmt::Write;

use crate::cancel::CancelToken;
use crate::graph::Snapshot;
use crate::progress::Progress;
use crate::snapshot::{EdgeKind, Heap, Location, NodeId, NodeIndex, NodeKind, ReadOptions, Source, read};

/// Whose way of writing the file is imitated.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Writer {
    /// V8 7.8: no detachedness. A line per record, as up to Node 22.
    Node12,
    /// V8 9.4: `trace_node_id` before `detachedness`.
    Node16,
    /// V8 11.3: two more node types.
    Node20,
    /// V8 12.4.
    Node22,
    /// V8 13.6: no `trace_node_id`, no line ends inside of arrays, `extra_native_bytes`.
    Node24,
    /// V8 15.2: a third field in front of a location's line.
    V8Fifteen,
}

impl Writer {
    /// All of them, oldest first.
    pub const ALL: [Self; 6] = [Self::Node12, Self::Node16, Self::Node20, Self::Node22, Self::Node24, Self::V8Fifteen];

    fn node_kind_count(self) -> usize {
        match self {
            Self::Node12 | Self::Node16 => 14,
            Self::Node20 => 16,
            Self::Node22 | Self::Node24 | Self::V8Fifteen => 15,
        }
    }

    fn has_trace_node_id(self) -> bool {
        self < Self::Node24
    }

    fn has_detachedness(self) -> bool {
        self > Self::Node12
    }

    fn has_line_ends(self) -> bool {
        self < Self::Node24
    }

    fn has_extra_native_bytes(self) -> bool {
        self >= Self::Node24
    }

    fn node_fields(self) -> Vec<&'static str> {
        let mut fields = vec!["type", "name", "id", "self_size", "edge_count"];
        if self.has_trace_node_id() {
            fields.push("trace_node_id");
        }
        if self.has_detachedness() {
            fields.push("detachedness");
        }
        fields
    }

    fn location_fields(self) -> &'static [&'static str] {
        match self {
            Self::V8Fifteen => &["object_index", "script_id", "script_object_index", "line", "column"],
            _ => &["object_index", "script_id", "line", "column"],
        }
    }
}

#[derive(Clone)]
struct Node {
    kind: NodeKind,
    name: String,
    id: u32,
    self_size: u64,
    detachedness: u8,
    /// Of the call that allocated it; 0 where that is not recorded.
    trace: u32,
    edges: Vec<Edge>,
}

/// A function of a recorded stack: name, script, line, column (1-based; 0 not known).
pub type StackFunction = (&'static str, &'static str, u32, u32);

#[derive(Clone)]
struct Edge {
    kind: EdgeKind,
    label: Label,
    target: NodeIndex,
}

#[derive(Clone)]
enum Label {
    Number(u32),
    Name(String),
}

/// A snapshot in the making. Clones are independent. Starts with the root alone: synthetic, unnamed, `@1`, size 0.
#[derive(Clone)]
pub struct Builder {
    writer: Writer,
    extra_native_bytes: u64,
    raw_utf8: bool,
    nodes: Vec<Node>,
    locations: Vec<(NodeIndex, Location)>,
    samples: Vec<(u64, u32)>,
    stacks: Vec<Vec<StackFunction>>,
    keys: HashMap<String, NodeIndex>,
}

impl Default for Builder {
    fn default() -> Self {
        let mut builder = Self {
            writer: Writer::Node22,
            extra_native_bytes: 0,
            raw_utf8: false,
            nodes: Vec::new(),
            locations: Vec::new(),
            samples: Vec::new(),
            stacks: Vec::new(),
            keys: HashMap::new(),
        };
        let root = builder.node(NodeKind::SYNTHETIC, "", 0);
        builder.key("root", root);
        builder
    }
}

impl Builder {
    /// A snapshot of Node 22 that has only a root.
    pub fn new() -> Self {
        Self::default()
    }

    /// Writes the way of another V8.
    pub fn writer(&mut self, writer: Writer) -> &mut Self {
        self.writer = writer;
        self
    }

    /// Native bytes without a node; only the newer writers tell them.
    pub fn extra_native_bytes(&mut self, bytes: u64) -> &mut Self {
        self.extra_native_bytes = bytes;
        self
    }

    /// Writes strings as UTF-8, as other producers do, instead of as V8's lossy escapes.
    pub fn raw_utf8(&mut self) -> &mut Self {
        self.raw_utf8 = true;
        self
    }

    /// Adds a node, with the next odd id.
    pub fn node(&mut self, kind: NodeKind, name: &str, self_size: u64) -> NodeIndex {
        let node = NodeIndex::from(self.nodes.len());
        self.nodes.push(Node {
            kind,
            name: name.to_owned(),
            id: 2 * node.0 + 1,
            self_size,
            detachedness: 0,
            trace: 0,
            edges: Vec::new(),
        });
        node
    }

    /// Adds an object.
    pub fn object(&mut self, name: &str, self_size: u64) -> NodeIndex {
        self.node(NodeKind::OBJECT, name, self_size)
    }

    /// Gives a node another id than its place's. Ids may repeat.
    pub fn id(&mut self, node: NodeIndex, id: u32) -> &mut Self {
        self.nodes[node.at()].id = id;
        self
    }

    /// Gives a node another name.
    pub fn rename(&mut self, node: NodeIndex, name: &str) -> &mut Self {
        self.nodes[node.at()].name = name.to_owned();
        self
    }

    /// Makes a node one of another kind.
    pub fn retype(&mut self, node: NodeIndex, kind: NodeKind) -> &mut Self {
        self.nodes[node.at()].kind = kind;
        self
    }

    /// Gives a node another size.
    pub fn size(&mut self, node: NodeIndex, self_size: u64) -> &mut Self {
        self.nodes[node.at()].self_size = self_size;
        self
    }

    /// Gives a node a detachedness: 0 unknown, 1 attached, 2 detached.
    pub fn detachedness(&mut self, node: NodeIndex, state: u8) -> &mut Self {
        self.nodes[node.at()].detachedness = state;
        self
    }

    /// Gives a node a source position (0-based).
    pub fn locate(&mut self, node: NodeIndex, script_id: u32, line: u32, column: u32) -> &mut Self {
        self.locations.push((node, Location { script_id, line, column }));
        self
    }

    /// Adds an allocation sample.
    pub fn sample(&mut self, timestamp_us: u64, last_assigned_id: u32) -> &mut Self {
        self.samples.push((timestamp_us, last_assigned_id));
        self
    }

    /// Records that `nodes` were allocated by a stack, the innermost function first.
    pub fn allocated(&mut self, nodes: &[NodeIndex], stack: &[StackFunction]) -> &mut Self {
        self.stacks.push(stack.to_vec());
        // The calls of all stacks are numbered, after the root's; the innermost is the last of its stack.
        let trace = 1 + self.stacks.iter().map(Vec::len).sum::<usize>() as u32;
        for node in nodes {
            self.nodes[node.at()].trace = trace;
        }
        self
    }

    /// Adds an edge after the others of `from`. For element and hidden edges `label` must be a number.
    pub fn edge(&mut self, from: NodeIndex, kind: EdgeKind, label: &str, target: NodeIndex) -> &mut Self {
        let label = if kind.is_numbered() {
            Label::Number(label.parse().unwrap_or_else(|_| panic!("{} edge called {label:?}", kind.name())))
        } else {
            Label::Name(label.to_owned())
        };
        self.nodes[from.at()].edges.push(Edge { kind, label, target });
        self
    }

    /// Adds a property.
    pub fn property(&mut self, from: NodeIndex, name: &str, target: NodeIndex) -> &mut Self {
        self.edge(from, EdgeKind::Property, name, target)
    }

    /// Adds an array element.
    pub fn element(&mut self, from: NodeIndex, index: u32, target: NodeIndex) -> &mut Self {
        self.nodes[from.at()].edges.push(Edge { kind: EdgeKind::Element, label: Label::Number(index), target });
        self
    }

    /// Adds what V8 writes for an entry of a WeakMap: an internal edge from the key and one from the table, of one name.
    pub fn weak_pair(&mut self, table: NodeIndex, key: NodeIndex, value: NodeIndex) -> &mut Self {
        let part = format!(
            " / part of key ({} @{}) -> value ({} @{}) pair in WeakMap (table @{})",
            self.nodes[key.at()].name,
            self.nodes[key.at()].id,
            self.nodes[value.at()].name,
            self.nodes[value.at()].id,
            self.nodes[table.at()].id,
        );
        for from in [key, table] {
            let number = self.edge_count(from) + 1;
            self.edge(from, EdgeKind::Internal, &format!("{number}{part}"), value);
        }
        self
    }

    /// Takes the last edge of `from` away, if there is one.
    pub fn pop_edge(&mut self, from: NodeIndex) -> &mut Self {
        self.nodes[from.at()].edges.pop();
        self
    }

    /// How many edges `from` has so far.
    pub fn edge_count(&self, from: NodeIndex) -> usize {
        self.nodes[from.at()].edges.len()
    }

    /// How many nodes there are so far.
    pub fn node_count(&self) -> usize {
        self.nodes.len()
    }

    /// A node's id.
    pub fn id_of(&self, node: NodeIndex) -> NodeId {
        NodeId(self.nodes[node.at()].id)
    }

    /// A node's type.
    pub fn kind_of(&self, node: NodeIndex) -> NodeKind {
        self.nodes[node.at()].kind
    }

    /// A node's name.
    pub fn name_of(&self, node: NodeIndex) -> &str {
        &self.nodes[node.at()].name
    }

    /// Lets tests find `node` again as `key`.
    pub fn key(&mut self, key: &str, node: NodeIndex) -> &mut Self {
        self.keys.insert(key.to_owned(), node);
        self
    }

    /// The node called `key`, if there is one.
    pub fn find(&self, key: &str) -> Option<NodeIndex> {
        self.keys.get(key).copied()
    }

    /// The node called `key`. The root is `root`; a drawing's nodes go by the names drawn.
    ///
    /// # Panics
    /// When there is none.
    pub fn at(&self, key: &str) -> NodeIndex {
        self.find(key).unwrap_or_else(|| panic!("no node is called {key:?}"))
    }

    /// Everything known of the snapshot, on one thread.
    pub fn snapshot(&self) -> Snapshot {
        Snapshot::new(self.heap(), 1, &CancelToken::new(), &Progress::none()).unwrap()
    }

    /// The columns, as the parser reads them from [`Builder::json`].
    pub fn heap(&self) -> Heap {
        let options = ReadOptions { threads: 1, ..ReadOptions::default() };
        read(Source::Bytes(&self.json()), &options, &CancelToken::new(), &Progress::none()).unwrap()
    }

    /// The file.
    pub fn json(&self) -> Vec<u8> {
        let mut strings = StringTable::new();
        let stride = self.writer.node_fields().len();
        let mut nodes = Section::new(self.writer);
        let mut edges = Section::new(self.writer);
        for node in &self.nodes {
            let mut record = vec![
                u64::from(node.kind.0),
                strings.index(&node.name),
                node.id.into(),
                node.self_size,
                node.edges.len() as u64,
            ];
            if self.writer.has_trace_node_id() {
                record.push(node.trace.into());
            }
            if self.writer.has_detachedness() {
                record.push(node.detachedness.into());
            }
            nodes.push(&record);
            for edge in &node.edges {
                let label = match &edge.label {
                    Label::Number(number) => u64::from(*number),
                    Label::Name(name) => strings.index(name),
                };
                edges.push(&[edge.kind as u64, label, edge.target.at() as u64 * stride as u64]);
            }
        }
        let mut locations = Section::new(self.writer);
        for (node, location) in &self.locations {
            let mut record = vec![node.at() as u64 * stride as u64, location.script_id.into()];
            if self.writer == Writer::V8Fifteen {
                record.push(0);
            }
            record.extend([u64::from(location.line), location.column.into()]);
            locations.push(&record);
        }
        let mut samples = Section::new(self.writer);
        for &(timestamp, last_assigned_id) in &self.samples {
            samples.push(&[timestamp, last_assigned_id.into()]);
        }

        let (trace_functions, trace_tree) = self.traces(&mut strings);
        let mut json = String::from("{\"snapshot\":");
        json.push_str(&self.header());
        for (name, section) in [
            ("nodes", nodes.text),
            ("edges", edges.text),
            ("trace_function_infos", trace_functions),
            ("trace_tree", trace_tree),
            ("samples", samples.text),
            ("locations", locations.text),
            ("strings", strings.json(self.writer, self.raw_utf8)),
        ] {
            write!(json, ",\n\"{name}\":[{section}]").unwrap();
        }
        json.push('}');
        json.into_bytes()
    }

    /// The recorded stacks: their functions, and the tree of calls. Nothing, if none is recorded.
    fn traces(&self, strings: &mut StringTable) -> (String, String) {
        if self.stacks.is_empty() {
            return (String::new(), String::new());
        }
        let mut functions = Section::new(self.writer);
        functions.push(&[0, strings.index("(root)"), 0, 0, 0, 0]);
        let mut call = 1;
        let mut trees = Vec::new();
        for stack in &self.stacks {
            let mut tree = String::new();
            for (name, script, line, column) in stack.iter().rev() {
                let [name, script] = [name, script].map(|text| strings.index(text));
                functions.push(&[call, name, script, 7, (*line).into(), (*column).into()]);
                call += 1;
                write!(tree, "{call},{},0,0,[", call - 1).unwrap();
            }
            trees.push(tree + &"]".repeat(stack.len()));
        }
        (functions.text, format!("1,0,0,0,[{}]", trees.join(",")))
    }

    fn header(&self) -> String {
        let node_fields = self.writer.node_fields();
        let mut node_types = vec![serde_json::json!(NodeKind::NAMES[..self.writer.node_kind_count()]), "string".into()];
        node_types.resize(node_fields.len(), "number".into());
        let edge_count: usize = self.nodes.iter().map(|node| node.edges.len()).sum();
        // Written out, because serde_json's maps sort their keys.
        let mut header = String::from("{\"meta\":{");
        for (at, (name, value)) in [
            ("node_fields", serde_json::json!(node_fields)),
            ("node_types", serde_json::json!(node_types)),
            ("edge_fields", serde_json::json!(["type", "name_or_index", "to_node"])),
            ("edge_types", serde_json::json!([EdgeKind::NAMES[..7], "string_or_number", "node"])),
            (
                "trace_function_info_fields",
                serde_json::json!(["function_id", "name", "script_name", "script_id", "line", "column"]),
            ),
            ("trace_node_fields", serde_json::json!(["id", "function_info_index", "count", "size", "children"])),
            ("sample_fields", serde_json::json!(["timestamp_us", "last_assigned_id"])),
            ("location_fields", serde_json::json!(self.writer.location_fields())),
        ]
        .into_iter()
        .enumerate()
        {
            write!(header, "{}\"{name}\":{value}", if at == 0 { "" } else { "," }).unwrap();
        }
        write!(header, "}},\"node_count\":{},\"edge_count\":{edge_count}", self.nodes.len()).unwrap();
        // With the root's.
        let functions = self.stacks.iter().map(Vec::len).sum::<usize>() + usize::from(!self.stacks.is_empty());
        write!(header, ",\"trace_function_count\":{functions}").unwrap();
        if self.writer.has_extra_native_bytes() {
            write!(header, ",\"extra_native_bytes\":{}", self.extra_native_bytes).unwrap();
        }
        header.push('}');
        header
    }
}

/// A section of number records, with the separators of its writer.
struct Section {
    text: String,
    line_ends: bool,
}

impl Section {
    fn new(writer: Writer) -> Self {
        Self { text: String::new(), line_ends: writer.has_line_ends() }
    }

    fn push(&mut self, record: &[u64]) {
        for (at, number) in record.iter().enumerate() {
            let separator = if at == 0 && self.text.is_empty() { "" } else { "," };
            write!(self.text, "{separator}{number}").unwrap();
        }
        if self.line_ends {
            self.text.push('\n');
        }
    }
}

/// The strings in order of first use, each once.
struct StringTable {
    strings: Vec<String>,
    indices: HashMap<String, u64>,
}

impl StringTable {
    fn new() -> Self {
        Self { strings: vec!["<dummy>".to_owned()], indices: HashMap::new() }
    }

    fn index(&mut self, string: &str) -> u64 {
        if let Some(&index) = self.indices.get(string) {
            return index;
        }
        let index = self.strings.len() as u64;
        self.strings.push(string.to_owned());
        self.indices.insert(string.to_owned(), index);
        index
    }

    fn json(&self, writer: Writer, raw_utf8: bool) -> String {
        let literals: Vec<String> = self.strings.iter().map(|string| literal(string, raw_utf8)).collect();
        literals.join(if writer.has_line_ends() { ",\n" } else { "," })
    }
}

/// A string as V8 writes it: beyond ASCII only the low 16 bits of a code point survive.
fn literal(string: &str, raw_utf8: bool) -> String {
    let mut out = String::from("\"");
    for c in string.chars() {
        match c {
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            c if c.is_ascii_control() && c != '\u{7f}' => write!(out, "\\u{:04X}", c as u32).unwrap(),
            c if c.is_ascii() || raw_utf8 => out.push(c),
            c => write!(out, "\\u{:04X}", c as u32 & 0xffff).unwrap(),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_what_v8_writes() {
        let mut builder = Builder::new();
        let a = builder.object("A", 16);
        builder.element(NodeIndex::ROOT, 1, a).property(a, "é😀\n", a).locate(a, 7, 1, 2);
        let old = String::from_utf8(builder.writer(Writer::Node20).json()).unwrap();
        assert!(old.contains("\"nodes\":[9,1,1,0,1,0,0\n,3,2,3,16,1,0,0\n],\n\"edges\":[1,1,7\n,2,3,7\n],\n"), "{old}");
        assert!(
            old.contains(
                "\"locations\":[7,7,1,2\n],\n\"strings\":[\"<dummy>\",\n\"\",\n\"A\",\n\"\\u00E9\\uF600\\n\"]}"
            ),
            "{old}"
        );
        let new = String::from_utf8(builder.writer(Writer::Node24).json()).unwrap();
        assert!(new.contains("\"nodes\":[9,1,1,0,1,0,3,2,3,16,1,0],\n\"edges\":[1,1,6,2,3,6],\n"), "{new}");
        assert!(new.contains(",\"extra_native_bytes\":0},\n"), "{new}");
    }
}
