//! Cause `dominator`: the general suspect, for what no other cause explains.
//!
//! In one snapshot: what keeps a share of the heap ([`suspects`]). In two: where new things pile up ([`growth`]). Modules that
//! were loaded in between are left out, and what the loader keeps of them ([`loader`]): a program loads each once.

use std::collections::BTreeMap;

use rustc_hash::{FxHashMap, FxHashSet};

use super::Cause;
use super::bound::Bound;
use super::case::{Case, Claim, Explained};
use super::finding::{Evidence, Finding, Growth};
use super::grown::{self, Collection};
use super::loader;
use crate::analysis::figures;
use crate::analysis::growth::{self, MOST_BETWEEN_LINKS, Pair};
use crate::analysis::node_ref::{Describer, PathStep};
use crate::analysis::paths;
use crate::analysis::places;
use crate::analysis::scripts::SourceLocation;
use crate::analysis::signature;
use crate::analysis::suspects::{self, Pile};
use crate::cancel::CancelToken;
use crate::error::Result;
use crate::graph::Snapshot;
use crate::snapshot::{NodeIndex, NodeKind};

/// So many of the last steps to the owner tell which one it is, whatever the way there.
const TELLING_STEPS: usize = 2;

/// Variables of Node's own that hold no more than it has a limit for: the timings of the last 250 requests of `fetch`; and what
/// is to be done when timers and signals are collected, which is as often as the VM collects them; and the signals that wait for
/// a timeout or for another signal, as long as somebody listens, who is told as that (Node 18 to 26).
const LIMITED: [&str; 5] = [
    "resourceTimingBuffer",
    "clearTimeoutRegistry",
    "dependantSignalsCleanupRegistry",
    "sourceSignalsCleanupRegistry",
    "gcPersistentSignals",
];

/// Of two processes at most so many places are told.
const MOST_PLACES: usize = 16;

/// The cause.
pub(super) struct Dominator;

impl Cause for Dominator {
    fn name(&self) -> &'static str {
        "dominator"
    }

    fn claims(&self, case: &Case<'_>, explained: &Explained, cancel: &CancelToken) -> Result<Vec<Claim>> {
        let snapshot = case.after;
        match case.before {
            None => {
                let piles = suspects::suspects(snapshot, |node| explained.contains(node), cancel)?;
                let is_other = |pile: &Pile| !is_around_explained(snapshot, pile, explained);
                let claims = piles.into_iter().filter(is_other).map(|pile| self.claim(case, pile, None, cancel));
                claims.filter_map(Result::transpose).collect()
            }
            Some(before) if case.is_same_process => {
                let is_loading = |node| {
                    let kind = snapshot.heap.nodes.kind(node);
                    matches!(kind, NodeKind::CODE | NodeKind::OBJECT_SHAPE)
                        || kind == NodeKind::OBJECT && case.is_new(node) && snapshot.heap.node_is_named(node, "Module")
                };
                let pair = Pair {
                    before,
                    after: snapshot,
                    is_new: &|node| case.is_new(node) && !explained.contains(node),
                    is_skipped: &|node| explained.contains(node) || is_loading(node),
                    least_count: case.window.least_growth(),
                    least_bytes: case.least_bytes(),
                };
                let piles = growth::growth(&pair, cancel)?;
                // Records that others keep of what is told already.
                let is_record = |&&member: &&NodeIndex| grown::is_record_of_told(case, member, explained);
                let is_other = |pile: &Pile| 2 * pile.members.iter().filter(is_record).count() <= pile.members.len();
                piles
                    .into_iter()
                    .filter(|grown| is_other(&grown.pile))
                    .map(|grown| {
                        let per_round = case.window.per_round(grown.count);
                        let growth = Growth { count: grown.count, bytes: grown.bytes, per_round };
                        self.claim(case, grown.pile, Some(growth), cancel)
                    })
                    .filter_map(Result::transpose)
                    .collect()
            }
            // Objects of two processes cannot be told apart into old and new, but there are more of them in a place.
            Some(_) => {
                let mut claims = Vec::new();
                for (pile, growth) in grown_places(case, explained, cancel)? {
                    claims.extend(self.claim(case, pile, Some(growth), cancel)?);
                }
                Ok(claims)
            }
        }
    }
}

