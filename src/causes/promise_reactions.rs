//! Cause `promise-reactions`: more and more waits for a promise that never settles.
//!
//! `Promise.race([shutdown, work()])`, `await shutdown` or `shutdown.then(…)` per request leave a reaction at the promise,
//! which stays until the promise settles, and keeps what waits: a callback with its scope, a suspended call with all its
//! variables, the result of the race. Or every call of a function waits for a promise of its own that nobody settles. Seen:
//! chains of reactions at pending promises ([`reactions`]) that grow, or calls of one place that stay ([`pile`]).
//!
//! `O(strings + n)` for the search, then only what the piles found hold.

mod pile;
mod reactions;

use std::collections::BTreeMap;

use rustc_hash::FxHashSet;

use self::pile::{Member, Pile};
use self::reactions::{Chain, WaiterKind};
use super::Cause;
use super::case::{Case, Claim, Explained};
use super::finding::{Evidence, Finding, Growth, Held};
use super::holder::Holder;
use super::parting::Parting;
use super::{makers, shared_scope, uses};
use crate::analysis::accumulation::Subtree;
use crate::analysis::figures;
use crate::analysis::paths;
use crate::analysis::places;
use crate::analysis::scripts::SourceLocation;
use crate::cancel::CancelToken;
use crate::error::Result;
use crate::snapshot::{EdgeIndex, NodeIndex};

/// What keeps a promise is looked for so far up the dominators.
const MOST_STEPS_UP: usize = 64;
/// What waits must be at least this part of what piles up: else it is not the promises that leak.
const PART: f64 = 0.5;

/// The cause.
pub(super) struct PromiseReactions;

impl Cause for PromiseReactions {
    fn name(&self) -> &'static str {
        "promise-reactions"
    }

    fn claims(&self, case: &Case<'_>, explained: &Explained, cancel: &CancelToken) -> Result<Vec<Claim>> {
        let chains = reactions::read(case.instances(case.after, cancel)?, cancel)?;
        let piles = pile::find(case, &chains, explained, cancel)?;
        let mut claims: Vec<Claim> = Vec::new();
        let mut told: FxHashSet<NodeIndex> = FxHashSet::default();
        for pile in &piles {
            // Who waits for those who wait is kept by them.
            let is_told = |member: &&Member| is_kept_by(case, chains[member.chain].promise, &told);
            let kept = pile.members.iter().filter(is_told).count();
            if 2 * kept > pile.members.len() {
                continue;
            }
            if let Some(claim) = self.claim(case, pile, &chains, cancel)? {
                told.extend(&claim.explains);
                claims.push(claim);
            }
        }
        Ok(claims)
    }
}

/// Whether a node is freed with one of `told`.
fn is_kept_by(case: &Case<'_>, node: NodeIndex, told: &FxHashSet<NodeIndex>) -> bool {
    let dominator =
        |&node: &NodeIndex| (node != NodeIndex::ROOT).then(|| case.after.graph.dominators.immediate_dominator(node));
    std::iter::successors(Some(node), dominator).take(MOST_STEPS_UP).any(|node| told.contains(&node))
}

/// Whose the pile is.
struct Owner {
    node: NodeIndex,
    path: Vec<EdgeIndex>,
    holder: Holder,
    /// `shutdown`, `array waiting`.
    label: String,
    /// What keeps the members and nothing else, each.
    tops: Vec<NodeIndex>,
}

