//! Slices that keep long strings, and strings that only grow, on drawn heaps: what is told, and what is healthy.

use crate::summaries::{OLD, compare_counts, look, only};
use leakscan::cancel::CancelToken;
use leakscan::causes::{Evidence, Summary, SummaryOptions, Verdict, summarize};
use leakscan::snapshot::{EdgeKind, NodeIndex, NodeKind};
use leakscan::testing::program::Program;

fn program() -> Program {
    Program::new("/srv/shop/dist/names.js")
}

/// A variable that one function sees; gives the scope.
fn variable(program: &mut Program, name: &str, value: NodeIndex) -> NodeIndex {
    let scope = program.scope(&[(name, value)]);
    let literal = program.function("remember", 10, 3);
    let closure = program.closure(literal, "remember", Some(scope));
    program.builder.property(program.global, "remember", closure);
    scope
}

/// An array in the variable `names`.
fn names(program: &mut Program) -> NodeIndex {
    let array = program.builder.object("Array", 32);
    variable(program, "names", array);
    array
}

fn slice(program: &mut Program, parent: NodeIndex) -> NodeIndex {
    let slice = program.builder.node(NodeKind::SLICED_STRING, "(sliced string)", 32);
    program.builder.edge(slice, EdgeKind::Internal, "parent", parent);
    slice
}

/// `count` slices in an array, of a body of `size` bytes each.
fn slices(count: u32, size: u64) -> Program {
    let mut program = program();
    let array = names(&mut program);
    for _ in 0..count {
        let body = program.string("body with a secret", size);
        let slice = slice(&mut program, body);
        program.push(array, slice);
    }
    program
}

/// Whether slices, or a string that grows, are told.
fn is_told(summary: &Summary) -> bool {
    summary.findings.iter().any(|finding| finding.cause == "sliced-strings")
}

#[test]
fn slices_are_told_with_the_strings_that_they_keep() {
    let summary = compare_counts(|count| slices(count, 8_000));
    let finding = only(&summary);
    assert_eq!((summary.verdict, finding.cause), (Verdict::Leak, "sliced-strings"));
    assert_eq!(finding.title, "160 pieces in array names (dist/names.js:10:3) keep 160 whole strings of 1.3 MB");
    let growth = finding.growth.as_ref().unwrap();
    assert_eq!((finding.count, growth.count, growth.bytes, growth.per_round), (160, 100, 800_000, Some(1.0)));
    assert_eq!((finding.shallow_size, finding.retained_size), (160 * 32, 160 * 8_032));
    assert!(finding.confidence > 0.9);
    assert_eq!(finding.holds[0].retained_size, 8_032);
    assert_eq!(finding.evidence["bytesOfParents"], Evidence::Number(1_280_000));
    assert!(finding.advice.contains("structuredClone(piece)") && finding.advice.contains("Every request"));
    assert!(!serde_json::to_string(&summary).unwrap().contains("secret"));
}

#[test]
fn slices_of_one_string_keep_it_once() {
    let summary = compare_counts(|count| {
        let mut program = program();
        let array = names(&mut program);
        for _ in 0..count {
            let body = program.string("body", 9_000);
            for _ in 0..3 {
                let slice = slice(&mut program, body);
                program.push(array, slice);
            }
        }
        program
    });
    let finding = only(&summary);
    assert_eq!(finding.title, "480 pieces in array names (dist/names.js:10:3) keep 160 whole strings of 1.4 MB");
    let growth = finding.growth.as_ref().unwrap();
    assert_eq!((growth.count, growth.bytes, growth.per_round), (300, 900_000, Some(3.0)));
}

#[test]
fn slices_in_records_are_the_collections_that_keeps_the_records() {
    let summary = compare_counts(|count| {
        let mut program = program();
        let array = names(&mut program);
        for _ in 0..count {
            let body = program.string("body", 8_000);
            let slice = slice(&mut program, body);
            let record = program.builder.object("Record", 40);
            program.builder.property(record, "name", slice);
            program.push(array, record);
        }
        program
    });
    let finding = only(&summary);
    assert_eq!(finding.title, "160 pieces in array names (dist/names.js:10:3) keep 160 whole strings of 1.3 MB");
    assert_eq!(finding.holds[0].path.len(), 3, "element, name, parent");
}

