//! Texts that are decoded again and again, on drawn heaps.

use leakscan::analysis::disclosure::StringContents;
use leakscan::cancel::CancelToken;
use leakscan::causes::{Evidence, Finding, Summary, SummaryOptions, Verdict, summarize};
use leakscan::snapshot::{EdgeKind, NodeIndex, NodeKind};
use leakscan::testing::program::Program;

const ROUNDS: u32 = 100;

/// A hundred rooms, each with an array of tags: `count` strings of 1 kB in all, of `texts` texts.
fn rooms(count: u32, texts: u32) -> Program {
    rooms_of(count, |at| format!("a secret tag, number {}", at % texts))
}

fn rooms_of(count: u32, text: impl Fn(u32) -> String) -> Program {
    let mut program = Program::new("/srv/shop/dist/rooms.js");
    let list = program.builder.object("Array", 32);
    let scope = program.scope(&[("rooms", list)]);
    let literal = program.function("decode", 10, 3);
    let closure = program.closure(literal, "decode", Some(scope));
    program.builder.property(program.global, "decode", closure);
    let tags: Vec<NodeIndex> = (0..100)
        .map(|_| {
            let room = program.builder.object("Room", 40);
            program.push(list, room);
            program.array(room, "tags")
        })
        .collect();
    for at in 0..count {
        let tag = program.string(&text(at), 1_000);
        program.push(tags[at as usize % tags.len()], tag);
    }
    program
}

fn look_with(program: &Program, strings: StringContents) -> Summary {
    let options = SummaryOptions { strings, ..SummaryOptions::default() };
    summarize(None, &program.snapshot(), &options, &CancelToken::new()).unwrap()
}

fn look(program: &Program) -> Summary {
    look_with(program, StringContents::None)
}

fn told(summary: &Summary) -> Option<&Finding> {
    summary.findings.iter().find(|finding| finding.cause == "duplicate-strings")
}

#[test]
fn copies_that_waste_much_are_told_with_who_holds_them() {
    let summary = look(&rooms(5_000, 3));
    let finding = told(&summary).unwrap();
    assert_eq!(summary.verdict, Verdict::Suspicious);
    assert_eq!(
        finding.title,
        "5,000 strings in array rooms (dist/rooms.js:10:3) are copies of 3 texts: 5.0 MB of 5.0 MB wasted"
    );
    assert_eq!((finding.count, finding.retained_size), (5_000, 5_000_000));
    assert_eq!(finding.evidence["wastedBytes"], Evidence::Number(4_997_000));
    assert!(finding.growth.is_none());
    assert!(!serde_json::to_string(&summary).unwrap().contains("secret"));
    let summary = look_with(&rooms(5_000, 3), StringContents::Preview);
    assert_eq!(told(&summary).unwrap().evidence["mostCopied"], Evidence::Text("\"a secret tag, number 0\"".to_owned()));
}

#[test]
fn few_copies_small_ones_and_different_texts_are_healthy() {
    assert!(told(&look(&rooms(5_000, 5_000))).is_none(), "different texts");
    assert!(told(&look(&rooms(5_000, 600))).is_none(), "under ten of a text");
    assert!(told(&look(&rooms(1_900, 3))).is_none(), "under 2 MB");
    let mut large = rooms(5_000, 3);
    let table = large.global_object("table", "Table");
    large.builder.size(table, 60_000_000);
    assert!(told(&look(&large)).is_none(), "under a tenth of the heap");
}

#[test]
fn of_long_texts_only_the_beginning_is_known() {
    let long = |at: u32| format!("{}{}", "x".repeat(1_024), at % 3);
    // V8 cuts them; the builder does not.
    let cut = rooms_of(5_000, |at| long(at)[..1_024].to_owned());
    let summary = look(&cut);
    let finding = told(&summary).unwrap();
    assert!(finding.confidence < 0.5);
    assert!(finding.evidence.contains_key("compared"));
}

