//! Collections without bound, and keys without values: what grows is told, what is healthy is not.

use crate::summaries::only;
use leakscan::analysis::diff::Identity;
use leakscan::cancel::CancelToken;
use leakscan::causes::{Evidence, Summary, SummaryOptions, Verdict, summarize};
use leakscan::snapshot::{EdgeKind, NodeIndex, NodeKind};
use leakscan::testing::program::Program;

/// The ids that belong to the older snapshot end here: all that is made later is new.
const OLD: u32 = 60;
const ROUNDS: u32 = 100;

fn options() -> SummaryOptions {
    SummaryOptions { rounds: Some(ROUNDS), unit: "request".to_owned(), ..SummaryOptions::default() }
}

/// Compares what `make` builds with the old entries alone, and with `OLD + ROUNDS`.
fn compare(make: impl Fn(u32) -> Program) -> Summary {
    compare_with(make(OLD), make(OLD + ROUNDS), &options())
}

fn compare_with(before: Program, after: Program, options: &SummaryOptions) -> Summary {
    summarize(Some(&before.snapshot()), &after.snapshot(), options, &CancelToken::new()).unwrap()
}

fn program() -> Program {
    Program::new("/srv/shop/dist/cache.js")
}

/// A variable of a scope that `functions` functions see.
fn variable(program: &mut Program, name: &str, value: NodeIndex, functions: u32) {
    let scope = program.scope(&[(name, value)]);
    for number in 0..functions {
        let literal = program.function("look", 10 + number, 3);
        let closure = program.closure(literal, "look", Some(scope));
        program.builder.property(program.global, &format!("look{number}"), closure);
    }
}

/// A Map whose table is as long as V8 makes it, so that slots can be told; gives Map and table.
fn map(program: &mut Program) -> (NodeIndex, NodeIndex) {
    let map = program.builder.object("Map", 32);
    let table = program.builder.node(NodeKind::ARRAY, "", 8 * (2 + 3 + 256 * 7));
    program.builder.edge(map, EdgeKind::Internal, "table", table);
    (map, table)
}

fn slot(program: &mut Program, table: NodeIndex, slot: u32, node: NodeIndex) {
    program.builder.edge(table, EdgeKind::Internal, &slot.to_string(), node);
}

/// Adds entry `at` to a table as [`map`] makes it.
fn entry(program: &mut Program, table: NodeIndex, at: u32, key: &str) {
    let key = program.string(key, 56);
    let value = program.builder.object("Order", 400);
    slot(program, table, 3 + 256 + 3 * at, key);
    slot(program, table, 3 + 256 + 3 * at + 1, value);
}

fn uuid(at: u32) -> String {
    format!("{at:08x}-1111-4222-8333-9d4d1b1c2d3e")
}

/// A cache of `count` entries in a variable.
fn cache(count: u32, functions: u32) -> Program {
    let mut program = program();
    let (map, table) = map(&mut program);
    variable(&mut program, "cache", map, functions);
    (0..count).for_each(|at| entry(&mut program, table, at, &uuid(at)));
    program
}

fn titles(summary: &Summary) -> Vec<&str> {
    summary.findings.iter().map(|finding| finding.title.as_str()).collect()
}

#[test]
fn a_cache_without_bound_is_told_with_its_variable_its_function_and_its_pace() {
    let summary = compare(|count| cache(count, 1));
    let finding = only(&summary);
    assert_eq!(summary.verdict, Verdict::Leak);
    assert_eq!(finding.cause, "unbounded-collection");
    assert_eq!(finding.title, "160 entries in Map cache (dist/cache.js:10:3), keys like a UUID, values Order");
    assert_eq!(finding.count, 160);
    let growth = finding.growth.as_ref().unwrap();
    assert_eq!((growth.count, growth.bytes, growth.per_round), (100, 100 * 456, Some(1.0)));
    assert_eq!(finding.location.as_ref().map(|location| location.line), Some(10));
    assert!(finding.advice.contains("Every request adds to Map cache"));
}

