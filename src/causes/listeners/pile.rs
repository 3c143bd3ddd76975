//! Piles of listeners: those of one place in the source on one event, where there are more than a healthy program has.
//!
//! In one snapshot: many, or so many that Node has warned. In two: more than before, on the same emitter; or, as with pooled
//! sockets, on several emitters of a kind; or on one emitter, for events with names of their own (`once('reply:' + id)`), of which
//! each has few. The older snapshot is read only when something might have grown. `O(listeners)`.

use rustc_hash::{FxHashMap, FxHashSet};

use super::emitters::{self, Emitter, Event, Listener, Site};
use crate::analysis::disclosure::HIDDEN_KEY;
use crate::analysis::node_ref::Describer;
use crate::analysis::places;
use crate::cancel::CancelToken;
use crate::causes::bound::Bound;
use crate::causes::case::Case;
use crate::causes::increase::Increase;
use crate::error::Result;
use crate::graph::Snapshot;
use crate::snapshot::{EdgeKind, NodeId, NodeIndex, Text};

/// In one snapshot: so many of one site are suspicious by themselves.
const MANY: usize = 50;
/// In one snapshot: so many are, if Node has warned of them.
const MANY_WARNED: usize = 11;
/// On several emitters, listeners must have grown by so many on each: one or two more are work in progress.
const LEAST_PER_EMITTER: u64 = 3;

/// More of it than there was.
#[derive(Clone, Copy)]
pub(super) struct PileGrowth {
    pub(super) count: u64,
    pub(super) bytes: u64,
    /// Where they listen for several events, how they came; each event by itself tells nothing.
    pub(super) over_events: Option<Increase>,
}

/// Listeners of one site on one event of one emitter or of several of a kind, or on several events of one emitter.
pub(super) struct Pile<'a> {
    pub(super) emitter_name: Text,
    /// The emitter with most of them, and the event and the site there.
    pub(super) emitter: &'a Emitter,
    pub(super) event: &'a Event,
    pub(super) site: &'a Site,
    /// The other emitters' part, or that of the other events.
    others: Vec<(&'a Event, &'a Site)>,
    /// Other events of the emitter that the same place adds listeners to.
    pub(super) also: Vec<(&'a Event, &'a Site)>,
    pub(super) growth: Option<PileGrowth>,
}

impl<'a> Pile<'a> {
    fn parts(&self) -> impl Iterator<Item = (&'a Event, &'a Site)> + '_ {
        std::iter::once((self.event, self.site)).chain(self.others.iter().copied())
    }

    pub(super) fn listeners(&self) -> impl Iterator<Item = &'a Listener> + '_ {
        self.parts().flat_map(|(_, site)| &site.listeners)
    }

    /// All that the pile accounts for: the listeners, of other events too, and what holds them if it holds nothing else.
    pub(super) fn explains(&self) -> Vec<NodeIndex> {
        let mut nodes = Vec::new();
        for (event, site) in self.parts().chain(self.also.iter().copied()) {
            nodes.extend(site.listeners.iter().map(|listener| listener.entry));
            if event.sites.len() == 1 {
                nodes.push(event.holder);
            }
        }
        nodes
    }

    pub(super) fn emitter_count(&self) -> usize {
        if self.is_over_events() { 1 } else { 1 + self.others.len() }
    }

    /// The event that it is about, unless it is about several.
    pub(super) fn event_name(&self) -> Option<&Text> {
        (!self.is_over_events()).then_some(&self.event.name)
    }

    /// How many events it is about, of each emitter.
    pub(super) fn event_count(&self) -> usize {
        if self.is_over_events() { 1 + self.others.len() } else { 1 }
    }

    fn is_over_events(&self) -> bool {
        self.growth.is_some_and(|growth| growth.over_events.is_some())
    }

    pub(super) fn count(&self) -> u64 {
        self.listeners().count() as u64
    }

    /// Listeners of the event, from wherever.
    pub(super) fn total(&self) -> u64 {
        self.parts().map(|(event, _)| event.count() as u64).sum()
    }

    /// How fast it grows, or how far it has.
    fn pace(&self) -> u64 {
        self.growth.map_or_else(|| self.count(), |growth| growth.count)
    }

    pub(super) fn retained_size(&self) -> u64 {
        self.listeners().map(|listener| listener.retained_size).sum()
    }

    /// What the middle one keeps.
    pub(super) fn median_size(&self) -> u64 {
        let mut sizes: Vec<u64> = self.site.listeners.iter().map(|listener| listener.retained_size).collect();
        sizes.sort_unstable();
        sizes.get(sizes.len() / 2).copied().unwrap_or(0)
    }
}

