//! The header: which fields the records have, found by name, because their positions differ between V8 versions.

use serde::Deserialize;

use super::edge::{EdgeKind, Edges};
use super::node::NodeKind;
use super::scan::Section;
use super::traces::{TraceFields, TraceMeta};
use crate::error::{Error, Result};

/// What the `snapshot` section says.
#[derive(Clone, Debug, Default)]
pub struct Layout {
    /// How many nodes the file says it has.
    pub node_count: u64,
    /// How many edges the file says it has.
    pub edge_count: u64,
    /// Bytes of native memory that no node stands for (V8 13 and later; else 0).
    pub extra_native_bytes: u64,
    /// Whether the records have a `detachedness` field. Without it, names tell (`Detached …`).
    pub has_detachedness: bool,
    /// Names of the node types, by [`NodeKind`].
    kind_names: Vec<String>,
    pub(super) node: NodeFields,
    pub(super) edge: EdgeFields,
    pub(super) location: Option<LocationFields>,
    pub(super) sample: Option<SampleFields>,
    /// If stacks of allocations were recorded.
    pub(super) trace: Option<TraceFields>,
}

/// Positions in a node record.
#[derive(Clone, Debug, Default)]
pub(super) struct NodeFields {
    pub(super) stride: usize,
    pub(super) kind: usize,
    pub(super) name: usize,
    pub(super) id: usize,
    pub(super) self_size: usize,
    pub(super) edge_count: usize,
    pub(super) detachedness: Option<usize>,
    /// If stacks of allocations were recorded.
    pub(super) trace: Option<usize>,
    /// File's type number -> kind.
    pub(super) kinds: Vec<NodeKind>,
}

/// Positions in an edge record.
#[derive(Clone, Debug, Default)]
pub(super) struct EdgeFields {
    pub(super) stride: usize,
    pub(super) kind: usize,
    pub(super) label: usize,
    pub(super) target: usize,
    /// File's type number -> kind.
    pub(super) kinds: Vec<EdgeKind>,
}

/// Positions in a location record.
#[derive(Clone, Debug)]
pub(super) struct LocationFields {
    pub(super) stride: usize,
    pub(super) node: usize,
    pub(super) script_id: usize,
    pub(super) line: usize,
    pub(super) column: usize,
}

/// Positions in a sample record.
#[derive(Clone, Debug)]
pub(super) struct SampleFields {
    pub(super) stride: usize,
    pub(super) timestamp: usize,
    pub(super) last_assigned_id: usize,
}

#[derive(Deserialize)]
struct Header {
    meta: Meta,
    node_count: u64,
    edge_count: u64,
    #[serde(default)]
    extra_native_bytes: u64,
    #[serde(default)]
    trace_function_count: u64,
    #[serde(default)]
    root_index: u64,
}

#[derive(Deserialize)]
struct Meta {
    node_fields: Vec<String>,
    node_types: Vec<serde_json::Value>,
    edge_fields: Vec<String>,
    edge_types: Vec<serde_json::Value>,
    #[serde(default)]
    location_fields: Vec<String>,
    #[serde(default)]
    sample_fields: Vec<String>,
    #[serde(flatten)]
    trace: TraceMeta,
}

impl Layout {
    /// Reads the value of the `snapshot` section, whose first byte is at `offset` of the input.
    pub fn parse(json: &[u8], offset: u64) -> Result<Self> {
        let header: Header = serde_json::from_slice(json).map_err(|error| {
            // serde_json counts lines and columns from 1; V8 writes this section in one line.
            let at = line_start(json, error.line()) + error.column().saturating_sub(1);
            let message = error.to_string();
            let message = message.split(" at line ").next().unwrap_or_default().to_owned();
            match error.classify() {
                serde_json::error::Category::Data => Error::unsupported("snapshot", offset + at as u64, message),
                _ => Error::syntax("snapshot", offset + at as u64, message),
            }
        })?;
        if header.root_index != 0 {
            return Err(Error::unsupported(
                "snapshot",
                offset,
                format!("expected root_index 0, found {}", header.root_index),
            ));
        }
        let meta = Fields { offset };
        let node_type_names = meta.type_names("node_types", &header.meta.node_types)?;
        let edge_type_names = meta.type_names("edge_types", &header.meta.edge_types)?;
        let (kinds, kind_names) = meta.node_kinds(&node_type_names)?;
        let node_fields = &header.meta.node_fields;
        let edge_fields = &header.meta.edge_fields;
        let location_fields = &header.meta.location_fields;
        let sample_fields = &header.meta.sample_fields;
        let detachedness = position(node_fields, "detachedness");
        let traced = position(node_fields, "trace_node_id").filter(|_| header.trace_function_count > 0);
        let trace = traced.and_then(|_| TraceFields::of(&header.meta.trace));
        Ok(Self {
            node_count: header.node_count,
            edge_count: header.edge_count,
            extra_native_bytes: header.extra_native_bytes,
            has_detachedness: detachedness.is_some(),
            kind_names,
            node: NodeFields {
                stride: node_fields.len(),
                kind: meta.require("node_fields", node_fields, "type")?,
                name: meta.require("node_fields", node_fields, "name")?,
                id: meta.require("node_fields", node_fields, "id")?,
                self_size: meta.require("node_fields", node_fields, "self_size")?,
                edge_count: meta.require("node_fields", node_fields, "edge_count")?,
                detachedness,
                trace: traced.filter(|_| trace.is_some()),
                kinds,
            },
            edge: EdgeFields {
                stride: edge_fields.len(),
                kind: meta.require("edge_fields", edge_fields, "type")?,
                label: meta.require("edge_fields", edge_fields, "name_or_index")?,
                target: meta.require("edge_fields", edge_fields, "to_node")?,
                kinds: meta.edge_kinds(&edge_type_names)?,
            },
            trace,
            location: if location_fields.is_empty() {
                None
            } else {
                Some(LocationFields {
                    stride: location_fields.len(),
                    node: meta.require("location_fields", location_fields, "object_index")?,
                    script_id: meta.require("location_fields", location_fields, "script_id")?,
                    line: meta.require("location_fields", location_fields, "line")?,
                    column: meta.require("location_fields", location_fields, "column")?,
                })
            },
            sample: if sample_fields.is_empty() {
                None
            } else {
                Some(SampleFields {
                    stride: sample_fields.len(),
                    timestamp: meta.require("sample_fields", sample_fields, "timestamp_us")?,
                    last_assigned_id: meta.require("sample_fields", sample_fields, "last_assigned_id")?,
                })
            },
        })
    }

