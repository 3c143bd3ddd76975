// Leaks unbounded-collection or handles, 1 per round.
// Rounds: 20 + 50.
// Answers of fetch are kept for a retry, their bodies unread.

import http from 'node:http';
import load from '../load.cjs';

const port = await load.listen(Object.assign(http.createServer((request, response) => response.end(load.text(request.url, 200))), { keepAliveTimeout: 1e6 }));
const retries = [];

async function call(number) { // leak
  const response = await fetch(`http://127.0.0.1:${port}/${number}`);
  retries.push({ number, response });
}

export const round = call;
