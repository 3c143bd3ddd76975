// @ts-check
'use strict';

const { spawn } = require('node:child_process');

/** What opens a link, by platform. @type {Record<string, string[]>} */
const OPENERS = { darwin: ['open'], win32: ['rundll32', 'url.dll,FileProtocolHandler'] };

/** Opens a browser, if there is one; whoever calls this also prints the link, which may be for another machine's. @param {string} link */
function browse(link) {
  const [command, ...args] = OPENERS[process.platform] ?? ['xdg-open'];
  spawn(command, [...args, link], { detached: true, stdio: 'ignore' })
    .on('error', () => {})
    .unref();
}

module.exports = { browse };