/// All piles, those that retain most first.
pub(super) fn find<'a>(case: &Case<'_>, emitters: &'a [Emitter], cancel: &CancelToken) -> Result<Vec<Pile<'a>>> {
    let mut piles = match case.before {
        None => many(case, emitters),
        Some(before) => grown(case, before, emitters, cancel)?,
    };
    // Of equal ones, the listener for errors is the one that came along.
    piles.sort_by_key(|pile| {
        let bytes = pile.growth.map(|growth| growth.bytes);
        std::cmp::Reverse((bytes, pile.retained_size(), pile.event.name != "error"))
    });
    Ok(merge(case, piles))
}

/// What is added together is one leak, told of the event where it weighs most: by one place in the source to several events
/// of an emitter, or by several functions of one scope, as `events.once` listens for an error too.
fn merge<'a>(case: &Case<'_>, piles: Vec<Pile<'a>>) -> Vec<Pile<'a>> {
    let heap = &case.after.heap;
    let scope = |pile: &Pile<'_>| heap.follow(pile.site.function?, EdgeKind::Internal, "context");
    let mut merged: Vec<Pile<'a>> = Vec::new();
    for pile in piles {
        let is_together = |first: &&mut Pile<'a>| {
            first.emitter.node == pile.emitter.node
                && (first.site.shared == pile.site.shared
                    || first.pace() == pile.pace() && scope(first).is_some() && scope(first) == scope(&pile))
        };
        match merged.iter_mut().find(is_together) {
            // What several events tell together, each has told already.
            Some(first) if first.is_over_events() && first.site.shared == pile.site.shared => {}
            Some(first) => first.also.extend(pile.parts()),
            None => merged.push(pile),
        }
    }
    merged
}

fn sites(emitter: &Emitter) -> impl Iterator<Item = (&Event, &Site)> {
    emitter.events.iter().flat_map(|event| event.sites.iter().map(move |site| (event, site)))
}

fn many<'a>(case: &Case<'_>, emitters: &'a [Emitter]) -> Vec<Pile<'a>> {
    let mut piles = Vec::new();
    for emitter in emitters {
        for (event, site) in sites(emitter) {
            let count = site.listeners.len();
            if count >= MANY || event.is_warned && count >= MANY_WARNED {
                let emitter_name = emitters::name(case.after, emitter);
                piles.push(Pile {
                    emitter_name,
                    emitter,
                    event,
                    site,
                    others: Vec::new(),
                    also: Vec::new(),
                    growth: None,
                });
            }
        }
    }
    piles
}

/// What listeners of two snapshots have in common, so that they can be compared.
#[derive(PartialEq, Eq, Hash)]
struct Key {
    /// The emitter's id, or its name where ids mean nothing.
    emitter: String,
    event: Text,
    /// The SharedFunctionInfo's id, or the place.
    site: String,
}

struct Keys<'a> {
    describer: Describer<'a>,
    snapshot: &'a Snapshot,
    by_id: bool,
}

impl Keys<'_> {
    fn key(&self, emitter: &Emitter, event: &Event, site: &Site) -> Key {
        Key { emitter: self.emitter(emitter), event: event.name.clone(), site: self.site(site) }
    }

    fn emitter(&self, emitter: &Emitter) -> String {
        match self.by_id {
            true => self.snapshot.heap.nodes.id(emitter.node).to_string(),
            false => emitters::name(self.snapshot, emitter).to_string(),
        }
    }

    fn site(&self, site: &Site) -> String {
        if self.by_id {
            return self.snapshot.heap.nodes.id(site.shared).to_string();
        }
        let location = site.function.and_then(|function| self.describer.location(function));
        location.map_or_else(String::new, |location| places::built_place(&location))
    }
}

/// The listeners that there were.
#[derive(Default)]
struct Then {
    count: u64,
    bytes: u64,
    /// Their ids, where these mean anything.
    ids: Vec<NodeId>,
}

