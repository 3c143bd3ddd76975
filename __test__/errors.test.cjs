'use strict';
// Bad input: each kind is a LeakscanError with its code, and where it applies the section and the byte offset.

const assert = require('node:assert/strict');
const { copyFileSync, cpSync, mkdirSync, readFileSync, truncateSync, writeFileSync } = require('node:fs');
const { execFileSync } = require('node:child_process');
const path = require('node:path');
const { test, after } = require('node:test');
const zlib = require('node:zlib');
const leakscan = require('..');
const { smallHeap, smallSnapshot, takeSnapshot, temporaryDirectory, writeLargeSnapshot } = require('./inputs.cjs');
const { tables, text, write } = require('./snapshot-text.cjs');

const root = path.join(__dirname, '..');
const directory = temporaryDirectory({ after });
const { LeakscanError, auditListenersAsync, diff, parse, parseAsync, summarize } = leakscan;

/** What is wrong is told by code, and in the input by section and byte offset. */
function isError(error, code, { section, offset } = {}) {
  assert.ok(error instanceof LeakscanError, `expected a LeakscanError, found ${error?.stack ?? error}`);
  assert.ok(error instanceof Error);
  assert.equal(error.code, `ERR_LEAKSCAN_${code}`, error.message);
  assert.equal(error.name, 'LeakscanError');
  assert.ok(error.message.length > 0);
  assert.match(error.stack, /errors\.test\.cjs/, 'the stack leads to the caller');
  if (section !== undefined) assert.equal(error.section, section, error.message);
  if (offset !== undefined) assert.equal(error.offset, offset, error.message);
  return true;
}

/** The same failure from `parse` and from `parseAsync`, of bytes and of a file. */
async function fails(source, code, place = {}) {
  assert.throws(
    () => parse(source),
    (error) => isError(error, code, place),
  );
  await assert.rejects(parseAsync(source), (error) => isError(error, code, place));
  if (!(source instanceof Uint8Array)) return;
  const file = path.join(directory, 'bad.heapsnapshot');
  writeFileSync(file, source);
  assert.throws(
    () => parse(file),
    (error) => isError(error, code, place),
  );
  await assert.rejects(parseAsync(readInChunks(source)), (error) => isError(error, code, place));
}

