'use strict';
// Healthy.
// Piscina with jobs that are done, a directory that is watched for a while, a spy that is restored.

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { Piscina } = require('piscina');
const sinon = require('sinon');
const load = require('../load.cjs');

const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'leakscan-watched-'));
process.on('exit', () => fs.rmSync(directory, { recursive: true }));
const pool = new Piscina({ filename: require.resolve('../job.cjs'), minThreads: 2, maxThreads: 2 });
const mailer = { send: (message) => message.number };

exports.round = async (number) => {
  const { watch } = await import('chokidar');
  const watcher = watch(directory);
  const sandbox = sinon.createSandbox();
  sandbox.spy(mailer, 'send');
  mailer.send({ number, text: load.text(number) });
  sandbox.restore();
  await Promise.all([1, 2, 3].map((job) => pool.run({ number: job, text: load.text(number) })));
  await watcher.close();
};
