//! Class rows: the table of classes, as DevTools' Summary shows it.
//!
//! `O(nodes)` for the sums ([`crate::graph::class_totals`]), `O(classes · log classes)` for the order.

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};

use super::scripts::{Scripts, SourceLocation};
use crate::cancel::CancelToken;
use crate::error::Result;
use crate::graph::{ClassIndex, ClassTotal, Grouping, Snapshot, class_totals, shown};
use crate::snapshot::{NodeIndex, Text};

/// One class.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ClassRow {
    /// Tells the class apart: `<script id>,<line>,<column>,<name>` or `,<name>`, with 0-based positions. Script ids mean
    /// nothing outside of the process.
    pub key: Text,
    /// What people call it.
    pub name: Text,
    /// Where its constructor stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<SourceLocation>,
    /// How many nodes.
    pub count: u64,
    /// Their own bytes.
    pub shallow_size: u64,
    /// Bytes that they keep alive together.
    pub retained_size: u64,
    /// The smallest distance; `None` where DevTools shows a minus, but with `devtools_compat` always its number.
    pub distance: Option<i32>,
}

/// What to sort class rows by; equal ones come in the order of their names.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ClassOrder {
    /// Most retained bytes first.
    #[default]
    RetainedSize,
    /// Most own bytes first.
    ShallowSize,
    /// Most nodes first.
    Count,
    /// Nearest first.
    Distance,
    /// By UTF-16 code units.
    Name,
}

/// Which class rows are wanted.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ClassQuery {
    /// Only classes whose names hold this text, in upper or lower case.
    pub filter: Option<Text>,
    /// The order.
    pub sort_by: ClassOrder,
    /// At most so many rows.
    pub limit: usize,
    /// Leaves out so many rows at the start.
    pub offset: usize,
    /// To the letter as DevTools: its raw distances, and of several classes with one key only one.
    pub devtools_compat: bool,
}

impl Default for ClassQuery {
    /// The hundred classes that retain most.
    fn default() -> Self {
        Self { filter: None, sort_by: ClassOrder::default(), limit: 100, offset: 0, devtools_compat: false }
    }
}

/// The rows of all nodes of the snapshot.
pub fn class_rows(
    snapshot: &Snapshot,
    scripts: &Scripts,
    query: &ClassQuery,
    cancel: &CancelToken,
) -> Result<Vec<ClassRow>> {
    class_rows_of(snapshot, scripts, query, |_| true, cancel)
}

/// The rows of the nodes that `nodes` takes.
pub fn class_rows_of(
    snapshot: &Snapshot,
    scripts: &Scripts,
    query: &ClassQuery,
    nodes: impl Fn(NodeIndex) -> bool,
    cancel: &CancelToken,
) -> Result<Vec<ClassRow>> {
    let classes = &snapshot.graph.classes;
    let grouping = if query.devtools_compat { Grouping::DevTools } else { Grouping::ByKey };
    let mut totals = class_totals(&snapshot.graph, classes, grouping, nodes, cancel)?;
    if let Some(filter) = &query.filter {
        let filter = filter.to_str().to_lowercase();
        totals.retain(|total| classes.name(total.class).to_str().to_lowercase().contains(&filter));
    }
    let name = |class: ClassIndex| classes.name(class);
    totals.sort_by(|a, b| order(query.sort_by, a, b).then_with(|| name(a.class).cmp_utf16(name(b.class))));
    let row = |total: &ClassTotal| ClassRow {
        key: classes.key(total.class),
        name: name(total.class).clone(),
        location: classes.location(total.class).and_then(|location| scripts.source(&snapshot.heap, location)),
        count: total.count,
        shallow_size: total.shallow_size,
        retained_size: total.retained_size,
        distance: if query.devtools_compat {
            Some(total.distance)
        } else {
            shown(total.distance).and_then(|distance| i32::try_from(distance).ok())
        },
    };
    Ok(totals.iter().skip(query.offset).take(query.limit).map(row).collect())
}

fn order(by: ClassOrder, a: &ClassTotal, b: &ClassTotal) -> Ordering {
    match by {
        ClassOrder::RetainedSize => b.retained_size.cmp(&a.retained_size),
        ClassOrder::ShallowSize => b.shallow_size.cmp(&a.shallow_size),
        ClassOrder::Count => b.count.cmp(&a.count),
        ClassOrder::Distance => shown(a.distance).unwrap_or(u32::MAX).cmp(&shown(b.distance).unwrap_or(u32::MAX)),
        ClassOrder::Name => Ordering::Equal,
    }
}
