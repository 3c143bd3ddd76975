//! Suspects by size and by growth, on drawn heaps: piles are found, and what healthy programs do is left alone.

use crate::summaries::look;
use leakscan::cancel::CancelToken;
use leakscan::causes::{Summary, SummaryOptions, Verdict, summarize};
use leakscan::graph::Snapshot;
use leakscan::snapshot::{EdgeKind, NodeIndex, NodeKind};
use leakscan::testing::program::Program;

fn compare(before: &Snapshot, after: &Snapshot) -> Summary {
    summarize(Some(before), after, &SummaryOptions::default(), &CancelToken::new()).unwrap()
}

fn new_program() -> Program {
    Program::new("/srv/app/jobs.js")
}

/// An object of a class with a constructor in the script.
fn job(program: &mut Program, size: u64) -> NodeIndex {
    let job = program.builder.object("Job", 40);
    program.builder.locate(job, 7, 11, 2);
    let payload = program.string("payload", size);
    program.builder.property(job, "payload", payload);
    job
}

/// Something from which locations of the script are known.
fn registry(program: &mut Program) -> NodeIndex {
    let registry = program.global_object("registry", "Registry");
    let function = program.function("add", 3, 1);
    let method = program.closure(function, "add", None);
    program.builder.property(registry, "add", method);
    registry
}

fn array_of_jobs(count: u32) -> Program {
    let mut program = new_program();
    let registry = registry(&mut program);
    let jobs = program.array(registry, "jobs");
    for _ in 0..count {
        let job = job(&mut program, 4000);
        program.push(jobs, job);
    }
    program
}

#[test]
fn an_array_that_grows_is_found_with_what_is_in_it() {
    let summary = compare(&array_of_jobs(20).snapshot(), &array_of_jobs(120).snapshot());
    assert_eq!((summary.verdict, summary.findings.len()), (Verdict::Leak, 1));
    let finding = &summary.findings[0];
    assert_eq!(finding.cause, "unbounded-collection");
    assert_eq!(finding.title, "120 elements in array Registry.jobs, Job");
    assert_eq!(finding.growth.as_ref().unwrap().count, 100);
    assert_eq!(finding.growth.as_ref().unwrap().bytes, 100 * 4040);
    assert_eq!(
        finding.path.iter().map(|step| step.edge_name.to_string()).collect::<Vec<_>>(),
        ["2", "registry", "jobs"]
    );
}

fn map_of_bodies(first: u32, end: u32) -> Program {
    let mut program = new_program();
    let table = program.map(program.global, "cache");
    // What has left the Map is in the file no more, but its id is taken.
    for entry in 0..end {
        let key = program.string("key", 64);
        let value = program.builder.object("Body", 4000);
        if entry >= first {
            program.set(table, key, value);
        } else {
            for gone in [key, value] {
                program.builder.size(gone, 0);
            }
        }
    }
    program
}

#[test]
fn a_map_that_grows_is_found() {
    let summary = compare(&map_of_bodies(0, 20).snapshot(), &map_of_bodies(0, 120).snapshot());
    assert_eq!(summary.findings.len(), 1, "{:?}", summary.findings);
    assert!(summary.findings[0].title.starts_with("120 entries in Map cache"), "{}", summary.findings[0].title);
    assert_eq!(summary.findings[0].owner.class_name.to_string(), "Map");
}

#[test]
fn a_cache_that_turns_over_is_healthy() {
    let summary = compare(&map_of_bodies(0, 100).snapshot(), &map_of_bodies(100, 200).snapshot());
    assert_eq!(summary.verdict, Verdict::Clean, "{:?}", summary.findings);
}

#[test]
fn growth_below_the_threshold_is_noise() {
    let mut after = array_of_jobs(20);
    for _ in 0..100 {
        after.string("tiny", 16);
    }
    assert_eq!(compare(&array_of_jobs(20).snapshot(), &after.snapshot()).verdict, Verdict::Clean);
}

