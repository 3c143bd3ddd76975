//! CSV (RFC 4180, with line ends of one character): what is absent is empty, an empty text is `""`.

use std::io::Write;

use super::{ExportColumn, TableWriter, Value};
use crate::error::Result;

pub(super) struct Separated<W: Write> {
    out: W,
}

impl<W: Write> Separated<W> {
    /// Writes the line of names.
    pub(super) fn new(mut out: W, columns: &[ExportColumn]) -> Result<Self> {
        let names: Vec<String> = columns.iter().map(|column| quoted(&column.name)).collect();
        writeln!(out, "{}", names.join(","))?;
        Ok(Self { out })
    }
}

impl<W: Write> TableWriter for Separated<W> {
    fn row(&mut self, row: &[Value]) -> Result<()> {
        for (at, value) in row.iter().enumerate() {
            if at > 0 {
                self.out.write_all(b",")?;
            }
            match value {
                Value::Absent => {}
                Value::Integer(number) => write!(self.out, "{number}")?,
                Value::Number(number) => write!(self.out, "{number}")?,
                Value::Text(text) => self.out.write_all(quoted(text).as_bytes())?,
            }
        }
        Ok(self.out.write_all(b"\n")?)
    }

    fn finish(mut self: Box<Self>) -> Result<()> {
        Ok(self.out.flush()?)
    }
}

fn quoted(text: &str) -> String {
    match text.is_empty() || text.contains([',', '"', '\n', '\r']) {
        true => format!("\"{}\"", text.replace('"', "\"\"")),
        false => text.to_owned(),
    }
}
