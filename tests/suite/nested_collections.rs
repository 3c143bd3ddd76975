//! Collections inside of another: what they gain together is one leak; and lists of what another cause tells of are none.

use crate::summaries::{self, OLD, compare_counts as compare, only};
use leakscan::causes::{Summary, Verdict};
use leakscan::snapshot::{EdgeKind, NodeIndex, NodeKind};
use leakscan::testing::program::Program;

fn titles(summary: &Summary) -> Vec<&str> {
    summary.findings.iter().map(|finding| finding.title.as_str()).collect()
}

fn program() -> Program {
    Program::new("/srv/shop/dist/inbox.js")
}

/// A variable that one function sees.
fn variable(program: &mut Program, name: &str, value: NodeIndex) {
    let scope = program.scope(&[(name, value)]);
    let literal = program.function("deliver", 9, 17);
    let closure = program.closure(literal, "deliver", Some(scope));
    program.builder.property(program.global, "deliver", closure);
}

/// A Map in the variable `inbox`; gives its table.
fn inbox(program: &mut Program) -> NodeIndex {
    let map = program.builder.object("Map", 32);
    variable(program, "inbox", map);
    let table = program.builder.node(NodeKind::ARRAY, "", 400);
    program.builder.edge(map, EdgeKind::Internal, "table", table);
    table
}

/// So many lists, as entries of the Map or as the property `messages` of records that are.
fn lists(program: &mut Program, table: NodeIndex, count: u32, in_records: bool) -> Vec<NodeIndex> {
    let list = |at| {
        let key = program.string(&format!("user-{at}"), 24);
        let list = program.builder.object("Array", 32);
        let record = if in_records { program.builder.object("User", 56) } else { list };
        if in_records {
            program.builder.property(record, "messages", list);
        }
        program.set(table, key, record);
        list
    };
    (0..count).map(list).collect()
}

/// `count` messages, handed out to the lists in turn.
fn deliver(program: &mut Program, lists: &[NodeIndex], count: u32) {
    for at in 0..count {
        let message = program.builder.object("Message", 400);
        program.push(lists[at as usize % lists.len()], message);
    }
}

#[test]
fn lists_that_get_little_each_are_one_leak_together() {
    for in_records in [false, true] {
        let summary = compare(|count| {
            let mut program = program();
            let table = inbox(&mut program);
            let lists = lists(&mut program, table, 20, in_records);
            deliver(&mut program, &lists, count);
            program
        });
        let finding = only(&summary);
        assert_eq!((summary.verdict, finding.cause), (Verdict::Leak, "unbounded-collection"));
        let title = "160 elements in 20 arrays in Map inbox (dist/inbox.js:9:17), Message";
        assert_eq!(finding.title, title);
        let growth = finding.growth.as_ref().unwrap();
        assert_eq!((finding.count, growth.count, growth.per_round), (160, 100, Some(1.0)));
        assert_eq!(growth.bytes, 100 * 400);
    }
}

#[test]
fn lists_that_grow_enough_by_themselves_are_one_leak_too() {
    let summary = compare(|count| {
        let mut program = program();
        let table = inbox(&mut program);
        let lists = lists(&mut program, table, 2, false);
        deliver(&mut program, &lists, 2 * count);
        program
    });
    let finding = only(&summary);
    assert_eq!((finding.count, finding.growth.as_ref().unwrap().per_round), (320, Some(2.0)));
}

#[test]
fn lists_of_lists_that_get_little_each_are_one_leak_together() {
    // Rooms in a Map, in each a Map of users, for each a list: nothing grows much, not even a room; or each room does.
    for each in [1, 4] {
        let summary = compare(|count| {
            let mut program = program();
            let rooms = inbox(&mut program);
            let mut all = Vec::new();
            for at in 0..4 {
                let key = program.string(&format!("room-{at}"), 24);
                let users = program.builder.object("Map", 32);
                let table = program.builder.node(NodeKind::ARRAY, "", 400);
                program.builder.edge(users, EdgeKind::Internal, "table", table);
                program.set(rooms, key, users);
                all.extend(lists(&mut program, table, 5, false));
            }
            deliver(&mut program, &all, each * count);
            program
        });
        let finding = only(&summary);
        let title = format!("{} elements in 20 arrays in Map inbox (dist/inbox.js:9:17), Message", 160 * each);
        assert_eq!((&finding.title, finding.growth.as_ref().unwrap().per_round), (&title, Some(f64::from(each))));
    }
}

