//! Room 5: answers -> text, Markdown. (JSON needs no room: every answer serializes itself; pages are made of it, in `ui`.)
//!
//! Text is for a person at a terminal or in a log, in lines of a given width, always bounded, and without the program's
//! data unless the answer itself has it. How it looks is a [`Style`], which the caller hands in.

mod diff;
mod export;
mod layout;
mod listeners;
mod markdown;
mod path;
mod rows;
mod style;
mod summary;
mod trend;

pub use diff::diff_text;
pub use export::{ExportOptions, Exported, TableFormat, export};
pub use listeners::listeners_text;
pub use rows::{Rows, rows_text};
pub use style::{Format, Style};
pub use summary::summary_text;
pub use trend::trend_text;

use crate::analysis::diff::Diff;
use crate::analysis::trend::Trend;
use crate::causes::{ListenerAudit, Summary};

/// An answer that can be told to people.
pub trait Report {
    /// The text, in lines that end with a line end.
    fn text(&self, style: &Style) -> String;

    /// The same as Markdown.
    fn markdown(&self, style: &Style) -> String {
        markdown::fenced(&self.text(&style.without_color()))
    }

    /// In the format that the style says.
    fn told(&self, style: &Style) -> String {
        match style.format {
            Format::Text => self.text(style),
            Format::Markdown => self.markdown(style),
        }
    }
}

impl Report for Summary {
    fn text(&self, style: &Style) -> String {
        summary_text(self, style)
    }

    fn markdown(&self, style: &Style) -> String {
        markdown::summary_markdown(self, &style.without_color())
    }
}

impl Report for Diff {
    fn text(&self, style: &Style) -> String {
        diff_text(self, style)
    }
}

impl Report for ListenerAudit {
    fn text(&self, style: &Style) -> String {
        listeners_text(self, style)
    }
}

impl Report for Trend {
    fn text(&self, style: &Style) -> String {
        trend_text(self, style)
    }
}
