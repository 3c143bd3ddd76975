import { hierarchy, treemap, treemapSquarify } from 'd3-hierarchy';
import { useEffect, useRef, useState } from 'preact/hooks';
import { nodeName } from '../nodes.js';
import { percent, size } from '../text.js';
import { colour, useLight, useWidth } from './colours.js';

/** Children asked for of the node in the middle, and of each that is opened. */
const FIRST = 500;
const SECOND = 120;
/** Rectangles smaller than this part of the map show nothing of what is in them; so many are opened, so deep. */
const LEAST_SHARE = 0.012;
const MOST_OPEN = 40;
const DEEPEST = 5;
/** Room for the name of a rectangle that has others in it. */
const HEAD = 17;
const GAP = 1;
/** Pixels between two lines where many small ones stand for themselves. */
const CELL = 8;

/** Kinds of nodes that are told apart by colour. */
const KINDS = { closure: 'code', code: 'code', 'object shape': 'code', string: 'text', 'concatenated string': 'text', 'sliced string': 'text', array: 'list', native: 'native', synthetic: 'system', hidden: 'system' };
export const KIND_NAMES = { object: 'objects', code: 'functions and code', text: 'strings', list: 'arrays', native: 'native', system: 'V8’s own' };
const kindOf = ({ type }) => KINDS[type] ?? 'object';

/**
 * What a node keeps alive, as areas: the dominator tree, opened where it is large, in windows. What is too small for the window is one
 * grey rectangle.
 *
 * The tree beside it shows the same to those who do not see it.
 *
 * @param {object} props
 * @param {any} props.node the one that fills the map
 * @param {(id: number, window: { offset: number, limit: number }) => Promise<{ total?: number, rows: any[] }>} props.load what it dominates
 * @param {(node: any) => void} props.zoom
 * @param {(node: any) => void} props.choose
 * @param {number} [props.chosen] id
 * @param {number} [props.height]
 */
export function Treemap({ node, load, zoom, choose, chosen, height = 460 }) {
  const element = useRef();
  const canvas = useRef();
  const width = useWidth(element);
  const light = useLight();
  const [data, setData] = useState();
  const [over, setOver] = useState();

  useEffect(() => {
    let gone = false;
    setOver(undefined);
    (async () => {
      const first = await load(node.id, { offset: 0, limit: FIRST });
      const top = within(node, first);
      if (gone) return;
      setData(top);
      // One after the other, the largest first: each shows as soon as it is there.
      const waiting = opens(top, top.size, 1);
      for (let opened = 0; waiting.length > 0 && opened < MOST_OPEN; opened++) {
        const { entry, depth } = waiting.shift();
        // What cannot be had stays closed.
        const window = await load(entry.node.id, { offset: 0, limit: SECOND }).catch(() => undefined);
        if (gone) return;
        if (window === undefined) continue;
        entry.children = within(entry.node, window).children;
        waiting.push(...opens(entry, top.size, depth + 1));
        waiting.sort((a, b) => b.entry.size - a.entry.size);
        setData({ ...top });
      }
    })().catch(() => !gone && setData({ node, size: node.retainedSize, children: [] }));
    return () => {
      gone = true;
    };
  }, [node.id, load]);

  const boxes = data && width > 0 ? laidOut(data, width, height) : [];
  useEffect(() => {
    if (width > 0) paint(canvas.current, boxes, { width, height, chosen, over: over?.box });
  }, [data, width, height, light, chosen, over]);

  const at = (event) => {
    const { left, top } = canvas.current.getBoundingClientRect();
    const [x, y] = [event.clientX - left, event.clientY - top];
    return boxes.findLast(({ x0, y0, x1, y1, entry }) => entry.node && x >= x0 && x < x1 && y >= y0 && y < y1);
  };
  const move = (event) => {
    const box = at(event);
    const { left, top } = canvas.current.getBoundingClientRect();
    setOver(box && { box, x: event.clientX - left, y: event.clientY - top });
  };
  const entry = over?.box.entry;
  return (
    <div class="treemap" ref={element}>
      <canvas
        ref={canvas}
        role="img"
        aria-label={`What ${nodeName(node)} keeps alive, ${size(node.retainedSize)}, as areas. The tree has the same as text.`}
        style={{ height: `${height}px` }}
        onMouseMove={move}
        onMouseLeave={() => setOver(undefined)}
        onClick={(event) => {
          const box = at(event);
          if (!box) return;
          if (box.entry.node.id === chosen && box.entry.node.retainedSize > box.entry.node.shallowSize) zoom(box.entry.node);
          else choose(box.entry.node);
        }}
        onDblClick={(event) => {
          const box = at(event);
          if (box) zoom(box.entry.node);
        }}
      />
      {entry && (
        <div class="tip" style={{ left: `${Math.min(over.x + 14, Math.max(0, width - 260))}px`, top: `${Math.min(over.y + 14, height - 56)}px` }}>
          <b>{nodeName(entry.node)}</b>
          <span>@{entry.node.id} · {entry.node.className}</span>
          <span>{size(entry.node.retainedSize)}, {percent(entry.node.retainedSize / node.retainedSize)} of what is shown</span>
        </div>
      )}
    </div>
  );
}

