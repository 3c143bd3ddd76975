//! Looking around in a snapshot: a node with its figures, its edges, its retainers, what it dominates, and searches.
//!
//! Names are DevTools' display names and may hold the program's data; findings and reports use [`super::node_ref`]
//! instead. Every list is a window: `limit` entries from `offset` on. A search is one pass over the nodes, `O(n)`; a window
//! costs `O(k)` for the `k` candidates and `O(log k)` for each entry shown.

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};

use super::display::Names;
use super::query::{ListenersOf, Query};
use super::scripts::{Scripts, SourceLocation};
use crate::cancel::CancelToken;
use crate::error::{Error, ErrorKind, Result};
use crate::graph::{ClassIndex, Snapshot, leading_integer};
use crate::snapshot::{EdgeIndex, EdgeKind, EdgeLabel, Heap, NodeId, NodeIndex, Text};

/// A node with all its figures.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NodeView {
    /// V8's id.
    pub id: NodeId,
    /// The name that DevTools shows.
    pub name: Text,
    /// V8's node type.
    #[serde(rename = "type")]
    pub kind: String,
    /// Class name, as in the class rows.
    pub class_name: Text,
    /// Key of the class, as in the class rows.
    pub class_key: Text,
    /// Own bytes.
    pub shallow_size: u64,
    /// Bytes freed with it.
    pub retained_size: u64,
    /// Steps from the roots; `None` where DevTools shows a minus.
    pub distance: Option<u32>,
    /// 0 unknown, 1 attached, 2 detached.
    pub detachedness: u8,
    /// How many edges it has.
    pub edge_count: u32,
    /// How many edges point to it, weak ones included.
    pub retainer_count: u32,
    /// Where the function, or the object's constructor, stands in the source.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<SourceLocation>,
}

/// An edge, seen from one of its ends.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EdgeView {
    /// Name or index.
    pub name: Label,
    /// V8's edge type.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// The node at the other end.
    pub node: NodeView,
}

/// What an edge is called.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Label {
    /// An index.
    Number(i64),
    /// A name.
    Name(Text),
}

/// Which entries of a list.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Window {
    /// Entries to leave out at the start.
    pub offset: usize,
    /// Entries at most; [`Window::LIMIT`] if not given.
    pub limit: Option<usize>,
}

impl Window {
    /// How many entries a list has when nobody says.
    pub const LIMIT: usize = 100;

    /// The window's range in a list of `length`.
    pub fn range(self, length: usize) -> std::ops::Range<usize> {
        let start = self.offset.min(length);
        start..start.saturating_add(self.limit.unwrap_or(Self::LIMIT)).min(length)
    }
}

/// Order of nodes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum NodeOrder {
    /// Largest first.
    #[default]
    RetainedSize,
    /// Largest first.
    ShallowSize,
    /// Nearest first; nodes without a distance last.
    Distance,
    /// Smallest first.
    Id,
}

/// What to search for; all that is given must hold.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Search {
    /// The node's raw name, exactly.
    pub name: Option<Text>,
    /// V8's node type.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// Name or key of the class.
    pub class_name: Option<Text>,
    /// Bytes freed with it, at least.
    pub min_retained_size: Option<f64>,
    /// Own bytes, at least.
    pub min_shallow_size: Option<f64>,
    /// Only greater ids.
    pub after_id: Option<u32>,
    /// No greater ids.
    pub until_id: Option<u32>,
    /// A search as [`super::query`] reads it.
    #[serde(rename = "where")]
    pub query: Option<String>,
}

/// Answers questions about single nodes of one snapshot.
pub struct Browser<'a> {
    snapshot: &'a Snapshot,
    scripts: &'a Scripts,
}

impl<'a> Browser<'a> {
    /// For nodes of `snapshot`, whose scripts are `scripts`.
    pub fn new(snapshot: &'a Snapshot, scripts: &'a Scripts) -> Self {
        Self { snapshot, scripts }
    }

    /// The node with an id, or `UnknownNode`.
    pub fn index_of(&self, id: u64) -> Result<NodeIndex> {
        let unknown = || Error::new(ErrorKind::UnknownNode(id));
        let narrow = u32::try_from(id).map_err(|_| unknown())?;
        self.snapshot.heap.nodes.find_id(NodeId(narrow)).ok_or_else(unknown)
    }

    /// All figures of a node.
    pub fn node(&self, node: NodeIndex) -> NodeView {
        self.view(&mut Names::new(self.snapshot), node)
    }

