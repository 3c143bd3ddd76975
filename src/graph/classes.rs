//! Classes: the type label of every node.
//!
//! There are two tables. DevTools' own classes are told apart by the *string* that is their name, so that one text may
//! have two classes, one of which then hides the other; [`Classes::devtools_class_of`] keeps them for `devtools_compat`.
//! All other answers use [`Classes::class_of`], where equal keys are one class.
//!
//! `O(nodes + strings + locations)`, one table look-up a node, and the cost of [`super::interfaces`] for plain objects.
//! Keeps 4 bytes a node, 24 bytes a class, and each name once; 4 bytes a string while it runs.
//! Source: DevTools `HeapSnapshot.ts` (`calculateObjectNames`, `classKeyInternal`).

use rustc_hash::FxHashMap;

use super::content_table::{ContentTable, content_hash};
use super::detachedness::Detachedness;
use super::interfaces::Interfaces;
use super::shapes::Shapes;
use crate::cancel::CancelToken;
use crate::error::Result;
use crate::snapshot::{Heap, Location, NodeIndex, NodeKind, StringIndex, Text};

/// Position of a class in its snapshot's table.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[repr(transparent)]
pub struct ClassIndex(pub u32);

impl ClassIndex {
    /// As a table index.
    #[inline]
    pub fn at(self) -> usize {
        self.0 as usize
    }
}

/// Every node's class.
pub struct Classes {
    /// By node: DevTools' class.
    class_of: Vec<u32>,
    classes: Vec<Class>,
    /// By class: the first class with the same key.
    merged: Vec<ClassIndex>,
    /// Each name once.
    names: Vec<Text>,
    interfaces: Interfaces,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Class {
    /// Position in the names.
    name: u32,
    /// Of the constructor; for objects only.
    location: Option<Location>,
}

impl Classes {
    /// Names all nodes, plain objects by the interfaces that they suggest themselves.
    pub fn new(heap: &Heap, detachedness: &Detachedness, cancel: &CancelToken) -> Result<Self> {
        let (naming, class_of, shapes) = Naming::name_all(heap, detachedness, cancel)?;
        let interfaces = Interfaces::infer(heap, &shapes, cancel)?;
        naming.finish(class_of, &shapes, interfaces, cancel)
    }

    /// Names all nodes, plain objects by interfaces of another snapshot, so that both can be compared.
    pub fn with_interfaces(
        heap: &Heap,
        detachedness: &Detachedness,
        interfaces: &Interfaces,
        cancel: &CancelToken,
    ) -> Result<Self> {
        let (naming, class_of, shapes) = Naming::name_all(heap, detachedness, cancel)?;
        naming.finish(class_of, &shapes, interfaces.clone(), cancel)
    }

    /// The node's class.
    #[inline]
    pub fn class_of(&self, node: NodeIndex) -> ClassIndex {
        self.merged[self.class_of[node.at()] as usize]
    }

    /// The node's class as DevTools tells classes apart; of these several may have one key.
    #[inline]
    pub fn devtools_class_of(&self, node: NodeIndex) -> ClassIndex {
        ClassIndex(self.class_of[node.at()])
    }

    /// The class that answers for one of [`Classes::devtools_class_of`].
    #[inline]
    pub fn merged(&self, class: ClassIndex) -> ClassIndex {
        self.merged[class.at()]
    }

    /// How long a table by class must be. Not every position is a class of [`Classes::class_of`].
    pub fn len(&self) -> usize {
        self.classes.len()
    }

    /// Whether there are none, which is never so in a parsed heap.
    pub fn is_empty(&self) -> bool {
        self.classes.is_empty()
    }

    /// The name: of a constructor, an interface, a tag, or of a node type in parentheses.
    pub fn name(&self, class: ClassIndex) -> &Text {
        &self.names[self.classes[class.at()].name as usize]
    }

    /// Where the constructor stands, for classes that have one with a source.
    pub fn location(&self, class: ClassIndex) -> Option<Location> {
        self.classes[class.at()].location
    }

