//! The arrays of numbers: joined from pieces, cut into records, counted.
//!
//! `O(1)` a block besides the numbers themselves; the small sections (locations, samples) are kept here, the large ones handed
//! on as [`Piece`]s.

use super::{Scanner, State};
use crate::error::{Error, Result};
use crate::snapshot::locations::Location;
use crate::snapshot::node::NodeIndex;
use crate::snapshot::numbers::{self, NumberState, Numbers, Unexpected};

/// An array of numbers that is read into columns.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(in crate::snapshot) enum Section {
    Nodes,
    Edges,
    Locations,
    Samples,
}

impl Section {
    pub(in crate::snapshot) const fn name(self) -> &'static str {
        match self {
            Self::Nodes => "nodes",
            Self::Edges => "edges",
            Self::Locations => "locations",
            Self::Samples => "samples",
        }
    }

    pub(super) fn named(key: &[u8]) -> Option<Self> {
        [Self::Nodes, Self::Edges, Self::Locations, Self::Samples].into_iter().find(|it| it.name().as_bytes() == key)
    }
}

/// The numbers of a block, from its first comma on.
pub(in crate::snapshot) struct Ahead {
    /// Position after the first comma.
    from: usize,
    numbers: Numbers,
    state: NumberState,
    /// Bytes taken from `from` on.
    taken: std::result::Result<usize, Unexpected>,
}

impl Ahead {
    /// Scans a block in the belief that it lies inside an array of numbers. `numbers` is memory to be used again.
    pub(in crate::snapshot) fn scan(bytes: &[u8], mut numbers: Numbers) -> Option<Self> {
        let from = memchr::memchr(b',', bytes)? + 1;
        let mut state = NumberState::ExpectNumber;
        numbers.clear();
        let taken = numbers::scan(&bytes[from..], &mut state, &mut numbers);
        Some(Self { from, numbers, state, taken })
    }
}

/// Whole records of a section, ready to be written to their rows.
pub(in crate::snapshot) struct Piece {
    pub(in crate::snapshot) section: Section,
    pub(in crate::snapshot) first_row: usize,
    /// A record that began in an earlier piece; it has the first row.
    pub(in crate::snapshot) joined: Option<Vec<u64>>,
    pub(in crate::snapshot) numbers: Numbers,
    /// Where the whole records start in `numbers`.
    pub(in crate::snapshot) start: usize,
    /// How many whole records there are from `start` on.
    pub(in crate::snapshot) rows: usize,
}

/// A section's progress.
#[derive(Default)]
pub(super) struct Count {
    pub(super) seen: bool,
    numbers: u64,
    rows: usize,
    /// The numbers of a record whose rest is still to come.
    carry: Vec<u64>,
    /// Some numbers of the section (by position) with the byte offset they start at.
    marks: Vec<(u64, u64)>,
}

impl Count {
    /// How far marks are apart at least: 16 bytes a mark.
    const MARK_DISTANCE: u64 = 1 << 12;

    /// The next number starts at or after `offset`.
    pub(super) fn add_mark(&mut self, offset: u64) {
        if self.marks.last().is_none_or(|last| last.1 + Self::MARK_DISTANCE <= offset) {
            self.marks.push((self.numbers, offset));
        }
    }
}

impl Scanner {
    /// Whether a section has begun.
    pub(in crate::snapshot) fn has_seen(&self, section: Section) -> bool {
        self.counts[section as usize].seen
    }

    /// Rows of a section read so far.
    pub(in crate::snapshot) fn rows(&self, section: Section) -> usize {
        self.counts[section as usize].rows
    }

    /// A number of a section that is known to start at or before the given one, with its byte offset.
    pub(in crate::snapshot) fn mark(&self, section: Section, number: u64) -> (u64, u64) {
        let marks = &self.counts[section as usize].marks;
        let after = marks.partition_point(|mark| mark.0 <= number);
        after.checked_sub(1).map_or((0, 0), |at| marks[at])
    }

    /// Numbers that were not scanned ahead.
    pub(super) fn numbers(
        &mut self,
        section: Section,
        mut state: NumberState,
        rest: &[u8],
        pieces: &mut Vec<Piece>,
    ) -> Result<usize> {
        if state == NumberState::ExpectNumber {
            self.counts[section as usize].add_mark(self.offset);
        }
        let mut numbers = Numbers::default();
        let taken = numbers::scan(rest, &mut state, &mut numbers);
        self.accept(section, numbers, pieces)?;
        let taken = self.over_sign(section, &mut state, self.offset, rest, taken)?;
        self.after_numbers(section, state, self.offset + taken as u64)?;
        Ok(taken)
    }

    /// A block of numbers that was scanned ahead: reads what stands before its first comma, then takes the rest as it is.
    pub(super) fn join(
        &mut self,
        section: Section,
        state: NumberState,
        bytes: &[u8],
        ahead: Ahead,
        pieces: &mut Vec<Piece>,
    ) -> Result<usize> {
        let taken = self.numbers(section, state, &bytes[..ahead.from], pieces)?;
        if !matches!(self.state, State::Numbers(_, NumberState::ExpectNumber)) || taken != ahead.from {
            return Ok(taken);
        }
        let offset = self.offset + ahead.from as u64;
        self.counts[section as usize].add_mark(offset);
        self.accept(section, ahead.numbers, pieces)?;
        let mut state = ahead.state;
        let taken = self.over_sign(section, &mut state, offset, &bytes[ahead.from..], ahead.taken)?;
        self.after_numbers(section, state, offset + taken as u64)?;
        Ok(ahead.from + taken)
    }

