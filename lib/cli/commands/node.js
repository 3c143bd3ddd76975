// @ts-check
'use strict';

const { EXIT } = require('../failure.js');
const { place } = require('../nodes.js');
const { readId } = require('../parse.js');
const { document, table } = require('../show.js');

const DETACHEDNESS = ['', 'attached', 'detached'];

/** @param {import('../line.js').Line} line */
async function run(line) {
  const id = readId(line.args[1]);
  const snapshot = await line.openFirst();
  const node = snapshot.node(id);
  if (line.flags.json) return line.print(document(node)).then(() => EXIT.nothing);
  const dominator = snapshot.dominator(id);
  /** A row each: a label, and a value of a kind. @type {[string, string, unknown][]} */
  const fields = [
    ['object', 'node', [node.type, node.name]],
    ['id', 'id', node.id],
    ['type', 'text', node.type],
    ['class', 'name', node.className],
    ['made at', 'place', place(node.location)],
    ['shallow', 'size', node.shallowSize],
    ['retained', 'size', node.retainedSize],
    ['of heap', 'share', node.retainedSize / snapshot.totalSize],
    ['distance', 'count', node.distance],
    ['edges', 'count', node.edgeCount],
    ['retainers', 'count', node.retainerCount],
    ['dominator', 'node', [dominator.type, dominator.name, dominator.id]],
    ['DOM', 'text', DETACHEDNESS[node.detachedness] || undefined],
  ];
  for (const [label, kind, value] of fields) {
    if (value === undefined || value === null) continue;
    await line.print(table(line, [['', 'label', () => label.padEnd(9)], ['', kind, () => value]], [value]));
  }
  return EXIT.nothing;
}

module.exports = { run };
