import { useEffect, useRef, useState } from 'preact/hooks';
import { usePage } from '../context.js';
import { Icon } from '../parts/icons.jsx';
import { Empty, Failed } from '../parts/states.jsx';
import { shortName } from '../parts/snapshots.jsx';
import { href } from '../route.js';
import { duration, grouped, moment, sentence, size } from '../text.js';

/** What a capture does, in order. */
const PHASES = { queued: 'Waiting for its turn', capturing: 'V8 writes the heap: the process stands still', parsing: 'Reading it, beside the process', reading: 'Reading it, beside the process', analyzing: 'Working out who keeps whom' };
/** Milliseconds between two looks at a job that cannot be followed. */
const AGAIN_MS = 500;
const ENDED = new Set(['done', 'failed', 'cancelled']);

/** Taking a snapshot, and those that are kept. */
export function Capture() {
  const { health, snapshots, source, renew } = usePage();
  const [job, setJob] = useState();
  const [failure, setFailure] = useState();
  const label = useRef();
  const force = useRef();
  const follow = useFollowing(source, setJob, renew);
  const { predictedPauseMs, neededBytes, availableBytes, enough } = health.capture ?? {};
  const busy = job !== undefined && !ENDED.has(job.state);
  const rest = useCountdown(failure);

  useEffect(() => {
    // A capture that somebody else began, or that this page began before it went to another view.
    source.get('/api/captures').then(({ captures }) => {
      const running = captures.find(({ state }) => !ENDED.has(state));
      if (running) follow(running);
    }, () => {});
  }, [source]);

  const start = async (event) => {
    event.preventDefault();
    setFailure(undefined);
    const query = new URLSearchParams();
    if (label.current.value.trim()) query.set('label', label.current.value.trim());
    if (force.current?.checked) query.set('force', 'true');
    try {
      follow(await source.post(`/api/captures${query.size ? `?${query}` : ''}`));
      label.current.value = '';
    } catch (error) {
      setFailure(error);
    }
  };
  return (
    <>
      <h1>Capture</h1>
      <form class="card capture" onSubmit={start}>
        <dl class="figures">
          <div class="figure"><dt>The process stands still for</dt><dd class="value">{predictedPauseMs === undefined ? '–' : `about ${duration(predictedPauseMs)}`}</dd><dd class="soft note">no request is answered meanwhile</dd></div>
          <div class="figure"><dt>Memory needed</dt><dd class="value">{neededBytes === undefined ? '–' : size(neededBytes)}</dd><dd class={enough === false ? 'bad note' : 'soft note'}>{availableBytes !== undefined && `${size(availableBytes)} available${enough === false ? ': not enough' : ''}`}</dd></div>
        </dl>
        <div class="capture-controls">
          <label class="field"><span>Label <span class="soft">(if you like)</span></span><input ref={label} type="text" maxLength={80} placeholder="after 1000 orders" autocomplete="off" disabled={busy} /></label>
          {enough === false && health.options?.allowForce && <label class="check"><input type="checkbox" ref={force} /> capture although memory is short <span class="bad">(the process may be killed)</span></label>}
          <button type="submit" class="button primary" disabled={busy || rest > 0 || (enough === false && !health.options?.allowForce)}>{busy ? 'Capturing …' : rest > 0 ? `Again in ${rest} s` : 'Capture a snapshot'}</button>
        </div>
        {failure && failure.retryAfter === undefined && <Failed failure={failure} />}
        {rest > 0 && <p class="bad" role="alert">{sentence(failure.message)}.</p>}
        {job && <Job job={job} cancel={() => source.remove(`/api/captures/${job.id}`).catch(setFailure)} />}
      </form>
      <Kept snapshots={snapshots} />
    </>
  );
}

/** Seconds until what was refused may be tried again: a pause is nothing to begin by itself. @param {{ retryAfter?: number } | undefined} failure */
function useCountdown(failure) {
  const [left, setLeft] = useState(0);
  useEffect(() => {
    if (failure?.retryAfter === undefined) return setLeft(0);
    const end = Date.now() + failure.retryAfter * 1000;
    const count = () => setLeft(Math.max(0, Math.ceil((end - Date.now()) / 1000)));
    count();
    const timer = setInterval(count, 250);
    return () => clearInterval(timer);
  }, [failure]);
  return left;
}

