// Leaks unbounded-collection, 1 per round.
// A registry that decorates Fastify.

import fastify from 'fastify';
import load from '../load.cjs';

const app = fastify();
app.decorate('uploads', []);
app.post('/uploads', async function (request) {
  this.uploads.push({ id: request.id, name: request.body.name, content: request.body.content });
  return { count: this.uploads.length };
});
const listening = app.listen({ port: 0, host: '127.0.0.1' }).then(() => app.server.address().port);

export const round = async (number) =>
  load.request(await listening, '/uploads', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name: `file ${number}`, content: load.text(number) }),
  });
