//! Cause `unbounded-collection`: entries are added to a Map, Set, array or object for as long as the program runs, and nobody
//! takes them out.
//!
//! In two snapshots: the same collection with more entries, in proportion to the rounds if those are known ([`grown`]). A
//! cache at its bound, a ring buffer and whatever turns over has as many entries as before, so it does not grow; Node's own
//! collections (modules, timers, sockets) are left to others. In one: an enormous one, which is no proof.
//!
//! `O(n)` for finding large collections, `O(entries)` for those.

use std::collections::BTreeMap;

use rustc_hash::{FxHashMap, FxHashSet};

use super::Cause;
use super::case::{Case, Claim, Explained};
use super::collections::CollectionKind;
use super::finding::{Evidence, Finding, Growth};
use super::grown::{self, Collection, Grown};
use super::holder::Holder;
use super::keys;
use crate::analysis::figures;
use crate::analysis::node_ref::Describer;
use crate::analysis::paths;
use crate::analysis::signature::Signature;
use crate::cancel::CancelToken;
use crate::error::Result;
use crate::snapshot::{NodeIndex, NodeKind};

/// In one snapshot: at least so many entries,
const MANY: u64 = 1000;
/// that keep at least this part of the heap,
const SHARE: f64 = 0.2;
/// and at least so many bytes: a small heap is mostly Node's own.
const LEAST_SIZE: u64 = 4_000_000;
/// Two collections that share this part of their new members are one leak.
const SAME: f64 = 0.5;

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
        // By member: the claim that tells of it.
        let mut told: FxHashMap<NodeIndex, usize> = FxHashMap::default();
        for grown in grown::grown(case, explained, cancel)? {
            let path = paths::shortest_path(case.after, grown.collection.node, cancel)?.unwrap_or_default();
            let holder = Holder::of(&case.describer(), &path, grown.collection.kind);
            if holder.is_internal {
                continue;
            }
            let mut shared: FxHashMap<usize, usize> = FxHashMap::default();
            for at in grown.members.iter().filter_map(|member| told.get(member)) {
                *shared.entry(*at).or_default() += 1;
            }
            let same = shared.into_iter().max_by_key(|&(at, count)| (count, std::cmp::Reverse(at)));
            if let Some((at, count)) = same
                && count as f64 >= SAME * grown.members.len() as f64
            {
                also(&mut claims[at], &label(&case.describer(), &grown.collection, &holder));
                claims[at].explains.push(grown.collection.node);
                continue;
            }
            told.extend(grown.members.iter().map(|&member| (member, claims.len())));
            claims.push(self.claim(case, &grown.collection, Some(&grown), &path, &holder));
        }
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
            let holder = Holder::of(&case.describer(), &path, collection.kind);
            if !holder.is_internal {
                told.insert(node);
                claims.push(self.claim(case, &collection, None, &path, &holder));
            }
        }
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
            advice: advice(case, collection.kind, &label, grown.is_some()),
            confidence: grown.map_or(0.45, |grown| grown.confidence(case)),
            count: collection.count(),
            growth: grown.map(|grown| Growth {
                count: grown.more,
                bytes: grown.bytes,
                per_round: case.window.per_round(grown.more),
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
            signature: Signature::new(self.name())
                .part(&class_name_of_kind(collection.kind, &class_name))
                .part(&holder.name)
                .part(holder.file.as_deref().unwrap_or("?"))
                .to_string(),
            evidence,
        };
        Claim { finding, explains: vec![node] }
    }
}

/// A second collection that the same things were added to.
fn also(claim: &mut Claim, label: &str) {
    let labels = match claim.finding.evidence.get("alsoIn") {
        Some(Evidence::Text(others)) => format!("{others}, {label}"),
        _ => label.to_owned(),
    };
    claim.finding.evidence.insert("alsoIn", labels.into());
}

fn class_name_of_kind(kind: CollectionKind, class_name: &str) -> String {
    match kind {
        // The class of a plain object lists its properties, which are the keys.
        CollectionKind::Dictionary if class_name == "Object" || class_name.starts_with('{') => "object".to_owned(),
        CollectionKind::Array => "array".to_owned(),
        _ => class_name.to_owned(),
    }
}

/// `Map cache`, `array Log.lines`.
fn label(describer: &Describer<'_>, collection: &Collection, holder: &Holder) -> String {
    let class_name = describer.class_name(collection.node).to_string();
    holder.label(&class_name_of_kind(collection.kind, &class_name))
}

/// What most values are: a class, or empty if they have nothing in common.
fn values(describer: &Describer<'_>, collection: &Collection) -> String {
    let heap = &describer.snapshot().heap;
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

fn advice(case: &Case<'_>, kind: CollectionKind, label: &str, has_grown: bool) -> String {
    if !has_grown {
        return format!("Check that {label} is meant to be that big; a second snapshot tells whether it grows.");
    }
    let unit = &case.window.unit;
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
