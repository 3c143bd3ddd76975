//! One source map: from a position in built code to the one in its source. Plain maps and index maps (`sections`).
//!
//! The mappings are decoded by `oxc_sourcemap`; the rest of the file is read here, so that the sources' texts, which are most
//! of it and not needed, are skipped. `O(bytes)` to read, `O(log mappings)` a question; keeps 24 bytes a mapping.
//! Source: ECMA-426, <https://tc39.es/ecma426/>.

use oxc_sourcemap::{JSONSourceMap, SourceMap as Decoded, Token};
use serde::Deserialize;

/// A map with more mappings than this is left alone: it would keep more than 100 MB.
const MOST_MAPPINGS: usize = 1 << 22;

/// As it stands in the file, without what is not needed.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct File {
    version: u32,
    #[serde(default)]
    mappings: String,
    #[serde(default)]
    sources: Vec<Option<String>>,
    #[serde(default)]
    names: Vec<String>,
    source_root: Option<String>,
    sections: Option<Vec<Section>>,
}

#[derive(Deserialize)]
struct Section {
    offset: Offset,
    map: File,
}

#[derive(Clone, Copy, Default, Deserialize)]
struct Offset {
    line: u32,
    column: u32,
}

/// A position in the source, as the map has it.
#[derive(Debug, PartialEq)]
pub(super) struct Original<'a> {
    /// With the map's `sourceRoot`, not resolved any further.
    pub(super) source: String,
    /// From 0.
    pub(super) line: u32,
    /// From 0.
    pub(super) column: u32,
    /// The name that stands there, where the map tells.
    pub(super) name: Option<&'a str>,
    /// Columns from where the mapping begins in the built code to what was asked for.
    pub(super) columns_before: u32,
}

/// A map of one part of the built code, beginning at `offset`.
struct Part {
    offset: Offset,
    /// In the order of the built code.
    mappings: Vec<Token>,
    sources: Vec<Option<String>>,
    names: Vec<String>,
    root: String,
}

/// A source map.
pub(super) struct SourceMap {
    /// In the order of the built code; one, unless it is an index map.
    parts: Vec<Part>,
}

impl SourceMap {
    /// Reads a map; `None` if it is none, or broken, or too large.
    pub(super) fn parse(json: &[u8]) -> Option<Self> {
        // Against inclusion as a script, a map may begin with `)]}'` and the rest of a line.
        let json = match json.strip_prefix(b")]}'") {
            Some(rest) => &rest[memchr::memchr(b'\n', rest)?..],
            None => json,
        };
        let mut file: File = serde_json::from_slice(json.strip_prefix(b"\xef\xbb\xbf").unwrap_or(json)).ok()?;
        let mut parts = Vec::new();
        match file.sections.take() {
            None => parts.push(Part::new(file, Offset::default())?),
            // One section that is broken leaves the others as they are.
            Some(sections) => {
                parts.extend(sections.into_iter().filter_map(|section| Part::new(section.map, section.offset)));
            }
        }
        parts.sort_by_key(|part| (part.offset.line, part.offset.column));
        let count: usize = parts.iter().map(|part| part.mappings.len()).sum();
        (count > 0 && count <= MOST_MAPPINGS).then_some(Self { parts })
    }

    /// The source of a position in the built code, both counted from 0; `None` where the map has nothing on that line.
    pub(super) fn original(&self, line: u32, column: u32) -> Option<Original<'_>> {
        let after = self.parts.partition_point(|part| (part.offset.line, part.offset.column) <= (line, column));
        self.parts[after.checked_sub(1)?].original(line, column)
    }
}

impl Part {
    fn new(file: File, offset: Offset) -> Option<Self> {
        let separators = memchr::memchr2_iter(b',', b';', file.mappings.as_bytes()).count();
        if file.version != 3 || separators >= MOST_MAPPINGS {
            return None;
        }
        let json = JSONSourceMap {
            version: file.version,
            file: None,
            mappings: file.mappings,
            source_root: None,
            sources: vec![String::new(); file.sources.len()],
            sources_content: None,
            names: vec![String::new(); file.names.len()],
            debug_id: None,
            ignore_list: None,
        };
        let mut mappings: Vec<Token> = Decoded::from_json(json).ok()?.into_parts().tokens.into_vec();
        // Columns may go backwards in a line.
        mappings.sort_by_key(|token| (token.get_dst_line(), token.get_dst_col()));
        let root = file.source_root.unwrap_or_default();
        Some(Self { offset, mappings, sources: file.sources, names: file.names, root })
    }

