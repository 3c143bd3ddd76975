import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { useLasting } from '../data/answers.js';
import { grouped } from '../text.js';
import { Empty, Failed } from './states.jsx';

/** Rows asked for at a time. */
const WINDOW = 100;
/** Milliseconds between two questions while somebody scrolls. */
const PAUSE_MS = 80;
/** Rows drawn above and below what is seen; they are drawn anew once so many have been passed. */
const SPARE = 8;
/** Browsers lose count of pixels somewhere above; longer lists are scrolled in proportion. */
const TALLEST = 8_000_000;
const ROW = 30;
/** The line of titles, which stays in sight. */
const HEAD = 32;

/**
 * @typedef {object} Column
 * @property {string} id the field that the server sorts by, if `sortable`
 * @property {string} title
 * @property {string} width a track of a CSS grid
 * @property {(row: any) => any} of
 * @property {boolean} [number] at the right
 * @property {boolean} [sortable]
 * @property {1 | 2} [room] left out where there is little room (1), or not plenty (2)
 */

/**
 * A table of any length: only the rows in sight exist, and the server is asked for windows of a hundred.
 *
 * Arrow keys, Page Up, Page Down, Home and End move between rows, Enter chooses one.
 *
 * @param {object} props
 * @param {string} props.label
 * @param {Column[]} props.columns
 * @param {(window: { offset: number, limit: number }) => Promise<{ total?: number, left?: number, rows: any[] }>} props.load `left`: how many cannot be had
 * @param {string} props.question changes when `load` asks something else
 * @param {string} [props.sortBy]
 * @param {(id: string) => void} [props.sort]
 * @param {(row: any) => unknown} props.keyOf
 * @param {unknown} [props.chosen] the key of the row that is
 * @param {(row: any) => void} [props.choose]
 * @param {any} [props.empty]
 * @param {any} [props.fresh] changes when the same question has a new answer: rows change, the place does not
 */
export function Table({ label, columns, load, question, sortBy, sort, keyOf, chosen, choose, empty, fresh }) {
  const { total, left, rowAt, want, failure, again } = useWindows(load, question, fresh);
  const viewport = useRef();
  const [range, setRange] = useState({ first: 0, last: 30 });
  const [active, setActive] = useState(0);
  const focusNext = useRef(false);

  const height = (total ?? 0) * ROW;
  const tall = Math.min(height, TALLEST);
  const scale = height > tall ? (height - 600) / (tall - 600) : 1;

  const look = () => {
    const { scrollTop, clientHeight } = viewport.current;
    // Scrolled in proportion, rows have to move with each step of the bar.
    const step = scale === 1 ? SPARE : 1;
    const first = Math.max(0, Math.floor((scrollTop * scale) / ROW / step) * step - SPARE);
    const last = Math.min(total ?? 0, first + Math.ceil((clientHeight - HEAD) / ROW) + 2 * SPARE + step);
    if (first !== range.first || last !== range.last) setRange({ first, last });
  };
  const latest = useRef();
  latest.current = look;
  useLayoutEffect(look, [total]);
  useLayoutEffect(() => {
    const observer = new ResizeObserver(() => latest.current());
    observer.observe(viewport.current);
    return () => observer.disconnect();
  }, []);
  useLayoutEffect(() => {
    viewport.current.scrollTop = 0;
    setActive(0);
  }, [question]);
  const last = Math.min(range.last, total ?? 0);
  useEffect(() => {
    if (total !== undefined) want(range.first, last);
  }, [range.first, last, total, fresh, failure === undefined]);
  useLayoutEffect(() => {
    if (!focusNext.current) return;
    const row = viewport.current.querySelector(`[data-row="${active}"]`);
    if (row === null) return;
    focusNext.current = false;
    row.focus({ preventScroll: true });
  });

  const goTo = (to) => {
    const next = Math.min(Math.max(to, 0), total - 1);
    const { scrollTop, clientHeight } = viewport.current;
    const [top, seen] = [next * ROW, scrollTop * scale];
    if (top < seen) viewport.current.scrollTop = top / scale;
    else if (top + ROW > seen + clientHeight - HEAD) viewport.current.scrollTop = (top + ROW - clientHeight + HEAD) / scale;
    focusNext.current = true;
    setActive(next);
  };
  /** The wheel goes on by rows, also where the bar is out of proportion. */
  const wheel = (event) => {
    if (scale === 1 || event.ctrlKey || event.deltaY === 0) return;
    event.preventDefault();
    const pixels = [1, ROW, viewport.current.clientHeight][event.deltaMode] ?? 1;
    viewport.current.scrollTop += (event.deltaY * pixels) / scale;
  };
  const press = (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey || !total) return;
    const page = Math.max(1, Math.floor((viewport.current.clientHeight - HEAD) / ROW) - 1);
    const to = { ArrowDown: active + 1, ArrowUp: active - 1, PageDown: active + page, PageUp: active - page, Home: 0, End: total - 1 }[event.key];
    if (to !== undefined) {
      event.preventDefault();
      goTo(to);
    } else if ((event.key === 'Enter' || event.key === ' ') && choose && rowAt(active)) {
      event.preventDefault();
      choose(rowAt(active));
    }
  };

  const tracks = (most) => columns.filter(({ room = 0 }) => room <= most).map(({ width }) => width).join(' ');
  const style = { '--tracks-0': tracks(0), '--tracks-1': tracks(1), '--tracks-2': tracks(2) };
  const reachable = active >= range.first && active < last ? active : Math.min(range.first + (range.first > 0 ? SPARE : 0), last - 1);
  const rows = [];
  for (let at = range.first; at < last; at++) {
    const row = rowAt(at);
    const key = row && keyOf(row);
    const isChosen = row !== undefined && chosen !== undefined && key === chosen;
    rows.push(
      <div
        key={at}
        role="row"
        data-row={at}
        class={`row${isChosen ? ' chosen' : ''}${choose ? ' can-choose' : ''}${row ? '' : ' pending'}`}
        aria-rowindex={at + 2}
        aria-selected={choose ? isChosen : undefined}
        tabIndex={at === reachable ? 0 : -1}
        onFocus={() => setActive(at)}
        onClick={choose && row ? () => choose(row) : undefined}
      >
        {columns.map(({ id, of, number, room = 0 }) => (
          <div key={id} role="gridcell" class={`cell room-${room}${number ? ' number' : ''}`}>
            {row ? of(row) : <span class="bone" />}
          </div>
        ))}
      </div>,
    );
  }
  const scrolled = range.first * ROW;
  // Scrolled in proportion, rows stand where the scroll bar is, not where they would be.
  const shift = scale === 1 ? scrolled : (viewport.current?.scrollTop ?? 0) - ((viewport.current?.scrollTop ?? 0) * scale - scrolled);

  return (
    <div class="table" role="grid" aria-label={label} aria-rowcount={(total ?? 0) + 1} aria-colcount={columns.length} style={style} onKeyDown={press}>
      <div class="rows" ref={viewport} onScroll={look} onWheel={wheel}>
        <div class="row head" role="row" aria-rowindex={1}>
          {columns.map((column) => (
            <Heading key={column.id} column={column} sorted={sortBy === column.id} sort={sort} />
          ))}
        </div>
        <div class="rows-all" role="rowgroup" style={{ height: `${tall}px` }}>
          <div class="rows-seen" role="presentation" style={{ transform: `translateY(${shift}px)` }}>
            {rows}
          </div>
        </div>
      </div>
      {left > 0 && <p class="table-note soft">{grouped(left)} more are not in this page: <code>leakscan open FILE</code> has all.</p>}
      {failure && <Failed failure={failure} again={again} />}
      {total === 0 && !failure && (empty ?? <Empty title="Nothing here." />)}
      <Waiting is={total === undefined && !failure} />
    </div>
  );
}

