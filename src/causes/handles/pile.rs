//! Piles of open handles: those of one kind and one place, where there are more than there were, or more than a healthy
//! program has.
//!
//! A healthy service has as many handles as it has work under way: so many connections, requests and streams. More of these
//! than before is a leak only if they came in step with the rounds, or if those that were there before are there still. Idle
//! sockets of an agent's pool are there to be used again; a pool for each request is a leak. `O(handles + their listeners)`.

use std::cmp::Reverse;

use rustc_hash::{FxHashMap, FxHashSet};

use super::patterns::HandlePattern;
use super::read::{self, Handle};
use crate::analysis::node_ref::Describer;
use crate::analysis::places;
use crate::analysis::scripts::SourceLocation;
use crate::cancel::CancelToken;
use crate::causes::case::{Case, Explained};
use crate::causes::{keepers, makers};
use crate::error::Result;
use crate::graph::Snapshot;
use crate::snapshot::{EdgeKind, NodeId, NodeIndex};

/// In one snapshot: so many of one place are suspicious by themselves, if they are not work under way.
const MANY: usize = 50;
/// So many agents with idle sockets are no pools any more, if each has but one or two sockets.
const LEAST_AGENTS: usize = 10;
const MOST_PER_AGENT: usize = 2;
/// Handles last if this part of those that were open before are open still,
const LASTING: f64 = 0.9;
/// and there were at least so many.
const LEAST_LASTING: usize = 3;

/// What more of it there is.
#[derive(Clone, Copy)]
pub(super) struct PileGrowth {
    pub(super) count: u64,
    pub(super) bytes: u64,
    /// Whether most of those that were open before are open still.
    pub(super) is_lasting: bool,
}

/// Open handles of one kind and one place.
pub(super) struct Pile {
    /// Of idle sockets in pools: in how many.
    pub(super) agents: usize,
    pub(super) location: Option<SourceLocation>,
    pub(super) handles: Vec<Handle>,
    pub(super) growth: Option<PileGrowth>,
    /// The object where most of them hang.
    pub(super) holder: Option<NodeIndex>,
    /// What else belongs to them, as kind and number: the pipes of child processes.
    pub(super) parts: Vec<(&'static str, usize)>,
    /// The handles of these.
    pub(super) part_nodes: Vec<NodeIndex>,
    /// New objects that keep the handles.
    pub(super) keepers: Vec<NodeIndex>,
    /// Bytes freed with all of it.
    pub(super) retained_size: u64,
}

impl Pile {
    pub(super) fn pattern(&self) -> &'static HandlePattern {
        self.handles[0].pattern()
    }

    pub(super) fn count(&self) -> u64 {
        self.handles.len() as u64
    }

    /// The objects that programs know.
    pub(super) fn nodes(&self) -> Vec<NodeIndex> {
        self.handles.iter().map(|handle| handle.node).collect()
    }

    /// All that the pile accounts for.
    pub(super) fn explains(&self) -> Vec<NodeIndex> {
        let handles = self.handles.iter().flat_map(|handle| [handle.node, handle.native]);
        handles.chain(self.part_nodes.iter().copied()).chain(self.keepers.iter().copied()).collect()
    }

    /// What the ends of connections and channels have in common, at the end that opened it: what, and how many more.
    fn as_opener(&self) -> Option<(&'static str, u64)> {
        let growth = self.growth.map(|growth| growth.count)?;
        match self.pattern().noun {
            "socket" | "HTTP request" => Some(("connection", growth)),
            // The other end has no place: nobody listens to it.
            "HTTP/2 session" if self.location.is_some() => Some(("session", growth)),
            "message port" if self.location.is_some() => Some(("channel", growth)),
            "worker" => Some(("channel", growth)),
            _ => None,
        }
    }

    /// The same at the other end.
    fn as_other_end(&self) -> Option<(&'static str, u64)> {
        let growth = self.growth.map(|growth| growth.count)?;
        match self.pattern().noun {
            "server connection" => Some(("connection", growth)),
            "HTTP/2 session" if self.location.is_none() => Some(("session", growth)),
            "message port" if self.location.is_none() => Some(("channel", growth)),
            _ => None,
        }
    }

    /// Whether more of it may be more load, and nothing else.
    fn may_be_load(&self, case: &Case<'_>) -> bool {
        self.growth.is_some_and(|growth| {
            self.pattern().is_transient && !growth.is_lasting && !case.window.is_paced(growth.count)
        })
    }
}

