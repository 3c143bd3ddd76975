//! A snapshot that ends too early gives what is there, whatever byte it ends at; and nothing that was not there.

use leakscan::analysis::diff::{DiffOptions, diff};
use leakscan::cancel::CancelToken;
use leakscan::causes::{AuditOptions, SummaryOptions, audit_listeners, summarize};
use leakscan::error::Result;
use leakscan::graph::Snapshot;
use leakscan::progress::Progress;
use leakscan::snapshot::{Heap, LOST, ReadOptions, Source, read_partial};
use leakscan::testing::random;

fn parse(bytes: &[u8]) -> Result<Heap> {
    let options = ReadOptions { threads: 2, block_size: 64 };
    read_partial(Source::Bytes(bytes), &options, &CancelToken::new(), &Progress::none())
}

fn analysed(heap: Heap) -> Snapshot {
    Snapshot::new(heap, 2, &CancelToken::new(), &Progress::none()).unwrap()
}

#[test]
fn every_beginning_of_a_file_gives_what_is_there() {
    for seed in 0..6 {
        let bytes = random::builder(seed).json();
        let whole = parse(&bytes).unwrap();
        assert_eq!(whole.cut, None);
        let mut kinds_of_ends = [false; 3];
        for length in 0..bytes.trim_ascii_end().len() {
            let what = format!("seed {seed}, {length} of {} bytes", bytes.len());
            let part = match parse(&bytes[..length]) {
                Ok(part) => part,
                Err(error) => {
                    assert!(
                        matches!(error.code(), Some("ERR_LEAKSCAN_TRUNCATED" | "ERR_LEAKSCAN_NOT_A_SNAPSHOT")),
                        "{what}"
                    );
                    kinds_of_ends[0] = true;
                    continue;
                }
            };
            let cut = part.cut.clone().expect(&what);
            assert_eq!(cut.offset, length as u64, "{what}");
            assert_eq!(cut.edge_count as usize, whole.edges.len(), "{what}");
            assert_eq!(part.nodes.ids(), whole.nodes.ids(), "{what}");
            assert!(part.edges.len() <= whole.edges.len(), "{what}");
            assert_eq!(cut.has_all_edges(&part.edges), part.edges.len() == whole.edges.len(), "{what}");
            for node in whole.nodes.indices() {
                assert_eq!(part.nodes.kind(node), whole.nodes.kind(node), "{what}");
                assert_eq!(part.nodes.self_size(node), whole.nodes.self_size(node), "{what}");
                let edges = whole.nodes.edges(node);
                let there = edges.start.min(part.edges.len())..edges.end.min(part.edges.len());
                assert_eq!(part.nodes.edges(node), there, "{what}");
            }
            for edge in 0..part.edges.len() {
                assert_eq!(part.edges.target(edge), whole.edges.target(edge), "{what}");
                assert_eq!(part.edges.kind(edge), whole.edges.kind(edge), "{what}");
            }
            let mut lost = 0;
            for string in part.strings.indices() {
                let is_lost = part.strings.text(string) == LOST;
                assert!(is_lost || part.strings.raw(string) == whole.strings.raw(string), "{what}");
                lost += u64::from(is_lost);
            }
            assert_eq!(lost, cut.lost_string_count, "{what}");
            kinds_of_ends[if cut.has_all_edges(&part.edges) { 2 } else { 1 }] = true;
            // Every fact can be derived of a part.
            if length % 7 == 0 {
                let total: u64 = whole.nodes.indices().map(|node| whole.nodes.self_size(node)).sum();
                let snapshot = analysed(part);
                let sizes = &snapshot.graph.sizes;
                let shallow: u64 = snapshot.heap.nodes.indices().map(|node| sizes.shallow_size(node)).sum();
                assert!(shallow <= total, "{what}");
            }
        }
        assert_eq!(kinds_of_ends, [true; 3], "seed {seed}: files end in all sections");
    }
}

#[test]
fn a_part_is_neither_compared_nor_judged() {
    let bytes = random::builder(1).json();
    let whole = analysed(parse(&bytes).unwrap());
    let part = analysed(parse(&bytes[..bytes.len() - 4]).unwrap());
    let (cancel, progress) = (CancelToken::new(), Progress::none());
    let errors = [
        diff(&whole, &part, &DiffOptions::default(), &cancel, &progress).err(),
        diff(&part, &whole, &DiffOptions::default(), &cancel, &progress).err(),
        summarize(None, &part, &SummaryOptions::default(), &cancel).err(),
        summarize(Some(&part), &whole, &SummaryOptions::default(), &cancel).err(),
        audit_listeners(&[&part, &whole], &AuditOptions::default(), &cancel).err(),
    ];
    for error in errors {
        assert_eq!(error.unwrap().code(), Some("ERR_LEAKSCAN_TRUNCATED"));
    }
}

#[test]
fn a_name_out_of_all_proportion_makes_no_memory() {
    let json = String::from_utf8(random::builder(2).json()).unwrap();
    let nodes = json.find("\"nodes\":[").unwrap() + "\"nodes\":[".len();
    let first = json[nodes..].find(',').unwrap() + nodes + 1;
    let end = json[first..].find(',').unwrap() + first;
    let hostile = format!("{}4000000000{}", &json[..first], &json[end..]);
    let cut = hostile.rfind("\"strings\"").unwrap();
    assert_eq!(parse(&hostile.as_bytes()[..cut]).err().unwrap().code(), Some("ERR_LEAKSCAN_TRUNCATED"));
}
