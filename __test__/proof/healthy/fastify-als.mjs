// Healthy.
// Fastify with a store of AsyncLocalStorage for each request, timers that fire and files that are closed.

import { AsyncLocalStorage } from 'node:async_hooks';
import { open } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import fastify from 'fastify';
import load from '../load.cjs';

const requests = new AsyncLocalStorage();
const app = fastify();
app.addHook('onRequest', (request, reply, done) => requests.run({ id: request.id, text: load.text(request.id) }, done));
app.get('/:id', async (request) => {
  await sleep(1);
  const file = await open(fileURLToPath(import.meta.url));
  const { bytesRead } = await file.read(Buffer.alloc(64), 0, 64, 0);
  await file.close();
  return { bytesRead, id: request.params.id, text: requests.getStore()?.text };
});
const listening = app.listen({ port: 0, host: '127.0.0.1' }).then(() => app.server.address().port);

export const round = async (number) => load.request(await listening, `/${number}`);
