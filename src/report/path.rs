//! Paths as text: on one line, as one would write it in JavaScript, or as a small tree. `O(steps)`.

use super::layout::shortened;
use crate::analysis::node_ref::{NodeRef, PathStep};
use crate::analysis::places;

/// Names are shortened to so many characters.
const NAME_LENGTH: usize = 60;
/// Equal steps in a row, as along a list, are folded from this many on.
const FOLD: usize = 4;

/// A node: `function handler`, `scope`, `Map`.
pub(super) fn node(node: &NodeRef) -> String {
    let name = shortened(&node.name.to_str(), NAME_LENGTH);
    match node.kind.as_str() {
        "closure" => format!("function {name}"),
        "object" | "native" if name == "system / Context" => "scope".to_owned(),
        _ => name,
    }
}

/// An edge: `.property`, `[3]`, `variable x`, `(internal field)`.
fn edge(step: &PathStep) -> String {
    let name = shortened(&step.edge_name.to_str(), NAME_LENGTH);
    match step.edge_type {
        "property" if name.starts_with(['<', '[']) => format!("[{}]", name.trim_matches(['<', '>', '[', ']'])),
        "property" => format!(".{name}"),
        "element" => format!("[{name}]"),
        "context" => format!("variable {name}"),
        "hidden" => "(hidden)".to_owned(),
        "omitted" => format!("… {name} …"),
        _ => format!("({name})"),
    }
}

/// From the root to its end, on one line: `process.mainModule.children[0].exports.cache`. What leads to `process` is nobody's
/// question.
pub(super) fn line(path: &[PathStep]) -> String {
    let is_known = |step: &PathStep| step.node.kind == "object" && step.node.name == "process";
    let start = path.iter().rposition(is_known).or_else(|| (!path.is_empty()).then_some(0));
    let Some(start) = start else { return "(root)".to_owned() };
    let mut text = node(&path[start].node);
    for step in &path[start + 1..] {
        let edge = edge(step);
        match step.edge_type {
            "property" | "element" => text.push_str(&edge),
            _ => text.extend([" → ", &edge]),
        }
    }
    text
}

/// From `top` downwards, a step a line, each further in: `└ .cache → Map`. Lines begin with `indent`.
pub(super) fn tree(top: &str, path: &[PathStep], indent: &str) -> String {
    let mut text = format!("{top}\n");
    let mut depth = 0;
    let mut at = 0;
    while at < path.len() {
        let step = &path[at];
        let is_equal = |other: &&PathStep| {
            (&other.edge_name, other.edge_type, &other.node.name) == (&step.edge_name, step.edge_type, &step.node.name)
        };
        let run = path[at..].iter().take_while(is_equal).count();
        let (count, times) = if run >= FOLD { (run, format!(" ({run} times)")) } else { (1, String::new()) };
        let place = match &step.node.location {
            Some(location) if step.node.kind == "closure" => format!("  {}", places::place(location)),
            _ => String::new(),
        };
        let padding = "  ".repeat(depth);
        text.push_str(&format!("{indent}{padding}└ {} → {}{times}{place}\n", edge(step), node(&step.node)));
        at += count;
        depth += 1;
    }
    text
}
