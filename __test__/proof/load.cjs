'use strict';
// Servers on the loopback interface, and the load on them.

const http = require('node:http');

/** As many connections as a browser would open; they stay open. */
const agent = new http.Agent({ keepAlive: true, maxSockets: 4 });

/** Starts a server, or one for a function that answers requests, and resolves with its port. */
exports.listen = (server) =>
  new Promise((resolve, reject) => {
    const listening = typeof server === 'function' ? http.createServer(server) : server;
    listening.once('error', reject);
    listening.listen(0, '127.0.0.1', () => resolve(listening.address().port));
  });

/** One request; resolves with the status, the headers and the text of the answer. */
exports.request = (port, path, { method = 'GET', headers = {}, body } = {}) =>
  new Promise((resolve, reject) => {
    const request = http.request({ agent, host: '127.0.0.1', port, path, method, headers }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk) => (text += chunk));
      response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, text }));
    });
    request.on('error', reject);
    request.end(body);
  });

/** Text that no two rounds share, as a document or an answer would be. */
exports.text = (number, length = 2000) => `document ${number} ${'lorem ipsum '.repeat(length / 12)}`;
