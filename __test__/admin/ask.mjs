// What the tests of the admin endpoint ask it with.

import net from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';

export const TOKEN = 'correct-horse-battery-staple';

/** Asks through `fetch(Request)`: no server between. */
export function asker(admin, { base = 'http://localhost/leakscan', token = TOKEN } = {}) {
  return async (method, target, headers = {}) => {
    const answer = await admin.fetch(new Request(base + target, { method, headers: { authorization: `Bearer ${token}`, ...headers } }));
    const text = await answer.text();
    const isJson = answer.headers.get('content-type')?.startsWith('application/json');
    return { status: answer.status, headers: answer.headers, text, json: isJson ? JSON.parse(text) : undefined };
  };
}

/** Takes a snapshot, and waits for it. */
export async function captured(ask, query = '') {
  const started = await ask('POST', `/api/captures${query}`);
  if (started.status !== 202) throw new Error(started.text);
  const { id } = started.json;
  for (;;) {
    const { json } = await ask('GET', `/api/captures/${id}`);
    if (['done', 'failed', 'cancelled'].includes(json.state)) return json;
    await wait(20);
  }
}

/** Asks until an answer will do. */
export async function until(make, isEnough) {
  for (;;) {
    const made = await make();
    if (isEnough(made)) return made;
    await wait(20);
  }
}

/**
 * Writes bytes to a port as they are, and gives what came back until the other side closed or was silent for a while.
 * @param {net.NetConnectOpts} where
 */
export function raw(where, text, { silence = 5000 } = {}) {
  return new Promise((resolve, reject) => {
    const socket = net.connect(where);
    let answer = '';
    socket.setEncoding('latin1');
    socket.setTimeout(silence, () => socket.destroy());
    socket.on('data', (chunk) => (answer += chunk));
    // What was refused may be cut off before all of it was written.
    socket.on('error', (error) => (['ECONNRESET', 'EPIPE'].includes(error.code) ? resolve(answer) : reject(error)));
    socket.on('close', () => resolve(answer));
    socket.write(text);
  });
}

/** The statuses of the answers in what came back. */
export const statuses = (answer) => [...answer.matchAll(/^HTTP\/1\.1 (\d{3})/gm)].map(([, status]) => Number(status));
