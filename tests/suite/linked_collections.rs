//! Linked structures that only grow, and collections that are made anew with one entry more: what is told, what is healthy.

use crate::summaries::{OLD, compare_counts, only};
use leakscan::cancel::CancelToken;
use leakscan::causes::{Evidence, SummaryOptions, Verdict, summarize};
use leakscan::snapshot::{EdgeKind, NodeIndex};
use leakscan::testing::program::Program;

fn program() -> Program {
    Program::new("/srv/shop/dist/history.js")
}

/// A scope with a function that sees it.
fn scope(program: &mut Program, name: &str, value: NodeIndex) -> NodeIndex {
    let scope = program.scope(&[(name, value)]);
    let literal = program.function("add", 10, 3);
    let closure = program.closure(literal, "add", Some(scope));
    program.builder.property(program.global, "add", closure);
    scope
}

/// A `History` whose field `last` refers to the last of `count` steps, each to the one before; those below `first` are gone.
fn history(count: u32, first: u32) -> Program {
    let mut program = program();
    let history = program.global_object("history", "History");
    let mut last = None;
    for at in 0..count {
        let step = program.builder.object("Step", 32);
        let text = program.string(&format!("step {at}"), 68);
        program.builder.property(step, "text", text);
        if let Some(before) = last.filter(|_| at > first) {
            program.builder.property(step, "previous", before);
        }
        last = Some(step);
    }
    program.builder.property(history, "last", last.unwrap());
    program
}

#[test]
fn a_list_that_only_grows_is_told_with_its_field() {
    let summary = compare_counts(|count| history(count, 0));
    let finding = only(&summary);
    assert_eq!((summary.verdict, finding.cause), (Verdict::Leak, "unbounded-collection"));
    assert_eq!(finding.title, "160 Step objects linked from History.last");
    let growth = finding.growth.as_ref().unwrap();
    assert_eq!((finding.count, growth.count, growth.bytes, growth.per_round), (160, 100, 10_000, Some(1.0)));
    assert_eq!(finding.evidence["link"], Evidence::Text("previous".to_owned()));
    assert!(finding.advice.contains("Every request links another Step to History.last"));
}

#[test]
fn a_list_that_is_appended_to_is_told_with_its_variable() {
    // What is appended hangs on the old last one, which is no owner.
    let summary = compare_counts(|count| {
        let mut program = program();
        let first = program.builder.object("Step", 100);
        scope(&mut program, "first", first);
        let mut last = first;
        for _ in 1..count {
            let step = program.builder.object("Step", 100);
            program.builder.property(last, "next", step);
            last = step;
        }
        program
    });
    let finding = only(&summary);
    assert_eq!(finding.title, "160 Step objects linked from first (dist/history.js:10:3)");
    assert_eq!(finding.growth.as_ref().unwrap().count, 100);
}

#[test]
fn a_list_from_which_the_oldest_goes_does_not_grow() {
    let summary = compare_counts(|count| history(count, count - 40));
    assert_eq!((summary.verdict, summary.findings.len()), (Verdict::Clean, 0));
}

#[test]
fn a_list_out_of_step_with_the_rounds_is_the_general_suspects() {
    let options = SummaryOptions { rounds: Some(1_000), ..SummaryOptions::default() };
    let make = |count| history(count, 0).snapshot();
    let summary = summarize(Some(&make(OLD)), &make(OLD + 170), &options, &CancelToken::new()).unwrap();
    assert!(summary.findings.iter().all(|finding| finding.cause != "unbounded-collection"));
}

#[test]
fn objects_of_a_class_that_are_not_linked_are_no_list() {
    let summary = compare_counts(|count| {
        let mut program = history(3, 0);
        let holder = program.global_object("holder", "Holder");
        for at in 0..count {
            let step = program.builder.object("Step", 1_000);
            program.builder.property(holder, &format!("field{at}"), step);
        }
        program
    });
    assert!(summary.findings.iter().all(|finding| !finding.title.contains("linked")));
}

#[test]
fn a_map_of_what_is_linked_is_one_leak() {
    let summary = compare_counts(|count| {
        let mut program = program();
        let cache = program.global_object("cache", "Cache");
        let index = program.array(cache, "index");
        let mut last: Option<NodeIndex> = None;
        for _ in 0..count {
            let entry = program.builder.object("CacheEntry", 100);
            if let Some(last) = last {
                program.builder.property(last, "next", entry);
            }
            program.push(index, entry);
            last = Some(entry);
        }
        program
    });
    assert!(only(&summary).title.starts_with("160 elements in array Cache.index"));
}

/// The variable `state` with an object that has `messages`; both are made anew, with the messages `first..count`.
fn state(count: u32, first: u32) -> Program {
    let mut program = program();
    let state = program.builder.object("State", 40);
    let messages = program.array(state, "messages");
    let scope = scope(&mut program, "state", state);
    let all: Vec<NodeIndex> = (0..count).map(|_| program.builder.object("Message", 100)).collect();
    let mut current = messages;
    if count > OLD {
        let state = program.builder.object("State", 40);
        current = program.array(state, "messages");
        program.builder.pop_edge(scope).edge(scope, EdgeKind::Context, "state", state);
    }
    all.iter().skip(first as usize).for_each(|&message| program.push(current, message));
    program
}

#[test]
fn a_copy_with_more_in_the_same_place_is_growth() {
    let summary = compare_counts(|count| state(count, 0));
    let finding = only(&summary);
    assert_eq!((summary.verdict, finding.cause), (Verdict::Leak, "unbounded-collection"));
    assert_eq!(finding.title, "160 elements in array State.messages (dist/history.js:10:3), Message");
    let growth = finding.growth.as_ref().unwrap();
    assert_eq!((growth.count, growth.per_round), (100, Some(1.0)));
}

#[test]
fn another_content_in_the_same_place_is_none() {
    // Longer than before, but nothing of what was there.
    let summary = compare_counts(|count| state(count, if count > OLD { OLD } else { 0 }));
    assert!(summary.findings.iter().all(|finding| finding.cause != "unbounded-collection"), "{:?}", summary.verdict);
    // As long as before: the last fifty.
    let summary = compare_counts(|count| state(count, count - 50));
    assert_eq!((summary.verdict, summary.findings.len()), (Verdict::Clean, 0));
}
