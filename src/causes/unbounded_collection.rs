//! Cause `unbounded-collection`: entries are added to a Map, Set, array or object for as long as the program runs, and nobody
//! takes them out.
//!
//! In two snapshots: the same collection with more entries, in proportion to the rounds if those are known ([`grown`]). A
//! cache at its bound, a ring buffer and whatever turns over has as many entries as before, so it does not grow; Node's own
//! collections (modules, timers, sockets) are left to others. In one: an enormous one, which is no proof.
//!
//! `O(n)` for finding large collections, `O(entries)` for those.

mod contents;
mod linked;
mod nested;
mod registered;
mod room;

use std::collections::BTreeMap;

use rustc_hash::{FxHashMap, FxHashSet};

use super::Cause;
use super::application;
use super::case::{Case, Claim, Explained};
use super::collections::{self, CollectionKind};
use super::finding::{ADDED_AT, Evidence, Finding, Growth, ROOM};
use super::grown::{self, Collection, Grown};
use super::holder::{self, Holder};
use super::keys;
use super::makers;
use super::oddballs;
use super::shared_scope;
use super::uses;
use crate::analysis::figures;
use crate::analysis::node_ref::Describer;
use crate::analysis::paths;
use crate::analysis::places;
use crate::analysis::scripts::SourceLocation;
use crate::analysis::suspects;
use crate::cancel::CancelToken;
use crate::error::Result;
use crate::graph::Snapshot;
use crate::snapshot::{EdgeIndex, EdgeKind, NodeIndex, NodeKind};

/// In one snapshot: at least so many entries,
const MANY: u64 = 1000;
/// that keep at least this part of the heap,
const SHARE: f64 = 0.2;
/// and at least so many bytes: a small heap is mostly Node's own.
const LEAST_SIZE: u64 = 4_000_000;
/// Two collections that share this part of what came with their entries are one leak.
const SAME: f64 = 0.5;
/// So many references of a new member are looked at.
const MOST_REFERENCES: usize = 16;

/// Variables of Node's own that programs fill (Node 16 to 26), by which method where what is in them tells nothing of the program, and
/// what takes out again.
const FILLED_BY_PROGRAMS: [(&str, Option<&str>, &str); 4] = [
    ("kObservers", None, "`observer.disconnect()`"),
    ("active_hooks.array", None, "`hook.disable()`"),
    ("markEntryBuffer", Some("mark"), "`performance.clearMarks(name)`"),
    ("measureEntryBuffer", Some("measure"), "`performance.clearMeasures(name)`"),
];

/// Variables of packages, by file, that these empty themselves, but not at once: undici (5 to 7) takes timers that were cleared out of
/// its list twice a second.
const EMPTIED_BY_PACKAGES: [(&str, &str); 1] = [("node_modules/undici/lib/util/timers.js", "fastTimers")];

/// The cause.
pub(super) struct UnboundedCollection;