    fn view(&self, names: &mut Names<'_>, node: NodeIndex) -> NodeView {
        let Snapshot { heap, graph } = self.snapshot;
        let class = graph.classes.class_of(node);
        NodeView {
            id: heap.nodes.id(node),
            name: names.name(node),
            kind: heap.layout.kind_name(heap.nodes.kind(node)).to_owned(),
            class_name: graph.classes.name(class).clone(),
            class_key: graph.classes.key(class),
            shallow_size: graph.sizes.shallow_size(node),
            retained_size: graph.dominators.retained_size(node),
            distance: graph.distances.shown(node),
            detachedness: graph.detachedness.state(node),
            edge_count: heap.nodes.edges(node).len() as u32,
            retainer_count: graph.retainers.count(node),
            location: self.scripts.location(heap, node),
        }
    }

    /// The node's edges, in DevTools' order: the largest retained size first, then by name, `__proto__` last and names
    /// before indices. Invisible edges are left out.
    pub fn edges(&self, node: NodeIndex, window: Window) -> Vec<EdgeView> {
        let Snapshot { heap, graph } = self.snapshot;
        let mut edges: Vec<usize> =
            heap.nodes.edges(node).filter(|&edge| heap.edges.kind(edge) != EdgeKind::Invisible).collect();
        let retained = |edge: usize| graph.dominators.retained_size(heap.edges.target(edge));
        let range = window.range(edges.len());
        sort_window(&mut edges, range.clone(), |&a, &b| {
            retained(b).cmp(&retained(a)).then_with(|| self.by_name(a, b)).then(a.cmp(&b))
        });
        let mut names = Names::new(self.snapshot);
        edges[range].iter().map(|&edge| self.edge(&mut names, edge, heap.edges.target(edge))).collect()
    }

    /// The edges that point to the node, in DevTools' order: nearest retainer first, then by its name. Weak and invisible
    /// ones, and those of the root, are left out.
    pub fn retainers(&self, node: NodeIndex, window: Window) -> Vec<EdgeView> {
        let Snapshot { heap, graph } = self.snapshot;
        let mut retainers: Vec<(usize, EdgeIndex, NodeIndex)> = graph
            .retainers
            .of(&heap.nodes, node)
            .filter(|&(edge, source)| {
                source != NodeIndex::ROOT && !matches!(heap.edges.kind(edge.at()), EdgeKind::Weak | EdgeKind::Invisible)
            })
            .enumerate()
            .map(|(stored, (edge, source))| (stored, edge, source))
            .collect();
        let range = window.range(retainers.len());
        let mut names = Names::new(self.snapshot);
        sort_window(&mut retainers, range.clone(), |a, b| {
            // As unsigned, what is not reached at all comes last.
            let distance = |node| graph.distances.raw(node) as u32;
            let by_name = || names.name(a.2).cmp_utf16(&names.name(b.2));
            distance(a.2).cmp(&distance(b.2)).then_with(by_name).then(a.0.cmp(&b.0))
        });
        retainers[range].iter().map(|&(_, edge, source)| self.edge(&mut names, edge.at(), source)).collect()
    }

    /// What would be freed with the node, one level deep, ordered. `O(n)`.
    pub fn dominated(&self, node: NodeIndex, order: NodeOrder, window: Window) -> Vec<NodeView> {
        self.window(self.snapshot.graph.dominators.dominated(node).collect(), order, window)
    }

    /// Nodes for which `Search` holds, ordered. `O(n)`, and what its query costs.
    pub fn find(
        &self,
        search: &Search,
        order: NodeOrder,
        window: Window,
        listeners: ListenersOf,
        cancel: &CancelToken,
    ) -> Result<Vec<NodeView>> {
        let Snapshot { heap, graph } = self.snapshot;
        let mut found = match &search.query {
            Some(query) => Query::parse(query)?.find(self.snapshot, listeners, cancel)?,
            None => heap.nodes.indices().collect(),
        };
        // Names are compared once a string, classes once a class, not once a node.
        let names = search.name.as_ref().map(|name| {
            let mut marked = vec![false; heap.strings.len()];
            for string in heap.strings.indices() {
                marked[string.at()] = heap.strings.text(string) == *name;
            }
            marked
        });
        let classes = search.class_name.as_ref().map(|name| self.classes_named(name));
        let kind_is =
            |node| search.kind.as_deref().is_none_or(|kind| heap.layout.kind_name(heap.nodes.kind(node)) == kind);
        let at_least = |size: u64, least: Option<f64>| least.is_none_or(|least| size as f64 >= least);
        let is_in_time = |id: NodeId| {
            search.after_id.is_none_or(|after| id.0 > after) && search.until_id.is_none_or(|until| id.0 <= until)
        };
        found.retain(|&node| {
            names.as_ref().is_none_or(|names| names[heap.nodes.name(node).at()])
                && classes.as_ref().is_none_or(|classes| classes[graph.classes.class_of(node).at()])
                && at_least(graph.dominators.retained_size(node), search.min_retained_size)
                && at_least(graph.sizes.shallow_size(node), search.min_shallow_size)
                && kind_is(node)
                && is_in_time(heap.nodes.id(node))
        });
        Ok(self.window(found, order, window))
    }

