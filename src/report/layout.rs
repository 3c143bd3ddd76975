//! Tables with fitted columns, and paragraphs with a hanging indent, in lines of a given width. `O(text)`.
//!
//! Widths are columns of a terminal, not characters: CJK and emoji take two (Unicode Standard Annex #11, by the crate
//! `unicode-width`). Control characters never reach the terminal: a name in a heap may hold escape sequences.

use std::borrow::Cow;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::style::{Ink, Style};

/// Where a column's text stands.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Align {
    Left,
    Right,
}

/// A column of a table.
#[derive(Clone)]
pub(super) struct Column {
    title: String,
    align: Align,
    /// Whether its cells may lose their middle when the table is too wide.
    shrinks: bool,
}

impl Column {
    /// Figures, at the right.
    pub(super) fn figures(title: &str) -> Self {
        Self { title: title.to_owned(), align: Align::Right, shrinks: false }
    }

    /// Names, at the left; shortened where the table would be too wide.
    pub(super) fn names(title: &str) -> Self {
        Self { title: title.to_owned(), align: Align::Left, shrinks: true }
    }

    /// The same, never shortened.
    pub(super) fn kept(self) -> Self {
        Self { shrinks: false, ..self }
    }
}

/// A cell of a table.
#[derive(Clone, Default)]
pub(super) struct Cell {
    text: String,
    ink: Ink,
}

impl Cell {
    /// In at most so many columns. A place keeps its end, the line.
    fn fitted(&self, most: usize) -> String {
        if self.ink == Ink::Place { ending(&self.text, most) } else { shortened(&self.text, most) }
    }
}

impl Cell {
    pub(super) fn new(ink: Ink, text: &str) -> Self {
        Self { text: visible(text).into_owned(), ink }
    }
}

impl<T: AsRef<str>> From<T> for Cell {
    fn from(text: T) -> Self {
        Self::new(Ink::Plain, text.as_ref())
    }
}

/// A table: rows of equal length under a heading.
pub(super) struct Table {
    columns: Vec<Column>,
    rows: Vec<Vec<Cell>>,
    indent: usize,
}

/// Between two columns.
const GAP: usize = 2;
/// No column is made narrower than this, whatever the width.
const NARROWEST: usize = 8;

impl Table {
    pub(super) fn new(columns: Vec<Column>) -> Self {
        Self { columns, rows: Vec::new(), indent: 0 }
    }

    /// Every line starts with so many spaces.
    pub(super) fn indented(mut self, indent: usize) -> Self {
        self.indent = indent;
        self
    }

    pub(super) fn row(&mut self, cells: Vec<Cell>) {
        self.rows.push(cells);
    }

    /// The lines, each with a line end. Without titles there is no heading.
    pub(super) fn lines(&self, style: &Style) -> String {
        let widths = self.widths(style.columns());
        let mut out = String::new();
        if self.columns.iter().any(|column| !column.title.is_empty()) {
            let heading: Vec<Cell> = self.columns.iter().map(|column| Cell::new(Ink::Strong, &column.title)).collect();
            self.line(&heading, &widths, style, &mut out);
        }
        for row in &self.rows {
            self.line(row, &widths, style, &mut out);
        }
        out
    }

    fn line(&self, row: &[Cell], widths: &[usize], style: &Style, out: &mut String) {
        // Spaces are written before the next text only, so that no line ends with some.
        let mut spaces = self.indent;
        for ((cell, &width), column) in row.iter().zip(widths).zip(&self.columns) {
            let text = cell.fitted(width);
            let padding = width - columns(&text);
            if column.align == Align::Right {
                spaces += padding;
            }
            if !text.is_empty() {
                out.extend(std::iter::repeat_n(' ', spaces));
                spaces = 0;
                out.push_str(&style.paint(cell.ink, &text));
            }
            if column.align == Align::Left {
                spaces += padding;
            }
            spaces += GAP;
        }
        out.push('\n');
    }

    /// As wide as the widest cell; where that is too much in sum, the widest columns that may shrink give way first.
    fn widths(&self, most: usize) -> Vec<usize> {
        let natural = |at: usize| {
            let cells = self.rows.iter().filter_map(|row| row.get(at)).map(|cell| columns(&cell.text));
            cells.chain([columns(&self.columns[at].title)]).max().unwrap_or(0)
        };
        let mut widths: Vec<usize> = (0..self.columns.len()).map(natural).collect();
        let taken =
            |widths: &[usize]| self.indent + widths.iter().sum::<usize>() + GAP * widths.len().saturating_sub(1);
        let mut excess = taken(&widths).saturating_sub(most);
        while excess > 0 {
            let shrinking = |at: &usize| self.columns[*at].shrinks && widths[*at] > NARROWEST;
            let Some(widest) = (0..widths.len()).filter(shrinking).max_by_key(|&at| widths[at]) else { break };
            let next =
                (0..widths.len()).filter(shrinking).map(|at| widths[at]).filter(|&width| width < widths[widest]).max();
            // Down to the next widest in one step, else a column at a time.
            let by = (widths[widest] - next.unwrap_or(NARROWEST).max(NARROWEST)).clamp(1, excess);
            widths[widest] -= by;
            excess -= by;
        }
        widths
    }
}

