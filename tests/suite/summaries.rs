//! How tests ask for the leak summary of drawn heaps.

use leakscan::cancel::CancelToken;
use leakscan::causes::{Finding, Summary, SummaryOptions, summarize};
use leakscan::graph::Snapshot;
use leakscan::testing::program::Program;

/// How many there are of what leaks at first, where `compare_counts` draws the heaps.
pub(crate) const OLD: u32 = 60;
/// How many requests come between both heaps of `compare_counts`, each leaving one behind.
pub(crate) const ROUNDS: u32 = 100;

/// What a pair of snapshots tells, with so many requests between both.
pub(crate) fn compare(rounds: Option<u32>, before: &Snapshot, after: &Snapshot) -> Summary {
    let options = SummaryOptions { rounds, unit: "request".to_owned(), ..SummaryOptions::default() };
    summarize(Some(before), after, &options, &CancelToken::new()).unwrap()
}

/// What a program tells that keeps `OLD` things at first, and one more after each of `ROUNDS` requests.
pub(crate) fn compare_counts(make: impl Fn(u32) -> Program) -> Summary {
    compare(Some(ROUNDS), &make(OLD).snapshot(), &make(OLD + ROUNDS).snapshot())
}

/// What a single snapshot tells.
pub(crate) fn look(snapshot: &Snapshot) -> Summary {
    summarize(None, snapshot, &SummaryOptions::default(), &CancelToken::new()).unwrap()
}

/// The only finding; its fellows are named where there are any.
pub(crate) fn only(summary: &Summary) -> &Finding {
    let titles: Vec<_> = summary.findings.iter().map(|finding| finding.title.as_str()).collect();
    assert_eq!(titles.len(), 1, "{titles:?}");
    &summary.findings[0]
}
