import { useMemo, useRef, useState } from 'preact/hooks';
import { usePage } from '../context.js';
import { pathOf, useAnswer } from '../data/answers.js';
import { Spark } from '../parts/chart.jsx';
import { Place } from '../parts/place.jsx';
import { SeriesChips, useSeries } from '../parts/snapshots.jsx';
import { Answered, Empty } from '../parts/states.jsx';
import { Table, whole } from '../parts/table.jsx';
import { Panel, Tabs } from '../parts/tabs.jsx';
import { counted, duration, grouped, signed, size, visible, wholePlace } from '../text.js';

/** How often a live audit is asked for, and how many of its counts are kept. */
const EVERY_MS = 10_000;
const MOST_COUNTS = 60;

const TABS = [
  { id: 'listeners', title: 'Listeners' },
  { id: 'timers', title: 'Timers' },
  { id: 'handles', title: 'Handles' },
];

const grown = (growth) => (growth === undefined ? <span class="soft">–</span> : <span class={growth > 0 ? 'up' : growth < 0 ? 'down' : 'soft'}>{signed(growth)}</span>);
const functionOf = ({ functionName, location }) => <><span class="node-name">{functionName ? visible(functionName) : '(anonymous)'}</span> {location ? <Place location={location} /> : <span class="soft">built-in</span>}</>;

/** Who listens, what is set to run, and what is open: by the place in the source. */
export function Listeners() {
  const { live, query, route } = usePage();
  const tab = live && TABS.some(({ id }) => id === query.tab) ? query.tab : 'listeners';
  return (
    <>
      <div class="view-head">
        <h1>{live ? 'Listeners and timers' : 'Listeners'}</h1>
        {live && <p class="soft">Of the running process, asked again every {duration(EVERY_MS)}.</p>}
      </div>
      {live && <Tabs label="What to list" panel="audit" tabs={TABS} chosen={tab} choose={(id) => route({ tab: id })} />}
      {live ? (
        <Panel id="audit" chosen={tab} class="fill">
          <Live key={tab} kind={tab} />
        </Panel>
      ) : (
        <OfSnapshots />
      )}
    </>
  );
}

const AUDITS = {
  listeners: { rowsOf: listenerRows, columns: listenerColumns, words: ({ totalListeners, emitterCount }) => `${counted(totalListeners, 'listener')} on ${counted(emitterCount, 'emitter')}` },
  timers: { rowsOf: timerRows, columns: timerColumns, words: ({ totalTimers, siteCount }) => `${counted(totalTimers, 'timer')} of ${counted(siteCount, 'place')}` },
  handles: { rowsOf: handleRows, columns: handleColumns, words: ({ totalHandles }) => `${counted(totalHandles, 'handle')} keep the event loop alive` },
};

/** An audit of the process. Its counts are kept as long as the view is open: a leak is a line that only rises. */
function Live({ kind }) {
  const { source, query, route } = usePage();
  const all = kind === 'listeners' && query.all === 'true';
  const answer = useAnswer(source, pathOf(`/api/audits/${kind}`, { all: all || undefined }), { every: EVERY_MS });
  const counts = useRef(new Map());
  const seen = useRef();
  const { rowsOf, columns, words } = AUDITS[kind];
  if (answer.value && seen.current !== answer.value) {
    seen.current = answer.value;
    for (const { key, count } of rowsOf(answer.value)) counts.current.set(key, [...(counts.current.get(key) ?? []), count].slice(-MOST_COUNTS));
  }
  return (
    <Answered answer={answer} what="Asking the process">
      {(audit) => (
        <>
          <p class="totals">
            {words(audit)}
            {kind === 'listeners' && (
              <label class="check"><input type="checkbox" checked={all} onChange={(event) => route({ all: event.currentTarget.checked || undefined }, { replace: true })} /> every emitter alive <span class="soft">(V8 walks the heap)</span></label>
            )}
          </p>
          {audit.missing && <p class="hint soft">{audit.missing}</p>}
          <Audit rows={rowsOf(audit)} columns={columns({ counts: counts.current, live: true })} kind={kind} />
        </>
      )}
    </Answered>
  );
}

function OfSnapshots() {
  const { source } = usePage();
  const ids = useSeries().map(({ id }) => id);
  const answer = useAnswer(source, ids.length === 0 ? undefined : pathOf('/api/listeners', { snapshots: ids.join(',') }));
  if (ids.length === 0) return <Empty title="There is no snapshot.">Give a file: leakscan open FILE.</Empty>;
  return (
    <>
      <SeriesChips />
      <Answered answer={answer} what="Looking for listeners">
        {(audit) => (
          <>
            <p class="totals">{AUDITS.listeners.words(audit)}{ids.length > 1 && <span class="soft"> · growth since the first</span>}</p>
            <Audit rows={listenerRows(audit)} columns={listenerColumns({ live: false, several: ids.length > 1 })} kind="listeners" />
          </>
        )}
      </Answered>
    </>
  );
}

const NAMES = { listeners: 'listener', timers: 'timer', handles: 'handle' };

function Audit({ rows, columns, kind }) {
  const [sort, setSort] = useState('growth');
  const ordered = useMemo(() => [...rows].sort(order(sort)), [rows, sort]);
  const load = useMemo(() => whole(ordered), [ordered]);
  // The rows change with every answer; the place where somebody reads does not.
  return (
    <Table
      label={`${NAMES[kind]}s by place`}
      columns={columns}
      load={load}
      question={`${kind}/${sort}`}
      fresh={ordered}
      sortBy={sort}
      sort={setSort}
      keyOf={({ key }) => key}
      empty={<Empty title={`There is no ${NAMES[kind]}.`} calm />}
    />
  );
}

