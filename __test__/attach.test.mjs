// leakscan capture, attach(): snapshots of other processes, which must be as healthy afterwards as before.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import leakscan from '../index.js';
import cli from './cli/run.cjs';
import inputs from './inputs.cjs';
import { nodes } from './nodes/nodes.mjs';

const { ended, run, start } = cli;
const directory = inputs.temporaryDirectory({ after });
const program = fileURLToPath(new URL('attach/target.cjs', import.meta.url));
const lines = nodes();
const onWindows = process.platform === 'win32';
const children = [];
after(() => children.forEach((child) => child.kill('SIGKILL')));

/** Starts the service; `ask` makes it keep more, and proves that it is well. */
async function service(node, { flags = [], env = {} } = {}) {
  const options = { stdio: ['ignore', 'ignore', 'pipe', 'ipc'], env: { ...process.env, ...env } };
  const child = spawn(node, ['--inspect-port=0', ...flags, program], options);
  children.push(child);
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text) => (said += text));
  await once(child, 'message');
  const ask = async (count) => {
    child.send(count);
    return (await once(child, 'message'))[0];
  };
  return { child, pid: child.pid, ask, said: () => said };
}

const isOpen = (address) => {
  const [, host, port] = /^\[?(.*?)\]?:(\d+)$/.exec(address);
  return new Promise((resolve) => {
    const socket = net.connect(Number(port), host, () => resolve(true));
    socket.on('error', () => resolve(false));
    socket.on('connect', () => socket.destroy());
  });
};

/** Waits until nobody listens there; the suite's time limit is the only one. */
async function untilClosed(address) {
  while (await isOpen(address)) await sleep(20);
}

const addressIn = (stderr) => /inspector at (\S+), and will close it/.exec(stderr)?.[1];

// Elsewhere a process cannot be asked by a signal.
for (const { line, version, path: node } of onWindows ? [] : lines) {
  test(`a process of Node.js ${version} is captured by its number, and closed again`, async () => {
    const { child, pid, ask } = await service(node);
    await ask(500);
    const file = path.join(directory, `by-number-${line}.heapsnapshot.gz`);
    const { status, stdout, stderr } = await run(['capture', '--pid', String(pid), '-o', file]);
    assert.deepEqual([status, stdout], [0, ''], stderr);
    await untilClosed(addressIn(stderr) ?? assert.fail(stderr));
    assert.equal(statSync(file).mode & 0o077, 0, 'nobody else may read it');
    const [orders] = leakscan.parse(file).classes({ filter: 'Order' });
    assert.deepEqual([orders.name, orders.count], ['Order', 500]);
    assert.equal(await ask(1), 501);
    child.disconnect();
  });

  test(`two captures of one run know each other's objects on Node.js ${version}`, async () => {
    const { child, pid, ask } = await service(node);
    await ask(100);
    const attached = await leakscan.attach({ pid });
    assert.deepEqual([attached.pid, attached.opened], [pid, true]);
    const before = await leakscan.parseAsync(attached.heapSnapshot());
    await ask(50);
    const progress = [];
    const later = await leakscan.parseAsync(attached.heapSnapshot({ onProgress: (it) => progress.push(it) }));
    await attached.close();
    assert.ok(progress.length > 0 && progress.every(({ phase, done, total }) => phase === 'capturing' && done <= total));
    const diff = leakscan.diff(before, later);
    assert.equal(diff.identity, 'same-process');
    assert.equal(diff.classes.find(({ name }) => name === 'Order').addedCount, 50);
    await untilClosed(attached.address);
    assert.equal(await ask(1), 151);
    child.disconnect();
  });

  // Node.js ends where an inspector is closed under a connection that ends: not each time, so again and again.
  test(`a process of Node.js ${version} lives on, however often it is let go`, async () => {
    const { child, pid, ask } = await service(node);
    for (let time = 1; time <= 8; time++) {
      const attached = await leakscan.attach({ pid });
      if (time % 2 === 0) for await (const _ of attached.heapSnapshot()) break;
      await attached.close();
      await untilClosed(attached.address);
      assert.equal(await ask(1), time);
    }
    child.disconnect();
  });

  test(`Ctrl+C leaves a process of Node.js ${version} well, whenever it comes`, async () => {
    const { child, pid, ask } = await service(node);
    await ask(20_000);
    const moments = [
      (stderr) => /opened its inspector/.test(stderr),
      (stderr) => /capturing/.test(stderr),
    ];
    for (const [at, isNow] of moments.entries()) {
      const file = path.join(directory, `interrupted-${line}-${at}.heapsnapshot`);
      let ending;
      do {
        rmSync(file, { force: true });
        const capture = start(['capture', '--pid', String(pid), '-o', file], { env: { FAKE_TERMINAL: 'stderr' } });
        const result = ended(capture);
        let stderr = '';
        let isOver = false;
        capture.stderr.on('data', (text) => {
          stderr += text;
          if (!isOver && isNow(stderr)) isOver = capture.kill('SIGINT');
        });
        ending = await result;
        await untilClosed(addressIn(stderr));
        // It was done before this test, on a busy machine, came to interrupt it.
      } while (ending.status === 0);
      assert.equal(ending.status, 130, ending.stderr);
      assert.ok((await ask(1)) > 20_000);
    }
    assert.deepEqual(readdirSync(directory).filter((name) => /interrupted|part/.test(name)), []);
    child.disconnect();
  });
}

