//! The cause `listeners` and the audit, on drawn heaps of every kind of emitter.

use crate::summaries::{compare, look};
use leakscan::cancel::CancelToken;
use leakscan::causes::{AuditOptions, EmitterKind, Summary, Verdict, audit_listeners};
use leakscan::snapshot::{EdgeKind, NodeIndex, NodeKind};
use leakscan::testing::program::{Function, Program};

const URL: &str = "/srv/app/dist/home.js";

/// Names of the steps to what a listener holds, and what it is.
fn held(summary: &Summary) -> String {
    let Some(held) = summary.findings[0].holds.first() else { return "nothing".to_owned() };
    let steps: Vec<_> = held.path.iter().map(|step| step.edge_name.to_string()).collect();
    format!("{} {}", steps.join(" "), held.node.name)
}

/// A kind of emitter: prepares it, and adds one listener with a scope.
type Listen = Box<dyn FnMut(&mut Program, NodeIndex)>;
type Kind = fn(&mut Program) -> Listen;

/// A program that has added `rounds` listeners, each with a scope that holds a body.
fn program(kind: Kind, rounds: u32) -> Program {
    let mut program = Program::new(URL);
    let mut listen = kind(&mut program);
    for _ in 0..rounds {
        let body = program.string("BODY with a secret", 8000);
        let scope = program.scope(&[("body", body)]);
        listen(&mut program, scope);
    }
    program
}

fn handler(program: &mut Program) -> Function {
    program.function("", 14, 5)
}

fn event_emitter(program: &mut Program) -> Listen {
    let process = program.global_object("process", "process");
    let events = program.emitter(process);
    let listeners = program.array(events, "uncaughtException");
    program.builder.key("listeners", listeners);
    let function = handler(program);
    Box::new(move |program, scope| {
        let closure = program.closure(function, "", Some(scope));
        program.push(listeners, closure);
    })
}

/// Node 18 to 22: `onceWrapper` bound to a state.
fn once_bound(program: &mut Program) -> Listen {
    let bus = program.global_object("bus", "EventEmitter");
    let events = program.emitter(bus);
    let listeners = program.array(events, "ready");
    let function = handler(program);
    let node_events = program.function("onceWrapper", 600, 1);
    let wrapper = program.closure(node_events, "onceWrapper", None);
    Box::new(move |program, scope| {
        let closure = program.closure(function, "", Some(scope));
        let bound = program.builder.node(NodeKind::CLOSURE, "native_bind", 48);
        program.builder.property(bound, "listener", closure);
        program.builder.edge(bound, EdgeKind::Internal, "bound_function", wrapper);
        program.push(listeners, bound);
    })
}

/// Node 24 and later: a closure with the property `listener`.
fn once_closure(program: &mut Program) -> Listen {
    let bus = program.global_object("bus", "EventEmitter");
    let events = program.emitter(bus);
    let listeners = program.array(events, "ready");
    let function = handler(program);
    let node_events = program.function("wrapper", 600, 1);
    Box::new(move |program, scope| {
        let closure = program.closure(function, "", Some(scope));
        let wrapper = program.closure(node_events, "wrapper", None);
        program.builder.property(wrapper, "listener", closure);
        program.push(listeners, wrapper);
    })
}

fn bound_method(program: &mut Program) -> Listen {
    let bus = program.global_object("bus", "EventEmitter");
    let events = program.emitter(bus);
    let listeners = program.array(events, "ready");
    let function = handler(program);
    Box::new(move |program, scope| {
        let method = program.closure(function, "onReady", Some(scope));
        let bound = program.builder.node(NodeKind::CLOSURE, "native_bind", 48);
        program.builder.edge(bound, EdgeKind::Internal, "bound_function", method);
        program.push(listeners, bound);
    })
}