impl PromiseReactions {
    /// What is told of a pile; nothing, if it is Node's own, or what waits is not what weighs.
    fn claim(&self, case: &Case<'_>, pile: &Pile, chains: &[Chain], cancel: &CancelToken) -> Result<Option<Claim>> {
        let describer = case.describer();
        let graph = &case.after.graph;
        let owner = match pile.promise {
            Some(promise) => promise_owner(case, pile, promise, cancel)?,
            None => common_owner(case, pile, chains, cancel)?,
        };
        let Some(owner) = owner else { return Ok(None) };
        let mut location = pile.waiter.function.as_ref().map(|(_, location)| location.clone());
        if location.is_none() {
            if owner.holder.is_internal {
                return Ok(None);
            }
            location = caller(case, pile, &owner, cancel)?;
        }
        let mut evidence = evidence(pile, &owner);
        let holds = held(case, pile, chains, &mut evidence, cancel)?.into_iter().collect();
        let retained_size = pile.retained_size();
        let mut signature = case.signature(self.name()).part(noun(pile.waiter.kind)).place(location.as_ref());
        if pile.promise.is_some() {
            signature = signature.part(&owner.holder.name);
        }
        let finding = Finding {
            cause: self.name(),
            title: title(pile, &owner, location.as_ref()),
            advice: advice(case, pile, &owner),
            confidence: confidence(case, pile),
            count: pile.members.len() as u64,
            growth: pile.growth.map(|growth| Growth {
                count: growth.count,
                bytes: growth.bytes,
                per_round: case.window.per_round(growth.count),
            }),
            shallow_size: pile.members.iter().map(|member| graph.sizes.shallow_size(member.reaction)).sum(),
            retained_size,
            share: retained_size as f64 / graph.dominators.retained_size(NodeIndex::ROOT).max(1) as f64,
            owner: describer.node(owner.node),
            path: describer.steps(&owner.path),
            holds,
            accumulation_point: Some(describer.node(owner.node)),
            keywords: keywords(&owner, location.as_ref()),
            signature: signature.to_string(),
            evidence,
            location,
        };
        Ok(Some(Claim { finding, explains: owner.tops }))
    }
}

/// The promise that all wait for.
fn promise_owner(case: &Case<'_>, pile: &Pile, promise: NodeIndex, cancel: &CancelToken) -> Result<Option<Owner>> {
    let describer = case.describer();
    let path = paths::shortest_path(case.after, promise, cancel)?.unwrap_or_default();
    let holder = Holder::with_methods(&describer, &path, methods(pile.waiter.kind));
    let label = match (holder.name.as_str(), holder.is_direct) {
        ("", _) => "a promise".to_owned(),
        (name, true) => format!("the promise {name}"),
        (name, false) => format!("a promise in {name}"),
    };
    let tops = pile.members.iter().map(|member| member.reaction).collect();
    Ok(Some(Owner { node: promise, path, holder, label, tops }))
}

/// What holds the promises that they wait for, each one of its own.
fn common_owner(case: &Case<'_>, pile: &Pile, chains: &[Chain], cancel: &CancelToken) -> Result<Option<Owner>> {
    let mut promises: Vec<NodeIndex> = pile.members.iter().map(|member| chains[member.chain].promise).collect();
    promises.sort_unstable();
    promises.dedup();
    let parting = Parting::of(case, &promises, cancel)?;
    if (pile.retained_size() as f64) < PART * parting.weight as f64 {
        return Ok(None);
    }
    let Parting { node, path, holder, label, tops, .. } = parting;
    Ok(Some(Owner { node, path, holder, label, tops }))
}

/// What is called to wait so.
fn methods(kind: WaiterKind) -> &'static [&'static str] {
    match kind {
        WaiterKind::Callback => &["then", "catch", "finally"],
        WaiterKind::Race => &["race", "then"],
        WaiterKind::Combination => &["all", "allSettled", "any"],
        WaiterKind::Call => &[],
    }
}

/// Where V8 itself waits: the one function that calls `Promise.race` with what is called as the promise.
fn caller(case: &Case<'_>, pile: &Pile, owner: &Owner, cancel: &CancelToken) -> Result<Option<SourceLocation>> {
    let known = owner.holder.location.clone();
    if known.is_some() && !owner.holder.is_class_only {
        return Ok(known);
    }
    let Some(name) = owner.holder.name.rsplit('.').next().filter(|name| !name.is_empty()) else { return Ok(known) };
    let describer = case.describer();
    let callers = uses::calling(&case.after.heap, name, methods(pile.waiter.kind), cancel)?;
    let places: Vec<SourceLocation> = callers
        .into_iter()
        .filter_map(|closure| describer.location(closure))
        .filter(|location| !location.url.to_str().starts_with("node:") && !makers::is_of_module(location))
        .collect();
    Ok(match places.as_slice() {
        [only] => Some(only.clone()),
        _ => known,
    })
}