#[test]
fn of_several_functions_only_the_file_is_told() {
    let summary = compare(|count| cache(count, 2));
    let finding = only(&summary);
    assert_eq!(finding.title, "160 entries in Map cache (dist/cache.js), keys like a UUID, values Order");
    assert!(finding.location.is_none());
    assert_eq!(finding.evidence["functions"], Evidence::Text("look".to_owned()));
}

/// A scope whose functions have bytecode that names the constants.
fn with_bytecode(count: u32, functions: &[&[&str]]) -> Program {
    let mut program = program();
    let (map, table) = map(&mut program);
    let scope = program.scope(&[("cache", map)]);
    for (number, constants) in functions.iter().enumerate() {
        let literal = program.function("look", 10 + number as u32, 3);
        let closure = program.closure(literal, "look", Some(scope));
        program.builder.property(program.global, &format!("look{number}"), closure);
        let bytecode = program.builder.node(NodeKind::CODE, "system / BytecodeArray", 64);
        let pool = program.builder.node(NodeKind::CODE, "(constant pool)", 64);
        let shared = program.shared(literal);
        program.builder.edge(shared, EdgeKind::Internal, "function_data", bytecode);
        program.builder.edge(bytecode, EdgeKind::Hidden, "0", pool);
        for (at, constant) in constants.iter().enumerate() {
            let name = program.string(constant, 24);
            program.builder.edge(pool, EdgeKind::Internal, &at.to_string(), name);
        }
    }
    (0..count).for_each(|at| entry(&mut program, table, at, &uuid(at)));
    program
}

#[test]
fn of_several_functions_the_one_that_adds_is_told() {
    let cases: [(&[&[&str]], Option<u32>); 5] = [
        (&[&["other"], &["cache"]], Some(11)),
        (&[&["cache", "size"], &["cache", "has", "set"], &["set"]], Some(11)),
        (&[&["cache", "set"], &["cache", "set"]], None),
        (&[&["cache"], &["cache"]], None),
        (&[&["other"], &["set"]], None),
    ];
    for (functions, line) in cases {
        let summary = compare(|count| with_bytecode(count, functions));
        let told = only(&summary).location.as_ref().map(|location| location.line);
        assert_eq!(told, line, "{functions:?}");
    }
}

#[test]
fn of_functions_that_stand_in_one_another_the_outer_one_is_told() {
    let summary = compare(|count| {
        let mut program = with_bytecode(0, &[&["other"], &["cache", "set"]]);
        let inner = program.builder.node(NodeKind::CODE, "", 56);
        let bytecode = program.builder.node(NodeKind::CODE, "system / BytecodeArray", 64);
        let pool = program.builder.node(NodeKind::CODE, "(constant pool)", 64);
        let name = program.string("cache", 24);
        let method = program.string("set", 24);
        let pools: Vec<NodeIndex> = (0..program.builder.node_count() as u32)
            .map(NodeIndex)
            .filter(|&node| program.builder.name_of(node) == "(constant pool)")
            .collect();
        program.builder.edge(inner, EdgeKind::Internal, "trusted_function_data", bytecode);
        program.builder.edge(bytecode, EdgeKind::Hidden, "3", pool);
        program.builder.edge(pool, EdgeKind::Hidden, "0", name).edge(pool, EdgeKind::Hidden, "1", method);
        program.builder.edge(pools[1], EdgeKind::Hidden, "9", inner);
        let table = (0..program.builder.node_count() as u32)
            .map(NodeIndex)
            .find(|&node| program.builder.kind_of(node) == NodeKind::ARRAY)
            .unwrap();
        (0..count).for_each(|at| entry(&mut program, table, at, &uuid(at)));
        program
    });
    assert_eq!(only(&summary).location.as_ref().map(|location| location.line), Some(11));
}

#[test]
fn functions_of_inner_scopes_see_the_variable_too() {
    let summary = compare(|count| {
        let mut program = program();
        let (map, table) = map(&mut program);
        let outer = program.scope(&[("cache", map)]);
        let inner = program.scope(&[]);
        program.builder.edge(inner, EdgeKind::Internal, "previous", outer);
        let literal = program.function("look", 12, 3);
        let closure = program.closure(literal, "look", Some(inner));
        program.builder.property(program.global, "look", closure);
        (0..count).for_each(|at| entry(&mut program, table, at, &uuid(at)));
        program
    });
    assert_eq!(only(&summary).location.as_ref().map(|location| location.line), Some(12));
}

