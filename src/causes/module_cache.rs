//! Cause `module-cache`: a module is loaded again and again, and the module that required it keeps all copies; or, of ES
//! modules, the loader keeps all versions.
//!
//! Seen: many `Module`s of one file that the cache does not hold, in the `children` of a module that was loaded once
//! ([`copies`]); or many ES modules whose URLs differ in the query only ([`versions`]). Every copy keeps its exports, its functions and whatever it made while it was loaded. Modules that are
//! loaded late are no leak: each has a file of its own.
//!
//! `O(strings + n)` for the search, then only what the copies hold.

mod copies;
mod versions;

use std::collections::BTreeMap;

use rustc_hash::{FxHashMap, FxHashSet};

use self::copies::{Family, Kind};
use super::Cause;
use super::case::{Case, Claim, Explained};
use super::finding::{Evidence, Finding, Growth, Held};
use super::instances::Instances;
use crate::analysis::accumulation::Subtree;
use crate::analysis::figures;
use crate::analysis::paths;
use crate::analysis::places;
use crate::analysis::scripts::SourceLocation;
use crate::cancel::CancelToken;
use crate::error::Result;
use crate::snapshot::{NodeIndex, NodeKind};

/// In one snapshot: so many copies are suspicious by themselves.
const MANY: usize = 10;

/// The cause.
pub(super) struct ModuleCache;

impl Cause for ModuleCache {
    fn name(&self) -> &'static str {
        "module-cache"
    }

    fn claims(&self, case: &Case<'_>, _explained: &Explained, cancel: &CancelToken) -> Result<Vec<Claim>> {
        let families = read(case.instances(case.after, cancel)?, cancel)?;
        let grown = grown(case, families, cancel)?;
        grown.iter().map(|(family, growth)| self.claim(case, family, *growth, cancel)).collect()
    }
}

fn read(instances: &Instances<'_>, cancel: &CancelToken) -> Result<Vec<Family>> {
    let mut families = copies::read(instances, cancel)?;
    families.extend(versions::read(instances));
    Ok(families)
}

/// How much more of a family there is than there was.
#[derive(Clone, Copy)]
struct FamilyGrowth {
    count: u64,
    bytes: u64,
}

/// The families that are too many, or have grown by too many.
fn grown(
    case: &Case<'_>,
    mut families: Vec<Family>,
    cancel: &CancelToken,
) -> Result<Vec<(Family, Option<FamilyGrowth>)>> {
    let Some(before) = case.before else {
        families.retain(|family| family.copies.len() >= MANY);
        return Ok(families.into_iter().map(|family| (family, None)).collect());
    };
    let least = case.window.least_growth();
    families.retain(|family| family.copies.len() as u64 >= least);
    if families.is_empty() {
        return Ok(Vec::new());
    }
    // Paths differ from host to host.
    let key = |family: &Family| match case.is_same_process {
        true => (family.file.to_string(), family.parent_file.to_string()),
        false => (places::short_url(&family.file.to_str()), places::short_url(&family.parent_file.to_str())),
    };
    let mut then: FxHashMap<(String, String), FamilyGrowth> = FxHashMap::default();
    for family in &read(case.instances(before, cancel)?, cancel)? {
        let sum = then.entry(key(family)).or_insert(FamilyGrowth { count: 0, bytes: 0 });
        sum.count += family.copies.len() as u64;
        sum.bytes += retained_size(family);
    }
    let growth = |family: &Family| {
        let (count, bytes) = then.get(&key(family)).map_or((0, 0), |then| (then.count, then.bytes));
        FamilyGrowth {
            count: (family.copies.len() as u64).saturating_sub(count),
            bytes: retained_size(family).saturating_sub(bytes),
        }
    };
    let grown = families.into_iter().map(|family| {
        let growth = growth(&family);
        (family, Some(growth))
    });
    Ok(grown.filter(|(_, growth)| growth.is_some_and(|growth| growth.count >= least)).collect())
}

fn retained_size(family: &Family) -> u64 {
    family.copies.iter().map(|copy| copy.retained_size).sum()
}

/// What the middle one keeps.
fn median_size(family: &Family) -> u64 {
    let mut sizes: Vec<u64> = family.copies.iter().map(|copy| copy.retained_size).collect();
    sizes.sort_unstable();
    sizes.get(sizes.len() / 2).copied().unwrap_or(0)
}

