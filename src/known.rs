//! Names of leakscan's own, such as those of causes, that come back from JSON: answers of another process.
//!
//! In the types of answers they are `&'static str`, because no other text may stand there. What comes back is kept once for
//! good, so there is a bound on how much: some hundred names of some letters exist.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use serde::de::Error;
use serde::{Deserialize, Deserializer};

/// Names kept at most, and the length of one in bytes.
const MOST: usize = 2000;
const LONGEST: usize = 100;

/// Such a name. (serde would borrow a `&str` that it sees from the JSON.)
pub type Name = &'static str;

static NAMES: Mutex<BTreeSet<Name>> = Mutex::new(BTreeSet::new());

/// A name, for `#[serde(deserialize_with)]`. `O(log names)`.
pub fn name<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Name, D::Error> {
    keep(String::deserialize(deserializer)?).ok_or_else(|| D::Error::custom("expected a name of leakscan's own"))
}

fn keep(name: String) -> Option<Name> {
    let mut names = NAMES.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(&known) = names.get(name.as_str()) {
        return Some(known);
    }
    if names.len() >= MOST || name.len() > LONGEST {
        return None;
    }
    let kept: Name = Box::leak(name.into_boxed_str());
    names.insert(kept);
    Some(kept)
}

/// A key of a map, where names stand.
#[derive(PartialEq, Eq, PartialOrd, Ord, Deserialize)]
struct Key(#[serde(deserialize_with = "name")] Name);

/// A map by names, for `#[serde(deserialize_with)]`.
pub fn by_name<'de, D, V>(deserializer: D) -> Result<BTreeMap<Name, V>, D::Error>
where
    D: Deserializer<'de>,
    V: Deserialize<'de>,
{
    let named = BTreeMap::<Key, V>::deserialize(deserializer)?;
    Ok(named.into_iter().map(|(Key(name), value)| (name, value)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_kept_once_and_nothing_else_is() {
        let first = keep("a name".to_owned()).unwrap();
        let second = keep("a name".to_owned()).unwrap();
        assert!(std::ptr::eq(first, second));
        assert_eq!(keep("x".repeat(LONGEST + 1)), None);
    }
}
