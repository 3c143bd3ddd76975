// @ts-check
'use strict';

/**
 * As much of a WebSocket client (RFC 6455) as an inspector needs: text both ways, and messages in pieces. Node.js has one only
 * since version 22, and that one cannot be told to wait: a snapshot would pile up in it.
 */

const { randomBytes } = require('node:crypto');
const { EventEmitter } = require('node:events');
const http = require('node:http');

const TEXT = 1;
const CONTINUATION = 0;
const CLOSE = 8;
const PING = 9;
const PONG = 10;
/** No message of an inspector is near this. */
const LONGEST_MESSAGE = 1 << 28;

/** A frame as a client sends it: masked, as the protocol wants it. @param {number} opcode @param {Buffer} payload */
function frame(opcode, payload) {
  const { length } = payload;
  const size = length < 126 ? 2 : length < 65536 ? 4 : 10;
  const head = Buffer.alloc(size);
  head[0] = 0x80 | opcode;
  head[1] = 0x80 | (size === 2 ? length : size === 4 ? 126 : 127);
  if (size === 4) head.writeUInt16BE(length, 2);
  if (size === 10) head.writeBigUInt64BE(BigInt(length), 2);
  const mask = randomBytes(4);
  return Buffer.concat([head, mask, payload.map((byte, at) => byte ^ mask[at & 3])]);
}

/**
 * One connection. Events: `message` with a text, `close` once, for whatever reason.
 */
class WebSocketClient extends EventEmitter {
  #socket;
  /** What has come of frames that are not whole. @type {Buffer[]} */
  #pending = [];
  #pendingSize = 0;
  /** How many bytes are needed before it is worth looking again. */
  #wanted = 2;
  /** The pieces of a message. @type {Buffer[]} */
  #parts = [];

  /** @param {import('node:stream').Duplex} socket @param {Buffer} head */
  constructor(socket, head) {
    super();
    this.#socket = socket;
    socket.on('data', (chunk) => this.#take(/** @type {Buffer} */ (chunk)));
    socket.on('error', () => {});
    socket.on('close', () => this.emit('close'));
    if (head.length > 0) this.#take(head);
  }

  /**
   * @param {{ host: string, port: number, path: string }} address
   * @param {{ signal?: AbortSignal, timeout: number }} options
   * @returns {Promise<WebSocketClient>}
   */
  static connect({ host, port, path }, { signal, timeout }) {
    return new Promise((resolve, reject) => {
      const headers = { Connection: 'Upgrade', Upgrade: 'websocket', 'Sec-WebSocket-Version': '13', 'Sec-WebSocket-Key': randomBytes(16).toString('base64') };
      const request = http.request({ host, port, path, headers, signal, timeout });
      request.on('upgrade', (_, socket, head) => {
        socket.setTimeout(0);
        resolve(new WebSocketClient(socket, head));
      });
      request.on('response', ({ statusCode }) => reject(new Error(`the inspector answered ${statusCode}`)));
      request.on('timeout', () => request.destroy(new Error('the inspector does not answer')));
      request.on('error', reject);
      request.end();
    });
  }

  /** @param {string} text */
  send(text) {
    this.#socket.write(frame(TEXT, Buffer.from(text)));
  }

  /** Lets the other side wait, or go on. @param {boolean} waits */
  pause(waits) {
    if (waits) this.#socket.pause();
    else this.#socket.resume();
  }

  /** Sends what is still to be sent, and ends. */
  close() {
    this.#socket.end(frame(CLOSE, Buffer.alloc(0)));
    this.#socket.resume();
  }

  destroy() {
    this.#socket.destroy();
  }

  /** @param {Buffer} chunk */
  #take(chunk) {
    this.#pending.push(chunk);
    this.#pendingSize += chunk.length;
    if (this.#pendingSize < this.#wanted) return;
    let rest = Buffer.concat(this.#pending);
    for (;;) {
      const { taken, wanted } = this.#frame(rest);
      if (taken === 0) {
        this.#wanted = wanted;
        break;
      }
      rest = rest.subarray(taken);
    }
    this.#pending = [rest];
    this.#pendingSize = rest.length;
  }

  /** Reads a frame, if it is there. @param {Buffer} bytes @returns {{ taken: number, wanted: number }} */
  #frame(bytes) {
    if (bytes.length < 2) return { taken: 0, wanted: 2 };
    const short = bytes[1] & 0x7f;
    const head = short < 126 ? 2 : short === 126 ? 4 : 10;
    if (bytes.length < head) return { taken: 0, wanted: head };
    const length = short < 126 ? short : short === 126 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2));
    if (length > LONGEST_MESSAGE) {
      this.destroy();
      return { taken: 0, wanted: Infinity };
    }
    if (bytes.length < head + length) return { taken: 0, wanted: head + length };
    const payload = bytes.subarray(head, head + length);
    const opcode = bytes[0] & 0x0f;
    if (opcode === TEXT || opcode === CONTINUATION) {
      this.#parts.push(payload);
      if (bytes[0] & 0x80) {
        const text = Buffer.concat(this.#parts).toString('utf8');
        this.#parts = [];
        this.emit('message', text);
      }
    } else if (opcode === PING) this.#socket.write(frame(PONG, payload));
    else if (opcode === CLOSE) this.#socket.end();
    return { taken: head + length, wanted: 0 };
  }
}

module.exports = { WebSocketClient };