    /// The key: `<script id>,<line>,<column>,<name>` for a class with a location, else `,<name>`. Positions are 0-based.
    pub fn key(&self, class: ClassIndex) -> Text {
        let place = match self.location(class) {
            Some(Location { script_id, line, column }) => format!("{script_id},{line},{column},"),
            None => ",".to_owned(),
        };
        Text::concat(&[&Text::from(place), self.name(class)])
    }

    /// The class with this key. `O(classes)`.
    pub fn find(&self, key: &Text) -> Option<ClassIndex> {
        self.all().find(|&class| self.key(class) == *key)
    }

    /// The classes that [`Classes::class_of`] answers with.
    pub fn all(&self) -> impl Iterator<Item = ClassIndex> + '_ {
        (0..self.len() as u32).map(ClassIndex).filter(|&class| self.merged(class) == class)
    }

    /// The interfaces that plain objects are named by.
    pub fn interfaces(&self) -> &Interfaces {
        &self.interfaces
    }
}

/// No class was made for this yet.
const UNSEEN: u32 = u32::MAX;
/// Marks the class of objects whose name is `Object`.
const PLAIN: u32 = 1 << 31;

/// The class table in the making.
struct Naming<'a> {
    heap: &'a Heap,
    classes: Vec<Class>,
    names: Vec<Text>,
    by_text: ContentTable,
    /// By name: the class of all that is called so without bearing a string of the file.
    by_made_name: FxHashMap<u32, u32>,
    /// By string: the class of objects with that name, with the mark [`PLAIN`]. Emptied once all nodes are named.
    by_name: Vec<u32>,
    by_detached_name: FxHashMap<StringIndex, u32>,
    by_kind: [u32; NodeKind::MAX],
}

impl<'a> Naming<'a> {
    /// All nodes' classes but for interfaces and locations, and the plain objects.
    fn name_all(heap: &'a Heap, detachedness: &Detachedness, cancel: &CancelToken) -> Result<(Self, Vec<u32>, Shapes)> {
        let mut naming = Self {
            heap,
            classes: Vec::new(),
            names: Vec::new(),
            by_text: ContentTable::default(),
            by_made_name: FxHashMap::default(),
            by_name: vec![UNSEEN; heap.strings.len()],
            by_detached_name: FxHashMap::default(),
            by_kind: [UNSEEN; NodeKind::MAX],
        };
        let mut shapes = Shapes::default();
        let mut class_of = Vec::with_capacity(heap.nodes.len());
        for node in heap.nodes.indices() {
            if node.at().is_multiple_of(CancelToken::STRIDE) {
                cancel.check()?;
            }
            let kind = heap.nodes.kind(node);
            class_of.push(match kind {
                NodeKind::NATIVE if detachedness.is_renamed(node) => naming.detached(heap.nodes.name(node)),
                NodeKind::NATIVE => naming.named(heap.nodes.name(node)) & !PLAIN,
                NodeKind::OBJECT => {
                    let class = naming.named(heap.nodes.name(node));
                    if class & PLAIN != 0 {
                        shapes.add(heap, node);
                    }
                    class & !PLAIN
                }
                _ => naming.of_kind(kind),
            });
        }
        naming.by_name = Vec::new();
        Ok((naming, class_of, shapes))
    }

    /// Gives plain objects their interfaces and objects their constructors' places, and merges equal keys.
    fn finish(
        mut self,
        mut class_of: Vec<u32>,
        shapes: &Shapes,
        interfaces: Interfaces,
        cancel: &CancelToken,
    ) -> Result<Classes> {
        let matches = interfaces.matches(self.heap, shapes, cancel)?;
        let by_interface: Vec<u32> =
            interfaces.all().iter().map(|interface| self.made_class(interface.name.clone())).collect();
        for &(object, shape) in shapes.objects() {
            if let Some(interface) = matches[shape as usize] {
                class_of[object.at()] = by_interface[interface as usize];
            }
        }
        cancel.check()?;
        self.locate(&mut class_of, cancel)?;
        let merged = self.merge(cancel)?;
        let Self { mut classes, mut names, .. } = self;
        classes.shrink_to_fit();
        names.shrink_to_fit();
        Ok(Classes { class_of, classes, merged, names, interfaces })
    }

