//! The cause `timers`, on drawn heaps: which timers wait, which of them are a leak, and which are work under way.

use crate::summaries::{self, look};
use leakscan::analysis::diff::Identity;
use leakscan::cancel::CancelToken;
use leakscan::causes::{Summary, SummaryOptions, Verdict, summarize};
use leakscan::graph::Snapshot;
use leakscan::snapshot::{EdgeKind, NodeIndex, NodeKind};
use leakscan::testing::program::{Function, Program};

const URL: &str = "/srv/app/dist/home.js";
const HOUR: u32 = 3_600_000;
const ROUNDS: u32 = 40;

fn compare(before: &Snapshot, after: &Snapshot) -> Summary {
    summaries::compare(Some(ROUNDS), before, after)
}

/// The titles of the findings of this cause.
fn titles(summary: &Summary) -> Vec<&str> {
    summary.findings.iter().filter(|it| it.cause == "timers").map(|it| it.title.as_str()).collect()
}

/// A closure whose scope holds a body of `size` bytes.
fn callback(program: &mut Program, function: Function, size: u64) -> NodeIndex {
    let body = program.string("BODY with a secret", size);
    let scope = program.scope(&[("body", body)]);
    program.closure(function, "tick", Some(scope))
}

/// A program that has set `count` timers of one place and one delay.
fn timers(count: u32, delay_ms: u32, is_interval: bool, size: u64) -> Snapshot {
    let mut program = Program::new(URL);
    let list = program.timers_list(delay_ms);
    let function = program.function("tick", 14, 5);
    let timers: Vec<_> = (0..count)
        .map(|_| {
            let callback = callback(&mut program, function, size);
            program.timeout(callback, is_interval)
        })
        .collect();
    program.link_timers(list, &timers);
    program.snapshot()
}

/// From 20 to 60 timers, each made by `make`.
fn grow(make: impl Fn(&mut Program, Function) -> NodeIndex) -> Summary {
    let snapshot = |count| {
        let mut program = Program::new(URL);
        let list = program.timers_list(1000);
        let function = program.function("tick", 14, 5);
        let timers: Vec<_> = (0..count).map(|_| make(&mut program, function)).collect();
        program.link_timers(list, &timers);
        program.snapshot()
    };
    compare(&snapshot(20), &snapshot(60))
}

#[test]
fn an_interval_per_request_is_a_leak() {
    let (before, after) = (timers(20, 1000, true, 8000), timers(60, 1000, true, 8000));
    let summary = compare(&before, &after);
    assert_eq!(summary.verdict, Verdict::Leak);
    assert_eq!(summary.findings.len(), 1, "one leak, one finding");
    let finding = &summary.findings[0];
    assert_eq!(finding.title, "60 intervals of 1 s that are never cleared, all created at dist/home.js:14:5");
    let growth = finding.growth.as_ref().unwrap();
    assert_eq!((finding.count, growth.count, growth.per_round), (60, 40, Some(1.0)));
    assert_eq!(growth.bytes, 40 * (8000 + 32 + 64 + 96));
    assert_eq!(finding.retained_size, 60 * (8000 + 32 + 64 + 96));
    assert_eq!(finding.confidence, 0.99);
    let steps: Vec<_> = finding.holds[0].path.iter().map(|step| step.edge_name.to_string()).collect();
    assert_eq!(steps, ["_idlePrev", "_onTimeout", "context", "body"]);
    assert_eq!(finding.holds[0].retained_size, 8000 + 32 + 64 + 96);
    assert_eq!(finding.owner.class_name, "TimersList");
    assert!(!serde_json::to_string(&summary).unwrap().contains("secret"));
}

#[test]
fn as_many_as_before_are_no_leak() {
    for (before, after) in [(60, 60), (60, 20), (20, 29)] {
        let summary = compare(&timers(before, 1000, true, 0), &timers(after, 1000, true, 0));
        assert_eq!(titles(&summary).len(), 0, "{before} -> {after}");
    }
}

