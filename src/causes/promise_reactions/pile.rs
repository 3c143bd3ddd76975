//! Piles of reactions: on one promise that does not settle, or of one place in the source on promises of their own.
//!
//! A reaction stays until its promise settles, so on a promise that is pending in both snapshots every new one is one more.
//! On promises of their own they may be work under way: what stays tells. Of the reactions that waited in the older
//! snapshot most must wait still, where there were any. `O(reactions)`.

use std::collections::BTreeMap;

use rustc_hash::{FxHashMap, FxHashSet};

use super::reactions::{self, Chain, Waiter, WaiterKind};
use crate::analysis::node_ref::Describer;
use crate::analysis::places;
use crate::cancel::CancelToken;
use crate::causes::case::{Case, Explained};
use crate::error::Result;
use crate::graph::Snapshot;
use crate::snapshot::{NodeId, NodeIndex};

/// In one snapshot: so many on one promise are suspicious.
const MANY: usize = 100;
/// In one snapshot: so many of one place, each on its own promise; a busy service has some hundred under way.
const MANY_CALLS: usize = 1000;
/// From so many in the older snapshot on, what became of them tells whether they stay.
const LEAST_TO_TELL: usize = 3;

/// Without a number of rounds, so many more calls, and half as many as there were, are more than noise: connections come and go.
const PLENTY: u64 = 50;

/// More of it than there was.
#[derive(Clone, Copy)]
pub(super) struct PileGrowth {
    pub(super) count: u64,
    pub(super) bytes: u64,
}

/// A reaction of a pile.
#[derive(Clone, Copy)]
pub(super) struct Member {
    pub(super) reaction: NodeIndex,
    /// Position of its promise's chain.
    pub(super) chain: usize,
    /// Bytes that go with it, or, where it waits alone, with its promise.
    pub(super) size: u64,
    /// Whether it has come since the older snapshot.
    pub(super) is_new: bool,
    /// Whether it is somebody else's, for whom the waiter waits.
    is_foreign: bool,
}

/// Reactions that pile up.
pub(super) struct Pile {
    /// Who waits, mostly.
    pub(super) waiter: Waiter,
    /// How many of them are of that make.
    pub(super) of_waiter: usize,
    /// How many places they come from.
    pub(super) places: usize,
    /// The newest first.
    pub(super) members: Vec<Member>,
    /// The one promise that all wait for.
    pub(super) promise: Option<NodeIndex>,
    pub(super) growth: Option<PileGrowth>,
    /// Whether those of the older snapshot are known to wait still.
    pub(super) stays: bool,
}

impl Pile {
    pub(super) fn retained_size(&self) -> u64 {
        self.members.iter().map(|member| member.size).sum()
    }

    /// What the middle one keeps.
    pub(super) fn median_size(&self) -> u64 {
        let mut sizes: Vec<u64> = self.members.iter().map(|member| member.size).collect();
        sizes.sort_unstable();
        sizes.get(sizes.len() / 2).copied().unwrap_or(0)
    }
}

/// All piles, those that retain most first.
pub(super) fn find(
    case: &Case<'_>,
    chains: &[Chain],
    explained: &Explained,
    cancel: &CancelToken,
) -> Result<Vec<Pile>> {
    let is_free = |chain: &Chain| {
        let heap = &case.after.heap;
        !explained.contains(chain.promise)
            && chain.reactions(heap).next().is_some_and(|first| !explained.contains(first))
    };
    let free: Vec<(usize, &Chain)> = chains.iter().enumerate().filter(|(_, chain)| is_free(chain)).collect();
    let mut piles = match case.before {
        None => many(case, &free, cancel)?,
        Some(before) if case.is_same_process => grown(case, before, &free, cancel)?,
        Some(before) => elsewhere(case, before, &free, cancel)?,
    };
    piles.sort_by_cached_key(|pile| {
        let bytes = pile.growth.map(|growth| growth.bytes);
        (std::cmp::Reverse((bytes, pile.retained_size())), pile.members.first().map(|member| member.reaction))
    });
    Ok(piles)
}

/// A place's reactions, with who waits there.
type Places = BTreeMap<Key, (Waiter, Vec<Member>)>;
/// The make, and the function's id or place.
type Key = (WaiterKind, String);

/// The reactions of `chains` by who waits.
fn by_place(
    describer: &Describer<'_>,
    chains: &[(usize, &Chain)],
    by_id: bool,
    cancel: &CancelToken,
) -> Result<Places> {
    let heap = &describer.snapshot().heap;
    let mut places = Places::new();
    let mut steps = 0;
    for &(at, chain) in chains {
        for (position, reaction) in chain.reactions(heap).enumerate() {
            steps += 1;
            if steps % 1024 == 0 {
                cancel.check()?;
            }
            let waiter = reactions::waiter(describer, reaction);
            let place = match (&waiter.function, &waiter.library) {
                (Some((shared, _)), _) if by_id => heap.nodes.id(*shared).to_string(),
                (Some((_, location)), _) | (None, Some(location)) => places::place(location),
                (None, None) => String::new(),
            };
            let size = own_size(describer.snapshot(), chain, position);
            let is_foreign = waiter.library.is_some();
            let member = Member { reaction, chain: at, size, is_new: false, is_foreign };
            places.entry((waiter.kind, place)).or_insert_with(|| (waiter, Vec::new())).1.push(member);
        }
    }
    Ok(places)
}

