//! The comparison of two snapshots as a table, with DevTools' columns.

use super::layout::{Align, Table, shortened};
use crate::analysis::diff::{Diff, Identity};
use crate::analysis::figures;
use crate::analysis::redact;

/// At most so many classes are shown.
const ROWS: usize = 30;
/// Class names are shortened to so many characters.
const NAME_LENGTH: usize = 44;

/// The table, the classes with most new bytes first, under a line that says what was compared.
pub fn diff_text(diff: &Diff) -> String {
    let identity = match diff.identity {
        Identity::SameProcess => "same process, compared object by object",
        Identity::DifferentProcess => "different processes, compared by class",
    };
    let (before, after) = (diff.before.total_size, diff.after.total_size);
    let mut text = format!(
        "{} -> {} ({}); {identity}\n\n",
        figures::size(before),
        figures::size(after),
        figures::signed_size(after as i64 - before as i64),
    );
    if diff.classes.is_empty() {
        text.push_str("No object came or went.\n");
        return text;
    }
    let mut table = Table::new(&[
        ("Class", Align::Left),
        ("# New", Align::Right),
        ("# Deleted", Align::Right),
        ("# Delta", Align::Right),
        ("Alloc. Size", Align::Right),
        ("Freed Size", Align::Right),
        ("Size Delta", Align::Right),
    ]);
    for class in diff.classes.iter().take(ROWS) {
        table.row(vec![
            shortened(&redact::class_name(&class.name).to_str(), NAME_LENGTH),
            figures::grouped(class.added_count),
            figures::grouped(class.removed_count),
            figures::signed_count(class.count_delta),
            figures::size(class.added_size),
            figures::size(class.removed_size),
            figures::signed_size(class.size_delta),
        ]);
    }
    text.push_str(&table.lines());
    if let Some(more) = diff.classes.len().checked_sub(ROWS).filter(|&more| more > 0) {
        text.push_str(&format!(
            "… and {} more\n",
            if more == 1 { "1 class".to_owned() } else { format!("{more} classes") }
        ));
    }
    text
}
