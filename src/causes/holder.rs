//! Whose a collection is: the variable or property that holds it, and where in the source that is, as far as a heap tells.
//!
//! A variable lives in a scope; the functions that see it are those whose scope it is. If that is one function, or only one
//! uses it ([`uses`]), that is the place; else only the file is. A field is of a class, and an object of a class tells its
//! constructor; the one method that adds to the field is the place, if it is one. Where that is only a class or a file, the one line of
//! the source that adds is the place. What an ES module exports does not stand in its scope, but in a cell of its table of exports,
//! which tells the name; the scope is the one that the module extends. (V8 `src/objects/module.h`, Node 20 to 26.)
//! `O(path + functions of the scope)`.

use std::collections::BTreeSet;

use super::collections::{self, CollectionKind};
use super::makers;
use super::uses;
use crate::analysis::disclosure::HIDDEN_KEY;
use crate::analysis::node_ref::Describer;
use crate::analysis::places;
use crate::analysis::scopes;
use crate::analysis::scripts::SourceLocation;
use crate::analysis::signature;
use crate::analysis::source_additions::BY_KEY;
use crate::snapshot::{EdgeIndex, EdgeKind, Heap, NodeIndex, NodeKind, Text};

/// Scopes inside of a scope are looked at for functions so deep.
const MOST_INNER_SCOPES: usize = 8;
/// And at most so many functions.
const MOST_FUNCTIONS: usize = 1 << 10;

/// Whose it is.
pub(super) struct Holder {
    /// `cache`, `Registry.jobs`, `exports.cache`, or empty.
    pub(super) name: String,
    /// Whether the name is the collection's own; else it is that of what it lies in.
    pub(super) is_direct: bool,
    /// The one place in the source, if there is one.
    pub(super) location: Option<SourceLocation>,
    /// Whether that is only the place of a class, which may do much else.
    pub(super) is_class_only: bool,
    /// Where something is added to it, if the source can be had and adds in one place only.
    pub(super) added_at: Option<SourceLocation>,
    /// The script, short.
    pub(super) file: Option<String>,
    /// And as it was loaded.
    pub(super) url: Option<Text>,
    /// Functions that see the variable.
    pub(super) functions: Vec<String>,
    /// Whether it is Node's own.
    pub(super) is_internal: bool,
}

impl Holder {
    /// The holder of the collection that the path leads to.
    pub(super) fn of(describer: &Describer<'_>, path: &[EdgeIndex], kind: CollectionKind) -> Self {
        Self::with_methods(describer, path, adding_methods(kind))
    }

    /// The holder of what the path leads to, used by those who call one of `methods`.
    pub(super) fn with_methods(describer: &Describer<'_>, path: &[EdgeIndex], methods: &[&str]) -> Self {
        let mut holder = Self {
            name: String::new(),
            is_direct: true,
            location: None,
            is_class_only: false,
            added_at: None,
            file: None,
            url: None,
            functions: Vec::new(),
            is_internal: false,
        };
        let heap = &describer.snapshot().heap;
        let source_of = |at: usize| match at.checked_sub(1) {
            Some(before) => heap.edges.target(path[before].at()),
            None => NodeIndex::ROOT,
        };
        for at in (0..path.len()).rev() {
            let (edge, source) = (path[at], source_of(at));
            if let Some(module) = module_of_cell(heap, source, at.checked_sub(2).map(source_of)) {
                holder.of_export(describer, module, source, methods);
                holder.is_direct = at + 1 == path.len();
                break;
            }
            if holder.name.is_empty() {
                holder.name = name(describer, source, edge, at.checked_sub(1).map(|before| path[before]));
                holder.is_direct = at + 1 == path.len();
            }
            match heap.edges.kind(edge.at()) {
                // The name of a block's variable is not always known: then it is a number, which nobody uses.
                EdgeKind::Context | EdgeKind::Hidden if heap.node_is_named(source, "system / Context") => {
                    holder.of_scope(describer, source, &describer.edge_name(edge).to_string(), methods);
                    break;
                }
                EdgeKind::Property if heap.nodes.kind(source) == NodeKind::CLOSURE || is_class(heap, source) => {
                    // What a module exports is its own, though the module is Node's object.
                    if heap.edge_is_named(edge.at(), "exports") {
                        break;
                    }
                    let location = describer.location(source);
                    if location.as_ref().is_some_and(|location| is_attached(heap, location, edge)) {
                        break;
                    }
                    holder.at(location);
                    if holder.location.is_some() {
                        holder.is_class_only = !holder.by_method(describer, source, methods);
                    }
                    if holder.location.is_some() || holder.is_internal {
                        break;
                    }
                }
                // What was bound to a function need not be of the one who did it.
                EdgeKind::Internal if heap.nodes.kind(source) == NodeKind::CLOSURE => break,
                _ => {}
            }
        }
        holder
    }

