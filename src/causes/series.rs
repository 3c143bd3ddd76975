//! The leak summary of a series of snapshots: what grew in every window between two neighbours, and in step with the rounds.
//!
//! Two snapshots cannot tell a cache that is still filling from a leak; three can. Every window is looked at as a pair, so
//! that two snapshots are in memory at a time; then the findings of the windows are joined, by signature or by owner, and
//! their growth is judged as a whole ([`pace`]). What grew only once, or fell again, is not told.
//!
//! Time is that of the pairs; kept are the findings of each window.

use std::sync::Arc;

use serde::Deserialize;

use super::case::{Case, Window};
use super::finding::{Finding, Growth, ROOM};
use super::summary::{LEAK, Mode, Summary, SummaryOptions, Told, findings};
use crate::analysis::diff::{Identity, Totals};
use crate::analysis::disclosure::StringContents;
use crate::analysis::figures;
use crate::analysis::pace::{self, Pace, Rounds};
use crate::analysis::source_maps::SourceMapOptions;
use crate::analysis::sources::Sources;
use crate::cancel::CancelToken;
use crate::error::Result;
use crate::graph::Snapshot;

/// What is out of step with the rounds is no more than a suspicion.
const SUSPICION: f64 = 0.6;
/// What grew by a multiple of the rounds in every window is at least so sure.
const EXACT: f64 = 0.97;
/// Nothing is surer,
const SUREST: f64 = 0.99;
/// and of different processes, which may differ for better reasons than a leak, nothing than this.
const SUREST_ACROSS: f64 = 0.9;

/// What is taken for granted of a series.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SeriesOptions {
    /// How many rounds of the same work were done in each window.
    pub rounds: Option<Rounds>,
    /// What a round is called.
    pub unit: String,
    /// Takes the snapshots for ones of one process, or of several, whatever they look like.
    pub identity: Option<Identity>,
    /// Whether answers may hold contents of strings.
    pub strings: StringContents,
    /// Where source maps are looked for.
    pub source_maps: SourceMapOptions,
}

impl Default for SeriesOptions {
    fn default() -> Self {
        Self {
            rounds: None,
            unit: "round".to_owned(),
            identity: None,
            strings: StringContents::None,
            source_maps: SourceMapOptions::default(),
        }
    }
}

/// The windows of a series, as far as they have been seen.
pub struct Series {
    options: SeriesOptions,
    sources: Arc<Sources>,
    is_pair: bool,
    snapshots: Vec<Totals>,
    identity: Identity,
    windows: Vec<Vec<Finding>>,
}

impl Series {
    /// A series of `count` snapshots, of which `first` is the oldest. Two are a pair, and judged as one.
    pub fn new(first: &Snapshot, count: usize, options: SeriesOptions) -> Self {
        let snapshots = vec![Totals::of(first)];
        let sources = Arc::new(Sources::new(&options.source_maps));
        Self { options, sources, is_pair: count <= 2, snapshots, identity: Identity::SameProcess, windows: Vec::new() }
    }

    /// Adds a snapshot; `last` is the one that was added before it. `O(n + e)` of both.
    pub fn add(&mut self, last: &Snapshot, next: &Snapshot, cancel: &CancelToken) -> Result<()> {
        let identity = match self.options.identity {
            Some(identity) => identity,
            None => Identity::of(&last.heap, &next.heap, cancel)?,
        };
        let rounds = match &self.options.rounds {
            None => None,
            Some(Rounds::Each(rounds)) => Some(*rounds),
            Some(Rounds::List(list)) => list.get(self.windows.len()).copied(),
        };
        let window = Window { rounds, unit: self.options.unit.clone(), is_of_series: !self.is_pair };
        let is_same_process = identity == Identity::SameProcess;
        let case = Case::new(Some(last), next, is_same_process, window, self.options.strings)
            .with_sources(Arc::clone(&self.sources));
        self.windows.push(findings(&case, cancel)?);
        self.snapshots.push(Totals::of(next));
        if !is_same_process {
            self.identity = Identity::DifferentProcess;
        }
        Ok(())
    }

    /// Whether all snapshots so far are of one process.
    pub fn identity(&self) -> Identity {
        self.identity
    }

    /// What the source says.
    pub fn sources(&self) -> Arc<Sources> {
        Arc::clone(&self.sources)
    }

    /// The summary of the windows so far; of the options only what is to be told counts.
    pub fn summary(&self, options: &SummaryOptions) -> Summary {
        let told = Told::of(self.joined(), options.limit, &options.ignore);
        let (before, after) = (&self.snapshots[0], &self.snapshots[self.snapshots.len() - 1]);
        Summary {
            schema_version: 1,
            verdict: told.verdict,
            mode: if self.is_pair { Mode::Diff } else { Mode::Trend },
            identity: Some(self.identity),
            rounds: self.options.rounds.clone(),
            unit: self.options.unit.clone(),
            before: Some(before.clone()),
            after: after.clone(),
            snapshots: if self.is_pair { Vec::new() } else { self.snapshots.clone() },
            findings: told.findings,
            ignored: told.ignored,
        }
    }

