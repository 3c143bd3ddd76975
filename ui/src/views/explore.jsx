import { useCallback, useMemo, useRef, useState } from 'preact/hooks';
import { usePage } from '../context.js';
import { pathOf } from '../data/answers.js';
import { nodeName } from '../nodes.js';
import { Filter } from '../parts/filter.jsx';
import { Icon } from '../parts/icons.jsx';
import { Place } from '../parts/place.jsx';
import { SnapshotSelect } from '../parts/snapshots.jsx';
import { Empty } from '../parts/states.jsx';
import { Table } from '../parts/table.jsx';
import { Panel, Tabs } from '../parts/tabs.jsx';
import { href } from '../route.js';
import { grouped, percent, size, visible } from '../text.js';
import { Dominators } from './dominators.jsx';
import { Node } from './node.jsx';

const LISTS = [
  { id: 'classes', title: 'Classes' },
  { id: 'dominators', title: 'Dominators' },
];

const share = (bytes, total) => percent(bytes / total);

const classColumns = (total) => [
  { id: 'name', title: 'Class', width: 'minmax(6rem, 3fr)', sortable: true, of: ({ name, location }) => <><span class="node-name">{visible(name)}</span> <Place location={location} /></> },
  { id: 'count', title: 'Count', width: 'minmax(4.2rem, .7fr)', number: true, sortable: true, of: ({ count }) => grouped(count) },
  { id: 'distance', title: 'Distance', width: '5.2rem', number: true, sortable: true, room: 1, of: ({ distance }) => distance ?? '–' },
  { id: 'shallowSize', title: 'Shallow', width: 'minmax(5rem, .7fr)', number: true, sortable: true, room: 1, of: ({ shallowSize }) => size(shallowSize) },
  { id: 'retainedSize', title: 'Retained', width: 'minmax(5.2rem, .9fr)', number: true, sortable: true, of: ({ retainedSize }) => <>{size(retainedSize)} <span class="soft share">{share(retainedSize, total)}</span></> },
];

const NODES = [
  { id: 'name', title: 'Object', width: 'minmax(6rem, 3fr)', of: (node) => <><span class="node-name">{nodeName(node)}</span> <span class="soft">@{node.id}</span> {node.type === 'closure' && <Place location={node.location} />}</> },
  { id: 'distance', title: 'Distance', width: '5.2rem', number: true, sortable: true, room: 1, of: ({ distance }) => distance ?? '–' },
  { id: 'shallowSize', title: 'Shallow', width: 'minmax(5rem, .7fr)', number: true, sortable: true, room: 1, of: ({ shallowSize }) => size(shallowSize) },
  { id: 'retainedSize', title: 'Retained', width: 'minmax(5.2rem, .9fr)', number: true, sortable: true, of: ({ retainedSize }) => size(retainedSize) },
];

/** One snapshot: from classes to objects to what keeps them. */
export function Explore() {
  const { snapshots, query, route, live, embedded } = usePage();
  if (snapshots.length === 0) {
    return (
      <>
        <h1>Explore</h1>
        <Empty title="There is no snapshot yet.">{live ? <a href={href('capture')}>Capture one</a> : 'Give a file: leakscan open FILE.'}</Empty>
      </>
    );
  }
  const snapshot = snapshots.find(({ id }) => String(id) === query.in) ?? snapshots[snapshots.length - 1];
  const list = LISTS.some(({ id }) => id === query.list) ? query.list : 'classes';
  return (
    <>
      <div class="view-head">
        <h1>Explore</h1>
        <div class="controls">
          <SnapshotSelect label="Snapshot" snapshots={snapshots} value={snapshot.id} choose={(id) => route({ in: id, node: undefined, class: undefined, label: undefined, zoom: undefined })} />
          {!embedded && <Search />}
        </div>
      </div>
      {query.q ? (
        <Found snapshot={snapshot} />
      ) : (
        <>
          <Tabs label="What to list" panel="listed" tabs={LISTS} chosen={list} choose={(id) => route({ list: id })} />
          <Panel id="listed" chosen={list} class="fill">
            {list === 'classes' ? <Browse snapshot={snapshot} /> : <Dominators key={snapshot.id} snapshot={snapshot} />}
          </Panel>
        </>
      )}
    </>
  );
}

/** `@id` goes to an object; what has an operator is a query; everything else is a name. */
function Search() {
  const { query, route } = usePage();
  const field = useRef();
  const submit = (event) => {
    event.preventDefault();
    const text = field.current.value.trim();
    const id = /^@?(\d+)$/.exec(text)?.[1];
    if (id) route({ node: id, q: undefined, list: 'classes' });
    else route({ q: text || undefined, node: undefined, class: undefined, label: undefined });
  };
  return (
    <form class="filter search" role="search" onSubmit={submit}>
      <Icon name="search" />
      <input key={query.q} ref={field} type="search" aria-label="Search the snapshot" placeholder="@id, name, retained>1MB" defaultValue={query.q ?? ''} spellcheck={false} autocomplete="off"
        onInput={(event) => event.currentTarget.value === '' && query.q && route({ q: undefined })} />
    </form>
  );
}

