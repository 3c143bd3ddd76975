// How nodes and edges are called, as in the reports.

import { shortened, visible } from './text.js';

/** @param {{ name: string, type: string }} node */
export function nodeName({ name, type }) {
  if (type === 'closure') return `function ${name === '' ? '(anonymous)' : shortened(visible(name))}`;
  if (name === 'system / Context') return 'scope';
  return name === '' ? `(${type})` : shortened(visible(name));
}

/** @param {{ type: string, name: string | number }} edge */
export function edgeName({ type, name }) {
  const text = shortened(visible(String(name)));
  if (type === 'property') return /^[<[]/.test(text) ? `[${text.replace(/^[<[]|[>\]]$/g, '')}]` : `.${text}`;
  if (type === 'element') return `[${text}]`;
  if (type === 'context') return text;
  if (type === 'omitted') return `… ${text} …`;
  return type === 'hidden' ? '(hidden)' : `(${text})`;
}

/** The kind of an edge, where its name does not show it. @param {string} type */
export const edgeKind = (type) => ({ context: 'variable', weak: 'weak', shortcut: 'shortcut' })[type];

/** A step of a path as an edge. @param {any} step */
export const edgeOf = ({ edgeType, edgeName: name }) => ({ type: edgeType, name });

/** Equal steps in a row, as along a list, are folded from so many on. */
const FOLD = 4;

/**
 * The steps of a path with runs of equal ones folded: `{ step, times }`.
 * @param {any[]} path
 */
export function folded(path) {
  const steps = [];
  for (let at = 0; at < path.length; ) {
    const step = path[at];
    let end = at + 1;
    while (end < path.length && path[end].edgeName === step.edgeName && path[end].edgeType === step.edgeType && path[end].node.name === step.node.name) end++;
    const times = end - at >= FOLD ? end - at : 1;
    steps.push({ step: times > 1 ? path[end - 1] : step, times });
    at += times;
  }
  return steps;
}

/** Where a path starts to be of interest: what leads to `process`, or to a module that is loaded, is nobody's question. @param {any[]} path */
export const startOf = (path) => Math.max(0, path.findLastIndex(({ node }) => node.type === 'object' && (node.name === 'process' || node.name.startsWith('module '))));
