// @ts-check
'use strict';

/**
 * Opening the inspector of a process by its number: SIGUSR1 asks Node.js to (Linux, macOS). A process that does not handle that
 * signal would be ended by it, so it is first looked at.
 */

const { execFileSync } = require('node:child_process');
const { readFileSync, readdirSync, readlinkSync } = require('node:fs');
const { setTimeout: sleep } = require('node:timers/promises');
const { LeakscanArgumentError, LeakscanError } = require('../errors.js');
const { Inspector } = require('./inspector.js');

/** @typedef {import('./inspector.js').Address} Address */

const DEFAULT_PORT = 9229;
/** SIGUSR1's number on Linux, as a bit of `SigCgt`. */
const SIGUSR1_BIT = 1n << 9n;
/** How long a process may take to open its inspector; one that is busy in a loop does so all the same. */
const OPEN_MS = 10_000;
const LOOK_EVERY_MS = 50;

/** @param {number} pid @param {string} why */
const refused = (pid, why) => new LeakscanError('ERR_LEAKSCAN_IO', `process ${pid}: ${why}`);

/** Whether the signal would do what is wanted. @param {number} pid */
function checkProcess(pid) {
  if (process.platform === 'win32') {
    throw new LeakscanArgumentError('a process is opened by its number on Linux and macOS only: start it with --inspect, and use `inspect`');
  }
  if (pid === process.pid) throw new LeakscanArgumentError('this is the process itself: use capture()');
  try {
    process.kill(pid, 0);
  } catch (error) {
    const { code } = /** @type {NodeJS.ErrnoException} */ (error);
    throw refused(pid, code === 'EPERM' ? 'it belongs to somebody else' : 'there is no such process');
  }
  if (process.platform === 'linux') {
    const caught = /^SigCgt:\s*([0-9a-f]+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1] ?? '0';
    if ((BigInt(`0x${caught}`) & SIGUSR1_BIT) === 0n) {
      throw refused(pid, 'it does not handle SIGUSR1, which would end it: it is no Node.js, or was started with --disable-sigusr1');
    }
  } else if (!/node/i.test(execFileSync('ps', ['-o', 'comm=', '-p', String(pid)], { encoding: 'utf8' }))) {
    throw refused(pid, 'it is no Node.js, and SIGUSR1 would end it');
  }
}

/** Where a process listens, on this machine's own addresses; elsewhere than on Linux nobody tells. @param {number} pid @returns {Address[] | undefined} */
function listening(pid) {
  if (process.platform !== 'linux') return undefined;
  try {
    const sockets = new Set();
    for (const name of readdirSync(`/proc/${pid}/fd`)) {
      const inode = /^socket:\[(\d+)\]$/.exec(link(`/proc/${pid}/fd/${name}`))?.[1];
      if (inode) sockets.add(inode);
    }
    return ['tcp', 'tcp6'].flatMap((table) =>
      readFileSync(`/proc/${pid}/net/${table}`, 'latin1')
        .split('\n')
        .map((line) => line.trim().split(/\s+/))
        // Local address, state (0A: it listens) and inode.
        .filter((fields) => fields[3] === '0A' && sockets.has(fields[9]))
        .map((fields) => ({ host: table === 'tcp' ? '127.0.0.1' : '::1', port: parseInt(fields[1].split(':')[1], 16) })),
    );
  } catch {
    return undefined;
  }
}

/** The port that a process was given for its inspector. @param {number} pid */
function portOf(pid) {
  if (process.platform !== 'linux') return DEFAULT_PORT;
  const given = /\0--inspect(?:-port|-brk|-wait)?=(?:[^\0]*:)?(\d+)\0/.exec(readFileSync(`/proc/${pid}/cmdline`, 'latin1'))?.[1];
  return Number(given) || DEFAULT_PORT;
}

/** @param {string} path */
function link(path) {
  try {
    return readlinkSync(path);
  } catch {
    // Closed since.
    return '';
  }
}

/** The inspector at an address, if it is that of the process. @param {Address} address @param {number} pid @param {AbortSignal} [signal] */
async function inspectorOf(address, pid, signal) {
  let inspector;
  try {
    inspector = await Inspector.connect(address, signal);
    if ((await inspector.evaluate('process.pid')) === pid) return inspector;
  } catch {
    signal?.throwIfAborted();
  }
  inspector?.close();
  return undefined;
}

/**
 * Opens the inspector of a process, or finds it open.
 * @param {number} pid
 * @param {AbortSignal} [signal]
 * @returns {Promise<{ inspector: Inspector, opened: boolean, address: Address }>} whether it was closed before
 */
async function openInspector(pid, signal) {
  checkProcess(pid);
  const before = listening(pid);
  const usual = { host: '127.0.0.1', port: portOf(pid) };
  // One that is open already stands at the port that it was given; other ports are the program's, and none of our business.
  if (!before || before.some(({ port }) => port === usual.port)) {
    const inspector = await inspectorOf(usual, pid, signal);
    if (inspector) return { inspector, opened: false, address: usual };
  }
  signal?.throwIfAborted();
  process.kill(pid, 'SIGUSR1');
  // From here on the process is brought to its end whatever happens, or its inspector would stay open.
  for (const start = performance.now(); performance.now() - start < OPEN_MS; await sleep(LOOK_EVERY_MS)) {
    const now = listening(pid);
    const fresh = now ? now.filter(({ port }) => !before?.some((it) => it.port === port)) : [usual];
    for (const address of fresh) {
      const inspector = await inspectorOf(address, pid);
      if (inspector) return { inspector, opened: true, address };
    }
  }
  throw refused(pid, `its inspector has not opened in ${OPEN_MS / 1000} s: is port ${usual.port} in use?`);
}

module.exports = { openInspector };