#[test]
fn what_is_called_once_is_a_leak_only_if_it_is_due_late() {
    let cases = [
        (5000, 8000, "60 timeouts of 5 s yet to fire, all created at dist/home.js:14:5", Verdict::Suspicious),
        (HOUR - 1, 8000, "60 timeouts of 60 min yet to fire, all created at dist/home.js:14:5", Verdict::Suspicious),
        (HOUR, 8000, "60 timeouts of 1 h yet to fire, all created at dist/home.js:14:5", Verdict::Leak),
        (HOUR, 10, "60 timeouts of 1 h yet to fire, all created at dist/home.js:14:5", Verdict::Leak),
    ];
    for (delay_ms, size, title, verdict) in cases {
        let summary = compare(&timers(20, delay_ms, false, size), &timers(60, delay_ms, false, size));
        assert_eq!((titles(&summary), summary.verdict), (vec![title], verdict), "{delay_ms} ms");
        assert_eq!(summary.findings.len(), 1);
    }
}

#[test]
fn work_under_way_that_keeps_little_is_not_told() {
    let summary = compare(&timers(20, 5000, false, 10), &timers(60, 5000, false, 10));
    assert_eq!(summary.verdict, Verdict::Clean);
}

#[test]
fn in_one_snapshot_many_that_last_are_suspicious() {
    let cases = [
        (50, 1000, true, Verdict::Suspicious),
        (49, 1000, true, Verdict::Clean),
        (50, HOUR, false, Verdict::Suspicious),
        (50, 1000, false, Verdict::Clean),
    ];
    for (count, delay_ms, is_interval, verdict) in cases {
        assert_eq!(look(&timers(count, delay_ms, is_interval, 10)).verdict, verdict, "{count} of {delay_ms} ms");
    }
}

#[test]
fn cleared_and_fired_timers_do_not_count() {
    let cleared = grow(|program, _| {
        let null = program.builder.node(NodeKind::HIDDEN, "null", 0);
        program.timeout(null, true)
    });
    assert_eq!(titles(&cleared).len(), 0);
    let useless = grow(|program, function| {
        // An object whose constructor's place is known, as a function of that script is there.
        let function_of_script = program.closure(function, "tick", None);
        let object = callback(program, function, 0);
        program.builder.property(program.global, "tick", function_of_script).retype(object, NodeKind::OBJECT);
        program.timeout(object, true)
    });
    assert_eq!(titles(&useless).len(), 0);
    let fired = grow(|program, function| {
        let callback = callback(program, function, 0);
        let timer = program.timeout(callback, true);
        let destroyed = program.builder.node(NodeKind::HIDDEN, "true", 0);
        program.builder.property(timer, "_destroyed", destroyed);
        timer
    });
    assert_eq!(titles(&fired).len(), 0);
}

#[test]
fn timers_of_no_list_do_not_count() {
    let snapshot = |count| {
        let mut program = Program::new(URL);
        let kept = program.array(program.global, "kept");
        let function = program.function("tick", 14, 5);
        for _ in 0..count {
            let callback = callback(&mut program, function, 0);
            let timer = program.timeout(callback, true);
            program.push(kept, timer);
        }
        program.snapshot()
    };
    assert_eq!(titles(&compare(&snapshot(20), &snapshot(60))).len(), 0);
}

#[test]
fn the_place_is_that_of_the_method_that_was_bound() {
    let summary = grow(|program, function| {
        let method = callback(program, function, 100);
        let bound = program.builder.node(NodeKind::CLOSURE, "native_bind", 48);
        program.builder.edge(bound, EdgeKind::Internal, "bound_function", method);
        program.timeout(bound, true)
    });
    assert_eq!(titles(&summary), ["60 intervals of 1 s that are never cleared, all created at dist/home.js:14:5"]);
}

#[test]
fn timers_of_node_and_of_unknown_places_are_left_out() {
    let snapshot = |url: &str, count, is_known: bool| {
        let mut program = Program::new(url);
        let list = program.timers_list(1000);
        let function = program.function("tick", 14, 5);
        let timers: Vec<_> = (0..count)
            .map(|_| {
                let callback = match is_known {
                    true => program.closure(function, "tick", None),
                    false => program.builder.node(NodeKind::CLOSURE, "", 64),
                };
                program.timeout(callback, true)
            })
            .collect();
        program.link_timers(list, &timers);
        program.snapshot()
    };
    for (url, is_known, findings) in [(URL, true, 1), (URL, false, 0), ("node:net", true, 0)] {
        let summary = compare(&snapshot(url, 20, is_known), &snapshot(url, 60, is_known));
        assert_eq!(titles(&summary).len(), findings, "{url} {is_known}");
    }
}

