//! Reading of searches: words, then what each of them says. Errors tell the column. `O(length)`.

use super::{Error, ErrorKind, Figure, Holder, Match, Order, Query, Result, Term, Test};

/// The names of figures, and whether they take units.
const FIGURES: [(&str, Figure, bool); 6] = [
    ("retained", Figure::Retained, true),
    ("shallow", Figure::Shallow, true),
    ("distance", Figure::Distance, false),
    ("edges", Figure::Edges, false),
    ("retainers", Figure::Retainers, false),
    ("id", Figure::Id, false),
];

/// Longer ones first: `>` begins `>=`.
const ORDERS: [(&str, Order); 5] =
    [(">=", Order::AtLeast), ("<=", Order::AtMost), (">", Order::More), ("<", Order::Less), ("=", Order::Equal)];

/// Longer ones first: each ends in `b`.
const UNITS: [(&str, f64); 8] = [
    ("kib", 1024.0),
    ("mib", 1_048_576.0),
    ("gib", 1_073_741_824.0),
    ("kb", 1e3),
    ("mb", 1e6),
    ("gb", 1e9),
    ("b", 1.0),
    ("", 1.0),
];

const STATES: [(&str, u8); 3] = [("unknown", 0), ("attached", 1), ("detached", 2)];

const HOLDERS: [(&str, Holder); 5] = [
    ("contexts", Holder::Contexts),
    ("detached-nodes", Holder::DetachedNodes),
    ("event-handlers", Holder::EventHandlers),
    ("console", Holder::Console),
    ("listeners", Holder::Listeners),
];

/// A word of a search and where it begins.
struct Word {
    column: usize,
    text: String,
}

impl Query {
    /// Reads a search.
    ///
    /// # Errors
    /// `InvalidArg`, which says where, and what was expected.
    pub fn parse(text: &str) -> Result<Self> {
        let mut terms = Vec::new();
        let mut is_not = false;
        let mut joint: Option<Word> = None;
        for word in words(text)? {
            match word.text.as_str() {
                "not" => is_not = !is_not,
                "and" if terms.is_empty() || is_not => return Err(wrong(word.column, "a term", &word.text)),
                "and" => {}
                term => {
                    let test = test(term).map_err(|expected| wrong(word.column, &expected, term))?;
                    terms.push(Term { column: word.column, is_not, test });
                    is_not = false;
                }
            }
            joint = matches!(word.text.as_str(), "not" | "and").then_some(word);
        }
        match joint {
            Some(word) => Err(wrong(word.column, &format!("a term after `{}`", word.text), "nothing")),
            None => Ok(Self { terms }),
        }
    }
}

/// A failure at a column.
pub(super) fn wrong(column: usize, expected: &str, found: &str) -> Error {
    let found = if found == "nothing" { found.to_owned() } else { format!("`{found}`") };
    Error::new(ErrorKind::InvalidArg(format!("search, column {column}: expected {expected}, found {found}")))
}

/// The words of a text, without the quotes; spaces between quotes are part of a word.
fn words(text: &str) -> Result<Vec<Word>> {
    let mut words = Vec::new();
    let mut word: Option<Word> = None;
    let mut quote = None;
    for (at, char) in text.chars().enumerate() {
        let column = at + 1;
        if char.is_whitespace() && quote.is_none() {
            words.extend(word.take());
            continue;
        }
        let current = word.get_or_insert_with(|| Word { column, text: String::new() });
        match char {
            '"' => quote = if quote.is_none() { Some(column) } else { None },
            char => current.text.push(char),
        }
    }
    if let Some(column) = quote {
        return Err(wrong(column, "a closing quote", "nothing"));
    }
    words.extend(word);
    Ok(words)
}

/// A term; else what was expected.
fn test(word: &str) -> std::result::Result<Test, String> {
    let end = word.find(|char: char| !char.is_ascii_lowercase() && char != '-').unwrap_or(word.len());
    let (field, rest) = word.split_at(end);
    if let Some(&(_, figure, has_units)) = FIGURES.iter().find(|(name, ..)| *name == field) {
        let sign = ORDERS.iter().find_map(|(sign, order)| Some((*order, rest.strip_prefix(sign)?)));
        let (order, value) = sign.ok_or_else(|| format!("`{field}` and `>`, `>=`, `<`, `<=` or `=`"))?;
        let example = if has_units { "a size such as 10MB" } else { "a number" };
        let value = number(value, has_units).ok_or_else(|| format!("{example} after `{field}`"))?;
        return Ok(Test::Figure(figure, order, value));
    }
    let value = rest.get(1..).unwrap_or_default();
    let sign = rest.get(..1).unwrap_or_default();
    let has_text = matches!(field, "class" | "name") && matches!(sign, ":" | "~");
    let has_choice = matches!(field, "type" | "listener-of" | "detachedness" | "retained-by" | "is") && sign == ":";
    if !has_text && !has_choice {
        return Err("a term such as class:Session, name~token, type:closure, retained>1MB or distance<5".to_owned());
    }
    if value.is_empty() {
        return Err(format!("a text after `{field}{sign}`"));
    }
    let matched = || match sign {
        ":" => Match::Is(value.to_owned()),
        _ => Match::Contains(value.to_lowercase()),
    };
    match field {
        "class" => Ok(Test::Class(matched())),
        "name" => Ok(Test::Name(matched())),
        "type" => Ok(Test::Type(value.to_owned())),
        "listener-of" => Ok(Test::ListenerOf(value.to_owned())),
        "detachedness" => choice(field, value, &STATES).map(Test::Detachedness),
        "retained-by" => choice(field, value, &HOLDERS).map(Test::RetainedBy),
        _ => choice(field, value, &[("duplicated-string", Test::DuplicatedString)]),
    }
}

