//! Says why a small function keeps something big: it shares a scope with functions that need a variable which it does not.
//!
//! Told of any path that leaves a function for its scope and goes on by a variable, whatever cause found it.
//! `O(path)`, and one question to [`scope_use`].

use std::collections::BTreeMap;

use rustc_hash::FxHashSet;

use super::case::Case;
use super::finding::{Evidence, Finding, Held};
use super::scope_use::{self, Question, ScopeUse};
use crate::analysis::accumulation::Subtree;
use crate::analysis::node_ref::Describer;
use crate::analysis::paths;
use crate::analysis::scopes;
use crate::cancel::CancelToken;
use crate::error::Result;
use crate::snapshot::{EdgeIndex, EdgeKind, NodeIndex, NodeKind};

/// So many users are named.
const MOST_NAMED: usize = 3;

/// Where a path leaves a function for a variable of its scope.
pub(super) struct Crossing {
    /// The function.
    pub(super) kept: NodeIndex,
    /// The scope: its own, or one around it.
    pub(super) scope: NodeIndex,
    /// The variable.
    pub(super) variable: EdgeIndex,
}

impl Crossing {
    /// The first of the path.
    pub(super) fn first(describer: &Describer<'_>, way: &[EdgeIndex]) -> Option<Self> {
        let heap = &describer.snapshot().heap;
        let is_internal = |edge: EdgeIndex, name| {
            heap.edges.kind(edge.at()) == EdgeKind::Internal && heap.edge_is_named(edge.at(), name)
        };
        let mut function: Option<NodeIndex> = None;
        let mut scope: Option<NodeIndex> = None;
        for &edge in way {
            let target = heap.edges.target(edge.at());
            scope = match (function, scope) {
                (Some(_), _) if is_internal(edge, "context") => Some(target),
                (Some(_), Some(_)) if is_internal(edge, "previous") => Some(target),
                (Some(kept), Some(scope)) if scopes::variable(heap, edge).is_some() => {
                    return Some(Self { kept, scope, variable: edge });
                }
                _ => {
                    function = (heap.nodes.kind(target) == NodeKind::CLOSURE).then_some(target);
                    None
                }
            };
        }
        None
    }

    /// Which functions use the variable.
    pub(super) fn ask(&self, describer: &Describer<'_>) -> ScopeUse {
        let variable = describer.edge_name(self.variable).to_string();
        scope_use::ask(&Question { describer: *describer, scope: self.scope, variable: &variable, kept: self.kept })
    }
}

/// Explains, in `evidence`, why what is called `noun` ("the listener") keeps what the path leads to, if a shared scope is why.
pub(super) fn explain(
    describer: &Describer<'_>,
    way: &[EdgeIndex],
    noun: &str,
    evidence: &mut BTreeMap<&'static str, Evidence>,
) {
    let Some(crossing) = Crossing::first(describer, way) else { return };
    let variable = describer.edge_name(crossing.variable).to_string();
    let known = crossing.ask(describer);
    let Some(sentence) = sentence(&variable, &known, noun) else { return };
    evidence.insert("sharedScope", sentence.into());
    evidence.insert("variable", variable.into());
    evidence.insert("usesKnownBy", known_by(&known).into());
}

/// How it is known whether the function that is kept uses the variable.
pub(super) fn known_by(known: &ScopeUse) -> &'static str {
    known.known_by.filter(|_| known.kept_uses_it.is_some()).map_or("unknown", |by| by.name())
}

/// What `function`, one of those that pile up in the owner of `finding`, keeps, and why it does.
pub(super) fn explain_function(
    case: &Case<'_>,
    owner: NodeIndex,
    function: NodeIndex,
    finding: &mut Finding,
    cancel: &CancelToken,
) -> Result<()> {
    let size = case.after.graph.dominators.retained_size(function);
    let subtree = Subtree::explore(case.after, function, &FxHashSet::default(), |_| 0, cancel)?;
    let heaviest = subtree.accumulation_point(size);
    let to_function = paths::shortest_path(case.after, function, cancel)?.unwrap_or_default();
    let edges = &case.after.heap.edges;
    let at = to_function.iter().position(|edge| edges.target(edge.at()) == owner);
    let Some(at) = at.filter(|_| heaviest != function) else { return Ok(()) };
    let mut way = to_function[at + 1..].to_vec();
    way.extend(subtree.path_to(heaviest));
    let describer = case.describer();
    explain(&describer, &way, "the function", &mut finding.evidence);
    finding.holds.push(Held { node: describer.node(heaviest), path: describer.steps(&way), retained_size: size });
    Ok(())
}

/// `the listener uses nothing of its scope, but shares it with \`finish\`, which needs \`resolve\``; nothing where the function
/// that is kept uses the variable itself.
pub(super) fn sentence(variable: &str, known: &ScopeUse, noun: &str) -> Option<String> {
    let users = users(known);
    match (known.kept_uses_it, users) {
        (Some(true), _) => None,
        (Some(false), None) => Some(format!("{noun} does not use `{variable}` of its scope")),
        (Some(false), Some(users)) if known.kept_uses_nothing => {
            let needs = if known.users.len() == 1 { "needs" } else { "need" };
            Some(format!("{noun} uses nothing of its scope, but shares it with {users}, which {needs} `{variable}`"))
        }
        (Some(false), Some(users)) => {
            Some(format!("{noun} does not use `{variable}`, but shares its scope with {users}, which does"))
        }
        (None, Some(users)) => Some(format!(
            "{noun} keeps `{variable}`, a variable of its scope that {users} uses; whether {noun} does, the snapshot does \
             not tell"
        )),
        (None, None) => Some(format!(
            "{noun} keeps `{variable}`, a variable of its scope; which functions use it, the snapshot does not tell"
        )),
    }
}

/// `render`, or `a, b and 3 others`; `None` if none are known.
pub(super) fn users(known: &ScopeUse) -> Option<String> {
    let labels: Vec<String> = known.users.iter().map(scope_use::User::label).collect();
    match labels.as_slice() {
        [] => None,
        [only] => Some(only.clone()),
        many if many.len() <= MOST_NAMED => Some(many.join(", ")),
        many => Some(format!("{} and {} others", many[..MOST_NAMED].join(", "), many.len() - MOST_NAMED)),
    }
}