/// A chain of records, behind a head that is none.
fn abort_signal(program: &mut Program) -> Listen {
    let signal = program.global_object("shutdown", "EventTarget");
    let aborted = program.builder.node(NodeKind::HIDDEN, "false", 0);
    program.builder.property(signal, "<symbol kAborted>", aborted);
    let table = program.map(signal, "<symbol kEvents>");
    let abort = program.string("abort", 24);
    let head = program.builder.object("Object", 40);
    program.set(table, abort, head);
    let function = handler(program);
    let mut last = head;
    Box::new(move |program, scope| {
        let closure = program.closure(function, "", Some(scope));
        let record = program.builder.object("Listener", 64);
        program.builder.property(last, "next", record).property(record, "previous", last);
        program.builder.property(record, "listener", closure).property(record, "callback", closure);
        last = record;
    })
}

fn eventemitter3(program: &mut Program) -> Listen {
    let bus = program.global_object("bus", "EventEmitter");
    let events = program.builder.object("Events", 24);
    program.builder.property(bus, "_events", events);
    let listeners = program.array(events, "tick");
    let function = handler(program);
    Box::new(move |program, scope| {
        let closure = program.closure(function, "", Some(scope));
        let record = program.builder.object("EE", 48);
        program.builder.property(record, "fn", closure).property(record, "context", bus);
        program.push(listeners, record);
    })
}

fn rxjs7(program: &mut Program) -> Listen {
    let subject = program.global_object("subject", "Subject");
    let stopped = program.builder.node(NodeKind::HIDDEN, "false", 0);
    program.builder.property(subject, "isStopped", stopped);
    let observers = program.array(subject, "observers");
    let function = handler(program);
    let operator = program.function("OperatorSubscriber._next", 31, 24);
    Box::new(move |program, scope| {
        let closure = program.closure(function, "", Some(scope));
        let next = program.closure(operator, "", None);
        let [operator, safe, consumer, partial] =
            ["OperatorSubscriber", "SafeSubscriber", "ConsumerObserver", "Object"]
                .map(|class| program.builder.object(class, 40));
        program.builder.property(operator, "_next", next).property(operator, "destination", safe);
        program.builder.property(safe, "destination", consumer).property(consumer, "partialObserver", partial);
        program.builder.property(partial, "next", closure);
        program.push(observers, operator);
    })
}

fn rxjs6(program: &mut Program) -> Listen {
    let subject = program.global_object("subject", "Subject");
    let stopped = program.builder.node(NodeKind::HIDDEN, "false", 0);
    program.builder.property(subject, "isStopped", stopped);
    let observers = program.array(subject, "observers");
    let function = handler(program);
    let library = program.function("next", 1, 1);
    let ignored = program.closure(library, "next", None);
    let empty = program.builder.object("Object", 40);
    program.builder.property(empty, "next", ignored);
    Box::new(move |program, scope| {
        let closure = program.closure(function, "", Some(scope));
        let [subscriber, safe] = ["Subscriber", "SafeSubscriber"].map(|class| program.builder.object(class, 40));
        program.builder.property(subscriber, "destination", safe);
        program.builder.property(safe, "destination", empty).property(safe, "_next", closure);
        program.push(observers, subscriber);
    })
}

fn mitt(program: &mut Program) -> Listen {
    let bus = program.global_object("bus", "Object");
    let function = handler(program);
    let emit = program.closure(function, "emit", None);
    program.builder.property(bus, "emit", emit);
    let table = program.map(bus, "all");
    let tick = program.string("tick", 24);
    let listeners = program.builder.object("Array", 32);
    program.set(table, tick, listeners);
    Box::new(move |program, scope| {
        let closure = program.closure(function, "", Some(scope));
        program.push(listeners, closure);
    })
}

fn i18next(program: &mut Program) -> Listen {
    let i18next = program.global_object("i18next", "I18n");
    let observers = program.builder.object("Object", 32);
    program.builder.property(i18next, "observers", observers);
    let table = program.map(observers, "languageChanged");
    let function = handler(program);
    let mut slot = 6;
    Box::new(move |program, scope| {
        let closure = program.closure(function, "", Some(scope));
        program.builder.edge(table, EdgeKind::Internal, &slot.to_string(), closure);
        slot += 3;
    })
}

