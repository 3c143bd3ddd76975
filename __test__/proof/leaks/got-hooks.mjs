// Leaks unbounded-collection or listeners or closure-context, 1 per round.
// A hook for every request, on the instance of got that all share.

import http from 'node:http';
import got from 'got';
import load from '../load.cjs';

const port = await load.listen(http.createServer((request, response) => response.end('ok')));
const client = got.extend({ prefixUrl: `http://127.0.0.1:${port}`, mutableDefaults: true });

export const round = async (number) => {
  const context = { number, text: load.text(number) };
  client.defaults.options.hooks.beforeRequest.push((options) => { // leak
    options.headers['x-length'] = String(context.text.length);
  });
};
