//! Which function of a script uses which variable of the functions around it, and where it adds to its collections, as its source
//! says.
//!
//! oxc parses the text and resolves its names; what is kept is a table of functions, by the place that V8 gives them, and of
//! variables that functions inside of their scope use. A function with a direct `eval` may use anything, which is why V8 keeps
//! everything for it. `O(text)`, on a thread with a stack that is large enough, or not at all ([`source_nesting`]).
//!
//! V8 places a function at its parameters, an arrow function at its beginning, and a class without a constructor of its own at
//! its `class`. Seen in Node 20 to 26. Source: V8 `src/parsing/parser-base.h` (`set_start_position`).

use oxc_allocator::Allocator;
use oxc_ast::AstKind;
use oxc_ast::ast::{Expression, MethodDefinitionKind, PropertyKey};
use oxc_parser::{ParseOptions, Parser};
use oxc_semantic::{AstNodes, NodeId, Semantic, SemanticBuilder};
use oxc_span::{GetSpan, SourceType, Span};
use rustc_hash::FxHashMap;

use super::source_additions::{self, Addition};
use super::source_nesting;

/// What a parser may take of the stack, and what it gets: pages that nothing touches cost nothing.
const MOST_STACK: usize = 96 << 20;
const STACK: usize = 128 << 20;

/// A place in a script, from 1, in UTF-16 units as V8 counts.
pub(super) type Place = (u32, u32);

/// What the text says of a variable.
#[derive(Debug, PartialEq)]
pub(super) struct VariableUse {
    /// Whether the function asked for, or one inside of it, uses the variable.
    pub(super) kept_uses_it: bool,
    /// Whether it uses no variable at all of the functions around it.
    pub(super) kept_uses_nothing: bool,
    /// The other functions that do, with their names (empty for none) and places.
    pub(super) users: Vec<(String, Place)>,
}

struct Function {
    place: Place,
    /// All of it; of a constructor, the whole class.
    span: Span,
    name: String,
    is_named: bool,
    is_arrow: bool,
}

struct Variable {
    /// Of the scope that it belongs to.
    scope: Span,
    /// Whether that is the script's or module's own.
    is_global: bool,
    /// Functions that use it, other than the one that declares it.
    users: Vec<usize>,
}

/// The functions and variables of a script.
pub(super) struct ScriptScopes {
    functions: Vec<Function>,
    by_place: FxHashMap<Place, usize>,
    variables: FxHashMap<String, Vec<Variable>>,
    /// Functions with a direct `eval`.
    evals: Vec<usize>,
    /// What adds to collections, each with its place, and the function that it stands in, if it is in one.
    additions: Vec<(Option<usize>, Addition, Place)>,
}

impl ScriptScopes {
    /// Parses a script; `None` if it is none, or could not be parsed without harm. `url` tells the language.
    pub(super) fn parse(text: String, url: &str) -> Option<Self> {
        source_nesting::stack_size(&text).filter(|&size| size <= MOST_STACK)?;
        let source_type = source_type(url);
        let parse = move || Self::read(&text, source_type);
        let thread = std::thread::Builder::new().name("leakscan-source".into()).stack_size(STACK).spawn(parse);
        thread.ok()?.join().ok()?
    }

    fn read(text: &str, source_type: SourceType) -> Option<Self> {
        let allocator = Allocator::default();
        let options = ParseOptions { allow_return_outside_function: true, ..ParseOptions::default() };
        let parsed = Parser::new(&allocator, text, source_type).with_options(options).parse();
        if parsed.panicked || !parsed.diagnostics.is_empty() {
            return None;
        }
        let semantic = SemanticBuilder::new().with_build_nodes(true).build(&parsed.program).semantic;
        Some(Reader::read(&semantic, text))
    }

    /// Where one of `methods` adds to something of this name: the places, one a line, with the names of the functions that they
    /// stand in.
    pub(super) fn additions(&self, name: &str, methods: &[&str]) -> Vec<(String, Place)> {
        let found = self.additions.iter().filter(|(_, it, _)| it.name == name && methods.contains(&it.method));
        let function = |&function: &usize| self.functions[function].name.clone();
        let mut places: Vec<(String, Place)> =
            found.map(|(around, _, place)| (around.as_ref().map(function).unwrap_or_default(), *place)).collect();
        places.sort_by_key(|&(_, place)| place);
        // `(days[day] ??= {})[user] = 1` is one.
        places.dedup_by_key(|(_, (line, _))| *line);
        places
    }