/** List beside the node that was chosen; on a phone one after the other. */
function Beside({ snapshot, children }) {
  const { query } = usePage();
  return (
    <div class={`master${query.node ? ' has-detail' : ''}`}>
      <section class="list" aria-label="List">{children}</section>
      {query.node && <Node key={`${snapshot.id}/${query.node}`} snapshot={snapshot} id={Number(query.node)} />}
    </div>
  );
}

function Browse({ snapshot }) {
  const { query } = usePage();
  return <Beside snapshot={snapshot}>{query.class ? <Instances snapshot={snapshot} of={query.class} /> : <Classes snapshot={snapshot} />}</Beside>;
}

function Classes({ snapshot, filter: fixed }) {
  const { source, query, route } = usePage();
  const filter = fixed ?? query.filter;
  const [sort, setSort] = useState('retainedSize');
  const load = useCallback((window) => source.get(pathOf(`/api/snapshots/${snapshot.id}/classes`, { ...window, sortBy: sort, filter })), [source, snapshot.id, sort, filter]);
  const columns = useMemo(() => classColumns(snapshot.totalSize), [snapshot.totalSize]);
  return (
    <>
      {fixed === undefined && <Filter value={filter ?? ''} set={(text) => route({ filter: text }, { replace: true })} label="Filter classes" />}
      <Table
        label="Classes"
        columns={columns}
        load={load}
        question={JSON.stringify([snapshot.id, sort, filter])}
        sortBy={sort}
        sort={setSort}
        keyOf={({ key }) => key}
        chosen={query.class}
        choose={({ key, name }) => route({ class: key, label: name, q: undefined, list: 'classes' })}
        empty={<Empty title="No class has this in its name." calm />}
      />
    </>
  );
}

function Instances({ snapshot, of }) {
  const { query, route } = usePage();
  const name = query.label ?? of;
  return (
    <>
      <nav class="crumbs" aria-label="Back">
        <button type="button" class="link" onClick={() => route({ class: undefined, label: undefined })}><Icon name="back" /> Classes</button>
        <span class="node-name">{visible(name)}</span>
      </nav>
      <Objects snapshot={snapshot} path={`/api/snapshots/${snapshot.id}/instances`} query={{ class: of }} label={`Objects of ${name}`} />
    </>
  );
}

/** A list of nodes. */
function Objects({ snapshot, path, query: wanted, label }) {
  const { source, query, route } = usePage();
  const [sort, setSort] = useState('retainedSize');
  const question = JSON.stringify([path, wanted, sort]);
  const load = useCallback((window) => source.get(pathOf(path, { ...wanted, ...window, sortBy: sort })), [source, question]);
  return (
    <Table
      label={label}
      columns={NODES}
      load={load}
      question={question}
      sortBy={sort}
      sort={setSort}
      keyOf={({ id }) => String(id)}
      chosen={query.node}
      choose={({ id }) => route({ node: id })}
      empty={<Empty title="No object." calm>{snapshot && 'Objects without a size are left out.'}</Empty>}
    />
  );
}

const RESULTS = [
  { id: 'classes', title: 'Classes' },
  { id: 'objects', title: 'Objects of this name' },
];

function Found({ snapshot }) {
  const { query, route } = usePage();
  // Terms have an operator; what has none is a name.
  const isSearch = /[:~<>=]/.test(query.q);
  const tab = query.found === 'objects' ? 'objects' : 'classes';
  const objects = (wanted) => <Objects snapshot={snapshot} path={`/api/snapshots/${snapshot.id}/find`} query={wanted} label={`Objects found for ${query.q}`} />;
  return (
    <>
      <nav class="crumbs" aria-label="Back">
        <button type="button" class="link" onClick={() => route({ q: undefined, node: undefined })}><Icon name="back" /> All</button>
        <span>found for <b>{visible(query.q)}</b></span>
      </nav>
      {isSearch ? (
        <Beside snapshot={snapshot}>{objects({ where: query.q })}</Beside>
      ) : (
        <>
          <Tabs label="What to find" panel="found" tabs={RESULTS} chosen={tab} choose={(id) => route({ found: id })} />
          <Panel id="found" chosen={tab} class="fill">
            <Beside snapshot={snapshot}>{tab === 'objects' ? objects({ name: query.q }) : <Classes snapshot={snapshot} filter={query.q} />}</Beside>
          </Panel>
        </>
      )}
    </>
  );
}
