//! The cause `promise-reactions`, on drawn heaps: who waits, for what, and when it is a leak.

use crate::summaries::{self, look};
use leakscan::analysis::diff::Identity;
use leakscan::cancel::CancelToken;
use leakscan::causes::{Finding, Summary, SummaryOptions, Verdict, summarize};
use leakscan::graph::Snapshot;
use leakscan::snapshot::{EdgeKind, NodeIndex, NodeKind};
use leakscan::testing::program::{Function, Program};

const URL: &str = "/srv/app/dist/home.js";
const ROUNDS: u32 = 40;
/// Two handlers, their scope, the call and its variables, the promise it has given; DevTools counts reactions to the promise.
const CALL: u64 = 2 * 56 + 40 + 88 + 64 + 48;

fn compare(before: &Snapshot, after: &Snapshot) -> Summary {
    summaries::compare(Some(ROUNDS), before, after)
}

/// The findings of this cause.
fn told(summary: &Summary) -> Vec<&Finding> {
    summary.findings.iter().filter(|it| it.cause == "promise-reactions").collect()
}

fn titles(summary: &Summary) -> Vec<&str> {
    told(summary).iter().map(|it| it.title.as_str()).collect()
}

/// A program whose global promise `shutdown` never settles; `count` wait for it, each made by `wait`.
fn waiting(count: u32, mut wait: impl FnMut(&mut Program, Function, u32) -> NodeIndex) -> Snapshot {
    let mut program = Program::new(URL);
    let shutdown = program.global_object("shutdown", "Promise");
    let function = program.function("handle", 14, 5);
    let reactions: Vec<_> = (0..count).map(|at| wait(&mut program, function, at)).collect();
    program.link_reactions(shutdown, &reactions);
    program.snapshot()
}

/// A call with a body of `size` bytes.
fn call(program: &mut Program, function: Function, size: u64) -> NodeIndex {
    let body = program.string("BODY with a secret", size);
    let promise = program.builder.object("Promise", 48);
    // All closures of a function that is made once are one.
    let closure = match program.builder.find("handle") {
        Some(closure) => closure,
        None => {
            let closure = program.closure(function, "handle", None);
            program.builder.property(program.global, "handle", closure).key("handle", closure);
            closure
        }
    };
    program.waiting_call(closure, body, promise)
}

fn calls(count: u32) -> Snapshot {
    waiting(count, |program, function, _| call(program, function, 8000))
}

#[test]
fn calls_that_wait_for_one_promise_are_a_leak() {
    let summary = compare(&calls(20), &calls(60));
    assert_eq!(summary.verdict, Verdict::Leak);
    assert_eq!(summary.findings.len(), 1, "one leak, one finding");
    let finding = &summary.findings[0];
    let title = "60 suspended calls of handle (dist/home.js:14:5) wait for the promise shutdown, which does not settle";
    assert_eq!((finding.cause, finding.title.as_str()), ("promise-reactions", title));
    let growth = finding.growth.as_ref().unwrap();
    assert_eq!((finding.count, growth.count, growth.per_round), (60, 40, Some(1.0)));
    assert_eq!(growth.bytes, 40 * (8000 + CALL));
    assert_eq!(finding.retained_size, 60 * (8000 + CALL));
    assert_eq!(finding.confidence, 0.99);
    assert_eq!(finding.owner.class_name, "Promise");
    let steps: Vec<_> = finding.holds[0].path.iter().map(|step| step.edge_name.to_string()).collect();
    assert_eq!(steps, ["reactions_or_result", "2", "context", "extension", "parameters_and_registers", "2"]);
    assert_eq!(finding.holds[0].retained_size, 8000 + CALL);
    assert!(!serde_json::to_string(&summary).unwrap().contains("secret"));
}

#[test]
fn as_many_as_before_are_no_leak() {
    for (before, after) in [(60, 60), (60, 20), (20, 29)] {
        assert_eq!(told(&compare(&calls(before), &calls(after))).len(), 0, "{before} -> {after}");
    }
}

#[test]
fn the_pace_tells_how_sure_it_is() {
    let confidence = |count: u32, rounds| {
        let options = SummaryOptions { rounds, ..SummaryOptions::default() };
        let summary = summarize(Some(&calls(20)), &calls(20 + count), &options, &CancelToken::new()).unwrap();
        told(&summary)[0].confidence
    };
    assert_eq!(confidence(80, Some(40)), 0.99, "two a round");
    assert_eq!(confidence(81, Some(80)), 0.9, "one more is under way");
    assert_eq!(confidence(60, Some(40)), 0.85, "more than one a round");
    assert_eq!(confidence(30, Some(40)), 0.6, "less than one a round");
    assert_eq!(confidence(30, None), 0.85);
}

