//! Trend: what grew in every window of a series of snapshots, by merged path.
//!
//! The snapshots come one after the other, of one process or of several. Kept of each are the figures of its places (16 bytes
//! a place); of the last also the routes, so that rows can be shown by an example. `O(n + e)` a snapshot.

use serde::{Deserialize, Serialize};

use super::diff::{Identity, Totals};
use super::disclosure::StringContents;
use super::ignore::{self, Accusation, BEGINNINGS, IgnoreRule};
use super::merged::growth::{Grown, Growth};
use super::merged::routes::{Figures, Routes};
use super::merged::tree::{FOLDED, MOST_PLACES, PlaceIndex, Tree};
use super::node_ref::{Describer, NodeRef};
use super::pace::{self, Pace, Rounds};
use super::program_root::ProgramRoot;
use super::scripts::{Scripts, SourceLocation};
use super::signature::Signature;
use super::sources::Sources;
use crate::cancel::CancelToken;
use crate::error::Result;
use crate::graph::Snapshot;
use crate::snapshot::{NodeIndex, Text};

/// All snapshots together have so many figures of places at most: 64 MiB.
const MOST_FIGURES: usize = 1 << 22;
/// So many of the last steps to a place tell which one it is, whatever the way there.
const TELLING_STEPS: usize = 4;

/// What rows are told, and what they may tell.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct TrendOptions {
    /// At most so many rows.
    pub limit: usize,
    /// What is known and accepted.
    pub ignore: Vec<IgnoreRule>,
}

impl Default for TrendOptions {
    fn default() -> Self {
        Self { limit: 20, ignore: Vec::new() }
    }
}

/// What grew.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Trend {
    /// Version of this shape.
    pub schema_version: u32,
    /// Whether all snapshots are of one process.
    pub identity: Identity,
    /// The oldest first.
    pub snapshots: Vec<Totals>,
    /// As the caller said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rounds: Option<Rounds>,
    /// What a round is called.
    pub unit: String,
    /// What grew in step with the rounds first, most bytes first.
    pub rows: Vec<TrendRow>,
    /// How many rows there are, told or not.
    pub row_count: u64,
    /// How many more there are that rules of the caller's ignore.
    pub ignored: u64,
}

/// Things and bytes, for a snapshot or a round.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct Rate {
    /// Things.
    pub count: f64,
    /// Bytes, with all that is below.
    pub bytes: f64,
}

/// How a place grew.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum RowPace {
    /// In every window, in step with the rounds where these are known.
    Steady,
    /// In every window, but out of step with the rounds.
    Uneven,
    /// In every window, by less and less.
    Waning,
    /// It grew and fell again: work that piled up and was done.
    Backlog,
}

/// A place that grew.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TrendRow {
    /// The class of what piles up there.
    pub class_name: Text,
    /// From the root, or from `process` or `global`, to it.
    pub path: Vec<TrendStep>,
    /// How many, by snapshot.
    pub counts: Vec<u64>,
    /// Their bytes, with all that is reached through them, by snapshot.
    pub sizes: Vec<u64>,
    /// How many more, by window.
    pub count_deltas: Vec<i64>,
    /// How many more bytes, by window.
    pub size_deltas: Vec<i64>,
    /// By snapshot; a median, which one odd snapshot does not bend.
    pub slope: Rate,
    /// By round, if the rounds are known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub per_round: Option<Rate>,
    /// Whether every window's growth is a whole multiple of its rounds.
    pub exact: bool,
    /// How it grew.
    pub pace: RowPace,
    /// Other classes that came with it, as keys with values.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<Text>,
    /// Where the source makes them, or the function that keeps them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<SourceLocation>,
    /// One of them in the newest snapshot.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub example: Option<NodeRef>,
    /// The same for the same place in another series, process or host.
    pub signature: String,
}

/// A step of a merged path.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TrendStep {
    /// Name of the property or variable; `[x]` for an index, an entry, or a key that is data.
    pub edge_name: Text,
    /// What stands there.
    pub class_name: Text,
}

