//! Rows that rules of the caller's ignore: taken out, and counted. Rows of a diff have a class only, so rules that ask for a
//! signature, a cause or a path match none. `O(rows · rules)`.

use super::{Diff, Ids};
use crate::analysis::disclosure;
use crate::analysis::ignore::{self, Accusation, IgnoreRule};
use crate::snapshot::Text;

impl Diff {
    /// Takes out what rules match.
    pub(super) fn accept(&mut self, rules: &[IgnoreRule]) {
        if rules.is_empty() {
            return;
        }
        let is_told = |class: &Text| {
            let class = disclosure::class_name(class);
            let class_names = [&*class.to_str()];
            !ignore::is_ignored(rules, &Accusation { signature: "", cause: None, class_names: &class_names, path: "" })
        };
        let told: Vec<bool> = self.classes.iter().map(|class| is_told(&class.name)).collect();
        self.ignored = told.iter().filter(|told| !**told).count() as u64;
        keep(&mut self.classes, &told);
        for Ids { ranges, .. } in [&mut self.added, &mut self.removed] {
            keep(ranges, &told);
        }
        self.owners.retain(|owner| is_told(&owner.class_name));
        self.paths.retain(|place| place.path.last().is_none_or(&is_told));
    }
}

/// Keeps the entries at the places that are told; a list may be empty.
fn keep<T>(list: &mut Vec<T>, told: &[bool]) {
    let mut told = told.iter();
    list.retain(|_| told.next().copied().unwrap_or(true));
}
