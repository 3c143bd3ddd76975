// Leaks handles or listeners, 1 per round.
// Rounds: 20 + 50.
// A session of HTTP/2 for every request, which stays open.

import { once } from 'node:events';
import http2 from 'node:http2';
import load from '../load.cjs';

const server = http2.createServer();
server.on('stream', (stream) => stream.end('ok'));
const port = await load.listen(server);

export const round = async (number) => {
  const session = http2.connect(`http://127.0.0.1:${port}`);
  const peer = { number, text: load.text(number) };
  session.on('goaway', () => (peer.gone = true)); // leak
  const stream = session.request({ ':path': `/${number}` });
  stream.resume();
  await once(stream, 'end');
};