impl Dominator {
    /// What is told of a pile; nothing, if it is the module loader's, or somebody sees to its limit.
    fn claim(
        &self,
        case: &Case<'_>,
        pile: Pile,
        growth: Option<Growth>,
        cancel: &CancelToken,
    ) -> Result<Option<Claim>> {
        let snapshot = case.after;
        let describer = case.describer();
        let graph = &snapshot.graph;
        let path = paths::shortest_path(snapshot, pile.owner, cancel)?.unwrap_or_default();
        if loader::is_loader_cache(&describer, &path) {
            return Ok(None);
        }
        let path = describer.steps(&path);
        let is_limited = |step: &PathStep| step.edge_type == "context" && LIMITED.contains(&&*step.edge_name.to_str());
        if path.iter().rev().take(TELLING_STEPS).any(is_limited) {
            return Ok(None);
        }
        // A cache with a bound that has not reached it.
        let is_bounded = |collection| Bound::of(&describer, &collection) == Bound::Kept;
        if growth.is_some() && Collection::read(&snapshot.heap, pile.owner).is_some_and(is_bounded) {
            return Ok(None);
        }
        // Room that a package made once for all, and uses again and again.
        let is_of_package = |step: &PathStep| {
            let url = step.node.location.as_ref()?.url.to_str();
            (!url.starts_with("node:")).then(|| places::package_of(&url).is_some())
        };
        let is_room = pile.members.is_empty() && growth.is_none();
        if is_room && path.iter().rev().find_map(is_of_package) == Some(true) {
            return Ok(None);
        }
        let members = now(case, &pile);
        let member = pile.members.first().copied();
        // Where Node makes its own classes is nobody's question, and differs by version.
        let location = member
            .and_then(|member| describer.location(member))
            .filter(|location| !location.url.to_str().starts_with("node:"));
        let retained_size = graph.dominators.retained_size(pile.owner).max(pile.retained_size);
        let member_name = member.map_or_else(|| "bytes".to_owned(), |member| member_name(&describer, member));
        let owner = describer.node(pile.owner);
        let label = label(&path, &owner.class_name.to_str());
        let mut evidence: BTreeMap<&'static str, Evidence> =
            BTreeMap::from([("owner", label.clone().into()), ("members", member_name.clone().into())]);
        if let Some(member) = member {
            evidence.insert("retainedPerMember", graph.dominators.retained_size(member).into());
        }
        let mut keywords = vec![owner.class_name.to_string(), member_name.clone()];
        keywords.extend(
            path.iter().rev().map(|step| step.edge_name.to_string()).filter(|name| is_word(name)).take(TELLING_STEPS),
        );
        keywords.extend(location.as_ref().map(|location| places::short_url(&location.url.to_str())));
        let mut seen = std::collections::BTreeSet::new();
        keywords.retain(|keyword| seen.insert(keyword.clone()));
        let finding = Finding {
            cause: self.name(),
            title: title(members, &member_name, &label, retained_size, location.as_ref()),
            advice: advice(case, &label, growth.is_some()),
            confidence: match &growth {
                // Two processes may differ for better reasons than a leak.
                Some(growth) if !case.is_same_process => {
                    if case.window.is_exact(growth.count) {
                        0.75
                    } else {
                        0.5
                    }
                }
                Some(growth) if case.window.is_exact(growth.count) => 0.9,
                Some(growth) if growth.per_round.is_some_and(|per_round| per_round >= 1.0) => 0.8,
                Some(_) => 0.7,
                None => 0.4,
            },
            count: members,
            growth,
            shallow_size: pile.members.iter().map(|&member| graph.sizes.shallow_size(member)).sum(),
            retained_size,
            share: retained_size as f64 / graph.dominators.retained_size(NodeIndex::ROOT).max(1) as f64,
            accumulation_point: Some(describer.node(pile.point)),
            keywords,
            signature: case
                .signature(self.name())
                .part(&owner.class_name.to_str())
                .steps(&path[path.len().saturating_sub(TELLING_STEPS)..])
                .part(&member_name)
                .place(location.as_ref())
                .to_string(),
            owner,
            path,
            holds: Vec::new(),
            location,
            evidence,
        };
        Ok(Some(Claim { finding, explains: vec![pile.point] }))
    }
}