fn noun(kind: WaiterKind) -> &'static str {
    match kind {
        WaiterKind::Callback => "callback",
        WaiterKind::Call => "suspended call",
        WaiterKind::Race => "reaction",
        WaiterKind::Combination => "reaction",
    }
}

/// `300 suspended calls of handle (src/x.js:12:1) wait for the promise Service.closed, which does not settle`.
fn title(pile: &Pile, owner: &Owner, location: Option<&SourceLocation>) -> String {
    let count = pile.members.len() as u64;
    let name = location.and_then(|location| location.function_name.as_ref()).map(ToString::to_string);
    let name = name.filter(|name| !name.is_empty());
    let all = if pile.of_waiter == pile.members.len() { "all " } else { "most " };
    let at = location.map(places::place);
    let what = match (pile.waiter.kind, &name, &at) {
        (WaiterKind::Call, Some(name), Some(at)) if all == "all " => {
            format!("{} of {name} ({at})", figures::counted(count, "suspended call"))
        }
        (WaiterKind::Race, ..) => format!("{} of Promise.race", figures::counted(count, "reaction")),
        (WaiterKind::Combination, ..) => format!("{} of Promise.all", figures::counted(count, "reaction")),
        (kind, ..) => figures::counted(count, noun(kind)),
    };
    let wait = if count == 1 { "waits" } else { "wait" };
    let target = match (pile.promise, owner.label.as_str()) {
        (Some(_), label) => format!("for {label}, which does not settle"),
        (None, "") => "for promises that do not settle".to_owned(),
        (None, label) => format!("for promises that do not settle, kept by {label}"),
    };
    let place = match (at, pile.waiter.kind) {
        (None, _) => String::new(),
        (Some(_), WaiterKind::Call) if name.is_some() && all == "all " => String::new(),
        (Some(at), WaiterKind::Callback) => format!(", {all}created at {at}"),
        (Some(at), _) => format!(", {all}from {at}"),
    };
    format!("{what} {wait} {target}{place}")
}

fn advice(case: &Case<'_>, pile: &Pile, owner: &Owner) -> String {
    let unit = &case.window.unit;
    let promise = if owner.holder.name.is_empty() { "the promise" } else { owner.holder.name.as_str() };
    if pile.promise.is_none() {
        return format!(
            "Whoever makes these promises must settle every one, with an error too: when the {unit} is given up, when the \
             connection closes, after a time limit. What waits for them keeps all its variables until then."
        );
    }
    match pile.waiter.kind {
        WaiterKind::Callback => format!(
            "A promise takes no callback back: each stays until {promise} settles. Call `then` once, outside of the code that \
             runs per {unit}, or keep the callbacks in a Set that they are deleted from when done."
        ),
        WaiterKind::Call => format!(
            "Each call keeps its variables until {promise} settles. Settle it when the {unit} is done with, or wait for \
             something that ends with the {unit}, such as an AbortSignal of its own."
        ),
        WaiterKind::Race => format!(
            "Every `Promise.race` leaves a reaction at {promise}, with the result of the race, though the race is over. \
             Race with a promise made per {unit}, as of a timer that is cleared, and let {promise} settle that one through a \
             Set or a listener that is removed."
        ),
        WaiterKind::Combination => format!(
            "`Promise.all` and its like wait for all, and {promise} does not settle: leave it out, or give each {unit} a time \
             limit."
        ),
    }
}

