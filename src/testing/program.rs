//! Heaps of Node programs, drawn with the edges that V8 and Node write: scripts, functions, scopes, emitters, promises.
//!
//! Two programs that are made by the same calls, one of which goes on, are two snapshots of one process: ids agree.

use super::builder::Builder;
use crate::graph::Snapshot;
use crate::snapshot::{EdgeKind, NodeIndex, NodeKind};

/// A program in the making: a global object, and what hangs on it.
pub struct Program {
    /// For what the methods do not know.
    pub builder: Builder,
    /// The global object.
    pub global: NodeIndex,
    script: NodeIndex,
    script_id: u32,
    timer_lists: Option<NodeIndex>,
}

/// A function literal: all closures of it share one SharedFunctionInfo.
#[derive(Clone, Copy)]
pub struct Function {
    shared: NodeIndex,
    script_id: u32,
    line: u32,
    column: u32,
}

impl Program {
    /// A program whose functions stand in the script `url`, with a heap of a megabyte.
    pub fn new(url: &str) -> Self {
        let mut builder = Builder::new();
        let roots = builder.node(NodeKind::SYNTHETIC, "(GC roots)", 0);
        let global = builder.object("global", 64);
        let script = builder.node(NodeKind::CODE, url, 128);
        let code = builder.node(NodeKind::CODE, "system / BytecodeArray", 1_000_000);
        builder.element(NodeIndex::ROOT, 1, roots);
        builder.edge(NodeIndex::ROOT, EdgeKind::Shortcut, "2", global);
        builder.element(roots, 1, script).element(roots, 2, code);
        Self { builder, global, script, script_id: 7, timer_lists: None }
    }

    /// The columns and all that follows.
    pub fn snapshot(&self) -> Snapshot {
        self.builder.snapshot()
    }

    /// An object of `class`, as a global variable.
    pub fn global_object(&mut self, name: &str, class: &str) -> NodeIndex {
        let object = self.builder.object(class, 56);
        self.builder.property(self.global, name, object);
        object
    }

    /// Functions made from now on stand in another script.
    pub fn script(&mut self, url: &str) {
        self.script = self.builder.node(NodeKind::CODE, url, 128);
        self.script_id += 1;
        self.builder.element(NodeIndex::ROOT, self.script_id, self.script);
    }

    /// The function at a place of the script (1-based).
    pub fn function(&mut self, name: &str, line: u32, column: u32) -> Function {
        let shared = self.builder.node(NodeKind::CODE, name, 56);
        self.builder.edge(shared, EdgeKind::Internal, "script", self.script);
        Function { shared, script_id: self.script_id, line: line - 1, column: column - 1 }
    }

    /// The SharedFunctionInfo of a function.
    pub fn shared(&self, function: Function) -> NodeIndex {
        function.shared
    }

    /// A closure of a function, in a scope.
    pub fn closure(&mut self, function: Function, name: &str, scope: Option<NodeIndex>) -> NodeIndex {
        let closure = self.builder.node(NodeKind::CLOSURE, name, 64);
        self.builder.locate(closure, function.script_id, function.line, function.column);
        self.builder.edge(closure, EdgeKind::Internal, "shared", function.shared);
        if let Some(scope) = scope {
            self.builder.edge(closure, EdgeKind::Internal, "context", scope);
        }
        closure
    }

    /// A scope with its variables.
    pub fn scope(&mut self, variables: &[(&str, NodeIndex)]) -> NodeIndex {
        let scope = self.builder.object("system / Context", 32);
        for &(name, value) in variables {
            self.builder.edge(scope, EdgeKind::Context, name, value);
        }
        scope
    }

    /// What V8 knows of a scope; gives the ScopeInfo. All calls of one function share it.
    pub fn scope_info(&mut self, outer: Option<NodeIndex>) -> NodeIndex {
        let info = self.builder.node(NodeKind::CODE, "system / ScopeInfo", 80);
        if let Some(outer) = outer {
            self.builder.edge(info, EdgeKind::Hidden, "2", outer);
        }
        info
    }

    /// Compiles a function that stands in the scope `outer`: its bytecode names `names`. Gives the ScopeInfo of its own scope.
    pub fn compile(&mut self, function: Function, outer: NodeIndex, names: &[&str]) -> NodeIndex {
        let info = self.scope_info(Some(outer));
        let bytecode = self.builder.node(NodeKind::CODE, "system / BytecodeArray", 64);
        let pool = self.builder.node(NodeKind::CODE, "(constant pool)", 32);
        self.builder.edge(function.shared, EdgeKind::Internal, "name_or_scope_info", info);
        self.builder.edge(function.shared, EdgeKind::Internal, "function_data", bytecode);
        self.builder.edge(bytecode, EdgeKind::Internal, "constant_pool", pool);
        for (at, name) in names.iter().enumerate() {
            let name = self.string(name, 24);
            self.builder.edge(pool, EdgeKind::Internal, &at.to_string(), name);
        }
        info
    }

