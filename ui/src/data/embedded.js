import { Failure } from './failure.js';

/** Orders in which lists are told; by everything else the largest comes first. */
const ASCENDING = new Set(['distance', 'id', 'name']);

/** @param {any} a @param {any} b @param {string} key */
function compare(a, b, key) {
  const [x, y] = [a[key] ?? Infinity, b[key] ?? Infinity];
  const order = typeof x === 'string' ? x.localeCompare(y) : x - y;
  return ASCENDING.has(key) ? order : -order;
}

/** A target in one spelling. @param {string} target */
function canonical(target) {
  const [name, text = ''] = target.split('?');
  const query = new URLSearchParams(text);
  return query.size === 0 ? name : `${name}?${query}`;
}

/**
 * A window of a list that is here as a whole, or as its beginning.
 * @param {{ total: number, offset: number, rows: any[] }} list
 * @param {URLSearchParams} query
 */
function cut(list, query) {
  let { rows, total } = list;
  const [filter, sortBy] = [query.get('filter')?.toLowerCase(), query.get('sortBy')];
  // Of rows that are not here nobody knows where they stand.
  const left = total === null ? undefined : total - rows.length;
  if (filter) rows = rows.filter(({ name }) => name.toLowerCase().includes(filter));
  total = rows.length;
  if (sortBy) rows = [...rows].sort((a, b) => compare(a, b, sortBy));
  const offset = Number(query.get('offset') ?? 0);
  return { ...list, total, offset, rows: rows.slice(offset, offset + Number(query.get('limit') ?? rows.length)), left };
}

/**
 * Answers that came with the page, by path. Lists are there from their beginning, without a window in their path: windows,
 * order and filter are cut here.
 * @param {Record<string, any>} given
 */
export function embeddedSource(given) {
  const answers = Object.fromEntries(Object.entries(given).map(([target, answer]) => [canonical(target), answer]));
  const absent = () => new Failure(404, { code: 'NOT_HERE', message: 'This is not in the page.' });
  return {
    embedded: true,
    /** Whether there is anything of a route. @param {string} start */
    has: (start) => Object.keys(answers).some((target) => target.startsWith(start)),
    async get(path) {
      const [name, text = ''] = path.split('?');
      const query = new URLSearchParams(text);
      // What identifies a list stays in its name; what windows it does not.
      const own = new URLSearchParams([...query].filter(([key]) => !['limit', 'offset', 'sortBy', 'filter'].includes(key)));
      const whole = answers[canonical(`${name}?${own}`)];
      if (whole === undefined) throw absent();
      if (Array.isArray(whole.rows)) return cut(whole, query);
      if (!Array.isArray(whole.classes)) return whole;
      // A comparison is a list of classes, and says more.
      const { rows, ...window } = cut({ ...whole, rows: whole.classes }, query);
      return { ...window, classes: rows };
    },
    waits() {},
    post: () => Promise.reject(absent()),
    remove: () => Promise.reject(absent()),
    blob: () => Promise.reject(absent()),
    events: () => Promise.reject(absent()),
  };
}