fn confidence(case: &Case<'_>, pile: &Pile) -> f64 {
    let Some(growth) = pile.growth else { return if pile.promise.is_some() { 0.5 } else { 0.4 } };
    let per_round = case.window.per_round(growth.count);
    let is_paced = case.window.is_paced(growth.count);
    let is_exact = case.window.is_exact(growth.count);
    match (pile.promise.is_some(), pile.stays) {
        // Two processes may differ for better reasons than a leak.
        _ if !case.is_same_process => 0.6,
        // The pace of a series is for all its windows to tell.
        (true, true) if case.window.is_of_series => 0.9,
        (_, true) if case.window.is_of_series => 0.8,
        (true, true) if is_exact => 0.99,
        (_, true) if is_exact => 0.95,
        (_, true) if is_paced => 0.9,
        (true, true) if per_round.is_none_or(|per_round| per_round >= 1.0) => 0.85,
        (false, true) if per_round.is_none_or(|per_round| per_round >= 1.0) => 0.7,
        (_, true) => 0.6,
        (_, false) if is_exact => 0.8,
        (_, false) if is_paced => 0.7,
        (_, false) => 0.4,
    }
}

/// What one of those that keep a middling amount keeps alive; and in `evidence`, whose fault that is.
fn held(
    case: &Case<'_>,
    pile: &Pile,
    chains: &[Chain],
    evidence: &mut BTreeMap<&'static str, Evidence>,
    cancel: &CancelToken,
) -> Result<Option<Held>> {
    let heap = &case.after.heap;
    let median = pile.median_size();
    // In a chain the first has the shortest path.
    let Some(sample) = pile.members.iter().find(|member| member.size >= median) else { return Ok(None) };
    let chain = &chains[sample.chain];
    let alone = chain.way.len() == 1;
    let Some(position) = chain.reactions(heap).position(|reaction| reaction == sample.reaction) else {
        return Ok(None);
    };
    let top = if alone { chain.promise } else { sample.reaction };
    let fence: FxHashSet<NodeIndex> = chain.reactions(heap).nth(position + 1).into_iter().collect();
    let subtree = Subtree::explore(case.after, top, &fence, |_| 0, cancel)?;
    let heaviest = subtree.accumulation_point(sample.size);
    if heaviest == top {
        return Ok(None);
    }
    let mut path = if alone { Vec::new() } else { chain.way[..=position].to_vec() };
    path.extend(subtree.path_to(heaviest));
    let describer = case.describer();
    shared_scope::explain(&describer, &path, "the callback", evidence);
    Ok(Some(Held { node: describer.node(heaviest), path: describer.steps(&path), retained_size: sample.size }))
}

fn keywords(owner: &Owner, location: Option<&SourceLocation>) -> Vec<String> {
    let mut keywords: Vec<String> =
        owner.holder.name.split('.').filter(|name| !name.is_empty()).map(str::to_owned).collect();
    if let Some(location) = location {
        keywords.push(places::short_url(&location.url.to_str()));
        keywords.extend(location.function_name.as_ref().map(ToString::to_string).filter(|name| !name.is_empty()));
    }
    keywords
}

fn evidence(pile: &Pile, owner: &Owner) -> BTreeMap<&'static str, Evidence> {
    let kind = match pile.waiter.kind {
        WaiterKind::Callback => "callbacks of then, catch or finally",
        WaiterKind::Call => "suspended calls of async functions",
        WaiterKind::Race => "Promise.race, or promises that follow this one",
        WaiterKind::Combination => "Promise.all, allSettled or any",
    };
    let mut evidence = BTreeMap::from([
        ("waiters", kind.into()),
        ("ofTheMostFrequent", pile.of_waiter.into()),
        ("places", pile.places.into()),
        ("retainedPerWaiter", pile.median_size().into()),
    ]);
    if !owner.label.is_empty() {
        evidence.insert(if pile.promise.is_some() { "promise" } else { "keptBy" }, owner.label.clone().into());
    }
    if let Some(library) = &pile.waiter.library {
        evidence.insert("library", places::place(library).into());
    }
    evidence
}
