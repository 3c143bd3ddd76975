//! What keys look like: UUIDs, times, numbers, addresses. `O(length)` a key.

use super::placeholder::Placeholder;

/// What most keys look like.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum KeyPattern {
    /// `0b9f6c1e-…`, perhaps after a prefix.
    Uuid,
    /// Seconds or milliseconds since 1970.
    Timestamp,
    /// Digits.
    Number,
    /// `name@host`.
    Email,
    /// With `://`.
    Url,
    /// With slashes.
    Path,
    /// Many hexadecimal digits.
    Hexadecimal,
    /// Ends in a digit.
    NumberedName,
}

/// All patterns, the most telling first.
pub const PATTERNS: [KeyPattern; 8] = [
    KeyPattern::Uuid,
    KeyPattern::Timestamp,
    KeyPattern::Number,
    KeyPattern::Email,
    KeyPattern::Url,
    KeyPattern::Path,
    KeyPattern::Hexadecimal,
    KeyPattern::NumberedName,
];

/// At least this part of the keys must look alike.
const MOST: f64 = 0.9;
/// Lengths of a UUID's groups of hexadecimal digits.
const UUID_GROUPS: [usize; 5] = [8, 4, 4, 4, 12];
/// Hexadecimal digits of the shortest id that is no word.
const LEAST_HEXADECIMAL: usize = 12;
/// Digits of a time in seconds and in milliseconds, from 2001 to 2286.
const TIMESTAMP_DIGITS: [usize; 2] = [10, 13];

impl KeyPattern {
    /// The first pattern that most of `keys` have.
    pub fn of(keys: &[String]) -> Option<Self> {
        PATTERNS.into_iter().find(|pattern| {
            let alike = keys.iter().filter(|key| pattern.fits(key)).count();
            !keys.is_empty() && alike as f64 >= MOST * keys.len() as f64
        })
    }

    /// As titles say it: keys like …
    pub fn name(self) -> &'static str {
        match self {
            Self::Uuid => "a UUID",
            Self::Timestamp => "a timestamp",
            Self::Number => "a number",
            Self::Email => "an e-mail address",
            Self::Url => "a URL",
            Self::Path => "a path",
            Self::Hexadecimal => "a hexadecimal id",
            Self::NumberedName => "a numbered name",
        }
    }

    fn fits(self, key: &str) -> bool {
        if let Some(placeholder) = Placeholder::read(key) {
            return placeholder.pattern == Some(self);
        }
        match self {
            Self::Uuid => has_uuid(key),
            Self::Timestamp => is_number(key) && TIMESTAMP_DIGITS.contains(&key.len()),
            Self::Number => is_number(key),
            Self::Email => {
                key.split_once('@').is_some_and(|(name, host)| !name.is_empty() && host.contains('.'))
                    && !key.contains("://")
            }
            Self::Url => key.contains("://"),
            Self::Path => key.starts_with('/') || key.contains('/') && !key.contains(char::is_whitespace),
            Self::Hexadecimal => key.len() >= LEAST_HEXADECIMAL && key.bytes().all(|byte| byte.is_ascii_hexdigit()),
            Self::NumberedName => key.ends_with(|c: char| c.is_ascii_digit()),
        }
    }
}

fn is_number(key: &str) -> bool {
    !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether somewhere in the key, after a prefix as in `session:…`, there is a UUID.
fn has_uuid(key: &str) -> bool {
    let groups: Vec<&str> = key.split(|c: char| !c.is_ascii_hexdigit()).collect();
    groups.windows(UUID_GROUPS.len()).any(|window| window.iter().map(|group| group.len()).eq(UUID_GROUPS))
        && key.matches('-').count() >= UUID_GROUPS.len() - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pattern_is_known_by_its_keys() {
        let cases = [
            ("0b9f6c1e-1111-4222-8333-9d4d1b1c2d3e", Some(KeyPattern::Uuid)),
            ("session:0b9f6c1e-1111-4222-8333-9d4d1b1c2d3e", Some(KeyPattern::Uuid)),
            ("1700000000000", Some(KeyPattern::Timestamp)),
            ("1700000000", Some(KeyPattern::Timestamp)),
            ("4711", Some(KeyPattern::Number)),
            ("ann@example.org", Some(KeyPattern::Email)),
            ("https://example.org/?q=1", Some(KeyPattern::Url)),
            ("/users/17", Some(KeyPattern::Path)),
            ("5f4dcc3b5aa765d61d8327deb882cf99", Some(KeyPattern::Hexadecimal)),
            ("user 17", Some(KeyPattern::NumberedName)),
            ("name", None),
            ("", None),
        ];
        for (key, pattern) in cases {
            assert_eq!(KeyPattern::of(&[key.to_owned()]), pattern, "{key}");
        }
        assert_eq!(KeyPattern::of(&[]), None);
    }

    #[test]
    fn a_pattern_is_that_of_most_keys() {
        let keys = |others: usize| -> Vec<String> {
            (0..10).map(|at| if at < others { "name".to_owned() } else { format!("{at}") }).collect()
        };
        assert_eq!(KeyPattern::of(&keys(1)), Some(KeyPattern::Number));
        assert_eq!(KeyPattern::of(&keys(2)), None);
    }
}