    /// `Map cache`, or `array in sessions` if that is an element of what has the name.
    pub(super) fn label(&self, class_name: &str) -> String {
        match (self.name.as_str(), self.is_direct) {
            ("", _) => class_name.to_owned(),
            (name, true) => format!("{class_name} {name}"),
            (name, false) => format!("{class_name} in {name}"),
        }
    }

    /// The place as titles tell it, if any is known.
    pub(super) fn place(&self) -> Option<String> {
        self.location.as_ref().map(places::place).or_else(|| self.file.clone())
    }

    fn at(&mut self, location: Option<SourceLocation>) {
        let Some(location) = location else { return };
        self.is_internal = location.url.to_str().starts_with("node:");
        if !self.is_internal {
            self.file = Some(places::short_url(&location.url.to_str())).filter(|file| !file.is_empty());
            self.url = Some(location.url.clone()).filter(|_| self.file.is_some());
            self.location = Some(location);
        }
    }

    /// Where the source adds to a collection of this kind, if in one place: that says more than the class, or the file.
    pub(super) fn by_source(&mut self, describer: &Describer<'_>, kind: CollectionKind) {
        let name = self.name.rsplit('.').next().filter(|name| !name.is_empty());
        let (Some(name), Some(url)) = (name, self.url.as_ref()) else { return };
        if self.is_internal || places::package_of(&url.to_str()).is_some() {
            return;
        }
        let methods = match kind {
            CollectionKind::Dictionary => &[BY_KEY],
            _ => adding_methods(kind),
        };
        let mut places = describer.additions(url, name, methods).into_iter();
        if let (Some(only), None) = (places.next(), places.next()) {
            if self.location.is_none() || self.is_class_only {
                self.location = Some(only.clone());
            }
            self.added_at = Some(only);
        }
    }

    /// The one method of the class that adds to the field says more than the class. Whether there is one.
    fn by_method(&mut self, describer: &Describer<'_>, object: NodeIndex, adding: &[&str]) -> bool {
        let heap = &describer.snapshot().heap;
        let Some((_, field)) = self.name.rsplit_once('.').filter(|_| heap.nodes.kind(object) == NodeKind::OBJECT)
        else {
            return false;
        };
        let adds = |&method: &NodeIndex| {
            uses::called(heap, method)
                .iter()
                .any(|names| names.contains(field) && adding.iter().any(|it| names.contains(*it)))
        };
        let mut adding = self::methods(heap, object).into_iter().filter(adds);
        let only = adding.next().filter(|_| adding.next().is_none());
        let Some(place) = only.and_then(|only| describer.location(only)) else { return false };
        self.location = Some(place);
        true
    }

    /// What the ES module exports by a cell.
    fn of_export(&mut self, describer: &Describer<'_>, module: NodeIndex, cell: NodeIndex, methods: &[&str]) {
        let snapshot = describer.snapshot();
        if let Some(name) = name_of_export(&snapshot.heap, module, cell) {
            if self.name.is_empty() {
                self.name.clone_from(&name);
            }
            let extends = |&(edge, _): &(EdgeIndex, NodeIndex)| snapshot.heap.edge_is_named(edge.at(), "extension");
            if let Some((_, scope)) = snapshot.graph.retainers.of(&snapshot.heap.nodes, module).find(extends) {
                self.of_scope(describer, scope, &name, methods);
            }
        }
    }