#[test]
fn the_owner_of_a_field_is_its_class() {
    let summary = compare(|count| {
        let mut program = program();
        let literal = program.function("Registry", 5, 1);
        let constructor = program.closure(literal, "Registry", None);
        program.builder.property(program.global, "Registry", constructor);
        let registry = program.global_object("registry", "Registry");
        program.builder.locate(registry, 7, 4, 0);
        let (map, table) = map(&mut program);
        program.builder.property(registry, "jobs", map);
        (0..count).for_each(|at| entry(&mut program, table, at, &uuid(at)));
        program
    });
    let finding = only(&summary);
    assert!(finding.title.starts_with("160 entries in Map Registry.jobs (dist/cache.js:5:1)"), "{}", finding.title);
}

#[test]
fn arrays_sets_and_objects_are_collections_as_well() {
    let array = |count: u32| {
        let mut program = program();
        let array = program.builder.object("Array", 32);
        variable(&mut program, "log", array, 1);
        for _ in 0..count {
            let record = program.builder.object("Record", 100);
            program.push(array, record);
        }
        program
    };
    let set = |count: u32| {
        let mut program = program();
        let set = program.builder.object("Set", 32);
        let table = program.builder.node(NodeKind::ARRAY, "", 8 * (2 + 3 + 256 * 5));
        program.builder.edge(set, EdgeKind::Internal, "table", table);
        variable(&mut program, "seen", set, 1);
        for at in 0..count {
            let id = program.string(&format!("id{at}"), 24);
            slot(&mut program, table, 3 + 256 + 2 * at, id);
        }
        program
    };
    let object = |count: u32| {
        let mut program = program();
        let object = program.builder.object("Object", 32);
        variable(&mut program, "byPath", object, 1);
        for at in 0..count {
            let record = program.builder.object("Record", 100);
            program.builder.property(object, &format!("/users/{at}"), record);
        }
        program
    };
    for (make, expected) in [
        (&array as &dyn Fn(u32) -> Program, "160 elements in array log (dist/cache.js:10:3), Record"),
        (&set, "160 elements in Set seen (dist/cache.js:10:3), like a numbered name, strings"),
        (&object, "160 entries in object byPath (dist/cache.js:10:3), keys like a path, values Record"),
    ] {
        let summary = compare(make);
        let finding = only(&summary);
        assert_eq!((finding.title.as_str(), finding.cause), (expected, "unbounded-collection"));
        assert_eq!(finding.growth.as_ref().unwrap().count, 100);
    }
}

#[test]
fn a_dictionary_of_numbers_has_its_keys_only() {
    let summary = compare(|count| {
        let mut program = program();
        let object = program.builder.object("Object", 32);
        let table = program.builder.node(NodeKind::ARRAY, "(object properties)", 4096);
        program.builder.edge(object, EdgeKind::Internal, "properties", table);
        variable(&mut program, "visits", object, 1);
        for at in 0..count {
            let key = program.string(&uuid(at), 56);
            slot(&mut program, table, 9 + 3 * at, key);
        }
        program
    });
    let finding = only(&summary);
    assert_eq!((finding.count, finding.growth.as_ref().unwrap().count), (160, 100));
    assert!(finding.title.ends_with("keys like a UUID, values small values"), "{}", finding.title);
}

#[test]
fn keys_that_are_small_integers_leave_values_only() {
    let summary = compare(|count| {
        let mut program = program();
        let (map, table) = map(&mut program);
        variable(&mut program, "byNumber", map, 1);
        for at in 0..count {
            let value = program.builder.object("Order", 400);
            slot(&mut program, table, 3 + 256 + 3 * at + 1, value);
        }
        program
    });
    let finding = only(&summary);
    assert_eq!(finding.title, "160 entries in Map byNumber (dist/cache.js:10:3), keys like a number, values Order");
}