/// What piles up in places that both processes have, where it is more than noise and nothing else explains it.
fn grown_places(case: &Case<'_>, explained: &Explained, cancel: &CancelToken) -> Result<Vec<(Pile, Growth)>> {
    let Some(places) = case.places(cancel)? else { return Ok(Vec::new()) };
    let snapshot = case.after;
    let mut piles = Vec::new();
    for grown in &places.growth.grown {
        cancel.check()?;
        let (count, bytes): (i64, i64) = (grown.count_deltas().iter().sum(), grown.size_deltas().iter().sum());
        let (count, bytes) = (u64::try_from(count).unwrap_or(0), u64::try_from(bytes).unwrap_or(0));
        // What one process has none of is rather something that it alone has loaded.
        let is_known = grown.counts.first().is_some_and(|&count| count > 0) || case.window.is_exact(count);
        if bytes < case.least_bytes() || count < case.window.least_growth() || !is_known {
            continue;
        }
        let members = places.members(grown.place);
        let told = members.iter().filter(|&&member| explained.contains(member)).count();
        let is_data = |&member: &NodeIndex| !suspects::is_machinery(&snapshot.heap, member);
        let Some(&first) = members.first().filter(|_| 2 * told <= members.len()).filter(|it| is_data(it)) else {
            continue;
        };
        let owner = places.holder(first);
        let point = snapshot.graph.dominators.immediate_dominator(first);
        let retained_size = grown.sizes.last().copied().unwrap_or(0);
        let growth = Growth { count, bytes, per_round: case.window.per_round(count) };
        piles.push((Pile { owner, point, members, retained_size }, growth));
    }
    piles.truncate(MOST_PLACES);
    Ok(piles)
}

/// Whether most of the pile is held by what is explained, too: things of one cycle, which nothing tells to be new.
fn is_around_explained(snapshot: &Snapshot, pile: &Pile, explained: &Explained) -> bool {
    let is_held = |&&member: &&NodeIndex| {
        let mut retainers = snapshot.graph.retainers.of(&snapshot.heap.nodes, member);
        retainers.any(|(_, retainer)| explained.contains(retainer))
    };
    !pile.members.is_empty() && 2 * pile.members.iter().filter(is_held).count() > pile.members.len()
}

/// How many things of the pile's kind there are in its place, old ones too: beside each other, or behind each other. `O(n)`.
fn now(case: &Case<'_>, pile: &Pile) -> u64 {
    let Snapshot { heap, graph } = case.after;
    let dominators = &graph.dominators;
    let Some(&member) = pile.members.first() else { return 1 };
    let group = suspects::Group::of(case.after, member);
    let is_of_it = |node: &NodeIndex| suspects::Group::of(case.after, *node) == group;
    let beside = dominators.dominated(dominators.immediate_dominator(member)).filter(is_of_it).count();
    let members: FxHashSet<NodeIndex> = pile.members.iter().copied().collect();
    let is_behind_another = |&&member: &&NodeIndex| {
        let above = std::iter::successors(Some(member), |&node| Some(dominators.immediate_dominator(node)));
        above.skip(1).take(MOST_BETWEEN_LINKS).any(|node| members.contains(&node))
    };
    if 2 * pile.members.iter().filter(is_behind_another).count() < members.len() {
        return beside.max(members.len()) as u64;
    }
    // In a chain each keeps the next. What a node's dominator is known to be, the node is as well.
    let mut is_kept = FxHashMap::from_iter([(pile.owner, true), (NodeIndex::ROOT, pile.owner == NodeIndex::ROOT)]);
    let mut behind = 0;
    for node in heap.nodes.indices().filter(|&node| heap.nodes.kind(node) == heap.nodes.kind(member)).filter(is_of_it) {
        let way: Vec<NodeIndex> = std::iter::successors(Some(node), |&node| Some(dominators.immediate_dominator(node)))
            .take_while(|node| !is_kept.contains_key(node))
            .collect();
        let end = way.last().map_or(node, |&last| dominators.immediate_dominator(last));
        let known = is_kept[&end];
        is_kept.extend(way.into_iter().map(|node| (node, known)));
        behind += usize::from(known);
    }
    behind.max(pile.members.len()) as u64
}

