// Random pairs of small snapshots that provoke every corner where a reader of heap snapshots can differ from DevTools.
// The same seed makes the same pair.

import { createRequire } from 'node:module';

const { NODE_TYPES, EDGE_TYPES, write } = createRequire(import.meta.url)('../snapshot-text.cjs');

/** xorshift32: small, and good enough to choose with. */
class Random {
  #state;
  constructor(seed) {
    this.#state = (Math.imul(seed, 0x9e3779b1) ^ 0x5bd1e995) >>> 0 || 1;
    for (let i = 0; i < 8; i++) this.below(2);
  }

  /** An integer from 0 to limit - 1. */
  below(limit) {
    let x = this.#state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#state = x >>> 0;
    return this.#state % limit;
  }

  /** True once in `n` times. */
  once(n) {
    return this.below(n) === 0;
  }

  pick(list) {
    return list[this.below(list.length)];
  }

  shuffled(list) {
    const copy = [...list];
    for (let i = copy.length - 1; i > 0; i--) {
      const j = this.below(i + 1);
      [copy[i], copy[j]] = [copy[j], copy[i]];
    }
    return copy;
  }
}

// Names that DevTools treats specially, and near misses of them.
const CLASS_NAMES = [
  'Object',
  'Object',
  'Array',
  'Array',
  'Function',
  'RegExp',
  'Session',
  'Request',
  'Object ',
  'object',
  'Array\u200b',
  '(system)',
  '(compiled code)',
  '(array)',
  '(string)',
  '(number)',
  '(synthetic)',
  '{id}',
  '{id, name}',
  '',
  '<div>',
  '<div class="x">',
  '<span',
  '< p>',
  '<',
  'Detached <div id="y">',
  'Detached <li>',
  'Detached <a b c',
  'Detached ',
  'Detached Session',
  'Session',
  'DetachedSession',
  'V8EventListener',
  '(Document DOM trees)',
  '(map descriptors)',
  'system / Context',
  'system / Context / scope @7',
  'system / ContextExtension',
  'system / NativeContext',
  'system / NativeContext / worker',
  'Detached system / NativeContext',
  'system / NativeContextX',
  'system / JSArrayBufferData',
  'system / ExternalStringData',
  'Detached system / ExternalStringData',
  'Node / Environment',
  'naïve',
  '東京',
  '😀',
  '\uff5e',
  '\ud83d',
  '\ude00 lone',
  'tab\tnew\nline',
  'quote"back\\slash',
  '\u2028',
  '\u007f',
];
const STRING_VALUES = [
  '',
  'a',
  'b',
  'body',
  'body',
  'x'.repeat(1024),
  'x'.repeat(1030),
  '😀'.repeat(300),
  'é',
  '\ud83d',
  '\ude00',
  '"quoted"',
  '\\',
];
const PROPERTIES = [
  'id',
  'name',
  'next',
  'value',
  'list',
  '__proto__',
  'constructor',
  'map',
  'elements',
  'first',
  'second',
  'native_context',
  'sloppy_function_map',
  'code',
  'with,comma',
  'with space',
  "it's",
  'say "hi"',
  '{brace',
  'brace}',
  '\\',
  '😀',
  '\uff5e',
  '東',
  '0',
  '1',
  '7',
  '12abc',
  ' 12',
  '-3',
  '1e3',
  '0x10',
  'NaN',
  '3 / DevTools console',
  'DevTools console',
  'truncated',
  'length',
  'value',
  '',
];
const LONG_PROPERTIES = Array.from({ length: 14 }, (_, i) => `property_number_${i}_${'y'.repeat(i * 4)}`).concat(
  'z'.repeat(119),
  'z'.repeat(118),
  'w'.repeat(200),
  '😀'.repeat(58),
);
// Both sides of a WeakMap pair may be named after any string, V8 does not escape them.
const PAIR_NAMES = [
  'key',
  'K @3) -> value (V @5) pair in WeakMap (table @9)',
  'two\nlines',
  'carriage\rreturn',
  '\u2028',
  '\u2029',
  '\u0085',
  '',
  ')',
  '@',
  '東京😀',
];
const OVERFLOWED_PAIR = '3 / part of key (%s @%u) -> value (%s @%u) pair in WeakMap (table @%u)';

/**
 * Two snapshots of one imaginary process.
 * @param {number} seed
 * @returns {{ seed: number, before: Buffer, after: Buffer }}
 */
export function pair(seed) {
  const random = new Random(seed);
  const heap = invent(random);
  const dialect = speak(random);
  const before = write(heap, dialect);
  live(random, heap);
  // The same process may have been asked in another way (internals exposed or not), but by the same V8.
  return { seed, before, after: write(heap, dialect) };
}

