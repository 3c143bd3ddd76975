// @ts-check
'use strict';

const { assertCollected } = require('./collected.js');
const { assertNoFindings } = require('./findings.js');
const { assertMaxGrowth, assertMaxInstances } = require('./growth.js');
const { assertNoNewHandles, assertNoNewListeners, assertNoNewTimers } = require('./left-behind.js');
const { assertNoLeak } = require('./no-leak.js');

module.exports = {
  assertNoLeak,
  assertCollected,
  assertNoNewListeners,
  assertNoNewTimers,
  assertNoNewHandles,
  assertMaxGrowth,
  assertMaxInstances,
  assertNoFindings,
};