/// A place in the source, on an event of a kind of emitters, and what grew there.
#[derive(Default)]
struct Group<'a> {
    parts: Vec<(&'a Emitter, &'a Event, &'a Site, PileGrowth)>,
}

fn grown<'a>(
    case: &Case<'_>,
    before: &Snapshot,
    emitters: &'a [Emitter],
    cancel: &CancelToken,
) -> Result<Vec<Pile<'a>>> {
    let least = case.window.least_growth();
    if !might_have_grown(emitters, least) {
        return Ok(Vec::new());
    }
    let Some(describer_before) = case.describer_before() else { return Ok(Vec::new()) };
    let by_id = case.is_same_process;
    let keys_before = Keys { describer: describer_before, snapshot: before, by_id };
    let keys = Keys { describer: case.describer(), snapshot: case.after, by_id };
    let mut then: FxHashMap<Key, Then> = FxHashMap::default();
    for emitter in &emitters::read(before, 1, cancel)? {
        for (event, site) in sites(emitter) {
            let sum = then.entry(keys_before.key(emitter, event, site)).or_default();
            sum.count += site.listeners.len() as u64;
            sum.bytes += bytes(site);
            if by_id {
                sum.ids.extend(site.listeners.iter().map(|listener| before.heap.nodes.id(listener.entry)));
            }
        }
    }
    // By name, event and site, in file order.
    let mut groups: Vec<Group<'a>> = Vec::new();
    let mut positions: FxHashMap<(Text, Text, String), usize> = FxHashMap::default();
    for emitter in emitters {
        for (event, site) in sites(emitter) {
            let sum = then.get(&keys.key(emitter, event, site));
            let count = site.listeners.len() as u64;
            let more = count.saturating_sub(sum.map_or(0, |sum| sum.count));
            // A few listeners on an emitter of its own are how it was made.
            if more == 0 || sum.is_none() && more < least {
                continue;
            }
            let bytes = bytes(site).saturating_sub(sum.map_or(0, |sum| sum.bytes));
            let growth = PileGrowth { count: more, bytes, over_events: None };
            let place = (emitters::name(case.after, emitter), event.name.clone(), keys.site(site));
            let position = *positions.entry(place).or_insert_with(|| {
                groups.push(Group::default());
                groups.len() - 1
            });
            groups[position].parts.push((emitter, event, site, growth));
        }
    }
    let mut piles: Vec<Pile<'a>> = groups.into_iter().filter_map(|group| group.into_pile(case, least)).collect();
    if by_id {
        piles.extend(over_events(case, emitters, &keys, &then));
    }
    Ok(piles)
}

/// What one place in the source adds to an emitter for several events, where that tells more than each event does.
fn over_events<'a>(
    case: &Case<'_>,
    emitters: &'a [Emitter],
    keys: &Keys<'_>,
    then: &FxHashMap<Key, Then>,
) -> Vec<Pile<'a>> {
    let mut before: FxHashMap<(&str, &str), FxHashMap<&Text, &Then>> = FxHashMap::default();
    for (key, then) in then {
        before.entry((&key.emitter, &key.site)).or_default().insert(&key.event, then);
    }
    let none = FxHashMap::default();
    let mut piles = Vec::new();
    for emitter in emitters {
        let mut by_site: FxHashMap<String, Vec<(&Event, &Site)>> = FxHashMap::default();
        for (event, site) in sites(emitter) {
            by_site.entry(keys.site(site)).or_default().push((event, site));
        }
        by_site.retain(|_, parts| parts.len() > 1);
        if by_site.is_empty() {
            continue;
        }
        let node = keys.emitter(emitter);
        let mut by_site: Vec<_> = by_site.into_iter().collect();
        by_site.sort_by(|a, b| a.0.cmp(&b.0));
        for (site, parts) in by_site {
            let known = before.get(&(&*node, &*site)).unwrap_or(&none);
            if let Some(growth) = growth_over_events(case, &parts, known) {
                let (event, site) = parts[0];
                piles.push(Pile {
                    emitter_name: emitters::name(case.after, emitter),
                    emitter,
                    event,
                    site,
                    others: parts[1..].to_vec(),
                    also: Vec::new(),
                    growth: Some(growth),
                });
            }
        }
    }
    piles
}

