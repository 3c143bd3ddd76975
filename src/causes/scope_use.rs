//! One question, however it is answered: which functions of a scope use one of its variables, and does the function that is
//! kept, and keeps the scope, use it too?
//!
//! All functions that a call makes share one scope, and the scope holds every variable that *any* of them uses. So one small
//! function that is kept keeps what its siblings needed. Whoever can answer is in [`ANSWERERS`], the surest first; the first
//! that knows something is believed, and the answer says how it is known.
//!
//! From the source ([`crate::analysis::sources`]), where it can be had: a parser resolves every name.
//!
//! From the bytecode ([`uses`]): a function names each `let`, `const` and class of an outer scope that it uses. So what has
//! bytecode, and does not name a variable that a sibling names, does not use it. A function that never ran has no bytecode;
//! `var`s and parameters are never named; and a property of the same name looks like the variable. `O(functions of the scope
//! and their constants + scopes of the same function)`.
//!
//! Context `-scope_info->` ScopeInfo; functions that stand in it refer to it as `raw_outer_scope_info_or_feedback_metadata`
//! until they are compiled, and by a ScopeInfo of their own from then on. Seen in Node 20 to 26.
//! Source: V8 `src/objects/shared-function-info.h`, `src/objects/scope-info.tq`.

use std::collections::BTreeSet;

use super::uses;
use crate::analysis::node_ref::Describer;
use crate::analysis::places;
use crate::analysis::scripts::SourceLocation;
use crate::graph::Snapshot;
use crate::snapshot::{EdgeIndex, EdgeKind, Heap, NodeIndex, NodeKind};

/// At most so many functions of a scope are looked at.
const MOST_FUNCTIONS: usize = 1 << 10;
/// At most so many retainers of a piece of code are looked at: a scope has as many as there are calls that are not done.
const MOST_RETAINERS: usize = 1 << 16;

/// What is asked.
pub(super) struct Question<'a> {
    /// Speaks of the snapshot.
    pub(super) describer: Describer<'a>,
    /// The scope: a `system / Context`.
    pub(super) scope: NodeIndex,
    /// A variable of it.
    pub(super) variable: &'a str,
    /// The closure that is kept, of this scope or of one inside of it.
    pub(super) kept: NodeIndex,
}

/// How an answer is known.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum KnownBy {
    /// From the source of the script.
    Source,
    /// From names in the functions' bytecode.
    Bytecode,
}

impl KnownBy {
    /// As evidence has it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Source => "source",
            Self::Bytecode => "bytecode",
        }
    }
}

/// A function that uses the variable.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct User {
    /// Empty for one without a name.
    pub(super) name: String,
    /// Where it stands, if that is known.
    pub(super) location: Option<SourceLocation>,
}

impl User {
    /// `render`, or the place of a function without a name.
    pub(super) fn label(&self) -> String {
        match (self.name.as_str(), &self.location) {
            ("", Some(location)) => format!("the function at {}", places::place(location)),
            ("", None) => "a function without a name".to_owned(),
            (name, _) => format!("`{name}`"),
        }
    }
}

/// What is known.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct ScopeUse {
    /// Whether the kept function, or one inside of it, uses the variable; `None` if that is not known.
    pub(super) kept_uses_it: Option<bool>,
    /// Whether it is known to use no variable of the functions around it.
    pub(super) kept_uses_nothing: bool,
    /// The other functions of the scope that do, as far as known.
    pub(super) users: Vec<User>,
    /// How it is known; `None` if nothing is.
    pub(super) known_by: Option<KnownBy>,
}

/// Nobody knows.
const UNKNOWN: ScopeUse = ScopeUse { kept_uses_it: None, kept_uses_nothing: false, users: Vec::new(), known_by: None };

