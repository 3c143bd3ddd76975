//! Texts that stand for others in a redacted snapshot: `<36 chars, a UUID #0b9f6c1e11114222>`, the length in UTF-16 units,
//! what keys like it look like, and a hash with a salt. Equal texts have equal ones; who has the salt can test a guess.
//!
//! Texts that V8 had cut stay as long as V8 makes them, since that is how it is known that they were cut.

use siphasher::sip::SipHasher24;

use super::key_pattern::{KeyPattern, PATTERNS};
use crate::snapshot::Text;

/// V8 cuts texts at so many UTF-16 units.
const CUT_AT: usize = 1024;

/// Makes such texts.
pub struct Hider(SipHasher24);

impl Hider {
    /// With a salt of any length: another salt, other texts.
    pub fn new(salt: &str) -> Self {
        let half = |key: u64| SipHasher24::new_with_keys(key, !key).hash(salt.as_bytes());
        Self(SipHasher24::new_with_keys(half(1), half(2)))
    }

    /// What stands for a text; nothing for the empty one, which tells nothing.
    pub fn hide(&self, text: &Text) -> String {
        let length = text.utf16_len();
        if length == 0 {
            return String::new();
        }
        let pattern = KeyPattern::of(&[text.to_str().into_owned()]);
        let pattern = pattern.map(|pattern| format!(", {}", pattern.name())).unwrap_or_default();
        let mut hidden = format!("<{length} chars{pattern} #{:016x}", self.0.hash(text.as_bytes()));
        if length >= CUT_AT {
            hidden.extend(std::iter::repeat_n('.', CUT_AT - 1 - hidden.len()));
        }
        hidden.push('>');
        hidden
    }
}

/// What a text that stands for another tells of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Placeholder {
    /// Length in UTF-16 units.
    pub length: usize,
    /// What it looks like.
    pub pattern: Option<KeyPattern>,
}

impl Placeholder {
    /// Reads such a text; `None` of any other.
    pub fn read(text: &str) -> Option<Self> {
        let (told, hash) = text.strip_prefix('<')?.strip_suffix('>')?.split_once(" #")?;
        let hash = hash.trim_end_matches('.');
        if hash.len() != 16 || !hash.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        let (length, pattern) = told.split_once(" chars")?;
        let pattern = match pattern.strip_prefix(", ") {
            Some(name) => Some(PATTERNS.into_iter().find(|pattern| pattern.name() == name)?),
            None if pattern.is_empty() => None,
            None => return None,
        };
        Some(Self { length: length.parse().ok()?, pattern })
    }
}

/// The length of a text, or of the one that it stands for, in UTF-16 units.
pub fn length(text: &Text) -> usize {
    Placeholder::read(&text.to_str()).map_or_else(|| text.utf16_len(), |placeholder| placeholder.length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_length_and_look_and_no_more() {
        let hider = Hider::new("salt");
        let cases = [
            ("secret", 6, None),
            ("0b9f6c1e-1111-4222-8333-9d4d1b1c2d3e", 36, Some(KeyPattern::Uuid)),
            ("ann@example.org", 15, Some(KeyPattern::Email)),
            ("😀", 2, None),
        ];
        for (text, length, pattern) in cases {
            let hidden = hider.hide(&Text::from(text));
            assert_eq!(Placeholder::read(&hidden), Some(Placeholder { length, pattern }), "{hidden}");
            assert!(!hidden.contains(text));
            assert_eq!(hider.hide(&Text::from(text)), hidden, "equal texts stay equal");
            assert_ne!(Hider::new("other").hide(&Text::from(text)), hidden);
        }
        assert_eq!(hider.hide(&Text::from("")), "");
        let cut = hider.hide(&Text::from("x".repeat(1024)));
        assert_eq!((cut.len(), Placeholder::read(&cut).map(|it| it.length)), (1024, Some(1024)));
        for other in ["<b>", "<6 chars #12>", "<x chars #0123456789abcdef>", "<6 chars, odd #0123456789abcdef>", ""] {
            assert_eq!(Placeholder::read(other), None, "{other}");
        }
    }
}