    /// Checks the counts against the limits of the columns.
    pub(super) fn check_counts(&self, offset: u64) -> Result<()> {
        if self.node_count == 0 {
            return Err(Error::corrupt("snapshot", offset, "expected a node_count of at least 1, found 0"));
        }
        for (name, count, limit) in [
            ("node_count", self.node_count, u64::from(Edges::MAX_TARGET) + 1),
            ("edge_count", self.edge_count, u64::from(u32::MAX) - 1),
        ] {
            if count > limit {
                let message = format!("expected a {name} of at most {limit}, found {count}");
                return Err(Error::too_large("snapshot", offset, message));
            }
        }
        Ok(())
    }

    /// Whether an input of this length can hold all the records of which the header speaks. If not, the input was cut off
    /// or the header lies; which of the two, shows where the records end.
    pub(super) fn fits(&self, length: u64) -> bool {
        // A number takes two bytes at least: a digit and a comma or bracket.
        let fits = |count: u64, stride: usize| count.saturating_mul(2 * stride as u64) <= length;
        fits(self.node_count, self.node.stride) && fits(self.edge_count, self.edge.stride)
    }

    /// The length of a section's records, and how many the header says there are.
    pub(super) fn records(&self, section: Section) -> (usize, Option<u64>) {
        match section {
            Section::Nodes => (self.node.stride, Some(self.node_count)),
            Section::Edges => (self.edge.stride, Some(self.edge_count)),
            Section::Locations => (self.location.as_ref().map_or(1, |fields| fields.stride), None),
            Section::Samples => (self.sample.as_ref().map_or(1, |fields| fields.stride), None),
        }
    }

    /// V8's name of a node type.
    pub fn kind_name(&self, kind: NodeKind) -> &str {
        self.kind_names.get(kind.0 as usize).map_or("?", String::as_str)
    }

    /// The names of all node types of the file.
    pub fn kind_names(&self) -> &[String] {
        &self.kind_names
    }
}

/// Reading of `meta`, for errors that tell the place.
struct Fields {
    offset: u64,
}

impl Fields {
    fn unsupported(&self, message: String) -> Error {
        Error::unsupported("snapshot.meta", self.offset, message)
    }

    fn require(&self, list: &str, fields: &[String], name: &str) -> Result<usize> {
        position(fields, name).ok_or_else(|| self.unsupported(format!("expected {list} to have `{name}`")))
    }

    /// The names of the types of the first field that lists them.
    fn type_names(&self, list: &str, types: &[serde_json::Value]) -> Result<Vec<String>> {
        let names = types.iter().find_map(serde_json::Value::as_array);
        let names = names.ok_or_else(|| self.unsupported(format!("expected {list} to hold a list of names")))?;
        let names: Option<Vec<String>> = names.iter().map(|name| name.as_str().map(str::to_owned)).collect();
        names.ok_or_else(|| self.unsupported(format!("expected the names in {list} to be strings")))
    }

    fn node_kinds(&self, names: &[String]) -> Result<(Vec<NodeKind>, Vec<String>)> {
        let mut all: Vec<String> = NodeKind::NAMES.iter().map(|&name| name.to_owned()).collect();
        let mut kinds = Vec::with_capacity(names.len());
        for name in names {
            let at = position(&all, name).unwrap_or_else(|| {
                all.push(name.clone());
                all.len() - 1
            });
            kinds.push(NodeKind(at as u8));
            if all.len() > NodeKind::MAX {
                return Err(self.unsupported(format!("expected at most {} node types", NodeKind::MAX)));
            }
        }
        Ok((kinds, all))
    }

    fn edge_kinds(&self, names: &[String]) -> Result<Vec<EdgeKind>> {
        let kind = |name: &String| {
            let at = EdgeKind::NAMES.iter().position(|known| known == name);
            at.map(|at| EdgeKind::from_bits(at as u32))
                .ok_or_else(|| self.unsupported(format!("expected a known edge type, found `{name}`")))
        };
        let mut kinds: Vec<EdgeKind> = names.iter().map(kind).collect::<Result<_>>()?;
        // DevTools takes the first number after V8's types as `invisible`.
        if !kinds.contains(&EdgeKind::Invisible) {
            kinds.push(EdgeKind::Invisible);
        }
        Ok(kinds)
    }
}

fn position(fields: &[String], name: &str) -> Option<usize> {
    fields.iter().position(|field| field == name)
}

/// Byte offset of the start of a 1-based line.
fn line_start(json: &[u8], line: usize) -> usize {
    match line.checked_sub(2) {
        None => 0,
        Some(newlines) => memchr::memchr_iter(b'\n', json).nth(newlines).map_or(0, |at| at + 1),
    }
}