fn member_name(describer: &Describer<'_>, member: NodeIndex) -> String {
    let node = describer.node(member);
    match describer.snapshot().heap.nodes.kind(member) {
        NodeKind::CLOSURE => format!("{} function", node.name),
        NodeKind::STRING | NodeKind::CONCATENATED_STRING | NodeKind::SLICED_STRING => "string".to_owned(),
        NodeKind::HIDDEN => node.name.to_str().trim_start_matches("system / ").to_owned(),
        _ => node.class_name.to_string(),
    }
}

/// How people would call the owner: `Registry.jobs (Array)`, `variable cache (Map)`, `Array in exports.cache`, or its class.
fn label(path: &[PathStep], class_name: &str) -> String {
    let is_named =
        |step: &PathStep| matches!(step.edge_type, "property" | "context") && is_word(&step.edge_name.to_str());
    // Classes of the VM's own things are written in parentheses: `(string)`.
    let class_name = class_name.trim_matches(['(', ')']);
    let Some(last) = path.iter().rposition(is_named) else { return class_name.to_owned() };
    let step = &path[last];
    let name = match (step.edge_type, last.checked_sub(1).map(|before| &path[before])) {
        ("property", Some(before)) => format!("{}.{}", holder_name(before), step.edge_name),
        ("property", None) => step.edge_name.to_string(),
        _ => format!("variable {}", step.edge_name),
    };
    if last + 1 == path.len() { format!("{name} ({class_name})") } else { format!("{class_name} in {name}") }
}

/// What stands before the point: the class of an object, or the name of a class with static properties; an object without a
/// class is known by its own name, as in `exports.cache`.
fn holder_name(holder: &PathStep) -> String {
    let class_name = holder.node.class_name.to_string();
    match holder.node.kind.as_str() {
        "closure" => holder.node.name.to_string(),
        _ if (class_name == "Object" || class_name.starts_with('{')) && is_word(&holder.edge_name.to_str()) => {
            holder.edge_name.to_string()
        }
        _ => class_name,
    }
}

/// Whether an edge's name is one that somebody wrote.
fn is_word(name: &str) -> bool {
    !signature::is_index(name) && name.starts_with(|c: char| c.is_alphabetic() || "_$#<".contains(c))
}

/// `320 Job objects in Registry.jobs (Array), 1.3 MB, created at dist/jobs.js:12:3`.
fn title(count: u64, member: &str, label: &str, size: u64, location: Option<&SourceLocation>) -> String {
    let size = figures::size(size);
    let created = location.map_or_else(String::new, |location| format!(", created at {}", places::place(location)));
    match member {
        "bytes" => format!("one {label} of {size}"),
        "string" => format!("{} in {label}, {size}", figures::counted(count, "string")),
        _ if member.ends_with(" function") => {
            format!("{} in {label}, {size}{created}", figures::counted(count, member))
        }
        _ => format!("{} in {label}, {size}{created}", figures::counted(count, &format!("{member} object"))),
    }
}

fn advice(case: &Case<'_>, label: &str, has_grown: bool) -> String {
    if has_grown {
        let unit = &case.window.unit;
        format!("What every {unit} adds to {label} must leave it again: delete it when done, or bound the collection.")
    } else {
        format!("Check that {label} is meant to be that big; a second snapshot tells whether it grows.")
    }
}
