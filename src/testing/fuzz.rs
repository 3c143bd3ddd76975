//! What the fuzz targets run, and what `tests/fuzz.rs` runs for a bounded number of seeded inputs.

use super::builder::{Builder, Writer};
use crate::analysis::redaction::Redaction;
use crate::cancel::CancelToken;
use crate::progress::Progress;
use crate::snapshot::{EdgeKind, Heap, NodeIndex, NodeKind, ReadOptions, Source, read, read_partial, rewrite};

use crate::graph::Snapshot;

/// Parses any bytes, twice and in different pieces: both must say the same, and what is accepted must be analysed.
///
/// # Panics
/// When leakscan is wrong.
pub fn parse(bytes: &[u8]) {
    let first = read_in(bytes, 1 << 18);
    let second = read_in(bytes, 1 + bytes.len() % 97);
    match (first, second) {
        (Ok(heap), Ok(other)) => {
            assert_eq!((heap.nodes.len(), heap.edges.len()), (other.nodes.len(), other.edges.len()));
            analyse(heap);
        }
        (Err(error), Err(other)) => {
            assert_eq!(error.to_string(), other.to_string());
            let options = ReadOptions { threads: 2, block_size: 1 + bytes.len() % 97 };
            let part = read_partial(Source::Bytes(bytes), &options, &CancelToken::new(), &Progress::none());
            if let Ok(part) = part {
                assert!(part.cut.is_some(), "only what is cut is good in part and not as a whole");
                analyse(part);
            }
        }
        (first, second) => panic!("{:?} but in pieces {:?}", first.err(), second.err()),
    }
}

/// Redacts any bytes, at once and in pieces: both must say the same, and what can be read keeps its structure and its sizes.
///
/// # Panics
/// When leakscan is wrong.
pub fn redact(bytes: &[u8]) {
    let first = redacted(Source::Bytes(bytes));
    let second = redacted(Source::Reader(Box::new(Pieces(bytes, 1 + bytes.len() % 97))));
    match (first, second) {
        (Ok(copy), Ok(other)) => {
            assert!(copy == other, "in pieces it is another");
            let (Ok(heap), Ok(hidden)) = (read_in(bytes, 1 << 18), read_in(&copy, 1 << 18)) else {
                assert!(read_in(bytes, 1 << 18).is_err(), "a snapshot that can be read can still be read");
                return;
            };
            assert_eq!(heap.strings.len(), hidden.strings.len());
            assert_eq!((heap.nodes.len(), heap.edges.len()), (hidden.nodes.len(), hidden.edges.len()));
            for node in heap.nodes.indices() {
                let row = |heap: &Heap| {
                    (heap.nodes.kind(node), heap.nodes.id(node), heap.nodes.self_size(node), heap.nodes.name(node))
                };
                assert_eq!(row(&heap), row(&hidden));
            }
        }
        (Err(error), Err(other)) => assert_eq!(error.to_string(), other.to_string()),
        (first, second) => panic!("{:?} but in pieces {:?}", first.err(), second.err()),
    }
}

fn redacted(source: Source<'_>) -> crate::error::Result<Vec<u8>> {
    let mut out = Vec::new();
    rewrite(source, &mut out, &mut Redaction::new("salt"), &CancelToken::new(), &Progress::none())?;
    Ok(out)
}

/// Bytes that come so many at a time.
struct Pieces<'a>(&'a [u8], usize);

impl std::io::Read for Pieces<'_> {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        let taken = self.1.min(self.0.len()).min(out.len());
        let (piece, rest) = self.0.split_at(taken);
        out[..taken].copy_from_slice(piece);
        self.0 = rest;
        Ok(taken)
    }
}

/// Makes a well-formed snapshot of any bytes, taken as choices, and analyses it.
///
/// # Panics
/// When leakscan is wrong.
pub fn graph(choices: &[u8]) {
    let mut choices = choices.iter().copied().map(usize::from);
    let mut choose = |bound: usize| choices.next().unwrap_or(0) % bound.max(1);
    let mut builder = Builder::new();
    builder.writer(Writer::ALL[choose(Writer::ALL.len())]);
    let node_count = 2 + choose(60);
    let names = ["Object", "", "A", "Array", "system / Context", "(map descriptors)", "Detached x", "<div id=a>"];
    for _ in 1..node_count {
        let kind = NodeKind(choose(usize::from(NodeKind::KNOWN) - 2) as u8);
        let node = builder.node(kind, names[choose(names.len())], choose(256) as u64);
        builder.detachedness(node, (choose(8) == 0) as u8 * 2);
    }
    let kinds = [EdgeKind::Property, EdgeKind::Internal, EdgeKind::Element, EdgeKind::Weak, EdgeKind::Shortcut];
    let labels = ["a", "__proto__", "first", "second", "elements"];
    for _ in 0..choose(256) {
        let (from, to) = (NodeIndex::from(choose(node_count)), NodeIndex::from(choose(node_count)));
        let kind = kinds[choose(kinds.len())];
        let label = choose(labels.len());
        builder.edge(from, kind, &if kind.is_numbered() { label.to_string() } else { labels[label].to_owned() }, to);
    }
    analyse(read_in(&builder.json(), 1 << 18).unwrap());
}

fn read_in(bytes: &[u8], block_size: usize) -> crate::error::Result<Heap> {
    read(Source::Bytes(bytes), &ReadOptions { threads: 2, block_size }, &CancelToken::new(), &Progress::none())
}

/// Derives all facts, on one thread and on two, and checks what must hold of any graph.
fn analyse(heap: Heap) {
    let sum: u128 = heap.nodes.indices().map(|node| u128::from(heap.nodes.self_size(node))).sum();
    let snapshot = Snapshot::new(heap, 2, &CancelToken::new(), &Progress::none()).unwrap();
    let Snapshot { heap, graph } = &snapshot;
    assert_eq!(u128::from(graph.dominators.retained_size(NodeIndex::ROOT)), sum.min(u128::from(u64::MAX)));
    for node in heap.nodes.indices().skip(1) {
        let dominator = graph.dominators.immediate_dominator(node);
        assert_ne!(dominator, node, "only the root is its own dominator");
        assert!(graph.dominators.retained_size(dominator) >= graph.dominators.retained_size(node));
    }
}
