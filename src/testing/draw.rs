//! Snapshots as sentences: `root -> A(16) -> B(32); A -weak-> C(8)`. Parsed at run time into a [`Builder`], in
//! `O(length)`.
//!
//! ```text
//! sentence = chain { ";" chain } [ ";" ]
//! chain    = node { edge node }
//! node     = key [ "=" name ] [ ":" kind ] [ "@" id ] [ "(" size ")" ]      first mention makes the node, later ones refer to it
//! edge     = "->"                                                           property called like the target; element from the root
//!          | "-" kind [ "(" label ")" ] "->"                                 -weak->  -internal("table")->  -element(3)->
//!          | "-" "\"label\"" "->"                                            property
//!          | "-" "[" index "]" "->"                                          element
//! ```
//! Keys, names, kinds and labels are words, numbers or string literals. A node is an object named like its key unless it
//! says otherwise; `root` is the root.

use super::builder::Builder;
use crate::snapshot::{EdgeKind, NodeIndex, NodeKind};

/// A snapshot as a sentence (see [`draw`](mod@crate::testing::draw)); gives a [`Builder`].
///
/// ```
/// use leakscan::snapshot;
///
/// let drawn = snapshot! {
///     root -> A(16) -> B(32);
///     A -weak-> C=Cache:native(8);
///     B -internal("table")-> table="":array(64) -[0]-> C
/// };
/// assert_eq!(drawn.name_of(drawn.at("C")), "Cache");
/// ```
#[macro_export]
macro_rules! snapshot {
    ($($sentence:tt)*) => { $crate::testing::draw::draw(stringify!($($sentence)*)) };
}

/// Builds what `sentence` says.
///
/// # Panics
/// When the sentence breaks the grammar.
pub fn draw(sentence: &str) -> Builder {
    let mut builder = Builder::new();
    draw_into(&mut builder, sentence);
    builder
}

/// Adds what `sentence` says; nodes with keys known to the builder are referred to.
///
/// # Panics
/// When the sentence breaks the grammar.
pub fn draw_into(builder: &mut Builder, sentence: &str) {
    let mut reader = Reader { builder, sentence, rest: sentence };
    reader.skip_space();
    while !reader.rest.is_empty() {
        reader.chain();
        if !reader.take(";") {
            break;
        }
    }
    assert!(reader.rest.is_empty(), "{}", reader.complaint("`;`"));
}

struct Reader<'a> {
    builder: &'a mut Builder,
    sentence: &'a str,
    rest: &'a str,
}

impl Reader<'_> {
    fn chain(&mut self) {
        let mut from = self.node();
        while self.take("-") {
            from = self.edge(from);
        }
    }

    fn node(&mut self) -> NodeIndex {
        let key = self.word();
        let known = self.builder.find(&key);
        let node = known.unwrap_or_else(|| {
            let name = if self.take("=") { self.word() } else { key.clone() };
            let kind = if self.take(":") { self.node_kind() } else { NodeKind::OBJECT };
            let node = self.builder.node(kind, &name, 0);
            self.builder.key(&key, node);
            node
        });
        if self.take("@") {
            let id = self.number();
            self.builder.id(node, id);
        }
        if self.take("(") {
            let size = self.number();
            self.builder.size(node, size);
            self.expect(")");
        }
        node
    }

    /// What follows the dash.
    fn edge(&mut self, from: NodeIndex) -> NodeIndex {
        let mut label = None;
        let mut kind = EdgeKind::Property;
        if self.take("[") {
            kind = EdgeKind::Element;
            label = Some(self.word());
            self.expect("]");
        } else if self.rest.starts_with('"') {
            label = Some(self.word());
        } else if !self.rest.starts_with('>') {
            kind = self.edge_kind();
            if self.take("(") {
                label = Some(self.word());
                self.expect(")");
            }
        } else if from == NodeIndex::ROOT {
            kind = EdgeKind::Element;
        }
        // Some compilers print the arrow of `-weak->` as two tokens.
        self.take("-");
        self.expect(">");
        let target = self.node();
        let label = label.unwrap_or_else(|| {
            if kind.is_numbered() || from == NodeIndex::ROOT {
                (self.builder.edge_count(from) + 1).to_string()
            } else {
                self.builder.name_of(target).to_owned()
            }
        });
        self.builder.edge(from, kind, &label, target);
        target
    }

    fn node_kind(&mut self) -> NodeKind {
        let word = self.word();
        let at = NodeKind::NAMES.iter().position(|&name| name == word);
        NodeKind(at.unwrap_or_else(|| panic!("no node type is called {word:?}")) as u8)
    }

    fn edge_kind(&mut self) -> EdgeKind {
        let word = self.word();
        let at = EdgeKind::NAMES.iter().position(|&name| name == word);
        EdgeKind::from_bits(at.unwrap_or_else(|| panic!("no edge type is called {word:?}")) as u32)
    }

    fn number<N: std::str::FromStr>(&mut self) -> N {
        let word = self.word().replace('_', "");
        word.parse().unwrap_or_else(|_| panic!("{}", self.complaint("a number")))
    }

    /// A word, a number or the value of a string literal.
    fn word(&mut self) -> String {
        if let Some(literal) = self.rest.strip_prefix('"') {
            let (value, used) = unescape(literal).unwrap_or_else(|| panic!("{}", self.complaint("a string literal")));
            self.rest = &literal[used..];
            self.skip_space();
            return value;
        }
        let end = self.rest.find(|c: char| !c.is_alphanumeric() && c != '_' && c != '$').unwrap_or(self.rest.len());
        assert!(end > 0, "{}", self.complaint("a word"));
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        self.skip_space();
        word.to_owned()
    }

    fn take(&mut self, token: &str) -> bool {
        let Some(rest) = self.rest.strip_prefix(token) else { return false };
        self.rest = rest;
        self.skip_space();
        true
    }

    fn expect(&mut self, token: &str) {
        assert!(self.take(token), "{}", self.complaint(&format!("`{token}`")));
    }

    fn skip_space(&mut self) {
        self.rest = self.rest.trim_start();
    }

    fn complaint(&self, expected: &str) -> String {
        format!("expected {expected} before {:?} in {:?}", self.rest, self.sentence)
    }
}

