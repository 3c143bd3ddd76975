//! The listener audit as text: emitters with their events, who made the listeners, and how many more there are.

use super::layout::{Cell, Column, Table, paragraph, shortened};
use super::path;
use super::style::{Ink, Style};
use crate::analysis::figures;
use crate::analysis::places;
use crate::causes::{AuditedEmitter, AuditedEvent, EmitterKind, ListenerAudit};

/// At most so many emitters are shown, if nobody says.
const EMITTERS: usize = 20;
/// And of each so many events, and of each event so many places.
const EVENTS: usize = 10;
const SITES: usize = 3;
/// Names are shortened to so many columns.
const NAME_LENGTH: usize = 40;

/// The text.
pub fn listeners_text(audit: &ListenerAudit, style: &Style) -> String {
    let most = style.limit.unwrap_or(EMITTERS);
    let (over, ink) = match audit.over_limit.len() {
        0 => ("none is over the limit.".to_owned(), Ink::Plain),
        1 => ("1 is over the limit.".to_owned(), Ink::Warning),
        several => (format!("{several} are over the limit."), Ink::Warning),
    };
    let mut text = format!(
        "{} on {}; {}\n",
        figures::counted(audit.total_listeners, "listener"),
        figures::counted(audit.emitter_count, "emitter"),
        style.paint(ink, &over)
    );
    for emitter in audit.emitters.iter().take(most) {
        text.push('\n');
        text.push_str(&emitter_text(emitter, style));
    }
    let shown = audit.emitters.len().min(most) as u64;
    if audit.emitter_count > shown {
        let more = format!("… and {}", figures::counted(audit.emitter_count - shown, "more emitter"));
        text.push_str(&format!("\n{}\n", style.paint(Ink::Faint, &more)));
    }
    text
}

fn emitter_text(emitter: &AuditedEmitter, style: &Style) -> String {
    let kind = match emitter.kind {
        EmitterKind::EventEmitter => "EventEmitter",
        EmitterKind::EventTarget => "EventTarget",
        EmitterKind::EmitterLike => "emitter-like",
    };
    let limit = emitter.max_listeners.map_or_else(String::new, |limit| format!(", limit {limit}"));
    let name = format!("{} {}", shortened(&emitter.name.to_str(), NAME_LENGTH), emitter.id);
    let mut text = format!("{} ({kind}{limit})\n", style.paint(Ink::Strong, &name));
    if !emitter.path.is_empty() {
        text.push_str(&paragraph(style, (Ink::Faint, "  held by "), 10, Ink::Plain, &path::line(&emitter.path)));
    }
    let mut table = Table::new(vec![
        Column::names("event"),
        Column::figures("count"),
        Column::figures("growth"),
        Column::figures("keeps"),
        Column::names("created at"),
    ])
    .indented(2);
    for event in emitter.events.iter().take(EVENTS) {
        rows(&mut table, event, emitter.max_listeners, style);
    }
    text.push_str(&table.lines(style));
    if let Some(more) = emitter.events.len().checked_sub(EVENTS).filter(|&more| more > 0) {
        let more = format!("… and {}", figures::counted(more as u64, "more event"));
        text.push_str(&format!("  {}\n", style.paint(Ink::Faint, &more)));
    }
    text
}

/// A row per place; the event's own figures stand in the first.
fn rows(table: &mut Table, event: &AuditedEvent, limit: Option<u32>, style: &Style) {
    let is_over = limit.is_some_and(|limit| limit > 0 && event.count > u64::from(limit));
    let ink = if is_over { Ink::Warning } else { Ink::Plain };
    for (at, site) in event.sites.iter().take(SITES).enumerate() {
        let first = at == 0;
        let place = site.location.as_ref().map_or_else(|| "(built-in)".to_owned(), places::place);
        let function = shortened(&site.function_name.to_str(), NAME_LENGTH);
        let function = if function.is_empty() { String::new() } else { format!(" {function}") };
        let times = if event.sites.len() > 1 { format!("{} × ", figures::grouped(site.count)) } else { String::new() };
        table.row(vec![
            if first { shortened(&event.event.to_str(), NAME_LENGTH).into() } else { Cell::default() },
            if first { Cell::new(ink, &figures::grouped(event.count)) } else { Cell::default() },
            if first {
                event.growth.map_or_else(Cell::default, |it| figures::signed_count(it).into())
            } else {
                Cell::default()
            },
            style.size(site.retained_size).into(),
            Cell::new(Ink::Place, &format!("{times}{place}{function}")),
        ]);
    }
    if let Some(more) = event.sites.len().checked_sub(SITES).filter(|&more| more > 0) {
        let more = format!("… and {}", figures::counted(more as u64, "more place"));
        let mut cells = vec![Cell::default(); 4];
        cells.push(Cell::new(Ink::Faint, &more));
        table.row(cells);
    }
}
