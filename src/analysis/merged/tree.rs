//! The tree of places, common to several snapshots. `O(1)` a step down; at most [`MOST_PLACES`] places of some 60 bytes.
//!
//! What would be a place beyond the bound, or deeper than [`MOST_DEPTH`], counts for the place above it. A step that is the
//! same as one a few steps up leads back there: a list whose every element holds the next is one place, not thousands. All
//! scopes of functions have the same names; so two of them are the same step only if those before them are, too.

use std::cmp::Ordering;

use rustc_hash::FxHashMap;

use crate::snapshot::Text;

/// So many places there are at most: enough for the heaps of large services, whose places are a few ten thousand.
pub const MOST_PLACES: usize = 1 << 18;
/// So many steps a path has at most.
pub const MOST_DEPTH: u16 = 96;
/// Steps are compared with so many above them.
const LONGEST_CYCLE: usize = 6;
/// A place has so many children with names of their own at most: what has more is a dictionary.
const MOST_NAMED: u16 = 1024;

/// What an index, an entry or a key that is data is called.
pub const FOLDED: &str = "[x]";
/// The class of scopes.
pub const SCOPE: &str = "system / Context";

/// A place's position in the tree: its parent comes before it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct PlaceIndex(pub u32);

impl PlaceIndex {
    /// Of the root of the heap.
    pub const ROOT: Self = Self(0);
    /// Of compiled code, shapes, and what only they keep: the VM's own, which grows by its own rules.
    pub const MACHINERY: Self = Self(1);
    /// Of what nothing keeps.
    pub const NOWHERE: Self = Self(u32::MAX);

    /// As a column index.
    #[inline]
    pub fn at(self) -> usize {
        self.0 as usize
    }
}

/// A name's number in one tree.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct NameIndex(pub u32);

impl NameIndex {
    /// Of [`FOLDED`].
    pub const FOLDED: Self = Self(0);
    /// Of [`SCOPE`].
    const SCOPE: Self = Self(1);
}

#[derive(Clone, Copy)]
struct Place {
    parent: PlaceIndex,
    edge: NameIndex,
    class: NameIndex,
    depth: u16,
    named: u16,
}

/// Places by path.
pub struct Tree {
    places: Vec<Place>,
    children: FxHashMap<(PlaceIndex, NameIndex, NameIndex), PlaceIndex>,
    names: Vec<Text>,
    numbers: FxHashMap<Text, NameIndex>,
    most: usize,
}

impl Default for Tree {
    fn default() -> Self {
        Self::with_at_most(MOST_PLACES)
    }
}

impl Tree {
    /// A tree of no more places than `most`.
    pub fn with_at_most(most: usize) -> Self {
        let mut tree = Self {
            places: Vec::new(),
            children: FxHashMap::default(),
            names: Vec::new(),
            numbers: FxHashMap::default(),
            most,
        };
        let [folded, _] = [FOLDED, SCOPE].map(|name| tree.name(Text::from(name)));
        let root = Place { parent: PlaceIndex::ROOT, edge: folded, class: folded, depth: 0, named: 0 };
        // The root, and the machinery.
        tree.places.extend([root, root]);
        tree
    }

    /// How many places there are.
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Never: there is always a root.
    pub fn is_empty(&self) -> bool {
        false
    }

    /// Whether places were lost to the bound.
    pub fn is_full(&self) -> bool {
        self.places.len() >= self.most
    }

    /// The number of a name.
    pub fn name(&mut self, text: Text) -> NameIndex {
        if let Some(&number) = self.numbers.get(&text) {
            return number;
        }
        if self.is_full() {
            return NameIndex::FOLDED;
        }
        let number = NameIndex(self.names.len() as u32);
        self.names.push(text.clone());
        self.numbers.insert(text, number);
        number
    }

    /// A name's text.
    pub fn text(&self, name: NameIndex) -> &Text {
        &self.names[name.0 as usize]
    }

    /// All places but the root and the machinery, parents first.
    pub fn indices(&self) -> impl DoubleEndedIterator<Item = PlaceIndex> + use<> {
        (2..self.places.len() as u32).map(PlaceIndex)
    }

    /// The place above.
    pub fn parent(&self, place: PlaceIndex) -> PlaceIndex {
        self.places[place.at()].parent
    }

    /// The name of the step to the place, and the class that stands there.
    pub fn step(&self, place: PlaceIndex) -> (NameIndex, NameIndex) {
        let Place { edge, class, .. } = self.places[place.at()];
        (edge, class)
    }