impl Cause for UnboundedCollection {
    fn name(&self) -> &'static str {
        "unbounded-collection"
    }

    fn claims(&self, case: &Case<'_>, explained: &Explained, cancel: &CancelToken) -> Result<Vec<Claim>> {
        if case.before.is_none() {
            return self.enormous(case, explained, cancel);
        }
        let mut claims: Vec<Claim> = Vec::new();
        let mut told = Told::default();
        for grown in all_grown(case, explained, cancel)? {
            let path = paths::shortest_path(case.after, grown.collection.node, cancel)?.unwrap_or_default();
            let path = by_weak_map(case, path, cancel)?;
            let mut holder = Holder::of(&case.describer(), &path, grown.collection.kind);
            if holder.is_internal && filled_by_programs(&holder).is_none() || is_emptied(&holder) {
                continue;
            }
            holder.by_source(&case.describer(), grown.collection.kind);
            let mut claim = self.claim(case, &grown.collection, Some(&grown), &path, &holder);
            let is_own = claim.finding.location.as_ref().is_some_and(|location| !makers::is_of_package(location));
            if !is_own && let Some(place) = filling(case, &grown, &holder, cancel)? {
                application::relocate(&mut claim.finding, place);
            }
            let kin = Kin::of(case, &grown);
            if let Some(at) = told.same(&kin) {
                let label = label(&case.describer(), &grown.collection, &holder);
                also(&mut claims[at], claim, grown.collection.kind, &label);
            } else {
                told.add(kin, claims.len());
                let is_function = |node: &&NodeIndex| case.after.heap.nodes.kind(**node) == NodeKind::CLOSURE;
                if let Some(&function) = grown.members.iter().rev().find(is_function) {
                    shared_scope::explain_function(case, grown.collection.node, function, &mut claim.finding, cancel)?;
                }
                claims.push(claim);
            }
        }
        for (claim, members) in linked::claims(self.name(), case, explained, cancel)? {
            let members = members.into_iter().map(|member| vec![member]).collect();
            let kin = Kin { members, field: None, is_room: false };
            match told.same(&kin) {
                // A cache may have a Map of what it links.
                Some(at) => claims[at].explains.extend(claim.explains),
                None => {
                    told.add(kin, claims.len());
                    claims.push(claim);
                }
            }
        }
        claims.extend(registered::claims(self.name(), case, explained, cancel)?);
        contents::add_evidence(case, &mut claims, cancel)?;
        Ok(claims)
    }
}

impl UnboundedCollection {
    /// What keeps a large part of the heap by itself, in one snapshot.
    fn enormous(&self, case: &Case<'_>, explained: &Explained, cancel: &CancelToken) -> Result<Vec<Claim>> {
        let dominators = &case.after.graph.dominators;
        let threshold = ((SHARE * dominators.retained_size(NodeIndex::ROOT) as f64) as u64).max(LEAST_SIZE);
        let mut claims = Vec::new();
        let mut told = FxHashSet::default();
        let mut large = grown::large(case.after, MANY, cancel)?;
        large.retain(|&node| dominators.retained_size(node) >= threshold && !explained.contains(node));
        // The outer one tells of those inside.
        large.sort_by_key(|&node| std::cmp::Reverse(dominators.retained_size(node)));
        for node in large {
            cancel.check()?;
            let around = std::iter::successors(Some(node), |&node| {
                (node != NodeIndex::ROOT).then(|| dominators.immediate_dominator(node))
            });
            if around.into_iter().any(|node| told.contains(&node)) {
                continue;
            }
            let Some(collection) = Collection::read(&case.after.heap, node).filter(|it| it.count() >= MANY) else {
                continue;
            };
            let path = paths::shortest_path(case.after, node, cancel)?.unwrap_or_default();
            let mut holder = Holder::of(&case.describer(), &path, collection.kind);
            if !holder.is_internal {
                told.insert(node);
                holder.by_source(&case.describer(), collection.kind);
                claims.push(self.claim(case, &collection, None, &path, &holder));
            }
        }
        contents::add_evidence(case, &mut claims, cancel)?;
        Ok(claims)
    }

