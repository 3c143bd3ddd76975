'use strict';
// What a test file may leave behind.

const { EventEmitter } = require('node:events');

exports.client = new EventEmitter();

exports.leave = () => {
  exports.client.on('error', () => {}); // left: listener
  setInterval(() => {}, 60_000).unref(); // left: timer
};