/// A cache that had entries `0..OLD` and has those from `first` on.
fn moved(first: u32, count: u32) -> Program {
    let mut program = program();
    let (map, table) = map(&mut program);
    variable(&mut program, "cache", map, 1);
    for at in 0..first + count {
        if at >= first {
            entry(&mut program, table, at, &uuid(at));
        } else {
            // What is gone, nothing holds.
            program.string(&uuid(at), 56);
            program.builder.object("Order", 400);
        }
    }
    program
}

#[test]
fn a_cache_at_its_bound_is_clean() {
    let summary = compare_with(moved(0, OLD), moved(ROUNDS, OLD), &options());
    assert_eq!((summary.verdict, summary.findings.len()), (Verdict::Clean, 0), "{:?}", titles(&summary));
}

#[test]
fn what_also_loses_entries_is_no_leak() {
    let summary = compare_with(moved(0, OLD), moved(20, OLD + ROUNDS), &options());
    assert_eq!((summary.verdict, only(&summary).confidence), (Verdict::Suspicious, 0.5), "{:?}", titles(&summary));
}

#[test]
fn what_fills_up_to_its_bound_is_clean() {
    // 64 of the hundred rounds made it larger, the others replaced something: now it is full.
    let summary = compare_with(moved(0, OLD), moved(36, OLD + 64), &options());
    assert_eq!((summary.verdict, summary.findings.len()), (Verdict::Clean, 0), "{:?}", titles(&summary));
}

#[test]
fn growth_out_of_step_with_the_rounds_is_not_sure() {
    let summary = compare_with(cache(OLD, 1), cache(OLD + 57, 1), &options());
    assert!(summary.findings.iter().all(|finding| finding.confidence < 0.7), "{:?}", titles(&summary));
    let nearly = compare_with(cache(OLD, 1), cache(OLD + ROUNDS + 1, 1), &options());
    assert_eq!((nearly.verdict, only(&nearly).confidence), (Verdict::Leak, 0.85));
}

#[test]
fn light_growth_out_of_step_is_nothing() {
    let make = |count: u32| {
        let mut program = program();
        let array = program.builder.object("Array", 32);
        variable(&mut program, "names", array, 1);
        for _ in 0..count {
            let name = program.string("name", 24);
            program.push(array, name);
        }
        program
    };
    assert_eq!(compare_with(make(OLD), make(OLD + 57), &options()).verdict, Verdict::Clean);
    assert_eq!(compare_with(make(OLD), make(OLD + ROUNDS), &options()).verdict, Verdict::Leak);
}

#[test]
fn an_owner_with_a_limit_is_believed() {
    let make = |property: &'static str| {
        move |count| {
            let mut program = program();
            let lru = program.global_object("lru", "Lru");
            let shape = program.builder.node(NodeKind::OBJECT_SHAPE, "system / Map", 80);
            let names = program.builder.node(NodeKind::OBJECT_SHAPE, "system / DescriptorArray", 80);
            let name = program.string(property, 24);
            program.builder.edge(lru, EdgeKind::Internal, "map", shape);
            program.builder.edge(shape, EdgeKind::Internal, "descriptors", names);
            program.builder.edge(names, EdgeKind::Internal, "0", name);
            let (map, table) = map(&mut program);
            program.builder.property(lru, "map", map);
            (0..count).for_each(|at| entry(&mut program, table, at, &uuid(at)));
            program
        }
    };
    assert_eq!(compare(make("name")).verdict, Verdict::Leak);
    assert_ne!(compare(make("maxSize")).verdict, Verdict::Leak);
}

#[test]
fn collections_of_node_itself_are_left_alone() {
    let make = |url: &'static str| {
        move |count| {
            let mut program = Program::new(url);
            let (map, table) = map(&mut program);
            variable(&mut program, "cache", map, 1);
            (0..count).for_each(|at| entry(&mut program, table, at, &uuid(at)));
            program
        }
    };
    let causes = |url| -> Vec<&str> { compare(make(url)).findings.iter().map(|finding| finding.cause).collect() };
    assert_eq!(causes("/srv/shop/loader.js"), ["unbounded-collection"]);
    assert!(!causes("node:internal/modules/cjs/loader").contains(&"unbounded-collection"));
}

