//! The fast parser equals the plain one, whatever pieces the bytes come in, and says what is wrong with bad input.

use std::io::{Cursor, Read, Write};

use leakscan::cancel::CancelToken;
use leakscan::error::{Error, Result};
use leakscan::graph::Snapshot;
use leakscan::progress::Progress;
use leakscan::snapshot::{Heap, ReadOptions, Source, read};
use leakscan::testing::{naive, random};

fn parse_in(bytes: &[u8], threads: usize, block_size: usize) -> Result<Heap> {
    read(Source::Bytes(bytes), &ReadOptions { threads, block_size }, &CancelToken::new(), &Progress::none())
}

fn parse(bytes: &[u8]) -> Result<Heap> {
    parse_in(bytes, 2, 64)
}

fn stream(bytes: &[u8]) -> Result<Heap> {
    let source = Source::Reader(Box::new(Cursor::new(bytes.to_vec())));
    read(source, &ReadOptions { threads: 2, block_size: 64 }, &CancelToken::new(), &Progress::none())
}

fn assert_equal(found: &Heap, expected: &Heap, what: &str) {
    assert_eq!(found.nodes.len(), expected.nodes.len(), "{what}: node count");
    for node in expected.nodes.indices() {
        let facts = |heap: &Heap| {
            let nodes = &heap.nodes;
            let location = heap.locations.of(node);
            let (kind, name) = (nodes.kind(node), heap.strings.text(nodes.name(node)));
            (kind, name, nodes.id(node), nodes.self_size(node), nodes.detachedness(node), nodes.edges(node), location)
        };
        assert_eq!(facts(found), facts(expected), "{what}: node {node:?}");
    }
    let edges = |heap: &Heap| -> Vec<_> {
        (0..heap.edges.len())
            .map(|edge| (heap.edges.target_and_kind(edge), heap.edges.label(edge), heap.edges.raw_label(edge)))
            .collect()
    };
    assert_eq!(edges(found), edges(expected), "{what}: edges");
    assert_eq!(found.samples, expected.samples, "{what}: samples");
    let strings = |heap: &Heap| -> Vec<_> { heap.strings.indices().map(|it| heap.strings.raw(it).to_vec()).collect() };
    assert_eq!(strings(found), strings(expected), "{what}: strings");
}

#[test]
fn equals_the_plain_parser_in_pieces_of_any_size() {
    for seed in 0..150 {
        let bytes = random::builder(seed).json();
        let expected = naive::parse(&bytes);
        for block_size in (1..=64).chain([100, 1000, 1 << 18]) {
            let heap = parse_in(&bytes, 1 + (seed as usize + block_size) % 3, block_size).unwrap();
            assert_equal(&heap, &expected, &format!("seed {seed}, blocks of {block_size}"));
        }
        assert_equal(&stream(&bytes).unwrap(), &expected, &format!("seed {seed}, streamed"));
    }
}

/// A snapshot of three nodes with something in every section; other layouts are made of it by replacing text.
const SMALL: &str = concat!(
    r#"{"snapshot":{"meta":{"node_fields":["type","name","id","self_size","edge_count","detachedness"],"#,
    r#""node_types":[["hidden","string","object","synthetic"],"string","number","number","number","number"],"#,
    r#""edge_fields":["type","name_or_index","to_node"],"edge_types":[["context","element","property","weak"],"string_or_number","node"],"#,
    r#""sample_fields":["timestamp_us","last_assigned_id"],"location_fields":["object_index","script_id","line","column"]},"#,
    r#""node_count":3,"edge_count":2,"trace_function_count":0,"extra_native_bytes":7},"nodes":["#,
    "3,0,1,0,1,0,2,1,3,16,1,0,1,2,5,24,0,2],\n\"edges\":[2,1,6,1,9,12],\n",
    r#""trace_function_infos":[],"trace_tree":[],"samples":[100,5],"locations":[6,4,10,20],"#,
    r#""strings":["<dummy>","A","\uD83D\uDE00 \uD800 \"x\""]}"#,
    "\n"
);

