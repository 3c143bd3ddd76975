//! Room 5: answers -> text. (JSON needs no room: every answer serializes itself.)
//!
//! Text is for a person at a terminal or in a log, in lines of at most some 100 columns, always bounded, and without the
//! program's data unless the answer itself has it.

mod diff;
mod layout;
mod listeners;
mod path;
mod summary;

pub use diff::diff_text;
pub use listeners::listeners_text;
pub use summary::summary_text;
