//! Any list of an answer as a table: the caller says which columns, by what they hold; the figures, widths and colours are
//! those of all reports. `O(text)`.

use serde::Deserialize;
use serde_json::Value;

use super::layout::{Cell, Column, Table};
use super::path;
use super::style::{Ink, Style};
use crate::analysis::{figures, places};
use crate::snapshot::Text;

/// A table to draw.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Rows {
    columns: Vec<RowColumn>,
    /// A cell for each column; `null` is empty.
    rows: Vec<Vec<Value>>,
}

#[derive(Deserialize)]
struct RowColumn {
    title: String,
    kind: Kind,
}

/// What a column holds.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Kind {
    /// Text that may be shortened.
    Name,
    /// Text that is shown as it is.
    Text,
    /// A position in the source, with its whole path as text, or `{ url, line, column }` for a short one.
    Place,
    /// A remark.
    Label,
    /// Bytes.
    Size,
    /// Bytes, with their sign.
    SizeDelta,
    /// A number of things.
    Count,
    /// The same with its sign.
    CountDelta,
    /// A node's id.
    Id,
    /// Of 0..1.
    Share,
    /// `[type, name]` of an edge.
    Edge,
    /// `[type, name]` of a node, or `[type, name, id]`.
    Node,
    /// A step of a path: `[depth, edge type, edge name, node type, node name, place]`; without edge type it is the start.
    Step,
}

impl Kind {
    fn column(self, title: &str) -> Column {
        match self {
            Self::Name | Self::Place | Self::Node | Self::Edge | Self::Step => Column::names(title),
            Self::Text | Self::Label => Column::names(title).kept(),
            _ => Column::figures(title),
        }
    }

    fn cell(self, value: &Value, style: &Style) -> Cell {
        let unsigned = || value.as_f64().map(|number| number as u64);
        let signed = || value.as_f64().map(|number| number as i64);
        let shown = |text: Option<String>| text.map_or_else(Cell::default, Cell::from);
        match self {
            Self::Name | Self::Text => text(value).into(),
            Self::Place => Cell::new(Ink::Place, &place(value)),
            Self::Label => Cell::new(Ink::Faint, &text(value)),
            Self::Size => shown(unsigned().map(|bytes| style.size(bytes))),
            Self::SizeDelta => shown(signed().map(|bytes| style.signed_size(bytes))),
            Self::Count => shown(unsigned().map(figures::grouped)),
            Self::CountDelta => shown(signed().map(figures::signed_count)),
            Self::Id => shown(unsigned().map(|id| format!("@{id}"))),
            Self::Share => shown(value.as_f64().map(figures::percent)),
            Self::Edge => path::edge_named(&text(&value[0]), &text(&value[1])).into(),
            Self::Node => {
                let name = path::node_named(&text(&value[0]), &text(&value[1]), usize::MAX);
                if value[2].is_null() { name.into() } else { format!("{name} @{}", text(&value[2])).into() }
            }
            Self::Step => step(value),
        }
    }
}

/// A step stands further in than the one before, up to a depth.
fn step(value: &Value) -> Cell {
    const DEEPEST: u64 = 20;
    let node = path::node_named(&text(&value[3]), &text(&value[4]), usize::MAX);
    let place = if value[5].is_null() { String::new() } else { format!("  {}", place(&value[5])) };
    let depth = value[0].as_u64().unwrap_or(0).min(DEEPEST) as usize;
    if value[1].is_null() {
        return node.into();
    }
    format!("{}└ {} → {node}{place}", "  ".repeat(depth), path::edge_named(&text(&value[1]), &text(&value[2]))).into()
}

fn place(value: &Value) -> String {
    let Value::Object(location) = value else { return text(value) };
    let url = places::short_url(&location.get("url").map(text).unwrap_or_default());
    let number = |name| location.get(name).map(text).unwrap_or_default();
    format!("{}:{}:{}", if url.is_empty() { "(eval)" } else { &url }, number("line"), number("column"))
}

/// A string, or what is to be shown as one; the UTF-16 units of a string that is not well formed.
fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(_) => {
            Text::deserialize(value).map_or_else(|_| value.to_string(), |text| text.to_str().into_owned())
        }
        other => other.to_string(),
    }
}

/// The lines.
pub fn rows_text(rows: &Rows, style: &Style) -> String {
    let mut table = Table::new(rows.columns.iter().map(|column| column.kind.column(&column.title)).collect());
    for row in &rows.rows {
        let cells = rows.columns.iter().zip(row).map(|(column, value)| column.kind.cell(value, style));
        table.row(cells.collect());
    }
    table.lines(style)
}
