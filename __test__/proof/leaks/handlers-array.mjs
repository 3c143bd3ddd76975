// Leaks unbounded-collection or closure-context or listeners, 1 per round.
// A publisher of one's own: functions in an array.

import load from '../load.cjs';

const handlers = [];
const subscribe = (handler) => handlers.push(handler); // leak

export const round = async (number) => {
  const view = { number, text: load.text(number) };
  subscribe((event) => (view.text = event)); // leak
};
