// What the command line prints for machines and pull requests: JSON by its schemas, SARIF, JUnit, annotations, Markdown, HTML.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { github } from '../lib/cli/formats/github.js';
import { junit } from '../lib/cli/formats/junit.js';
import { inRepository, toUri } from '../lib/places.js';
import { sarif } from '../lib/cli/formats/sarif.js';
import leakscan from '../index.js';
import heaps from './cli/heaps.cjs';
import cli from './cli/run.cjs';
import inputs from './inputs.cjs';

const { checkGolden, run } = cli;
const here = fileURLToPath(new URL('.', import.meta.url));
const cwd = inputs.temporaryDirectory({ after });
const pair = ['before.heapsnapshot', 'leaking.heapsnapshot'];
const Ajv = createRequire(path.join(here, 'schema', 'package.json'))('ajv/dist/2020').default;

before(() => {
  for (const name of ['before', 'middle', 'leaking', 'healthy']) writeFileSync(path.join(cwd, `${name}.heapsnapshot`), heaps.bytes(name));
  writeFileSync(path.join(cwd, 'some.heapprofile'), heaps.profile());
});

/** The schema with nothing allowed that it does not name: so that none is forgotten. */
function closed(schema) {
  if (Array.isArray(schema)) return schema.map(closed);
  if (typeof schema !== 'object' || schema === null) return schema;
  const copy = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, closed(value)]));
  return schema.properties && schema.type === 'object' ? { additionalProperties: false, ...copy } : copy;
}

test('the JSON of every command is as its schema says, and has nothing that the schema does not name', async () => {
  const file = pair[1];
  const cases = [
    ['summary', 'summary', ...pair, '--rounds', '300'],
    ['summary', 'summary', file],
    ['summary', 'summary', pair[0], 'healthy.heapsnapshot'],
    ['summary', 'summary', pair[0], 'middle.heapsnapshot', pair[1], '--rounds', '150'],
    ['trend', 'trend', pair[0], 'middle.heapsnapshot', pair[1], '--rounds', '150'],
    ['diff', 'diff', ...pair],
    ['listeners', 'listeners', ...pair],
    ['listeners', 'listeners', file],
    ['classes', 'classes', file],
    ['nodes', 'instances', file, 'Array'],
    ['nodes', 'dominators', file],
    ['nodes', 'query', file, 'type:closure'],
    ['node', 'node', file, '@11'],
    ['edges', 'edges', file, '@11'],
    ['edges', 'retainers', file, '@23'],
    ['paths', 'paths', file, '@31'],
    ['strings', 'strings', file],
    ['statistics', 'statistics', file],
    ['allocations', 'allocations', 'some.heapprofile'],
    ['redact', 'redact', file, 'redacted'],
    ['export', 'export', file, '--csv', 'tables'],
  ];
  const directory = new URL('../docs/schema/', import.meta.url);
  const read = (name) => JSON.parse(readFileSync(new URL(`${name}.json`, directory), 'utf8'));
  const ajv = new Ajv({ allErrors: true, allowUnionTypes: true });
  const validators = new Map();
  for (const [name, ...args] of cases) {
    if (!validators.has(name)) validators.set(name, [ajv.compile(read(name)), ajv.compile(closed(read(name)))]);
    const value = JSON.parse((await run([...args, '--json'], { cwd })).stdout);
    for (const validate of validators.get(name)) assert.ok(validate(value), `${args}: ${JSON.stringify(validate.errors)}`);
  }
  assert.deepEqual(readdirSync(directory).sort(), [...validators.keys()].map((name) => `${name}.json`).sort());
  const [open, strict] = validators.get('summary');
  const summary = JSON.parse((await run(['summary', ...pair, '--json'], { cwd })).stdout);
  assert.ok(!open({ ...summary, verdict: 'perhaps' }) && !open({ ...summary, findings: [{}] }), 'a schema that refuses something');
  // Where a source map tells.
  const location = { url: 'dist/home.js', line: 1, column: 2, source: { url: 'src/home.ts', line: 14, column: 5 } };
  assert.ok(strict({ ...summary, findings: [{ ...summary.findings[0], location }] }), JSON.stringify(strict.errors));
});

