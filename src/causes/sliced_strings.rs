//! Cause `sliced-strings`: a short piece of a long string keeps all of it, and a string that is only appended to keeps every
//! piece.
//!
//! V8 makes no copy of a substring of 13 characters or more (`slice`, `substring`, `split`, `trim`, what a regular expression
//! matched): it is a `sliced string` that refers to its `parent`. Seen: parents that nothing but slices keep, by who keeps
//! the slices; more of them than before, or, in a single snapshot, a large part of the heap. How long a slice is, no heap
//! tells. Strings that grow are in [`ropes`].
//!
//! What does not keep a parent, in Node 20 to 26: names of properties, and `JSON.parse` (both copy); since Node 26 keys of a
//! Map. What copies a slice in all of them: `structuredClone(s)`, `JSON.parse(JSON.stringify(s))`,
//! `Buffer.from(s).toString()`; `String(s)`, templates and `normalize()` do not.
//! Bytes of strings over 1 MB that Node made of Latin-1 or UTF-16 are outside of the heap, which Node 20 and 22 do not tell.
//!
//! `O(n)` for finding the slices, `O(slices)` for what they keep. Source: V8 `src/heap/factory.cc` (`NewProperSubString`).

mod ropes;

use std::collections::BTreeMap;

use rustc_hash::FxHashSet;

use super::Cause;
use super::case::{Case, Claim, Explained};
use super::finding::{Evidence, Finding, Growth, Held};
use super::gathering::{self, Gathering, Home, Thing};
use crate::analysis::figures;
use crate::analysis::paths;
use crate::cancel::CancelToken;
use crate::error::Result;
use crate::graph::Snapshot;
use crate::snapshot::{EdgeIndex, EdgeKind, NodeIndex, NodeKind};

/// A parent has at least so many bytes for each of its slices: shorter ones are hardly larger than their pieces together.
const LEAST_PER_SLICE: u64 = 256;
/// In one snapshot: at least so many slices,
const MANY: u64 = 100;
/// whose parents are at least this part of the heap,
const SHARE: f64 = 0.1;
/// and at least so many bytes.
const LEAST_SIZE: u64 = 2_000_000;
/// V8's record of the last match has no more retainers than this.
const MOST_OF_LAST_MATCH: u32 = 8;

/// The cause.
pub(super) struct SlicedStrings;

impl Cause for SlicedStrings {
    fn name(&self) -> &'static str {
        "sliced-strings"
    }

    fn claims(&self, case: &Case<'_>, explained: &Explained, cancel: &CancelToken) -> Result<Vec<Claim>> {
        let mut slices = slices(case.after, cancel)?;
        slices.retain(|slice| !explained.contains(slice.node));
        let gatherings = match case.before {
            None => {
                let share = SHARE * case.after.graph.dominators.retained_size(NodeIndex::ROOT) as f64;
                gathering::large(case.after, &slices, MANY, (share as u64).max(LEAST_SIZE), cancel)?
            }
            Some(before) if case.is_same_process && !slices.is_empty() => {
                gathering::grown(case, &slices, &self::slices(before, cancel)?, cancel)?
            }
            Some(_) => Vec::new(),
        };
        let mut claims = Vec::new();
        for gathering in gatherings {
            if let Some(home) = gathering::home(case, &gathering, cancel)? {
                claims.push(self.claim(case, &gathering, &home, cancel)?);
            }
        }
        claims.extend(ropes::claims(self.name(), case, explained, cancel)?);
        Ok(claims)
    }
}

/// The slices that alone keep a parent which is much larger; its bytes count for the first of them.
fn slices(snapshot: &Snapshot, cancel: &CancelToken) -> Result<Vec<Thing>> {
    let heap = &snapshot.heap;
    let mut slices = Vec::new();
    let mut parents = FxHashSet::default();
    for node in heap.nodes.indices() {
        if node.at().is_multiple_of(CancelToken::STRIDE) {
            cancel.check()?;
        }
        if heap.nodes.kind(node) != NodeKind::SLICED_STRING {
            continue;
        }
        let Some(parent) = heap.follow(node, EdgeKind::Internal, "parent") else { continue };
        let bytes = snapshot.graph.sizes.shallow_size(parent);
        if bytes < LEAST_PER_SLICE || !is_kept_by_slices(snapshot, parent, bytes / LEAST_PER_SLICE) {
            continue;
        }
        slices.push(Thing { node, bytes: if parents.insert(parent) { bytes } else { 0 } });
    }
    Ok(slices)
}

/// Whether only slices keep the string, at most so many.
fn is_kept_by_slices(snapshot: &Snapshot, parent: NodeIndex, most: u64) -> bool {
    let Snapshot { heap, graph } = snapshot;
    // More references than that would take long to look at.
    if u64::from(graph.retainers.count(parent)) > most {
        return false;
    }
    let essential = paths::essential_edges(snapshot);
    let mut retainers =
        graph.retainers.of(&heap.nodes, parent).filter(|&(edge, from)| essential.contains(from, edge.at()));
    retainers.all(|(_, from)| heap.nodes.kind(from) == NodeKind::SLICED_STRING || is_last_match(snapshot, from))
}

