//! The leak summary as text: first the verdict and the worst finding in a sentence, then every finding with what one needs
//! to go and fix it.

use super::layout::paragraph;
use super::path;
use super::style::{Ink, Style};
use crate::analysis::diff::{Identity, Totals};
use crate::analysis::figures;
use crate::analysis::places;
use crate::causes::{Evidence, Finding, Growth, Held, Mode, Summary, Verdict};

/// The text.
pub fn summary_text(summary: &Summary, style: &Style) -> String {
    let (verdict, ink) = verdict(summary);
    let first = format!("{verdict}: ");
    let mut text = paragraph(style, (ink, &first), 0, Ink::Strong, &outcome(summary));
    text.push_str(&paragraph(style, (Ink::Plain, ""), 0, Ink::Plain, &heap(summary, style)));
    for (at, finding) in summary.findings.iter().enumerate() {
        text.push('\n');
        text.push_str(&finding_text(summary, at + 1, finding, style));
    }
    if summary.ignored > 0 {
        let findings = figures::counted(summary.ignored, "finding");
        let are = if summary.ignored == 1 { "is" } else { "are" };
        text.push_str(&format!("\n{}\n", style.paint(Ink::Faint, &format!("{findings} {are} ignored by rules."))));
    }
    text
}

/// The verdict as one word, and its colour.
pub(super) fn verdict(summary: &Summary) -> (&'static str, Ink) {
    match summary.verdict {
        Verdict::Leak => ("LEAK", Ink::Alarm),
        Verdict::Suspicious => ("SUSPICIOUS", Ink::Warning),
        Verdict::Clean => ("CLEAN", Ink::Calm),
    }
}

/// `400 'x' listeners on process, all created at a.js:1:2: +1 per request.`
pub(super) fn outcome(summary: &Summary) -> String {
    match summary.findings.first() {
        Some(finding) => {
            let rate =
                finding.growth.as_ref().map_or_else(String::new, |growth| format!(": {}", rate(summary, growth)));
            format!("{}{rate}.", finding.title)
        }
        None if summary.mode == Mode::Single => "nothing is suspicious by its size or shape.".to_owned(),
        None if summary.mode == Mode::Trend => {
            "nothing grew from each snapshot to the next that should not.".to_owned()
        }
        None => "nothing grew that should not.".to_owned(),
    }
}

/// `+1 per request`, or `+300 since the older snapshot` where the number of rounds is not known.
fn rate(summary: &Summary, growth: &Growth) -> String {
    match growth.per_round {
        Some(per_round) => format!("+{} per {}", figures::ratio(per_round), summary.unit),
        None => {
            let first = if summary.mode == Mode::Trend { "first" } else { "older" };
            format!("{} since the {first} snapshot", figures::signed_count(growth.count as i64))
        }
    }
}

/// `Heap: 1.9 MB -> 4.4 MB (+2.6 MB in 300 requests).`
pub(super) fn heap(summary: &Summary, style: &Style) -> String {
    let size = |totals: &Totals| style.size(totals.total_size);
    let Some(before) = &summary.before else { return format!("Heap: {}.", size(&summary.after)) };
    let delta = summary.after.total_size as i64 - before.total_size as i64;
    let rounds = rounds(summary).map_or_else(String::new, |rounds| format!(" in {rounds}"));
    let identity = match summary.identity {
        Some(Identity::DifferentProcess) => {
            " The snapshots are of different processes, so they are compared by place and path."
        }
        _ => "",
    };
    let sizes: Vec<String> = match summary.snapshots.as_slice() {
        [] => vec![size(before), size(&summary.after)],
        all => all.iter().map(size).collect(),
    };
    format!("Heap: {} ({}{rounds}).{identity}", sizes.join(" -> "), style.signed_size(delta))
}

/// `300 requests`, `7 + 13 requests`; nothing where nobody knows.
fn rounds(summary: &Summary) -> Option<String> {
    let windows = summary.snapshots.len().max(2) - 1;
    let rounds = summary.rounds.as_ref()?.of_windows(windows)?;
    let (last, others) = rounds.split_last()?;
    let others: String = others.iter().map(|&rounds| format!("{} + ", figures::grouped(rounds.into()))).collect();
    let last = if others.is_empty() {
        figures::counted((*last).into(), &summary.unit)
    } else {
        format!("{} {}s", figures::grouped((*last).into()), summary.unit)
    };
    Some(others + &last)
}

/// `+1 per request: +300 and +2.6 MB in 300 requests`
pub(super) fn growth(summary: &Summary, finding: &Finding, growth: &Growth, style: &Style) -> String {
    let bytes = style.signed_size(growth.bytes as i64);
    let count = figures::signed_count(growth.count as i64);
    let mut value = match (growth.per_round, rounds(summary)) {
        (Some(_), Some(rounds)) => format!("{}: {count} and {bytes} in {rounds}", rate(summary, growth)),
        _ => format!("{count} and {bytes}"),
    };
    if let Some(Evidence::Text(counts)) = finding.evidence.get("counts") {
        value.push_str(&format!("; {counts} in the snapshots"));
    }
    value
}

