// @ts-check
'use strict';

const { EXIT } = require('../failure.js');
const { readId } = require('../parse.js');
const { document, table } = require('../show.js');

/** @param {import('../line.js').Line} line */
async function run(line) {
  const id = readId(line.args[1]);
  const snapshot = await line.openFirst();
  const paths = snapshot.retainingPaths(id, { limit: line.flags.limit });
  if (line.flags.json) await line.print(document(paths));
  else if (line.flags.ndjson) await line.print(paths.map((/** @type {any} */ path) => `${JSON.stringify(path)}\n`).join(''));
  else if (paths.length === 0) await line.print('Nothing keeps it alive.\n');
  else for (const [at, path] of paths.entries()) await line.print((at === 0 ? '' : '\n') + picture(line, path, at + 1));
  return EXIT.nothing;
}

/** @param {import('../line.js').Line} line @param {any[]} path @param {number} number */
function picture(line, path, number) {
  const steps = path.map(({ edgeType, edgeName, node }, depth) => {
    const made = node.type === 'closure' ? node.location : undefined;
    return { node, step: [depth, edgeType, edgeName, node.type, node.name, made] };
  });
  const title = `${number}. ${path.length} step${path.length === 1 ? '' : 's'} from the root`;
  return table(line, [
    [title, 'step', ({ step }) => step],
    ['Id', 'id', ({ node }) => node.id],
    ['Retained', 'size', ({ node }) => node.retainedSize],
  ], steps);
}

module.exports = { run };
