//! The cause `stream-backlog`, on drawn heaps: what waits where, what of it is a leak, and what streams hold back in health.

use crate::summaries::{look, only};
use leakscan::cancel::CancelToken;
use leakscan::causes::{Evidence, Summary, SummaryOptions, Verdict, summarize};
use leakscan::graph::Snapshot;
use leakscan::snapshot::{EdgeKind, NodeIndex, NodeKind};
use leakscan::testing::program::Program;

const URL: &str = "/srv/app/dist/log.js";
const OLD: u32 = 20;
const ROUNDS: u32 = 40;

fn summary(before: &Snapshot, after: &Snapshot, rounds: Option<u32>) -> Summary {
    let options = SummaryOptions { rounds, unit: "request".to_owned(), ..SummaryOptions::default() };
    summarize(Some(before), after, &options, &CancelToken::new()).unwrap()
}

/// What is told if `make` draws 20 entries, and then 60.
fn grow(make: impl Fn(&mut Program, u32)) -> Summary {
    summary(&heap(OLD, &make), &heap(OLD + ROUNDS, &make), Some(ROUNDS))
}

fn heap(count: u32, make: impl Fn(&mut Program, u32)) -> Snapshot {
    let mut program = Program::new(URL);
    make(&mut program, count);
    program.snapshot()
}

fn titles(summary: &Summary) -> Vec<&str> {
    summary.findings.iter().filter(|it| it.cause == "stream-backlog").map(|it| it.title.as_str()).collect()
}

/// An object that the variable `name` of a function holds.
fn variable(program: &mut Program, name: &str, class: &str) -> NodeIndex {
    let object = program.builder.object(class, 100);
    let scope = program.scope(&[(name, object)]);
    let literal = program.function("log", 14, 5);
    let closure = program.closure(literal, "log", Some(scope));
    program.builder.property(program.global, "log", closure);
    object
}

fn inside(program: &mut Program, holder: NodeIndex, name: &str, class: &str) -> NodeIndex {
    let object = program.builder.object(class, 100);
    program.builder.property(holder, name, object);
    object
}

/// A Buffer with memory of its own.
fn buffer(program: &mut Program, size: u64) -> NodeIndex {
    let memory = memory(program, size);
    view(program, memory)
}

fn memory(program: &mut Program, size: u64) -> NodeIndex {
    let memory = program.builder.object("ArrayBuffer", 88);
    let store = program.builder.node(NodeKind::NATIVE, "system / JSArrayBufferData", size);
    program.builder.edge(memory, EdgeKind::Internal, "backing_store", store);
    memory
}

fn view(program: &mut Program, memory: NodeIndex) -> NodeIndex {
    let view = program.builder.object("Buffer", 96);
    program.builder.edge(view, EdgeKind::Internal, "buffer", memory);
    view
}

/// A chunk to write, as Node's streams keep it.
fn entry(program: &mut Program, chunk: NodeIndex) -> NodeIndex {
    let entry = program.builder.object("Object", 48);
    program.builder.property(entry, "chunk", chunk);
    entry
}

/// A Writable with so many chunks of so many bytes.
fn writable(program: &mut Program, count: u32, size: u64) {
    let stream = variable(program, "sink", "Writable");
    let state = inside(program, stream, "_writableState", "WritableState");
    let buffered = inside(program, state, "<symbol kBufferedValue>", "Array");
    for _ in 0..count {
        let chunk = buffer(program, size);
        let entry = entry(program, chunk);
        program.push(buffered, entry);
    }
}

/// Entries of a chain, each with `field`.
fn chain(program: &mut Program, holder: NodeIndex, first: &str, field: &str, count: u32) {
    let (mut last, mut name) = (holder, first);
    for _ in 0..count {
        let entry = inside(program, last, name, "Object");
        let value = inside(program, entry, field, "Job");
        program.builder.size(value, 3000);
        (last, name) = (entry, "next");
    }
}

#[test]
fn chunks_that_pile_up_in_a_writable_are_a_leak() {
    let summary = grow(|program, count| writable(program, count, 3000));
    assert_eq!(summary.verdict, Verdict::Leak);
    let finding = only(&summary);
    assert_eq!(finding.title, "60 chunks, 194 kB, wait to be written by Writable sink (dist/log.js:14:5)");
    let growth = finding.growth.as_ref().unwrap();
    assert_eq!((finding.count, growth.count, growth.per_round), (60, 40, Some(1.0)));
    assert_eq!(growth.bytes, 40 * (48 + 96 + 88 + 3000));
    assert_eq!(finding.confidence, 0.98);
    assert_eq!(finding.evidence["externalBytes"], Evidence::Number(60 * 3000));
    assert_eq!(finding.path.last().unwrap().node.id, finding.owner.id);
}