#[test]
fn two_collections_of_the_same_things_are_one_finding() {
    let summary = compare(|count| {
        let mut program = program();
        let (map, table) = map(&mut program);
        variable(&mut program, "byId", map, 1);
        let list = program.array(program.global, "list");
        for at in 0..count {
            let key = program.string(&uuid(at), 56);
            let value = program.builder.object("Order", 400);
            slot(&mut program, table, 3 + 256 + 3 * at, key);
            slot(&mut program, table, 3 + 256 + 3 * at + 1, value);
            program.push(list, value);
        }
        program
    });
    let finding = only(&summary);
    assert_eq!(finding.evidence["alsoIn"], Evidence::Text("array list".to_owned()));
    let bytes = finding.growth.as_ref().unwrap().bytes;
    let grown = summary.after.total_size - summary.before.as_ref().unwrap().total_size;
    assert!(bytes <= grown, "{bytes} bytes are told, {grown} grew");
}

#[test]
fn a_collection_inside_of_another_is_told_with_the_outer_name() {
    let summary = compare(|count| {
        let mut program = program();
        let (sessions, table) = map(&mut program);
        variable(&mut program, "sessions", sessions, 1);
        let history = program.builder.object("Array", 32);
        slot(&mut program, table, 3 + 256 + 1, history);
        for _ in 0..count {
            let visit = program.builder.object("Visit", 400);
            program.push(history, visit);
        }
        program
    });
    assert_eq!(only(&summary).title, "160 elements in array in sessions (dist/cache.js:10:3), Visit");
}

/// A dictionary of which `stale` entries are null.
fn dictionary(count: u32, stale: impl Fn(u32) -> bool) -> Program {
    let mut program = program();
    let null = program.builder.node(NodeKind::HIDDEN, "null", 0);
    program.builder.property(program.global, "nothing", null);
    let object = program.builder.object("Object", 32);
    let table = program.builder.node(NodeKind::ARRAY, "(object properties)", 4096);
    program.builder.edge(object, EdgeKind::Internal, "properties", table);
    variable(&mut program, "localCache", object, 1);
    for at in 0..count {
        let key = program.string(&uuid(at), 56);
        slot(&mut program, table, 9 + 3 * at, key);
        let value = program.builder.object("Order", 40);
        program.builder.property(object, &uuid(at), if stale(at) { null } else { value });
    }
    program
}

#[test]
fn keys_without_values_are_stale() {
    let summary = compare(|count| dictionary(count, |_| true));
    let finding = only(&summary);
    assert_eq!((finding.cause, summary.verdict), ("stale-keys", Verdict::Leak));
    assert_eq!(finding.title, "160 keys in object localCache (dist/cache.js:10:3), all without a value, like a UUID");
    assert_eq!(finding.growth.as_ref().unwrap().count, 100);
    assert_eq!((&finding.evidence["withoutValue"], finding.shallow_size), (&Evidence::Number(160), 160 * 56));
    assert!(finding.advice.contains("delete localCache[key]") && finding.advice.contains("WeakMap"));
}

#[test]
fn a_few_null_values_are_no_stale_keys() {
    let summary = compare(|count| dictionary(count, |at| at % 3 == 0));
    assert_eq!(only(&summary).cause, "unbounded-collection");
    let most = compare(|count| dictionary(count, |at| at % 3 != 0));
    assert_eq!(only(&most).cause, "stale-keys");
    assert!(only(&most).title.contains("106 of them without a value"), "{}", only(&most).title);
}

