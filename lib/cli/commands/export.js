// @ts-check
'use strict';

const { exportTables } = require('../../../index.js');
const { EXIT, UsageError } = require('../failure.js');
const { document } = require('../show.js');

const FORMATS = ['parquet', 'csv', 'ndjson'];

/** @param {import('../line.js').Line} line */
async function run(line) {
  const { flags } = line;
  const directories = /** @type {Record<string, string>} */ (flags);
  const [format, ...others] = FORMATS.filter((name) => directories[name] !== undefined);
  if (format === undefined || others.length > 0) throw new UsageError('expected one of --parquet DIR, --csv DIR and --ndjson DIR', 'export');
  const [snapshot] = await line.open(line.args);
  const labels = Object.fromEntries(flags.label ?? []);
  const written = await line.job('', (job) =>
    exportTables(snapshot, directories[format], { format, labels, tables: flags.table, signal: job.signal }),
  );
  if (flags.json) return line.print(document(written)).then(() => EXIT.nothing);
  const lines = written.map(({ file, rowCount }) => `${directories[format]}/${file}: ${rowCount.toLocaleString('en')} ${rowCount === 1 ? 'row' : 'rows'}\n`);
  await line.print(lines.join(''));
  return EXIT.nothing;
}

module.exports = { run };