async function* readInChunks(bytes, size = 7) {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

/** The small snapshot with its sections changed. */
function changed(change) {
  const sections = tables(smallHeap());
  return text(change(sections) ?? sections);
}

/** The small snapshot's text with one piece replaced, and the byte offset of that piece. */
function replaced(piece, replacement) {
  const bytes = smallSnapshot();
  const offset = bytes.indexOf(piece);
  assert.notEqual(offset, -1);
  return {
    offset,
    bytes: Buffer.concat([bytes.subarray(0, offset), Buffer.from(replacement), bytes.subarray(offset + piece.length)]),
  };
}

const STRIDE = 6;
const field = { type: 0, name: 1, id: 2, selfSize: 3, edgeCount: 4 };

test('the small snapshot itself is fine', async () => {
  assert.equal(parse(smallSnapshot()).nodeCount, 7);
  assert.equal((await parseAsync(smallSnapshot())).nodeCount, 7);
});

test('ERR_LEAKSCAN_IO: a missing file, a directory', async () => {
  await fails(path.join(directory, 'missing.heapsnapshot'), 'IO');
  await fails(directory, 'IO');
  assert.throws(
    () => parse(path.join(directory, 'missing.heapsnapshot')),
    /missing\.heapsnapshot/,
    'the message names the file',
  );
});

test('ERR_LEAKSCAN_IO: a stream that fails keeps its own error as the cause', async () => {
  const reason = new Error('the disk is gone');
  async function* failing() {
    yield smallSnapshot().subarray(0, 100);
    throw reason;
  }
  await assert.rejects(
    parseAsync(failing()),
    (error) => error === reason || (isError(error, 'IO') && error.cause === reason),
  );
});

test('ERR_LEAKSCAN_NOT_A_SNAPSHOT: empty, blank, something else', async () => {
  const inputs = [
    '',
    ' \n',
    'hello',
    '\u0000\u0001\u0002',
    '[]',
    '{}',
    '{"a":1}',
    '<html></html>',
    '\u007fELF',
    '"snapshot"',
    '42',
  ];
  for (const input of inputs) await fails(Buffer.from(input), 'NOT_A_SNAPSHOT');
});

test('ERR_LEAKSCAN_SYNTAX: what no JSON has', async () => {
  const cases = [
    ['nodes', '"nodes":[', '"nodes":[,'],
    ['nodes', '"nodes":[9,', '"nodes":[9,,'],
    ['nodes', '"nodes":[9,', '"nodes":[x,'],
    ['nodes', '"nodes":[9,', '"nodes":[-9,'],
    ['nodes', '"nodes":[9,', '"nodes":[9.5,'],
    ['nodes', '"nodes":[9,', '"nodes":[1e1,'],
    ['nodes', '"nodes":[9,', '"nodes":["9",'],
    ['nodes', '"nodes":[9,', '"nodes":[9 9,'],
    ['edges', '"edges":[', '"edges":{'],
    ['edges', '"edges":[', '"edges":'],
    ['strings', '"strings":[', '"strings":[1,'],
    ['strings', '"<dummy>",', '"<dummy>"'],
    ['strings', '"<dummy>",', '"<dummy>",,'],
  ];
  for (const [section, piece, replacement] of cases) {
    const { bytes, offset } = replaced(piece, replacement);
    await fails(bytes, 'SYNTAX', { section });
    assert.throws(
      () => parse(bytes),
      (error) => error.offset >= offset && error.offset <= offset + replacement.length + 1,
    );
  }
  await fails(replaced('"node_count":7', '"node_count":7,,').bytes, 'SYNTAX', { section: 'snapshot' });
  await fails(Buffer.concat([smallSnapshot(), Buffer.from('x')]), 'SYNTAX');
});

test('ERR_LEAKSCAN_SYNTAX: a message says what was expected, where, and what was found', () => {
  const { bytes, offset } = replaced('"nodes":[9,', '"nodes":[9,x');
  const at = offset + '"nodes":[9,'.length;
  assert.throws(
    () => parse(bytes),
    (error) => isError(error, 'SYNTAX', { section: 'nodes', offset: at }),
  );
  assert.throws(() => parse(bytes), new RegExp(`^LeakscanError: nodes: expected .*, found .x. at byte ${at}$`));
});

test('ERR_LEAKSCAN_UNSUPPORTED: a header leakscan does not know', async () => {
  const cases = [
    ['"id","self_size"', '"ident","self_size"'],
    ['"weak"', '"wink"'],
    ['"to_node"]', '"node"]'],
    ['"node_count":7', '"node_count":7,"root_index":12'],
    ['"node_count":7', '"node_count":"seven"'],
    ['"node_count":7,', ''],
  ];
  for (const [piece, replacement] of cases) await fails(replaced(piece, replacement).bytes, 'UNSUPPORTED');
});

test('ERR_LEAKSCAN_CORRUPT: numbers that contradict each other', async () => {
  const node = (ordinal, name, value) => (sections) => void (sections.nodes[ordinal * STRIDE + field[name]] = value);
  const edge = (ordinal, at, value) => (sections) => void (sections.edges[ordinal * 3 + at] = value);
  const cases = {
    nodes: [
      node(3, 'type', 99),
      node(3, 'name', 99),
      node(3, 'name', 4294967295),
      node(3, 'name', 4294967296),
      node(3, 'type', 2 ** 53),
      node(4, 'edgeCount', 0),
      node(4, 'edgeCount', 2),
      node(0, 'edgeCount', 4294967295),
      (sections) => void sections.nodes.pop(),
      (sections) => void sections.nodes.push(1),
      (sections) => void sections.nodes.push(...sections.nodes.slice(-STRIDE)),
      (sections) => void (sections.nodes = []),
      (sections) => void (sections.snapshot.node_count = 6),
      (sections) => void (sections.snapshot.node_count = 8),
      (sections) => void (sections.snapshot.node_count = 0),
    ],
    edges: [
      edge(2, 0, 99),
      edge(2, 1, 99),
      edge(2, 2, 7 * STRIDE),
      edge(2, 2, STRIDE + 1),
      edge(2, 2, 4294967294),
      edge(2, 2, 2 ** 60),
      (sections) => void sections.edges.pop(),
      (sections) => void sections.edges.push(1),
      (sections) => void (sections.edges = []),
      (sections) => void (sections.snapshot.edge_count = 7),
      (sections) => void (sections.snapshot.edge_count = 9),
      ({ edges, ...rest }) => rest,
    ],
    locations: [
      (sections) => void sections.locations.push(7 * STRIDE, 1, 1, 1),
      (sections) => void sections.locations.push(1, 1, 1, 1),
      (sections) => void sections.locations.push(STRIDE, 1, 1),
    ],
  };
  for (const [section, changes] of Object.entries(cases)) {
    for (const change of changes) {
      const bytes = changed(change);
      try {
        await fails(bytes, 'CORRUPT');
      } catch (error) {
        error.message = `${change}: ${error.message}`;
        throw error;
      }
      assert.throws(
        () => parse(bytes),
        (error) => [section, 'snapshot', 'nodes', 'edges'].includes(error.section) && error.offset <= bytes.length,
      );
    }
  }
  await fails(
    changed(({ strings, ...rest }) => rest),
    'CORRUPT',
    { section: 'strings' },
  );
  await fails(
    changed(({ nodes, ...rest }) => rest),
    'CORRUPT',
    { section: 'nodes' },
  );
});

test('ERR_LEAKSCAN_CORRUPT: the offset is that of the wrong number', () => {
  const bytes = changed((sections) => void (sections.edges[2 * 3 + 2] = 4242));
  const place = { section: 'edges', offset: bytes.indexOf('4242') };
  assert.throws(
    () => parse(bytes),
    (error) => isError(error, 'CORRUPT', place),
  );
});

test('ERR_LEAKSCAN_TOO_LARGE: counts that no memory holds are refused before anything is allocated', async () => {
  for (const count of [4294967295, 4294967296, 1e12, 2 ** 53, '18446744073709551615']) {
    for (const key of ['node_count', 'edge_count']) {
      const { bytes } = replaced(`"${key}":${key === 'node_count' ? 7 : 8}`, `"${key}":${count}`);
      const before = process.memoryUsage.rss();
      assert.throws(
        () => parse(bytes),
        (error) => /ERR_LEAKSCAN_(TOO_LARGE|CORRUPT)/.test(error.code) && isError(error, error.code.slice(13)),
      );
      await assert.rejects(parseAsync(readInChunks(bytes)), (error) =>
        /ERR_LEAKSCAN_(TOO_LARGE|CORRUPT)/.test(error.code),
      );
      assert.ok(process.memoryUsage.rss() - before < 200e6, 'a lie of the header allocates nothing');
    }
  }
});

test('ERR_LEAKSCAN_TRUNCATED: a real file cut at every section border and at many places between', async () => {
  const bytes = readFileSync(takeSnapshot(path.join(directory, 'real.heapsnapshot')));
  const end = bytes.lastIndexOf('}');
  const borders = [
    '"snapshot"',
    '"node_count"',
    '"nodes"',
    '"edges"',
    '"trace_function_infos"',
    '"trace_tree"',
    '"samples"',
    '"locations"',
    '"strings"',
  ];
  const cuts = new Set([1, 2, 3, end, end - 1, end - 2]);
  for (const border of borders) {
    const at = bytes.indexOf(border);
    for (let cut = at - 3; cut <= at + border.length + 4; cut++) cuts.add(cut);
  }
  for (let i = 1; i < 150; i++) cuts.add(Math.floor((end * i) / 150));
  assert.ok(cuts.size >= 250);
  for (const cut of cuts) {
    if (cut < 1) continue;
    const cutBytes = bytes.subarray(0, cut);
    assert.throws(
      () => parse(cutBytes),
      (error) => isError(error, 'TRUNCATED') && error.offset === cut,
      `cut at ${cut}`,
    );
  }
  for (const cut of [1, 1000, bytes.indexOf('"edges"') + 9, end])
    await fails(bytes.subarray(0, cut), 'TRUNCATED', { offset: cut });
  assert.equal(parse(bytes.subarray(0, end + 1)).nodeCount, parse(bytes).nodeCount);
});

test('ERR_LEAKSCAN_TRUNCATED: the small snapshot cut at every byte', () => {
  const bytes = smallSnapshot();
  for (let cut = 1; cut < bytes.length; cut++) {
    assert.throws(
      () => parse(bytes.subarray(0, cut)),
      (error) => isError(error, 'TRUNCATED', { offset: cut }),
    );
  }
});

test('ERR_LEAKSCAN_TRUNCATED: compressed files that end early', async () => {
  for (const compress of [zlib.gzipSync, zlib.zstdCompressSync].filter(Boolean)) {
    const whole = compress(smallSnapshot());
    for (const cut of [whole.length - 1, Math.floor(whole.length / 2)])
      await fails(whole.subarray(0, cut), 'TRUNCATED');
  }
});

test('compressed rubbish is an error like any other', async () => {
  const gzip = zlib.gzipSync(smallSnapshot());
  gzip[20] ^= 0xff;
  gzip[40] ^= 0xff;
  const file = path.join(directory, 'rubbish.br');
  writeFileSync(file, 'no brotli at all, whatever the name says');
  for (const source of [gzip, Buffer.from([0x1f, 0x8b]), Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 1, 2, 3]), file]) {
    const known = (error) =>
      isError(error, error.code.replace('ERR_LEAKSCAN_', '')) && error.code !== 'ERR_LEAKSCAN_INTERNAL';
    assert.throws(() => parse(source), known);
    await assert.rejects(parseAsync(source), known);
  }
});

