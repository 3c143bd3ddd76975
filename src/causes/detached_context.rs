//! Cause `detached-context`: contexts of `vm` (a sandbox for each request, a window of jsdom, an environment for each test file)
//! and realms are made again and again, and somebody keeps them.
//!
//! Seen: more of V8's `system / NativeContext`s than Node itself has, which is one for each isolate (a worker has a heap of its
//! own). Each has all of JavaScript's built-in objects, some 140 kB, and whatever was run in it. One function or object of a
//! context keeps the whole context.
//!
//! `O(strings + n)` for the search, then only what the contexts found hold. Seen in Node 20 to 26.
//! Source: V8 `src/objects/contexts.h`, Node `src/node_contextify.cc`.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use super::Cause;
use super::case::{Case, Claim, Explained};
use super::finding::{Evidence, Finding, Growth};
use super::held;
use super::instances::Instances;
use super::keepers::{self, Kept};
use crate::analysis::figures;
use crate::analysis::node_ref::Describer;
use crate::analysis::paths;
use crate::analysis::places;
use crate::analysis::suspects;
use crate::cancel::CancelToken;
use crate::error::Result;
use crate::graph::Snapshot;
use crate::snapshot::{EdgeKind, Heap, NodeIndex};

/// What V8 calls a context with built-in objects of its own.
const CONTEXT: &str = "system / NativeContext";
/// Where it keeps its global object: Node 26, and before.
const GLOBALS: [&str; 2] = ["global_object", "extension"];
/// In one snapshot: so many are suspicious by themselves.
const MANY: usize = 20;
/// What keeps a context is looked for so far up its dominators.
const MOST_STEPS: usize = 64;

/// The cause.
pub(super) struct DetachedContext;

impl Cause for DetachedContext {
    fn name(&self) -> &'static str {
        "detached-context"
    }

    fn claims(&self, case: &Case<'_>, explained: &Explained, cancel: &CancelToken) -> Result<Vec<Claim>> {
        let mut contexts = others(case.instances(case.after, cancel)?);
        contexts.retain(|&context| !explained.contains(context));
        let least = if case.before.is_some() { case.window.least_growth() } else { MANY as u64 };
        if (contexts.len() as u64) < least {
            return Ok(Vec::new());
        }
        let more = match case.before {
            Some(before) => {
                let then = others(case.instances(before, cancel)?).len();
                Some(contexts.len().saturating_sub(then) as u64)
            }
            None => None,
        };
        if more.is_some_and(|more| more < least) {
            return Ok(Vec::new());
        }
        Ok(vec![self.claim(case, contexts, more, cancel)?])
    }
}

/// All contexts but the one that Node runs the program in, which is the oldest.
fn others(instances: &Instances<'_>) -> Vec<NodeIndex> {
    let mut found = instances.hidden(CONTEXT);
    found.sort_by_key(|&context| instances.snapshot.heap.nodes.id(context));
    found.split_off(found.len().min(1))
}

/// By context, the greatest thing that goes with it and with no other: its sandbox, a session around that, a closure.
fn tops(snapshot: &Snapshot, contexts: &[NodeIndex]) -> Vec<NodeIndex> {
    let dominators = &snapshot.graph.dominators;
    let up = |context: NodeIndex| {
        let dominator = |&node: &NodeIndex| Some(dominators.immediate_dominator(node));
        std::iter::successors(Some(context), dominator)
            .take(MOST_STEPS)
            .take_while(|&node| node != NodeIndex::ROOT && !is_frame(&snapshot.heap, node))
    };
    let mut contexts_of: FxHashMap<NodeIndex, u32> = FxHashMap::default();
    for &context in contexts {
        for node in up(context) {
            *contexts_of.entry(node).or_default() += 1;
        }
    }
    let top = |&context: &NodeIndex| up(context).take_while(|node| contexts_of[node] == 1).last().unwrap_or(context);
    contexts.iter().map(top).collect()
}

/// Whether it is a frame around programs, other than a context.
fn is_frame(heap: &Heap, node: NodeIndex) -> bool {
    suspects::is_machinery(heap, node) && !heap.node_is_named(node, CONTEXT)
}