    /// A variable of a scope.
    fn of_scope(&mut self, describer: &Describer<'_>, scope: NodeIndex, variable: &str, methods: &[&str]) {
        let closures = functions(describer, scope);
        let locations: Vec<SourceLocation> =
            closures.iter().filter_map(|&closure| describer.location(closure)).collect();
        let Some(first) = locations.first().cloned() else { return };
        let names = locations.iter().filter_map(|location| location.function_name.as_ref().map(ToString::to_string));
        self.functions = names.filter(|name| !name.is_empty()).collect::<BTreeSet<_>>().into_iter().collect();
        let is_one = locations.iter().all(|location| *location == first);
        self.at(Some(first));
        if !is_one && self.location.take().is_some() {
            let of_module =
                |closure: &NodeIndex| describer.location(*closure).is_some_and(|place| makers::is_of_module(&place));
            let (module, closures): (Vec<NodeIndex>, Vec<NodeIndex>) = closures.into_iter().partition(of_module);
            let heap = &describer.snapshot().heap;
            let only_user = |closures: &[NodeIndex]| uses::only_user(heap, closures, variable, methods);
            let user = only_user(&closures).or_else(|| only_user(&[closures, module].concat()));
            self.location = user.and_then(|closure| describer.location(closure));
        }
        // That is no place in it.
        self.location.take_if(|place| makers::is_of_module(place));
    }
}

/// Whether a program has put the property on an object of Node's public classes: `server.sessions = {}`. Node's own fields begin
/// with an underscore or are symbols, but for a few.
fn is_attached(heap: &Heap, class: &SourceLocation, edge: EdgeIndex) -> bool {
    const NODES_OWN: [&str; 3] = ["sockets", "freeSockets", "requests"];
    let url = class.url.to_str();
    let is_public = url.starts_with("node:") && !url.starts_with("node:internal/");
    let name = heap.edges.name(edge.at());
    is_public
        && name.is_some_and(|name| {
            !["_", "<", "#"].iter().any(|mark| heap.strings.starts_with(name, mark))
                && !NODES_OWN.iter().any(|own| heap.strings.is(name, own))
        })
}

/// The ES module whose export stands in `cell`, if `module` is one: it refers to the cell by a table.
fn module_of_cell(heap: &Heap, cell: NodeIndex, module: Option<NodeIndex>) -> Option<NodeIndex> {
    let is = |node, name| heap.nodes.kind(node) == NodeKind::HIDDEN && heap.node_is_named(node, name);
    module.filter(|&module| is(cell, "system / Cell") && is(module, "system / SourceTextModule"))
}

/// The name of an export: it stands before the cell in the module's table of exports.
fn name_of_export(heap: &Heap, module: NodeIndex, cell: NodeIndex) -> Option<String> {
    let tables = heap.nodes.edges(module).map(|edge| heap.edges.target(edge));
    let tables = tables.filter(|&table| heap.nodes.kind(table) == NodeKind::ARRAY);
    tables.into_iter().find_map(|table| {
        let slots = collections::slots(heap, table);
        slots.windows(2).find_map(|pair| {
            let [(at, key), (next, value)] = *pair else { return None };
            let is_key = heap.nodes.kind(key) == NodeKind::STRING && next == at + 1 && value == cell;
            is_key.then(|| heap.strings.text(heap.nodes.name(key)).to_string())
        })
    })
}

/// What is called to add to a collection.
pub(super) fn adding_methods(kind: CollectionKind) -> &'static [&'static str] {
    match kind {
        CollectionKind::Map => &["set"],
        CollectionKind::Set => &["add"],
        CollectionKind::Array => &["push", "unshift"],
        CollectionKind::Dictionary => &[],
    }
}

