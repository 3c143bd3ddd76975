//! Reads the emitters of a heap: which events they have, and who made the listeners.
//!
//! One pass over the strings for the names of [`patterns`], one over the edges for where they are used, then only what
//! hangs on emitters: `O(strings + edges + listeners)`. Listeners are grouped by *site*: the place in the source that made
//! the function, V8's SharedFunctionInfo, however many closures there are of it.

use rustc_hash::{FxHashMap, FxHashSet};

use super::patterns::{
    self, Anchor, DEFAULT_MAX_LISTENERS, EmitterPattern, HANDLER, LIMIT_FIELDS, LISTENERS_OF_DEPENDANT,
    LISTENING_OBJECT, PATTERNS, RECORD_FIELDS, Shape, WARNED_FIELDS, WRAPPED_FIELDS,
};
use crate::analysis::disclosure::{self, HIDDEN_KEY};
use crate::cancel::CancelToken;
use crate::causes::{collections, oddballs};
use crate::error::Result;
use crate::graph::Snapshot;
use crate::graph::bitset::Bitset;
use crate::snapshot::{EdgeKind, EdgeLabel, Heap, NodeIndex, NodeKind, Text};

/// How many records may stand between a list and the function.
const MOST_RECORDS: usize = 16;
/// An emitter with so many events has names made for them, and each may have one listener.
const MANY_EVENTS: usize = 24;

/// One registered listener.
pub(super) struct Listener {
    /// What the emitter holds: the function itself, a wrapper, or a record.
    pub(super) entry: NodeIndex,
    /// Bytes freed with it, without listeners it is chained to.
    pub(super) retained_size: u64,
}

/// The listeners that one place in the source made.
pub(super) struct Site {
    /// One of the functions; absent where no function was found.
    pub(super) function: Option<NodeIndex>,
    /// V8's SharedFunctionInfo of them all, or what stands for it.
    pub(super) shared: NodeIndex,
    /// In the emitter's order.
    pub(super) listeners: Vec<Listener>,
}

/// One event of an emitter.
pub(super) struct Event {
    /// Its name; data is hidden.
    pub(super) name: Text,
    /// The array, set, chain or function that is the event's.
    pub(super) holder: NodeIndex,
    /// Whether Node has warned of too many.
    pub(super) is_warned: bool,
    /// By site, most listeners first.
    pub(super) sites: Vec<Site>,
}

impl Event {
    /// How many listeners there are.
    pub(super) fn count(&self) -> usize {
        self.sites.iter().map(|site| site.listeners.len()).sum()
    }
}

/// An emitter that has listeners.
pub(super) struct Emitter {
    /// The object.
    pub(super) node: NodeIndex,
    /// Its kind.
    pub(super) pattern: &'static EmitterPattern,
    /// The limit beyond which Node warns; absent if the program set one that the snapshot does not tell, or none.
    pub(super) max_listeners: Option<u32>,
    /// Most listeners first.
    pub(super) events: Vec<Event>,
}

/// All emitters that have an event with at least `least` listeners, with those events, in file order; of emitters with very many
/// events, all of them.
pub(super) fn read(snapshot: &Snapshot, least: usize, cancel: &CancelToken) -> Result<Vec<Emitter>> {
    let found = find_anchors(&snapshot.heap, cancel)?;
    let reader = Reader { snapshot, cancel };
    let mut emitters: Vec<Emitter> = Vec::new();
    for (at, (node, pattern, target)) in found.into_iter().enumerate() {
        if at % 1024 == 0 {
            cancel.check()?;
        }
        let is_warned = reader.is_warned(node);
        let mut events = Vec::new();
        let found = reader.events(pattern.shape, target);
        let least = if found.len() >= MANY_EVENTS { 1 } else { least.max(1) };
        for (name, holder) in found {
            let entries = reader.entries(holder);
            if entries.len() >= least {
                let is_warned = is_warned || reader.is_warned(holder);
                events.push(Event { name, holder, is_warned, sites: reader.sites(entries)? });
            }
        }
        if events.is_empty() {
            continue;
        }
        // Emittery keeps two Maps.
        match emitters.last_mut() {
            Some(last) if last.node == node => last.events.append(&mut events),
            _ => emitters.push(Emitter { node, pattern, max_listeners: reader.max_listeners(node), events }),
        }
    }
    for emitter in &mut emitters {
        emitter.events.sort_by_key(|event| std::cmp::Reverse(event.count()));
    }
    Ok(emitters)
}

