//! Cause `timers`: the same place in the source starts an interval again and again, and nobody clears it; or timeouts and
//! immediates pile up.
//!
//! Seen: timers that wait in Node's lists ([`lists`]), many of one place or growing from one snapshot to the next
//! ([`pile`]). A timer keeps its callback, the callback its scope, and from Node 22 on the timer keeps the stores of
//! AsyncLocalStorage that were in use when it was made. The known story: `setInterval` in Vue's `created`, which runs on the
//! server too, once per page rendered.
//!
//! `O(strings + n)` for the search, then only what the piles found hold.

mod lists;
mod pile;

use std::collections::BTreeMap;

use rustc_hash::FxHashSet;

use self::lists::{List, TimerKind};
use self::pile::Pile;
use super::Cause;
use super::case::{Case, Claim, Explained};
use super::finding::{Evidence, Finding, Growth, Held};
use super::shared_scope;
use crate::analysis::accumulation::Subtree;
use crate::analysis::figures;
use crate::analysis::paths;
use crate::analysis::places;
use crate::cancel::CancelToken;
use crate::error::Result;
use crate::snapshot::NodeIndex;

/// The cause.
pub(super) struct Timers;

impl Cause for Timers {
    fn name(&self) -> &'static str {
        "timers"
    }

    fn claims(&self, case: &Case<'_>, explained: &Explained, cancel: &CancelToken) -> Result<Vec<Claim>> {
        let lists = lists::read(case.instances(case.after, cancel)?, cancel)?;
        let piles = pile::find(case, &lists, explained, cancel)?;
        let claims = piles.iter().filter_map(|pile| Some((pile, pile.list()?)));
        claims.map(|(pile, list)| self.claim(case, pile, list, cancel)).collect()
    }
}

impl Timers {
    fn claim(&self, case: &Case<'_>, pile: &Pile<'_>, list: &List, cancel: &CancelToken) -> Result<Claim> {
        let describer = case.describer();
        let graph = &case.after.graph;
        let path = paths::shortest_path(case.after, list.node, cancel)?.unwrap_or_default();
        let timers: Vec<NodeIndex> = pile.timers.iter().map(|(_, timer)| timer.node).collect();
        let retained_size = pile.retained_size();
        let mut evidence = evidence(pile, list);
        let holds = held(case, pile, list, &mut evidence, cancel)?.into_iter().collect();
        let finding = Finding {
            cause: self.name(),
            title: title(pile),
            advice: advice(case, pile),
            confidence: confidence(case, pile),
            count: timers.len() as u64,
            growth: pile.growth.map(|growth| Growth {
                count: growth.count,
                bytes: growth.bytes,
                per_round: case.window.per_round(growth.count),
            }),
            shallow_size: timers.iter().map(|&timer| graph.sizes.shallow_size(timer)).sum(),
            retained_size,
            share: retained_size as f64 / graph.dominators.retained_size(NodeIndex::ROOT).max(1) as f64,
            owner: describer.node(list.node),
            path: describer.steps(&path),
            holds,
            accumulation_point: Some(describer.node(list.node)),
            keywords: keywords(pile),
            signature: case.signature(self.name()).part(made_by(pile.kind)).place(Some(&pile.location)).to_string(),
            evidence,
            location: Some(pile.location.clone()),
        };
        Ok(Claim { finding, explains: timers })
    }
}

/// The function that makes such timers.
fn made_by(kind: TimerKind) -> &'static str {
    match kind {
        TimerKind::Interval => "setInterval",
        TimerKind::Timeout => "setTimeout",
        TimerKind::Immediate => "setImmediate",
    }
}

/// ` of 5 s`; nothing where they differ, or none is known.
fn of_delay(pile: &Pile<'_>) -> String {
    match pile.delays_ms() {
        Some((shortest, longest)) if shortest == longest => format!(" of {}", figures::duration(shortest.into())),
        _ => String::new(),
    }
}

/// `300 intervals of 1 s that are never cleared, all created at src/home.js:14:5`.
fn title(pile: &Pile<'_>) -> String {
    let count = pile.timers.len() as u64;
    let (noun, state) = match pile.kind {
        TimerKind::Interval => ("interval", "that are never cleared"),
        TimerKind::Timeout if pile.is_restarted => ("timeout", "that start themselves again and again"),
        TimerKind::Immediate if pile.is_restarted => ("immediate", "that start themselves again and again"),
        TimerKind::Timeout => ("timeout", "yet to fire"),
        TimerKind::Immediate => ("immediate", "yet to run"),
    };
    let place = places::place(&pile.location);
    format!("{}{} {state}, all created at {place}", figures::counted(count, noun), of_delay(pile))
}

