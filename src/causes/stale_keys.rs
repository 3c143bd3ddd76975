//! Cause `stale-keys`: values are set to `null` or `undefined` instead of being deleted, so that the keys stay.
//!
//! Seen: an object used as a dictionary, most of whose properties are `null` or `undefined`: in two snapshots, more of them
//! than before ([`grown`]); in one, a great many. Maps hide such values in snapshots: there it is an unbounded collection.
//!
//! `O(n)` for finding large collections, `O(entries)` for those.

use std::collections::BTreeMap;

use super::Cause;
use super::case::{Case, Claim, Explained};
use super::finding::{ADDED_AT, Evidence, Finding, Growth};
use super::grown::{self, Collection, Grown};
use super::holder::Holder;
use super::keys;
use crate::analysis::figures;
use crate::analysis::paths;
use crate::analysis::places;
use crate::cancel::CancelToken;
use crate::error::Result;
use crate::snapshot::NodeIndex;

/// In one snapshot: at least so many keys without a value.
const MANY: u64 = 1000;
/// At least this part of the values must be nothing.
const MOST: f64 = 0.5;
/// In one snapshot, where nobody knows how they came, this part.
const NEARLY_ALL: f64 = 0.9;

/// The cause.
pub(super) struct StaleKeys;

impl Cause for StaleKeys {
    fn name(&self) -> &'static str {
        "stale-keys"
    }

    fn claims(&self, case: &Case<'_>, explained: &Explained, cancel: &CancelToken) -> Result<Vec<Claim>> {
        let mut claims = Vec::new();
        if case.before.is_some() {
            for grown in grown::grown(case, explained, cancel)? {
                let is_stale =
                    is_nothing(&grown.collection, MOST) && grown.more_nothing as f64 >= MOST * grown.more as f64;
                if is_stale {
                    claims.extend(self.claim(case, &grown.collection, Some(&grown), cancel)?);
                }
            }
            return Ok(claims);
        }
        for node in grown::large(case.after, MANY, cancel)? {
            let collection = Collection::read(&case.after.heap, node).filter(|it| it.nothing >= MANY);
            if let Some(collection) = collection.filter(|it| is_nothing(it, NEARLY_ALL) && !explained.contains(node)) {
                claims.extend(self.claim(case, &collection, None, cancel)?);
            }
        }
        Ok(claims)
    }
}

/// Whether so many values are nothing.
fn is_nothing(collection: &Collection, part: f64) -> bool {
    collection.nothing as f64 > part * collection.count() as f64
}

impl StaleKeys {
    fn claim(
        &self,
        case: &Case<'_>,
        collection: &Collection,
        grown: Option<&Grown>,
        cancel: &CancelToken,
    ) -> Result<Option<Claim>> {
        let describer = case.describer();
        let graph = &case.after.graph;
        let node = collection.node;
        let path = paths::shortest_path(case.after, node, cancel)?.unwrap_or_default();
        let mut holder = Holder::of(&describer, &path, collection.kind);
        if holder.is_internal {
            return Ok(None);
        }
        holder.by_source(&describer, collection.kind);
        let retained_size = graph.dominators.retained_size(node).max(grown.map_or(0, |grown| grown.bytes));
        let keys: Vec<NodeIndex> = collection.entries.iter().filter_map(|entry| entry.key).collect();
        let key_bytes: u64 = keys.iter().map(|&key| graph.sizes.shallow_size(key)).sum();
        let label = holder.label("object");
        let pattern = keys::pattern(&describer, collection);
        let mut evidence: BTreeMap<&'static str, Evidence> = BTreeMap::from([
            ("collection", label.clone().into()),
            ("withoutValue", collection.nothing.into()),
            ("bytesOfKeys", key_bytes.into()),
        ]);
        if let Some(pattern) = pattern {
            evidence.insert("keys", pattern.name().into());
        }
        if let Some(place) = &holder.added_at {
            evidence.insert(ADDED_AT, places::place(place).into());
        }
        if !holder.functions.is_empty() {
            evidence.insert("functions", holder.functions.join(", ").into());
        }
        let mut keywords: Vec<String> =
            holder.name.split('.').filter(|name| !name.is_empty()).map(str::to_owned).collect();
        keywords.extend(holder.file.clone());
        let finding = Finding {
            cause: self.name(),
            title: title(collection, &label, &holder, pattern.map(keys::KeyPattern::name)),
            advice: advice(if holder.is_direct { &holder.name } else { "" }),
            confidence: grown.map_or(0.5, |grown| grown.confidence(case)),
            count: collection.count(),
            growth: grown.map(|grown| Growth {
                count: grown.more,
                bytes: grown.bytes,
                per_round: case.window.per_round(grown.more),
            }),
            shallow_size: key_bytes,
            retained_size,
            share: retained_size as f64 / graph.dominators.retained_size(NodeIndex::ROOT).max(1) as f64,
            owner: describer.node(node),
            location: holder.location.clone(),
            path: describer.steps(&path),
            holds: Vec::new(),
            accumulation_point: Some(describer.node(node)),
            keywords,
            signature: case.signature(self.name()).part(&holder.name).file(holder.url.as_ref()).to_string(),
            evidence,
        };
        Ok(Some(Claim { finding, explains: vec![node] }))
    }
}

/// `3,000 keys in object localCache (dist/cache.js:3:10), 2,990 of them without a value, keys like a UUID`.
fn title(collection: &Collection, label: &str, holder: &Holder, pattern: Option<&'static str>) -> String {
    let place = holder.place().map_or_else(String::new, |place| format!(" ({place})"));
    let like = pattern.map_or_else(String::new, |pattern| format!(", like {pattern}"));
    let (count, nothing) = (collection.count(), collection.nothing);
    let without = if nothing == count { "all".to_owned() } else { format!("{} of them", figures::grouped(nothing)) };
    format!("{} keys in {label}{place}, {without} without a value{like}", figures::grouped(count))
}

fn advice(name: &str) -> String {
    let name = if name.is_empty() { "object" } else { name };
    format!(
        "What leaks is the keys: `delete {name}[key]` instead of setting it to null or undefined, or use a Map and its \
         `delete`. A WeakMap with a fresh `new Object(key)` per entry is no way out: nobody has that key again, so nothing is \
         ever found in it."
    )
}
