//! The listener audit: every emitter of a snapshot, its events, and who made their listeners.
//!
//! `O(strings + edges + listeners)` a snapshot, and a search for the path of each emitter that is told.

use std::cmp::Reverse;

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use super::emitters::{self, Emitter, Event, Site};
use super::patterns::EmitterKind;
use crate::analysis::diff::Identity;
use crate::analysis::disclosure::StringContents;
use crate::analysis::node_ref::{Describer, PathStep};
use crate::analysis::paths;
use crate::analysis::scripts::{Scripts, SourceLocation};
use crate::analysis::source_maps::SourceMapOptions;
use crate::analysis::sources::Sources;
use crate::cancel::CancelToken;
use crate::error::{Error, ErrorKind, Result};
use crate::graph::Snapshot;
use crate::snapshot::{NodeId, Text};

/// What an audit tells.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AuditOptions {
    /// At most so many emitters, those with most listeners (or most growth) first.
    pub limit: usize,
    /// Takes the snapshots for ones of one process, in which an emitter is known again by its id, or of several, whatever
    /// they look like.
    pub identity: Option<Identity>,
    /// Where source maps are looked for.
    pub source_maps: SourceMapOptions,
}

impl Default for AuditOptions {
    fn default() -> Self {
        Self { limit: 100, identity: None, source_maps: SourceMapOptions::default() }
    }
}

/// All emitters with listeners.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ListenerAudit {
    /// Version of this shape.
    pub schema_version: u32,
    /// Emitters, at most as many as asked for.
    pub emitters: Vec<AuditedEmitter>,
    /// How many emitters with listeners there are in all.
    pub emitter_count: u64,
    /// Listeners of all emitters, told or not.
    pub total_listeners: u64,
    /// The emitters told that have more listeners on an event than their limit.
    pub over_limit: Vec<AuditedEmitter>,
}

/// An emitter.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AuditedEmitter {
    /// V8's id.
    pub id: NodeId,
    /// `process`, or the class.
    pub name: Text,
    /// What it is.
    pub kind: EmitterKind,
    /// The limit of listeners per event; `null` if the program set one that the snapshot does not tell, or none.
    pub max_listeners: Option<u32>,
    /// From the root to it.
    pub path: Vec<PathStep>,
    /// Most listeners first.
    pub events: Vec<AuditedEvent>,
}

/// An event.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AuditedEvent {
    /// Its name; `[key]` if that is data.
    pub event: Text,
    /// How many listeners.
    pub count: u64,
    /// How many more than in the first snapshot; absent for one snapshot.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub growth: Option<i64>,
    /// By who made them, most first.
    pub sites: Vec<AuditedSite>,
}

/// A place in the source.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AuditedSite {
    /// Where; absent for built-in functions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<SourceLocation>,
    /// Name of the function; empty for one without.
    pub function_name: Text,
    /// How many listeners.
    pub count: u64,
    /// Bytes freed with them.
    pub retained_size: u64,
}

/// An emitter that is known again in another snapshot, and one of its events.
type EventKey = (String, Text);

/// Audits the last snapshot; with several, tells the growth since the first as well.
pub fn audit_listeners(snapshots: &[&Snapshot], options: &AuditOptions, cancel: &CancelToken) -> Result<ListenerAudit> {
    let Some((&last, earlier)) = snapshots.split_last() else {
        return Err(Error::new(ErrorKind::InvalidArg("expected at least one snapshot".to_owned())));
    };
    snapshots.iter().try_for_each(|snapshot| snapshot.heap.whole())?;
    let is_same_process = match (earlier.first(), options.identity) {
        (None, _) => true,
        (Some(_), Some(identity)) => identity == Identity::SameProcess,
        (Some(first), None) => Identity::of(&first.heap, &last.heap, cancel)? == Identity::SameProcess,
    };
    let then = match earlier.first() {
        Some(first) => Some(counts(first, is_same_process, cancel)?),
        None => None,
    };
    let scripts = Scripts::new(&last.heap);
    let sources = Sources::new(&options.source_maps);
    let describer = Describer::new(last, &scripts, StringContents::None).with_sources(&sources);
    let auditor = Auditor { describer, then, is_same_process };
    let mut found: Vec<_> = emitters::read(last, 1, cancel)?
        .into_iter()
        .map(|emitter| (emitter.events.iter().map(Event::count).sum::<usize>() as u64, emitter))
        .collect();
    let emitter_count = found.len() as u64;
    let total_listeners = found.iter().map(|(count, _)| count).sum();
    found.sort_by_cached_key(|(count, emitter)| Reverse((auditor.greatest_growth(emitter), *count)));
    found.truncate(options.limit);
    let mut emitters = Vec::with_capacity(found.len());
    let mut over_limit = Vec::new();
    for (_, emitter) in &found {
        let audited = auditor.emitter(emitter, cancel)?;
        if is_over_limit(emitter) {
            over_limit.push(audited.clone());
        }
        emitters.push(audited);
    }
    Ok(ListenerAudit { schema_version: 1, emitters, emitter_count, total_listeners, over_limit })
}

