//! What the owner of a collection tells: the module that exports it, whether it has a bound, and what else it keeps.

use crate::summaries::only;
use leakscan::cancel::CancelToken;
use leakscan::causes::{Evidence, Summary, SummaryOptions, Verdict, summarize};
use leakscan::snapshot::{EdgeKind, NodeIndex, NodeKind};
use leakscan::testing::program::Program;

/// The ids that belong to the older snapshot end here: all that is made later is new.
const OLD: u32 = 60;
const ROUNDS: u32 = 100;
/// Where the entries of a [`map`]'s table begin.
const FIRST_SLOT: u32 = 3 + 256;

/// Compares what `make` builds with the old entries alone, and with `OLD + more`.
fn compare(rounds: Option<u32>, more: u32, make: impl Fn(u32) -> Program) -> Summary {
    let options = SummaryOptions { rounds, unit: "request".to_owned(), ..SummaryOptions::default() };
    summarize(Some(&make(OLD).snapshot()), &make(OLD + more).snapshot(), &options, &CancelToken::new()).unwrap()
}

/// A Map whose table is as long as V8 makes it, so that slots can be told; gives Map and table.
fn map(program: &mut Program) -> (NodeIndex, NodeIndex) {
    let map = program.builder.object("Map", 32);
    let table = program.builder.node(NodeKind::ARRAY, "", 8 * (2 + 3 + 256 * 7));
    program.builder.edge(map, EdgeKind::Internal, "table", table);
    (map, table)
}

fn entry(program: &mut Program, table: NodeIndex, at: u32, key: NodeIndex, value: NodeIndex) {
    let slot = FIRST_SLOT + 3 * at;
    program.builder.edge(table, EdgeKind::Internal, &slot.to_string(), key);
    program.builder.edge(table, EdgeKind::Internal, &(slot + 1).to_string(), value);
}

/// Adds entries of their own to a table.
fn fill(program: &mut Program, table: NodeIndex, count: u32, size: u64) {
    for at in 0..count {
        let key = program.string(&format!("key {at}"), 24);
        let value = program.builder.object("Order", size);
        entry(program, table, at, key, value);
    }
}

/// A function that has run: its bytecode names `constants`.
fn function(program: &mut Program, name: &str, scope: Option<NodeIndex>, constants: &[&str]) -> NodeIndex {
    let literal = program.function(name, 10 + program.builder.node_count() as u32, 3);
    let closure = program.closure(literal, name, scope);
    let shared = program.shared(literal);
    let bytecode = program.builder.node(NodeKind::CODE, "system / BytecodeArray", 64);
    let pool = program.builder.node(NodeKind::CODE, "(constant pool)", 64);
    program.builder.edge(shared, EdgeKind::Internal, "function_data", bytecode);
    program.builder.edge(bytecode, EdgeKind::Hidden, "0", pool);
    for (at, constant) in constants.iter().enumerate() {
        let name = program.string(constant, 24);
        program.builder.edge(pool, EdgeKind::Internal, &at.to_string(), name);
    }
    closure
}

/// A module's variable `cache`, seen by functions of these constants.
fn variable(functions: &[&[&str]], count: u32) -> Program {
    let mut program = Program::new("/srv/shop/dist/cache.js");
    let (map, table) = map(&mut program);
    let scope = program.scope(&[("cache", map)]);
    for (number, constants) in functions.iter().enumerate() {
        let closure = function(&mut program, "look", Some(scope), constants);
        program.builder.property(program.global, &format!("look{number}"), closure);
    }
    fill(&mut program, table, count, 400);
    program
}

