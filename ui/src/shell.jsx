import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { Page } from './context.js';
import { useAnswer } from './data/answers.js';
import { Icon } from './parts/icons.jsx';
import { Failed, Loading } from './parts/states.jsx';
import { go, href, useRoute } from './route.js';
import { duration } from './text.js';
import { Capture } from './views/capture.jsx';
import { Compare } from './views/compare.jsx';
import { Explore } from './views/explore.jsx';
import { Files } from './views/files.jsx';
import { Findings } from './views/findings.jsx';
import { Listeners } from './views/listeners.jsx';
import { Now } from './views/now.jsx';

/** The views, in the order in which one needs them at night. `live` ones need a process, or that there is none; `needs` are routes. */
const VIEWS = [
  { id: 'now', title: 'Now', of: Now, live: true },
  { id: 'files', title: 'Overview', of: Files, live: false },
  { id: 'findings', title: 'Findings', of: Findings, needs: ['/api/summary'] },
  { id: 'compare', title: 'Compare', of: Compare, needs: ['/api/diff', '/api/trend'] },
  { id: 'explore', title: 'Explore', of: Explore, needs: ['/api/snapshots/'] },
  { id: 'listeners', title: 'Listeners', long: 'Listeners and timers', of: Listeners, needs: ['/api/listeners'] },
  { id: 'capture', title: 'Capture', of: Capture, live: true },
];

/** How often the health is asked for. */
const EVERY_MS = 5000;

/** The frame around the views. */
export function Shell({ source }) {
  const { view: wanted, query } = useRoute();
  const isEmbedded = source.embedded;
  const health = useAnswer(source, '/api/health', { every: isEmbedded ? undefined : EVERY_MS });
  const list = useAnswer(source, '/api/snapshots');
  const [waiting, setWaiting] = useState(0);
  useEffect(() => source.waits(setWaiting), [source]);
  const live = health.value !== undefined && health.value.live !== false;
  const views = VIEWS.filter(({ live: wants, needs }) => (wants === undefined || wants === live) && (needs === undefined || needs.some(source.has)));
  const view = views.find(({ id }) => id === wanted) ?? views[0];
  const snapshots = list.value?.snapshots;

  const page = useMemo(
    () => ({
      source,
      health: health.value,
      stale: health.failure,
      live,
      embedded: isEmbedded,
      snapshots: snapshots ?? [],
      renew: list.again,
      query,
      route: (more, options) => go(view.id, { ...query, ...more }, options),
    }),
    [source, health.value, health.failure, live, isEmbedded, snapshots, query, view],
  );

  const main = useRef();
  const shown = useRef(view.id);
  useEffect(() => {
    document.title = `${view.long ?? view.title} – leakscan`;
    // Whoever goes to another view by keyboard goes on from its start.
    if (shown.current !== view.id) main.current?.focus({ preventScroll: true });
    shown.current = view.id;
    scrollTo(0, 0);
  }, [view.id]);

  if (health.failure && !health.value) return <main class="door"><Failed failure={health.failure} again={health.again} /></main>;
  if (!health.value || (!snapshots && !list.failure)) return <main class="door"><Loading what="Opening" /></main>;
  const { of: View } = view;
  return (
    <Page.Provider value={page}>
      <a class="skip" href="#content" onClick={(event) => { event.preventDefault(); main.current.focus(); }}>Skip to the content</a>
      <div class="shell">
        <header class="side">
          <p class="brand"><Mark />leakscan</p>
          <nav aria-label="Views">
            {views.map(({ id, title, long }) => (
              <a key={id} href={href(id, id === view.id ? query : keep(query))} aria-current={id === view.id ? 'page' : undefined} title={long}>
                <Icon name={id} />
                <span class="nav-title">{title}</span>
              </a>
            ))}
          </nav>
          <Foot health={health.value} stale={health.failure} live={live} embedded={isEmbedded} count={page.snapshots.length} />
        </header>
        <main id="content" ref={main} tabIndex={-1} class={`view view-${view.id}`}>
          {waiting > 0 && <p class="busy" role="status">Others are asking too: what is missing comes in a moment.</p>}
          {list.failure ? <Failed failure={list.failure} again={list.again} /> : <View />}
        </main>
      </div>
    </Page.Provider>
  );
}

/** What of an address holds in every view: which snapshots, and how much was done between them. */
const keep = ({ of, in: one, rounds, unit }) => ({ of, in: one, rounds, unit });

export function Mark() {
  return (
    <svg class="mark" viewBox="0 0 16 16" aria-hidden="true">
      <rect width="16" height="16" rx="4" />
      <path d="M3.5 11.5l3-3 2 1.5 4-5.5" />
    </svg>
  );
}

/** What the page is about, and whether it is still in touch with it. */
function Foot({ health, stale, live, embedded, count }) {
  if (embedded) return <p class="foot soft">A saved page of {count === 1 ? 'one snapshot' : `${count} snapshots`}. It asks nobody for anything.</p>;
  const { process } = health;
  return (
    <div class="foot soft">
      <p class="touch" role="status">
        <span class={`dot ${stale ? 'bad' : 'good'}`} aria-hidden="true" />
        {stale ? 'No answer' : 'Connected'}
      </p>
      {live && process && (
        <p>
          {process.title && <span class="foot-title">{process.title.split('/').at(-1)}</span>}
          <span>pid {process.pid} · {process.node}</span>
          <span>up {duration(process.uptime * 1000)}</span>
        </p>
      )}
    </div>
  );
}
