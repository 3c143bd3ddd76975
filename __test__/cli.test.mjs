// The command line: what each command prints, how it ends, and what it does when things go wrong.

import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

import leakscan from '../index.js';
import { COMMANDS } from '../lib/cli/commands.js';
import { HINTS } from '../lib/cli/failure.js';
import { renewed } from '../lib/cli/reference.js';
import { CODES } from '../lib/errors.js';
import heaps from './cli/heaps.cjs';
import cli from './cli/run.cjs';
import inputs from './inputs.cjs';

const { checkGolden, ended, run, start } = cli;
const cwd = inputs.temporaryDirectory({ after });
const pair = ['before.heapsnapshot', 'leaking.heapsnapshot'];
const series = ['before.heapsnapshot', 'middle.heapsnapshot', 'leaking.heapsnapshot'];
const at = (file) => path.join(cwd, file);

before(() => {
  for (const name of ['before', 'middle', 'leaking', 'growing', 'healthy']) writeFileSync(at(`${name}.heapsnapshot`), heaps.bytes(name));
  writeFileSync(at('some.heapprofile'), heaps.profile());
  writeFileSync(at('known'), '# accepted\nclass:Session*\ncause:listeners\n');
});

/** Command lines with the exit codes that they end with, and the golden texts that they print. */
const TEXTS = [
  [1, 'summary', ...pair, '--rounds', '300', '--unit', 'order'],
  [1, 'summary', ...pair, '--width', '60'],
  [1, 'summary', ...pair, '--bytes', '--limit', '1'],
  [0, 'summary', 'before.heapsnapshot', 'healthy.heapsnapshot'],
  [0, 'summary', 'leaking.heapsnapshot'],
  [0, 'summary', ...pair, '--ignore', 'known'],
  [1, 'summary', ...series, '--rounds', '150'],
  [0, 'trend', ...series, '--rounds', '150', '--unit', 'order', '--limit', '3'],
  [0, 'trend', ...series, '--ignore', 'known', '--width', '80'],
  [0, 'diff', ...pair],
  [0, 'diff', ...pair, '--ignore', 'known', '--limit', '2'],
  [0, 'diff', ...pair, '--limit', '1', '--bytes', '--width', '80'],
  [0, 'diff', 'before.heapsnapshot', 'healthy.heapsnapshot'],
  [0, 'listeners', ...pair],
  [0, 'classes', 'leaking.heapsnapshot'],
  [0, 'classes', 'leaking.heapsnapshot', '--filter', 'SESSION', '--width', '80'],
  [0, 'classes', 'leaking.heapsnapshot', '--sort', 'name', '--limit', '2', '--offset', '1'],
  [0, 'instances', 'leaking.heapsnapshot', 'Session 🙂', '--limit', '3'],
  [0, 'instances', 'leaking.heapsnapshot', 'Nobody'],
  [0, 'query', 'leaking.heapsnapshot', 'class:"Session 🙂"', 'retained>=1000B', '--limit', '2'],
  [0, 'query', 'leaking.heapsnapshot', 'class:Nobody'],
  [0, 'statistics', 'leaking.heapsnapshot'],
  [0, 'node', 'leaking.heapsnapshot', '@11'],
  [0, 'node', 'leaking.heapsnapshot', '31', '--bytes'],
  [0, 'edges', 'leaking.heapsnapshot', '@11'],
  [0, 'edges', 'leaking.heapsnapshot'],
  [0, 'retainers', 'leaking.heapsnapshot', '@23'],
  [0, 'paths', 'leaking.heapsnapshot', '@31'],
  [0, 'dominators', 'leaking.heapsnapshot'],
  [0, 'dominators', 'leaking.heapsnapshot', '@11'],
  [0, 'strings', 'leaking.heapsnapshot'],
  [0, 'allocations', 'some.heapprofile'],
  [0, 'export', 'leaking.heapsnapshot', '--csv', 'tables', '--label', 'version=1.4.2'],
  [0, 'redact', 'leaking.heapsnapshot', 'redacted.heapsnapshot', '--salt', 'pepper'],
  [0, '--help'],
  [0, 'summary', '--help'],
];

