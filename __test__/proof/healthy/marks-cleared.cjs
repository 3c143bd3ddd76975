'use strict';
// Healthy.
// A mark of performance for every request, which goes with it.

const load = require('../load.cjs');

exports.round = async (number) => {
  const name = `request-${number}`;
  performance.mark(name, { detail: { number, text: load.text(number) } });
  performance.measure('requests', name);
  performance.clearMarks(name);
  performance.clearMeasures('requests');
};