    fn claim(
        &self,
        case: &Case<'_>,
        collection: &Collection,
        grown: Option<&Grown>,
        path: &paths::RetainingPath,
        holder: &Holder,
    ) -> Claim {
        let describer = case.describer();
        let graph = &case.after.graph;
        let node = collection.node;
        let retained_size = graph.dominators.retained_size(node).max(grown.map_or(0, |grown| grown.bytes));
        let pattern = keys::pattern(&describer, collection);
        let values = values(&describer, collection);
        let label = label(&describer, collection, holder);
        let mut evidence: BTreeMap<&'static str, Evidence> = BTreeMap::from([
            ("collection", label.clone().into()),
            ("values", values.clone().into()),
            ("retainedPerEntry", (retained_size / collection.count().max(1)).into()),
        ]);
        if let Some(pattern) = pattern {
            evidence.insert("keys", pattern.name().into());
        }
        if let Some(room) = collection.room {
            evidence.insert(ROOM, room.into());
        }
        if let Some(place) = &holder.added_at {
            evidence.insert(ADDED_AT, places::place(place).into());
        }
        if !holder.functions.is_empty() {
            evidence.insert("functions", holder.functions.join(", ").into());
        }
        let members = collection.entries.iter().flat_map(|entry| [entry.key, entry.value]).flatten();
        let distinct: FxHashSet<NodeIndex> = members.collect();
        let mut keywords = vec![label.clone()];
        keywords.extend(holder.name.split('.').filter(|name| !name.is_empty()).map(str::to_owned));
        keywords.extend(holder.file.clone());
        let class_name = describer.class_name(node).to_string();
        // Where nothing is known of the owner, the values' constructor is the place to begin.
        let value = collection.entries.iter().rev().find_map(|entry| entry.value).filter(|_| holder.file.is_none());
        let of_value = || describer.location(value?).filter(|location| !location.url.to_str().starts_with("node:"));
        let location = holder.location.clone().or_else(of_value);
        let finding = Finding {
            cause: self.name(),
            title: title(collection, &label, holder, pattern.map(keys::KeyPattern::name), &values),
            advice: advice(case, collection.kind, &label, holder, grown.is_some()),
            confidence: grown.map_or(0.45, |grown| grown.confidence(case)),
            count: collection.count(),
            growth: grown.map(|grown| Growth {
                count: grown.more,
                bytes: grown.bytes,
                // Room comes in steps.
                per_round: case.window.per_round(grown.more).filter(|_| collection.room.is_none()),
            }),
            shallow_size: distinct.iter().map(|&member| graph.sizes.shallow_size(member)).sum(),
            retained_size,
            share: retained_size as f64 / graph.dominators.retained_size(NodeIndex::ROOT).max(1) as f64,
            owner: describer.node(node),
            location,
            path: describer.steps(path),
            holds: Vec::new(),
            accumulation_point: Some(describer.node(node)),
            keywords,
            signature: case
                .signature(self.name())
                .part(&match collection.parts {
                    0 => collection.kind.noun(&class_name),
                    _ => format!("{}s", collection.kind.noun_of_part()),
                })
                .part(&holder.name)
                .file(holder.url.as_ref())
                .to_string(),
            evidence,
        };
        Claim { finding, explains: vec![node] }
    }
}

/// Which method adds to a variable of Node's own that programs fill, and what takes out again.
fn filled_by_programs(holder: &Holder) -> Option<(Option<&'static str>, &'static str)> {
    let known = FILLED_BY_PROGRAMS.iter().find(|(name, ..)| holder.is_internal && holder.name == *name);
    known.map(|&(_, adds, takes_out)| (adds, takes_out))
}

/// Whether a package empties it.
fn is_emptied(holder: &Holder) -> bool {
    holder.file.as_ref().is_some_and(|file| EMPTIED_BY_PACKAGES.contains(&(file, &holder.name)))
}

/// The way to what a WeakMap has for a key leads by the WeakMap, which has a name, and not by the key, where it does by that.
fn by_weak_map(case: &Case<'_>, path: paths::RetainingPath, cancel: &CancelToken) -> Result<paths::RetainingPath> {
    let Snapshot { heap, graph } = case.after;
    let table = |edge: EdgeIndex| graph.weak_pairs.of(heap.edges.name(edge.at())?)?.table;
    let Some(at) = path.iter().rposition(|&edge| table(edge).is_some()) else { return Ok(path) };
    let Some(table) = table(path[at]).and_then(|id| heap.nodes.find_id(id)) else { return Ok(path) };
    let value = heap.edges.target(path[at].at());
    let entry = heap.nodes.edges(table).find(|&edge| heap.edges.target(edge) == value);
    let is_table = |&(edge, _): &(EdgeIndex, NodeIndex)| heap.edge_is_named(edge.at(), "table");
    let (Some(entry), Some((own, map))) = (entry, graph.retainers.of(&heap.nodes, table).find(is_table)) else {
        return Ok(path);
    };
    let Some(mut way) = paths::shortest_path(case.after, map, cancel)? else { return Ok(path) };
    way.extend([own, EdgeIndex(entry as u32)]);
    way.extend(&path[at + 1..]);
    Ok(way)
}

