import { useMemo } from 'preact/hooks';
import { usePage } from '../context.js';
import { pathOf, useAnswer } from '../data/answers.js';
import { Spark } from '../parts/chart.jsx';
import { Place } from '../parts/place.jsx';
import { Rounds, useRounds } from '../parts/rounds.jsx';
import { SeriesChips, useSeries } from '../parts/snapshots.jsx';
import { Answered, Empty } from '../parts/states.jsx';
import { Table, whole } from '../parts/table.jsx';
import { counted, grouped, signed, signedSize, size, visible } from '../text.js';

const PACES = {
  steady: ['steady', 'in step with the rounds, from each snapshot to the next'],
  uneven: ['uneven', 'grows, out of step with the rounds'],
  waning: ['waning', 'by less and less, as a cache fills'],
  backlog: ['backlog', 'grew and fell again: no leak'],
};

const COLUMNS = [
  {
    id: 'className',
    title: 'What piles up, and where',
    width: 'minmax(6rem, 4fr)',
    of: ({ className, path, location }) => <><b class="node-name">{visible(className)}</b> <span class="soft trail">{visible(path.map(({ edgeName }) => edgeName).join(' › '))}</span> <Place location={location} /></>,
  },
  { id: 'pace', title: 'Pace', width: '5.5rem', room: 1, of: ({ pace }) => <span class={`tag pace-${pace}`} title={PACES[pace]?.[1]}>{PACES[pace]?.[0] ?? pace}</span> },
  { id: 'counts', title: 'Count', width: '9rem', number: true, room: 1, of: ({ counts }) => <>{grouped(counts[counts.length - 1])} <Spark values={counts} label={`Counts: ${counts.join(', ')}`} /></> },
  { id: 'sizes', title: 'Bytes', width: '9.5rem', number: true, of: ({ sizes }) => <>{size(sizes[sizes.length - 1])} <Spark values={sizes} ink="leak" label={`Bytes: ${sizes.map(size).join(', ')}`} /></> },
  { id: 'slope', title: 'Per snapshot', width: '6.5rem', number: true, room: 1, of: ({ slope }) => <span class="up">{signedSize(slope.bytes)}</span> },
  { id: 'perRound', title: 'Per round', width: '6rem', number: true, room: 1, of: ({ perRound, exact }) => perRound && <span title={exact ? 'every growth is a whole multiple of the rounds' : undefined}>{signed(Math.round(perRound.count * 100) / 100)}{exact && ' ='}</span> },
];

/** What grew from each of several snapshots to the next, by place. */
export function Trend() {
  const { source } = usePage();
  const ids = useSeries().map(({ id }) => id);
  const { asked } = useRounds(ids.length);
  const trend = useAnswer(source, ids.length < 2 ? undefined : pathOf('/api/trend', { snapshots: ids.join(','), ...asked }));
  return (
    <>
      <div class="controls">
        <SeriesChips />
        <Rounds count={ids.length} />
      </div>
      {ids.length < 2 ? <Empty title="A trend takes two snapshots or more.">Three or more tell a leak from a cache that fills.</Empty> : <Answered answer={trend} what="Following every place">{(value) => <Rows trend={value} />}</Answered>}
    </>
  );
}

function Rows({ trend }) {
  const { rows, rowCount, snapshots } = trend;
  const load = useMemo(() => whole(rows), [rows]);
  const hasRounds = rows.some(({ perRound }) => perRound);
  return (
    <>
      <p class="totals">
        {snapshots.map(({ totalSize }) => size(totalSize)).join(' → ')}
        <span class="soft"> · {counted(rowCount, 'place')} grew{rowCount > rows.length && `, the first ${rows.length} are shown`}{snapshots.length === 2 && ' · a third snapshot tells caches from leaks'}</span>
      </p>
      <Table
        label="Places that grew"
        columns={COLUMNS.filter(({ id }) => id !== 'perRound' || hasRounds)}
        load={load}
        question={JSON.stringify(trend.snapshots)}
        keyOf={({ signature }) => signature}
        empty={<Empty title="Nothing grew from each snapshot to the next." calm />}
      />
    </>
  );
}
