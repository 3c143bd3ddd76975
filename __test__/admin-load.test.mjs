// The service is not hurt: 200 requests a second keep going through every route's work, and none fails.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ROUTES } from '../lib/admin/routes.js';
import { run } from './admin/load.mjs';

test('no request to the service fails while every route works', async (context) => {
  const { calls, ...phases } = await run();
  for (const [name, { failures, requests }] of Object.entries(phases)) {
    assert.equal(failures, 0, name);
    assert.ok(requests > 100, `${name}: ${requests} requests`);
  }
  // All but the exchange of tickets, which does no work.
  assert.ok(Object.keys(calls).length >= ROUTES.length - 1, `${Object.keys(calls).length} of ${ROUTES.length} routes were called`);
  const { without, questions, everything } = phases;
  context.diagnostic(`99.9th percentile: without ${without.p999} ms, under questions ${questions.p999} ms, with captures and walks over the heap ${everything.p999} ms`);
});