/// An object of class Cache with these properties of its own, methods of these names and constants, and a Map.
fn field(own: &[&str], methods: &[(&str, &[&str])], count: u32) -> Program {
    let mut program = Program::new("/srv/shop/dist/cache.js");
    let cache = program.global_object("cache", "Cache");
    let shape = program.builder.node(NodeKind::OBJECT_SHAPE, "system / Map", 80);
    let names = program.builder.node(NodeKind::OBJECT_SHAPE, "system / DescriptorArray", 80);
    program.builder.edge(cache, EdgeKind::Internal, "map", shape);
    program.builder.edge(shape, EdgeKind::Internal, "descriptors", names);
    for (at, name) in own.iter().enumerate() {
        let name = program.string(name, 24);
        program.builder.edge(names, EdgeKind::Internal, &at.to_string(), name);
    }
    let prototype = program.builder.object("Object", 32);
    program.builder.property(cache, "__proto__", prototype);
    for (name, constants) in methods {
        let method = function(&mut program, name, None, constants);
        program.builder.property(prototype, name, method);
    }
    let (map, table) = map(&mut program);
    program.builder.property(cache, "entries", map);
    fill(&mut program, table, count, 400);
    program
}

#[test]
fn what_an_es_module_exports_has_its_name_and_its_functions() {
    let summary = compare(Some(ROUNDS), ROUNDS, |count| {
        let mut program = Program::new("file:///srv/shop/dist/cache.mjs");
        let loader = program.global_object("loader", "ModuleWrap");
        let module = program.builder.node(NodeKind::HIDDEN, "system / SourceTextModule", 80);
        let table = program.builder.node(NodeKind::ARRAY, "", 80);
        let cell = program.builder.node(NodeKind::HIDDEN, "system / Cell", 16);
        let name = program.string("requests", 24);
        let (map, entries) = map(&mut program);
        program.builder.edge(loader, EdgeKind::Internal, "2", module);
        program.builder.edge(module, EdgeKind::Hidden, "0", table);
        program.builder.edge(table, EdgeKind::Internal, "3", name).edge(table, EdgeKind::Internal, "4", cell);
        program.builder.edge(cell, EdgeKind::Internal, "value", map);
        let scope = program.scope(&[]);
        program.builder.edge(scope, EdgeKind::Internal, "extension", module);
        let closure = function(&mut program, "track", Some(scope), &["requests", "set"]);
        program.builder.property(program.global, "track", closure);
        fill(&mut program, entries, count, 400);
        program
    });
    let finding = only(&summary);
    let location = finding.location.as_ref().unwrap();
    assert!(finding.title.starts_with("160 entries in Map requests (dist/cache.mjs:"), "{}", finding.title);
    assert_eq!(location.function_name.as_ref().map(ToString::to_string).as_deref(), Some("track"));
}

#[test]
fn a_cache_that_takes_out_the_oldest_is_clean_before_it_is_full() {
    let verdict = |functions: &[&[&str]]| compare(Some(ROUNDS), ROUNDS, |count| variable(functions, count)).verdict;
    assert_eq!(verdict(&[&["cache", "size", "delete", "keys", "next", "set"]]), Verdict::Clean);
    // What is deleted when it is done with, or when it is old, has no bound for that.
    assert_eq!(verdict(&[&["cache", "set"], &["cache", "delete", "size"]]), Verdict::Leak);
    assert_eq!(verdict(&[&["cache", "set"], &["cache", "entries", "next", "delete"]]), Verdict::Leak);
}

#[test]
fn a_limit_counts_only_where_something_is_taken_out() {
    let verdict = |own: &[&str], methods: &[(&str, &[&str])], more: u32| {
        compare(Some(ROUNDS), more, |count| field(own, methods, count)).verdict
    };
    let add: (&str, &[&str]) = ("add", &["entries", "set"]);
    // A rate limiter.
    assert_eq!(verdict(&["limit", "entries"], &[add], ROUNDS), Verdict::Leak);
    // Something is taken out sometime: a suspicion, if it keeps pace.
    let remove: (&str, &[&str]) = ("remove", &["entries", "delete"]);
    assert_eq!(verdict(&["limit", "entries"], &[add, remove], ROUNDS), Verdict::Suspicious);
    assert_eq!(verdict(&["limit", "entries"], &[add, remove], ROUNDS / 2 + 7), Verdict::Clean);
    // The oldest is, or there is a function for it that has not run yet.
    assert_eq!(verdict(&["max", "entries"], &[add, ("set", &["delete", "keys", "next"])], ROUNDS), Verdict::Clean);
    assert_eq!(verdict(&["max", "entries"], &[add, ("#evict", &[])], ROUNDS), Verdict::Clean);
    assert_eq!(verdict(&["entries"], &[add, ("#evict", &[])], ROUNDS), Verdict::Leak);
}

