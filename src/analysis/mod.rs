//! Room 3: questions to a snapshot, or to two, and their answers. Knows graphs, and no cause of leaks.

pub mod class_rows;
pub mod display;
pub mod scripts;
pub mod statistics;
pub mod strings;
