//! The tables: their columns, documented in `docs/fleet.md`, and their rows.

use super::{ColumnKind, ExportColumn, Value};
use crate::analysis::class_rows::{ClassQuery, class_rows};
use crate::analysis::disclosure::{self, StringContents};
use crate::analysis::node_ref::Describer;
use crate::analysis::scripts::{Scripts, SourceLocation};
use crate::cancel::CancelToken;
use crate::causes::{SummaryOptions, summarize};
use crate::error::Result;
use crate::graph::Snapshot;
use crate::snapshot::{EdgeIndex, EdgeLabel};

use ColumnKind::{Integer, Number, Text};

/// What the tables are made of.
pub(super) struct Source<'a> {
    snapshot: &'a Snapshot,
    scripts: &'a Scripts,
    describer: Describer<'a>,
}

impl<'a> Source<'a> {
    pub(super) fn new(snapshot: &'a Snapshot, scripts: &'a Scripts) -> Self {
        Self { snapshot, scripts, describer: Describer::new(snapshot, scripts, StringContents::None) }
    }
}

/// Takes a row, and leaves the list empty.
type Take<'a> = &'a mut dyn FnMut(&mut Vec<Value>) -> Result<()>;

/// A table.
pub(super) struct Table {
    pub(super) name: &'static str,
    columns: &'static [(&'static str, ColumnKind)],
    pub(super) rows: fn(&Source<'_>, &CancelToken, Take<'_>) -> Result<()>,
}

impl Table {
    pub(super) fn columns(&self) -> impl Iterator<Item = ExportColumn> {
        self.columns.iter().map(|&(name, kind)| ExportColumn { name: name.to_owned(), kind })
    }
}

pub(super) const TABLES: [Table; 4] = [
    Table {
        name: "nodes",
        columns: &[
            ("id", Integer),
            ("type", Text),
            ("name", Text),
            ("class_name", Text),
            ("shallow_size", Integer),
            ("retained_size", Integer),
            ("distance", Integer),
            ("detachedness", Integer),
            ("edge_count", Integer),
            ("retainer_count", Integer),
            ("dominator_id", Integer),
            ("url", Text),
            ("line", Integer),
            ("column", Integer),
        ],
        rows: nodes,
    },
    Table {
        name: "edges",
        columns: &[("from_id", Integer), ("to_id", Integer), ("type", Text), ("name", Text), ("index", Integer)],
        rows: edges,
    },
    Table {
        name: "classes",
        columns: &[
            ("class_name", Text),
            ("count", Integer),
            ("shallow_size", Integer),
            ("retained_size", Integer),
            ("distance", Integer),
            ("url", Text),
            ("line", Integer),
            ("column", Integer),
        ],
        rows: classes,
    },
    Table {
        name: "findings",
        columns: &[
            ("rank", Integer),
            ("cause", Text),
            ("title", Text),
            ("signature", Text),
            ("confidence", Number),
            ("count", Integer),
            ("shallow_size", Integer),
            ("retained_size", Integer),
            ("share", Number),
            ("owner", Text),
            ("url", Text),
            ("line", Integer),
            ("column", Integer),
        ],
        rows: findings,
    },
];

fn nodes(source: &Source<'_>, cancel: &CancelToken, take: Take<'_>) -> Result<()> {
    let Snapshot { heap, graph } = source.snapshot;
    for node in heap.nodes.indices() {
        if node.at().is_multiple_of(CancelToken::STRIDE / 16) {
            cancel.check()?;
        }
        let told = source.describer.node(node);
        let mut row = vec![
            integer(u64::from(told.id.0)),
            Value::Text(told.kind),
            text(&told.name),
            text(&told.class_name),
            integer(told.shallow_size),
            integer(told.retained_size),
            graph.distances.shown(node).map_or(Value::Absent, |distance| integer(u64::from(distance))),
            integer(u64::from(graph.detachedness.state(node))),
            integer(heap.nodes.edges(node).len() as u64),
            integer(u64::from(graph.retainers.count(node))),
            integer(u64::from(heap.nodes.id(graph.dominators.immediate_dominator(node)).0)),
        ];
        row.extend(place(told.location.as_ref()));
        take(&mut row)?;
    }
    Ok(())
}

fn edges(source: &Source<'_>, cancel: &CancelToken, take: Take<'_>) -> Result<()> {
    let heap = &source.snapshot.heap;
    for node in heap.nodes.indices() {
        if node.at().is_multiple_of(CancelToken::STRIDE / 16) {
            cancel.check()?;
        }
        for edge in heap.nodes.edges(node) {
            let (target, kind) = heap.edges.target_and_kind(edge);
            let (name, index) = match heap.edges.label(edge) {
                EdgeLabel::Number(number) => (Value::Absent, Value::Integer(number.into())),
                EdgeLabel::Name(_) => (text(&source.describer.edge_name(EdgeIndex(edge as u32))), Value::Absent),
            };
            take(&mut vec![
                integer(u64::from(heap.nodes.id(node).0)),
                integer(u64::from(heap.nodes.id(target).0)),
                Value::Text(kind.name().to_owned()),
                name,
                index,
            ])?;
        }
    }
    Ok(())
}

fn classes(source: &Source<'_>, cancel: &CancelToken, take: Take<'_>) -> Result<()> {
    let query = ClassQuery { limit: usize::MAX, ..ClassQuery::default() };
    for class in class_rows(source.snapshot, source.scripts, &query, cancel)? {
        let mut row = vec![
            text(&disclosure::class_name(&class.name)),
            integer(class.count),
            integer(class.shallow_size),
            integer(class.retained_size),
            class.distance.map_or(Value::Absent, |distance| Value::Integer(distance.into())),
        ];
        row.extend(place(class.location.as_ref()));
        take(&mut row)?;
    }
    Ok(())
}

fn findings(source: &Source<'_>, cancel: &CancelToken, take: Take<'_>) -> Result<()> {
    let options = SummaryOptions { limit: usize::MAX, ..SummaryOptions::default() };
    let summary = summarize(None, source.snapshot, &options, cancel)?;
    for (at, finding) in summary.findings.iter().enumerate() {
        let mut row = vec![
            integer(at as u64 + 1),
            Value::Text(finding.cause.to_string()),
            Value::Text(finding.title.clone()),
            Value::Text(finding.signature.clone()),
            Value::Number(finding.confidence),
            integer(finding.count),
            integer(finding.shallow_size),
            integer(finding.retained_size),
            Value::Number(finding.share),
            text(&finding.owner.name),
        ];
        row.extend(place(finding.location.as_ref()));
        take(&mut row)?;
    }
    Ok(())
}

/// URL, line and column, 1-based.
fn place(location: Option<&SourceLocation>) -> [Value; 3] {
    match location {
        None => [Value::Absent, Value::Absent, Value::Absent],
        Some(SourceLocation { url, line, column, .. }) => {
            [text(url), Value::Integer(i64::from(*line)), Value::Integer(i64::from(*column))]
        }
    }
}

fn text(text: &crate::snapshot::Text) -> Value {
    Value::Text(text.to_str().into_owned())
}

/// Nothing that is counted is near 2^63.
fn integer(number: u64) -> Value {
    Value::Integer(i64::try_from(number).unwrap_or(i64::MAX))
}