#[test]
fn reads_what_other_producers_write() {
    let plain = parse(SMALL.as_bytes()).unwrap();
    assert_eq!(plain.strings.text(plain.strings.indices().next_back().unwrap()).utf16_len(), 8);
    let variants: [(&str, String); 6] = [
        ("white space", SMALL.replace(',', " ,\n\t").replace('[', "[ ").replace(']', " ]").replace(':', " : ")),
        ("a byte order mark", format!("\u{feff}{SMALL}")),
        (
            "unknown sections",
            SMALL.replace(
                "\"samples\":",
                "\"new\":{\"a\":[1,{\"]\":\"}\"}]},\"n\":-1.5e3,\"s\":\"\\\"]\",\"t\":null,\"samples\":",
            ),
        ),
        ("nested trace tree", SMALL.replace("\"trace_tree\":[]", "\"trace_tree\":[1,0,7,568,[2,6,0,0,[]]]")),
        ("other key order", SMALL.replace("\"node_count\":3,\"edge_count\":2", "\"edge_count\":2,\"node_count\":3")),
        ("strings before locations", {
            let (rest, strings) = SMALL.trim_end().trim_end_matches('}').split_once("\"strings\"").unwrap();
            rest.replace("\"samples\"", &format!("\"strings\"{strings},\"samples\"")).trim_end_matches(',').to_owned()
                + "}"
        }),
    ];
    for (what, text) in &variants {
        for block_size in [1, 2, 3, 7, 64, 1000] {
            let heap = parse_in(text.as_bytes(), 2, block_size).unwrap_or_else(|error| panic!("{what}: {error}"));
            assert_equal(&heap, &plain, what);
        }
    }
}

#[test]
fn positions_before_the_text_are_read_as_devtools_reads_them() {
    let plain = parse(SMALL.as_bytes()).unwrap();
    let text = SMALL.replace("6,4,10,20", "6,4,-10,-20");
    for block_size in [1, 2, 3, 7, 64, 1000] {
        assert_equal(&parse_in(text.as_bytes(), 2, block_size).unwrap(), &plain, "negative positions");
    }
}

#[test]
fn keeps_sizes_and_ids_that_do_not_fit_everywhere() {
    let text =
        SMALL.replace("2,1,3,16,1", "2,1,4294967295,281474976710655,1").replace("1,2,5,24,", "1,2,5,4294967295,");
    for block_size in [1, 5, 64, 1000] {
        let heap = parse_in(text.as_bytes(), 2, block_size).unwrap();
        let sizes: Vec<u64> = heap.nodes.indices().map(|node| heap.nodes.self_size(node)).collect();
        assert_eq!(sizes, [0, 281_474_976_710_655, 4_294_967_295]);
        assert_eq!(heap.nodes.ids(), [1, 4_294_967_295, 5]);
        let snapshot = Snapshot::new(heap, 2, &CancelToken::new(), &Progress::none()).unwrap();
        assert_eq!(snapshot.graph.dominators.retained_size(leakscan::snapshot::NodeIndex::ROOT), 281_479_271_677_950);
    }
}

fn describe(error: &Error) -> (&str, Option<&str>, Option<u64>) {
    (error.code().unwrap(), error.place().map(|place| place.section.as_str()), error.offset())
}