fn emittery(program: &mut Program) -> Listen {
    let bus = program.global_object("bus", "Emittery");
    let weak_map = program.builder.node(NodeKind::ARRAY, "(system / EphemeronHashTable)", 64);
    program.builder.property(program.global, "listeners", weak_map);
    let map = program.builder.object("Map", 32);
    program.builder.weak_pair(weak_map, bus, map);
    let events = program.builder.node(NodeKind::ARRAY, "", 64);
    program.builder.edge(map, EdgeKind::Internal, "table", events);
    let tick = program.string("tick", 24);
    let set = program.builder.object("Set", 32);
    program.set(events, tick, set);
    let entries = program.builder.node(NodeKind::ARRAY, "", 64);
    program.builder.edge(set, EdgeKind::Internal, "table", entries);
    let function = handler(program);
    Box::new(move |program, scope| {
        let closure = program.closure(function, "", Some(scope));
        program.add(entries, closure);
    })
}

fn channel(program: &mut Program) -> Listen {
    let channel = program.global_object("channel", "ActiveChannel");
    let listeners = program.array(channel, "_subscribers");
    let function = handler(program);
    Box::new(move |program, scope| {
        let closure = program.closure(function, "", Some(scope));
        program.push(listeners, closure);
    })
}

#[test]
fn every_kind_of_emitter_is_known() {
    let cases: [(Kind, &str, &str); 12] = [
        (event_emitter, "'uncaughtException' listeners on process", "_events uncaughtException 0 context body"),
        (once_bound, "'ready' listeners on EventEmitter", "_events ready 0 listener context body"),
        (once_closure, "'ready' listeners on EventEmitter", "_events ready 0 listener context body"),
        (bound_method, "'ready' listeners on EventEmitter", "_events ready 0 bound_function context body"),
        (abort_signal, "'abort' listeners on AbortSignal", "<symbol kEvents> table 6 next listener context body"),
        (eventemitter3, "'tick' listeners on EventEmitter", "_events tick 0 fn context body"),
        (rxjs7, "'next' listeners on Subject", "observers 0 destination destination partialObserver next context body"),
        (rxjs6, "'next' listeners on Subject", "observers 0 destination _next context body"),
        (mitt, "'tick' listeners on mitt", "all table 6 0 context body"),
        (i18next, "'languageChanged' listeners on I18n", "observers languageChanged table 6 context body"),
        (emittery, "'tick' listeners on Emittery", "WeakMap entry table 6 table 5 context body"),
        (channel, "'message' listeners on ActiveChannel", "_subscribers 0 context body"),
    ];
    for (kind, title, path) in cases {
        let (before, after) = (program(kind, 20).snapshot(), program(kind, 60).snapshot());
        let summary = compare(Some(40), &before, &after);
        assert_eq!(summary.verdict, Verdict::Leak, "{title}");
        assert_eq!(summary.findings.len(), 1, "{title}: one leak, one finding");
        let finding = &summary.findings[0];
        assert_eq!(finding.cause, "listeners");
        assert_eq!(finding.title, format!("60 {title}, all created at dist/home.js:14:5"));
        let growth = finding.growth.as_ref().unwrap();
        assert_eq!((growth.count, growth.per_round), (40, Some(1.0)), "{title}");
        assert_eq!(growth.bytes % 40, 0, "{title}: all listeners keep the same");
        assert!((8000..9000).contains(&(growth.bytes / 40)), "{title}: {} bytes", growth.bytes);
        assert_eq!(held(&summary), format!("{path} string, 18 chars"), "{title}");
        assert_eq!(look(&after).verdict, Verdict::Suspicious, "{title}");
        assert_eq!(look(&before).verdict, Verdict::Clean, "{title}: 20 listeners are no pile");
    }
}

/// The listener captures nothing; its scope also holds the promise's `resolve`.
fn gateway(rounds: u32, keeps_value: bool) -> Program {
    let mut program = Program::new(URL);
    let process = program.global_object("process", "process");
    let events = program.emitter(process);
    let listeners = program.array(events, "uncaughtException");
    let function = handler(&mut program);
    for _ in 0..rounds {
        let value = keeps_value.then(|| program.string("BODY", 8000));
        let scope = program.executor_scope(value);
        let closure = program.closure(function, "", Some(scope));
        program.push(listeners, closure);
    }
    program
}