/// Where entries come from, if nothing is known of who has the collection but maybe a package: the one place that made the
/// functions in it, or the one function of the program that adds to something of that name, if none of a package does. A list of
/// Node's own has the one function that calls what adds to it.
fn filling(case: &Case<'_>, grown: &Grown, holder: &Holder, cancel: &CancelToken) -> Result<Option<SourceLocation>> {
    let describer = case.describer();
    let heap = &case.after.heap;
    let is_function = |node: &NodeIndex| heap.nodes.kind(*node) == NodeKind::CLOSURE;
    let own = |location: &SourceLocation| !makers::is_of_package(location);
    if grown.members.iter().all(is_function) {
        // Those that a package has, their own place tells.
        if holder.location.is_some() {
            return Ok(None);
        }
        let code = |node: NodeIndex| heap.follow(node, EdgeKind::Internal, "shared");
        let first = grown.members.first().copied();
        let is_one = grown.members.iter().all(|&member| code(member) == first.and_then(code));
        return Ok(first.filter(|_| is_one).and_then(|first| makers::place(&describer, first)).filter(own));
    }
    let is_of_program = holder.location.as_ref().map_or(holder.file.is_some(), own);
    let adding = match filled_by_programs(holder) {
        Some((None, _)) => return Ok(None),
        Some((Some(adds), _)) => uses::calling(heap, adds, &[adds], cancel)?,
        None => {
            let name = holder.name.rsplit('.').next().filter(|name| !name.is_empty() && !is_of_program);
            let methods = holder::adding_methods(grown.collection.kind);
            let Some(name) = name.filter(|_| !methods.is_empty()) else { return Ok(None) };
            uses::calling(heap, name, methods, cancel)?
        }
    };
    let mut places: Vec<SourceLocation> =
        adding.into_iter().filter_map(|function| makers::place(&describer, function)).collect();
    Ok(places.pop().filter(|place| places.is_empty() && own(place)))
}

/// All collections that grew; those inside of others, which grew together, as one.
fn all_grown(case: &Case<'_>, explained: &Explained, cancel: &CancelToken) -> Result<Vec<Grown>> {
    let mut grown = grown::grown(case, explained, cancel)?;
    let mut nested = nested::grown(case, explained, cancel)?;
    // New lists of new users, say: that there are more of them tells it already.
    nested.retain(|all| grown.iter().all(|one| one.collection.node != all.collection.node));
    let members: FxHashSet<NodeIndex> = nested.iter().flat_map(|all| &all.members).copied().collect();
    grown.retain(|one| one.members.is_empty() || !one.members.iter().all(|member| members.contains(member)));
    grown.append(&mut nested);
    let mut roomier = room::grown(case, explained, cancel)?;
    roomier.retain(|room| grown.iter().all(|one| one.collection.node != room.collection.node));
    grown.append(&mut roomier);
    // What has things in it tells more than what has room for numbers.
    grown.sort_by_key(|grown| {
        (grown.collection.room.is_some(), std::cmp::Reverse((grown.bytes, grown.collection.count())))
    });
    Ok(grown)
}

/// What tells whether two collections that grew are one leak.
struct Kin {
    /// What came with their entries, each with what it refers to: one may hold records of what the other holds.
    members: Vec<Vec<NodeIndex>>,
    /// The object that has the collection in a field, and by how much the collection grew: a cache may have a list of keys,
    /// another of values and a Map of both.
    field: Option<(NodeIndex, u64)>,
    /// Whether only the room is known that it has, so that it may be of any of that object's collections.
    is_room: bool,
}

