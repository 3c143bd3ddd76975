//! The listener audit as text: emitters with their events, who made the listeners, and how many more there are.

use super::layout::{Align, Table, shortened};
use super::path;
use crate::analysis::figures;
use crate::analysis::places;
use crate::causes::{AuditedEmitter, AuditedEvent, EmitterKind, ListenerAudit};

/// At most so many emitters are shown.
const EMITTERS: usize = 20;
/// And of each so many events, and of each event so many places.
const EVENTS: usize = 10;
const SITES: usize = 3;
/// Names are shortened to so many characters.
const NAME_LENGTH: usize = 40;

/// The text.
pub fn listeners_text(audit: &ListenerAudit) -> String {
    let mut text = format!(
        "{} on {}; {} over the limit.\n",
        figures::counted(audit.total_listeners, "listener"),
        figures::counted(audit.emitter_count, "emitter"),
        match audit.over_limit.len() {
            0 => "none is".to_owned(),
            1 => "1 is".to_owned(),
            several => format!("{several} are"),
        }
    );
    for emitter in audit.emitters.iter().take(EMITTERS) {
        text.push('\n');
        text.push_str(&emitter_text(emitter));
    }
    let shown = audit.emitters.len().min(EMITTERS) as u64;
    if audit.emitter_count > shown {
        text.push_str(&format!("\n… and {}\n", figures::counted(audit.emitter_count - shown, "more emitter")));
    }
    text
}

fn emitter_text(emitter: &AuditedEmitter) -> String {
    let kind = match emitter.kind {
        EmitterKind::EventEmitter => "EventEmitter",
        EmitterKind::EventTarget => "EventTarget",
        EmitterKind::EmitterLike => "emitter-like",
    };
    let limit = emitter.max_listeners.map_or_else(String::new, |limit| format!(", limit {limit}"));
    let name = shortened(&emitter.name.to_str(), NAME_LENGTH);
    let mut text = format!("{name} {} ({kind}{limit})\n", emitter.id);
    if !emitter.path.is_empty() {
        text.push_str(&format!("  held by {}\n", path::line(&emitter.path)));
    }
    let mut table = Table::new(&[
        ("  event", Align::Left),
        ("count", Align::Right),
        ("growth", Align::Right),
        ("keeps", Align::Right),
        ("created at", Align::Left),
    ]);
    for event in emitter.events.iter().take(EVENTS) {
        rows(&mut table, event);
    }
    text.push_str(&table.lines());
    if let Some(more) = emitter.events.len().checked_sub(EVENTS).filter(|&more| more > 0) {
        text.push_str(&format!("  … and {}\n", figures::counted(more as u64, "more event")));
    }
    text
}

/// A row per place; the event's own figures stand in the first.
fn rows(table: &mut Table, event: &AuditedEvent) {
    for (at, site) in event.sites.iter().take(SITES).enumerate() {
        let first = at == 0;
        let place = site.location.as_ref().map_or_else(|| "(built-in)".to_owned(), places::place);
        let function = shortened(&site.function_name.to_str(), NAME_LENGTH);
        let function = if function.is_empty() { String::new() } else { format!(" {function}") };
        let times = if event.sites.len() > 1 { format!("{} × ", figures::grouped(site.count)) } else { String::new() };
        table.row(vec![
            if first { format!("  {}", shortened(&event.event.to_str(), NAME_LENGTH)) } else { String::new() },
            if first { figures::grouped(event.count) } else { String::new() },
            if first { event.growth.map_or_else(String::new, figures::signed_count) } else { String::new() },
            figures::size(site.retained_size),
            format!("{times}{place}{function}"),
        ]);
    }
    if let Some(more) = event.sites.len().checked_sub(SITES).filter(|&more| more > 0) {
        let cells = ["", "", "", "", &format!("… and {}", figures::counted(more as u64, "more place"))];
        table.row(cells.map(str::to_owned).to_vec());
    }
}