    /// The place and those above it, without the root.
    pub fn upwards(&self, place: PlaceIndex) -> impl Iterator<Item = PlaceIndex> + '_ {
        std::iter::successors(Some(place), |&place| Some(self.parent(place)))
            .take_while(|&place| place > PlaceIndex::MACHINERY)
    }

    /// Where the step leads from `parent`.
    pub fn child(&mut self, parent: PlaceIndex, mut edge: NameIndex, class: NameIndex) -> PlaceIndex {
        if let Some(&known) = self.children.get(&(parent, edge, class)) {
            return known;
        }
        let is_same = |above: PlaceIndex| {
            self.step(above) == (edge, class)
                && (class != NameIndex::SCOPE || self.step(self.parent(above)) == self.step(parent))
        };
        if let Some(again) = self.upwards(parent).take(LONGEST_CYCLE).find(|&above| is_same(above)) {
            return again;
        }
        if edge != NameIndex::FOLDED && self.places[parent.at()].named >= MOST_NAMED {
            edge = NameIndex::FOLDED;
            if let Some(&known) = self.children.get(&(parent, edge, class)) {
                return known;
            }
        }
        let depth = self.places[parent.at()].depth + 1;
        if self.is_full() || depth > MOST_DEPTH {
            return parent;
        }
        let place = PlaceIndex(self.places.len() as u32);
        self.places.push(Place { parent, edge, class, depth, named: 0 });
        self.children.insert((parent, edge, class), place);
        if edge != NameIndex::FOLDED {
            self.places[parent.at()].named += 1;
        }
        place
    }

    /// The order of two places by their names, the shorter first, from the places upwards: in every process the same.
    pub fn order(&self, mut a: PlaceIndex, mut b: PlaceIndex) -> Ordering {
        while a != b {
            if a.at().min(b.at()) <= PlaceIndex::MACHINERY.at() {
                return a.cmp(&b);
            }
            let ((edge_a, class_a), (edge_b, class_b)) = (self.step(a), self.step(b));
            let by_name = |a: NameIndex, b: NameIndex| match a == b {
                true => Ordering::Equal,
                false => {
                    let key = |name| (self.text(name).as_bytes().len(), self.text(name).as_bytes());
                    key(a).cmp(&key(b))
                }
            };
            let order = by_name(edge_a, edge_b).then_with(|| by_name(class_a, class_b));
            if order != Ordering::Equal {
                return order;
            }
            (a, b) = (self.parent(a), self.parent(b));
        }
        Ordering::Equal
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names<const N: usize>(tree: &mut Tree, names: [&str; N]) -> [NameIndex; N] {
        names.map(|name| tree.name(Text::from(name)))
    }

    #[test]
    fn equal_steps_lead_to_one_place() {
        let mut tree = Tree::default();
        let [a, b, object] = names(&mut tree, ["a", "b", "Object"]);
        let first = tree.child(PlaceIndex::ROOT, a, object);
        assert_eq!(tree.child(PlaceIndex::ROOT, a, object), first);
        assert_ne!(tree.child(PlaceIndex::ROOT, b, object), first);
        assert_ne!(tree.child(PlaceIndex::ROOT, a, b), first);
        assert_eq!((tree.parent(first), tree.step(first)), (PlaceIndex::ROOT, (a, object)));
    }

    #[test]
    fn lists_lead_back_to_themselves() {
        let mut tree = Tree::default();
        let [next, value, node, item] = names(&mut tree, ["next", "value", "Node", "Item"]);
        let first = tree.child(PlaceIndex::ROOT, next, node);
        let between = tree.child(first, value, item);
        assert_eq!(tree.child(first, next, node), first);
        assert_eq!(tree.child(between, next, node), first);
        assert_ne!(tree.child(between, next, item), first);
    }

    #[test]
    fn scopes_lead_back_only_where_their_functions_do() {
        let mut tree = Tree::default();
        let [context, previous, outer, inner, scope] =
            names(&mut tree, ["context", "previous", "outer()", "inner()", SCOPE]);
        let outer = tree.child(PlaceIndex::ROOT, outer, outer);
        let scope_of_outer = tree.child(outer, context, scope);
        let function = tree.child(scope_of_outer, inner, inner);
        let scope_of_inner = tree.child(function, context, scope);
        assert_ne!(scope_of_inner, scope_of_outer);
        let again = tree.child(scope_of_inner, inner, inner);
        assert_eq!(tree.child(again, context, scope), scope_of_inner);
        let above = tree.child(scope_of_inner, previous, scope);
        let chain = tree.child(above, previous, scope);
        assert_eq!(tree.child(chain, previous, scope), chain);
    }

    #[test]
    fn the_tree_is_bounded() {
        let mut tree = Tree::with_at_most(4);
        let [a, b, object] = names(&mut tree, ["a", "b", "Object"]);
        let first = tree.child(PlaceIndex::ROOT, a, object);
        let second = tree.child(first, b, object);
        assert_eq!((tree.child(second, a, b), tree.is_full()), (second, true));
        assert_eq!(tree.name(Text::from("c")), NameIndex::FOLDED);
        let mut deep = Tree::default();
        let mut place = PlaceIndex::ROOT;
        for step in 0..1000 {
            let name = deep.name(Text::from(step.to_string()));
            place = deep.child(place, name, name);
        }
        assert_eq!(deep.upwards(place).count(), usize::from(MOST_DEPTH));
        let mut wide = Tree::default();
        for step in 0..3000 {
            let name = wide.name(Text::from(step.to_string()));
            wide.child(PlaceIndex::ROOT, name, NameIndex::FOLDED);
        }
        assert_eq!(wide.len(), 2 + usize::from(MOST_NAMED) + 1);
    }

    #[test]
    fn places_are_ordered_by_their_names() {
        let mut tree = Tree::default();
        let [b, a, object] = names(&mut tree, ["b", "a", "Object"]);
        let [under_b, under_a] = [b, a].map(|name| tree.child(PlaceIndex::ROOT, name, object));
        assert_eq!(tree.order(under_a, under_b), Ordering::Less);
        let [x, y] = [under_b, under_a].map(|place| tree.child(place, NameIndex::FOLDED, object));
        assert_eq!(
            [tree.order(x, y), tree.order(y, x), tree.order(x, x)],
            [Ordering::Greater, Ordering::Less, Ordering::Equal]
        );
    }
}
