//! Strings that only grow: `log += line` for ever.
//!
//! V8 joins no strings when they are added: it makes a `concatenated string` of both, and so a tree of all the pieces, until
//! somebody reads it (then the first half is the whole text and the second is empty). Seen in two snapshots: the variable or
//! property of an old object whose new string consists of more pieces than the one it had before, in step with the rounds;
//! or is much larger and, as far as the snapshot has the text, goes on from the same beginning. In one: a very large tree.
//!
//! `O(n)` for finding the strings, `O(pieces)` for those that are told. Node 20 to 26.

use std::collections::BTreeMap;

use crate::analysis::figures;
use crate::analysis::paths;
use crate::cancel::CancelToken;
use crate::causes::bound::Bound;
use crate::causes::case::{Case, Claim, Explained};
use crate::causes::collections::CollectionKind;
use crate::causes::finding::{Evidence, Finding, Growth};
use crate::causes::holder::Holder;
use crate::causes::increase::Increase;
use crate::causes::loader;
use crate::causes::replaced;
use crate::error::Result;
use crate::graph::Snapshot;
use crate::snapshot::{EdgeKind, Heap, NodeIndex, NodeKind};

/// Bytes of a concatenated string itself: a tree of so many pieces has at least as many times this.
const NODE_SIZE: u64 = 20;
/// Texts of which the snapshot has less do not tell that one goes on where the other ended.
const LEAST_TEXT: usize = 1024;
/// In one snapshot: at least so many pieces,
const MANY: u64 = 1000;
/// that are at least this part of the heap,
const SHARE: f64 = 0.1;
/// and at least so many bytes.
const LEAST_SIZE: u64 = 2_000_000;
/// How sure it is that what grew much, but not in step with the rounds, only grows.
const HEAVY: f64 = 0.75;
/// At most so many strings are told.
const MOST: usize = 8;

/// A string that is worth telling of.
struct Rope {
    node: NodeIndex,
    pieces: u64,
    /// How much more than before, and how sure it is.
    more: Option<(Growth, f64)>,
}

/// What is told of strings that grow.
pub(super) fn claims(
    cause: &'static str,
    case: &Case<'_>,
    explained: &Explained,
    cancel: &CancelToken,
) -> Result<Vec<Claim>> {
    let mut ropes = match case.before {
        None => large(case.after, explained, cancel)?,
        Some(before) if case.is_same_process => grown(case, before, explained, cancel)?,
        Some(_) => Vec::new(),
    };
    let dominators = &case.after.graph.dominators;
    let bytes = |rope: &Rope| {
        rope.more.as_ref().map_or_else(|| dominators.retained_size(rope.node), |(growth, _)| growth.bytes)
    };
    ropes.sort_by_key(|rope| (std::cmp::Reverse(bytes(rope)), rope.node));
    ropes.truncate(MOST);
    let claims = ropes.into_iter().map(|rope| claim(cause, case, rope, cancel));
    claims.filter_map(Result::transpose).collect()
}

/// Trees that are a large part of the heap.
fn large(snapshot: &Snapshot, explained: &Explained, cancel: &CancelToken) -> Result<Vec<Rope>> {
    let Snapshot { heap, graph } = snapshot;
    let share = SHARE * graph.dominators.retained_size(NodeIndex::ROOT) as f64;
    let least = (share as u64).max(LEAST_SIZE);
    let mut ropes = Vec::new();
    for node in heap.nodes.indices() {
        if node.at().is_multiple_of(CancelToken::STRIDE) {
            cancel.check()?;
        }
        if heap.nodes.kind(node) != NodeKind::CONCATENATED_STRING
            || graph.dominators.retained_size(node) < least
            || explained.contains(node)
            || !is_held(snapshot, node)
        {
            continue;
        }
        let pieces = pieces(heap, node);
        if pieces >= MANY {
            ropes.push(Rope { node, pieces, more: None });
        }
    }
    Ok(ropes)
}

/// Strings that took the place of shorter ones.
fn grown(case: &Case<'_>, before: &Snapshot, explained: &Explained, cancel: &CancelToken) -> Result<Vec<Rope>> {
    let Snapshot { heap, graph } = case.after;
    let least_pieces = case.window.least_growth();
    let least_bytes = case.least_bytes();
    let mut heavy = Vec::new();
    for node in heap.nodes.indices() {
        if node.at().is_multiple_of(CancelToken::STRIDE) {
            cancel.check()?;
        }
        let least = match heap.nodes.kind(node) {
            NodeKind::CONCATENATED_STRING => (NODE_SIZE * least_pieces).min(least_bytes),
            NodeKind::STRING => least_bytes,
            _ => continue,
        };
        if graph.dominators.retained_size(node) >= least && case.is_new(node) && !explained.contains(node) {
            heavy.push(node);
        }
    }
    let mut ropes = Vec::new();
    for (then, node) in replaced::replaced(case, before, heavy.into_iter(), cancel)? {
        if is_string(&before.heap, then) {
            ropes.extend(compare(case, before, then, node, least_bytes));
        }
    }
    Ok(ropes)
}

