//! A snapshot that may leave the company: contents of strings are replaced by texts of [`super::placeholder`]; structure, sizes
//! and the names of the program stay.
//!
//! Which string of the file is what, its uses tell. Hidden are: texts of string nodes and sources of regular expressions;
//! numbers, where V8 wrote their values; names of properties that look like data, by the rule for findings
//! ([`super::disclosure`]); of names that stay, the query of a URL, the script in a `data:` URL, the attributes of a DOM node, and
//! the names that V8 puts into those of WeakMap entries. Whatever is a name of a class, function, variable, property or file
//! somewhere stays everywhere: the file writes equal texts once. Length and hash of a string that V8 cut stay too.
//!
//! `O(bytes)`; a byte a string, a bit a node, and some bytes for each number and string that has edges.

use rustc_hash::{FxHashMap, FxHashSet};

use super::disclosure::{LONGEST_NAME, is_content};
use super::placeholder::Hider;
use crate::snapshot::{EdgeKind, EdgeRecord, NodeKind, NodeRecord, StringRules, Text};

/// Contents of a string, or of a regular expression.
const VALUE: u8 = 1;
/// Name of a property or symbol: stays unless it looks like data.
const PROPERTY: u8 = 2;
/// A number, or what kind of number it is.
const NUMBER: u8 = 4;
/// Any other name.
const NAME: u8 = 8;

/// How far a string's number may be from those seen before.
const NEAR: usize = 1 << 16;

/// What V8 writes in the names of the edges of WeakMap entries.
const PAIR: [&str; 3] = [" / part of key (", ") -> value (", ") pair in WeakMap (table @"];

/// How many strings there were, and how many are hidden, in whole or in part.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Redacted {
    /// All strings of the file.
    pub string_count: u64,
    /// Those that are not what they were.
    pub hidden_count: u64,
}

/// Redacts one file.
pub struct Redaction {
    hider: Hider,
    /// By string. V8 numbers strings as it first writes them.
    uses: Vec<u8>,
    /// Of strings whose number is far from those seen before, as only other producers write, or a liar.
    far: FxHashMap<u32, u8>,
    cuts: Cuts,
    counts: Redacted,
}

impl Redaction {
    /// With this salt.
    pub fn new(salt: &str) -> Self {
        Self {
            hider: Hider::new(salt),
            uses: Vec::new(),
            far: FxHashMap::default(),
            cuts: Cuts::default(),
            counts: Redacted::default(),
        }
    }

    /// What was done.
    pub fn counts(&self) -> Redacted {
        self.counts
    }

    fn uses(&mut self, string: u32, as_what: u8) {
        let at = string as usize;
        if at >= self.uses.len() + NEAR {
            *self.far.entry(string).or_default() |= as_what;
            return;
        }
        if at >= self.uses.len() {
            self.uses.resize(at + 1, 0);
        }
        self.uses[at] |= as_what;
    }

    fn uses_of(&self, string: u32) -> u8 {
        let far = self.far.get(&string).copied().unwrap_or(0);
        self.uses.get(string as usize).copied().unwrap_or(0) | far
    }

    /// What stands for a text that is used so.
    fn told(&self, text: &Text, uses: u8) -> Option<String> {
        let name = text.to_str();
        let is_hidden = match uses {
            0 => false,
            it if it & NAME != 0 => return self.name(&name),
            it if it & PROPERTY != 0 => is_content(&name),
            it if it & NUMBER != 0 => name.bytes().any(|byte| byte.is_ascii_digit()),
            _ => true,
        };
        (is_hidden && !name.is_empty()).then(|| self.hider.hide(text))
    }

