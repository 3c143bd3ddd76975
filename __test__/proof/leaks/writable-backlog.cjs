'use strict';
// Leaks stream-backlog, 1 per round, less 1.
// Lines are written to a consumer that stands still, whatever `write` returns; the line that it has does not wait.

const { Writable } = require('node:stream');
const load = require('../load.cjs');

class Warehouse extends Writable {
  _write() {
    // Waits for an answer that does not come.
  }
}

const warehouse = new Warehouse({ decodeStrings: false });

exports.round = async (number) => void warehouse.write(load.text(number)); // leak