test('what each command prints, and its exit code', async () => {
  const results = await inBatches(TEXTS, ([, ...args]) => run(args, { cwd }));
  for (const [i, [status, ...args]] of TEXTS.entries()) {
    const name = args.map((arg) => arg.replace('.heapsnapshot', '').replace(/ 🙂|"/g, '').replaceAll(/[:<>]/g, '_')).join(' ');
    assert.equal(results[i].stderr, '', name);
    assert.equal(results[i].status, status, name);
    checkGolden(`${name.replace(/^--/, '')}.txt`, results[i].stdout);
    const width = Number(args[args.indexOf('--width') + 1]) || 100;
    for (const line of results[i].stdout.split('\n')) assert.ok(columns(line) <= width, `${name}: ${line}`);
    assert.doesNotMatch(results[i].stdout, /[^\n -\u{10ffff}]|undefined|NaN|\[object/u, name);
  }
});

/** Two columns for the wide characters of these heaps. */
const columns = (line) => [...line].reduce((sum, char) => sum + (char >= '\u2e80' ? 2 : 1), 0);

/** At most four at a time. */
async function inBatches(items, work) {
  const results = [];
  for (let i = 0; i < items.length; i += 4) results.push(...(await Promise.all(items.slice(i, i + 4).map(work))));
  return results;
}

test('every command has its golden text', () => {
  const tested = new Set(TEXTS.map(([, name]) => name));
  // `open` is in ui-files.test.mjs: it prints a link, and stays; `capture` in attach.test.mjs.
  assert.deepEqual(Object.keys(COMMANDS).filter((name) => !tested.has(name)), ['open', 'capture', 'baseline', 'completion']);
});

test("--json is the API's answer to the letter, --ndjson an entry a line", async () => {
  const snapshot = leakscan.parse(at(pair[1]));
  const files = pair.map(at);
  const expected = [
    [leakscan.summarize(files, { rounds: 300, strings: 'preview' }), 'findings', 'summary', ...pair, '--rounds', '300', '--strings'],
    [leakscan.summarize(series.map(at), { rounds: [150, 149] }), 'findings', 'summary', ...series, '--rounds', '150,149'],
    [leakscan.trend(series.map(at), { rounds: 150, limit: 2 }), 'rows', 'trend', ...series, '--rounds', '150', '--limit', '2'],
    [leakscan.trend(series.map(at), { ignore: ['class:Session*', 'cause:listeners'] }), 'rows', 'trend', ...series, '--ignore', 'known'],
    [leakscan.diff(...files), 'classes', 'diff', ...pair],
    [leakscan.diff(...files, { ignore: ['class:Session*'] }), 'classes', 'diff', ...pair, '--ignore', 'known'],
    [leakscan.auditListeners(files, { limit: 30 }), 'emitters', 'listeners', ...pair],
    [snapshot.classes({ limit: 3, filter: 's' }), '', 'classes', pair[1], '--limit', '3', '--filter', 's'],
    [snapshot.instances('Array', { limit: 30, sortBy: 'id' }), '', 'instances', pair[1], 'Array', '--sort', 'id'],
    [snapshot.find({ where: 'type:closure distance<9', limit: 30 }), '', 'query', pair[1], 'type:closure', 'distance<9'],
    [leakscan.parse(at('leaking.heapsnapshot')).find({ allocatedAfter: leakscan.parse(at(pair[0])), limit: 30 }), '', 'query', pair[1], '--allocated-after', pair[0]],
    [await leakscan.readAllocations(at('some.heapprofile'), { limit: 1 }), 'sites', 'allocations', 'some.heapprofile', '--limit', '1'],
    [snapshot.statistics(), undefined, 'statistics', pair[1]],
    [snapshot.node(11), undefined, 'node', pair[1], '@11'],
    [snapshot.edges(11, { limit: 2, offset: 1 }), '', 'edges', pair[1], '@11', '--limit', '2', '--offset', '1'],
    [snapshot.retainers(23, { limit: 30 }), '', 'retainers', pair[1], '@23'],
    [snapshot.retainingPaths(31), '', 'paths', pair[1], '@31'],
    [snapshot.dominated(1, { limit: 30 }), '', 'dominators', pair[1]],
    [snapshot.duplicateStrings({ limit: 30 }), '', 'strings', pair[1]],
  ];
  for (const [answer, entries, ...args] of expected) {
    const value = JSON.parse(JSON.stringify(answer));
    const { stdout, stderr } = await run([...args, '--json'], { cwd });
    assert.deepEqual([JSON.parse(stdout), stderr], [value, ''], args[0]);
    if (entries === undefined) continue;
    const lines = (await run([...args, '--ndjson'], { cwd })).stdout.split('\n').slice(0, -1);
    assert.deepEqual(lines.map((line) => JSON.parse(line)), entries === '' ? value : value[entries], args[0]);
  }
});

test('a baseline accepts what there is, once', async () => {
  const at = path.join(cwd, 'baseline');
  mkdirSync(at);
  const files = pair.map((file) => path.join(cwd, file));
  const accept = async (args, env) => (await run(['baseline', ...args], { cwd: at, env })).stdout;
  const { findings } = leakscan.summarize(files, { rounds: 300 });
  assert.equal(await accept([...files, '--rounds', '300']), `.leakscanignore: ${findings.length} added, 0 there already.\n`);
  assert.equal(await accept([...files, '--rounds', '300']), `.leakscanignore: 0 added, ${findings.length} there already.\n`);
  const ignore = path.join(at, '.leakscanignore');
  assert.deepEqual(leakscan.parseIgnore(readFileSync(ignore, 'utf8')), findings.map(({ signature }) => ({ signature })));
  const { status, stdout } = await run(['summary', ...files, '--rounds', '300', '--ignore', ignore]);
  assert.equal(status, 0, stdout);
  assert.match(stdout, /^CLEAN/);
  assert.equal(await accept(['--run', 'node -p process.env.LEAKSCAN_BASELINE']), '1\n');
  assert.equal((await run(['baseline', '--run', 'node -e process.exit(3)'])).status, 2);
});

test('what test files leave behind is accepted by one rule, in any number and any directory', async () => {
  const hook = fileURLToPath(new URL('../lib/assert/hooks/node-test.js', import.meta.url));
  const tests = `node --require ${JSON.stringify(hook)} --test a.test.cjs b.test.cjs`;
  const project = (name, times) => {
    const at = path.join(cwd, name);
    mkdirSync(at);
    writeFileSync(path.join(at, 'bus.cjs'), 'const bus = new (require("node:events"))();\nexports.add = () => bus.on("error", () => {});\n');
    for (const file of ['a', 'b']) {
      const text = `require('node:test').test('adds', () => { for (let time = 0; time < ${times}; time++) require('./bus.cjs').add(); });\n`;
      writeFileSync(path.join(at, `${file}.test.cjs`), text);
    }
    return at;
  };
  const runTests = (at) => spawnSync(tests, { cwd: at, shell: true, encoding: 'utf8', env: { ...process.env, NODE_TEST_CONTEXT: undefined } });
  const here = project('left here', 1);
  const there = project('left there', 3);
  assert.match(runTests(there).stdout, /3 'error' listeners on EventEmitter, created at bus\.cjs:2:\d+/);
  writeFileSync(path.join(here, '.leakscanignore'), 'cause:timers');
  await run(['baseline', '--run', tests], { cwd: here, env: { NODE_TEST_CONTEXT: undefined } });
  const rules = readFileSync(path.join(here, '.leakscanignore'), 'utf8');
  assert.match(rules, /^cause:timers\nleft: 'error' listener on EventEmitter, created at bus\.cjs:2:\d+\n$/);
  writeFileSync(path.join(there, '.leakscanignore'), rules);
  const { status, stdout } = runTests(there);
  assert.equal(status, 0, stdout);
});

test('--fail-on decides on exit code 1', async () => {
  const growing = ['before.heapsnapshot', 'growing.heapsnapshot'];
  const cases = [
    [1, pair],
    [0, pair, 'never'],
    [0, ['leaking.heapsnapshot'], 'leak'],
    [1, ['leaking.heapsnapshot'], 'suspicious'],
    [0, ['before.heapsnapshot', 'healthy.heapsnapshot'], 'suspicious'],
    [1, growing, 'bytes=300000'],
    [0, growing, 'bytes=300001'],
    [1, growing, 'bytes=0.3MB'],
    [0, growing, 'bytes=300KiB'],
    [1, growing, 'count=300'],
    [0, growing, 'count=301'],
    [1, growing, 'count=301', 'bytes=1kB'],
    [1, ['leaking.heapsnapshot'], 'count=305'],
    [0, ['leaking.heapsnapshot'], 'count=306'],
  ];
  for (const [status, files, ...rules] of cases) {
    const args = ['summary', ...files, ...rules.flatMap((rule) => ['--fail-on', rule])];
    assert.equal((await run(args, { cwd })).status, status, args.join(' '));
  }
});

test('every error is one line on stderr, nothing on stdout, and exit code 2', async () => {
  const snapshot = heaps.bytes('before');
  mkdirSync(at('directory'));
  writeFileSync(at('empty'), '');
  writeFileSync(at('profile.heapprofile'), '{"head":{"callFrame":{}},"samples":[]}');
  writeFileSync(at('torn.heapprofile.gz'), gzipSync('{"head":{}}').subarray(0, 20));
  writeFileSync(at('rules'), 'cause:listeners\nnonsense\n');
  writeFileSync(at('truncated'), snapshot.subarray(0, snapshot.length / 2));
  writeFileSync(at('broken'), snapshot.toString().replace('"nodes":[', '"nodes":[x'));
  const one = 'before.heapsnapshot';
  const cases = [
    [/no\.heapsnapshot.*ERR_LEAKSCAN_IO.*check the path/, 'summary', 'no.heapsnapshot'],
    [/no.*ERR_LEAKSCAN_IO/, 'diff', one, 'no', '--json'],
    [/directory.*ERR_LEAKSCAN_IO/, 'classes', 'directory'],
    [/empty.*ERR_LEAKSCAN_NOT_A_SNAPSHOT/, 'listeners', 'empty'],
    [/profile\.heapprofile.*ERR_LEAKSCAN_NOT_A_SNAPSHOT/, 'summary', 'profile.heapprofile'],
    [/truncated: edges.*byte \d+.*ERR_LEAKSCAN_TRUNCATED.*again/, 'summary', one, 'truncated', '--ndjson'],
    [/broken: nodes.*byte \d+.*ERR_LEAKSCAN_SYNTAX/, 'statistics', 'broken', '--json'],
    [/@4.*ERR_LEAKSCAN_UNKNOWN_NODE/, 'node', one, '@4', '--json'],
    [/no\.heapprofile: .*ERR_LEAKSCAN_IO.*check the path/, 'allocations', 'no.heapprofile'],
    [/empty: expected JSON.*ERR_LEAKSCAN_SYNTAX/, 'allocations', 'empty', '--json'],
    [/before\.heapsnapshot: expected an allocation profile, found a heap snapshot.*ERR_LEAKSCAN_UNSUPPORTED/, 'allocations', one],
    [/torn\.heapprofile\.gz: cannot be decompressed.*ERR_LEAKSCAN_SYNTAX/, 'allocations', 'torn.heapprofile.gz'],
    [/expected PROFILE, found no arguments \(see leakscan allocations --help\)/, 'allocations'],
    [/no: .*ERR_LEAKSCAN_IO/, 'instances', 'no', 'Session'],
    [/expected FILE CLASS, found 1 argument/, 'instances', one],
    [/@4.*ERR_LEAKSCAN_UNKNOWN_NODE/, 'edges', one, '@4'],
    [/@4.*ERR_LEAKSCAN_UNKNOWN_NODE/, 'paths', one, '@4', '--ndjson'],
    [/@4.*ERR_LEAKSCAN_UNKNOWN_NODE/, 'dominators', one, '@4'],
    [/empty.*ERR_LEAKSCAN_NOT_A_SNAPSHOT.*`leakscan allocations` reads a \.heapprofile/, 'strings', 'empty'],
    [/no: .*ERR_LEAKSCAN_IO.*check the path/, 'open', 'no', '--no-browser'],
    [/not the standard input \(see leakscan open --help\)/, 'open', '-', '--no-browser'],
    [/process \d+: there is no such process \(ERR_LEAKSCAN_IO\)$/m, 'capture', '--pid', String(2 ** 22 + 1), '-o', 'out'],
    [/no.*ERR_LEAKSCAN_IO/, 'export', 'no', '--csv', 'tables'],
    [/no.*ERR_LEAKSCAN_IO/, 'baseline', 'no', '-o', 'ignored'],
    [/expected an id such as @123, found 'x' \(see leakscan --help\)/, 'retainers', one, 'x'],
    [/expected a command \(see leakscan --help\)/],
    [/there is no command 'sumary'/, 'sumary', one],
    [/there is no command 'constructor'/, 'constructor'],
    [/expected FILE…, found no arguments \(see leakscan summary --help\)/, 'summary'],
    [/one argument more: 'c'/, 'diff', 'a', 'b', 'c'],
    [/Unknown option '--frobnicate' \(see leakscan classes --help\)/, 'classes', one, '--frobnicate'],
    [/--limit: expected an integer from 0 on, found 'many'/, 'classes', one, '--limit', 'many'],
    [/--rounds: expected an integer from 1 on, found '0'/, 'summary', one, '--rounds', '0'],
    [/option `rounds` to have 2 numbers.*found 3 \(ERR_LEAKSCAN_INVALID_ARG\)/, 'trend', one, one, one, '--rounds', '1,2,3'],
    [/expected FILE FILE FILE…, found 1 argument/, 'trend', one],
    [/rules: expected line 2 of the ignore rules to be signature:…, .*, found 'nonsense' \(see leakscan diff --help\)/, 'diff', one, one, '--ignore', 'rules'],
    [/ENOENT.*'nobody'/, 'summary', one, '--ignore', 'nobody'],
    [/--width: expected an integer from 40 on/, 'summary', one, '--width', '12'],
    [/--sort: expected one of .*retainedSize/, 'classes', one, '--sort', 'colour'],
    [/--fail-on: expected leak, suspicious/, 'summary', one, '--fail-on', 'anything'],
    [/--fail-on: expected a size such as 10MB, found 'lots'/, 'summary', one, '--fail-on', 'bytes=lots'],
    [/search, column 12: expected a term such as .*, found `bigger>1` \(ERR_LEAKSCAN_INVALID_ARG\)/, 'query', one, 'type:array', 'bigger>1', '--json'],
    [/expected FILE… or --run COMMAND/, 'baseline'],
    [/expected FILE… or --run COMMAND/, 'baseline', one, '--run', 'true'],
    [/expected one of --parquet DIR, --csv DIR and --ndjson DIR/, 'export', one],
    [/--label: expected NAME=VALUE, found 'x'/, 'export', one, '--csv', 'd', '--label', 'x'],
    [/cannot write .*ERR_LEAKSCAN_IO/, 'redact', one, path.join('no', 'directory')],
    [/to be another file than the source.*ERR_LEAKSCAN_INVALID_ARG/, 'redact', one, one],
    [/standard input can be read once/, 'diff', '-', '-'],
    [/expected one of bash, zsh, fish/, 'completion', 'tcsh'],
  ];
  const results = await inBatches(cases, ([, ...args]) => run(args, { cwd }));
  for (const [i, [expected, ...args]] of cases.entries()) {
    const { status, stdout, stderr } = results[i];
    assert.deepEqual([status, stdout], [2, ''], args.join(' '));
    assert.match(stderr, expected);
    assert.match(stderr, /^leakscan: [^\n]+\n$/, 'one line');
    assert.doesNotMatch(stderr, /    at /);
  }
});

test('a file that ends too early: what is there, marked; an error with --strict, and where it would be judged', async () => {
  const whole = heaps.bytes('leaking');
  const cut = (name, length) => writeFileSync(at(name), whole.subarray(0, length));
  const text = whole.toString('latin1');
  cut('in-edges', text.indexOf('"edges":[') + 3000);
  cut('in-strings', text.indexOf('"strings":[') + 3000);
  cut('in-nodes', text.indexOf('"nodes":[') + 3000);
  const expected = [
    ['in-edges', /^PARTIAL: in-edges ends in edges at byte \d+: \d+ of \d+ edges and \d+ names are lost; only types, counts and own sizes hold\.\n\n/],
    ['in-strings', /^PARTIAL: in-strings ends in strings at byte \d+: \d+ names are lost; sizes and counts hold\.\n\n/],
  ];
  for (const [file, mark] of expected) {
    const shown = await run(['classes', file], { cwd });
    assert.deepEqual([shown.status, shown.stderr], [0, '']);
    assert.match(shown.stdout, mark);
    assert.equal(/Retained/.test(shown.stdout), file === 'in-strings', 'figures that mean nothing are not shown');
    const json = await run(['statistics', file, '--json'], { cwd });
    assert.match(json.stderr, /^leakscan: PARTIAL: [^\n]+\n$/);
    const part = leakscan.parse(at(file), { partial: true });
    assert.equal(JSON.parse(json.stdout).totalSize, part.totalSize);
    for (const args of [['classes', file, '--strict'], ['statistics', file, '--strict', '--json'], ['summary', file], ['diff', pair[0], file]]) {
      const { status, stdout, stderr } = await run(args, { cwd });
      assert.deepEqual([status, stdout], [2, ''], args.join(' '));
      assert.match(stderr, /^leakscan: [^\n]*ERR_LEAKSCAN_TRUNCATED[^\n]*\n$/);
    }
    for (const judge of [() => leakscan.summarize(part), () => leakscan.diff(at(pair[0]), part), () => leakscan.auditListeners(part)]) {
      assert.throws(judge, { code: 'ERR_LEAKSCAN_TRUNCATED' });
    }
  }
  assert.equal((await run(['classes', 'in-nodes'], { cwd })).status, 2);
  const rows = (options) => leakscan.parse(at('in-strings'), options).classes({ sortBy: 'shallowSize' });
  const sizes = (rows) => rows.reduce((sum, { shallowSize }) => sum + shallowSize, 0);
  assert.equal(sizes(rows({ partial: true })), sizes(leakscan.parse(whole).classes()), 'own sizes are exact');
  assert.equal(leakscan.parse(whole, { partial: true }).meta.partial, undefined);
});

test('LEAKSCAN_DEBUG shows where an error comes from', async () => {
  const { status, stderr } = await run(['summary', 'no'], { cwd, env: { LEAKSCAN_DEBUG: '1' } });
  assert.equal(status, 2);
  assert.match(stderr, /    at /);
});

test('what to try is told for codes that there are', () => {
  assert.deepEqual(Object.keys(HINTS).filter((code) => !(code in CODES)), []);
});

test('the standard input is read, compressed too', async () => {
  const { stdout } = await run(['classes', at(pair[1])]);
  for (const input of [heaps.bytes('leaking'), gzipSync(heaps.bytes('leaking'))]) {
    assert.deepEqual(await run(['classes', '-'], { input }), { status: 0, stdout, stderr: '' });
  }
  const { status, stderr } = await run(['classes', '-'], { input: Buffer.from('{"snapshot"') });
  assert.equal(status, 2);
  assert.match(stderr, /^leakscan: [^\n]*ERR_LEAKSCAN_TRUNCATED[^\n]*\n$/);
});

test('a .heaptimeline is read, with its traces, on every supported line of Node.js', async () => {
  const { nodes } = await import('./nodes/nodes.mjs');
  for (const { line, version, path: node } of nodes()) {
    const file = at(`node${line}.heaptimeline`);
    const program = `const { Session } = require('node:inspector');
      const session = new Session(), chunks = [];
      class Order { constructor(number) { this.number = number; } }
      session.connect();
      session.on('HeapProfiler.addHeapSnapshotChunk', ({ params }) => chunks.push(params.chunk));
      session.post('HeapProfiler.startTrackingHeapObjects', { trackAllocations: true });
      globalThis.orders = Array.from({ length: 321 }, (_, number) => new Order(number));
      session.post('HeapProfiler.stopTrackingHeapObjects', () => require('node:fs').writeFileSync(${JSON.stringify(file)}, chunks.join('')));`;
    execFileSync(node, ['-e', program]);
    assert.notDeepEqual(JSON.parse(readFileSync(file, 'utf8')).trace_tree, [], `Node.js ${version} wrote traces`);
    const { status, stdout } = await run(['classes', file, '--filter', 'Order', '--ndjson']);
    assert.equal(status, 0);
    assert.deepEqual(stdout.split('\n').slice(0, -1).map((row) => JSON.parse(row)).filter(({ name }) => name === 'Order').map(({ count }) => count), [321], version);
  }
});

test('colours on a terminal only, and as NO_COLOR, FORCE_COLOR and TERM say', async () => {
  const FAKE_TERMINAL = 'stdout';
  const cases = [
    [false, {}],
    [true, { FAKE_TERMINAL }],
    [false, { FAKE_TERMINAL, NO_COLOR: '1' }],
    [true, { FAKE_TERMINAL, NO_COLOR: '' }],
    [false, { FAKE_TERMINAL, TERM: 'dumb' }],
    [true, { FORCE_COLOR: '1' }],
    [true, { FORCE_COLOR: '1', NO_COLOR: '1' }],
    [false, { FAKE_TERMINAL, FORCE_COLOR: '0' }],
  ];
  const bare = await run(['summary', ...pair, '--width', '80'], { cwd });
  for (const [expected, env] of cases) {
    const { stdout, stderr } = await run(['summary', ...pair, '--width', '80'], { cwd, env });
    assert.equal(stdout.includes('\x1b[1;31mLEAK'), expected, JSON.stringify(env));
    assert.equal(stdout.replaceAll(/\x1b\[[\d;]*m/g, ''), bare.stdout, 'nothing else changes');
    assert.equal(stderr.replaceAll(/.*NO_COLOR.*\n.*\n/g, ''), '');
  }
});

test("the text has the terminal's width", async () => {
  const { stdout } = await run(['summary', ...pair], { cwd, env: { FAKE_TERMINAL: 'stdout', NO_COLOR: '1' } });
  assert.equal(stdout, (await run(['summary', ...pair, '--width', '80'], { cwd })).stdout);
  assert.notEqual(stdout, (await run(['summary', ...pair], { cwd })).stdout);
});

test("a reader that goes away is no error; the verdict is the exit code's all the same", async () => {
  for (const [status, ...args] of [
    [0, 'classes', pair[1]],
    [1, 'summary', ...pair],
    [0, 'dominators', pair[1], '@13', '--limit', '100000', '--json'],
  ]) {
    const child = start(args, { cwd });
    child.stdout.destroy();
    assert.deepEqual(await ended(child), { status, stdout: '', stderr: '' }, args[0]);
  }
});

/** Feeds half a snapshot; resolves once the command shows that it waits for the rest. */
async function untilProgress(child, input) {
  child.stdin.on('error', () => {});
  child.stdin.write(input.subarray(0, input.length / 2));
  let shown = '';
  await new Promise((resolve, reject) => {
    child.on('close', () => reject(new Error(`no progress: ${shown}`)));
    child.stderr.on('data', (text) => /reading stdin/.test((shown += text)) && resolve());
  });
}

test('progress stands on stderr while work is done on a terminal, and leaves no trace', async () => {
  const input = heaps.bytes('leaking');
  const child = start(['classes', '-'], { env: { FAKE_TERMINAL: 'stderr' } });
  const result = ended(child);
  await untilProgress(child, input);
  child.stdin.end(input.subarray(input.length / 2));
  const { status, stdout, stderr } = await result;
  assert.equal(status, 0);
  assert.equal(stdout, (await run(['classes', at(pair[1])])).stdout);
  assert.match(stderr, /^(\r\x1b\[K[^\r]{1,79})+(\r\x1b\[K)+$/, 'a line of the terminal, which is erased');
});

test('Ctrl+C stops the work: exit code 130, and nothing is said', async () => {
  const child = start(['summary', '-', '--json'], { env: { FAKE_TERMINAL: 'stderr' } });
  const result = ended(child);
  await untilProgress(child, heaps.bytes('leaking'));
  child.kill('SIGINT');
  const { status, stdout, stderr } = await result;
  assert.deepEqual([status, stdout], [130, '']);
  assert.ok(stderr.endsWith('\r\x1b[K'), 'the progress is erased');
  assert.doesNotMatch(stderr, /Error|leakscan:/);
});

test('an input that is wrong ends the command, however long it goes on', async () => {
  const child = start(['classes', '-']);
  child.stdin.on('error', () => {});
  child.stdin.write(Buffer.alloc(32 << 20, 'x'));
  const { status, stderr } = await ended(child);
  assert.equal(status, 2);
  assert.match(stderr, /ERR_LEAKSCAN_NOT_A_SNAPSHOT/);
});

test('neither the version nor help loads the addon', async () => {
  for (const args of [['--version'], ['--help'], ['diff', '--help'], ['diff']]) {
    const { stdout, stderr } = await run(args, { env: { LIST_MODULES: '1' } });
    const modules = JSON.parse(stderr.split('\n').at(-1)).map((file) => path.basename(file));
    assert.deepEqual(modules.filter((name) => /\.node$|^(native|index|load|snapshot)\.js$/.test(name)), [], args.join(' '));
    if (args[0] === '--version') assert.equal(stdout, `${leakscan.version}\n`);
  }
});

test('docs/cli.md is up to date', () => {
  const document = readFileSync(new URL('../docs/cli.md', import.meta.url), 'utf8');
  assert.equal(document, renewed(document), 'node scripts/cli-docs.mjs renews it');
});

test('every command says what it takes', async () => {
  for (const name of Object.keys(COMMANDS)) {
    const { status, stdout } = await run([name, '--help']);
    assert.equal(status, 0);
    assert.match(stdout, new RegExp(`^Usage: leakscan ${name} `));
    for (const line of stdout.split('\n').filter((line) => !/^ {2}leakscan /.test(line))) assert.ok(line.length <= 80, line);
  }
});

test('bash completes commands, flags, their values and files', () => {
  const script = execFileSync(process.execPath, [cli.bin, 'completion', 'bash'], { encoding: 'utf8' });
  const complete = (...words) => {
    const quoted = words.map((word) => `'${word}'`).join(' ');
    const program = `${script}\nCOMP_WORDS=(${quoted}); COMP_CWORD=${words.length - 1}; _leakscan; printf '%s\\n' "\${COMPREPLY[@]}"`;
    return execFileSync('bash', ['-c', program], { cwd, encoding: 'utf8' }).split('\n').filter(Boolean);
  };
  assert.deepEqual(complete('leakscan', 'dom'), ['dominators']);
  assert.deepEqual(complete('leakscan', 'summary', '--fail'), ['--fail-on']);
  assert.deepEqual(complete('leakscan', 'classes', '--sort', 'ret'), ['retainedSize']);
  assert.deepEqual(complete('leakscan', 'diff', 'bef'), ['before.heapsnapshot']);
  assert.deepEqual(complete('leakscan', 'completion', 'f'), ['fish']);
});

test('zsh and fish get every command and every flag', () => {
  for (const shell of ['zsh', 'fish']) {
    const script = execFileSync(process.execPath, [cli.bin, 'completion', shell], { encoding: 'utf8' });
    for (const name of Object.keys(COMMANDS)) assert.match(script, new RegExp(`\\b${name}\\b`), shell);
    for (const flag of ['fail-on', 'ndjson', 'devtools-compat', 'help']) assert.match(script, new RegExp(`\\b${flag}\\b`), shell);
  }
});
