import { useEffect, useRef } from 'preact/hooks';
import UPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { duration, moment, size } from '../text.js';
import { colour, useLight, useWidth } from './colours.js';

/** A limit is drawn where the curve has come so near; further away it would press the curve flat. */
const NEAR_LIMIT = 0.35;
const FONT = '11px system-ui, sans-serif';
/** Seconds between two ticks: none shorter than what a clock shows. */
const TICKS = [1, 5, 10, 30, 60, 300, 600, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400, 172_800, 604_800];

/**
 * Bytes over time.
 *
 * @param {object} props
 * @param {string} props.label what a screen reader is told
 * @param {{ time: number, bytes: number }[]} props.points
 * @param {string} props.ink name of a colour
 * @param {number} [props.limit]
 * @param {number[]} [props.collections] when major garbage collections ended
 * @param {{ time: number, label: string }[]} [props.captures]
 * @param {number} [props.height]
 */
export function Chart({ label, points, ink, limit, collections = [], captures = [], height = 120 }) {
  const element = useRef();
  const plot = useRef();
  const width = useWidth(element);
  const light = useLight();
  const marks = useRef();
  marks.current = { limit, collections, captures };

  useEffect(() => {
    if (width === 0) return undefined;
    const made = new UPlot(options({ width, height, ink, marks, element }), columns(points), element.current);
    plot.current = made;
    return () => made.destroy();
  }, [width, height, light, ink]);
  useEffect(() => plot.current?.setData(columns(points)), [points]);

  const first = points[0];
  const last = points[points.length - 1];
  const told = first ? `${label}: ${size(first.bytes)} at ${moment(first.time)}, ${size(last.bytes)} at ${moment(last.time)}.` : `${label}: no figures yet.`;
  return <div class="chart" role="img" aria-label={told} ref={element} style={{ height: `${height}px` }} />;
}

/** @param {{ time: number, bytes: number }[]} points */
const columns = (points) => [points.map(({ time }) => time / 1000), points.map(({ bytes }) => bytes)];

function options({ width, height, ink, marks, element }) {
  const axis = { stroke: colour('soft'), font: FONT, grid: { stroke: colour('line'), width: 1 }, ticks: { show: false } };
  return {
    width,
    height,
    padding: [10, 8, 0, 0],
    legend: { show: false },
    cursor: { y: false, drag: { x: false, y: false }, points: { size: 7 } },
    scales: { y: { range: (_, low, high) => range(low, high, marks.current.limit) } },
    axes: [
      { ...axis, size: 24, space: 70, incrs: TICKS, values: (_, splits) => splits.map((time) => clock(time, splits)) },
      { ...axis, size: 62, space: 32, values: (_, splits) => splits.map(size) },
    ],
    series: [{}, { stroke: colour(ink), width: 2, fill: `${colour(ink)}1c`, points: { show: false }, spanGaps: true }],
    hooks: { draw: [(plot) => drawMarks(plot, marks.current)], setCursor: [(plot) => tip(plot, element.current)] },
  };
}

/** The day where the ticks are days apart, else the time of day. @param {number} time in seconds @param {number[]} all */
function clock(time, all) {
  const date = new Date(time * 1000);
  if (all.length > 1 && all[1] - all[0] >= 86_400) return date.toLocaleDateString('en-CA').slice(5);
  const seconds = all.length > 1 && all[1] - all[0] < 60;
  return date.toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit', ...(seconds && { second: '2-digit' }) });
}

/** With air above and below, and with the limit where it is near. */
function range(low, high, limit) {
  if (low === null) return [0, 1];
  if (limit && high > limit * NEAR_LIMIT) return [0, limit * 1.06];
  const air = Math.max((high - low) * 0.15, high * 0.04);
  return [Math.max(0, low - air), high + air];
}

function drawMarks(plot, { limit, collections, captures }) {
  const { ctx, bbox } = plot;
  const ratio = devicePixelRatio;
  const at = (time) => plot.valToPos(time / 1000, 'x', true);
  const seen = (x) => x >= bbox.left && x <= bbox.left + bbox.width;
  ctx.save();
  ctx.lineWidth = ratio;
  ctx.strokeStyle = colour('faint');
  for (const time of collections) {
    const x = at(time);
    if (!seen(x)) continue;
    ctx.beginPath();
    ctx.moveTo(x, bbox.top + bbox.height);
    ctx.lineTo(x, bbox.top + bbox.height - 5 * ratio);
    ctx.stroke();
  }
  ctx.strokeStyle = colour('accent');
  ctx.fillStyle = colour('accent');
  ctx.font = `${11 * ratio}px system-ui, sans-serif`;
  for (const { time, label } of captures) {
    const x = at(time);
    if (!seen(x)) continue;
    ctx.setLineDash([3 * ratio, 3 * ratio]);
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    ctx.textAlign = x > bbox.left + bbox.width - 30 * ratio ? 'right' : 'left';
    ctx.fillText(label, x + (ctx.textAlign === 'left' ? 4 : -4) * ratio, bbox.top + 10 * ratio);
  }
  if (limit) {
    const y = plot.valToPos(limit, 'y', true);
    if (y >= bbox.top) {
      ctx.strokeStyle = colour('leak');
      ctx.fillStyle = colour('leak');
      ctx.setLineDash([6 * ratio, 4 * ratio]);
      ctx.beginPath();
      ctx.moveTo(bbox.left, y);
      ctx.lineTo(bbox.left + bbox.width, y);
      ctx.stroke();
      ctx.textAlign = 'left';
      ctx.fillText(`limit ${size(limit)}`, bbox.left + 6 * ratio, y + 13 * ratio);
    }
  }
  ctx.restore();
}

/** The figure under the pointer, beside it. */
function tip(plot, element) {
  const { idx, left } = plot.cursor;
  let label = element.querySelector('.tip');
  if (idx === null || idx === undefined || left < 0) return label?.remove();
  if (!label) {
    label = document.createElement('div');
    label.className = 'tip';
    plot.over.append(label);
  }
  const [times, bytes] = plot.data;
  label.textContent = `${size(bytes[idx])} · ${moment(times[idx] * 1000)}`;
  label.style.left = `${Math.min(left + 10, plot.over.clientWidth - label.offsetWidth - 2)}px`;
  return undefined;
}

/** A curve without axes, in a line of a table. @param {{ values: number[], label?: string, ink?: string }} props */
export function Spark({ values, label, ink = 'accent' }) {
  const [width, height] = [72, 18];
  const low = Math.min(...values);
  const high = Math.max(...values);
  const x = (at) => (values.length < 2 ? width / 2 : 2 + (at * (width - 4)) / (values.length - 1));
  const y = (value) => (high === low ? height / 2 : height - 2 - ((value - low) * (height - 4)) / (high - low));
  const points = values.map((value, at) => `${x(at).toFixed(1)},${y(value).toFixed(1)}`).join(' ');
  return (
    <svg class={`spark ink-${ink}`} viewBox={`0 0 ${width} ${height}`} role="img" aria-label={label ?? values.join(', ')}>
      <polyline points={points} />
      {values.length > 0 && <circle cx={x(values.length - 1)} cy={y(values[values.length - 1])} r="2" />}
    </svg>
  );
}

/** How long until a limit is reached. @param {number} bytes left @param {number} perHour */
export const untilLimit = (bytes, perHour) => (perHour > 0 && bytes > 0 ? duration((bytes / perHour) * 3_600_000) : undefined);
