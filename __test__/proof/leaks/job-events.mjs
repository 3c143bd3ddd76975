// Leaks listeners, 1 per round.
// The same with an EventTarget, and names that are data.

import { randomUUID } from 'node:crypto';

const jobs = new EventTarget();

export const round = (number) => {
  const job = { number, steps: [] };
  jobs.addEventListener(randomUUID(), () => job.steps.push('done')); // leak
};
