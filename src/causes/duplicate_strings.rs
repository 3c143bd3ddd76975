//! Cause `duplicate-strings`: the same texts decoded again and again, each time as a string of its own.
//!
//! `JSON.parse`, `buffer.toString()` and drivers of databases make a new string for every value, also where there are only a few
//! different ones. Seen ([`copies`]): strings of texts that many strings have, by who keeps them; in one snapshot, where they
//! waste a large part of the heap; in two, where more of them gather than before and nothing more specific explains it.
//! Copies in a collection that grows are told with it.
//!
//! `O(n)`, and `O(copies)` for who keeps them.

use std::collections::BTreeMap;

use super::Cause;
use super::case::{Case, Claim, Explained};
use super::copies::{self, Waste};
use super::finding::{Evidence, Finding, Growth};
use super::gathering::{self, Gathering, Home, Thing};
use crate::analysis::disclosure::{self, StringContents};
use crate::analysis::figures;
use crate::cancel::CancelToken;
use crate::error::Result;
use crate::snapshot::NodeIndex;

/// A text is copied if so many strings have it.
const LEAST_COPIES: u32 = 10;
/// In one snapshot: at least so many strings,
const MANY: u64 = 1000;
/// that waste at least this part of the heap,
const SHARE: f64 = 0.1;
/// and at least so many bytes.
const LEAST_SIZE: u64 = 2_000_000;
/// How sure it is if nobody knows how they came.
const SUSPICION: f64 = 0.5;
/// How sure it is, of texts of which only the beginning is known to be equal.
const UNSURE: f64 = 0.4;

/// The cause.
pub(super) struct DuplicateStrings;

impl Cause for DuplicateStrings {
    fn name(&self) -> &'static str {
        "duplicate-strings"
    }

    fn claims(&self, case: &Case<'_>, explained: &Explained, cancel: &CancelToken) -> Result<Vec<Claim>> {
        let mut strings = copies::copies(case.after, LEAST_COPIES, cancel)?;
        strings.retain(|string| !explained.contains(string.node));
        let share = SHARE * case.after.graph.dominators.retained_size(NodeIndex::ROOT) as f64;
        let least = (share as u64).max(LEAST_SIZE);
        let gatherings = match case.before {
            None => gathering::large(case.after, &strings, MANY, least, cancel)?,
            // All that came together must be more than noise.
            Some(before) if case.is_same_process && new_bytes(case, &strings) >= case.least_bytes() => {
                let then = copies::same_texts(case.after, &strings, before, cancel)?;
                gathering::grown(case, &strings, &then, cancel)?
            }
            Some(_) => Vec::new(),
        };
        let mut claims = Vec::new();
        for gathering in gatherings {
            let Some(waste) = copies::waste(case.after, &gathering.things) else { continue };
            if gathering.more.is_none() && waste.bytes < least || 2 * waste.bytes < gathering.bytes {
                continue;
            }
            if let Some(home) = gathering::home(case, &gathering, cancel)? {
                claims.push(self.claim(case, &gathering, &waste, &home));
            }
        }
        Ok(claims)
    }
}

/// Bytes of those that came since the older snapshot.
fn new_bytes(case: &Case<'_>, strings: &[Thing]) -> u64 {
    strings.iter().filter(|string| case.is_new(string.node)).map(|string| string.bytes).sum()
}

impl DuplicateStrings {
    fn claim(&self, case: &Case<'_>, gathering: &Gathering, waste: &Waste, home: &Home) -> Claim {
        let describer = case.describer();
        let heap = &case.after.heap;
        let count = gathering.things.len() as u64;
        let mut evidence: BTreeMap<&'static str, Evidence> = BTreeMap::from([
            ("owner", home.label.clone().into()),
            ("texts", waste.texts.into()),
            ("wastedBytes", waste.bytes.into()),
        ]);
        if case.contents == StringContents::Preview {
            let text = heap.strings.text(heap.nodes.name(waste.most));
            evidence.insert("mostCopied", disclosure::preview(&text).into());
        }
        if !waste.is_sure {
            evidence.insert("compared", "the first 1,024 characters, and the size".into());
        }
        if !home.holder.functions.is_empty() {
            evidence.insert("functions", home.holder.functions.join(", ").into());
        }
        let mut keywords: Vec<String> =
            home.holder.name.split('.').filter(|name| !name.is_empty()).map(str::to_owned).collect();
        keywords.extend(home.holder.file.clone());
        let confidence = match (&gathering.more, waste.is_sure) {
            (Some(more), true) if case.window.rounds.is_some() => more.increase.confidence(&case.window),
            // What is decoded when it is first needed gathers too, until all is decoded.
            (Some(more), true) => more.increase.confidence(&case.window).min(SUSPICION),
            (None, true) => SUSPICION,
            (_, false) => UNSURE,
        };
        let place = home.holder.place().map_or_else(String::new, |place| format!(" ({place})"));
        let finding = Finding {
            cause: self.name(),
            title: format!(
                "{} in {}{place} are copies of {}: {} of {} wasted",
                figures::counted(count, "string"),
                home.label,
                figures::counted(waste.texts, "text"),
                figures::size(waste.bytes),
                figures::size(gathering.bytes),
            ),
            advice: "Keep every text once: look it up in a Map of those seen before (`const known = texts.get(text)`), with a bound if \
                     there can be many; or keep a number or a constant of the program instead."
                .to_owned(),
            confidence,
            count,
            growth: gathering.more.as_ref().map(|more| Growth {
                count: more.increase.more,
                bytes: more.bytes,
                per_round: case.window.per_round(more.increase.more),
            }),
            shallow_size: gathering.bytes,
            retained_size: gathering.bytes,
            share: gathering.bytes as f64
                / case.after.graph.dominators.retained_size(NodeIndex::ROOT).max(1) as f64,
            owner: describer.node(home.node),
            location: home.holder.location.clone(),
            path: describer.steps(&home.path),
            holds: Vec::new(),
            accumulation_point: Some(describer.node(home.node)),
            keywords,
            signature: case.signature(self.name())
                .part(&home.holder.name)
                .file(home.holder.url.as_ref())
                .to_string(),
            evidence,
        };
        let mut explains: Vec<NodeIndex> = gathering.things.iter().map(|string| string.node).collect();
        explains.extend(home.is_container.then_some(home.node));
        Claim { finding, explains }
    }
}