fn choice<T: Clone>(field: &str, value: &str, choices: &[(&str, T)]) -> std::result::Result<T, String> {
    let found = choices.iter().find(|(name, _)| *name == value);
    found.map(|(_, choice)| choice.clone()).ok_or_else(|| {
        let names: Vec<String> = choices.iter().map(|(name, _)| format!("{field}:{name}")).collect();
        names.join(", ")
    })
}

fn number(text: &str, has_units: bool) -> Option<f64> {
    let end = text.find(|char: char| !char.is_ascii_digit() && char != '.').unwrap_or(text.len());
    let (digits, unit) = text.split_at(end);
    let unit = unit.to_lowercase();
    let (_, factor) = UNITS.iter().find(|(name, _)| *name == unit && (has_units || name.is_empty()))?;
    digits.parse::<f64>().ok().map(|number| number * factor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_term_is_refused_with_its_column() {
        let cases = [
            ("class", 1, "a term such as"),
            ("type:closure  bigger>1", 15, "a term such as"),
            ("🙂 class:A", 1, "a term such as"),
            ("name:🙂 class:", 8, "a text after `class:`"),
            ("retained", 1, "`retained` and `>`"),
            ("retained>", 1, "a size such as 10MB"),
            ("id=1 retained>1XB", 6, "a size such as 10MB"),
            ("distance<5MB", 1, "a number after `distance`"),
            ("id>1.2.3", 1, "a number after `id`"),
            ("type~clo", 1, "a term such as"),
            ("is:detached", 1, "is:duplicated-string"),
            ("not detachedness:gone", 5, "detachedness:unknown, detachedness:attached, detachedness:detached"),
            ("class:A retained-by:me", 9, "retained-by:contexts, "),
            ("class:\"A b", 7, "a closing quote"),
            ("and class:A", 1, "a term"),
            ("class:A not and", 13, "a term"),
            ("class:A and", 9, "a term after `and`"),
            ("class:A and not", 13, "a term after `not`"),
        ];
        for (text, column, expected) in cases {
            let message = Query::parse(text).unwrap_err().to_string();
            let start = format!("search, column {column}: expected {expected}");
            assert!(message.starts_with(&start), "{text}: {message}");
        }
    }

    #[test]
    fn terms_are_read() {
        let one = |text: &str| {
            let mut terms = Query::parse(text).unwrap().terms;
            assert_eq!(terms.len(), 1, "{text}");
            let Term { is_not, test, .. } = terms.remove(0);
            (is_not, test)
        };
        let figure = |figure, order, value| (false, Test::Figure(figure, order, value));
        assert_eq!(one("retained>=1.5MB"), figure(Figure::Retained, Order::AtLeast, 1.5e6));
        assert_eq!(one("shallow<2kib"), figure(Figure::Shallow, Order::Less, 2048.0));
        assert_eq!(one("distance=5"), figure(Figure::Distance, Order::Equal, 5.0));
        let class = Test::Class(Match::Is("system / Context".into()));
        assert_eq!(one("class:\"system / Context\""), (false, class.clone()));
        assert_eq!(one("not \"class:system / Context\""), (true, class.clone()));
        assert_eq!(one("not not \"class:system / Context\""), (false, class));
        assert_eq!(one("name~ToKen:x"), (false, Test::Name(Match::Contains("token:x".into()))));
        assert_eq!(one("listener-of:process"), (false, Test::ListenerOf("process".into())));
        assert_eq!(one("retained-by:contexts"), (false, Test::RetainedBy(Holder::Contexts)));
        assert_eq!(Query::parse("  ").unwrap().terms, []);
        assert_eq!(Query::parse("id=1 and not id=2 id=3").unwrap().terms.len(), 3);
    }
}
