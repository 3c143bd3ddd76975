//! Reads the scopes of functions that pile up: scopes that calls of one function have left, because something keeps them.
//!
//! Every call whose variables are used by functions made in it leaves a `system / Context`; all of one function share their
//! ScopeInfo. Which variable weighs most is what its value keeps by the scope alone. Scopes are a chain if most are kept by
//! another of the same function: through a variable of that one, whose value leads to a function of this one.
//! `O(strings + n)` to find scopes, `O(variables)` a scope; `O(1)` steps up the dominators a scope.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::analysis::scopes::variable;
use crate::cancel::CancelToken;
use crate::causes::case::{Case, Explained};
use crate::causes::instances::Instances;
use crate::error::Result;
use crate::graph::Snapshot;
use crate::snapshot::{EdgeIndex, EdgeKind, Heap, NodeId, NodeIndex, NodeKind, StringIndex};

/// In one snapshot: so many scopes of one function are looked at.
const MANY: usize = 100;
/// From so many in the older snapshot on, what became of them tells whether they stay.
const LEAST_TO_TELL: usize = 3;
/// From a scope to the one that keeps it there are at most so many steps up the dominators: a function, an object, a list.
const MOST_STEPS_UP: usize = 8;
/// At least this part of the scopes are kept by another, in a chain.
const CHAINED: f64 = 0.8;
/// Scopes inside of a scope are looked at for functions so deep.
const MOST_INNER_SCOPES: usize = 8;
/// At most so many retainers of a scope are looked at.
const MOST_RETAINERS: usize = 1 << 10;

/// Scopes of one function.
pub(super) struct Scopes {
    pub(super) scope_info: NodeIndex,
    pub(super) all: Vec<Scope>,
    /// The variable that weighs most, over all of them.
    pub(super) variable: StringIndex,
    /// How they keep each other, if they do.
    pub(super) chain: Option<Chain>,
    /// How many more there are, in two snapshots.
    pub(super) more: Option<u64>,
    /// Whether those of the older snapshot are known to be kept still.
    pub(super) stays: bool,
}

/// One of them.
#[derive(Clone, Copy)]
pub(super) struct Scope {
    pub(super) node: NodeIndex,
    /// What its variable keeps; of a chain, without the scopes behind.
    pub(super) size: u64,
    pub(super) is_new: bool,
}

/// A chain of scopes.
#[derive(Clone, Copy)]
pub(super) struct Chain {
    /// The scope that keeps all others.
    pub(super) head: NodeIndex,
    /// Steps from one scope's variable to the next scope.
    pub(super) steps: usize,
}

/// The scopes that each function has left and something keeps, by ScopeInfo.
fn read(instances: &Instances<'_>) -> FxHashMap<NodeIndex, Vec<NodeIndex>> {
    let heap = &instances.snapshot.heap;
    let mut groups: FxHashMap<NodeIndex, Vec<NodeIndex>> = FxHashMap::default();
    for (scope, _) in instances.objects(&["system / Context"]) {
        if let Some(info) = heap.follow(scope, EdgeKind::Internal, "scope_info") {
            groups.entry(info).or_default().push(scope);
        }
    }
    groups
}

/// All that pile up, those that keep most first.
pub(super) fn find(case: &Case<'_>, explained: &Explained, cancel: &CancelToken) -> Result<Vec<Scopes>> {
    let heap = &case.after.heap;
    if case.before.is_some() && !case.is_same_process {
        return Ok(Vec::new());
    }
    let least = case.before.map_or(MANY as u64, |_| case.window.least_growth());
    let mut groups = read(case.instances(case.after, cancel)?);
    for scopes in groups.values_mut() {
        scopes.retain(|&scope| !explained.contains(scope));
    }
    groups.retain(|_, scopes| scopes.len() as u64 >= least);
    let mut found = Vec::new();
    if groups.is_empty() {
        return Ok(found);
    }
    let then = match case.before {
        Some(before) => {
            let id = |node| before.heap.nodes.id(node);
            let groups = read(case.instances(before, cancel)?).into_iter();
            groups.map(|(info, scopes)| (id(info), scopes.into_iter().map(id).collect())).collect()
        }
        None => FxHashMap::<NodeId, FxHashSet<NodeId>>::default(),
    };
    for (scope_info, nodes) in groups {
        cancel.check()?;
        let old = then.get(&heap.nodes.id(scope_info));
        let is_old = |node: NodeIndex| old.is_some_and(|old| old.contains(&heap.nodes.id(node)));
        let count = old.map_or(0, FxHashSet::len);
        let still = nodes.iter().filter(|&&node| is_old(node)).count();
        let more = (nodes.len() as u64).saturating_sub(count as u64);
        // Where most are gone, others have taken their place: work under way.
        if case.before.is_some() && (more < least || count >= LEAST_TO_TELL && 2 * still < count) {
            continue;
        }
        let all = nodes.iter().map(|&node| Scope { node, size: 0, is_new: !is_old(node) }).collect();
        let Some(variable) = heaviest_variable(case.after, &nodes) else { continue };
        let mut scopes = Scopes {
            scope_info,
            all,
            variable,
            chain: None,
            more: case.before.map(|_| more),
            stays: count >= LEAST_TO_TELL,
        };
        scopes.weigh(case.after);
        found.push(scopes);
    }
    found.sort_by_key(|scopes| (std::cmp::Reverse(scopes.size()), scopes.scope_info));
    Ok(found)
}

