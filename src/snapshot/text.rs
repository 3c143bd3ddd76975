//! Text: a string of the program, with all that JavaScript strings may hold.
//!
//! V8 writes lone surrogates into snapshots (`spec`: one `\uXXXX` of the low 16 bits of every code point), so a Rust
//! `str` will not do. [`Text`] is WTF-8: UTF-8 in which a surrogate without its partner is encoded like any other code
//! point. Lengths and order are those of UTF-16, as in JavaScript.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A JavaScript string in WTF-8.
#[derive(Clone, PartialEq, Eq, Hash, Default)]
pub struct Text(Box<[u8]>);

impl Text {
    /// Decodes the inside of a JSON string literal (without its quotes). Never fails: what is no valid escape or no valid
    /// UTF-8 becomes U+FFFD.
    pub fn from_json(raw: &[u8]) -> Self {
        if raw.is_ascii() && memchr::memchr(b'\\', raw).is_none() {
            return Self(raw.into());
        }
        let mut out = Vec::with_capacity(raw.len());
        let mut rest = raw;
        while let Some(escape) = memchr::memchr(b'\\', rest) {
            out.extend_from_slice(String::from_utf8_lossy(&rest[..escape]).as_bytes());
            rest = &rest[escape + 1..];
            let (unit, used) = decode_escape(rest);
            rest = &rest[used..];
            if let 0xdc00..=0xdfff = unit
                && let Some(high) = pop_high_surrogate(&mut out)
            {
                push_code_point(&mut out, 0x10000 + ((high - 0xd800) << 10) + (unit - 0xdc00));
            } else {
                push_code_point(&mut out, unit);
            }
        }
        out.extend_from_slice(String::from_utf8_lossy(rest).as_bytes());
        Self(out.into())
    }

    /// The bytes, in WTF-8.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// As UTF-8; lone surrogates become U+FFFD.
    pub fn to_str(&self) -> Cow<'_, str> {
        match std::str::from_utf8(&self.0) {
            Ok(text) => Cow::Borrowed(text),
            Err(_) => Cow::Owned(
                char::decode_utf16(self.utf16()).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER)).collect(),
            ),
        }
    }

    /// The UTF-16 code units.
    pub fn utf16(&self) -> impl Iterator<Item = u16> + '_ {
        Utf16 { rest: &self.0, low: None }
    }

    /// Length in UTF-16 code units, as JavaScript's `length`.
    pub fn utf16_len(&self) -> usize {
        // Every code point has one byte that is no continuation byte; the four-byte ones are two units.
        self.0.iter().map(|&byte| usize::from(byte & 0xc0 != 0x80) + usize::from(byte >= 0xf0)).sum()
    }

    /// Order by UTF-16 code units, as JavaScript's `<`.
    pub fn cmp_utf16(&self, other: &Self) -> Ordering {
        if self.0.is_ascii() && other.0.is_ascii() { self.0.cmp(&other.0) } else { self.utf16().cmp(other.utf16()) }
    }

    /// The first `end` bytes, which must end between two code points.
    pub fn prefix(&self, end: usize) -> Self {
        Self(self.0[..end].into())
    }

    /// Appends another text, joining surrogates that meet.
    pub fn concat(parts: &[&Self]) -> Self {
        let mut out: Vec<u8> = Vec::with_capacity(parts.iter().map(|part| part.0.len()).sum());
        for part in parts {
            let mut bytes = &part.0[..];
            if let [0xed, b @ 0xb0..=0xbf, c, rest @ ..] = bytes
                && let Some(high) = pop_high_surrogate(&mut out)
            {
                let low = 0xd000 | (u32::from(b & 0x3f) << 6) | u32::from(c & 0x3f);
                push_code_point(&mut out, 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00));
                bytes = rest;
            }
            out.extend_from_slice(bytes);
        }
        Self(out.into())
    }
}

impl From<&[u16]> for Text {
    fn from(units: &[u16]) -> Self {
        let escaped: String = units.iter().map(|unit| format!("\\u{unit:04x}")).collect();
        Self::from_json(escaped.as_bytes())
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self(text.as_bytes().into())
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        Self(text.into_bytes().into())
    }
}

impl PartialEq<str> for Text {
    fn eq(&self, other: &str) -> bool {
        *self.0 == *other.as_bytes()
    }
}

impl PartialEq<&str> for Text {
    fn eq(&self, other: &&str) -> bool {
        *self.0 == *other.as_bytes()
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.to_str())
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.to_str())
    }
}

/// A string, or its UTF-16 units where it holds lone surrogates: a `str`, and so a string of serde, cannot.
impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Form {
            String(String),
            Units(Vec<u16>),
        }
        Ok(match Form::deserialize(deserializer)? {
            Form::String(string) => string.into(),
            Form::Units(units) => units.as_slice().into(),
        })
    }
}

impl Serialize for Text {
    /// A JSON string; lone surrogates are written as `\uXXXX`, which `JSON.parse` gives back unharmed.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if let Ok(text) = std::str::from_utf8(&self.0) {
            return serializer.serialize_str(text);
        }
        let mut json = String::from("\"");
        for unit in char::decode_utf16(self.utf16()) {
            match unit {
                Ok('"') => json.push_str("\\\""),
                Ok('\\') => json.push_str("\\\\"),
                Ok(c) if c < ' ' => json.push_str(&format!("\\u{:04x}", c as u32)),
                Ok(c) => json.push(c),
                Err(lone) => json.push_str(&format!("\\u{:04x}", lone.unpaired_surrogate())),
            }
        }
        json.push('"');
        serde_json::value::RawValue::from_string(json).map_err(serde::ser::Error::custom)?.serialize(serializer)
    }
}