/// A trend in the making.
pub struct TrendBuilder {
    tree: Tree,
    figures: Vec<Figures>,
    snapshots: Vec<Totals>,
    last: Option<Routes>,
}

/// What was known of the series.
pub struct Known<'a> {
    /// Whether all snapshots are of one process.
    pub identity: Identity,
    /// Rounds of each window.
    pub rounds: Option<&'a Rounds>,
    /// What a round is called.
    pub unit: &'a str,
    /// Whether examples may show contents of strings.
    pub strings: StringContents,
    /// Where built code stands in its source.
    pub sources: &'a Sources,
}

impl TrendBuilder {
    /// For a series of `count` snapshots.
    pub fn new(count: usize) -> Self {
        let most = (MOST_FIGURES / count.max(1)).min(MOST_PLACES);
        Self { tree: Tree::with_at_most(most), figures: Vec::new(), snapshots: Vec::new(), last: None }
    }

    /// Adds the next snapshot. `O(n + e)`, 16 bytes a node while it runs, of which 12 are kept until the next.
    pub fn add(&mut self, snapshot: &Snapshot, cancel: &CancelToken) -> Result<()> {
        self.last = None;
        let (routes, figures) = Routes::new(snapshot, &mut self.tree, cancel)?;
        self.figures.push(figures);
        self.snapshots.push(Totals::of(snapshot));
        self.last = Some(routes);
        Ok(())
    }

    /// What grew; `newest` is the snapshot that was added last. `O(n)`.
    pub fn trend(
        &self,
        newest: &Snapshot,
        known: &Known<'_>,
        options: &TrendOptions,
        cancel: &CancelToken,
    ) -> Result<Trend> {
        let windows = self.figures.len().saturating_sub(1);
        let rounds = known.rounds.and_then(|rounds| rounds.of_windows(windows));
        let growth = Growth::new(&self.tree, &self.figures, rounds.as_deref());
        let mut rows: Vec<(PlaceIndex, TrendRow)> =
            growth.grown.iter().map(|grown| (grown.place, self.row(grown, rounds.as_deref()))).collect();
        let all = rows.len();
        rows.retain(|(_, row)| !row.is_ignored(&options.ignore));
        let ignored = (all - rows.len()) as u64;
        let row_count = rows.len() as u64;
        rows.truncate(options.limit);
        self.show(newest, &growth, &mut rows, known, cancel)?;
        Ok(Trend {
            schema_version: 1,
            identity: known.identity,
            snapshots: self.snapshots.clone(),
            rounds: known.rounds.cloned(),
            unit: known.unit.to_owned(),
            rows: rows.into_iter().map(|(_, row)| row).collect(),
            row_count,
            ignored,
        })
    }

    fn row(&self, grown: &Grown, rounds: Option<&[u32]>) -> TrendRow {
        let path = self.path(grown);
        let class_name = |place| self.tree.text(self.tree.step(place).1).clone();
        let mut times = vec![0.0];
        times.extend(rounds.into_iter().flatten().scan(0.0, |sum, &rounds| {
            *sum += f64::from(rounds);
            Some(*sum)
        }));
        let rate = |time: &dyn Fn(usize) -> f64| {
            let slope = |values: &[u64]| {
                let points: Vec<_> = values.iter().enumerate().map(|(at, &value)| (time(at), value as f64)).collect();
                pace::slope(&points)
            };
            Rate { count: slope(&grown.counts), bytes: slope(&grown.sizes) }
        };
        let telling = &path[path.len().saturating_sub(TELLING_STEPS)..];
        // Of names alone: no file is part of it.
        let root = ProgramRoot::default();
        let signature = telling.iter().fold(Signature::new("trend", &root), |signature, step| {
            signature.part(&step.edge_name.to_str()).part(&step.class_name.to_str())
        });
        TrendRow {
            class_name: class_name(grown.place),
            counts: grown.counts.clone(),
            sizes: grown.sizes.clone(),
            count_deltas: grown.count_deltas(),
            size_deltas: grown.size_deltas(),
            slope: rate(&|at| at as f64),
            per_round: rounds.map(|_| rate(&|at| times.get(at).copied().unwrap_or(0.0))),
            exact: pace::is_exact(&grown.count_deltas(), rounds),
            pace: match grown.pace {
                Pace::Steady => RowPace::Steady,
                Pace::Uneven => RowPace::Uneven,
                Pace::Waning => RowPace::Waning,
                Pace::Fell | Pace::Once => RowPace::Backlog,
            },
            also: grown.also.iter().map(|&place| class_name(place)).collect(),
            location: None,
            example: None,
            signature: signature.to_string(),
            path,
        }
    }