/// A module loaded in between: many functions, each its own, and a table of constants.
#[test]
fn a_module_that_is_loaded_lazily_is_healthy() {
    let mut after = array_of_jobs(20);
    let module = after.global_object("module", "Module");
    let exports = after.builder.object("Object", 56);
    after.builder.property(module, "exports", exports);
    let table = after.array(exports, "table");
    for line in 1..200 {
        let function = after.function("f", line, 1);
        let closure = after.closure(function, "f", None);
        after.builder.property(exports, "f", closure);
        let row = after.builder.object("Row", 1000);
        after.push(table, row);
    }
    assert_eq!(compare(&array_of_jobs(20).snapshot(), &after.snapshot()).verdict, Verdict::Clean);
}

#[test]
fn code_that_is_compiled_is_healthy() {
    let mut after = array_of_jobs(20);
    let cache = after.global_object("wasm", "Cache");
    for _ in 0..200 {
        let code = after.builder.node(NodeKind::CODE, "system / FeedbackVector", 2000);
        let shape = after.builder.node(NodeKind::OBJECT_SHAPE, "system / Map", 2000);
        // With its constants.
        for part in [code, shape] {
            let constants = after.string("constants", 2000);
            after.builder.property(cache, "code", part).property(part, "constants", constants);
        }
    }
    assert_eq!(compare(&array_of_jobs(20).snapshot(), &after.snapshot()).verdict, Verdict::Clean);
}

/// A list whose every element holds the next: no two of them hang on one thing.
fn list(count: u32) -> Program {
    let mut program = new_program();
    let mut last = program.global_object("list", "List");
    for _ in 0..count {
        let element = program.builder.object("Element", 5000);
        program.builder.property(last, "next", element);
        last = element;
    }
    program
}

#[test]
fn a_list_that_grows_is_found() {
    let summary = compare(&list(5).snapshot(), &list(105).snapshot());
    assert_eq!(summary.findings.len(), 1);
    assert!(summary.findings[0].title.contains("Element"), "{}", summary.findings[0].title);
    assert_eq!(summary.findings[0].growth.as_ref().unwrap().count, 100);
}

/// Things that two collections of one owner hold: nothing but the owner, or the root, dominates them.
fn held_twice(count: u32) -> Program {
    let mut program = new_program();
    let registry = registry(&mut program);
    let (all, open) = (program.array(registry, "all"), program.array(program.global, "open"));
    for _ in 0..count {
        let job = job(&mut program, 4000);
        program.push(all, job);
        program.push(open, job);
    }
    program
}

#[test]
fn things_held_twice_are_found_by_class() {
    let summary = compare(&held_twice(20).snapshot(), &held_twice(120).snapshot());
    assert_eq!(summary.findings.len(), 1);
    let finding = &summary.findings[0];
    assert_eq!(finding.title, "120 elements in array Registry.all, Job");
    assert_eq!(finding.growth.as_ref().unwrap().count, 100);
    assert_eq!(finding.location.as_ref().unwrap().line, 12);
}

#[test]
fn in_one_snapshot_a_pile_must_have_a_share_of_the_heap() {
    assert_eq!(look(&array_of_jobs(120).snapshot()).verdict, Verdict::Clean, "half a megabyte is nothing");
    let summary = look(&array_of_jobs(2000).snapshot());
    assert_eq!((summary.verdict, summary.findings.len()), (Verdict::Suspicious, 1));
    assert!(summary.findings[0].title.starts_with("2,000 elements in array Registry.jobs, Job"));
    assert!(summary.findings[0].share > 0.8);
}

#[test]
fn in_one_snapshot_one_huge_thing_is_a_suspect() {
    let mut program = new_program();
    let buffer = program.global_object("buffer", "Buffer");
    program.builder.size(buffer, 9_000_000);
    let summary = look(&program.snapshot());
    assert_eq!(summary.findings[0].title, "one global.buffer (Buffer) of 9.0 MB");
}

#[test]
fn a_program_of_many_different_things_is_no_pile() {
    let mut program = new_program();
    let app = program.global_object("app", "App");
    for number in 0..30 {
        let part = program.builder.object(&format!("Part{number}"), 300_000);
        program.builder.property(app, &format!("part{number}"), part);
    }
    assert_eq!(look(&program.snapshot()).verdict, Verdict::Clean);
}

