'use strict';
// Healthy: a cache with a bound. It fills fast, then slower and slower, then turns over.

const http = require('node:http');
const load = require('../../proof/load.cjs');

const ROOM = 98;
const PAGES = 100;
const cache = new Map();
let last = 1;
/** The same pages in every run. */
const anyPage = () => Math.floor(((last = (last * 48_271) % 2_147_483_647) / 2_147_483_647) * PAGES);

const listening = load.listen(
  http.createServer((request, response) => {
    const page = anyPage();
    const text = cache.get(page) ?? Array.from({ length: 3000 }, (_, i) => ({ i, page, url: request.url }));
    cache.delete(page);
    cache.set(page, text);
    if (cache.size > ROOM) cache.delete(cache.keys().next().value);
    response.end(String(text.length));
  }),
);

exports.round = async (number) => load.request(await listening, `/${number}`);
