//! Source maps: what of built code a function of a snapshot stands in, told in terms of its source (`src/home.ts:14:5`).
//!
//! A script's map is looked for in the directories that were given, then beside the script (`home.js.map`), then where the
//! script itself says (`//# sourceMappingURL=`, inline or a file). A script or map that is absent, broken or large has no
//! source, and that is all: nothing here fails. Files are read when the first position of their script is asked for, once,
//! and no more than `MOST_BYTES` in all: this is the one cache that is filled as it goes, because what is read from disk
//! must be what an answer needs and nothing else. `O(bytes of the maps that are asked for)`.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use rustc_hash::FxHashMap;
use serde::Deserialize;

use super::scripts::SourceLocation;
use super::source_files::{is_drive, path_of, percent_decoded, read};
use super::source_map::SourceMap;
use crate::snapshot::Text;

/// A map or script of more bytes is left alone.
const MOST_FILE_BYTES: u64 = 32 << 20;
/// So much is read for one answer.
const MOST_BYTES: u64 = 256 << 20;
/// What a script says of its map.
const COMMENTS: [&str; 2] = ["//# sourceMappingURL=", "//@ sourceMappingURL="];

/// Whether and where maps are looked for.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(untagged)]
pub enum SourceMapOptions {
    /// Beside the scripts, or nowhere.
    Beside(bool),
    /// In this directory, and beside the scripts.
    Directory(PathBuf),
    /// In these directories, the first first, and beside the scripts.
    Directories(Vec<PathBuf>),
}

impl Default for SourceMapOptions {
    fn default() -> Self {
        Self::Beside(true)
    }
}

/// The maps of scripts, for one answer.
pub struct SourceMaps {
    is_on: bool,
    directories: Vec<PathBuf>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// By URL of the script.
    maps: FxHashMap<String, Option<Arc<SourceMap>>>,
    bytes_read: u64,
}

impl SourceMaps {
    /// Reads nothing yet.
    pub fn new(options: &SourceMapOptions) -> Self {
        let directories = match options {
            SourceMapOptions::Beside(_) => Vec::new(),
            SourceMapOptions::Directory(directory) => vec![directory.clone()],
            SourceMapOptions::Directories(directories) => directories.clone(),
        };
        Self { is_on: *options != SourceMapOptions::Beside(false), directories, state: Mutex::default() }
    }

    /// The source of a place in built code.
    pub fn source(&self, built: &SourceLocation) -> Option<SourceLocation> {
        if !self.is_on {
            return None;
        }
        let url = built.url.to_str();
        let map = self.map_of(&url)?;
        let original = map.original(built.line.checked_sub(1)?, built.column.checked_sub(1)?)?;
        // V8 has a function begin at its parameters. The name that the map has for the identifier before them is the
        // function's; any other name is that of something else.
        let name_length = built.function_name.as_ref().map_or(0, Text::utf16_len);
        let function_name = original
            .name
            .filter(|_| name_length > 0 && original.columns_before as usize == name_length)
            .map(Text::from);
        Some(SourceLocation {
            url: Text::from(resolved(&url, &original.source)),
            line: original.line.saturating_add(1),
            column: original.column.saturating_add(1),
            function_name: function_name.or_else(|| built.function_name.clone()),
            source: None,
        })
    }

    fn map_of(&self, url: &str) -> Option<Arc<SourceMap>> {
        // Nobody waits: an answer is made by one thread.
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(map) = state.maps.get(url) {
            return map.clone();
        }
        let map = self.find(url, &mut state.bytes_read).map(Arc::new);
        state.maps.insert(url.to_owned(), map.clone());
        map
    }