    fn path(&self, grown: &Grown) -> Vec<TrendStep> {
        let steps = self.tree.upwards(grown.place).map(|place| {
            let (edge, class) = self.tree.step(place);
            let is_key = grown.is_folded && place == grown.place;
            let edge_name = if is_key { Text::from(FOLDED) } else { self.tree.text(edge).clone() };
            TrendStep { edge_name, class_name: self.tree.text(class).clone() }
        });
        let mut path: Vec<TrendStep> = steps.collect();
        // What leads to `process` differs by version of Node.
        let is_of = |name: &'static str| path.iter().position(|step| step.class_name == name).map(|at| (at, name));
        if let Some((at, name)) = BEGINNINGS.into_iter().find_map(is_of) {
            path.truncate(at + 1);
            path[at].edge_name = Text::from(name);
        }
        path.reverse();
        path
    }

    /// Gives rows their examples and places in the source: a pass over the newest snapshot.
    fn show(
        &self,
        newest: &Snapshot,
        growth: &Growth,
        rows: &mut [(PlaceIndex, TrendRow)],
        known: &Known<'_>,
        cancel: &CancelToken,
    ) -> Result<()> {
        let Some(routes) = &self.last else { return Ok(()) };
        let scripts = Scripts::new(&newest.heap);
        let describer = Describer::new(newest, &scripts, known.strings).with_sources(known.sources);
        // The newest of each: what was there from the start may be another thing.
        let mut examples: Vec<Option<NodeIndex>> = vec![None; rows.len()];
        let positions: rustc_hash::FxHashMap<PlaceIndex, usize> =
            rows.iter().enumerate().map(|(at, (place, _))| (growth.group(*place), at)).collect();
        for (at, &place) in routes.places().iter().enumerate() {
            if at.is_multiple_of(CancelToken::STRIDE) {
                cancel.check()?;
            }
            if place == PlaceIndex::NOWHERE {
                continue;
            }
            let Some(&row) = positions.get(&growth.group(place)) else { continue };
            let node = NodeIndex::from(at);
            let id = |node: NodeIndex| newest.heap.nodes.id(node);
            if examples[row].is_none_or(|example| id(example) < id(node)) {
                examples[row] = Some(node);
            }
        }
        for ((_, row), example) in rows.iter_mut().zip(examples) {
            let Some(node) = example else { continue };
            row.example = Some(describer.node(node));
            row.location = routes
                .upwards(node)
                .filter_map(|node| describer.location(node))
                .find(|location| !location.url.to_str().starts_with("node:") && !location.url.to_str().is_empty());
        }
        Ok(())
    }
}

impl TrendRow {
    /// Whether it is a leak by all that the series tells: a suspicion otherwise, or no leak at all.
    pub fn is_steady(&self) -> bool {
        self.pace == RowPace::Steady
    }

    /// The path as a line: `global.app.sessions[x]`.
    pub fn path_text(&self) -> String {
        ignore::joined(self.path.iter().map(|step| step.edge_name.to_str()))
    }

    fn is_ignored(&self, rules: &[IgnoreRule]) -> bool {
        if rules.is_empty() {
            return false;
        }
        let class_name = self.class_name.to_str();
        let mut class_names = vec![&*class_name];
        // What holds them: the last that has a name of its own.
        let owner = self.path.iter().rev().nth(1).map(|step| step.class_name.to_str());
        class_names.extend(owner.as_deref());
        let path = self.path_text();
        let accused = Accusation { signature: &self.signature, cause: None, class_names: &class_names, path: &path };
        ignore::is_ignored(rules, &accused)
    }
}
