//! Rows: the classes that changed, in the order in which they are shown. `O(classes · log classes)` and `O(1)` for each
//! node that came or went.

use super::by_id::{Changes, Delta};
use super::groups::{Group, Groups};
use super::owners::signed_difference;
use super::{ClassDelta, Ids};
use crate::snapshot::{NodeId, NodeIndex, Text};

/// The classes of which nodes came or went, with the ids of these. DevTools calls a class that is gone as its last node was
/// called in the older snapshot by itself; with `devtools_name` so do the rows.
pub(super) fn by_id(
    groups: Groups,
    changes: &Changes,
    devtools_name: Option<&dyn Fn(NodeIndex) -> Text>,
) -> (Vec<ClassDelta>, Ids, Ids) {
    let mut rows = Vec::new();
    for (at, mut group) in groups.all.into_iter().enumerate() {
        let delta = changes.deltas[at];
        if delta.added_count == 0 && delta.removed_count == 0 {
            continue;
        }
        if let (0, Some(node), Some(name)) = (group.after.count, changes.last_before[at], devtools_name) {
            group.name = name(node);
        }
        rows.push((at as u32, class_delta(group, delta)));
    }
    rows.sort_by(|(_, a), (_, b)| shown_order(a, b));
    let order: Vec<u32> = rows.iter().map(|row| row.0).collect();
    let (added, removed) = (ids(&order, &changes.added), ids(&order, &changes.removed));
    (rows.into_iter().map(|row| row.1).collect(), added, removed)
}

/// The classes whose counts or sizes differ.
pub(super) fn by_sums(groups: Groups) -> Vec<ClassDelta> {
    let net = |group: &Group| Delta {
        added_count: group.after.count.saturating_sub(group.before.count),
        removed_count: group.before.count.saturating_sub(group.after.count),
        added_size: group.after.shallow_size.saturating_sub(group.before.shallow_size),
        removed_size: group.before.shallow_size.saturating_sub(group.after.shallow_size),
    };
    let differs = |group: &Group| {
        group.before.count != group.after.count || group.before.shallow_size != group.after.shallow_size
    };
    let mut rows: Vec<_> = groups
        .all
        .into_iter()
        .filter(differs)
        .map(|group| {
            let delta = net(&group);
            class_delta(group, delta)
        })
        .collect();
    rows.sort_by(shown_order);
    rows
}

fn class_delta(group: Group, delta: Delta) -> ClassDelta {
    ClassDelta {
        added_count: delta.added_count,
        removed_count: delta.removed_count,
        count_delta: signed_difference(delta.added_count, delta.removed_count),
        added_size: delta.added_size,
        removed_size: delta.removed_size,
        size_delta: signed_difference(delta.added_size, delta.removed_size),
        retained_delta: signed_difference(group.after.retained_size, group.before.retained_size),
        key: group.key,
        name: group.name,
        location: group.location,
    }
}

/// As DevTools' Comparison: most added bytes first, then by name.
fn shown_order(a: &ClassDelta, b: &ClassDelta) -> std::cmp::Ordering {
    b.added_size.cmp(&a.added_size).then_with(|| a.name.cmp_utf16(&b.name)).then_with(|| a.key.cmp_utf16(&b.key))
}

/// The ids of the groups in `order`, from ids in ascending order.
fn ids(order: &[u32], nodes: &[(u32, NodeId)]) -> Ids {
    let mut nodes = nodes.to_vec();
    nodes.sort_by_key(|&(group, _)| group);
    let range = |&group: &u32| {
        let start = nodes.partition_point(|&(other, _)| other < group);
        start..nodes.partition_point(|&(other, _)| other <= group)
    };
    Ids { ranges: order.iter().map(range).collect(), ids: nodes.iter().map(|&(_, id)| id).collect() }
}
