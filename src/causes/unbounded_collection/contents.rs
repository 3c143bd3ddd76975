//! What else is to be said of what a collection holds: bytes outside of the heap, and texts that are there many times.
//!
//! Only looked for where a collection is told of: `O(n)`.

use rustc_hash::FxHashMap;

use crate::cancel::CancelToken;
use crate::causes::case::{Case, Claim};
use crate::causes::{copies, gathering, off_heap};
use crate::error::Result;
use crate::snapshot::NodeIndex;

/// A text is copied if so many strings have it.
const LEAST_COPIES: u32 = 10;
/// Told is what is at least this part of what the collection keeps.
const SHARE: f64 = 0.1;

/// Adds to the claims, each of which explains its collection first.
pub(super) fn add_evidence(case: &Case<'_>, claims: &mut [Claim], cancel: &CancelToken) -> Result<()> {
    let claim_of: FxHashMap<NodeIndex, usize> =
        claims.iter().enumerate().filter_map(|(at, claim)| Some((*claim.explains.first()?, at))).collect();
    if claim_of.is_empty() {
        return Ok(());
    }
    let owner = |node: NodeIndex| claim_of.contains_key(&node).then_some(node);
    let least = |claim: &Claim| SHARE * claim.finding.retained_size as f64;
    for (node, things) in gathering::share_out(
        case.after,
        &off_heap::things(case.instances(case.after, cancel)?, cancel)?,
        owner,
        0,
        cancel,
    )? {
        let Some(&at) = claim_of.get(&node) else { continue };
        let bytes = gathering::sum(&things);
        if bytes > 0 && bytes as f64 >= least(&claims[at]) {
            claims[at].finding.evidence.insert("externalBytes", bytes.into());
        }
    }
    let strings = copies::copies(case.after, LEAST_COPIES, cancel)?;
    for (node, strings) in gathering::share_out(case.after, &strings, owner, 0, cancel)? {
        let Some(&at) = claim_of.get(&node) else { continue };
        let Some(waste) = copies::waste(case.after, &strings) else { continue };
        if waste.bytes as f64 >= least(&claims[at]) {
            let evidence = &mut claims[at].finding.evidence;
            evidence.insert("duplicateStrings", strings.len().into());
            evidence.insert("differentTexts", waste.texts.into());
            evidence.insert("wastedBytes", waste.bytes.into());
        }
    }
    Ok(())
}