    /// The nodes of a class, given by its key or name. Without those of no size, as in the class rows. `O(n)`.
    pub fn instances(&self, class: &Text, order: NodeOrder, window: Window) -> Vec<NodeView> {
        let Snapshot { heap, graph } = self.snapshot;
        let classes = self.classes_named(class);
        let found = heap
            .nodes
            .indices()
            .filter(|&node| classes[graph.classes.class_of(node).at()] && graph.sizes.shallow_size(node) > 0);
        self.window(found.collect(), order, window)
    }

    /// By class, whether it has this key or, if none has, this name.
    fn classes_named(&self, text: &Text) -> Vec<bool> {
        let classes = &self.snapshot.graph.classes;
        let by = |test: &dyn Fn(ClassIndex) -> bool| -> Vec<bool> {
            (0..classes.len()).map(|at| test(ClassIndex(at as u32))).collect()
        };
        let by_key = by(&|class| classes.key(class) == *text);
        if by_key.contains(&true) { by_key } else { by(&|class| classes.name(class) == text) }
    }

    fn window(&self, mut nodes: Vec<NodeIndex>, order: NodeOrder, window: Window) -> Vec<NodeView> {
        let Snapshot { heap, graph } = self.snapshot;
        let range = window.range(nodes.len());
        sort_window(&mut nodes, range.clone(), |&a, &b| {
            let by_order = match order {
                NodeOrder::RetainedSize => graph.dominators.retained_size(b).cmp(&graph.dominators.retained_size(a)),
                NodeOrder::ShallowSize => graph.sizes.shallow_size(b).cmp(&graph.sizes.shallow_size(a)),
                NodeOrder::Distance => {
                    let distance = |node| graph.distances.shown(node).unwrap_or(u32::MAX);
                    distance(a).cmp(&distance(b))
                }
                NodeOrder::Id => heap.nodes.id(a).cmp(&heap.nodes.id(b)),
            };
            by_order.then(a.cmp(&b))
        });
        let mut names = Names::new(self.snapshot);
        nodes[range].iter().map(|&node| self.view(&mut names, node)).collect()
    }

    fn edge(&self, names: &mut Names<'_>, edge: usize, other_end: NodeIndex) -> EdgeView {
        EdgeView {
            name: self.label(edge),
            kind: self.snapshot.heap.edges.kind(edge).name(),
            node: self.view(names, other_end),
        }
    }

    fn label(&self, edge: usize) -> Label {
        let Heap { edges, strings, .. } = &self.snapshot.heap;
        let name = match edges.label(edge) {
            EdgeLabel::Number(number) => return Label::Number(number.into()),
            EdgeLabel::Name(name) => strings.text(name),
        };
        // The root's shortcuts are numbered, but with texts; DevTools shows what `parseInt` makes of them.
        let number = if edges.kind(edge) == EdgeKind::Shortcut { leading_integer(&name) } else { f64::NAN };
        if number.is_nan() { Label::Name(name) } else { Label::Number(number as i64) }
    }

    /// Order of edges by name; see [`Browser::edges`].
    fn by_name(&self, a: usize, b: usize) -> Ordering {
        let rank = |label: &Label| match label {
            Label::Name(name) if *name == "__proto__" => 2,
            Label::Name(_) => 0,
            Label::Number(_) => 1,
        };
        let text = |label: Label| match label {
            Label::Number(number) => Text::from(number.to_string()),
            Label::Name(name) => name,
        };
        let (a, b) = (self.label(a), self.label(b));
        rank(&a).cmp(&rank(&b)).then_with(|| text(a).cmp_utf16(&text(b)))
    }
}

/// Puts those entries into their places that a window shows, and leaves the rest in any order.
fn sort_window<T>(list: &mut [T], range: std::ops::Range<usize>, mut compare: impl FnMut(&T, &T) -> Ordering) {
    if range.is_empty() {
        return;
    }
    if range.start > 0 {
        list.select_nth_unstable_by(range.start, &mut compare);
    }
    let rest = &mut list[range.start..];
    let shown = range.end - range.start;
    if shown < rest.len() {
        rest.select_nth_unstable_by(shown, &mut compare);
    }
    rest[..shown].sort_unstable_by(compare);
}
