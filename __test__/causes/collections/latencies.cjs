'use strict';
// Leaks numbers, which leave no trace in a snapshot but the room that they need.

const latencies = [];
function measure(milliseconds) {
  latencies.push(milliseconds);
}

let number = 0;

exports.round = () => {
  for (let request = 0; request < 20; request++) measure(number++ / 7);
};
exports.p99 = () => latencies.toSorted((a, b) => a - b)[Math.floor(latencies.length * 0.99)];
