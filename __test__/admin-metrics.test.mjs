// The admin endpoint's metrics: as Prometheus, prom-client and OpenTelemetry read them; bounded, whatever the program does.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { auditListeners } from 'leakscan';
import { createAdmin } from '../admin.js';
import { FAMILIES, MOST_SERIES, bounded } from '../lib/admin/metrics.js';
import { TOKEN, asker } from './admin/ask.mjs';
import { findPromtool } from './admin/promtool.mjs';

const require = createRequire(new URL('admin/package.json', import.meta.url));
const { Registry, Gauge } = require('prom-client');
const { AggregationTemporality, InMemoryMetricExporter, MeterProvider, PeriodicExportingMetricReader } = require('@opentelemetry/sdk-metrics');

const docs = new URL('../docs/', import.meta.url);
const directory = mkdtempSync(path.join(tmpdir(), 'leakscan-metrics-'));
/** A watcher as the endpoint sees it. */
const watcher = Object.assign(new EventEmitter(), {
  verdicts: () => ({ 'js-heap': { verdict: 'leak', perHour: 3_600_000, points: 30 }, external: { verdict: 'flat', perHour: -1, points: 30 }, native: {} }),
  history: () => ({ samples: [], series: { 'js-heap': [{ time: 1, bytes: 5_000_000 }], external: [{ time: 1, bytes: 7 }], native: [], rss: [] } }),
  toJSON: () => ({}),
});
let admin;

before(async () => {
  admin = createAdmin({ token: TOKEN, watch: watcher });
  for (let i = 0; i < 80; i++) process.on(`event number ${i}`, () => {});
  process.on('leaky "quoted"\\\n', () => {});
  for (let i = 0; i < 5; i++) process.on('many', () => {});
  // A module that was loaded three times, all copies kept by the one that required them.
  writeFileSync(path.join(directory, 'again.cjs'), 'module.exports = {}');
  const parent = path.join(directory, 'parent.cjs');
  writeFileSync(parent, "for (let i = 0; i < 3; i++) { delete require.cache[require.resolve('./again.cjs')]; require('./again.cjs'); }");
  require(parent);
  watcher.emit('summary', { findings: [{ cause: 'listeners' }, { cause: 'listeners' }, { cause: 'timers' }] });
  watcher.emit('summary', { findings: [{ cause: 'listeners' }] });
});
after(async () => {
  process.removeAllListeners('many');
  await admin.close();
  rmSync(directory, { recursive: true });
});

/** What a text in Prometheus' format says: name and labels to value. */
function read(text) {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(lines.map((line) => /^(\w+(?:\{.*\})?) (\S+)$/.exec(line).slice(1)));
}

const text = async () => (await asker(admin)('GET', '/metrics')).text;

test('the text says what is', async () => {
  const metrics = read(await text());
  assert.equal(metrics.get('leakscan_memory_floor_bytes{kind="js-heap"}'), '5000000');
  assert.equal(metrics.get('leakscan_memory_slope_bytes_per_second{kind="js-heap"}'), '1000');
  assert.equal(metrics.get('leakscan_memory_verdict{kind="js-heap"}'), '2');
  assert.ok(Number(metrics.get('leakscan_memory_time_to_limit_seconds{kind="js-heap"}')) > 0);
  assert.equal(metrics.get('leakscan_memory_time_to_limit_seconds{kind="external"}'), '+Inf');
  assert.equal(metrics.has('leakscan_memory_slope_bytes_per_second{kind="native"}'), false, 'nothing is known of it');
  assert.equal(metrics.get('leakscan_listeners{emitter="process",event="many"}'), '5');
  assert.equal(metrics.get('leakscan_listeners_most{emitter="process",event="many"}'), '5');
  assert.equal(metrics.get('leakscan_old_modules{module="again.cjs"}'), '2');
  assert.equal(metrics.get('leakscan_findings{cause="listeners"}'), '1');
  assert.equal(metrics.get('leakscan_findings{cause="timers"}'), '0');
  assert.equal(metrics.get('leakscan_captures_total{result="done"}'), '0');
});

test('label values are bounded, and sums hold', async () => {
  const metrics = read(await text());
  const listeners = [...metrics].filter(([name]) => name.startsWith('leakscan_listeners{'));
  assert.ok(listeners.length <= MOST_SERIES, `${listeners.length} series`);
  const samples = Array.from({ length: 1000 }, (_, i) => ({ labels: { emitter: `class ${'x'.repeat(i)}`, event: 'e' }, value: i }));
  const told = bounded(samples, (a, b) => a + b);
  assert.ok(told.length <= MOST_SERIES);
  assert.equal(told.reduce((sum, { value }) => sum + value, 0), 499_500);
  assert.ok(told.every(({ labels: { emitter } }) => emitter.length <= 80));
});