test('a file that shrinks while it is read', async () => {
  const file = writeLargeSnapshot(path.join(directory, 'shrinking.heapsnapshot'), 40);
  const reading = parseAsync(file);
  truncateSync(file, 5_000_000);
  await assert.rejects(
    reading,
    (error) => /ERR_LEAKSCAN_(TRUNCATED|IO)/.test(error.code) && error instanceof LeakscanError,
  );
});

test('cyclic halves of a string neither hang nor overflow', () => {
  const heap = smallHeap();
  const last = heap.nodes.length - 1;
  const cons = (id, first, second) => ({
    type: 'concatenated string',
    name: '(concatenated string)',
    id,
    size: 32,
    edges: [
      { type: 'internal', name: 'first', to: first },
      { type: 'internal', name: 'second', to: second },
    ],
  });
  heap.nodes.push(cons(101, last + 2, last + 1), cons(103, last + 1, last), cons(105, last + 3, last + 3));
  heap.nodes[2].edges.push(...[1, 2, 3].map((i) => ({ type: 'property', name: `s${i}`, to: last + i })));
  const snapshot = parse(write(heap));
  for (const id of [101, 103, 105]) assert.equal(typeof snapshot.node(id).name, 'string');
  snapshot.classes();
  snapshot.duplicateStrings();
  summarize(snapshot);
});