#[test]
fn what_a_stream_holds_back_in_health_is_no_backlog() {
    // Bytes, up to 64 KiB; objects, up to 16.
    assert_eq!(titles(&grow(|program, count| writable(program, count, 1092))).len(), 0);
    assert_eq!(titles(&grow(|program, count| writable(program, count, 1093))).len(), 1);
    let objects = |now: u32| {
        let make = |program: &mut Program, count: u32| {
            let stream = variable(program, "feed", "Readable");
            let state = inside(program, stream, "_readableState", "ReadableState");
            let waiting = inside(program, state, "buffer", "Array");
            for _ in 0..count {
                let chunk = program.builder.object("Row", 3000);
                program.push(waiting, chunk);
            }
        };
        titles(&summary(&heap(0, make), &heap(now, make), Some(now))).len()
    };
    assert_eq!((objects(16), objects(17)), (0, 1));
    // The program's own mark, where the snapshot has numbers.
    let marked = |mark: &str| {
        let mark = mark.to_owned();
        titles(&grow(move |program, count| {
            let stream = variable(program, "feed", "Readable");
            let state = inside(program, stream, "_readableState", "ReadableState");
            let number = program.builder.node(NodeKind::NUMBER, "number", 0);
            let value = program.builder.node(NodeKind::STRING, &mark, 0);
            program.builder.property(state, "highWaterMark", number).edge(number, EdgeKind::Internal, "value", value);
            let waiting = inside(program, state, "buffer", "Array");
            for _ in 0..count {
                let chunk = program.builder.object("Row", 3000);
                program.push(waiting, chunk);
            }
        }))
        .len()
    };
    assert_eq!((marked("60"), marked("59")), (0, 1));
}

#[test]
fn buffers_of_a_pool_count_for_their_part_of_it() {
    // Five hundred small ones of one pool are 4096 bytes each at most, and no more than the pool.
    let pooled = |views: u32| {
        titles(&grow(move |program, count| {
            let stream = variable(program, "sink", "Writable");
            let state = inside(program, stream, "_writableState", "WritableState");
            let buffered = inside(program, state, "<symbol kBufferedValue>", "Array");
            let mut pool = memory(program, 8192);
            for at in 0..count {
                if at % views == 0 {
                    pool = memory(program, 8192);
                }
                let chunk = view(program, pool);
                let entry = entry(program, chunk);
                program.push(buffered, entry);
            }
        }))
        .len()
    };
    assert_eq!((pooled(2), pooled(20)), (1, 0));
}

#[test]
fn as_long_as_before_is_no_leak() {
    let queue = |count| heap(count, |program, count| writable(program, count, 3000));
    for (before, after, findings) in [(60, 60, 0), (60, 30, 0), (1000, 1040, 0), (40, 80, 1)] {
        let found = summary(&queue(before), &queue(after), Some(ROUNDS));
        assert_eq!(titles(&found).len(), findings, "{before} -> {after}");
    }
}

/// Chunks that came and went: `gone` of the 20 of the older snapshot, and so many came.
fn turnover(gone: usize, came: u32, rounds: Option<u32>, size: u64) -> Summary {
    let snapshot = |is_after: bool| {
        let mut program = Program::new(URL);
        let stream = variable(&mut program, "sink", "Writable");
        let state = inside(&mut program, stream, "_writableState", "WritableState");
        let buffered = inside(&mut program, state, "<symbol kBufferedValue>", "Array");
        let old: Vec<NodeIndex> = (0..OLD)
            .map(|_| {
                let chunk = buffer(&mut program, size);
                entry(&mut program, chunk)
            })
            .collect();
        for &entry in &old[if is_after { gone } else { 0 }..] {
            program.push(buffered, entry);
        }
        for _ in 0..if is_after { came } else { 0 } {
            let chunk = buffer(&mut program, size);
            let entry = entry(&mut program, chunk);
            program.push(buffered, entry);
        }
        program.snapshot()
    };
    summary(&snapshot(false), &snapshot(true), rounds)
}

#[test]
fn how_sure_it_is_depends_on_pace_and_on_what_leaves() {
    let confidence = |gone, came, rounds| only(&turnover(gone, came, rounds, 4000)).confidence;
    assert_eq!(confidence(0, 40, Some(40)), 0.98, "in step");
    assert_eq!(confidence(20, 60, Some(40)), 0.98, "faster than it is written");
    assert_eq!(confidence(0, 40, Some(39)), 0.8, "nothing leaves");
    assert_eq!(confidence(20, 50, Some(39)), 0.7, "twice as long");
    assert_eq!(confidence(20, 35, Some(39)), 0.5, "a little longer");
    assert_eq!(confidence(0, 40, None), 0.8);
    // Of few bytes, out of step: noise.
    assert_eq!(titles(&turnover(20, 60, None, 400)).len(), 0);
}

