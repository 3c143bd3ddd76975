//! Cause `handles`: sockets, servers, watchers, workers, child processes, file handles are opened again and again, and nobody
//! closes them.
//!
//! Seen: objects of Node's whose native half is there ([`read`]), many of one kind and place, or growing from one snapshot to
//! the next ([`pile`]). A socket that was closed and is kept in a Map is no handle. Which kinds there are is data
//! ([`patterns`]). Open handles hang on Node's event loop, so nobody else need keep them; where a collection does, it is told
//! as evidence.
//!
//! `O(strings + n)` for the search, then only what the handles found hold.

mod patterns;
mod pile;
mod read;

use std::collections::BTreeMap;

use self::pile::Pile;
use super::Cause;
use super::case::{Case, Claim, Explained};
use super::finding::{Evidence, Finding, Growth};
use super::held;
use super::keepers::Kept;
use super::makers;
use crate::analysis::figures;
use crate::analysis::paths;
use crate::analysis::places;
use crate::cancel::CancelToken;
use crate::error::Result;
use crate::snapshot::NodeIndex;

/// The cause.
pub(super) struct Handles;

impl Cause for Handles {
    fn name(&self) -> &'static str {
        "handles"
    }

    fn claims(&self, case: &Case<'_>, explained: &Explained, cancel: &CancelToken) -> Result<Vec<Claim>> {
        let piles = pile::find(case, explained, cancel)?;
        piles.iter().map(|pile| self.claim(case, pile, cancel)).collect()
    }
}

impl Handles {
    fn claim(&self, case: &Case<'_>, pile: &Pile, cancel: &CancelToken) -> Result<Claim> {
        let describer = case.describer();
        let graph = &case.after.graph;
        let nodes = pile.nodes();
        let kept = match pile.holder {
            Some(holder) => Kept::by(case, holder, cancel)?,
            None => None,
        };
        let owner = kept.as_ref().map_or(nodes[0], |kept| kept.node);
        let path = paths::shortest_path(case.after, owner, cancel)?.unwrap_or_default();
        let location = pile.location.clone().or_else(|| kept.as_ref().and_then(|kept| kept.holder.location.clone()));
        let holder_name = kept.as_ref().map_or("", |kept| kept.holder.name.as_str());
        let mut explains = pile.explains();
        if let Some(kept) = &kept
            && case.before.is_none()
        {
            explains.push(kept.node);
        }
        let finding = Finding {
            cause: self.name(),
            title: title(pile, kept.as_ref()),
            advice: advice(case, pile),
            confidence: confidence(case, pile),
            count: pile.count(),
            growth: pile.growth.map(|growth| Growth {
                count: growth.count,
                bytes: growth.bytes,
                per_round: case.window.per_round(growth.count),
            }),
            shallow_size: nodes.iter().map(|&node| graph.sizes.shallow_size(node)).sum(),
            retained_size: pile.retained_size,
            share: pile.retained_size as f64 / graph.dominators.retained_size(NodeIndex::ROOT).max(1) as f64,
            owner: describer.node(owner),
            path: describer.steps(&path),
            holds: held::by_middling(case, &nodes, cancel)?.into_iter().collect(),
            accumulation_point: kept.as_ref().map(|kept| describer.node(kept.node)),
            keywords: keywords(pile, kept.as_ref()),
            signature: match &location {
                Some(_) => case.signature(self.name()).part(pile.pattern().noun).place(location.as_ref()),
                None => case.signature(self.name()).part(pile.pattern().noun).part(holder_name),
            }
            .to_string(),
            evidence: evidence(case, pile, kept.as_ref()),
            location,
        };
        Ok(Claim { finding, explains })
    }
}