test('a string of 200,000 halves: no recursion, and no work that grows with the square', () => {
  const depth = 200_000;
  const heap = smallHeap();
  const first = heap.nodes.length;
  for (let i = 0; i < depth; i++) {
    const next = i === depth - 1 ? 6 : first + i + 1;
    heap.nodes.push({
      type: 'concatenated string',
      name: '(concatenated string)',
      id: 101 + 2 * i,
      size: 32,
      edges: [
        { type: 'internal', name: 'first', to: next },
        { type: 'internal', name: 'second', to: next },
      ],
    });
  }
  heap.nodes[2].edges.push({ type: 'property', name: 'deep', to: first });
  const snapshot = parse(write(heap));
  assert.equal(snapshot.node(101 + 2 * (depth - 1)).distance, depth + 1);
  assert.equal(snapshot.node(101 + 2 * (depth - 2)).name, 'shared text'.repeat(4));
  assert.equal(snapshot.node(101).name, 'shared text'.repeat(Math.ceil(1024 / 'shared text'.length)));
  assert.equal(snapshot.find({ type: 'concatenated string', limit: depth }).length, depth);
  assert.equal(snapshot.node(101).retainedSize, depth * 32);
  snapshot.retainingPaths(101 + 2 * (depth - 1));
  snapshot.duplicateStrings();
  summarize(snapshot);
});

