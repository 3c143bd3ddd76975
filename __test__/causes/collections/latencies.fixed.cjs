'use strict';
// The same, of the last thousand requests.

const latencies = [];
function measure(milliseconds) {
  latencies.push(milliseconds);
  if (latencies.length > 1000) latencies.shift();
}

let number = 0;

exports.round = () => {
  for (let request = 0; request < 20; request++) measure(number++ / 7);
};
exports.p99 = () => latencies.toSorted((a, b) => a - b)[Math.floor(latencies.length * 0.99)];