#[test]
fn one_snapshot_is_never_sure() {
    let alone = |program: Program| summarize(None, &program.snapshot(), &options(), &CancelToken::new()).unwrap();
    let stale = alone(dictionary(2000, |_| true));
    assert_eq!((only(&stale).cause, stale.verdict), ("stale-keys", Verdict::Suspicious));
    assert_eq!(alone(dictionary(999, |_| true)).verdict, Verdict::Clean);
    let large = |count: u32| {
        let mut program = program();
        let array = program.builder.object("Array", 32);
        variable(&mut program, "log", array, 1);
        for _ in 0..count {
            let record = program.builder.object("Record", 5000);
            program.push(array, record);
        }
        program
    };
    let enormous = alone(large(2000));
    assert_eq!((only(&enormous).cause, enormous.verdict), ("unbounded-collection", Verdict::Suspicious));
    let nested = alone({
        let mut program = large(2000);
        let outer = program.array(program.global, "outer");
        for _ in 0..2000 {
            let record = program.builder.object("Record", 5000);
            program.push(outer, record);
        }
        let inner = program.builder.object("Array", 32);
        program.push(outer, inner);
        for _ in 0..2000 {
            let record = program.builder.object("Record", 5000);
            program.push(inner, record);
        }
        program
    });
    let owners: Vec<&Evidence> = nested.findings.iter().map(|finding| &finding.evidence["collection"]).collect();
    assert_eq!(owners, [&Evidence::from("array outer"), &Evidence::from("array log")], "{:?}", titles(&nested));
    assert!(alone(large(700)).findings.iter().all(|finding| finding.cause != "unbounded-collection"));
}

#[test]
fn the_signature_is_that_of_the_bug() {
    let signature = |summary: &Summary| only(summary).signature.clone();
    let first = signature(&compare(|count| cache(count, 1)));
    assert_eq!(first, signature(&compare_with(cache(OLD, 1), cache(OLD + 2 * ROUNDS, 1), &options())));
    assert_ne!(first, signature(&compare(|count| dictionary(count, |_| true))));
}

#[test]
fn of_nodes_own_collections_only_those_that_programs_fill_are_told() {
    let is_told = |name: &str| {
        let make = |count| {
            let mut program = Program::new("node:internal/perf/observe");
            let (map, table) = map(&mut program);
            variable(&mut program, name, map, 1);
            (0..count).for_each(|at| entry(&mut program, table, at, &uuid(at)));
            program
        };
        compare(make).findings.iter().any(|finding| finding.cause == "unbounded-collection")
    };
    assert!(is_told("kObservers"), "who observes and never disconnects");
    assert!(is_told("active_hooks.array"), "who hooks and never disables");
    assert!(is_told("markEntryBuffer"), "who marks and never clears");
    assert!(!is_told("kPending"), "Node empties it");
}

#[test]
fn the_global_object_is_a_collection_like_others() {
    let make = |count: u32| {
        let mut program = Program::new("/srv/shop/dist/jsonp.js");
        for at in 0..count {
            let callback = program.builder.object("Callback", 200);
            program.builder.property(program.global, &format!("callback_{at}"), callback);
        }
        program
    };
    let summary = compare(make);
    let finding = only(&summary);
    assert_eq!((summary.verdict, finding.cause), (Verdict::Leak, "unbounded-collection"));
    assert_eq!(finding.growth.as_ref().unwrap().per_round, Some(1.0));
}

#[test]
fn of_two_processes_nobody_is_as_sure() {
    let confidence = |more, rounds| {
        let identity = Some(Identity::DifferentProcess);
        let options = SummaryOptions { rounds, identity, ..options() };
        let summary = compare_with(cache(OLD, 1), cache(OLD + more, 1), &options);
        summary.findings.first().map(|finding| finding.confidence)
    };
    assert_eq!(confidence(100, Some(100)), Some(0.8), "one a round");
    assert_eq!(confidence(101, Some(100)), Some(0.7), "one is under way");
    assert_eq!(confidence(160, Some(100)), Some(0.5), "out of step");
    assert_eq!(confidence(100, None), Some(0.5));
    assert_eq!(confidence(40, None), None, "light, and out of step");
}

/// A collection of numbers, which leave no trace, with a store of so many words.
fn store(class: &str, edge: &str, words: u64) -> Program {
    let mut program = program();
    let collection = program.builder.object(class, 32);
    let store = program.builder.node(NodeKind::ARRAY, "", 16 + 8 * words);
    program.builder.edge(collection, EdgeKind::Internal, edge, store);
    program.builder.key("latencies", collection);
    variable(&mut program, "latencies", collection, 1);
    program
}

fn numbers(room: u64) -> Program {
    store("Array", "elements", room)
}