/** What grew most, then what there is most of; or by a column. @param {string} sort */
const order = (sort) => (a, b) => {
  if (sort === 'growth') return (b.growth ?? 0) - (a.growth ?? 0) || b.count - a.count;
  const [x, y] = [a[sort] ?? '', b[sort] ?? ''];
  return typeof x === 'string' ? x.localeCompare(y) : y - x;
};

/** A row for each kind of emitter, event and place: a hundred sockets with the same listener are one. */
function listenerRows({ emitters }) {
  const rows = new Map();
  for (const { name, maxListeners, events, reachedBy } of emitters) {
    for (const { event, count: ofEvent, growth, sites } of events) {
      for (const [nth, { location, functionName, count, retainedSize }] of sites.entries()) {
        const key = [name, event, functionName, location && wholePlace(location)].join('/');
        const row = rows.get(key) ?? { key, name, reachedBy, event, location, functionName, emitters: 0, count: 0, growth: undefined, retainedSize };
        if (row.emitters > 0 && retainedSize !== undefined) row.retainedSize += retainedSize;
        row.emitters++;
        row.count += count;
        // Growth is known of the event; its largest place stands for it.
        if (nth === 0 && growth !== undefined) row.growth = (row.growth ?? 0) + growth;
        if (maxListeners !== null && maxListeners > 0 && ofEvent > maxListeners) row.over = maxListeners;
        rows.set(key, row);
      }
    }
  }
  return [...rows.values()];
}

function listenerColumns({ counts, live, several = true }) {
  return [
    { id: 'name', title: 'Emitter', width: 'minmax(4.5rem, 1.4fr)', sortable: true, of: ({ name, reachedBy, emitters }) => <span class="node-name" title={reachedBy}>{visible(name)} {emitters > 1 ? <span class="soft">× {grouped(emitters)}</span> : reachedBy && reachedBy !== name && <span class="soft">{visible(reachedBy)}</span>}</span> },
    { id: 'event', title: 'Event', width: 'minmax(3.5rem, 1fr)', sortable: true, of: ({ event, over }) => <><code>{visible(event)}</code>{over !== undefined && <span class="tag bad-tag" title={`more than its limit of ${over}`}>over {over}</span>}</> },
    { id: 'functionName', title: 'Added by', width: 'minmax(8rem, 2.4fr)', room: 1, of: functionOf },
    { id: 'count', title: 'Count', width: '3.6rem', number: true, sortable: true, of: ({ count }) => grouped(count) },
    ...(several ? [{ id: 'growth', title: 'Growth', width: '4.2rem', number: true, sortable: true, of: ({ growth }) => grown(growth) }] : []),
    live
      ? { id: 'over-time', title: 'Over time', width: '6rem', number: true, room: 1, of: ({ key }) => <Over counts={counts.get(key)} /> }
      : { id: 'retainedSize', title: 'Retained', width: '6rem', number: true, sortable: true, room: 1, of: ({ retainedSize }) => (retainedSize === undefined ? '–' : size(retainedSize)) },
  ];
}

function timerRows({ timers }) {
  return timers.map(({ kind, delay, location, functionName, count, refCount, growth }) => ({
    key: [kind, delay, functionName, location && wholePlace(location)].join('/'),
    kind, delay, location, functionName, count, refCount, growth,
  }));
}

function timerColumns({ counts }) {
  return [
    { id: 'kind', title: 'Kind', width: '5rem', sortable: true, of: ({ kind }) => kind },
    { id: 'delay', title: 'Delay', width: '5rem', number: true, sortable: true, of: ({ delay, kind }) => (kind === 'immediate' ? '–' : duration(delay)) },
    { id: 'functionName', title: 'Callback', width: 'minmax(8rem, 2.4fr)', of: functionOf },
    { id: 'count', title: 'Count', width: '3.6rem', number: true, sortable: true, of: ({ count }) => grouped(count) },
    { id: 'refCount', title: 'Keep running', width: '6.5rem', number: true, sortable: true, room: 1, of: ({ refCount }) => grouped(refCount) },
    { id: 'growth', title: 'Growth', width: '4.2rem', number: true, sortable: true, room: 1, of: ({ growth }) => grown(growth) },
    { id: 'over-time', title: 'Over time', width: '6rem', number: true, room: 1, of: ({ key }) => <Over counts={counts.get(key)} /> },
  ];
}

function handleRows({ handles }) {
  return handles.map(({ kind, count, growth, sites }) => ({ key: kind, kind, count, growth, sites }));
}

function handleColumns({ counts }) {
  return [
    { id: 'kind', title: 'Kind', width: 'minmax(6rem, 1fr)', sortable: true, of: ({ kind }) => <span class="node-name">{visible(kind)}</span> },
    { id: 'sites', title: 'Used by', width: 'minmax(8rem, 2fr)', room: 1, of: ({ sites }) => sites?.[0] ? <>{functionOf(sites[0])}{sites.length > 1 && <span class="soft"> and {sites.length - 1} more</span>}</> : <span class="soft">–</span> },
    { id: 'count', title: 'Count', width: '3.6rem', number: true, sortable: true, of: ({ count }) => grouped(count) },
    { id: 'growth', title: 'Growth', width: '4.2rem', number: true, sortable: true, of: ({ growth }) => grown(growth) },
    { id: 'over-time', title: 'Over time', width: '6rem', number: true, room: 1, of: ({ key }) => <Over counts={counts.get(key)} /> },
  ];
}

/** Counts since the view was opened. */
function Over({ counts = [] }) {
  if (counts.length < 2) return <span class="soft">–</span>;
  return <Spark values={counts} ink={counts[counts.length - 1] > counts[0] ? 'leak' : 'accent'} label={`Counts: ${counts.join(', ')}`} />;
}
