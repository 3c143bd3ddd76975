//! What belongs to a pile of leaked things beside the things themselves: the new objects that keep them (a session around its
//! socket, an entry around its context), the old object where they all hang, and the bytes of everything together.
//!
//! `O(retainers of the new objects)` and a few path searches; one set of the nodes met while it runs.

use rustc_hash::{FxHashMap, FxHashSet};

use super::case::Case;
use super::collections::{self, CollectionKind};
use super::holder::Holder;
use crate::analysis::paths;
use crate::analysis::suspects;
use crate::cancel::CancelToken;
use crate::error::Result;
use crate::graph::Snapshot;
use crate::snapshot::{Heap, NodeIndex, NodeKind};

/// Not more keepers than this are looked for: by then they explain enough.
const MOST: usize = 1 << 20;
/// Nor further away from the things than this: wrappers, records, scopes, promises.
const MOST_STEPS: usize = 12;
/// And what is kept over so few is kept as one of many.
const NEAR_STEPS: usize = 6;
/// What keeps an object's class is not what keeps the object.
const NO_HOLDING: [&str; 4] = ["__proto__", "constructor", "prototype", "map"];
/// So many objects around one are looked at.
const MOST_AROUND: usize = 256;
/// So many members are asked for who keeps them.
const SAMPLE: usize = 64;
/// A holder keeps more than this part of them.
const COMMON: f64 = 0.8;
/// How far up a node's dominators one in the same set is looked for.
const MOST_DOMINATORS: usize = 64;

/// Who keeps the things of a pile, as people know it.
pub(super) struct Kept {
    /// The collection, or other object.
    pub(super) node: NodeIndex,
    /// `Map sessions`.
    pub(super) label: String,
    /// Whose that is.
    pub(super) holder: Holder,
}

impl Kept {
    /// By `node`; by nobody, if that is Node's own or has no name.
    pub(super) fn by(case: &Case<'_>, node: NodeIndex, cancel: &CancelToken) -> Result<Option<Self>> {
        let describer = case.describer();
        let Some(path) = paths::shortest_path(case.after, node, cancel)? else { return Ok(None) };
        let kind = collections::kind(&case.after.heap, node).unwrap_or(CollectionKind::Dictionary);
        let mut holder = Holder::of(&describer, &path, kind);
        holder.by_source(&describer, kind);
        if holder.is_internal || holder.name.is_empty() {
            return Ok(None);
        }
        let label = holder.label(&kind.noun(&describer.class_name(node).to_string()));
        Ok(Some(Self { node, label, holder }))
    }
}

/// The objects made since the older snapshot that keep `members`, other than themselves; none of a single snapshot.
pub(super) fn new_keepers(case: &Case<'_>, members: &[NodeIndex], cancel: &CancelToken) -> Result<Vec<NodeIndex>> {
    let Snapshot { heap, graph } = case.after;
    let essential = paths::essential_edges(case.after);
    let mut seen: FxHashSet<NodeIndex> = members.iter().copied().collect();
    let mut keepers = Vec::new();
    let mut around = members.to_vec();
    for _ in 0..MOST_STEPS {
        let mut next = Vec::new();
        for (at, &node) in around.iter().enumerate() {
            if at % 1024 == 1023 {
                cancel.check()?;
            }
            for (edge, source) in graph.retainers.of(&heap.nodes, node) {
                let is_keeper =
                    case.is_new(source) && is_data(heap.nodes.kind(source)) && essential.contains(source, edge.at());
                if is_keeper && seen.insert(source) {
                    next.push(source);
                }
            }
        }
        keepers.extend_from_slice(&next);
        if next.is_empty() || keepers.len() > MOST {
            break;
        }
        around = next;
    }
    Ok(keepers)
}

/// Whether it is what programs make, and not what the VM makes of it.
fn is_data(kind: NodeKind) -> bool {
    matches!(kind, NodeKind::OBJECT | NodeKind::CLOSURE | NodeKind::ARRAY | NodeKind::HIDDEN)
}

