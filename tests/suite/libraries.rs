//! Known patterns of packages: told for the package, the cause and the mark that they were seen with, and for no other.

use crate::summaries::{compare_counts, only};
use leakscan::causes::{Evidence, Summary};
use leakscan::report::{Style, summary_text};
use leakscan::snapshot::NodeIndex;
use leakscan::testing::program::Program;

/// An object of a package's class in which things pile up.
struct Store {
    package: &'static str,
    class: &'static str,
    /// The property with the list.
    name: &'static str,
}

const STORE: Store = Store { package: "memoizee", class: "Store", name: "items" };

impl Store {
    fn summary(&self) -> Summary {
        compare_counts(|count| {
            let mut program = Program::new(&format!("/srv/shop/node_modules/{}/index.js", self.package));
            let store = program.global_object("store", self.class);
            self.make(&mut program, store);
            let items = program.array(store, self.name);
            for _ in 0..count {
                let item = program.builder.object("Item", 400);
                program.push(items, item);
            }
            program
        })
    }

    /// Lets the object be one of a class of the package.
    fn make(&self, program: &mut Program, store: NodeIndex) {
        let add = program.function("add", 10, 3);
        let add = program.closure(add, "add", None);
        program.builder.property(store, "add", add);
        program.builder.locate(store, 7, 9, 2);
    }

    /// The package that the finding names.
    fn library(&self) -> Option<String> {
        let summary = self.summary();
        match only(&summary).evidence.get("library") {
            Some(Evidence::Text(library)) => Some(library.clone()),
            _ => None,
        }
    }
}

#[test]
fn a_package_is_known_by_the_mark_of_its_pattern() {
    // Where the mark is empty, the package is enough.
    let marks = [
        ("express-session", "MemoryStore"),
        ("lodash", "memoized"),
        ("memoizee", ""),
        ("node-cache", ""),
        ("lru-cache", ""),
        ("dataloader", ""),
        ("prom-client", ""),
        ("axios", "InterceptorManager"),
        ("ejs", ""),
        ("p-queue", ""),
    ];
    for (package, mark) in marks {
        let store = Store { package, ..STORE };
        assert_eq!(store.library().is_some(), mark.is_empty(), "{package}");
        if !mark.is_empty() {
            assert_eq!(Store { class: mark, ..store }.library().as_deref(), Some(package), "a class");
            assert_eq!(Store { package, name: mark, ..STORE }.library().as_deref(), Some(package), "a property");
        }
    }
}

#[test]
fn the_pattern_says_what_to_do_and_what_it_was_seen_with() {
    let summary = STORE.summary();
    let text = |name| match only(&summary).evidence.get(name) {
        Some(Evidence::Text(text)) => text.clone(),
        _ => String::new(),
    };
    assert_eq!(text("libraryVersions"), "0.4");
    assert!(text("libraryNote").contains("`max`"), "{}", text("libraryNote"));
    assert!(text("libraryUrl").starts_with("https://"));
    assert!(summary_text(&summary, &Style::default()).contains("   library     memoizee 0.4: Without `max`"));
}

#[test]
fn nobody_else_is_known() {
    assert_eq!(Store { package: "another", ..STORE }.library(), None, "a package without a pattern");
    assert_eq!(Store { package: "bottleneck", ..STORE }.library(), None, "known for its timers alone");
    assert_eq!(Store { package: "rxjs", ..STORE }.library(), None, "known for its listeners alone");
}
