//! Diff: what came and what went between two snapshots, by class and by owner.
//!
//! Two snapshots of one process share ids, so every object is known to be new, gone or still there: DevTools' Comparison
//! view. Those of different processes share none, so they are compared by class and by path. Which it is is found out
//! ([`Identity`]) and said.
//!
//! In both cases plain objects of the older snapshot are named by the interfaces of the newer one, and classes are matched
//! by key. `O(nodes · log nodes)` for the sorting by id, else `O(nodes)`; some 30 bytes a node while it runs, and 4 bytes
//! kept for each object added or removed. Source: DevTools `HeapSnapshot.ts` (`aggregatesForDiff`,
//! `calculateSnapshotDiff`).

mod accepted;
mod by_id;
mod groups;
mod identity;
mod owners;
mod paths;
mod rows;

use std::ops::Range;

use serde::{Deserialize, Serialize};

pub use identity::Identity;
pub use owners::OwnerGrowth;
pub use paths::PathGrowth;

use self::by_id::{Changes, IdOrder};
use self::groups::{Groups, Side};
use super::ignore::IgnoreRule;
use super::scripts::SourceLocation;
use super::statistics::total_size;
use crate::cancel::CancelToken;
use crate::error::Result;
use crate::graph::{Grouping, Snapshot, both};
use crate::progress::{Phase, Progress};
use crate::snapshot::{NodeId, Text};

/// How to compare.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DiffOptions {
    /// Takes the snapshots for ones of the same process, or of different ones, whatever they look like.
    pub identity: Option<Identity>,
    /// To the letter as DevTools: by id, and of several classes with one key only one.
    pub devtools_compat: bool,
    /// Classes whose change is known and accepted.
    pub ignore: Vec<IgnoreRule>,
    /// At most so many owners, or paths.
    pub owner_limit: usize,
    /// Threads to use, this one included: 1 or 2.
    pub threads: usize,
}

impl Default for DiffOptions {
    /// Finds out the identity, and gives the hundred owners that grew most.
    fn default() -> Self {
        Self { identity: None, devtools_compat: false, ignore: Vec::new(), owner_limit: 100, threads: 2 }
    }
}

/// A comparison of two snapshots.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Diff {
    /// Of this form; grows when a field changes its meaning.
    pub schema_version: u32,
    /// How it was compared.
    pub identity: Identity,
    /// The older snapshot in sum.
    pub before: Totals,
    /// The newer snapshot in sum.
    pub after: Totals,
    /// The classes that changed, those with most added bytes first.
    pub classes: Vec<ClassDelta>,
    /// The objects that gained most, known in the same process only.
    pub owners: Vec<OwnerGrowth>,
    /// The places that retain more, in different processes only.
    pub paths: Vec<PathGrowth>,
    /// How many more classes there are that rules of the caller's ignore.
    pub ignored: u64,
    /// Ids by class, in the order of `classes`.
    #[serde(skip)]
    added: Ids,
    #[serde(skip)]
    removed: Ids,
}

/// A snapshot in sum.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Totals {
    /// How many nodes.
    pub node_count: u64,
    /// How many edges.
    pub edge_count: u64,
    /// All bytes, also native ones that no node stands for.
    pub total_size: u64,
}

impl Totals {
    /// Of this snapshot. `O(1)`.
    pub fn of(snapshot: &Snapshot) -> Self {
        Self {
            node_count: snapshot.heap.nodes.len() as u64,
            edge_count: snapshot.heap.edges.len() as u64,
            total_size: total_size(snapshot),
        }
    }
}

/// How one class changed. In different processes the counts and sizes are net: what is added is what there is more.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ClassDelta {
    /// As in the class rows; in different processes `<url>:<line>:<column>,<name>` with 1-based positions, or `,<name>`.
    pub key: Text,
    /// What people call it.
    pub name: Text,
    /// Where its constructor stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<SourceLocation>,
    /// Nodes that came.
    pub added_count: u64,
    /// Nodes that went.
    pub removed_count: u64,
    /// The difference.
    pub count_delta: i64,
    /// Own bytes of those that came.
    pub added_size: u64,
    /// Own bytes of those that went.
    pub removed_size: u64,
    /// The difference.
    pub size_delta: i64,
    /// By how much the class's retained size grew; that of nodes that were there all the time counts too.
    pub retained_delta: i64,
}