test('a list of 300,000 objects: no recursion', async () => {
  const depth = 300_000;
  const heap = smallHeap();
  const first = heap.nodes.length;
  for (let i = 0; i < depth; i++) {
    const edges = i === depth - 1 ? [] : [{ type: 'property', name: 'next', to: first + i + 1 }];
    heap.nodes.push({ type: 'object', name: 'Link', id: 101 + 2 * i, size: 32, edges });
  }
  heap.nodes[2].edges.push({ type: 'property', name: 'list', to: first });
  const bytes = write(heap);
  const snapshot = parse(bytes);
  const last = 101 + 2 * (depth - 1);
  assert.equal(snapshot.node(101).retainedSize, depth * 32);
  assert.equal(snapshot.node(last).distance, depth + 1);
  assert.equal(snapshot.dominator(last).id, last - 2);
  const [steps] = snapshot.retainingPaths(last);
  assert.ok(steps.length < 1000, 'a long path is cut in its middle');
  assert.equal(steps.at(-1).node.id, last);
  assert.equal(steps.filter(({ edgeType }) => edgeType === 'omitted').length, 1);
  assert.equal(snapshot.classes({ filter: 'Link' })[0].retainedSize, depth * 32);
  assert.equal(diff(bytes, snapshot).classes.length, 0);
  summarize([bytes, snapshot]);
  await auditListenersAsync(snapshot);
});

test('ERR_LEAKSCAN_UNKNOWN_NODE', () => {
  const snapshot = parse(smallSnapshot());
  for (const method of ['node', 'edges', 'retainers', 'dominator', 'dominated', 'retainingPaths']) {
    assert.throws(
      () => snapshot[method](2),
      (error) => isError(error, 'UNKNOWN_NODE'),
      method,
    );
    assert.throws(
      () => snapshot[method](4294967299),
      (error) => isError(error, 'UNKNOWN_NODE'),
      method,
    );
  }
});

test('ERR_LEAKSCAN_INVALID_ARG: wrong arguments are TypeErrors too', async () => {
  const snapshot = parse(smallSnapshot());
  const invalid = (error) => isError(error, 'INVALID_ARG') && error instanceof TypeError;
  const wrongSources = [
    undefined,
    null,
    42,
    true,
    {},
    [],
    Symbol('s'),
    () => {},
    new URL('http://localhost/x'),
    new Map(),
  ];
  for (const source of wrongSources) {
    assert.throws(() => parse(source), invalid, `parse(${String(source)})`);
    await assert.rejects(async () => parseAsync(source), invalid, `parseAsync(${String(source)})`);
    assert.throws(() => diff(source, snapshot), invalid);
    assert.throws(() => diff(snapshot, source), invalid);
  }
  for (const options of [null, 1, 'x'])
    assert.throws(() => parse(smallSnapshot(), options), invalid, `options ${options}`);
  const calls = {
    'a limit below 0': () => snapshot.classes({ limit: -1 }),
    'a limit of no number': () => snapshot.classes({ limit: 'all' }),
    'a limit of NaN': () => snapshot.classes({ limit: Number.NaN }),
    'an offset below 0': () => snapshot.classes({ offset: -1 }),
    'an unknown order': () => snapshot.classes({ sortBy: 'colour' }),
    'an id of no number': () => snapshot.node('7'),
    'no id': () => snapshot.node(),
    'an id with a fraction': () => snapshot.node(7.5),
    'an id below 0': () => snapshot.node(-1),
    'a BigInt id': () => snapshot.node(7n),
    'no class': () => snapshot.instances(),
    'a signal that is none': () => parseAsync(smallSnapshot(), { signal: {} }),
    'onProgress that is no function': () => parseAsync(smallSnapshot(), { onProgress: 1 }),
    'one subject that is no snapshot': () => summarize(7),
    'a list with a stranger': () => summarize([snapshot, 7]),
    'an empty list': () => summarize([]),
    'listeners of a number': () => leakscan.auditListeners(7),
  };
  for (const [name, call] of Object.entries(calls)) await assert.rejects(async () => call(), invalid, name);
});

test('ERR_LEAKSCAN_DISPOSED', () => {
  const snapshot = parse(smallSnapshot());
  snapshot.dispose();
  assert.throws(
    () => snapshot.nodeCount,
    (error) => isError(error, 'DISPOSED'),
  );
});

