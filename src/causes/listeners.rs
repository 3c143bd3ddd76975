//! Cause `listeners`: the same place in the source adds a listener to the same event, or to an event of its own, again and
//! again, and nobody removes it.
//!
//! Seen: an event whose listeners were made by one function literal, many of them in one snapshot, or growing from one
//! snapshot to the next. Every listener keeps its function, the function its context, and the context whatever any function
//! of that scope uses: that is how a listener that captures nothing keeps a response body. Which kinds of emitters are
//! known is data ([`patterns`]); how they are read is in [`emitters`].
//!
//! `O(strings + edges)` for the search, then only what the piles found hold.

mod audit;
mod emitters;
mod patterns;
mod pile;

use std::collections::BTreeMap;

use rustc_hash::FxHashSet;

pub use audit::{AuditOptions, AuditedEmitter, AuditedEvent, AuditedSite, ListenerAudit, audit_listeners};
pub use patterns::EmitterKind;

use self::patterns::{Anchor, PIPED_BY_NODE, UNTELLING_VARIABLES};
use self::pile::{Pile, PileGrowth};
use super::Cause;
use super::case::{Case, Claim, Explained};
use super::finding::{Evidence, Finding, Growth, Held};
use super::shared_scope;
use crate::analysis::accumulation::Subtree;
use crate::analysis::figures;
use crate::analysis::merged::tree::FOLDED;
use crate::analysis::paths;
use crate::analysis::places;
use crate::analysis::scripts::SourceLocation;
use crate::cancel::CancelToken;
use crate::error::Result;
use crate::graph::Snapshot;
use crate::graph::bitset::Bitset;
use crate::snapshot::{EdgeIndex, EdgeKind, Heap, NodeIndex, Text};

/// The cause.
pub(super) struct Listeners;

/// What emitters hold as listeners, by node: of emitters or events of a name, or of all. `O(strings + edges)`.
pub fn listeners_of(snapshot: &Snapshot, name: Option<&str>, cancel: &CancelToken) -> Result<Bitset> {
    let mut found = Bitset::new(snapshot.heap.nodes.len());
    for emitter in emitters::read(snapshot, 1, cancel)? {
        let is_wanted = name.is_none_or(|name| emitters::name(snapshot, &emitter) == *name);
        for event in emitter.events.iter().filter(|event| is_wanted || name.is_some_and(|name| event.name == *name)) {
            for listener in event.sites.iter().flat_map(|site| &site.listeners) {
                found.insert(listener.entry.at());
            }
        }
    }
    Ok(found)
}

impl Cause for Listeners {
    fn name(&self) -> &'static str {
        "listeners"
    }

    fn claims(&self, case: &Case<'_>, explained: &Explained, cancel: &CancelToken) -> Result<Vec<Claim>> {
        let mut emitters = emitters::read(case.after, 2, cancel)?;
        emitters.retain(|emitter| !explained.contains(emitter.node));
        let mut piles = pile::find(case, &emitters, cancel)?;
        piles.retain(|pile| !is_piped_by_node(case, pile));
        piles.iter().map(|pile| self.claim(case, pile, cancel)).collect()
    }
}

