import { usePage } from '../context.js';
import { pathOf, useAnswer } from '../data/answers.js';
import { Answered, Empty } from '../parts/states.jsx';
import { Verdict } from './findings.jsx';
import { shortName, useSeries } from '../parts/snapshots.jsx';
import { href } from '../route.js';
import { grouped, moment, percent, size } from '../text.js';

/** The kinds of memory, as DevTools' Statistics view has them, from the largest group down. */
const MEMORY = [
  ['codeSize', 'Code'],
  ['stringsSize', 'Strings'],
  ['jsArraysSize', 'Arrays'],
  ['otherJsSize', 'Other JavaScript'],
  ['typedArraysSize', 'Buffers'],
  ['otherNativeSize', 'Other native'],
  ['systemSize', 'V8’s own'],
];

/** The snapshots of a page without a process: what they are, and the verdict. */
export function Files() {
  const { snapshots, source } = usePage();
  const series = useSeries();
  const summary = useAnswer(source, series.length === 0 || !source.has('/api/summary') ? undefined : pathOf('/api/summary', { snapshots: series.map(({ id }) => id).join(',') }));
  if (snapshots.length === 0) return <Empty title="There is no snapshot.">Give a file: <code>leakscan open FILE</code>.</Empty>;
  return (
    <>
      <h1 class="unseen">Overview</h1>
      {source.has('/api/summary') && <Answered answer={summary} what="Looking for leaks">
        {(value) => <Verdict summary={value} next={value.findings.length > 0 && <a class="button primary" href={href('findings')}>{value.findings.length === 1 ? 'The finding' : `All ${value.findings.length} findings`}</a>} />}
      </Answered>}
      <div class="snapshots">
        {snapshots.map((snapshot) => <Snapshot key={snapshot.id} snapshot={snapshot} />)}
      </div>
    </>
  );
}

function Snapshot({ snapshot }) {
  const { source } = usePage();
  const has = source.has('/api/snapshots/');
  const statistics = useAnswer(source, has ? `/api/snapshots/${snapshot.id}/statistics` : undefined);
  const { takenAt, fileSize, totalSize, nodeCount } = snapshot;
  return (
    <section class="card">
      <header class="card-head">
        <h2>{shortName(snapshot)}</h2>
        {has && <a href={href('explore', { in: snapshot.id })}>Explore</a>}
      </header>
      <p class="soft">
        {totalSize !== undefined && <><b class="ink">{size(totalSize)}</b> in {grouped(nodeCount)} nodes</>}
        {takenAt && <> · {moment(takenAt)}</>}
        {fileSize && <> · file of {size(fileSize)}</>}
      </p>
      {has && <Answered answer={statistics}>{(value) => <Parts statistics={value} />}</Answered>}
    </section>
  );
}

function Parts({ statistics }) {
  const parts = MEMORY.map(([field, name]) => ({ name, bytes: statistics[field] ?? 0 })).filter(({ bytes }) => bytes > 0);
  const total = parts.reduce((sum, { bytes }) => sum + bytes, 0);
  return (
    <>
      <div class="stack" aria-hidden="true">
        {parts.map(({ name, bytes }) => <span key={name} class={`part part-${MEMORY.findIndex(([, it]) => it === name)}`} style={{ flexGrow: bytes }} />)}
      </div>
      <ul class="legend">
        {parts.map(({ name, bytes }) => (
          <li key={name}>
            <span class={`swatch part-${MEMORY.findIndex(([, it]) => it === name)}`} aria-hidden="true" />
            {name} <b>{size(bytes)}</b> <span class="soft">{percent(bytes / total)}</span>
          </li>
        ))}
      </ul>
    </>
  );
}