    /// The findings of the last window that are in all others too, with the growth of all, where it is that of a leak.
    fn joined(&self) -> Vec<Finding> {
        let Some((last, earlier)) = self.windows.split_last() else { return Vec::new() };
        if self.is_pair {
            return last.clone();
        }
        let join = |finding: &Finding| {
            let mut parts: Vec<&Finding> = Vec::new();
            for window in earlier {
                parts.push(self.same(window, finding)?);
            }
            parts.push(finding);
            self.judge(&parts)
        };
        last.iter().filter_map(join).collect()
    }

    /// The finding of another window that is the same leak: by signature, or by owner, as a window with little in it may show
    /// a leak in another light.
    fn same<'a>(&self, window: &'a [Finding], finding: &Finding) -> Option<&'a Finding> {
        let is_owner = |other: &&Finding| self.identity == Identity::SameProcess && other.owner.id == finding.owner.id;
        let is_equal = |other: &&Finding| other.signature == finding.signature;
        let equal = || window.iter().filter(is_equal);
        equal().find(is_owner).or_else(|| equal().next()).or_else(|| window.iter().find(is_owner))
    }

    /// What is told of a leak that is in every window; nothing, if it is none.
    fn judge(&self, parts: &[&Finding]) -> Option<Finding> {
        let growths: Vec<&Growth> = parts.iter().map(|part| part.growth.as_ref()).collect::<Option<_>>()?;
        let deltas: Vec<i64> = growths.iter().map(|growth| i64::try_from(growth.count).unwrap_or(i64::MAX)).collect();
        // Room is made in steps, which keep no pace.
        let is_of_room = parts.iter().any(|part| part.evidence.contains_key(ROOM));
        let rounds = self.options.rounds.as_ref().filter(|_| !is_of_room);
        let rounds = rounds.and_then(|rounds| rounds.of_windows(parts.len()));
        let rounds = rounds.as_deref();
        let least_sure = parts.iter().map(|part| part.confidence).fold(SUREST, f64::min);
        // Every window that agrees halves the doubt; doubts about the thing itself remain.
        let surer = if least_sure < LEAK { least_sure } else { 1.0 - (1.0 - least_sure) / 2.0 };
        // That each grew enough is what its cause has said.
        let confidence = match pace::pace(&deltas, rounds, |_| 1) {
            Pace::Steady if least_sure >= LEAK && pace::is_exact(&deltas, rounds) => surer.max(EXACT),
            Pace::Steady => surer,
            Pace::Uneven => least_sure.min(SUSPICION),
            Pace::Waning | Pace::Once | Pace::Fell => return None,
        };
        let mut finding = (*parts.last()?).clone();
        let surest = if self.identity == Identity::SameProcess { SUREST } else { SUREST_ACROSS };
        finding.confidence = confidence.min(surest);
        let count = growths.iter().map(|growth| growth.count).sum();
        let per_round = rounds.map(|rounds| count as f64 / rounds.iter().copied().map(f64::from).sum::<f64>().max(1.0));
        finding.growth = Some(Growth { count, bytes: growths.iter().map(|growth| growth.bytes).sum(), per_round });
        let first = parts.first().map_or(0, |part| part.count.saturating_sub(growths[0].count));
        let counts = std::iter::once(first).chain(parts.iter().map(|part| part.count));
        let counts: Vec<String> = counts.map(figures::grouped).collect();
        finding.evidence.insert("counts", counts.join(" -> ").into());
        Some(finding)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::program::Program;

    /// An array of the program's that has got longer.
    fn snapshot(count: u32) -> Snapshot {
        let mut program = Program::new("/srv/shop/dist/cache.js");
        let app = program.global_object("app", "App");
        let orders = program.array(app, "orders");
        for _ in 0..count {
            let order = program.builder.object("Order", 4000);
            program.push(orders, order);
        }
        program.snapshot()
    }

    fn series(rounds: &[u32], identity: Identity) -> Series {
        let options = SeriesOptions {
            rounds: Some(Rounds::List(rounds.to_vec())),
            identity: Some(identity),
            ..SeriesOptions::default()
        };
        Series::new(&snapshot(60), 3, options)
    }

    /// What windows with a finding of this confidence and growth come to, out of a hundred.
    fn judge(series: &Series, parts: &[(f64, u64)]) -> Option<(f64, Finding)> {
        let options = SeriesOptions { rounds: Some(Rounds::Each(7)), ..SeriesOptions::default() };
        let mut sample = Series::new(&snapshot(60), 3, options);
        sample.add(&snapshot(60), &snapshot(67), &CancelToken::new()).unwrap();
        let finding = &sample.windows[0][0];
        let mut count = 60;
        let parts: Vec<Finding> = parts
            .iter()
            .map(|&(confidence, more)| {
                count += more;
                let growth = Growth { count: more, bytes: 100 * more, per_round: None };
                Finding { confidence, count, growth: Some(growth), ..finding.clone() }
            })
            .collect();
        let finding = series.judge(&parts.iter().collect::<Vec<_>>())?;
        Some(((finding.confidence * 1000.0).round() / 10.0, finding))
    }

    #[test]
    fn what_is_in_every_window_is_surer_and_what_is_out_of_step_is_a_suspicion() {
        let series = series(&[7, 13], Identity::SameProcess);
        let sure = |parts: &[(f64, u64)]| judge(&series, parts).map(|(sure, _)| sure);
        assert_eq!(sure(&[(0.7, 7), (0.7, 13)]), Some(97.0), "one a round");
        assert_eq!(sure(&[(0.7, 8), (0.8, 14)]), Some(85.0), "one more in each");
        assert_eq!(sure(&[(0.97, 8), (0.96, 14)]), Some(98.0));
        assert_eq!(sure(&[(0.99, 7), (0.99, 13)]), Some(99.0), "nothing is surer");
        assert_eq!(sure(&[(0.6, 7), (0.9, 13)]), Some(60.0), "a doubt about the thing remains");
        assert_eq!(sure(&[(0.9, 14), (0.9, 13)]), Some(60.0), "out of step");
        assert_eq!(sure(&[(0.4, 14), (0.9, 13)]), Some(40.0));
        assert_eq!(sure(&[(0.9, 70), (0.9, 13)]), None, "less and less");
    }

    #[test]
    fn of_different_processes_nothing_is_as_sure() {
        let mut series = series(&[7, 13], Identity::DifferentProcess);
        series.add(&snapshot(60), &snapshot(67), &CancelToken::new()).unwrap();
        assert_eq!(series.identity(), Identity::DifferentProcess);
        assert_eq!(judge(&series, &[(0.7, 7), (0.7, 13)]).map(|(sure, _)| sure), Some(90.0));
    }

    #[test]
    fn the_growth_is_that_of_all_windows() {
        let (_, finding) = judge(&series(&[7, 13], Identity::SameProcess), &[(0.7, 14), (0.7, 26)]).unwrap();
        let growth = finding.growth.unwrap();
        assert_eq!((growth.count, growth.bytes, growth.per_round), (40, 4000, Some(2.0)));
        assert_eq!(finding.evidence["counts"], "60 -> 74 -> 100".to_owned().into());
    }

    #[test]
    fn a_series_of_two_is_a_pair() {
        let options = SeriesOptions { rounds: Some(Rounds::Each(100)), ..SeriesOptions::default() };
        let told = SummaryOptions::default();
        let (before, after) = (snapshot(60), snapshot(160));
        let mut pair = Series::new(&before, 2, options.clone());
        pair.add(&before, &after, &CancelToken::new()).unwrap();
        let summary = pair.summary(&told);
        assert_eq!((summary.mode, summary.snapshots.len(), summary.findings[0].confidence), (Mode::Diff, 0, 0.95));
        assert!(!summary.findings[0].evidence.contains_key("counts"));
        let mut three = Series::new(&before, 3, options);
        three.add(&before, &after, &CancelToken::new()).unwrap();
        three.add(&after, &snapshot(260), &CancelToken::new()).unwrap();
        let summary = three.summary(&told);
        assert_eq!((summary.mode, summary.snapshots.len(), summary.findings[0].confidence), (Mode::Trend, 3, 0.97));
    }

    #[test]
    fn of_two_leaks_of_one_signature_each_is_followed_by_its_owner() {
        // Two objects of one class, of which one gets twice as many orders.
        let snapshot = |count: u32| {
            let mut program = Program::new("/srv/shop/dist/cache.js");
            let lists = [("first", 1), ("second", 2)].map(|(name, times)| {
                let cache = program.global_object(name, "Cache");
                (program.array(cache, "orders"), times)
            });
            for _ in 0..count {
                for (list, times) in lists {
                    for _ in 0..times {
                        let order = program.builder.object("Order", 4000);
                        program.push(list, order);
                    }
                }
            }
            program.snapshot()
        };
        let snapshots = [60, 67, 80].map(snapshot);
        let options = SeriesOptions { rounds: Some(Rounds::List(vec![7, 13])), ..SeriesOptions::default() };
        let mut series = Series::new(&snapshots[0], 3, options);
        for pair in snapshots.windows(2) {
            series.add(&pair[0], &pair[1], &CancelToken::new()).unwrap();
        }
        let findings = series.summary(&SummaryOptions::default()).findings;
        let signatures: Vec<&str> = findings.iter().map(|finding| finding.signature.as_str()).collect();
        assert_eq!(signatures.len(), 2);
        assert_eq!(signatures[0], signatures[1]);
        let mut counts: Vec<_> = findings.iter().map(|finding| finding.evidence["counts"].clone()).collect();
        counts.sort_by_key(|counts| format!("{counts:?}"));
        assert_eq!(counts, ["120 -> 134 -> 160".to_owned().into(), "60 -> 67 -> 80".to_owned().into()]);
    }
}