/// What people call an emitter: `process`, `AbortSignal`, the class, or the library if that says more.
pub(super) fn name(snapshot: &Snapshot, emitter: &Emitter) -> Text {
    let heap = &snapshot.heap;
    // Node 18 and 20 make signals of a class whose name V8 does not find.
    if emitter.pattern.kind == patterns::EmitterKind::EventTarget
        && heap.follow(emitter.node, EdgeKind::Property, "<symbol kAborted>").is_some()
    {
        return Text::from("AbortSignal");
    }
    let classes = &snapshot.graph.classes;
    if heap.nodes.kind(emitter.node) == NodeKind::CLOSURE {
        let name = heap.strings.text(heap.nodes.name(emitter.node));
        return if name == "" { Text::from("(anonymous)") } else { name };
    }
    let class = classes.name(classes.class_of(emitter.node));
    if heap.node_is_named(emitter.node, "Object") {
        return Text::from(emitter.pattern.library.split(' ').next().unwrap_or_default());
    }
    disclosure::class_name(class).into_owned()
}

type Found = (NodeIndex, &'static EmitterPattern, NodeIndex);

/// Every node that an anchor leads away from, with what it leads to.
fn find_anchors(heap: &Heap, cancel: &CancelToken) -> Result<Vec<Found>> {
    let names: Vec<&str> = PATTERNS
        .iter()
        .map(|pattern| match pattern.anchor {
            Anchor::Property(name) | Anchor::WeakEntries(name) => name,
        })
        .collect();
    let mut is_anchor = Bitset::new(heap.strings.len());
    let mut is_class = Bitset::new(heap.strings.len());
    for (string, at) in heap.strings.find_all(&names) {
        match PATTERNS[at].anchor {
            Anchor::Property(_) => is_anchor.insert(string.at()),
            Anchor::WeakEntries(_) => is_class.insert(string.at()),
        };
    }
    let mut found = Vec::new();
    for node in heap.nodes.indices() {
        if node.at().is_multiple_of(CancelToken::STRIDE) {
            cancel.check()?;
        }
        // Mixed into functions too: an express application is one.
        if !matches!(heap.nodes.kind(node), NodeKind::OBJECT | NodeKind::CLOSURE | NodeKind::NATIVE) {
            continue;
        }
        if is_class.contains(heap.nodes.name(node).at()) {
            found.extend(weak_entries(heap, node));
        }
        for edge in heap.nodes.edges(node) {
            if heap.edges.kind(edge) == EdgeKind::Property && is_anchor.contains(heap.edges.raw_label(edge) as usize) {
                let target = heap.edges.target(edge);
                found.extend(pattern_of(heap, node, edge, target).map(|pattern| (node, pattern, target)));
            }
        }
    }
    Ok(found)
}

fn pattern_of(heap: &Heap, node: NodeIndex, edge: usize, target: NodeIndex) -> Option<&'static EmitterPattern> {
    if heap.nodes.kind(target) != NodeKind::OBJECT {
        return None;
    }
    PATTERNS.iter().find(|pattern| {
        matches!(pattern.anchor, Anchor::Property(name) if heap.edge_is_named(edge, name))
            && (pattern.class.is_empty() || heap.node_is_named(node, pattern.class))
            && (pattern.target_class.is_empty() || heap.node_is_named(target, pattern.target_class))
            && (pattern.sibling.is_empty() || heap.follow(node, EdgeKind::Property, pattern.sibling).is_some())
    })
}

fn weak_entries(heap: &Heap, node: NodeIndex) -> Vec<Found> {
    let pattern = PATTERNS
        .iter()
        .find(|pattern| matches!(pattern.anchor, Anchor::WeakEntries(class) if heap.node_is_named(node, class)));
    let Some(pattern) = pattern else { return Vec::new() };
    let internal = heap.nodes.edges(node).filter(|&edge| heap.edges.kind(edge) == EdgeKind::Internal);
    internal
        .map(|edge| (node, pattern, heap.edges.target(edge)))
        .filter(|&(_, pattern, target)| heap.node_is_named(target, pattern.target_class))
        .collect()
}

/// Reading of one snapshot's emitters.
struct Reader<'a> {
    snapshot: &'a Snapshot,
    cancel: &'a CancelToken,
}

