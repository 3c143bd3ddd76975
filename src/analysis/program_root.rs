//! Where the program lies on its host, so that its files can be named without what differs from host to host.
//!
//! Seen: `process.argv[1]`, the script that Node.js was started with, in Node 20 to 26 with CommonJS and ES modules alike. The
//! directories around it are called whatever somebody called the checkout or the image's root. `O(edges of process)`.

use super::display::display_name;
use super::places;
use crate::graph::Snapshot;
use crate::snapshot::{EdgeKind, EdgeLabel, NodeIndex, NodeKind};

/// The directory of the script that the program was started with.
#[derive(Default)]
pub struct ProgramRoot(Option<String>);

impl ProgramRoot {
    /// As the heap tells; unknown, if it does not.
    pub fn of(snapshot: &Snapshot) -> Self {
        Self(script(snapshot).and_then(|script| directory(&script).map(str::to_owned)))
    }

    /// The short name of a file; for one in a directory around the script, without that directory's name.
    pub fn file(&self, url: &str) -> String {
        let short = places::short_url(url);
        let path = slashes(url);
        let path = path.split(['?', '#']).next().unwrap_or_default();
        let path = path.split_once("://").map_or(path, |(_, path)| path);
        let is_around = |directory: &str| {
            let root = self.0.as_deref().unwrap_or_default();
            root.strip_prefix(directory).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        match short.rsplit_once('/') {
            Some((_, name)) if places::package_of(url).is_none() && directory(path).is_some_and(is_around) => {
                name.to_owned()
            }
            _ => short,
        }
    }
}

/// The path of the script that Node.js was started with.
fn script(snapshot: &Snapshot) -> Option<String> {
    let heap = &snapshot.heap;
    let names = heap.strings.find_all(&["process"]);
    let is_process = |&node: &NodeIndex| {
        heap.nodes.kind(node) == NodeKind::OBJECT && names.iter().any(|&(name, _)| heap.nodes.name(node) == name)
    };
    heap.nodes.indices().filter(is_process).find_map(|process| {
        let arguments = heap.follow(process, EdgeKind::Property, "argv")?;
        let script = heap.nodes.edges(arguments).find(|&edge| {
            heap.edges.kind(edge) == EdgeKind::Element && heap.edges.label(edge) == EdgeLabel::Number(1)
        })?;
        // Often put together, and not flat yet.
        Some(slashes(&display_name(snapshot, heap.edges.target(script)).to_str()))
    })
}

fn slashes(path: &str) -> String {
    path.replace('\\', "/").replace("%20", " ")
}

fn directory(path: &str) -> Option<&str> {
    path.rsplit_once('/').map(|(directory, _)| directory)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directories_around_the_program_have_no_name() {
        let root = ProgramRoot(Some("/srv/my app/dist".to_owned()));
        let cases = [
            ("/srv/my app/dist/home.js", "home.js"),
            ("file:///srv/my%20app/dist/home.mjs?v=1", "home.mjs"),
            ("/srv/my app/app.js", "app.js"),
            ("/srv/my app/dist/lib/cache.js", "lib/cache.js"),
            ("/srv/my app/src/home.js", "src/home.js"),
            ("/srv/my/home.js", "my/home.js"),
            ("/srv/my app/node_modules/rxjs/dist/x.js", "node_modules/rxjs/dist/x.js"),
            ("node:events", "node:events"),
        ];
        for (url, expected) in cases {
            assert_eq!(root.file(url), expected, "{url}");
        }
        let windows = ProgramRoot(Some("C:/srv/app".to_owned()));
        assert_eq!(windows.file("C:\\srv\\app\\home.js"), "home.js");
        assert_eq!(ProgramRoot::default().file("/srv/app/home.js"), "app/home.js");
    }
}