impl Listeners {
    fn claim(&self, case: &Case<'_>, pile: &Pile<'_>, cancel: &CancelToken) -> Result<Claim> {
        let describer = case.describer();
        let sizes = &case.after.graph.sizes;
        let total_size = case.after.graph.dominators.retained_size(NodeIndex::ROOT);
        let location = pile.site.function.and_then(|function| describer.location(function));
        let path = paths::shortest_path(case.after, pile.emitter.node, cancel)?.unwrap_or_default();
        let entries: Vec<NodeIndex> = pile.listeners().map(|listener| listener.entry).collect();
        let retained_size = pile.retained_size();
        let mut evidence = evidence(pile);
        let holds = held(case, pile, &mut evidence, cancel)?.into_iter().collect();
        let finding = Finding {
            cause: self.name(),
            title: title(pile, location.as_ref()),
            advice: advice(case, pile),
            confidence: confidence(case, pile),
            count: entries.len() as u64,
            growth: pile.growth.map(|growth| Growth {
                count: growth.count,
                bytes: growth.bytes,
                per_round: case.window.per_round(growth.count),
            }),
            shallow_size: entries.iter().map(|&entry| sizes.shallow_size(entry)).sum(),
            retained_size,
            share: retained_size as f64 / total_size.max(1) as f64,
            owner: describer.node(pile.emitter.node),
            path: describer.steps(&path),
            holds,
            accumulation_point: Some(describer.node(pile.event.holder)),
            keywords: keywords(pile, location.as_ref()),
            signature: case
                .signature(self.name())
                .part(&pile.emitter_name.to_str())
                .part(&pile.event_name().map_or(FOLDED.into(), Text::to_str))
                .place(location.as_ref())
                .to_string(),
            evidence,
            location,
        };
        let mut explains = pile.explains();
        explains.extend(store_of_events(&case.after.heap, pile));
        Ok(Claim { finding, explains })
    }
}

/// What an emitter keeps its events in, where these pile up: their names are a part of it.
fn store_of_events(heap: &Heap, pile: &Pile<'_>) -> Option<NodeIndex> {
    match pile.emitter.pattern.anchor {
        Anchor::Property(name) if pile.event_name().is_none() => {
            heap.follow(pile.emitter.node, EdgeKind::Property, name)
        }
        _ => None,
    }
}

/// Whether the listeners came with what Node pipes: they are a part of that.
fn is_piped_by_node(case: &Case<'_>, pile: &Pile<'_>) -> bool {
    let heap = &case.after.heap;
    let (variable, class) = PIPED_BY_NODE;
    let scope = pile.site.function.and_then(|function| heap.follow(function, EdgeKind::Internal, "context"));
    let source = scope.and_then(|scope| heap.follow(scope, EdgeKind::Context, variable));
    source.is_some_and(|source| heap.node_is_named(source, class))
}

/// `400 'uncaughtException' listeners on process, all created at dist/apiProxy.service.js:34:39`.
fn title(pile: &Pile<'_>, location: Option<&SourceLocation>) -> String {
    let (count, total) = (pile.count(), pile.total());
    let of_total = if count == total { String::new() } else { format!(" of {}", figures::grouped(total)) };
    let emitter = match pile.emitter_count() {
        1 => pile.emitter_name.to_string(),
        several => figures::counted(several as u64, &pile.emitter_name.to_str()),
    };
    let all = if count == total { "all " } else { "" };
    let made = match location {
        Some(location) => format!("created at {}", places::place(location)),
        None => "created by one function".to_owned(),
    };
    let count = figures::grouped(count);
    let listeners = match pile.event_name() {
        Some(event) => format!("'{event}' listeners"),
        None => format!("listeners for {} events", figures::grouped(pile.event_count() as u64)),
    };
    format!("{count}{of_total} {listeners} on {emitter}, {all}{made}")
}

fn advice(case: &Case<'_>, pile: &Pile<'_>) -> String {
    let event = pile.event_name().map_or_else(|| "event".to_owned(), |name| format!("'{name}'"));
    let unit = &case.window.unit;
    let remove = match pile.emitter.pattern.kind {
        EmitterKind::EventEmitter => format!("remove it when done (`off({event}, listener)`)"),
        EmitterKind::EventTarget => format!("remove it when done (`removeEventListener({event}, listener)`)"),
        EmitterKind::EmitterLike => "unsubscribe when done".to_owned(),
    };
    let mut advice = match pile.event_name() {
        Some(_) => format!("Add the listener once, outside of the code that runs per {unit}; or {remove}."),
        None => format!(
            "Where a {unit} listens for an event of its own, {remove}, also if the event never comes: after a time."
        ),
    };
    if pile.event.is_warned {
        advice.push_str(" Node has warned of it (MaxListenersExceededWarning); raising the limit only hides the leak.");
    }
    advice
}