/// The growth from the string that was there before to the one that is there now, if there is any.
fn compare(case: &Case<'_>, before: &Snapshot, then: NodeIndex, node: NodeIndex, least_bytes: u64) -> Option<Rope> {
    let retained = |snapshot: &Snapshot, node| snapshot.graph.dominators.retained_size(node);
    let more_bytes = retained(case.after, node).saturating_sub(retained(before, then));
    let pieces = pieces(&case.after.heap, node);
    let more = pieces.saturating_sub(self::pieces(&before.heap, then));
    let increase =
        Increase { more, then: 0, turns_over: false, bound: Bound::None, is_heavy: more_bytes >= least_bytes };
    let is_long = more >= case.window.least_growth();
    let is_paced = is_long && increase.is_paced(&case.window);
    let is_heavy = more_bytes >= least_bytes && (is_long || goes_on(before, then, case.after, node));
    let confidence = if is_paced { increase.confidence(&case.window) } else { HEAVY };
    let per_round = case.window.per_round(more).filter(|_| is_long);
    let growth = Growth { count: more.max(1), bytes: more_bytes, per_round };
    (more_bytes > 0 && (is_paced || is_heavy)).then_some(Rope { node, pieces, more: Some((growth, confidence)) })
}

/// Whether both texts begin alike, as far as the snapshots have them, and that is far enough.
fn goes_on(before: &Snapshot, then: NodeIndex, after: &Snapshot, now: NodeIndex) -> bool {
    let (then, now) = (first_text(&before.heap, then), first_text(&after.heap, now));
    let then = before.heap.strings.raw(before.heap.nodes.name(then));
    let now = after.heap.strings.raw(after.heap.nodes.name(now));
    then.len() >= LEAST_TEXT && then == now
}

/// The piece that a text begins with. `O(depth)`.
fn first_text(heap: &Heap, mut node: NodeIndex) -> NodeIndex {
    for _ in 0..heap.nodes.len() {
        let first = match heap.nodes.kind(node) {
            NodeKind::CONCATENATED_STRING => heap.follow(node, EdgeKind::Internal, "first"),
            _ => None,
        };
        match first {
            Some(first) => node = first,
            None => break,
        }
    }
    node
}

/// Whether something other than a string holds it.
fn is_held(snapshot: &Snapshot, node: NodeIndex) -> bool {
    let essential = paths::essential_edges(snapshot);
    let mut retainers = snapshot.graph.retainers.of(&snapshot.heap.nodes, node);
    retainers.any(|(edge, from)| !is_string(&snapshot.heap, from) && essential.contains(from, edge.at()))
}

fn is_string(heap: &Heap, node: NodeIndex) -> bool {
    matches!(heap.nodes.kind(node), NodeKind::STRING | NodeKind::CONCATENATED_STRING | NodeKind::SLICED_STRING)
}

/// How often something was added to the text: the length of the tree's longer side. `O(depth)`.
fn pieces(heap: &Heap, top: NodeIndex) -> u64 {
    let side = |half: &'static str| {
        let next = move |&node: &NodeIndex| {
            heap.follow(node, EdgeKind::Internal, half)
                .filter(|&next| heap.nodes.kind(next) == NodeKind::CONCATENATED_STRING)
        };
        std::iter::successors(Some(top).filter(|&top| heap.nodes.kind(top) == NodeKind::CONCATENATED_STRING), next)
            .take(heap.nodes.len())
            .count() as u64
    };
    side("first").max(side("second"))
}

fn claim(cause: &'static str, case: &Case<'_>, rope: Rope, cancel: &CancelToken) -> Result<Option<Claim>> {
    let describer = case.describer();
    let graph = &case.after.graph;
    let path = paths::shortest_path(case.after, rope.node, cancel)?.unwrap_or_default();
    let holder = Holder::of(&describer, &path, CollectionKind::Dictionary);
    if holder.is_internal || loader::is_loader_cache(&describer, &path) {
        return Ok(None);
    }
    let retained_size = graph.dominators.retained_size(rope.node);
    let label = holder.label("string");
    let place = holder.place().map_or_else(String::new, |place| format!(" ({place})"));
    let pieces = match rope.pieces {
        0 | 1 => String::new(),
        pieces => format!(", of {} pieces", figures::grouped(pieces)),
    };
    let grows = if rope.more.is_some() { "a growing" } else { "one" };
    let mut evidence: BTreeMap<&'static str, Evidence> =
        BTreeMap::from([("owner", label.clone().into()), ("pieces", rope.pieces.into())]);
    if !holder.functions.is_empty() {
        evidence.insert("functions", holder.functions.join(", ").into());
    }
    let mut keywords: Vec<String> = holder.name.split('.').filter(|name| !name.is_empty()).map(str::to_owned).collect();
    keywords.push("+=".to_owned());
    keywords.extend(holder.file.clone());
    let finding = Finding {
        cause,
        title: format!("{grows} {label}{place} of {}{pieces}", figures::size(retained_size)),
        advice: match rope.more {
            Some(_) => format!(
                "Every {} adds to {label}, and nothing is ever taken away: write it out and begin anew, or keep only the end.",
                case.window.unit
            ),
            None => format!("Check that {label} is meant to be that long; a second snapshot tells whether it grows."),
        },
        confidence: rope.more.as_ref().map_or(0.45, |&(_, confidence)| confidence),
        count: rope.pieces.max(1),
        growth: rope.more.map(|(growth, _)| growth),
        shallow_size: graph.sizes.shallow_size(rope.node),
        retained_size,
        share: retained_size as f64 / graph.dominators.retained_size(NodeIndex::ROOT).max(1) as f64,
        owner: describer.node(rope.node),
        location: holder.location.clone(),
        path: describer.steps(&path),
        holds: Vec::new(),
        accumulation_point: Some(describer.node(rope.node)),
        keywords,
        signature: case.signature(cause).part("growing").part(&holder.name).file(holder.url.as_ref()).to_string(),
        evidence,
    };
    Ok(Some(Claim { finding, explains: vec![rope.node] }))
}
