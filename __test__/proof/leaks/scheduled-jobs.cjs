'use strict';
// Leaks timers or unbounded-collection, 1 per round.
// A reminder in a week for every request, in node-schedule's own table.

const schedule = require('node-schedule');
const load = require('../load.cjs');

exports.round = async (number) => {
  const mail = { number, text: load.text(number) };
  schedule.scheduleJob(`reminder ${number}`, new Date(Date.now() + 7 * 24 * 3_600_000 + number), () => mail.text.length); // leak
};
