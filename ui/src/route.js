import { useEffect, useState } from 'preact/hooks';

/** `#/explore?in=2&node=17`: which view, and what of it. Links can be shared; they hold no data and no token. */
export function read(fragment = location.hash) {
  const [, view = '', query = ''] = /^#\/([\w-]*)(?:\?(.*))?$/.exec(fragment) ?? [];
  return { view, query: Object.fromEntries(new URLSearchParams(query)) };
}

/** @param {string} view @param {Record<string, unknown>} [query] those without a value are left out */
export function href(view, query = {}) {
  const text = new URLSearchParams(Object.entries(query).flatMap(([key, value]) => (value === undefined || value === '' ? [] : [[key, String(value)]])));
  return `#/${view}${text.size ? `?${text}` : ''}`;
}

/** @param {string} view @param {Record<string, unknown>} [query] @param {{ replace?: boolean }} [options] without a step in the history */
export function go(view, query, { replace = false } = {}) {
  const to = href(view, query);
  if (to === location.hash) return;
  if (replace) {
    history.replaceState(null, '', to);
    dispatchEvent(new HashChangeEvent('hashchange'));
  } else location.hash = to;
}

export function useRoute() {
  const [route, setRoute] = useState(() => read());
  useEffect(() => {
    const changed = () => setRoute(read());
    addEventListener('hashchange', changed);
    return () => removeEventListener('hashchange', changed);
  }, []);
  return route;
}
