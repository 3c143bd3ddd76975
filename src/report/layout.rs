//! Tables with fitted columns, and paragraphs with a hanging indent. `O(text)`.

/// Lines are broken before this column where there is a space.
pub(super) const WIDTH: usize = 100;

/// Where a column's text stands.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Align {
    Left,
    Right,
}

/// A table: rows of equal length, the first of them the heading.
pub(super) struct Table {
    align: Vec<Align>,
    rows: Vec<Vec<String>>,
}

impl Table {
    pub(super) fn new(columns: &[(&str, Align)]) -> Self {
        Self {
            align: columns.iter().map(|column| column.1).collect(),
            rows: vec![columns.iter().map(|column| column.0.to_owned()).collect()],
        }
    }

    pub(super) fn row(&mut self, cells: Vec<String>) {
        self.rows.push(cells);
    }

    /// The lines, each with a line end; columns two spaces apart.
    pub(super) fn lines(&self) -> String {
        let width = |column: usize| self.rows.iter().map(|row| length(&row[column])).max().unwrap_or(0);
        let widths: Vec<usize> = (0..self.align.len()).map(width).collect();
        let mut out = String::new();
        for row in &self.rows {
            let mut line = String::new();
            for ((cell, &width), &align) in row.iter().zip(&widths).zip(&self.align) {
                let padding = " ".repeat(width - length(cell));
                let separator = if line.is_empty() { "" } else { "  " };
                match align {
                    Align::Left => line.extend([separator, cell, &padding]),
                    Align::Right => line.extend([separator, &padding, cell]),
                }
            }
            out.push_str(line.trim_end());
            out.push('\n');
        }
        out
    }
}

/// `text` in lines of at most [`WIDTH`], the first after `first`, the others indented as far.
pub(super) fn paragraph(first: &str, text: &str) -> String {
    let indent = " ".repeat(length(first));
    let mut out = first.to_owned();
    let mut column = length(first);
    let mut is_fresh = true;
    for word in text.split(' ') {
        if !is_fresh && column + 1 + length(word) > WIDTH {
            out.push('\n');
            out.push_str(&indent);
            column = length(&indent);
            is_fresh = true;
        }
        if !is_fresh {
            out.push(' ');
            column += 1;
        }
        out.push_str(word);
        column += length(word);
        is_fresh = false;
    }
    out.push('\n');
    out
}

/// `text`, its middle left out if it has more than `most` characters: both ends of a name tell something.
pub(super) fn shortened(text: &str, most: usize) -> String {
    let count = length(text);
    if count <= most {
        return text.to_owned();
    }
    let tail = (most - 1) / 3;
    let head: String = text.chars().take(most - 1 - tail).collect();
    let tail: String = text.chars().skip(count - tail).collect();
    format!("{head}…{tail}")
}

/// How many columns the text takes, near enough.
fn length(text: &str) -> usize {
    text.chars().count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_fit_their_widest_cell() {
        let mut table = Table::new(&[("Class", Align::Left), ("# New", Align::Right)]);
        table.row(vec!["é".into(), "1,000".into()]);
        table.row(vec!["Longer".into(), "1".into()]);
        assert_eq!(table.lines(), "Class   # New\né       1,000\nLonger      1\n");
    }

    #[test]
    fn paragraphs_hang() {
        let text = paragraph("do  ", &"word ".repeat(30));
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines.iter().all(|line| line.chars().count() <= WIDTH), "{text}");
        assert!(lines[0].starts_with("do  word") && lines[1].starts_with("    word"), "{text}");
    }

    #[test]
    fn long_names_lose_their_middle() {
        assert_eq!(shortened("abcdefghij", 10), "abcdefghij");
        assert_eq!(shortened("abcdefghijk", 10), "abcdef…ijk");
    }
}