impl Kin {
    fn of(case: &Case<'_>, grown: &Grown) -> Self {
        let Snapshot { heap, graph } = case.after;
        let is_object = |node: &NodeIndex| matches!(heap.nodes.kind(*node), NodeKind::OBJECT | NodeKind::CLOSURE);
        let with_references = |&member: &NodeIndex| {
            let edges = heap.nodes.edges(member).take(MOST_REFERENCES).map(|edge| heap.edges.target(edge));
            let referred = edges.filter(|target| is_object(target) && case.is_new(*target));
            [member].into_iter().chain(referred).collect()
        };
        // Where there are objects, they tell: two collections of their own may have the same keys.
        let has_objects = grown.members.iter().any(is_object);
        let members = grown.members.iter().filter(|member| !has_objects || is_object(member));
        let members = members.map(with_references).collect();
        let mut holders = graph.retainers.of(&heap.nodes, grown.collection.node);
        let is_field = |&(edge, holder): &(EdgeIndex, NodeIndex)| {
            let is_own = match heap.nodes.kind(holder) {
                // A function with lists of its calls.
                NodeKind::CLOSURE => true,
                _ if holder::is_class(heap, holder) => !suspects::is_machinery(heap, holder),
                // Of an object without a class the properties may be caches of different meaning, unless it is one of many.
                _ => is_entry(case.after, holder),
            };
            heap.edges.kind(edge.at()) == EdgeKind::Property && is_own && !heap.node_is_named(holder, "Module")
        };
        let field = holders.find(is_field).map(|(_, holder)| (holder, grown.more));
        Self { members, field, is_room: grown.collection.room.is_some() }
    }
}

/// Whether a collection has the object as an entry.
fn is_entry(snapshot: &Snapshot, object: NodeIndex) -> bool {
    let heap = &snapshot.heap;
    let mut retainers = snapshot.graph.retainers.of(&heap.nodes, object);
    retainers.any(|(_, holder)| heap.nodes.kind(holder) == NodeKind::ARRAY || heap.node_is_named(holder, "Array"))
}

/// What the claims so far tell of, each by its position.
#[derive(Default)]
struct Told {
    members: FxHashMap<NodeIndex, usize>,
    fields: FxHashMap<(NodeIndex, u64), usize>,
    /// By the object that has the first of them in a field.
    holders: FxHashMap<NodeIndex, usize>,
}

impl Told {
    /// The claim that tells of the same leak.
    fn same(&self, kin: &Kin) -> Option<usize> {
        let mut shared: FxHashMap<usize, usize> = FxHashMap::default();
        for member in &kin.members {
            if let Some(at) = member.iter().find_map(|node| self.members.get(node)) {
                *shared.entry(*at).or_default() += 1;
            }
        }
        let most = shared.into_iter().max_by_key(|&(at, count)| (count, std::cmp::Reverse(at)));
        let by_member = most.filter(|&(_, count)| count as f64 >= SAME * kin.members.len() as f64).map(|(at, _)| at);
        by_member.or_else(|| {
            let field = kin.field?;
            let by_room = || self.holders.get(&field.0).filter(|_| kin.is_room);
            self.fields.get(&field).or_else(by_room).copied()
        })
    }

    fn add(&mut self, kin: Kin, at: usize) {
        self.members.extend(kin.members.into_iter().flatten().map(|member| (member, at)));
        if let Some(field) = kin.field {
            self.fields.insert(field, at);
            self.holders.entry(field.0).or_insert(at);
        }
    }
}

/// Adds to a claim that of another collection of the same leak. Of the two, what has keys tells more than a list.
fn also(claim: &mut Claim, other: Claim, kind: CollectionKind, label: &str) {
    let text = |finding: &Finding, name| match finding.evidence.get(name) {
        Some(Evidence::Text(text)) => Some(text.clone()),
        _ => None,
    };
    let mut label = label.to_owned();
    let mut others = text(&claim.finding, "alsoIn");
    let has_keys = matches!(kind, CollectionKind::Map | CollectionKind::Dictionary);
    let is_list = claim.finding.owner.class_name.to_str() == "Array";
    if has_keys && is_list && claim.finding.confidence <= other.finding.confidence {
        label = text(&claim.finding, "collection").unwrap_or_default();
        others = others.or_else(|| text(&other.finding, "alsoIn"));
        let explains = std::mem::take(&mut claim.explains);
        *claim = other;
        claim.explains.extend(explains);
    } else {
        claim.explains.extend(other.explains);
    }
    let labels = others.map_or_else(|| label.clone(), |others| format!("{others}, {label}"));
    claim.finding.evidence.insert("alsoIn", labels.into());
}