#[test]
fn an_array_that_is_made_anew_every_time_is_the_same_variable() {
    let summary = compare_counts(|count| {
        let mut program = program();
        let first = program.builder.object("Array", 32);
        let scope = variable(&mut program, "names", first);
        let slices: Vec<NodeIndex> = (0..count)
            .map(|_| {
                let body = program.string("body", 8_000);
                slice(&mut program, body)
            })
            .collect();
        if count > OLD {
            let array = program.builder.object("Array", 32);
            program.builder.pop_edge(scope).edge(scope, EdgeKind::Context, "names", array);
            slices.iter().for_each(|&slice| program.push(array, slice));
        } else {
            slices.iter().for_each(|&slice| program.push(first, slice));
        }
        program
    });
    let finding = only(&summary);
    assert_eq!(finding.title, "160 pieces in array names (dist/names.js:10:3) keep 160 whole strings of 1.3 MB");
    assert_eq!(finding.growth.as_ref().unwrap().count, 100);
}

#[test]
fn a_string_that_something_else_keeps_is_not_the_slices() {
    let summary = compare_counts(|count| {
        let mut program = program();
        let array = names(&mut program);
        let bodies = program.global_object("bodies", "Array");
        for _ in 0..count {
            let body = program.string("body", 8_000);
            let slice = slice(&mut program, body);
            program.push(array, slice);
            program.push(bodies, body);
        }
        program
    });
    assert!(!is_told(&summary) && !summary.findings.is_empty());
}

#[test]
fn what_a_regular_expression_matched_last_is_not_kept_by_that() {
    let summary = compare_counts(|count| {
        let mut program = slices(count, 8_000);
        let context = program.global_object("context", "system / NativeContext");
        let info = program.builder.node(NodeKind::HIDDEN, "system / RegExpMatchInfo", 104);
        let node = |at: usize| NodeIndex(at as u32);
        let mut bodies = (0..program.builder.node_count()).map(node);
        let last = bodies.rfind(|&node| program.builder.name_of(node) == "body with a secret").unwrap();
        program.builder.edge(context, EdgeKind::Internal, "regexp_last_match_info", info);
        program.builder.edge(info, EdgeKind::Hidden, "0", last);
        program
    });
    assert_eq!(only(&summary).count, 160);
}

#[test]
fn strings_that_are_hardly_longer_are_another_matter() {
    let summary = compare_counts(|count| slices(count, 200));
    assert!(!is_told(&summary) && !summary.findings.is_empty());
    // Many slices that are all of one text: the lines of a file.
    let summary = compare_counts(|count| {
        let mut program = program();
        let array = names(&mut program);
        for _ in 0..count {
            let text = program.string("text", 1_000);
            for _ in 0..10 {
                let line = slice(&mut program, text);
                program.push(array, line);
            }
        }
        program
    });
    assert!(!is_told(&summary) && !summary.findings.is_empty());
}

#[test]
fn where_most_of_the_growth_is_something_else_slices_are_not_told() {
    let summary = compare_counts(|count| {
        let mut program = program();
        let array = names(&mut program);
        for _ in 0..count {
            let body = program.string("body", 1_000);
            let slice = slice(&mut program, body);
            let record = program.builder.object("Record", 20_000);
            program.builder.property(record, "name", slice);
            program.push(array, record);
        }
        program
    });
    assert_eq!(only(&summary).cause, "unbounded-collection");
}

#[test]
fn slices_that_turn_over_do_not_grow() {
    let summary = compare_counts(|count| {
        let mut program = program();
        let array = names(&mut program);
        for at in 0..count {
            let body = program.string("body", 8_000);
            let slice = slice(&mut program, body);
            if at + OLD >= count {
                program.push(array, slice);
            }
        }
        program
    });
    assert_eq!((summary.verdict, summary.findings.len()), (Verdict::Clean, 0));
}

#[test]
fn in_one_snapshot_slices_that_keep_much_are_a_suspicion() {
    let summary = look(&slices(400, 8_000).snapshot());
    let finding = only(&summary);
    assert_eq!((summary.verdict, finding.cause, finding.count), (Verdict::Suspicious, "sliced-strings", 400));
    assert!(finding.growth.is_none() && finding.confidence < 0.7);
    assert!(!is_told(&look(&slices(400, 4_000).snapshot())), "under 2 MB");
    assert!(!is_told(&look(&slices(50, 80_000).snapshot())), "few");
    let mut large = slices(400, 8_000);
    large.global_object("table", "Table");
    let table = NodeIndex(large.builder.node_count() as u32 - 1);
    large.builder.size(table, 40_000_000);
    assert!(!is_told(&look(&large.snapshot())), "under a tenth of the heap");
}

