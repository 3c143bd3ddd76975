// Leaks stream-backlog or unbounded-collection or promise-reactions, 1 per round, less 1.
// A p-queue whose first job hangs.

import PQueue from 'p-queue';
import load from '../load.cjs';

const queue = new PQueue({ concurrency: 1 });

function enqueue(number) {
  const document = load.text(number);
  queue.add(() => (number === 0 ? new Promise(() => {}) : document.length));
}

export const round = async (number) => enqueue(number);
