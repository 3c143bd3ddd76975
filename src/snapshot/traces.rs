//! Who allocated what: the stacks of allocations, in snapshots that were taken while V8 recorded them (`capture({
//! trackAllocations })`, DevTools' timelines with stacks). 4 bytes a node and 16 a call of the tree; nothing in other snapshots.
//!
//! Source: V8's `HeapSnapshotJSONSerializer`, seen in Node 20 to 26. `trace_function_infos` has records of numbers, whose
//! lines and columns count from 1 (0: not known). `trace_tree` has, for each call, some numbers and the list of its own calls:
//! `[1,0,0,0,[2,5,300,9600,[]]]`. A node's `trace_node_id` is a call's id; 0 for what is older than the record.

use rustc_hash::FxHashMap;
use serde::Deserialize;

use super::node::NodeIndex;
use super::strings::StringIndex;

/// Bytes of a section that is kept until it is read; a longer one is done without.
const MOST_BYTES: usize = 1 << 28;
/// Calls of a stack that are told.
const LONGEST_STACK: usize = 200;

/// The two sections.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum TraceSection {
    Functions,
    Tree,
}

impl TraceSection {
    pub(super) fn named(key: &[u8]) -> Option<Self> {
        match key {
            b"trace_function_infos" => Some(Self::Functions),
            b"trace_tree" => Some(Self::Tree),
            _ => None,
        }
    }
}

/// Positions of fields; the names are V8's.
#[derive(Clone, Debug)]
pub(super) struct TraceFields {
    function_stride: usize,
    name: usize,
    script: usize,
    line: usize,
    column: usize,
    /// Numbers of a call, before its list.
    call_stride: usize,
    id: usize,
    function: usize,
}

#[derive(Deserialize)]
pub(super) struct TraceMeta {
    #[serde(default)]
    trace_function_info_fields: Vec<String>,
    #[serde(default)]
    trace_node_fields: Vec<String>,
}

impl TraceFields {
    /// Of a snapshot with stacks in the form known.
    pub(super) fn of(meta: &TraceMeta) -> Option<Self> {
        let position = |fields: &[String], name: &str| fields.iter().position(|field| field == name);
        let (functions, calls) = (&meta.trace_function_info_fields, &meta.trace_node_fields);
        let call_stride = position(calls, "children").filter(|&at| at + 1 == calls.len())?;
        Some(Self {
            function_stride: functions.len(),
            name: position(functions, "name")?,
            script: position(functions, "script_name")?,
            line: position(functions, "line")?,
            column: position(functions, "column")?,
            call_stride,
            id: position(calls, "id")?,
            function: position(calls, "function_info_index")?,
        })
    }
}

/// The sections as they stand in the file.
#[derive(Default)]
pub(super) struct RawTraces {
    functions: Vec<u8>,
    tree: Vec<u8>,
}

impl RawTraces {
    /// Adds the next bytes of a section.
    pub(super) fn extend(&mut self, section: TraceSection, bytes: &[u8]) {
        let kept = match section {
            TraceSection::Functions => &mut self.functions,
            TraceSection::Tree => &mut self.tree,
        };
        if kept.len() + bytes.len() <= MOST_BYTES {
            kept.extend_from_slice(bytes);
        } else {
            // What cannot be read is as good as absent.
            *kept = b"too long".to_vec();
        }
    }
}

/// A function of a stack.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TraceFunction {
    /// Its name.
    pub name: StringIndex,
    /// Name of its script.
    pub script: StringIndex,
    /// Where it stands, 1-based; 0 where that is not known.
    pub line: u32,
    /// The same.
    pub column: u32,
}

/// A stack of calls that has allocated something.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Trace(u32);

#[derive(Clone, Copy)]
struct Call {
    function: u32,
    caller: u32,
}

/// The stacks of a snapshot; empty if V8 recorded none.
#[derive(Default)]
pub struct Traces {
    functions: Vec<TraceFunction>,
    calls: FxHashMap<u32, Call>,
    /// By node.
    of: Vec<u32>,
}