    /// A function that stands in the scope `outer` and has never run.
    pub fn never_run(&mut self, function: Function, outer: NodeIndex) {
        self.builder.edge(function.shared, EdgeKind::Internal, "raw_outer_scope_info_or_feedback_metadata", outer);
    }

    /// A string; V8 cuts longer ones at 1024 characters.
    pub fn string(&mut self, text: &str, size: u64) -> NodeIndex {
        self.builder.node(NodeKind::STRING, text, size)
    }

    /// Makes an object an EventEmitter of Node.
    pub fn emitter(&mut self, object: NodeIndex) -> NodeIndex {
        let events = self.builder.object("Object", 24);
        let capture = self.builder.node(NodeKind::HIDDEN, "false", 0);
        let limit = self.builder.node(NodeKind::HIDDEN, "undefined", 0);
        self.builder.property(object, "_events", events);
        self.builder.property(object, "_maxListeners", limit);
        self.builder.property(object, "<symbol kCapture>", capture);
        events
    }

    /// An array as the property of an object.
    pub fn array(&mut self, object: NodeIndex, name: &str) -> NodeIndex {
        let array = self.builder.object("Array", 32);
        self.builder.property(object, name, array);
        array
    }

    /// Adds to an array.
    pub fn push(&mut self, array: NodeIndex, element: NodeIndex) {
        let index = self.builder.edge_count(array) as u32;
        self.builder.element(array, index, element);
    }

    /// A Map with its table, as the property of an object; gives the table.
    pub fn map(&mut self, object: NodeIndex, name: &str) -> NodeIndex {
        let map = self.builder.object("Map", 32);
        let table = self.builder.node(NodeKind::ARRAY, "", 64);
        self.builder.property(object, name, map);
        self.builder.edge(map, EdgeKind::Internal, "table", table);
        table
    }

    /// Adds an entry to a Map's table.
    pub fn set(&mut self, table: NodeIndex, key: NodeIndex, value: NodeIndex) {
        let slot = 5 + 3 * (self.builder.edge_count(table) / 2);
        self.builder.edge(table, EdgeKind::Internal, &slot.to_string(), key);
        self.builder.edge(table, EdgeKind::Internal, &(slot + 1).to_string(), value);
    }

    /// Adds an entry to a Set's table.
    pub fn add(&mut self, table: NodeIndex, value: NodeIndex) {
        let slot = 5 + 2 * self.builder.edge_count(table);
        self.builder.edge(table, EdgeKind::Internal, &slot.to_string(), value);
    }

    /// The scope of a promise's executor, as it is left when the promise has settled: `resolve` and `reject` are closures of
    /// a scope that holds the promise, which holds its value.
    pub fn executor_scope(&mut self, value: Option<NodeIndex>) -> NodeIndex {
        let resolvers = self.builder.object("system / Context", 48);
        if let Some(value) = value {
            let promise = self.builder.object("Promise", 48);
            self.builder.edge(promise, EdgeKind::Internal, "reactions_or_result", value);
            self.builder.edge(resolvers, EdgeKind::Hidden, "1", promise);
        }
        let mut resolver = || {
            let closure = self.builder.node(NodeKind::CLOSURE, "", 56);
            self.builder.edge(closure, EdgeKind::Internal, "context", resolvers);
            closure
        };
        let (reject, resolve) = (resolver(), resolver());
        self.scope(&[("reject", reject), ("resolve", resolve)])
    }

    /// One of V8's own functions, with a scope that holds `value` in a field of its own.
    fn built_in(&mut self, value: NodeIndex) -> (NodeIndex, NodeIndex) {
        let scope = self.builder.object("system / Context", 40);
        self.builder.edge(scope, EdgeKind::Hidden, "1", value);
        let closure = self.builder.node(NodeKind::CLOSURE, "", 56);
        self.builder.edge(closure, EdgeKind::Internal, "context", scope);
        (closure, scope)
    }

    fn reaction(&mut self, targets: &[NodeIndex]) -> NodeIndex {
        let reaction = self.builder.node(NodeKind::HIDDEN, "system / PromiseReaction", 48);
        for (at, &target) in targets.iter().enumerate() {
            self.builder.edge(reaction, EdgeKind::Hidden, &(2 + at).to_string(), target);
        }
        reaction
    }

