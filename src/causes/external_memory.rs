//! Cause `external-memory`: Buffers, typed arrays and ArrayBuffers that pile up, or one that grows; their bytes are outside of
//! V8's heap, so that the heap looks small while the process does not.
//!
//! Seen ([`off_heap`]): a collection whose values *are* Buffers, with more of them than before, most of what it gained being
//! bytes outside of the heap; a variable whose Buffer is longer than the one it held before ([`replaced`]), which is only a
//! suspicion unless it gained a whole number of bytes a round; in one snapshot, a collection whose Buffers are a large part of all memory. Buffers inside of other objects are
//! told with what holds those (`unbounded-collection`, for example).
//!
//! `O(n)` for finding the bytes, `O(Buffers)` for who keeps them. Node 20 to 26.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use super::Cause;
use super::case::{Case, Claim, Explained};
use super::collections::CollectionKind;
use super::finding::{Evidence, Finding, Growth};
use super::gathering::{self, Gathering, Home, Thing};
use super::holder::Holder;
use super::{off_heap, replaced};
use crate::analysis::figures;
use crate::analysis::paths;
use crate::cancel::CancelToken;
use crate::error::Result;
use crate::graph::Snapshot;
use crate::snapshot::{EdgeKind, NodeIndex};

/// In one snapshot: at least so many Buffers,
const MANY: u64 = 100;
/// that are at least this part of all memory,
const SHARE: f64 = 0.2;
/// and at least so many bytes.
const LEAST_SIZE: u64 = 8_000_000;
/// One Buffer that grows is told from so many bytes on,
const LEAST_GROWTH: u64 = 1_000_000;
/// and if it gained a whole number of bytes a round, from so many.
const LEAST_PACED: u64 = 100_000;
/// How sure it is that one Buffer that is longer than before goes on to grow; and if it gained a whole number of bytes a round.
const LONGER: f64 = 0.5;
const PACED: f64 = 0.75;

/// The cause.
pub(super) struct ExternalMemory;

impl Cause for ExternalMemory {
    fn name(&self) -> &'static str {
        "external-memory"
    }

    fn claims(&self, case: &Case<'_>, explained: &Explained, cancel: &CancelToken) -> Result<Vec<Claim>> {
        let mut things = off_heap::things(case.instances(case.after, cancel)?, cancel)?;
        things.retain(|thing| !explained.contains(thing.node));
        let (gatherings, longer) = match case.before {
            None => {
                let share = SHARE * case.after.graph.dominators.retained_size(NodeIndex::ROOT) as f64;
                (gathering::large(case.after, &things, MANY, (share as u64).max(LEAST_SIZE), cancel)?, Vec::new())
            }
            Some(before) if case.is_same_process && !things.is_empty() => {
                let things_before = off_heap::things(case.instances(before, cancel)?, cancel)?;
                let longer = longer(case, before, &things, &things_before, cancel)?;
                (gathering::grown(case, &things, &things_before, cancel)?, longer)
            }
            Some(_) => Default::default(),
        };
        let mut claims = Vec::new();
        for gathering in gatherings {
            if let Some(home) = gathering::home(case, &gathering, cancel)?.filter(|home| home.is_direct) {
                claims.push(self.pile(case, &gathering, &home));
            }
        }
        for (thing, more) in longer {
            claims.extend(self.one(case, thing, more, cancel)?);
        }
        Ok(claims)
    }
}