/// `Map cache`, `array Log.lines`.
fn label(describer: &Describer<'_>, collection: &Collection, holder: &Holder) -> String {
    let class_name = describer.class_name(collection.node).to_string();
    if collection.parts == 0 {
        return holder.label(&collection.kind.noun(&class_name));
    }
    let parts = figures::counted(collection.parts as u64, collection.kind.noun_of_part());
    let outer = collections::kind(&describer.snapshot().heap, collection.node).unwrap_or(CollectionKind::Dictionary);
    format!("{parts} in {}", holder.label(&outer.noun(&class_name)))
}

/// What most values are: a class, or empty if they have nothing in common.
fn values(describer: &Describer<'_>, collection: &Collection) -> String {
    let heap = &describer.snapshot().heap;
    if collection.room.is_some() {
        return "numbers or flags".to_owned();
    }
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for entry in keys::sample(&collection.entries) {
        let node = if collection.kind == CollectionKind::Set { entry.key } else { entry.value };
        let name = match node.map(|node| (node, heap.nodes.kind(node))) {
            // Numbers up to 2^31, true and false leave no trace.
            None => "small values".to_owned(),
            Some((_, NodeKind::STRING | NodeKind::CONCATENATED_STRING | NodeKind::SLICED_STRING)) => {
                "strings".to_owned()
            }
            Some((_, NodeKind::CLOSURE)) => "functions".to_owned(),
            Some((_, NodeKind::NUMBER)) => "numbers".to_owned(),
            Some((node, _)) if oddballs::is_flag(heap, node) => "flags".to_owned(),
            Some((node, _)) => describer.class_name(node).to_string(),
        };
        *counts.entry(name).or_default() += 1;
    }
    let total: usize = counts.values().sum();
    let most = counts.into_iter().max_by_key(|&(_, count)| count).filter(|&(_, count)| 2 * count > total);
    most.map_or_else(|| "of several kinds".to_owned(), |(name, _)| name)
}

/// `3,000 entries in Map cache (dist/cache.js:3:10), keys like a UUID, values {at, body}`.
fn title(collection: &Collection, label: &str, holder: &Holder, pattern: Option<&'static str>, values: &str) -> String {
    let place = holder.place().map_or_else(String::new, |place| format!(" ({place})"));
    if let Some(room) = collection.room {
        return format!("room for {} {values} in {label}{place}", figures::grouped(room));
    }
    let (noun, like) = match collection.kind {
        CollectionKind::Map | CollectionKind::Dictionary => ("entries", "keys like"),
        CollectionKind::Set | CollectionKind::Array => ("elements", "like"),
    };
    let like = pattern.map_or_else(String::new, |pattern| format!(", {like} {pattern}"));
    let values = match collection.kind {
        CollectionKind::Map | CollectionKind::Dictionary => format!(", values {values}"),
        CollectionKind::Set | CollectionKind::Array => format!(", {values}"),
    };
    format!("{} {noun} in {label}{place}{like}{values}", figures::grouped(collection.count()))
}

fn advice(case: &Case<'_>, kind: CollectionKind, label: &str, holder: &Holder, has_grown: bool) -> String {
    if !has_grown {
        return format!("Check that {label} is meant to be that big; a second snapshot tells whether it grows.");
    }
    let unit = &case.window.unit;
    if let Some((_, takes_out)) = filled_by_programs(holder) {
        return format!("Every {unit} adds to {label}, a list of Node's own, and nothing leaves it: call {takes_out}.");
    }
    let remove = match kind {
        CollectionKind::Map | CollectionKind::Set => "`delete` an entry when it is done with",
        CollectionKind::Dictionary => "`delete` a key when it is done with",
        CollectionKind::Array => "take an element out when it is done with",
    };
    let bound = match kind {
        CollectionKind::Map | CollectionKind::Dictionary => {
            "if it is a cache, give it a bound or a time to live (an LRU), and keys that come again"
        }
        CollectionKind::Set | CollectionKind::Array => "or keep only the last few",
    };
    format!("Every {unit} adds to {label}, and nothing leaves it: {remove}; {bound}.")
}
