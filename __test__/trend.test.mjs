// The trend of real programs under every supported line of Node.js: leaks planted at a known pace, beside what fills up, falls
// again or turns over; in one process and over several.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cpSync, createReadStream, mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { nodes } from './nodes/nodes.mjs';

const require = createRequire(import.meta.url);
const { Trend, diff, parse, parseIgnore, summarize, summarizeAsync, trend, trendAsync } = require('..');
const { temporaryDirectory } = require('./inputs.cjs');

const directory = temporaryDirectory({ after });
const programs = fileURLToPath(new URL('series', import.meta.url));
const WARM_UP = 5;
const ROUNDS = [7, 13, 11];
const OPTIONS = { rounds: ROUNDS, unit: 'request' };

/** Runs a program of `home`; its snapshots, one after the warm-up and one after each stretch of rounds. */
function run({ version, path: node }, program, stretches = [WARM_UP, ...ROUNDS], home = programs) {
  const to = path.join(directory, `${version}-${program}-${stretches.join('-')}-${home === programs ? 'here' : 'there'}`);
  mkdirSync(to, { recursive: true });
  const runner = path.join(home, 'run.cjs');
  execFileSync(node, ['--expose-gc', runner, path.join(home, program), to, ...stretches.map(String)]);
  return stretches.map((_, at) => path.join(to, `${at}.heapsnapshot`));
}

const lines = nodes();
const newest = lines.at(-1);
const leaking = new Map();
/** The snapshots of the leaking program, by line of Node.js. */
const leaksOf = (node) => leaking.get(node) ?? leaking.set(node, run(node, 'leaks.cjs')).get(node);

const lastName = (row) => row.path.map((step) => step.edgeName).join('.').replace(/^.*\.(?=\w)/, '');
const lineOf = (piece) =>
  1 + readFileSync(path.join(programs, 'leaks.cjs'), 'utf8').split('\n').findIndex((text) => text.includes(piece));