/// A text in the variable `log` to which `count` lines were added.
fn rope(count: u32, line_size: u64) -> Program {
    let mut program = program();
    let mut text = program.string("begin", 24);
    let scope = variable(&mut program, "log", text);
    for number in 0..count {
        let line = program.string(&format!("line {number}"), line_size);
        let joined = program.builder.node(NodeKind::CONCATENATED_STRING, "(concatenated string)", 32);
        program.builder.edge(joined, EdgeKind::Internal, "first", text).edge(
            joined,
            EdgeKind::Internal,
            "second",
            line,
        );
        text = joined;
    }
    program.builder.pop_edge(scope).edge(scope, EdgeKind::Context, "log", text);
    program
}

#[test]
fn a_string_that_is_added_to_for_ever_is_told() {
    let summary = compare_counts(|count| rope(count, 68));
    let finding = only(&summary);
    assert_eq!((summary.verdict, finding.cause), (Verdict::Leak, "sliced-strings"));
    assert_eq!(finding.title, "a growing string log (dist/names.js:10:3) of 16.0 kB, of 160 pieces");
    let growth = finding.growth.as_ref().unwrap();
    assert_eq!((finding.count, growth.count, growth.bytes, growth.per_round), (160, 100, 10_000, Some(1.0)));
    assert!(finding.advice.starts_with("Every request adds to string log"));
}

#[test]
fn a_string_that_is_as_long_as_before_does_not_grow() {
    let summary = compare_counts(|count| {
        let mut program = rope(count, 68);
        let scope = NodeIndex(
            (0..program.builder.node_count())
                .find(|&at| program.builder.name_of(NodeIndex(at as u32)) == "system / Context")
                .unwrap() as u32,
        );
        let short = program.string("the last lines", 4_000);
        program.builder.pop_edge(scope).edge(scope, EdgeKind::Context, "log", short);
        program
    });
    assert_eq!((summary.verdict, summary.findings.len()), (Verdict::Clean, 0));
}

/// The field `Page.html`, a flat text of so many bytes that begins like this.
fn page(is_later: bool, beginning: &str, size: u64) -> Program {
    let mut program = program();
    let page = program.global_object("page", "Page");
    let first = program.string(beginning, size);
    if is_later {
        let second = program.string(beginning, size);
        program.builder.property(page, "html", second);
    } else {
        program.builder.property(page, "html", first);
    }
    program
}

#[test]
fn a_text_that_goes_on_from_the_same_beginning_grows() {
    let options = SummaryOptions::default();
    let compare = |before: Program, after: Program| {
        summarize(Some(&before.snapshot()), &after.snapshot(), &options, &CancelToken::new()).unwrap()
    };
    let same = "<html>".repeat(200);
    let summary = compare(page(false, &same, 10_000), page(true, &same, 900_000));
    let finding = only(&summary);
    assert_eq!((finding.cause, summary.verdict), ("sliced-strings", Verdict::Leak));
    assert_eq!(finding.title, "a growing string Page.html of 900 kB");
    assert_eq!(finding.growth.as_ref().unwrap().per_round, None);
    let other = "<body>".repeat(200);
    assert!(!is_told(&compare(page(false, &same, 10_000), page(true, &other, 900_000))), "another text");
    assert!(!is_told(&compare(page(false, "<html>", 10_000), page(true, "<html>", 900_000))), "nobody knows");
    assert!(!is_told(&compare(page(false, &same, 890_000), page(true, &same, 900_000))), "hardly longer");
}

#[test]
fn in_one_snapshot_a_text_of_many_pieces_is_a_suspicion() {
    let summary = look(&rope(2_000, 2_000).snapshot());
    let finding = only(&summary);
    assert_eq!(finding.title, "one string log (dist/names.js:10:3) of 4.1 MB, of 2,000 pieces");
    assert_eq!(summary.verdict, Verdict::Suspicious);
    assert!(!is_told(&look(&rope(2_000, 500).snapshot())), "under 2 MB");
    assert!(!is_told(&look(&rope(900, 4_000).snapshot())), "few pieces");
}