    fn find(&self, url: &str, bytes_read: &mut u64) -> Option<SourceMap> {
        let mut read_more = |path: &Path| {
            let most = MOST_FILE_BYTES.min(MOST_BYTES.saturating_sub(*bytes_read));
            let bytes = read(path, most)?;
            *bytes_read += bytes.len() as u64;
            Some(bytes)
        };
        let script = path_of(url);
        let in_directories = self
            .directories
            .iter()
            .flat_map(|directory| names_in_directory(url).into_iter().map(move |name| directory.join(name)));
        let beside = script.iter().map(|script| {
            let mut name = script.clone().into_os_string();
            name.push(".map");
            PathBuf::from(name)
        });
        for path in in_directories.chain(beside) {
            if let Some(map) = read_more(&path).and_then(|json| SourceMap::parse(&json)) {
                return Some(map);
            }
        }
        let script = script?;
        let text = read_more(&script)?;
        let said = mapping_url(&text)?;
        match said.strip_prefix("data:") {
            Some(data) => SourceMap::parse(&inline(data)?),
            None => {
                let path = percent_decoded(said.split(['?', '#']).next()?)?;
                let path = path_of(&path).or_else(|| {
                    let is_relative = !path.contains("://") && !path.starts_with(['/', '\\']) && !is_drive(&path);
                    is_relative.then(|| script.parent().map(|parent| parent.join(&path))).flatten()
                })?;
                SourceMap::parse(&read_more(&path)?)
            }
        }
    }
}

/// What a script's map may be called in a directory of maps: with as many of the directories above the script as fit, most
/// first. Files of packages (`index.js`, all of them) must fit from the package on.
fn names_in_directory(url: &str) -> Vec<PathBuf> {
    const PACKAGES: &str = "node_modules/";
    let url = url.replace('\\', "/");
    let path = url.split(['?', '#']).next().unwrap_or_default();
    let path = path.split_once("://").map_or(path, |(_, path)| path);
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    if parts.is_empty()
        || url.starts_with("node:")
        || parts.iter().any(|part| matches!(*part, "." | "..") || part.contains(':')) && !is_drive(path)
    {
        return Vec::new();
    }
    let least = path.rfind(PACKAGES).map_or(1, |at| path[at..].split('/').count());
    let parts = if is_drive(path) { &parts[1..] } else { &parts[..] };
    (least..=parts.len())
        .rev()
        .map(|count| PathBuf::from(format!("{}.map", parts[parts.len() - count..].join("/"))))
        .collect()
}

/// What a script's last comment says of its map.
fn mapping_url(script: &[u8]) -> Option<&str> {
    let found = COMMENTS.iter().filter_map(|comment| {
        let at = memchr::memmem::rfind(script, comment.as_bytes())?;
        Some(at + comment.len())
    });
    let rest = &script[found.max()?..];
    let end = rest.iter().position(|byte| byte.is_ascii_whitespace()).unwrap_or(rest.len());
    std::str::from_utf8(&rest[..end]).ok().filter(|url| !url.is_empty())
}

/// The contents of a data URL, without its `data:`.
fn inline(data: &str) -> Option<Vec<u8>> {
    let (kind, contents) = data.split_once(',')?;
    match kind.strip_suffix(";base64") {
        Some(_) => base64(contents),
        None => percent_decoded(contents).map(String::into_bytes),
    }
}

/// RFC 4648, both alphabets.
fn base64(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    let (mut bits, mut count) = (0_u32, 0);
    for byte in text.trim_end_matches('=').bytes() {
        let six = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => return None,
        };
        bits = bits << 6 | u32::from(six);
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count) as u8);
            bits &= (1 << count) - 1;
        }
    }
    Some(bytes)
}

/// A source's name as the map of a script has it, as a path or URL: relative names are relative to the script.
fn resolved(script: &str, source: &str) -> String {
    let source = source.replace('\\', "/");
    if let Some((scheme, path)) = source.split_once("://") {
        // webpack adds a hash that differs from build to build.
        let path = if scheme.starts_with("webpack") { path.split('?').next().unwrap_or_default() } else { path };
        return format!("{scheme}://{}", normalized(path));
    }
    if source.starts_with('/') || is_drive(&source) {
        return normalized(&source);
    }
    let script = script.replace('\\', "/");
    let script = script.split(['?', '#']).next().unwrap_or_default();
    let directory = script.rsplit_once('/').map_or("", |(directory, _)| directory);
    match directory.split_once("://") {
        Some((scheme, path)) => format!("{scheme}://{}", normalized(&format!("{path}/{source}"))),
        None if directory.is_empty() && !script.starts_with('/') => normalized(&source),
        None => normalized(&format!("{directory}/{source}")),
    }
}