#[test]
fn one_place_with_several_delays_is_one_leak() {
    let snapshot = |count: usize| {
        let mut program = Program::new(URL);
        let lists = [100, 200].map(|delay_ms| program.timers_list(delay_ms));
        let function = program.function("tick", 14, 5);
        let timers: Vec<_> = (0..count)
            .map(|_| {
                let callback = callback(&mut program, function, 10);
                program.timeout(callback, true)
            })
            .collect();
        let (few, many) = timers.split_at(count / 4);
        program.link_timers(lists[0], few);
        program.link_timers(lists[1], many);
        (program.snapshot(), lists[1])
    };
    let (after, list) = snapshot(60);
    let summary = compare(&snapshot(20).0, &after);
    assert_eq!(titles(&summary), ["60 intervals that are never cleared, all created at dist/home.js:14:5"]);
    assert_eq!(summary.findings[0].owner.id, after.heap.nodes.id(list), "told of where most are");
}

/// Timers that are called once, of functions made before any timer. The `firsts` of the older snapshot have fired since; of
/// their functions `restarted` wait in new timers.
fn chains(firsts: u32, restarted: u32) -> Summary {
    compare_timeouts(firsts, |program, function, first| {
        let new = (restarted..firsts + ROUNDS).map(|_| callback(program, function, 0)).collect();
        [first[..restarted as usize].to_vec(), new].concat()
    })
}

/// `firsts` functions wait in timers of 10 ms, and later those that `then` gives.
fn compare_timeouts(firsts: u32, then: impl Fn(&mut Program, Function, &[NodeIndex]) -> Vec<NodeIndex>) -> Summary {
    let snapshot = |is_after: bool| {
        let mut program = Program::new(URL);
        let list = program.timers_list(10);
        let function = program.function("again", 14, 5);
        let first: Vec<_> = (0..firsts).map(|_| callback(&mut program, function, 0)).collect();
        let mut timers: Vec<_> = first.iter().map(|&callback| program.timeout(callback, false)).collect();
        if is_after {
            let waiting = then(&mut program, function, &first);
            timers = waiting.into_iter().map(|callback| program.timeout(callback, false)).collect();
        }
        program.link_timers(list, &timers);
        program.snapshot()
    };
    compare(&snapshot(false), &snapshot(true))
}

#[test]
fn timeouts_that_set_themselves_again_are_a_leak() {
    let leak = chains(20, 20);
    let title = "60 timeouts of 10 ms that start themselves again and again, all created at dist/home.js:14:5";
    assert_eq!((titles(&leak), leak.verdict), (vec![title], Verdict::Leak));
    let cases = [(3, 3, 1), (2, 2, 0), (20, 11, 1), (20, 10, 0), (20, 0, 0)];
    for (firsts, restarted, findings) in cases {
        assert_eq!(titles(&chains(firsts, restarted)).len(), findings, "{restarted} of {firsts}");
    }
    // Somebody else sets timers for a function that waits more than once.
    let several = compare_timeouts(4, |_, _, first| first.repeat(11));
    assert_eq!(titles(&several).len(), 0);
}

/// A job of which every call sets a timer with a function made anew: `handed_on` of the `firsts` of the older snapshot are
/// kept by a timer of the newer one alone.
fn jobs(firsts: u32, handed_on: u32, is_kept_elsewhere: bool) -> Summary {
    let snapshot = |is_after: bool| {
        let mut program = Program::new(URL);
        let list = program.timers_list(10);
        let function = program.function("again", 14, 5);
        let mut jobs: Vec<_> = (0..firsts).map(|_| program.builder.object("Job", 64)).collect();
        let set = |program: &mut Program, job: NodeIndex| {
            let scope = program.scope(&[("this", job)]);
            let callback = program.closure(function, "again", Some(scope));
            if is_kept_elsewhere {
                program.builder.property(program.global, "job", job);
            }
            program.timeout(callback, false)
        };
        let mut timers: Vec<_> = jobs.iter().map(|&job| set(&mut program, job)).collect();
        if is_after {
            jobs.truncate(handed_on as usize);
            jobs.extend((handed_on..firsts + ROUNDS).map(|_| program.builder.object("Job", 64)));
            timers = jobs.iter().map(|&job| set(&mut program, job)).collect();
        }
        program.link_timers(list, &timers);
        program.snapshot()
    };
    compare(&snapshot(false), &snapshot(true))
}

