import { Failure, unreachable } from './failure.js';

/** Whoever has others before is told when to ask again; nobody is told to wait for longer than this. */
const LONGEST_WAIT_S = 60;

/**
 * Answers from a server: the endpoint in a service, or `leakscan open`. The token lives in this closure and nowhere else.
 *
 * @param {string} base where the page is, with a slash at the end
 * @param {string} token
 * @param {(failure: Failure) => void} onLockedOut the token is refused, or no longer good
 */
export function httpSource(base, token, onLockedOut) {
  /** Questions that wait because too many ask. */
  let waiting = 0;
  let onWait = () => {};
  /** @param {string} path @param {RequestInit} [init] */
  async function request(path, init = {}) {
    let response;
    try {
      response = await fetch(base + path.slice(1), {
        ...init,
        headers: { authorization: `Bearer ${token}` },
        cache: 'no-store',
        credentials: 'omit',
        redirect: 'error',
      });
    } catch (error) {
      if (error?.name === 'AbortError') throw error;
      throw unreachable();
    }
    if (response.ok) return response;
    const body = await response.json().catch(() => ({}));
    const failure = new Failure(response.status, body.error);
    failure.retryAfter = Number(response.headers.get('retry-after')) || undefined;
    if (response.status === 401) onLockedOut(failure);
    throw failure;
  }
  /** Asks a question again when the server says when: others ask it too, and all get their answers. @param {string} path @param {AbortSignal} [signal] */
  async function patient(path, signal) {
    for (;;) {
      try {
        return await request(path, { signal });
      } catch (failure) {
        if (!(failure.retryAfter <= LONGEST_WAIT_S)) throw failure;
        onWait(++waiting);
        try {
          await pause(failure.retryAfter * 1000, signal);
        } finally {
          onWait(--waiting);
        }
      }
    }
  }
  const json = async (response) => (response.status === 204 ? undefined : response.json());

  return {
    embedded: false,
    has: () => true,
    get: async (path, signal) => json(await patient(path, signal)),
    /** Who hears how many questions wait. @param {(waiting: number) => void} hear */
    waits(hear) {
      onWait = hear;
    },
    post: async (path) => json(await request(path, { method: 'POST' })),
    remove: async (path) => json(await request(path, { method: 'DELETE' })),
    blob: async (path) => (await request(path)).blob(),
    /**
     * Server-sent events, read by hand: an `EventSource` cannot send a token.
     * @param {string} path
     * @param {(event: string, data: any) => void} tell
     * @param {AbortSignal} signal
     */
    async events(path, tell, signal) {
      const response = await request(path, { signal });
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      let rest = '';
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return;
        const blocks = (rest + value).split(/\r?\n\r?\n/);
        rest = blocks.pop();
        for (const block of blocks) {
          const event = /^event: ?(.*)$/m.exec(block)?.[1] ?? 'message';
          const data = [...block.matchAll(/^data: ?(.*)$/gm)].map(([, line]) => line).join('\n');
          if (data !== '') tell(event, JSON.parse(data));
        }
      }
    },
  };
}

/** @param {number} ms @param {AbortSignal} [signal] */
function pause(ms, signal) {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop);
      resolve();
    }, ms);
    signal?.addEventListener('abort', stop, { once: true });
    if (signal?.aborted) stop();
  });
}

/**
 * Exchanges the one-time ticket of a link for a token.
 * @param {string} base
 * @param {string} ticket
 * @returns {Promise<{ token: string, expiresAt: number }>}
 */
export async function exchange(base, ticket) {
  let response;
  try {
    response = await fetch(`${base}api/session`, {
      method: 'POST',
      headers: { authorization: `Ticket ${ticket}` },
      cache: 'no-store',
      credentials: 'omit',
      redirect: 'error',
    });
  } catch {
    throw unreachable();
  }
  const body = await response.json().catch(() => ({}));
  if (!response.ok) throw new Failure(response.status, body.error);
  return body;
}