#[test]
fn a_listener_that_captures_nothing_keeps_the_body_through_resolve() {
    let (before, after) = (gateway(5, true).snapshot(), gateway(305, true).snapshot());
    let summary = compare(Some(300), &before, &after);
    assert_eq!(
        held(&summary),
        "_events uncaughtException 0 context resolve context 1 reactions_or_result string, 4 chars"
    );
}

#[test]
fn nobody_claims_a_body_that_is_not_kept() {
    let (before, after) = (gateway(5, false).snapshot(), gateway(305, false).snapshot());
    let summary = compare(Some(300), &before, &after);
    assert_eq!(summary.findings[0].growth.as_ref().unwrap().count, 300);
    assert!(!held(&summary).contains("string"), "{}", held(&summary));
}

#[test]
fn the_growth_must_be_in_proportion_to_the_rounds() {
    let cases = [
        // (before, after, rounds, verdict)
        (20, 29, None, Verdict::Clean),
        (20, 30, None, Verdict::Leak),
        (20, 22, Some(300), Verdict::Clean),
        (20, 27, Some(7), Verdict::Leak),
        (20, 26, Some(7), Verdict::Clean),
        (20, 320, Some(300), Verdict::Leak),
        (20, 20, Some(300), Verdict::Clean),
        (60, 20, Some(300), Verdict::Clean),
    ];
    for (before, after, rounds, verdict) in cases {
        let (before_snapshot, after_snapshot) =
            (program(event_emitter, before).snapshot(), program(event_emitter, after).snapshot());
        let summary = compare(rounds, &before_snapshot, &after_snapshot);
        let listeners = summary.findings.iter().any(|finding| finding.cause == "listeners");
        assert_eq!(listeners, verdict == Verdict::Leak, "{before} -> {after} in {rounds:?} rounds");
    }
}

/// Many emitters, with the same listeners on each.
fn sockets(sockets: u32, listeners_each: u32) -> Program {
    let mut program = Program::new(URL);
    let pool = program.array(program.global, "pool");
    let function = handler(&mut program);
    let mut arrays = Vec::new();
    for _ in 0..sockets {
        let socket = program.builder.object("Socket", 100);
        program.push(pool, socket);
        let events = program.emitter(socket);
        arrays.push(program.array(events, "error"));
    }
    for _ in 0..listeners_each {
        for &array in &arrays {
            let closure = program.closure(function, "onError", None);
            program.push(array, closure);
        }
    }
    program
}

#[test]
fn pooled_emitters_are_one_leak() {
    let summary = compare(Some(300), &sockets(10, 2).snapshot(), &sockets(10, 32).snapshot());
    assert_eq!(summary.findings.len(), 1);
    assert_eq!(summary.findings[0].title, "320 'error' listeners on 10 Sockets, all created at dist/home.js:14:5");
    assert_eq!(summary.findings[0].growth.as_ref().unwrap().per_round, Some(1.0));
}

#[test]
fn more_emitters_with_as_many_listeners_each_are_no_pile() {
    let (few, many) = (sockets(10, 3).snapshot(), sockets(40, 3).snapshot());
    assert!(compare(Some(30), &few, &many).findings.iter().all(|finding| finding.cause != "listeners"));
}

/// A program whose every round listens for an event of its own, which never comes; `gone` of the first have come.
fn event_names(rounds: u32, names: u32, gone: u32) -> Program {
    let mut program = Program::new(URL);
    let process = program.global_object("process", "process");
    let events = program.emitter(process);
    let function = handler(&mut program);
    for round in 0..rounds {
        let body = program.string("BODY with a secret", 8000);
        let scope = program.scope(&[("body", body)]);
        let closure = program.closure(function, "", Some(scope));
        let name = format!("reply to request {}", round % names);
        let listeners = program.builder.find(&name).unwrap_or_else(|| {
            let holder = if round < gone { closure } else { events };
            let listeners = program.array(holder, &name);
            program.builder.key(&name, listeners);
            listeners
        });
        program.push(listeners, closure);
    }
    program
}