/** Follows a job to its end. */
function useFollowing(source, setJob, renew) {
  const stop = useRef();
  useEffect(() => () => stop.current?.abort(), []);
  return async (job) => {
    stop.current?.abort();
    stop.current = new AbortController();
    const { signal } = stop.current;
    let last = job;
    setJob(last);
    const tell = (event, data) => {
      last = { ...last, ...data };
      if (ENDED.has(event)) last.state = event;
      setJob(last);
    };
    try {
      while (!ENDED.has(last.state)) {
        await source.events(`/api/captures/${job.id}/events`, tell, signal);
        if (ENDED.has(last.state)) break;
        // A proxy may end a connection early; that says nothing of the job.
        tell('state', await source.get(`/api/captures/${job.id}`, signal));
        await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
      }
    } catch (error) {
      if (!signal.aborted) setJob({ ...last, state: 'failed', error: { message: error.message } });
    }
    if (!signal.aborted) renew();
  };
}

function Job({ job, cancel }) {
  const { state, phase, done, total, cost, error } = job;
  if (state === 'done') return <p class="good-note" role="status">Done{cost && `: the process stood still for ${duration(cost.pauseMs)}`}. Its snapshot is in the list below.</p>;
  if (state === 'cancelled') return <p class="soft" role="status">Cancelled. Nothing was kept.</p>;
  if (state === 'failed') return <p class="bad" role="alert">{error?.message ?? 'It failed.'}</p>;
  const share = total ? Math.min(done / total, 1) : undefined;
  const words = PHASES[phase] ?? PHASES[state] ?? state;
  return (
    <div class="job">
      <p role="status">{words}</p>
      <progress value={share} max={1} aria-label={words} />
      <button type="button" class="button small" onClick={cancel}>Cancel</button>
    </div>
  );
}

/** The snapshots that are kept, the newest first. */
function Kept({ snapshots }) {
  const { source, renew, health } = usePage();
  const [failure, setFailure] = useState();
  const [asked, setAsked] = useState();
  const remove = (id) => {
    setAsked(undefined);
    source.remove(`/api/snapshots/${id}`).then(renew, setFailure);
  };
  const save = async ({ id }) => {
    try {
      const link = document.createElement('a');
      link.href = URL.createObjectURL(await source.blob(`/api/snapshots/${id}/file`));
      link.download = `${id}.heapsnapshot`;
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 1000);
    } catch (error) {
      setFailure(error);
    }
  };
  return (
    <section aria-labelledby="kept">
      <h2 id="kept">Kept</h2>
      {failure && <Failed failure={failure} />}
      {snapshots.length === 0 ? (
        <Empty title="No snapshot is kept." calm>Capture one, let the service work for a while, and capture another: what grew between them is the leak.</Empty>
      ) : (
        <ul class="kept">
          {[...snapshots].reverse().map((snapshot) => (
            <li key={snapshot.id} class="card">
              <div>
                <b>{shortName(snapshot)}</b> <span class="soft">{[snapshot.label && `#${snapshot.id}`, snapshot.takenAt && moment(snapshot.takenAt)].filter(Boolean).join(' · ')}</span>
                <p class="soft">{size(snapshot.totalSize)} in {grouped(snapshot.nodeCount)} nodes{snapshot.pauseMs !== undefined && ` · stood still for ${duration(snapshot.pauseMs)}`}</p>
              </div>
              <div class="buttons">
                <a class="button small" href={href('explore', { in: snapshot.id })}>Explore</a>
                {health.options?.allowDownload && <button type="button" class="button small" onClick={() => save(snapshot)}><Icon name="save" /> Download</button>}
                {asked === snapshot.id ? (
                  <>
                    <button type="button" class="button small danger" onClick={() => remove(snapshot.id)}>Delete for good</button>
                    <button type="button" class="button small" onClick={() => setAsked(undefined)}>Keep</button>
                  </>
                ) : (
                  <button type="button" class="button small" aria-label={`Delete ${shortName(snapshot)}`} onClick={() => setAsked(snapshot.id)}><Icon name="remove" /></button>
                )}
              </div>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
