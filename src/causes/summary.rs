//! The leak summary: what all causes find in one snapshot, or in the growth from one to the next.
//!
//! `O(n + e)` for the older and the newer snapshot together, and the search for a path per finding.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::case::{Case, Explained, Window};
use super::finding::{Evidence, Finding};
use super::{CAUSES, HEALTHY, allocated, application, libraries};
use crate::analysis::diff::{Identity, Totals};
use crate::analysis::disclosure::StringContents;
use crate::analysis::ignore::{self, Accusation, IgnoreRule};
use crate::analysis::pace::Rounds;
use crate::analysis::source_maps::SourceMapOptions;
use crate::analysis::sources::Sources;
use crate::cancel::CancelToken;
use crate::error::Result;
use crate::graph::Snapshot;

/// From this confidence on a finding is called a leak.
pub(super) const LEAK: f64 = 0.7;
/// Evidence that names the class of what piles up.
const CLASSES_OF_MEMBERS: [&str; 2] = ["members", "values"];

/// What a summary takes for granted, and what it may tell.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SummaryOptions {
    /// How many rounds of the same work lay between the snapshots.
    pub rounds: Option<u32>,
    /// What a round is called.
    pub unit: String,
    /// Takes the snapshots for ones of one process, or of two, whatever they look like.
    pub identity: Option<Identity>,
    /// Whether answers may hold contents of strings.
    pub strings: StringContents,
    /// At most so many findings.
    pub limit: usize,
    /// What is known and accepted.
    pub ignore: Vec<IgnoreRule>,
    /// Where source maps are looked for.
    pub source_maps: SourceMapOptions,
}

impl Default for SummaryOptions {
    fn default() -> Self {
        Self {
            rounds: None,
            unit: "round".to_owned(),
            identity: None,
            strings: StringContents::None,
            limit: 10,
            ignore: Vec::new(),
            source_maps: SourceMapOptions::default(),
        }
    }
}

/// How bad it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Verdict {
    /// Something grew that should not.
    Leak,
    /// Something looks as if it did.
    Suspicious,
    /// Nothing was found.
    Clean,
}

/// What was looked at.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Mode {
    /// One snapshot.
    Single,
    /// Two.
    Diff,
    /// Three or more.
    Trend,
}

/// The leak summary.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Summary {
    /// Version of this shape.
    pub schema_version: u32,
    /// How bad it is.
    pub verdict: Verdict,
    /// What was looked at.
    pub mode: Mode,
    /// Whether the snapshots are of one process; absent for a single one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identity: Option<Identity>,
    /// Rounds between the snapshots, as the caller said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rounds: Option<Rounds>,
    /// What a round is called.
    pub unit: String,
    /// The older snapshot, or the oldest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<Totals>,
    /// The newer snapshot, or the newest, or the only one.
    pub after: Totals,
    /// All of a series, the oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub snapshots: Vec<Totals>,
    /// The one to fix first comes first.
    pub findings: Vec<Finding>,
    /// How many more there are that rules of the caller's ignore.
    pub ignored: u64,
}

impl Summary {
    /// Takes out what rules match, as if [`summarize`] had been told of them; the verdict is about the rest.
    pub fn without(self, rules: &[IgnoreRule]) -> Self {
        let told = Told::of(self.findings, usize::MAX, rules);
        Self { findings: told.findings, ignored: self.ignored + told.ignored, verdict: told.verdict, ..self }
    }
}

/// Summarizes one snapshot, or the growth from `before` to `after`.
pub fn summarize(
    before: Option<&Snapshot>,
    after: &Snapshot,
    options: &SummaryOptions,
    cancel: &CancelToken,
) -> Result<Summary> {
    before.map_or(Ok(()), |before| before.heap.whole())?;
    after.heap.whole()?;
    let identity = match (before, options.identity) {
        (None, _) => None,
        (Some(_), Some(identity)) => Some(identity),
        (Some(before), None) => Some(Identity::of(&before.heap, &after.heap, cancel)?),
    };
    let window = Window { rounds: options.rounds, unit: options.unit.clone(), is_of_series: false };
    let is_same_process = identity == Some(Identity::SameProcess);
    let case = Case::new(before, after, is_same_process, window, options.strings)
        .with_sources(Arc::new(Sources::new(&options.source_maps)));
    let told = Told::of(findings(&case, cancel)?, options.limit, &options.ignore);
    Ok(Summary {
        schema_version: 1,
        verdict: told.verdict,
        mode: if before.is_some() { Mode::Diff } else { Mode::Single },
        identity,
        rounds: options.rounds.filter(|_| before.is_some()).map(Rounds::Each),
        unit: options.unit.clone(),
        before: before.map(Totals::of),
        after: Totals::of(after),
        snapshots: Vec::new(),
        findings: told.findings,
        ignored: told.ignored,
    })
}

/// What all causes find in a case, each thing once, in the order of the causes.
pub(super) fn findings(case: &Case<'_>, cancel: &CancelToken) -> Result<Vec<Finding>> {
    let mut explained = Explained::nothing(case);
    let mut findings = Vec::new();
    let mut explains = Vec::new();
    for cause in CAUSES {
        // What the causes before have explained; nobody asks after the last.
        explained.add(case, &explains, cancel)?;
        explains.clear();
        for mut claim in cause.claims(case, &explained, cancel)? {
            if claim.finding.confidence > HEALTHY {
                application::prefer(case, &mut claim, cancel)?;
                libraries::recognise(&mut claim.finding);
                allocated::tell(case, &mut claim, cancel)?;
                findings.push(claim.finding);
            }
            explains.extend(claim.explains);
        }
    }
    Ok(findings)
}

/// What is told of findings: the worst first, without those that are ignored, and no more than asked for.
pub(super) struct Told {
    pub(super) findings: Vec<Finding>,
    pub(super) ignored: u64,
    pub(super) verdict: Verdict,
}

impl Told {
    pub(super) fn of(mut findings: Vec<Finding>, limit: usize, ignore: &[IgnoreRule]) -> Self {
        let all = findings.len();
        findings.retain(|finding| !is_ignored(finding, ignore));
        let ignored = (all - findings.len()) as u64;
        findings.sort_by(|a, b| rank(b).partial_cmp(&rank(a)).unwrap_or(std::cmp::Ordering::Equal));
        findings.truncate(limit);
        let is_leak = |finding: &Finding| finding.growth.is_some() && finding.confidence >= LEAK;
        let verdict = match findings.as_slice() {
            [] => Verdict::Clean,
            findings if findings.iter().any(is_leak) => Verdict::Leak,
            _ => Verdict::Suspicious,
        };
        Self { findings, ignored, verdict }
    }
}

/// What makes a finding urgent: how sure it is, times the bytes at stake.
fn rank(finding: &Finding) -> f64 {
    let bytes = finding.growth.as_ref().map_or(finding.retained_size, |growth| growth.bytes);
    finding.confidence * bytes.max(1) as f64
}

fn is_ignored(finding: &Finding, rules: &[IgnoreRule]) -> bool {
    if rules.is_empty() {
        return false;
    }
    let owner = finding.owner.class_name.to_str();
    let mut class_names = vec![&*owner];
    class_names.extend(CLASSES_OF_MEMBERS.iter().filter_map(|name| match finding.evidence.get(name) {
        Some(Evidence::Text(class_name)) => Some(class_name.as_str()),
        _ => None,
    }));
    let path = ignore::path_text(&finding.path);
    let accused = Accusation {
        signature: &finding.signature,
        cause: Some(finding.cause),
        class_names: &class_names,
        path: &path,
    };
    ignore::is_ignored(rules, &accused)
}
