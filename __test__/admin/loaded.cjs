// A service under load with the endpoint beside it: `node loaded.cjs TOKEN [process]`.
'use strict';

const http = require('node:http');
const { createAdmin } = require('../../admin.js');

const [token, isolate] = process.argv.slice(2);
const sessions = new Map();
const server = http.createServer((request, response) => {
  // Some garbage, and a session of the last thousand.
  sessions.set(sessions.size, { url: request.url, at: Date.now(), items: Array.from({ length: 20 }, (_, i) => ({ i })) });
  if (sessions.size > 1000) sessions.clear();
  response.end(JSON.stringify([...sessions.values()].slice(0, 3)));
});
server.keepAliveTimeout = 60_000;

server.listen(0, '127.0.0.1', async () => {
  const admin = createAdmin({ token, cooldown: 0, allowDownload: true, ...(isolate && { isolate }) });
  const { url } = await admin.listen();
  process.send({ url: `http://127.0.0.1:${server.address().port}/`, admin: url });
});
