//! The cause `module-cache`, on drawn heaps: which modules are old, who keeps them, and which are no leak.

use crate::summaries::{self, look};
use leakscan::analysis::diff::Identity;
use leakscan::cancel::CancelToken;
use leakscan::causes::{Summary, SummaryOptions, Verdict, summarize};
use leakscan::graph::Snapshot;
use leakscan::snapshot::{EdgeKind, NodeIndex, NodeKind};
use leakscan::testing::program::Program;

fn compare(before: &Snapshot, after: &Snapshot) -> Summary {
    summaries::compare(Some(40), before, after)
}

/// The titles of the findings of this cause.
fn titles(summary: &Summary) -> Vec<&str> {
    summary.findings.iter().filter(|it| it.cause == "module-cache").map(|it| it.title.as_str()).collect()
}

/// A server that has loaded modules.
struct Server {
    program: Program,
    cache: NodeIndex,
    root: String,
    file: NodeIndex,
    children: NodeIndex,
}

impl Server {
    fn new(root: &str) -> Self {
        let mut program = Program::new(&format!("{root}/server.js"));
        let cache = program.global_object("cache", "Object");
        let main_file = program.string(&format!("{root}/server.js"), 40);
        let file = program.string(&format!("{root}/lib/rates.js"), 40);
        let (main, children) = program.module(main_file, None);
        program.builder.property(program.global, "mainModule", main);
        Self { program, cache, root: root.to_owned(), file, children }
    }

    /// Loads a file, whose exports keep 5000 bytes; gives the module and its children.
    fn load(&mut self, file: NodeIndex, siblings: Option<NodeIndex>) -> (NodeIndex, NodeIndex) {
        let (module, children) = self.program.module(file, siblings);
        let exports = self.program.builder.object("Object", 5000);
        self.program.builder.property(module, "exports", exports);
        (module, children)
    }

    fn cache(&mut self, name: &str, module: NodeIndex) {
        self.program.builder.property(self.cache, &format!("{}/{name}", self.root), module);
    }
}

/// A server that has loaded a module `count` times, the last of which the cache holds.
fn reloading(root: &str, count: u32) -> Server {
    let mut server = Server::new(root);
    let mut last = None;
    for _ in 0..count {
        last = Some(server.load(server.file, Some(server.children)).0);
    }
    if let Some(last) = last {
        server.cache("lib/rates.js", last);
    }
    server
}

/// A program that has imported `plugin.mjs` `count` times, by URLs that `url` makes.
fn importing(count: u32, url: impl Fn(u32) -> String) -> Snapshot {
    let mut program = Program::new("file:///srv/app/server.mjs");
    let cache = program.global_object("loadCache", "LoadCache");
    let table = program.builder.node(NodeKind::ARRAY, "", 64);
    program.builder.edge(cache, EdgeKind::Internal, "table", table);
    for at in 0..count {
        let job = program.builder.object("ModuleJob", 64);
        let module = program.builder.object("ModuleWrap", 5000);
        let url = program.string(&url(at), 64);
        program.builder.edge(table, EdgeKind::Internal, &(6 + 3 * at).to_string(), job);
        program.builder.property(job, "module", module).property(module, "url", url);
    }
    program.snapshot()
}

#[test]
fn an_es_module_imported_by_ever_new_queries_is_a_leak() {
    let version = |at: u32| format!("file:///srv/app/plugin.mjs?v={at}");
    let summary = compare(&importing(20, version), &importing(60, version));
    assert_eq!(titles(&summary), ["60 versions of app/plugin.mjs, kept by the loader of ES modules"]);
    let finding = &summary.findings[0];
    assert_eq!((summary.verdict, summary.findings.len()), (Verdict::Leak, 1));
    assert_eq!(
        (finding.growth.as_ref().unwrap().count, finding.owner.class_name.to_string()),
        (40, "LoadCache".to_owned())
    );
    // Modules of their own are loaded once each.
    let file = |at: u32| format!("file:///srv/app/plugin{at}.mjs");
    assert_eq!(titles(&compare(&importing(20, file), &importing(60, file))).len(), 0);
    let query_of_file = |at: u32| format!("file:///srv/app/plugin{at}.mjs?v=1");
    assert_eq!(titles(&compare(&importing(20, query_of_file), &importing(60, query_of_file))).len(), 0);
}

#[test]
fn a_module_loaded_per_request_is_a_leak() {
    let (before, after) = (reloading("/srv/app", 21).program.snapshot(), reloading("/srv/app", 61).program.snapshot());
    let summary = compare(&before, &after);
    assert_eq!((summary.verdict, summary.findings.len()), (Verdict::Leak, 1));
    let finding = &summary.findings[0];
    assert_eq!(finding.title, "60 old modules of lib/rates.js, kept by app/server.js");
    let growth = finding.growth.as_ref().unwrap();
    assert_eq!((finding.count, growth.count, growth.per_round), (60, 40, Some(1.0)));
    // The module, its exports and its two arrays.
    assert_eq!(growth.bytes, 40 * (120 + 5000 + 32 + 32));
    assert_eq!(finding.confidence, 0.99);
    let location = finding.location.as_ref().unwrap();
    assert_eq!((location.url.to_string().as_str(), location.line), ("/srv/app/lib/rates.js", 1));
    assert_eq!(finding.path.last().unwrap().edge_name, "mainModule");
    let steps: Vec<_> = finding.holds[0].path.iter().map(|step| step.edge_name.to_string()).collect();
    assert_eq!(steps, ["children", "0", "exports"]);
    assert_eq!(look(&after).verdict, Verdict::Suspicious);
    assert_eq!(titles(&look(&reloading("/srv/app", 10).program.snapshot())).len(), 0, "nine may be");
    assert_eq!(titles(&look(&reloading("/srv/app", 11).program.snapshot())).len(), 1);
}

