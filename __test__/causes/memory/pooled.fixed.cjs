'use strict';
// Short-lived small Buffers of the pool, and a ring of large ones.

const ring = new Array(16).fill(null);
let number = 0;

exports.round = () => {
  for (let i = 0; i < 50; i++) Buffer.from(`a small message, number ${number}`);
  ring[number++ % ring.length] = new Uint8Array(50_000);
};