/// Lists of ids back to back.
#[derive(Clone, PartialEq, Debug, Default)]
struct Ids {
    ids: Vec<NodeId>,
    ranges: Vec<Range<usize>>,
}

impl Ids {
    fn of(&self, at: usize) -> &[NodeId] {
        self.ranges.get(at).map_or(&[], |range| &self.ids[range.clone()])
    }
}

impl Diff {
    /// The version of the form that [`Diff`] is written in.
    pub const SCHEMA_VERSION: u32 = 1;

    /// Ids of the nodes of a class that came, ascending; they are nodes of the newer snapshot. Empty for an unknown key, and
    /// in different processes. `O(classes)`.
    pub fn added(&self, class_key: &Text) -> &[NodeId] {
        self.position(class_key).map_or(&[], |at| self.added.of(at))
    }

    /// Ids of the nodes of a class that went, ascending; they are nodes of the older snapshot. Otherwise as
    /// [`Diff::added`].
    pub fn removed(&self, class_key: &Text) -> &[NodeId] {
        self.position(class_key).map_or(&[], |at| self.removed.of(at))
    }

    fn position(&self, class_key: &Text) -> Option<usize> {
        self.classes.iter().position(|class| class.key == *class_key)
    }
}

/// Compares an older snapshot with a newer one.
pub fn diff(
    before: &Snapshot,
    after: &Snapshot,
    options: &DiffOptions,
    cancel: &CancelToken,
    progress: &Progress,
) -> Result<Diff> {
    const STEPS: Option<u64> = Some(3);
    before.heap.whole()?;
    after.heap.whole()?;
    let identity = match options.identity {
        _ if options.devtools_compat => Identity::SameProcess,
        Some(identity) => identity,
        None => Identity::of(&before.heap, &after.heap, cancel)?,
    };
    progress.report(Phase::Comparing, 1, STEPS);
    let grouping = if options.devtools_compat { Grouping::DevTools } else { Grouping::ByKey };
    let (before_side, after_side) = both(
        options.threads,
        || Side::renamed(before, after.graph.classes.interfaces(), grouping, cancel),
        || Side::as_is(after, grouping, cancel),
    )?;
    let sides = [before_side, after_side];
    let groups = Groups::new(&sides, identity);
    progress.report(Phase::Comparing, 2, STEPS);
    let mut diff = Diff {
        schema_version: Diff::SCHEMA_VERSION,
        identity,
        before: Totals::of(before),
        after: Totals::of(after),
        classes: Vec::new(),
        owners: Vec::new(),
        paths: Vec::new(),
        ignored: 0,
        added: Ids::default(),
        removed: Ids::default(),
    };
    match identity {
        Identity::SameProcess => {
            let (before_ids, after_ids) =
                both(options.threads, || IdOrder::new(&before.heap, cancel), || IdOrder::new(&after.heap, cancel))?;
            let ids = [before_ids, after_ids];
            let changes = Changes::new(&sides, &groups, &ids, cancel)?;
            diff.owners = owners::owners([before, after], &changes, &ids, options.owner_limit, cancel)?;
            let name_of_gone = |node| {
                let classes = &before.graph.classes;
                classes.name(classes.class_of(node)).clone()
            };
            let rows = rows::by_id(groups, &changes, options.devtools_compat.then_some(&name_of_gone));
            (diff.classes, diff.added, diff.removed) = rows;
        }
        Identity::DifferentProcess => {
            diff.classes = rows::by_sums(groups);
            diff.paths = paths::paths(&sides, options.owner_limit, cancel)?;
        }
    }
    diff.accept(&options.ignore);
    progress.report(Phase::Comparing, 3, STEPS);
    Ok(diff)
}