/// `text` after `first`, in lines of the style's width; those after the first start with `hang` spaces. Words that are
/// wider than a line are broken, after a `/`, `.` or the like where there is one.
pub(super) fn paragraph(style: &Style, first: (Ink, &str), hang: usize, ink: Ink, text: &str) -> String {
    let width = style.columns();
    let mut lines = vec![String::new()];
    let mut column = columns(first.1);
    let text = visible(text);
    for word in text.split(' ') {
        let mut word = word;
        let is_fresh = lines.last().is_none_or(String::is_empty);
        // What must be broken anyway starts here, if there is room for something that can be read.
        let is_broken_here = hang + columns(word) > width && column + 24 < width;
        if !is_fresh && column + 1 + columns(word) > width && !is_broken_here {
            lines.push(String::new());
            column = hang;
        } else if !is_fresh {
            push(&mut lines, " ");
            column += 1;
        }
        while column + columns(word) > width {
            let (head, tail) = broken(word, width - column.min(width - 1));
            push(&mut lines, head);
            lines.push(String::new());
            column = hang;
            word = tail;
        }
        push(&mut lines, word);
        column += columns(word);
    }
    let mut out = style.paint(first.0, first.1);
    for (at, line) in lines.iter().enumerate() {
        if at > 0 {
            out.extend(std::iter::repeat_n(' ', hang));
        }
        out.push_str(&style.paint(ink, line));
        out.push('\n');
    }
    out
}

fn push(lines: &mut [String], text: &str) {
    if let Some(line) = lines.last_mut() {
        line.push_str(text);
    }
}

/// A word that is too wide, in two: the first of at most `most` columns, but of one character at least.
fn broken(word: &str, most: usize) -> (&str, &str) {
    let mut end = 0;
    let mut nice = None;
    let mut taken = 0;
    for (at, char) in word.char_indices() {
        taken += char_columns(char);
        if taken > most && at > 0 {
            break;
        }
        end = at + char.len_utf8();
        if matches!(char, '/' | '.' | ':' | ']' | ',') {
            nice = Some(end);
        }
    }
    // A break near the end of the line is worth a few columns.
    word.split_at(nice.filter(|&nice| nice * 2 > end).unwrap_or(end))
}

/// `text`, its middle left out if it takes more than `most` columns: both ends of a name tell something.
pub(super) fn shortened(text: &str, most: usize) -> String {
    let text = visible(text);
    if columns(&text) <= most {
        return text.into_owned();
    }
    let Some(room) = most.checked_sub(1) else { return String::new() };
    let tail = room / 3;
    let head = fitting(text.chars(), room - tail);
    let tail = fitting(text.chars().rev(), tail);
    let end = text.chars().rev().take(tail).collect::<Vec<_>>();
    text.chars().take(head).chain(['…']).chain(end.into_iter().rev()).collect()
}

/// `text`, its beginning left out if it takes more than `most` columns.
fn ending(text: &str, most: usize) -> String {
    if columns(text) <= most {
        return text.to_owned();
    }
    let Some(room) = most.checked_sub(1) else { return String::new() };
    let count = fitting(text.chars().rev(), room);
    let start = text.char_indices().rev().take(count).last().map_or(text.len(), |(at, _)| at);
    format!("…{}", &text[start..])
}

/// How many of the characters fit into `room` columns.
fn fitting(chars: impl Iterator<Item = char>, room: usize) -> usize {
    let mut taken = 0;
    chars.take_while(|&char| (taken += char_columns(char), taken <= room).1).count()
}

/// How many columns the text takes.
pub(super) fn columns(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.width() }
}

/// The same of one character, at most too large: what joins characters to one may be cut off.
fn char_columns(char: char) -> usize {
    /// Makes an emoji, two columns wide, of the character before.
    const EMOJI_SELECTOR: char = '\u{fe0f}';
    if char == EMOJI_SELECTOR { 1 } else { char.width().unwrap_or(0) }
}