#[test]
fn what_the_vm_keeps_is_no_suspect() {
    let mut program = new_program();
    let context = program.builder.node(NodeKind::HIDDEN, "system / NativeContext", 0);
    program.builder.edge(NodeIndex::ROOT, EdgeKind::Shortcut, "3", context);
    for _ in 0..100 {
        let code = program.builder.node(NodeKind::CODE, "system / ScopeInfo", 100_000);
        program.builder.edge(context, EdgeKind::Internal, "code", code);
    }
    assert_eq!(look(&program.snapshot()).verdict, Verdict::Clean);
}

#[test]
fn different_processes_are_not_compared_by_id() {
    let mut other = new_program();
    for _ in 0..50 {
        other.string("noise", 24);
    }
    let registry = registry(&mut other);
    let jobs = other.array(registry, "jobs");
    for _ in 0..120 {
        let job = job(&mut other, 4000);
        other.push(jobs, job);
    }
    let summary = compare(&array_of_jobs(20).snapshot(), &other.snapshot());
    // By place, no more than a suspicion.
    assert_eq!(summary.verdict, Verdict::Suspicious, "{:?}", summary.findings);
    assert_eq!(summary.findings[0].growth.as_ref().map(|growth| growth.count), Some(100));
}

/// A collection that is made anew for every entry, as immutable state is.
fn renewed(count: u32) -> Program {
    let mut program = new_program();
    let store = program.global_object("store", "Store");
    let items: Vec<_> = (0..count).map(|_| program.builder.object("Item", 5000)).collect();
    // Nodes are numbered in this order, so this array is new in the longer program.
    let state = program.array(store, "items");
    for item in items {
        program.push(state, item);
    }
    program
}

#[test]
fn a_collection_that_is_made_anew_is_found() {
    let summary = compare(&renewed(20).snapshot(), &renewed(120).snapshot());
    assert_eq!(summary.findings.len(), 1, "{:?}", summary.verdict);
    let title = &summary.findings[0].title;
    assert!(title.starts_with("120 ") && title.contains("Store.items"), "{title}");
}

/// Something big that came as a whole.
#[test]
fn what_comes_as_a_whole_is_healthy() {
    let mut after = renewed(20);
    let store = after.global_object("tables", "Tables");
    let rows = after.array(store, "rows");
    for _ in 0..200 {
        let row = after.builder.object("Row", 5000);
        after.push(rows, row);
    }
    // The array of the shorter program is the same one here.
    assert_eq!(compare(&renewed(20).snapshot(), &after.snapshot()).verdict, Verdict::Clean);
}

/// A cache that belongs to a function of `url`.
fn cache_of(url: &str, entries: u32) -> Program {
    let mut program = Program::new(url);
    let function = program.function("require", 3, 1);
    let scope = program.scope(&[]);
    let require = program.closure(function, "require", Some(scope));
    program.builder.property(program.global, "require", require);
    let cache = program.builder.object("Object", 56);
    program.builder.edge(scope, EdgeKind::Context, "cache", cache);
    for entry in 0..entries {
        let package = program.builder.object("Package", 5000);
        program.builder.property(cache, &format!("p{entry}"), package);
    }
    program
}

#[test]
fn what_the_module_loader_keeps_is_healthy() {
    let verdict = |url| compare(&cache_of(url, 5).snapshot(), &cache_of(url, 105).snapshot()).verdict;
    assert_eq!(verdict("node:internal/modules/helpers"), Verdict::Clean);
    assert_eq!(verdict("/srv/app/packages.js"), Verdict::Leak);
}