    /// A name of the program, without the data in it.
    fn name(&self, name: &str) -> Option<String> {
        let hide = |part: &str| self.hider.hide(&Text::from(part));
        if let Some((number, key, value, rest)) = weak_pair(name) {
            let part = |of: &str| if of.starts_with("system / ") { of.to_owned() } else { hide_name(of, &hide) };
            return Some(format!("{number}{}{}{}{}{}{rest}", PAIR[0], part(key), PAIR[1], part(value), PAIR[2]));
        }
        if let Some(rest) = name.strip_prefix("data:") {
            let (kind, script) = rest.split_once(',')?;
            return Some(format!("data:{kind},{}", hide(script)));
        }
        if let Some((url, query)) = name.split_once('?').filter(|(url, query)| url.contains('/') && !query.is_empty()) {
            return Some(format!("{url}?{}", hide(query)));
        }
        let tag = name.strip_prefix("Detached ").unwrap_or(name);
        if let Some(attributes) = tag.strip_prefix('<').and_then(|tag| tag.split_once(' ')).map(|(_, it)| it) {
            let tag = &name[..name.len() - attributes.len()];
            return Some(format!("{tag}{}", hide(attributes)));
        }
        let is_name = name.len() <= 4 * LONGEST_NAME || name.starts_with('/') || name.contains("://");
        (!is_name).then(|| hide(name))
    }
}

impl StringRules for Redaction {
    fn node(&mut self, node: &NodeRecord) {
        let as_what = match node.kind {
            NodeKind::STRING | NodeKind::REGEXP => VALUE,
            // `(concatenated string)` or, by some V8, a text.
            NodeKind::CONCATENATED_STRING | NodeKind::SLICED_STRING => VALUE,
            NodeKind::NUMBER | NodeKind::BIGINT => NUMBER,
            NodeKind::SYMBOL => PROPERTY,
            _ => NAME,
        };
        self.uses(node.name, as_what);
        self.cuts.node(node);
    }

    fn edge(&mut self, edge: &EdgeRecord) {
        match edge.kind {
            EdgeKind::Property => self.uses(edge.label, PROPERTY),
            kind if !kind.is_numbered() => self.uses(edge.label, NAME),
            _ => {}
        }
        self.cuts.edge(edge);
    }

    fn string(&mut self, raw: &[u8]) -> Option<String> {
        for string in std::mem::take(&mut self.cuts).strings() {
            self.uses(string, NAME);
        }
        let uses = self.uses_of(self.counts.string_count as u32);
        self.counts.string_count += 1;
        let told = self.told(&Text::from_json(raw), uses)?;
        self.counts.hidden_count += 1;
        Some(told)
    }
}

/// `<n> / part of key (<key> @<id>) -> value (<value> @<id>) pair in WeakMap (table @<id>)`: what is before and behind, and
/// the two names with their ids.
fn weak_pair(name: &str) -> Option<(&str, &str, &str, &str)> {
    let (number, rest) = name.split_once(PAIR[0])?;
    let (rest, table) = rest.rsplit_once(PAIR[2])?;
    let (key, value) = rest.split_once(PAIR[1])?;
    Some((number, key, value, table))
}

/// `name @id` with the name hidden.
fn hide_name(of: &str, hide: &impl Fn(&str) -> String) -> String {
    match of.rsplit_once(" @") {
        Some((name, id)) => format!("{} @{id}", hide(name)),
        None => hide(of),
    }
}

/// What V8 15 tells of the strings that it cut: `string -> number -> "1024"`, edges called `length`, `hash` and `truncated`.
/// Without it, strings that only begin alike would look equal.
#[derive(Default)]
struct Cuts {
    node_count: u32,
    edge_count: u32,
    /// The first edge of the node to come.
    first_edge: u32,
    /// Strings and numbers that have edges: where these end, and the number's position. Ascending.
    ends: Vec<(u32, Option<u32>)>,
    /// How many of them are behind.
    passed: usize,
    numbers: FxHashSet<u32>,
    /// Names of strings without bytes, which V8 makes for values.
    texts: FxHashMap<u32, u32>,
    /// Numbers that strings have.
    told: FxHashSet<u32>,
    /// Numbers and the names of their values.
    values: Vec<(u32, u32)>,
}

