// Healthy.
// Rounds: 20 + 50.
// Sessions of HTTP/2, watchers, ports, compressors, breakers and jobs that are closed when they are done with.

import { once } from 'node:events';
import fs from 'node:fs';
import http2 from 'node:http2';
import os from 'node:os';
import { MessageChannel } from 'node:worker_threads';
import zlib from 'node:zlib';
import CircuitBreaker from 'opossum';
import schedule from 'node-schedule';
import load from '../load.cjs';

const server = http2.createServer();
server.on('stream', (stream) => stream.end('ok'));
const port = await load.listen(server);

export const round = async (number) => {
  const text = load.text(number);
  const session = http2.connect(`http://127.0.0.1:${port}`);
  const stream = session.request({ ':path': '/' });
  stream.resume();
  await once(stream, 'end');
  session.close();
  await once(session, 'close');
  const watcher = fs.watch(os.tmpdir(), () => text.length);
  watcher.close();
  const { port1, port2 } = new MessageChannel();
  port1.on('message', () => {});
  port2.postMessage(text);
  port1.close();
  const deflate = zlib.createDeflate();
  deflate.resume();
  deflate.end(text);
  await once(deflate, 'end');
  const breaker = new CircuitBreaker(async () => text.length);
  await breaker.fire();
  breaker.shutdown();
  schedule.scheduleJob(new Date(Date.now() + 1e8), () => text.length).cancel();
};
export const settle = () => new Promise((resolve) => setTimeout(resolve, 50));