/// Whether an event has more listeners than Node lets pass without a warning.
fn is_over_limit(emitter: &Emitter) -> bool {
    emitter
        .events
        .iter()
        .any(|event| event.is_warned || emitter.max_listeners.is_some_and(|limit| event.count() > limit as usize))
}

fn key(snapshot: &Snapshot, emitter: &Emitter, event: &Event, by_id: bool) -> EventKey {
    let emitter = match by_id {
        true => snapshot.heap.nodes.id(emitter.node).to_string(),
        false => emitters::name(snapshot, emitter).to_string(),
    };
    (emitter, event.name.clone())
}

/// How many listeners each event of each emitter has.
fn counts(snapshot: &Snapshot, by_id: bool, cancel: &CancelToken) -> Result<FxHashMap<EventKey, u64>> {
    let mut counts: FxHashMap<EventKey, u64> = FxHashMap::default();
    for emitter in &emitters::read(snapshot, 1, cancel)? {
        for event in &emitter.events {
            *counts.entry(key(snapshot, emitter, event, by_id)).or_default() += event.count() as u64;
        }
    }
    Ok(counts)
}

/// Makes answers about one snapshot's emitters.
struct Auditor<'a> {
    describer: Describer<'a>,
    then: Option<FxHashMap<EventKey, u64>>,
    is_same_process: bool,
}

impl Auditor<'_> {
    fn growth(&self, emitter: &Emitter, event: &Event) -> Option<i64> {
        let then = self.then.as_ref()?;
        let key = key(self.describer.snapshot(), emitter, event, self.is_same_process);
        Some(event.count() as i64 - then.get(&key).map_or(0, |&count| count as i64))
    }

    /// 0 unless snapshots are compared.
    fn greatest_growth(&self, emitter: &Emitter) -> i64 {
        emitter.events.iter().filter_map(|event| self.growth(emitter, event)).max().unwrap_or(0)
    }

    fn emitter(&self, emitter: &Emitter, cancel: &CancelToken) -> Result<AuditedEmitter> {
        let snapshot = self.describer.snapshot();
        let path = paths::shortest_path(snapshot, emitter.node, cancel)?.unwrap_or_default();
        let events = emitter.events.iter().map(|event| AuditedEvent {
            event: event.name.clone(),
            count: event.count() as u64,
            growth: self.growth(emitter, event),
            sites: event.sites.iter().map(|site| self.site(site)).collect(),
        });
        Ok(AuditedEmitter {
            id: snapshot.heap.nodes.id(emitter.node),
            name: emitters::name(snapshot, emitter),
            kind: emitter.pattern.kind,
            max_listeners: emitter.max_listeners,
            path: self.describer.steps(&path),
            events: events.collect(),
        })
    }

    fn site(&self, site: &Site) -> AuditedSite {
        let heap = &self.describer.snapshot().heap;
        let name = site.function.map(|function| heap.strings.text(heap.nodes.name(function)));
        AuditedSite {
            location: site.function.and_then(|function| self.describer.location(function)),
            function_name: name.unwrap_or_default(),
            count: site.listeners.len() as u64,
            retained_size: site.listeners.iter().map(|listener| listener.retained_size).sum(),
        }
    }
}
