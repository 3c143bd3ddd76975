'use strict';
// The …Async forms: the event loop stays free, an abort stops the work, progress goes one way, streams of any shape are read.

const assert = require('node:assert/strict');
const { getEventListeners } = require('node:events');
const { createReadStream, readFileSync, statSync, writeFileSync } = require('node:fs');
const { monitorEventLoopDelay } = require('node:perf_hooks');
const path = require('node:path');
const { Readable } = require('node:stream');
const { after, before, test } = require('node:test');
const { pathToFileURL } = require('node:url');
const zlib = require('node:zlib');
const { auditListenersAsync, diffAsync, parse, parseAsync, summarizeAsync } = require('..');
const { smallSnapshot, takeSnapshot, temporaryDirectory, writeLargeSnapshot } = require('./inputs.cjs');

const directory = temporaryDirectory({ after });
const large = path.join(directory, 'large.heapsnapshot');
const medium = path.join(directory, 'medium.heapsnapshot');
before(() => {
  writeLargeSnapshot(large, 100);
  writeLargeSnapshot(medium, 15);
});

/** Same nodes, same numbers, same rows. */
function assertSame(actual, expected) {
  assert.deepEqual(actual.columns(), expected.columns());
  assert.deepEqual(actual.classes(), expected.classes());
  assert.equal(actual.edgeCount, expected.edgeCount);
  assert.deepEqual(actual.statistics(), expected.statistics());
}