/// Whether the node is V8's record of what a regular expression matched last, which keeps its text until the next match.
fn is_last_match(snapshot: &Snapshot, node: NodeIndex) -> bool {
    let Snapshot { heap, graph } = snapshot;
    matches!(heap.nodes.kind(node), NodeKind::ARRAY | NodeKind::HIDDEN)
        && graph.retainers.count(node) <= MOST_OF_LAST_MATCH
        && graph
            .retainers
            .of(&heap.nodes, node)
            .any(|(edge, _)| heap.edge_is_named(edge.at(), "regexp_last_match_info"))
}

impl SlicedStrings {
    fn claim(&self, case: &Case<'_>, gathering: &Gathering, home: &Home, cancel: &CancelToken) -> Result<Claim> {
        let describer = case.describer();
        let Snapshot { heap, graph } = case.after;
        let count = gathering.things.len() as u64;
        let parents: FxHashSet<NodeIndex> =
            gathering.things.iter().filter_map(|slice| heap.follow(slice.node, EdgeKind::Internal, "parent")).collect();
        let shallow_size: u64 = gathering.things.iter().map(|slice| graph.sizes.shallow_size(slice.node)).sum();
        let retained_size = gathering.bytes + shallow_size;
        let mut evidence: BTreeMap<&'static str, Evidence> = BTreeMap::from([
            ("owner", home.label.clone().into()),
            ("parents", parents.len().into()),
            ("bytesOfParents", gathering.bytes.into()),
        ]);
        if !home.holder.functions.is_empty() {
            evidence.insert("functions", home.holder.functions.join(", ").into());
        }
        let mut holds = Vec::new();
        if let Some(largest) = gathering.things.iter().max_by_key(|slice| slice.bytes) {
            let path = paths::shortest_path(case.after, largest.node, cancel)?.unwrap_or_default();
            let from = path.iter().position(|edge| heap.edges.target(edge.at()) == home.node).map_or(0, |at| at + 1);
            if let Some(parent) = heap.follow(largest.node, EdgeKind::Internal, "parent") {
                let last = heap.nodes.edges(largest.node).find(|&edge| heap.edges.target(edge) == parent);
                let last = last.map(|edge| EdgeIndex(edge as u32));
                let steps: Vec<_> = path[from..].iter().copied().chain(last).collect();
                holds.push(Held {
                    node: describer.node(parent),
                    path: describer.steps(&steps),
                    retained_size: largest.bytes + graph.sizes.shallow_size(largest.node),
                });
            }
        }
        let mut keywords: Vec<String> =
            home.holder.name.split('.').filter(|name| !name.is_empty()).map(str::to_owned).collect();
        keywords.extend(["slice", "substring", "split", "match"].map(str::to_owned));
        keywords.extend(home.holder.file.clone());
        let finding = Finding {
            cause: self.name(),
            title: title(count, parents.len() as u64, gathering.bytes, home),
            advice: advice(case, &home.label, gathering.more.is_some()),
            confidence: gathering.more.as_ref().map_or(0.5, |more| more.increase.confidence(&case.window)),
            count,
            growth: gathering.more.as_ref().map(|more| Growth {
                count: more.increase.more,
                bytes: more.bytes,
                per_round: case.window.per_round(more.increase.more),
            }),
            shallow_size,
            retained_size,
            share: retained_size as f64 / graph.dominators.retained_size(NodeIndex::ROOT).max(1) as f64,
            owner: describer.node(home.node),
            location: home.holder.location.clone(),
            path: describer.steps(&home.path),
            holds,
            accumulation_point: Some(describer.node(home.node)),
            keywords,
            signature: case.signature(self.name()).part(&home.holder.name).file(home.holder.url.as_ref()).to_string(),
            evidence,
        };
        let mut explains: Vec<NodeIndex> = gathering.things.iter().map(|slice| slice.node).collect();
        explains.extend(home.is_container.then_some(home.node));
        Ok(Claim { finding, explains })
    }
}

/// `160 pieces in Map tokens (dist/session.js:9:18) keep 160 whole strings of 3.2 MB`.
fn title(count: u64, parents: u64, bytes: u64, home: &Home) -> String {
    let place = home.holder.place().map_or_else(String::new, |place| format!(" ({place})"));
    format!(
        "{} in {}{place} {} {} of {}",
        figures::counted(count, "piece"),
        home.label,
        if count == 1 { "keeps" } else { "keep" },
        figures::counted(parents, "whole string"),
        figures::size(bytes),
    )
}

fn advice(case: &Case<'_>, label: &str, has_grown: bool) -> String {
    let grows = if has_grown {
        format!(" Every {} adds to {label}: bound it, or delete what is done with.", case.window.unit)
    } else {
        String::new()
    };
    format!(
        "A piece of a string (slice, split, trim, a match) of 13 or more characters is no copy: it keeps the whole string alive. Copy \
         what is kept: `structuredClone(piece)` or `JSON.parse(JSON.stringify(piece))`; `String(piece)` and templates do not.{grows}"
    )
}
