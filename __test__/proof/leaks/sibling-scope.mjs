// Leaks closure-context, 1 per round.
// Small functions are kept, each with the document that a sibling of theirs has used.

import load from '../load.cjs';

const onShutdown = [];

function handle(number) {
  const document = load.text(number, 6000).split(' ');
  const size = () => document.length;
  const id = `doc-${number}`;
  onShutdown.push(() => id); // leak
  return size();
}

export const round = async (number) => handle(number);
