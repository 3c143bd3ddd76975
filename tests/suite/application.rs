//! The application's part in what a package holds: over which ways its function is found, and which lead everywhere.

use crate::summaries::{compare_counts, only};
use leakscan::causes::{Evidence, Finding, Summary};
use leakscan::snapshot::{EdgeKind, NodeIndex, NodeKind};
use leakscan::testing::program::Program;

const LIBRARY: &str = "/srv/shop/node_modules/bus/lib/bus.js";
const APPLICATION: &str = "/srv/shop/pages/page.js";

/// A variable of a package in which things pile up; `thing` makes each, around a function of the application.
fn bus(thing: impl Fn(&mut Program, NodeIndex) -> NodeIndex) -> Summary {
    compare_counts(|count| {
        let mut program = Program::new(LIBRARY);
        let subscribers = program.builder.object("Array", 32);
        let scope = program.scope(&[("subscribers", subscribers)]);
        let subscribe = program.function("subscribe", 10, 3);
        let subscribe = program.closure(subscribe, "subscribe", Some(scope));
        program.builder.property(program.global, "subscribe", subscribe);
        program.script(APPLICATION);
        let refresh = program.function("refresh", 13, 21);
        for _ in 0..count {
            let refresh = program.closure(refresh, "refresh", None);
            let thing = thing(&mut program, refresh);
            let record = program.builder.object("Record", 400);
            program.builder.property(record, "thing", thing);
            program.push(subscribers, record);
        }
        program
    })
}

/// Where the finding's function is, and its line.
fn place(finding: &Finding) -> (String, u32) {
    let location = finding.location.as_ref().unwrap_or_else(|| panic!("{}", finding.title));
    (location.url.to_string(), location.line)
}

fn with(program: &mut Program, class: &str, kind: EdgeKind, label: &str, target: NodeIndex) -> NodeIndex {
    let object = program.builder.object(class, 24);
    program.builder.edge(object, kind, label, target);
    object
}

/// A function that is nobody's, over an edge of the VM's.
fn function_with(program: &mut Program, label: &str, target: NodeIndex) -> NodeIndex {
    let function = program.builder.node(NodeKind::CLOSURE, "", 32);
    program.builder.edge(function, EdgeKind::Internal, label, target);
    function
}

/// A function of a script, in a scope.
fn made_in(program: &mut Program, url: &str, scope: NodeIndex) -> NodeIndex {
    program.script(url);
    let function = program.function("run", 3, 1);
    program.closure(function, "run", Some(scope))
}

type Make = fn(&mut Program, NodeIndex) -> NodeIndex;

#[test]
fn what_a_package_holds_leads_to_the_applications_function() {
    let ways: [(&str, Make); 16] = [
        ("itself", |_, refresh| refresh),
        ("a function of Node's", |program, refresh| {
            let scope = program.scope(&[("run", refresh)]);
            made_in(program, "node:internal/util", scope)
        }),
        ("a function without a file", |program, refresh| {
            let scope = program.scope(&[("run", refresh)]);
            made_in(program, "", scope)
        }),
        ("an object of a class of the application", |program, refresh| {
            let page = with(program, "Page", EdgeKind::Property, "refresh", refresh);
            program.builder.locate(page, 8, 98, 2);
            page
        }),
        ("a property", |program, refresh| with(program, "Subscriber", EdgeKind::Property, "run", refresh)),
        ("an element", |program, refresh| with(program, "Array", EdgeKind::Element, "0", refresh)),
        ("a variable", |program, refresh| {
            let scope = program.scope(&[("run", refresh)]);
            function_with(program, "context", scope)
        }),
        ("a variable of the scope around", |program, refresh| {
            let outer = program.scope(&[("run", refresh)]);
            let scope = with(program, "system / Context", EdgeKind::Internal, "previous", outer);
            function_with(program, "context", scope)
        }),
        ("bind", |program, refresh| function_with(program, "bound_function", refresh)),
        ("bind's this", |program, refresh| {
            let page = with(program, "Page", EdgeKind::Property, "refresh", refresh);
            function_with(program, "bound_this", page)
        }),
        ("bind's arguments", |program, refresh| {
            let arguments = program.builder.node(NodeKind::ARRAY, "(bound arguments)", 24);
            program.builder.element(arguments, 0, refresh);
            function_with(program, "bindings", arguments)
        }),
        ("then", |program, refresh| {
            let promise = program.builder.object("Promise", 48);
            let reaction = program.waiting_callback(refresh);
            program.link_reactions(promise, &[reaction]);
            promise
        }),
        ("another then", |program, refresh| {
            let promise = program.builder.object("Promise", 48);
            let first = program.builder.node(NodeKind::CODE, "system / PromiseReaction", 48);
            let second = program.waiting_callback(refresh);
            program.builder.edge(first, EdgeKind::Internal, "next", second);
            program.builder.edge(promise, EdgeKind::Internal, "reactions_or_result", first);
            promise
        }),
        ("whose promise waits", |program, refresh| {
            let promise = program.builder.object("Promise", 48);
            let reaction = program.builder.node(NodeKind::CODE, "system / PromiseReaction", 48);
            let waits = with(program, "Promise", EdgeKind::Property, "run", refresh);
            program.builder.edge(reaction, EdgeKind::Internal, "promise_or_capability", waits);
            program.builder.edge(promise, EdgeKind::Internal, "reactions_or_result", reaction);
            promise
        }),
        ("a call that waits", |program, refresh| with(program, "Generator", EdgeKind::Internal, "function", refresh)),
        ("a call that goes on", |program, refresh| {
            let call = with(program, "Generator", EdgeKind::Internal, "function", refresh);
            let scope = with(program, "system / Context", EdgeKind::Internal, "extension", call);
            function_with(program, "context", scope)
        }),
    ];
    for (way, thing) in ways {
        let summary = bus(thing);
        let finding = only(&summary);
        assert_eq!(place(finding), (APPLICATION.to_owned(), 13), "{way}");
        let Some(Evidence::Text(frame)) = finding.evidence.get("libraryFrame") else { panic!("{way}") };
        assert_eq!(frame, "node_modules/bus/lib/bus.js:10:3");
    }
}

