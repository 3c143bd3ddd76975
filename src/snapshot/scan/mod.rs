//! The sections of the file, found in order in a stream of blocks of any size.
//!
//! One state machine sees every block once and in order. Where a block lies inside an array of numbers it can have been
//! scanned ahead by the thread that read it ([`Ahead`]), from the first comma on, where the state is known whatever came
//! before; the machine then only joins the ends. All else (the header, the strings, unknown sections) it reads itself.

mod nesting;
mod records;

use self::nesting::Nesting;
use self::records::Count;
pub(super) use self::records::{Ahead, Piece, Section};
use super::layout::Layout;
use super::locations::Location;
use super::node::NodeIndex;
use super::numbers::NumberState;
use super::partial::Cut;
use super::strings::{StringIndex, Strings};
use super::traces::{RawTraces, TraceSection};
use crate::error::{Error, ErrorKind, Result};

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
    Trace(TraceSection, Nesting),
    SkipScalar,
    Numbers(Section, NumberState),
    StringOrEnd,
    String,
    InString { escaped: bool },
    StringCommaOrEnd,
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
    pub(super) traces: RawTraces,
    strings_seen: bool,
    /// Offset of the first byte after the strings' opening bracket, once it is there.
    pub(super) strings_start: Option<u64>,
    /// Offset of the strings' closing bracket, once it is there.
    pub(super) strings_end: Option<u64>,
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
            traces: RawTraces::default(),
            strings_seen: false,
            strings_start: None,
            strings_end: None,
        }
    }

    /// Whether the next byte lies inside an array of numbers.
    pub(super) fn is_in_numbers(&self) -> bool {
        matches!(self.state, State::Numbers(..))
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
                State::Trace(section, nesting) => {
                    let (taken, after) = self.skip(nesting, rest)?;
                    self.traces.extend(section, &rest[..taken]);
                    self.state = after.map_or(State::CommaOrEnd, |nesting| State::Trace(section, nesting));
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

    /// Hands out the strings read so far, but for one that goes on, and lets go of them.
    pub(super) fn take_strings(&mut self, mut each: impl FnMut(&[u8]) -> Result<()>) -> Result<()> {
        let is_open = matches!(self.state, State::InString { .. });
        let whole = self.strings.len() - usize::from(is_open);
        if whole == 0 {
            return Ok(());
        }
        for string in self.strings.indices().take(whole) {
            each(self.strings.raw(string))?;
        }
        let mut rest = Strings::default();
        if is_open {
            rest.begin();
            rest.extend(self.strings.raw(StringIndex(whole as u32)));
        }
        self.strings = rest;
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

    /// Makes do with what there is when the input ended too early, if all nodes are there; else gives the error back.
    /// Strings up to `largest` are named.
    pub(super) fn end_early(&mut self, error: Error, largest: usize) -> Result<Cut> {
        let ErrorKind::Truncated(place) = error.kind() else { return Err(error) };
        let (section, offset) = (place.section.clone(), place.offset);
        let edges = self.rows(Section::Edges);
        let node_rows = self.rows(Section::Nodes);
        let in_nodes = matches!(self.state, State::Numbers(Section::Nodes, _));
        let Some(layout) = self.layout.as_mut().filter(|it| it.node_count == node_rows as u64 && !in_nodes) else {
            return Err(error);
        };
        let edge_count = std::mem::replace(&mut layout.edge_count, edges as u64);
        if matches!(self.state, State::InString { .. }) {
            self.strings.drop_last();
        }
        // V8 numbers strings as it first writes them, so there are no more than things with a name; and nothing in a file
        // may make more memory of it than its length.
        let needed = largest + 1;
        let lost = needed.saturating_sub(self.strings.len());
        if needed > node_rows.saturating_add(edges).saturating_add(1 << 16) {
            return Err(error);
        }
        self.strings.fill(needed);
        Ok(Cut { section, offset, edge_count, lost_string_count: lost as u64 })
    }

    fn section_name(&self) -> String {
        match self.state {
            State::Numbers(section, _) => section.name().into(),
            State::Header(_) => "snapshot".into(),
            State::StringOrEnd | State::String | State::InString { .. } | State::StringCommaOrEnd => "strings".into(),
            State::Skip(_) | State::Trace(..) | State::SkipScalar | State::Value | State::Colon => {
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
            State::Header(_) | State::Skip(_) | State::Trace(..) | State::SkipScalar => "the rest of the value",
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
            (State::StringOrEnd | State::StringCommaOrEnd, b']') => {
                self.strings_end = Some(self.offset);
                State::CommaOrEnd
            }
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
            self.strings_start = Some(self.offset + 1);
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
                b'[' if self.layout.as_ref().is_some_and(|layout| layout.trace.is_some()) => {
                    Ok(TraceSection::named(&self.key)
                        .map_or(State::Skip(Nesting::OPEN), |section| State::Trace(section, Nesting::OPEN)))
                }
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