function Waiting({ is }) {
  const shown = useLasting(is);
  return shown ? <div class="table-wait soft" role="status"><span class="spinner" aria-hidden="true" /> Loading …</div> : null;
}

/** In which direction the server sorts by a column. */
const DIRECTION = { name: 'ascending', distance: 'ascending', id: 'ascending' };

function Heading({ column: { id, title, number, room = 0, sortable }, sorted, sort }) {
  const className = `cell room-${room}${number ? ' number' : ''}`;
  if (!sortable) return <div role="columnheader" class={className}>{title}</div>;
  return (
    <div role="columnheader" class={className} aria-sort={sorted ? DIRECTION[id] ?? 'descending' : 'none'}>
      <button type="button" class="heading" onClick={() => sort(id)}>
        {title}
        <span class="sort-mark" aria-hidden="true">{sorted ? (DIRECTION[id] ? '↑' : '↓') : ''}</span>
      </button>
    </div>
  );
}

/**
 * The windows of a list that have come so far.
 * @param {(window: { offset: number, limit: number }) => Promise<{ total?: number, rows: any[] }>} load
 * @param {string} question
 * @param {any} fresh
 */
function useWindows(load, question, fresh) {
  const [, setRound] = useState(0);
  const list = useRef();
  if (list.current?.question !== question) list.current = { question, fresh, total: undefined, windows: new Map(), failure: undefined };
  else if (list.current.fresh !== fresh) list.current = { ...list.current, fresh, windows: new Map(), old: list.current.windows };
  const { current } = list;
  const pace = useRef({ asked: -Infinity, timer: undefined });
  useEffect(() => () => clearTimeout(pace.current.timer), []);
  const drawn = () => list.current === current && setRound((round) => round + 1);
  const ask = (number) => {
    if (current.windows.has(number)) return;
    current.windows.set(number, []);
    load({ offset: number * WINDOW, limit: WINDOW }).then(
      ({ total, left, rows }) => {
        current.left = left;
        current.windows.set(number, rows);
        current.failure = undefined;
        // Where nobody has counted, a full window says that there is more.
        current.total = total ?? Math.max(current.total ?? 0, number * WINDOW + rows.length + (rows.length === WINDOW ? WINDOW : 0));
        drawn();
      },
      (failure) => {
        current.windows.delete(number);
        current.failure = failure;
        drawn();
      },
    );
  };
  useEffect(() => ask(0), [question, fresh]);
  return {
    total: current.total,
    left: current.left,
    failure: current.failure,
    rowAt(at) {
      const [number, nth] = [Math.floor(at / WINDOW), at % WINDOW];
      // What was there stays until the new is.
      return current.windows.get(number)?.[nth] ?? current.old?.get(number)?.[nth];
    },
    /** Whoever drags the bar passes many windows, and looks at few. */
    want(first, last) {
      const { current: it } = pace;
      const now = () => {
        it.asked = performance.now();
        for (let number = Math.floor(first / WINDOW); number * WINDOW < last; number++) ask(number);
      };
      clearTimeout(it.timer);
      const wait = it.asked + PAUSE_MS - performance.now();
      if (wait <= 0) now();
      else it.timer = setTimeout(now, wait);
    },
    /** Rows in sight are asked for again by the drawing. */
    again() {
      current.failure = undefined;
      ask(0);
      drawn();
    },
  };
}

/** All rows at once, for lists that are here as a whole: sorted and cut as a server would. @param {any[]} rows */
export const whole = (rows) => async ({ offset, limit }) => ({ total: rows.length, rows: rows.slice(offset, offset + limit) });