    /// What is known of `variable` of the scope around the function at `place`; `None` if the function or the variable is
    /// not there, or there is more than one such variable around it.
    pub(super) fn variable_use(&self, place: Place, name: &str, variable: &str) -> Option<VariableUse> {
        let &kept = self.by_place.get(&place)?;
        let kept = &self.functions[kept];
        // What is called otherwise is not the text that ran. V8 has names for functions that the text has not.
        if kept.is_named && !name.is_empty() && kept.name != name {
            return None;
        }
        let is_inside = |&user: &usize| contains(kept.span, self.functions[user].span);
        if self.evals.iter().any(is_inside) {
            return None;
        }
        let is_around = |it: &&Variable| contains(it.scope, kept.span) && it.scope != kept.span;
        let mut around = self.variables.get(variable)?.iter().filter(is_around);
        let (found, None) = (around.next()?, around.next()) else { return None };
        let evals = self.evals.iter().filter(|&&eval| contains(found.scope, self.functions[eval].span));
        let users = found.users.iter().chain(evals).filter(|user| !is_inside(user));
        let mut users: Vec<(String, Place)> =
            users.map(|&user| (self.functions[user].name.clone(), self.functions[user].place)).collect();
        users.sort_by_key(|user| user.1);
        users.dedup();
        let kept_uses_it = found.users.iter().any(is_inside);
        if !kept_uses_it && users.is_empty() {
            // Then nothing would have kept it.
            return None;
        }
        let mut used = self.variables.values().flatten().filter(|it| !it.is_global && is_around(it));
        let kept_uses_nothing = !used.any(|it| it.users.iter().any(is_inside));
        Some(VariableUse { kept_uses_it, kept_uses_nothing, users })
    }
}

/// Files whose language their name tells; the others tell by what is in them.
fn source_type(url: &str) -> SourceType {
    let name = url.split(['?', '#']).next().unwrap_or_default();
    match name.rsplit_once('.').map_or("", |(_, extension)| extension) {
        "mjs" => SourceType::mjs(),
        "cjs" => SourceType::cjs(),
        "ts" | "mts" | "cts" => SourceType::ts(),
        _ => SourceType::unambiguous(),
    }
}

fn contains(outer: Span, inner: Span) -> bool {
    outer.start <= inner.start && inner.end <= outer.end
}

/// Makes the tables of one text.
struct Reader<'s, 'a> {
    semantic: &'s Semantic<'a>,
    functions: Vec<Function>,
    /// Where each begins, in bytes.
    starts: Vec<u32>,
    /// By node: the function that it stands in, which of a function is that itself; none at the top.
    around: Vec<Option<usize>>,
}

impl<'s, 'a> Reader<'s, 'a> {
    fn read(semantic: &'s Semantic<'a>, text: &str) -> ScriptScopes {
        let nodes = semantic.nodes();
        let around = Vec::with_capacity(nodes.len());
        let mut reader = Self { semantic, functions: Vec::new(), starts: Vec::new(), around };
        // Nodes come after what they stand in.
        for node in nodes.iter() {
            let own = reader.function(nodes, node.id());
            let outer = match node.kind() {
                AstKind::Program(_) => None,
                _ => reader.around.get(nodes.parent_id(node.id()).index()).copied().flatten(),
            };
            reader.around.push(own.or(outer));
        }
        let mut variables: FxHashMap<String, Vec<Variable>> = FxHashMap::default();
        reader.declared(&mut variables);
        let evals = reader.of_functions(&mut variables);
        let by_place = reader.places(text);
        let additions = source_additions::read(nodes);
        let starts: Vec<u32> = additions.iter().map(|addition| addition.start).collect();
        let around = |addition: &Addition| reader.around.get(addition.node).copied().flatten();
        let additions = additions
            .into_iter()
            .zip(places(text, &starts))
            .map(|(addition, place)| (around(&addition), addition, place))
            .collect();
        ScriptScopes { functions: reader.functions, by_place, variables, evals, additions }
    }