    /// A call of an async function that waits, with a variable, and the promise that it has given; gives its reaction.
    pub fn waiting_call(&mut self, function: NodeIndex, variable: NodeIndex, promise: NodeIndex) -> NodeIndex {
        let call = self.builder.object("Generator", 88);
        let registers = self.builder.node(NodeKind::ARRAY, "", 64);
        self.builder.edge(call, EdgeKind::Internal, "function", function);
        self.builder.edge(call, EdgeKind::Internal, "parameters_and_registers", registers);
        self.builder.edge(call, EdgeKind::Hidden, "3", promise);
        self.builder.edge(registers, EdgeKind::Internal, "2", variable);
        let scope = self.builder.object("system / Context", 40);
        self.builder.edge(scope, EdgeKind::Internal, "extension", call);
        let mut handler = || {
            let handler = self.builder.node(NodeKind::CLOSURE, "", 56);
            self.builder.edge(handler, EdgeKind::Internal, "context", scope);
            handler
        };
        let handlers = [handler(), handler()];
        self.reaction(&handlers)
    }

    /// What `then` leaves.
    pub fn waiting_callback(&mut self, callback: NodeIndex) -> NodeIndex {
        let answer = self.builder.object("Promise", 48);
        self.reaction(&[callback, answer])
    }

    /// What `Promise.race` leaves, with the promise that it has given.
    pub fn waiting_race(&mut self, result: NodeIndex) -> NodeIndex {
        let (resolve, _) = self.built_in(result);
        let answer = self.builder.object("Promise", 48);
        self.reaction(&[resolve, answer])
    }

    /// What `Promise.all` leaves.
    pub fn waiting_combination(&mut self, result: NodeIndex) -> NodeIndex {
        let capability = self.builder.node(NodeKind::HIDDEN, "system / PromiseCapability", 32);
        self.builder.edge(capability, EdgeKind::Internal, "promise", result);
        let (resolve, _) = self.built_in(capability);
        self.reaction(&[resolve])
    }

    /// What `finally` leaves.
    pub fn waiting_finally(&mut self, callback: NodeIndex) -> NodeIndex {
        let (handler, _) = self.built_in(callback);
        self.reaction(&[handler])
    }

    /// Lets reactions wait for a promise, the last one first.
    pub fn link_reactions(&mut self, promise: NodeIndex, reactions: &[NodeIndex]) {
        let mut at = promise;
        for &reaction in reactions.iter().rev() {
            match at == promise {
                true => self.builder.edge(at, EdgeKind::Internal, "reactions_or_result", reaction),
                false => self.builder.edge(at, EdgeKind::Hidden, "1", reaction),
            };
            at = reaction;
        }
    }

    /// Node's list of the timers of one delay.
    pub fn timers_list(&mut self, delay_ms: u32) -> NodeIndex {
        let lists = *self.timer_lists.get_or_insert_with(|| {
            let lists = self.builder.object("Object", 24);
            self.builder.property(self.global, "timerListMap", lists);
            lists
        });
        // The queue of lists, by when they are due, comes first among those that hold the list.
        let queue = self.builder.object("Array", 16);
        let list = self.builder.object("TimersList", 56);
        self.builder.element(lists, delay_ms, list);
        self.builder.property(lists, "queue", queue).element(queue, 1, list);
        list
    }

    /// A timer that is to be linked: its callback, and whether it is called again and again.
    pub fn timeout(&mut self, callback: NodeIndex, is_interval: bool) -> NodeIndex {
        let timer = self.builder.object("Timeout", 96);
        self.builder.property(timer, "_onTimeout", callback);
        if !is_interval {
            let null = self.builder.node(NodeKind::HIDDEN, "null", 0);
            self.builder.property(timer, "_repeat", null);
        }
        timer
    }

    /// Links timers into their list, in a circle of both directions.
    pub fn link_timers(&mut self, list: NodeIndex, timers: &[NodeIndex]) {
        let mut last = list;
        for &timer in timers.iter().chain([&list]) {
            self.builder.property(last, "_idlePrev", timer).property(timer, "_idleNext", last);
            last = timer;
        }
    }

    /// Links immediates into a list of their own.
    pub fn link_immediates(&mut self, immediates: &[NodeIndex]) {
        let list = self.global_object("immediateQueue", "ImmediateList");
        for pair in immediates.windows(2) {
            self.builder.property(pair[0], "_idleNext", pair[1]).property(pair[1], "_idlePrev", pair[0]);
        }
        if let (Some(&first), Some(&last)) = (immediates.first(), immediates.last()) {
            self.builder.property(list, "head", first).property(list, "tail", last);
        }
    }

    /// A CommonJS module of a file, among the children of its parent; gives the module and its own children.
    pub fn module(&mut self, file: NodeIndex, siblings: Option<NodeIndex>) -> (NodeIndex, NodeIndex) {
        let module = self.builder.object("Module", 120);
        self.builder.property(module, "filename", file);
        let children = self.array(module, "children");
        self.array(module, "paths");
        if let Some(siblings) = siblings {
            self.push(siblings, module);
        }
        (module, children)
    }
}
