// Audits of the running process, under every supported line of Node.js.

import { test } from 'node:test';
import { run } from './live/run.mjs';
import { nodes } from './nodes/nodes.mjs';

const works = {
  listeners: 'listeners by event and place, what grew since the last audit, the same places as in a snapshot',
  places: 'functions of the same text in different places are different',
  reach: 'variables of modules, what timers hold, ES modules',
  all: 'every emitter alive, and none is kept',
  hostile: 'getters, proxies and overridden methods are not touched',
  timers: 'timers by kind, delay and callback',
  handles: 'handles by kind and listener',
  track: 'who adds listeners, all or a share',
  service: 'no request fails meanwhile; workers',
};

for (const { version, path: node } of nodes()) {
  for (const [work, name] of Object.entries(works)) {
    test(`live audit: ${name} on Node.js ${version}`, () => run(node, 'audit.cjs', work));
  }
}
