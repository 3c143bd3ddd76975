//! What the source says, for one answer: where in it built code comes from (`source_maps`), which function uses which
//! variable (`source_scopes`), and where something is added to a collection (`source_additions`).
//!
//! A script's text is the snapshot's, if that has all of it (V8 cuts strings at 1,024 characters), else the file's that it was
//! loaded from. A file that is not the one that ran is found out by its length, which the snapshot knows, and by its functions,
//! which must stand where V8 says. Files are read and parsed when the first question comes, once, within bounds; a question
//! that cannot be answered has no answer, and that is all. `O(bytes of the scripts that are asked for)`.

use std::sync::{Arc, Mutex, PoisonError};

use rustc_hash::FxHashMap;

use super::placeholder::Placeholder;
use super::scripts::{self, SourceLocation};
use super::source_files;
use super::source_maps::{SourceMapOptions, SourceMaps};
use super::source_scopes::{Place, ScriptScopes};
use crate::snapshot::{Heap, NodeIndex, Text};

/// A script of more bytes is left alone.
const MOST_SCRIPT_BYTES: u64 = 4 << 20;
/// So much is parsed for one answer.
const MOST_BYTES: u64 = 32 << 20;
/// V8 cuts strings in snapshots at this many UTF-16 units.
const CUT_AT: usize = 1024;
/// Bytes of a string in front of its characters, in Node.js and in Chrome, and what sizes are multiples of.
const STRING_HEADERS: [u64; 2] = [16, 12];
const ALIGNMENTS: [u64; 2] = [8, 4];
/// Own bytes of a string that only refers to its characters: a slice, a concatenation, one outside of the heap.
const MOST_OF_REFERENCE: u64 = 48;

/// What functions of a script use, as its source says.
#[derive(Clone, Debug, PartialEq)]
pub struct VariableUse {
    /// Whether the function asked for, or one inside of it, uses the variable.
    pub kept_uses_it: bool,
    /// Whether it uses no variable at all of the functions around it.
    pub kept_uses_nothing: bool,
    /// The other functions that do.
    pub users: Vec<SourceLocation>,
}

/// The sources of one answer.
pub struct Sources {
    maps: SourceMaps,
    scripts: Mutex<Parsed>,
}

#[derive(Default)]
struct Parsed {
    /// By URL.
    scripts: FxHashMap<String, Option<Arc<ScriptScopes>>>,
    bytes: u64,
}

impl Sources {
    /// Reads nothing yet.
    pub fn new(maps: &SourceMapOptions) -> Self {
        Self { maps: SourceMaps::new(maps), scripts: Mutex::default() }
    }

    /// The place of the source that a place in built code comes from.
    pub fn original(&self, built: &SourceLocation) -> Option<SourceLocation> {
        self.maps.source(built)
    }

    /// Which functions use `variable`, of the scope around `closure` that stands at `place`.
    pub fn variable_use(
        &self,
        heap: &Heap,
        closure: NodeIndex,
        place: &SourceLocation,
        variable: &str,
    ) -> Option<VariableUse> {
        let scopes = self.scopes_of(heap, closure, &place.url.to_str())?;
        let name = place.function_name.as_ref().map(Text::to_str).unwrap_or_default();
        let known = scopes.variable_use((place.line, place.column), &name, variable)?;
        let users = known.users.into_iter().map(|(name, user)| self.located(&place.url, name, user));
        Some(VariableUse {
            kept_uses_it: known.kept_uses_it,
            kept_uses_nothing: known.kept_uses_nothing,
            users: users.collect(),
        })
    }

    /// Where the script that `closure` is of adds to something called `name` by one of `methods`.
    pub fn additions(
        &self,
        heap: &Heap,
        closure: NodeIndex,
        url: &Text,
        name: &str,
        methods: &[&str],
    ) -> Vec<SourceLocation> {
        let Some(scopes) = self.scopes_of(heap, closure, &url.to_str()) else { return Vec::new() };
        let places = scopes.additions(name, methods).into_iter();
        places.map(|(function, place)| self.located(url, function, place)).collect()
    }

    /// A place in a script, with its source.
    fn located(&self, url: &Text, function: String, (line, column): Place) -> SourceLocation {
        let function_name = Some(Text::from(function));
        let mut place = SourceLocation { url: url.clone(), line, column, function_name, source: None };
        place.source = self.original(&place).map(Box::new);
        place
    }

    fn scopes_of(&self, heap: &Heap, closure: NodeIndex, url: &str) -> Option<Arc<ScriptScopes>> {
        // Nobody waits: an answer is made by one thread.
        let mut parsed = self.scripts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(scopes) = parsed.scripts.get(url) {
            return scopes.clone();
        }
        let most = MOST_SCRIPT_BYTES.min(MOST_BYTES.saturating_sub(parsed.bytes));
        let text = text(heap, closure, url, most);
        parsed.bytes += text.as_ref().map_or(0, |text| text.len() as u64);
        let scopes = text.and_then(|text| ScriptScopes::parse(text, url)).map(Arc::new);
        parsed.scripts.insert(url.to_owned(), scopes.clone());
        scopes
    }
}

/// Whether the snapshot has all of a script's text: V8 did not cut it, and nobody has hidden it.
fn is_whole(text: &Text) -> bool {
    (1..CUT_AT).contains(&text.utf16_len()) && Placeholder::read(&text.to_str()).is_none()
}

/// The text of the script that a closure was compiled from.
fn text(heap: &Heap, closure: NodeIndex, url: &str, most: u64) -> Option<String> {
    let in_snapshot = scripts::text_of(heap, closure);
    if let Some((text, _)) = in_snapshot.as_ref().filter(|(text, _)| is_whole(text)) {
        return Some(text.to_string());
    }
    let text = String::from_utf8(source_files::read(&source_files::path_of(url)?, most)?).ok()?;
    // Node.js takes it off before V8 sees the text.
    let text = text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text);
    let is_it = in_snapshot.is_none_or(|(_, size)| size <= MOST_OF_REFERENCE || has_size(&text, size));
    is_it.then_some(text)
}

/// Whether a string of this text has so many own bytes.
fn has_size(text: &str, size: u64) -> bool {
    let units = text.encode_utf16().count() as u64;
    let is_latin = text.chars().all(|it| u32::from(it) < 256);
    let bytes = if is_latin { units } else { 2 * units };
    STRING_HEADERS
        .iter()
        .zip(ALIGNMENTS)
        .any(|(header, alignment)| (header + bytes).next_multiple_of(alignment) == size)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_size_of_a_string_tells_its_length() {
        for (text, size, is_it) in [
            ("x".repeat(1121), 1144, true),
            ("x".repeat(1121), 1152, false),
            ("é".repeat(100), 120, true),
            ("–".repeat(100), 216, true),
            ("–".repeat(100), 120, false),
        ] {
            assert_eq!(has_size(&text, size), is_it, "{} units, {size}", text.encode_utf16().count());
        }
    }
}
