'use strict';
// Leaks unbounded-collection, 1 per round.
// Errors are collected for a report that nobody asks for.

const errors = [];

function work(number) {
  try {
    JSON.parse(`{"number": ${number},`);
  } catch (error) {
    report(error);
  }
}

function report(error) { // leak
  errors.push({ error, at: new Date() });
}

exports.round = async (number) => work(number);
