// @ts-check
'use strict';

/** A listener of the endpoint's own: beside the service's port, so that neither can block the other. */

const { chmodSync, lstatSync, rmSync } = require('node:fs');
const http = require('node:http');
const net = require('node:net');
const { LeakscanArgumentError } = require('../errors.js');
const { KINDS, checkOptions } = require('../options.js');

const OPTIONS = { host: KINDS.string, port: KINDS.count, path: KINDS.path, allowRemote: KINDS.boolean };
/** Slow and half-open connections are closed soon, and there are never many of them. */
const BOUNDS = { headersTimeout: 5000, requestTimeout: 10_000, keepAliveTimeout: 5000, connectionsCheckingInterval: 1000, maxHeaderSize: 8192 };
const MOST_CONNECTIONS = 64;

/**
 * @param {(request: any, response: any, next: undefined) => void} handler
 * @param {string} basePath
 * @param {unknown} [options]
 */
async function listen(handler, basePath, options) {
  const { host = '127.0.0.1', port = 0, path, allowRemote = false } = checkOptions(options, OPTIONS);
  if (path === undefined && !allowRemote && !isLoopback(host)) {
    throw new LeakscanArgumentError(`expected option \`host\` to be of this machine (127.0.0.1, ::1, localhost), found ${host}: \`allowRemote: true\` allows others`);
  }
  const server = http.createServer(BOUNDS, (request, response) => handler(request, response, undefined));
  server.maxConnections = MOST_CONNECTIONS;
  server.setTimeout(30_000, (socket) => socket.destroy());
  // An upgrade or CONNECT is no question.
  for (const event of ['upgrade', 'connect']) server.on(event, (_, /** @type {net.Socket} */ socket) => socket.destroy());
  if (path === undefined) await opened(server, () => server.listen(port, host));
  else await openSocket(server, String(path));
  // Never what keeps the service running.
  server.unref();
  const address = server.address();
  return {
    url: typeof address === 'object' && address !== null ? `http://${net.isIPv6(address.address) ? `[${address.address}]` : address.address}:${address.port}${basePath}/` : undefined,
    ...(typeof address === 'object' && address !== null ? { port: address.port } : { path }),
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** @param {string} host */
const isLoopback = (host) => host === 'localhost' || host === '::1' || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(host);

/** @param {http.Server} server @param {() => void} open */
function opened(server, open) {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.once('listening', () => {
      server.off('error', reject);
      resolve(undefined);
    });
    open();
  });
}

/** A socket that only this user can open; what a process that was killed left in its place is removed. @param {http.Server} server @param {string} path */
async function openSocket(server, path) {
  if (lstatSync(path, { throwIfNoEntry: false })?.isSocket() && !(await answers(path))) rmSync(path, { force: true });
  /** @type {number | undefined} */
  let before;
  try {
    before = process.umask(0o177);
  } catch {
    // Workers cannot; the mode is set below.
  }
  try {
    await opened(server, () => {
      server.listen(path);
      if (before !== undefined) process.umask(before);
    });
  } finally {
    if (before !== undefined) process.umask(before);
  }
  if (process.platform !== 'win32') chmodSync(path, 0o600);
}

/** Whether somebody listens there. @param {string} path @returns {Promise<boolean>} */
function answers(path) {
  return new Promise((resolve) => {
    const socket = net.connect(path);
    socket.once('connect', () => (socket.destroy(), resolve(true)));
    socket.once('error', () => resolve(false));
  });
}

module.exports = { listen };
