//! Signatures: the same text for the same bug in another dump, process or host.
//!
//! A signature is a hash over what does not change from run to run: the cause, names of classes, references, functions and
//! files. No ids, sizes, counts or indices. The hash is FNV-1a with 64 bits
//! (draft-eastlake-fnv, <https://datatracker.ietf.org/doc/draft-eastlake-fnv/>): stable over platforms and releases.

use std::borrow::Cow;
use std::fmt;

use super::disclosure::HIDDEN_KEY;
use super::node_ref::PathStep;
use super::program_root::ProgramRoot;
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
pub struct Signature<'a> {
    hash: Fnv,
    root: &'a ProgramRoot,
}

impl<'a> Signature<'a> {
    /// Of a leak of this cause, in a program that lies there.
    pub fn new(cause: &str, root: &'a ProgramRoot) -> Self {
        Self { hash: Fnv::default(), root }.part(cause)
    }

    /// Adds a name.
    pub fn part(self, part: &str) -> Self {
        // The separator keeps ("ab", "c") and ("a", "bc") apart.
        Self { hash: self.hash.bytes(part.as_bytes()).bytes(&[0xff]), ..self }
    }

    /// Adds a file, without the directories that differ by host.
    pub fn file(self, url: Option<&Text>) -> Self {
        match url {
            None => self.part("?"),
            Some(url) => {
                let file = self.root.file(&url.to_str());
                self.part(&file)
            }
        }
    }

    /// Adds a place in the source.
    pub fn place(self, location: Option<&SourceLocation>) -> Self {
        match location {
            None => self.part("?"),
            Some(location) => self
                .file(Some(&location.url))
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

impl fmt::Display for Signature<'_> {
    /// Sixteen hexadecimal digits.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.hash.0)
    }
}

/// Whether an edge's name is only a number.
pub fn is_index(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_digit())
}
