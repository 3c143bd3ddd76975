//! Groups: which classes of two snapshots are the same class. `O(nodes)` for the sums, `O(classes)` for the rest.

use rustc_hash::FxHashMap;

use super::Identity;
use crate::analysis::scripts::{Scripts, SourceLocation};
use crate::cancel::CancelToken;
use crate::error::Result;
use crate::graph::{ClassIndex, ClassTotal, Classes, Grouping, Interfaces, Snapshot, class_totals};
use crate::snapshot::{NodeIndex, Text};

/// One of the two snapshots, with the classes it is compared by.
pub(super) struct Side<'a> {
    pub(super) snapshot: &'a Snapshot,
    /// Classes other than the snapshot's own.
    renamed: Option<Classes>,
    grouping: Grouping,
    totals: Vec<ClassTotal>,
    scripts: Scripts,
}

/// A class of either snapshot or of both.
pub(super) struct Group {
    pub(super) key: Text,
    pub(super) name: Text,
    pub(super) location: Option<SourceLocation>,
    pub(super) before: Sums,
    pub(super) after: Sums,
}

/// A class's nodes in one snapshot, in sum.
#[derive(Clone, Copy, Default)]
pub(super) struct Sums {
    pub(super) count: u64,
    pub(super) shallow_size: u64,
    pub(super) retained_size: u64,
}

/// All classes with nodes that count, those of the older snapshot first.
pub(super) struct Groups {
    pub(super) all: Vec<Group>,
    /// For each side: the group by class.
    of_class: [Vec<u32>; 2],
}

impl<'a> Side<'a> {
    /// With the snapshot's own classes.
    pub(super) fn as_is(snapshot: &'a Snapshot, grouping: Grouping, cancel: &CancelToken) -> Result<Self> {
        Self::new(snapshot, None, grouping, cancel)
    }

    /// With plain objects named by other interfaces.
    pub(super) fn renamed(
        snapshot: &'a Snapshot,
        interfaces: &Interfaces,
        grouping: Grouping,
        cancel: &CancelToken,
    ) -> Result<Self> {
        let Snapshot { heap, graph } = snapshot;
        if graph.classes.interfaces() == interfaces {
            return Self::as_is(snapshot, grouping, cancel);
        }
        let classes = Classes::with_interfaces(heap, &graph.detachedness, interfaces, cancel)?;
        Self::new(snapshot, Some(classes), grouping, cancel)
    }

    fn new(snapshot: &'a Snapshot, renamed: Option<Classes>, grouping: Grouping, cancel: &CancelToken) -> Result<Self> {
        let classes = renamed.as_ref().unwrap_or(&snapshot.graph.classes);
        let totals = class_totals(&snapshot.graph, classes, grouping, |_| true, cancel)?;
        Ok(Self { snapshot, renamed, grouping, totals, scripts: Scripts::new(&snapshot.heap) })
    }

    fn classes(&self) -> &Classes {
        self.renamed.as_ref().unwrap_or(&self.snapshot.graph.classes)
    }

    /// A node's own bytes.
    #[inline]
    pub(super) fn shallow_size(&self, node: NodeIndex) -> u64 {
        self.snapshot.graph.sizes.shallow_size(node)
    }

    /// What a node's class is called.
    pub(super) fn name_of(&self, node: NodeIndex) -> &Text {
        self.classes().name(self.class_of(node))
    }

    /// A node's class, as the sides are compared.
    pub(super) fn class_of(&self, node: NodeIndex) -> ClassIndex {
        match self.grouping {
            Grouping::ByKey => self.classes().class_of(node),
            Grouping::DevTools => self.classes().devtools_class_of(node),
        }
    }

    fn location(&self, class: ClassIndex) -> Option<SourceLocation> {
        self.scripts.source(&self.snapshot.heap, self.classes().location(class)?)
    }

    /// A class's key, which is the same in both snapshots.
    pub(super) fn key(&self, class: ClassIndex, identity: Identity) -> Text {
        match identity {
            Identity::SameProcess => self.classes().key(class),
            Identity::DifferentProcess => {
                let name = self.classes().name(class);
                match self.location(class) {
                    Some(place) => {
                        let position = Text::from(format!(":{}:{},", place.line, place.column));
                        Text::concat(&[&place.url, &position, name])
                    }
                    None => Text::concat(&[&Text::from(","), name]),
                }
            }
        }
    }
}

impl Groups {
    /// Matches the classes by key.
    pub(super) fn new(sides: &[Side; 2], identity: Identity) -> Self {
        let mut all: Vec<Group> = Vec::new();
        let mut by_key: FxHashMap<Text, u32> = FxHashMap::default();
        let mut of_class = [Vec::new(), Vec::new()];
        for (at, side) in sides.iter().enumerate() {
            of_class[at] = vec![Self::NONE; side.classes().len()];
            for total in &side.totals {
                let key = side.key(total.class, identity);
                let group = *by_key.entry(key).or_insert_with_key(|key| {
                    all.push(Group {
                        key: key.clone(),
                        name: side.classes().name(total.class).clone(),
                        location: side.location(total.class),
                        before: Sums::default(),
                        after: Sums::default(),
                    });
                    all.len() as u32 - 1
                });
                of_class[at][total.class.at()] = group;
                let group = &mut all[group as usize];
                let sums = if at == 0 { &mut group.before } else { &mut group.after };
                // Several classes have one key when one file was loaded as several scripts.
                sums.count += total.count;
                sums.shallow_size = sums.shallow_size.saturating_add(total.shallow_size);
                sums.retained_size = sums.retained_size.saturating_add(total.retained_size);
            }
        }
        Self { all, of_class }
    }

    /// No group: the node does not count.
    pub(super) const NONE: u32 = u32::MAX;

    /// The group of a node of one of the sides, or [`Groups::NONE`].
    #[inline]
    pub(super) fn of(&self, sides: &[Side; 2], side: usize, node: NodeIndex) -> u32 {
        if sides[side].shallow_size(node) == 0 {
            return Self::NONE;
        }
        self.of_class[side][sides[side].class_of(node).at()]
    }
}