/// Buffers that took the place of shorter ones, with how much longer they are. What doubles its room when it is full grows
/// as well, but not for long: not in every window of a series.
fn longer(
    case: &Case<'_>,
    before: &Snapshot,
    things: &[Thing],
    things_before: &[Thing],
    cancel: &CancelToken,
) -> Result<Vec<(Thing, u64)>> {
    let least = |more| case.least_bytes().max(if case.window.is_exact(more) { LEAST_PACED } else { LEAST_GROWTH });
    let heavy: FxHashMap<NodeIndex, u64> =
        things.iter().filter(|thing| thing.bytes >= LEAST_PACED).map(|thing| (thing.node, thing.bytes)).collect();
    if heavy.is_empty() {
        return Ok(Vec::new());
    }
    let then: FxHashMap<NodeIndex, u64> = things_before.iter().map(|thing| (thing.node, thing.bytes)).collect();
    let nodes = things.iter().map(|thing| thing.node).filter(|node| heavy.contains_key(node));
    let mut longer = Vec::new();
    for (old, node) in replaced::replaced(case, before, nodes, cancel)? {
        let (Some(&bytes), Some(&then)) = (heavy.get(&node), then.get(&old)) else { continue };
        let more = bytes.saturating_sub(then);
        let doubles = then > 0 && bytes.is_multiple_of(then) && (bytes / then).is_power_of_two();
        let is_step = doubles && !case.window.is_of_series;
        if more >= least(more) && then > 0 && !is_step {
            longer.push((Thing { node, bytes }, more));
        }
    }
    Ok(longer)
}

impl ExternalMemory {
    /// What is told of Buffers that pile up.
    fn pile(&self, case: &Case<'_>, gathering: &Gathering, home: &Home) -> Claim {
        let describer = case.describer();
        let count = gathering.things.len() as u64;
        let memories = gathering.things.iter().filter(|thing| thing.bytes > 0).count();
        let heap_bytes: u64 = gathering.things.iter().map(|thing| own_size(case.after, thing.node)).sum();
        let mut classes: BTreeMap<String, usize> = BTreeMap::new();
        for thing in &gathering.things {
            *classes.entry(describer.class_name(thing.node).to_string()).or_default() += 1;
        }
        let class = classes.into_iter().max_by_key(|&(_, count)| count).map_or_else(String::new, |(class, _)| class);
        let finding = Finding {
            title: format!(
                "{} in {}{} {} {} outside of the heap",
                figures::counted(count, &class),
                home.label,
                place(&home.holder),
                if count == 1 { "keeps" } else { "keep" },
                figures::size(gathering.bytes),
            ),
            advice: pile_advice(case, &home.label, &class, gathering.more.is_some()),
            confidence: gathering.more.as_ref().map_or(0.45, |more| more.increase.confidence(&case.window)),
            count,
            growth: gathering.more.as_ref().map(|more| Growth {
                count: more.increase.more,
                bytes: more.bytes,
                per_round: case.window.per_round(more.increase.more),
            }),
            shallow_size: heap_bytes,
            retained_size: gathering.bytes + heap_bytes,
            share: share(case, gathering.bytes + heap_bytes),
            path: describer.steps(&home.path),
            signature: signature(case, self.name(), "pile", &home.holder),
            evidence: evidence(&home.label, gathering.bytes, heap_bytes, memories, &home.holder),
            ..self.finding(case, home.node, &home.holder)
        };
        let mut explains: Vec<NodeIndex> = gathering.things.iter().map(|thing| thing.node).collect();
        explains.extend(home.is_container.then_some(home.node));
        Claim { finding, explains }
    }

