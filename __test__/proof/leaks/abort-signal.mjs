// Leaks listeners, 1 per round.
// Every request listens to the one signal that ends the process, and never stops listening.

import express from 'express';
import load from '../load.cjs';

const shutdown = new AbortController();

function cancellable(work) {
  return new Promise((resolve, reject) => {
    shutdown.signal.addEventListener('abort', () => reject(shutdown.signal.reason)); // leak
    work.then(resolve, reject);
  });
}

const app = express();
app.get('/report/:id', async (request, response) => {
  const report = await cancellable(Promise.resolve(load.text(request.params.id)));
  response.send(report);
});
const listening = load.listen(app);

export const round = async (number) => load.request(await listening, `/report/${number}`);
