import { usePage } from '../context.js';
import { Chart, untilLimit } from '../parts/chart.jsx';
import { Meter, Prose } from '../parts/place.jsx';
import { Empty } from '../parts/states.jsx';
import { href } from '../route.js';
import { duration, moment, percent, signedSize, size } from '../text.js';

const WORDS = {
  leak: 'It leaks',
  growth: 'It grows',
  flat: 'No leak seen',
  clean: 'No leak seen',
  unknown: 'Too early to tell',
};
const KINDS = { 'js-heap': 'JavaScript’s heap', external: 'Buffers', native: 'Memory outside of V8' };

/** Whether the service leaks, since when, and how fast. */
export function Now() {
  const { health, stale, snapshots } = usePage();
  const { watcher, memory } = health;
  const series = watcher?.history?.series ?? {};
  const samples = watcher?.history?.samples ?? [];
  const floor = series['js-heap'] ?? [];
  const heap = watcher?.verdicts?.['js-heap'];
  const captures = snapshots.flatMap(({ id, takenAt }) => (takenAt ? [{ time: new Date(takenAt).getTime(), label: `#${id}` }] : []));
  const collections = samples.flatMap(({ afterGc, time }) => (afterGc ? [time] : []));
  const last = samples[samples.length - 1];
  const now = floor[floor.length - 1]?.bytes ?? memory.heapUsed;
  const limit = memory.heapLimit;
  const left = untilLimit(limit - now, heap?.verdict === 'flat' ? 0 : heap?.perHour);
  return (
    <>
      <section class={`verdict verdict-${health.verdict}`} aria-live="polite">
        <h1>{WORDS[health.verdict] ?? health.verdict}</h1>
        <p class="sentence"><Prose text={health.sentence} /></p>
        {stale && <p class="bad">{stale.message} What follows is the last that was heard.</p>}
        {(health.verdict === 'leak' || health.verdict === 'growth') && (
          <p class="next">
            {snapshots.length >= 2 ? (
              <a class="button primary" href={href('findings')}>What leaks, and why</a>
            ) : (
              <a class="button primary" href={href('capture')}>{snapshots.length === 0 ? 'Capture two snapshots to see why' : 'Capture a second snapshot to see why'}</a>
            )}
          </p>
        )}
      </section>
      <dl class="figures">
        <Figure name="Heap in use" value={size(memory.heapUsed)} note={<><Meter share={memory.heapUsed / limit} label={`${percent(memory.heapUsed / limit)} of the limit`} /> of {size(limit)}</>} />
        <Figure name="Floor grows by" value={heap?.perHour === undefined || heap.tooEarly ? '–' : heap.verdict === 'flat' ? 'nothing' : `${signedSize(heap.perHour)}/h`} note={heap?.tooEarly ? `too early: ${heap.points} points` : heap?.points ? `${heap.growth === 0 ? 'no change' : signedSize(heap.growth)} over ${heap.points} points` : 'no points yet'} />
        <Figure name="Limit reached in" value={left ?? '–'} note={left ? 'at this pace' : heap?.tooEarly === undefined && heap?.points ? 'it does not grow' : 'too early to tell'} />
        <Figure name="Resident" value={size(memory.rss)} note={memory.containerLimit ? <><Meter share={memory.rss / memory.containerLimit} label={`${percent(memory.rss / memory.containerLimit)} of the container`} /> of {size(memory.containerLimit)}</> : 'no container limit'} />
        {last && <Figure name="Event loop" value={`${percent(last.eventLoopUtilization)} busy`} note={`late by ${duration(last.eventLoopDelayMs)} at most`} />}
      </dl>
      <figure class="card">
        <figcaption>
          <h2>Heap floor</h2>
          <p class="soft">What is left after each major collection. Ticks below: collections{captures.length > 0 && '; dashed: snapshots'}.</p>
        </figcaption>
        {floor.length > 1 ? (
          <Chart label="Heap floor" points={floor} ink="accent" limit={limit} collections={collections} captures={captures} height={240} />
        ) : (
          <Empty title="No curve yet.">
            The first points come after the warm-up{watcher?.startedAt ? ` (watched since ${moment(watcher.startedAt)})` : ''}, and need major collections.
          </Empty>
        )}
        {floor.length > 1 && <Figures points={floor} of="Heap floor" />}
      </figure>
      <div class="pair">
        <Beside name="Buffers" note="Buffers and ArrayBuffers" kind="external" points={series.external} verdict={watcher?.verdicts?.external} ink="chart-2" captures={captures} />
        <Beside name="Resident" note="The whole process" kind="native" points={series.rss} verdict={watcher?.verdicts?.native} of={KINDS.native} ink="chart-3" captures={captures} limit={memory.containerLimit ?? undefined} />
      </div>
    </>
  );
}

function Figure({ name, value, note }) {
  return (
    <div class="figure">
      <dt>{name}</dt>
      <dd class="value">{value}</dd>
      <dd class="soft note">{note}</dd>
    </div>
  );
}

/** What is thought of a kind of memory, in few words. */
function judgement({ verdict, perHour, tooEarly } = {}) {
  if (verdict === undefined || tooEarly) return 'too early to tell';
  return verdict === 'flat' ? 'flat' : `${verdict === 'leak' ? 'leaks' : 'grows'} by ${signedSize(perHour)}/h`;
}

function Beside({ name, note, points = [], verdict, of, ink, captures, limit }) {
  const judged = `${of ? `${of}: ` : ''}${judgement(verdict)}`;
  return (
    <figure class="card">
      <figcaption>
        <h2>{name}</h2>
        <p class="soft">{note}. <span class={verdict?.verdict === 'leak' ? 'bad' : ''}>{judged[0].toUpperCase() + judged.slice(1)}.</span></p>
      </figcaption>
      {points.length > 1 ? <Chart label={name} points={points} ink={ink} captures={captures} limit={limit} height={130} /> : <Empty title="No curve yet." />}
    </figure>
  );
}

/** The same figures as text, for those who do not see a curve. */
function Figures({ points, of }) {
  const few = points.filter((_, at) => at % Math.ceil(points.length / 12) === 0 || at === points.length - 1);
  return (
    <details class="as-text">
      <summary>As figures</summary>
      <table>
        <caption class="unseen">{of}</caption>
        <thead><tr><th scope="col">Time</th><th scope="col">Bytes</th></tr></thead>
        <tbody>
          {few.map(({ time, bytes }) => <tr key={time}><td>{moment(time)}</td><td class="number">{size(bytes)}</td></tr>)}
        </tbody>
      </table>
    </details>
  );
}