#[test]
fn of_promises_of_their_own_nobody_is_as_sure() {
    let confidence = |before, after, rounds| {
        let summary = summaries::compare(rounds, &own(0, before, 0), &own(0, after, 0));
        told(&summary)[0].confidence
    };
    assert_eq!(confidence(20, 60, Some(40)), 0.95, "one a round");
    assert_eq!(confidence(20, 101, Some(80)), 0.9, "one more is under way");
    assert_eq!(confidence(20, 80, Some(40)), 0.7, "more than one a round");
    assert_eq!(confidence(20, 50, Some(40)), 0.6, "less than one a round");
    assert_eq!(confidence(20, 80, None), 0.7);
    // Where hardly any waited before, nobody knows whether they stay.
    assert_eq!(confidence(2, 42, Some(40)), 0.8);
    assert_eq!(confidence(2, 83, Some(80)), 0.7);
    assert_eq!(confidence(2, 62, Some(40)), 0.4);
}

#[test]
fn in_one_snapshot_many_are_suspicious() {
    for (count, verdict) in [(100, Verdict::Suspicious), (99, Verdict::Clean)] {
        assert_eq!(look(&calls(count)).verdict, verdict, "{count}");
    }
}

#[test]
fn callbacks_are_told_with_the_place_where_most_are_made() {
    let callbacks = |count| {
        waiting(count, |program, function, at| {
            let other = program.function("other", 20, 5);
            let scope = program.scope(&[]);
            let callback = program.closure(if at < 5 { other } else { function }, "handle", Some(scope));
            program.waiting_callback(callback)
        })
    };
    let summary = compare(&callbacks(20), &callbacks(60));
    assert_eq!(
        titles(&summary),
        ["60 callbacks wait for the promise shutdown, which does not settle, most created at dist/home.js:14:5"]
    );
}

#[test]
fn the_function_behind_finally_and_bind_is_told() {
    let finally = |count| {
        waiting(count, |program, function, _| {
            let callback = program.closure(function, "handle", None);
            program.waiting_finally(callback)
        })
    };
    let bound = |count| {
        waiting(count, |program, function, _| {
            let callback = program.closure(function, "handle", None);
            let bound = program.builder.node(NodeKind::CLOSURE, "native_bind", 48);
            program.builder.edge(bound, EdgeKind::Internal, "bound_function", callback);
            program.waiting_callback(bound)
        })
    };
    let title = "60 callbacks wait for the promise shutdown, which does not settle, all created at dist/home.js:14:5";
    assert_eq!(titles(&compare(&finally(20), &finally(60))), [title]);
    assert_eq!(titles(&compare(&bound(20), &bound(60))), [title]);
}

