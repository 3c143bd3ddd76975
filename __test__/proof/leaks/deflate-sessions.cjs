'use strict';
// Leaks unbounded-collection or handles or dominator, 1 per round.
// Rounds: 20 + 50.
// A compressor with its dictionary for every session, as long as nobody logs out.

const zlib = require('node:zlib');
const load = require('../load.cjs');

class Session {
  constructor(id) {
    this.id = id;
    this.deflate = zlib.createDeflateRaw({ windowBits: 9, memLevel: 1 });
    this.deflate.on('data', (chunk) => (this.last = chunk)); // leak
  }
}

const sessions = new Map();

exports.round = async (number) => { // leak
  const session = new Session(number);
  sessions.set(`session:${number}`, session);
  await new Promise((resolve) => session.deflate.write(load.text(number, 400), resolve));
};
