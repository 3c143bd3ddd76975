'use strict';
// A service of which one version leaks sessions. Writes snapshots of itself, some rounds apart:
//   node --expose-gc service.cjs DIRECTORY VERSION SNAPSHOTS

const path = require('node:path');
const v8 = require('node:v8');

const [directory, version, snapshots] = process.argv.slice(2);

class Session {
  constructor(number) {
    this.number = number;
    this.rights = ['read', 'write'];
  }
}
class Config {}

const sessions = (globalThis.sessions = []);
globalThis.configs = Array.from({ length: 50 }, () => new Config());

for (let at = 0; at < Number(snapshots); at++) {
  for (let round = 0; round < 30; round++) {
    const session = new Session(round);
    if (version === '1.1.0') sessions.push(session);
  }
  global.gc();
  v8.writeHeapSnapshot(path.join(directory, `${at}.heapsnapshot`));
}
