'use strict';
// Rows of a table, each parsed from its own text: few different values, a string for every one.

const rows = { all: [] };
let number = 0;

const STATES = ['waiting for the approval of the department '.repeat(4), 'delivered and paid by the customer '.repeat(4)];

exports.round = () => {
  for (let i = 0; i < 200; i++, number++) rows.all.push(JSON.parse(JSON.stringify({ state: STATES[number % 2] })));
};
exports.rows = rows;