#[test]
fn a_stream_that_was_not_there_is_only_suspicious() {
    let before = heap(0, |_, _| {});
    let after = heap(ROUNDS, |program, count| writable(program, count, 3000));
    assert_eq!(summary(&before, &after, Some(ROUNDS)).verdict, Verdict::Suspicious);
}

#[test]
fn streams_of_all_ages_are_read() {
    let node = |way: &'static str, class: &'static str| {
        grow(move |program, count| {
            let stream = variable(program, "stream", "Duplex");
            let name = if class == "WritableState" { "_writableState" } else { "_readableState" };
            let state = inside(program, stream, name, class);
            match way {
                "bufferedRequest" => chain(program, state, way, "chunk", count),
                "buffer" => {
                    let list = inside(program, state, way, "BufferList");
                    chain(program, list, "head", "data", count);
                }
                _ => {
                    let buffered = inside(program, state, way, "Array");
                    for _ in 0..count {
                        let chunk = program.builder.object("Job", 3000);
                        let entry = entry(program, chunk);
                        program.push(buffered, entry);
                    }
                }
            }
        })
    };
    for (way, class, state) in [
        ("buffered", "WritableState", "written by"),
        ("bufferedRequest", "WritableState", "written by"),
        ("buffer", "ReadableState", "read from"),
    ] {
        let summary = node(way, class);
        let [title] = titles(&summary)[..] else { panic!("{way}: {:?}", titles(&summary)) };
        assert!(title.starts_with("60 chunks, ") && title.contains(state), "{title}");
    }
}

#[test]
fn what_waits_in_a_transform_waits_to_be_read() {
    let transform = |unread: u32, is_transform: bool| {
        grow(move |program, count| {
            let stream = variable(program, "tee", "PassThrough");
            if is_transform {
                let null = program.builder.node(NodeKind::HIDDEN, "null", 0);
                program.builder.property(stream, "<symbol kCallback>", null);
            }
            let readable = inside(program, stream, "_readableState", "ReadableState");
            let waiting = inside(program, readable, "buffer", "Array");
            let writable = inside(program, stream, "_writableState", "WritableState");
            let buffered = inside(program, writable, "<symbol kBufferedValue>", "Array");
            for at in 0..count {
                let chunk = program.builder.object("Row", 3000);
                if at < unread {
                    program.push(waiting, chunk);
                } else {
                    let entry = entry(program, chunk);
                    program.push(buffered, entry);
                }
            }
        })
    };
    let title = |unread, is_transform| titles(&transform(unread, is_transform)).join("; ");
    let place = "PassThrough tee (dist/log.js:14:5)";
    assert_eq!(title(16, true), format!("60 chunks, 182 kB, wait to be read from {place}"));
    assert_eq!(title(0, true), format!("60 chunks, 183 kB, wait to be written by {place}"));
    assert_eq!(title(16, false), format!("44 chunks, 134 kB, wait to be written by {place}"));
}

#[test]
fn frames_of_chunked_encoding_are_no_chunks() {
    let summary = grow(|program, count| {
        let message = variable(program, "upload", "ClientRequest");
        let waiting = inside(program, message, "outputData", "Array");
        let line_end = program.builder.object("Buffer", 96);
        for _ in 0..count {
            let size = program.string("bb8", 24);
            let body = program.string("BODY with a secret", 3000);
            for data in [size, line_end, body, line_end] {
                let entry = program.builder.object("Object", 48);
                program.builder.property(entry, "data", data);
                program.push(waiting, entry);
            }
        }
    });
    assert_eq!(only(&summary).count, 60);
    assert!(!serde_json::to_string(&summary).unwrap().contains("secret"));
}