// Linux tells which signals wait for a process that stands still.
if (process.platform === 'linux') {
  test('Ctrl+C between the signal and the connection, twice, leaves no inspector open', async () => {
    const { child, pid, ask, said } = await service(lines.at(-1).path);
    child.kill('SIGSTOP');
    const capture = start(['capture', '--pid', String(pid), '-o', path.join(directory, 'never.heapsnapshot')]);
    const result = ended(capture);
    let stderr = '';
    capture.stderr.on('data', (text) => (stderr += text));
    const until = async (is) => {
      while (!is()) await sleep(20);
    };
    await until(() => (BigInt(`0x${/^ShdPnd:\s*([0-9a-f]+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))[1]}`) >> 9n) & 1n);
    capture.kill('SIGINT');
    await until(() => stderr.includes(`interrupted: closes the inspector of process ${pid} first`));
    capture.kill('SIGINT');
    child.kill('SIGCONT');
    const { status, stdout } = await result;
    assert.deepEqual([status, stdout], [130, ''], stderr);
    await untilClosed(/listening on ws:\/\/([^/]+)/.exec(said())[1]);
    assert.equal(await ask(1), 1);
    assert.equal(existsSync(path.join(directory, 'never.heapsnapshot')), false);
    child.disconnect();
  });
}

test('an inspector that is open is used, and stays open', async () => {
  const { child, pid, said } = await service(lines.at(-1).path, { flags: ['--inspect=127.0.0.1:0'] });
  const port = /listening on ws:\/\/127\.0\.0\.1:(\d+)/.exec(said())[1];
  const file = path.join(directory, 'open.heapsnapshot');
  const { status, stderr, stdout } = await run(['capture', '--inspect', `localhost:${port}`, '-o', file, '--count', '2', '--every', '1', '--summary']);
  assert.equal(status, 0, stderr);
  assert.match(stderr, new RegExp(`process ${pid}: its inspector is open at .*:${port}`));
  assert.match(stdout, /^(CLEAN|SUSPICIOUS)/);
  assert.equal(leakscan.diff(file, path.join(directory, 'open.2.heapsnapshot')).identity, 'same-process');
  assert.ok(await isOpen(`127.0.0.1:${port}`));
  child.disconnect();
});

test('what must not be touched is refused, and lives on', async () => {
  const out = ['-o', path.join(directory, 'refused')];
  const other = spawn('sleep', ['600']);
  children.push(other);
  const deaf = lines.find(({ line }) => line >= 24);
  const { child, pid } = await service(deaf.path, { flags: ['--disable-sigusr1'] });
  const cases = [
    [/does not handle SIGUSR1/, '--pid', String(other.pid), ...out],
    [/does not handle SIGUSR1/, '--pid', String(pid), ...out],
    [/there is no such process/, '--pid', String(2 ** 22 + 1), ...out],
    [/expected a host of this machine, found '192\.0\.2\.1'.*--allow-remote/, '--inspect', '192.0.2.1:9229', ...out],
    [/expected `inspect` to be HOST:PORT, found 'nonsense'/, '--inspect', 'nonsense', ...out],
    [/127\.0\.0\.1:1: .*ECONNREFUSED/, '--inspect', '127.0.0.1:1', ...out],
    [/expected --pid PID or --inspect HOST:PORT/, ...out],
    [/expected --pid PID or --inspect HOST:PORT/, '--pid', '1', '--inspect', '127.0.0.1:1', ...out],
    [/expected -o FILE/, '--pid', '1'],
    [/--pid: expected an integer from 1 on, found 'me'/, '--pid', 'me', ...out],
  ];
  for (const [expected, ...args] of cases) {
    const { status, stdout, stderr } = await run(['capture', ...args]);
    assert.deepEqual([status, stdout], [2, ''], stderr);
    assert.match(stderr, expected);
    assert.match(stderr, /^leakscan: [^\n]+\n$/);
  }
  assert.deepEqual([other.exitCode, other.signalCode, child.exitCode, child.signalCode], [null, null, null, null]);
  other.kill();
  child.disconnect();
  await assert.rejects(leakscan.attach({ pid: process.pid }), { code: 'ERR_LEAKSCAN_INVALID_ARG' });
  await assert.rejects(leakscan.attach({}), { code: 'ERR_LEAKSCAN_INVALID_ARG' });
});

test('a process that is short of memory is left alone, unless forced', async () => {
  const { child, pid, ask } = await service(lines.at(-1).path, { env: { AVAILABLE_MEMORY: '1000000' } });
  const file = path.join(directory, 'short.heapsnapshot');
  const refused = await run(['capture', '--pid', String(pid), '-o', file]);
  assert.equal(refused.status, 2);
  assert.match(refused.stderr, /needs about \d+ MB more memory, 1 MB are available.*--force.*ERR_LEAKSCAN_MEMORY/);
  await untilClosed(addressIn(refused.stderr));
  const forced = await run(['capture', '--pid', String(pid), '-o', file, '--force']);
  assert.equal(forced.status, 0, forced.stderr);
  await untilClosed(addressIn(forced.stderr));
  assert.equal(await ask(0), 0);
  child.disconnect();
});
