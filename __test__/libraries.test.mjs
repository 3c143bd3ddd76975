// Leaks through popular packages are told as such: which package, what it does, and the line of the application behind it.
// The programs are those of the proof, which is where their counts and causes are judged.

import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { nodes } from './nodes/nodes.mjs';
import { programs, prove } from './proof/run.mjs';

/** Program, and the package. */
const LIBRARIES = {
  'axios-interceptors': 'axios',
  'bottleneck-per-user': 'bottleneck',
  'dataloader-global': 'dataloader',
  'ejs-cache': 'ejs',
  'express-session': 'express-session',
  'i18next-language': 'i18next',
  'lodash-memoize': 'lodash',
  'lru-ttl-only': 'lru-cache',
  'memoizee-async': 'memoizee',
  'node-cache-forever': 'node-cache',
  'p-queue-stuck': 'p-queue',
  'prom-client-labels': 'prom-client',
  'rxjs-subject': 'rxjs',
};

/** Where nothing of the application holds the library's part, and it keeps nothing of the application. */
const WITHOUT_PLACE = ['bottleneck-per-user', 'express-session'];

const lines = nodes();
const chosen = programs().filter(({ name }) => name in LIBRARIES);
assert.equal(chosen.length, Object.keys(LIBRARIES).length);

for (const [at, program] of chosen.entries()) {
  for (const node of at % 2 === 0 ? [lines[0], lines.at(-2)] : [lines[1], lines.at(-1)]) {
    test(`${program.name} on Node.js ${node.version}`, async () => {
      const { answers } = await prove(node, { ...program, warmUp: 20, rounds: 60 }, { questions: ['rounds'] });
      const [{ summary }] = answers;
      const [{ cause, evidence, location }] = summary.findings;
      assert.ok(program.causes.includes(cause), `${summary}`);
      assert.equal(evidence.library, LIBRARIES[program.name], `${summary}`);
      assert.match(evidence.libraryUrl, /^https:/);
      assert.match(String(summary), new RegExp(`library +${evidence.library} ${evidence.libraryVersions}: `));
      const file = WITHOUT_PLACE.includes(program.name) ? undefined : path.basename(program.file);
      if (file) assert.equal(path.basename(location.url), file, `${summary}`);
      else assert.match(location.url, new RegExp(`node_modules/${LIBRARIES[program.name]}/`));
    });
  }
}