    /// The number of the function that begins at the node.
    fn function(&mut self, nodes: &AstNodes<'a>, node: NodeId) -> Option<usize> {
        let parent = || nodes.parent_kind(node);
        let (start, span, own_name, is_arrow) = match nodes.kind(node) {
            AstKind::Function(function) => {
                function.body.as_ref()?;
                let (mut span, mut name) = (function.span, function.id.as_ref().map(|id| id.name.to_string()));
                if let AstKind::MethodDefinition(method) = parent()
                    && method.kind == MethodDefinitionKind::Constructor
                    && let Some(class) = nodes.ancestors(node).find_map(|it| it.kind().as_class())
                {
                    span = class.span;
                    name = class.id.as_ref().map(|id| id.name.to_string());
                }
                (function.params.span.start, span, name, false)
            }
            AstKind::ArrowFunctionExpression(arrow) => (arrow.span.start, arrow.span, None, true),
            AstKind::Class(class) => {
                (class.span.start, class.span, class.id.as_ref().map(|id| id.name.to_string()), false)
            }
            // Fields and blocks of a class are functions of their own.
            AstKind::PropertyDefinition(field) => (field.span.start, field.span, None, false),
            AstKind::StaticBlock(block) => (block.span.start, block.span, None, false),
            _ => return None,
        };
        let is_named = own_name.is_some();
        let name =
            own_name.or_else(|| given_name(nodes.kind(node))).or_else(|| given_name(parent())).unwrap_or_default();
        self.starts.push(start);
        self.functions.push(Function { place: (0, 0), span, name, is_named, is_arrow });
        Some(self.functions.len() - 1)
    }

    /// The variables that the text declares, as far as functions inside of their scope use them.
    fn declared(&self, variables: &mut FxHashMap<String, Vec<Variable>>) {
        let scoping = self.semantic.scoping();
        for symbol in scoping.symbol_ids() {
            let scope = scoping.get_node_id(scoping.symbol_scope_id(symbol));
            let own = self.around[scope.index()];
            let mut users: Vec<usize> = scoping
                .get_resolved_references(symbol)
                .filter(|reference| !reference.is_type())
                .filter_map(|reference| self.around[reference.node_id().index()])
                .filter(|&user| Some(user) != own)
                .collect();
            users.sort_unstable();
            users.dedup();
            if users.is_empty() {
                continue;
            }
            let kind = self.semantic.nodes().kind(scope);
            let is_global = matches!(kind, AstKind::Program(_));
            let variable = Variable { scope: kind.span(), is_global, users };
            variables.entry(scoping.symbol_name(symbol).to_owned()).or_default().push(variable);
        }
    }

    /// `this` and `arguments`, which arrow functions have of the function around them; and the functions with a direct `eval`.
    fn of_functions(&self, variables: &mut FxHashMap<String, Vec<Variable>>) -> Vec<usize> {
        let nodes = self.semantic.nodes();
        let mut evals = Vec::new();
        let mut users: FxHashMap<(&str, NodeId), Vec<usize>> = FxHashMap::default();
        for node in nodes.iter() {
            let name = match node.kind() {
                AstKind::ThisExpression(_) | AstKind::Super(_) => "this",
                AstKind::IdentifierReference(it) if it.name == "arguments" => "arguments",
                AstKind::CallExpression(call) if matches!(&call.callee, Expression::Identifier(it) if it.name == "eval") =>
                {
                    evals.extend(self.around[node.id().index()]);
                    continue;
                }
                _ => continue,
            };
            let Some(user) = self.around[node.id().index()].filter(|&user| self.functions[user].is_arrow) else {
                continue;
            };
            let is_owner = |kind: AstKind<'_>| {
                matches!(
                    kind,
                    AstKind::Function(_) | AstKind::Class(_) | AstKind::PropertyDefinition(_) | AstKind::Program(_)
                )
            };
            if let Some(owner) = nodes.ancestors(node.id()).find(|it| is_owner(it.kind())) {
                users.entry((name, owner.id())).or_default().push(user);
            }
        }
        for ((name, owner), mut users) in users {
            users.sort_unstable();
            users.dedup();
            let kind = nodes.kind(owner);
            let variable = Variable { scope: kind.span(), is_global: matches!(kind, AstKind::Program(_)), users };
            variables.entry(name.to_owned()).or_default().push(variable);
        }
        evals
    }

    /// Gives the functions their places.
    fn places(&mut self, text: &str) -> FxHashMap<Place, usize> {
        let mut by_place = FxHashMap::default();
        for (at, place) in places(text, &self.starts).into_iter().enumerate() {
            self.functions[at].place = place;
            // Of a class and what begins with it, the outer one.
            by_place.entry(place).or_insert(at);
        }
        by_place
    }
}

