// Leaks listeners or unbounded-collection or dominator or timers or promise-reactions, 1 per round.
// Every request waits for the end of the process or its own, which never comes: a function listens to both at once.

import load from '../load.cjs';

const shutdown = new AbortController();

function handle(number) {
  const request = new AbortController();
  const either = AbortSignal.any([shutdown.signal, request.signal]);
  const page = { number, text: load.text(number) };
  either.addEventListener('abort', () => page.text.length); // leak
}

export const round = async (number) => handle(number);