impl Traces {
    /// Reads the sections. What does not look as it should is as good as absent: the rest of the snapshot does not depend on it.
    pub(super) fn read(raw: &RawTraces, fields: &TraceFields, of: Vec<u32>, strings: usize) -> Self {
        let functions = functions(&raw.functions, fields, strings);
        match (functions, calls(&raw.tree, fields)) {
            (Some(functions), Some(calls)) => Self { functions, calls, of },
            _ => Self::default(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.calls.is_empty()
    }

    /// What allocated a node, if that was recorded.
    pub fn of(&self, node: NodeIndex) -> Option<Trace> {
        self.of.get(node.at()).filter(|&&id| id != 0).map(|&id| Trace(id))
    }

    /// The functions of a stack, the innermost first.
    pub fn stack(&self, Trace(id): Trace) -> impl Iterator<Item = TraceFunction> + '_ {
        let call = |id: u32| self.calls.get(&id).copied();
        let callers = std::iter::successors(call(id), move |inner| call(inner.caller));
        callers.take(LONGEST_STACK).filter_map(|call| self.functions.get(call.function as usize).copied())
    }
}

/// The numbers of a list of numbers.
fn functions(json: &[u8], fields: &TraceFields, strings: usize) -> Option<Vec<TraceFunction>> {
    let numbers: Vec<u32> = serde_json::from_slice(&[b"[".as_slice(), json].concat()).ok()?;
    let string = |index: u32| ((index as usize) < strings).then_some(StringIndex(index));
    let function = |record: &[u32]| {
        Some(TraceFunction {
            name: string(record[fields.name])?,
            script: string(record[fields.script])?,
            line: record[fields.line],
            column: record[fields.column],
        })
    };
    numbers.chunks_exact(fields.function_stride).map(function).collect()
}

/// The calls of a tree, without recursion: it is as deep as the stacks were.
fn calls(json: &[u8], fields: &TraceFields) -> Option<FxHashMap<u32, Call>> {
    let mut calls = FxHashMap::default();
    // The calls that are open, and what of the next one is known.
    let mut open: Vec<u32> = vec![0];
    let mut record: Vec<u32> = Vec::with_capacity(fields.call_stride);
    let mut number: Option<u32> = None;
    for &byte in json {
        if let b'0'..=b'9' = byte {
            number = Some(number.unwrap_or(0).checked_mul(10)?.checked_add(u32::from(byte - b'0'))?);
            continue;
        }
        record.extend(number.take());
        match byte {
            b'[' => {
                if record.len() != fields.call_stride {
                    return None;
                }
                let id = record[fields.id];
                calls.insert(id, Call { function: record[fields.function], caller: *open.last()? });
                open.push(id);
                record.clear();
            }
            b']' => {
                open.pop()?;
                if !record.is_empty() {
                    return None;
                }
            }
            b',' | b' ' | b'\n' | b'\r' | b'\t' => {}
            _ => return None,
        }
    }
    open.is_empty().then_some(calls)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields() -> TraceFields {
        let meta = r#"{"trace_function_info_fields":["function_id","name","script_name","script_id","line","column"],
            "trace_node_fields":["id","function_info_index","count","size","children"]}"#;
        TraceFields::of(&serde_json::from_str(meta).unwrap()).unwrap()
    }

    /// As the scanner hands them on: without the first bracket.
    fn traces(functions: &str, tree: &str) -> Traces {
        let mut raw = RawTraces::default();
        raw.extend(TraceSection::Functions, functions.as_bytes());
        raw.extend(TraceSection::Tree, tree.as_bytes());
        Traces::read(&raw, &fields(), vec![0, 3, 4, 9], 8)
    }

    #[test]
    fn a_stack_leads_from_the_innermost_call_to_the_root() {
        let traces =
            traces("0,1,0,0,0,0,\n7,2,3,1,10,5,\n8,4,3,1,20,6]", "1,0,0,0,[2,1,0,0,[3,2,300,9600,[]],\n4,1,1,8,[]]]");
        let lines = |node| traces.stack(traces.of(NodeIndex(node)).unwrap()).map(|it| it.line).collect::<Vec<_>>();
        assert_eq!(traces.of(NodeIndex(0)), None);
        assert_eq!(lines(1), [20, 10, 0]);
        assert_eq!(lines(2), [10, 0]);
        assert_eq!(lines(3), [0; 0], "a call that is not there");
        assert_eq!(traces.of(NodeIndex(4)), None);
    }

    #[test]
    fn what_is_broken_is_absent() {
        assert!(!traces("]", "1,0,0,0,[]]").is_empty());
        for (functions, tree) in [
            ("1,2", "1,0,0,0,[]]"),
            ("1,9,9,1,1,1]", "1,0,0,0,[]]"),
            ("]", "1,0,0,[]]"),
            ("]", "1,0,0,0,[]"),
            ("]", "1,0,0,0,[]]]"),
            ("]", "99999999999,0,0,0,[]]"),
            ("]", "1,x"),
        ] {
            assert!(traces(functions, tree).is_empty(), "{functions} {tree}");
        }
        // A call that is its own caller.
        let ring = traces("]", "3,0,0,0,[3,0,0,0,[]]]");
        assert!(ring.stack(Trace(3)).count() <= LONGEST_STACK);
    }
}