/// What handles of two snapshots have in common, so that they can be compared: kind, whether idle, and the place.
type Key = (usize, bool, Option<String>);

/// All piles, those that retain most first.
pub(super) fn find(case: &Case<'_>, explained: &Explained, cancel: &CancelToken) -> Result<Vec<Pile>> {
    let handles = read::read(case.instances(case.after, cancel)?, cancel)?;
    let least = match case.before {
        Some(_) => case.window.least_growth(),
        None => MANY as u64,
    };
    if (handles.len() as u64) < least {
        return Ok(Vec::new());
    }
    let by_url = case.is_same_process;
    let handles = handles.into_iter().filter(|handle| !explained.contains(handle.node));
    let mut piles = group(&case.describer(), handles, by_url, cancel)?;
    piles.retain(|_, pile| pile.count() >= least);
    if piles.is_empty() {
        return Ok(Vec::new());
    }
    match (case.before, case.describer_before()) {
        (Some(before), Some(describer_before)) => {
            let then = group(&describer_before, read::read(case.instances(before, cancel)?, cancel)?, by_url, cancel)?;
            piles.retain(|key, pile| {
                grow(case, before, pile, then.get(key));
                pile.growth.is_some_and(|growth| growth.count >= least) && !pile.may_be_load(case)
            });
        }
        _ => piles.retain(|_, pile| !pile.pattern().is_transient),
    }
    let mut piles: Vec<(Key, Pile)> = piles.into_iter().collect();
    piles.sort_by(|a, b| a.0.cmp(&b.0));
    let mut piles = merge(case.after, piles.into_iter().map(|(_, pile)| pile).collect());
    for pile in &mut piles {
        hang(case, pile, cancel)?;
        measure(case, pile, cancel)?;
    }
    piles.sort_by_key(|pile| Reverse(pile.retained_size));
    Ok(piles)
}

/// The handles by kind and place.
fn group(
    describer: &Describer<'_>,
    handles: impl IntoIterator<Item = Handle>,
    by_url: bool,
    cancel: &CancelToken,
) -> Result<FxHashMap<Key, Pile>> {
    let mut piles: FxHashMap<Key, Pile> = FxHashMap::default();
    for (at, handle) in handles.into_iter().enumerate() {
        if at % 256 == 255 {
            cancel.check()?;
        }
        let location = place(describer, &handle);
        let place = location.as_ref().map(|location| match by_url {
            true => format!("{}:{}:{}", location.url, location.line, location.column),
            false => places::built_place(location),
        });
        let pile = piles.entry((handle.pattern, handle.agent.is_some(), place)).or_insert_with(|| Pile {
            agents: 0,
            location,
            handles: Vec::new(),
            growth: None,
            holder: None,
            parts: Vec::new(),
            part_nodes: Vec::new(),
            keepers: Vec::new(),
            retained_size: 0,
        });
        pile.handles.push(handle);
    }
    // Pools are told by their number only.
    for ((_, is_idle, _), pile) in &mut piles {
        if *is_idle {
            pile.agents = pile.handles.iter().filter_map(|handle| handle.agent).collect::<FxHashSet<_>>().len();
        }
    }
    piles.retain(|(_, is_idle, _), pile| {
        !is_idle || pile.agents >= LEAST_AGENTS && pile.handles.len() <= MOST_PER_AGENT * pile.agents
    });
    Ok(piles)
}

/// The nearest function of the program that the heap connects with the handle.
fn place(describer: &Describer<'_>, handle: &Handle) -> Option<SourceLocation> {
    let heap = &describer.snapshot().heap;
    let node = handle.node;
    let listened = || {
        let related = handle.pattern().listened.iter().filter_map(|name| heap.follow(node, EdgeKind::Property, name));
        makers::nearest(related.filter_map(|node| makers::listening(describer, node)))
    };
    makers::place(describer, node).or_else(|| makers::listening(describer, node)).or_else(listened)
}

/// How much more there is than there was.
fn grow(case: &Case<'_>, before: &Snapshot, pile: &mut Pile, then: Option<&Pile>) {
    let count = pile.count().saturating_sub(then.map_or(0, Pile::count));
    let is_lasting = then.is_some_and(|then| {
        let open: FxHashSet<NodeId> = pile.handles.iter().map(|it| case.after.heap.nodes.id(it.node)).collect();
        let still = then.handles.iter().filter(|it| open.contains(&before.heap.nodes.id(it.node))).count();
        case.is_same_process
            && then.handles.len() >= LEAST_LASTING
            && still as f64 >= LASTING * then.handles.len() as f64
    });
    pile.growth = Some(PileGrowth { count, bytes: 0, is_lasting });
}

