//! What a cause answers with.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::analysis::node_ref::{NodeRef, PathStep};
use crate::analysis::scripts::SourceLocation;
use crate::known::{self, Name};

/// Evidence of a collection of which only the room is known: for how many entries.
pub(super) const ROOM: &str = "room";

/// Evidence of a collection: the one place in the source that adds to it.
pub(super) const ADDED_AT: &str = "addedAt";

/// One leak, or suspicion of one.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    /// Name of the cause.
    #[serde(deserialize_with = "known::name")]
    pub cause: Name,
    /// The thing, the number and the place, in one line.
    pub title: String,
    /// What to do, in a sentence or two.
    pub advice: String,
    /// How sure it is, 0..1.
    pub confidence: f64,
    /// How many there are now.
    pub count: u64,
    /// How many came between the snapshots; absent for a single one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub growth: Option<Growth>,
    /// Bytes of the things themselves.
    pub shallow_size: u64,
    /// Bytes freed with them.
    pub retained_size: u64,
    /// The same as part of the heap, 0..1.
    pub share: f64,
    /// Whose they are.
    pub owner: NodeRef,
    /// Where the source makes them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<SourceLocation>,
    /// From the root to the owner.
    pub path: Vec<PathStep>,
    /// The memory that one of them keeps.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub holds: Vec<Held>,
    /// Where they pile up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accumulation_point: Option<NodeRef>,
    /// Names to search the source for.
    pub keywords: Vec<String>,
    /// The same for the same bug in another snapshot, process or host.
    pub signature: String,
    /// What else was seen, by cause.
    #[serde(deserialize_with = "known::by_name")]
    pub evidence: BTreeMap<Name, Evidence>,
}

/// How much more there is than in the older snapshot.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Growth {
    /// Things.
    pub count: u64,
    /// Bytes that they retain.
    pub bytes: u64,
    /// Things per round, when the number of rounds is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub per_round: Option<f64>,
}

/// Memory, and what keeps it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Held {
    /// The heaviest thing kept.
    pub node: NodeRef,
    /// From the finding's owner to it.
    pub path: Vec<PathStep>,
    /// Bytes freed with what leads to it: of a listener, all it keeps.
    pub retained_size: u64,
}

/// A value of [`Finding::evidence`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Evidence {
    /// A count or a size.
    Number(u64),
    /// A name.
    Text(String),
}

impl From<u64> for Evidence {
    fn from(number: u64) -> Self {
        Self::Number(number)
    }
}

impl From<usize> for Evidence {
    fn from(number: usize) -> Self {
        Self::Number(number as u64)
    }
}

impl From<String> for Evidence {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<&str> for Evidence {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}
