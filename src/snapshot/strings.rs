//! The strings table: the file's own bytes, decoded when asked for.

use std::borrow::Cow;

use super::text::Text;

/// An escape of JSON takes at most so many bytes for each byte of the text (`\\u0041` for `A`).
const LONGEST_ESCAPE: usize = 6;

/// Position of a string in the table.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[repr(transparent)]
pub struct StringIndex(pub u32);

impl StringIndex {
    /// As a column index.
    #[inline]
    pub fn at(self) -> usize {
        self.0 as usize
    }
}

/// Every string of the file: the insides of the JSON literals back to back, and 4 bytes a string for where each starts.
#[derive(Default)]
pub struct Strings {
    pub(super) bytes: Vec<u8>,
    /// Low 32 bits of each string's start.
    pub(super) starts: Vec<u32>,
    /// For every full 4 GiB of bytes, the first string that starts beyond it.
    pub(super) wraps: Vec<u32>,
}

impl Strings {
    /// How many strings there are.
    #[inline]
    pub fn len(&self) -> usize {
        self.starts.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.starts.is_empty()
    }

    /// Every index, in file order.
    pub fn indices(&self) -> impl DoubleEndedIterator<Item = StringIndex> + ExactSizeIterator + Clone + use<> {
        (0..self.len() as u32).map(StringIndex)
    }

    #[inline]
    pub(super) fn start(&self, at: usize) -> usize {
        let Some(&low) = self.starts.get(at) else { return self.bytes.len() };
        let wraps = if self.wraps.is_empty() { 0 } else { self.wraps.partition_point(|&first| first as usize <= at) };
        (wraps << 32) | low as usize
    }

    /// The string as it stands in the file: the inside of a JSON literal, escapes and all.
    #[inline]
    pub fn raw(&self, string: StringIndex) -> &[u8] {
        &self.bytes[self.start(string.at())..self.start(string.at() + 1)]
    }

    /// The string, decoded. Allocates.
    pub fn text(&self, string: StringIndex) -> Text {
        Text::from_json(self.raw(string))
    }

    /// The string in WTF-8, without copying where the file's bytes are just that.
    #[inline]
    pub fn decoded(&self, string: StringIndex) -> Cow<'_, [u8]> {
        let raw = self.raw(string);
        if raw.is_ascii() && memchr::memchr(b'\\', raw).is_none() {
            Cow::Borrowed(raw)
        } else {
            Cow::Owned(self.text(string).as_bytes().to_vec())
        }
    }

    /// Whether the string is `literal`, which must be ASCII without quotes, backslashes and control characters.
    #[inline]
    pub fn is(&self, string: StringIndex, literal: &str) -> bool {
        let raw = self.raw(string);
        raw == literal.as_bytes()
            || (raw.len() > literal.len()
                && raw.len() <= LONGEST_ESCAPE * literal.len()
                && (raw[0] == b'\\' || literal.as_bytes().first() == Some(&raw[0]))
                && memchr::memchr(b'\\', raw).is_some()
                && Text::from_json(raw) == literal)
    }

    /// Whether the string starts with `literal`, which must be ASCII without quotes, backslashes and control characters.
    #[inline]
    pub fn starts_with(&self, string: StringIndex, literal: &str) -> bool {
        let raw = self.raw(string);
        raw.starts_with(literal.as_bytes())
            || (memchr::memchr(b'\\', &raw[..raw.len().min(6 * literal.len())]).is_some()
                && Text::from_json(raw).as_bytes().starts_with(literal.as_bytes()))
    }

    /// All strings that are one of `literals`, in file order, each with the literal's position. More than one string may
    /// have the same text: V8's escapes lose the upper bits of code points. `O(strings)`.
    pub fn find_all(&self, literals: &[&str]) -> Vec<(StringIndex, usize)> {
        let longest = literals.iter().map(|literal| literal.len()).max().unwrap_or(0);
        self.indices()
            .filter_map(|string| {
                let raw = self.raw(string);
                if raw.len() > LONGEST_ESCAPE * longest || raw.len() > longest && memchr::memchr(b'\\', raw).is_none() {
                    return None;
                }
                literals.iter().position(|literal| self.is(string, literal)).map(|at| (string, at))
            })
            .collect()
    }

    /// All the raw bytes, back to back, for searches over the whole table; [`Strings::at_byte`] tells whose a byte is.
    pub fn all_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The string that the byte at `offset` of [`Strings::all_bytes`] belongs to. `O(log strings)`.
    pub fn at_byte(&self, offset: usize) -> StringIndex {
        let (mut low, mut high) = (0, self.len());
        while high - low > 1 {
            let middle = low + (high - low) / 2;
            if self.start(middle) <= offset { low = middle } else { high = middle }
        }
        // Empty strings start where the next one does; the byte belongs to the last that starts there.
        StringIndex(low as u32)
    }

    /// Adds a string, given as the inside of a JSON literal.
    #[cfg(any(test, feature = "testing"))]
    pub(crate) fn push(&mut self, raw: &[u8]) {
        self.begin();
        self.extend(raw);
    }

    /// Adds an empty string.
    pub(super) fn begin(&mut self) {
        let start = self.bytes.len();
        while self.wraps.len() < start >> 32 {
            self.wraps.push(self.starts.len() as u32);
        }
        self.starts.push(start as u32);
    }

    /// Adds to the last string.
    pub(super) fn extend(&mut self, raw: &[u8]) {
        self.bytes.extend_from_slice(raw);
    }

    /// Makes room for the strings in at most `bytes` of JSON, if it can be had.
    pub(super) fn reserve(&mut self, bytes: u64) {
        // Growing is only slower, so a failure here is none.
        let _ = self.bytes.try_reserve_exact(usize::try_from(bytes).unwrap_or(0));
    }

    /// Gives back memory that was reserved too much.
    pub(super) fn shrink(&mut self) {
        self.bytes.shrink_to_fit();
        self.starts.shrink_to_fit();
    }
}