/// `3.4 MB, 77 % of the heap`
pub(super) fn keeps(finding: &Finding, style: &Style) -> String {
    format!("{}, {} of the heap", style.size(finding.retained_size), figures::percent(finding.share))
}

/// Where the owner is found.
pub(super) fn held_by(finding: &Finding) -> String {
    if finding.path.is_empty() { "nothing that the snapshot shows".to_owned() } else { path::line(&finding.path) }
}

/// `8.5 kB, most of it one string, 8.2 kB, through`
pub(super) fn each_keeps(held: &Held, style: &Style) -> String {
    format!("{}, most of it one {}, through", style.size(held.retained_size), path::node(&held.node))
}

/// `the listener uses nothing of its scope, …; \`resolve\` keeps one string, 8.1 kB.`: why a shared scope keeps so much.
pub(super) fn why(finding: &Finding) -> Option<String> {
    let (Evidence::Text(why), Evidence::Text(variable)) =
        (finding.evidence.get("sharedScope")?, finding.evidence.get("variable")?)
    else {
        return None;
    };
    // That nobody knows is nothing to tell.
    if finding.evidence.get("usesKnownBy") == Some(&Evidence::Text("unknown".to_owned())) {
        return None;
    }
    let keeps = finding.holds.first().map(|held| format!("; `{variable}` keeps one {}", path::node(&held.node)));
    Some(format!("{why}{}.", keeps.unwrap_or_default()))
}

/// `openSession (app.js:8:21) < handle (app.js:9:18), 300 objects`: the stack of most allocations, if V8 recorded them.
pub(super) fn allocated(finding: &Finding) -> Option<String> {
    match (finding.evidence.get("allocatedBy")?, finding.evidence.get("allocatedCount")?) {
        (Evidence::Text(stack), Evidence::Number(count)) => {
            Some(format!("{stack}, {}", figures::counted(*count, "object")))
        }
        _ => None,
    }
}

/// The place in the program's source, where the title has that of a package, or none. One of the script that the title has without a
/// place in it is not sure enough to be told to people.
fn made_at(finding: &Finding) -> Option<String> {
    let place = finding.location.as_ref().map(places::place)?;
    let file = place.rsplitn(3, ':').last()?;
    (!finding.title.contains(file)).then_some(place)
}

/// The one place that adds to the collection, where nothing else tells it.
fn added_at(finding: &Finding) -> Option<&str> {
    match finding.evidence.get("addedAt")? {
        Evidence::Text(place) if !finding.title.contains(place) && made_at(finding).as_ref() != Some(place) => {
            Some(place)
        }
        _ => None,
    }
}

/// `express-session 1: MemoryStore keeps …`: a known pattern of a package.
pub(super) fn library(finding: &Finding) -> Option<String> {
    let text = |name| match finding.evidence.get(name) {
        Some(Evidence::Text(text)) => Some(text.as_str()),
        _ => None,
    };
    let (package, versions) = (text("library")?, text("libraryVersions")?);
    Some(format!("{package} {versions}: {} {}", text("libraryNote")?, text("libraryUrl")?))
}

/// Where the path of what is held starts.
pub(super) fn top(finding: &Finding, held: &Held) -> String {
    let is_from_owner = held.path.first().is_some_and(|step| step.edge_type != "context");
    if is_from_owner { path::node(&finding.owner) } else { "the listener".to_owned() }
}

/// `listeners, 99 % sure, signature 025cc63552a7182b`
pub(super) fn cause(finding: &Finding) -> String {
    let confidence = figures::percent(finding.confidence);
    format!("{}, {confidence} sure, signature {}", finding.cause, finding.signature)
}

pub(super) fn finding_text(summary: &Summary, number: usize, finding: &Finding, style: &Style) -> String {
    let number = format!("{number}. ");
    let mut text = paragraph(style, (Ink::Strong, &number), number.len(), Ink::Strong, &finding.title);
    let field = |name: &str, value: &str| {
        let label = label(name);
        paragraph(style, (Ink::Faint, &label), label.len(), Ink::Plain, value)
    };
    if let Some(grown) = &finding.growth {
        text.push_str(&field("growth", &growth(summary, finding, grown, style)));
    }
    if let Some(place) = made_at(finding) {
        text.push_str(&field("made at", &place));
    }
    if let Some(place) = added_at(finding) {
        text.push_str(&field("added at", place));
    }
    text.push_str(&field("keeps", &keeps(finding, style)));
    text.push_str(&field("held by", &held_by(finding)));
    for held in &finding.holds {
        text.push_str(&field("each keeps", &each_keeps(held, style)));
        text.push_str(&path::tree(style, &top(finding, held), &held.path, label("").len()));
    }
    if let Some(why) = why(finding) {
        text.push_str(&field("why", &why));
    }
    if let Some(allocated) = allocated(finding) {
        text.push_str(&field("made by", &allocated));
    }
    if let Some(library) = library(finding) {
        text.push_str(&field("library", &library));
    }
    text.push_str(&field("do", &finding.advice));
    text.push_str(&field("cause", &cause(finding)));
    text
}

fn label(name: &str) -> String {
    format!("   {name:<12}")
}
