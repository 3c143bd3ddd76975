//! Cause `stream-backlog`: a producer is faster than its consumer and does not mind, and what it makes waits in a stream's buffer
//! or in a queue of jobs.
//!
//! Seen: buffers of Node's streams, of HTTP messages, of WHATWG streams, and queues of well-known packages, all of which are
//! data ([`patterns`]), whose chunks are counted ([`read`]). A stream holds some back in health: up to its `highWaterMark`;
//! what is not above that, and what is as long as it was, is no backlog.
//!
//! `O(strings + n)` for the search, then the chunks that wait.

mod patterns;
mod read;

use std::collections::BTreeMap;

use rustc_hash::{FxHashMap, FxHashSet};

use self::patterns::{ADDING, GIVEN, HANDED_OUT, Side, TO_STREAM, WRITE_REQUESTS};
use self::read::Backlog;
use super::Cause;
use super::case::{Case, Claim, Explained};
use super::finding::{Evidence, Finding, Growth};
use super::held;
use super::holder::Holder;
use super::makers;
use crate::analysis::figures;
use crate::analysis::node_ref::Describer;
use crate::analysis::paths::{self, RetainingPath};
use crate::analysis::places;
use crate::analysis::scripts::SourceLocation;
use crate::cancel::CancelToken;
use crate::error::Result;
use crate::graph::Snapshot;
use crate::snapshot::{EdgeIndex, EdgeKind, NodeId, NodeIndex, NodeKind, Text};

/// In one snapshot: so many chunks are suspicious,
const MANY: u64 = 1000;
/// or so many bytes, in at least so many chunks.
const LARGE: u64 = 4_000_000;
const LEAST_LARGE: u64 = 16;
/// A backlog grows if it has so much more of what it had.
const LEAST_SHARE: f64 = 0.1;
/// Nothing leaves it if this part of what waited before waits still.
const STUCK: f64 = 0.9;
/// So many steps up the path a holder is looked for.
const MOST_HOLDERS: usize = 24;
/// So many paths to a stream are tried.
const MOST_PATHS: usize = 6;
/// So many entries are asked who made them.
const SAMPLE: usize = 64;

/// The cause.
pub(super) struct StreamBacklog;

impl Cause for StreamBacklog {
    fn name(&self) -> &'static str {
        "stream-backlog"
    }

    fn claims(&self, case: &Case<'_>, explained: &Explained, cancel: &CancelToken) -> Result<Vec<Claim>> {
        let least = if case.before.is_some() { case.window.least_growth() } else { LEAST_LARGE };
        let mut backlogs = read::read(case.instances(case.after, cancel)?, least, cancel)?;
        backlogs.retain(|backlog| !explained.contains(backlog.state) && backlog.is_over_mark(case.after));
        match case.before {
            None => {
                backlogs.retain(|backlog| backlog.count() >= MANY || backlog.size(case.after) >= LARGE);
                backlogs.iter().map(|backlog| self.claim(case, backlog, None, cancel)).collect()
            }
            Some(_) if backlogs.is_empty() => Ok(Vec::new()),
            Some(before) => {
                let then = read::read(case.instances(before, cancel)?, 1, cancel)?;
                let grown = backlogs.iter().filter_map(|now| Some((now, grown(case, before, &then, now)?)));
                grown.map(|(backlog, grown)| self.claim(case, backlog, Some(grown), cancel)).collect()
            }
        }
    }
}

/// How much longer a backlog is.
#[derive(Clone, Copy)]
struct Grown {
    count: u64,
    bytes: u64,
    /// Whether what waited before waits still.
    is_stuck: bool,
    /// Whether it has become twice as long.
    has_doubled: bool,
    /// Whether the stream was there before.
    was_there: bool,
}

