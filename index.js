// @ts-check
'use strict';

const { LeakscanError } = require('./lib/errors.js');
const { parse, parseAsync } = require('./lib/load.js');
const { Snapshot } = require('./lib/snapshot.js');
const { Diff, ListenerAudit, Summary } = require('./lib/answer.js');
const { auditListeners, auditListenersAsync, diff, diffAsync, summarize, summarizeAsync } = require('./lib/analyze.js');
const { capture } = require('./lib/live/capture.js');
const { version } = require('./package.json');

// One export a line, in a literal: Node finds the names for `import { diff } from 'leakscan'` in it.
module.exports = {
  parse,
  parseAsync,
  capture,
  diff,
  diffAsync,
  summarize,
  summarizeAsync,
  auditListeners,
  auditListenersAsync,
  Snapshot,
  Diff,
  Summary,
  ListenerAudit,
  LeakscanError,
  version,
};
