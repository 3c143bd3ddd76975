//! Cause `closure-context`: a function that is kept keeps a variable that it does not use, because a sibling does.
//!
//! All functions made by a call share one scope, with every variable that any of them uses. Two ways to leak by it: many small
//! functions of one place are kept, and each keeps a big variable of a sibling; or a variable holds what the call before has
//! left, so that every call adds a scope to a chain (`theThing`). Seen: scopes of one function that pile up ([`scopes`]),
//! whose heaviest variable the kept functions do not use, as far as [`scope_use`] knows; or that keep each other. Where
//! nobody knows who uses the variable, only the chain is told.
//!
//! `O(strings + n)` for the search; then only the scopes found.

mod scopes;

use std::collections::BTreeMap;

use rustc_hash::FxHashSet;

use self::scopes::{Chain, Scope, Scopes};
use super::case::{Case, Claim, Explained};
use super::finding::{Evidence, Finding, Growth, Held};
use super::parting::Parting;
use super::scope_use::{self, Question, ScopeUse};
use super::{Cause, shared_scope};
use crate::analysis::accumulation::Subtree;
use crate::analysis::figures;
use crate::analysis::paths;
use crate::analysis::places;
use crate::analysis::scopes::variable;
use crate::analysis::scripts::SourceLocation;
use crate::cancel::CancelToken;
use crate::error::Result;
use crate::snapshot::{EdgeIndex, NodeIndex};

/// What the variable keeps must be at least this part of what piles up.
const PART: f64 = 0.5;
/// At most so many functions that keep a scope are asked for.
const MOST_KEEPERS: usize = 16;

/// Without a number of rounds, a chain that got so many links longer is one however light it is.
const LONG: u64 = 50;

/// The cause.
pub(super) struct ClosureContext;

impl Cause for ClosureContext {
    fn name(&self) -> &'static str {
        "closure-context"
    }

    fn claims(&self, case: &Case<'_>, explained: &Explained, cancel: &CancelToken) -> Result<Vec<Claim>> {
        let mut claims: Vec<Claim> = Vec::new();
        for scopes in scopes::find(case, explained, cancel)? {
            if !is_enough(case, &scopes) {
                continue;
            }
            let claim = match scopes.chain {
                Some(chain) => self.chain(case, &scopes, chain, cancel)?,
                None => self.siblings(case, &scopes, cancel)?,
            };
            // A scope around another one keeps the same; the one that keeps most is told.
            let is_told = |claim: &Claim| claims.iter().any(|told| overlap(told, claim));
            claims.extend(claim.filter(|claim| !is_told(claim)));
        }
        Ok(claims)
    }
}

fn overlap(told: &Claim, claim: &Claim) -> bool {
    let told: FxHashSet<NodeIndex> = told.explains.iter().copied().collect();
    claim.explains.iter().any(|node| told.contains(node))
}

/// Whether it is more than noise: a whole number per round, or many bytes.
fn is_enough(case: &Case<'_>, scopes: &Scopes) -> bool {
    match scopes.more {
        Some(more) => {
            let is_long = scopes.chain.is_some() && case.window.rounds.is_none() && more >= LONG;
            is_long || case.window.is_paced(more) || new_size(scopes) >= case.least_bytes()
        }
        None => {
            let total = case.after.graph.dominators.retained_size(NodeIndex::ROOT);
            scopes.size() as f64 >= case.window.noise() * total as f64
        }
    }
}

fn new_size(scopes: &Scopes) -> u64 {
    scopes.all.iter().filter(|scope| scope.is_new).map(|scope| scope.size).sum()
}

/// What is told of a pile, whichever kind it is.
struct Told {
    title: String,
    advice: String,
    location: Option<SourceLocation>,
    path: Vec<EdgeIndex>,
    owner: NodeIndex,
    holder: String,
    holds: Option<Held>,
    known: ScopeUse,
    explains: Vec<NodeIndex>,
    keywords: Vec<String>,
}

