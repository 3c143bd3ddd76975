'use strict';
// Leaks an element per round, of which there are but two, so that nothing new comes with them.

const statuses = [];
let number = 0;

exports.round = () => statuses.push(number++ % 3 === 0 ? 'failed' : 'done');
exports.failures = () => statuses.filter((status) => status === 'failed').length;