/// How much longer it is than before, if it is.
fn grown(case: &Case<'_>, before: &Snapshot, then: &[Backlog], now: &Backlog) -> Option<Grown> {
    let (heap, heap_before) = (&case.after.heap, &before.heap);
    let is_same = |then: &&Backlog| match case.is_same_process {
        true => heap_before.nodes.id(then.node) == heap.nodes.id(now.node) && then.side == now.side,
        false => {
            let name = |heap: &crate::snapshot::Heap, node| heap.strings.text(heap.nodes.name(node));
            std::ptr::eq(then.pattern, now.pattern) && name(heap_before, then.node) == name(heap, now.node)
        }
    };
    let then = then.iter().filter(is_same).max_by_key(|then| then.count());
    let (count_then, size_then) = then.map_or((0, 0), |then| (then.count(), then.size(before)));
    let count = now.count().saturating_sub(count_then);
    let bytes = now.size(case.after).saturating_sub(size_then);
    let least = case.window.least_growth().max((LEAST_SHARE * count_then as f64) as u64);
    let is_heavy = bytes >= case.least_bytes();
    let ids: FxHashSet<NodeId> = now.chunks.iter().map(|&chunk| heap.nodes.id(chunk)).collect();
    let is_stuck = then.is_some_and(|then| {
        let still = then.chunks.iter().filter(|&&chunk| ids.contains(&heap_before.nodes.id(chunk))).count();
        case.is_same_process && still as f64 >= STUCK * then.chunks.len() as f64
    });
    let grown = Grown {
        count,
        bytes,
        is_stuck,
        has_doubled: count >= count_then,
        was_there: case.is_same_process && !case.is_new(now.node),
    };
    // Without a number of rounds, what nothing leaves is told however small it is.
    let is_judged_later = case.window.is_of_series && case.window.rounds.is_some();
    let is_told =
        is_heavy || case.window.is_paced(count) || is_judged_later || is_stuck && case.window.rounds.is_none();
    (count >= least && is_told).then_some(grown)
}

fn confidence(case: &Case<'_>, grown: Option<Grown>) -> f64 {
    let Some(grown) = grown else { return 0.5 };
    let window = &case.window;
    match window.rounds {
        // A transfer under way, perhaps.
        _ if !grown.was_there => 0.5,
        Some(_) if window.is_exact(grown.count) => 0.98,
        Some(_) if window.is_paced(grown.count) => 0.9,
        _ if window.is_of_series => 0.7,
        _ if grown.is_stuck => 0.8,
        _ if grown.has_doubled => 0.7,
        _ => 0.5,
    }
}

/// Whose the backlog is, and who adds to it.
struct Owner {
    /// `PassThrough tee`.
    label: String,
    name: String,
    file: Option<String>,
    url: Option<Text>,
    location: Option<SourceLocation>,
}

impl Owner {
    fn of(case: &Case<'_>, backlog: &Backlog, cancel: &CancelToken) -> Result<(Self, RetainingPath)> {
        let describer = &case.describer();
        let (way, holder) = held_by(case, backlog, cancel)?;
        let class_name = describer.class_name(backlog.node).to_string();
        let made = || {
            makers::place(describer, backlog.node)
                .or_else(|| makers::given(describer, backlog.node, &GIVEN))
                .or_else(|| makers::listening(describer, backlog.node))
        };
        let of_holder = || holder.as_ref().and_then(|(_, holder)| holder.location.clone());
        let location = adding(describer, backlog).or_else(of_holder).or_else(made);
        let name = holder.as_ref().map_or("", |(_, holder)| holder.name.as_str());
        let is_queue = backlog.side == Side::Queued;
        let label = match (&holder, is_queue) {
            // How a package's queue hangs on its parts is its own business.
            (Some(_), true) => format!("{} {}", backlog.pattern.name, outermost(name)),
            (None, true) => backlog.pattern.name.to_owned(),
            (Some((true, holder)), false) => holder.label(&class_name),
            (Some((false, _)), false) => format!("{class_name} in {name}"),
            (None, false) => class_name,
        };
        let name = name.to_owned();
        let (file, url) = holder.map_or((None, None), |(_, holder)| (holder.file, holder.url));
        Ok((Self { label, name, file, url, location }, way))
    }
}

