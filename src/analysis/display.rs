//! Display names: what a node is called on screen, which for plain objects and concatenated strings is not the file's
//! name. `O(edges of the node)`, for concatenated strings `O(depth)`, and in [`Names`] `O(1)` on average; a name is at most
//! some 1,024 UTF-16 units longer than the longest string it holds. Source: DevTools `HeapSnapshot.ts`
//! (`JSHeapSnapshotNode.name`).

use rustc_hash::FxHashMap;

use crate::graph::{Snapshot, shown_property};
use crate::snapshot::{EdgeKind, NodeIndex, NodeKind, StringIndex, Text};

/// Concatenated strings are joined until they have this many UTF-16 units.
const CONS_LENGTH: usize = 1024;
/// And of a second half this many parts are looked at, as strings that hold themselves never end.
const CONS_PARTS: usize = 4096;
/// Of a chain of first halves, every so many-th text is kept.
const CONS_STRIDE: usize = 64;
/// The name of a plain object takes properties up to this many UTF-16 units.
const OBJECT_LENGTH: usize = 100;

/// The name on screen.
pub fn display_name(snapshot: &Snapshot, node: NodeIndex) -> Text {
    Names::new(snapshot).name(node)
}

/// The names on screen of many nodes. A text to which a program has added a hundred thousand times is a chain of a hundred
/// thousand concatenated strings, each of which begins with the next: what they have in common is joined once.
pub struct Names<'a> {
    snapshot: &'a Snapshot,
    joined: FxHashMap<NodeIndex, Text>,
}

impl<'a> Names<'a> {
    /// For nodes of `snapshot`.
    pub fn new(snapshot: &'a Snapshot) -> Self {
        Self { snapshot, joined: FxHashMap::default() }
    }

    /// The name on screen.
    pub fn name(&mut self, node: NodeIndex) -> Text {
        let heap = &self.snapshot.heap;
        match heap.nodes.kind(node) {
            NodeKind::CONCATENATED_STRING => self.concatenated(node),
            NodeKind::OBJECT if heap.node_is_named(node, "Object") => plain_object(self.snapshot, node),
            _ => raw_name(self.snapshot, node),
        }
    }

    /// The text of a concatenated string: down its first halves to one that is known or is no concatenated string, and up
    /// again with the second halves.
    fn concatenated(&mut self, node: NodeIndex) -> Text {
        let mut chain = Vec::new();
        let mut at = node;
        // Brent's way to notice a chain that bites its own tail (doi:10.1007/BF01933190).
        let (mut turtle, mut power) = (node, 1);
        let mut text = loop {
            if self.snapshot.heap.nodes.kind(at) != NodeKind::CONCATENATED_STRING {
                break raw_name(self.snapshot, at);
            }
            if let Some(known) = self.joined.get(&at) {
                break known.clone();
            }
            if at == turtle && !chain.is_empty() {
                break Text::default();
            }
            if chain.len() == power {
                (turtle, power) = (at, power * 2);
            }
            chain.push(at);
            at = halves(self.snapshot, at).0;
        };
        let mut length = text.utf16_len();
        while let Some(part) = chain.pop() {
            if length < CONS_LENGTH {
                text = append(self.snapshot, text, length, halves(self.snapshot, part).1);
                length = text.utf16_len();
            }
            if chain.len() % CONS_STRIDE == CONS_STRIDE - 1 {
                self.joined.insert(part, text.clone());
            }
        }
        text
    }
}

/// The file's name, after `Detached ` if the node is a detached native one.
pub fn raw_name(snapshot: &Snapshot, node: NodeIndex) -> Text {
    let name = snapshot.heap.strings.text(snapshot.heap.nodes.name(node));
    if snapshot.graph.detachedness.is_renamed(node) { Text::concat(&[&Text::from("Detached "), &name]) } else { name }
}

/// Both halves of a concatenated string. One that is missing is the root, whose name is empty.
fn halves(snapshot: &Snapshot, node: NodeIndex) -> (NodeIndex, NodeIndex) {
    let heap = &snapshot.heap;
    let (mut first, mut second) = (NodeIndex::ROOT, NodeIndex::ROOT);
    for edge in heap.nodes.edges(node) {
        if first != NodeIndex::ROOT && second != NodeIndex::ROOT {
            break;
        }
        if heap.edges.kind(edge) == EdgeKind::Internal {
            if heap.edge_is_named(edge, "first") {
                first = heap.edges.target(edge);
            } else if heap.edge_is_named(edge, "second") {
                second = heap.edges.target(edge);
            }
        }
    }
    (first, second)
}

/// A text of this length and the parts of a string behind it, until it is long enough.
fn append(snapshot: &Snapshot, text: Text, mut length: usize, string: NodeIndex) -> Text {
    let mut parts = vec![text];
    let mut pending = vec![string];
    for _ in 0..CONS_PARTS {
        let Some(part) = pending.pop().filter(|_| length < CONS_LENGTH) else { break };
        if snapshot.heap.nodes.kind(part) == NodeKind::CONCATENATED_STRING {
            let (first, second) = halves(snapshot, part);
            pending.extend([second, first]);
        } else {
            let text = raw_name(snapshot, part);
            length += text.utf16_len();
            parts.push(text);
        }
    }
    Text::concat(&parts.iter().collect::<Vec<_>>())
}