/// `120 sockets that are never closed, used at src/feed.js:14:5, kept by Map sessions`.
fn title(pile: &Pile, kept: Option<&Kept>) -> String {
    let noun = noun(pile);
    let count = match (pile.agents, pile.growth) {
        (0, Some(_)) => format!("{} that {}", counted(pile.count(), noun), pile.pattern().state),
        (0, None) => format!("{} open {}", figures::grouped(pile.count()), plural(noun)),
        (agents, _) => format!("{} in {}", counted(pile.count(), noun), figures::counted(agents as u64, "HTTP agent")),
    };
    let place = pile.location.as_ref().map_or_else(String::new, |place| format!(", used at {}", places::place(place)));
    let kept = kept.map_or_else(String::new, |kept| match kept.holder.place().filter(|_| pile.location.is_none()) {
        Some(place) => format!(", kept by {} ({place})", kept.label),
        None => format!(", kept by {}", kept.label),
    });
    format!("{count}{place}{kept}")
}

fn noun(pile: &Pile) -> &'static str {
    if pile.agents > 0 { "idle keep-alive socket" } else { pile.pattern().noun }
}

fn counted(count: u64, noun: &str) -> String {
    figures::counted_as(count, noun, &plural(noun))
}

fn plural(noun: &str) -> String {
    match noun.strip_suffix("process") {
        Some(child) => format!("{child}processes"),
        None => format!("{noun}s"),
    }
}

fn advice(case: &Case<'_>, pile: &Pile) -> String {
    let unit = &case.window.unit;
    if pile.agents > 0 {
        return format!(
            "Each agent keeps its sockets open for the next request, which goes to another agent: make one `http.Agent` \
             for all, not one per {unit}, or `agent.destroy()` when done."
        );
    }
    let noun = pile.pattern().noun;
    format!("Every {unit} leaves {} {noun} open. Close it on every way out: {}.", article(noun), pile.pattern().close)
}

fn article(noun: &str) -> &'static str {
    if noun.starts_with("HTTP") { "an" } else { "a" }
}

fn confidence(case: &Case<'_>, pile: &Pile) -> f64 {
    let Some(growth) = pile.growth else { return 0.4 };
    let window = &case.window;
    match window.rounds {
        _ if !case.is_same_process && !window.is_paced(growth.count) => 0.5,
        Some(_) if window.is_exact(growth.count) => 0.98,
        Some(_) if window.is_paced(growth.count) => 0.9,
        _ if window.is_of_series => 0.7,
        // Out of step with the rounds: a pool that fills, or more load.
        Some(_) => 0.5,
        None if growth.is_lasting => 0.75,
        None if pile.pattern().is_transient => 0.5,
        None => 0.7,
    }
}

fn keywords(pile: &Pile, kept: Option<&Kept>) -> Vec<String> {
    let mut keywords = vec![noun(pile).to_owned()];
    if let Some(place) = &pile.location {
        keywords.push(places::short_url(&place.url.to_str()));
        keywords.extend(place.function_name.as_ref().map(ToString::to_string).filter(|name| !name.is_empty()));
    }
    keywords.extend(kept.map(|kept| kept.holder.name.clone()));
    keywords
}

fn evidence(case: &Case<'_>, pile: &Pile, kept: Option<&Kept>) -> BTreeMap<&'static str, Evidence> {
    let describer = case.describer();
    let first = &pile.handles[0];
    let mut evidence = BTreeMap::from([
        ("handle", Evidence::from(noun(pile))),
        ("class", describer.class_name(first.node).to_string().into()),
        ("native", describer.class_name(first.native).to_string().into()),
        ("retainedPerHandle", (pile.retained_size / pile.count().max(1)).into()),
    ]);
    if pile.agents > 0 {
        evidence.insert("agents", pile.agents.into());
    }
    if let Some(kept) = kept {
        evidence.insert("keptBy", kept.label.clone().into());
    }
    if pile.location.as_ref().is_some_and(makers::is_of_package) {
        evidence.insert("onlyInPackage", 1u64.into());
    }
    if !pile.parts.is_empty() {
        let parts: Vec<_> = pile.parts.iter().map(|&(noun, parts)| counted(parts as u64, noun)).collect();
        evidence.insert("with", parts.join(", ").into());
    }
    evidence
}
