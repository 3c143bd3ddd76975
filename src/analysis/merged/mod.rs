//! Merged paths: what a heap looks like when objects in like places count as one.
//!
//! Ids tell objects of one process apart; between processes, and over many snapshots, places do: the shortest path from the
//! root, where an array's indices, the entries of a Map or Set and keys that are data all read `[x]`. Nodes whose paths have
//! equal names are one place, with a count and bytes per snapshot ([`tree`], [`routes`]); which places grew is told by
//! [`growth`]. The tree is of bounded size and outlives the snapshots, so a series needs only one of them in memory.
//! Source: the idea is LeakCanary's (shark, `HeapGrowthDetector`).

pub mod growth;
pub mod routes;
pub mod tree;
