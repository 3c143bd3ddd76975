import { useCallback, useMemo } from 'preact/hooks';
import { usePage } from '../context.js';
import { pathOf, useAnswer } from '../data/answers.js';
import { nodeName } from '../nodes.js';
import { Place } from '../parts/place.jsx';
import { SnapshotSelect } from '../parts/snapshots.jsx';
import { Answered, Empty } from '../parts/states.jsx';
import { Table, whole } from '../parts/table.jsx';
import { Panel, Tabs } from '../parts/tabs.jsx';
import { Icon } from '../parts/icons.jsx';
import { Filter } from '../parts/filter.jsx';
import { go, href } from '../route.js';
import { grouped, signed, signedSize, size, visible } from '../text.js';
import { Trend } from './trend.jsx';

const TABS = [
  { id: 'classes', title: 'Classes', needs: '/api/diff' },
  { id: 'owners', title: 'Gained most', needs: '/api/diff' },
  { id: 'trend', title: 'Trend', needs: '/api/trend' },
];

/** What grew most comes first. */
const FIRST = 'sizeDelta';

const delta = (value, text) => <span class={value > 0 ? 'up' : value < 0 ? 'down' : 'soft'}>{text}</span>;

const COLUMNS = [
  { id: 'name', title: 'Class', width: 'minmax(6rem, 3fr)', sortable: true, of: ({ name, location }) => <><span class="node-name">{visible(name)}</span> <Place location={location} /></> },
  { id: 'addedCount', title: 'New', width: 'minmax(4.5rem, .7fr)', number: true, sortable: true, room: 1, of: ({ addedCount }) => grouped(addedCount) },
  { id: 'removedCount', title: 'Gone', width: 'minmax(4.5rem, .7fr)', number: true, sortable: true, room: 1, of: ({ removedCount }) => grouped(removedCount) },
  { id: 'countDelta', title: 'Δ count', width: 'minmax(4.6rem, .8fr)', number: true, sortable: true, of: ({ countDelta }) => delta(countDelta, signed(countDelta)) },
  { id: 'addedSize', title: 'Allocated', width: 'minmax(5.5rem, .8fr)', number: true, sortable: true, room: 2, of: ({ addedSize }) => size(addedSize) },
  { id: 'removedSize', title: 'Freed', width: 'minmax(5rem, .8fr)', number: true, sortable: true, room: 2, of: ({ removedSize }) => size(removedSize) },
  { id: 'sizeDelta', title: 'Δ size', width: 'minmax(5.2rem, .8fr)', number: true, sortable: true, of: ({ sizeDelta }) => delta(sizeDelta, signedSize(sizeDelta)) },
  { id: 'retainedDelta', title: 'Δ retained', width: 'minmax(6rem, .9fr)', number: true, sortable: true, room: 1, of: ({ retainedDelta }) => delta(retainedDelta, signedSize(retainedDelta)) },
];

const OWNERS = [
  { id: 'name', title: 'Object', width: 'minmax(6rem, 3fr)', of: ({ id, name, className }) => <><span class="node-name">{visible(name || className)}</span> <span class="soft">@{id}</span></> },
  { id: 'addedCount', title: 'New', width: 'minmax(4.5rem, .8fr)', number: true, of: ({ addedCount }) => grouped(addedCount) },
  { id: 'removedCount', title: 'Gone', width: 'minmax(4.5rem, .8fr)', number: true, room: 1, of: ({ removedCount }) => grouped(removedCount) },
  { id: 'sizeDelta', title: 'Gained', width: 'minmax(5.5rem, 1fr)', number: true, of: ({ sizeDelta }) => delta(sizeDelta, signedSize(sizeDelta)) },
  { id: 'retainedSize', title: 'Retained', width: 'minmax(5.5rem, 1fr)', number: true, room: 1, of: ({ retainedSize }) => size(retainedSize) },
  { id: 'retainedDelta', title: 'Δ retained', width: 'minmax(6rem, 1fr)', number: true, room: 1, of: ({ retainedDelta }) => delta(retainedDelta, signedSize(retainedDelta)) },
];

const PLACES = [
  { id: 'path', title: 'Place', width: 'minmax(6rem, 4fr)', of: ({ path }) => <span class="node-name">{visible(path.join(' › '))}</span> },
  { id: 'countDelta', title: 'Δ count', width: 'minmax(5rem, .8fr)', number: true, of: ({ countDelta }) => delta(countDelta, signed(countDelta)) },
  { id: 'retainedSize', title: 'Retained', width: 'minmax(5.5rem, .8fr)', number: true, room: 1, of: ({ retainedSize }) => size(retainedSize) },
  { id: 'retainedDelta', title: 'Δ retained', width: 'minmax(6rem, .8fr)', number: true, of: ({ retainedDelta }) => delta(retainedDelta, signedSize(retainedDelta)) },
];