#[test]
fn says_what_is_wrong_and_where() {
    let at = |text: &str| SMALL.find(text).unwrap() as u64;
    let nodes = at("3,0,1,0,1,0,");
    let edges = at("2,1,6,1,9,12");
    let locations = at("6,4,10,20");
    // What to replace, with what, and what is said of it.
    let cases: &[(&str, &str, &str, &str, u64)] = &[
        ("3,0,1,0,1,0,2,", "3,0,1,0,1,0,,", "SYNTAX", "nodes", nodes + 12),
        ("3,0,1,0,1,0,2,", "3,0,1,0,1,x,2,", "SYNTAX", "nodes", nodes + 10),
        ("3,0,1,0,1,0,2,", "3,0,1,0,-1,0,2,", "SYNTAX", "nodes", nodes + 8),
        ("3,0,1,0,1,0,2,", "9,0,1,0,1,0,2,", "CORRUPT", "nodes", nodes),
        ("3,0,1,0,1,0,2,", "3,77,1,0,1,0,2,", "CORRUPT", "nodes", nodes + 2),
        ("3,0,1,0,1,0,2,", "3,0,1,0,2,0,2,", "CORRUPT", "nodes", nodes),
        ("3,0,1,0,1,0,2,", "3,0,4294967296,0,1,0,2,", "CORRUPT", "nodes", nodes + 4),
        ("24,0,2]", "24,0]", "CORRUPT", "nodes", nodes + 35),
        ("24,0,2]", "24,0,2,1]", "CORRUPT", "nodes", nodes + 39),
        ("2,1,6,1,9,12", "2,1,18,1,9,12", "CORRUPT", "edges", edges + 4),
        ("2,1,6,1,9,12", "2,1,7,1,9,12", "CORRUPT", "edges", edges + 4),
        ("2,1,6,1,9,12", "2,3,6,1,9,12", "CORRUPT", "edges", edges + 2),
        ("2,1,6,1,9,12", "5,1,6,1,9,12", "CORRUPT", "edges", edges),
        ("2,1,6,1,9,12", "2,1,6,1,9", "CORRUPT", "edges", edges + 9),
        ("6,4,10,20", "7,4,10,20", "CORRUPT", "locations", locations),
        ("6,4,10,20", "18,4,10,20", "CORRUPT", "locations", locations),
        ("6,4,10,20", "6,4,1-0,20", "SYNTAX", "locations", locations + 5),
        ("6,4,10,20", "6,4,10,-", "SYNTAX", "locations", locations + 8),
        ("\"node_count\":3", "\"node_count\":0", "CORRUPT", "snapshot", 12),
        ("\"node_count\":3", "\"node_count\":4", "CORRUPT", "nodes", nodes + 37),
        ("\"node_count\":3", "\"node_count\":2", "CORRUPT", "nodes", nodes + 37),
        ("\"node_count\":3", "\"node_count\":99999999", "CORRUPT", "nodes", nodes + 44),
        ("\"node_count\":3", "\"node_count\":99999999999", "TOO_LARGE", "snapshot", 12),
        ("\"edge_count\":2", "\"edge_count\":1", "CORRUPT", "edges", edges + 12),
        ("\"node_count\":3", "\"node_count\":\"3\"", "UNSUPPORTED", "snapshot", at("\"node_count\"") + 15),
        ("\"trace_tree\":[]", "\"trace_tree\":[x]", "SYNTAX", "trace_tree", at("\"trace_tree\"") + 14),
        ("\"node_count\":3,", "\"node_count\":3,,", "SYNTAX", "snapshot", at("\"node_count\"") + 15),
        ("\"self_size\"", "\"size\"", "UNSUPPORTED", "snapshot.meta", 12),
        ("\"weak\"", "\"new type\"", "UNSUPPORTED", "snapshot.meta", 12),
        ("\"trace_function_count\"", "\"root_index\":6,\"trace_function_count\"", "UNSUPPORTED", "snapshot", 12),
        ("\"nodes\":[", "\"nodes\":{", "SYNTAX", "nodes", nodes - 1),
        ("\"nodes\":[", "\"nodes\"[", "SYNTAX", "nodes", nodes - 2),
        ("\"samples\":[100,5]", "\"nodes\":[]", "CORRUPT", "nodes", at("\"samples\":[") + 9),
        ("\"A\",", "\"A\"", "SYNTAX", "strings", at("\"A\",") + 3),
        ("\"A\",", "A,", "SYNTAX", "strings", at("\"A\",")),
        ("]}\n", "]}x", "SYNTAX", "top level", at("]}\n") + 2),
        ("\"edges\":", "\"egdes\":", "CORRUPT", "edges", SMALL.len() as u64),
    ];
    for &(from, to, code, section, offset) in cases {
        assert!(SMALL.contains(from), "{from}");
        let text = SMALL.replacen(from, to, 1);
        for block_size in [1, 3, 64, 10_000] {
            let error =
                parse_in(text.as_bytes(), 2, block_size).err().unwrap_or_else(|| panic!("{from} -> {to} is accepted"));
            let expected = (format!("ERR_LEAKSCAN_{code}"), Some(section), Some(offset));
            let found = describe(&error);
            assert_eq!((found.0.to_owned(), found.1, found.2), expected, "{from} -> {to}: {error}");
        }
    }
}

#[test]
fn says_what_is_no_snapshot() {
    for text in ["", " \n", "hello", "[1]", "{}", r#"{"head":{"callFrame":{}},"samples":[]}"#, "\u{feff}"] {
        let error = parse(text.as_bytes()).err().unwrap();
        assert_eq!(error.code(), Some("ERR_LEAKSCAN_NOT_A_SNAPSHOT"), "{text:?}: {error}");
    }
}

