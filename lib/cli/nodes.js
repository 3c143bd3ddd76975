// @ts-check
'use strict';

/**
 * Columns of lists of nodes and of edges, the same in every command.
 */

/** @param {{ url: string, line: number, column: number } | undefined} location */
const place = (location) => location && `${location.url || '(eval)'}:${location.line}:${location.column}`;

/** @type {import('./show.js').Column[]} */
const FIGURES = [
  ['Distance', 'count', (node) => node.distance],
  ['Shallow', 'size', (node) => node.shallowSize],
  ['Retained', 'size', (node) => node.retainedSize],
];

/** @type {import('./show.js').Column[]} */
const NODE_COLUMNS = [
  ['Object', 'node', (node) => [node.type, node.name]],
  ['Id', 'id', (node) => node.id],
  ...FIGURES,
  ['Made at', 'place', (node) => node.location],
];

/** @param {string} title @param {string} other @returns {import('./show.js').Column[]} */
const edgeColumns = (title, other) => [
  [title, 'edge', (edge) => [edge.type, edge.name]],
  [other, 'node', ({ node }) => [node.type, node.name]],
  ['Id', 'id', ({ node }) => node.id],
  ...FIGURES.map(([name, kind, of]) => /** @type {import('./show.js').Column} */ ([name, kind, (edge) => of(edge.node)])),
];

module.exports = { NODE_COLUMNS, edgeColumns, place };
