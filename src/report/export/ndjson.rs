//! NDJSON: an object a line; what is absent is `null`.

use std::io::Write;

use super::{ExportColumn, TableWriter, Value};
use crate::error::Result;

pub(super) struct Lines<W: Write> {
    out: W,
    /// Names as JSON, with the colon.
    names: Vec<String>,
}

impl<W: Write> Lines<W> {
    pub(super) fn new(out: W, columns: &[ExportColumn]) -> Self {
        Self { out, names: columns.iter().map(|column| format!("{}:", json(&column.name))).collect() }
    }
}

impl<W: Write> TableWriter for Lines<W> {
    fn row(&mut self, row: &[Value]) -> Result<()> {
        for (at, (name, value)) in self.names.iter().zip(row).enumerate() {
            self.out.write_all(if at == 0 { b"{" } else { b"," })?;
            self.out.write_all(name.as_bytes())?;
            match value {
                Value::Absent => self.out.write_all(b"null")?,
                Value::Integer(number) => write!(self.out, "{number}")?,
                Value::Number(number) => write!(self.out, "{number}")?,
                Value::Text(text) => self.out.write_all(json(text).as_bytes())?,
            }
        }
        Ok(self.out.write_all(b"}\n")?)
    }

    fn finish(mut self: Box<Self>) -> Result<()> {
        Ok(self.out.flush()?)
    }
}

fn json(text: &str) -> String {
    serde_json::to_string(text).unwrap_or_default()
}
