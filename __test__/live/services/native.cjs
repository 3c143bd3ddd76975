'use strict';
// As seed 002's: resident memory grows with every request, and V8 knows nothing of it. Here it is a native addon's, leakscan's own:
// snapshots that are opened and not disposed.

const http = require('node:http');
const v8 = require('node:v8');
const { tmpdir } = require('node:os');
const path = require('node:path');
const { readFileSync, rmSync } = require('node:fs');
const load = require('../../proof/load.cjs');
const { parse } = require('../../..');

const file = v8.writeHeapSnapshot(path.join(tmpdir(), `leakscan-service-${process.pid}.heapsnapshot`));
const bytes = readFileSync(file);
rmSync(file);
const open = [];

const listening = load.listen(
  http.createServer((request, response) => {
    // Of ten requests, one needs the addon.
    if (request.url.endsWith('0')) open.push(parse(bytes, { threads: 1 }));
    response.end(String(open.length));
  }),
);

exports.round = async (number) => load.request(await listening, `/${number}`);