#[test]
fn a_method_that_is_called_like_a_limit_is_none() {
    let summary = compare(Some(ROUNDS), ROUNDS, |count| {
        let mut program = field(&["ttl", "entries"], &[], count);
        let cache = program.builder.object("Object", 32);
        let ttl = function(&mut program, "ttl", None, &[]);
        let owner = NodeIndex(
            (0..program.builder.node_count() as u32)
                .find(|&node| program.builder.name_of(NodeIndex(node)) == "Cache")
                .unwrap(),
        );
        program.builder.property(owner, "other", cache).property(owner, "ttl", ttl);
        program
    });
    assert_eq!(summary.verdict, Verdict::Leak);
}

#[test]
fn an_lru_cache_without_max_has_no_bound() {
    let make = |links: &'static str| {
        move |count| {
            let mut program = field(&["ttl", "ttlAutopurge", "entries"], &[], count);
            let owner = NodeIndex(
                (0..program.builder.node_count() as u32)
                    .find(|&node| program.builder.name_of(NodeIndex(node)) == "Cache")
                    .unwrap(),
            );
            let next = program.builder.object(links, 32);
            program.builder.property(owner, "#next", next);
            program
        }
    };
    assert_eq!(compare(Some(ROUNDS), ROUNDS, make("Array")).verdict, Verdict::Leak);
    assert_eq!(compare(Some(ROUNDS), ROUNDS, make("Uint16Array")).verdict, Verdict::Clean);
}

#[test]
fn without_rounds_many_light_entries_are_enough() {
    let verdict = |more: u32| {
        let summary = compare(None, more, |count| {
            let mut program = Program::new("/srv/shop/dist/cache.js");
            let (map, table) = map(&mut program);
            program.builder.property(program.global, "visits", map);
            fill(&mut program, table, count, 8);
            program
        });
        (summary.verdict, summary.findings.len())
    };
    assert_eq!(verdict(30), (Verdict::Clean, 0));
    assert_eq!(verdict(70), (Verdict::Suspicious, 1));
    assert_eq!(verdict(110), (Verdict::Leak, 1));
}

#[test]
fn the_fields_of_one_cache_are_one_leak_told_by_its_map() {
    let summary = compare(Some(ROUNDS), ROUNDS, |count| {
        let mut program = Program::new("/srv/shop/dist/cache.js");
        let cache = program.global_object("cache", "Cache");
        let values = program.array(cache, "values");
        let (map, table) = map(&mut program);
        program.builder.property(cache, "positions", map);
        for at in 0..count {
            let key = program.string(&format!("key {at}"), 24);
            let value = program.builder.object("Order", 400);
            program.builder.edge(table, EdgeKind::Internal, &(FIRST_SLOT + 3 * at).to_string(), key);
            program.push(values, value);
        }
        program
    });
    let finding = only(&summary);
    assert!(finding.title.starts_with("160 entries in Map Cache.positions"), "{}", finding.title);
    assert_eq!(finding.evidence["alsoIn"], Evidence::Text("array Cache.values".to_owned()));
}