#[test]
fn what_leads_everywhere_leads_to_nobody() {
    let ways: [(&str, Make); 9] = [
        ("its class", |program, refresh| with(program, "Subscriber", EdgeKind::Property, "constructor", refresh)),
        ("what its class inherits", |program, refresh| {
            with(program, "Subscriber", EdgeKind::Property, "__proto__", refresh)
        }),
        ("its shape", |program, refresh| with(program, "Subscriber", EdgeKind::Internal, "map", refresh)),
        ("a weak reference", |program, refresh| with(program, "WeakRef", EdgeKind::Weak, "target", refresh)),
        ("process", |program, refresh| {
            let process = with(program, "process", EdgeKind::Property, "exit", refresh);
            with(program, "Subscriber", EdgeKind::Property, "process", process)
        }),
        ("a module", |program, refresh| {
            let module = with(program, "Module", EdgeKind::Property, "exports", refresh);
            with(program, "Subscriber", EdgeKind::Property, "module", module)
        }),
        ("the global object", |program, refresh| {
            let global = with(program, "global", EdgeKind::Property, "refresh", refresh);
            let realm = with(program, "system / NativeContext / https://x", EdgeKind::Property, "refresh", refresh);
            let named = with(program, "global / https://x", EdgeKind::Property, "refresh", refresh);
            let subscriber = with(program, "Subscriber", EdgeKind::Property, "global", global);
            program.builder.property(subscriber, "realm", realm).property(subscriber, "named", named);
            subscriber
        }),
        ("a whole script's scope", |program, refresh| {
            let names: Vec<String> = (0..41).map(|at| format!("variable{at}")).collect();
            let variables: Vec<_> = names.iter().map(|name| (name.as_str(), refresh)).collect();
            let scope = program.scope(&variables);
            function_with(program, "context", scope)
        }),
        ("far away", |program, refresh| {
            (0..8).fold(refresh, |node, _| with(program, "Wrapper", EdgeKind::Property, "inner", node))
        }),
    ];
    for (way, thing) in ways {
        let summary = bus(thing);
        assert_eq!(place(only(&summary)), (LIBRARY.to_owned(), 10), "{way}");
        assert!(!only(&summary).evidence.contains_key("libraryFrame"), "{way}");
    }
}

/// A store of a package, which the application has in a variable that functions on these lines see.
fn store(lines: &[u32], url: &str) -> Summary {
    compare_counts(|count| {
        let mut program = Program::new(LIBRARY);
        let store = program.builder.object("Store", 40);
        program.builder.locate(store, 7, 9, 2);
        let add = program.function("add", 10, 3);
        let add = program.closure(add, "add", None);
        program.builder.property(store, "add", add);
        let items = program.array(store, "items");
        program.script(url);
        let scope = program.scope(&[("store", store)]);
        let mut last = program.global;
        for &line in lines {
            let handle = program.function("handle", line, 1);
            let handle = program.closure(handle, "handle", Some(scope));
            program.builder.property(last, "handle", handle);
            last = handle;
        }
        for _ in 0..count {
            let item = program.builder.object("Item", 400);
            program.push(items, item);
        }
        program
    })
}

