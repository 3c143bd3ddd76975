'use strict';
// summarize: what leaks, by name and place; and nothing where nothing leaks.

const assert = require('node:assert/strict');
const { execFileSync } = require('node:child_process');
const { mkdirSync, readFileSync, writeFileSync } = require('node:fs');
const path = require('node:path');
const { after, before, test } = require('node:test');
const { diff, parse, summarize, summarizeAsync } = require('..');
const { smallSnapshot, temporaryDirectory } = require('./inputs.cjs');

const directory = temporaryDirectory({ after });

/** A service that does `work` per request; snapshots after 20 requests of warm-up and after 100 more. */
const service = (work) => `'use strict';
const { EventEmitter } = require('node:events');
const v8 = require('node:v8');
const hub = (globalThis.hub = new EventEmitter());
const cache = (globalThis.cache = new Map());
const seen = [];
let number = 0;
function handle() {
  number++;
  const request = { number, url: '/orders/' + number, body: ['body of request', number, 'x'.repeat(500)].join(' ') };
  ${work}
}
async function run(count) {
  for (let i = 0; i < count; i++) { handle(); await new Promise(setImmediate); }
  gc();
}
(async () => {
  await run(20);
  v8.writeHeapSnapshot(process.argv[2]);
  await run(100);
  v8.writeHeapSnapshot(process.argv[3]);
  process.exit(0);
})();
`;
const LEAK = "hub.on('change', () => request.body);";
const HEALTHY = `const local = new EventEmitter(); local.on('change', () => request.body); local.emit('change');
  cache.set(number % 10, request); if (seen.push(number) > 10) seen.length = 0;`;
const BIG_CACHE = `for (let i = 0; i < 40; i++) cache.set('key ' + number + ' ' + i, { text: ['value', number, i, 'y'.repeat(900)].join(' ') });`;

/** Runs a service under this or another Node.js; the paths of its two snapshots. */
function run(name, work, node = process.execPath) {
  const place = path.join(directory, name);
  mkdirSync(path.join(place, 'app'), { recursive: true });
  const program = path.join(place, 'app', 'service.js');
  const files = ['before', 'after'].map((moment) => path.join(place, `${moment}.heapsnapshot`));
  writeFileSync(program, service(work));
  execFileSync(node, ['--expose-gc', program, ...files]);
  return files;
}

const lineOf = (work, piece) => service(work).slice(0, service(work).indexOf(piece)).split('\n').length;

let leaking;
before(() => (leaking = run('leaking', LEAK)));

test('a listener per request: named with its event, count, rate and place', () => {
  const summary = summarize(leaking, { rounds: 100, unit: 'request' });
  assert.equal(summary.verdict, 'leak');
  assert.equal(summary.mode, 'diff');
  assert.equal(summary.identity, 'same-process');
  const [first] = summary.findings;
  assert.equal(first.cause, 'listeners');
  assert.equal(first.count, 120);
  assert.deepEqual([first.growth.count, first.growth.perRound], [100, 1]);
  assert.match(first.title, /change/);
  assert.equal(first.location.line, lineOf(LEAK, '() => request.body'));
  assert.equal(path.basename(first.location.url), 'service.js');
  assert.ok(first.advice.length > 20);
  assert.ok(first.keywords.includes('change'));
});

test('a finding is complete and its numbers are in their ranges', () => {
  const after = parse(leaking[1]);
  for (const finding of summarize(leaking).findings) {
    for (const name of ['cause', 'title', 'advice', 'signature']) assert.ok(finding[name].length > 0, name);
    for (const name of ['confidence', 'share']) assert.ok(finding[name] >= 0 && finding[name] <= 1, name);
    assert.ok(finding.retainedSize >= finding.shallowSize && finding.shallowSize >= 0);
    assert.equal(after.node(finding.owner.id).name, finding.owner.name);
    assert.equal(finding.path.at(-1).node.id, finding.owner.id, 'the path leads to the owner');
    let from = 1;
    for (const { edgeName, edgeType, node } of finding.path) {
      const edges = after.edges(from, { limit: 1e6 });
      const found = edges.some((it) => it.node.id === node.id && String(it.name) === edgeName && it.type === edgeType);
      assert.ok(found, `--${edgeName}--> @${node.id} is an edge of the heap`);
      from = node.id;
    }
  }
});

test('what memory the listeners keep, and through what', () => {
  const [first] = summarize(leaking, { strings: 'preview' }).findings;
  const held = first.holds.find(({ node }) => /string/.test(node.type));
  assert.ok(held, 'the body of the request');
  assert.match(held.node.name, /body of request/);
  assert.deepEqual(
    held.path.slice(-2).map(({ edgeName }) => edgeName),
    ['request', 'body'],
  );
  assert.ok(held.retainedSize >= 500);
});

test('the signature is that of the bug: the same in another process and another place', () => {
  const again = run('again', LEAK);
  const signatures = [leaking, again].map((files) => summarize(files).findings[0].signature);
  const elsewhere = run('elsewhere', LEAK.replaceAll('change', 'close'));
  assert.equal(signatures[0], signatures[1]);
  assert.notEqual(signatures[0], summarize(elsewhere).findings[0].signature);
});

test('a healthy service is clean, on every supported line of Node.js', async () => {
  const { nodes } = await import('./nodes/nodes.mjs');
  for (const { line, version, path: node } of nodes()) {
    const summary = summarize(run(`healthy${line}`, HEALTHY, node), { rounds: 100 });
    assert.deepEqual([summary.verdict, summary.findings], ['clean', []], `Node.js ${version}\n${summary}`);
  }
});

test('one snapshot: what is large, and where it piles up', () => {
  const summary = summarize(run('big', BIG_CACHE)[1]);
  assert.equal(summary.mode, 'single');
  assert.equal(summary.verdict, 'suspicious');
  const [first] = summary.findings;
  assert.ok(first.share > 0.2);
  assert.ok(first.accumulationPoint, 'the cache');
  assert.ok([first.owner, first.accumulationPoint].some(({ name }) => /Map|cache|table|array|global|^$/.test(name)));
});

test('one snapshot of a healthy service is no leak', () => {
  const [file] = run('healthy', HEALTHY);
  assert.notEqual(summarize(file).verdict, 'leak');
});

test('files, snapshots, a Diff and the asynchronous form say the same', async () => {
  const [before, after] = leaking.map((file) => parse(file));
  const expected = summarize(leaking).toJSON();
  const answers = [
    summarize([before, after]),
    summarize(diff(before, after)),
    summarize(leaking.map((file) => readFileSync(file))),
    await summarizeAsync(leaking),
    await summarizeAsync([before, after]),
  ];
  for (const answer of answers) assert.deepEqual(answer.toJSON(), expected);
});

test('toJSON is a document with a version, toString a text for people', () => {
  const summary = summarize(leaking, { rounds: 100, unit: 'request' });
  const json = JSON.parse(JSON.stringify(summary));
  assert.ok(Number.isInteger(json.schemaVersion) && json.schemaVersion >= 1);
  assert.equal(json.findings.length, summary.findings.length);
  const text = String(summary);
  for (const piece of [/change/, /service\.js/, /\+1 per request/]) assert.match(text, piece);
  assert.doesNotMatch(text, /undefined|NaN|\[object/);
});

test('a snapshot without anything in it is clean', () => {
  const summary = summarize(smallSnapshot());
  assert.ok(['clean', 'suspicious'].includes(summary.verdict));
  assert.equal(summarize([smallSnapshot(), smallSnapshot()]).verdict, 'clean');
});
