//! Reads what waits in streams and queues, chunk by chunk. `O(strings + n)` for the search, then the chunks.

use rustc_hash::{FxHashMap, FxHashSet};

use super::patterns::{
    BacklogPattern, Known, PATTERNS, Shape, Side, TRANSFORM, VARIABLE_QUEUE, VARIABLE_QUEUE_PATTERN,
};
use crate::cancel::CancelToken;
use crate::causes::instances::Instances;
use crate::causes::{collections, keepers, oddballs};
use crate::error::Result;
use crate::graph::Snapshot;
use crate::snapshot::{EdgeKind, Heap, NodeIndex, NodeKind};

/// Bytes of a byte stream's buffer that are no backlog: Node's greatest default `highWaterMark` (since Node 22).
const BYTES_MARK: u64 = 65_536;
/// The same of a stream of objects, in objects.
const OBJECTS_MARK: u64 = 16;
/// `Buffer.poolSize`, of Node 0.10-24 and 26; no Buffer from a pool is longer than half of it.
const POOL_SIZES: [u64; 2] = [8192, 65_536];
/// So many hexadecimal digits are the size of a chunk in HTTP's chunked encoding.
const SIZE_DIGITS: usize = 8;

/// What waits in one place.
pub(super) struct Backlog {
    pub(super) pattern: &'static BacklogPattern,
    pub(super) side: Side,
    /// The stream or queue that people know.
    pub(super) node: NodeIndex,
    /// The object that has the backlog: the stream's state.
    pub(super) state: NodeIndex,
    /// What holds the entries together; of a Transform both of its sides.
    pub(super) containers: Vec<NodeIndex>,
    pub(super) entries: Vec<NodeIndex>,
    /// Of every entry, what is to be written, read or done.
    pub(super) chunks: Vec<NodeIndex>,
}

impl Backlog {
    pub(super) fn count(&self) -> u64 {
        self.chunks.len() as u64
    }

    /// Bytes freed with it, and its part of memory that its Buffers share with others.
    pub(super) fn size(&self, snapshot: &Snapshot) -> u64 {
        let containers = self.containers.iter().filter(|&&container| container != self.state);
        let freed: FxHashSet<NodeIndex> = containers.chain(&self.entries).copied().collect();
        let shared = self.chunks.iter().filter_map(|&chunk| {
            let memory = memory(&snapshot.heap, chunk)?;
            let is_freed = keepers::is_dominated_by(snapshot, memory, &freed);
            (!is_freed).then(|| part_of(snapshot, memory))
        });
        let shared: u64 = shared.sum();
        keepers::union_size(snapshot, freed) + shared
    }

    /// Bytes that wait, as the stream counts them.
    fn payload(&self, snapshot: &Snapshot) -> u64 {
        let size = |&chunk: &NodeIndex| match memory(&snapshot.heap, chunk) {
            Some(memory) => part_of(snapshot, memory),
            None => snapshot.graph.dominators.retained_size(chunk),
        };
        self.chunks.iter().map(size).sum()
    }

    /// Bytes of it outside of JavaScript's heap.
    pub(super) fn external_size(&self, heap: &Heap) -> u64 {
        let stores = self.chunks.iter().filter_map(|&chunk| store(heap, memory(heap, chunk)?));
        stores.collect::<FxHashSet<_>>().into_iter().map(|store| heap.nodes.self_size(store)).sum()
    }

    /// Whether it is more than streams hold back in health.
    pub(super) fn is_over_mark(&self, snapshot: &Snapshot) -> bool {
        let heap = &snapshot.heap;
        if self.side == Side::Queued {
            return true;
        }
        let are_bytes = self.chunks.last().is_some_and(|&chunk| is_bytes(heap, chunk));
        match high_water_mark(heap, self.state) {
            Some(mark) if are_bytes => self.payload(snapshot) > mark,
            Some(mark) => self.count() > mark,
            None if are_bytes => self.payload(snapshot) > BYTES_MARK,
            None => self.count() > OBJECTS_MARK,
        }
    }
}

/// The ArrayBuffer behind a chunk.
fn memory(heap: &Heap, chunk: NodeIndex) -> Option<NodeIndex> {
    let memory = heap.follow(chunk, EdgeKind::Internal, "buffer").unwrap_or(chunk);
    store(heap, memory).map(|_| memory)
}

/// What holds an ArrayBuffer's bytes.
fn store(heap: &Heap, memory: NodeIndex) -> Option<NodeIndex> {
    heap.follow(memory, EdgeKind::Internal, "backing_store")
}

