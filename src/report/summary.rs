//! The leak summary as text: first the verdict and the worst finding in a sentence, then every finding with what one needs
//! to go and fix it.

use super::layout::paragraph;
use super::path;
use crate::analysis::diff::{Identity, Totals};
use crate::analysis::figures;
use crate::causes::{Evidence, Finding, Growth, Held, Mode, Summary, Verdict};

/// The text.
pub fn summary_text(summary: &Summary) -> String {
    let mut text = paragraph("", &sentence(summary));
    text.push_str(&format!("{}\n", heap(summary)));
    for (at, finding) in summary.findings.iter().enumerate() {
        text.push('\n');
        text.push_str(&finding_text(summary, at + 1, finding));
    }
    if summary.ignored > 0 {
        let findings = figures::counted(summary.ignored, "finding");
        let are = if summary.ignored == 1 { "is" } else { "are" };
        text.push_str(&format!("\n{findings} {are} ignored by rules.\n"));
    }
    text
}

/// `LEAK: 400 'x' listeners on process, all created at a.js:1:2: +1 per request.`
fn sentence(summary: &Summary) -> String {
    let verdict = match summary.verdict {
        Verdict::Leak => "LEAK",
        Verdict::Suspicious => "SUSPICIOUS",
        Verdict::Clean => "CLEAN",
    };
    match summary.findings.first() {
        Some(finding) => {
            let rate =
                finding.growth.as_ref().map_or_else(String::new, |growth| format!(": {}", rate(summary, growth)));
            format!("{verdict}: {}{rate}.", finding.title)
        }
        None if summary.mode == Mode::Single => format!("{verdict}: nothing is suspicious by its size or shape."),
        None if summary.mode == Mode::Trend => {
            format!("{verdict}: nothing grew in step with the {}s.", summary.unit)
        }
        None => format!("{verdict}: nothing grew that should not."),
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

fn heap(summary: &Summary) -> String {
    let size = |totals: &Totals| figures::size(totals.total_size);
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
    format!("Heap: {} ({}{rounds}).{identity}", sizes.join(" -> "), figures::signed_size(delta))
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

fn finding_text(summary: &Summary, number: usize, finding: &Finding) -> String {
    let mut text = paragraph(&format!("{number}. "), &finding.title);
    let mut field = |name: &str, value: &str| text.push_str(&paragraph(&label(name), value));
    if let Some(growth) = &finding.growth {
        let bytes = figures::signed_size(growth.bytes as i64);
        let count = figures::signed_count(growth.count as i64);
        let mut value = match (growth.per_round, rounds(summary)) {
            (Some(_), Some(rounds)) => format!("{}: {count} and {bytes} in {rounds}", rate(summary, growth)),
            _ => format!("{count} and {bytes}"),
        };
        if let Some(Evidence::Text(counts)) = finding.evidence.get("counts") {
            value.push_str(&format!("; {counts} in the snapshots"));
        }
        field("growth", &value);
    }
    let share = figures::percent(finding.share);
    field("keeps", &format!("{}, {share} of the heap", figures::size(finding.retained_size)));
    if finding.path.is_empty() {
        field("held by", "nothing that the snapshot shows");
    } else {
        field("held by", &path::line(&finding.path));
    }
    for held in &finding.holds {
        text.push_str(&held_text(finding, held));
    }
    let mut field = |name: &str, value: &str| text.push_str(&paragraph(&label(name), value));
    field("do", &finding.advice);
    let confidence = figures::percent(finding.confidence);
    field("cause", &format!("{}, {confidence} sure, signature {}", finding.cause, finding.signature));
    text
}

/// What one of them keeps, and through what.
fn held_text(finding: &Finding, held: &Held) -> String {
    let indent = " ".repeat(label("").len());
    let first = paragraph(
        &label("each keeps"),
        &format!("{}, most of it one {}, through", figures::size(held.retained_size), path::node(&held.node)),
    );
    let is_from_owner = held.path.first().is_some_and(|step| step.edge_type != "context");
    let top = if is_from_owner { path::node(&finding.owner) } else { "the listener".to_owned() };
    format!("{first}{indent}{}", path::tree(&top, &held.path, &indent))
}

fn label(name: &str) -> String {
    format!("   {name:<12}")
}
