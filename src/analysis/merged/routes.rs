//! Routes: every node's cheapest path from the root, and the place in the [`Tree`] that it leads to.
//!
//! Cheap is what `telling_cost` says, as for single paths. Costs are small numbers, so that the search keeps its nodes in
//! a ring of buckets (Dial 1969, doi:10.1145/363269.363610): `O(n + e)`, and 16 bytes a node while it runs. Of equally cheap
//! ways the one with the shorter name wins, then the one from the place whose names come first: in every process the same.

use rustc_hash::FxHashMap;

use super::tree::{FOLDED, NameIndex, PlaceIndex, SCOPE, Tree};
use crate::analysis::disclosure::{self, HIDDEN_KEY};
use crate::analysis::paths::{essential_edges, telling_cost};
use crate::analysis::signature::is_index;
use crate::cancel::CancelToken;
use crate::error::Result;
use crate::graph::{EssentialEdges, Snapshot};
use crate::snapshot::{EdgeIndex, EdgeKind, EdgeLabel, NodeIndex, NodeKind, StringIndex, Text};

/// More than an edge ever costs.
const BUCKETS: usize = 32;
/// Where objects keep their entries: no step of a path, as people see it.
const STORES: [&str; 3] = ["elements", "table", "properties"];

/// How many nodes there are in each place, and their own bytes.
#[derive(Clone, Default)]
pub struct Figures {
    /// By place.
    pub count: Vec<u64>,
    /// By place: own bytes, those of the VM's arrays for entries included.
    pub bytes: Vec<u64>,
}

impl Figures {
    fn add(&mut self, place: PlaceIndex, count: u64, bytes: u64) {
        if self.count.len() <= place.at() {
            self.count.resize(place.at() + 1, 0);
            self.bytes.resize(place.at() + 1, 0);
        }
        self.count[place.at()] += count;
        self.bytes[place.at()] = self.bytes[place.at()].saturating_add(bytes);
    }
}

/// The routes of one snapshot.
pub struct Routes {
    /// By node: [`PlaceIndex::NOWHERE`] if nothing keeps it.
    place: Vec<PlaceIndex>,
    /// By node: the edge that the route ends with, and its source.
    last: Vec<(EdgeIndex, NodeIndex)>,
}

impl Routes {
    /// Finds all routes, and adds their places to the tree.
    pub fn new(snapshot: &Snapshot, tree: &mut Tree, cancel: &CancelToken) -> Result<(Self, Figures)> {
        let mut search = Search::new(snapshot, tree);
        search.run(cancel)?;
        Ok((Self { place: search.place, last: search.last }, search.figures))
    }

    /// The node's place.
    pub fn place(&self, node: NodeIndex) -> PlaceIndex {
        self.place[node.at()]
    }

    /// Every node's place, in file order.
    pub fn places(&self) -> &[PlaceIndex] {
        &self.place
    }

    /// The node and those that the route to it passes, from the node upwards to the root; nothing for what nothing keeps.
    pub fn upwards(&self, node: NodeIndex) -> impl Iterator<Item = NodeIndex> + '_ {
        let first = Some(node).filter(|node| self.place[node.at()] != PlaceIndex::NOWHERE);
        std::iter::successors(first, |&at| (at != NodeIndex::ROOT).then(|| self.last[at.at()].1))
    }

    /// The edges from the root to the node; empty for what nothing keeps.
    pub fn path(&self, node: NodeIndex) -> Vec<EdgeIndex> {
        let mut path: Vec<EdgeIndex> =
            self.upwards(node).filter(|&at| at != NodeIndex::ROOT).map(|at| self.last[at.at()].0).collect();
        path.reverse();
        path
    }
}

struct Search<'a> {
    snapshot: &'a Snapshot,
    tree: &'a mut Tree,
    essential: EssentialEdges<'a>,
    stores: Vec<StringIndex>,
    edge_names: FxHashMap<(StringIndex, bool), NameIndex>,
    classes: FxHashMap<(NodeKind, StringIndex), NameIndex>,
    cost: Vec<u32>,
    last: Vec<(EdgeIndex, NodeIndex)>,
    place: Vec<PlaceIndex>,
    figures: Figures,
}