#[test]
fn as_many_as_before_are_no_leak() {
    for (before, after) in [(61, 61), (61, 21), (21, 30)] {
        let (before, after) = [before, after].map(|count| reloading("/srv/app", count).program.snapshot()).into();
        assert_eq!(titles(&compare(&before, &after)).len(), 0);
    }
}

#[test]
fn modules_of_other_files_are_no_leak() {
    let snapshot = |count: u32| {
        let mut server = Server::new("/srv/app");
        for at in 0..count {
            let file = server.program.string(&format!("/srv/app/lib/page{at}.js"), 40);
            server.load(file, Some(server.children));
        }
        server.program.snapshot()
    };
    assert_eq!(titles(&compare(&snapshot(20), &snapshot(60))).len(), 0);
}

#[test]
fn modules_that_no_parent_keeps_are_left_to_others() {
    let snapshot = |count: u32| {
        let mut server = Server::new("/srv/app");
        let kept = server.program.array(server.program.global, "kept");
        for _ in 0..count {
            let (module, _) = server.load(server.file, None);
            server.program.push(kept, module);
        }
        server.program.snapshot()
    };
    assert_eq!(titles(&compare(&snapshot(20), &snapshot(60))).len(), 0);
}

#[test]
fn objects_that_only_look_like_modules_are_left_alone() {
    let snapshot = |count: u32| {
        let mut program = Program::new("/srv/app/server.js");
        let file = program.string("/srv/app/lib/rates.js", 40);
        let root = program.global_object("tree", "Module");
        let other = program.string("/srv/app/tree.js", 40);
        program.builder.property(root, "filename", other);
        let children = program.array(root, "children");
        program.array(root, "paths");
        for _ in 0..count {
            let module = program.builder.object("Module", 120);
            program.builder.property(module, "filename", file);
            program.array(module, "children");
            program.push(children, module);
        }
        program.snapshot()
    };
    assert_eq!(titles(&compare(&snapshot(20), &snapshot(60))).len(), 0);
}

#[test]
fn what_an_old_module_has_loaded_is_told_with_it() {
    // Each service has loaded the rates a dozen times.
    let snapshot = |count: u32| {
        let mut server = Server::new("/srv/app");
        let file = server.program.string("/srv/app/lib/service.js", 40);
        for _ in 0..count {
            let (_, children) = server.load(file, Some(server.children));
            for _ in 0..12 {
                server.load(server.file, Some(children));
            }
        }
        server.program.snapshot()
    };
    let summary = compare(&snapshot(0), &snapshot(60));
    assert_eq!(titles(&summary), ["60 old modules of lib/service.js, kept by app/server.js"]);
    assert_eq!(summary.findings[0].growth.as_ref().unwrap().bytes, 60 * 13 * (120 + 5000 + 32 + 32));
}

#[test]
fn a_parent_that_was_forgotten_itself_is_no_old_module() {
    // As after `for (const id in require.cache) delete require.cache[id]`: nothing is in the cache any more.
    let snapshot = |count: u32| {
        let mut server = Server::new("/srv/app");
        for _ in 0..count {
            server.load(server.file, Some(server.children));
        }
        server.program.snapshot()
    };
    assert_eq!(
        titles(&compare(&snapshot(20), &snapshot(60))),
        ["60 old modules of lib/rates.js, kept by app/server.js"]
    );
}

#[test]
fn what_a_module_has_started_is_told_with_it() {
    let snapshot = |count: u32| {
        let mut server = Server::new("/srv/app");
        let list = server.program.timers_list(1000);
        let function = server.program.function("refresh", 3, 1);
        let mut timers = Vec::new();
        for _ in 0..count {
            let (module, _) = server.load(server.file, Some(server.children));
            let callback = server.program.closure(function, "refresh", None);
            timers.push(server.program.timeout(callback, true));
            server.program.builder.property(module, "timer", timers[timers.len() - 1]);
        }
        server.program.link_timers(list, &timers);
        server.program.snapshot()
    };
    let causes: Vec<_> = compare(&snapshot(0), &snapshot(60)).findings.iter().map(|finding| finding.cause).collect();
    assert_eq!(causes, ["module-cache"]);
}

#[test]
fn other_processes_are_compared_by_place() {
    let options = SummaryOptions { identity: Some(Identity::DifferentProcess), ..SummaryOptions::default() };
    let before = reloading("/home/ann/app", 21).program.snapshot();
    let count = |after: &Snapshot| {
        let summary = summarize(Some(&before), after, &options, &CancelToken::new()).unwrap();
        summary.findings.first().and_then(|finding| finding.growth.as_ref()).map(|growth| growth.count)
    };
    assert_eq!(count(&reloading("/srv/app", 61).program.snapshot()), Some(40));
    assert_eq!(count(&reloading("/srv/app", 21).program.snapshot()), None);
}

#[test]
fn the_signature_is_the_same_on_another_host() {
    let signature = |root, count| look(&reloading(root, count).program.snapshot()).findings[0].signature.clone();
    assert_eq!(signature("/srv/app", 50), signature("/home/ann/app", 70));
    assert_ne!(signature("/srv/app", 50), signature("/srv/other", 50));
}
