//! Edges to smaller numbers (back and cross edges), kept until the semidominators of their targets are computed.
//!
//! The search finds them by source, the semidominators need them by target. Instead of a whole column of predecessors they
//! are thrown into one bucket per range of targets, 6 bytes an edge, and each bucket is sorted (by counting) only when its
//! range is reached, and freed at once.

/// How many targets share a bucket.
pub(super) const RANGE: usize = 1 << 16;

/// How many edges are allocated at once: large enough to be rare, small enough not to waste much in sparse buckets.
const CHUNK: usize = 1 << 13;

/// Source, and the target within its range.
#[derive(Clone, Copy)]
#[repr(C, packed(2))]
struct CrossEdge {
    source: u32,
    target: u16,
}

#[derive(Default)]
struct Bucket {
    open: Vec<CrossEdge>,
    full: Vec<Vec<CrossEdge>>,
}

/// All edges to smaller numbers.
pub(super) struct CrossEdges(Vec<Bucket>);

impl CrossEdges {
    /// None yet, for targets up to `largest`.
    pub(super) fn new(largest: usize) -> Self {
        let mut buckets = Vec::new();
        buckets.resize_with(largest / RANGE + 1, Bucket::default);
        Self(buckets)
    }

    /// Adds an edge.
    #[inline]
    pub(super) fn push(&mut self, source: u32, target: u32) {
        let bucket = &mut self.0[target as usize / RANGE];
        if bucket.open.len() == bucket.open.capacity() {
            bucket.renew();
        }
        bucket.open.push(CrossEdge { source, target: target as u16 });
    }

    /// Takes the edges to the targets from `range * RANGE` up and sorts them by target. `O(edges taken + RANGE)`.
    pub(super) fn take_into(&mut self, range: usize, sorted: &mut SortedEdges) {
        let Bucket { open, mut full } = std::mem::take(&mut self.0[range]);
        full.push(open);
        sorted.ends.clear();
        sorted.ends.resize(RANGE + 1, 0);
        for edge in full.iter().flatten() {
            sorted.ends[usize::from(edge.target) + 1] += 1;
        }
        for at in 1..=RANGE {
            sorted.ends[at] += sorted.ends[at - 1];
        }
        // What was a start becomes an end while the sources are put in place.
        sorted.sources.clear();
        sorted.sources.resize(sorted.ends[RANGE] as usize, 0);
        for chunk in full {
            for edge in chunk {
                let end = &mut sorted.ends[usize::from(edge.target)];
                sorted.sources[*end as usize] = edge.source;
                *end += 1;
            }
        }
    }
}

impl Bucket {
    #[cold]
    fn renew(&mut self) {
        let filled = std::mem::replace(&mut self.open, Vec::with_capacity(CHUNK));
        if !filled.is_empty() {
            self.full.push(filled);
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
    /// The sources of the edges to the target at `offset` in the range.
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