impl<'a> Search<'a> {
    fn new(snapshot: &'a Snapshot, tree: &'a mut Tree) -> Self {
        let nodes = snapshot.heap.nodes.len();
        Self {
            snapshot,
            tree,
            essential: essential_edges(snapshot),
            stores: snapshot.heap.strings.find_all(&STORES).into_iter().map(|(name, _)| name).collect(),
            edge_names: FxHashMap::default(),
            classes: FxHashMap::default(),
            cost: vec![u32::MAX; nodes],
            last: vec![(EdgeIndex(0), NodeIndex::ROOT); nodes],
            place: vec![PlaceIndex::NOWHERE; nodes],
            figures: Figures::default(),
        }
    }

    fn run(&mut self, cancel: &CancelToken) -> Result<()> {
        let mut buckets: Vec<Vec<NodeIndex>> = vec![Vec::new(); BUCKETS];
        self.cost[NodeIndex::ROOT.at()] = 0;
        buckets[0].push(NodeIndex::ROOT);
        let (mut cost, mut open, mut steps) = (0_u32, 1_usize, 0_usize);
        while open > 0 {
            let mut bucket = std::mem::take(&mut buckets[cost as usize % BUCKETS]);
            open -= bucket.len();
            for node in bucket.drain(..) {
                // It may have been reached at a lower cost since.
                if self.cost[node.at()] != cost || self.place[node.at()] != PlaceIndex::NOWHERE {
                    continue;
                }
                self.settle(node);
                for edge in self.snapshot.heap.nodes.edges(node) {
                    steps += 1;
                    if steps.is_multiple_of(CancelToken::STRIDE) {
                        cancel.check()?;
                    }
                    if let Some(target) = self.relax(node, EdgeIndex(edge as u32)) {
                        buckets[self.cost[target.at()] as usize % BUCKETS].push(target);
                        open += 1;
                    }
                }
            }
            // Its memory is of use again.
            buckets[cost as usize % BUCKETS] = bucket;
            cost = cost.saturating_add(1);
        }
        Ok(())
    }

    /// The target, if the edge is the first way to it, or a cheaper one.
    fn relax(&mut self, source: NodeIndex, edge: EdgeIndex) -> Option<NodeIndex> {
        let target = self.snapshot.heap.edges.target(edge.at());
        let known = self.cost[target.at()];
        let settled_at = self.cost[source.at()];
        // What is settled costs no more than the source.
        if known <= settled_at || !self.essential.contains(source, edge.at()) {
            return None;
        }
        let cost = settled_at.saturating_add(telling_cost(self.snapshot, source, edge));
        if cost < known {
            self.cost[target.at()] = cost;
            self.last[target.at()] = (edge, source);
            return Some(target);
        }
        if cost == known && self.is_before((edge, source), self.last[target.at()]) {
            self.last[target.at()] = (edge, source);
        }
        None
    }

    /// Whether of two equally cheap ways this one is taken.
    fn is_before(&self, way: (EdgeIndex, NodeIndex), other: (EdgeIndex, NodeIndex)) -> bool {
        let heap = &self.snapshot.heap;
        let name = |edge: EdgeIndex| match heap.edges.label(edge.at()) {
            EdgeLabel::Number(_) => (0, &[][..]),
            EdgeLabel::Name(name) => {
                let name = heap.strings.raw(name);
                (name.len(), name)
            }
        };
        let by_name = match heap.edges.label(way.0.at()) == heap.edges.label(other.0.at()) {
            true => std::cmp::Ordering::Equal,
            false => name(way.0).cmp(&name(other.0)),
        };
        // An object and its array for entries are in one place; what both lead to is the object's.
        let is_part = |source: NodeIndex| heap.nodes.kind(source) != NodeKind::OBJECT;
        by_name
            .then_with(|| self.tree.order(self.place[way.1.at()], self.place[other.1.at()]))
            .then_with(|| is_part(way.1).cmp(&is_part(other.1)))
            .is_lt()
    }

