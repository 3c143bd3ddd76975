//! Distances: how many steps a node is away from the roots.
//!
//! Two breadth-first searches over one column. The first starts from the user's roots (the root's children that are not
//! synthetic) at distance 1. The second starts from the root and gives what only the VM reaches distances from 100,000,000
//! up, or plain ones when there are no user's roots. Weak edges do not count, and a few edges of V8 that say nothing about
//! the program do not either; a value of a WeakMap is as far as the farther of its key and its table.
//!
//! `O(nodes + edges)`; 4 bytes a node, and 4 more while it runs. Source: DevTools `HeapSnapshot.ts` (`calculateDistances`).

use super::bitset::Bitset;
use super::page_objects::is_user_root;
use super::prefetch::prefetch;
use super::weak_pairs::WeakPairs;
use crate::cancel::CancelToken;
use crate::error::Result;
use crate::snapshot::{EdgeKind, EdgeLabel, Heap, NodeIndex, NodeKind, Text};

/// Distances as DevTools has them; see [`Distances::raw`].
pub struct Distances(Vec<i32>);

impl Distances {
    /// Of nodes that neither search reaches.
    pub const NONE: i32 = -5;
    /// The root's, when there are user's roots; what only the VM reaches is farther.
    pub const SYSTEM: i32 = 100_000_000;

    /// Computes all distances.
    pub fn new(heap: &Heap, weak_pairs: &WeakPairs, cancel: &CancelToken) -> Result<Self> {
        let mut filter = Filter::new(heap, weak_pairs);
        let mut distances = vec![Self::NONE; heap.nodes.len()];
        // A root that two edges lead to stands in the queue twice, which the filter notices; so it does in DevTools.
        let mut queue = Vec::new();
        for edge in heap.nodes.edges(NodeIndex::ROOT) {
            let target = heap.edges.target(edge);
            if is_user_root(heap, target) {
                distances[target.at()] = 1;
                queue.push(target);
            }
        }
        let has_user_roots = !queue.is_empty();
        search(heap, &mut filter, &mut distances, &mut queue, cancel)?;
        distances[NodeIndex::ROOT.at()] = if has_user_roots { Self::SYSTEM } else { 0 };
        queue.clear();
        queue.push(NodeIndex::ROOT);
        search(heap, &mut filter, &mut distances, &mut queue, cancel)?;
        Ok(Self(distances))
    }

    /// DevTools' number: steps from the user's roots, [`Distances::SYSTEM`] and more for what only the VM reaches, and
    /// [`Distances::NONE`] for what nothing reaches.
    #[inline]
    pub fn raw(&self, node: NodeIndex) -> i32 {
        self.0[node.at()]
    }

    /// Every node's [`Distances::raw`], in file order.
    pub fn all(&self) -> &[i32] {
        &self.0
    }

    /// What DevTools shows: absent where it shows a minus.
    #[inline]
    pub fn shown(&self, node: NodeIndex) -> Option<u32> {
        shown(self.raw(node))
    }
}

/// A raw distance as it is shown: absent where DevTools shows a minus.
#[inline]
pub fn shown(raw: i32) -> Option<u32> {
    (0..Distances::SYSTEM).contains(&raw).then_some(raw as u32)
}

/// How many nodes of the queue, and edges of a node, are looked at ahead.
const AHEAD: usize = 8;

/// Searches breadth-first from the nodes in the queue.
fn search(
    heap: &Heap,
    filter: &mut Filter,
    distances: &mut [i32],
    queue: &mut Vec<NodeIndex>,
    cancel: &CancelToken,
) -> Result<()> {
    let edges = heap.edges.packed();
    let first_edges = heap.nodes.first_edges();
    let mut done = 0;
    while done < queue.len() {
        if done % CancelToken::STRIDE == 0 {
            cancel.check()?;
        }
        if let Some(later) = queue.get(done + 2 * AHEAD) {
            prefetch(first_edges, later.at());
        }
        if let Some(soon) = queue.get(done + AHEAD) {
            prefetch(edges, first_edges[soon.at()] as usize);
        }
        let source = queue[done];
        done += 1;
        let distance = distances[source.at()] + 1;
        let is_special = filter.special.contains(source.at());
        for edge in heap.nodes.edges(source) {
            prefetch(distances, edges.get(edge + AHEAD).map_or(0, |packed| (packed >> 3) as usize));
            let (target, kind) = heap.edges.target_and_kind(edge);
            if distances[target.at()] != Distances::NONE || kind == EdgeKind::Weak {
                continue;
            }
            if (kind == EdgeKind::Internal || is_special) && !filter.allows(source, edge) {
                continue;
            }
            distances[target.at()] = distance;
            queue.push(target);
        }
    }
    Ok(())
}

/// The edges that give no distance.
struct Filter<'a> {
    heap: &'a Heap,
    weak_pairs: &'a WeakPairs,
    /// The nodes that have edges of V8's own.
    special: Bitset,
    /// WeakMap entries of which one edge was refused, by part.
    pending: Bitset,
}