#[test]
fn room_is_counted_in_entries() {
    let room = |class, edge, then, now| {
        let summary = compare_with(store(class, edge, then), store(class, edge, now), &options());
        only(&summary).title.clone()
    };
    let of = |entries: &str, label: &str| {
        format!("room for {entries} numbers or flags in {label} latencies (dist/cache.js:10:3)")
    };
    // Three words, then buckets for two entries each.
    assert_eq!(room("Map", "table", 3 + 64 * 7, 3 + 1024 * 7), of("2,048", "Map"));
    assert_eq!(room("Set", "table", 3 + 64 * 5, 3 + 1024 * 5), of("2,048", "Set"));
    // Far apart, by key, value and details; or one after the other.
    assert_eq!(room("Object", "elements", 4 + 128 * 3, 4 + 2048 * 3), of("2,048", "object"));
    assert_eq!(room("Object", "elements", 300, 3000), of("3,000", "object"));
}

#[test]
fn what_leaves_no_trace_is_told_by_the_room_that_was_made_for_it() {
    let verdict = |then, now| compare_with(numbers(then), numbers(now), &options()).verdict;
    let summary = compare_with(numbers(400), numbers(1400), &options());
    let finding = only(&summary);
    assert_eq!(finding.title, "room for 1,400 numbers or flags in array latencies (dist/cache.js:10:3)");
    assert_eq!((finding.cause, summary.verdict), ("unbounded-collection", Verdict::Leak));
    assert_eq!((finding.count, finding.evidence["room"].clone()), (1400, Evidence::from(1400_u64)));
    let growth = finding.growth.as_ref().unwrap();
    assert_eq!((growth.count, growth.bytes, growth.per_round), (1000, 8000, None));
    assert_eq!(verdict(400, 1000), Verdict::Suspicious);
    assert_eq!(verdict(400, 600), Verdict::Clean);
    assert_eq!(verdict(40, 200), Verdict::Clean, "nobody's leak");
}

#[test]
fn room_for_numbered_keys_that_come_and_go_is_no_leak() {
    let verdict = |room| {
        let make = |room| store("Object", "elements", room);
        compare_with(make(100), make(room), &options()).verdict
    };
    assert_eq!([verdict(500), verdict(501)], [Verdict::Clean, Verdict::Leak]);
}

#[test]
fn room_of_what_leaves_a_trace_is_no_room_for_numbers() {
    let with = |things: u32, room| {
        let mut program = numbers(room);
        let array = program.builder.at("latencies");
        for _ in 0..things {
            let thing = program.builder.object("Timeout", 80);
            program.push(array, thing);
        }
        program
    };
    assert_eq!(compare_with(with(0, 400), with(0, 1400), &options()).verdict, Verdict::Leak);
    assert_eq!(
        compare_with(with(1, 400), with(1, 1400), &options()).verdict,
        Verdict::Clean,
        "the others were deleted"
    );
}

#[test]
fn what_comes_again_and_again_grows_and_what_has_moved_does_not() {
    let list = |kinds: u32| {
        move |count: u32| {
            let mut program = program();
            let known = program.array(program.global, "states");
            let states: Vec<NodeIndex> = (0..kinds).map(|_| program.builder.object("State", 40)).collect();
            states.iter().for_each(|&state| program.push(known, state));
            let log = program.builder.object("Array", 32);
            variable(&mut program, "log", log, 1);
            (0..count).for_each(|at| program.push(log, states[(at % kinds) as usize]));
            program
        }
    };
    let summary = compare(list(2));
    assert_eq!(only(&summary).title, "160 elements in array log (dist/cache.js:10:3), State");
    assert_eq!(compare(list(OLD + ROUNDS)).findings.len(), 0);
    let oddballs = |name: &'static str| {
        move |count: u32| {
            let mut program = program();
            let oddball = program.builder.node(NodeKind::HIDDEN, name, 0);
            let log = program.builder.object("Array", 32);
            variable(&mut program, "log", log, 1);
            (0..count).for_each(|_| program.push(log, oddball));
            program
        }
    };
    assert_eq!(only(&compare(oddballs("true"))).title, "160 elements in array log (dist/cache.js:10:3), flags");
    // What is done with is `null`, until the list is cut.
    assert_eq!(compare(oddballs("null")).findings.len(), 0);
}