#[test]
fn what_moves_from_one_list_to_another_is_no_growth() {
    let summary = compare(|count| {
        let mut program = program();
        let table = inbox(&mut program);
        let lists = lists(&mut program, table, 20, false);
        // The older half goes: as many as before are left.
        for at in 0..count {
            let message = program.builder.object("Message", 400);
            if at >= count - OLD {
                program.push(lists[at as usize % lists.len()], message);
            }
        }
        program
    });
    assert_eq!((summary.verdict, titles(&summary)), (Verdict::Clean, vec![]));
}

#[test]
fn new_lists_are_told_as_the_growth_of_what_holds_them() {
    let summary = compare(|count| {
        let mut program = program();
        let table = inbox(&mut program);
        for at in 0..count {
            let of_user = lists(&mut program, table, 1, false);
            deliver(&mut program, &of_user, 1 + at % 2);
        }
        program
    });
    assert!(only(&summary).title.starts_with("160 entries in Map inbox"), "{:?}", titles(&summary));
}

#[test]
fn a_few_lists_of_an_object_are_leaks_of_their_own() {
    let summary = compare(|count| {
        let mut program = program();
        let state = program.builder.object("Object", 56);
        variable(&mut program, "state", state);
        let names = ["orders", "visits"];
        let lists = names.map(|name| program.array(state, name));
        deliver(&mut program, &lists, 2 * count);
        program
    });
    assert_eq!(summary.findings.len(), 2, "{:?}", titles(&summary));
}

#[test]
fn lists_of_one_object_among_many_are_one_leak() {
    // A watcher's lists of callbacks, of which people know the first.
    let summary = compare(|count| {
        let mut program = program();
        let table = inbox(&mut program);
        let key = program.string("directory", 24);
        let watcher = program.builder.object("Object", 56);
        program.set(table, key, watcher);
        let (listeners, errors) = (program.array(watcher, "listeners"), program.array(watcher, "errors"));
        deliver(&mut program, &[listeners, errors], 2 * count);
        program
    });
    let finding = only(&summary);
    assert_eq!((finding.count, finding.growth.as_ref().unwrap().count), (160, 100));
}

/// A dictionary in a property of an object, and what has its keys: V8's table, or its shape as long as it is small.
fn dictionary(program: &mut Program, object: NodeIndex, name: &str, has_shape: bool) -> (NodeIndex, NodeIndex) {
    let inner = program.builder.object("Object", 56);
    program.builder.property(object, name, inner);
    if !has_shape {
        let table = program.builder.node(NodeKind::ARRAY, "(object properties)", 400);
        program.builder.edge(inner, EdgeKind::Internal, "properties", table);
        return (inner, table);
    }
    let shape = program.builder.node(NodeKind::OBJECT_SHAPE, "system / Map", 80);
    let names = program.builder.node(NodeKind::ARRAY, "system / DescriptorArray", 400);
    program.builder.edge(inner, EdgeKind::Internal, "map", shape);
    program.builder.edge(shape, EdgeKind::Internal, "descriptors", names);
    (inner, names)
}

fn add_key(program: &mut Program, (inner, keys): (NodeIndex, NodeIndex), text: &str) {
    let key = program.string(text, 24);
    let slot = 9 + 3 * program.builder.edge_count(keys);
    program.builder.edge(keys, EdgeKind::Internal, &slot.to_string(), key);
    let value = program.builder.object("Hits", 40);
    program.builder.property(inner, text, value);
}

/// So many dictionaries in an object, under keys that begin so, and `count` keys, handed out to them in turn.
fn dictionaries(parts: usize, outer: &str, count: u32, has_shape: bool) -> Program {
    let mut program = program();
    let hits = program.builder.object("Object", 56);
    variable(&mut program, "hits", hits);
    let all: Vec<(NodeIndex, NodeIndex)> =
        (0..parts).map(|part| dictionary(&mut program, hits, &format!("{outer}{part}"), has_shape)).collect();
    for at in 0..count {
        add_key(&mut program, all[at as usize % parts], &format!("10.0.0.{at}"));
    }
    program
}