for (const node of lines) {
  test(`what grows is told by path on Node.js ${node.version}`, () => {
    const grown = trend(leaksOf(node), OPTIONS);
    assert.equal(grown.identity, 'same-process');
    const row = (name) => grown.rows.find((it) => lastName(it) === name);
    for (const [name, className, perRound] of [
      ['sessions.[x]', 'Session', 1],
      ['lines.[x]', 'Object', 2],
      ['tick.[x]', 'onTick()', 1],
    ]) {
      const { counts, ...told } = row(name) ?? assert.fail(`no row ${name}\n${grown}`);
      assert.deepEqual([told.className, told.exact, told.pace], [className, true, 'steady'], `${grown}`);
      assert.equal(told.perRound.count, perRound);
      assert.deepEqual(told.countDeltas, ROUNDS.map((rounds) => rounds * perRound));
      assert.deepEqual(counts, [5, 12, 25, 36].map((rounds) => rounds * perRound));
      assert.ok(told.sizeDeltas.every((bytes) => bytes > 0));
      assert.ok(told.slope.bytes > 0 && told.perRound.bytes > 0);
    }
    assert.equal(row('sessions.[x]').location.line, lineOf('constructor(number)'));
    assert.equal(row('tick.[x]').location.line, lineOf('function onTick'));
    assert.match(row('sessions.[x]').location.url, /leaks\.cjs$/);
    assert.equal(row('recent.[x]'), undefined, 'a cache that has filled up');
    const queue = row('queue.[x]') ?? assert.fail(`no backlog\n${grown}`);
    assert.deepEqual([queue.pace, ...queue.counts], ['backlog', 5, 12, 1, 1]);
    // Nothing else grew, but the interval's Timeouts.
    const others = grown.rows.filter((it) => it.pace === 'steady' && !/sessions|lines|tick/.test(lastName(it)));
    assert.ok(others.every((it) => /Timeout|poll/.test(JSON.stringify(it.path))), `${grown}`);
    assert.doesNotMatch(JSON.stringify(grown), /session-1|user 1|line 1/, "no content of the program's strings");
  });

  test(`a leak is told from a cache that fills up on Node.js ${node.version}`, () => {
    const files = leaksOf(node);
    const summary = summarize(files, OPTIONS);
    assert.deepEqual([summary.verdict, summary.mode, summary.identity], ['leak', 'trend', 'same-process']);
    const told = summary.findings.map(({ cause, growth, evidence }) => [cause, growth.perRound, evidence.counts]);
    assert.deepEqual(
      told.sort(),
      [
        ['listeners', 1, '5 -> 12 -> 25 -> 36'],
        ['timers', 1, '5 -> 12 -> 25 -> 36'],
        ['unbounded-collection', 1, '5 -> 12 -> 25 -> 36'],
        ['unbounded-collection', 2, '10 -> 24 -> 50 -> 72'],
      ],
      `${summary}`,
    );
    assert.ok(summary.findings.every((finding) => finding.confidence >= 0.9), `${summary}`);
    // Of a trend, the same.
    assert.deepEqual(summarize(trend(files, OPTIONS)).toJSON(), summary.toJSON());
    // The first two alone: of each leak, the same signature.
    const pair = summarize(files.slice(0, 2), { ...OPTIONS, rounds: ROUNDS[0] });
    for (const { signature, title } of summary.findings) {
      assert.ok(pair.findings.some((finding) => finding.signature === signature), `${title}\n${pair}`);
    }
  });

  test(`a healthy service is clean on Node.js ${node.version}`, () => {
    const files = run(node, 'healthy.cjs', [40, 23, 29, 31]);
    const summary = summarize(files, { rounds: [23, 29, 31], unit: 'request' });
    assert.deepEqual([summary.verdict, summary.findings], ['clean', []], `${summary}`);
    const grown = trend(files, { rounds: [23, 29, 31] });
    assert.deepEqual(grown.rows.filter((row) => row.pace === 'steady'), [], `${grown}`);
  });

  test(`two processes are compared by place on Node.js ${node.version}`, () => {
    // The same program, on another host, twice.
    const home = path.join(directory, `host-${node.line}`, 'series');
    cpSync(programs, home, { recursive: true });
    const [before] = run(node, 'leaks.cjs', [20], home);
    const [later] = run(node, 'leaks.cjs', [50], home);
    const summary = summarize([before, later], { rounds: 30, unit: 'request' });
    assert.equal(summary.identity, 'different-process');
    const here = summarize(leaksOf(node), OPTIONS);
    for (const { signature, title, cause, growth } of here.findings) {
      const twin = summary.findings.find((finding) => finding.signature === signature);
      assert.ok(twin, `${title}\n${summary}`);
      assert.deepEqual([twin.cause, twin.growth.count], [cause, 30 * growth.perRound]);
    }
    assert.equal(summary.verdict, 'leak');
    // Without rounds there is no saying why they differ.
    const unknown = summarize([before, later]);
    assert.ok(unknown.findings.every((finding) => finding.cause === 'timers' || finding.confidence < 0.7), `${unknown}`);
    const [again] = run(node, 'leaks.cjs', [20, 0], home);
    const equal = summarize([before, again], { rounds: 30 });
    assert.deepEqual([equal.identity, equal.findings], ['different-process', []], `${equal}`);
    const rows = trend([before, later], { rounds: 30 }).rows.filter((row) => row.exact);
    const rowsHere = trend(leaksOf(node), OPTIONS).rows.filter((row) => row.exact);
    const signatures = new Set(rows.map((row) => row.signature));
    for (const row of rowsHere) assert.ok(signatures.has(row.signature), row.className);
  });
}

test('signatures are the same on every line of Node.js', () => {
  const [first, ...others] = lines.map((node) =>
    summarize(leaksOf(node), OPTIONS).findings.map(({ cause, signature }) => `${cause} ${signature}`).sort(),
  );
  assert.equal(new Set(first).size, 4, 'different bugs have different ones');
  for (const other of others) assert.deepEqual(other, first);
});

test('what is ignored is only counted', () => {
  const files = leaksOf(newest);
  const rules = parseIgnore('# known\ncause:timers\n\nclass:Session # a registry\npath:**.lines\n');
  const summary = summarize(files, { ...OPTIONS, ignore: rules });
  assert.deepEqual([summary.findings.map(({ cause }) => cause), summary.ignored], [['listeners'], 3], `${summary}`);
  assert.match(String(summary), /3 findings are ignored by rules\./);
  const { signature } = summary.findings[0];
  const nothing = summarize(files, { ...OPTIONS, ignore: [...rules, `signature:${signature}`] });
  assert.deepEqual([nothing.verdict, nothing.ignored], ['clean', 4]);
  const pair = summarize(files.slice(1, 3), { rounds: 13, ignore: ['cause:listeners', { className: 'Map' }] });
  assert.ok(pair.ignored >= 2 && pair.findings.every(({ cause }) => cause !== 'listeners'), `${pair}`);
  const all = trend(files, OPTIONS);
  const some = trend(files, { ...OPTIONS, ignore: ['class:Session', { path: '**.lines[x]' }] });
  assert.deepEqual([some.ignored, some.rowCount], [2, all.rowCount - 2]);
  assert.match(String(some), /2 places are ignored by rules\./);
});