/// The object where most of `members` hang, if it is one that people know.
pub(super) fn common_holder(
    snapshot: &Snapshot,
    members: &[NodeIndex],
    cancel: &CancelToken,
) -> Result<Option<NodeIndex>> {
    if members.len() < 2 {
        return Ok(None);
    }
    let heap = &snapshot.heap;
    let common = suspects::common_path(snapshot, members, cancel)?;
    // A table, or the VM's array of elements, stands between a collection and what it holds.
    let mut last = common.0.iter().rev().map(|edge| heap.edges.target(edge.at()));
    let holder = last.find(|&node| !suspects::is_backing_store(heap, node));
    match holder.filter(|&holder| is_known(heap, holder)) {
        Some(holder) => Ok(Some(holder)),
        None => near_holder(snapshot, members, cancel),
    }
}

/// The object nearest to most of `members`, of those that keep them over a few references of the program: where the shortest
/// paths from the root lead over Node's own lists.
fn near_holder(snapshot: &Snapshot, members: &[NodeIndex], cancel: &CancelToken) -> Result<Option<NodeIndex>> {
    let heap = &snapshot.heap;
    // By object: how many members it keeps, and over how many references all together.
    let mut keeps: FxHashMap<NodeIndex, (usize, usize)> = FxHashMap::default();
    let sample: Vec<NodeIndex> = members.iter().copied().step_by(members.len().div_ceil(SAMPLE).max(1)).collect();
    for &member in &sample {
        walk_up(snapshot, member, cancel, |node, steps| {
            let (count, distance) = keeps.entry(node).or_default();
            *count += 1;
            *distance += steps;
            false
        })?;
    }
    let is_common = |(node, (count, _)): &(NodeIndex, (usize, usize))| {
        *count as f64 > COMMON * sample.len() as f64 && is_known(heap, *node)
    };
    let nearest = keeps.into_iter().filter(is_common).min_by_key(|&(node, (_, distance))| (distance, node));
    Ok(nearest.map(|(node, _)| node))
}

/// Whether people know it: an object of the program, and no scope.
fn is_known(heap: &Heap, node: NodeIndex) -> bool {
    heap.nodes.kind(node) == NodeKind::OBJECT
        && !suspects::is_machinery(heap, node)
        && !heap.node_is_named(node, "system / Context")
}

/// Visits what keeps `node` over a few references of the program, with their number, the nearest first, until `visit` says so.
fn walk_up(
    snapshot: &Snapshot,
    node: NodeIndex,
    cancel: &CancelToken,
    mut visit: impl FnMut(NodeIndex, usize) -> bool,
) -> Result<()> {
    let Snapshot { heap, graph } = snapshot;
    let essential = paths::essential_edges(snapshot);
    let mut seen = FxHashSet::from_iter([node]);
    let mut around = vec![node];
    for steps in 1..=NEAR_STEPS {
        cancel.check()?;
        let mut next = Vec::new();
        for &node in &around {
            for (edge, source) in graph.retainers.of(&heap.nodes, node) {
                let is_way = is_data(heap.nodes.kind(source))
                    && !NO_HOLDING.iter().any(|name| heap.edge_is_named(edge.at(), name))
                    && essential.contains(source, edge.at());
                if is_way && seen.len() < MOST_AROUND && seen.insert(source) {
                    if visit(source, steps) {
                        return Ok(());
                    }
                    next.push(source);
                }
            }
        }
        around = next;
    }
    Ok(())
}

/// Whether `holder` keeps `node` over a few references.
pub(super) fn is_kept_by(
    snapshot: &Snapshot,
    node: NodeIndex,
    holder: NodeIndex,
    cancel: &CancelToken,
) -> Result<bool> {
    let mut is_kept = false;
    walk_up(snapshot, node, cancel, |keeper, _| {
        is_kept = keeper == holder;
        is_kept
    })?;
    Ok(is_kept)
}

/// Bytes freed with all of `nodes`: those that others of them dominate are counted once.
pub(super) fn union_size(snapshot: &Snapshot, nodes: impl IntoIterator<Item = NodeIndex>) -> u64 {
    let dominators = &snapshot.graph.dominators;
    let set: FxHashSet<NodeIndex> = nodes.into_iter().collect();
    let tops = set.iter().filter(|&&node| node == NodeIndex::ROOT || !is_dominated_by(snapshot, node, &set));
    tops.map(|&node| dominators.retained_size(node)).sum()
}