/** What of a node is worth a look into. @param {any} entry @param {number} whole @param {number} depth */
const opens = ({ children }, whole, depth) =>
  depth > DEEPEST ? [] : children.filter(({ node, size }) => node && size > LEAST_SHARE * whole && node.retainedSize > node.shallowSize).map((entry) => ({ entry, depth }));

/** A node with what is in it: its children of a window, itself, and the rest. */
function within(node, { total, rows }) {
  const children = rows.filter((child) => child.retainedSize > 0).map((child) => ({ node: child, size: child.retainedSize }));
  const told = children.reduce((sum, child) => sum + child.size, 0);
  const rest = node.retainedSize - node.shallowSize - told;
  if (rest > 0) children.push({ rest: (total ?? 0) - rows.length, size: rest });
  if (node.shallowSize > 0 && children.length > 0) children.push({ self: true, size: node.shallowSize });
  return { node, size: node.retainedSize, children };
}

function laidOut(data, width, height) {
  const root = hierarchy(data).sum((entry) => (entry.children?.length ? 0 : entry.size)).sort((a, b) => b.value - a.value);
  const inner = (it) => (it.depth === 0 ? 0 : 2);
  treemap()
    .tile(treemapSquarify.ratio(1.3))
    .size([width, height])
    .paddingInner(GAP)
    .paddingOuter(inner)
    .paddingTop((it) => (it.depth > 0 && it.x1 - it.x0 > 40 && it.y1 - it.y0 > 34 ? HEAD : inner(it)))
    .round(true)(root);
  return root.descendants().slice(1).map(({ x0, y0, x1, y1, data: entry, depth, children }) => ({ x0, y0, x1, y1, entry, depth, isOpen: children !== undefined }));
}

function paint(canvas, boxes, { width, height, chosen, over }) {
  const ratio = devicePixelRatio;
  canvas.width = width * ratio;
  canvas.height = height * ratio;
  const ctx = canvas.getContext('2d');
  ctx.scale(ratio, ratio);
  ctx.clearRect(0, 0, width, height);
  ctx.textBaseline = 'middle';
  /** Asked once a picture: each question to the style sheet costs. */
  const known = {};
  const of = (name) => (known[name] ??= colour(name));
  for (const box of boxes) {
    const { x0, y0, x1, y1, entry, depth, isOpen } = box;
    const [w, h] = [x1 - x0, y1 - y0];
    if (w < 1 || h < 1) continue;
    const kind = entry.node ? kindOf(entry.node) : 'rest';
    ctx.fillStyle = of(`map-${kind}${isOpen ? '-head' : ''}`);
    ctx.fillRect(x0, y0, w, h);
    if (entry.rest !== undefined) grid(ctx, box, of('map-rest-line'));
    const isChosen = entry.node && entry.node.id === chosen;
    if (isChosen || box.entry === over?.entry) {
      ctx.strokeStyle = of(isChosen ? 'accent' : 'ink');
      ctx.lineWidth = isChosen ? 2 : 1;
      ctx.strokeRect(x0 + 1, y0 + 1, w - 2, h - 2);
    }
    if (w < 44 || h < 15) continue;
    // A name stands on an even ground.
    if (entry.rest !== undefined) {
      ctx.fillStyle = of('map-rest');
      ctx.fillRect(x0, y0, Math.min(w, 92), Math.min(h, 32));
    }
    const text = entry.node ? nodeName(entry.node) : entry.self ? 'itself' : `${entry.rest > 0 ? `${entry.rest.toLocaleString('en')} smaller` : 'many smaller'}`;
    ctx.fillStyle = of(entry.node ? 'map-ink' : 'map-rest-ink');
    ctx.font = `${depth === 1 ? '600 ' : ''}11px system-ui, sans-serif`;
    const y = isOpen ? y0 + HEAD / 2 + 1 : y0 + 10;
    const name = fitted(ctx, text, w - 8);
    ctx.fillText(name, x0 + 4, y);
    const used = ctx.measureText(name).width;
    ctx.font = '11px system-ui, sans-serif';
    const figure = size(entry.size);
    if (isOpen || h < 28) {
      if (w - used - 16 > ctx.measureText(figure).width) ctx.fillText(figure, x0 + 10 + used, y);
    } else if (w - 8 > ctx.measureText(figure).width) ctx.fillText(figure, x0 + 4, y + 14);
  }
}

/** What is too small to be drawn one by one looks like many. */
function grid(ctx, { x0, y0, x1, y1 }, ink) {
  ctx.beginPath();
  for (let x = x0 + CELL; x < x1; x += CELL) ctx.rect(x, y0, 1, y1 - y0);
  for (let y = y0 + CELL; y < y1; y += CELL) ctx.rect(x0, y, x1 - x0, 1);
  ctx.fillStyle = ink;
  ctx.fill();
}

/** A text cut at its end to fit. */
function fitted(ctx, text, width) {
  if (ctx.measureText(text).width <= width) return text;
  let [low, high] = [0, text.length];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (ctx.measureText(`${text.slice(0, middle)}…`).width <= width) low = middle;
    else high = middle - 1;
  }
  return low === 0 ? '' : `${text.slice(0, low)}…`;
}