#[test]
fn records_of_the_same_things_are_one_leak_and_the_same_keys_are_not() {
    let make = |shares_values: bool| {
        move |count| {
            let mut program = Program::new("/srv/shop/dist/cache.js");
            let (first, first_table) = map(&mut program);
            let (second, second_table) = map(&mut program);
            program.builder.property(program.global, "first", first);
            program.builder.property(program.global, "second", second);
            for at in 0..count {
                let key = program.string(&format!("key {at}"), 24);
                let value = program.builder.object("Order", 400);
                let record = program.builder.object("Record", 100);
                entry(&mut program, first_table, at, key, value);
                entry(&mut program, second_table, at, key, record);
                if shares_values {
                    program.builder.property(record, "order", value);
                }
            }
            program
        }
    };
    let shared = compare(Some(ROUNDS), ROUNDS, make(true));
    assert_eq!(only(&shared).evidence["alsoIn"], Evidence::Text("Map second".to_owned()));
    assert_eq!(compare(Some(ROUNDS), ROUNDS, make(false)).findings.len(), 2);
}

/// A list of records as a property of an object.
fn records(program: &mut Program, object: NodeIndex, property: &str, count: u32) {
    let list = program.array(object, property);
    for _ in 0..count {
        let record = program.builder.object("Record", 400);
        program.push(list, record);
    }
}

/// A list that the property of an object has, which is made at a place in `url`.
fn on_object(url: &str, property: &'static str, count: u32) -> Program {
    let mut program = Program::new(url);
    let server = program.global_object("server", "Server");
    program.builder.locate(server, 7, 631, 15);
    // From functions the script's name is known.
    let listen = function(&mut program, "listen", None, &[]);
    program.builder.property(program.global, "listen", listen);
    records(&mut program, server, property, count);
    program
}

#[test]
fn what_a_program_puts_on_an_object_of_node_is_its_own() {
    let is_told = |url: &'static str, property: &'static str| {
        let summary = compare(Some(ROUNDS), ROUNDS, |count| on_object(url, property, count));
        summary.findings.iter().any(|finding| finding.cause == "unbounded-collection")
    };
    assert!(is_told("node:_http_server", "visits"));
    assert!(!is_told("node:_http_server", "_connections"));
    assert!(!is_told("node:_http_agent", "freeSockets"));
    assert!(!is_told("node:internal/modules/cjs/loader", "visits"));
}

#[test]
fn what_a_function_of_node_is_bound_to_is_not_nodes() {
    let summary = compare(Some(ROUNDS), ROUNDS, |count| {
        let mut program = Program::new("node:_http_server");
        let server = program.global_object("server", "Server");
        program.builder.locate(server, 7, 631, 15);
        // From functions the script's name is known.
        let listen = function(&mut program, "listen", None, &[]);
        program.builder.property(program.global, "listen", listen);
        let bound = program.builder.node(NodeKind::CLOSURE, "native_bind", 64);
        let app = program.builder.object("Object", 64);
        program.builder.property(server, "handler", bound);
        program.builder.edge(bound, EdgeKind::Internal, "bound_this", app);
        let uploads = program.array(app, "uploads");
        for _ in 0..count {
            let record = program.builder.object("Record", 400);
            program.push(uploads, record);
        }
        program
    });
    assert_eq!(only(&summary).title, "160 elements in array uploads, Record");
}

/// A Map in a variable of a package, which one of its functions adds to, with its table; what comes next is of a page.
fn of_package(url: &str, variable: &str) -> (Program, NodeIndex) {
    let mut program = Program::new(url);
    let (map, table) = map(&mut program);
    let scope = program.scope(&[(variable, map)]);
    let subscribe = function(&mut program, "subscribe", Some(scope), &[variable, "set"]);
    program.builder.property(program.global, "subscribe", subscribe);
    program.script("/srv/shop/pages/page.js");
    (program, table)
}

