//! Buffers that pile up, and one that grows, on drawn heaps: what is told, and what is healthy.

use crate::summaries::{OLD, ROUNDS, compare_counts, look, only};
use leakscan::cancel::CancelToken;
use leakscan::causes::{Evidence, Summary, SummaryOptions, Verdict, summarize};
use leakscan::snapshot::{EdgeKind, NodeIndex, NodeKind};
use leakscan::testing::program::Program;

const BYTES: u64 = 10_000;

fn variable(program: &mut Program, name: &str, value: NodeIndex) {
    let scope = program.scope(&[(name, value)]);
    let literal = program.function("receive", 10, 3);
    let closure = program.closure(literal, "receive", Some(scope));
    program.builder.property(program.global, "receive", closure);
}

/// A program with an array in the variable `uploads`.
fn uploads() -> (Program, NodeIndex) {
    let mut program = Program::new("/srv/shop/dist/uploads.js");
    let array = program.builder.object("Array", 32);
    variable(&mut program, "uploads", array);
    (program, array)
}

/// An ArrayBuffer of so many bytes.
fn memory(program: &mut Program, bytes: u64) -> NodeIndex {
    let buffer = program.builder.object("ArrayBuffer", 88);
    let native = program.builder.node(NodeKind::NATIVE, "system / JSArrayBufferData", bytes);
    program.builder.edge(buffer, EdgeKind::Internal, "backing_store", native);
    buffer
}

fn view(program: &mut Program, class: &str, buffer: NodeIndex) -> NodeIndex {
    let view = program.builder.object(class, 96);
    program.builder.edge(view, EdgeKind::Internal, "buffer", buffer);
    view
}

fn pile(count: u32, bytes: u64) -> Program {
    let (mut program, array) = uploads();
    for _ in 0..count {
        let buffer = memory(&mut program, bytes);
        let view = view(&mut program, "Buffer", buffer);
        program.push(array, view);
    }
    program
}

fn is_told(summary: &Summary) -> bool {
    summary.findings.iter().any(|finding| finding.cause == "external-memory")
}

#[test]
fn buffers_that_pile_up_are_told_with_their_bytes() {
    let summary = compare_counts(|count| pile(count, BYTES));
    let finding = only(&summary);
    assert_eq!((summary.verdict, finding.cause), (Verdict::Leak, "external-memory"));
    assert_eq!(finding.title, "160 Buffers in array uploads (dist/uploads.js:10:3) keep 1.6 MB outside of the heap");
    let growth = finding.growth.as_ref().unwrap();
    assert_eq!((finding.count, growth.count, growth.bytes, growth.per_round), (160, 100, 1_000_000, Some(1.0)));
    assert_eq!(finding.evidence["externalBytes"], Evidence::Number(1_600_000));
    assert_eq!(finding.evidence["heapBytes"], Evidence::Number(160 * (96 + 88)));
    assert_eq!(finding.retained_size, 1_600_000 + 160 * 184);
    assert!(finding.share > 0.5 && finding.share < 1.0);
}

#[test]
fn small_buffers_keep_their_slab_once() {
    let summary = compare_counts(|count| {
        let (mut program, array) = uploads();
        for _ in 0..count {
            let slab = memory(&mut program, BYTES);
            for _ in 0..2 {
                let view = view(&mut program, "Buffer", slab);
                program.push(array, view);
            }
        }
        program
    });
    let finding = only(&summary);
    assert_eq!(finding.title, "320 Buffers in array uploads (dist/uploads.js:10:3) keep 1.6 MB outside of the heap");
    assert_eq!(finding.growth.as_ref().unwrap().per_round, Some(2.0));
    assert_eq!(finding.evidence["memories"], Evidence::Number(160));
}

#[test]
fn array_buffers_without_a_view_count_as_well() {
    let summary = compare_counts(|count| {
        let (mut program, array) = uploads();
        for _ in 0..count {
            let buffer = memory(&mut program, BYTES);
            program.push(array, buffer);
        }
        program
    });
    assert!(only(&summary).title.starts_with("160 ArrayBuffers in array uploads"));
}

