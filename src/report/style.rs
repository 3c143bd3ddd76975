//! How a report looks: its width, colour, and units. The one place that decides it; every report is handed a [`Style`].
//!
//! Whether there is a terminal, how wide it is and what `NO_COLOR` says is not known here: the caller says so. `O(text)`.

use serde::Deserialize;

use crate::analysis::figures;

/// What a report is drawn with.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Style {
    /// Lines have at most so many columns, as far as their content can be shortened or broken; 40 at least.
    pub width: usize,
    /// Whether ANSI escape sequences are used.
    pub color: bool,
    /// Sizes in bytes, exactly, instead of three digits and a unit.
    pub bytes: bool,
    /// What it is written in.
    pub format: Format,
    /// Rows of a table at most; each report has its own default.
    pub limit: Option<usize>,
}

impl Default for Style {
    /// What fits a log and a wide terminal: 100 columns, without colour.
    fn default() -> Self {
        Self { width: 100, color: false, bytes: false, format: Format::Text, limit: None }
    }
}

/// What a report is written in.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Format {
    /// For terminals and logs.
    #[default]
    Text,
    /// For comments of pull requests.
    Markdown,
}

/// What a piece of text is, which decides its colour.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) enum Ink {
    /// Ordinary text.
    #[default]
    Plain,
    /// What one reads first.
    Strong,
    /// Labels, lines of trees, remarks.
    Faint,
    /// A leak.
    Alarm,
    /// A suspicion.
    Warning,
    /// All is well.
    Calm,
    /// A position in the source.
    Place,
}

impl Ink {
    /// Parameters of the escape sequence (ECMA-48, "select graphic rendition"): the sixteen colours every terminal has.
    fn code(self) -> &'static str {
        match self {
            Self::Plain => "",
            Self::Strong => "1",
            Self::Faint => "2",
            Self::Alarm => "1;31",
            Self::Warning => "1;33",
            Self::Calm => "1;32",
            Self::Place => "36",
        }
    }
}

impl Style {
    const NARROWEST: usize = 40;

    /// The same without colours: for what is no terminal.
    pub(super) fn without_color(&self) -> Self {
        Self { color: false, ..self.clone() }
    }

    /// The columns a line may take.
    pub(super) fn columns(&self) -> usize {
        self.width.max(Self::NARROWEST)
    }

    /// `text` in its colour; as it is without colours.
    pub(super) fn paint(&self, ink: Ink, text: &str) -> String {
        if !self.color || ink == Ink::Plain || text.is_empty() {
            return text.to_owned();
        }
        format!("\x1b[{}m{text}\x1b[0m", ink.code())
    }

    /// A size: `8.2 kB`, or `8,192 B`.
    pub(super) fn size(&self, bytes: u64) -> String {
        if self.bytes { format!("{} B", figures::grouped(bytes)) } else { figures::size(bytes) }
    }

    /// A size with its sign.
    pub(super) fn signed_size(&self, bytes: i64) -> String {
        if self.bytes { format!("{} B", figures::signed_count(bytes)) } else { figures::signed_size(bytes) }
    }
}