/// Things between the elements: a method, and its scope, which holds the next element.
#[test]
fn a_chain_through_closures_is_counted() {
    let chain = |count: u32| {
        let mut program = new_program();
        let function = program.function("method", 3, 1);
        let mut holder = program.global;
        for _ in 0..count {
            let thing = program.builder.object("Thing", 5000);
            match holder == program.global {
                true => program.builder.property(holder, "thing", thing),
                false => program.builder.edge(holder, EdgeKind::Context, "original", thing),
            };
            let scope = program.scope(&[]);
            let method = program.closure(function, "method", Some(scope));
            program.builder.property(thing, "method", method);
            holder = scope;
        }
        program.snapshot()
    };
    let summary = compare(&chain(1), &chain(101));
    assert_eq!(summary.findings[0].growth.as_ref().unwrap().count, 100);
}

#[test]
fn what_node_itself_limits_is_no_suspect() {
    let snapshot = |name: &str, count: u32| {
        let mut program = new_program();
        program.script("node:internal/perf/observe");
        let buffer = program.builder.object("Array", 32);
        let scope = program.scope(&[(name, buffer)]);
        let literal = program.function("enqueue", 1, 1);
        let closure = program.closure(literal, "enqueue", Some(scope));
        program.builder.property(program.global, "enqueue", closure);
        for _ in 0..count {
            let entry = program.builder.object("PerformanceResourceTiming", 4000);
            program.push(buffer, entry);
        }
        program.snapshot()
    };
    let findings = |name| compare(&snapshot(name, 20), &snapshot(name, 120)).findings.len();
    assert_eq!((findings("markEntryBuffer"), findings("resourceTimingBuffer")), (1, 0));
}

/// Sessions that are each kept by an old user and by an old device: only the root, or the global object, dominates them.
fn sessions_of_two(users: u32, count: u32) -> Program {
    let mut program = new_program();
    let registry = registry(&mut program);
    let (all, devices) = (program.array(registry, "users"), program.array(program.global, "devices"));
    let mut pairs = Vec::new();
    for _ in 0..users {
        let (user, device) = (program.builder.object("User", 40), program.builder.object("Device", 40));
        program.push(all, user);
        program.push(devices, device);
        pairs.push((user, device));
    }
    for &(user, device) in pairs.iter().take(count as usize) {
        let session = program.builder.object("Session", 4000);
        program.builder.property(user, "session", session).property(device, "session", session);
    }
    program
}

#[test]
fn growth_that_several_keep_is_told_of_the_old_object_on_most_paths() {
    let summary = compare(&sessions_of_two(200, 20).snapshot(), &sessions_of_two(200, 120).snapshot());
    assert_eq!((summary.verdict, summary.findings.len()), (Verdict::Leak, 1), "{:?}", summary.findings);
    let finding = &summary.findings[0];
    assert_eq!(finding.growth.as_ref().map(|growth| (growth.count, growth.bytes)), Some((100, 400_000)));
    assert_eq!(finding.owner.class_name, "Array");
    assert!(finding.title.contains("Session"), "{}", finding.title);
    let few = compare(&sessions_of_two(200, 20).snapshot(), &sessions_of_two(200, 29).snapshot());
    assert_eq!(few.verdict, Verdict::Clean, "a few");
}

/// A hundred things of the VM's in an array, whose ids are made anew in every snapshot.
fn native(first_id: u32) -> Program {
    let mut program = array_of_jobs(20);
    let handles = program.global_object("handles", "Handles");
    for at in 0..100 {
        let native = program.builder.node(NodeKind::NATIVE, "Blob", 4000);
        program.builder.property(handles, &format!("handle{at}"), native).id(native, first_id + 2 * at);
    }
    program
}

#[test]
fn native_things_are_neither_new_nor_old_by_their_ids() {
    assert_eq!(compare(&native(1000).snapshot(), &native(5000).snapshot()).verdict, Verdict::Clean);
    let mut after = array_of_jobs(120);
    let native = after.builder.node(NodeKind::NATIVE, "Blob", 8);
    after.builder.property(after.global, "blob", native);
    let mut before = array_of_jobs(20);
    let old = before.builder.node(NodeKind::NATIVE, "Blob", 8);
    before.builder.property(before.global, "blob", old).id(old, 1_000_000);
    after.builder.id(native, 1_000_002);
    assert_eq!(compare(&before.snapshot(), &after.snapshot()).verdict, Verdict::Leak, "jobs are new all the same");
}