test('SARIF has the shape of the standard, by its types, and the signatures as fingerprints', async () => {
  const { status, stdout } = await run(['summary', ...pair, '--sarif'], { cwd });
  assert.equal(status, 1);
  const log = JSON.parse(stdout);
  const { findings } = leakscan.summarize(pair.map((file) => path.join(cwd, file)));
  const [{ results, tool }] = log.runs;
  assert.deepEqual(results.map(({ partialFingerprints }) => Object.values(partialFingerprints)[0]), findings.map(({ signature }) => signature));
  for (const { ruleId, ruleIndex } of results) assert.equal(tool.driver.rules[ruleIndex].id, ruleId);
  const listeners = results.find(({ ruleId }) => ruleId === 'listeners');
  assert.deepEqual(listeners.locations[0].physicalLocation, {
    artifactLocation: { uri: 'file:///srv/app/dist/orders.js' },
    region: { startLine: 34, startColumn: 39 },
  });
  const single = JSON.parse((await run(['summary', pair[1], '--sarif'], { cwd })).stdout);
  const clean = JSON.parse((await run(['summary', pair[0], 'healthy.heapsnapshot', '--sarif'], { cwd })).stdout);
  assert.deepEqual([listeners.level, single.runs[0].results[0].level, clean.runs[0].results], ['error', 'warning', []]);
  const literals = [log, single, clean].map((it, i) => `export const log${i}: Log = ${JSON.stringify(it)};`);
  writeFileSync(path.join(cwd, 'sarif.ts'), `import type { Log } from 'sarif';\n${literals.join('\n')}\n`);
  const types = path.join(here, 'schema', 'node_modules', '@types', 'sarif', 'index.d.ts');
  const compilerOptions = { strict: true, noEmit: true, module: 'node16', types: [], paths: { sarif: [types] } };
  writeFileSync(path.join(cwd, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['sarif.ts'] }));
  const compiler = path.join(here, 'types', 'node_modules', 'typescript', 'bin', 'tsc');
  const compiled = spawnSync(process.execPath, [compiler, '--project', cwd, '--pretty', 'false'], { encoding: 'utf8' });
  assert.equal(compiled.status, 0, compiled.stdout);
});

test('paths in the repository are told from its root', () => {
  const root = path.resolve('/repository/root');
  const file = path.join(root, 'src', 'ä b.js');
  assert.equal(inRepository(file, root), 'src/ä b.js');
  assert.equal(toUri(file, root), 'src/%C3%A4%20b.js');
  assert.equal(inRepository(path.resolve('/repository/other.js'), root), undefined);
  assert.equal(inRepository('node:events', root), undefined);
  assert.equal(toUri('node:events', root), 'node:events');
  assert.equal(toUri('evalmachine.<anonymous>', root), 'evalmachine.%3Canonymous%3E');
  assert.equal(inRepository('file://host/%zz', root), undefined);
});

const finding = (more) => ({ cause: 'timers', title: '9 timers', advice: 'Clear them.', signature: 'abc', owner: { name: 'x' }, ...more });

test('annotations: at most ten, escaped, with the place where it is in the repository', () => {
  const location = { url: '/repo/src/a,b:c.js', line: 3, column: 7 };
  const summary = { findings: [finding({ title: 'one %\ntwo', location }), ...Array(20).fill(finding({ location: { url: 'node:net', line: 1, column: 1 } }))] };
  const lines = github(summary, true, '/repo').split('\n').slice(0, -1);
  assert.equal(lines.length, 10);
  assert.equal(lines[0], '::error file=src/a%2Cb%3Ac.js,line=3,col=7,title=leakscan%3A timers::one %25%0Atwo. Clear them.');
  assert.equal(lines[1], '::warning title=leakscan%3A timers::9 timers. Clear them.'.replace('warning', 'error'));
  assert.match(github(summary, false, '/repo'), /^::warning /);
  assert.equal(github({ findings: [] }, false), '');
});