    /// What is told of one Buffer that has become longer; nothing, if it is Node's own.
    fn one(&self, case: &Case<'_>, thing: Thing, more: u64, cancel: &CancelToken) -> Result<Option<Claim>> {
        let describer = case.describer();
        let path = paths::shortest_path(case.after, thing.node, cancel)?.unwrap_or_default();
        let holder = Holder::of(&describer, &path, CollectionKind::Dictionary);
        if holder.is_internal {
            return Ok(None);
        }
        let class = describer.class_name(thing.node).to_string();
        let label = holder.label(&class);
        let heap_bytes = own_size(case.after, thing.node);
        let finding = Finding {
            title: format!(
                "{label}{} has {} outside of the heap, {} more than before",
                place(&holder),
                figures::size(thing.bytes),
                figures::size(more)
            ),
            advice: format!(
                "If every {} adds to {label} (`Buffer.concat`), nothing is ever taken away: write it out and begin anew, or keep \
                 only the end. If it is a buffer that grows to its need, it is healthy.",
                case.window.unit
            ),
            confidence: if case.window.is_exact(more) { PACED } else { LONGER },
            count: 1,
            growth: Some(Growth { count: 1, bytes: more, per_round: None }),
            shallow_size: heap_bytes,
            retained_size: thing.bytes + heap_bytes,
            share: share(case, thing.bytes + heap_bytes),
            path: describer.steps(&path),
            signature: signature(case, self.name(), "growing", &holder),
            evidence: evidence(&label, thing.bytes, heap_bytes, 1, &holder),
            ..self.finding(case, thing.node, &holder)
        };
        Ok(Some(Claim { finding, explains: vec![thing.node] }))
    }

    /// What both kinds of findings have alike.
    fn finding(&self, case: &Case<'_>, owner: NodeIndex, holder: &Holder) -> Finding {
        let describer = case.describer();
        let mut keywords: Vec<String> =
            holder.name.split('.').filter(|name| !name.is_empty()).map(str::to_owned).collect();
        keywords.push("Buffer".to_owned());
        keywords.extend(holder.file.clone());
        Finding {
            cause: self.name(),
            title: String::new(),
            advice: String::new(),
            confidence: 0.0,
            count: 0,
            growth: None,
            shallow_size: 0,
            retained_size: 0,
            share: 0.0,
            owner: describer.node(owner),
            location: holder.location.clone(),
            path: Vec::new(),
            holds: Vec::new(),
            accumulation_point: Some(describer.node(owner)),
            keywords,
            signature: String::new(),
            evidence: BTreeMap::new(),
        }
    }
}

/// Bytes in the heap of a Buffer and its ArrayBuffer.
fn own_size(snapshot: &Snapshot, node: NodeIndex) -> u64 {
    let sizes = &snapshot.graph.sizes;
    let buffer = snapshot.heap.follow(node, EdgeKind::Internal, "buffer");
    sizes.shallow_size(node) + buffer.map_or(0, |buffer| sizes.shallow_size(buffer))
}

fn share(case: &Case<'_>, bytes: u64) -> f64 {
    bytes as f64 / case.after.graph.dominators.retained_size(NodeIndex::ROOT).max(1) as f64
}

fn place(holder: &Holder) -> String {
    holder.place().map_or_else(String::new, |place| format!(" ({place})"))
}

fn signature(case: &Case<'_>, cause: &str, what: &str, holder: &Holder) -> String {
    case.signature(cause).part(what).part(&holder.name).file(holder.url.as_ref()).to_string()
}

fn evidence(
    label: &str,
    external: u64,
    heap: u64,
    memories: usize,
    holder: &Holder,
) -> BTreeMap<&'static str, Evidence> {
    let mut evidence: BTreeMap<&'static str, Evidence> = BTreeMap::from([
        ("owner", label.into()),
        ("externalBytes", external.into()),
        ("heapBytes", heap.into()),
        ("memories", memories.into()),
    ]);
    if !holder.functions.is_empty() {
        evidence.insert("functions", holder.functions.join(", ").into());
    }
    evidence
}

fn pile_advice(case: &Case<'_>, label: &str, class: &str, has_grown: bool) -> String {
    if !has_grown {
        return format!(
            "Check that {label} is meant to keep that much: it counts as `external` and `arrayBuffers` in `process.memoryUsage()`, \
             not as heap. A second snapshot tells whether it grows."
        );
    }
    format!(
        "Every {} adds to {label}, and nothing leaves it: take a {class} out when it is done with, or bound it by bytes. They count \
         as `external` and `arrayBuffers` in `process.memoryUsage()`, not as heap; a short `subarray` or `slice` of a Buffer keeps all \
         of it (copy it: `Buffer.from(part)`).",
        case.window.unit
    )
}