impl ClosureContext {
    /// Scopes that keep each other.
    fn chain(&self, case: &Case<'_>, scopes: &Scopes, chain: Chain, cancel: &CancelToken) -> Result<Option<Claim>> {
        let describer = case.describer();
        let heap = &case.after.heap;
        let variable = heap.strings.text(scopes.variable).to_string();
        let Some(keepers) = scopes::keepers(case.after, chain.head) else { return Ok(None) };
        let Some(&kept) = keepers.first() else { return Ok(None) };
        let known = scope_use::ask(&Question { describer, scope: chain.head, variable: &variable, kept });
        let maker = scope_use::maker(&describer, scopes.scope_info);
        let location = maker.and_then(|maker| maker.location).or_else(|| describer.location(kept));
        if is_internal(location.as_ref()) {
            return Ok(None);
        }
        let to_head = paths::shortest_path(case.after, chain.head, cancel)?.unwrap_or_default();
        // The owner is to the first scope what the variable of each is to the next.
        let path = to_head[..to_head.len().saturating_sub(chain.steps)].to_vec();
        let owner = path.last().map_or(chain.head, |edge| heap.edges.target(edge.at()));
        let count = scopes.all.len() as u64;
        let place = location.as_ref().map(called);
        let place = place.map_or_else(String::new, |place| format!(" of {place}"));
        let title = match known.kept_uses_it {
            Some(true) => format!(
                "a chain of {}{place}: each uses `{variable}`, what the one before has left",
                figures::counted(count, "function scope")
            ),
            _ => format!(
                "a chain of {}{place}: each keeps the one before through `{variable}`",
                figures::counted(count, "function scope")
            ),
        };
        let advice = match known.kept_uses_it {
            Some(true) => format!(
                "Every {} wraps what was there before once more. Wrap it once, or keep the original and wrap that one.",
                case.window.unit
            ),
            _ => format!(
                "All functions made in a call share one scope, so the one that is kept keeps `{variable}` too, and with it the \
                 scope of the call before. Set `{variable}` to null at the end of the call, or make the function that is kept \
                 outside of it."
            ),
        };
        let mut explains: Vec<NodeIndex> = vec![owner];
        explains.extend(scopes.all.iter().map(|scope| scope.node));
        let told = Told {
            title,
            advice,
            holds: held(case, scopes, chain.head, &to_head[path.len()..], cancel)?,
            location,
            path,
            owner,
            holder: String::new(),
            known,
            explains,
            keywords: vec![variable.clone()],
        };
        let confidence = confidence(case, scopes, true);
        Ok(Some(self.claim(case, scopes, told, confidence)))
    }

    /// Scopes that functions keep which do not use what weighs in them.
    fn siblings(&self, case: &Case<'_>, scopes: &Scopes, cancel: &CancelToken) -> Result<Option<Claim>> {
        let describer = case.describer();
        let heap = &case.after.heap;
        let variable = heap.strings.text(scopes.variable).to_string();
        let Some(sample) = sample(scopes) else { return Ok(None) };
        let Some(keepers) = scopes::keepers(case.after, sample.node) else { return Ok(None) };
        let mut known: Option<ScopeUse> = None;
        for &kept in keepers.iter().take(MOST_KEEPERS) {
            let answer = scope_use::ask(&Question { describer, scope: sample.node, variable: &variable, kept });
            if answer.kept_uses_it != Some(false) {
                return Ok(None);
            }
            known.get_or_insert(answer);
        }
        let (Some(known), Some(&kept)) = (known, keepers.first()) else { return Ok(None) };
        let location = describer.location(kept);
        if keepers.len() > MOST_KEEPERS || is_internal(location.as_ref()) {
            return Ok(None);
        }
        let nodes: Vec<NodeIndex> = scopes.all.iter().map(|scope| scope.node).collect();
        let parting = Parting::of(case, &nodes, cancel)?;
        if (scopes.size() as f64) < PART * parting.weight as f64 {
            return Ok(None);
        }
        let way: Vec<EdgeIndex> =
            parting.samples.first().map_or_else(Vec::new, |path| path[parting.path.len()..].to_vec());
        let first = way.last().map(|edge| heap.edges.target(edge.at()));
        let count = figures::counted(scopes.all.len() as u64, "function");
        let place =
            location.as_ref().map(places::place).map_or_else(String::new, |place| format!(" created at {place}"));
        let users = shared_scope::users(&known).unwrap_or_else(|| "a sibling".to_owned());
        let (holder, out_of) = match parting.label.as_str() {
            "" => (String::new(), String::new()),
            label => (format!(" in {label}"), format!(" of {label}")),
        };
        let told = Told {
            title: format!("{count}{place}, kept{holder}, hold on to `{variable}`, which only {users} uses"),
            advice: format!(
                "All functions made in a call share one scope, so each of these keeps `{variable}` as well. Make the function \
                 that is kept outside of that scope and hand it what it needs, or set `{variable}` to null when done; and take \
                 it out{out_of} when the {} is done.",
                case.window.unit
            ),
            location,
            holds: first.map(|first| held(case, scopes, first, &way, cancel)).transpose()?.flatten(),
            path: parting.path,
            owner: parting.node,
            holder: parting.label,
            known,
            explains: parting.tops,
            keywords: vec![variable.clone()],
        };
        let confidence = confidence(case, scopes, false);
        Ok(Some(self.claim(case, scopes, told, confidence)))
    }