#[test]
fn web_streams_of_both_ages_are_read() {
    let stream = |is_new: bool, class: &'static str| {
        grow(move |program, count| {
            let stream = variable(program, "stream", "ReadableStream");
            let state = inside(program, stream, "<symbol kState>", "Object");
            let controller = inside(program, state, "controller", class);
            let of_controller = inside(program, controller, "<symbol kState>", "Object");
            program.builder.property(of_controller, "stream", stream);
            let requests = inside(program, state, "writeRequests", "Array");
            let queue = match is_new {
                true => {
                    let queue = inside(program, of_controller, "queue", "Queue");
                    inside(program, queue, "list", "Array")
                }
                false => inside(program, of_controller, "queue", "Array"),
            };
            for at in 0..count {
                let chunk = program.builder.object("Row", 3000);
                let request = program.builder.object("Promise", 200);
                program.push(requests, request);
                if is_new {
                    let size = program.builder.node(NodeKind::NUMBER, "heap number", 16);
                    program.builder.element(queue, 2 * at, chunk).element(queue, 2 * at + 1, size);
                } else {
                    let entry = program.builder.object("Object", 40);
                    program.builder.property(entry, "value", chunk);
                    program.push(queue, entry);
                }
            }
        })
    };
    for is_new in [false, true] {
        let read = stream(is_new, "ReadableStreamDefaultController");
        assert!(only(&read).title.starts_with("60 chunks, "), "{}", only(&read).title);
        assert!(only(&read).title.contains("wait to be read from ReadableStream stream"));
        let written = stream(is_new, "WritableStreamDefaultController");
        assert!(only(&written).title.contains("wait to be written by"), "and no finding of the promises beside it");
    }
}

#[test]
fn queues_of_packages_are_read() {
    type Make = fn(&mut Program, NodeIndex, u32);
    fn array(program: &mut Program, queue: NodeIndex, name: &str, count: u32) {
        let jobs = inside(program, queue, name, "Array");
        for _ in 0..count {
            let job = program.builder.object("Job", 3000);
            program.push(jobs, job);
        }
    }
    let cases: [(&str, Make, &str); 11] = [
        ("Queue", |program, queue, count| chain(program, queue, "#head", "value", count), "p-limit queue jobs"),
        ("PriorityQueue", |program, queue, count| array(program, queue, "#queue", count), "p-queue jobs"),
        ("PriorityQueue", |program, queue, count| array(program, queue, "_queue", count), "p-queue jobs"),
        ("DLL", |program, queue, count| chain(program, queue, "head", "data", count), "async queue jobs"),
        ("DLList", |program, queue, count| chain(program, queue, "_first", "value", count), "bottleneck queue jobs"),
        ("Denque", |program, queue, count| array(program, queue, "_list", count), "denque jobs"),
        (
            "DoublyLinkedList",
            |program, queue, count| chain(program, queue, "#head", "value", count),
            "redis queue jobs",
        ),
        ("Sender", |program, queue, count| array(program, queue, "_queue", count), "ws queue jobs"),
        ("Client", |program, queue, count| array(program, queue, "queryQueue", count), "pg client's queue jobs"),
        ("BoundPool", |program, queue, count| array(program, queue, "_pendingQueue", count), "pg pool's queue jobs"),
        (
            "Agent",
            |program, agent, count| {
                let hosts = inside(program, agent, "requests", "Object");
                array(program, hosts, "example.org:443:", count);
            },
            "http.Agent jobs",
        ),
    ];
    for (class, make, label) in cases {
        let summary = grow(move |program, count| {
            let queue = variable(program, "jobs", class);
            make(program, queue, count);
        });
        let finding = only(&summary);
        assert!(finding.title.starts_with("60 jobs, "), "{class}: {}", finding.title);
        assert!(
            finding.title.ends_with(&format!("wait for their turn in {label} (dist/log.js:14:5)")),
            "{}",
            finding.title
        );
        assert!(!serde_json::to_string(&summary).unwrap().contains("example.org"));
    }
    let fastq = grow(|program, count| {
        let first = variable(program, "queueHead", "Task");
        program.builder.property(first, "value", first);
        chain(program, first, "next", "value", count - 1);
    });
    assert!(only(&fastq).title.starts_with("60 jobs, "), "{}", only(&fastq).title);
}

#[test]
fn whoever_brings_a_callback_writes() {
    let summary = grow(|program, count| {
        let stream = variable(program, "sink", "Writable");
        let state = inside(program, stream, "_writableState", "WritableState");
        let buffered = inside(program, state, "<symbol kBufferedValue>", "Array");
        let callback = program.function("written", 77, 9);
        for _ in 0..count {
            let chunk = buffer(program, 3000);
            let entry = entry(program, chunk);
            let closure = program.closure(callback, "written", None);
            program.builder.property(entry, "callback", closure);
            program.push(buffered, entry);
        }
    });
    assert_eq!(only(&summary).location.as_ref().unwrap().line, 77);
}

#[test]
fn in_one_snapshot_a_long_one_is_suspicious() {
    let cases = [(1000, 100, true), (999, 100, false), (16, 250_000, true), (15, 300_000, false)];
    for (count, size, is_told) in cases {
        let summary = look(&heap(count, |program, count| writable(program, count, size)));
        assert_eq!(!titles(&summary).is_empty(), is_told, "{count} of {size}");
        assert_ne!(summary.verdict, Verdict::Leak);
    }
}