/// Without `.` and `..`.
fn normalized(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "." => {}
            ".." => {
                // Not above the root; above what is not known, `..` stays out.
                if parts.len() > 1 || parts.first().is_some_and(|first| !first.is_empty()) {
                    parts.pop();
                }
            }
            _ => parts.push(part),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_are_resolved_from_the_script() {
        let cases = [
            ("/srv/app/dist/home.js", "../src/home.ts", "/srv/app/src/home.ts"),
            ("/srv/app/dist/home.js", "home.ts", "/srv/app/dist/home.ts"),
            ("/srv/app/dist/home.js", "./../src/./home.ts", "/srv/app/src/home.ts"),
            ("/home.js", "../../src/home.ts", "/src/home.ts"),
            ("C:\\srv\\app\\dist\\home.js", "..\\src\\home.ts", "C:/srv/app/src/home.ts"),
            ("file:///srv/app/dist/home.mjs?v=1", "../src/home.ts", "file:///srv/app/src/home.ts"),
            ("/srv/app/dist/home.js", "webpack://app/./src/home.ts", "webpack://app/src/home.ts"),
            ("/srv/app/dist/home.js", "webpack:///./src/home.ts?1a2b", "webpack:///src/home.ts"),
            ("/srv/app/dist/home.js", "/build/src/home.ts", "/build/src/home.ts"),
            ("/srv/app/dist/home.js", "D:\\build\\src\\home.ts", "D:/build/src/home.ts"),
            ("/srv/app/dist/home.js", "file:///build/src/home.ts", "file:///build/src/home.ts"),
            ("bundle.js", "src/home.ts", "src/home.ts"),
        ];
        for (script, source, expected) in cases {
            assert_eq!(resolved(script, source), expected, "{source} of {script}");
        }
    }

    #[test]
    fn maps_in_a_directory_are_known_by_as_much_of_the_path_as_fits() {
        let names = |url| -> Vec<String> {
            names_in_directory(url).iter().map(|name| name.to_string_lossy().into_owned()).collect()
        };
        assert_eq!(names("/srv/dist/home.js"), ["srv/dist/home.js.map", "dist/home.js.map", "home.js.map"]);
        assert_eq!(names("C:\\dist\\home.js"), ["dist/home.js.map", "home.js.map"]);
        assert_eq!(names("file:///dist/home.mjs?v=1"), ["dist/home.mjs.map", "home.mjs.map"]);
        let package = "/srv/node_modules/a/index.js";
        assert_eq!(names(package), ["srv/node_modules/a/index.js.map", "node_modules/a/index.js.map"]);
        for url in ["", "node:events", "/srv/../etc/x.js"] {
            assert!(names(url).is_empty(), "{url}");
        }
    }

    #[test]
    fn the_last_comment_says_where_the_map_is() {
        let cases = [
            ("a\n//# sourceMappingURL=home.js.map\n", Some("home.js.map")),
            ("//# sourceMappingURL=old.map\nb\n//# sourceMappingURL=new.map", Some("new.map")),
            ("//@ sourceMappingURL=home.js.map \n", Some("home.js.map")),
            ("//# sourceMappingURL=\n", None),
            ("let a;", None),
        ];
        for (script, expected) in cases {
            assert_eq!(mapping_url(script.as_bytes()), expected, "{script}");
        }
    }

    #[test]
    fn data_urls_are_decoded() {
        let cases = [
            ("application/json;base64,eyJhIjoxfQ==", Some("{\"a\":1}")),
            ("application/json;charset=utf-8;base64,eyJhIjoxfQ", Some("{\"a\":1}")),
            ("application/json,%7B%22a%22:1%7D", Some("{\"a\":1}")),
            ("application/json;base64,*", None),
            ("application/json", None),
        ];
        for (data, expected) in cases {
            assert_eq!(inline(data).as_deref(), expected.map(str::as_bytes), "{data}");
        }
    }
}
