// @ts-check
'use strict';

/** Heap snapshots of another process, through its inspector; see `index.d.ts`. */

const { lookup } = require('node:dns/promises');
const { isIPv6 } = require('node:net');
const { LeakscanArgumentError, LeakscanError } = require('../errors.js');
const memory = require('../live/memory.js');
const { KINDS, checkOptions } = require('../options.js');
const { Inspector } = require('./inspector.js');
const { openInspector } = require('./signal.js');

const ATTACH_OPTIONS = { pid: KINDS.positive, inspect: KINDS.string, allowRemote: KINDS.boolean, signal: KINDS.signal };
const SNAPSHOT_OPTIONS = { force: KINDS.boolean, onProgress: KINDS.function };

/** What the other process says of itself. Older Node.js tell less: what is missing is no reason to refuse. */
const FIGURES = `(() => {
  const os = process.getBuiltinModule?.('node:os');
  return {
    pid: process.pid,
    used: process.memoryUsage().heapUsed,
    rss: process.memoryUsage.rss(),
    constrained: process.constrainedMemory?.() ?? 0,
    free: process.availableMemory?.() ?? os?.freemem() ?? null,
    total: os?.totalmem() ?? null,
  };
})()`;

/**
 * Closes the inspector once this connection has ended. Not before: Node.js ends with a SIGSEGV now and then (24 and 26: one time
 * in ten) when the inspector is closed under a connection that ends at the same moment. The time is for the thread that sees the end of the connection,
 * the turn of the loop for the main thread, which hears of it there.
 */
const CLOSE = `void setTimeout(() => setImmediate(() => process._debugEnd?.()), 200)`;

/** @param {string} inspect @param {boolean} allowRemote @returns {Promise<import('./inspector.js').Address>} */
async function addressOf(inspect, allowRemote) {
  const [, inBrackets, name = inBrackets, port] = /^(?:\[([0-9a-f:]+)\]|([^:/\s]+)):(\d{1,5})$/i.exec(inspect) ?? [];
  if (name === undefined || Number(port) > 65535) throw new LeakscanArgumentError(`expected \`inspect\` to be HOST:PORT, found '${inspect}'`);
  // By number: what a name means may change between the check and the connection, and inspectors answer to no other names.
  const host = await lookup(name).then(({ address }) => address, (error) => {
    throw new LeakscanError('ERR_LEAKSCAN_IO', `${name}: ${error.message}`, { cause: error });
  });
  const isLoopback = isIPv6(host) ? host === '::1' : host.startsWith('127.');
  if (!isLoopback && !allowRemote) {
    throw new LeakscanArgumentError(
      `expected a host of this machine, found '${name}': an inspector's traffic is neither encrypted nor guarded; allowRemote (--allow-remote) connects all the same`,
    );
  }
  return { host, port: Number(port) };
}

/** A process whose inspector is open. */
class Attachment {
  #inspector;
  #close;

  /** @param {Inspector} inspector @param {{ pid: number, opened: boolean, address: import('./inspector.js').Address }} about */
  constructor(inspector, { pid, opened, address }) {
    this.#inspector = inspector;
    this.pid = pid;
    this.opened = opened;
    this.address = `${isIPv6(address.host) ? `[${address.host}]` : address.host}:${address.port}`;
    this.#close = async () => {
      // Sent, not awaited: the process may stand still for a snapshot that nobody wants any more.
      if (opened) inspector.evaluate(CLOSE).catch(() => {});
      await inspector.close();
    };
  }

  /**
   * @param {{ pid?: number, inspect?: string, allowRemote?: boolean, signal?: AbortSignal }} options
   * @returns {Promise<Attachment>}
   */
  static async open(options) {
    const { pid, inspect, allowRemote = false, signal } = checkOptions(options, ATTACH_OPTIONS);
    if ((pid === undefined) === (inspect === undefined)) throw new LeakscanArgumentError('expected either option `pid` or option `inspect`');
    signal?.throwIfAborted();
    if (pid !== undefined) {
      const { inspector, ...how } = await openInspector(pid, signal);
      const attachment = new Attachment(inspector, { pid, ...how });
      // What has been opened is closed, also if nobody wants it any more.
      if (signal?.aborted) await attachment.close();
      signal?.throwIfAborted();
      return attachment;
    }
    const address = await addressOf(inspect, allowRemote);
    const inspector = await Inspector.connect(address, signal).catch((error) => {
      signal?.throwIfAborted();
      throw new LeakscanError('ERR_LEAKSCAN_IO', `${inspect}: ${error.message || error.code}`, { cause: error });
    });
    return new Attachment(inspector, { pid: (await inspector.evaluate(FIGURES)).pid, opened: false, address });
  }

  /** @param {object} [options] @returns {AsyncGenerator<Uint8Array, void>} */
  async *heapSnapshot(options) {
    const { force = false, onProgress } = checkOptions(options, SNAPSHOT_OPTIONS);
    if (!force) {
      const { used, free, total, constrained, rss } = await this.#inspector.evaluate(FIGURES);
      const figures = { free: free ?? Infinity, total: total ?? Infinity, constrained, rss };
      const plan = memory.planOf(used, memory.availableOf(figures, () => 0));
      if (!memory.isEnough(plan)) throw memory.tooLittle(plan, 'force (--force)');
    }
    yield* this.#inspector.heapSnapshot(onProgress);
  }

  async close() {
    const close = this.#close;
    this.#close = async () => {};
    await close();
  }
}

/** @param {any} options */
const attach = (options) => Attachment.open(options);

module.exports = { Attachment, attach };