/// Takes piles whose handles belong to those of another, one by one, into that: pipes of child processes, ports of workers,
/// the server's ends of connections that the same process opened.
fn merge(snapshot: &Snapshot, piles: Vec<Pile>) -> Vec<Pile> {
    let mut told: Vec<Pile> = Vec::new();
    for pile in piles {
        match told.iter_mut().find(|first| is_part(snapshot, first, &pile)) {
            Some(first) => {
                first.part_nodes.extend(pile.explains());
                first.parts.push((pile.pattern().noun, pile.handles.len()));
            }
            None => told.push(pile),
        }
    }
    // Who opened a connection or a channel is to blame, not the other end.
    let (ends, mut told): (Vec<Pile>, Vec<Pile>) = {
        let openers: Vec<(&str, u64)> = told.iter().filter_map(Pile::as_opener).collect();
        let is_end = |pile: &Pile| pile.as_other_end().is_some_and(|end| openers.contains(&end));
        let is_end: Vec<bool> = told.iter().map(is_end).collect();
        let (ends, openers): (Vec<_>, Vec<_>) = told.into_iter().zip(is_end).partition(|&(_, is_end)| is_end);
        (ends.into_iter().map(|it| it.0).collect(), openers.into_iter().map(|it| it.0).collect())
    };
    for end in ends {
        if let Some(opener) = told.iter_mut().find(|pile| pile.as_opener() == end.as_other_end()) {
            opener.part_nodes.extend(end.explains());
            opener.parts.push((end.pattern().noun, end.handles.len()));
        }
    }
    told
}

/// Whether most handles of `pile` are held by one of `first`, or hold one, in a property.
fn is_part(snapshot: &Snapshot, first: &Pile, pile: &Pile) -> bool {
    let heap = &snapshot.heap;
    let owners: FxHashSet<NodeIndex> = first.handles.iter().map(|handle| handle.node).collect();
    let is_property = |edge: usize| heap.edges.kind(edge) == EdgeKind::Property;
    let belongs = |node: NodeIndex| {
        let holds = heap.nodes.edges(node).any(|edge| is_property(edge) && owners.contains(&heap.edges.target(edge)));
        let mut retainers = snapshot.graph.retainers.of(&heap.nodes, node);
        holds || retainers.any(|(edge, source)| is_property(edge.at()) && owners.contains(&source))
    };
    let parts = pile.handles.iter().filter(|handle| belongs(handle.node)).count();
    2 * parts > pile.handles.len() && pile.handles.len() >= first.handles.len()
}

/// Where the handles hang. If that is all that is known of them, those that hang elsewhere are others: Node has a DNS
/// resolver of its own.
fn hang(case: &Case<'_>, pile: &mut Pile, cancel: &CancelToken) -> Result<()> {
    pile.holder = keepers::common_holder(case.after, &pile.nodes(), cancel)?;
    let Some(holder) = pile.holder.filter(|_| pile.location.is_none()) else { return Ok(()) };
    let mut is_hanging = Vec::with_capacity(pile.handles.len());
    for handle in &pile.handles {
        is_hanging.push(keepers::is_kept_by(case.after, handle.node, holder, cancel)?);
    }
    if is_hanging.contains(&true) {
        let mut is_hanging = is_hanging.into_iter();
        pile.handles.retain(|_| is_hanging.next().unwrap_or(true));
    }
    Ok(())
}

/// What keeps the handles, and the bytes of everything.
fn measure(case: &Case<'_>, pile: &mut Pile, cancel: &CancelToken) -> Result<()> {
    pile.keepers = keepers::new_keepers(case, &pile.nodes(), cancel)?;
    let explains = pile.explains();
    pile.retained_size = keepers::union_size(case.after, explains.iter().copied());
    if let Some(growth) = &mut pile.growth {
        let new: Vec<NodeIndex> = pile.handles.iter().map(|it| it.node).filter(|&node| case.is_new(node)).collect();
        let bytes = match new.len() as u64 {
            // Of another process: so much of it as there are more.
            0 => pile.retained_size * growth.count / (pile.handles.len() as u64).max(1),
            came => {
                let new = explains.into_iter().filter(|&node| case.is_new(node));
                keepers::union_size(case.after, new) * growth.count.min(came) / came
            }
        };
        growth.bytes = bytes.min(pile.retained_size);
    }
    Ok(())
}
