// Places in built code are told in their source: TypeScript and bundles with source maps of every kind, wherever they lie.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { ROUNDS } from './causes/run.mjs';
import { nodes } from './nodes/nodes.mjs';

const require = createRequire(import.meta.url);
const { auditListeners, summarize, summarizeAsync } = require('..');
const { temporaryDirectory } = require('./inputs.cjs');
const typescript = require('./types/node_modules/typescript');

const here = (file) => fileURLToPath(new URL(file, import.meta.url));
const esbuild = await import(pathToFileURL(here('devtools/node_modules/esbuild/lib/main.js')).href);
const directory = temporaryDirectory({ after });
const source = path.join(directory, 'src', 'home.ts');
const built = path.join(directory, 'dist', 'home.js');
const map = `${built}.map`;
for (const file of [source, built]) mkdirSync(path.dirname(file));
copyFileSync(here('causes/sources/home.ts'), source);

/** Line and column of the first place of the source where `text` stands, counted from 1. */
function placeOf(text) {
  const before = readFileSync(source, 'utf8').split(text)[0].split('\n');
  return { line: before.length, column: before.at(-1).length + 1 };
}

/** What the compiler makes of the source: code and map. */
function compile() {
  const { outputText, sourceMapText } = typescript.transpileModule(readFileSync(source, 'utf8'), {
    fileName: 'home.ts',
    compilerOptions: { module: 'commonjs', target: 'es2022', sourceMap: true },
  });
  return { code: outputText, map: JSON.stringify({ ...JSON.parse(sourceMapText), sources: ['../src/home.ts'] }) };
}

/** A bundle, minified to one line. */
function bundle() {
  const { outputFiles } = esbuild.buildSync({
    entryPoints: [source],
    outfile: built,
    bundle: true,
    minify: true,
    platform: 'node',
    format: 'cjs',
    sourcemap: 'linked',
    write: false,
    logLevel: 'silent',
  });
  const of = (ending) => outputFiles.find((file) => file.path.endsWith(ending))?.text;
  return { code: of('.js'), map: of('.map') };
}

function write({ code, map: text }) {
  writeFileSync(built, code);
  if (text === undefined) rmSync(map, { recursive: true, force: true });
  else writeFileSync(map, text);
}

/** Two snapshots of the built program, with ROUNDS rounds between them. */
function snapshots(node, work) {
  const files = ['before', 'after'].map((moment) => path.join(directory, `${work}-${moment}.heapsnapshot`));
  const env = { ...process.env, ROUNDS: here('causes/rounds.cjs') };
  execFileSync(node, ['--expose-gc', built, work, ...files], { env, stdio: ['ignore', 'ignore', 'inherit'] });
  return files;
}

const find = (files, options) => summarize(files, { rounds: ROUNDS, ...options }).findings[0];

const compiled = compile();
write(compiled);
const watched = snapshots(process.execPath, 'watch');
const arrow = placeOf('() => visit(this.page)');

/** The finding has its source, in the location and in the texts; the built place stays. */
function assertMapped(finding, { line, column } = arrow) {
  assert.equal(finding.location.url, built);
  assert.deepEqual([finding.location.source?.line, finding.location.source?.column], [line, column]);
  assert.match(finding.location.source.url, /src\/home\.ts$/);
  assert.ok(finding.title.endsWith(`created at src/home.ts:${line}:${column}`), finding.title);
  assert.notDeepEqual([finding.location.line, finding.location.column], [line, column]);
}

/** As without any map. */
function assertBuilt(finding) {
  assert.equal(finding.location.source, undefined);
  assert.match(finding.title, new RegExp(`created at dist/home\\.js:${finding.location.line}:`));
}

for (const { version, path: node } of nodes()) {
  test(`compiled by TypeScript, on Node.js ${version}`, () => {
    write(compiled);
    const files = snapshots(node, 'watch');
    const finding = find(files);
    assertMapped(finding);
    assert.equal(finding.location.source.url, source);
    const unmapped = find(files, { sourceMaps: false });
    assertBuilt(unmapped);
    assert.equal(unmapped.signature, finding.signature, 'a map is not everywhere; the leak is the same');
    const steps = finding.holds[0].path.filter(({ node }) => node.location?.source);
    assert.ok(steps.length > 0, 'paths tell the source too');
  });

  test(`a minified bundle of one line, on Node.js ${version}`, () => {
    write(bundle());
    const files = snapshots(node, 'refresh');
    const finding = find(files);
    const { line } = placeOf('refreshPage(): number');
    assert.equal(finding.cause, 'timers');
    assert.equal(finding.location.source.line, line);
    assert.match(finding.title, new RegExp(`created at src/home\\.ts:${line}:\\d+$`));
    assert.equal(finding.location.source.functionName, 'refreshPage');
    assert.notEqual(finding.location.functionName, 'refreshPage');
  });
}