#[test]
fn long_texts_of_other_lengths_or_hashes_are_no_copies() {
    let of_different_hashes = |different: bool| {
        let mut program = rooms_of(5_000, |_| "x".repeat(1_024));
        let node = |at: usize| NodeIndex(at as u32);
        let strings: Vec<NodeIndex> = (0..program.builder.node_count())
            .map(node)
            .filter(|&node| program.builder.name_of(node).starts_with("xxx"))
            .collect();
        let yes = program.string("true", 0);
        let truncated = program.builder.node(NodeKind::NUMBER, "bool", 0);
        program.builder.edge(truncated, EdgeKind::Internal, "value", yes);
        for (at, string) in strings.into_iter().enumerate() {
            let hash = program.string(&(if different { at } else { 7 }).to_string(), 0);
            let number = program.builder.node(NodeKind::NUMBER, "int", 0);
            program.builder.edge(number, EdgeKind::Internal, "value", hash);
            program.builder.edge(string, EdgeKind::Internal, "truncated", truncated);
            program.builder.edge(string, EdgeKind::Internal, "hash", number);
        }
        program
    };
    assert!(told(&look(&of_different_hashes(true))).is_none());
    assert!(told(&look(&of_different_hashes(false))).is_some_and(|finding| !finding.evidence.contains_key("compared")));
}

#[test]
fn copies_that_gather_in_what_does_not_grow_itself_are_told() {
    let options = SummaryOptions { rounds: Some(ROUNDS), unit: "request".to_owned(), ..SummaryOptions::default() };
    let compare = |before: Program, after: Program| {
        summarize(Some(&before.snapshot()), &after.snapshot(), &options, &CancelToken::new()).unwrap()
    };
    // 500 more, five in each room: too few for any of these to be told.
    let rooms = |count| {
        let mut program = Program::new("/srv/shop/dist/rooms.js");
        let list = program.global_object("rooms", "Array");
        let rooms: Vec<NodeIndex> = (0..100).map(|_| program.builder.object("Room", 40)).collect();
        rooms.iter().for_each(|&room| program.push(list, room));
        for at in 0..count {
            let tag = program.string(&format!("a secret tag, number {}", at % 3), 1_000);
            program.builder.property(rooms[at as usize % rooms.len()], &format!("tag{}", at / 100), tag);
        }
        program
    };
    let summary = compare(rooms(60), rooms(60 + 5 * ROUNDS));
    let finding = told(&summary).unwrap();
    let growth = finding.growth.as_ref().unwrap();
    assert_eq!((growth.count, growth.bytes, growth.per_round), (500, 500_000, Some(5.0)));
    assert_eq!(summary.findings.len(), 1);
    assert!(told(&compare(rooms(60), rooms(60))).is_none());
}

#[test]
fn copies_in_a_collection_that_grows_are_evidence() {
    let cache = |count: u32| {
        let mut program = Program::new("/srv/shop/dist/rooms.js");
        let list = program.global_object("list", "Array");
        for _ in 0..count {
            let record = program.builder.object("Record", 40);
            let state = program.string("waiting", 1_000);
            program.builder.property(record, "state", state);
            program.push(list, record);
        }
        program
    };
    let options = SummaryOptions { rounds: Some(ROUNDS), ..SummaryOptions::default() };
    let summary =
        summarize(Some(&cache(60).snapshot()), &cache(160).snapshot(), &options, &CancelToken::new()).unwrap();
    assert_eq!(summary.findings.len(), 1);
    let finding = &summary.findings[0];
    assert_eq!(finding.cause, "unbounded-collection");
    assert_eq!(finding.evidence["duplicateStrings"], Evidence::Number(160));
    assert_eq!(finding.evidence["differentTexts"], Evidence::Number(1));
    assert_eq!(finding.evidence["wastedBytes"], Evidence::Number(159_000));
}
