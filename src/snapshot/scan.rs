//! The sections of the file, found in order in a stream of blocks of any size.
//!
//! One state machine sees every block once and in order. Where a block lies inside an array of numbers it can have been
//! scanned ahead by the thread that read it ([`Ahead`]), from the first comma on, where the state is known whatever came
//! before; the machine then only joins the ends. All else (the header, the strings, unknown sections) it reads itself.

use super::layout::Layout;
use super::locations::Location;
use super::node::NodeIndex;
use super::numbers::{self, NumberState, Numbers, Unexpected};
use super::strings::Strings;
use crate::error::{Error, ErrorKind, Result};

/// An array of numbers that is read into columns.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Section {
    Nodes,
    Edges,
    Locations,
    Samples,
}

impl Section {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Nodes => "nodes",
            Self::Edges => "edges",
            Self::Locations => "locations",
            Self::Samples => "samples",
        }
    }

    fn named(key: &[u8]) -> Option<Self> {
        [Self::Nodes, Self::Edges, Self::Locations, Self::Samples].into_iter().find(|it| it.name().as_bytes() == key)
    }
}

/// The numbers of a block, from its first comma on.
pub(super) struct Ahead {
    /// Position after the first comma.
    from: usize,
    numbers: Numbers,
    state: NumberState,
    /// Bytes taken from `from` on.
    taken: std::result::Result<usize, Unexpected>,
}

impl Ahead {
    /// Scans a block in the belief that it lies inside an array of numbers. `numbers` is memory to be used again.
    pub(super) fn scan(bytes: &[u8], mut numbers: Numbers) -> Option<Self> {
        let from = memchr::memchr(b',', bytes)? + 1;
        let mut state = NumberState::ExpectNumber;
        numbers.clear();
        let taken = numbers::scan(&bytes[from..], &mut state, &mut numbers);
        Some(Self { from, numbers, state, taken })
    }
}

/// Whole records of a section, ready to be written to their rows.
pub(super) struct Piece {
    pub(super) section: Section,
    pub(super) first_row: usize,
    /// A record that began in an earlier piece; it has the first row.
    pub(super) joined: Option<Vec<u64>>,
    pub(super) numbers: Numbers,
    /// Where the whole records start in `numbers`.
    pub(super) start: usize,
    /// How many whole records there are from `start` on.
    pub(super) rows: usize,
}

/// A section's progress.
#[derive(Default)]
struct Count {
    seen: bool,
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
    fn add_mark(&mut self, offset: u64) {
        if self.marks.last().is_none_or(|last| last.1 + Self::MARK_DISTANCE <= offset) {
            self.marks.push((self.numbers, offset));
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    Start,
    KeyOrEnd,
    Key,
    InKey { escaped: bool },
    Colon,
    Value,
    CommaOrEnd,
    End,
    Header(Nesting),
    Skip(Nesting),
    SkipScalar,
    Numbers(Section, NumberState),
    StringOrEnd,
    String,
    InString { escaped: bool },
    StringCommaOrEnd,
}

/// Where we are in a value of any shape.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Nesting {
    depth: u32,
    in_string: bool,
    escaped: bool,
}

/// The state machine, and what it has read.
pub(super) struct Scanner {
    state: State,
    /// Offset of the next byte.
    offset: u64,
    /// Length of the input, when known.
    length: Option<u64>,
    key: Vec<u8>,
    header: Vec<u8>,
    header_offset: u64,
    pub(super) layout: Option<Layout>,
    counts: [Count; 4],
    pub(super) locations: Vec<(NodeIndex, Location)>,
    pub(super) samples: Vec<(u64, u32)>,
    pub(super) strings: Strings,
    strings_seen: bool,
}

const WHITE: [u8; 4] = [b' ', b'\n', b'\r', b'\t'];
const BYTE_ORDER_MARK: [u8; 3] = [0xef, 0xbb, 0xbf];
/// V8's header is about 1 kB; anything near this is something else.
const HEADER_LIMIT: usize = 1 << 20;
/// No section has a longer name; longer keys are skipped whole.
const KEY_LIMIT: usize = 64;

impl Scanner {
    pub(super) fn new(length: Option<u64>) -> Self {
        Self {
            state: State::Start,
            offset: 0,
            length,
            key: Vec::new(),
            header: Vec::new(),
            header_offset: 0,
            layout: None,
            counts: Default::default(),
            locations: Vec::new(),
            samples: Vec::new(),
            strings: Strings::default(),
            strings_seen: false,
        }
    }

