//! Retainers: for every node, the edges that lead to it.
//!
//! `O(nodes + edges)`: counted, then filed. Keeps 4 bytes a node and 4.25 an edge: an edge's number is stored, and its
//! source is found from the number, by a search between two samples.
//! Source: DevTools `HeapSnapshot.ts` (`buildRetainers`).

use super::prefetch::prefetch;
use crate::cancel::CancelToken;
use crate::error::Result;
use crate::snapshot::{EdgeIndex, Heap, NodeIndex, Nodes};

/// The source of every so many-th edge is kept.
const SAMPLE: usize = 16;

/// How many edges ahead a target's entry is asked for.
const AHEAD: usize = 16;

/// The edges by target.
pub struct Retainers {
    /// Where every node's entries start, and the number of edges as the last entry.
    first: Vec<u32>,
    /// Numbers of edges; those of one node in descending order.
    edges: Vec<u32>,
    /// The source of every [`SAMPLE`]-th edge.
    sources: Vec<NodeIndex>,
}

impl Retainers {
    /// Files the edges of `heap` by target.
    pub fn new(heap: &Heap, cancel: &CancelToken) -> Result<Self> {
        let targets = heap.edges.packed();
        let mut first = vec![0u32; heap.nodes.len() + 1];
        for slice in targets.chunks(CancelToken::STRIDE) {
            cancel.check()?;
            for packed in slice {
                first[(packed >> 3) as usize] += 1;
            }
        }
        let mut sum = 0;
        for entry in &mut first {
            sum += *entry;
            *entry = sum;
        }
        // Each is the end of the node's entries now; filing backwards from there makes it the start.
        let mut edges = vec![0; targets.len()];
        for (at, &packed) in targets.iter().enumerate() {
            if at % CancelToken::STRIDE == 0 {
                cancel.check()?;
            }
            prefetch(&first, targets.get(at + AHEAD).map_or(0, |packed| (packed >> 3) as usize));
            let start = &mut first[(packed >> 3) as usize];
            *start -= 1;
            edges[*start as usize] = at as u32;
        }
        Ok(Self { first, edges, sources: samples(&heap.nodes, targets.len()) })
    }

    /// The edges that lead to `node`, with their sources: all kinds, the last in the file first. A retainer costs a binary
    /// search between two samples, which are at most a few nodes apart unless many have no edges.
    pub fn of<'a>(
        &'a self,
        nodes: &'a Nodes,
        node: NodeIndex,
    ) -> impl ExactSizeIterator<Item = (EdgeIndex, NodeIndex)> + use<'a> {
        let entries = &self.edges[self.first[node.at()] as usize..self.first[node.at() + 1] as usize];
        entries.iter().map(|&edge| (EdgeIndex(edge), self.source(nodes, EdgeIndex(edge))))
    }

    /// How many edges lead to `node`, weak ones included.
    #[inline]
    pub fn count(&self, node: NodeIndex) -> u32 {
        self.first[node.at() + 1] - self.first[node.at()]
    }

    /// The node that an edge belongs to.
    pub fn source(&self, nodes: &Nodes, edge: EdgeIndex) -> NodeIndex {
        let sample = edge.0 as usize / SAMPLE;
        let low = self.sources[sample].at();
        let high = self.sources.get(sample + 1).map_or(nodes.len() - 1, |source| source.at());
        // The last node that starts at or before the edge: nodes without edges start where the next one does.
        let starts = &nodes.first_edges()[low + 1..=high];
        NodeIndex::from(low + starts.partition_point(|&start| start <= edge.0))
    }
}

fn samples(nodes: &Nodes, edge_count: usize) -> Vec<NodeIndex> {
    let mut sources = Vec::with_capacity(edge_count.div_ceil(SAMPLE));
    for node in nodes.indices() {
        let end = nodes.edges(node).end;
        while sources.len() * SAMPLE < end {
            sources.push(node);
        }
    }
    sources
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_the_last_of_the_file_first() {
        let drawn = crate::snapshot! { root -> A(1) -> B(1) -weak-> A; root -> C(1); C -> A; A -> A };
        let crate::graph::Snapshot { heap, graph } = drawn.snapshot();
        let sources: Vec<_> = graph.retainers.of(&heap.nodes, drawn.at("A")).map(|(_, source)| source).collect();
        assert_eq!(sources, ["C", "B", "A", "root"].map(|key| drawn.at(key)));
        assert_eq!(graph.retainers.count(drawn.at("A")), 4, "weak edges and loops count");
        assert_eq!(graph.retainers.count(NodeIndex::ROOT), 0);
    }

    #[test]
    fn finds_sources_between_nodes_without_edges() {
        let mut builder = crate::testing::builder::Builder::new();
        let target = builder.object("target", 8);
        let mut sources = Vec::new();
        for edge_count in [0, 0, 1, 40, 0, 0, 0, 16, 1, 15, 0, 33, 0] {
            let source = builder.object("source", 8);
            for number in 0..edge_count {
                builder.element(source, number, target);
                sources.push(source);
            }
        }
        let heap = builder.heap();
        let retainers = Retainers::new(&heap, &CancelToken::new()).unwrap();
        for (edge, &source) in sources.iter().enumerate() {
            assert_eq!(retainers.source(&heap.nodes, EdgeIndex(edge as u32)), source, "edge {edge}");
        }
    }
}