/// Control characters as their pictures (`␛`), and what turns the direction of writing left out.
pub(super) fn visible(text: &str) -> Cow<'_, str> {
    let is_hidden = |char: char| {
        char.is_control() || matches!(char, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}')
    };
    if !text.contains(is_hidden) {
        return Cow::Borrowed(text);
    }
    let picture = |char: char| match char {
        '\0'..='\x1f' => char::from_u32(0x2400 + u32::from(char)).unwrap_or('\u{fffd}'),
        '\x7f' => '␡',
        char if is_hidden(char) => '\u{fffd}',
        char => char,
    };
    Cow::Owned(text.chars().map(picture).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(width: usize) -> Style {
        Style { width, ..Style::default() }
    }

    #[test]
    fn columns_fit_their_widest_cell() {
        let mut table = Table::new(vec![Column::names("Class"), Column::figures("# New")]);
        table.row(vec!["é".into(), "1,000".into()]);
        table.row(vec!["Longer".into(), "1".into()]);
        assert_eq!(table.lines(&plain(100)), "Class   # New\né       1,000\nLonger      1\n");
    }

    #[test]
    fn wide_characters_take_two_columns() {
        let mut table = Table::new(vec![Column::names("Class"), Column::figures("n")]);
        for name in ["日本語", "🙂", "👩‍🚀", "☁️", "plain"] {
            table.row(vec![name.into(), "1".into()]);
        }
        let lines = table.lines(&plain(100));
        assert!(lines.lines().skip(1).all(|line| columns(line) == 9), "{lines}");
        assert_eq!(lines.lines().nth(1), Some("日本語  1"));
    }

    #[test]
    fn a_table_that_is_too_wide_shortens_its_names() {
        let mut table = Table::new(vec![Column::names("Class"), Column::figures("# New"), Column::names("Place")]);
        table.row(vec!["C".repeat(70).into(), "1,000,000".into(), "漢".repeat(30).into()]);
        let lines = table.lines(&plain(80));
        assert!(lines.lines().all(|line| columns(line) <= 80), "{lines}");
        assert!(lines.contains("1,000,000") && lines.contains("C…C") && lines.contains("漢…漢"), "{lines}");
        assert_eq!(lines.lines().count(), 2);
    }

    #[test]
    fn paragraphs_hang() {
        let text = paragraph(&plain(100), (Ink::Faint, "do  "), 4, Ink::Plain, &"word ".repeat(30));
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines.iter().all(|line| columns(line) <= 100), "{text}");
        assert!(lines[0].starts_with("do  word") && lines[1].starts_with("    word"), "{text}");
    }

    #[test]
    fn long_words_are_broken() {
        let url = format!("at node_modules/{}/index.js:1:2 and 漢字{}", "some-package/".repeat(8), "漢".repeat(60));
        let text = paragraph(&plain(60), (Ink::Plain, "> "), 2, Ink::Plain, &url);
        assert!(text.lines().all(|line| columns(line) <= 60), "{text}");
        assert_eq!(text.replace(['\n', ' '], "")[1..], url.replace(' ', ""));
        assert!(text.lines().next().is_some_and(|line| line.starts_with("> at node") && line.ends_with('/')), "{text}");
    }

    #[test]
    fn long_names_lose_their_middle() {
        assert_eq!(shortened("abcdefghij", 10), "abcdefghij");
        assert_eq!(shortened("abcdefghijk", 10), "abcdef…ijk");
        for most in 0..40 {
            for text in ["漢字かな交じり文の長い名前", "👩‍🚀👩‍🚀👩‍🚀👩‍🚀👩‍🚀👩‍🚀", "a☁️b☁️c☁️d☁️e☁️f☁️g☁️"]
            {
                assert!(columns(&shortened(text, most)) <= most, "{text} in {most}");
            }
        }
    }

    #[test]
    fn places_keep_their_line() {
        let mut table = Table::new(vec![Column::names("at")]);
        table.row(vec![Cell::new(Ink::Place, &format!("{}/app.js:12:34", "directory/".repeat(9)))]);
        let lines = table.lines(&plain(40));
        assert!(lines.ends_with("/app.js:12:34\n") && lines.contains("\n…"), "{lines}");
    }

    #[test]
    fn no_control_character_reaches_the_terminal() {
        assert_eq!(shortened("a\x1b[31mb\n\u{202e}\x7f", 40), "a␛[31mb␊\u{fffd}␡");
        let mut table = Table::new(vec![Column::names("")]);
        table.row(vec!["\x1b]0;title\x07".into()]);
        assert_eq!(table.lines(&plain(80)), "␛]0;title␇\n");
        assert!(!paragraph(&plain(80), (Ink::Plain, ""), 0, Ink::Plain, "a\x1bb").contains('\x1b'));
    }

    #[test]
    fn colour_adds_nothing_but_colour() {
        let style = Style { color: true, ..plain(80) };
        let text = paragraph(&style, (Ink::Faint, "   do  "), 7, Ink::Strong, &"word ".repeat(30));
        let bare = paragraph(&plain(80), (Ink::Faint, "   do  "), 7, Ink::Strong, &"word ".repeat(30));
        assert!(text.contains("\x1b[1mword"));
        assert_eq!(text.replace("\x1b[0m", "").replace("\x1b[1m", "").replace("\x1b[2m", ""), bare);
    }
}
