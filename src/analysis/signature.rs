//! Signatures: the same text for the same bug in another dump, process or host.
//!
//! A signature is a hash over what does not change from run to run: the cause, names of classes, references, functions and
//! files. No ids, sizes, counts or indices. The hash is FNV-1a with 64 bits
//! (draft-eastlake-fnv, <https://datatracker.ietf.org/doc/draft-eastlake-fnv/>): stable over platforms and releases.

use std::borrow::Cow;
use std::fmt;

use super::node_ref::PathStep;
use super::places;
use super::redact::HIDDEN_KEY;
use super::scripts::SourceLocation;
use crate::snapshot::Text;

/// FNV-1a, 64 bits. `O(1)` a byte.
#[derive(Clone, Copy)]
struct Fnv(u64);

impl Default for Fnv {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Fnv {
    fn bytes(mut self, bytes: &[u8]) -> Self {
        for &byte in bytes {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
        self
    }
}

/// A signature in the making.
pub struct Signature(Fnv);

impl Signature {
    /// Of a leak of this cause.
    pub fn new(cause: &str) -> Self {
        Self(Fnv::default()).part(cause)
    }

    /// Adds a name.
    pub fn part(self, part: &str) -> Self {
        // The separator keeps ("ab", "c") and ("a", "bc") apart.
        Self(self.0.bytes(part.as_bytes()).bytes(&[0xff]))
    }

    /// Adds a place in the source, without the directories above the package or the file's own, which differ by host.
    pub fn place(self, location: Option<&SourceLocation>) -> Self {
        match location {
            None => self.part("?"),
            Some(location) => self
                .part(&places::short_url(&location.url.to_str()))
                .part(&location.function_name.as_ref().map_or(Cow::Borrowed(""), Text::to_str))
                .part(&format!("{}:{}", location.line, location.column)),
        }
    }

    /// Adds steps of a path; indices, and keys that are data, all count as one.
    pub fn steps(self, steps: &[PathStep]) -> Self {
        steps.iter().fold(self, |signature, step| {
            let name = step.edge_name.to_str();
            let name = if is_index(&name) || name == HIDDEN_KEY { "[x]" } else { &name };
            signature.part(name).part(&step.node.class_name.to_str())
        })
    }
}

impl fmt::Display for Signature {
    /// Sixteen hexadecimal digits.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0.0)
    }
}

/// Whether an edge's name is only a number.
pub fn is_index(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_digit())
}