test('off the event loop, in the text and in an audit', async () => {
  write(compiled);
  const summary = await summarizeAsync(watched, { rounds: ROUNDS });
  assertMapped(summary.findings[0]);
  assert.match(String(summary), /src\/home\.ts:\d+:\d+/);
  const audit = auditListeners(watched[1]);
  const sites = audit.emitters.flatMap(({ events }) => events).flatMap((event) => event.sites);
  assert.ok(sites.some(({ location }) => location?.source?.line === arrow.line));
  assert.match(String(audit), new RegExp(`src/home\\.ts:${arrow.line}:`));
  const plain = auditListeners(watched[1], { sourceMaps: false });
  assert.doesNotMatch(JSON.stringify(plain), /home\.ts/);
});

test('inline maps', () => {
  const { code, map: text } = compiled;
  const lines = code.trimEnd().split('\n').slice(0, -1).join('\n');
  for (const data of [
    `data:application/json;base64,${Buffer.from(text).toString('base64')}`,
    `data:application/json;charset=utf-8;base64,${Buffer.from(text).toString('base64')}`,
    `data:application/json,${encodeURIComponent(text)}`,
  ]) {
    write({ code: `${lines}\n//# sourceMappingURL=${data}\n` });
    assertMapped(find(watched));
  }
});

test('maps that the script names', () => {
  const elsewhere = path.join(directory, 'maps of today', 'home.map');
  mkdirSync(path.dirname(elsewhere));
  writeFileSync(elsewhere, compiled.map);
  const lines = compiled.code.trimEnd().split('\n').slice(0, -1).join('\n');
  for (const url of ['../maps%20of%20today/home.map', pathToFileURL(elsewhere).href]) {
    write({ code: `${lines}\n//# sourceMappingURL=${url}\n` });
    assertMapped(find(watched));
  }
  write({ code: `${lines}\n//# sourceMappingURL=https://maps.example.org/home.js.map\n` });
  assertBuilt(find(watched));
});

test('maps in directories', () => {
  const maps = path.join(directory, 'artefacts');
  mkdirSync(path.join(maps, 'dist'), { recursive: true });
  write({ code: compiled.code });
  assertBuilt(find(watched, { sourceMaps: maps }));
  writeFileSync(path.join(maps, 'dist', 'home.js.map'), compiled.map);
  assertMapped(find(watched, { sourceMaps: maps }));
  assertMapped(find(watched, { sourceMaps: [directory, maps] }));
  assertMapped(find(watched, { sourceMaps: path.join(maps, 'dist') }));
  // Nothing of the program need be there.
  rmSync(built);
  assertMapped(find(watched, { sourceMaps: maps }));
  // What was asked for comes before what lies beside.
  write({ code: compiled.code, map: compiled.map.replace('home.ts', 'other.ts') });
  assert.match(find(watched).title, /other\.ts/);
  assertMapped(find(watched, { sourceMaps: maps }));
});

test('index maps, sources of webpack and a root of sources', () => {
  const parsed = JSON.parse(compiled.map);
  const sections = [{ offset: { line: 0, column: 0 }, map: parsed }];
  write({ code: compiled.code, map: JSON.stringify({ version: 3, sections }) });
  assertMapped(find(watched));
  for (const sources of ['webpack://shop/./src/home.ts', 'webpack:///./src/home.ts?f00d', 'file:///build/src/home.ts']) {
    write({ code: compiled.code, map: JSON.stringify({ ...parsed, sources: [sources] }) });
    assertMapped(find(watched));
  }
  write({ code: compiled.code, map: JSON.stringify({ ...parsed, sourceRoot: '../src', sources: ['home.ts'] }) });
  assert.equal(find(watched).location.source.url, source);
});

test('a map that is absent, broken, too large or no file costs nothing but the mapping', () => {
  const expected = JSON.stringify(find(watched, { sourceMaps: false }));
  const parsed = JSON.parse(compiled.map);
  const broken = ['', '{', 'null', '[]', '{"version":3}', JSON.stringify({ ...parsed, mappings: '!!!' })];
  broken.push(JSON.stringify({ ...parsed, sources: [] }), JSON.stringify({ ...parsed, version: 4 }));
  for (const text of broken) {
    write({ code: compiled.code, map: text });
    assert.equal(JSON.stringify(find(watched)), expected, text.slice(0, 40));
  }
  write({ code: compiled.code, map: compiled.map });
  truncateSync(map, 2 ** 40);
  assert.equal(JSON.stringify(find(watched)), expected, 'a terabyte');
  rmSync(map);
  mkdirSync(map);
  assert.equal(JSON.stringify(find(watched)), expected, 'a directory');
  rmSync(map, { recursive: true });
  if (process.platform !== 'win32') {
    execFileSync('mkfifo', [map]);
    assert.equal(JSON.stringify(find(watched)), expected, 'a pipe that nobody writes to');
    rmSync(map);
  }
  assert.equal(JSON.stringify(find(watched)), expected, 'no map');
  rmSync(built);
  assert.equal(JSON.stringify(find(watched)), expected, 'no script');
});

test('the option is checked', () => {
  for (const sourceMaps of [1, '', [''], [1], {}, null]) {
    assert.throws(() => summarize(watched, { sourceMaps }), { code: 'ERR_LEAKSCAN_INVALID_ARG' });
    assert.throws(() => auditListeners(watched, { sourceMaps }), { code: 'ERR_LEAKSCAN_INVALID_ARG' });
  }
  assert.equal(find(watched, { sourceMaps: true }).cause, 'listeners');
});