    /// Gives the node its place: the way to it is known.
    fn settle(&mut self, node: NodeIndex) {
        let bytes = self.snapshot.graph.sizes.shallow_size(node);
        if node == NodeIndex::ROOT {
            self.place[node.at()] = PlaceIndex::ROOT;
            self.figures.add(PlaceIndex::ROOT, 1, bytes);
            return;
        }
        let (edge, source) = self.last[node.at()];
        let above = self.place[source.at()];
        let kind = self.snapshot.heap.nodes.kind(node);
        let is_machinery = matches!(kind, NodeKind::CODE | NodeKind::OBJECT_SHAPE);
        let (place, count) = if above == PlaceIndex::MACHINERY || is_machinery {
            (PlaceIndex::MACHINERY, 1)
        } else if self.is_store(source, edge, kind) {
            (above, 0)
        } else {
            let (name, class) = (self.edge_name(edge), self.class(node, kind));
            (self.tree.child(above, name, class), 1)
        };
        self.place[node.at()] = place;
        self.figures.add(place, count, bytes);
    }

    /// Whether the node is where an object keeps its entries.
    fn is_store(&self, source: NodeIndex, edge: EdgeIndex, kind: NodeKind) -> bool {
        let heap = &self.snapshot.heap;
        heap.edges.kind(edge.at()) == EdgeKind::Internal
            && heap.nodes.kind(source) == NodeKind::OBJECT
            && matches!(kind, NodeKind::ARRAY | NodeKind::HIDDEN)
            && heap.edges.name(edge.at()).is_some_and(|name| self.stores.contains(&name))
    }

    fn edge_name(&mut self, edge: EdgeIndex) -> NameIndex {
        let heap = &self.snapshot.heap;
        let EdgeLabel::Name(name) = heap.edges.label(edge.at()) else { return NameIndex::FOLDED };
        let kind = heap.edges.kind(edge.at());
        let is_property = kind == EdgeKind::Property;
        if let Some(&known) = self.edge_names.get(&(name, is_property)) {
            return known;
        }
        let text = heap.strings.text(name);
        let folded = match is_property {
            true => disclosure::property_name(&text).into_owned(),
            false if kind == EdgeKind::Internal && self.snapshot.graph.weak_pairs.of(name).is_some() => {
                Text::from("WeakMap entry")
            }
            false => text,
        };
        let is_data = folded == HIDDEN_KEY || is_index(&folded.to_str());
        let number = if is_data { NameIndex::FOLDED } else { self.tree.name(folded) };
        self.edge_names.insert((name, is_property), number);
        number
    }

    /// What stands at the end of a step, without contents: the name of a class or a function.
    fn class(&mut self, node: NodeIndex, kind: NodeKind) -> NameIndex {
        const STRINGS: [NodeKind; 3] = [NodeKind::STRING, NodeKind::CONCATENATED_STRING, NodeKind::SLICED_STRING];
        let heap = &self.snapshot.heap;
        let is_text = STRINGS.contains(&kind);
        // Of strings the name is the content.
        let (kind, name) =
            if is_text { (NodeKind::STRING, StringIndex(u32::MAX)) } else { (kind, heap.nodes.name(node)) };
        if let Some(&known) = self.classes.get(&(kind, name)) {
            return known;
        }
        let class = match kind {
            NodeKind::STRING => Text::from("string"),
            NodeKind::NUMBER => Text::from("number"),
            NodeKind::ARRAY => Text::from("(array)"),
            NodeKind::CLOSURE => Text::from(format!("{}()", heap.strings.text(name))),
            _ => class_name(&heap.strings.text(name)),
        };
        let number = self.tree.name(class);
        self.classes.insert((kind, name), number);
        number
    }
}

/// A class name, without what differs from object to object: `system / Context / scope @3`, `<div id="a">`.
fn class_name(name: &Text) -> Text {
    let text = name.to_str();
    match () {
        () if text.starts_with(SCOPE) => Text::from(SCOPE),
        () if text.starts_with('<') => Text::from(text.split([' ', '>']).next().unwrap_or(FOLDED).to_owned() + ">"),
        () if text.is_empty() => Text::from("(unnamed)"),
        () => disclosure::class_name(name).into_owned(),
    }
}
