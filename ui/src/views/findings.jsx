import { useState } from 'preact/hooks';
import { usePage } from '../context.js';
import { pathOf, useAnswer } from '../data/answers.js';
import { nodeName, startOf } from '../nodes.js';
import { Path } from '../parts/path.jsx';
import { Copy, Meter, Place, Prose } from '../parts/place.jsx';
import { Rounds, useRounds } from '../parts/rounds.jsx';
import { SeriesChips, useSeries } from '../parts/snapshots.jsx';
import { Answered, Empty } from '../parts/states.jsx';
import { href } from '../route.js';
import { counted, percent, ratio, sentence, signed, signedSize, size, visible } from '../text.js';

/** What leaks, and why: the one to fix first comes first. */
export function Findings() {
  const { snapshots, source, live } = usePage();
  const series = useSeries();
  const ids = series.map(({ id }) => id);
  const { asked } = useRounds(ids.length);
  const summary = useAnswer(source, series.length === 0 ? undefined : pathOf('/api/summary', { snapshots: ids.join(','), ...asked }));
  if (snapshots.length === 0) {
    return (
      <>
        <h1>Findings</h1>
        <Empty title="There is no snapshot yet.">
          {live ? <>A leak shows between two of them: <a href={href('capture')}>capture one</a> now, and another after some work.</> : 'Open a file: leakscan open FILE.'}
        </Empty>
      </>
    );
  }
  return (
    <>
      <div class="view-head">
        <h1>Findings</h1>
        <div class="controls">
          <SeriesChips />
          <Rounds count={ids.length} />
        </div>
      </div>
      <Answered answer={summary} what="Looking for leaks">
        {(value) => <All summary={value} last={series[series.length - 1]} live={live} />}
      </Answered>
    </>
  );
}

function All({ summary, last, live }) {
  const { findings, mode, ignored } = summary;
  return (
    <>
      <Verdict summary={summary} />
      {mode === 'single' && <p class="hint soft">One snapshot shows what is suspicious by its size and shape. {live ? <>A second one shows what really grows: <a href={href('capture')}>capture it</a>.</> : 'A second one shows what really grows.'}</p>}
      <ol class="findings" aria-label="Findings, the one to fix first comes first">
        {findings.map((finding, at) => <Finding key={finding.signature + at} finding={finding} number={at + 1} summary={summary} snapshot={last} />)}
      </ol>
      {ignored > 0 && <p class="soft">{counted(ignored, 'finding')} {ignored === 1 ? 'is' : 'are'} ignored by rules.</p>}
    </>
  );
}

const WORDS = { leak: 'It leaks', suspicious: 'Suspicious', clean: 'No leak found' };

/** The verdict in one sentence. */
export function Verdict({ summary, next }) {
  const { verdict, findings, before, after, identity, mode } = summary;
  const [first] = findings;
  const delta = before && after.totalSize - before.totalSize;
  return (
    <section class={`verdict verdict-${verdict}`}>
      <h2>{WORDS[verdict]}</h2>
      <p class="sentence">
        {first ? `${visible(first.title)}${first.growth ? `: ${rate(summary, first.growth)}` : ''}.` : mode === 'single' ? 'Nothing is suspicious by its size or shape.' : 'Nothing grew that should not.'}
      </p>
      <p class="soft">
        Heap: {before && <>{size(before.totalSize)} → </>}{size(after.totalSize)}
        {before && <> ({signedSize(delta)}{roundsText(summary) && ` in ${roundsText(summary)}`})</>}.
        {identity === 'different-process' && ' The snapshots are of different processes, so they are compared by place and path.'}
      </p>
      {next && <p class="next">{next}</p>}
    </section>
  );
}

/** `300 requests`, `7 + 13 requests`. */
function roundsText({ rounds, unit }) {
  if (rounds === undefined) return undefined;
  const list = [rounds].flat();
  return list.length === 1 ? counted(list[0], unit) : `${list.join(' + ')} ${unit}s`;
}

/** `+1 per request`, or how many since the older snapshot. */
function rate({ unit, mode }, { perRound, count }) {
  if (perRound !== undefined) return `+${ratio(perRound)} per ${unit}`;
  return `${signed(count)} since the ${mode === 'trend' ? 'first' : 'older'} snapshot`;
}

/** Evidence that is told in a place of its own, or that says nothing to people. */
const TOLD = new Set(['sharedScope', 'variable', 'usesKnownBy', 'library', 'libraryVersions', 'libraryNote', 'libraryUrl', 'libraryFrame', 'retainedPerListener', 'counts', 'allocatedBy', 'allocatedCount']);

