//! Source positions of functions and of objects' constructors.

use super::node::NodeIndex;

/// A position in a script.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Location {
    /// V8's id of the script; unique in a process.
    pub script_id: u32,
    /// 0-based, as in the file.
    pub line: u32,
    /// 0-based, as in the file.
    pub column: u32,
}

/// The locations of a file, by node: 16 bytes each. At most one a node: the last record wins.
#[derive(Default)]
pub struct Locations {
    /// Ascending by node.
    records: Vec<(NodeIndex, Location)>,
}

impl Locations {
    /// Takes the records in file order.
    pub fn new(mut records: Vec<(NodeIndex, Location)>) -> Self {
        records.sort_by_key(|record| record.0);
        // Of equal nodes the last in file order stays.
        let mut kept = 0;
        for at in 0..records.len() {
            if records.get(at + 1).is_none_or(|next| next.0 != records[at].0) {
                records[kept] = records[at];
                kept += 1;
            }
        }
        records.truncate(kept);
        Self { records }
    }

    /// Where the function, or the object's constructor, stands in the source. `O(log locations)`.
    pub fn of(&self, node: NodeIndex) -> Option<Location> {
        self.records.binary_search_by_key(&node, |record| record.0).ok().map(|at| self.records[at].1)
    }

    /// All, ascending by node.
    pub fn all(&self) -> &[(NodeIndex, Location)] {
        &self.records
    }
}
