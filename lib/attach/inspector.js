// @ts-check
'use strict';

/** Another process's inspector: where it listens, questions to it, and a heap snapshot in pieces. */

const http = require('node:http');
const { LeakscanError } = require('../errors.js');
const { WebSocketClient } = require('./websocket.js');

/** How long an inspector that runs may take to say where to connect. */
const CONNECT_MS = 5000;
/** Bytes of a snapshot that may wait here; then the other side waits, and keeps them in its memory. */
const HIGH_WATER = 64 << 20;

/** @typedef {{ host: string, port: number }} Address */

/** A text from an inspector's HTTP server. @param {Address} address @param {string} path @param {AbortSignal} [signal] @returns {Promise<any>} */
function get({ host, port }, path, signal) {
  return new Promise((resolve, reject) => {
    const request = http.get({ host, port, path, signal, timeout: CONNECT_MS }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part) => (text.length < 1 << 20 ? (text += part) : response.destroy()));
      response.on('error', reject);
      response.on('close', () => {
        try {
          resolve(JSON.parse(text));
        } catch {
          reject(new Error('what listens there is no inspector'));
        }
      });
    });
    request.on('timeout', () => request.destroy(new Error('what listens there does not answer')));
    request.on('error', reject);
  });
}

/** The path at which an inspector serves its process. @param {Address} address @param {AbortSignal} [signal] */
async function pathOf(address, signal) {
  const targets = await get(address, '/json/list', signal);
  const url = Array.isArray(targets) ? targets.find((it) => it?.webSocketDebuggerUrl)?.webSocketDebuggerUrl : undefined;
  if (typeof url !== 'string') throw new Error('what listens there is no inspector, or a debugger is attached to it');
  return new URL(url).pathname;
}

/** A connection to an inspector. */
class Inspector {
  #socket;
  #next = 1;
  /** @type {Map<number, { resolve: (result: any) => void, reject: (error: Error) => void }>} */
  #waiting = new Map();
  #closed = false;
  /** @type {((method: string, params: any) => void) | undefined} */
  #onEvent;

  /** @param {WebSocketClient} socket */
  constructor(socket) {
    this.#socket = socket;
    socket.on('message', (text) => this.#message(JSON.parse(text)));
    socket.on('close', () => {
      this.#closed = true;
      const gone = new LeakscanError('ERR_LEAKSCAN_IO', 'the connection to the inspector has ended: did the process end?');
      for (const { reject } of this.#waiting.values()) reject(gone);
      this.#waiting.clear();
    });
  }

  /** @param {Address} address @param {AbortSignal} [signal] */
  static async connect(address, signal) {
    const path = await pathOf(address, signal);
    return new Inspector(await WebSocketClient.connect({ ...address, path }, { signal, timeout: CONNECT_MS }));
  }

  /** @param {{ id?: number, result?: any, error?: { message: string }, method?: string, params?: any }} message */
  #message({ id, result, error, method, params }) {
    if (id === undefined) return this.#onEvent?.(String(method), params);
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (error) waiting?.reject(new LeakscanError('ERR_LEAKSCAN_IO', `the inspector refused: ${error.message}`));
    else waiting?.resolve(result);
  }

  /** @param {string} method @param {object} [params] @returns {Promise<any>} */
  post(method, params = {}) {
    if (this.#closed) return Promise.reject(new LeakscanError('ERR_LEAKSCAN_IO', 'the connection to the inspector has ended'));
    const id = this.#next++;
    this.#socket.send(JSON.stringify({ id, method, params }));
    return new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
  }

  /** The value of an expression in the other process. @param {string} expression */
  async evaluate(expression) {
    const { result, exceptionDetails } = await this.post('Runtime.evaluate', { expression, returnByValue: true, includeCommandLineAPI: true });
    if (exceptionDetails) throw new LeakscanError('ERR_LEAKSCAN_IO', `the process refused: ${exceptionDetails.exception?.description ?? exceptionDetails.text}`);
    return result.value;
  }

  /**
   * A heap snapshot as V8 writes it.
   * @param {(progress: { phase: string, done: number, total?: number }) => void} [onProgress]
   * @returns {AsyncGenerator<Uint8Array, void>}
   */
  async *heapSnapshot(onProgress) {
    /** @type {Buffer[]} */
    let chunks = [];
    let size = 0;
    let wake = () => {};
    this.#onEvent = (method, params) => {
      if (method === 'HeapProfiler.addHeapSnapshotChunk') {
        const chunk = Buffer.from(params.chunk, 'utf8');
        chunks.push(chunk);
        size += chunk.length;
        if (size > HIGH_WATER) this.#socket.pause(true);
        wake();
      } else if (method === 'HeapProfiler.reportHeapSnapshotProgress') {
        onProgress?.({ phase: 'capturing', done: params.done, total: params.total });
      }
    };
    /** @type {{ error?: unknown } | undefined} */
    let end;
    const ended = (/** @type {{ error?: unknown }} */ how) => {
      end = how;
      wake();
    };
    this.post('HeapProfiler.takeHeapSnapshot', { reportProgress: onProgress !== undefined }).then(
      () => ended({}),
      (error) => ended({ error }),
    );
    try {
      for (;;) {
        const ready = chunks;
        chunks = [];
        size = 0;
        this.#socket.pause(false);
        yield* ready;
        if (chunks.length > 0) continue;
        if (end) break;
        await new Promise((resolve) => (wake = () => resolve(undefined)));
      }
      if (end.error) throw end.error;
    } finally {
      this.#onEvent = undefined;
      this.#socket.pause(false);
    }
  }

  /** Sends what is still to be sent, and ends. @returns {Promise<void>} */
  close() {
    if (this.#closed) return Promise.resolve();
    return new Promise((resolve) => {
      this.#socket.once('close', () => resolve());
      this.#socket.close();
      setTimeout(() => this.#socket.destroy(), CONNECT_MS).unref();
    });
  }
}

module.exports = { Inspector };