/// Where a call waits for a generator of a package or of Node, which waits in turn, both tell of the call: it counts once.
fn once_each(places: &mut Places) {
    for (_, members) in places.values_mut() {
        if members.iter().any(|member| !member.is_foreign) {
            members.retain(|member| !member.is_foreign);
        }
    }
}

/// Bytes that go with a reaction, without those behind it; all of the promise's, if it waits alone.
fn own_size(snapshot: &Snapshot, chain: &Chain, position: usize) -> u64 {
    let dominators = &snapshot.graph.dominators;
    let reaction = |at: usize| chain.way.get(at).map(|edge| snapshot.heap.edges.target(edge.at()));
    if chain.way.len() == 1 {
        return dominators.retained_size(chain.promise);
    }
    let Some(own) = reaction(position) else { return 0 };
    let behind = reaction(position + 1).filter(|&next| dominators.immediate_dominator(next) == own);
    dominators.retained_size(own).saturating_sub(behind.map_or(0, |next| dominators.retained_size(next)))
}

/// The reactions of one promise as a pile.
fn on_promise(describer: &Describer<'_>, at: usize, chain: &Chain, cancel: &CancelToken) -> Result<Option<Pile>> {
    let places = by_place(describer, &[(at, chain)], true, cancel)?;
    let count = places.len();
    let program = |waiter: &Waiter| waiter.function.is_some();
    let most = places.values().max_by_key(|(waiter, members)| (program(waiter), members.len()));
    let Some((waiter, of_waiter)) = most.map(|(waiter, members)| (waiter.clone(), members.len())) else {
        return Ok(None);
    };
    let mut members: Vec<Member> = places.into_values().flat_map(|(_, members)| members).collect();
    let order: FxHashMap<NodeIndex, usize> =
        chain.reactions(&describer.snapshot().heap).enumerate().map(|(at, reaction)| (reaction, at)).collect();
    members.sort_by_key(|member| order.get(&member.reaction).copied());
    // Node's own waiters tell of Node.
    let is_foreign = waiter.function.is_none() && waiter.library.is_some();
    let pile =
        Pile { waiter, of_waiter, places: count, members, promise: Some(chain.promise), growth: None, stays: true };
    Ok((!is_foreign).then_some(pile))
}

/// Reactions of one place, each on a promise of its own; `None` for what the program has not written.
fn of_place(waiter: Waiter, members: Vec<Member>) -> Option<Pile> {
    waiter.function.as_ref()?;
    Some(Pile { of_waiter: members.len(), places: 1, waiter, members, promise: None, growth: None, stays: false })
}

/// In one snapshot.
fn many(case: &Case<'_>, chains: &[(usize, &Chain)], cancel: &CancelToken) -> Result<Vec<Pile>> {
    let describer = case.describer();
    let (long, short): (Vec<_>, Vec<_>) = chains.iter().copied().partition(|(_, chain)| chain.way.len() >= MANY);
    let mut piles = Vec::new();
    for (at, chain) in long {
        piles.extend(on_promise(&describer, at, chain, cancel)?);
    }
    if short.len() >= MANY_CALLS {
        let places = by_place(&describer, &short, true, cancel)?;
        let many = places.into_values().filter(|(_, members)| members.len() >= MANY_CALLS);
        piles.extend(many.filter_map(|(waiter, members)| of_place(waiter, members)));
    }
    Ok(piles)
}

