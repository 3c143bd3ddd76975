//! Random small snapshots with everything that is nasty about real ones: nodes nobody leads to, cycles nobody feeds, self
//! loops, shortcuts, WeakMap entries whose names break the pattern, roots of every sort and none, page objects, repeated
//! ids, V8's own edges. The same seed gives the same snapshot. `O(nodes + edges)`.

use super::builder::{Builder, Writer};
use crate::snapshot::{EdgeKind, NodeIndex, NodeKind};

/// A stream of numbers (SplitMix64; doi:10.1145/2660193.2660195).
pub struct Random(u64);

impl Random {
    /// The stream of this seed.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number below `bound`.
    pub fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((u128::from(z ^ (z >> 31)) * bound as u128) >> 64) as usize
    }

    /// True once in so many times.
    pub fn once_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    /// One of them.
    pub fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }
}

const NODE_NAMES: &[&str] = &[
    "Object",
    "Object",
    "Object",
    "Array",
    "Function",
    "RegExp",
    "Foo",
    "Bar",
    "<div id=\"a\">",
    "<div>",
    "<span",
    "Detached <div x>",
    "(map descriptors)",
    "system / Context",
    "system / Context / scope @3",
    "system / NativeContext",
    "system / NativeContext / x",
    "Detached system / NativeContext",
    "system / JSArrayBufferData",
    "system / ExternalStringData",
    "(Document DOM trees)",
    "(system)",
    "(array)",
    "Detached Foo",
    "Detached ",
    "V8EventListener",
    "{a}",
    "",
    "é\u{1f600}",
];

const PROPERTIES: &[&str] = &[
    "a",
    "b",
    "c",
    "d",
    "__proto__",
    "we,ird",
    "q'q",
    "first",
    "second",
    "elements",
    "sloppy_function_map",
    "1 / DevTools console",
    "7",
    " 4x",
    "1",
    "constructor",
    "map",
    "native_context",
    "code",
    "length_that_is_beyond_what_an_interface_name_can_take_when_there_are_two_of_its_kind_in_one_object",
];

/// Names of keys, some of which break the pattern of a WeakMap entry's name.
const KEYS: &[&str] = &["K", "K", "a\nb", "a\rb", "\u{2028}", "x\u{2029}", "x @3) -> value (y", ""];

/// A snapshot of 3 to 42 nodes.
pub fn builder(seed: u64) -> Builder {
    let mut random = Random::new(seed);
    let mut builder = Builder::new();
    builder.writer(random.pick(&Writer::ALL)).extra_native_bytes(random.below(1000) as u64);
    let node_count = 3 + random.below(40);
    while builder.node_count() < node_count {
        add_node(&mut builder, &mut random);
    }
    builder.element(NodeIndex::ROOT, 1, NodeIndex(1));
    // As with exposeInternals: nothing below the root but what V8 itself makes.
    let has_user_roots = !random.once_in(4);
    for node in 2..node_count {
        if has_user_roots && random.once_in(10) {
            let kind = random.pick(&[EdgeKind::Shortcut, EdgeKind::Element, EdgeKind::Weak, EdgeKind::Property]);
            builder.edge(NodeIndex::ROOT, kind, &(2 + node).to_string(), NodeIndex::from(node));
        }
    }
    for number in 0..random.below(node_count * 4) {
        add_edge(&mut builder, &mut random, number);
    }
    builder
}

/// A snapshot, and what the same process might look like later: some objects gone, new, renamed, resized.
pub fn pair(seed: u64) -> (Builder, Builder) {
    let before = builder(seed);
    let mut after = before.clone();
    let mut random = Random::new(!seed);
    for node in (2..before.node_count()).map(NodeIndex::from) {
        if random.once_in(6) {
            after.id(node, before.id_of(node).0 + 1000);
        }
        if random.once_in(8) {
            after.rename(node, random.pick(NODE_NAMES));
        }
        if random.once_in(8) {
            after.size(node, 8 * random.below(9) as u64);
        }
        if random.once_in(6) {
            after.pop_edge(node);
        }
    }
    (before, after)
}

fn add_node(builder: &mut Builder, random: &mut Random) {
    let (mut kind, mut name) = (NodeKind(random.below(14) as u8), random.pick(NODE_NAMES));
    match builder.node_count() {
        1 => (kind, name) = (NodeKind::SYNTHETIC, "(GC roots)"),
        2 if random.once_in(5) => (kind, name) = (NodeKind::SYNTHETIC, "(Document DOM trees)"),
        _ if random.once_in(5) => (kind, name) = (NodeKind::OBJECT, "Object"),
        _ if random.once_in(12) => (kind, name) = (NodeKind::ARRAY, "(map descriptors)"),
        _ if random.once_in(12) => (kind, name) = (NodeKind::HIDDEN, "system / NativeContext"),
        _ => {}
    }
    let size = if random.once_in(3) { 0 } else { 8 * random.below(20) as u64 };
    let node = builder.node(kind, name, size);
    if random.once_in(12) {
        builder.detachedness(node, random.below(3) as u8);
    }
    if random.once_in(20) {
        builder.id(node, 2 * random.below(node.at()) as u32 + 1);
    }
    if kind == NodeKind::OBJECT && random.once_in(4) {
        builder.locate(node, random.below(2) as u32, random.below(2) as u32, 0);
    }
}

fn add_edge(builder: &mut Builder, random: &mut Random, number: usize) {
    let from = NodeIndex::from(1 + random.below(builder.node_count() - 1));
    let target = NodeIndex::from(random.below(builder.node_count()));
    // DevTools never comes back from a string that is made of itself.
    let are_strings = [from, target].iter().all(|&node| builder.kind_of(node) == NodeKind::CONCATENATED_STRING);
    if are_strings && target <= from {
        return;
    }
    let kind = match random.below(11) {
        kind @ 0..7 => EdgeKind::from_bits(kind as u32),
        7 | 8 => EdgeKind::Property,
        _ => EdgeKind::Internal,
    };
    if kind == EdgeKind::Internal && random.once_in(5) {
        add_weak_pair(builder, random, number, from, target);
        return;
    }
    let label = match kind {
        EdgeKind::Element | EdgeKind::Hidden => random.below(12).to_string(),
        EdgeKind::Internal if builder.kind_of(from) == NodeKind::CONCATENATED_STRING => {
            random.pick(&["first", "second"]).to_owned()
        }
        _ => random.pick(PROPERTIES).to_owned(),
    };
    builder.edge(from, kind, &label, target);
}

fn add_weak_pair(builder: &mut Builder, random: &mut Random, number: usize, key: NodeIndex, value: NodeIndex) {
    let table = NodeIndex::from(1 + random.below(builder.node_count() - 1));
    let part = format!(
        " / part of key ({} @{}) -> value (V @{}) pair in WeakMap (table @{})",
        random.pick(KEYS),
        builder.id_of(key).0,
        builder.id_of(value).0,
        builder.id_of(table).0,
    );
    // V8 falls back to the pattern itself when a name is too long for it.
    let part = if random.once_in(10) {
        " / part of key (%s @%u) -> value (%s @%u) pair in WeakMap (table @%u)".to_owned()
    } else {
        part
    };
    builder.edge(key, EdgeKind::Internal, &format!("{number}{part}"), value);
    if !random.once_in(8) {
        builder.edge(table, EdgeKind::Internal, &format!("{}{part}", number + 1), value);
    }
}