/// The bytes of one of the Buffers that share an ArrayBuffer: nobody knows which has how many. Node cuts small ones from a pool.
fn part_of(snapshot: &Snapshot, memory: NodeIndex) -> u64 {
    let heap = &snapshot.heap;
    let retainers = snapshot.graph.retainers.of(&heap.nodes, memory);
    let is_view = |edge: usize| heap.edges.kind(edge) == EdgeKind::Internal && heap.edge_is_named(edge, "buffer");
    let views = retainers.filter(|&(edge, _)| is_view(edge.at())).count() as u64;
    let size = store(heap, memory).map_or(0, |store| heap.nodes.self_size(store));
    let part = size / views.max(1);
    if POOL_SIZES.contains(&size) { part.min(size / 2) } else { part }
}

fn is_bytes(heap: &Heap, chunk: NodeIndex) -> bool {
    match heap.nodes.kind(chunk) {
        NodeKind::STRING | NodeKind::CONCATENATED_STRING | NodeKind::SLICED_STRING => true,
        _ => ["buffer", "backing_store"].iter().any(|name| heap.follow(chunk, EdgeKind::Internal, name).is_some()),
    }
}

/// The mark that the program set, if the snapshot has numbers.
fn high_water_mark(heap: &Heap, state: NodeIndex) -> Option<u64> {
    let value = heap.follow(state, EdgeKind::Property, "highWaterMark")?;
    let number = heap.follow(value, EdgeKind::Internal, "value")?;
    heap.strings.text(heap.nodes.name(number)).to_str().parse().ok()
}

/// All backlogs of at least so many chunks, in file order.
pub(super) fn read(instances: &Instances<'_>, least: u64, cancel: &CancelToken) -> Result<Vec<Backlog>> {
    let snapshot = instances.snapshot;
    let mut classes: Vec<&str> = PATTERNS.iter().map(|pattern| pattern.class).chain([VARIABLE_QUEUE.0]).collect();
    classes.sort_unstable();
    classes.dedup();
    let mut backlogs = Vec::new();
    for (at, (state, class)) in instances.objects(&classes).into_iter().enumerate() {
        if at % 256 == 255 {
            cancel.check()?;
        }
        let class = classes[class];
        if class == VARIABLE_QUEUE.0 {
            backlogs.extend(of_variable(snapshot, state));
        }
        let patterns = PATTERNS.iter().filter(|pattern| pattern.class == class);
        // Of several that fit an object, the fullest tells.
        let found = patterns.filter_map(|pattern| backlog(snapshot, pattern, state));
        backlogs.extend(found.max_by_key(Backlog::count));
    }
    let mut backlogs = merge_transforms(&snapshot.heap, backlogs);
    backlogs.retain(|backlog| backlog.count() >= least);
    Ok(backlogs)
}

/// Makes one of the two backlogs of a Transform: if anything is unread, then that is why the rest waits.
fn merge_transforms(heap: &Heap, backlogs: Vec<Backlog>) -> Vec<Backlog> {
    let is_transform = |node| TRANSFORM.iter().any(|name| heap.follow(node, EdgeKind::Property, name).is_some());
    let mut merged: Vec<Backlog> = Vec::new();
    let mut unread: FxHashMap<NodeIndex, usize> = FxHashMap::default();
    let (written, others): (Vec<_>, Vec<_>) = backlogs.into_iter().partition(|it| it.side == Side::Written);
    for backlog in others {
        if backlog.side == Side::Unread && !backlog.chunks.is_empty() && is_transform(backlog.node) {
            unread.insert(backlog.node, merged.len());
        }
        merged.push(backlog);
    }
    for backlog in written {
        match unread.get(&backlog.node) {
            Some(&at) => {
                let whole = &mut merged[at];
                whole.containers.extend(backlog.containers);
                whole.entries.extend(backlog.entries);
                whole.chunks.extend(backlog.chunks);
            }
            None => merged.push(backlog),
        }
    }
    merged
}