/// Whether one of `set`, not far up, dominates `node`.
pub(super) fn is_dominated_by(snapshot: &Snapshot, node: NodeIndex, set: &FxHashSet<NodeIndex>) -> bool {
    let dominators = &snapshot.graph.dominators;
    let mut at = node;
    (0..MOST_DOMINATORS).any(|_| {
        at = dominators.immediate_dominator(at);
        set.contains(&at)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::disclosure::StringContents;
    use crate::causes::Window;
    use crate::snapshot::EdgeKind;
    use crate::testing::program::Program;

    const URL: &str = "/srv/app/dist/app.js";

    fn window() -> Window {
        Window { rounds: None, unit: "round".to_owned(), is_of_series: false }
    }

    fn holder(program: &Program, members: &[NodeIndex]) -> Option<String> {
        let snapshot = program.snapshot();
        let holder = common_holder(&snapshot, members, &CancelToken::new()).unwrap();
        holder.map(|holder| snapshot.heap.strings.text(snapshot.heap.nodes.name(holder)).to_string())
    }

    /// Things that a list of Node's keeps, and that `keep` keeps, too.
    fn listed(count: u32, keep: impl Fn(&mut Program, u32, NodeIndex)) -> (Program, Vec<NodeIndex>) {
        let mut program = Program::new(URL);
        let list = program.builder.node(NodeKind::NATIVE, "Node / CleanupQueue", 100);
        program.builder.edge(program.global, EdgeKind::Internal, "list", list);
        // Further from the root than the list.
        let main = program.global_object("main", "Main");
        let app = program.builder.object("App", 40);
        program.builder.property(main, "app", app);
        let sessions = program.map(app, "sessions");
        program.builder.key("app", app).key("sessions", sessions);
        let mut members = Vec::new();
        for at in 0..count {
            let thing = program.builder.object("Socket", 100);
            program.builder.element(list, at, thing);
            keep(&mut program, at, thing);
            members.push(thing);
        }
        (program, members)
    }

    /// Puts a thing into the Map, over so many records.
    fn into_map(program: &mut Program, thing: NodeIndex, records: usize) {
        let table = program.builder.at("sessions");
        let outermost = (0..records).fold(thing, |inner, _| {
            let record = program.builder.object("Session", 40);
            program.builder.property(record, "inner", inner);
            record
        });
        let key = program.string("key", 24);
        program.set(table, key, outermost);
    }

    #[test]
    fn new_things_of_the_program_around_a_new_thing_keep_it() {
        let mut program = Program::new(URL);
        let old = program.global_object("old", "Old");
        let before = program.snapshot();
        let thing = program.builder.object("Thing", 100);
        program.builder.property(old, "thing", thing);
        let keepers = [
            (NodeKind::OBJECT, "Session", EdgeKind::Property),
            (NodeKind::CLOSURE, "handle", EdgeKind::Internal),
            (NodeKind::ARRAY, "list", EdgeKind::Internal),
            (NodeKind::HIDDEN, "system / Cell", EdgeKind::Internal),
            (NodeKind::CODE, "system / BytecodeArray", EdgeKind::Internal),
            (NodeKind::OBJECT, "Watcher", EdgeKind::Weak),
        ];
        for (kind, name, edge) in keepers {
            let keeper = program.builder.node(kind, name, 40);
            program.builder.edge(keeper, edge, "thing", thing).property(old, name, keeper);
        }
        let mut last = thing;
        for at in 0..=MOST_STEPS {
            let record = program.builder.object(&format!("record {at}"), 40);
            program.builder.property(record, "inner", last);
            last = record;
        }
        program.builder.property(old, "last", last);
        let after = program.snapshot();
        let case = Case::new(Some(&before), &after, true, window(), StringContents::None);
        let name = |&node: &NodeIndex| after.heap.strings.text(after.heap.nodes.name(node)).to_string();
        let keepers: Vec<String> =
            new_keepers(&case, &[thing], &CancelToken::new()).unwrap().iter().map(name).collect();
        let (records, mut others): (Vec<&str>, Vec<&str>) =
            keepers.iter().map(String::as_str).partition(|name| name.starts_with("record"));
        others.sort_unstable();
        assert_eq!(others, ["Session", "handle", "list", "system / Cell"], "neither what is old nor weak nor code");
        assert_eq!(records.len(), MOST_STEPS);
        let single = Case::new(None, &after, false, window(), StringContents::None);
        assert!(new_keepers(&single, &[thing], &CancelToken::new()).unwrap().is_empty());
    }

    #[test]
    fn the_holder_is_the_collection_and_not_its_table() {
        let mut program = Program::new(URL);
        let table = program.map(program.global, "sessions");
        let mut members = Vec::new();
        for _ in 0..20 {
            let (key, thing) = (program.string("key", 24), program.builder.object("Socket", 100));
            program.set(table, key, thing);
            members.push(thing);
        }
        assert_eq!(holder(&program, &members).as_deref(), Some("Map"));
        assert_eq!(holder(&program, &members[..1]), None, "of one thing, everything around it is");
    }

    #[test]
    fn where_a_list_of_nodes_is_nearer_the_holder_is_the_nearest_of_the_program() {
        let (program, members) = listed(20, |program, _, thing| into_map(program, thing, 1));
        assert_eq!(holder(&program, &members).as_deref(), Some("Map"), "nearer than App, and more than a Session");
        let (program, members) = listed(20, |_, _, _| {});
        assert_eq!(holder(&program, &members), None);
        // Over so few references, and no more.
        for (records, expected) in [(NEAR_STEPS - 2, Some("Map")), (NEAR_STEPS - 1, None)] {
            let (program, members) = listed(20, |program, _, thing| into_map(program, thing, records));
            assert_eq!(holder(&program, &members).as_deref(), expected, "{records}");
        }
        // Most of them: more than four of five.
        for (kept, expected) in [(17, Some("Map")), (16, None)] {
            let (program, members) = listed(20, |program, at, thing| {
                if at < kept {
                    into_map(program, thing, 1);
                }
            });
            assert_eq!(holder(&program, &members).as_deref(), expected, "{kept}");
        }
    }

    #[test]
    fn what_has_a_thing_as_its_class_or_in_a_variable_is_no_holder() {
        for name in NO_HOLDING {
            let (program, members) = listed(20, |program, _, thing| {
                let app = program.builder.at("app");
                program.builder.property(app, name, thing);
            });
            assert_eq!(holder(&program, &members), None, "{name}");
        }
        let (program, members) = listed(20, |program, at, thing| {
            let scope = match program.builder.find("scope") {
                Some(scope) => scope,
                None => {
                    let scope = program.scope(&[]);
                    let app = program.builder.at("app");
                    program.builder.edge(app, EdgeKind::Internal, "context", scope).key("scope", scope);
                    scope
                }
            };
            program.builder.edge(scope, EdgeKind::Context, &format!("variable{at}"), thing);
        });
        assert_eq!(holder(&program, &members).as_deref(), Some("App"), "whose scope it is");
    }

    #[test]
    fn somebody_keeps_things_if_he_has_a_name_and_is_not_node() {
        let label = |url: &str, is_named: bool| {
            let mut program = Program::new(url);
            let map = program.builder.object("Map", 32);
            if is_named {
                let scope = program.scope(&[("sessions", map)]);
                let function = program.function("open", 10, 3);
                let open = program.closure(function, "open", Some(scope));
                program.builder.property(program.global, "open", open);
            } else {
                program.builder.element(NodeIndex::ROOT, 9, map);
            }
            let snapshot = program.snapshot();
            let case = Case::new(None, &snapshot, false, window(), StringContents::None);
            Kept::by(&case, map, &CancelToken::new()).unwrap().map(|kept| kept.label)
        };
        assert_eq!(label(URL, true).as_deref(), Some("Map sessions"));
        assert_eq!(label("node:internal/x", true), None, "Node's own");
        assert_eq!(label(URL, false), None, "without a name");
    }

    #[test]
    fn what_one_keeps_is_counted_once() {
        let mut program = Program::new(URL);
        let outer = program.global_object("outer", "Outer");
        let inner = program.builder.object("Inner", 100);
        program.builder.property(outer, "inner", inner);
        let other = program.global_object("other", "Other");
        let snapshot = program.snapshot();
        assert_eq!(union_size(&snapshot, [inner, outer, other]), 56 + 100 + 56);
        assert_eq!(union_size(&snapshot, [inner, other]), 100 + 56);
        let all = snapshot.graph.dominators.retained_size(NodeIndex::ROOT);
        assert_eq!(union_size(&snapshot, [NodeIndex::ROOT, outer]), all);
    }
}