fn advice(case: &Case<'_>, pile: &Pile<'_>) -> String {
    let unit = &case.window.unit;
    match pile.kind {
        TimerKind::Interval => format!(
            "Keep what `setInterval` returns and pass it to `clearInterval` when the {unit} is done; or start one interval, \
             outside of the code that runs per {unit}. Hooks that run on the server too, as Vue's `created` does when \
             pages are rendered there, must start none."
        ),
        TimerKind::Timeout | TimerKind::Immediate if pile.is_restarted => {
            format!("Each sets the next one when it is called, for ever: end the chain when the {unit} is done.")
        }
        TimerKind::Timeout if pile.is_lasting() => format!(
            "Each keeps its scope until it fires: pass what `setTimeout` returns to `clearTimeout` when the {unit} is done, \
             or have one timer look after all that expires."
        ),
        TimerKind::Timeout => {
            "Each goes when it fires, so these may be work under way: snapshots further apart than the delay tell. If they \
             are too many, pass what `setTimeout` returns to `clearTimeout` as soon as the work is done."
                .to_owned()
        }
        TimerKind::Immediate => {
            "They run in the next turn of the event loop, so these may be work under way. If there are always more, \
             something starts them faster than they run."
                .to_owned()
        }
    }
}

fn confidence(case: &Case<'_>, pile: &Pile<'_>) -> f64 {
    let Some(growth) = pile.growth else { return if pile.kind == TimerKind::Interval { 0.5 } else { 0.4 } };
    let is_exact = case.window.is_exact(growth.count);
    match pile.kind {
        TimerKind::Interval if is_exact => 0.99,
        TimerKind::Interval if case.is_same_process => 0.9,
        // Two processes may differ for better reasons than a leak.
        TimerKind::Interval => 0.7,
        TimerKind::Timeout | TimerKind::Immediate if pile.is_lasting() && is_exact => 0.8,
        TimerKind::Timeout | TimerKind::Immediate if pile.is_lasting() && case.is_same_process => 0.7,
        _ => 0.4,
    }
}

/// What one timer of the list, of those that keep a middling amount, keeps alive; and in `evidence`, whose fault that is.
fn held(
    case: &Case<'_>,
    pile: &Pile<'_>,
    list: &List,
    evidence: &mut BTreeMap<&'static str, Evidence>,
    cancel: &CancelToken,
) -> Result<Option<Held>> {
    let median = pile.median_size();
    let of_list = pile.timers.iter().filter(|(its, _)| its.node == list.node).map(|(_, timer)| timer);
    let Some(sample) = of_list.into_iter().find(|timer| timer.retained_size >= median) else { return Ok(None) };
    let subtree = Subtree::explore(case.after, sample.node, &FxHashSet::default(), |_| 0, cancel)?;
    let heaviest = subtree.accumulation_point(sample.retained_size);
    if heaviest == sample.node {
        return Ok(None);
    }
    let mut path = list.way[..sample.steps].to_vec();
    path.extend(subtree.path_to(heaviest));
    let describer = case.describer();
    shared_scope::explain(&describer, &path, "the callback", evidence);
    Ok(Some(Held { node: describer.node(heaviest), path: describer.steps(&path), retained_size: sample.retained_size }))
}

fn keywords(pile: &Pile<'_>) -> Vec<String> {
    let location = &pile.location;
    let mut keywords = vec![made_by(pile.kind).to_owned(), places::short_url(&location.url.to_str())];
    keywords.extend(location.function_name.as_ref().map(ToString::to_string).filter(|name| !name.is_empty()));
    keywords
}

fn evidence(pile: &Pile<'_>, list: &List) -> BTreeMap<&'static str, Evidence> {
    let mut evidence = BTreeMap::from([
        ("madeBy", made_by(pile.kind).into()),
        ("timers", list.versions.into()),
        ("retainedPerTimer", pile.median_size().into()),
    ]);
    if let Some((shortest, longest)) = pile.delays_ms() {
        evidence.insert("shortestDelayMs", u64::from(shortest).into());
        evidence.insert("longestDelayMs", u64::from(longest).into());
    }
    evidence
}