fn backlog(snapshot: &Snapshot, pattern: &'static BacklogPattern, state: NodeIndex) -> Option<Backlog> {
    let heap = &snapshot.heap;
    let container = pattern
        .way
        .iter()
        .try_fold(state, |node, name| heap.follow(node, EdgeKind::Property, name))
        .filter(|&node| heap.nodes.kind(node) == NodeKind::OBJECT && !oddballs::is_null(heap, node))?;
    let entries = match pattern.shape {
        Shape::Array if !heap.node_is_named(container, "Array") => return None,
        Shape::Array => collections::elements(heap, container).filter(|&entry| is_entry(heap, entry)).collect(),
        Shape::Pairs if !heap.node_is_named(container, "Array") => return None,
        Shape::Pairs => {
            let elements = collections::element_edges(heap, container);
            let values = elements.filter(|(edge, _)| heap.edges.raw_label(edge.at()).is_multiple_of(2));
            values.map(|(_, value)| value).filter(|&value| is_entry(heap, value)).collect()
        }
        Shape::Arrays => {
            let arrays = heap.nodes.edges(container).filter(|&edge| heap.edges.kind(edge) == EdgeKind::Property);
            let arrays = arrays.map(|edge| heap.edges.target(edge)).filter(|&node| heap.node_is_named(node, "Array"));
            arrays.flat_map(|array| collections::elements(heap, array)).collect()
        }
        Shape::Chain(next) => chain(heap, container, next),
    };
    Some(made(snapshot, pattern, state, container, entries))
}

/// The queue whose first entry this is, if it is the first.
fn of_variable(snapshot: &Snapshot, first: NodeIndex) -> Option<Backlog> {
    let heap = &snapshot.heap;
    let mut retainers = snapshot.graph.retainers.of(&heap.nodes, first);
    let scope = retainers.find(|&(edge, _)| {
        heap.edges.kind(edge.at()) == EdgeKind::Context && heap.edge_is_named(edge.at(), VARIABLE_QUEUE.1)
    });
    let (_, scope) = scope?;
    let entries = chain(heap, first, "next");
    Some(made(snapshot, &VARIABLE_QUEUE_PATTERN, scope, first, entries))
}

fn made(
    snapshot: &Snapshot,
    pattern: &'static BacklogPattern,
    state: NodeIndex,
    container: NodeIndex,
    entries: Vec<NodeIndex>,
) -> Backlog {
    let heap = &snapshot.heap;
    let node = match pattern.known {
        Known::Itself => Some(state),
        Known::Inside(way) => way.iter().try_fold(state, |node, name| heap.follow(node, EdgeKind::Property, name)),
        Known::Around(name) => {
            let mut retainers = snapshot.graph.retainers.of(&heap.nodes, state);
            let is_it = |edge: usize| heap.edges.kind(edge) == EdgeKind::Property && heap.edge_is_named(edge, name);
            retainers.find(|&(edge, _)| is_it(edge.at())).map(|it| it.1)
        }
    };
    let chunk = |entry| {
        let chunk = pattern.chunk.iter().find_map(|name| heap.follow(entry, EdgeKind::Property, name));
        chunk.unwrap_or(entry)
    };
    let chunks = without_frames(heap, entries.iter().map(|&entry| chunk(entry)).collect());
    Backlog {
        pattern,
        side: pattern.side,
        node: node.unwrap_or(state),
        state,
        containers: vec![container],
        entries,
        chunks,
    }
}

fn is_entry(heap: &Heap, node: NodeIndex) -> bool {
    !oddballs::is_null(heap, node) && !oddballs::is_undefined(heap, node)
}

fn chain(heap: &Heap, first: NodeIndex, next: &str) -> Vec<NodeIndex> {
    let mut seen = FxHashSet::from_iter([first]);
    let mut entries = vec![first];
    let mut at = first;
    while let Some(following) = heap.follow(at, EdgeKind::Property, next)
        && heap.nodes.kind(following) == NodeKind::OBJECT
        && seen.insert(following)
    {
        entries.push(following);
        at = following;
    }
    entries
}

/// The chunks without what HTTP's chunked encoding puts around each: its size, and a Buffer with the line's end that all share.
fn without_frames(heap: &Heap, chunks: Vec<NodeIndex>) -> Vec<NodeIndex> {
    let is_size = |chunk: NodeIndex| {
        heap.nodes.kind(chunk) == NodeKind::STRING && {
            let text = heap.strings.raw(heap.nodes.name(chunk));
            !text.is_empty() && text.len() <= SIZE_DIGITS && text.iter().all(u8::is_ascii_hexdigit)
        }
    };
    let is_buffer = |chunk: NodeIndex| heap.nodes.kind(chunk) == NodeKind::OBJECT;
    let sizes = chunks.windows(2).filter(|pair| is_size(pair[0]) && is_buffer(pair[1]));
    let ends: FxHashSet<NodeIndex> = sizes.map(|pair| pair[1]).collect();
    if ends.len() != 1 {
        return chunks;
    }
    let is_frame = |at: usize| {
        ends.contains(&chunks[at]) || is_size(chunks[at]) && chunks.get(at + 1).is_some_and(|next| ends.contains(next))
    };
    (0..chunks.len()).filter(|&at| !is_frame(at)).map(|at| chunks[at]).collect()
}