/** How the file is written: order of fields, types and whitespace differ between producers. */
function speak(random) {
  const optional = ['trace_node_id', 'detachedness'].filter(() => !random.once(4));
  const fields = ['type', 'name', 'id', 'self_size', 'edge_count', ...optional];
  const strange = random.once(4);
  return {
    nodeFields: strange ? random.shuffled(fields) : fields,
    edgeFields: strange ? random.shuffled(['type', 'name_or_index', 'to_node']) : undefined,
    nodeTypes: strange ? random.shuffled(NODE_TYPES) : undefined,
    edgeTypes: strange ? random.shuffled(EDGE_TYPES) : undefined,
    recordLines: random.once(2),
    ascii: random.once(2),
    space: random.pick(['', '', ' ', '\n\t']),
    // Equal texts at two places of the table: V8 never writes that, but files that went through other tools have it.
    repeatStrings: random.once(5) ? () => random.once(6) : undefined,
    sections: random.once(4) ? (sections) => withUnknownSections(sections) : undefined,
  };
}

/** Sections of a V8 to come, in the place where the newest DevTools expects them. */
function withUnknownSections({ strings, ...sections }) {
  return {
    ...sections,
    scopes: [],
    future: { deep: [[1, [2, '][}{']], { a: null, b: -1.5e-3 }] },
    flags: [true, false],
    strings,
  };
}

function invent(random) {
  const large = random.once(60);
  const count = large ? 2500 : random.once(30) ? 1 + random.below(3) : 3 + random.below(60);
  // No user roots: snapshots with internals exposed.
  const userRoots = !random.once(4);
  const nodes = Array.from({ length: count }, (_, position) => inventNode(random, position, large));
  const heap = { nodes, extraNativeBytes: random.once(2) ? random.below(5000) : undefined };

  if (count > 1) connect(nodes, 0, 1, 'element', 1);
  for (let to = 1; to < count; to++) {
    if (userRoots && random.once(large ? 200 : 7))
      connect(nodes, 0, to, random.pick(['shortcut', 'shortcut', 'element', 'weak', 'property', 'hidden']), to);
  }
  const edgeCount = count > 1 ? random.below(count * random.pick([1, 2, 5])) : 0;
  for (let i = 0; i < edgeCount; i++)
    connect(nodes, random.below(count), random.below(count), random.pick(EDGE_KINDS), random.below(12), random);
  if (random.once(3)) chain(random, nodes);
  if (random.once(2)) weakMaps(random, nodes);
  if (large || random.once(2)) plainObjects(random, nodes);
  if (random.once(3)) arrays(random, nodes);
  for (const node of nodes) {
    if (node.type === 'object' ? random.once(4) : random.once(30)) node.locations = inventLocations(random);
  }
  return heap;
}

const EDGE_KINDS = [...EDGE_TYPES, 'property', 'property', 'property', 'internal', 'internal', 'element', 'invisible'];

function inventNode(random, position, large) {
  const id = random.once(8) ? 2 * (position + 1000) : 2 * position + 1;
  const node = { type: 'synthetic', name: '', id, size: inventSize(random), detachedness: 0, edges: [] };
  if (position === 0) return Object.assign(node, { id: 1, size: random.once(3) ? 16 : 0 });
  if (position === 1) return Object.assign(node, { name: '(GC roots)', id: 3 });
  node.type = large && !random.once(8) ? 'object' : random.pick(NODE_TYPES);
  const texts = ['string', 'sliced string', 'concatenated string', 'symbol'].includes(node.type)
    ? STRING_VALUES
    : CLASS_NAMES;
  node.name = large && node.type === 'object' ? 'Object' : random.pick(texts);
  if (random.once(6)) Object.assign(node, { type: 'object', name: 'Object' });
  if (random.once(12))
    Object.assign(node, {
      type: 'native',
      name: random.pick(['<div a>', 'system / ExternalStringData', 'system / JSArrayBufferData', 'Detached <p>']),
    });
  if (random.once(12))
    Object.assign(node, { type: 'synthetic', name: random.pick(['(Document DOM trees)', '(Strong roots)']) });
  if (random.once(8)) node.detachedness = random.below(4);
  // Ids are not promised to be unique.
  if (random.once(60)) node.id = 2 * random.below(position) + 1;
  // Sizes near 2^32 make retained sizes beyond it. Only where nothing moves, because DevTools' own sizes wrap there.
  if (random.once(40) && ['closure', 'code', 'string'].includes(node.type))
    node.size = 4_000_000_000 + random.below(1000);
  return node;
}

function inventSize(random) {
  return random.once(3) ? 0 : 8 * random.below(20);
}

/** 0,0,0 is a location too; of several records for an object the last one counts. */
function inventLocations(random) {
  const one = () => [random.below(3), random.below(2), random.below(2)];
  return random.once(6) ? [one(), one()] : [one()];
}