/// `{a, b, …, y, z}`: properties taken from the front and the back by turns.
fn plain_object(snapshot: &Snapshot, node: NodeIndex) -> Text {
    let heap = &snapshot.heap;
    let (separator, ellipsis) = (Text::from(", "), Text::from(", …"));
    let mut edges = heap.nodes.edges(node);
    let (mut front, mut back) = (Vec::new(), Vec::new());
    let (mut front_length, mut back_length) = (1, 1);
    let mut is_cut = false;
    let mut from_back = false;
    while let Some(edge) = if from_back { edges.clone().next_back() } else { edges.clone().next() } {
        let shown = property(snapshot, edge);
        if let Some(shown) = shown {
            let length = shown.utf16_len();
            if front_length > 1 && front_length + back_length + length > OBJECT_LENGTH {
                is_cut = true;
                break;
            }
            let (side, side_length) =
                if from_back { (&mut back, &mut back_length) } else { (&mut front, &mut front_length) };
            // Nothing separates empty names that come first.
            if *side_length > 1 {
                side.push(separator.clone());
                *side_length += separator.utf16_len();
            }
            side.push(shown);
            *side_length += length;
            step(&mut edges, from_back);
            from_back = !from_back;
        } else {
            step(&mut edges, from_back);
        }
    }
    let mut parts = vec![Text::from("{")];
    parts.append(&mut front);
    if is_cut {
        parts.push(ellipsis);
    }
    if back_length > 1 {
        parts.push(separator);
    }
    parts.extend(back.into_iter().rev());
    parts.push(Text::from("}"));
    Text::concat(&parts.iter().collect::<Vec<_>>())
}

fn step(edges: &mut std::ops::Range<usize>, from_back: bool) {
    if from_back {
        edges.next_back();
    } else {
        edges.next();
    }
}

/// A property's name as names of objects show it; `None` for other edges and for `__proto__`.
fn property(snapshot: &Snapshot, edge: usize) -> Option<Text> {
    let heap = &snapshot.heap;
    if heap.edges.kind(edge) != EdgeKind::Property {
        return None;
    }
    let name = heap.strings.text(StringIndex(heap.edges.raw_label(edge)));
    (name != "__proto__").then(|| shown_property(&name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cancel::CancelToken;
    use crate::progress::Progress;
    use crate::testing::builder::Builder;

    fn shown(builder: &Builder, node: NodeIndex) -> String {
        let snapshot = Snapshot::new(builder.heap(), 1, &CancelToken::new(), &Progress::none()).unwrap();
        display_name(&snapshot, node).to_string()
    }

    /// Concatenates `parts` from the left.
    fn concatenated(parts: &[&str]) -> (Builder, NodeIndex) {
        let mut builder = Builder::new();
        let mut left = builder.node(NodeKind::STRING, parts[0], 8);
        for part in &parts[1..] {
            let right = builder.node(NodeKind::STRING, part, 8);
            let both = builder.node(NodeKind::CONCATENATED_STRING, "(concatenated string)", 8);
            builder.edge(both, EdgeKind::Internal, "first", left).edge(both, EdgeKind::Internal, "second", right);
            left = both;
        }
        (builder, left)
    }

    #[test]
    fn joins_strings() {
        let long = "x".repeat(1000);
        let cases: &[(&[&str], String)] = &[
            (&["a", "b", "c"], "abc".into()),
            (&["", ""], "".into()),
            (&[&long, "y", &long, "z"], format!("{long}y{long}")),
        ];
        for (parts, expected) in cases {
            let (builder, node) = concatenated(parts);
            assert_eq!(shown(&builder, node), *expected);
        }
    }

    /// As DevTools does it, for every string of a chain that is longer than any stack.
    #[test]
    fn joins_long_chains() {
        let parts: Vec<String> = (0..50_000).map(|number| format!("{number},")).collect();
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        let (builder, last) = concatenated(&parts);
        let snapshot = builder.snapshot();
        let mut names = Names::new(&snapshot);
        for count in [50_000, 2, 3, 66, 500, 49_999] {
            let node = NodeIndex(last.0 - 2 * (50_000 - count));
            let mut expected = String::new();
            for part in &parts[..count as usize] {
                if expected.len() >= CONS_LENGTH {
                    break;
                }
                expected.push_str(part);
            }
            assert_eq!(names.name(node), expected.as_str(), "{count} parts");
            assert_eq!(display_name(&snapshot, node), expected.as_str(), "{count} parts");
        }
    }

    #[test]
    fn ends_on_strings_that_hold_themselves() {
        let mut builder = Builder::new();
        let [a, b] = [0; 2].map(|_| builder.node(NodeKind::CONCATENATED_STRING, "(concatenated string)", 8));
        builder.edge(a, EdgeKind::Internal, "first", b).edge(b, EdgeKind::Internal, "second", a);
        assert_eq!(shown(&builder, a), "");
        builder.edge(b, EdgeKind::Internal, "first", b);
        assert_eq!(shown(&builder, a), "");
    }

    #[test]
    fn shows_plain_objects_by_both_ends() {
        let numbered: Vec<String> = (0..40).map(|number| format!("property{number}")).collect();
        let shortened = "{property0, property1, property2, property3, property4, …, property36, property37, property38, property39}";
        let cases: &[(&str, &str)] = &[
            ("", "{}"),
            ("a", "{a}"),
            ("a __proto__ b", "{a, b}"),
            ("a b c d", "{a, b, c, d}"),
            ("a,b c'", r#"{"a,b", "c'"}"#),
            (&numbered.join(" "), shortened),
        ];
        for (properties, expected) in cases {
            let mut builder = Builder::new();
            let object = builder.object("Object", 8);
            for property in properties.split(' ').filter(|property| !property.is_empty()) {
                builder.property(object, property, NodeIndex::ROOT);
            }
            builder.element(object, 1, NodeIndex::ROOT);
            assert_eq!(shown(&builder, object), *expected);
        }
    }
}
