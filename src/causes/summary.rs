//! The leak summary: what all causes find in one snapshot, or in the growth from one to the next.
//!
//! `O(n + e)` for the older and the newer snapshot together, and the search for a path per finding.

use serde::{Deserialize, Serialize};

use super::case::{Case, Explained, Window};
use super::finding::Finding;
use super::{CAUSES, HEALTHY};
use crate::analysis::diff::{Identity, Totals};
use crate::analysis::redact::StringContents;
use crate::cancel::CancelToken;
use crate::error::Result;
use crate::graph::Snapshot;

/// From this confidence on a finding is called a leak.
const LEAK: f64 = 0.7;

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
}

impl Default for SummaryOptions {
    fn default() -> Self {
        Self { rounds: None, unit: "round".to_owned(), identity: None, strings: StringContents::None, limit: 10 }
    }
}

/// How bad it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
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
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Mode {
    /// One snapshot.
    Single,
    /// Two.
    Diff,
}

/// The leak summary.
#[derive(Clone, Debug, Serialize)]
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
    pub rounds: Option<u32>,
    /// What a round is called.
    pub unit: String,
    /// The older snapshot.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<Totals>,
    /// The newer snapshot, or the only one.
    pub after: Totals,
    /// The one to fix first comes first.
    pub findings: Vec<Finding>,
}

/// Summarizes one snapshot, or the growth from `before` to `after`.
pub fn summarize(
    before: Option<&Snapshot>,
    after: &Snapshot,
    options: &SummaryOptions,
    cancel: &CancelToken,
) -> Result<Summary> {
    let identity = match (before, options.identity) {
        (None, _) => None,
        (Some(_), Some(identity)) => Some(identity),
        (Some(before), None) => Some(Identity::of(&before.heap, &after.heap, cancel)?),
    };
    let window = Window { rounds: options.rounds, unit: options.unit.clone() };
    let is_same_process = identity == Some(Identity::SameProcess);
    let case = Case::new(before, after, is_same_process, window, options.strings);
    let mut explained = Explained::nothing(&case);
    let mut findings = Vec::new();
    let mut explains = Vec::new();
    for cause in CAUSES {
        // What the causes before have explained; nobody asks after the last.
        explained.add(&case, &explains, cancel)?;
        explains.clear();
        for claim in cause.claims(&case, &explained, cancel)? {
            if claim.finding.confidence > HEALTHY {
                findings.push(claim.finding);
            }
            explains.extend(claim.explains);
        }
    }
    findings.sort_by(|a, b| rank(b).partial_cmp(&rank(a)).unwrap_or(std::cmp::Ordering::Equal));
    findings.truncate(options.limit);
    let is_leak = |finding: &Finding| finding.growth.is_some() && finding.confidence >= LEAK;
    let verdict = match findings.as_slice() {
        [] => Verdict::Clean,
        findings if findings.iter().any(is_leak) => Verdict::Leak,
        _ => Verdict::Suspicious,
    };
    Ok(Summary {
        schema_version: 1,
        verdict,
        mode: if before.is_some() { Mode::Diff } else { Mode::Single },
        identity,
        rounds: options.rounds.filter(|_| before.is_some()),
        unit: options.unit.clone(),
        before: before.map(Totals::of),
        after: Totals::of(after),
        findings,
    })
}

/// What makes a finding urgent: how sure it is, times the bytes at stake.
fn rank(finding: &Finding) -> f64 {
    let bytes = finding.growth.as_ref().map_or(finding.retained_size, |growth| growth.bytes);
    finding.confidence * bytes.max(1) as f64
}