#[test]
fn the_place_of_a_packages_callbacks_is_the_callback_that_was_handed_to_it() {
    let summary = compare(Some(ROUNDS), ROUNDS, |count| {
        let (mut program, table) = of_package("/srv/shop/node_modules/redux/dist/redux.js", "nextListeners");
        let literal = program.function("refresh", 13, 21);
        for at in 0..count {
            let callback = program.closure(literal, "refresh", None);
            let key = program.string(&format!("listener {at}"), 24);
            entry(&mut program, table, at, key, callback);
        }
        program
    });
    let finding = only(&summary);
    let location = finding.location.as_ref().unwrap();
    assert_eq!((location.url.to_str().as_ref(), location.line), ("/srv/shop/pages/page.js", 13));
    assert!(finding.evidence.contains_key("libraryFrame"));
}

#[test]
fn of_a_packages_things_the_new_function_in_them_tells_the_place() {
    // Each observes a class, whose getter is as near, and calls back.
    let summary = compare(Some(ROUNDS), ROUNDS, |count| {
        let (mut program, table) = of_package("/srv/shop/node_modules/mobx/dist/mobx.js", "observers");
        let getter = program.function("get banner", 4, 3);
        let getter = program.closure(getter, "get banner", None);
        program.builder.property(program.global, "getter", getter);
        let literal = program.function("refresh", 13, 21);
        for at in 0..count {
            let reaction = program.builder.object("Reaction", 56);
            program.builder.property(reaction, "derivation", getter);
            let callback = program.closure(literal, "refresh", None);
            program.builder.property(reaction, "effect", callback);
            let key = program.string(&format!("observer {at}"), 24);
            entry(&mut program, table, at, key, reaction);
        }
        program
    });
    assert_eq!(only(&summary).location.as_ref().unwrap().line, 13);
}

#[test]
fn the_function_around_a_module_is_nobodys_place() {
    let place = |functions: &[(&str, &[&str])]| {
        let summary = compare(Some(ROUNDS), ROUNDS, |count| {
            let mut program = Program::new("file:///srv/shop/dist/cache.mjs");
            let (map, table) = map(&mut program);
            let scope = program.scope(&[("cache", map)]);
            for (name, constants) in functions {
                let closure = function(&mut program, name, Some(scope), constants);
                if name.is_empty() {
                    program.builder.locate(closure, 7, 0, 0);
                }
                program.builder.property(program.global, &format!("of {name}"), closure);
            }
            fill(&mut program, table, count, 400);
            program
        });
        only(&summary).location.as_ref().map(|place| place.function_name.clone().unwrap().to_string())
    };
    let (module, remember) = (("", &["cache", "set"][..]), ("remember", &["cache", "set"][..]));
    assert_eq!(place(&[module, remember]).as_deref(), Some("remember"));
    assert_eq!(place(&[module]), None);
}

#[test]
fn of_a_list_of_nodes_own_the_one_who_adds_to_it_tells_the_place() {
    let place = |functions: &[&str]| {
        let summary = compare(Some(ROUNDS), ROUNDS, |count| {
            let mut program = Program::new("node:internal/perf/observe");
            let list = program.builder.object("Array", 32);
            let scope = program.scope(&[("markEntryBuffer", list)]);
            let enqueue = function(&mut program, "enqueue", Some(scope), &["markEntryBuffer", "push"]);
            program.builder.property(program.global, "enqueue", enqueue);
            program.script("/srv/shop/pages/page.js");
            for name in functions {
                let closure = function(&mut program, name, None, &["performance", "mark"]);
                program.builder.property(program.global, name, closure);
            }
            for _ in 0..count {
                let mark = program.builder.object("PerformanceMark", 400);
                program.push(list, mark);
            }
            program
        });
        let finding = only(&summary);
        assert!(finding.advice.contains("clearMarks"), "{}", finding.advice);
        finding.location.as_ref().map(|place| place.function_name.clone().unwrap().to_string())
    };
    assert_eq!(place(&["begin"]).as_deref(), Some("begin"));
    assert_eq!(place(&["begin", "finish"]), None);
}

