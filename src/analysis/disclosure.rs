//! What answers may say of a program's data: names of the code, yes; contents, no.
//!
//! A snapshot holds passwords, tokens and mail. Answers travel: into logs, tickets and dashboards. So strings are told by
//! their length, and property names that look like data (keys of a dictionary: ids, addresses, URLs) become `[key]`.
//! Names of classes, variables, functions and files are the program's own and are told. `O(length)`.

use std::borrow::Cow;

use serde::Deserialize;

use crate::snapshot::Text;

/// Whether answers may hold the beginnings of strings.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum StringContents {
    /// Only lengths.
    #[default]
    None,
    /// The first [`PREVIEW_LENGTH`] characters.
    Preview,
}

/// How many characters a preview shows at most.
pub const PREVIEW_LENGTH: usize = 80;

/// What stands for a name that is data.
pub const HIDDEN_KEY: &str = "[key]";

/// Names longer than this are data: nobody writes them into a program.
pub(super) const LONGEST_NAME: usize = 48;
/// So many digits in a name make it an id or a time.
const MOST_DIGITS: usize = 5;
/// So many hexadecimal digits in a row, with a digit among them, make it a hash.
const LONGEST_HEX_RUN: usize = 12;
/// What V8 appends to the names of a global object and of the proxy by which programs have it, from Node.js 26 on.
const GLOBAL_MARKS: [&str; 2] = [" (global*)", " (global)"];
/// Files are code, whatever their path looks like.
const CODE_FILES: [&str; 9] = [".js", ".cjs", ".mjs", ".ts", ".mts", ".cts", ".jsx", ".tsx", ".node"];

/// `name`, or `[key]` if it is rather a key of a dictionary than a name in a program.
pub fn property_name(name: &Text) -> Cow<'_, Text> {
    if is_content(&name.to_str()) { Cow::Owned(Text::from(HIDDEN_KEY)) } else { Cow::Borrowed(name) }
}

/// The class name; where it lists the properties of a plain object, `{a, b}`, each as by [`property_name`]. Of a global object
/// the name that it has in all versions of Node.js.
pub fn class_name(name: &Text) -> Cow<'_, Text> {
    let text = name.to_str();
    if let Some(global) = GLOBAL_MARKS.iter().find_map(|mark| text.strip_suffix(mark)) {
        return Cow::Owned(Text::from(global));
    }
    let Some(properties) = text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) else {
        return if text.len() > 4 * LONGEST_NAME { Cow::Owned(Text::from(HIDDEN_KEY)) } else { Cow::Borrowed(name) };
    };
    if !properties.split(", ").any(is_content) {
        return Cow::Borrowed(name);
    }
    let shown: Vec<_> = properties.split(", ").map(|name| if is_content(name) { HIDDEN_KEY } else { name }).collect();
    Cow::Owned(Text::from(format!("{{{}}}", shown.join(", "))))
}

/// A string's beginning, in quotes, with `…` where it goes on.
pub fn preview(text: &Text) -> String {
    let text = text.to_str();
    let mut out = String::from("\"");
    let mut chars = text.chars();
    for c in chars.by_ref().take(PREVIEW_LENGTH) {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            c if c.is_control() => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out.push_str(if chars.next().is_some() { "…\"" } else { "\"" });
    out
}

/// Whether a property name looks like data.
pub(super) fn is_content(name: &str) -> bool {
    // V8 writes an accessor `x` as `get x` and `set x`.
    let name = name.strip_prefix("get ").or_else(|| name.strip_prefix("set ")).unwrap_or(name);
    // Symbols are written in the program; so are the names of files.
    if name.starts_with("<symbol ") || CODE_FILES.iter().any(|ending| name.ends_with(ending)) {
        return name.len() > 4 * LONGEST_NAME;
    }
    let digits = name.bytes().filter(u8::is_ascii_digit).count();
    name.chars().count() > LONGEST_NAME
        || digits > MOST_DIGITS
        || name.chars().any(|c| c == '@' || c.is_whitespace() || c.is_control() || "/\\?=&%,;\"'".contains(c))
        || (digits > 0 && longest_hex_run(name) >= LONGEST_HEX_RUN)
}

fn longest_hex_run(name: &str) -> usize {
    let hex = |byte: &u8| byte.is_ascii_hexdigit() || *byte == b'-';
    name.as_bytes().split(|byte| !hex(byte)).map(<[u8]>::len).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_dictionaries_are_hidden() {
        let names = [
            "uncaughtException",
            "_events",
            "<symbol kEvents>",
            "x-1",
            "utf8",
            "node:internal",
            "/srv/app/lib/index.js",
            "connection:error",
            "$$typeof",
            "deadbeefcafe_",
            "get process",
        ];
        let keys = [
            "0b9f6c1e-1111-4222-8333-9d4d1b1c2d3e",
            "ann@example.org",
            "/users/17",
            "q=1&x=2",
            "1700000000000",
            "user 17",
            "5f4dcc3b5aa765d61d8327deb882cf99",
            "a-very-long-name-that-nobody-would-write-into-a-program",
        ];
        for name in names {
            assert_eq!(property_name(&Text::from(name)).to_str(), name);
        }
        for key in keys {
            assert_eq!(property_name(&Text::from(key)).to_str(), HIDDEN_KEY, "{key}");
        }
    }

    #[test]
    fn class_names_hide_keys_only() {
        let cases =
            [("Job", "Job"), ("{at, body}", "{at, body}"), ("{at, ann@example.org}", "{at, [key]}"), ("{}", "{}")];
        for (name, expected) in cases {
            assert_eq!(class_name(&Text::from(name)).to_str(), expected);
        }
    }

    #[test]
    fn previews_are_short_and_quoted() {
        assert_eq!(preview(&Text::from("a\"b\n")), "\"a\\\"b\\n\"");
        let long = preview(&Text::from("x".repeat(81)));
        assert_eq!(long.chars().count(), PREVIEW_LENGTH + 3);
        assert!(long.ends_with("x…\""));
    }
}
