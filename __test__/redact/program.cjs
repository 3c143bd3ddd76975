'use strict';
// Leaks what holds secrets, in every place where a heap keeps texts. Writes two snapshots of itself, 50 rounds apart:
//   node --expose-gc program.cjs DIRECTORY

const { EventEmitter } = require('node:events');
const path = require('node:path');
const v8 = require('node:v8');

class Session {
  constructor(user, token) {
    this.user = user;
    this.token = token;
  }
}

const secret = (word, number) => `${word}-hunter2-${number}`;
const sessions = new Map();
const byMail = {};
const notes = new WeakMap();
const owners = [];
const bus = new EventEmitter().setMaxListeners(0);
const requests = [];
globalThis.app = { sessions, byMail, notes, owners, bus, requests };

function round(number) {
  const mail = `ann${number}.hunter2@example.org`;
  // In one piece, as randomUUID() gives it: of texts in several pieces nobody sees what they look like.
  const uuid = Buffer.from(`0b9f6c1e-1111-4222-8333-${100000000000 + number}`).toString('latin1');
  sessions.set(uuid, new Session(secret('user', number), Buffer.from(secret('buffer', number)).toString('utf8')));
  byMail[mail] = { mail, seen: new RegExp(`hunter2 ${number}`) };
  const owner = { number };
  owners.push(owner);
  notes.set(owner, secret('note', number));
  const long = secret('body', number).repeat(100);
  requests.push({ long, joined: `${long}${number}`, part: long.slice(5, 900), symbol: Symbol(`${mail}`) });
  bus.on('change', function onChange() {
    return long.length + number;
  });
}

let number = 0;
const rounds = (count) => {
  for (const end = number + count; number < end; number++) round(number);
  for (let i = 0; i < 3; i++) global.gc();
};
rounds(20);
v8.writeHeapSnapshot(path.join(process.argv[2], 'before.heapsnapshot'));
rounds(50);
v8.writeHeapSnapshot(path.join(process.argv[2], 'after.heapsnapshot'));