/// The places of positions in bytes, in one pass over the text.
fn places(text: &str, starts: &[u32]) -> Vec<Place> {
    let mut order: Vec<usize> = (0..starts.len()).collect();
    order.sort_by_key(|&at| starts[at]);
    let mut places = vec![(1, 1); starts.len()];
    let (mut line, mut column) = (1, 1);
    let mut chars = text.char_indices().peekable();
    for at in order {
        while let Some((_, it)) = chars.next_if(|&(position, _)| position < starts[at] as usize) {
            let is_pair = it == '\r' && chars.peek().is_some_and(|&(_, next)| next == '\n');
            if matches!(it, '\n' | '\r' | '\u{2028}' | '\u{2029}') && !is_pair {
                (line, column) = (line + 1, 1);
            } else {
                column += it.len_utf16() as u32;
            }
        }
        places[at] = (line, column);
    }
    places
}

/// The name that a function without one gets from what it is given to.
fn given_name(parent: AstKind<'_>) -> Option<String> {
    let of_key = |key: &PropertyKey<'_>| key.static_name().map(|name| name.to_string());
    match parent {
        AstKind::VariableDeclarator(it) => it.id.get_identifier_name().map(|name| name.to_string()),
        AstKind::MethodDefinition(it) => of_key(&it.key),
        AstKind::ObjectProperty(it) => of_key(&it.key),
        AstKind::PropertyDefinition(it) => of_key(&it.key),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::source_additions::BY_KEY;
    use super::*;

    /// The place of the mark `/**/` in the text is that of the function asked for.
    fn ask_of(text: &str, url: &str, name: &str, variable: &str) -> Option<String> {
        let before = text.split("/**/").next().unwrap_or_default();
        let line = before.matches('\n').count() as u32 + 1;
        let column = before.rsplit('\n').next().map_or(0, |it| it.encode_utf16().count() as u32) + 1 + 4;
        let known = ScriptScopes::parse(text.to_owned(), url)?.variable_use((line, column), name, variable)?;
        let users: Vec<String> =
            known.users.iter().map(|(name, (line, column))| format!("{name}@{line}:{column}")).collect();
        let kept = match known {
            VariableUse { kept_uses_it: true, .. } => "uses it",
            VariableUse { kept_uses_nothing: true, .. } => "uses nothing",
            _ => "uses others",
        };
        Some(format!("{kept}; {}", users.join(" ")))
    }

    fn ask(text: &str) -> Option<String> {
        ask_of(text, "/srv/app.js", "", "big")
    }

    #[test]
    fn siblings_that_use_the_variable_are_found() {
        let cases = [
            // A plain function, an arrow, a method; named by what they are given to.
            ("function f(big) { const use = () => big; return function /**/() {} }", "uses nothing; use@1:31"),
            ("function f() { let big; function use() { big } return /**/() => 1 }", "uses nothing; use@1:37"),
            ("const f = (big, id) => ({ use: () => big, kept: /**/() => id });", "uses others; use@1:32"),
            // It uses it itself, or a function inside of it does.
            ("function f(big) { return /**/() => big }", "uses it; "),
            ("function f(big) { const use = () => big; return /**/() => () => () => big }", "uses it; use@1:31"),
            // Deeper than the scope.
            ("function f(big) { { let x; return [() => () => big, /**/() => x] } }", "uses others; @1:42"),
            // Destructuring, defaults, generators, async functions, catch, for.
            ("function f({ a: [big = 1] }) { return [(x = big) => x, /**/() => 1] }", "uses nothing; @1:40"),
            (
                "function f(...big) { return [function* use() { yield big }, /**/async () => 1] }",
                "uses nothing; use@1:43",
            ),
            ("function f() { try {} catch (big) { g(() => big); return /**/() => 1 } }", "uses nothing; @1:39"),
            ("function f() { for (const big of x) { g(() => big); g(/**/() => 1) } }", "uses nothing; @1:41"),
            // Writing is using, a property of that name is not.
            (
                "function f() { let big; g(() => { big = 1 }); return /**/() => x.big + { big: 1 }.big }",
                "uses nothing; @1:27",
            ),
            ("function f(big) { g(() => ({ big })); return /**/() => 1 }", "uses nothing; @1:21"),
            // Classes: methods, constructors, fields, blocks.
            ("function f(big) { class A { use() { return big } kept /**/() {} } }", "uses nothing; use@1:32"),
            ("function f(big) { class A { field = big; kept /**/() {} } }", "uses nothing; field@1:29"),
            ("function f(big) { class A { static { big } kept /**/() {} } }", "uses nothing; @1:29"),
            ("function f(big) { class A { field = big; constructor /**/() {} } }", "uses it; "),
            ("function f(big) { return /**/class { field = big } }", "uses it; "),
            // Of the module itself.
            (
                "let big; export function use() { return big } export const kept = /**/() => 1;",
                "uses nothing; use@1:29",
            ),
            // Columns are UTF-16 units.
            ("'😀'; function f(big) { g(() => big); return /**/() => 1 }", "uses nothing; @1:27"),
        ];
        let wrong: Vec<_> = cases.iter().filter(|(text, expected)| ask(text).as_deref() != Some(expected)).collect();
        assert!(wrong.is_empty(), "{wrong:#?}");
    }

    #[test]
    fn lines_end_as_v8_says() {
        let text = "// a\u{2028}\r\nfunction f(big) {\rg(() => big); return /**/() => 1 }";
        let scopes = ScriptScopes::parse(text.to_owned(), "a.js").unwrap();
        let known = scopes.variable_use((4, 26), "", "big").unwrap();
        assert_eq!(known.users, [(String::new(), (4, 3))]);
    }

    #[test]
    fn this_and_arguments_are_those_of_the_function_around() {
        let text = "class A { m() { return [() => this.x, /**/() => 1] } }";
        assert_eq!(ask_of(text, "a.js", "", "this").as_deref(), Some("uses nothing; @1:25"));
        let text = "function f() { return [() => arguments, /**/() => function () { this }] }";
        assert_eq!(ask_of(text, "a.js", "", "arguments").as_deref(), Some("uses nothing; @1:24"));
        assert_eq!(ask_of(text, "a.js", "", "this"), None, "that is another function's");
    }

    /// Where a text adds to what, by which function.
    fn additions(text: &str, name: &str, methods: &[&str]) -> Vec<String> {
        let scopes = ScriptScopes::parse(text.to_owned(), "a.js").unwrap();
        let places = scopes.additions(name, methods).into_iter();
        places.map(|(function, (line, column))| format!("{function}@{line}:{column}")).collect()
    }

    #[test]
    fn what_is_added_to_is_told_by_its_name() {
        let cases: [(&str, &str, &str, &[&str]); 13] = [
            ("function f(x) {\n  cache.set(x, 1) }", "cache", "set", &["f@2:3"]),
            ("class A { #log = []; m(x) { this.#log.push(x) } }", "#log", "push", &["m@1:29"]),
            ("class A { m(x) { this.seen?.add(x) } }", "seen", "add", &["m@1:18"]),
            ("const f = (id) => { state.byId[id] = { id } }", "byId", BY_KEY, &["f@1:21"]),
            ("const f = (id) => (state.byId[id] ??= {})", "byId", BY_KEY, &["f@1:20"]),
            // Inside of it.
            ("function f(t, x) { topics.get(t).push(x) }", "topics", "push", &["f@1:20"]),
            ("function f(d, u) { (days[d] ??= {})[u] = 1 }", "days", BY_KEY, &["f@1:20"]),
            ("function f(d, u) { days[d][u] = 1 }", "days", BY_KEY, &["f@1:20"]),
            // Two places; at the top; another name, another method; what takes away.
            ("function f(x) { a.push(x);\n b.a.push(x) }", "a", "push", &["f@1:17", "f@2:2"]),
            ("a.push(1)", "a", "push", &["@1:1"]),
            ("function f(x) { b.push(x); a.splice(x) }", "a", "push", &[]),
            ("function f(x) { a[x] = null; a[x] = undefined; a.b = 1; [a][0] = 1 }", "a", BY_KEY, &[]),
            ("'😀'; const f = (x) => a.push(x)", "a", "push", &["f@1:24"]),
        ];
        for (text, name, method, expected) in cases {
            assert_eq!(additions(text, name, &[method]), expected, "{text}");
        }
    }

    #[test]
    fn eval_may_use_everything() {
        let text = "function f(big) { return [(code) => eval(code), () => big, /**/() => 1] }";
        assert_eq!(ask(text).as_deref(), Some("uses nothing; @1:27 @1:49"));
        assert_eq!(ask("function f(big) { return [() => big, /**/(code) => eval(code)] }"), None);
    }

    #[test]
    fn languages_are_told_by_the_name() {
        let text =
            "function f(big: string) { const t: typeof big = ''; g(() => big as any); return /**/(): number => 1 }";
        assert_eq!(ask_of(text, "file:///srv/a.mts?x", "", "big").as_deref(), Some("uses nothing; @1:55"));
        assert_eq!(ask(text), None, "no JavaScript");
        let text = "with (x) { y } function f(big) { g(() => big); return /**/() => 1 } return f";
        assert_eq!(ask_of(text, "/srv/a.cjs", "", "big").as_deref(), Some("uses nothing; @1:36"));
        assert_eq!(ask(text).as_deref(), Some("uses nothing; @1:36"), "sloppy unless it is a module");
    }

    #[test]
    fn what_is_not_sure_is_not_told() {
        let text = "function f(big) { g(() => big); return function kept/**/() {} }";
        assert!(ask_of(text, "a.js", "kept", "big").is_some());
        assert!(ask_of(text, "a.js", "other", "big").is_none(), "another function is there");
        assert!(ask_of(text, "a.js", "kept", "small").is_none(), "no such variable");
        assert!(ask(&text.replace("/**/", " /**/ ")).is_none(), "no function is there");
        assert!(ask(&format!("{text} }}")).is_none(), "no program");
        let text = "function f(big) { g(() => big); return (big) => { g(() => big); return /**/() => 1 } }";
        assert!(ask(text).is_none(), "two of the name");
        assert!(ask("function f(big) { return /**/() => 1 }").is_none(), "nobody uses it, so it would not be kept");
    }

    #[test]
    fn no_text_is_too_deep() {
        let worst = [
            ("(", ")"),
            ("[", "]"),
            ("{", "}"),
            ("(x=(", ")=>1)=>1"),
            ("(class{a=", "})"),
            ("`${", "}`"),
            ("f({a:", "})"),
            ("!", ""),
            ("a=", ""),
            ("a?b:", ""),
            ("x=>", ""),
            ("new ", ""),
            ("if(a)", ""),
            ("a?", ":b"),
            ("- ", ""),
            ("1+", ""),
            ("function f(){", "}"),
            ("if(a){}else ", ""),
            ("b.a(1).", "a"),
        ];
        for (open, close) in worst {
            let text = |count: usize| format!("{}1{}", open.repeat(count), close.repeat(count));
            let is_let_through =
                |count: &usize| source_nesting::stack_size(&text(*count)).is_some_and(|size| size <= MOST_STACK);
            let counts = std::iter::successors(Some(1 << 20), |count| (*count > 1).then_some(count / 2));
            // The deepest of them does not end the process; the next one is not parsed.
            let deepest = counts.clone().find(is_let_through).unwrap();
            assert!(deepest < 1 << 20, "{open}");
            let _ = ScriptScopes::parse(text(deepest), "a.js");
            assert!(ScriptScopes::parse(text(2 * deepest), "a.js").is_none());
        }
    }
}
