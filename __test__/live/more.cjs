'use strict';
// sampleAllocations(), onNearHeapLimit(), onSignal() in a process of its own; process.argv[2] says which, [3] is a directory.

const assert = require('node:assert/strict');
const { execFileSync, spawnSync } = require('node:child_process');
const { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } = require('node:fs');
const path = require('node:path');
const { onNearHeapLimit, onSignal, parse, readAllocations, sampleAllocations } = require('../..');

const [, , what, directory] = process.argv;
const lines = readFileSync(__filename, 'utf8').split('\n');
const lineOf = (mark) => 1 + lines.findIndex((line) => line.endsWith(`// ${mark}`));
const leakscan = JSON.stringify(path.join(__dirname, '../..'));

const kept = (exports.kept = []);
function keeper() { // keeper
  for (let i = 0; i < 300; i++) kept.push(new Array(100).fill(i));
}
function waster() {
  for (let i = 0; i < 300; i++) global.last = new Array(100).fill(i);
}

const works = {
  async allocations() {
    const clock = setInterval(() => {
      keeper();
      waster();
    }, 2);
    const sampled = sampleAllocations({ duration: 300, interval: 4096 });
    await assert.rejects(sampleAllocations(), { code: 'ERR_LEAKSCAN_BUSY' });
    const profile = await sampled;
    const row = profile.sites.find(({ functionName }) => functionName === 'keeper');
    assert.deepEqual([row.location.url, row.location.line], [__filename, lineOf('keeper')]);
    assert.ok(row.totalSize > 0.5 * profile.totalSize, String(profile));
    assert.ok(row.totalSize >= row.selfSize);
    assert.match(String(profile), / allocated and still alive, by functions of .*keeper/s);
    const sum = (frame) => frame.selfSize + frame.children.reduce((total, child) => total + sum(child), 0);
    assert.equal(sum(profile.tree), profile.totalSize);

    const reason = new Error('enough');
    await assert.rejects(sampleAllocations({ signal: AbortSignal.abort(reason) }), (error) => error === reason);
    const controller = new AbortController();
    setTimeout(() => controller.abort(reason), 20);
    await assert.rejects(sampleAllocations({ signal: controller.signal }), (error) => error === reason);
    await sampleAllocations({ duration: 5 });
    clearInterval(clock);

    // The files that Node.js itself writes.
    execFileSync(process.execPath, ['--heap-prof', `--heap-prof-dir=${directory}`, '--heap-prof-interval=1024', '-e', 'globalThis.kept = Array.from({ length: 1e5 }, (_, i) => ({ i }))']);
    const [file] = readdirSync(directory).map((name) => path.join(directory, name));
    const read = await readAllocations(file);
    assert.ok(read.totalSize > 1e6 && read.sites.length > 0);
    assert.deepEqual(await readAllocations(readFileSync(file)).then(({ sites }) => sites), read.sites);
    await assert.rejects(readAllocations(path.join(directory, 'missing')), { code: 'ERR_LEAKSCAN_IO' });
    await assert.rejects(readAllocations(Buffer.from('{')), { code: 'ERR_LEAKSCAN_SYNTAX' });
    await assert.rejects(readAllocations(Buffer.from('{"nodes":[]}')), { code: 'ERR_LEAKSCAN_UNSUPPORTED' });
    await assert.rejects(readAllocations(7), { code: 'ERR_LEAKSCAN_INVALID_ARG' });
    // A stack as deep as any.
    let head = { callFrame: { functionName: 'leaf' }, selfSize: 8, children: [] };
    for (let i = 0; i < 2000; i++) head = { callFrame: { functionName: 'same', url: 'x', lineNumber: 0, columnNumber: 0 }, selfSize: 0, children: [head] };
    const deep = await readAllocations(Buffer.from(JSON.stringify({ head })));
    assert.deepEqual(deep.sites.map(({ functionName, totalSize }) => [functionName, totalSize]), [['leaf', 8], ['same', 8]]);
  },

  async limit() {
    const target = path.join(directory, 'kept');
    const place = path.join(directory, 'place');
    mkdirSync(place);
    const program = `
      console.log(JSON.stringify(require(${leakscan}).onNearHeapLimit({ dir: ${JSON.stringify(target)}, keep: 1, force: true })));
      if (process.argv[1] === 'fill') { const kept = []; for (;;) kept.push(new Array(1000).fill(kept.length + 0.5)); }`;
    const start = (...args) => {
      const { stdout } = spawnSync(process.execPath, ['--max-old-space-size=24', '-e', program, ...args], { cwd: place, encoding: 'utf8' });
      return JSON.parse(stdout.split('\n')[0]);
    };
    const { realpathSync } = require('node:fs');
    assert.deepEqual(start('fill'), { directory: realpathSync(place), left: [] });
    assert.equal(readdirSync(place).length, 1);
    // What is empty, or another's, is not taken for a snapshot.
    writeFileSync(path.join(place, 'Heap.20200101.000000.999999999.0.001.heapsnapshot'), '');
    writeFileSync(path.join(place, 'mine.heapsnapshot'), 'mine');
    writeFileSync(path.join(place, `Heap.20200101.000000.${process.pid}.0.001.heapsnapshot`), 'being written');
    const { left } = start();
    assert.equal(left.length, 1);
    assert.equal(path.dirname(left[0]), target);
    if (process.platform !== 'win32') assert.equal(statSync(left[0]).mode & 0o777, 0o600);
    assert.ok(parse(left[0]).nodeCount > 10_000);
    assert.deepEqual(readdirSync(place).sort(), [`Heap.20200101.000000.${process.pid}.0.001.heapsnapshot`, 'mine.heapsnapshot']);
    // Only so many are kept, the newest.
    copyFileSync(left[0], path.join(place, 'Heap.20990101.000000.999999999.0.001.heapsnapshot'));
    const later = start().left;
    assert.equal(later.length, 1);
    assert.notEqual(later[0], left[0]);
    assert.ok(!existsSync(left[0]));

    process.availableMemory = () => 1e6;
    assert.throws(() => onNearHeapLimit({ dir: target }), { code: 'ERR_LEAKSCAN_MEMORY' });
    assert.throws(() => onNearHeapLimit({ dir: path.join(place, 'mine.heapsnapshot', 'below') }), { code: 'ERR_LEAKSCAN_IO' });
  },

  async signal() {
    const told = [];
    const listener = onSignal({ dir: directory, onSummary: (summary, files) => told.push({ summary, files }) });
    const once = async () => {
      const count = told.length;
      process.kill(process.pid, 'SIGUSR2');
      while (told.length === count) await new Promise((resolve) => setTimeout(resolve, 10));
      return told.at(-1);
    };
    await once();
    for (let i = 0; i < 200; i++) process.on('beforeExit', () => i); // leaked
    const { summary, files } = await once();
    assert.equal(summary.verdict, 'leak', String(summary));
    assert.equal(summary.findings[0].location.line, lineOf('leaked'));
    assert.match(readFileSync(files.text, 'utf8'), /LEAK: 200 'beforeExit' listeners on process/);
    assert.equal(JSON.parse(readFileSync(files.json, 'utf8')).verdict, 'leak');
    assert.equal(statSync(files.text).mode & 0o777, 0o600);
    assert.equal(readdirSync(directory).filter((name) => name.endsWith('.heapsnapshot')).length, 1);
    listener.close();
    assert.equal(process.listenerCount('SIGUSR2'), 0);
    assert.equal(readdirSync(directory).filter((name) => name.endsWith('.heapsnapshot')).length, 0);
  },
};

works[what]().then(
  () => console.log('true'),
  (error) => {
    console.error(error);
    process.exitCode = 1;
  },
);
