// @ts-check
'use strict';

/** Columns where there is no terminal: logs, files, pipes. */
const LOG_WIDTH = 100;

/**
 * Whether a stream gets colours. `FORCE_COLOR` says yes (`0`: no) whatever the stream is; `NO_COLOR` and `TERM=dumb` say no.
 * @param {{ isTTY?: boolean }} stream
 * @param {NodeJS.ProcessEnv} env
 */
function hasColor(stream, env) {
  const forced = env.FORCE_COLOR;
  if (forced !== undefined && forced !== '') return forced !== '0' && forced !== 'false';
  if (env.NO_COLOR || env.TERM === 'dumb') return false;
  return stream.isTTY === true;
}

/**
 * Whether progress can be shown: on a terminal that a person looks at.
 * @param {{ isTTY?: boolean }} stream
 * @param {NodeJS.ProcessEnv} env
 */
function hasProgress(stream, env) {
  return stream.isTTY === true && !env.CI && env.TERM !== 'dumb';
}

/** @param {{ isTTY?: boolean, columns?: number }} stream */
function width(stream) {
  return stream.isTTY && stream.columns ? Math.max(stream.columns, 40) : LOG_WIDTH;
}

module.exports = { hasColor, hasProgress, width };
