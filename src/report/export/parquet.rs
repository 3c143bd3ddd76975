//! Parquet, by the `parquet` crate without Arrow: optional columns of INT64, DOUBLE and UTF-8, compressed with Snappy, in row
//! groups that are written as soon as they are full. Memory for one row group.

use std::fs::File;
use std::io::{self, BufWriter};
use std::sync::Arc;

use parquet::basic::{Compression, LogicalType, Repetition, Type as PhysicalType};
use parquet::data_type::{ByteArray, ByteArrayType, DoubleType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::Type;

use super::{ColumnKind, ExportColumn, TableWriter, Value};
use crate::error::{Error, Result};

/// Rows written at a time.
const ROW_GROUP: usize = 1 << 17;

pub(super) struct ParquetTable {
    writer: SerializedFileWriter<BufWriter<File>>,
    columns: Vec<Values>,
    rows: usize,
}

/// A column's values of a row group, without those that are absent, and which are there.
struct Values {
    list: List,
    there: Vec<i16>,
}

enum List {
    Integer(Vec<i64>),
    Number(Vec<f64>),
    Text(Vec<ByteArray>),
}

impl ParquetTable {
    pub(super) fn new(out: BufWriter<File>, columns: &[ExportColumn]) -> Result<Self> {
        let fields = columns.iter().map(|column| field(column).map(Arc::new)).collect::<Result<Vec<_>>>()?;
        let schema = Type::group_type_builder("leakscan").with_fields(fields).build().map_err(failed)?;
        let properties = WriterProperties::builder().set_compression(Compression::SNAPPY).build();
        let writer = SerializedFileWriter::new(out, Arc::new(schema), Arc::new(properties)).map_err(failed)?;
        let columns = columns.iter().map(|column| Values { list: List::of(column.kind), there: Vec::new() }).collect();
        Ok(Self { writer, columns, rows: 0 })
    }

    fn write_group(&mut self) -> Result<()> {
        if self.rows == 0 {
            return Ok(());
        }
        let mut group = self.writer.next_row_group().map_err(failed)?;
        for Values { list, there } in &mut self.columns {
            let Some(mut column) = group.next_column().map_err(failed)? else { break };
            let levels = Some(&there[..]);
            match list {
                List::Integer(values) => column.typed::<Int64Type>().write_batch(values, levels, None),
                List::Number(values) => column.typed::<DoubleType>().write_batch(values, levels, None),
                List::Text(values) => column.typed::<ByteArrayType>().write_batch(values, levels, None),
            }
            .map_err(failed)?;
            column.close().map_err(failed)?;
            list.clear();
            there.clear();
        }
        group.close().map_err(failed)?;
        self.rows = 0;
        Ok(())
    }
}

impl TableWriter for ParquetTable {
    fn row(&mut self, row: &[Value]) -> Result<()> {
        for (Values { list, there }, value) in self.columns.iter_mut().zip(row) {
            let is_there = match (list, value) {
                (List::Integer(values), Value::Integer(number)) => {
                    values.push(*number);
                    true
                }
                (List::Number(values), Value::Number(number)) => {
                    values.push(*number);
                    true
                }
                (List::Text(values), Value::Text(text)) => {
                    values.push(ByteArray::from(text.as_str()));
                    true
                }
                _ => false,
            };
            there.push(i16::from(is_there));
        }
        self.rows += 1;
        if self.rows == ROW_GROUP { self.write_group() } else { Ok(()) }
    }

    fn finish(mut self: Box<Self>) -> Result<()> {
        self.write_group()?;
        self.writer.close().map_err(failed)?;
        Ok(())
    }
}

impl List {
    fn of(kind: ColumnKind) -> Self {
        match kind {
            ColumnKind::Integer => Self::Integer(Vec::new()),
            ColumnKind::Number => Self::Number(Vec::new()),
            ColumnKind::Text => Self::Text(Vec::new()),
        }
    }

    fn clear(&mut self) {
        match self {
            Self::Integer(values) => values.clear(),
            Self::Number(values) => values.clear(),
            Self::Text(values) => values.clear(),
        }
    }
}

fn field(column: &ExportColumn) -> Result<Type> {
    let (physical, logical) = match column.kind {
        ColumnKind::Integer => (PhysicalType::INT64, None),
        ColumnKind::Number => (PhysicalType::DOUBLE, None),
        ColumnKind::Text => (PhysicalType::BYTE_ARRAY, Some(LogicalType::String)),
    };
    let field = Type::primitive_type_builder(&column.name, physical);
    field.with_repetition(Repetition::OPTIONAL).with_logical_type(logical).build().map_err(failed)
}

fn failed(error: ParquetError) -> Error {
    match error {
        ParquetError::External(error) => match error.downcast::<io::Error>() {
            Ok(error) => Error::from(*error),
            Err(error) => Error::from(io::Error::other(error)),
        },
        error => Error::from(io::Error::other(error)),
    }
}