test('names and units are as Prometheus wants them', () => {
  for (const { name, type, unit, help, otel } of FAMILIES) {
    assert.match(name, /^leakscan_[a-z_]+$/);
    assert.equal(name.endsWith('_total'), type === 'counter', name);
    if (unit === 'By') assert.match(name, /_bytes$/);
    if (unit === 's') assert.match(name, /_seconds(_total)?$/);
    if (unit === 'By/s') assert.match(name, /_bytes_per_second$/);
    assert.match(help, /\.$/);
    assert.match(otel, /^leakscan\.[a-z_.]+$/);
    assert.ok(!/_(total|bytes|seconds)$/.test(otel), otel);
  }
  const names = FAMILIES.flatMap(({ name, otel }) => [name, otel]);
  assert.equal(new Set(names).size, names.length);
});

test('docs/admin.md names every metric, docs/fleet.md and the rules only those that there are', () => {
  const manual = readFileSync(new URL('admin.md', docs), 'utf8');
  const known = FAMILIES.map(({ name }) => name);
  for (const name of known) assert.ok(manual.includes(`\`${name}\``), name);
  for (const file of ['fleet.md', 'prometheus-rules.yml']) {
    const named = readFileSync(new URL(file, docs), 'utf8').match(/\bleakscan_[a-z_]+/g) ?? [];
    assert.deepEqual([...new Set(named)].filter((name) => !known.includes(name)), [], file);
  }
});

test('prom-client: the same text, beside the program\'s own metrics', async () => {
  const register = new Registry();
  new Gauge({ name: 'own', help: 'own', registers: [register] }).set(1);
  admin.registerMetrics(register);
  const theirs = read(await register.metrics());
  assert.equal(theirs.get('own'), '1');
  const ours = read(await text());
  const still = ([name]) => !name.startsWith('leakscan_admin_requests_total');
  theirs.delete('own');
  assert.deepEqual([...theirs].filter(still).sort(), [...ours].filter(still).sort());
  const json = await register.getMetricsAsJSON();
  assert.ok(json.some(({ name, aggregator }) => name === 'leakscan_captures_total' && aggregator === 'sum'));
  assert.throws(() => admin.registerMetrics(register), /already been registered/);
  register.resetMetrics();
  register.clear();
});

test('OpenTelemetry: the same values, by its names and units', async () => {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });
  const provider = new MeterProvider({ readers: [reader] });
  const end = admin.instrument(provider.getMeter('test'));
  await reader.forceFlush();
  const { metrics } = exporter.getMetrics()[0].scopeMetrics[0];
  const floor = metrics.find(({ descriptor }) => descriptor.name === 'leakscan.memory.floor');
  assert.equal(floor.descriptor.unit, 'By');
  assert.deepEqual(floor.dataPoints.map(({ attributes, value }) => [attributes.kind, value]).sort(), [['external', 7], ['js-heap', 5_000_000]]);
  assert.ok(metrics.some(({ descriptor }) => descriptor.name === 'leakscan.listeners'));
  assert.ok(metrics.every(({ dataPoints }) => dataPoints.every(({ value }) => Number.isFinite(value))));
  end();
  exporter.reset();
  await reader.forceFlush();
  assert.ok(!exporter.getMetrics().flatMap(({ scopeMetrics }) => scopeMetrics).flatMap(({ metrics }) => metrics).some(({ dataPoints, descriptor }) => descriptor.name === 'leakscan.memory.floor' && dataPoints.length > 2));
  await provider.shutdown();
});

test('a scrape does not take the growth from the next audit', async () => {
  auditListeners();
  process.on('many', () => {});
  await text();
  const audited = auditListeners({ limit: 1000 });
  const { events } = audited.emitters.find(({ name }) => name === 'process');
  assert.equal(events.find(({ event }) => event === 'many').growth, 1);
});

test('promtool finds the text and the rules right, where there is a promtool', async () => {
  const promtool = findPromtool();
  if (promtool === undefined) return;
  const scrape = spawnSync(promtool, ['check', 'metrics'], { input: await text(), encoding: 'utf8' });
  assert.equal(scrape.status, 0, scrape.stdout + scrape.stderr);
  for (const args of [['check', 'rules', 'prometheus-rules.yml'], ['test', 'rules', 'prometheus-rules.test.yml']]) {
    const { status, stdout, stderr } = spawnSync(promtool, args, { cwd: docs, encoding: 'utf8' });
    assert.equal(status, 0, stdout + stderr);
  }
});