function Finding({ finding, number, summary, snapshot }) {
  const { cause, title, advice, confidence, growth, retainedSize, share, owner, location, path, holds = [], evidence, signature } = finding;
  const link = (id) => href('explore', { in: snapshot.id, node: id });
  const start = startOf(path);
  const id = `finding-${number}`;
  return (
    <li class="card finding" aria-labelledby={id}>
      <header>
        <span class="rank" aria-hidden="true">{number}</span>
        <h2 id={id}>{visible(title)}</h2>
        <p class="tags">
          <span class="tag">{cause}</span>
          <span class="soft">{percent(confidence)} sure</span>
        </p>
      </header>
      <div class="finding-body">
        <dl class="facts">
          {growth && <Fact name="Growth"><b>{rate(summary, growth)}</b>{growth.perRound !== undefined && `: ${signed(growth.count)}`}, {signedSize(growth.bytes)}{evidence.counts && <>; {evidence.counts} in the snapshots</>}</Fact>}
          <Fact name="Keeps"><b>{size(retainedSize)}</b> <Meter share={share} label={`${percent(share)} of the heap`} /> <span class="soft">{percent(share)} of the heap</span></Fact>
          {location && <Fact name="Made at"><Place location={location} /></Fact>}
          <Fact name="Held by"><a class="node-name" href={link(owner.id)}>{nodeName(owner)}</a> <span class="soft">@{owner.id}</span></Fact>
          {evidence.sharedScope && evidence.usesKnownBy !== 'unknown' && (
            <Fact name="Why"><Prose text={sentence(evidence.sharedScope)} />{holds[0] && <>; <code>{visible(String(evidence.variable))}</code> keeps one {nodeName(holds[0].node)}</>}.</Fact>
          )}
          {evidence.allocatedBy && <Fact name="Made by"><code>{visible(String(evidence.allocatedBy))}</code>{evidence.allocatedCount && <span class="soft"> × {evidence.allocatedCount.toLocaleString('en')}</span>}</Fact>}
          {evidence.library && <Fact name="Library"><b>{evidence.library}</b>{evidence.libraryVersions && ` ${evidence.libraryVersions}`}{evidence.libraryNote && <>: <Prose text={evidence.libraryNote} /></>}{evidence.libraryUrl && <> (<span class="soft">{evidence.libraryUrl}</span>)</>}</Fact>}
          <Fact name="Do"><Prose text={advice} /></Fact>
          <Evidence evidence={evidence} />
        </dl>
        <div class="chains">
          {holds.slice(0, 2).map((held, at) => (
            <figure key={at} class="chain">
              <figcaption>Each keeps <b>{size(held.retainedSize)}</b>, most of it one {nodeName(held.node)}, through</figcaption>
              <Path top={nodeName(owner)} steps={held.path} link={link} label="What one of them keeps" />
            </figure>
          ))}
          {path.length > 0 && (
            <details class="chain" open={holds.length === 0}>
              <summary>How <b>{nodeName(owner)}</b> is reached from the root</summary>
              <Path top={start > 0 ? '…' : '(root)'} steps={path.slice(start)} link={link} label="From the root to the owner" />
            </details>
          )}
        </div>
      </div>
      <Ignore signature={signature} number={number} />
    </li>
  );
}

function Fact({ name, children }) {
  return <><dt>{name}</dt><dd>{children}</dd></>;
}

function Evidence({ evidence }) {
  const rest = Object.entries(evidence).filter(([name]) => !TOLD.has(name));
  if (rest.length === 0) return null;
  return (
    <Fact name="Seen">
      <ul class="evidence">
        {rest.map(([name, value]) => <li key={name}><span class="soft">{words(name)}</span> {typeof value === 'number' ? value.toLocaleString('en') : visible(value)}</li>)}
      </ul>
    </Fact>
  );
}

/** `listenersOfEvent` as words. @param {string} name */
const words = (name) => name.replace(/([A-Z])/g, (_, letter) => ` ${letter.toLowerCase()}`);

/** The line for the ignore file: this page changes nothing by itself. */
function Ignore({ signature, number }) {
  const [open, setOpen] = useState(false);
  const id = `ignore-${number}`;
  return (
    <footer class="ignore">
      <span class="soft">signature <code>{signature}</code></span>
      <button type="button" class="button small" aria-expanded={open} aria-controls={id} onClick={() => setOpen(!open)}>Ignore …</button>
      <div id={id} hidden={!open} class="ignore-line">
        <p class="soft">If this growth is known and accepted, add this line to your ignore file:</p>
        <p><code id={`${id}-line`}>{`signature:${signature}`}</code> <Copy text={`signature:${signature}`} of={`${id}-line`} /></p>
      </div>
    </footer>
  );
}