impl Cuts {
    fn node(&mut self, node: &NodeRecord) {
        let row = self.node_count;
        self.node_count = row.saturating_add(1);
        let start = self.first_edge;
        self.first_edge = start.saturating_add(node.edge_count);
        let is_number = node.kind == NodeKind::NUMBER;
        if is_number {
            self.numbers.insert(row);
        }
        if node.kind == NodeKind::STRING && node.self_size == 0 {
            self.texts.insert(row, node.name);
        }
        if node.edge_count > 0 && (is_number || node.kind == NodeKind::STRING) {
            // What lies between two such nodes belongs to neither.
            self.ends.push((start, None));
            self.ends.push((self.first_edge, Some(if is_number { row } else { u32::MAX })));
        }
    }

    fn edge(&mut self, edge: &EdgeRecord) {
        let at = self.edge_count;
        self.edge_count = at.saturating_add(1);
        while self.ends.get(self.passed).is_some_and(|&(end, _)| end <= at) {
            self.passed += 1;
        }
        match self.ends.get(self.passed) {
            Some(&(_, Some(u32::MAX))) if self.numbers.contains(&edge.target) => {
                self.told.insert(edge.target);
            }
            Some(&(_, Some(number))) if number != u32::MAX => {
                self.values.extend(self.texts.get(&edge.target).map(|&name| (number, name)));
            }
            _ => {}
        }
    }

    /// The strings that are such values.
    fn strings(self) -> impl Iterator<Item = u32> {
        let Self { told, values, .. } = self;
        values.into_iter().filter(move |(number, _)| told.contains(number)).map(|(_, name)| name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::disclosure;
    use crate::analysis::placeholder::Placeholder;

    fn told(text: &str, uses: u8) -> String {
        Redaction::new("salt").told(&Text::from(text), uses).unwrap_or_else(|| text.to_owned())
    }

    #[test]
    fn contents_are_hidden_and_names_are_not() {
        let is_hidden = |text: &str, uses| Placeholder::read(&told(text, uses)).is_some();
        for (text, uses) in [
            ("password", VALUE),
            ("ann@example.org", PROPERTY),
            ("ann@example.org", PROPERTY | VALUE),
            ("3.14", NUMBER),
            ("42", NUMBER | VALUE),
            ("long ".repeat(60).as_str(), NAME),
        ] {
            assert!(is_hidden(text, uses), "{text}");
        }
        for (text, uses) in [
            ("onChange", NAME),
            ("onChange", NAME | VALUE),
            ("uncaughtException", PROPERTY),
            ("id", PROPERTY | VALUE),
            ("heap number", NUMBER),
            ("/srv/app/index.js", PROPERTY | VALUE),
            ("file:///srv/app/index.mjs", NAME),
            ("<div>", NAME),
            ("", VALUE),
            ("unused", 0),
        ] {
            assert_eq!(told(text, uses), text);
        }
    }

    #[test]
    fn data_in_names_is_hidden() {
        let hidden = told("x=1", VALUE);
        assert_eq!(told("file:///a.mjs?x=1", NAME), format!("file:///a.mjs?{hidden}"));
        assert_eq!(told("data:text/javascript,x=1", NAME), format!("data:text/javascript,{hidden}"));
        assert_eq!(told("Detached <div x=1", NAME), format!("Detached <div {hidden}"));
        assert_eq!(
            told("7 / part of key (x=1 @3) -> value (system / Map @5) pair in WeakMap (table @9)", NAME),
            format!("7 / part of key ({hidden} @3) -> value (system / Map @5) pair in WeakMap (table @9)"),
        );
    }

    #[test]
    fn hidden_properties_are_still_data() {
        let hidden = Text::from(told("ann@example.org", PROPERTY));
        assert_eq!(disclosure::property_name(&hidden).to_str(), disclosure::HIDDEN_KEY);
    }
}