/// In two snapshots of one process.
fn grown(case: &Case<'_>, before: &Snapshot, chains: &[(usize, &Chain)], cancel: &CancelToken) -> Result<Vec<Pile>> {
    let least = case.window.least_growth();
    if chains.iter().map(|(_, chain)| chain.way.len() as u64).sum::<u64>() < least {
        return Ok(Vec::new());
    }
    let Some(describer_before) = case.describer_before() else { return Ok(Vec::new()) };
    let (heap, heap_before) = (&case.after.heap, &before.heap);
    let describer = case.describer();
    let chains_before = reactions::read(case.instances(before, cancel)?, cancel)?;
    let then: FxHashMap<NodeId, &Chain> =
        chains_before.iter().map(|chain| (heap_before.nodes.id(chain.promise), chain)).collect();
    let mut piles = Vec::new();
    let mut rest = Vec::new();
    let mut told = FxHashSet::default();
    for &(at, chain) in chains {
        let id = heap.nodes.id(chain.promise);
        let waited: FxHashSet<NodeId> = then
            .get(&id)
            .map(|chain| chain.reactions(heap_before).map(|reaction| heap_before.nodes.id(reaction)).collect())
            .unwrap_or_default();
        let is_old = !case.is_new(chain.promise);
        if (chain.way.len() as u64) < waited.len() as u64 + least {
            rest.push((at, chain));
            continue;
        }
        let pile = on_promise(&describer, at, chain, cancel)?;
        // Who waits for a promise that is new may have waited for others before.
        let is_known = |pile: &Pile| is_old || pile.waiter.function.is_none();
        let Some(mut pile) = pile.filter(is_known) else {
            rest.push((at, chain));
            continue;
        };
        mark_new(case, &mut pile, &waited);
        pile.growth = Some(growth(&pile, waited.len()));
        pile.stays = is_old;
        piles.push(pile);
        told.insert(id);
    }
    let mut places = by_place(&describer, &rest, true, cancel)?;
    once_each(&mut places);
    places.retain(|_, (_, members)| members.len() as u64 >= least);
    if places.is_empty() {
        return Ok(piles);
    }
    let others = |(_, chain): &(usize, &Chain)| !told.contains(&heap_before.nodes.id(chain.promise));
    let others: Vec<(usize, &Chain)> = chains_before.iter().enumerate().filter(others).collect();
    let mut then = by_place(&describer_before, &others, true, cancel)?;
    once_each(&mut then);
    for (key, (waiter, members)) in places {
        let Some(mut pile) = of_place(waiter, members) else { continue };
        let waited: FxHashSet<NodeId> = then
            .get(&key)
            .map(|(_, members)| members.iter().map(|member| heap_before.nodes.id(member.reaction)).collect())
            .unwrap_or_default();
        mark_new(case, &mut pile, &waited);
        let still = pile.members.iter().filter(|member| !member.is_new).count();
        // Where most are gone, others have taken their place: work under way.
        if waited.len() >= LEAST_TO_TELL && 2 * still < waited.len() {
            continue;
        }
        pile.stays = waited.len() >= LEAST_TO_TELL;
        let growth = growth(&pile, waited.len());
        let is_plenty = growth.count >= PLENTY && 2 * growth.count >= waited.len() as u64;
        let is_told = is_plenty || case.window.rounds.is_some() || growth.bytes >= case.least_bytes();
        if growth.count >= least && is_told {
            pile.growth = Some(growth);
            pile.promise = only_promise(&pile, chains);
            piles.push(pile);
        }
    }
    Ok(piles)
}

fn mark_new(case: &Case<'_>, pile: &mut Pile, waited: &FxHashSet<NodeId>) {
    for member in &mut pile.members {
        member.is_new = !waited.contains(&case.after.heap.nodes.id(member.reaction));
    }
}

fn growth(pile: &Pile, waited: usize) -> PileGrowth {
    PileGrowth {
        count: (pile.members.len() as u64).saturating_sub(waited as u64),
        bytes: pile.members.iter().filter(|member| member.is_new).map(|member| member.size).sum(),
    }
}

/// In two processes: by place alone.
fn elsewhere(
    case: &Case<'_>,
    before: &Snapshot,
    chains: &[(usize, &Chain)],
    cancel: &CancelToken,
) -> Result<Vec<Pile>> {
    let least = case.window.least_growth();
    let mut places = by_place(&case.describer(), chains, false, cancel)?;
    places.retain(|_, (waiter, members)| members.len() as u64 >= least && waiter.function.is_some());
    let Some(describer_before) = case.describer_before().filter(|_| !places.is_empty()) else { return Ok(Vec::new()) };
    let chains_before = reactions::read(case.instances(before, cancel)?, cancel)?;
    let all_before: Vec<(usize, &Chain)> = chains_before.iter().enumerate().collect();
    let then = by_place(&describer_before, &all_before, false, cancel)?;
    let mut piles = Vec::new();
    for (key, (waiter, members)) in places {
        let Some(mut pile) = of_place(waiter, members) else { continue };
        let (count, bytes) = then.get(&key).map_or((0, 0), |(_, members)| {
            (members.len() as u64, members.iter().map(|member| member.size).sum::<u64>())
        });
        let more = (pile.members.len() as u64).saturating_sub(count);
        if more < least {
            continue;
        }
        pile.growth = Some(PileGrowth { count: more, bytes: pile.retained_size().saturating_sub(bytes) });
        pile.promise = only_promise(&pile, chains);
        piles.push(pile);
    }
    Ok(piles)
}

/// The promise that all of a pile wait for, if it is one.
fn only_promise(pile: &Pile, chains: &[(usize, &Chain)]) -> Option<NodeIndex> {
    let first = pile.members.first()?.chain;
    let is_one = pile.members.len() > 1 && pile.members.iter().all(|member| member.chain == first);
    chains.iter().find(|(at, _)| is_one && *at == first).map(|(_, chain)| chain.promise)
}