    /// Whether the next byte lies inside an array of numbers.
    pub(super) fn is_in_numbers(&self) -> bool {
        matches!(self.state, State::Numbers(..))
    }

    /// Rows of a section read so far.
    pub(super) fn rows(&self, section: Section) -> usize {
        self.counts[section as usize].rows
    }

    /// Reads the next block; what is to be written to columns is added to `pieces`.
    pub(super) fn advance(&mut self, bytes: &[u8], ahead: Option<Ahead>, pieces: &mut Vec<Piece>) -> Result<()> {
        let base = self.offset;
        let mut at = 0;
        let mut ahead = ahead.filter(|_| self.is_in_numbers());
        while at < bytes.len() {
            self.offset = base + at as u64;
            let rest = &bytes[at..];
            at += match self.state {
                State::Numbers(section, state) => match ahead.take() {
                    Some(ahead) => self.join(section, state, bytes, ahead, pieces)?,
                    None => self.numbers(section, state, rest, pieces)?,
                },
                State::InString { escaped } => self.string(rest, escaped),
                State::Header(nesting) => self.header(nesting, rest)?,
                State::Skip(nesting) => {
                    let (taken, after) = self.skip(nesting, rest)?;
                    self.state = after.map_or(State::CommaOrEnd, State::Skip);
                    taken
                }
                State::SkipScalar => match rest.iter().position(|byte| b",}]".contains(byte) || WHITE.contains(byte)) {
                    Some(taken) => {
                        self.state = State::CommaOrEnd;
                        taken
                    }
                    None => rest.len(),
                },
                State::InKey { escaped } => self.key(rest[0], escaped),
                _ => self.structure(rest)?,
            };
        }
        self.offset = base + bytes.len() as u64;
        Ok(())
    }

    /// Ends the input.
    pub(super) fn finish(&self) -> Result<()> {
        match self.state {
            State::Start if self.offset == 0 => Err(not_a_snapshot("the input is empty")),
            State::Start => Err(not_a_snapshot("the input is blank")),
            State::End => {
                if self.layout.is_none() {
                    return Err(not_a_snapshot("a JSON object without a section `snapshot`"));
                }
                let missing = |name| Error::corrupt(name, self.offset, "expected this section, found the end");
                for section in [Section::Nodes, Section::Edges] {
                    if !self.counts[section as usize].seen {
                        return Err(missing(section.name()));
                    }
                }
                if self.strings_seen { Ok(()) } else { Err(missing("strings")) }
            }
            _ => Err(Error::truncated(
                self.section_name(),
                self.offset,
                format!("expected {}, found the end", self.expected()),
            )),
        }
    }

    /// A number of a section that is known to start at or before the given one, with its byte offset.
    pub(super) fn mark(&self, section: Section, number: u64) -> (u64, u64) {
        let marks = &self.counts[section as usize].marks;
        let after = marks.partition_point(|mark| mark.0 <= number);
        after.checked_sub(1).map_or((0, 0), |at| marks[at])
    }

    fn section_name(&self) -> String {
        match self.state {
            State::Numbers(section, _) => section.name().into(),
            State::Header(_) => "snapshot".into(),
            State::StringOrEnd | State::String | State::InString { .. } | State::StringCommaOrEnd => "strings".into(),
            State::Skip(_) | State::SkipScalar | State::Value | State::Colon => {
                String::from_utf8_lossy(&self.key).into_owned()
            }
            _ => "top level".into(),
        }
    }

    fn expected(&self) -> &'static str {
        match self.state {
            State::Start => "`{`",
            State::KeyOrEnd => "a section's name or `}`",
            State::Key | State::InKey { .. } => "a section's name",
            State::Colon => "`:`",
            State::Value => "a value",
            State::CommaOrEnd => "`,` or `}`",
            State::End => "nothing more",
            State::Header(_) | State::Skip(_) | State::SkipScalar => "the rest of the value",
            State::Numbers(..) => "more numbers or `]`",
            State::StringOrEnd => "a string or `]`",
            State::String => "a string",
            State::InString { .. } => "the rest of a string",
            State::StringCommaOrEnd => "`,` or `]`",
        }
    }

    fn unexpected(&self, at: u64, expected: &str, found: Option<u8>) -> Error {
        Error::syntax(self.section_name(), at, format!("expected {expected}, found {}", shown(found)))
    }

