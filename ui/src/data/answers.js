import { useCallback, useEffect, useRef, useState } from 'preact/hooks';

/** What is asked about snapshots is always answered the same. Health, audits and captures are not. */
const LASTS = /^\/api\/(snapshots\/|summary|diff|trend|listeners)/;
/** Answers that are kept; a window of a hundred rows has about 30 kB. */
const MOST_KEPT = 300;

/**
 * The same source, keeping what does not change. Questions that are asked twice at once are asked once.
 * @param {any} source
 */
export function remembering(source) {
  /** @type {Map<string, Promise<any>>} */
  const kept = new Map();
  const get = (path, signal) => {
    if (!LASTS.test(path)) return source.get(path, signal);
    let answer = kept.get(path);
    if (answer) kept.delete(path);
    else {
      answer = source.get(path);
      answer.catch(() => kept.delete(path));
    }
    kept.set(path, answer);
    if (kept.size > MOST_KEPT) kept.delete(kept.keys().next().value);
    return answer;
  };
  return { ...source, get, forget: () => kept.clear() };
}

/** @param {string} path @param {Record<string, unknown>} query those without a value are left out */
export function pathOf(path, query) {
  const search = new URLSearchParams(Object.entries(query).flatMap(([key, value]) => (value === undefined || value === '' ? [] : [[key, String(value)]])));
  return search.size === 0 ? path : `${path}?${search}`;
}

/**
 * The answer to a question: `{ value, failure, pending, again }`. The last answer stays until the next is there, so that
 * nothing flickers.
 *
 * @param {any} source
 * @param {string | undefined} path none: nothing is asked
 * @param {{ every?: number }} [options] asks again after so many milliseconds, while the page is seen
 */
export function useAnswer(source, path, { every } = {}) {
  const [state, setState] = useState({ path: undefined, value: undefined, failure: undefined });
  const [round, setRound] = useState(0);
  const again = useCallback(() => setRound((it) => it + 1), []);
  useEffect(() => {
    if (path === undefined) return undefined;
    const stop = new AbortController();
    let timer;
    const ask = async () => {
      try {
        const value = await source.get(path, stop.signal);
        if (!stop.signal.aborted) setState({ path, value, failure: undefined });
      } catch (failure) {
        // What was there stays: an old figure that says so is better than none.
        if (!stop.signal.aborted) setState((old) => ({ path, value: old.path === path ? old.value : undefined, failure }));
      }
      if (every !== undefined && !stop.signal.aborted) timer = setTimeout(whenSeen, every);
    };
    const whenSeen = () => {
      if (document.visibilityState === 'visible') ask();
      else document.addEventListener('visibilitychange', whenSeen, { once: true });
    };
    ask();
    return () => {
      stop.abort();
      clearTimeout(timer);
      document.removeEventListener('visibilitychange', whenSeen);
    };
  }, [source, path, every, round]);
  const isCurrent = state.path === path;
  return {
    value: isCurrent ? state.value : undefined,
    failure: isCurrent ? state.failure : undefined,
    pending: path !== undefined && !isCurrent,
    again,
  };
}

/** Whether something has been so for a while: what is done sooner needs no sign of waiting. @param {boolean} is */
export function useLasting(is, ms = 150) {
  const [lasts, setLasts] = useState(false);
  const timer = useRef();
  useEffect(() => {
    clearTimeout(timer.current);
    if (is) timer.current = setTimeout(() => setLasts(true), ms);
    else setLasts(false);
    return () => clearTimeout(timer.current);
  }, [is, ms]);
  return lasts;
}
