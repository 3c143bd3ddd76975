//! Errors: every failure has a code (a promise to users), and where it applies a section and a byte offset of the input.

use std::fmt;
use std::io;

/// What every fallible function of the crate returns.
pub type Result<T> = std::result::Result<T, Error>;

/// A failure. One word wide; see [`ErrorKind`] for what can go wrong.
#[derive(Debug)]
pub struct Error(Box<ErrorKind>);

/// The kinds of failure, one per error code.
#[derive(Debug)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The input could not be read.
    Io(io::Error),
    /// The input is no heap snapshot at all; the text says what it looks like.
    NotASnapshot(String),
    /// The input ends before the snapshot does.
    Truncated(Place),
    /// The input breaks the grammar of the format.
    Syntax(Place),
    /// The input is well formed, but of a kind leakscan does not read.
    Unsupported(Place),
    /// The input is well formed but contradicts itself.
    Corrupt(Place),
    /// The input needs more than the data structures or the memory can hold.
    TooLarge(Place),
    /// No node has this id.
    UnknownNode(u64),
    /// An argument is wrong; the text says which and what was expected.
    InvalidArg(String),
    /// The work was cancelled.
    Cancelled,
    /// A bug of leakscan.
    Internal(String),
}

/// Where in the input something is wrong, and what was expected there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The section of the file: `"nodes"`, `"strings"`, `"snapshot.meta"` …
    pub section: String,
    /// Byte offset in the (decompressed) input.
    pub offset: u64,
    /// What was expected and what was found, without the place.
    pub message: String,
}

impl Place {
    /// A place in `section` at `offset`.
    pub fn new(section: impl Into<String>, offset: u64, message: impl Into<String>) -> Self {
        Self { section: section.into(), offset, message: message.into() }
    }
}

impl Error {
    /// Wraps a kind.
    pub fn new(kind: ErrorKind) -> Self {
        Self(Box::new(kind))
    }

    /// The input contradicts itself.
    pub fn corrupt(section: impl Into<String>, offset: u64, message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Corrupt(Place::new(section, offset, message)))
    }

    /// The input breaks the grammar.
    pub fn syntax(section: impl Into<String>, offset: u64, message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Syntax(Place::new(section, offset, message)))
    }

    /// The input ends too early.
    pub fn truncated(section: impl Into<String>, offset: u64, message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Truncated(Place::new(section, offset, message)))
    }

    /// The input is of a kind leakscan does not read.
    pub fn unsupported(section: impl Into<String>, offset: u64, message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Unsupported(Place::new(section, offset, message)))
    }

    /// The input is beyond what can be held.
    pub fn too_large(section: impl Into<String>, offset: u64, message: impl Into<String>) -> Self {
        Self::new(ErrorKind::TooLarge(Place::new(section, offset, message)))
    }

    /// The kind.
    pub fn kind(&self) -> &ErrorKind {
        &self.0
    }

    /// The public code, the same in Rust and JavaScript; `None` for a cancellation, which JavaScript answers with the
    /// signal's own reason.
    pub fn code(&self) -> Option<&'static str> {
        Some(match &*self.0 {
            ErrorKind::Io(_) => "ERR_LEAKSCAN_IO",
            ErrorKind::NotASnapshot(_) => "ERR_LEAKSCAN_NOT_A_SNAPSHOT",
            ErrorKind::Truncated(_) => "ERR_LEAKSCAN_TRUNCATED",
            ErrorKind::Syntax(_) => "ERR_LEAKSCAN_SYNTAX",
            ErrorKind::Unsupported(_) => "ERR_LEAKSCAN_UNSUPPORTED",
            ErrorKind::Corrupt(_) => "ERR_LEAKSCAN_CORRUPT",
            ErrorKind::TooLarge(_) => "ERR_LEAKSCAN_TOO_LARGE",
            ErrorKind::UnknownNode(_) => "ERR_LEAKSCAN_UNKNOWN_NODE",
            ErrorKind::InvalidArg(_) => "ERR_LEAKSCAN_INVALID_ARG",
            ErrorKind::Cancelled => return None,
            ErrorKind::Internal(_) => "ERR_LEAKSCAN_INTERNAL",
        })
    }

    /// Where in the input, for kinds that have a place.
    pub fn place(&self) -> Option<&Place> {
        match &*self.0 {
            ErrorKind::Truncated(place)
            | ErrorKind::Syntax(place)
            | ErrorKind::Unsupported(place)
            | ErrorKind::Corrupt(place)
            | ErrorKind::TooLarge(place) => Some(place),
            _ => None,
        }
    }

    /// Byte offset in the (decompressed) input, for kinds that have one.
    pub fn offset(&self) -> Option<u64> {
        self.place().map(|place| place.offset)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.0 {
            ErrorKind::Io(error) => write!(f, "{error}"),
            ErrorKind::NotASnapshot(found) => write!(f, "not a heap snapshot: {found}"),
            ErrorKind::Truncated(place)
            | ErrorKind::Syntax(place)
            | ErrorKind::Unsupported(place)
            | ErrorKind::Corrupt(place)
            | ErrorKind::TooLarge(place) => {
                write!(f, "{}: {} at byte {}", place.section, place.message, place.offset)
            }
            ErrorKind::UnknownNode(id) => write!(f, "no node has the id @{id}"),
            ErrorKind::InvalidArg(what) => write!(f, "{what}"),
            ErrorKind::Cancelled => write!(f, "cancelled"),
            ErrorKind::Internal(what) => write!(f, "internal error of leakscan: {what}"),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &*self.0 {
            ErrorKind::Io(error) => Some(error),
            _ => None,
        }
    }
}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        Self::new(ErrorKind::Io(error))
    }
}
