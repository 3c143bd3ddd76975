//! Room 3: questions to a snapshot, or to two, and their answers. Knows graphs, and no cause of leaks.

pub mod accumulation;
pub mod browse;
pub mod class_rows;
pub mod diff;
pub mod display;
pub mod figures;
pub mod growth;
pub mod ignore;
pub mod merged;
pub mod node_ref;
pub mod pace;
pub mod paths;
pub mod places;
pub mod redact;
pub mod scopes;
pub mod scripts;
pub mod signature;
mod source_files;
mod source_map;
pub mod source_maps;
mod source_nesting;
mod source_scopes;
pub mod sources;
pub mod statistics;
pub mod strings;
pub mod suspects;
pub mod trend;
