// `isolate: 'process'`: parsing and analysing in a child process, under every supported line of Node.js.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { run } from './live/run.mjs';
import { nodes } from './nodes/nodes.mjs';

const works = {
  same: 'a child answers what this process answers',
  captured: 'captures go to a child, where they can be compared',
  sources: 'sources that fail, and several at a time',
  aborted: 'an abort ends the work, and what was only there for it',
  unattended: 'summaries on a signal',
  killed: 'a child that is killed, or cannot be started, is an error, and the next one works',
  stopped: 'a child that takes nothing is given up',
  worker: 'in a worker thread, with which the child ends',
  outlived: 'a child ends with its parent',
  idle: 'an open snapshot does not keep the process running',
  environment: 'preloaded modules, limits and inspectors are not inherited',
};

for (const { version, path: node } of nodes()) {
  for (const [work, name] of Object.entries(works)) {
    test(`isolate: ${name} on Node.js ${version}`, async () => {
      const directory = mkdtempSync(path.join(tmpdir(), 'leakscan-isolate-'));
      try {
        await run(node, 'isolate.cjs', work, directory);
      } finally {
        rmSync(directory, { recursive: true });
      }
    });
  }
}