test('--github prints the text and annotations, and writes the step summary', async () => {
  const GITHUB_STEP_SUMMARY = path.join(cwd, 'step.md');
  writeFileSync(GITHUB_STEP_SUMMARY, 'before\n');
  const { status, stdout } = await run(['summary', ...pair, '--github'], { cwd, env: { GITHUB_STEP_SUMMARY } });
  assert.equal(status, 1);
  assert.match(stdout, /^LEAK: [^]*\n::error /);
  const markdown = (await run(['summary', ...pair, '--md'], { cwd })).stdout;
  assert.equal(readFileSync(GITHUB_STEP_SUMMARY, 'utf8'), `before\n${markdown}`);
});

test('JUnit: a case a finding, failed if the summary failed', async () => {
  checkGolden('summary before leaking --junit.xml', (await run(['summary', ...pair, '--junit'], { cwd })).stdout);
  checkGolden('summary before healthy --junit.xml', (await run(['summary', pair[0], 'healthy.heapsnapshot', '--junit'], { cwd })).stdout);
  const text = junit({ findings: [finding({ title: '<a> & "b" \u001b\ud800 🙂' })] }, false);
  assert.match(text, /name="&lt;a&gt; &amp; &quot;b&quot; \ufffd\ufffd 🙂"/);
  assert.match(text, /tests="1" failures="0"/);
});

test('Markdown', async () => {
  for (const args of [['summary', ...pair], ['summary', pair[0], 'healthy.heapsnapshot'], ['diff', ...pair], ['listeners', pair[1]]]) {
    const { stdout } = await run([...args, '--md'], { cwd, env: { FORCE_COLOR: '1' } });
    checkGolden(`${args.map((arg) => arg.replace('.heapsnapshot', '')).join(' ')} --md.md`, stdout);
    assert.doesNotMatch(stdout, /\x1b/);
  }
});

test('--html writes one page that needs nothing else, and lets nothing else in', async () => {
  const page = readFileSync(new URL('../ui/dist/index.html', import.meta.url), 'utf8');
  for (const args of [['summary', ...pair, '--rounds', '300'], ['summary', pair[0], 'healthy.heapsnapshot'], ['summary', pair[1]], ['diff', ...pair], ['listeners', pair[1]]]) {
    const file = path.join(cwd, 'page.html');
    const { stdout } = await run([...args, '--html', file], { cwd, env: { FORCE_COLOR: '1' } });
    assert.notEqual(stdout, '', 'the text as well');
    const written = readFileSync(file, 'utf8');
    const [element, data] = /<script type="application\/json" id="leakscan-data">(.*)<\/script>/.exec(written);
    // Beside its data it is the page that is served, and it may not even ask its own origin.
    assert.ok(written.replace(element, '<!--data-->').replace("connect-src 'none'", "connect-src 'self'") === page);
    assert.doesNotMatch(data, /</);
    const answers = JSON.parse(data);
    assert.equal(answers['/api/health'].live, false);
    if (args.includes('--rounds')) {
      const summary = leakscan.summarize(pair.map((name) => path.join(cwd, name)), { rounds: 300 });
      assert.deepEqual(answers['/api/summary?snapshots=1,2'], JSON.parse(JSON.stringify(summary)));
    }
  }
  const { status, stderr } = await run(['summary', ...pair, '--html', path.join(cwd, 'no', 'page.html')], { cwd });
  assert.equal(status, 2);
  assert.match(stderr, /^leakscan: ENOENT[^\n]*\n$/);
});

test('one format at a time', async () => {
  const { status, stdout, stderr } = await run(['summary', ...pair, '--json', '--md'], { cwd });
  assert.deepEqual([status, stdout], [2, '']);
  assert.match(stderr, /expected one of --json, --md/);
});