    /// How many bytes were taken: of a location, a minus sign too. V8 13 and later (Node.js 24) write negative columns for
    /// code that was compiled as if it began before its text (`vm.Script` with `columnOffset: -62`, as Vitest does); to
    /// DevTools the number is what follows the sign.
    fn over_sign(
        &self,
        section: Section,
        state: &mut NumberState,
        offset: u64,
        bytes: &[u8],
        taken: std::result::Result<usize, Unexpected>,
    ) -> Result<usize> {
        let is_sign = |bad: &Unexpected| section == Section::Locations && bytes.get(bad.at) == Some(&b'-');
        match taken {
            Err(bad) if is_sign(&bad) && matches!(state, NumberState::Start | NumberState::ExpectNumber) => {
                *state = NumberState::ExpectNumber;
                Ok(bad.at + 1)
            }
            taken => {
                taken.map_err(|bad| self.unexpected(offset + bad.at as u64, bad.expected, bytes.get(bad.at).copied()))
            }
        }
    }

    /// Cuts numbers into records.
    fn accept(&mut self, section: Section, numbers: Numbers, pieces: &mut Vec<Piece>) -> Result<()> {
        let Some(layout) = &self.layout else { return Ok(()) };
        let (stride, expected_rows) = layout.records(section);
        let count = &mut self.counts[section as usize];
        let total = numbers.values.len();
        count.numbers += total as u64;
        let mut start = 0;
        let mut joined = None;
        if !count.carry.is_empty() {
            start = (stride - count.carry.len()).min(total);
            count.carry.extend((0..start).map(|at| numbers.at(at)));
            if count.carry.len() == stride {
                joined = Some(std::mem::take(&mut count.carry));
            }
        }
        let rows = (total - start) / stride;
        count.carry.extend((start + rows * stride..total).map(|at| numbers.at(at)));
        let first_row = count.rows;
        count.rows += rows + usize::from(joined.is_some());
        if expected_rows.is_some_and(|expected| count.rows as u64 > expected) {
            // There is no room for them. The section's end will tell.
            return Ok(());
        }
        match section {
            Section::Nodes | Section::Edges => {
                if rows > 0 || joined.is_some() {
                    pieces.push(Piece { section, first_row, joined, numbers, start, rows });
                }
                Ok(())
            }
            Section::Locations | Section::Samples => self.rows_in_order(section, first_row, joined, &numbers, start),
        }
    }

    /// The small sections: their rows are kept here.
    fn rows_in_order(
        &mut self,
        section: Section,
        first_row: usize,
        joined: Option<Vec<u64>>,
        numbers: &Numbers,
        start: usize,
    ) -> Result<()> {
        let Some(layout) = self.layout.take() else { return Ok(()) };
        let (stride, _) = layout.records(section);
        let rest = (numbers.values.len() - start) / stride;
        let at = |row: usize, field: usize| numbers.at(start + row * stride + field);
        let records = joined.is_some() as usize + rest;
        for row in 0..records {
            let field = |field: usize| match (&joined, row) {
                (Some(record), 0) => record[field],
                (Some(_), row) => at(row - 1, field),
                (None, row) => at(row, field),
            };
            let number = |at: usize| ((first_row + row) * stride + at) as u64;
            let narrow = |at: usize| {
                u32::try_from(field(at)).map_err(|_| {
                    let (_, offset) = self.mark(section, number(at));
                    Error::corrupt(section.name(), offset, format!("expected a 32-bit number, found {}", field(at)))
                })
            };
            match (section, &layout.location, &layout.sample) {
                (Section::Locations, Some(fields), _) => {
                    let (node, node_stride) = (field(fields.node), layout.node.stride as u64);
                    if node % node_stride != 0 || node / node_stride >= layout.node_count {
                        let (_, offset) = self.mark(section, number(fields.node));
                        let message = format!("expected the index of a node, found {node}");
                        return Err(Error::corrupt(section.name(), offset, message));
                    }
                    let location = Location {
                        script_id: narrow(fields.script_id)?,
                        line: narrow(fields.line)?,
                        column: narrow(fields.column)?,
                    };
                    self.locations.push((NodeIndex((node / node_stride) as u32), location));
                }
                (_, _, Some(fields)) => {
                    self.samples.push((field(fields.timestamp), narrow(fields.last_assigned_id)?));
                }
                _ => {}
            }
        }
        self.layout = Some(layout);
        Ok(())
    }

    fn after_numbers(&mut self, section: Section, state: NumberState, end: u64) -> Result<()> {
        if state != NumberState::Done {
            self.state = State::Numbers(section, state);
            return Ok(());
        }
        self.state = State::CommaOrEnd;
        let count = &self.counts[section as usize];
        let expected = self.layout.as_ref().and_then(|layout| layout.records(section).1);
        if !count.carry.is_empty() || expected.is_some_and(|expected| expected != count.rows as u64) {
            return Err(self.wrong_count(section, end.saturating_sub(1)));
        }
        Ok(())
    }

    fn wrong_count(&self, section: Section, offset: u64) -> Error {
        let count = &self.counts[section as usize];
        let (stride, rows) = self.layout.as_ref().map_or((1, None), |layout| layout.records(section));
        let message = match rows {
            Some(rows) => format!(
                "expected {} numbers ({rows} records of {stride}), found {}",
                rows.saturating_mul(stride as u64),
                count.numbers,
            ),
            None => format!("expected records of {stride} numbers, found {} numbers", count.numbers),
        };
        Error::corrupt(section.name(), offset, message)
    }
}
