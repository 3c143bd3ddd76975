//! The plain parser that the fast one must equal: serde_json reads the whole file into one tree, fields are looked up by
//! name, records are walked one by one. `O(file)`, with several times the file in memory. It trusts the file and panics
//! where a snapshot is not one.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::snapshot::{
    EdgeKind, Edges, Heap, Layout, Location, Locations, NodeId, NodeIndex, NodeKind, Nodes, StringIndex, Strings,
    Traces,
};

#[derive(Deserialize)]
struct File<'a> {
    #[serde(borrow)]
    snapshot: &'a RawValue,
    nodes: Vec<u64>,
    edges: Vec<u64>,
    #[serde(default)]
    samples: Vec<u64>,
    #[serde(default)]
    locations: Vec<u64>,
    // Raw, because V8 writes lone surrogates, which serde_json refuses to decode.
    #[serde(borrow)]
    strings: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
struct Header {
    meta: Meta,
}

#[derive(Deserialize)]
struct Meta {
    node_fields: Vec<String>,
    node_types: Vec<serde_json::Value>,
    edge_fields: Vec<String>,
    edge_types: Vec<serde_json::Value>,
    #[serde(default)]
    sample_fields: Vec<String>,
    #[serde(default)]
    location_fields: Vec<String>,
}

/// Reads a snapshot.
///
/// # Panics
/// When the input is not one.
pub fn parse(json: &[u8]) -> Heap {
    let file: File = serde_json::from_slice(json).unwrap();
    let meta = serde_json::from_str::<Header>(file.snapshot.get()).unwrap().meta;
    let layout = Layout::parse(file.snapshot.get().as_bytes(), 0).unwrap();

    let mut strings = Strings::default();
    for literal in file.strings {
        let literal = literal.get().trim();
        strings.push(literal.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap().as_bytes());
    }

    let field = |name: &str| position(&meta.node_fields, name).unwrap();
    let (kind, name, id, self_size, edge_count) =
        (field("type"), field("name"), field("id"), field("self_size"), field("edge_count"));
    let detachedness = position(&meta.node_fields, "detachedness");
    let kinds = node_kinds(&names(&meta.node_types));
    let mut nodes = Nodes::default();
    for record in file.nodes.chunks(meta.node_fields.len()) {
        nodes.push(
            kinds[record[kind] as usize],
            detachedness.map_or(0, |at| record[at] as u8 & 3),
            StringIndex(record[name].try_into().unwrap()),
            NodeId(record[id].try_into().unwrap()),
            record[self_size],
            record[edge_count].try_into().unwrap(),
        );
    }

    let field = |name: &str| position(&meta.edge_fields, name).unwrap();
    let (kind, label, target) = (field("type"), field("name_or_index"), field("to_node"));
    let kinds = edge_kinds(&names(&meta.edge_types));
    let mut edges = Edges::default();
    for record in file.edges.chunks(meta.edge_fields.len()) {
        let target = record[target] as usize;
        assert_eq!(target % meta.node_fields.len(), 0);
        edges.push(
            kinds[record[kind] as usize],
            record[label] as u32,
            NodeIndex::from(target / meta.node_fields.len()),
        );
    }

    let field = |name: &str| position(&meta.location_fields, name).unwrap();
    let locations = file.locations.chunks(meta.location_fields.len().max(1)).map(|record| {
        let node = NodeIndex::from(record[field("object_index")] as usize / meta.node_fields.len());
        let number = |name| record[field(name)] as u32;
        (node, Location { script_id: number("script_id"), line: number("line"), column: number("column") })
    });
    let field = |name: &str| position(&meta.sample_fields, name).unwrap();
    let samples = file
        .samples
        .chunks(meta.sample_fields.len().max(1))
        .map(|record| (record[field("timestamp_us")], record[field("last_assigned_id")] as u32));
    Heap {
        layout,
        nodes,
        edges,
        locations: Locations::new(locations.collect()),
        samples: samples.collect(),
        strings,
        traces: Traces::default(),
        cut: None,
    }
}

fn position(fields: &[String], name: &str) -> Option<usize> {
    fields.iter().position(|field| field == name)
}

/// The names of the types, which the first entry lists.
fn names(types: &[serde_json::Value]) -> Vec<&str> {
    types[0].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect()
}

/// The file's type numbers as kinds: V8's own by name, later ones in the order of the file.
fn node_kinds(names: &[&str]) -> Vec<NodeKind> {
    let mut next = NodeKind::KNOWN;
    let mut kinds = Vec::new();
    for name in names {
        let known = NodeKind::NAMES.iter().position(|known| known == name);
        kinds.push(NodeKind(known.map_or(next, |at| at as u8)));
        next += u8::from(known.is_none());
    }
    kinds
}

/// The file's type numbers as kinds; the number after the last is DevTools' `invisible`.
fn edge_kinds(names: &[&str]) -> Vec<EdgeKind> {
    let known = |name: &&str| EdgeKind::NAMES.iter().position(|known| known == name).unwrap();
    names.iter().chain(&["invisible"]).map(|name| EdgeKind::from_bits(known(name) as u32)).collect()
}
