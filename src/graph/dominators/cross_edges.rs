//! Edges to smaller numbers (back and cross edges), kept until the semidominators of their targets are computed.
//!
//! The search finds them by source, the semidominators need them by target, in descending order. Instead of a whole column
//! of predecessors they are thrown into one bucket per range of targets ([`CrossEdges`]). When a range is reached, its edges
//! are taken as they come, which is the order of the search and so kind to the caches: all that lies above the range is
//! known by then, and only the last stretch of the way up, within the range, has to wait for its target ([`NearEdges`]).
//!
//! `O(1)` an edge; 6 bytes an edge, and up to 6 more while its range is worked on, in practice next to nothing.

/// How many edges a bucket takes room for at once: large enough to be rare, small enough not to waste much.
const CHUNK: usize = 1 << 12;

/// An edge to a target that is known up to its range.
#[derive(Clone, Copy, Default)]
#[repr(C, packed(2))]
pub(super) struct CrossEdge {
    /// The source's number.
    pub(super) source: u32,
    /// The target's number within its range.
    pub(super) target: u16,
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

/// All edges to smaller numbers, in buckets of `RANGE` targets; at most 2^16.
pub(super) struct CrossEdges<const RANGE: usize> {
    /// The chunks of all buckets in one piece, so that the memory goes back to the system as a whole.
    edges: Vec<CrossEdge>,
    buckets: Vec<Bucket>,
}

impl<const RANGE: usize> CrossEdges<RANGE> {
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
        self.edges[bucket.next] = CrossEdge { source, target: (target as usize % RANGE) as u16 };
        bucket.next += 1;
    }

    /// The edges to the targets from `range * RANGE` up, in the order they were added, in slices of moderate length.
    pub(super) fn to_range(&self, range: usize) -> impl Iterator<Item = &[CrossEdge]> {
        let Bucket { chunks, next } = &self.buckets[range];
        let ends = chunks.iter().skip(1).map(|_| CHUNK).chain([next - chunks.last().unwrap_or(next)]);
        chunks.iter().zip(ends).map(|(&start, length)| &self.edges[start..start + length])
    }
}

/// Edges within one range of at most `RANGE` numbers, to be had by target. Numbers are those within the range.
#[derive(Default)]
pub(super) struct NearEdges<const RANGE: usize> {
    /// Source and target, as they come.
    added: Vec<(u16, u16)>,
    /// The last source added for each target.
    last: Vec<Option<u16>>,
    /// The sources, by target.
    sources: Vec<u16>,
    /// Where each target's sources end.
    ends: Vec<u32>,
}

impl<const RANGE: usize> NearEdges<RANGE> {
    /// Forgets all edges.
    pub(super) fn clear(&mut self) {
        self.added.clear();
        self.last.clear();
        self.last.resize(RANGE, None);
    }

    /// Adds an edge, unless the target's last one was the same: thousands of edges to one target often come along one way.
    #[inline]
    pub(super) fn push(&mut self, source: u16, target: u16) {
        let last = &mut self.last[usize::from(target)];
        if *last != Some(source) {
            *last = Some(source);
            self.added.push((source, target));
        }
    }

    /// Sorts the edges by target. `O(edges + RANGE)`.
    pub(super) fn sort(&mut self) {
        self.ends.clear();
        self.ends.resize(RANGE + 1, 0);
        for &(_, target) in &self.added {
            self.ends[usize::from(target) + 1] += 1;
        }
        for at in 1..=RANGE {
            self.ends[at] += self.ends[at - 1];
        }
        // What was a start becomes an end while the sources are put in place.
        self.sources.clear();
        self.sources.resize(self.added.len(), 0);
        for &(source, target) in &self.added {
            let end = &mut self.ends[usize::from(target)];
            self.sources[*end as usize] = source;
            *end += 1;
        }
    }

    /// The sources of the edges to `target`, once sorted.
    #[inline]
    pub(super) fn to(&self, target: usize) -> &[u16] {
        let start = if target == 0 { 0 } else { self.ends[target - 1] as usize };
        &self.sources[start..self.ends[target] as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RANGE: usize = 1 << 16;

    #[test]
    fn cross_edges_come_by_range() {
        let targets = [1, 70_000, 5, 5, 65_535, 65_536, 1, 131_071];
        for count in [0, 1, 8 * CHUNK, 8 * CHUNK + 3] {
            let mut edges = CrossEdges::<RANGE>::new(200_000, count);
            for source in 0..count {
                edges.push(source as u32, targets[source % targets.len()]);
            }
            let mut found = 0;
            for range in 0..4 {
                for edge in edges.to_range(range).flatten() {
                    let expected = targets[edge.source as usize % targets.len()] as usize;
                    assert_eq!(range * RANGE + usize::from(edge.target), expected);
                    found += 1;
                }
            }
            assert_eq!(found, count);
        }
    }

    #[test]
    fn near_edges_come_by_target() {
        let mut edges = NearEdges::<RANGE>::default();
        for round in 0..2 {
            edges.clear();
            for (source, target) in [(7, 0), (9, 65_535), (7, 0), (8, 0), (7, 0), (3, 2)] {
                edges.push(source + round, target);
            }
            edges.sort();
            assert_eq!(edges.to(0), [7 + round, 8 + round, 7 + round]);
            assert!(edges.to(1).is_empty());
            assert_eq!(edges.to(2), [3 + round]);
            assert_eq!(edges.to(65_535), [9 + round]);
        }
    }
}
