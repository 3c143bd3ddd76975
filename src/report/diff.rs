//! The comparison of two snapshots as a table, with DevTools' columns, and who holds what came.

use super::layout::{Cell, Column, Table, paragraph};
use super::style::{Ink, Style};
use crate::analysis::diff::{Diff, Identity};
use crate::analysis::disclosure;
use crate::analysis::figures;

/// At most so many classes are shown, if nobody says.
const ROWS: usize = 30;
/// At most so many owners or places.
const OWNERS: usize = 8;

/// The table, the classes with most new bytes first, under a line that says what was compared; then the owners.
pub fn diff_text(diff: &Diff, style: &Style) -> String {
    let identity = match diff.identity {
        Identity::SameProcess => "same process, compared object by object",
        Identity::DifferentProcess => "different processes, compared by class",
    };
    let (before, after) = (diff.before.total_size, diff.after.total_size);
    let sizes = format!(
        "{} -> {} ({})",
        style.size(before),
        style.size(after),
        style.signed_size(after as i64 - before as i64)
    );
    let mut text = paragraph(style, (Ink::Strong, &sizes), 0, Ink::Plain, &format!("; {identity}"));
    text.push('\n');
    if diff.classes.is_empty() && diff.ignored == 0 {
        text.push_str("No object came or went.\n");
        return text;
    }
    classes(diff, style, &mut text);
    owners(diff, style, &mut text);
    if diff.ignored > 0 {
        let (what, are) = match diff.ignored {
            1 => ("1 class".to_owned(), "is"),
            several => (format!("{} classes", figures::grouped(several)), "are"),
        };
        text.push_str(&format!("\n{}\n", style.paint(Ink::Faint, &format!("{what} {are} ignored by rules."))));
    }
    text
}

fn classes(diff: &Diff, style: &Style, text: &mut String) {
    let mut table = Table::new(vec![
        Column::names("Class"),
        Column::figures("# New"),
        Column::figures("# Deleted"),
        Column::figures("# Delta"),
        Column::figures("Alloc. Size"),
        Column::figures("Freed Size"),
        Column::figures("Size Delta"),
    ]);
    let rows = style.limit.unwrap_or(ROWS);
    for class in diff.classes.iter().take(rows) {
        table.row(vec![
            disclosure::class_name(&class.name).to_str().into(),
            figures::grouped(class.added_count).into(),
            figures::grouped(class.removed_count).into(),
            figures::signed_count(class.count_delta).into(),
            style.size(class.added_size).into(),
            style.size(class.removed_size).into(),
            style.signed_size(class.size_delta).into(),
        ]);
    }
    text.push_str(&table.lines(style));
    if let Some(more) = diff.classes.len().checked_sub(rows).filter(|&more| more > 0) {
        let more = if more == 1 { "1 class".to_owned() } else { format!("{} classes", figures::grouped(more as u64)) };
        text.push_str(&style.paint(Ink::Faint, &format!("… and {more}")));
        text.push('\n');
    }
}

/// Who holds what came: objects, or in different processes places.
fn owners(diff: &Diff, style: &Style, text: &mut String) {
    let heading = |title: &str, first: &str, count: &str, last: &str| {
        let columns = vec![Column::names(title), Column::figures(count), Column::figures(first), Column::figures(last)];
        Table::new(columns)
    };
    let rows = style.limit.unwrap_or(OWNERS).min(OWNERS);
    let mut table = if diff.owners.is_empty() {
        heading("Places that keep more", "Retained", "# Delta", "Retained Delta")
    } else {
        heading("Objects that gained most", "Size Delta", "# New", "Retained")
    };
    for owner in diff.owners.iter().take(rows) {
        let name = disclosure::class_name(&owner.class_name);
        table.row(vec![
            Cell::from(format!("{} {}", name.to_str(), owner.id)),
            figures::grouped(owner.added_count).into(),
            style.signed_size(owner.size_delta).into(),
            style.size(owner.retained_size).into(),
        ]);
    }
    for place in diff.paths.iter().take(rows).filter(|_| diff.owners.is_empty()) {
        let names: Vec<_> = place.path.iter().map(|name| disclosure::class_name(name).to_str().into_owned()).collect();
        table.row(vec![
            Cell::from(names.join(" → ")),
            figures::signed_count(place.count_delta).into(),
            style.size(place.retained_size).into(),
            style.signed_size(place.retained_delta).into(),
        ]);
    }
    if !diff.owners.is_empty() || !diff.paths.is_empty() {
        text.push('\n');
        text.push_str(&table.lines(style));
    }
}