    /// A byte between values.
    fn structure(&mut self, rest: &[u8]) -> Result<usize> {
        let byte = rest[0];
        if WHITE.contains(&byte) {
            return Ok(1);
        }
        // The mark may be cut by a block's border; its bytes can stand nowhere else.
        if self.state == State::Start && self.offset < 3 && byte == BYTE_ORDER_MARK[self.offset as usize] {
            return Ok(1);
        }
        self.state = match (self.state, byte) {
            (State::Start, b'{') => State::KeyOrEnd,
            (State::Start, _) => {
                let place = format!("expected `{{` at byte {}, found {}", self.offset, shown(Some(byte)));
                return Err(not_a_snapshot(&place));
            }
            (State::KeyOrEnd | State::Key, b'"') => {
                self.key.clear();
                State::InKey { escaped: false }
            }
            (State::KeyOrEnd | State::CommaOrEnd, b'}') => State::End,
            (State::CommaOrEnd, b',') => State::Key,
            (State::Colon, b':') => State::Value,
            (State::Value, _) => self.value(byte)?,
            (State::StringOrEnd | State::String, b'"') => {
                if self.strings.len() >= u32::MAX as usize {
                    return Err(Error::too_large("strings", self.offset, "expected fewer than 4,294,967,295 strings"));
                }
                self.strings.begin();
                State::InString { escaped: false }
            }
            (State::StringOrEnd | State::StringCommaOrEnd, b']') => State::CommaOrEnd,
            (State::StringCommaOrEnd, b',') => State::String,
            _ => return Err(self.unexpected(self.offset, self.expected(), Some(byte))),
        };
        Ok(1)
    }

    fn key(&mut self, byte: u8, escaped: bool) -> usize {
        if byte == b'"' && !escaped {
            self.state = State::Colon;
        } else {
            if self.key.len() < KEY_LIMIT {
                self.key.push(byte);
            }
            self.state = State::InKey { escaped: byte == b'\\' && !escaped };
        }
        1
    }

    /// The first byte of a section's value.
    fn value(&mut self, byte: u8) -> Result<State> {
        let expect = |wanted: u8| {
            if byte == wanted {
                Ok(())
            } else {
                Err(self.unexpected(self.offset, &format!("`{}`", char::from(wanted)), Some(byte)))
            }
        };
        let twice = || Error::corrupt(self.section_name(), self.offset, "expected each section once, found it again");
        if self.key == b"snapshot" {
            expect(b'{')?;
            if self.layout.is_some() {
                return Err(twice());
            }
            self.header_offset = self.offset;
            self.header.push(byte);
            return Ok(State::Header(Nesting::OPEN));
        }
        if self.key == b"strings" {
            expect(b'[')?;
            if self.strings_seen {
                return Err(twice());
            }
            self.strings_seen = true;
            self.strings.reserve(self.length.map_or(0, |length| length.saturating_sub(self.offset)));
            return Ok(State::StringOrEnd);
        }
        match Section::named(&self.key).filter(|&section| self.reads(section)) {
            Some(section) => {
                expect(b'[')?;
                if self.layout.is_none() {
                    return Err(self.unexpected(self.offset, "the section `snapshot` before this one", Some(byte)));
                }
                let (offset, count) = (self.offset + 1, &mut self.counts[section as usize]);
                if count.seen {
                    return Err(Error::corrupt(section.name(), offset, "expected each section once, found it again"));
                }
                count.seen = true;
                count.add_mark(offset);
                Ok(State::Numbers(section, NumberState::Start))
            }
            None => match byte {
                b'{' | b'[' => Ok(State::Skip(Nesting::OPEN)),
                b'"' => Ok(State::Skip(Nesting { depth: 0, in_string: true, escaped: false })),
                b'-' | b'0'..=b'9' | b'a'..=b'z' => Ok(State::SkipScalar),
                _ => Err(self.unexpected(self.offset, "a value", Some(byte))),
            },
        }
    }

    /// Whether a section is read or, because the header does not describe it, skipped.
    fn reads(&self, section: Section) -> bool {
        match section {
            Section::Nodes | Section::Edges => true,
            Section::Locations => self.layout.as_ref().is_some_and(|layout| layout.location.is_some()),
            Section::Samples => self.layout.as_ref().is_some_and(|layout| layout.sample.is_some()),
        }
    }

