//! Names of variables in scopes.
//!
//! V8 names the variables of a function's scope, as context edges. Those of a block (the body of a loop, a `try`, whatever
//! stands in braces) it writes as hidden edges, numbered: slot after slot, but without those that hold small integers, and
//! without an edge where a slot holds `undefined`, `null`, `true` or `false`. The scope's ScopeInfo has the names of all slots.
//! So the number of a slot is known where no slot before it can hold a small integer: if the last name has an edge, or if a
//! function or class further on bears the very name of its slot. `O(edges of the scope)`.
//!
//! Seen in Node 20 to 26. Source: V8 `src/profiler/heap-snapshot-generator.cc` (`ExtractContextReferences`).

use crate::snapshot::{EdgeIndex, EdgeKind, EdgeLabel, Heap, NodeIndex, NodeKind, StringIndex};

/// The variable that an edge is; `None` if it is none, or one whose name is not known.
pub fn variable(heap: &Heap, edge: EdgeIndex) -> Option<StringIndex> {
    match (heap.edges.kind(edge.at()), heap.edges.label(edge.at())) {
        (EdgeKind::Context, EdgeLabel::Name(name)) => Some(name),
        (EdgeKind::Hidden, EdgeLabel::Number(number)) => of_block(heap, source(heap, edge), number),
        _ => None,
    }
}

/// The node that an edge belongs to. `O(log n)`.
fn source(heap: &Heap, edge: EdgeIndex) -> NodeIndex {
    let after = heap.nodes.first_edges().partition_point(|&first| first as usize <= edge.at());
    NodeIndex::from(after.saturating_sub(1))
}

/// The name of the slot that has the number, of a block's scope.
fn of_block(heap: &Heap, scope: NodeIndex, number: u32) -> Option<StringIndex> {
    if heap.nodes.kind(scope) != NodeKind::OBJECT || !heap.node_is_named(scope, "system / Context") {
        return None;
    }
    let info = heap.follow(scope, EdgeKind::Internal, "scope_info")?;
    // After the names comes the ScopeInfo around it.
    let names: Vec<StringIndex> = numbered(heap, info)
        .into_iter()
        .map_while(|(_, name)| (heap.nodes.kind(name) == NodeKind::STRING).then(|| heap.nodes.name(name)))
        .collect();
    let slots = numbered(heap, scope);
    let is_aligned = |&(at, target): &(u32, NodeIndex)| {
        let name = names.get(at as usize);
        let is_last = at as usize + 1 == names.len();
        let is_called_so = heap.nodes.kind(target) == NodeKind::CLOSURE && name == Some(&heap.nodes.name(target));
        at >= number && (is_last || is_called_so)
    };
    if !slots.iter().any(is_aligned) {
        return None;
    }
    names.get(number as usize).copied()
}

/// The hidden edges of a node, by number.
fn numbered(heap: &Heap, node: NodeIndex) -> Vec<(u32, NodeIndex)> {
    let number = |edge: usize| match (heap.edges.kind(edge), heap.edges.label(edge)) {
        (EdgeKind::Hidden, EdgeLabel::Number(number)) => Some((number, heap.edges.target(edge))),
        _ => None,
    };
    let mut edges: Vec<_> = heap.nodes.edges(node).filter_map(number).collect();
    edges.sort_unstable();
    edges
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::builder::Builder;

    /// The names known of a block's slots, by number. `slots` are what has edges: its number, its type and its name.
    fn known(names: &[&str], slots: &[(u32, NodeKind, &str)]) -> Vec<(u32, Option<String>)> {
        let mut builder = Builder::new();
        let scope = builder.object("system / Context", 64);
        let info = builder.node(NodeKind::CODE, "system / ScopeInfo", 64);
        builder.property(NodeIndex::ROOT, "scope", scope);
        builder.edge(scope, EdgeKind::Internal, "scope_info", info);
        for (at, name) in names.iter().enumerate() {
            let name = builder.node(NodeKind::STRING, name, 24);
            builder.edge(info, EdgeKind::Hidden, &at.to_string(), name);
        }
        let around = builder.node(NodeKind::CODE, "system / ScopeInfo", 64);
        builder.edge(info, EdgeKind::Hidden, &names.len().to_string(), around);
        for &(number, kind, name) in slots {
            let target = builder.node(kind, name, 32);
            builder.edge(scope, EdgeKind::Hidden, &number.to_string(), target);
        }
        let heap = builder.heap();
        let edges = heap.nodes.edges(scope).filter(|&edge| heap.edges.kind(edge) == EdgeKind::Hidden);
        edges
            .map(|edge| {
                let name = variable(&heap, EdgeIndex(edge as u32)).map(|name| heap.strings.text(name).to_string());
                (heap.edges.raw_label(edge), name)
            })
            .collect()
    }

    #[test]
    fn the_names_of_a_blocks_slots_are_known_where_no_small_integer_can_stand_before() {
        let object = |number, name| (number, NodeKind::OBJECT, name);
        let some = |name: &str| Some(name.to_owned());
        // All slots have edges, but for `null` and its like.
        assert_eq!(known(&["a", "b", "c"], &[object(0, "Map"), object(2, "Array")]), [(0, some("a")), (2, some("c"))],);
        // Somewhere is a small integer.
        assert_eq!(known(&["a", "b", "c"], &[object(0, "Map"), object(1, "Array")]), [(0, None), (1, None)]);
        // It is behind the class.
        let class = (1, NodeKind::CLOSURE, "Job");
        assert_eq!(
            known(&["a", "Job", "b", "c"], &[object(0, "Map"), class, object(2, "Set")]),
            [(0, some("a")), (1, some("Job")), (2, None)],
        );
        // Another function, and what only bears the name.
        let other = (1, NodeKind::CLOSURE, "run");
        assert_eq!(known(&["a", "Job", "b"], &[object(0, "Map"), other]), [(0, None), (1, None)]);
        assert_eq!(known(&["a", "Job", "b"], &[object(0, "Map"), object(1, "Job")]), [(0, None), (1, None)]);
    }

    #[test]
    fn only_scopes_have_variables() {
        let mut builder = Builder::new();
        let (list, code) = (builder.object("Array", 16), builder.object("A", 16));
        builder.property(NodeIndex::ROOT, "list", list);
        builder.edge(list, EdgeKind::Hidden, "0", code);
        let heap = builder.heap();
        let edges: Vec<_> = (0..heap.edges.len() as u32).map(|edge| variable(&heap, EdgeIndex(edge))).collect();
        assert_eq!(edges, [None, None]);
    }
}
