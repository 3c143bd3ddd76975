//! Packages that are known to leak when they are used in a certain way: what the finding then says besides its cause.
//!
//! A package is known by the directory that its functions and classes were loaded from, the pattern by what lies on the way
//! to the owner. Each row was seen to fit, and its note to be right, with the real package in the version given: the programs
//! are in `__test__/proof/leaks`. `O(steps of the path's end × rows)` a finding.

use super::finding::{Evidence, Finding};
use crate::analysis::node_ref::NodeRef;
use crate::analysis::places;

/// A pattern.
struct Pattern {
    package: &'static str,
    /// Major versions that it was seen with.
    versions: &'static str,
    /// The cause that it is seen as.
    causes: &'static [&'static str],
    /// A class, function, property or variable on the end of the path; empty where the package is enough.
    mark: &'static str,
    note: &'static str,
    url: &'static str,
}

const COLLECTION: &[&str] = &["unbounded-collection", "dominator", "stale-keys"];
const LISTENERS: &[&str] = &["listeners"];

const PATTERNS: &[Pattern] = &[
    Pattern {
        package: "express-session",
        versions: "1",
        causes: COLLECTION,
        mark: "MemoryStore",
        note: "MemoryStore keeps every session for ever, also those of clients that send no cookie back; it is not made for \
               production. Use a store that expires them.",
        url: "https://github.com/expressjs/session#sessionoptions",
    },
    Pattern {
        package: "lodash",
        versions: "4",
        causes: COLLECTION,
        mark: "memoized",
        note: "`_.memoize` keeps every result for ever; give `memoized.cache` a bounded map, or call it with keys that come \
               again.",
        url: "https://lodash.com/docs/#memoize",
    },
    Pattern {
        package: "memoizee",
        versions: "0.4",
        causes: COLLECTION,
        mark: "",
        note: "Without `max` or `maxAge`, memoizee keeps every result for ever.",
        url: "https://github.com/medikoo/memoizee#limiting-cache-size",
    },
    Pattern {
        package: "node-cache",
        versions: "5",
        causes: COLLECTION,
        mark: "",
        note: "Without `stdTTL` nothing ever expires, and without `maxKeys` there is no bound.",
        url: "https://github.com/node-cache/node-cache#options",
    },
    Pattern {
        package: "lru-cache",
        versions: "11",
        causes: COLLECTION,
        mark: "",
        note: "Only `max` or `maxSize` is a bound; with `ttl` alone, entries that nobody asks for stay.",
        url: "https://github.com/isaacs/node-lru-cache#ttl",
    },
    Pattern {
        package: "dataloader",
        versions: "2",
        causes: COLLECTION,
        mark: "",
        note: "A DataLoader keeps what it has loaded for as long as it lives: make one for each request.",
        url: "https://github.com/graphql/dataloader#caching-per-request",
    },
    Pattern {
        package: "prom-client",
        versions: "15",
        causes: COLLECTION,
        mark: "",
        note: "A metric keeps a value for every combination of labels: no ids, users or whole URLs as labels.",
        url: "https://prometheus.io/docs/practices/naming/#labels",
    },
    Pattern {
        package: "axios",
        versions: "1",
        causes: &["unbounded-collection", "dominator", "listeners", "closure-context"],
        mark: "InterceptorManager",
        note: "Interceptors stay until they are ejected: add them once, where the instance is made.",
        url: "https://axios-http.com/docs/interceptors",
    },
    Pattern {
        package: "ejs",
        versions: "7",
        causes: COLLECTION,
        mark: "",
        note: "With `cache: true`, ejs keeps a template for every `filename`; set `ejs.cache` to a bounded cache.",
        url: "https://github.com/mde/ejs#caching",
    },
    Pattern {
        package: "bottleneck",
        versions: "2",
        causes: &["timers"],
        mark: "",
        note: "A limiter with a reservoir that refills itself has an interval until `disconnect()` is called: make one for the \
               process, or a `Bottleneck.Group`.",
        url: "https://github.com/SGrondin/bottleneck#reservoir-intervals",
    },
    Pattern {
        package: "i18next",
        versions: "26",
        causes: LISTENERS,
        mark: "",
        note: "The instance of the process keeps what listens to it: `i18next.off` when the page is done, or an instance for \
               each request (`createInstance`).",
        url: "https://www.i18next.com/overview/api#events",
    },
    Pattern {
        package: "rxjs",
        versions: "7",
        causes: LISTENERS,
        mark: "",
        note: "A subject keeps its subscribers until it completes: `unsubscribe()` or `takeUntil`.",
        url: "https://rxjs.dev/guide/subscription",
    },
    Pattern {
        package: "p-queue",
        versions: "9",
        causes: &["stream-backlog", "unbounded-collection", "promise-reactions", "dominator"],
        mark: "",
        note: "A job that never ends keeps its place, and those behind it wait: set `timeout`.",
        url: "https://github.com/sindresorhus/p-queue#timeout",
    },
];

/// So many steps of the path's end may tell the package.
const STEPS: usize = 8;

/// Says, in the evidence, that the finding is a known pattern of a package, if it is.
pub(super) fn recognise(finding: &mut Finding) {
    let Some(pattern) = pattern_of(finding) else { return };
    let mut tell = |name, text: &str| finding.evidence.insert(name, Evidence::Text(text.to_owned()));
    tell("library", pattern.package);
    tell("libraryVersions", pattern.versions);
    tell("libraryNote", pattern.note);
    tell("libraryUrl", pattern.url);
}

fn pattern_of(finding: &Finding) -> Option<&'static Pattern> {
    let steps = &finding.path[finding.path.len().saturating_sub(STEPS)..];
    let nodes = || steps.iter().map(|step| &step.node).chain([&finding.owner]);
    let urls = nodes().filter_map(|node| node.location.as_ref()).chain(&finding.location).map(|it| it.url.to_string());
    let frame = match finding.evidence.get("libraryFrame") {
        Some(Evidence::Text(place)) => Some(place.clone()),
        _ => None,
    };
    let packages: Vec<String> =
        urls.chain(frame).filter_map(|url| places::package_of(&url).map(str::to_owned)).collect();
    let is = |node: &NodeRef, mark: &str| node.name == mark || node.class_name == mark;
    PATTERNS.iter().find(|pattern| {
        pattern.causes.contains(&finding.cause)
            && packages.iter().any(|package| package == pattern.package)
            && (pattern.mark.is_empty()
                || nodes().any(|node| is(node, pattern.mark))
                || steps.iter().any(|step| step.edge_name == pattern.mark))
    })
}