#[test]
fn every_truncation_is_told_with_its_offset() {
    let whole = SMALL.trim_end();
    for cut in 1..whole.len() {
        for block_size in [1, 64] {
            let error = parse_in(&whole.as_bytes()[..cut], 2, block_size).err().unwrap();
            assert_eq!(describe(&error).0, "ERR_LEAKSCAN_TRUNCATED", "cut at {cut}: {error}");
            assert_eq!(error.offset(), Some(cut as u64), "cut at {cut}: {error}");
        }
    }
    assert!(parse(whole.as_bytes()).is_ok());
}

#[test]
fn a_stream_that_lies_about_its_counts_costs_no_memory() {
    for (from, to) in
        [("\"node_count\":3", "\"node_count\":536870912"), ("\"edge_count\":2", "\"edge_count\":4294967294")]
    {
        let error = stream(SMALL.replace(from, to).as_bytes()).err().unwrap();
        assert_eq!(error.code(), Some("ERR_LEAKSCAN_CORRUPT"), "{error}");
    }
    for (from, to) in
        [("\"node_count\":3", "\"node_count\":536870913"), ("\"edge_count\":2", "\"edge_count\":4294967295")]
    {
        let error = stream(SMALL.replace(from, to).as_bytes()).err().unwrap();
        assert_eq!(error.code(), Some("ERR_LEAKSCAN_TOO_LARGE"), "{error}");
    }
}

#[test]
fn reads_compressed_input() {
    let bytes = random::builder(3).json();
    let expected = naive::parse(&bytes);
    let one_member = gzip(&bytes);
    let two_members = [one_member.clone(), gzip(b"  \n")].concat();
    let zstd = ruzstd::encoding::compress_to_vec(&bytes[..], ruzstd::encoding::CompressionLevel::Fastest);
    let half = bytes.len() / 2;
    let two_frames: Vec<u8> = [&bytes[..half], &bytes[half..]]
        .iter()
        .flat_map(|part| ruzstd::encoding::compress_to_vec(*part, ruzstd::encoding::CompressionLevel::Fastest))
        .collect();
    for (what, compressed) in
        [("gzip", &one_member), ("gzip members", &two_members), ("zstd", &zstd), ("zstd frames", &two_frames)]
    {
        assert_equal(&parse(compressed).unwrap(), &expected, what);
        assert_equal(&stream(compressed).unwrap(), &expected, what);
    }
    for (what, compressed) in [("gzip", &one_member), ("zstd", &zstd)] {
        let error = parse(&compressed[..compressed.len() / 2]).err().unwrap();
        assert_eq!(error.code(), Some("ERR_LEAKSCAN_TRUNCATED"), "{what}: {error}");
        let mut broken = compressed.clone();
        broken[compressed.len() / 2] ^= 0x55;
        broken[compressed.len() / 2 + 1] ^= 0x55;
        let error = parse(&broken).err().unwrap();
        assert!(error.code().is_some(), "{what}: {error}");
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn a_cancelled_read_ends() {
    let cancel = CancelToken::new();
    cancel.cancel();
    let error =
        read(Source::Bytes(SMALL.as_bytes()), &ReadOptions::default(), &cancel, &Progress::none()).err().unwrap();
    assert_eq!(error.code(), None);
}

#[test]
fn a_reader_that_fails_is_told() {
    struct Failing;
    impl Read for Failing {
        fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
            Err(std::io::Error::other("the disk is gone"))
        }
    }
    let source = Source::Reader(Box::new(Cursor::new(&SMALL.as_bytes()[..100]).chain(Failing)));
    let options = ReadOptions { threads: 2, block_size: 16 };
    let error = read(source, &options, &CancelToken::new(), &Progress::none()).err().unwrap();
    assert_eq!(error.code(), Some("ERR_LEAKSCAN_IO"));
    assert!(error.to_string().contains("the disk is gone"));
}

#[test]
fn progress_only_grows() {
    let reports = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let sink = std::sync::Arc::clone(&reports);
    let progress = Progress::new(move |report| sink.lock().unwrap().push(report));
    let bytes = random::builder(7).json();
    let options = ReadOptions { threads: 2, block_size: 100 };
    read(Source::Bytes(&bytes), &options, &CancelToken::new(), &progress).unwrap();
    let reports = reports.lock().unwrap();
    assert!(reports.len() > 3);
    assert!(reports.windows(2).all(|pair| pair[0].done < pair[1].done), "{reports:?}");
    assert_eq!(reports.last().unwrap().done, bytes.len() as u64);
}
