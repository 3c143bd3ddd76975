//! Paths as text: on one line, as one would write it in JavaScript, or as a small tree. `O(steps)`.

use super::layout::{columns, shortened, visible};
use super::style::{Ink, Style};
use crate::analysis::node_ref::{NodeRef, PathStep};
use crate::analysis::places;

/// Names are shortened to so many columns.
const NAME_LENGTH: usize = 60;
/// Equal steps in a row, as along a list, are folded from this many on.
const FOLD: usize = 4;

/// A node: `function handler`, `scope`, `Map`.
pub(super) fn node(node: &NodeRef) -> String {
    node_named(&node.kind, &node.name.to_str(), NAME_LENGTH)
}

/// The same by V8's type and the name.
pub(super) fn node_named(kind: &str, name: &str, most: usize) -> String {
    match kind {
        "closure" => format!("function {}", shortened(name, most)),
        "object" | "native" if name == "system / Context" => "scope".to_owned(),
        _ if name.is_empty() => format!("({kind})"),
        _ => shortened(name, most),
    }
}

fn edge(step: &PathStep) -> String {
    edge_named(step.edge_type, &step.edge_name.to_str())
}

/// An edge, by its type and name: `.property`, `[3]`, `variable x`, `(internal field)`.
pub(super) fn edge_named(edge_type: &str, name: &str) -> String {
    let name = shortened(name, NAME_LENGTH);
    match edge_type {
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

/// A step of a drawn path.
pub(super) struct Drawn {
    /// How far in it stands.
    pub(super) depth: usize,
    /// `.cache → Map`.
    pub(super) text: String,
    /// Where the function stands in the source.
    pub(super) place: Option<String>,
}

/// The steps as they are drawn: runs of equal ones are folded to one.
pub(super) fn drawn(path: &[PathStep]) -> Vec<Drawn> {
    let mut steps = Vec::new();
    let mut at = 0;
    while at < path.len() {
        let step = &path[at];
        let is_equal = |other: &&PathStep| {
            (&other.edge_name, other.edge_type, &other.node.name) == (&step.edge_name, step.edge_type, &step.node.name)
        };
        let run = path[at..].iter().take_while(is_equal).count();
        let (count, times) = if run >= FOLD { (run, format!(" ({run} times)")) } else { (1, String::new()) };
        steps.push(Drawn {
            depth: steps.len(),
            text: format!("{} → {}{times}", edge(step), node(&step.node)),
            place: step.node.location.as_ref().filter(|_| step.node.kind == "closure").map(places::place),
        });
        at += count;
    }
    steps
}

/// From `top` downwards, a step a line, each further in: `└ .cache → Map`. Lines begin with `indent` spaces.
pub(super) fn tree(style: &Style, top: &str, path: &[PathStep], indent: usize) -> String {
    let mut text = format!("{}{}\n", " ".repeat(indent), shortened(top, style.columns() - indent));
    for step in drawn(path) {
        text.push_str(&" ".repeat(indent));
        text.push_str(&step_line(style, &step, style.columns() - indent));
        text.push('\n');
    }
    text
}

/// One line of a tree, of at most `width` columns: a step that is too long is shortened, its place is left out last.
pub(super) fn step_line(style: &Style, step: &Drawn, width: usize) -> String {
    // So deep the tree stays readable; what is deeper stands below each other.
    let deepest = width / 4;
    let padding = 2 * step.depth.min(deepest);
    let room = width - padding - 2;
    let place = step.place.as_deref().map_or_else(String::new, |place| format!("  {}", visible(place)));
    let place = if columns(&place) + 16 > room { String::new() } else { place };
    let body = shortened(&step.text, room - columns(&place));
    format!("{}{} {body}{}", " ".repeat(padding), style.paint(Ink::Faint, "└"), style.paint(Ink::Place, &place))
}
