//! Edges to smaller numbers (back and cross edges), kept until the semidominators of their targets are computed.
//!
//! The search finds them by source, the semidominators need them by target. Instead of a whole column of predecessors they
//! are thrown into one bucket per range of targets, and each bucket is sorted (by counting) only when its range is reached.
//! `O(1)` an edge; 6 bytes an edge, and 4 more while its range is worked on.

/// How many targets share a bucket.
pub(super) const RANGE: usize = 1 << 16;

/// How many edges a bucket takes room for at once: large enough to be rare, small enough not to waste much.
const CHUNK: usize = 1 << 12;

/// Source, and the target within its range.
#[derive(Clone, Copy, Default)]
#[repr(C, packed(2))]
struct CrossEdge {
    source: u32,
    target: u16,
}

/// The chunks of one range, all full but the last.
#[derive(Clone, Default)]
struct Bucket {
    /// Where each chunk starts.
    chunks: Vec<usize>,
    /// Where the next edge goes.
    next: usize,
}

impl Bucket {
    fn is_full(&self) -> bool {
        self.next.is_multiple_of(CHUNK)
    }
}

/// All edges to smaller numbers.
pub(super) struct CrossEdges {
    /// The chunks of all buckets in one piece, so that the memory goes back to the system as a whole.
    edges: Vec<CrossEdge>,
    buckets: Vec<Bucket>,
}

impl CrossEdges {
    /// None yet, for targets up to `largest`; `limit` edges at most.
    pub(super) fn new(largest: usize, limit: usize) -> Self {
        let buckets = vec![Bucket::default(); largest / RANGE + 1];
        // Room that is not used is never touched.
        Self { edges: Vec::with_capacity(limit + CHUNK.min(limit) * buckets.len()), buckets }
    }

    /// Adds an edge.
    #[inline]
    pub(super) fn push(&mut self, source: u32, target: u32) {
        let bucket = &mut self.buckets[target as usize / RANGE];
        if bucket.is_full() {
            bucket.next = self.edges.len();
            bucket.chunks.push(bucket.next);
            self.edges.resize(bucket.next + CHUNK, CrossEdge::default());
        }
        self.edges[bucket.next] = CrossEdge { source, target: target as u16 };
        bucket.next += 1;
    }

    /// Sorts the edges to the targets from `range * RANGE` up by target. `O(edges + RANGE)`.
    pub(super) fn sort_into(&self, range: usize, sorted: &mut SortedEdges) {
        let Bucket { chunks, next } = &self.buckets[range];
        let edges = || {
            let last = chunks.last().copied();
            let ends = chunks.iter().map(move |&start| if Some(start) == last { *next } else { start + CHUNK });
            chunks.iter().zip(ends).flat_map(|(&start, end)| &self.edges[start..end])
        };
        sorted.ends.clear();
        sorted.ends.resize(RANGE + 1, 0);
        for edge in edges() {
            sorted.ends[usize::from(edge.target) + 1] += 1;
        }
        for at in 1..=RANGE {
            sorted.ends[at] += sorted.ends[at - 1];
        }
        // What was a start becomes an end while the sources are put in place.
        sorted.sources.clear();
        sorted.sources.resize(sorted.ends[RANGE] as usize, 0);
        for edge in edges() {
            let end = &mut sorted.ends[usize::from(edge.target)];
            sorted.sources[*end as usize] = edge.source;
            *end += 1;
        }
    }
}

/// The edges of one range, by target.
#[derive(Default)]
pub(super) struct SortedEdges {
    sources: Vec<u32>,
    ends: Vec<u32>,
}

impl SortedEdges {
    /// Where in [`SortedEdges::sources`] the edges to the target at `offset` in the range are.
    #[inline]
    pub(super) fn to(&self, offset: usize) -> std::ops::Range<usize> {
        let start = if offset == 0 { 0 } else { self.ends[offset - 1] as usize };
        start..self.ends[offset] as usize
    }

    /// All sources, by target.
    #[inline]
    pub(super) fn sources(&self) -> &[u32] {
        &self.sources
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sorts_by_target() {
        let targets = [1, 70_000, 5, 5, 65_535, 65_536, 1, 131_071];
        let count = 3 * CHUNK as u32;
        let mut edges = CrossEdges::new(131_071, count as usize);
        for source in 0..count {
            edges.push(source, targets[source as usize % targets.len()]);
        }
        let mut sorted = SortedEdges::default();
        let mut found = 0;
        for range in [1, 0] {
            edges.sort_into(range, &mut sorted);
            for offset in 0..RANGE {
                for &source in &sorted.sources()[sorted.to(offset)] {
                    assert_eq!(targets[source as usize % targets.len()] as usize, range * RANGE + offset);
                    found += 1;
                }
            }
        }
        assert_eq!(found, count);
    }
}
