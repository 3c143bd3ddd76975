//! Searches as one writes them: `class:Session retained>1MB not name~token`. All terms must hold; `not` before one turns it
//! round, and `and` may stand between two.
//!
//! | term | holds for |
//! | --- | --- |
//! | `class:NAME` `class~TEXT` | nodes of the class of this name or key; of classes whose name contains the text, in any case |
//! | `name:TEXT` `name~TEXT` | nodes of this raw name (of a string its text); whose name contains the text, in any case |
//! | `type:TYPE` | nodes of V8's type, such as `closure` |
//! | `retained>SIZE` `shallow>SIZE` | sizes; `>`, `>=`, `<`, `<=` and `=`; `1MB` is 1,000,000 bytes |
//! | `distance<N` `edges>N` `retainers>N` `id=N` | figures of the node; a distance that DevTools shows as a minus is none |
//! | `detachedness:STATE` | nodes that V8 calls `detached`, `attached` or neither (`unknown`) |
//! | `listener-of:NAME` | listeners of emitters of this name, or of events of this name |
//! | `retained-by:HOLDER` | what would be free but for `contexts`, `detached-nodes`, `event-handlers`, `console` or `listeners` |
//! | `is:duplicated-string` | strings whose text another string has too |
//!
//! `O(terms · (nodes + edges) + bytes of the strings)`; a byte a string and term of a name, a bit a node.

mod parse;

use super::display::raw_name;
use super::retained_by::{Holder, retained_by};
use super::strings::duplicated;
use crate::cancel::CancelToken;
use crate::error::{Error, ErrorKind, Result};
use crate::graph::bitset::Bitset;
use crate::graph::{ClassIndex, Snapshot};
use crate::snapshot::NodeIndex;

/// Which nodes are listeners of emitters, or of events, of a name; without one, of any. What an emitter is, a room to the
/// right of this one knows.
pub type ListenersOf = fn(&Snapshot, Option<&str>, &CancelToken) -> Result<Bitset>;

/// A search.
#[derive(Clone, Debug, PartialEq)]
pub struct Query {
    terms: Vec<Term>,
}

#[derive(Clone, Debug, PartialEq)]
struct Term {
    /// Where it stands in the search's text, in characters from 1.
    column: usize,
    is_not: bool,
    test: Test,
}

#[derive(Clone, Debug, PartialEq)]
enum Test {
    Class(Match),
    Name(Match),
    Type(String),
    Figure(Figure, Order, f64),
    Detachedness(u8),
    ListenerOf(String),
    RetainedBy(Holder),
    DuplicatedString,
}

#[derive(Clone, Debug, PartialEq)]
enum Match {
    Is(String),
    /// In lower case.
    Contains(String),
}

impl Match {
    fn holds(&self, text: &str) -> bool {
        match self {
            Self::Is(wanted) => text == wanted,
            Self::Contains(wanted) => text.to_lowercase().contains(wanted),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Figure {
    Retained,
    Shallow,
    Distance,
    Edges,
    Retainers,
    Id,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Order {
    More,
    AtLeast,
    Less,
    AtMost,
    Equal,
}

type Holds<'a> = Box<dyn Fn(NodeIndex) -> bool + 'a>;

impl Query {
    /// The nodes for which all terms hold, in file order.
    ///
    /// # Errors
    /// `InvalidArg` for a type that the file does not have, and `Cancelled`.
    pub fn find(&self, snapshot: &Snapshot, listeners: ListenersOf, cancel: &CancelToken) -> Result<Vec<NodeIndex>> {
        let mut found: Vec<NodeIndex> = snapshot.heap.nodes.indices().collect();
        for term in &self.terms {
            cancel.check()?;
            let holds = term.over(snapshot, listeners, cancel)?;
            found.retain(|&node| holds(node) != term.is_not);
        }
        Ok(found)
    }
}

impl Term {
    fn over<'a>(&'a self, snapshot: &'a Snapshot, listeners: ListenersOf, cancel: &CancelToken) -> Result<Holds<'a>> {
        let Snapshot { heap, graph } = snapshot;
        Ok(match &self.test {
            Test::Class(wanted) => {
                let classes = &graph.classes;
                let is_wanted = |class: ClassIndex| {
                    let is_key = matches!(wanted, Match::Is(text) if *classes.key(class).to_str() == **text);
                    is_key || wanted.holds(&classes.name(class).to_str())
                };
                let by_class: Vec<bool> = (0..classes.len()).map(|at| is_wanted(ClassIndex(at as u32))).collect();
                Box::new(move |node| by_class[classes.class_of(node).at()])
            }
            Test::Name(wanted) => {
                let strings = &heap.strings;
                let mut by_string = Vec::with_capacity(strings.len());
                for string in strings.indices() {
                    if string.at() % CancelToken::STRIDE == 0 {
                        cancel.check()?;
                    }
                    by_string.push(wanted.holds(&strings.text(string).to_str()));
                }
                Box::new(move |node| match graph.detachedness.is_renamed(node) {
                    true => wanted.holds(&raw_name(snapshot, node).to_str()),
                    false => by_string[heap.nodes.name(node).at()],
                })
            }
            Test::Type(name) => {
                let names = heap.layout.kind_names();
                if !names.contains(name) {
                    let expected = format!("a type of this file ({})", names.join(", "));
                    return Err(parse::wrong(self.column, &expected, name));
                }
                Box::new(move |node| heap.layout.kind_name(heap.nodes.kind(node)) == name)
            }
            Test::Detachedness(state) => Box::new(move |node| graph.detachedness.state(node) == *state),
            Test::Figure(figure, order, value) => {
                Box::new(move |node| figure.of(snapshot, node).is_some_and(|number| order.holds(number, *value)))
            }
            Test::ListenerOf(name) => member(listeners(snapshot, Some(name), cancel)?),
            Test::RetainedBy(Holder::Listeners) => {
                let held = listeners(snapshot, None, cancel)?;
                member(retained_by(snapshot, Holder::Listeners, &held, cancel)?)
            }
            Test::RetainedBy(holder) => member(retained_by(snapshot, *holder, &Bitset::default(), cancel)?),
            Test::DuplicatedString => member(duplicated(snapshot, cancel)?),
        })
    }
}

fn member<'a>(set: Bitset) -> Holds<'a> {
    Box::new(move |node| set.contains(node.at()))
}

impl Figure {
    fn of(self, snapshot: &Snapshot, node: NodeIndex) -> Option<f64> {
        let Snapshot { heap, graph } = snapshot;
        Some(match self {
            Self::Retained => graph.dominators.retained_size(node) as f64,
            Self::Shallow => graph.sizes.shallow_size(node) as f64,
            Self::Distance => f64::from(graph.distances.shown(node)?),
            Self::Edges => heap.nodes.edges(node).len() as f64,
            Self::Retainers => f64::from(graph.retainers.count(node)),
            Self::Id => f64::from(heap.nodes.id(node).0),
        })
    }
}

impl Order {
    fn holds(self, number: f64, value: f64) -> bool {
        match self {
            Self::More => number > value,
            Self::AtLeast => number >= value,
            Self::Less => number < value,
            Self::AtMost => number <= value,
            Self::Equal => number == value,
        }
    }
}