fn confidence(case: &Case<'_>, pile: &Pile<'_>) -> f64 {
    match pile.growth {
        Some(PileGrowth { over_events: Some(increase), .. }) => increase.confidence(&case.window),
        Some(growth) if case.window.is_exact(growth.count) => 0.99,
        Some(_) if case.is_same_process => 0.9,
        // Two processes may differ for better reasons than a leak, such as their load: no more than a suspicion.
        Some(_) => 0.6,
        None if pile.event.is_warned => 0.6,
        None => 0.5,
    }
}

/// What one listener, of those that keep a middling amount, keeps alive; and in `evidence`, whose fault that is.
fn held(
    case: &Case<'_>,
    pile: &Pile<'_>,
    evidence: &mut BTreeMap<&'static str, Evidence>,
    cancel: &CancelToken,
) -> Result<Option<Held>> {
    let snapshot = case.after;
    let median = pile.median_size();
    // The first in the emitter's order has the shortest path through a chain of listeners.
    let Some(sample) = pile.site.listeners.iter().find(|listener| listener.retained_size >= median) else {
        return Ok(None);
    };
    let others = pile.event.sites.iter().flat_map(|site| &site.listeners).map(|listener| listener.entry);
    let fence: FxHashSet<NodeIndex> = others.filter(|&entry| entry != sample.entry).collect();
    let dislike = |edge: EdgeIndex| {
        u32::from(UNTELLING_VARIABLES.iter().any(|variable| snapshot.heap.edge_is_named(edge.at(), variable)))
    };
    let subtree = Subtree::explore(snapshot, sample.entry, &fence, dislike, cancel)?;
    let heaviest = subtree.accumulation_point(sample.retained_size);
    if heaviest == sample.entry {
        return Ok(None);
    }
    // From the emitter to the listener, if that is how it is reached.
    let to_listener = paths::shortest_path(snapshot, sample.entry, cancel)?.unwrap_or_default();
    let edges = &snapshot.heap.edges;
    let emitter = to_listener.iter().position(|edge| edges.target(edge.at()) == pile.emitter.node);
    let mut path = emitter.map_or_else(Vec::new, |at| to_listener[at + 1..].to_vec());
    path.extend(subtree.path_to(heaviest));
    let describer = case.describer();
    shared_scope::explain(&describer, &path, "the listener", evidence);
    Ok(Some(Held { node: describer.node(heaviest), path: describer.steps(&path), retained_size: sample.retained_size }))
}

fn keywords(pile: &Pile<'_>, location: Option<&SourceLocation>) -> Vec<String> {
    let mut keywords: Vec<String> = pile.event_name().map(ToString::to_string).into_iter().collect();
    keywords.push(pile.emitter_name.to_string());
    if let Some(location) = location {
        keywords.push(places::short_url(&location.url.to_str()));
        keywords.extend(location.function_name.as_ref().map(ToString::to_string).filter(|name| !name.is_empty()));
    }
    keywords
}

fn evidence(pile: &Pile<'_>) -> BTreeMap<&'static str, Evidence> {
    let mut evidence = BTreeMap::from([
        ("emitter", pile.emitter_name.to_string().into()),
        ("emitterKind", pile.emitter.pattern.library.into()),
        ("listenersOfEvent", pile.total().into()),
        ("emitters", pile.emitter_count().into()),
        ("retainedPerListener", pile.median_size().into()),
    ]);
    match pile.event_name() {
        Some(event) => evidence.insert("event", event.to_string().into()),
        None => evidence.insert("events", pile.event_count().into()),
    };
    if let Some(limit) = pile.emitter.max_listeners {
        evidence.insert("maxListeners", u64::from(limit).into());
    }
    if !pile.also.is_empty() {
        let events: Vec<String> = pile.also.iter().map(|(event, _)| event.name.to_string()).collect();
        evidence.insert("alsoOnEvents", events.join(", ").into());
    }
    if pile.event.is_warned {
        evidence.insert("warned", "MaxListenersExceededWarning".into());
    }
    evidence
}
