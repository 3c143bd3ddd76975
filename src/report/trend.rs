//! The trend as text: a line a growing place, with its path below, those that matter most first.

use super::layout::{Cell, Column, Table, paragraph, shortened};
use super::style::{Ink, Style};
use crate::analysis::diff::Identity;
use crate::analysis::figures;
use crate::analysis::places;
use crate::analysis::trend::{RowPace, Trend, TrendRow};

/// What stands under a row begins here.
const INDENT: usize = 4;
/// Of more snapshots than this only the first and the last are shown.
const MOST_COUNTS: usize = 6;

/// The text.
pub fn trend_text(trend: &Trend, style: &Style) -> String {
    let sizes: Vec<String> = trend.snapshots.iter().map(|totals| style.size(totals.total_size)).collect();
    let identity = match trend.identity {
        Identity::SameProcess => "one process",
        Identity::DifferentProcess => "different processes",
    };
    let first = format!("{} snapshots of {identity}: ", trend.snapshots.len());
    let mut text = paragraph(style, (Ink::Plain, &first), 0, Ink::Strong, &series(&sizes));
    let windows = trend.snapshots.len().saturating_sub(1);
    if let Some(rounds) = trend.rounds.as_ref().and_then(|rounds| rounds.of_windows(windows)) {
        let rounds: Vec<String> = rounds.iter().map(|&rounds| figures::grouped(rounds.into())).collect();
        let line = format!("{}s between them: {}", trend.unit, rounds.join(", "));
        text.push_str(&paragraph(style, (Ink::Plain, ""), 0, Ink::Plain, &line));
    }
    let rows = &trend.rows[..style.limit.unwrap_or(usize::MAX).min(trend.rows.len())];
    let (grown, backlog): (Vec<&TrendRow>, Vec<&TrendRow>) = rows.iter().partition(|row| row.pace != RowPace::Backlog);
    text.push('\n');
    if grown.is_empty() {
        text.push_str(&style.paint(Ink::Calm, "Nothing grew from each snapshot to the next."));
        text.push('\n');
    } else {
        text.push_str("Grew from each snapshot to the next:\n");
        text.push_str(&growth(trend, &grown, style));
    }
    if !backlog.is_empty() {
        text.push_str("\nGrew, and fell again (work that piled up and was done, no leak):\n");
        text.push_str(&backlogs(&backlog, style));
    }
    let mut remark = |remark: &str| text.push_str(&format!("\n{}\n", style.paint(Ink::Faint, remark)));
    let more = trend.row_count - rows.len() as u64;
    if more > 0 {
        remark(&format!("… and {}.", figures::counted(more, "more place")));
    }
    if trend.ignored > 0 {
        let are = if trend.ignored == 1 { "is" } else { "are" };
        remark(&format!("{} {are} ignored by rules.", figures::counted(trend.ignored, "place")));
    }
    text
}

fn growth(trend: &Trend, rows: &[&TrendRow], style: &Style) -> String {
    let unit = if trend.rounds.is_some() { trend.unit.as_str() } else { "snapshot" };
    let mut table = Table::new(vec![
        Column::names("").kept(),
        Column::names("what"),
        Column::names("how many").kept(),
        Column::names(&format!("per {unit}")).kept(),
        Column::figures(&format!("bytes per {unit}")),
        Column::figures("in all"),
    ]);
    for (at, row) in rows.iter().enumerate() {
        let rate = row.per_round.unwrap_or(row.slope);
        let (pace, ink) = match row.pace {
            _ if row.exact => (", exactly", Ink::Alarm),
            RowPace::Uneven => (", unevenly", Ink::Plain),
            RowPace::Waning => (", less and less", Ink::Plain),
            RowPace::Steady | RowPace::Backlog => ("", Ink::Plain),
        };
        let sign = if rate.count > 0.0 { "+" } else { "" };
        table.row(vec![
            Cell::from(format!("{}.", at + 1)),
            Cell::new(Ink::Strong, &row.class_name.to_str()),
            Cell::from(counts(row)),
            Cell::new(ink, &format!("{sign}{}{pace}", figures::ratio(rate.count))),
            Cell::from(style.signed_size(rate.bytes.round() as i64)),
            Cell::from(style.signed_size(row.size_deltas.iter().sum())),
        ]);
    }
    with_paths(&table, rows, style)
}

/// What has gone again: only how much there was.
fn backlogs(rows: &[&TrendRow], style: &Style) -> String {
    let mut table = Table::new(vec![
        Column::names("").kept(),
        Column::names("what"),
        Column::names("how many").kept(),
        Column::figures("at most"),
    ]);
    for (at, row) in rows.iter().enumerate() {
        table.row(vec![
            Cell::from(format!("{}.", at + 1)),
            Cell::new(Ink::Strong, &row.class_name.to_str()),
            Cell::from(counts(row)),
            Cell::from(style.size(row.sizes.iter().copied().max().unwrap_or(0))),
        ]);
    }
    with_paths(&table, rows, style)
}

/// The lines of a table, each with what else there is to tell of its row.
fn with_paths(table: &Table, rows: &[&TrendRow], style: &Style) -> String {
    let lines = table.lines(style);
    let mut lines = lines.lines();
    let mut text = format!("{}\n", lines.next().unwrap_or_default());
    let indent = " ".repeat(INDENT);
    let below = |text: &mut String, ink: Ink, line: &str| {
        let line = shortened(line, style.columns() - INDENT);
        text.push_str(&format!("{indent}{}\n", style.paint(ink, &line)));
    };
    for (line, row) in lines.zip(rows) {
        text.push_str(line);
        text.push('\n');
        below(&mut text, Ink::Plain, &row.path_text());
        if !row.also.is_empty() {
            let also: Vec<_> = row.also.iter().map(|class| class.to_str()).collect();
            below(&mut text, Ink::Faint, &format!("with {}", also.join(", ")));
        }
        if let Some(location) = &row.location {
            let function = location.function_name.as_ref().map(ToString::to_string).filter(|name| !name.is_empty());
            let function = function.map_or_else(String::new, |name| format!(" ({name})"));
            below(&mut text, Ink::Place, &format!("{}{function}", places::place(location)));
        }
    }
    text
}

fn counts(row: &TrendRow) -> String {
    series(&row.counts.iter().map(|&count| figures::grouped(count)).collect::<Vec<_>>())
}

/// Values with arrows between them; of many only the ends.
fn series(values: &[String]) -> String {
    match values {
        [first, .., last] if values.len() > MOST_COUNTS => format!("{first} -> … -> {last}"),
        _ => values.join(" -> "),
    }
}
