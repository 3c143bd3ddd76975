// As usage.ts: series of snapshots, and what to ignore.

import { createReadStream } from 'node:fs';
import { Trend, diff, parseIgnore, summarize, summarizeAsync, trend, trendAsync } from 'leakscan';
import type {
  IgnoreRule,
  NodeRef,
  Rate,
  SeriesOptions,
  SourceLocation,
  Summary,
  SummaryOptions,
  TrendOptions,
  TrendRow,
  TrendStep,
} from 'leakscan';

const series: SeriesOptions = { rounds: [7, 13], unit: 'request', identity: 'same-process', strings: 'none' };
const rule: IgnoreRule = { cause: 'timers', className: 'Map', path: '**.cache', signature: '98c60dff22c18f3a' };
const rules: IgnoreRule[] = parseIgnore('cause:timers');
const trendOptions: TrendOptions = { ...series, limit: 5, ignore: [rule, 'class:Session', ...rules] };
const grown: Trend = trend(['a', 'b', 'c'], trendOptions);
const later: Promise<Trend> = trendAsync([createReadStream('a'), 'b'], { signal: new AbortController().signal });
const ofDiff: Trend = trend(diff('a', 'b'));
const rows: TrendRow[] = grown.rows;
const row = rows[0];
if (row) {
  const steps: TrendStep[] = row.path;
  const rates: (Rate | undefined)[] = [row.slope, row.perRound];
  const example: NodeRef | undefined = row.example;
  const location: SourceLocation | undefined = row.location;
  const pace: 'steady' | 'uneven' | 'waning' | 'backlog' = row.pace;
  console.log(steps, rates, example, location, pace, row.counts, row.sizeDeltas, row.exact, row.also, row.signature);
}
const options: SummaryOptions = { ...series, ignore: ['path:**.cache'] };
const summaries: Summary[] = [summarize(['a', 'b', 'c'], options), summarize(grown, { limit: 1, ignore: rules })];
const promised: Promise<Summary> = summarizeAsync(grown, { limit: 1 });
const rounds: number | number[] | undefined = summaries[0]?.rounds;
const isTrend: boolean = summaries[0]?.mode === 'trend' && summaries[0].snapshots?.length === 3;

// @ts-expect-error a trend takes several
trend('a');
// @ts-expect-error rounds were settled when the trend was made
summarize(grown, { rounds: 7 });
// @ts-expect-error an unknown cause
trend(['a', 'b'], { ignore: [{ cause: 'bad luck' }] });
// @ts-expect-error a trend is made by trend()
new Trend();

export { isTrend, later, ofDiff, promised, rounds };