impl ModuleCache {
    fn claim(
        &self,
        case: &Case<'_>,
        family: &Family,
        growth: Option<FamilyGrowth>,
        cancel: &CancelToken,
    ) -> Result<Claim> {
        let describer = case.describer();
        let graph = &case.after.graph;
        let path = paths::shortest_path(case.after, family.parent, cancel)?.unwrap_or_default();
        let copies: Vec<NodeIndex> = family.copies.iter().map(|copy| copy.node).collect();
        let retained_size = retained_size(family);
        let file = places::short_url(&family.file.to_str());
        let parent = places::short_url(&family.parent_file.to_str());
        let unit = &case.window.unit;
        let (noun, made_by, advice) = match family.kind {
            Kind::Copy => (
                "old module",
                "require.cache",
                format!(
                    "Do not load {file} again per {unit}: read what changes as data, or restart the process. If it must be, \
                     take the old module out of its parent's `children` too, and stop the timers and listeners it has \
                     started."
                ),
            ),
            Kind::Version => (
                "version",
                "import()",
                format!(
                    "Every `import()` with another query is a module of its own, and the loader never forgets one: import \
                     {file} once and read what changes as data, or load it in a worker that ends."
                ),
            ),
        };
        let finding = Finding {
            cause: self.name(),
            title: format!("{} of {file}, kept by {parent}", figures::counted(copies.len() as u64, noun)),
            advice,
            confidence: match growth {
                Some(growth) if case.window.is_exact(growth.count) => 0.99,
                Some(_) if case.is_same_process => 0.9,
                // Two processes may differ for better reasons than a leak.
                Some(_) => 0.7,
                None => 0.6,
            },
            count: copies.len() as u64,
            growth: growth.map(|growth| Growth {
                count: growth.count,
                bytes: growth.bytes,
                per_round: case.window.per_round(growth.count),
            }),
            shallow_size: copies.iter().map(|&copy| graph.sizes.shallow_size(copy)).sum(),
            retained_size,
            share: retained_size as f64 / graph.dominators.retained_size(NodeIndex::ROOT).max(1) as f64,
            owner: describer.node(family.parent),
            path: describer.steps(&path),
            holds: held(case, family, cancel)?.into_iter().collect(),
            accumulation_point: Some(describer.node(family.children)),
            keywords: vec![made_by.to_owned(), file.clone(), parent.clone()],
            signature: case.signature(self.name()).file(Some(&family.file)).file(Some(&family.parent_file)).to_string(),
            evidence: BTreeMap::from([
                ("module", Evidence::from(file)),
                ("parent", parent.into()),
                ("retainedPerCopy", median_size(family).into()),
            ]),
            location: Some(SourceLocation {
                url: family.file.clone(),
                line: 1,
                column: 1,
                function_name: None,
                source: None,
            }),
        };
        // What stands between the loader and a version came with it.
        let heap = &case.after.heap;
        let ways = family.copies.iter().flat_map(|copy| copy.way.iter().map(|edge| heap.edges.target(edge.at())));
        let between = ways.filter(|&node| family.kind == Kind::Version && heap.nodes.kind(node) == NodeKind::OBJECT);
        let explains = copies.iter().copied().chain(between).collect();
        Ok(Claim { finding, explains })
    }
}

/// What one copy, of those that keep a middling amount, keeps alive.
fn held(case: &Case<'_>, family: &Family, cancel: &CancelToken) -> Result<Option<Held>> {
    let median = median_size(family);
    let Some(sample) = family.copies.iter().find(|copy| copy.retained_size >= median) else { return Ok(None) };
    let subtree = Subtree::explore(case.after, sample.node, &FxHashSet::default(), |_| 0, cancel)?;
    let heaviest = subtree.accumulation_point(sample.retained_size);
    if heaviest == sample.node {
        return Ok(None);
    }
    let mut path = sample.way.clone();
    path.extend(subtree.path_to(heaviest));
    let describer = case.describer();
    Ok(Some(Held { node: describer.node(heaviest), path: describer.steps(&path), retained_size: sample.retained_size }))
}