#[test]
fn listeners_for_events_with_names_of_their_own_are_one_leak() {
    // A name a round, and three names by turns.
    for names in [1000, 3] {
        let summary = compare(Some(60), &event_names(30, names, 0).snapshot(), &event_names(90, names, 0).snapshot());
        assert_eq!((summary.verdict, summary.findings.len()), (Verdict::Leak, 1));
        let finding = &summary.findings[0];
        let events = names.min(90);
        assert_eq!(
            finding.title,
            format!("90 listeners for {events} events on process, all created at dist/home.js:14:5")
        );
        let growth = finding.growth.as_ref().unwrap();
        assert_eq!((finding.count, growth.count, growth.per_round), (90, 60, Some(1.0)));
        // Each has its body, its scope, its closure and its name.
        assert!((60 * 8000..60 * 8300).contains(&growth.bytes), "{}", growth.bytes);
        assert_eq!(finding.evidence["events"], u64::from(events).into());
        assert!(finding.advice.contains("off(event, listener)"), "{}", finding.advice);
    }
}

#[test]
fn the_names_of_events_are_part_of_the_leak() {
    // An EventTarget's Map, with names that were put together, which are data, and heavy.
    let make = |rounds: u32| {
        let mut program = Program::new(URL);
        let target = program.global_object("jobs", "EventTarget");
        let table = program.map(target, "<symbol kEvents>");
        let function = handler(&mut program);
        for round in 0..rounds {
            let name = program.builder.node(NodeKind::CONCATENATED_STRING, &format!("job {round}"), 4000);
            let head = program.builder.object("Object", 40);
            program.set(table, name, head);
            let closure = program.closure(function, "", None);
            let record = program.builder.object("Listener", 64);
            program.builder.property(head, "next", record).property(record, "previous", head);
            program.builder.property(record, "callback", closure);
        }
        program.snapshot()
    };
    let summary = compare(Some(60), &make(30), &make(90));
    let titles: Vec<_> = summary.findings.iter().map(|finding| finding.title.as_str()).collect();
    assert_eq!(titles, ["90 listeners for 90 events on EventTarget, all created at dist/home.js:14:5"]);
}

#[test]
fn events_that_come_take_their_listeners_away() {
    let told = |rounds, before: Program, after: Program| {
        let summary = compare(rounds, &before.snapshot(), &after.snapshot());
        summary.findings.iter().map(|finding| finding.title.clone()).collect::<Vec<_>>()
    };
    let none: [String; 0] = [];
    assert_eq!(told(Some(60), event_names(30, 1000, 0), event_names(90, 1000, 60)), none, "as many as before");
    assert_eq!(told(Some(60), event_names(30, 1000, 0), event_names(90, 1000, 25)), none, "most of them, out of step");
    assert_eq!(told(None, event_names(30, 1000, 0), event_names(39, 1000, 0)), none, "a few that came late");
}

/// One place that listens to several events.
fn several_events(rounds: u32) -> Program {
    let mut program = Program::new(URL);
    let bus = program.global_object("bus", "EventEmitter");
    let events = program.emitter(bus);
    let arrays = ["a", "b", "c"].map(|event| program.array(events, event));
    let function = handler(&mut program);
    for _ in 0..rounds {
        for array in arrays {
            let closure = program.closure(function, "on", None);
            program.push(array, closure);
        }
    }
    program
}

#[test]
fn one_place_that_listens_to_several_events_is_one_leak() {
    let summary = compare(Some(100), &several_events(5).snapshot(), &several_events(105).snapshot());
    assert_eq!(summary.findings.len(), 1);
    assert_eq!(summary.findings[0].count, 105);
    assert!(summary.findings[0].evidence.contains_key("alsoOnEvents"));
}