/// The variable whose values the scopes keep alone, and that keep most.
fn heaviest_variable(snapshot: &Snapshot, scopes: &[NodeIndex]) -> Option<StringIndex> {
    let mut weights: FxHashMap<StringIndex, u64> = FxHashMap::default();
    for &scope in scopes {
        for (name, value) in variables(&snapshot.heap, scope) {
            if snapshot.graph.dominators.immediate_dominator(value) == scope {
                *weights.entry(name).or_default() += snapshot.graph.dominators.retained_size(value);
            }
        }
    }
    weights.into_iter().max_by_key(|&(name, weight)| (weight, std::cmp::Reverse(name))).map(|(name, _)| name)
}

fn variables(heap: &Heap, scope: NodeIndex) -> impl Iterator<Item = (StringIndex, NodeIndex)> + '_ {
    heap.nodes.edges(scope).filter_map(|edge| Some((variable(heap, EdgeIndex(edge as u32))?, heap.edges.target(edge))))
}

impl Scopes {
    /// Bytes that the variable keeps, over all.
    pub(super) fn size(&self) -> u64 {
        self.all.iter().map(|scope| scope.size).sum()
    }

    /// What the variable of each keeps; as a chain, if that is what they are.
    fn weigh(&mut self, snapshot: &Snapshot) {
        let dominators = &snapshot.graph.dominators;
        let value = |scope: NodeIndex| {
            let mut variables = variables(&snapshot.heap, scope).filter(|(name, _)| *name == self.variable);
            variables.find(|&(_, value)| dominators.immediate_dominator(value) == scope).map(|(_, value)| value)
        };
        let members: FxHashSet<NodeIndex> = self.all.iter().map(|scope| scope.node).collect();
        // By scope: what keeps it, and the steps there.
        let mut behind: FxHashMap<NodeIndex, NodeIndex> = FxHashMap::default();
        let mut steps: FxHashMap<usize, usize> = FxHashMap::default();
        let mut head = None;
        for scope in &self.all {
            let mut at = scope.node;
            for step in 0..MOST_STEPS_UP {
                let last = at;
                at = dominators.immediate_dominator(at);
                if members.contains(&at) {
                    if value(at) == Some(last) {
                        behind.insert(at, scope.node);
                        *steps.entry(step).or_default() += 1;
                    }
                    break;
                }
            }
            if !members.contains(&at) {
                let size = dominators.retained_size(scope.node);
                head = head.filter(|&(_, most)| most >= size).or(Some((scope.node, size)));
            }
        }
        let linked = behind.len() as f64 >= CHAINED * (self.all.len().saturating_sub(1)) as f64;
        let steps = steps.into_iter().max_by_key(|&(steps, count)| (count, steps)).map(|(steps, _)| steps);
        if let (true, Some((head, _)), Some(steps)) = (linked && self.all.len() > 2, head, steps) {
            self.chain = Some(Chain { head, steps });
        }
        let is_chain = self.chain.is_some();
        for scope in &mut self.all {
            let size = dominators.retained_size(scope.node);
            scope.size = match behind.get(&scope.node) {
                Some(&next) if is_chain => size.saturating_sub(dominators.retained_size(next)),
                _ if is_chain => size,
                _ => {
                    let mut variables =
                        variables(&snapshot.heap, scope.node).filter(|(name, _)| *name == self.variable);
                    let own = variables.find(|&(_, value)| dominators.immediate_dominator(value) == scope.node);
                    own.map_or(0, |(_, value)| dominators.retained_size(value))
                }
            };
        }
    }
}

/// The functions that keep a scope, by themselves or by a scope inside of it; `None` if a call that is not done does too.
pub(super) fn keepers(snapshot: &Snapshot, scope: NodeIndex) -> Option<Vec<NodeIndex>> {
    let heap = &snapshot.heap;
    let mut found = Vec::new();
    let mut scopes = vec![scope];
    for _ in 0..MOST_INNER_SCOPES {
        let mut inner = Vec::new();
        for &scope in &scopes {
            for (edge, source) in snapshot.graph.retainers.of(&heap.nodes, scope).take(MOST_RETAINERS) {
                if heap.edges.kind(edge.at()) != EdgeKind::Internal {
                    continue;
                }
                match heap.nodes.kind(source) {
                    NodeKind::CLOSURE if heap.edge_is_named(edge.at(), "context") => found.push(source),
                    NodeKind::OBJECT if heap.edge_is_named(edge.at(), "previous") => inner.push(source),
                    // A generator, or an async function that waits.
                    NodeKind::OBJECT if heap.edge_is_named(edge.at(), "context") => return None,
                    _ => {}
                }
            }
        }
        scopes = inner;
        if scopes.is_empty() {
            break;
        }
    }
    Some(found)
}