#[test]
fn a_slab_that_the_pool_holds_is_not_the_buffers() {
    let summary = compare_counts(|count| {
        let (mut program, array) = uploads();
        let slab = memory(&mut program, 1_000_000);
        program.builder.property(program.global, "pool", slab);
        for _ in 0..count {
            let view = view(&mut program, "Buffer", slab);
            program.push(array, view);
        }
        program
    });
    assert_eq!(only(&summary).cause, "unbounded-collection");
}

#[test]
fn buffers_inside_of_other_objects_are_told_with_those() {
    let summary = compare_counts(|count| {
        let (mut program, array) = uploads();
        for _ in 0..count {
            let buffer = memory(&mut program, BYTES);
            let view = view(&mut program, "Buffer", buffer);
            let upload = program.builder.object("Upload", 40);
            program.builder.property(upload, "bytes", view);
            program.push(array, upload);
        }
        program
    });
    let finding = only(&summary);
    assert_eq!(finding.cause, "unbounded-collection");
    assert_eq!(finding.evidence["externalBytes"], Evidence::Number(1_600_000));
}

#[test]
fn where_most_is_in_the_heap_it_is_another_leak() {
    let summary = compare_counts(|count| pile(count, 100));
    assert_eq!(only(&summary).cause, "unbounded-collection");
}

#[test]
fn buffers_that_turn_over_and_one_that_comes_once_do_not_grow() {
    let summary = compare_counts(|count| {
        let (mut program, array) = uploads();
        for at in 0..count {
            let buffer = memory(&mut program, BYTES);
            let view = view(&mut program, "Buffer", buffer);
            if at + OLD >= count {
                program.push(array, view);
            }
        }
        if count > OLD {
            let buffer = memory(&mut program, 5_000_000);
            let table = view(&mut program, "Float64Array", buffer);
            program.builder.property(program.global, "table", table);
        }
        program
    });
    assert_eq!((summary.verdict, summary.findings.len()), (Verdict::Clean, 0));
}

/// The variable `received` with a Buffer of so many bytes, which is another object later.
fn received(is_later: bool, bytes: u64) -> Program {
    let mut program = Program::new("/srv/shop/dist/uploads.js");
    let first = memory(&mut program, bytes);
    let first = view(&mut program, "Buffer", first);
    let holder = program.global_object("receiver", "Receiver");
    if is_later {
        let second = memory(&mut program, bytes);
        let second = view(&mut program, "Buffer", second);
        program.builder.property(holder, "received", second);
    } else {
        program.builder.property(holder, "received", first);
    }
    program
}

#[test]
fn one_buffer_that_is_longer_than_before_is_a_suspicion_unless_in_step() {
    let options = SummaryOptions { rounds: Some(ROUNDS), ..SummaryOptions::default() };
    let compare = |before, after| {
        let (before, after) = (received(false, before).snapshot(), received(true, after).snapshot());
        summarize(Some(&before), &after, &options, &CancelToken::new()).unwrap()
    };
    let summary = compare(100_000, 1_600_001);
    let finding = only(&summary);
    assert_eq!((summary.verdict, finding.cause), (Verdict::Suspicious, "external-memory"));
    assert_eq!(finding.title, "Buffer Receiver.received has 1.6 MB outside of the heap, 1.5 MB more than before");
    assert_eq!(compare(100_000, 2_000_000).verdict, Verdict::Leak, "19,000 bytes a round");
    assert!(!is_told(&compare(500_000, 2_000_000)), "room that doubles");
    assert!(!is_told(&compare(1_600_001, 2_000_000)), "under 1 MB");
    assert_eq!(compare(1_600_000, 2_000_000).verdict, Verdict::Leak, "5,000 bytes a round");
    assert!(!is_told(&compare(1_992_000, 2_000_000)), "100 bytes a round are noise");
    assert!(!is_told(&compare(2_000_000, 100_000)));
}

#[test]
fn in_one_snapshot_many_large_buffers_are_a_suspicion() {
    let summary = look(&pile(1_000, BYTES).snapshot());
    let finding = only(&summary);
    assert_eq!((summary.verdict, finding.cause), (Verdict::Suspicious, "external-memory"));
    assert!(finding.title.starts_with("1,000 Buffers in array uploads"));
    assert!(finding.advice.contains("process.memoryUsage()"));
    assert!(!is_told(&look(&pile(1_000, 7_000).snapshot())), "under 8 MB");
    assert!(!is_told(&look(&pile(50, 1_000_000).snapshot())), "few");
}