async function* inChunks(bytes, size) {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

test('the event loop turns while a file of 100 MB is parsed', async (context) => {
  let turns = 0;
  const timer = setInterval(() => turns++, 1);
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const snapshot = await parseAsync(large);
  delay.disable();
  clearInterval(timer);
  context.diagnostic(`longest gap ${(delay.max / 1e6).toFixed(1)} ms, ${turns} turns`);
  assert.ok(snapshot.nodeCount > 1_000_000);
  // Not a time: a blocked loop turns once or twice however long it takes.
  assert.ok(turns >= 20, `${turns} turns`);
  snapshot.dispose();
});

test('the event loop turns while bytes and streams are parsed', async () => {
  for (const source of [readFileSync(medium), createReadStream(medium)]) {
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    const snapshot = await parseAsync(source);
    clearInterval(timer);
    assert.ok(turns >= 5, `${turns} turns`);
    snapshot.dispose();
  }
});

test('the event loop turns while a source yields small chunks that are all there already', async () => {
  const bytes = readFileSync(medium).subarray(0, 2_000_000);
  let turns = 0;
  const timer = setInterval(() => turns++, 1);
  await assert.rejects(parseAsync(inChunks(bytes, 16)), { code: 'ERR_LEAKSCAN_TRUNCATED' });
  clearInterval(timer);
  assert.ok(turns >= 5, `${turns} turns`);
});

test('the event loop turns while two snapshots are compared and summarized', async () => {
  const snapshots = await Promise.all([parseAsync(medium), parseAsync(medium)]);
  for (const work of [
    () => diffAsync(...snapshots),
    () => summarizeAsync(snapshots),
    () => auditListenersAsync(snapshots[0]),
  ]) {
    let turned = false;
    const done = work().then((answer) => assert.ok(turned && answer, 'the answer came before the loop turned'));
    setImmediate(() => (turned = true));
    await done;
  }
  for (const snapshot of snapshots) snapshot.dispose();
});

test('an abort in the middle of the work rejects with the reason of the signal', async () => {
  for (const source of [() => large, () => createReadStream(large), () => readFileSync(large)]) {
    const controller = new AbortController();
    const reason = new Error('enough');
    let calls = 0;
    let settled = false;
    let late = 0;
    const onProgress = () => {
      if (settled) late++;
      if (++calls === 1) controller.abort(reason);
    };
    await assert.rejects(parseAsync(source(), { signal: controller.signal, onProgress }), (error) => error === reason);
    settled = true;
    assert.equal(getEventListeners(controller.signal, 'abort').length, 0, 'no listener stays on the signal');
    for (let i = 0; i < 20; i++) await new Promise(setImmediate);
    assert.equal(late, 0, 'no progress after the end');
  }
});

test('an abort without a reason rejects with an AbortError', async () => {
  const controller = new AbortController();
  const reading = parseAsync(large, { signal: controller.signal });
  setImmediate(() => controller.abort());
  await assert.rejects(reading, (error) => error === controller.signal.reason && error.name === 'AbortError');
});

test('an aborted signal rejects before any work, in every …Async', async () => {
  const snapshot = parse(smallSnapshot());
  const reason = new Error('never begun');
  const options = { signal: AbortSignal.abort(reason), onProgress: () => assert.fail('work was begun') };
  const works = {
    parseAsync: () => parseAsync(smallSnapshot(), options),
    'parseAsync of a missing file': () => parseAsync('missing', options),
    diffAsync: () => diffAsync(snapshot, snapshot, options),
    summarizeAsync: () => summarizeAsync(snapshot, options),
    auditListenersAsync: () => auditListenersAsync(snapshot, options),
  };
  for (const [name, work] of Object.entries(works)) {
    await assert.rejects(
      async () => work(),
      (error) => error === reason,
      name,
    );
  }
});

test('an abort in the middle of diffAsync and summarizeAsync of files stops them', async () => {
  for (const work of [
    (options) => diffAsync(large, large, options),
    (options) => summarizeAsync([large, large], options),
  ]) {
    const controller = new AbortController();
    const reason = { code: 'a reason need not be an Error' };
    await assert.rejects(
      work({ signal: controller.signal, onProgress: () => controller.abort(reason) }),
      (error) => error === reason,
    );
    assert.equal(getEventListeners(controller.signal, 'abort').length, 0);
  }
});

test('an abort after the end does nothing', async () => {
  const controller = new AbortController();
  const snapshot = await parseAsync(smallSnapshot(), { signal: controller.signal });
  controller.abort();
  assert.equal(snapshot.nodeCount, 7);
  assert.equal(getEventListeners(controller.signal, 'abort').length, 0);
});

test('progress only grows, phase by phase', async () => {
  const phases = ['reading', 'analyzing', 'comparing', 'explaining'];
  const seen = [];
  await parseAsync(large, { onProgress: (progress) => seen.push(progress) });
  assert.ok(seen.length >= 3, `${seen.length} calls`);
  let last = { phase: 'reading', done: 0 };
  for (const progress of seen) {
    const [before, now] = [last, progress].map(({ phase }) => phases.indexOf(phase));
    assert.ok(now >= before, `${progress.phase} after ${last.phase}`);
    if (now === before) assert.ok(progress.done >= last.done, `${progress.done} after ${last.done}`);
    if (progress.phase === 'reading') assert.equal(progress.total, statSync(large).size);
    if (progress.total !== undefined) assert.ok(progress.done <= progress.total);
    last = progress;
  }
});

test('an onProgress that throws rejects, and ends nothing else', async () => {
  const bug = new Error('a bug of the caller');
  await assert.rejects(
    parseAsync(large, {
      onProgress: () => {
        throw bug;
      },
    }),
    (error) => error === bug,
  );
});

test('a path, a URL, bytes and every kind of stream give the same snapshot', async () => {
  const file = takeSnapshot(path.join(directory, 'real.heapsnapshot'));
  const bytes = readFileSync(file);
  const expected = parse(file);
  assert.ok(expected.nodeCount > 10_000);
  const copy = new ArrayBuffer(bytes.length + 8);
  const view = new Uint8Array(copy, 8);
  view.set(bytes);
  const shared = new Uint8Array(new SharedArrayBuffer(bytes.length));
  shared.set(bytes);
  for (const source of [pathToFileURL(file), bytes, view]) assertSame(parse(source), expected);
  const sources = {
    'a path': file,
    'a URL': pathToFileURL(file),
    'a Buffer': bytes,
    'a Uint8Array in the middle of its buffer': view,
    'shared bytes': shared,
    'a file stream': createReadStream(file),
    'a file stream of small chunks': createReadStream(file, { highWaterMark: 1000 }),
    'a web stream': Readable.toWeb(createReadStream(file)),
    'a Blob stream': new Blob([bytes]).stream(),
    'an async generator': inChunks(bytes, 12_345),
    'a list of chunks': Readable.from([bytes.subarray(0, 10), bytes.subarray(10, 10), bytes.subarray(10)]),
  };
  for (const [name, source] of Object.entries(sources)) {
    try {
      assertSame(await parseAsync(source), expected);
    } catch (error) {
      error.message = `${name}: ${error.message}`;
      throw error;
    }
  }
});

test('bytes changed while they are parsed change nothing but the answer', async () => {
  const bytes = readFileSync(large).subarray(0);
  const reading = parseAsync(bytes);
  bytes.fill(0x39, 1000, 2_000_000);
  await reading.then(
    (snapshot) => snapshot.dispose(),
    (error) => assert.match(error.code, /^ERR_LEAKSCAN_/),
  );
});

test('chunks of 1 to 64 bytes give the same snapshot', async () => {
  const { pair } = await import('./devtools/fuzz.mjs');
  for (const seed of [3, 8, 21]) {
    const bytes = pair(seed).before;
    const expected = parse(bytes);
    for (let size = 1; size <= 64; size++) assertSame(await parseAsync(inChunks(bytes, size)), expected);
  }
});

test('a stream that yields no bytes is refused, and is ended', async () => {
  let ended = false;
  async function* texts() {
    try {
      yield 'text';
      yield 'more text';
    } finally {
      ended = true;
    }
  }
  await assert.rejects(
    parseAsync(texts()),
    (error) => error.code === 'ERR_LEAKSCAN_INVALID_ARG' && error instanceof TypeError,
  );
  assert.ok(ended);
});

test('a stream is ended when its text is wrong, and when the signal aborts', async () => {
  for (const abort of [false, true]) {
    const controller = new AbortController();
    let ended = false;
    async function* endless() {
      try {
        yield Buffer.from('{"future":[0');
        for (let i = 0; ; i++) {
          yield Buffer.from((abort ? ',1' : 'x').repeat(10_000));
          if (abort && i === 10) controller.abort();
        }
      } finally {
        ended = true;
      }
    }
    await assert.rejects(parseAsync(endless(), { signal: controller.signal }));
    assert.ok(ended);
  }
});

// zstd -19 of {@link smallSnapshot}, for the lines of Node.js that cannot make it.
const ZSTD_OF_SMALL =
  'KLUv/WSbA0URAObYSR9AcxsMVWpywVa2mawrR4TmqxjpPxxqVLsVC4tisBMBPQA/AD8ALb9iUjJn51rSyUI6J7tjqbFnp6vvVGyLI8ebnqvyeOqqa8hcV3mqXicNne5xVxa76OwZKqehH6U5MZ/KCTxFOTlDfq/hX/F1VcPOe8m4IEh5YtIMvHfUlBcpsGr9ZsAxP2ve+ll6rxjTL5kCqUnDEUtJzfhaYwsl6mrkAYVlALZDWDQUjQ5r8blejj3qOdn6ySa1fjLsN0HmLN1rqTmkHnu/9VPLNl2seC+P/c2pxuRfGGeo9nL1MZfVyx1IX8MfcCwr+R75KbsCeYwSX6Q7mB+jDEAkgkdXdfVRQUg5B7P8xGJR2IRhDw9iE4CFCInC4rCFA+PZx6A4PAiCYRnPEgJ4qJGlQZKNUFCQpLAcIIYgVEi2AeFEh5BTpcAglWkzhgUU3BroAQy2WQsC1lH0muTovbSv0ixPZJhdkDxEmzD2bp2HgH9kGrbPSGHVqKaAwKEFQ22qNiUQhPfGLyEJQm1lgj+85kiA7vWEBnMXe4GLZBp8z9C5T9NqJt7XPpSCgqq0mbRbpqPuvp1+aXnqE5EcQ/lYQcU8Q7Cu62g5Y/nQk5sVQiGIhuUmbaRiFl1pOX+YUp3u23wzYm/Gpw5jwXHpvhKW06ZoRSfBgMflWoAqk0VWYSXvfGIUYuBC0/jX3q8AKI0JCWFUFdPavMKcOQvRJIRtwFEVPT8xqtz9AznUSUA=';

test('gzip and zstd are known by their bytes, brotli by its name', async () => {
  const bytes = smallSnapshot();
  const expected = parse(bytes);
  const gzip = zlib.gzipSync(bytes);
  const zstd = Buffer.from(ZSTD_OF_SMALL, 'base64');
  const members = Buffer.concat([zlib.gzipSync(bytes.subarray(0, 100)), zlib.gzipSync(bytes.subarray(100))]);
  for (const [name, compressed] of Object.entries({ gzip, zstd, members })) {
    assertSame(parse(compressed), expected);
    assertSame(await parseAsync(compressed), expected);
    assertSame(await parseAsync(inChunks(compressed, 3)), expected);
    const file = path.join(directory, `${name}.heapsnapshot`);
    writeFileSync(file, compressed);
    assertSame(parse(file), expected);
    assertSame(await parseAsync(file), expected);
  }
  const file = path.join(directory, 'snapshot.heapsnapshot.br');
  writeFileSync(file, zlib.brotliCompressSync(bytes));
  assertSame(parse(file), expected);
  assertSame(await parseAsync(pathToFileURL(file)), expected);
});

test('a larger compressed file', async () => {
  const file = path.join(directory, 'medium.heapsnapshot.gz');
  writeFileSync(file, zlib.gzipSync(readFileSync(medium), { level: 1 }));
  const [plain, compressed] = await Promise.all([parseAsync(medium), parseAsync(file)]);
  assertSame(compressed, plain);
});