/// Those who may know, the surest first.
const ANSWERERS: &[fn(&Question<'_>) -> Option<ScopeUse>] = &[by_source, by_bytecode];

/// Which functions of the scope use the variable.
pub(super) fn ask(question: &Question<'_>) -> ScopeUse {
    ANSWERERS.iter().find_map(|answer| answer(question)).unwrap_or(UNKNOWN)
}

/// What the source says, if it can be had: it knows of every function and every variable.
fn by_source(question: &Question<'_>) -> Option<ScopeUse> {
    let known = question.describer.variable_use(question.kept, question.variable)?;
    let user = |location: SourceLocation| User {
        name: location.function_name.as_ref().map_or_else(String::new, ToString::to_string),
        location: Some(location),
    };
    Some(ScopeUse {
        kept_uses_it: Some(known.kept_uses_it),
        kept_uses_nothing: known.kept_uses_nothing,
        users: known.users.into_iter().map(user).collect(),
        known_by: Some(KnownBy::Source),
    })
}

/// What the functions' bytecode tells.
fn by_bytecode(question: &Question<'_>) -> Option<ScopeUse> {
    let snapshot = question.describer.snapshot();
    let heap = &snapshot.heap;
    let kept = heap.follow(question.kept, EdgeKind::Internal, "shared")?;
    let mut of_kept = own_scope(heap, kept).map_or_else(BTreeSet::new, |scope| functions_inside(snapshot, scope));
    of_kept.insert(kept);
    let others = heap
        .follow(question.scope, EdgeKind::Internal, "scope_info")
        .map_or_else(BTreeSet::new, |scope| functions_inside(snapshot, scope));
    let names_it = |&function: &NodeIndex| uses::names(heap, function, question.variable);
    let users: Vec<User> = others
        .difference(&of_kept)
        .filter(|function| names_it(function) == Some(true))
        .map(|&function| user(&question.describer, function))
        .collect();
    let by_kept: Vec<Option<bool>> = of_kept.iter().map(names_it).collect();
    let kept_uses_it = if by_kept.contains(&Some(true)) {
        Some(true)
    } else if !users.is_empty() && !by_kept.contains(&None) {
        Some(false)
    } else if others.is_subset(&of_kept) && !others.is_empty() {
        // There is nobody else for whom the variable would be in the scope.
        Some(true)
    } else {
        None
    };
    (kept_uses_it.is_some() || !users.is_empty()).then_some(ScopeUse {
        kept_uses_it,
        kept_uses_nothing: false,
        users,
        known_by: Some(KnownBy::Bytecode),
    })
}

/// A function, by its SharedFunctionInfo.
fn user(describer: &Describer<'_>, function: NodeIndex) -> User {
    let snapshot = describer.snapshot();
    let name = snapshot.heap.strings.text(snapshot.heap.nodes.name(function)).to_string();
    let location = retainers(snapshot, function)
        .filter(|&(edge, _)| is(&snapshot.heap, edge, "shared"))
        .find_map(|(_, closure)| describer.location(closure));
    // What V8 writes for one without a name.
    User { name: if name == "(shared function info)" { String::new() } else { name }, location }
}

/// The function whose calls make scopes of this ScopeInfo, if it is known.
pub(super) fn maker(describer: &Describer<'_>, scope_info: NodeIndex) -> Option<User> {
    let snapshot = describer.snapshot();
    retainers(snapshot, scope_info)
        .find(|&(edge, _)| is(&snapshot.heap, edge, "name_or_scope_info"))
        .map(|(_, function)| user(describer, function))
}

/// The ScopeInfo of a function that is compiled.
fn own_scope(heap: &Heap, function: NodeIndex) -> Option<NodeIndex> {
    heap.follow(function, EdgeKind::Internal, "name_or_scope_info").filter(|&it| is_scope_info(heap, it))
}

/// The functions that stand in a scope, at any depth, as SharedFunctionInfos.
fn functions_inside(snapshot: &Snapshot, scope_info: NodeIndex) -> BTreeSet<NodeIndex> {
    let heap = &snapshot.heap;
    let mut functions = BTreeSet::new();
    let mut seen = BTreeSet::from([scope_info]);
    let mut open = vec![scope_info];
    while let Some(scope) = open.pop() {
        for (edge, source) in retainers(snapshot, scope) {
            if functions.len() >= MOST_FUNCTIONS {
                return functions;
            }
            if is(heap, edge, "raw_outer_scope_info_or_feedback_metadata") {
                functions.insert(source);
            } else if is_scope_info(heap, source) && seen.insert(source) {
                open.push(source);
            } else if is(heap, edge, "name_or_scope_info") && scope != scope_info {
                functions.insert(source);
            }
        }
    }
    functions
}

fn retainers(snapshot: &Snapshot, node: NodeIndex) -> impl Iterator<Item = (EdgeIndex, NodeIndex)> + '_ {
    snapshot.graph.retainers.of(&snapshot.heap.nodes, node).take(MOST_RETAINERS)
}

fn is(heap: &Heap, edge: EdgeIndex, name: &str) -> bool {
    heap.edges.kind(edge.at()) == EdgeKind::Internal && heap.edge_is_named(edge.at(), name)
}

fn is_scope_info(heap: &Heap, node: NodeIndex) -> bool {
    heap.nodes.kind(node) == NodeKind::CODE && heap.node_is_named(node, "system / ScopeInfo")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::disclosure::StringContents;
    use crate::analysis::scripts::Scripts;
    use crate::testing::program::{Function, Program};

    /// `handle` has the functions `get`, which is kept, and `render`.
    struct Handle {
        program: Program,
        outer: NodeIndex,
        scope: NodeIndex,
        get: Function,
        render: Function,
        kept: NodeIndex,
    }

    fn handle() -> Handle {
        let mut program = Program::new("/srv/app/dist/home.js");
        let outer = program.scope_info(None);
        let big = program.string("BODY", 8000);
        let scope = program.scope(&[("big", big)]);
        program.builder.edge(scope, EdgeKind::Internal, "scope_info", outer);
        let (get, render) = (program.function("get", 14, 5), program.function("render", 10, 5));
        let kept = program.closure(get, "get", Some(scope));
        program.builder.property(program.global, "kept", kept);
        Handle { program, outer, scope, get, render, kept }
    }

    impl Handle {
        fn ask(&self) -> ScopeUse {
            let snapshot = self.program.snapshot();
            let scripts = Scripts::new(&snapshot.heap);
            let describer = Describer::new(&snapshot, &scripts, StringContents::None);
            ask(&Question { describer, scope: self.scope, variable: "big", kept: self.kept })
        }
    }

    fn names(known: &ScopeUse) -> Vec<&str> {
        known.users.iter().map(|user| user.name.as_str()).collect()
    }

    #[test]
    fn a_function_that_names_no_variable_that_its_sibling_names_does_not_use_it() {
        let mut handle = handle();
        handle.program.compile(handle.get, handle.outer, &["id"]);
        handle.program.compile(handle.render, handle.outer, &["big", "length"]);
        let known = handle.ask();
        assert_eq!((known.kept_uses_it, names(&known)), (Some(false), vec!["render"]));
        assert_eq!(known.known_by, Some(KnownBy::Bytecode));
    }

    #[test]
    fn a_function_that_names_it_uses_it() {
        let mut handle = handle();
        handle.program.compile(handle.get, handle.outer, &["big"]);
        handle.program.compile(handle.render, handle.outer, &["big"]);
        assert_eq!(handle.ask().kept_uses_it, Some(true));
    }

    #[test]
    fn a_function_inside_of_the_kept_one_uses_it_for_it() {
        let mut handle = handle();
        let inside = handle.program.compile(handle.get, handle.outer, &["id"]);
        let inner = handle.program.function("inner", 15, 5);
        handle.program.compile(inner, inside, &["big"]);
        let known = handle.ask();
        assert_eq!((known.kept_uses_it, names(&known)), (Some(true), vec![]));
    }

    #[test]
    fn a_function_inside_of_a_sibling_is_a_user_and_so_is_one_in_a_block() {
        let mut handle = handle();
        handle.program.compile(handle.get, handle.outer, &["id"]);
        let inside = handle.program.compile(handle.render, handle.outer, &[]);
        let block = handle.program.scope_info(Some(inside));
        let inner = handle.program.function("inner", 15, 5);
        handle.program.compile(inner, block, &["big"]);
        let known = handle.ask();
        assert_eq!((known.kept_uses_it, names(&known)), (Some(false), vec!["inner"]));
    }

    #[test]
    fn of_what_never_ran_nothing_is_known_unless_there_is_nobody_else() {
        let mut handle = handle();
        handle.program.never_run(handle.get, handle.outer);
        assert_eq!(handle.ask().kept_uses_it, Some(true), "for nobody else would the variable be there");
        handle.program.compile(handle.render, handle.outer, &["big"]);
        let known = handle.ask();
        assert_eq!((known.kept_uses_it, names(&known)), (None, vec!["render"]));
    }

    #[test]
    fn variables_that_nobody_names_may_be_parameters() {
        let mut handle = handle();
        handle.program.compile(handle.get, handle.outer, &["id"]);
        handle.program.compile(handle.render, handle.outer, &["length"]);
        assert_eq!(handle.ask(), UNKNOWN);
    }

    #[test]
    fn users_are_told_with_their_place() {
        let mut handle = handle();
        handle.program.compile(handle.get, handle.outer, &["id"]);
        handle.program.compile(handle.render, handle.outer, &["big"]);
        let closure = handle.program.closure(handle.render, "render", Some(handle.scope));
        handle.program.builder.property(handle.program.global, "render", closure);
        let users = handle.ask().users;
        assert_eq!(users[0].location.as_ref().map(|location| location.line), Some(10));
        assert_eq!(users[0].label(), "`render`");
        assert_eq!(User { name: String::new(), ..users[0].clone() }.label(), "the function at dist/home.js:10:5");
    }
}