    /// The class of objects with this name, with the mark [`PLAIN`].
    #[inline]
    fn named(&mut self, name: StringIndex) -> u32 {
        match self.by_name[name.at()] {
            UNSEEN => self.name_object(name),
            class => class,
        }
    }

    #[cold]
    fn name_object(&mut self, name: StringIndex) -> u32 {
        let strings = &self.heap.strings;
        let text = strings.text(name);
        let class = if strings.starts_with(name, "<") || strings.starts_with(name, "Detached <") {
            self.made_class(tag(text))
        } else {
            let mark = if text == "Object" { PLAIN } else { 0 };
            self.new_class(text) | mark
        };
        self.by_name[name.at()] = class;
        class
    }

    /// The class of native nodes that had this name before they were detached.
    fn detached(&mut self, name: StringIndex) -> u32 {
        if let Some(&class) = self.by_detached_name.get(&name) {
            return class;
        }
        let text = Text::concat(&[&Text::from("Detached "), &self.heap.strings.text(name)]);
        let class =
            if self.heap.strings.starts_with(name, "<") { self.made_class(tag(text)) } else { self.new_class(text) };
        self.by_detached_name.insert(name, class);
        class
    }

    /// The class of all nodes of this type.
    #[inline]
    fn of_kind(&mut self, kind: NodeKind) -> u32 {
        match self.by_kind[kind.0 as usize] {
            UNSEEN => {
                let class = self.made_class(match kind {
                    NodeKind::HIDDEN => "(system)".into(),
                    NodeKind::CODE => "(compiled code)".into(),
                    NodeKind::CLOSURE => "Function".into(),
                    NodeKind::REGEXP => "RegExp".into(),
                    other => format!("({})", self.heap.layout.kind_name(other)).into(),
                });
                self.by_kind[kind.0 as usize] = class;
                class
            }
            class => class,
        }
    }

    /// The class of all that is called so without bearing a string of the file.
    fn made_class(&mut self, text: Text) -> u32 {
        let name = self.name(text);
        if let Some(&class) = self.by_made_name.get(&name) {
            return class;
        }
        let class = self.add(Class { name, location: None });
        self.by_made_name.insert(name, class);
        class
    }

    /// A class of its own, whatever others are called.
    fn new_class(&mut self, text: Text) -> u32 {
        let name = self.name(text);
        self.add(Class { name, location: None })
    }

    fn name(&mut self, text: Text) -> u32 {
        let (next, names) = (self.names.len() as u32, &self.names);
        let name = self.by_text.find_or_insert(content_hash(&text), next, |other| names[other as usize] == text);
        if name == next {
            self.names.push(text);
        }
        name
    }

    fn add(&mut self, class: Class) -> u32 {
        self.classes.push(class);
        self.classes.len() as u32 - 1
    }

    /// Tells objects apart by where their constructor stands.
    fn locate(&mut self, class_of: &mut [u32], cancel: &CancelToken) -> Result<()> {
        let mut located: FxHashMap<Class, u32> = FxHashMap::default();
        for (at, &(node, location)) in self.heap.locations.all().iter().enumerate() {
            if at.is_multiple_of(CancelToken::STRIDE) {
                cancel.check()?;
            }
            if self.heap.nodes.kind(node) == NodeKind::OBJECT {
                let class = &mut class_of[node.at()];
                let at_place = Class { location: Some(location), ..self.classes[*class as usize] };
                *class = *located.entry(at_place).or_insert_with(|| self.add(at_place));
            }
        }
        Ok(())
    }

    /// By class: the first with the same key.
    fn merge(&self, cancel: &CancelToken) -> Result<Vec<ClassIndex>> {
        let mut firsts: FxHashMap<Class, ClassIndex> = FxHashMap::default();
        let mut merged = Vec::with_capacity(self.classes.len());
        for (at, &class) in self.classes.iter().enumerate() {
            if at.is_multiple_of(CancelToken::STRIDE) {
                cancel.check()?;
            }
            merged.push(*firsts.entry(class).or_insert(ClassIndex(at as u32)));
        }
        Ok(merged)
    }
}