#[test]
fn other_listeners_of_the_event_are_told_apart() {
    let mut after = program(event_emitter, 60);
    let other = after.function("onError", 90, 1);
    let closure = after.closure(other, "onError", None);
    let listeners = after.builder.at("listeners");
    after.push(listeners, closure);
    let summary = compare(Some(40), &program(event_emitter, 20).snapshot(), &after.snapshot());
    assert_eq!(
        summary.findings[0].title,
        "60 of 61 'uncaughtException' listeners on process, created at dist/home.js:14:5"
    );
}

#[test]
fn the_signature_is_the_same_on_another_host() {
    let signature = |url: &str, extra: usize, rounds: u32| {
        let mut program = Program::new(url);
        for _ in 0..extra {
            program.string("noise", 24);
        }
        let mut listen = event_emitter(&mut program);
        for _ in 0..rounds {
            let scope = program.scope(&[]);
            listen(&mut program, scope);
        }
        look(&program.snapshot()).findings[0].signature.clone()
    };
    let here = signature(URL, 0, 100);
    assert_eq!(here, signature("/home/ann/app/dist/home.js", 33, 250));
    assert_ne!(here, signature("/srv/app/dist/other.js", 0, 100));
}

#[test]
fn nothing_of_the_programs_data_is_told() {
    let (before, after) = (program(event_emitter, 20).snapshot(), program(event_emitter, 60).snapshot());
    let json = serde_json::to_string(&compare(None, &before, &after)).unwrap();
    assert!(!json.contains("secret"), "{json}");
    let mut program = Program::new(URL);
    let bus = program.global_object("bus", "EventEmitter");
    let events = program.emitter(bus);
    let listeners = program.array(events, "reply:ann@example.org");
    let function = handler(&mut program);
    for _ in 0..60 {
        let closure = program.closure(function, "", None);
        program.push(listeners, closure);
    }
    let summary = look(&program.snapshot());
    assert!(summary.findings[0].title.starts_with("60 '[key]' listeners on EventEmitter"));
    assert!(!serde_json::to_string(&summary).unwrap().contains("example.org"));
}

#[test]
fn a_warned_event_is_suspicious_earlier() {
    let mut program = program(event_emitter, 12);
    assert_eq!(look(&program.snapshot()).verdict, Verdict::Clean);
    let oddball = program.builder.node(NodeKind::HIDDEN, "system / Oddball", 48);
    let text = program.string("true", 24);
    program.builder.edge(oddball, EdgeKind::Internal, "to_string", text);
    let listeners = program.builder.at("listeners");
    program.builder.property(listeners, "warned", oddball);
    assert_eq!(look(&program.snapshot()).verdict, Verdict::Suspicious);
}

#[test]
fn the_audit_lists_emitters_events_and_places() {
    let (before, after) = (program(event_emitter, 3).snapshot(), program(event_emitter, 12).snapshot());
    let audit = audit_listeners(&[&before, &after], &AuditOptions::default(), &CancelToken::new()).unwrap();
    assert_eq!((audit.total_listeners, audit.emitter_count, audit.over_limit.len()), (12, 1, 1));
    let emitter = &audit.emitters[0];
    assert_eq!((emitter.name.to_string().as_str(), emitter.kind), ("process", EmitterKind::EventEmitter));
    assert_eq!(emitter.max_listeners, Some(10));
    assert_eq!(emitter.path.last().unwrap().node.id, emitter.id);
    let event = &emitter.events[0];
    assert_eq!((event.count, event.growth, event.sites.len()), (12, Some(9), 1));
    assert_eq!(event.sites[0].location.as_ref().unwrap().line, 14);
    let alone = audit_listeners(&[&after], &AuditOptions::default(), &CancelToken::new()).unwrap();
    assert_eq!(alone.emitters[0].events[0].growth, None);
    assert!(audit_listeners(&[], &AuditOptions::default(), &CancelToken::new()).is_err());
}

#[test]
fn a_chain_that_bites_its_tail_ends() {
    let mut program = program(abort_signal, 60);
    let records: Vec<_> = (0..program.builder.node_count())
        .map(NodeIndex::from)
        .filter(|&node| program.builder.name_of(node) == "Listener")
        .collect();
    program.builder.property(records[59], "next", records[0]);
    assert_eq!(look(&program.snapshot()).findings[0].count, 60);
}