/** Two kept snapshots, or how several follow each other. */
export function Compare() {
  const { snapshots, source, query, route, live, embedded } = usePage();
  const tabs = TABS.filter(({ needs }) => source.has(needs));
  const tab = tabs.some(({ id }) => id === query.tab) ? query.tab : tabs[0].id;
  if (snapshots.length < 2) {
    return (
      <>
        <h1>Compare</h1>
        <Empty title={snapshots.length === 0 ? 'There is no snapshot yet.' : 'There is one snapshot.'}>
          A comparison takes two. {live ? <a href={href('capture')}>Capture one</a> : 'Give both files: leakscan open BEFORE AFTER.'}
        </Empty>
      </>
    );
  }
  const named = (id) => snapshots.find((snapshot) => String(snapshot.id) === id);
  const after = named(query.after) ?? snapshots[snapshots.length - 1];
  const before = named(query.before) ?? snapshots[Math.max(0, snapshots.indexOf(after) - 1)];
  const choose = (more) => route({ ...more, class: undefined, label: undefined });
  return (
    <>
      <div class="view-head">
        <h1>Compare</h1>
        {tab !== 'trend' && !embedded && (
          <div class="controls">
            <SnapshotSelect label="Before" snapshots={snapshots} value={before.id} choose={(id) => choose({ before: id, after: after.id })} />
            <SnapshotSelect label="After" snapshots={snapshots} value={after.id} choose={(id) => choose({ before: before.id, after: id })} />
          </div>
        )}
      </div>
      <Tabs label="What to compare" panel="compared" tabs={tabs} chosen={tab} choose={(id) => route({ tab: id, class: undefined, label: undefined })} />
      <Panel id="compared" chosen={tab} class="fill">
        {tab === 'trend' ? <Trend /> : before === after ? <Empty title="These are the same snapshot.">Choose another to compare it with.</Empty> : <Pair key={`${before.id},${after.id}`} before={before} after={after} tab={tab} />}
      </Panel>
    </>
  );
}

function Pair({ before, after, tab }) {
  const { source, query } = usePage();
  const pair = { before: before.id, after: after.id };
  const head = useAnswer(source, pathOf('/api/diff', { ...pair, limit: 100, offset: 0, sortBy: query.sort ?? FIRST, filter: query.filter }));
  return (
    <Answered answer={head} what="Comparing">
      {(diff) => (
        <>
          <p class="totals">
            <b>{size(diff.before.totalSize)}</b> → <b>{size(diff.after.totalSize)}</b> {delta(diff.after.totalSize - diff.before.totalSize, signedSize(diff.after.totalSize - diff.before.totalSize))}
            <span class="soft"> · {grouped(diff.before.nodeCount)} → {grouped(diff.after.nodeCount)} nodes</span>
            {diff.identity === 'different-process' && <span class="soft"> · different processes: compared by class and place</span>}
          </p>
          {tab === 'classes' ? <Classes pair={pair} identity={diff.identity} /> : <Gained diff={diff} after={after} />}
        </>
      )}
    </Answered>
  );
}

function Classes({ pair, identity }) {
  const { source, query, route } = usePage();
  const { filter, class: chosen } = query;
  const sort = query.sort ?? FIRST;
  const { before, after } = pair;
  const load = useCallback(
    async (window) => {
      const { total, left, classes } = await source.get(pathOf('/api/diff', { before, after, ...window, sortBy: sort, filter }));
      return { total, left, rows: classes };
    },
    [source, before, after, sort, filter],
  );
  return (
    <div class={`master${chosen ? ' has-detail' : ''}`}>
      <section class="list" aria-label="Classes">
        <Filter value={filter ?? ''} set={(text) => route({ filter: text }, { replace: true })} label="Filter classes" />
        <Table
          label="Classes that changed"
          columns={COLUMNS}
          load={load}
          question={JSON.stringify([before, after, sort, filter])}
          sortBy={sort}
          sort={(id) => route({ sort: id }, { replace: true })}
          keyOf={({ key }) => key}
          chosen={chosen}
          choose={({ key, name }) => route({ class: key, label: name })}
          empty={<Empty title={filter ? 'No class has this in its name.' : 'Nothing changed.'} calm />}
        />
      </section>
      {chosen && <NewObjects key={chosen} pair={pair} of={chosen} identity={identity} />}
    </div>
  );
}

const NEW = [
  { id: 'name', title: 'New object', width: 'minmax(8rem, 3fr)', of: (node) => <><span class="node-name">{nodeName(node)}</span> <span class="soft">@{node.id}</span></> },
  { id: 'shallowSize', title: 'Shallow', width: '5.5rem', number: true, of: ({ shallowSize }) => size(shallowSize) },
  { id: 'retainedSize', title: 'Retained', width: '5.5rem', number: true, of: ({ retainedSize }) => size(retainedSize) },
];

/** What a class has that it had not: down to the objects. */
function NewObjects({ pair, of, identity }) {
  const { source, query, route } = usePage();
  const { before, after } = pair;
  const load = useCallback((window) => source.get(pathOf('/api/diff/added', { before, after, class: of, ...window })), [source, before, after, of]);
  const name = query.label ?? of;
  return (
    <section class="detail" aria-label={`New objects of ${name}`}>
      <header class="detail-head">
        <button type="button" class="button small icon-only" aria-label="Back to the classes" onClick={() => route({ class: undefined, label: undefined })}><Icon name="close" /></button>
        <h2>New: {visible(name)}</h2>
      </header>
      {identity === 'different-process' ? (
        <Empty title="Objects of different processes share no ids.">Which of them are new cannot be told.</Empty>
      ) : (
        <Table label={`New objects of ${name}`} columns={NEW} load={load} question={of} keyOf={({ id }) => id} choose={({ id }) => go('explore', { in: after, node: id })} empty={<Empty title="No object is new." calm />} />
      )}
    </section>
  );
}

function Gained({ diff, after }) {
  const owners = diff.owners.length > 0;
  const rows = owners ? diff.owners : diff.paths;
  const load = useMemo(() => whole(rows), [rows]);
  return (
    <>
      <p class="hint soft">{owners ? 'Objects of both snapshots, and what they gained: new objects that they alone keep alive.' : 'Places in the dominator tree that retain more.'}</p>
      <Table
        label="Gained most"
        columns={owners ? OWNERS : PLACES}
        load={load}
        question={JSON.stringify([diff.before, diff.after])}
        keyOf={(row) => row.id ?? row.path.join()}
        choose={owners ? ({ id }) => go('explore', { in: after.id, node: id }) : undefined}
        empty={<Empty title="Nothing gained." calm />}
      />
    </>
  );
}