/// A list on an object that a package made, which functions of these scripts add to.
fn on_context(adding: &[&str]) -> Summary {
    compare(Some(ROUNDS), ROUNDS, |count| {
        let mut program = Program::new("/srv/shop/node_modules/koa/lib/application.js");
        let context = program.global_object("app", "Context");
        program.builder.locate(context, 7, 92, 14);
        let module = program.scope(&[]);
        let start = function(&mut program, "start", Some(module), &["createServer"]);
        program.builder.property(program.global, "start", start);
        for url in adding {
            program.script(url);
            let scope = program.scope(&[]);
            let visit = function(&mut program, "visit", Some(scope), &["history", "push"]);
            program.builder.property(program.global, &format!("visit of {url}"), visit);
        }
        records(&mut program, context, "history", count);
        program
    })
}

#[test]
fn what_a_program_adds_to_an_object_of_a_package_is_of_its_function() {
    let url = |summary: &Summary| {
        let finding = only(summary);
        (finding.location.as_ref().unwrap().url.to_string(), finding.evidence.contains_key("libraryFrame"))
    };
    let (own, package) = ("/srv/shop/pages/visits.js", "/srv/shop/node_modules/koa/lib/context.js");
    assert_eq!(url(&on_context(&[own])), (own.to_owned(), true));
    // What its own package adds to as well is the package's; of two functions of the program nobody knows which.
    for adding in [&[own, package][..], &[own, "/srv/shop/pages/home.js"]] {
        assert_ne!(url(&on_context(adding)).0, own, "{adding:?}");
    }
}

#[test]
fn what_a_package_empties_itself_is_no_leak() {
    let is_told = |url: &str, name: &str| {
        let summary = compare(Some(ROUNDS), ROUNDS, |count| {
            let mut program = Program::new(url);
            let list = program.builder.object("Array", 32);
            let scope = program.scope(&[(name, list)]);
            let refresh = function(&mut program, "refresh", Some(scope), &[name, "push"]);
            program.builder.property(program.global, "refresh", refresh);
            for _ in 0..count {
                let timer = program.builder.object("FastTimer", 400);
                program.push(list, timer);
            }
            program
        });
        summary.findings.iter().any(|finding| finding.cause == "unbounded-collection")
    };
    assert!(!is_told("file:///srv/shop/node_modules/undici/lib/util/timers.js", "fastTimers"));
    assert!(is_told("file:///srv/shop/node_modules/undici/lib/util/timers.js", "others"));
    assert!(is_told("file:///srv/shop/lib/timers.js", "fastTimers"));
}

#[test]
fn what_a_program_puts_on_the_global_object_is_told_by_the_same_name_on_all_lines() {
    // Node.js 26 marks the object's name, and it is reached by the proxy's.
    let make = |name: &'static str, is_own: bool| {
        move |count| {
            let mut program = Program::new("/srv/shop/dist/cache.js");
            let context = program.builder.node(NodeKind::HIDDEN, "system / NativeContext", 1000);
            let global = program.builder.object(name, 64);
            program.builder.edge(program.global, EdgeKind::Shortcut, "native_context", context);
            program.builder.edge(context, EdgeKind::Internal, "global_object", global);
            if is_own {
                let properties = program.builder.node(NodeKind::ARRAY, "(object properties)", 8000);
                program.builder.edge(global, EdgeKind::Internal, "properties", properties);
                for at in 0..count {
                    let value = program.builder.object("Order", 400);
                    program.builder.property(global, &format!("order{at}"), value);
                }
            } else {
                records(&mut program, global, "orders", count);
            }
            program
        }
    };
    for is_own in [true, false] {
        let told = ["global", "global (global*)"].map(|name| {
            let summary = compare(Some(ROUNDS), ROUNDS, make(name, is_own));
            let finding = only(&summary);
            (finding.title.clone(), finding.signature.clone())
        });
        assert_eq!(told[0], told[1]);
        assert!(!told[1].0.contains("global*"), "{}", told[1].0);
    }
}