/// The value of a Rust string literal after its opening quote, and the length up to behind the closing one.
fn unescape(literal: &str) -> Option<(String, usize)> {
    let mut value = String::new();
    let mut chars = literal.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Some((value, at + 1)),
            '\\' => match chars.next()?.1 {
                'n' => value.push('\n'),
                'r' => value.push('\r'),
                't' => value.push('\t'),
                'u' => {
                    let hex: String = chars.by_ref().skip(1).map(|(_, c)| c).take_while(|&c| c != '}').collect();
                    value.push(char::from_u32(u32::from_str_radix(&hex, 16).ok()?)?);
                }
                other => value.push(other),
            },
            c => value.push(c),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use crate::snapshot::{EdgeKind, NodeId, NodeIndex, NodeKind};

    #[test]
    fn draws_nodes_and_edges() {
        let drawn = snapshot! {
            root -> A(16) -> B="b\n\u{2028}":closure@99(32);
            A -weak-> C:"concatenated string"(1_000) -"first"-> B;
            root -shortcut-> A -[3]-> B -internal("map")-> A
        };
        let heap = drawn.heap();
        let (a, b, c) = (drawn.at("A"), drawn.at("B"), drawn.at("C"));
        assert_eq!(heap.nodes.self_size(a), 16);
        assert_eq!(heap.nodes.kind(b), NodeKind::CLOSURE);
        assert_eq!(heap.nodes.id(b), NodeId(99));
        assert_eq!(heap.strings.text(heap.nodes.name(b)), "b\n\u{2028}");
        assert_eq!(heap.nodes.self_size(c), 1000);
        let edges = |node: NodeIndex| -> Vec<_> {
            let label = |edge| match heap.edges.name(edge) {
                Some(name) => heap.strings.text(name).to_string(),
                None => heap.edges.raw_label(edge).to_string(),
            };
            heap.nodes.edges(node).map(|edge| (heap.edges.kind(edge), label(edge), heap.edges.target(edge))).collect()
        };
        assert_eq!(edges(NodeIndex::ROOT), [(EdgeKind::Element, "1".into(), a), (EdgeKind::Shortcut, "2".into(), a)]);
        assert_eq!(
            edges(a),
            [
                (EdgeKind::Property, "b\n\u{2028}".into(), b),
                (EdgeKind::Weak, "C".into(), c),
                (EdgeKind::Element, "3".into(), b)
            ]
        );
        assert_eq!(edges(b), [(EdgeKind::Internal, "map".into(), a)]);
        assert_eq!(edges(c), [(EdgeKind::Property, "first".into(), b)]);
    }
}
