//! Which functions use a variable of an outer scope, as their bytecode tells: it names each `let`, `const` and class that might
//! not be initialised yet, for the error message, and every method that it calls. (`var`s and parameters it does not name.)
//!
//! function `-shared->` SharedFunctionInfo `-function_data->` BytecodeArray `-> "(constant pool)"`, which holds names, and the
//! SharedFunctionInfos of functions inside. Functions that have not run for a while have lost their bytecode; what piles up
//! has run. `O(constants)`, at most [`MOST_NODES`] nodes a function.
//! Seen in Node 20 to 26. Source: V8 `src/interpreter/bytecode-generator.cc` (`BuildThrowIfHole`).

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::FxHashSet;

use crate::cancel::CancelToken;
use crate::error::Result;
use crate::snapshot::{EdgeKind, Heap, NodeIndex, NodeKind};

/// At most so many nodes of a function's code are looked at.
const MOST_NODES: usize = 1 << 12;
/// Where a SharedFunctionInfo keeps its code: up to Node 22, and since.
const CODE: [&str; 2] = ["function_data", "trusted_function_data"];

/// The one function of `closures` that uses `variable`; `None` if it is none or several, or not known. If several use it, the
/// one that also calls one of `methods` on anything. Functions that have no closure of their own now, and several that stand
/// in one another, are told by the one around them.
pub(super) fn only_user(heap: &Heap, closures: &[NodeIndex], variable: &str, methods: &[&str]) -> Option<NodeIndex> {
    // By SharedFunctionInfo: the closures that it belongs to or stands in.
    let mut users: BTreeMap<NodeIndex, BTreeSet<NodeIndex>> = BTreeMap::new();
    let mut callers = BTreeSet::new();
    let mut looked_at: BTreeMap<NodeIndex, NodeIndex> = BTreeMap::new();
    for &closure in closures {
        let Some(shared) = heap.follow(closure, EdgeKind::Internal, "shared") else { continue };
        looked_at.entry(shared).or_insert(closure);
    }
    for (&outer, &closure) in &looked_at {
        for (shared, constants) in functions_inside(heap, outer) {
            let names = |name: &str| constants.iter().any(|&constant| is_string(heap, constant, name));
            if names(variable) {
                users.entry(shared).or_default().insert(closure);
                if methods.iter().any(|method| names(method)) {
                    callers.insert(shared);
                }
            }
        }
    }
    if !callers.is_empty() {
        users.retain(|shared, _| callers.contains(shared));
    }
    if users.len() == 1
        && let Some(own) = users.keys().next().and_then(|only| looked_at.get(only))
    {
        return Some(*own);
    }
    // Several that stand in one another, or one that has no closure now: the innermost around all, as a module is around it too.
    let common = users.into_values().reduce(|common, closures| &common & &closures)?;
    let is_inside = |inner: NodeIndex, outer: NodeIndex| {
        let shared = heap.follow(inner, EdgeKind::Internal, "shared");
        let inside = heap.follow(outer, EdgeKind::Internal, "shared").map(|outer| functions_inside(heap, outer));
        inside.is_some_and(|functions| functions.iter().any(|&(it, _)| Some(it) == shared))
    };
    let is_innermost = |&&inner: &&NodeIndex| common.iter().all(|&outer| is_inside(inner, outer));
    common.iter().find(is_innermost).copied()
}

/// Whether a function, by its SharedFunctionInfo, names `variable` itself; `None` if it has no bytecode.
pub(super) fn names(heap: &Heap, function: NodeIndex, variable: &str) -> Option<bool> {
    let constants = constants(heap, function)?;
    Some(constants.into_iter().any(|constant| is_string(heap, constant, variable)))
}

/// What a closure's function, and each of those that stand in it, names: the methods it calls and the variables it uses. Empty
/// if it has no bytecode.
pub(super) fn called(heap: &Heap, closure: NodeIndex) -> Vec<BTreeSet<String>> {
    let Some(shared) = heap.follow(closure, EdgeKind::Internal, "shared") else { return Vec::new() };
    let texts = |constants: Vec<NodeIndex>| {
        let strings = constants.into_iter().filter(|&node| heap.nodes.kind(node) == NodeKind::STRING);
        strings.map(|node| heap.strings.text(heap.nodes.name(node)).to_string()).collect()
    };
    functions_inside(heap, shared).into_iter().map(|(_, constants)| texts(constants)).collect()
}

/// The closures whose functions name `name` and one of `methods`: those who call such a
/// method with something of that name, as far as names tell. One closure a function. `O(n + constants)`.
pub(super) fn calling(heap: &Heap, name: &str, methods: &[&str], cancel: &CancelToken) -> Result<Vec<NodeIndex>> {
    let mut seen = FxHashSet::default();
    let mut found = Vec::new();
    for &(closure, _) in heap.locations.all() {
        if heap.nodes.kind(closure) != NodeKind::CLOSURE {
            continue;
        }
        let Some(shared) = heap.follow(closure, EdgeKind::Internal, "shared").filter(|&it| seen.insert(it)) else {
            continue;
        };
        if seen.len() % 1024 == 0 {
            cancel.check()?;
        }
        let Some(constants) = constants(heap, shared) else { continue };
        let names = |name: &str| constants.iter().any(|&constant| is_string(heap, constant, name));
        if names(name) && methods.iter().any(|method| names(method)) {
            found.push(closure);
        }
    }
    Ok(found)
}

fn is_string(heap: &Heap, node: NodeIndex, text: &str) -> bool {
    heap.nodes.kind(node) == NodeKind::STRING && heap.strings.text(heap.nodes.name(node)).to_str() == text
}

/// The function and those that stand in it, as SharedFunctionInfos, with their constants.
fn functions_inside(heap: &Heap, shared: NodeIndex) -> Vec<(NodeIndex, Vec<NodeIndex>)> {
    let mut functions = Vec::new();
    let mut open = vec![shared];
    let mut seen = BTreeSet::from([shared]);
    while let Some(shared) = open.pop() {
        let Some(constants) = constants(heap, shared) else { continue };
        for &constant in &constants {
            if seen.len() < MOST_NODES && heap.nodes.kind(constant) == NodeKind::CODE && seen.insert(constant) {
                open.push(constant);
            }
        }
        functions.push((shared, constants));
    }
    functions
}

/// The constants of a function's bytecode; `None` if the node is no SharedFunctionInfo, or has no bytecode.
fn constants(heap: &Heap, shared: NodeIndex) -> Option<Vec<NodeIndex>> {
    let code = CODE.into_iter().find_map(|name| heap.follow(shared, EdgeKind::Internal, name))?;
    let bytecode = match heap.node_is_named(code, "system / BytecodeArray") {
        true => code,
        // Compiled by the baseline compiler.
        false => heap
            .follow(code, EdgeKind::Internal, "interpreter_data")
            .filter(|&it| heap.node_is_named(it, "system / BytecodeArray"))?,
    };
    let targets = |node| heap.nodes.edges(node).map(|edge| heap.edges.target(edge));
    // A function that needs no constants may have no pool of its own.
    let pool = targets(bytecode).find(|&target| heap.node_is_named(target, "(constant pool)"));
    Some(pool.map_or_else(Vec::new, |pool| targets(pool).collect()))
}
