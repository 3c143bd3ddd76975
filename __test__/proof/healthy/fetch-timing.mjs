// Healthy.
// A gateway that fetches: Node.js keeps the timing of the last 250 requests.

import load from '../load.cjs';

const { text } = load;
let port;

export const round = async (number) => {
  port ??= await load.listen((_, response) => response.end(text(number, 200)));
  const answers = await Promise.all([1, 2].map((part) => fetch(`http://127.0.0.1:${port}/orders/${number}/${part}?token=${'x'.repeat(200)}`)));
  for (const answer of answers) await answer.text();
};