#[test]
fn timeouts_that_hand_on_what_they_alone_keep_are_a_leak() {
    let title = "60 timeouts of 10 ms that start themselves again and again, all created at dist/home.js:14:5";
    let leak = jobs(20, 20, false);
    assert_eq!((titles(&leak), leak.verdict), (vec![title], Verdict::Leak));
    assert_eq!(titles(&jobs(20, 10, false)).len(), 0, "half of them are done");
    assert_eq!(titles(&jobs(20, 20, true)).len(), 0, "somebody else keeps the jobs");
}

#[test]
fn immediates_that_wait_are_work_under_way() {
    let snapshot = |count| {
        let mut program = Program::new(URL);
        let function = program.function("tick", 14, 5);
        let immediates: Vec<_> = (0..count)
            .map(|_| {
                let callback = callback(&mut program, function, 8000);
                let immediate = program.builder.object("Immediate", 80);
                program.builder.property(immediate, "_onImmediate", callback);
                immediate
            })
            .collect();
        program.link_immediates(&immediates);
        program.snapshot()
    };
    let summary = compare(&snapshot(20), &snapshot(60));
    assert_eq!(summary.verdict, Verdict::Suspicious);
    assert_eq!(titles(&summary), ["60 immediates yet to run, all created at dist/home.js:14:5"]);
}

#[test]
fn other_processes_are_compared_by_place() {
    let program = |url: &str, count| {
        let mut program = Program::new(url);
        let list = program.timers_list(1000);
        let function = program.function("tick", 14, 5);
        let timers: Vec<_> = (0..count)
            .map(|_| {
                let callback = callback(&mut program, function, 10);
                program.timeout(callback, true)
            })
            .collect();
        program.link_timers(list, &timers);
        program.snapshot()
    };
    let options = SummaryOptions { identity: Some(Identity::DifferentProcess), ..SummaryOptions::default() };
    let before = program("/home/ann/app/dist/home.js", 20);
    let count = |after: &Snapshot| {
        let summary = summarize(Some(&before), after, &options, &CancelToken::new()).unwrap();
        summary.findings.first().and_then(|finding| finding.growth.as_ref()).map(|growth| growth.count)
    };
    assert_eq!(count(&program(URL, 60)), Some(40));
    assert_eq!(count(&program(URL, 20)), None);
}

#[test]
fn what_only_a_timer_keeps_is_not_told_again() {
    // An emitter per request, with a dozen listeners of one place.
    let snapshot = |count| {
        let mut program = Program::new(URL);
        let list = program.timers_list(1000);
        let (tick, listen) = (program.function("tick", 14, 5), program.function("onData", 20, 5));
        let timers: Vec<_> = (0..count)
            .map(|_| {
                let emitter = program.builder.object("Feed", 40);
                let events = program.emitter(emitter);
                let listeners = program.array(events, "data");
                for _ in 0..12 {
                    let listener = program.closure(listen, "onData", None);
                    program.push(listeners, listener);
                }
                let scope = program.scope(&[("feed", emitter)]);
                let callback = program.closure(tick, "tick", Some(scope));
                program.timeout(callback, true)
            })
            .collect();
        program.link_timers(list, &timers);
        program.snapshot()
    };
    let causes: Vec<_> = compare(&snapshot(20), &snapshot(60)).findings.iter().map(|finding| finding.cause).collect();
    assert_eq!(causes, ["timers"]);
}

#[test]
fn a_list_that_bites_its_tail_ends() {
    let mut program = Program::new(URL);
    let list = program.timers_list(1000);
    let function = program.function("tick", 14, 5);
    let timers: Vec<_> = (0..60)
        .map(|_| {
            let callback = callback(&mut program, function, 10);
            program.timeout(callback, true)
        })
        .collect();
    for pair in timers.windows(2) {
        program.builder.property(pair[0], "_idlePrev", pair[1]);
    }
    program.builder.property(list, "_idlePrev", timers[0]).property(timers[59], "_idlePrev", timers[30]);
    assert_eq!(look(&program.snapshot()).findings[0].count, 60);
}