    fn original(&self, line: u32, column: u32) -> Option<Original<'_>> {
        let Offset { line: first, column: indent } = self.offset;
        let line = line.checked_sub(first)?;
        let column = if line == 0 { column.checked_sub(indent)? } else { column };
        let place = |token: &Token| (token.get_dst_line(), token.get_dst_col());
        let after = self.mappings.partition_point(|token| place(token) <= (line, column));
        let token = self.mappings.get(after.checked_sub(1)?).filter(|token| token.get_dst_line() == line)?;
        let source = self.sources.get(token.get_source_id()? as usize)?.as_ref()?;
        Some(Original {
            source: joined(&self.root, source),
            line: token.get_src_line(),
            column: token.get_src_col(),
            name: token.get_name_id().and_then(|name| self.names.get(name as usize)).map(String::as_str),
            columns_before: column - token.get_dst_col(),
        })
    }
}

fn joined(root: &str, source: &str) -> String {
    match root {
        "" => source.to_owned(),
        _ if root.ends_with('/') => format!("{root}{source}"),
        _ => format!("{root}/{source}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(map: &str, line: u32, column: u32) -> Option<String> {
        let map = SourceMap::parse(map.as_bytes())?;
        let it = map.original(line, column)?;
        Some(format!("{} {}:{} {:?} +{}", it.source, it.line, it.column, it.name, it.columns_before))
    }

    #[test]
    fn positions_lead_to_the_mapping_before_them() {
        // 0:0 -> a.ts 4:2 `first`; 0:9 -> b.ts 5:2; 2:4 -> nothing
        let map = r#"{"version":3,"sources":["a.ts","b.ts"],"names":["first"],"mappings":"AAIEA,SCCA;;I","sourceRoot":"src"}"#;
        assert_eq!(shown(map, 0, 0).as_deref(), Some(r#"src/a.ts 4:2 Some("first") +0"#));
        assert_eq!(shown(map, 0, 8).as_deref(), Some(r#"src/a.ts 4:2 Some("first") +8"#));
        assert_eq!(shown(map, 0, 90).as_deref(), Some("src/b.ts 5:2 None +81"));
        assert_eq!(shown(map, 1, 0), None, "a line without mappings");
        assert_eq!(shown(map, 2, 2), None, "before the first of the line");
        assert_eq!(shown(map, 2, 4), None, "a mapping to nowhere");
        assert_eq!(shown(&format!(")]}}'\n{map}"), 0, 0), shown(map, 0, 0));
    }

    #[test]
    fn sections_begin_at_their_offset() {
        let section = |line: u32, column: u32, source: &str| {
            format!(
                r#"{{"offset":{{"line":{line},"column":{column}}},"map":{{"version":3,"sources":["{source}"],"names":[],"mappings":"AAIE;AACF"}}}}"#
            )
        };
        let map = format!(r#"{{"version":3,"sections":[{},{}]}}"#, section(0, 0, "a.ts"), section(10, 7, "b.ts"));
        assert_eq!(shown(&map, 1, 3).as_deref(), Some("a.ts 5:0 None +3"));
        assert_eq!(shown(&map, 10, 9).as_deref(), Some("b.ts 4:2 None +2"));
        assert_eq!(shown(&map, 11, 9).as_deref(), Some("b.ts 5:0 None +9"));
        assert_eq!(shown(&map, 10, 6), None);
    }

    #[test]
    fn broken_maps_are_none() {
        let cases = [
            "",
            "{}",
            "[1]",
            "not JSON",
            r#"{"version":2,"sources":["a"],"names":[],"mappings":"AAAA"}"#,
            r#"{"version":3,"sources":["a"],"names":[],"mappings":"ABAA!"}"#,
            r#"{"version":3,"sources":[],"names":[],"mappings":"AAAA"}"#,
            r#"{"version":3,"sources":["a"],"names":[],"mappings":""}"#,
            r#"{"version":3,"sections":[{"offset":{"line":0,"column":0},"map":{"version":9}}]}"#,
        ];
        for json in cases {
            assert!(SourceMap::parse(json.as_bytes()).is_none(), "{json}");
        }
        let many = format!(r#"{{"version":3,"sources":["a"],"names":[],"mappings":"{}"}}"#, ";".repeat(MOST_MAPPINGS));
        assert!(SourceMap::parse(many.as_bytes()).is_none());
        let null = r#"{"version":3,"sources":[null],"names":[],"mappings":"AAAA"}"#;
        assert_eq!(shown(null, 0, 0), None);
    }
}
