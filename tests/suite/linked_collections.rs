//! Linked structures that only grow, and collections that are made anew with one entry more: what is told, what is healthy.

use crate::summaries::{OLD, compare_counts, only};
use leakscan::cancel::CancelToken;
use leakscan::causes::{Evidence, SummaryOptions, Verdict, summarize};
use leakscan::snapshot::{EdgeKind, NodeIndex, NodeKind};
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

/// A `Holder` whose field `settings` refers to the last of `count` objects, each of which inherits from the one before; or has
/// its methods from it, if that is what instances of a class have.
fn inheriting(count: u32, is_class: bool) -> Program {
    let mut program = program();
    let holder = program.global_object("holder", "Holder");
    let mut last = program.builder.object("Settings", 100);
    for _ in 1..count {
        let next = program.builder.object("Settings", 100);
        program.builder.property(next, "__proto__", last);
        if is_class {
            let class = program.builder.node(NodeKind::CLOSURE, "Settings", 64);
            program.builder.property(last, "constructor", class);
        }
        last = next;
    }
    program.builder.property(holder, "settings", last);
    program
}

#[test]
fn objects_that_inherit_from_each_other_for_ever_are_linked() {
    let summary = compare_counts(|count| inheriting(count, false));
    let finding = only(&summary);
    assert_eq!(finding.title, "160 Settings objects linked from Holder.settings");
    assert_eq!(finding.evidence["link"], Evidence::Text("__proto__".to_owned()));
    let summary = compare_counts(|count| inheriting(count, true));
    assert!(summary.findings.iter().all(|finding| !finding.title.contains("linked")), "prototypes of classes");
}

#[test]
fn objects_that_have_the_next_in_a_list_are_linked() {
    let summary = compare_counts(|count| {
        let mut program = program();
        let first = program.builder.object("Comment", 100);
        scope(&mut program, "first", first);
        let mut last = first;
        for _ in 1..count {
            let comment = program.builder.object("Comment", 100);
            let replies = program.array(last, "replies");
            program.push(replies, comment);
            last = comment;
        }
        program
    });
    let finding = only(&summary);
    assert_eq!(finding.title, "160 Comment objects linked from first (dist/history.js:10:3)");
    assert_eq!((finding.growth.as_ref().unwrap().count, finding.evidence["link"].clone()), (100, "replies".into()));
    let own = finding.retained_size / 160;
    assert!((100..200).contains(&own), "what is behind counts once: {own} bytes each");
}

/// A registry that waits for `count` resources, whose held values refer to them, or do not.
fn registered(count: u32, is_kept: bool) -> Program {
    let mut program = program();
    let registry = program.global_object("registry", "FinalizationRegistry");
    let mut last = None;
    for _ in 0..count {
        let resource = program.builder.object("Resource", 100);
        let held = program.builder.object("Object", 40);
        let cell = program.builder.node(NodeKind::HIDDEN, "system / WeakCell", 64);
        program.builder.edge(cell, EdgeKind::Weak, "target", resource);
        program.builder.edge(cell, EdgeKind::Hidden, "0", registry).edge(cell, EdgeKind::Hidden, "2", held);
        if is_kept {
            program.builder.property(held, "resource", resource);
        }
        if let Some(last) = last {
            program.builder.edge(cell, EdgeKind::Hidden, "4", last);
        }
        last = Some(cell);
    }
    program.builder.edge(registry, EdgeKind::Hidden, "4", last.unwrap());
    program
}

#[test]
fn what_its_own_held_value_keeps_never_goes() {
    let summary = compare_counts(|count| registered(count, true));
    let finding = only(&summary);
    assert_eq!(finding.title, "160 Resource objects kept by their own held values in FinalizationRegistry registry");
    let growth = finding.growth.as_ref().unwrap();
    assert_eq!((finding.count, growth.count, growth.per_round), (160, 100, Some(1.0)));
    let summary = compare_counts(|count| registered(count, false));
    assert!(summary.findings.iter().all(|finding| !finding.title.contains("held values")));
}

#[test]
fn what_a_suspended_call_keeps_is_linked_from_its_scope() {
    // In a register of its own, which has no name.
    let summary = compare_counts(|count| {
        let mut program = program();
        let inbox = program.builder.object("Inbox", 100);
        let call = scope(&mut program, "received", inbox);
        let mut last = None;
        for at in 0..count {
            let span = program.builder.object("Span", 100);
            if let Some(before) = last {
                program.builder.property(span, "parent", before);
            }
            last = Some(span);
            if at + 1 == count {
                program.builder.edge(call, EdgeKind::Hidden, "4", span);
            }
        }
        program
    });
    assert_eq!(only(&summary).title, "160 Span objects linked from a scope (dist/history.js:10:3)");
}
