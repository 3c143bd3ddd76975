// Healthy.
// A rate limiter with a sliding window: the hits of a client are forgotten after some milliseconds, and so is the client.

import load from '../load.cjs';

const WINDOW = 30;
const hits = new Map();

function allow(client) {
  const now = performance.now();
  const own = (hits.get(client) ?? []).filter((hit) => now - hit.at < WINDOW);
  own.push({ at: now, agent: load.text(client, 200) });
  hits.set(client, own);
  return own.length < 100;
}

const sweep = setInterval(() => {
  const now = performance.now();
  for (const [client, own] of hits) if (now - own.at(-1).at >= WINDOW) hits.delete(client);
}, 10);
sweep.unref();

export const round = async (number) => {
  for (let client = 0; client < 5; client++) allow(`10.0.${client}.${number % 200}`);
  await new Promise((resolve) => setTimeout(resolve, 1));
};
export const settle = () => new Promise((resolve) => setTimeout(resolve, 120));