/// `events.once` in a function that is called again and again: a listener for the event, and one for `error`, of one scope.
fn awaited_events(rounds: u32) -> Program {
    let mut program = Program::new(URL);
    let bus = program.global_object("bus", "EventEmitter");
    let events = program.emitter(bus);
    let (done, error) = (program.array(events, "done"), program.array(events, "error"));
    let (resolver, rejecter) = (program.function("resolver", 10, 1), program.function("errorListener", 20, 1));
    for _ in 0..rounds {
        let scope = program.scope(&[]);
        let closure = program.closure(resolver, "resolver", Some(scope));
        program.push(done, closure);
        let closure = program.closure(rejecter, "errorListener", Some(scope));
        program.push(error, closure);
    }
    program
}

#[test]
fn functions_of_one_scope_are_one_leak() {
    let summary = compare(Some(100), &awaited_events(5).snapshot(), &awaited_events(105).snapshot());
    assert_eq!(summary.findings.len(), 1);
}

#[test]
fn a_signal_that_depends_on_another_listens_to_it() {
    // `AbortSignal.any`: the signal refers to those that depend on it by WeakRefs; what they are kept by is Node's own.
    let snapshot = |count: u32| {
        let mut program = Program::new("/srv/app/dist/server.js");
        let shutdown = program.global_object("shutdown", "AbortSignal");
        let dependants = program.builder.object("Set", 32);
        program.builder.property(shutdown, "<symbol kDependantSignals>", dependants);
        let table = program.builder.node(NodeKind::ARRAY, "", 400);
        program.builder.edge(dependants, EdgeKind::Internal, "table", table);
        let kept = program.global_object("persistent", "Array");
        let literal = program.function("stop", 12, 38);
        for _ in 0..count {
            let signal = program.builder.object("AbortSignal", 100);
            let reference = program.builder.object("WeakRef", 16);
            program.builder.edge(reference, EdgeKind::Weak, "target", signal);
            program.add(table, reference);
            program.push(kept, signal);
            let events = program.map(signal, "<symbol kEvents>");
            let name = program.string("abort", 24);
            let (head, listener) = (program.builder.object("Object", 24), program.builder.object("Listener", 56));
            program.set(events, name, head);
            let stop = program.closure(literal, "stop", None);
            program.builder.property(head, "next", listener).property(listener, "callback", stop);
        }
        program.snapshot()
    };
    let summary = compare(Some(40), &snapshot(20), &snapshot(60));
    let titles: Vec<&str> = summary.findings.iter().map(|finding| finding.title.as_str()).collect();
    assert_eq!(titles, ["60 'abort' listeners on AbortSignal, all created at dist/server.js:12:38"]);
    assert_eq!(summary.findings[0].growth.as_ref().unwrap().per_round, Some(1.0));
}

#[test]
fn an_object_that_listens_is_told_by_its_handler() {
    let snapshot = |count| {
        let mut program = Program::new(URL);
        let clock = program.global_object("clock", "Clock");
        let table = program.map(clock, "<symbol kEvents>");
        let tick = program.string("tick", 24);
        let mut last = program.builder.object("Object", 40);
        program.set(table, tick, last);
        let function = handler(&mut program);
        let handle_event = program.closure(function, "handleEvent", None);
        let prototype = program.builder.object("Object", 40);
        program.builder.property(prototype, "handleEvent", handle_event);
        for _ in 0..count {
            let widget = program.builder.object("Widget", 2_000);
            // Node's own, which calls the method.
            let callback = program.builder.node(NodeKind::CLOSURE, "", 64);
            let record = program.builder.object("Listener", 64);
            program.builder.property(widget, "__proto__", prototype).property(last, "next", record);
            program.builder.property(record, "listener", widget).property(record, "callback", callback);
            last = record;
        }
        program.snapshot()
    };
    let summary = compare(Some(40), &snapshot(20), &snapshot(60));
    assert_eq!(summary.findings[0].title, "60 'tick' listeners on Clock, all created at dist/home.js:14:5");
}