#[test]
fn dictionaries_that_get_little_each_are_one_leak_together() {
    for (parts, has_shape) in [(20, false), (20, true), (3, false), (3, true)] {
        let summary = compare(|count| dictionaries(parts, "route", count, has_shape));
        let finding = only(&summary);
        let title =
            format!("160 entries in {parts} objects in object hits (dist/inbox.js:9:17), keys like a numbered name");
        assert!(finding.title.starts_with(&title), "{}", finding.title);
        assert_eq!(summary.verdict, Verdict::Leak);
        assert_eq!(finding.growth.as_ref().unwrap().per_round, Some(1.0));
    }
}

#[test]
fn without_rounds_a_few_dictionaries_are_of_one_kind_if_their_keys_are_data() {
    let told = |parts, outer: &str| {
        let make = |count| dictionaries(parts, outer, count, false).snapshot();
        titles(&summaries::compare(None, &make(OLD), &make(OLD + 100))).len()
    };
    assert_eq!([told(3, "/api/"), told(3, "2026-11-"), told(20, "route")], [1; 3]);
    assert_eq!(told(3, "route"), 0, "each may have a meaning of its own");
}

#[test]
fn a_few_dictionaries_of_which_one_grows_are_told_by_that() {
    let summary = compare(|count| {
        let mut program = program();
        let state = program.builder.object("Object", 56);
        variable(&mut program, "state", state);
        let names = ["byRoute", "byUser", "byAddress"];
        let [routes, users, addresses] = names.map(|name| dictionary(&mut program, state, name, false));
        for (keys, text) in [(routes, "/home"), (users, "ann")] {
            add_key(&mut program, keys, text);
        }
        (0..count).for_each(|at| add_key(&mut program, addresses, &format!("10.0.0.{at}")));
        program
    });
    assert!(only(&summary).title.starts_with("160 entries in object state.byAddress"), "{:?}", titles(&summary));
}

#[test]
fn records_that_get_a_field_each_are_no_dictionaries() {
    // Of one shape, with a field more: a cache in each record, say.
    let summary = compare(|count| {
        let mut program = program();
        let users = program.builder.object("Array", 32);
        variable(&mut program, "users", users);
        let shape = program.builder.node(NodeKind::OBJECT_SHAPE, "system / Map", 80);
        let names = program.builder.node(NodeKind::ARRAY, "system / DescriptorArray", 400);
        program.builder.edge(shape, EdgeKind::Internal, "descriptors", names);
        for (at, field) in ["id", "cache"].iter().enumerate() {
            let name = program.string(field, 24);
            program.builder.edge(names, EdgeKind::Internal, &at.to_string(), name);
        }
        let records: Vec<NodeIndex> = (0..100)
            .map(|_| {
                let record = program.builder.object("Object", 56);
                program.builder.edge(record, EdgeKind::Internal, "map", shape);
                program.push(users, record);
                record
            })
            .collect();
        for record in records.into_iter().take(count.saturating_sub(OLD) as usize) {
            let cache = program.builder.object("Object", 56);
            program.builder.property(record, "cache", cache);
        }
        program
    });
    assert_eq!(titles(&summary), Vec::<&str>::new());
}

#[test]
fn records_of_what_is_told_already_are_no_leak_of_their_own() {
    let summary = compare(|count| {
        let mut program = program();
        let table = inbox(&mut program);
        let bus = program.builder.object("EventEmitter", 56);
        program.builder.property(program.global, "bus", bus);
        let events = program.emitter(bus);
        let listeners = program.array(events, "price");
        let literal = program.function("listener", 20, 5);
        for at in 0..count {
            let listener = program.closure(literal, "listener", None);
            program.push(listeners, listener);
            let subscription = program.builder.object("Array", 32);
            program.push(subscription, listener);
            let key = program.string(&format!("subscription {at}"), 24);
            program.set(table, key, subscription);
        }
        program
    });
    assert_eq!(only(&summary).cause, "listeners", "{:?}", titles(&summary));
}
