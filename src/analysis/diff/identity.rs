//! Identity: whether two snapshots are of one process, so that equal ids mean equal objects.
//!
//! Every process counts its ids from 1, so that some 99 % of the ids of one appear in any other. What tells is whether
//! nodes of one id are alike. Measured on Node 20, 22, 24 and 26, share of equal type and name among nodes of one odd id:
//!
//! | snapshots | strings | all nodes |
//! |---|---|---|
//! | of one process, some thousand objects apart | 100.00 % | 99.99 % and more |
//! | of two runs of `node -e 0` | 83-87 % | 92-95 % |
//! | of two runs of a program with a few thousand objects | 3-72 % | 8-87 % |
//! | of two programs | 3-6 % | 5-10 % |
//! | of two Node versions | 0 % | 6 % |
//!
//! So strings decide, at 95 %. (Two runs made to be identical, with `--predictable` and fixed seeds, reach 99.97 % and
//! count as one process: their objects correspond.) `O(nodes)`, for 50,000 samples.

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use crate::cancel::CancelToken;
use crate::error::Result;
use crate::snapshot::{Heap, NodeId, NodeIndex, NodeKind};

/// Whether two snapshots share ids.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Identity {
    /// One id is one object.
    SameProcess,
    /// Ids (and script ids) mean nothing across the two.
    DifferentProcess,
}

/// At least this share of the nodes of one id are alike in snapshots of one process.
const MIN_SHARE: f64 = 0.95;
/// How many nodes are looked at, spread over all ids.
const SAMPLES: usize = 50_000;
/// With fewer strings than this all nodes decide, as in drawn or hand-made snapshots.
const MIN_STRINGS: u32 = 20;

impl Identity {
    /// Looks at nodes that have one id in both. `O(nodes)`.
    pub fn of(before: &Heap, after: &Heap, cancel: &CancelToken) -> Result<Self> {
        let stride = after.nodes.len().div_ceil(SAMPLES).max(1);
        let mut samples: FxHashMap<NodeId, NodeIndex> = FxHashMap::default();
        for node in after.nodes.indices().step_by(stride) {
            let id = after.nodes.id(node);
            // Embedders' ids are even and follow no rule; VM roots have the same ids everywhere.
            if id.0 % 2 == 1 && after.nodes.kind(node) != NodeKind::SYNTHETIC {
                samples.insert(id, node);
            }
        }
        let (mut strings, mut all) = (Tally::default(), Tally::default());
        for twin in before.nodes.indices() {
            if twin.at().is_multiple_of(CancelToken::STRIDE) {
                cancel.check()?;
            }
            // Only the first node of an id counts.
            let Some(node) = samples.remove(&before.nodes.id(twin)) else { continue };
            let kind = after.nodes.kind(node);
            let is_alike = before.nodes.kind(twin) == kind
                && before.strings.raw(before.nodes.name(twin)) == after.strings.raw(after.nodes.name(node));
            all.add(is_alike);
            if kind == NodeKind::STRING {
                strings.add(is_alike);
            }
        }
        let deciding = if strings.count < MIN_STRINGS { all } else { strings };
        let is_same = deciding.count > 0 && f64::from(deciding.alike) >= MIN_SHARE * f64::from(deciding.count);
        Ok(if is_same { Self::SameProcess } else { Self::DifferentProcess })
    }
}

#[derive(Default)]
struct Tally {
    count: u32,
    alike: u32,
}

impl Tally {
    fn add(&mut self, is_alike: bool) {
        self.count += 1;
        self.alike += u32::from(is_alike);
    }
}
