//! Rules for growth that is known and accepted: what they match is not told, but counted.
//!
//! A rule has one condition or several, all of which must hold. Class names and paths are patterns: `*` stands for any
//! characters but a point, `**` for any at all. `O(length of pattern * length of text)` a rule.

use std::borrow::Cow;

use serde::Deserialize;

use super::disclosure::HIDDEN_KEY;
use super::merged::tree::FOLDED;
use super::node_ref::PathStep;
use super::signature::is_index;

/// What is ignored.
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct IgnoreRule {
    /// Of one leak.
    pub signature: Option<String>,
    /// Of one kind of leak.
    pub cause: Option<String>,
    /// Of owners, or of what piles up.
    pub class_name: Option<String>,
    /// Of the path from the root, as [`path_text`] writes it.
    pub path: Option<String>,
}

/// What rules are asked about.
pub struct Accusation<'a> {
    /// Its signature.
    pub signature: &'a str,
    /// Its cause, if it has one.
    pub cause: Option<&'a str>,
    /// Names of the classes that it is about.
    pub class_names: &'a [&'a str],
    /// The path to it, as [`path_text`] writes it.
    pub path: &'a str,
}

impl IgnoreRule {
    /// Whether all its conditions hold; one without any holds for nothing.
    pub fn matches(&self, accused: &Accusation<'_>) -> bool {
        let conditions = [
            self.signature.as_ref().map(|it| it == accused.signature),
            self.cause.as_ref().map(|it| accused.cause == Some(it)),
            self.class_name.as_ref().map(|it| accused.class_names.iter().any(|name| fits(it, name))),
            self.path.as_ref().map(|it| fits(it, accused.path)),
        ];
        conditions.iter().any(Option::is_some) && conditions.iter().all(|it| it.unwrap_or(true))
    }
}

/// Whether any rule matches.
pub fn is_ignored(rules: &[IgnoreRule], accused: &Accusation<'_>) -> bool {
    rules.iter().any(|rule| rule.matches(accused))
}

/// A path as rules see it: names with points between them, indices and keys of dictionaries as `[x]`:
/// `process._events.uncaughtException[x]`. What leads to `process` or `global` differs by version of Node, and is left out.
pub fn path_text(path: &[PathStep]) -> String {
    let is_of = |name: &'static str| {
        let step = path.iter().rposition(|step| step.node.kind == "object" && step.node.class_name == name);
        step.map(|at| (at, name))
    };
    match BEGINNINGS.into_iter().find_map(is_of) {
        Some((at, name)) => {
            let rest = path[at + 1..].iter().map(|step| step.edge_name.to_str());
            joined(std::iter::once(name.into()).chain(rest))
        }
        None => joined(path.iter().map(|step| step.edge_name.to_str())),
    }
}

/// The classes of the objects that paths are told from.
pub const BEGINNINGS: [&str; 2] = ["process", "global"];

/// The same of the names alone.
pub fn joined<'a>(names: impl Iterator<Item = Cow<'a, str>>) -> String {
    let mut text = String::new();
    for name in names {
        if is_index(&name) || name == HIDDEN_KEY || name == FOLDED {
            text.push_str(FOLDED);
        } else {
            if !text.is_empty() {
                text.push('.');
            }
            text.push_str(&name);
        }
    }
    text
}

/// Whether a pattern fits the whole text.
fn fits(pattern: &str, text: &str) -> bool {
    let text: Vec<char> = text.chars().collect();
    // For every position of the text: whether the pattern up to here can end there.
    let mut ends = vec![false; text.len() + 1];
    ends[0] = true;
    let mut rest = pattern;
    while let Some(first) = rest.chars().next() {
        let (is_star, is_any) = (first == '*', rest.starts_with("**"));
        if is_star {
            for at in 0..text.len() {
                ends[at + 1] |= ends[at] && (is_any || text[at] != '.');
            }
        } else {
            for at in (0..text.len()).rev() {
                ends[at + 1] = ends[at] && text[at] == first;
            }
            ends[0] = false;
        }
        rest = &rest[if is_any { 2 } else { first.len_utf8() }..];
    }
    ends[text.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_fit_whole_texts() {
        let cases = [
            ("a.cache", "a.cache", true),
            ("cache", "a.cache", false),
            ("*.cache", "a.cache", true),
            ("*.cache", "a.b.cache", false),
            ("**.cache", "a.b.cache", true),
            ("**cache[x]", "a.b.cache[x]", true),
            ("a.**.d", "a.b.c.d", true),
            ("a.**.d", "a.d", false),
            ("**/dist/*.js.*", "x./srv/dist/a.js.b", true),
            ("S*n", "Session", true),
            ("S*n", "Sessions", false),
            ("**", "", true),
            ("", "a", false),
            ("é*", "éa", true),
        ];
        for (pattern, text, expected) in cases {
            assert_eq!(fits(pattern, text), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn all_conditions_of_a_rule_must_hold() {
        let accused =
            Accusation { signature: "12", cause: Some("timers"), class_names: &["Map", "Session"], path: "a.cache" };
        let some = |text: &str| Some(text.to_owned());
        let rule = IgnoreRule::default;
        let cases = [
            (rule(), false),
            (IgnoreRule { signature: some("12"), ..rule() }, true),
            (IgnoreRule { signature: some("1*"), ..rule() }, false),
            (IgnoreRule { cause: some("timers"), ..rule() }, true),
            (IgnoreRule { cause: some("listeners"), ..rule() }, false),
            (IgnoreRule { class_name: some("Ses*"), ..rule() }, true),
            (IgnoreRule { class_name: some("Job"), ..rule() }, false),
            (IgnoreRule { path: some("**.cache"), ..rule() }, true),
            (IgnoreRule { path: some("**.cache"), cause: some("timers"), ..rule() }, true),
            (IgnoreRule { path: some("**.cache"), cause: some("listeners"), ..rule() }, false),
        ];
        for (rule, expected) in cases {
            assert_eq!(rule.matches(&accused), expected, "{rule:?}");
        }
        assert!(!is_ignored(&[], &accused));
    }
}
