//! Places in the source, as titles show them: short, and the same on every host. `O(length)`.

use super::scripts::SourceLocation;

/// A script's path from its package on (`node_modules/rxjs/dist/x.js`), else its last two parts (`dist/home.js`): enough to
/// know the file, without the directories above, which differ from host to host. Names without a path stay as they are
/// (`node:events`).
pub fn short_url(url: &str) -> String {
    const PACKAGES: &str = "node_modules/";
    let url = url.replace('\\', "/");
    let url = url.split(['?', '#']).next().unwrap_or_default();
    let (scheme, path) = match url.split_once("://") {
        Some((_, path)) => (true, path),
        None => (false, url),
    };
    if !scheme && !path.contains('/') || path.starts_with("node:") {
        return path.to_owned();
    }
    if let Some(at) = path.rfind(PACKAGES) {
        return path[at..].to_owned();
    }
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    parts[parts.len().saturating_sub(2)..].join("/")
}

/// The package that a script was loaded from: `rxjs`, `@scope/name`.
pub fn package_of(url: &str) -> Option<&str> {
    const DIRECTORIES: [&str; 2] = ["node_modules/", "node_modules\\"];
    let after = DIRECTORIES.iter().filter_map(|directory| Some(url.rfind(directory)? + directory.len())).max()?;
    let rest = &url[after..];
    let mut ends = rest.match_indices(['/', '\\']).map(|(at, _)| at);
    let end = if rest.starts_with('@') { ends.nth(1) } else { ends.next() };
    Some(&rest[..end?])
}

/// `src/home.ts:14:5`: the place in the source, or in built code whose source is not known.
pub fn place(location: &SourceLocation) -> String {
    built_place(location.source.as_deref().unwrap_or(location))
}

/// `dist/home.js:14:5`, whether or not there is a source map on this machine: for telling places apart.
pub fn built_place(location: &SourceLocation) -> String {
    let url = short_url(&location.url.to_str());
    let url = if url.is_empty() { "(eval)".to_owned() } else { url };
    format!("{url}:{}:{}", location.line, location.column)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_are_the_innermost() {
        let cases = [
            ("/srv/node_modules/rxjs/dist/x.js", Some("rxjs")),
            ("file:///srv/node_modules/@koa/router/lib/x.js", Some("@koa/router")),
            ("/srv/node_modules/.pnpm/a@1/node_modules/a/x.js", Some("a")),
            ("C:\\srv\\node_modules\\a\\x.js", Some("a")),
            ("/srv/dist/x.js", None),
            ("node:events", None),
            ("/srv/node_modules/x.js", None),
        ];
        for (url, package) in cases {
            assert_eq!(package_of(url), package, "{url}");
        }
    }

    #[test]
    fn urls_lose_what_differs_by_host() {
        let cases = [
            ("/srv/app/dist/home.js", "dist/home.js"),
            ("C:\\srv\\app\\dist\\home.js", "dist/home.js"),
            ("file:///srv/app/dist/home.mjs?v=1", "dist/home.mjs"),
            ("/home.js", "home.js"),
            ("node:events", "node:events"),
            ("node:internal/event_target", "node:internal/event_target"),
            ("/a/node_modules/x/node_modules/rxjs/dist/x.js", "node_modules/rxjs/dist/x.js"),
            ("evalmachine.<anonymous>", "evalmachine.<anonymous>"),
            ("", ""),
        ];
        for (url, expected) in cases {
            assert_eq!(short_url(url), expected);
        }
    }
}