/// The way to the stream over what the program wrote, if there is one, and the holder on it. Of a WHATWG stream a program may
/// have the writer, reader or controller only.
fn held_by(
    case: &Case<'_>,
    backlog: &Backlog,
    cancel: &CancelToken,
) -> Result<(RetainingPath, Option<(bool, Holder)>)> {
    let describer = &case.describer();
    let heap = &case.after.heap;
    let mut shortest = None;
    let property = |node, name| {
        let mut edges = heap.nodes.edges(node);
        let edge = edges.find(|&it| heap.edges.kind(it) == EdgeKind::Property && heap.edge_is_named(it, name))?;
        Some((EdgeIndex(edge as u32), heap.edges.target(edge)))
    };
    let state = property(backlog.node, TO_STREAM[0]).map(|(_, state)| state);
    let handed_out = HANDED_OUT.iter().filter_map(|name| Some(property(state?, name)?.1));
    for node in [backlog.node].into_iter().chain(handed_out) {
        // From what was handed out to the stream.
        let mut rest = Vec::new();
        let mut at = node;
        while at != backlog.node
            && let Some((edge, next)) = TO_STREAM.get(rest.len()).and_then(|name| property(at, name))
        {
            rest.push(edge);
            at = next;
        }
        if at != backlog.node {
            continue;
        }
        for mut way in paths::retaining_paths(case.after, node, MOST_PATHS, cancel)? {
            let holder = program_holder(describer, &way);
            way.extend_from_slice(&rest);
            if let Some((is_direct, holder)) = holder {
                return Ok((way, Some((is_direct && rest.is_empty(), holder))));
            }
            shortest.get_or_insert(way);
        }
    }
    Ok((shortest.unwrap_or_default(), None))
}

/// The nearest holder on the way that the program wrote, and whether it holds the stream itself: what a package holds is its
/// own business.
fn program_holder(describer: &Describer<'_>, way: &RetainingPath) -> Option<(bool, Holder)> {
    let holders = (1..=way.len()).rev().take(MOST_HOLDERS).map(|end| {
        let holder = Holder::with_methods(describer, &way[..end], &ADDING);
        (end == way.len() && holder.is_direct, holder)
    });
    holders.into_iter().find(|(_, holder)| {
        let is_of_package = |file: &String| file.starts_with("node_modules/");
        !holder.is_internal && !holder.name.is_empty() && holder.file.as_ref().is_some_and(|file| !is_of_package(file))
    })
}

/// `jobs` of `jobs._tasks`: the variable, not what a package has made of it.
fn outermost(name: &str) -> &str {
    match name.split_once('.') {
        Some((variable, _)) if variable != "exports" && variable.starts_with(char::is_lowercase) => variable,
        _ => name,
    }
}

/// Who adds: the functions that entries bring to be called when they are done, or that are the jobs.
fn adding(describer: &Describer<'_>, backlog: &Backlog) -> Option<SourceLocation> {
    let heap = &describer.snapshot().heap;
    let step = backlog.entries.len().div_ceil(SAMPLE).max(1);
    let mut functions = Vec::new();
    for &entry in backlog.entries.iter().step_by(step) {
        let of_entry =
            ["callback", "cb", "run", "job"].iter().filter_map(|name| heap.follow(entry, EdgeKind::Property, name));
        for function in of_entry.chain([entry]).filter(|&it| heap.nodes.kind(it) == NodeKind::CLOSURE) {
            functions.push(function);
            // A package's wrapper around the program's function.
            if let Some(scope) = heap.follow(function, EdgeKind::Internal, "context") {
                let variables = heap.nodes.edges(scope).filter(|&edge| heap.edges.kind(edge) == EdgeKind::Context);
                functions.extend(variables.map(|edge| heap.edges.target(edge)));
            }
        }
    }
    let functions = functions.into_iter().filter(|&it| heap.nodes.kind(it) == NodeKind::CLOSURE);
    let places = functions.filter_map(|function| makers::place(describer, makers::written(heap, function)));
    makers::nearest(places).filter(|place| !makers::is_of_package(place))
}

