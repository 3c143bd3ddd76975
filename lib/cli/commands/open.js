// @ts-check
'use strict';

const { randomBytes } = require('node:crypto');
const { once } = require('node:events');
const { openFiles } = require('../../admin/open.js');
const { browse } = require('../../browser.js');
const { EXIT, UsageError } = require('../failure.js');

/** Time enough to copy a link from one window to another. */
const TICKET_MS = 10 * 60_000;

/** @param {import('../line.js').Line} line */
async function run(line) {
  const { 'no-browser': isQuiet = false, port = 0, strings } = line.flags;
  if (line.args.includes('-')) throw new UsageError('the page asks for parts of a file again and again: give files, not the standard input', 'open');
  // Nobody ever sees the token: links are exchanged for sessions.
  const opened = openFiles({ files: line.args, token: randomBytes(24).toString('base64url'), strings: strings ? 'preview' : 'none' });
  try {
    await line.job(line.args.join(', '), ({ signal }) => opened.read({ signal }));
    const { url } = await opened.listen({ port });
    const offer = async () => {
      const link = `${url}#ticket=${opened.ticket({ ttl: TICKET_MS }).ticket}`;
      await line.print(`${link}\n`);
      if (!isQuiet) browse(link);
    };
    await offer();
    if (process.stdin.isTTY) process.stderr.write('Enter makes another link, Ctrl+C ends this.\n');
    await ended(offer);
    return EXIT.nothing;
  } finally {
    await opened.close();
  }
}

/** Until somebody ends it; that is no failure. @param {() => Promise<void>} offer what Enter does */
async function ended(offer) {
  const onLine = () => void offer();
  if (process.stdin.isTTY) process.stdin.on('data', onLine);
  // The server alone keeps no process running.
  const stay = setInterval(() => {}, 2 ** 30);
  try {
    await Promise.race(['SIGINT', 'SIGTERM'].map((signal) => once(process, signal)));
  } finally {
    clearInterval(stay);
    process.stdin.off('data', onLine).pause();
  }
}

module.exports = { run };