#[test]
fn a_race_is_told_of_the_function_that_calls_it_with_the_promise() {
    let races = |count, callers: &[&[&str]], is_over: bool| {
        let mut program = Program::new(URL);
        let shutdown = program.global_object("shutdown", "Promise");
        let outer = program.scope_info(None);
        for (at, names) in callers.iter().enumerate() {
            let function = program.function("handle", 14 + at as u32, 5);
            program.compile(function, outer, names);
            let closure = program.closure(function, "handle", None);
            program.builder.property(program.global, &format!("handle{at}"), closure);
        }
        let reactions: Vec<_> = (0..count)
            .map(|_| {
                let result = program.builder.object("Promise", 48);
                let body = program.string("BODY", 4000);
                program.builder.edge(result, EdgeKind::Internal, "reactions_or_result", body);
                if is_over { program.waiting_race(result) } else { program.waiting_combination(result) }
            })
            .collect();
        program.link_reactions(shutdown, &reactions);
        program.snapshot()
    };
    let tell = |callers: &[&[&str]], is_over| {
        let summary = compare(&races(20, callers, is_over), &races(60, callers, is_over));
        titles(&summary).into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    let race = "60 reactions of Promise.race wait for the promise shutdown, which does not settle";
    let all = "60 reactions of Promise.all wait for the promise shutdown, which does not settle";
    let caller: &[&str] = &["shutdown", "race"];
    assert_eq!(tell(&[caller, &["shutdown"], &["race"]], true), [format!("{race}, all from dist/home.js:14:5")]);
    assert_eq!(tell(&[caller, caller], true), [race], "it may be either");
    assert_eq!(tell(&[caller], false), [all], "that one calls no Promise.all");
}

#[test]
fn who_waits_for_a_race_that_is_not_over_is_told() {
    let races = |count| {
        waiting(count, |program, function, _| {
            let result = program.builder.object("Promise", 48);
            let caller = call(program, function, 4000);
            program.link_reactions(result, &[caller]);
            program.waiting_race(result)
        })
    };
    let summary = compare(&races(20), &races(60));
    assert_eq!(told(&summary)[0].location.as_ref().map(|location| location.line), Some(14));
}

#[test]
fn the_program_that_waits_for_a_library_is_told() {
    let nested = |count, is_library: bool| {
        let mut program = Program::new(URL);
        let shutdown = program.global_object("shutdown", "Promise");
        let function = program.function("handle", 14, 5);
        if is_library {
            program.script("/srv/app/node_modules/queue/index.js");
        }
        let other = program.function("take", 3, 1);
        let take = program.closure(other, "take", None);
        program.builder.property(program.global, "take", take);
        let reactions: Vec<_> = (0..count)
            .map(|_| {
                let body = program.string("BODY", 100);
                let given = program.builder.object("Promise", 48);
                let reaction = program.waiting_call(take, body, given);
                let caller = call(&mut program, function, 4000);
                program.link_reactions(given, &[caller]);
                reaction
            })
            .collect();
        program.link_reactions(shutdown, &reactions);
        program.snapshot()
    };
    for (is_library, line, library) in [(true, 14, Some("node_modules/queue/index.js:3:1")), (false, 3, None)] {
        let summary = compare(&nested(20, is_library), &nested(60, is_library));
        let [finding] = told(&summary)[..] else { panic!("{:?}", titles(&summary)) };
        assert_eq!(finding.location.as_ref().map(|location| location.line), Some(line));
        let told = finding.evidence.get("library").map(|library| serde_json::to_value(library).unwrap());
        assert_eq!(told, library.map(serde_json::Value::from));
    }
}

#[test]
fn what_node_itself_waits_for_is_left_out() {
    let calls = |url: &str, count| {
        let mut program = Program::new(url);
        let shutdown = program.global_object("shutdown", "Promise");
        let function = program.function("handle", 14, 5);
        let reactions: Vec<_> = (0..count).map(|_| call(&mut program, function, 8000)).collect();
        program.link_reactions(shutdown, &reactions);
        program.snapshot()
    };
    for (url, findings) in [(URL, 1), ("node:internal/streams/readable", 0)] {
        assert_eq!(told(&compare(&calls(url, 20), &calls(url, 60))).len(), findings, "{url}");
    }
}

/// Calls that each wait for a promise of its own, kept in the array `waiting`: of `total` ever made those from `from` on
/// wait still. Their entries hold `beside` bytes more.
fn own(from: u32, total: u32, beside: u64) -> Snapshot {
    let mut program = Program::new(URL);
    let function = program.function("ask", 14, 5);
    let waiting = program.array(program.global, "waiting");
    for at in 0..total {
        let promise = program.builder.object("Promise", 48);
        let reaction = call(&mut program, function, 2000);
        if at >= from {
            program.link_reactions(promise, &[reaction]);
        }
        let entry = program.builder.object("Entry", 32);
        let more = program.string("more", beside);
        program.builder.property(entry, "promise", promise).property(entry, "more", more);
        if at >= from {
            program.push(waiting, entry);
        }
    }
    program.snapshot()
}

#[test]
fn calls_that_each_wait_for_their_own_promise_are_a_leak_if_they_stay() {
    let summary = compare(&own(0, 20, 0), &own(0, 60, 0));
    assert_eq!(summary.verdict, Verdict::Leak);
    assert_eq!(summary.findings.len(), 1, "the array is told too: {:?}", summary.findings);
    let title =
        "60 suspended calls of handle (dist/home.js:14:5) wait for promises that do not settle, kept by array waiting";
    assert_eq!(titles(&summary), [title]);
    let finding = &summary.findings[0];
    assert_eq!((finding.count, finding.growth.as_ref().unwrap().count, finding.confidence), (60, 40, 0.95));
    assert_eq!(finding.owner.class_name, "Array");
}

#[test]
fn the_collection_that_keeps_them_is_told_and_not_its_table() {
    let kept_by = |class: &'static str, store: &'static str| {
        let kept = |count| {
            let mut program = Program::new(URL);
            let function = program.function("ask", 14, 5);
            let waiting = program.builder.object(class, 32);
            program.builder.property(program.global, "waiting", waiting);
            let slots = program.builder.node(NodeKind::ARRAY, "", 64);
            program.builder.edge(waiting, EdgeKind::Internal, store, slots);
            for at in 0..count {
                let promise = program.builder.object("Promise", 48);
                let reaction = call(&mut program, function, 2000);
                program.link_reactions(promise, &[reaction]);
                match store {
                    "elements" => program.builder.element(waiting, at, promise),
                    _ => program.builder.edge(slots, EdgeKind::Internal, &(5 + 3 * at + 1).to_string(), promise),
                };
            }
            program.snapshot()
        };
        let summary = compare(&kept(20), &kept(60));
        let [finding] = told(&summary)[..] else { panic!("{:?}", titles(&summary)) };
        assert_eq!(finding.owner.class_name, class);
        finding.title.rsplit(", kept by ").next().unwrap().to_owned()
    };
    assert_eq!(kept_by("Map", "table"), "Map waiting");
    assert_eq!(kept_by("Array", "elements"), "array waiting");
    assert_eq!(kept_by("Pool", "properties"), "Pool waiting");
    assert_eq!(kept_by("Object", "properties"), "object waiting");
}

#[test]
fn calls_under_way_are_no_leak() {
    // Of the twenty that waited, so many wait still.
    for (still, findings) in [(20, 1), (10, 1), (9, 0), (0, 0)] {
        let after = own(20 - still, 80 - still, 0);
        assert_eq!(told(&compare(&own(0, 20, 0), &after)).len(), findings, "{still}");
    }
}

#[test]
fn what_weighs_more_than_the_calls_is_for_others_to_tell() {
    for (beside, findings) in [(2000, 1), (4000, 0)] {
        assert_eq!(told(&compare(&own(0, 20, beside), &own(0, 60, beside))).len(), findings, "{beside}");
    }
}

#[test]
fn in_one_snapshot_calls_of_their_own_must_be_very_many() {
    for (count, findings) in [(1000, 1), (999, 0)] {
        assert_eq!(told(&look(&own(0, count, 0))).len(), findings, "{count}");
    }
}

#[test]
fn those_who_wait_for_a_new_promise_may_have_waited_for_another() {
    // A promise per snapshot, with so many waiting.
    let gate = |count: u32, is_second: bool| {
        let mut program = Program::new(URL);
        let function = program.function("handle", 14, 5);
        let gate = |program: &mut Program, count| {
            let promise = program.builder.object("Promise", 48);
            let reactions: Vec<_> = (0..count).map(|_| call(program, function, 8000)).collect();
            (promise, reactions)
        };
        let first = gate(&mut program, 20);
        let (open, reactions) = if is_second { gate(&mut program, count) } else { first };
        program.link_reactions(open, &reactions);
        program.builder.property(program.global, "gate", open);
        program.snapshot()
    };
    assert_eq!(told(&compare(&gate(0, false), &gate(60, true))).len(), 0);
}

#[test]
fn other_processes_are_compared_by_place() {
    let options = SummaryOptions { identity: Some(Identity::DifferentProcess), ..SummaryOptions::default() };
    let growth = |before, after| {
        let summary = summarize(Some(&calls(before)), &calls(after), &options, &CancelToken::new()).unwrap();
        told(&summary).first().map(|it| (it.growth.as_ref().unwrap().count, it.confidence))
    };
    assert_eq!(growth(20, 60), Some((40, 0.6)));
    assert_eq!(growth(60, 60), None);
}

#[test]
fn a_chain_that_bites_its_tail_ends() {
    let mut program = Program::new(URL);
    let shutdown = program.global_object("shutdown", "Promise");
    let function = program.function("handle", 14, 5);
    let reactions: Vec<_> = (0..120).map(|_| call(&mut program, function, 10)).collect();
    program.link_reactions(shutdown, &reactions);
    program.builder.edge(reactions[0], EdgeKind::Hidden, "1", reactions[60]);
    assert_eq!(told(&look(&program.snapshot()))[0].count, 120);
}