/// The functions of a scope that have a place; if it has none of its own, those of scopes inside.
pub(super) fn functions(describer: &Describer<'_>, scope: NodeIndex) -> Vec<NodeIndex> {
    let snapshot = describer.snapshot();
    let heap = &snapshot.heap;
    let mut scopes = vec![scope];
    for _ in 0..MOST_INNER_SCOPES {
        let retainers = || scopes.iter().flat_map(|&scope| snapshot.graph.retainers.of(&heap.nodes, scope));
        let is = |edge: EdgeIndex, name| {
            heap.edges.kind(edge.at()) == EdgeKind::Internal && heap.edge_is_named(edge.at(), name)
        };
        let found: Vec<NodeIndex> = retainers()
            .filter(|&(edge, source)| heap.nodes.kind(source) == NodeKind::CLOSURE && is(edge, "context"))
            .map(|(_, source)| source)
            .filter(|&source| describer.location(source).is_some())
            .take(MOST_FUNCTIONS)
            .collect();
        if !found.is_empty() {
            return found;
        }
        let inner: Vec<NodeIndex> =
            retainers().filter(|&(edge, _)| is(edge, "previous")).map(|it| it.1).take(MOST_FUNCTIONS).collect();
        scopes = inner;
    }
    Vec::new()
}

/// The properties that refer to something.
pub(super) fn properties(heap: &Heap, object: NodeIndex) -> impl Iterator<Item = (usize, NodeIndex)> + '_ {
    let edges = heap.nodes.edges(object).filter(|&edge| heap.edges.kind(edge) == EdgeKind::Property);
    edges.map(|edge| (edge, heap.edges.target(edge)))
}

/// The functions among an object's own properties, those of its prototype, and private ones, which the scope of the others has.
pub(super) fn methods(heap: &Heap, object: NodeIndex) -> Vec<NodeIndex> {
    let is_function = |node: &NodeIndex| heap.nodes.kind(*node) == NodeKind::CLOSURE;
    let prototype = heap.follow(object, EdgeKind::Property, "__proto__");
    let of = |object| properties(heap, object).filter(|&(edge, _)| !heap.edge_is_named(edge, "constructor"));
    let objects = [Some(object), prototype].into_iter().flatten();
    let mut methods: Vec<NodeIndex> = objects.flat_map(of).map(|it| it.1).filter(is_function).collect();
    if let Some(scope) = methods.first().and_then(|&method| heap.follow(method, EdgeKind::Internal, "context")) {
        let is_private = |node: &NodeIndex| heap.strings.starts_with(heap.nodes.name(*node), "#");
        let targets = heap.nodes.edges(scope).map(|edge| heap.edges.target(edge));
        methods.extend(targets.filter(is_function).filter(is_private));
    }
    methods
}

/// Whether the object is of a class that a program wrote, or Node.
pub(super) fn is_class(heap: &Heap, object: NodeIndex) -> bool {
    const BUILT_IN: [&str; 4] = ["Object", "Array", "Map", "Set"];
    heap.nodes.kind(object) == NodeKind::OBJECT && !BUILT_IN.iter().any(|name| heap.node_is_named(object, name))
}

/// The name of what an edge leads to: of a field with its class, of a property of a plain object with the object's own name.
fn name(describer: &Describer<'_>, source: NodeIndex, edge: EdgeIndex, before: Option<EdgeIndex>) -> String {
    let heap = &describer.snapshot().heap;
    let name = describer.edge_name(edge).to_string();
    let is_word = |name: &str| {
        !signature::is_index(name)
            && name != HIDDEN_KEY
            && name.starts_with(|c: char| c.is_alphabetic() || "_$#<".contains(c))
    };
    match heap.edges.kind(edge.at()) {
        EdgeKind::Context => name,
        EdgeKind::Hidden if scopes::variable(heap, edge).is_some() => name,
        EdgeKind::Property if is_word(&name) => {
            let holder = match heap.nodes.kind(source) {
                NodeKind::CLOSURE => describer.node(source).name.to_string(),
                _ if is_class(heap, source) => describer.class_name(source).to_string(),
                _ => before
                    .filter(|before| matches!(heap.edges.kind(before.at()), EdgeKind::Property | EdgeKind::Context))
                    .map_or_else(String::new, |before| describer.edge_name(before).to_string()),
            };
            let holder = holder.split(" / ").next().unwrap_or_default().to_owned();
            if is_word(&holder) && holder != "global" { format!("{holder}.{name}") } else { name }
        }
        _ => String::new(),
    }
}