test('a trend takes snapshots, paths, streams and a diff', async () => {
  const files = leaksOf(newest);
  const now = trend(files, OPTIONS);
  const opened = parse(files[0]);
  const phases = new Set();
  const later = await trendAsync([opened, files[1], createReadStream(files[2]), readFileSync(files[3])], {
    ...OPTIONS,
    onProgress: ({ phase }) => phases.add(phase),
  });
  assert.deepEqual(later.toJSON(), now.toJSON());
  assert.deepEqual([...phases].sort(), ['analyzing', 'comparing', 'reading']);
  assert.equal(opened.disposed, false, "the caller's own");
  assert.ok(later instanceof Trend && `${later}`.includes('per request'));
  const summary = await summarizeAsync(files, OPTIONS);
  assert.deepEqual((await summarizeAsync(later)).toJSON(), summary.toJSON());
  assert.deepEqual(trend(diff(files[0], files[1]), { rounds: 7 }).rows.length, trend(files.slice(0, 2), { rounds: [7] }).rows.length);
});

test('snapshots are read one after the other', async () => {
  const files = leaksOf(newest).slice(0, 3);
  const seen = [];
  async function* source(file, at) {
    seen.push(`begin ${at}`);
    yield* createReadStream(file);
    seen.push(`end ${at}`);
  }
  await trendAsync(files.map(source));
  assert.deepEqual(seen, ['begin 0', 'end 0', 'begin 1', 'end 1', 'begin 2', 'end 2']);
});

test('a trend can be stopped', async () => {
  const files = leaksOf(newest);
  for (const stopAt of ['reading', 'analyzing', 'comparing']) {
    const controller = new AbortController();
    const reason = new Error('enough');
    const onProgress = ({ phase }) => phase === stopAt && controller.abort(reason);
    await assert.rejects(trendAsync(files, { signal: controller.signal, onProgress }), reason);
  }
});

test('wrong arguments are refused with their place', () => {
  const files = leaksOf(newest).slice(0, 3);
  const cases = [
    [() => trend(files[0]), /expected a list of two snapshots or more, found one/],
    [() => trend([files[0]]), /expected a list of two snapshots or more, found a list of 1/],
    [() => trend(files, { rounds: [7] }), /`rounds` to have 2 numbers, one between any two neighbours, found 1/],
    [() => summarize(files.slice(1), { rounds: [7, 13] }), /`rounds` to have 1 number/],
    [() => trend(files, { rounds: [7, 0] }), /`rounds` to be a positive integer, or a list of them/],
    [() => trend(files, { rounds: [] }), /`rounds` to be a positive integer, or a list of them/],
    [() => trend(files, { identity: 'same' }), /`identity` to be one of/],
    [() => trend(files, { ignore: 'cause:timers' }), /`ignore` to be a list of rules/],
    [() => trend(files, { ignore: ['cause:timers', 'timers'] }), /`ignore\[1\]` to be signature:…, cause:…/],
    [() => trend(files, { ignore: ['cause:bad-luck'] }), /`ignore\[0\]` to have a cause \(.*timers.*\), found 'bad-luck'/],
    [() => trend(files, { ignore: [{ signature: 'abc' }] }), /a signature of 16 hexadecimal digits/],
    [() => trend(files, { ignore: [{}] }), /`ignore\[0\]` to have one of the fields/],
    [() => trend(files, { ignore: [{ name: 'x' }] }), /only the fields signature, cause, className, path/],
    [() => trend(files, { ignore: [7] }), /`ignore\[0\]` to be an object/],
    [() => parseIgnore('cause:timers\n\nfoo:1'), /line 3 of the ignore rules to be signature:…/],
    [() => parseIgnore('path:'), /line 1 of the ignore rules to have a text as its `path`/],
    [() => parseIgnore(7), /`text` to be a string/],
    [() => summarize(trend(files), { rounds: 7 }), /known option \(limit, ignore\), found `rounds`/],
  ];
  for (const [call, message] of cases) {
    assert.throws(call, (error) => {
      assert.equal(error.code, 'ERR_LEAKSCAN_INVALID_ARG', `${call}`);
      assert.match(error.message, message);
      return true;
    });
  }
});
