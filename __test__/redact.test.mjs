// redact(): what may not leave is gone, and all else is as it was: for DevTools, node by node, and for the findings.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createReadStream, existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import leakscan from '../index.js';
import { DevToolsPool } from './devtools/pool.mjs';
import inputs from './inputs.cjs';
import { nodes } from './nodes/nodes.mjs';
import text from './snapshot-text.cjs';

const directory = inputs.temporaryDirectory({ after });
const program = fileURLToPath(new URL('redact/program.cjs', import.meta.url));
const pool = new DevToolsPool(1);
after(() => pool.close());

/** What DevTools says of a snapshot, but for its texts. */
const sizes = ({ totalSize, statistics, columns, classes }) => ({
  totalSize,
  statistics,
  columns: ['id', 'shallowSize', 'retainedSize', 'distance', 'immediateDominator', 'detachedness', 'retainerCount'].map((name) => columns[name]),
  types: columns.type,
  // Interfaces are named by their properties, of which keys that look like data are hidden.
  classes: classes.map(({ name, key, ...row }) => (name.startsWith('{') ? row : { name, key, ...row })).map((row) => JSON.stringify(row)).sort(),
});

/** What a finding says, without the texts of strings. */
const told = (summary) => summary.findings.map(({ path: steps, ...finding }) => ({ ...finding, path: steps.map(({ edgeName, node }) => [edgeName, node.name, node.id]) }));

for (const { line, version, path: node } of nodes()) {
  test(`a heap of Node.js ${version} loses its contents and nothing else`, async () => {
    const place = path.join(directory, String(line));
    mkdirSync(place);
    execFileSync(node, ['--expose-gc', program, place]);
    const files = ['before', 'after'].map((name) => path.join(place, `${name}.heapsnapshot`));
    const redacted = files.map((file) => file.replace('.heap', '.redacted.heap'));
    for (const [at, file] of files.entries()) {
      assert.match(readFileSync(file, 'latin1'), /hunter2/);
      const { stringCount, hiddenCount } = await leakscan.redact(file, redacted[at], { salt: 'pepper' });
      assert.ok(hiddenCount > 100 && hiddenCount < stringCount);
      assert.equal(stringCount, leakscan.parse(file).meta.stringCount);
      const found = readFileSync(redacted[at], 'latin1').match(/.{0,80}(hunter2|0b9f6c1e|example\.org).{0,40}/g);
      assert.equal(found, null, 'no secret');
    }
    const [plain] = await pool.judge([{ before: files[0], after: files[1] }], { retainerSamples: 0 });
    const [hidden] = await pool.judge([{ before: redacted[0], after: redacted[1] }], { retainerSamples: 0 });
    for (const moment of ['before', 'after']) assert.deepEqual(sizes(hidden[moment]), sizes(plain[moment]));

    const options = { rounds: 50, unit: 'request' };
    const summary = leakscan.summarize(files, options);
    assert.equal(summary.verdict, 'leak');
    assert.ok(summary.findings.length > 1);
    assert.deepEqual(told(leakscan.summarize(redacted, options)), told(summary));
  });
}

test('equal texts stay equal with one salt, and with another they are others', async () => {
  const file = path.join(directory, 'small.heapsnapshot');
  writeFileSync(file, text.write(inputs.smallHeap()));
  const names = async (source, options) => {
    const target = path.join(directory, 'out.heapsnapshot');
    await leakscan.redact(source, target, options);
    return leakscan.parse(target).find({ sortBy: 'id' }).map(({ name }) => name);
  };
  const first = await names(file, { salt: 'a' });
  assert.deepEqual(first.slice(0, -1), leakscan.parse(file).find({ sortBy: 'id' }).map(({ name }) => name).slice(0, -1));
  assert.match(first.at(-1), /^<11 chars #[0-9a-f]{16}>$/);
  assert.deepEqual(await names(createReadStream(file), { salt: 'a' }), first, 'from a stream');
  assert.deepEqual(await names(readFileSync(file), { salt: 'a' }), first, 'from bytes');
  assert.notDeepEqual(await names(file, { salt: 'b' }), first);
  assert.notDeepEqual(await names(file), await names(file), 'a salt of its own each time');
  const packed = path.join(directory, 'out.heapsnapshot.gz');
  await leakscan.redact(file, packed, { salt: 'a' });
  assert.equal(gunzipSync(readFileSync(packed)).at(0), '{'.charCodeAt(0));
  assert.deepEqual(leakscan.parse(packed).find({ sortBy: 'id' }).map(({ name }) => name), first);
  const zstd = path.join(directory, 'out.heapsnapshot.zst');
  await leakscan.redact(file, zstd, { salt: 'a' });
  assert.equal(readFileSync(zstd).readUInt32LE(), 0xfd2fb528, 'the mark of zstd');
  assert.deepEqual(leakscan.parse(zstd).find({ sortBy: 'id' }).map(({ name }) => name), first);
});

test('what cannot be redacted leaves nothing behind', async () => {
  const place = path.join(directory, 'failures');
  mkdirSync(place);
  const target = path.join(place, 'out.heapsnapshot');
  const whole = text.write(inputs.smallHeap());
  const cases = [
    [whole.subarray(0, whole.length - 20), {}, { code: 'ERR_LEAKSCAN_TRUNCATED' }],
    [Buffer.from('{"strings":["a"],"snapshot":'), {}, { code: 'ERR_LEAKSCAN_UNSUPPORTED', section: 'strings' }],
    [Buffer.from('hello'), {}, { code: 'ERR_LEAKSCAN_NOT_A_SNAPSHOT' }],
    [path.join(place, 'nobody'), {}, { code: 'ERR_LEAKSCAN_IO' }],
    [whole, { salt: 7 }, { code: 'ERR_LEAKSCAN_INVALID_ARG' }],
    [whole, { signal: AbortSignal.abort() }, { name: 'AbortError' }],
  ];
  for (const [source, options, expected] of cases) await assert.rejects(leakscan.redact(source, target, options), expected);
  await assert.rejects(leakscan.redact(whole, path.join(place, 'no', 'directory')), { code: 'ERR_LEAKSCAN_IO', message: /cannot write/ });
  await assert.rejects(leakscan.redact(whole, `${target}.br`), { code: 'ERR_LEAKSCAN_INVALID_ARG' });
  const file = path.join(directory, 'same.heapsnapshot');
  writeFileSync(file, whole);
  await assert.rejects(leakscan.redact(file, file), { code: 'ERR_LEAKSCAN_INVALID_ARG' });
  assert.deepEqual(readdirSync(place), []);
  assert.ok(existsSync(file));
});

test('a large file needs little memory', async () => {
  const file = path.join(directory, 'large.heapsnapshot');
  inputs.writeLargeSnapshot(file, 100);
  const script = `let peak = 0;
    setInterval(() => (peak = Math.max(peak, process.memoryUsage.rss())), 5).unref();
    require(${JSON.stringify(fileURLToPath(new URL('../index.js', import.meta.url)))})
      .redact(process.argv[1], process.argv[2]).then(() => console.log(peak));`;
  const peak = Number(execFileSync(process.execPath, ['-e', script, file, path.join(directory, 'large.out')], { encoding: 'utf8' }));
  assert.ok(peak > 0 && peak < 0.5 * statSync(file).size + 60e6, `${peak} bytes for a file of ${statSync(file).size}`);
});