test('ERR_LEAKSCAN_BUSY: a second capture is refused, and the first goes on', async () => {
  const first = leakscan.capture();
  await assert.rejects(leakscan.capture(), (error) => isError(error, 'BUSY'));
  (await first).dispose();
});

test('ERR_LEAKSCAN_MEMORY: a capture that does not fit is refused, with the figures', async () => {
  const { availableMemory } = process;
  process.availableMemory = () => 1e6;
  try {
    await assert.rejects(leakscan.capture(), (error) => isError(error, 'MEMORY') && error.memory.available === 1e6);
  } finally {
    process.availableMemory = availableMemory;
  }
});

test('ERR_LEAKSCAN_LEAK: an object that should be gone is told with what keeps it', async () => {
  const kept = { name: 'kept' };
  await assert.rejects(
    leakscan.expectCollected(kept, 'this', { timeout: 1 }),
    (error) => isError(error, 'LEAK') && error.alive.alive,
  );
  assert.equal(kept.name, 'kept');
});

test('ERR_LEAKSCAN_TIMEOUT: work under test that never ends', async () => {
  const { assertNoLeak } = require('../assert.js');
  await assert.rejects(assertNoLeak(() => new Promise(() => {}), { timeout: 50 }), (error) => isError(error, 'TIMEOUT'));
});

/** What the admin endpoint answers. */
async function answered(headers, target) {
  const { createAdmin } = require('../admin.js');
  const token = 'a token of no one'.replaceAll(' ', '-');
  const admin = createAdmin({ token });
  try {
    const answer = await admin.fetch(new Request(`http://localhost/leakscan${target}`, { headers: { authorization: `Bearer ${token}`, ...headers } }));
    const { error } = await answer.json();
    return [answer.status, error.code];
  } finally {
    await admin.close();
  }
}

test('ERR_LEAKSCAN_UNAUTHORIZED: the admin endpoint, asked with another token', async () => {
  assert.deepEqual(await answered({ authorization: 'Bearer of-bad-news' }, '/api/health'), [401, 'ERR_LEAKSCAN_UNAUTHORIZED']);
});

test('ERR_LEAKSCAN_FORBIDDEN: the admin endpoint, asked by another site', async () => {
  assert.deepEqual(await answered({ origin: 'https://example.org' }, '/api/health'), [403, 'ERR_LEAKSCAN_FORBIDDEN']);
});

test('ERR_LEAKSCAN_NOT_FOUND: the admin endpoint, asked for a snapshot that it does not have', async () => {
  assert.deepEqual(await answered({}, '/api/snapshots/7/classes'), [404, 'ERR_LEAKSCAN_NOT_FOUND']);
});

test('ERR_LEAKSCAN_CHILD: a child process that cannot be started', async () => {
  const { execPath } = process;
  process.execPath = path.join(directory, 'no-such-node');
  try {
    await assert.rejects(leakscan.summarizeAsync(__filename, { isolate: 'process' }), (error) => isError(error, 'CHILD'));
  } finally {
    process.execPath = execPath;
  }
});

test('ERR_LEAKSCAN_BINARY: a missing binary says what to do', () => {
  const copy = path.join(directory, 'without-binary');
  mkdirSync(copy);
  for (const file of ['package.json', 'index.js', 'native.js'])
    copyFileSync(path.join(root, file), path.join(copy, file));
  cpSync(path.join(root, 'lib'), path.join(copy, 'lib'), { recursive: true });
  const script = `try { require(${JSON.stringify(copy)}).parse('x') } catch (error) {
    console.log(JSON.stringify({ code: error.code, message: error.message, isError: error instanceof Error })) }`;
  const found = JSON.parse(execFileSync(process.execPath, ['-e', script], { cwd: directory, encoding: 'utf8' }));
  assert.deepEqual(
    { ...found, message: undefined },
    { code: 'ERR_LEAKSCAN_BINARY', isError: true, message: undefined },
  );
  assert.match(found.message, new RegExp(`${process.platform}-${process.arch}`));
  assert.match(found.message, /npm (install|run build|rebuild)|cargo/);
});