/// `<div id="a">` -> `<div>`, `Detached <div id="a">` -> `Detached <div>`; as it is when there is no space in the tag.
fn tag(name: Text) -> Text {
    let start = if name.as_bytes().starts_with(b"<") { 0 } else { "Detached <".len() };
    match memchr::memchr(b' ', &name.as_bytes()[start..]) {
        Some(space) => Text::concat(&[&name.prefix(start + space), &Text::from(">")]),
        None => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::builder::Builder;

    #[test]
    fn names_by_type_and_name() {
        let cases = [
            (NodeKind::HIDDEN, "system / Map", "(system)"),
            (NodeKind::CODE, "f", "(compiled code)"),
            (NodeKind::CLOSURE, "f", "Function"),
            (NodeKind::REGEXP, "/f/", "RegExp"),
            (NodeKind::CONCATENATED_STRING, "(concatenated string)", "(concatenated string)"),
            (NodeKind::OBJECT_SHAPE, "", "(object shape)"),
            (NodeKind::OBJECT, "Server", "Server"),
            (NodeKind::NATIVE, "Object", "Object"),
            (NodeKind::NATIVE, "<div>", "<div>"),
            (NodeKind::NATIVE, "<div id=\"a\" class=\"b\">", "<div>"),
            (NodeKind::OBJECT, "<", "<"),
            (NodeKind::NATIVE, "Detached <div id=\"a\">", "Detached <div>"),
            (NodeKind::NATIVE, "Detached < div>", "Detached <>"),
            (NodeKind::STRING, "<div id>", "(string)"),
        ];
        let mut builder = Builder::new();
        let nodes = cases.map(|(kind, name, _)| builder.node(kind, name, 8));
        let heap = builder.heap();
        let cancel = CancelToken::new();
        let classes = Classes::new(&heap, &Detachedness::new(&heap, &cancel).unwrap(), &cancel).unwrap();
        for (node, (kind, name, expected)) in nodes.into_iter().zip(cases) {
            assert_eq!(*classes.name(classes.class_of(node)), *expected, "{} {name}", heap.layout.kind_name(kind));
        }
    }

    #[test]
    fn detached_nodes_are_named_anew() {
        let mut builder = Builder::new();
        let nodes = ["Foo", "<div id=\"a\">", "<div>"].map(|name| builder.node(NodeKind::NATIVE, name, 8));
        for node in nodes {
            builder.detachedness(node, 2);
        }
        let heap = builder.heap();
        let cancel = CancelToken::new();
        let classes = Classes::new(&heap, &Detachedness::new(&heap, &cancel).unwrap(), &cancel).unwrap();
        let names = nodes.map(|node| classes.name(classes.class_of(node)).to_string());
        assert_eq!(names, ["Detached Foo", "Detached <div>", "Detached <div>"]);
        assert_eq!(classes.class_of(nodes[1]), classes.class_of(nodes[2]));
    }

    #[test]
    fn objects_of_one_name_are_told_apart_by_their_constructors() {
        let mut drawn = crate::snapshot! {
            root -> A="Foo"(8); root -> B="Foo"(8); root -> C="Foo"(8); root -> D="Foo"(8); root -> f="Foo":closure(8)
        };
        let [a, b, c, d, f] = ["A", "B", "C", "D", "f"].map(|key| drawn.at(key));
        drawn.locate(a, 1, 2, 3).locate(b, 1, 2, 3).locate(c, 1, 2, 4).locate(f, 1, 2, 3);
        let heap = drawn.heap();
        let cancel = CancelToken::new();
        let classes = Classes::new(&heap, &Detachedness::new(&heap, &cancel).unwrap(), &cancel).unwrap();
        let keys = [a, b, c, d, f].map(|node| classes.key(classes.class_of(node)).to_string());
        assert_eq!(keys, ["1,2,3,Foo", "1,2,3,Foo", "1,2,4,Foo", ",Foo", ",Function"]);
    }
}