impl StreamBacklog {
    fn claim(&self, case: &Case<'_>, backlog: &Backlog, grown: Option<Grown>, cancel: &CancelToken) -> Result<Claim> {
        let describer = case.describer();
        let graph = &case.after.graph;
        let (owner, path) = Owner::of(case, backlog, cancel)?;
        let retained_size = backlog.size(case.after);
        let distinct: FxHashSet<NodeIndex> = backlog.chunks.iter().copied().collect();
        let mut keywords = vec![owner.label.clone()];
        keywords.extend(Some(owner.name.clone()).filter(|name| !name.is_empty()));
        keywords.extend(owner.location.as_ref().map(|location| places::short_url(&location.url.to_str())));
        let class_name = describer.class_name(backlog.node).to_string();
        let signature = case.signature(self.name()).part(&class_name).part(side_name(backlog.side));
        let finding = Finding {
            cause: self.name(),
            title: title(backlog, &owner, retained_size),
            advice: advice(case, backlog, &owner, grown.is_some()),
            confidence: confidence(case, grown),
            count: backlog.count(),
            growth: grown.map(|grown| Growth {
                count: grown.count,
                bytes: grown.bytes,
                per_round: case.window.per_round(grown.count),
            }),
            shallow_size: distinct.iter().map(|&chunk| graph.sizes.shallow_size(chunk)).sum(),
            retained_size,
            share: retained_size as f64 / graph.dominators.retained_size(NodeIndex::ROOT).max(1) as f64,
            owner: describer.node(backlog.node),
            path: describer.steps(&path),
            holds: held::by_middling(case, &backlog.entries, cancel)?.into_iter().collect(),
            accumulation_point: Some(describer.node(backlog.containers[0])),
            keywords,
            signature: match owner.name.as_str() {
                "" => signature.place(owner.location.as_ref()),
                name => signature.part(name).file(owner.url.as_ref()),
            }
            .to_string(),
            evidence: evidence(case, backlog, &owner, retained_size),
            location: owner.location,
        };
        let heap = &case.after.heap;
        let promises =
            WRITE_REQUESTS.iter().try_fold(backlog.node, |node, name| heap.follow(node, EdgeKind::Property, name));
        let explains = backlog.entries.iter().chain(&backlog.containers).copied().chain(promises);
        Ok(Claim { finding, explains: explains.filter(|&node| node != backlog.state).collect() })
    }
}

fn side_name(side: Side) -> &'static str {
    match side {
        Side::Written => "written",
        Side::Unread => "unread",
        Side::Queued => "queued",
    }
}

/// `160 chunks, 480 kB, wait to be written by Writable sink (src/log.js:10:3)`.
fn title(backlog: &Backlog, owner: &Owner, size: u64) -> String {
    let size = figures::size(size);
    let place = owner.location.as_ref().map(places::place).or_else(|| owner.file.clone());
    let place = place.map_or_else(String::new, |place| format!(" ({place})"));
    let (noun, state) = match backlog.side {
        Side::Written => ("chunk", "wait to be written by"),
        Side::Unread => ("chunk", "wait to be read from"),
        Side::Queued => ("job", "wait for their turn in"),
    };
    format!("{}, {size}, {state} {}{place}", figures::counted(backlog.count(), noun), owner.label)
}

fn advice(case: &Case<'_>, backlog: &Backlog, owner: &Owner, has_grown: bool) -> String {
    let label = &owner.label;
    let unit = &case.window.unit;
    let remedy = match backlog.side {
        Side::Written => {
            "mind what `write` returns and wait for 'drain' (or `await writer.ready`), or use `pipeline`; and close a stream \
             whose other end is too slow or gone"
        }
        Side::Unread => {
            "read it to its end, `resume` or `destroy` it when nobody wants it; whoever pushes must stop when `push` \
             returns false (or `desiredSize` is 0)"
        }
        Side::Queued => {
            "accept no more than it gets done: wait for earlier jobs, refuse new ones beyond a limit, or raise the concurrency"
        }
    };
    match has_grown {
        true => format!("Every {unit} adds to {label} more than leaves it: {remedy}."),
        false => format!("A second snapshot tells whether {label} gets longer. If so: {remedy}."),
    }
}

fn evidence(case: &Case<'_>, backlog: &Backlog, owner: &Owner, size: u64) -> BTreeMap<&'static str, Evidence> {
    let describer = case.describer();
    let heap = &case.after.heap;
    let mut evidence = BTreeMap::from([
        ("stream", Evidence::from(owner.label.clone())),
        ("waiting", side_name(backlog.side).into()),
        ("library", backlog.pattern.library.into()),
        ("retainedPerChunk", (size / backlog.count().max(1)).into()),
    ]);
    let mut classes: FxHashMap<String, usize> = FxHashMap::default();
    for &chunk in backlog.chunks.iter().step_by(backlog.chunks.len().div_ceil(SAMPLE).max(1)) {
        *classes.entry(describer.class_name(chunk).to_string()).or_default() += 1;
    }
    let most = classes.into_iter().max_by(|a, b| (a.1, &b.0).cmp(&(b.1, &a.0)));
    if let Some((class, _)) = most {
        evidence.insert("chunks", class.into());
    }
    match backlog.external_size(heap) {
        0 => {}
        bytes => _ = evidence.insert("externalBytes", bytes.into()),
    }
    // A socket tells what it carries: the response whose client is slow.
    if let Some(message) = heap.follow(backlog.node, EdgeKind::Property, "_httpMessage") {
        evidence.insert("carries", describer.class_name(message).to_string().into());
    }
    evidence
}