/// How the listeners of one site became more, if that is to be told of all events together; `known` are those of before, by event.
fn growth_over_events(
    case: &Case<'_>,
    parts: &[(&Event, &Site)],
    known: &FxHashMap<&Text, &Then>,
) -> Option<PileGrowth> {
    let least = case.window.least_growth();
    let (now, then) = (listeners(parts).count() as u64, known.values().map(|then| then.count).sum::<u64>());
    let more = now.checked_sub(then).filter(|&more| more >= least)?;
    // Events whose names are data have one name, so that nobody knows which of them came.
    let then_of = |event: &Event| match event.name == HIDDEN_KEY {
        true => 0,
        false => known.get(&event.name).map_or(0, |then| then.count),
    };
    let more_of = |&(event, site): &(&Event, &Site)| (site.listeners.len() as u64).saturating_sub(then_of(event));
    let grown: Vec<u64> = parts.iter().map(more_of).filter(|&more| more > 0).collect();
    let is_exact = |count| case.window.is_exact(count);
    let none_tells = grown.iter().all(|&one| one < least);
    let all_tell_more = is_exact(more) && !grown.iter().any(|&one| is_exact(one));
    let bytes = parts.iter().map(|(_, site)| bytes(site)).sum::<u64>();
    let bytes = bytes.saturating_sub(known.values().map(|then| then.bytes).sum());
    let ids: FxHashSet<NodeId> = listeners(parts).map(|it| case.after.heap.nodes.id(it.entry)).collect();
    let increase = Increase {
        more,
        then,
        turns_over: known.values().flat_map(|then| &then.ids).any(|id| !ids.contains(id)),
        bound: Bound::None,
        is_heavy: bytes >= case.least_bytes(),
    };
    let is_told = grown.len() > 1 && (none_tells || all_tell_more) && increase.is_told(&case.window);
    is_told.then_some(PileGrowth { count: more, bytes, over_events: Some(increase) })
}

fn listeners<'a>(parts: &[(&'a Event, &'a Site)]) -> impl Iterator<Item = &'a Listener> {
    parts.iter().flat_map(|(_, site)| &site.listeners)
}

fn bytes(site: &Site) -> u64 {
    site.listeners.iter().map(|listener| listener.retained_size).sum()
}

/// Whether any place in the source has enough listeners to have grown: over the events of one emitter, or over several emitters
/// where it is more than the one that each was made with.
fn might_have_grown(emitters: &[Emitter], least: u64) -> bool {
    let mut of_all: FxHashMap<NodeIndex, u64> = FxHashMap::default();
    emitters.iter().any(|emitter| {
        let mut of_one: FxHashMap<NodeIndex, u64> = FxHashMap::default();
        sites(emitter).any(|(_, site)| {
            let count = site.listeners.len() as u64;
            let over_events = of_one.entry(site.shared).or_default();
            *over_events += count;
            let over_emitters = of_all.entry(site.shared).or_default();
            *over_emitters += if count > 1 { count } else { 0 };
            (*over_events).max(*over_emitters) >= least
        })
    })
}

impl<'a> Group<'a> {
    fn into_pile(mut self, case: &Case<'_>, least: u64) -> Option<Pile<'a>> {
        self.parts.sort_by_key(|part| std::cmp::Reverse(part.3.count));
        let &(emitter, event, site, first) = self.parts.first()?;
        // One that grew enough is told alone, unless others did as well.
        let enough = if first.count >= least { least } else { LEAST_PER_EMITTER };
        self.parts.retain(|part| part.3.count >= enough);
        let nothing = PileGrowth { count: 0, bytes: 0, over_events: None };
        let growth = self.parts.iter().fold(nothing, |sum, part| PileGrowth {
            count: sum.count + part.3.count,
            bytes: sum.bytes + part.3.bytes,
            ..sum
        });
        if growth.count < least {
            return None;
        }
        let others = self.parts.iter().skip(1).map(|part| (part.1, part.2)).collect();
        let emitter_name = emitters::name(case.after, emitter);
        Some(Pile { emitter_name, emitter, event, site, others, also: Vec::new(), growth: Some(growth) })
    }
}