function connect(nodes, from, to, type, number, random) {
  const source = nodes[from];
  const numbered = type === 'element' || type === 'hidden';
  let name = number;
  if (!numbered && random) {
    name = random.pick(random.once(8) ? LONG_PROPERTIES : PROPERTIES);
    if (source.type === 'concatenated string' && type === 'internal') name = random.pick(['first', 'second']);
  } else if (!numbered) {
    name = String(number);
  }
  // DevTools gives up when root's edges lead to one object twice.
  if (from === 0 && source.edges.some((edge) => edge.to === to)) return;
  // DevTools never returns from a cycle of halves of strings.
  if (source.type === 'concatenated string' && nodes[to].type === 'concatenated string' && to <= from) return;
  source.edges.push({ type, name, to });
}

/** A long list, as a queue or an LRU cache makes, perhaps closed to a ring that nobody holds. */
function chain(random, nodes) {
  let from = random.below(nodes.length);
  const length = random.below(Math.min(nodes.length, 40));
  for (let i = 0; i < length; i++) {
    const to = random.below(nodes.length);
    connect(nodes, from, to, 'property', 0, random);
    if (random.once(3)) connect(nodes, to, from, 'property', 0, random);
    from = to;
  }
}

/** The two edges of WeakMap entries, right ones and those that only look so. */
function weakMaps(random, nodes) {
  if (nodes.length < 2) return;
  for (let i = 0, entries = 1 + random.below(6); i < entries; i++) {
    const [key, value, table] = [0, 0, 0].map(() => 1 + random.below(nodes.length - 1));
    const of = (at) => `${random.pick(PAIR_NAMES)} @${nodes[at].id}`;
    const part = `part of key (${of(key)}) -> value (${of(value)}) pair in WeakMap (table @${nodes[random.once(8) ? key : table].id})`;
    const text = (number) => (random.once(10) ? OVERFLOWED_PAIR : `${number} / ${part}${random.once(12) ? ' ' : ''}`);
    const push = (from, to, type, name) => {
      if (nodes[from].type !== 'concatenated string') nodes[from].edges.push({ type, name, to });
    };
    const type = random.once(10) ? 'property' : 'internal';
    if (!random.once(8)) push(key, value, type, text(random.below(200)));
    if (!random.once(8)) push(table, value, type, text(random.below(200)));
    if (random.once(3)) push(table, key, 'weak', '1');
    // A third edge with the same text: the pairs go out of step.
    if (random.once(6)) push(1 + random.below(nodes.length - 1), value, type, text(7));
  }
}

/** Object literals: enough of a kind to become an interface, with the orders and doubles that matching has to stand. */
function plainObjects(random, nodes) {
  const plain = nodes.filter((node) => node.type === 'object' && node.name === 'Object');
  const shapes = Array.from({ length: 1 + random.below(4) }, () => {
    return Array.from({ length: 1 + random.below(6) }, () =>
      random.pick(random.once(4) ? LONG_PROPERTIES : PROPERTIES),
    );
  });
  for (const node of plain) {
    const shape = random.pick(shapes);
    const properties = random.once(3) ? random.shuffled(shape) : shape;
    for (const name of properties) {
      if (!random.once(12)) node.edges.push({ type: 'property', name, to: random.below(nodes.length) });
    }
    if (random.once(6)) node.edges.push({ type: 'property', name: random.pick(shape), to: random.below(nodes.length) });
  }
}

/** Arrays whose elements are theirs alone, or shared, or there twice. */
function arrays(random, nodes) {
  for (const [from, node] of nodes.entries()) {
    if (from === 0 || node.name !== 'Array' || random.once(4)) continue;
    for (let i = 0; i <= random.below(2); i++)
      node.edges.push({ type: 'internal', name: 'elements', to: 1 + random.below(nodes.length - 1) });
  }
}

/** Time goes by: objects die, are born, move, become something else. */
function live(random, heap) {
  const { nodes } = heap;
  const last = nodes.length - 1;
  for (const [position, node] of nodes.entries()) {
    if (position < 2) continue;
    if (random.once(6)) node.id += 100_000;
    if (random.once(10) && node.type === 'object') node.name = random.pick(CLASS_NAMES);
    if (random.once(8)) node.size = inventSize(random);
    if (random.once(12)) node.detachedness = random.below(3);
    if (random.once(12) && node.type === 'object')
      node.locations = random.once(2) ? undefined : inventLocations(random);
    if (random.once(8) && node.edges.length > 0) node.edges.splice(random.below(node.edges.length), 1);
    if (random.once(10)) connect(nodes, position, random.below(last + 1), 'property', 0, random);
  }
  if (random.once(4) && last > 4) {
    // The last object is gone, and with it all that pointed to it.
    nodes.pop();
    for (const node of nodes) node.edges = node.edges.filter(({ to }) => to < last);
  }
}