impl<'a> Filter<'a> {
    fn new(heap: &'a Heap, weak_pairs: &'a WeakPairs) -> Self {
        let names = heap.strings.find_all(&["system / NativeContext", "(map descriptors)"]);
        let kinds = [NodeKind::HIDDEN, NodeKind::ARRAY];
        let mut special = Bitset::new(heap.nodes.len());
        for node in heap.nodes.indices() {
            let name = heap.nodes.name(node);
            let kind = heap.nodes.kind(node);
            if names.iter().any(|&(special, literal)| name == special && kind == kinds[literal]) {
                special.insert(node.at());
            }
        }
        Self { heap, weak_pairs, special, pending: Bitset::new(weak_pairs.part_count()) }
    }

    /// Whether the edge may give a distance. Of the two edges of a WeakMap entry the one asked about first may not.
    fn allows(&mut self, source: NodeIndex, edge: usize) -> bool {
        if self.special.contains(source.at()) {
            let kind = self.heap.nodes.kind(source);
            if kind == NodeKind::HIDDEN && self.heap.edge_is_named(edge, "sloppy_function_map") {
                return false;
            }
            if kind == NodeKind::ARRAY {
                return !is_map_of_descriptor(self.heap, edge);
            }
        }
        if self.heap.edges.kind(edge) == EdgeKind::Internal
            && let Some(pair) = self.heap.edges.name(edge).and_then(|name| self.weak_pairs.of(name))
        {
            return !self.pending.toggle(pair.part as usize);
        }
        true
    }
}

/// Whether the edge of a descriptor array is an element at 4, 7, 10 …, where old V8 keeps the field's owner.
fn is_map_of_descriptor(heap: &Heap, edge: usize) -> bool {
    let index = match heap.edges.label(edge) {
        EdgeLabel::Number(number) => f64::from(number),
        EdgeLabel::Name(name) => leading_integer(&heap.strings.text(name)),
    };
    // With a name that is no number, both are false.
    index >= 2.0 && index % 3.0 == 1.0
}

/// JavaScript's `parseInt(text, 10)`.
pub(crate) fn leading_integer(text: &Text) -> f64 {
    let text = text.to_str();
    let text = text.trim_start_matches(|c: char| c.is_whitespace() && c != '\u{85}' || c == '\u{feff}');
    let digits_at = usize::from(text.starts_with(['+', '-']));
    let digits = text[digits_at..].bytes().take_while(u8::is_ascii_digit).count();
    text[..digits_at + digits].parse().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::builder::Builder;
    use crate::testing::draw::draw;

    fn check_builder(drawn: &Builder, expected: &[(&str, i32)]) {
        let distances = drawn.snapshot().graph.distances;
        for &(key, distance) in expected {
            assert_eq!(distances.raw(drawn.at(key)), distance, "distance of {key}");
        }
    }

    fn check(sentence: &str, expected: &[(&str, i32)]) {
        check_builder(&draw(sentence), expected);
    }

    #[test]
    fn counts_from_the_users_roots() {
        check(
            "root -> gc:synthetic -> A; root -shortcut-> global -> B -> C; global -weak-> D; gc -> C; gc -weak-> E",
            &[
                ("global", 1),
                ("B", 2),
                ("C", 3),
                ("root", 100_000_000),
                ("gc", 100_000_001),
                ("A", 100_000_002),
                ("D", -5),
                ("E", -5),
            ],
        );
    }

    #[test]
    fn counts_from_the_root_without_users_roots() {
        check("root -> gc:synthetic -> A -> B", &[("root", 0), ("gc", 1), ("A", 2), ("B", 3)]);
    }

    #[test]
    fn takes_weak_edges_of_the_root_for_users_roots() {
        check("root -weak-> A -> B", &[("A", 1), ("B", 2)]);
    }

    #[test]
    fn skips_edges_of_the_vm() {
        check(
            "root -> context=\"system / NativeContext\":hidden; context -internal(\"sloppy_function_map\")-> A -> C;
             context -internal(\"other\")-> B; context -> other:hidden -internal(\"sloppy_function_map\")-> C",
            &[("A", -5), ("B", 2), ("C", 3)],
        );
        check(
            "root -> map=\"(map descriptors)\":array; map -[0]-> A; map -[1]-> B; map -[2]-> C; map -[3]-> D; map -[4]-> E;
             map -internal(\"7\")-> F; map -internal(\" 7th\")-> G; map -internal(\"map\")-> H; map -internal(\"-7\")-> I",
            &[("A", 2), ("B", 2), ("C", 2), ("D", 2), ("E", -5), ("F", -5), ("G", -5), ("H", 2), ("I", 2)],
        );
    }

    #[test]
    fn values_of_weak_maps_are_behind_key_and_table() {
        for (key_path, distance) in [("root -> key", 4), ("root -> A -> B -> C -> key", 5)] {
            let mut drawn = draw(&format!("root -> X -> Y -> table; {key_path}"));
            let value = drawn.object("value", 8);
            let (table, key) = (drawn.at("table"), drawn.at("key"));
            drawn.weak_pair(table, key, value).key("value", value);
            check_builder(&drawn, &[("value", distance)]);
        }
    }

    #[test]
    fn shows_a_minus_for_the_vm_and_the_unreachable() {
        assert_eq!(shown(Distances::NONE), None);
        assert_eq!(shown(0), Some(0));
        assert_eq!(shown(Distances::SYSTEM - 1), Some(99_999_999));
        assert_eq!(shown(Distances::SYSTEM), None);
    }
}
