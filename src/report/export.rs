//! Tables for databases: nodes, edges, classes and findings of a snapshot, as Parquet, CSV or NDJSON.
//!
//! Rows are written as they are made: `O(nodes + edges)`, and memory for one batch of rows. Every row begins with the labels
//! that the caller gives (service, version, host), so that the tables of many snapshots can be read as one. Names are told as in
//! findings: contents of strings and keys that look like data are not in any table.

mod ndjson;
#[cfg(feature = "parquet")]
mod parquet;
mod separated;
mod tables;

use std::fs::{self, File};
use std::io::BufWriter;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::analysis::scripts::Scripts;
use crate::cancel::CancelToken;
use crate::error::Result;
#[cfg(not(feature = "parquet"))]
use crate::error::{Error, ErrorKind};
use crate::graph::Snapshot;

/// What a table is written as.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TableFormat {
    /// Columns, compressed.
    Parquet,
    /// RFC 4180; what is absent is empty.
    Csv,
    /// A JSON object a line.
    Ndjson,
}

impl TableFormat {
    fn ending(self) -> &'static str {
        match self {
            Self::Parquet => "parquet",
            Self::Csv => "csv",
            Self::Ndjson => "ndjson",
        }
    }
}

/// What to export, and how.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ExportOptions {
    /// What to write.
    pub format: TableFormat,
    /// The first columns of every table, and what they hold.
    #[serde(default)]
    pub labels: Vec<(String, String)>,
    /// Which tables; all if none is named.
    #[serde(default)]
    pub tables: Vec<String>,
}

/// A table that was written.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Exported {
    /// Its name.
    pub table: &'static str,
    /// The file in the directory.
    pub file: String,
    /// How many rows.
    pub row_count: u64,
}

/// What a column holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum ColumnKind {
    /// Counts, bytes, ids: 64 bits with a sign, as databases have them.
    Integer,
    /// Ratios.
    Number,
    /// UTF-8.
    Text,
}

/// A column.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct ExportColumn {
    name: String,
    kind: ColumnKind,
}

/// A value.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Value {
    /// Nothing.
    Absent,
    Integer(i64),
    Number(f64),
    Text(String),
}

/// Takes the rows of one table.
trait TableWriter {
    fn row(&mut self, row: &[Value]) -> Result<()>;
    /// Writes what is left.
    fn finish(self: Box<Self>) -> Result<()>;
}

/// Writes the tables of a snapshot into a directory, which is made if it is not there. Files of the same names are replaced.
///
/// # Errors
/// `Io`, `Cancelled`, and `InvalidArg` for Parquet where it was not built in.
pub fn export(
    snapshot: &Snapshot,
    scripts: &Scripts,
    directory: &Path,
    options: &ExportOptions,
    cancel: &CancelToken,
) -> Result<Vec<Exported>> {
    snapshot.heap.whole()?;
    fs::create_dir_all(directory)?;
    let source = tables::Source::new(snapshot, scripts);
    let wanted = tables::TABLES
        .iter()
        .filter(|table| options.tables.is_empty() || options.tables.iter().any(|name| name == table.name));
    let mut exported = Vec::new();
    for table in wanted {
        let labels = options.labels.iter().map(|(name, _)| ExportColumn { name: name.clone(), kind: ColumnKind::Text });
        let columns: Vec<ExportColumn> = labels.chain(table.columns()).collect();
        let file = format!("{}.{}", table.name, options.format.ending());
        let part = directory.join(format!("{file}.part"));
        let out = BufWriter::with_capacity(1 << 16, File::create(&part)?);
        let mut writer = open(options.format, out, &columns)?;
        let labels: Vec<Value> = options.labels.iter().map(|(_, value)| Value::Text(value.clone())).collect();
        let mut row_count = 0;
        let written = (table.rows)(&source, cancel, &mut |values: &mut Vec<Value>| {
            row_count += 1;
            let mut row = labels.clone();
            row.append(values);
            writer.row(&row)
        });
        let written = written.and_then(|()| writer.finish());
        let written = written.and_then(|()| Ok(fs::rename(&part, directory.join(&file))?));
        if let Err(error) = written {
            // It is of no use.
            let _ = fs::remove_file(&part);
            return Err(error);
        }
        exported.push(Exported { table: table.name, file, row_count });
    }
    Ok(exported)
}

fn open(format: TableFormat, out: BufWriter<File>, columns: &[ExportColumn]) -> Result<Box<dyn TableWriter>> {
    match format {
        TableFormat::Csv => Ok(Box::new(separated::Separated::new(out, columns)?)),
        TableFormat::Ndjson => Ok(Box::new(ndjson::Lines::new(out, columns))),
        #[cfg(feature = "parquet")]
        TableFormat::Parquet => Ok(Box::new(parquet::ParquetTable::new(out, columns)?)),
        #[cfg(not(feature = "parquet"))]
        TableFormat::Parquet => {
            let message = "this build of leakscan has no Parquet: use CSV or NDJSON".to_owned();
            Err(Error::new(ErrorKind::InvalidArg(message)))
        }
    }
}
