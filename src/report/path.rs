//! Paths as text: on one line, as one would write it in JavaScript, or as a small tree. `O(steps)`.

use super::layout::{columns, shortened, visible};
use super::style::{Ink, Style};
use crate::analysis::ignore::BEGINNINGS;
use crate::analysis::node_ref::{MODULE, NodeRef, PathStep};
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

/// From the root to its end, on one line: `module dist/cache.js → exports.cache`. What leads to `process`, to the global object
/// or to a module that is loaded is nobody's question.
pub(super) fn line(path: &[PathStep]) -> String {
    let start = path.iter().rposition(|step| is_beginning(step) || is_module(step));
    let Some(first) = path.get(start.unwrap_or_default()) else { return "(root)".to_owned() };
    let mut text = if is_beginning(first) { first.node.class_name.to_string() } else { node(&first.node) };
    let mut is_after_file = is_module(first);
    let rest = &path[start.unwrap_or_default() + 1..];
    for (at, step) in rest.iter().enumerate() {
        let is_to_scope =
            rest[at..].iter().find(|step| !is_of_vm(step)).is_some_and(|step| step.edge_type == "context");
        if is_of_vm(step) && (is_after_file || is_to_scope) {
            continue;
        }
        let edge = edge(step);
        match step.edge_type {
            "property" | "element" if !is_after_file => text.push_str(&edge),
            _ => text.extend([" → ", edge.trim_start_matches('.')]),
        }
        is_after_file = false;
    }
    text
}

fn is_beginning(step: &PathStep) -> bool {
    step.node.kind == "object" && BEGINNINGS.iter().any(|name| step.node.class_name == *name)
}

fn is_module(step: &PathStep) -> bool {
    step.node.kind == "object" && step.node.name.to_str().starts_with(MODULE)
}

/// Steps of the VM's own, such as those from a function to the scope around it.
fn is_of_vm(step: &PathStep) -> bool {
    matches!(step.edge_type, "internal" | "hidden")
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::{NodeId, Text};

    /// Steps `type|name|node`, with `, ` between them; of objects but for `name()`, a function.
    fn path(steps: &str) -> Vec<PathStep> {
        let step = |edge_type: &'static str, name: &str, node: &str| PathStep {
            edge_name: Text::from(name.to_owned()),
            edge_type,
            node: NodeRef {
                id: NodeId(1),
                name: Text::from(node.trim_end_matches("()").to_owned()),
                class_name: Text::from(node.to_owned()),
                kind: if node.ends_with("()") { "closure" } else { "object" }.to_owned(),
                shallow_size: 8,
                retained_size: 8,
                location: None,
            },
        };
        let types = ["property", "element", "internal", "hidden", "context"];
        let read = |text: &str| {
            let mut parts = text.splitn(3, '|');
            let mut next = || parts.next().unwrap_or_default().to_owned();
            let (kind, name, node) = (next(), next(), next());
            step(types.into_iter().find(|it| *it == kind).unwrap(), &name, &node)
        };
        steps.split(", ").filter(|text| !text.is_empty()).map(read).collect()
    }

    #[test]
    fn a_path_begins_where_the_program_does() {
        let cases = [
            ("", "(root)"),
            ("property|app|App, property|cache|Map", "App.cache"),
            ("element|1|global, property|process|process, property|_events|Object", "process._events"),
            (
                "property|process|process, property|mainModule|module dist/a.js, property|exports|Object",
                "module dist/a.js → exports",
            ),
            (
                "property|fetch|fetch(), internal|context|system / Context, property|exports|Object",
                "function fetch → (context).exports",
            ),
        ];
        for (steps, expected) in cases {
            assert_eq!(line(&path(steps)), expected, "{steps}");
        }
    }

    #[test]
    fn scopes_are_told_by_their_variables_alone() {
        let cases = [
            (
                "property|_cache|Object, property|/srv/a.js|module srv/a.js, property|exports|Object, property|Session|Session(), internal|context|system / Context, context|client|EventEmitter, property|pool|Array, element|3|Socket",
                "module srv/a.js → exports.Session → variable client.pool[3]",
            ),
            (
                "property|module|module srv/a.mjs, internal|2|system / SourceTextModule, hidden|1|Array, internal|context|system / Context, context|visits|Array",
                "module srv/a.mjs → variable visits",
            ),
            (
                "property|run|run(), internal|context|system / Context, internal|previous|system / Context, context|all|Map, internal|table|Array",
                "function run → variable all → (table)",
            ),
        ];
        for (steps, expected) in cases {
            assert_eq!(line(&path(steps)), expected, "{steps}");
        }
    }
}