struct Utf16<'a> {
    rest: &'a [u8],
    low: Option<u16>,
}

impl Iterator for Utf16<'_> {
    type Item = u16;

    fn next(&mut self) -> Option<u16> {
        if let Some(low) = self.low.take() {
            return Some(low);
        }
        let (code_point, used) = match *self.rest {
            [] => return None,
            [a, b, c, d, ..] if a >= 0xf0 => (
                (u32::from(a & 0x07) << 18)
                    | (u32::from(b & 0x3f) << 12)
                    | (u32::from(c & 0x3f) << 6)
                    | u32::from(d & 0x3f),
                4,
            ),
            [a, b, c, ..] if a >= 0xe0 => {
                ((u32::from(a & 0x0f) << 12) | (u32::from(b & 0x3f) << 6) | u32::from(c & 0x3f), 3)
            }
            [a, b, ..] if a >= 0xc0 => ((u32::from(a & 0x1f) << 6) | u32::from(b & 0x3f), 2),
            [a, ..] => (u32::from(a), 1),
        };
        self.rest = &self.rest[used..];
        if code_point >= 0x10000 {
            self.low = Some(0xdc00 | ((code_point - 0x10000) & 0x3ff) as u16);
            Some(0xd800 | ((code_point - 0x10000) >> 10) as u16)
        } else {
            Some(code_point as u16)
        }
    }
}

/// The code unit of the escape after a backslash, and how many bytes it took.
fn decode_escape(rest: &[u8]) -> (u32, usize) {
    let Some(&byte) = rest.first() else { return (0xfffd, 0) };
    let simple = match byte {
        b'b' => 0x08,
        b'f' => 0x0c,
        b'n' => 0x0a,
        b'r' => 0x0d,
        b't' => 0x09,
        b'"' | b'\\' | b'/' => u32::from(byte),
        b'u' => {
            let hex = rest.get(1..5).and_then(|hex| std::str::from_utf8(hex).ok());
            return match hex.and_then(|hex| u32::from_str_radix(hex, 16).ok()) {
                Some(unit) => (unit, 5),
                None => (0xfffd, 1),
            };
        }
        _ => 0xfffd,
    };
    (simple, 1)
}

/// Takes a lone high surrogate off the end of WTF-8 bytes.
fn pop_high_surrogate(out: &mut Vec<u8>) -> Option<u32> {
    let &[.., 0xed, b @ 0xa0..=0xaf, c] = &out[..] else { return None };
    out.truncate(out.len() - 3);
    Some(0xd000 | (u32::from(b & 0x3f) << 6) | u32::from(c & 0x3f))
}

fn push_code_point(out: &mut Vec<u8>, code_point: u32) {
    match char::from_u32(code_point) {
        Some(c) => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        None => out.extend_from_slice(&[
            0xe0 | (code_point >> 12) as u8,
            0x80 | ((code_point >> 6) & 0x3f) as u8,
            0x80 | (code_point & 0x3f) as u8,
        ]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decodes_what_v8_writes() {
        let cases: &[(&str, &[u16])] = &[
            ("", &[]),
            ("plain", &[0x70, 0x6c, 0x61, 0x69, 0x6e]),
            (r#"\"\\\/\b\f\n\r\t"#, &[0x22, 0x5c, 0x2f, 8, 12, 10, 13, 9]),
            (r"\u00E9\u4E1C", &[0xe9, 0x4e1c]),
            (r"\uD83D\uDE00", &[0xd83d, 0xde00]),
            (r"\uDE00\uD83D", &[0xde00, 0xd83d]),
            (r"x\uD800y", &[0x78, 0xd800, 0x79]),
            ("é😀", &[0xe9, 0xd83d, 0xde00]),
            (r"\uD83D😀", &[0xd83d, 0xd83d, 0xde00]),
            (r"\u00zz", &[0xfffd, 0x30, 0x30, 0x7a, 0x7a]),
        ];
        for (raw, expected) in cases {
            let text = Text::from_json(raw.as_bytes());
            assert_eq!(text.utf16().collect::<Vec<_>>(), *expected, "{raw}");
            assert_eq!(text.utf16_len(), expected.len(), "{raw}");
        }
    }

    #[test]
    fn keeps_lone_surrogates_in_json() {
        let text = Text::from_json(br#"a\uD800"\n"#);
        assert_eq!(serde_json::to_string(&text).ok().as_deref(), Some(r#""a\ud800\"\u000a""#));
    }

    #[test]
    fn sorts_like_javascript() {
        let astral = Text::from("😀");
        let private = Text::from("\u{f600}");
        assert_eq!(astral.cmp_utf16(&private), Ordering::Less, "0xd83d sorts before 0xf600");
        assert!(astral.as_bytes() > private.as_bytes(), "UTF-8 order is the other way round");
    }

    #[test]
    fn joins_surrogates_that_meet() {
        let joined = Text::concat(&[&Text::from_json(br"\uD83D"), &Text::from_json(br"\uDE00!")]);
        assert_eq!(joined, "😀!");
    }
}