    fn claim(&self, case: &Case<'_>, scopes: &Scopes, told: Told, confidence: f64) -> Claim {
        let describer = case.describer();
        let graph = &case.after.graph;
        let variable = case.after.heap.strings.text(scopes.variable).to_string();
        let retained_size = scopes.size();
        let mut evidence: BTreeMap<&'static str, Evidence> = BTreeMap::from([
            ("variable", variable.clone().into()),
            ("usesKnownBy", shared_scope::known_by(&told.known).into()),
            ("retainedPerScope", (retained_size / (scopes.all.len() as u64).max(1)).into()),
        ]);
        if scopes.chain.is_some() {
            evidence.insert("chain", scopes.all.len().into());
        }
        if !told.holder.is_empty() {
            evidence.insert("keptBy", told.holder.into());
        }
        if let Some(users) = shared_scope::users(&told.known) {
            evidence.insert("usedBy", users.into());
        }
        if let Some(sentence) = shared_scope::sentence(&variable, &told.known, "the function that is kept") {
            evidence.insert("sharedScope", sentence.into());
        }
        let mut keywords = told.keywords;
        if let Some(location) = &told.location {
            keywords.push(places::short_url(&location.url.to_str()));
            keywords.extend(location.function_name.as_ref().map(ToString::to_string).filter(|name| !name.is_empty()));
        }
        let finding = Finding {
            cause: self.name(),
            title: told.title,
            advice: told.advice,
            confidence,
            count: scopes.all.len() as u64,
            growth: scopes.more.map(|more| Growth {
                count: more,
                bytes: new_size(scopes),
                per_round: case.window.per_round(more),
            }),
            shallow_size: scopes.all.iter().map(|scope| graph.sizes.shallow_size(scope.node)).sum(),
            retained_size,
            share: retained_size as f64 / graph.dominators.retained_size(NodeIndex::ROOT).max(1) as f64,
            owner: describer.node(told.owner),
            path: describer.steps(&told.path),
            holds: told.holds.into_iter().collect(),
            accumulation_point: Some(describer.node(told.owner)),
            keywords,
            signature: case.signature(self.name()).part(&variable).place(told.location.as_ref()).to_string(),
            evidence,
            location: told.location,
        };
        Claim { finding, explains: told.explains }
    }
}

fn is_internal(location: Option<&SourceLocation>) -> bool {
    location.is_none_or(|location| location.url.to_str().starts_with("node:"))
}

/// `handle (dist/x.js:4:16)`.
fn called(location: &SourceLocation) -> String {
    let place = places::place(location);
    match location.function_name.as_ref().map(ToString::to_string).filter(|name| !name.is_empty()) {
        Some(name) => format!("{name} ({place})"),
        None => format!("the function at {place}"),
    }
}

/// The newest scope that keeps a middling amount.
fn sample(scopes: &Scopes) -> Option<Scope> {
    let mut sizes: Vec<u64> = scopes.all.iter().map(|scope| scope.size).collect();
    sizes.sort_unstable();
    let median = sizes.get(sizes.len() / 2).copied()?;
    scopes.all.iter().rev().find(|scope| scope.size >= median).copied()
}

/// What one scope keeps through the variable; `way` leads from the owner to the scope.
fn held(
    case: &Case<'_>,
    scopes: &Scopes,
    scope: NodeIndex,
    way: &[EdgeIndex],
    cancel: &CancelToken,
) -> Result<Option<Held>> {
    let heap = &case.after.heap;
    let edge = heap.nodes.edges(scope).find(|&edge| variable(heap, EdgeIndex(edge as u32)) == Some(scopes.variable));
    let Some(edge) = edge else { return Ok(None) };
    let value = heap.edges.target(edge);
    let others: FxHashSet<NodeIndex> =
        scopes.all.iter().map(|scope| scope.node).filter(|&other| other != scope).collect();
    let subtree = Subtree::explore(case.after, value, &others, |_| 0, cancel)?;
    let size = scopes.all.iter().find(|it| it.node == scope).map_or(0, |it| it.size);
    let heaviest = subtree.accumulation_point(size);
    let mut path = way.to_vec();
    path.push(EdgeIndex(edge as u32));
    path.extend(subtree.path_to(heaviest));
    let describer = case.describer();
    Ok(Some(Held { node: describer.node(heaviest), path: describer.steps(&path), retained_size: size }))
}

fn confidence(case: &Case<'_>, scopes: &Scopes, is_chain: bool) -> f64 {
    let Some(more) = scopes.more else { return if is_chain { 0.5 } else { 0.45 } };
    let per_round = case.window.per_round(more);
    match scopes.stays {
        // The pace of a series is for all its windows to tell.
        true if case.window.is_of_series => 0.8,
        // What names in bytecode tell is a little less sure than what hangs on itself.
        true if case.window.is_exact(more) => {
            if is_chain {
                0.95
            } else {
                0.9
            }
        }
        true if case.window.is_paced(more) => 0.85,
        true if per_round.is_none_or(|per_round| per_round >= 1.0) => 0.75,
        true => 0.6,
        false if case.window.is_exact(more) => 0.8,
        false if case.window.is_paced(more) => 0.7,
        false => 0.4,
    }
}