impl Reader<'_> {
    fn heap(&self) -> &Heap {
        &self.snapshot.heap
    }

    /// The events, and what holds the listeners of each.
    fn events(&self, shape: Shape, target: NodeIndex) -> Vec<(Text, NodeIndex)> {
        let heap = self.heap();
        match shape {
            Shape::OneEvent(name) => vec![(Text::from(name), target)],
            Shape::ByEvent if heap.node_is_named(target, "Map") => {
                let entries = collections::map_entries(heap, target).into_iter();
                entries.filter_map(|(key, holder)| Some((self.key_name(key)?, holder))).collect()
            }
            Shape::ByEvent => {
                let edges = heap.nodes.edges(target).filter(|&edge| heap.edges.kind(edge) == EdgeKind::Property);
                edges
                    .filter_map(|edge| match heap.edges.label(edge) {
                        EdgeLabel::Name(name) if !heap.strings.is(name, "__proto__") => {
                            let name = heap.strings.text(name);
                            Some((disclosure::property_name(&name).into_owned(), heap.edges.target(edge)))
                        }
                        _ => None,
                    })
                    .collect()
            }
        }
    }

    /// The name of an event that is a key of a Map: a string, or a symbol.
    fn key_name(&self, key: NodeIndex) -> Option<Text> {
        let heap = self.heap();
        let (string, is_symbol) = match heap.nodes.kind(key) {
            NodeKind::STRING => (key, false),
            NodeKind::SYMBOL => (heap.follow(key, EdgeKind::Internal, "name")?, true),
            // What is put together while the program runs is data.
            NodeKind::CONCATENATED_STRING | NodeKind::SLICED_STRING => return Some(Text::from(HIDDEN_KEY)),
            _ => return None,
        };
        let name = heap.strings.text(heap.nodes.name(string));
        let name = if is_symbol { Text::from(format!("<symbol {name}>")) } else { name };
        Some(disclosure::property_name(&name).into_owned())
    }

    /// What is registered with `holder`: a function, an array, a set or the keys of a Map, a chain of records, or a record.
    fn entries(&self, holder: NodeIndex) -> Vec<NodeIndex> {
        let heap = self.heap();
        match heap.nodes.kind(holder) {
            NodeKind::CLOSURE => vec![holder],
            NodeKind::OBJECT if heap.node_is_named(holder, "Array") => {
                collections::elements(heap, holder).filter(|&node| self.is_listener(node)).collect()
            }
            NodeKind::OBJECT if heap.node_is_named(holder, "Set") => {
                let entries = collections::set_entries(heap, holder).into_iter().map(|node| self.referent(node));
                entries.filter(|&node| self.is_listener(node)).collect()
            }
            NodeKind::OBJECT if heap.node_is_named(holder, "Map") => {
                let entries = collections::map_keys(heap, holder).into_iter();
                entries.filter(|&node| self.is_listener(node)).collect()
            }
            NodeKind::OBJECT => match self.function_of(holder) {
                // The head of a chain is no record itself, but what a record stands behind.
                Some(_) if !self.is_chain_head(holder) => vec![holder],
                _ => self.chain(holder),
            },
            _ => Vec::new(),
        }
    }

    /// What a WeakRef refers to; anything else itself.
    fn referent(&self, node: NodeIndex) -> NodeIndex {
        let heap = self.heap();
        let is_weak = heap.nodes.kind(node) == NodeKind::OBJECT && heap.node_is_named(node, "WeakRef");
        let referent = is_weak.then(|| heap.follow(node, EdgeKind::Weak, "target")).flatten();
        referent.unwrap_or(node)
    }

    fn is_listener(&self, node: NodeIndex) -> bool {
        matches!(self.heap().nodes.kind(node), NodeKind::CLOSURE | NodeKind::OBJECT)
    }

    /// EventTarget's `{ next: Listener }`, which has no function of its own.
    fn is_chain_head(&self, holder: NodeIndex) -> bool {
        let heap = self.heap();
        let own = RECORD_FIELDS.iter().map(|&(_, field)| field).filter(|&field| field != "next");
        heap.follow(holder, EdgeKind::Property, "next").is_some_and(|next| heap.nodes.kind(next) == NodeKind::OBJECT)
            && own.into_iter().all(|field| heap.follow(holder, EdgeKind::Property, field).is_none())
    }

    fn chain(&self, head: NodeIndex) -> Vec<NodeIndex> {
        let heap = self.heap();
        let mut seen = FxHashSet::from_iter([head]);
        let mut entries = Vec::new();
        let mut at = head;
        while let Some(next) = heap.follow(at, EdgeKind::Property, "next")
            && heap.nodes.kind(next) == NodeKind::OBJECT
            && seen.insert(next)
        {
            entries.push(next);
            at = next;
        }
        entries
    }

    /// The function that someone wrote, behind records and wrappers.
    fn function_of(&self, entry: NodeIndex) -> Option<NodeIndex> {
        let heap = self.heap();
        let is_function = |node: &NodeIndex| heap.nodes.kind(*node) == NodeKind::CLOSURE;
        let mut at = entry;
        for _ in 0..MOST_RECORDS {
            if is_function(&at) {
                let fields = WRAPPED_FIELDS.iter();
                let wrapped = fields.filter_map(|field| heap.follow(at, EdgeKind::Property, field)).find(is_function);
                // Made by `bind`: what was bound is what someone wrote.
                match wrapped.or_else(|| heap.follow(at, EdgeKind::Internal, "bound_function")) {
                    Some(inner) if is_function(&inner) => at = inner,
                    _ => return Some(at),
                }
            } else if let Some(function) = self.handling(at) {
                return Some(function);
            } else {
                let mut fields = RECORD_FIELDS
                    .iter()
                    .filter(|(class, _)| class.is_empty() || heap.node_is_named(at, class))
                    .filter_map(|(_, field)| heap.follow(at, EdgeKind::Property, field));
                at = fields.find(|&node| self.is_listener(node)).or_else(|| self.listening(at))?;
            }
        }
        None
    }

    /// The `handleEvent` of an object that listens to an EventTarget: what Node calls then is a function of its own.
    fn handling(&self, record: NodeIndex) -> Option<NodeIndex> {
        let heap = self.heap();
        let object = self.referent(heap.follow(record, EdgeKind::Property, LISTENING_OBJECT)?);
        let inherited = |&node: &NodeIndex| heap.follow(node, EdgeKind::Property, "__proto__");
        let mut objects = std::iter::successors(Some(object), inherited).take(MOST_RECORDS);
        let function = objects.find_map(|node| heap.follow(node, EdgeKind::Property, HANDLER))?;
        (heap.nodes.kind(function) == NodeKind::CLOSURE).then_some(function)
    }

    /// The first that listens to a signal which depends on another.
    fn listening(&self, signal: NodeIndex) -> Option<NodeIndex> {
        let heap = self.heap();
        let events = heap.follow(signal, EdgeKind::Property, LISTENERS_OF_DEPENDANT)?;
        let (_, head) = collections::map_entries(heap, events).into_iter().next()?;
        heap.follow(head, EdgeKind::Property, "next").filter(|&next| self.is_listener(next))
    }

    /// The entries by who made them, most first.
    fn sites(&self, entries: Vec<NodeIndex>) -> Result<Vec<Site>> {
        let heap = self.heap();
        let dominators = &self.snapshot.graph.dominators;
        let mut sites: Vec<Site> = Vec::new();
        let mut positions: FxHashMap<NodeIndex, usize> = FxHashMap::default();
        let mut seen = FxHashSet::default();
        for (at, &entry) in entries.iter().enumerate() {
            if at % 4096 == 4095 {
                self.cancel.check()?;
            }
            let function = self.function_of(entry);
            let made_by = function.unwrap_or(entry);
            let shared = heap.follow(made_by, EdgeKind::Internal, "shared").unwrap_or(made_by);
            // A chain's listener dominates the rest of the chain.
            let chained = entries.get(at + 1).filter(|&&next| dominators.immediate_dominator(next) == entry);
            let chained = chained.map_or(0, |&next| dominators.retained_size(next));
            // One function may be registered many times; it is freed once.
            let retained_size =
                if seen.insert(entry) { dominators.retained_size(entry).saturating_sub(chained) } else { 0 };
            let position = *positions.entry(shared).or_insert_with(|| {
                sites.push(Site { function, shared, listeners: Vec::new() });
                sites.len() - 1
            });
            sites[position].listeners.push(Listener { entry, retained_size });
        }
        sites.sort_by_key(|site| std::cmp::Reverse(site.listeners.len()));
        Ok(sites)
    }

    fn is_warned(&self, node: NodeIndex) -> bool {
        let heap = self.heap();
        let mut fields = WARNED_FIELDS.iter().filter_map(|field| heap.follow(node, EdgeKind::Property, field));
        fields.any(|value| oddballs::is_true(heap, value))
    }

    /// The limit: Node's own while the field is `undefined`; a number if the snapshot has numbers; else unknown.
    fn max_listeners(&self, emitter: NodeIndex) -> Option<u32> {
        let heap = self.heap();
        let value = LIMIT_FIELDS.iter().find_map(|field| heap.follow(emitter, EdgeKind::Property, field))?;
        if oddballs::is_undefined(heap, value) {
            return Some(DEFAULT_MAX_LISTENERS);
        }
        let number = heap.follow(value, EdgeKind::Internal, "value")?;
        let limit: u32 = heap.strings.text(heap.nodes.name(number)).to_str().parse().ok()?;
        (limit > 0).then_some(limit)
    }
}