impl DetachedContext {
    fn claim(
        &self,
        case: &Case<'_>,
        mut contexts: Vec<NodeIndex>,
        more: Option<u64>,
        cancel: &CancelToken,
    ) -> Result<Claim> {
        let describer = case.describer();
        let snapshot = case.after;
        let graph = &snapshot.graph;
        let mut tops = tops(snapshot, &contexts);
        let kept = match keepers::common_holder(snapshot, &tops, cancel)? {
            Some(holder) => Kept::by(case, holder, cancel)?,
            None => None,
        };
        if let Some(kept) = &kept {
            // One that is kept elsewhere, to be used again, is another.
            let mut is_kept = Vec::with_capacity(tops.len());
            for &top in &tops {
                is_kept.push(keepers::is_kept_by(snapshot, top, kept.node, cancel)?);
            }
            if is_kept.contains(&true) {
                let (mut of_contexts, mut of_tops) = (is_kept.iter(), is_kept.iter());
                contexts.retain(|_| of_contexts.next() == Some(&true));
                tops.retain(|_| of_tops.next() == Some(&true));
            }
        }
        let new: Vec<NodeIndex> = tops.iter().copied().filter(|&top| case.is_new(top)).collect();
        let mut explains: Vec<NodeIndex> = tops.iter().chain(&contexts).copied().collect();
        explains.extend(keepers::new_keepers(case, &tops, cancel)?);
        if let Some(kept) = kept.as_ref().filter(|_| case.before.is_none()) {
            explains.push(kept.node);
        }
        let retained_size = keepers::union_size(snapshot, tops.iter().copied());
        let count = contexts.len() as u64;
        let growth = more.map(|more| {
            let more = more.min(count);
            let bytes = match new.len() as u64 {
                0 => retained_size * more / count.max(1),
                came => keepers::union_size(snapshot, new.iter().copied()) * more.min(came) / came,
            };
            Growth { count: more, bytes: bytes.min(retained_size), per_round: case.window.per_round(more) }
        });
        let owner = kept.as_ref().map_or(tops[0], |kept| kept.node);
        let path = paths::shortest_path(snapshot, owner, cancel)?.unwrap_or_default();
        let holder = kept.as_ref().map(|kept| &kept.holder);
        let mut keywords = vec!["vm".to_owned(), "createContext".to_owned()];
        keywords.extend(holder.map(|holder| holder.name.clone()));
        keywords.extend(holder.and_then(|holder| holder.file.clone()));
        let finding = Finding {
            cause: self.name(),
            title: title(count, retained_size, kept.as_ref()),
            advice: advice(case, more.is_some()),
            confidence: confidence(case, growth.as_ref()),
            count,
            growth,
            shallow_size: contexts.iter().map(|&context| graph.sizes.shallow_size(context)).sum(),
            retained_size,
            share: retained_size as f64 / graph.dominators.retained_size(NodeIndex::ROOT).max(1) as f64,
            owner: describer.node(owner),
            location: holder.and_then(|holder| holder.location.clone()),
            path: describer.steps(&path),
            holds: held::by_middling(case, &tops, cancel)?.into_iter().collect(),
            accumulation_point: Some(describer.node(owner)),
            keywords,
            signature: case
                .signature(self.name())
                .part(holder.map_or("", |holder| holder.name.as_str()))
                .file(holder.and_then(|holder| holder.url.as_ref()))
                .to_string(),
            evidence: evidence(&describer, &contexts, retained_size, kept.as_ref()),
        };
        Ok(Claim { finding, explains })
    }
}

/// `120 contexts of vm, 17 MB, kept by Map sandboxes (src/rules.js:12:3)`.
fn title(count: u64, size: u64, kept: Option<&Kept>) -> String {
    let size = figures::size(size);
    let kept = kept.map_or_else(String::new, |kept| match kept.holder.place() {
        Some(place) => format!(", kept by {} ({place})", kept.label),
        None => format!(", kept by {}", kept.label),
    });
    format!("{} beside the program's own, {size}{kept}", figures::counted(count, "JavaScript context"))
}

fn advice(case: &Case<'_>, has_grown: bool) -> String {
    let unit = &case.window.unit;
    match has_grown {
        true => format!(
            "Every {unit} makes a context (`vm.createContext`, `vm.runInNewContext`, a realm, a jsdom window) that stays: any \
             function or object from inside keeps all of it. Make one and use it again, hand out plain data only, and \
             `window.close()` of jsdom when done."
        ),
        false => {
            "Check that so many contexts (`vm.createContext`, realms, jsdom windows) are meant to be kept; a second \
                  snapshot tells whether they become more."
                .to_owned()
        }
    }
}

fn confidence(case: &Case<'_>, growth: Option<&Growth>) -> f64 {
    let Some(growth) = growth else { return 0.5 };
    match case.window.rounds {
        Some(_) if case.window.is_exact(growth.count) => 0.98,
        Some(_) if case.window.is_paced(growth.count) => 0.9,
        _ if !case.is_same_process => 0.6,
        // Nobody makes ten contexts to warm up.
        _ => 0.8,
    }
}

fn evidence(
    describer: &Describer<'_>,
    contexts: &[NodeIndex],
    size: u64,
    kept: Option<&Kept>,
) -> BTreeMap<&'static str, Evidence> {
    let heap = &describer.snapshot().heap;
    let mut evidence = BTreeMap::from([("retainedPerContext", Evidence::from(size / (contexts.len() as u64).max(1)))]);
    let global = |&context: &NodeIndex| GLOBALS.iter().find_map(|name| heap.follow(context, EdgeKind::Internal, name));
    if let Some(global) = contexts.last().and_then(global) {
        evidence.insert("global", describer.class_name(global).to_string().into());
    }
    if let Some(kept) = kept {
        evidence.insert("keptBy", kept.label.clone().into());
        if let Some(location) = &kept.holder.location {
            evidence.insert("keptAt", places::place(location).into());
        }
    }
    evidence
}