    fn header(&mut self, nesting: Nesting, rest: &[u8]) -> Result<usize> {
        let (taken, after) = self.skip(nesting, rest)?;
        self.header.extend_from_slice(&rest[..taken]);
        if self.header.len() > HEADER_LIMIT {
            return Err(Error::too_large("snapshot", self.header_offset, "expected at most 1 MiB"));
        }
        self.state = match after {
            Some(nesting) => State::Header(nesting),
            None => {
                let layout = Layout::parse(&std::mem::take(&mut self.header), self.header_offset)?;
                layout.check_counts(self.header_offset)?;
                self.layout = Some(layout);
                State::CommaOrEnd
            }
        };
        Ok(taken)
    }

    fn skip(&self, nesting: Nesting, rest: &[u8]) -> Result<(usize, Option<Nesting>)> {
        nesting.skip(rest).map_err(|at| self.unexpected(self.offset + at as u64, "JSON", Some(rest[at])))
    }

    fn string(&mut self, rest: &[u8], escaped: bool) -> usize {
        // The byte after a backslash never ends the string.
        let mut at = usize::from(escaped);
        loop {
            match memchr::memchr2(b'"', b'\\', &rest[at..]) {
                Some(found) if rest[at + found] == b'"' => {
                    self.strings.extend(&rest[..at + found]);
                    self.state = State::StringCommaOrEnd;
                    return at + found + 1;
                }
                Some(found) if at + found + 2 <= rest.len() => at += found + 2,
                found => {
                    self.strings.extend(rest);
                    self.state = State::InString { escaped: found.is_some() };
                    return rest.len();
                }
            }
        }
    }

    /// Numbers that were not scanned ahead.
    fn numbers(
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
        let taken = taken.map_err(|bad| self.bad_number(self.offset, rest, bad))?;
        self.after_numbers(section, state, self.offset + taken as u64)?;
        Ok(taken)
    }

    /// A block of numbers that was scanned ahead: reads what stands before its first comma, then takes the rest as it is.
    fn join(
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
        let taken = ahead.taken.map_err(|bad| self.bad_number(offset, &bytes[ahead.from..], bad))?;
        self.after_numbers(section, ahead.state, offset + taken as u64)?;
        Ok(ahead.from + taken)
    }

    fn bad_number(&self, offset: u64, bytes: &[u8], bad: Unexpected) -> Error {
        self.unexpected(offset + bad.at as u64, bad.expected, bytes.get(bad.at).copied())
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

impl Nesting {
    /// After an opening bracket.
    const OPEN: Self = Self { depth: 1, in_string: false, escaped: false };

    /// Goes on to the value's end. Returns the bytes taken and, when the value goes on, where it stands; or the position of
    /// a byte that no JSON has there. (The order of the tokens is nobody's business: the value is skipped.)
    fn skip(mut self, bytes: &[u8]) -> std::result::Result<(usize, Option<Self>), usize> {
        for (at, &byte) in bytes.iter().enumerate() {
            if self.in_string {
                match byte {
                    _ if self.escaped => self.escaped = false,
                    b'\\' => self.escaped = true,
                    b'"' => self.in_string = false,
                    _ => continue,
                }
            } else {
                match byte {
                    b'"' => self.in_string = true,
                    b'{' | b'[' => self.depth = self.depth.saturating_add(1),
                    b'}' | b']' => self.depth = self.depth.saturating_sub(1),
                    // Numbers, `true`, `false`, `null` and what stands between values.
                    b'0'..=b'9' | b'+' | b'-' | b'.' | b',' | b':' | b'E' | b' ' | b'\n' | b'\r' | b'\t' => continue,
                    b'a' | b'e' | b'f' | b'l' | b'n' | b'r' | b's' | b't' | b'u' => continue,
                    _ => return Err(at),
                }
            }
            if self.depth == 0 && !self.in_string {
                return Ok((at + 1, None));
            }
        }
        Ok((bytes.len(), Some(self)))
    }
}

fn not_a_snapshot(found: &str) -> Error {
    Error::new(ErrorKind::NotASnapshot(found.to_owned()))
}

fn shown(byte: Option<u8>) -> String {
    match byte {
        Some(byte) if byte.is_ascii_graphic() => format!("'{}'", char::from(byte)),
        Some(byte) => format!("byte 0x{byte:02x}"),
        None => "the end".to_owned(),
    }
}