#[test]
fn without_such_a_function_it_is_the_first_of_those_that_see_the_package() {
    assert_eq!(place(only(&store(&[30, 20, 40], APPLICATION))), (APPLICATION.to_owned(), 20));
    assert_ne!(place(only(&store(&[30], "/srv/shop/node_modules/other/x.js"))).1, 30);
    assert_ne!(place(only(&store(&[30], "node:internal/x"))).1, 30);
}

/// How a package calls functions later: what keeps them, what carries each, and how those hang together.
struct Later {
    cause: &'static str,
    keeper: fn(&mut Program) -> NodeIndex,
    carry: fn(&mut Program, NodeIndex, NodeIndex) -> NodeIndex,
    link: fn(&mut Program, NodeIndex, &[NodeIndex]),
}

impl Later {
    fn summary(&self) -> Summary {
        compare_counts(|count| {
            let mut program = Program::new(LIBRARY);
            let wrapper = program.function("wrapper", 10, 3);
            program.script(APPLICATION);
            let refresh = program.function("refresh", 13, 21);
            let keeper = (self.keeper)(&mut program);
            let mut carriers = Vec::new();
            for _ in 0..count {
                let refresh = program.closure(refresh, "refresh", None);
                let body = program.string("BODY", 4000);
                let scope = program.scope(&[("callback", refresh), ("body", body)]);
                let wrapper = program.closure(wrapper, "wrapper", Some(scope));
                carriers.push((self.carry)(&mut program, keeper, wrapper));
            }
            (self.link)(&mut program, keeper, &carriers);
            program
        })
    }
}

#[test]
fn of_what_a_package_calls_later_it_is_the_function_that_is_called_in_the_end() {
    let causes = [
        Later {
            cause: "listeners",
            keeper: |program| {
                let process = program.global_object("process", "process");
                let events = program.emitter(process);
                program.array(events, "uncaughtException")
            },
            carry: |program, listeners, callback| {
                program.push(listeners, callback);
                callback
            },
            link: |_, _, _| {},
        },
        Later {
            cause: "timers",
            keeper: |program| program.timers_list(1000),
            carry: |program, _, callback| program.timeout(callback, true),
            link: |program, list, timers| program.link_timers(list, timers),
        },
    ];
    for later in causes {
        let summary = later.summary();
        let finding = only(&summary);
        assert_eq!((finding.cause, place(finding)), (later.cause, (APPLICATION.to_owned(), 13)));
        assert!(finding.evidence.contains_key("libraryFrame"), "{}", finding.title);
        assert!(finding.title.ends_with(" for pages/page.js:13:21"), "{}", finding.title);
    }
}

/// Node's list of observers, with the function of the application in each or without; a function of the application leads to it.
fn observers(with_callback: bool) -> Summary {
    compare_counts(|count| {
        let mut program = Program::new("node:internal/perf/observe");
        let set = program.builder.object("Set", 32);
        let table = program.builder.node(NodeKind::ARRAY, "", 64);
        program.builder.edge(set, EdgeKind::Internal, "table", table);
        let scope = program.scope(&[("kObservers", set)]);
        let observe = program.function("observe", 10, 3);
        let observe = program.closure(observe, "observe", Some(scope));
        program.script(APPLICATION);
        let (start, refresh) = (program.function("start", 5, 1), program.function("refresh", 13, 21));
        let start = program.closure(start, "start", None);
        program.builder.property(program.global, "start", start).property(start, "observe", observe);
        for _ in 0..count {
            let observer = program.builder.object("PerformanceObserver", 400);
            if with_callback {
                let refresh = program.closure(refresh, "refresh", None);
                program.builder.property(observer, "<symbol kCallback>", refresh);
            }
            program.add(table, observer);
        }
        program
    })
}

#[test]
fn what_node_holds_is_of_the_function_that_was_handed_to_it_and_of_no_other() {
    assert_eq!(place(only(&observers(true))), (APPLICATION.to_owned(), 13));
    let summary = observers(false);
    let location = only(&summary).location.as_ref();
    assert!(location.is_none_or(|location| location.url != APPLICATION), "{location:?}");
}
